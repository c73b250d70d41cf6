import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTopicExpression } from '../../src/domain/topic-expression.ts'
import { markdown, writeFolder } from '../content-folder.ts'
import { baseUrl, type Fetch, onNode } from '../platforms.ts'
import { expressions, spellings } from '../questions.ts'

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])

function releases() {
  const release = (title: string, published: string, topics: string, ...more: string[]) =>
    markdown(
      [`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more],
      `The text of ${title}.`,
    )
  return writeFolder({
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'media/evil.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    'media/evil.js': 'alert(1)',
    'media/a picture.png': png,
    'media/a,b & c=d@e.pdf': 'odd',
    'media/.hidden': 'hidden',
    'media/pages/index.html': 'page',
    'releases/2024/ministers-meet.en.md': release(
      'Ministers meet',
      '2024-01-24T09:00:00+02:00',
      'migration, organised-crime, eu',
      'attachments: [{ file: agenda.pdf, title: Agenda }, { file: a picture.png, alt: A table }, { file: evil.svg }, { file: evil.js }, { file: "a,b & c=d@e.pdf" }]',
      'contacts: [{ name: Press office, phone: "+358 1", for: interviews }]',
    ),
    'releases/2024/ministers-meet.fi.md': release(
      'Ministerit tapaavat',
      '2024-01-24T08:30:00+02:00',
      'migration, organised-crime, eu',
    ),
    'releases/2024/asylum-seekers.en.md': release(
      'Naïve asylum seekers',
      '2024-01-25T09:00:00+02:00',
      'asylum',
    ),
    'releases/2024/drug-seizure.en.md': release(
      'Drug seizure',
      '2024-01-26T09:00:00+02:00',
      'drugs, organised-crime',
    ),
    'releases/2024/new-name.en.md': release(
      'Moved',
      '2024-01-27T09:00:00+02:00',
      'eu',
      'formerly: [old-name]',
    ),
    'releases/2024/secret-plan.en.md': release(
      'Secret embargoed plan',
      '2199-01-01T09:00:00+02:00',
      'space-travel',
      'formerly: [older-plan]',
    ),
    'releases/2024/secret-plan.fi.md': release(
      'Salainen suunnitelma',
      '2024-01-20T09:00:00+02:00',
      'eu',
    ),
  })
}

async function titles(fetch: Fetch, address: string): Promise<string[]> {
  const response = await fetch(address)
  expect(response.status).toBe(200)
  const { items } = (await response.json()) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}

onNode('the service', releases, (fetch) => {
  test('the main feed holds every release of the default language, newest first (C-04)', async () => {
    expect(await titles(fetch, '/feed.json')).toEqual([
      'Moved',
      'Drug seizure',
      'Naïve asylum seekers',
      'Ministers meet',
    ])
  })

  test('a topic includes its narrower topics', async () => {
    expect(await titles(fetch, '/topics/migration.json')).toEqual([
      'Naïve asylum seekers',
      'Ministers meet',
    ])
    expect(await titles(fetch, '/topics/asylum.json')).toEqual(['Naïve asylum seekers'])
  })

  test('topics are combined by and, or and without', async () => {
    expect(await titles(fetch, '/topics/migration+organised-crime.json')).toEqual([
      'Ministers meet',
    ])
    expect(await titles(fetch, '/topics/asylum,drugs.json')).toEqual([
      'Drug seizure',
      'Naïve asylum seekers',
    ])
    expect(await titles(fetch, '/topics/-migration.json')).toEqual(['Moved', 'Drug seizure'])
    expect(await titles(fetch, '/topics/organised-crime+-drugs,asylum.json')).toEqual([
      'Naïve asylum seekers',
      'Ministers meet',
    ])
    expect(await titles(fetch, '/topics/drugs+-drugs.json')).toEqual([])
  })

  test('eight alternatives are answered, as many as an address may name', async () => {
    const all = 'migration,asylum,immigration,crime,organised-crime,drugs,eu,space-travel'
    expect(await titles(fetch, `/topics/${all}.json`)).toEqual(await titles(fetch, '/feed.json'))
    const without = all.split(',').map((topic) => `-${topic}`)
    expect(await titles(fetch, `/topics/${without.join(',')}.json`)).toHaveLength(4)
  })

  test('each language has its feeds, and /all has every language', async () => {
    expect(await titles(fetch, '/fi/topics/muuttoliike.json')).toEqual(['Ministerit tapaavat'])
    expect(await titles(fetch, '/all/topics/migration+eu.json')).toEqual([
      'Ministers meet',
      'Ministerit tapaavat',
    ])
    expect(await titles(fetch, '/sv/feed.json')).toEqual([])
  })

  test('a search finds releases with all the words, whatever their case and diacritics', async () => {
    expect(await titles(fetch, '/feed.json?q=NAIVE+seekers')).toEqual(['Naïve asylum seekers'])
    expect(await titles(fetch, '/topics/migration.json?q=meet')).toEqual(['Ministers meet'])
    expect(await titles(fetch, '/feed.json?q=nowhere')).toEqual([])
    expect(await titles(fetch, `/feed.json?q=${encodeURIComponent('"meet" AND (NEAR *')}`)).toEqual(
      [],
    )
  })

  test('a release before its time leaves no trace', async () => {
    for (const path of [
      '/feed.json',
      '/all/feed.atom',
      '/topics/space-travel.rss',
      '/topics.json',
      '/',
      '/fi/releases/secret-plan',
      '/fi/feed.json',
      '/feed.json?q=embargoed',
    ]) {
      const text = await (await fetch(path)).text()
      expect(text).not.toContain('embargoed plan')
      expect(text).not.toContain(`${baseUrl}/releases/secret-plan`)
    }
    expect((await fetch('/releases/secret-plan')).status).toBe(404)
    expect((await fetch('/releases/older-plan')).status).toBe(404)
    const { topics } = (await (await fetch('/topics.json')).json()) as {
      topics: { slug: string; releases: number }[]
    }
    expect(topics.find(({ slug }) => slug === 'space-travel')?.releases).toBe(0)
  })

  test('a feed says what it is: media type, validators, caching, links, CORS (H-04, H-09, H-18, H-25, H-26, H-36, H-39)', async () => {
    const types = {
      rss: 'application/rss+xml; charset=utf-8',
      atom: 'application/atom+xml; charset=utf-8',
      json: 'application/feed+json',
    }
    for (const [format, type] of Object.entries(types)) {
      const { status, headers } = await fetch(`/topics/migration.${format}`)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toBe(type)
      expect(headers.get('etag')).toMatch(/^W\/"[!#-+\--~]{1,200}"$/)
      const modified = Date.parse(headers.get('last-modified')!)
      expect(headers.get('last-modified')).toBe(new Date(modified).toUTCString())
      expect(modified).toBeGreaterThan(Date.UTC(2000, 0, 2))
      expect(modified).toBeLessThanOrEqual(Date.now())
      expect(headers.get('cache-control')).toBe(
        'public, max-age=300, stale-while-revalidate=600, stale-if-error=86400',
      )
      expect(headers.get('vary')).toBe('Accept-Encoding')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toBe(
        'ETag, Link, Retry-After, Content-Location, Deprecation, Sunset, Age',
      )
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(headers.get('link')).toContain(`<${baseUrl}/topics/migration.${format}>; rel="self"`)
      expect(headers.get('set-cookie')).toBeNull()
    }
  })

  test('whoever has the current document is told so, with all headers but those of the body (H-06, H-07, H-08, H-12, H-14, H-15)', async () => {
    const first = await fetch('/topics/migration.atom')
    const etag = first.headers.get('etag')!
    const opaque = etag.slice(3, -1)
    const since = first.headers.get('last-modified')!
    const conditions: Record<string, string>[] = [
      { 'If-None-Match': etag },
      { 'If-None-Match': `"x", ${etag}` },
      { 'If-None-Match': `"${opaque}-gzip"` },
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': since },
      { 'If-None-Match': etag, 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { 'If-None-Match': etag, 'Cache-Control': 'no-cache', Pragma: 'no-cache' },
    ]
    for (const headers of conditions) {
      const response = await fetch('/topics/migration.atom', { headers })
      expect(response.status).toBe(304)
      expect(await response.text()).toBe('')
      for (const name of [
        'etag',
        'last-modified',
        'cache-control',
        'vary',
        'link',
        'access-control-allow-origin',
      ]) {
        expect(response.headers.get(name)).toBe(first.headers.get(name))
      }
    }
  })

  test('whoever has another document gets the whole one (H-07, H-08, H-13)', async () => {
    const conditions: Record<string, string>[] = [
      { 'If-None-Match': '"other"' },
      { 'If-None-Match': 'nonsense' },
      { 'If-Modified-Since': 'Sat, 01 Jan 2000 00:00:00 GMT' },
      { 'If-Modified-Since': 'yesterday' },
      { 'If-None-Match': '"other"', 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
    ]
    for (const headers of conditions) {
      expect((await fetch('/topics/migration.atom', { headers })).status).toBe(200)
      expect((await fetch('/topics/space-travel.atom', { headers })).status).toBe(200)
    }
  })

  test('HEAD is GET without the body (H-02)', async () => {
    const get = await fetch('/feed.rss')
    const head = await fetch('/feed.rss', { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
    for (const name of ['etag', 'last-modified', 'content-type', 'cache-control', 'vary', 'link']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name))
    }
  })

  test('other methods are refused, and a preflight is answered (H-03, H-37)', async () => {
    const post = await fetch('/feed.rss', { method: 'POST', body: 'x' })
    expect(post.status).toBe(405)
    expect(post.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    const options = await fetch('/feed.rss', { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(options.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
    expect(options.headers.get('access-control-allow-headers')).toBe(
      'If-None-Match, If-Modified-Since, A-IM, Accept, Cache-Control',
    )
    expect(options.headers.get('access-control-max-age')).toBe('86400')
  })

  test('any spelling of a question is answered with the same bytes and its canonical address (U-03, H-40)', async () => {
    const questions = expressions.chain((expression) =>
      fc.tuple(fc.constant(expression), spellings(expression)),
    )
    await fc.assert(
      fc.asyncProperty(
        questions,
        fc.constantFrom('rss', 'atom', 'json'),
        async ([expression, spelling], format) => {
          const first = await fetch(
            `/topics/${encodeURIComponent(formatTopicExpression(expression))}.${format}`,
          )
          const other = await fetch(
            `/en/topics/${encodeURIComponent(spelling)}.${format.toUpperCase()}?utm_source=x`,
          )
          expect(other.status).toBe(200)
          expect(await other.text()).toBe(await first.text())
          expect(other.headers.get('etag')).toBe(first.headers.get('etag'))
          const canonical = other.headers.get('content-location')!
          expect(canonical).toMatch(
            /^https:\/\/releases\.example\.org\/topics\/[a-z0-9+,:-]+\.(rss|atom|json)$/,
          )
          expect(
            (await fetch(canonical.slice(baseUrl.length))).headers.get('content-location'),
          ).toBeNull()
        },
      ),
      { numRuns: 25 },
    )
  })

  test('the words of a search have one spelling too', async () => {
    const canonical = await fetch('/feed.rss?q=meet+ministers')
    for (const spelling of [
      '/feed.rss?q=Ministers%20MEET',
      '/feed.rss?q=meet&q=ministers',
      '/feed?q=meet+meet,ministers&_=1',
    ]) {
      const other = await fetch(spelling)
      expect(other.headers.get('content-location')).toBe(`${baseUrl}/feed.rss?q=meet+ministers`)
      expect(await other.clone().text()).toBe(await canonical.clone().text())
    }
  })

  test('well-known addresses answer without redirect (O-04)', async () => {
    const kinds = {
      '/feed': 'rss',
      '/feed/': 'rss',
      '/feed.xml': 'rss',
      '/rss.xml': 'rss',
      '/index.xml': 'rss',
      '/atom.xml': 'atom',
    }
    for (const [path, format] of Object.entries(kinds)) {
      const response = await fetch(path)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-location')).toBe(`${baseUrl}/feed.${format}`)
      expect(await response.text()).toBe(await (await fetch(`/feed.${format}`)).text())
    }
  })

  test('a renamed topic has moved for good, an unknown one is not found and the nearest are told (U-06)', async () => {
    const moved = await fetch('/fi/topics/border-policy+eu.atom')
    expect(moved.status).toBe(308)
    expect(moved.headers.get('location')).toBe(`${baseUrl}/fi/topics/eu+migration.atom`)
    const unknown = await fetch('/topics/migrtion.atom', { headers: { Accept: 'text/html' } })
    expect(unknown.status).toBe(404)
    expect(unknown.headers.get('content-type')).toBe('application/problem+json')
    expect(unknown.headers.get('access-control-allow-origin')).toBe('*')
    expect(await unknown.json()).toMatchObject({
      status: 404,
      nearest: ['migration', 'immigration'],
    })
  })

  test('a topic without releases has a valid empty feed that readers accept (U-06)', async () => {
    for (const format of ['rss', 'atom', 'json']) {
      const response = await fetch(`/topics/space-travel.${format}`)
      expect(response.status).toBe(200)
      expect((await response.text()).length).toBeGreaterThan(128)
      expect(Date.parse(response.headers.get('last-modified')!)).toBeGreaterThan(
        Date.UTC(2000, 0, 2),
      )
    }
  })

  test('impossible questions are explained (U-02, U-08)', async () => {
    const many = await fetch(
      '/topics/migration,asylum,immigration,crime,organised-crime,drugs,eu,space-travel,-by:customs.rss',
    )
    expect(many.status).toBe(400)
    expect(await many.json()).toMatchObject({ detail: expect.stringContaining('at most 8 topics') })
    const long = await fetch(`/feed.rss?q=${'x'.repeat(300)}`)
    expect(long.status).toBe(400)
    expect((await fetch('/topics/%E0%A4%A.rss')).status).toBe(400)
  })

  test('nothing else is at any other address, whatever it looks like', async () => {
    for (const path of [
      '/nothing',
      '/feed.html',
      '/topics/migration/more.rss',
      '/releases',
      '/__proto__',
      '/constructor.rss',
      '/media/../site.yaml',
      '/media/%2e%2e/site.yaml',
      '/media/..%2fsite.yaml',
      '/media/nothing.pdf',
      '/media/.hidden',
      '/media/pages/',
      '/media/pages',
      '/media/agenda.pdf/',
      '/media/',
      '/topics/%00.rss',
      '/content.txt',
      '/fi/developers',
    ]) {
      expect((await fetch(path)).status, path).toBe(404)
    }
  })

  test('media files are served as they are, and never act as pages', async () => {
    const pdf = await fetch('/media/agenda.pdf')
    expect(pdf.status).toBe(200)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(await pdf.text()).toBe('%PDF-1.4 agenda')
    const picture = await fetch('/media/a%20picture.png')
    expect(new Uint8Array(await picture.arrayBuffer())).toEqual(png)
    expect(await (await fetch('/media/a%2Cb%20%26%20c%3Dd%40e.pdf')).text()).toBe('odd')
    for (const path of ['/media/evil.svg', '/media/evil.js']) {
      const { headers } = await fetch(path)
      expect(headers.get('content-disposition'), path).toBe('attachment')
      expect(headers.get('content-security-policy'), path).toContain('sandbox')
    }
  })

  test('the same release is the same entry in every feed of a format (C-03)', async () => {
    const entry = (text: string) =>
      /<entry(?:(?!<entry)[^])*?Ministers meet[^]*?<\/entry>/.exec(text)?.[0]
    const [first, ...others] = await Promise.all(
      ['/feed.atom', '/topics/eu.atom', '/all/topics/migration.atom', '/feed.atom?q=ministers'].map(
        async (path) => entry(await (await fetch(path)).text()),
      ),
    )
    expect(first).toContain('<title>Ministers meet</title>')
    for (const other of others) expect(other).toBe(first)
  })

  test('topics.json and feeds.opml list every topic with its feeds and counts (O-06)', async () => {
    const vocabulary = (await (await fetch('/fi/topics.json')).json()) as {
      topics: Record<string, unknown>[]
    }
    expect(vocabulary.topics.find(({ slug }) => slug === 'organised-crime')).toMatchObject({
      label: 'järjestäytynyt rikollisuus',
      broader: 'crime',
      releases: 1,
      newest: '2024-01-24T06:30:00Z',
      feeds: { atom: `${baseUrl}/fi/topics/organised-crime.atom` },
    })
    const opml = await fetch('/feeds.opml')
    expect(opml.headers.get('content-type')).toBe('text/x-opml; charset=utf-8')
    const text = await opml.text()
    for (const topic of ['migration', 'asylum', 'space-travel']) {
      expect(text).toContain(`xmlUrl="${baseUrl}/topics/${topic}.atom"`)
    }
  })

  test('pages announce their own feeds, Atom first (O-01)', async () => {
    const page = await fetch('/topics/eu+migration')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const text = await page.text()
    const links = Array.from(
      text.matchAll(/<link rel="alternate" type="([^"]+)"[^>]* href="([^"]+)"/g),
      ([, type, address]) => [type, address],
    )
    expect(links).toEqual([
      ['application/atom+xml', `${baseUrl}/topics/eu+migration.atom`],
      ['application/rss+xml', `${baseUrl}/topics/eu+migration.rss`],
      ['application/feed+json', `${baseUrl}/topics/eu+migration.json`],
    ])
    expect(text).toContain('Ministers meet')
  })

  test('a release has a page, in its language, and its old address leads there (C-16)', async () => {
    const page = await fetch('/releases/ministers-meet')
    expect(page.status).toBe(200)
    const text = await page.text()
    expect(text).toContain('<p>The text of Ministers meet.</p>')
    expect(text).toContain(`<link rel="canonical" href="${baseUrl}/releases/ministers-meet">`)
    expect(text).toContain(`href="${baseUrl}/fi/releases/ministers-meet"`)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const old = await fetch('/releases/old-name')
    expect(old.status).toBe(308)
    expect(old.headers.get('location')).toBe(`${baseUrl}/releases/new-name`)
  })

  test('people get errors as pages', async () => {
    const page = await fetch('/topics/migrtion', { headers: { Accept: 'text/html' } })
    expect(page.status).toBe(404)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain(`href="${baseUrl}/topics/migration"`)
  })

  test('the service tells how it is', async () => {
    const health = await fetch('/healthz')
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({
      status: 'ok',
      newestRelease: '2024-01-27T07:00:00Z',
      problems: [],
    })
  })
})
