// The requirements on HTTP that no other test holds, by their ids in ../requirements.md.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { notOpenYet } from '../../src/http/health.ts'
import { isNotModified } from '../../src/http/answers/validators.ts'
import { markdown, writeFolder } from '../content-folder.ts'
import { baseUrl, type Fetch, onNode } from '../platforms.ts'

const formats = ['rss', 'atom', 'json'] as const

function content() {
  const release = (number: number) =>
    markdown(
      [
        `title: Release ${number}`,
        `published: 2024-01-24T09:${10 + number}`,
        'topics: [eu]',
        ...(number === 0 ? ['attachments: [{ file: agenda.pdf }]'] : []),
      ],
      `The text of release ${number}, which is no secret. `.repeat(20),
    )
  return writeFolder({
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'releases/private-draft.en.md': markdown([
      'title: Secret draft',
      'published: 2199-01-01T09:00',
      'topics: [space-travel]',
    ]),
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, number) => [`releases/r${number}.en.md`, release(number)]),
    ),
  })
}

/** Names of the headers of an answer, without those that proxies and connections add. */
function headerNames({ headers }: Response): string[] {
  const others = ['connection', 'keep-alive', 'transfer-encoding', 'date', 'age', 'cf-cache-status']
  return [...headers.keys()].filter((name) => !others.includes(name)).toSorted()
}

/** The bytes as they are sent, and the headers that tell how they are coded. */
async function raw(fetch: Fetch, path: string, headers: Record<string, string>) {
  const response = await fetch(path, { headers })
  return {
    coding: response.headers.get('content-encoding') ?? undefined,
    vary: response.headers.get('vary') ?? undefined,
    body: Buffer.from(await response.arrayBuffer()),
  }
}

function decode(body: Buffer, coding: string | undefined): string {
  const decoders: Record<string, (body: Buffer) => Buffer> = {
    gzip: gunzipSync,
    br: brotliDecompressSync,
    zstd: zstdDecompressSync,
  }
  return (coding ? decoders[coding]!(body) : body).toString()
}

onNode('what readers require of HTTP', content, (fetch) => {
  test('whoever names nothing is answered, without a cookie (H-01)', async () => {
    for (const agent of ['', 'x', 'Mozilla/5.0 (compatible; Bot/1.0)', 'curl/8.0', 'ä'.repeat(0)]) {
      for (const format of formats) {
        const headers = { Accept: '', 'User-Agent': agent }
        const response = await fetch(`/topics/eu.${format}`, { headers })
        expect(response.status).toBe(200)
        expect(response.headers.get('set-cookie')).toBeNull()
      }
    }
  })

  test('HEAD has the headers of GET, in every coding and on every kind of address (H-02)', async () => {
    for (const path of ['/feed.rss', '/topics.json', '/feeds.opml', '/', '/releases/r1']) {
      for (const coding of ['identity', 'gzip']) {
        const headers = { 'Accept-Encoding': coding }
        const got = await fetch(path, { headers })
        const head = await fetch(path, { method: 'HEAD', headers })
        const names = (response: Response) =>
          headerNames(response).filter((name) => !/^content-(length|encoding)$/.test(name))
        expect(names(head), path).toEqual(names(got))
        expect(head.headers.get('etag')).toBe(got.headers.get('etag'))
        expect(await head.text()).toBe('')
        const known = { ...headers, 'If-None-Match': got.headers.get('etag')! }
        expect((await fetch(path, { method: 'HEAD', headers: known })).status).toBe(304)
      }
    }
  })

  test('a 304 says all that the 200 says but what is about the body (H-14, H-19)', async () => {
    const paths = ['/feed.rss', '/topics/eu.atom', '/topics/EU.atom', '/topics.json', '/?topic=eu']
    for (const path of [...paths, '/', '/releases/r1']) {
      const got = await fetch(path)
      const headers = { 'If-None-Match': got.headers.get('etag')! }
      const known = await fetch(path, { headers })
      expect(known.status).toBe(304)
      const withoutBody = headerNames(got).filter(
        (name) => !/^content-(length|type|encoding)$/.test(name),
      )
      expect(headerNames(known), path).toEqual(withoutBody)
      for (const name of withoutBody) {
        expect(known.headers.get(name), `${path} ${name}`).toBe(got.headers.get(name))
      }
      expect(known.headers.get('date') === null).toBe(got.headers.get('date') === null)
    }
  })

  test('validators survive what proxies do to them, in every coding (H-06, H-07)', async () => {
    const { headers } = await fetch('/feed.atom', { headers: { 'Accept-Encoding': 'gzip' } })
    const tag = headers.get('etag')!.slice(3, -1)
    const mangled = [
      `W/"${tag}"`,
      `"${tag}"`,
      `"${tag}-gzip"`,
      `"${tag}-br"`,
      `"${tag};gzip"`,
      `"${tag}--gzip"`,
      `W/"${tag}-zstd"`,
      `"${tag}"-gzip`,
      `  W/"${tag}"  `,
      `"a,b", W/"c", "${tag}"`,
    ]
    for (const coding of ['identity', 'gzip', 'br', 'zstd']) {
      for (const condition of mangled) {
        const asked = { 'Accept-Encoding': coding, 'If-None-Match': condition }
        expect((await fetch('/feed.atom', { headers: asked })).status, condition).toBe(304)
      }
    }
  })

  test('dates are read in all three forms, and odd ones are ignored (H-09, H-11)', async () => {
    const modified = new Date((await fetch('/feed.rss')).headers.get('last-modified')!)
    const ask = async (date: string) =>
      (await fetch('/feed.rss', { headers: { 'If-Modified-Since': date } })).status
    const [day = '', date = '', month = '', year = '', time = ''] = modified
      .toUTCString()
      .replace(',', '')
      .split(' ')
    const fullDay = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' })
    const obsolete = `${fullDay.format(modified)}, ${date}-${month}-${year.slice(2)} ${time} GMT`
    const asctime = `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`
    for (const form of [modified.toUTCString(), obsolete, asctime]) {
      expect(await ask(form), form).toBe(304)
    }
    const before = new Date(modified.getTime() - 1000).toUTCString()
    const wrong = [
      modified.toUTCString().replace(' GMT', ''),
      modified.toUTCString().replace('GMT', '+0000'),
      'Fri, 01 Jan 2100 00:00:00 GMT',
    ]
    for (const odd of [
      ...wrong,
      before,
      'nonsense',
      '0',
      '2024-01-01',
      String(modified.getTime()),
      'Wed',
    ]) {
      expect(await ask(odd), odd).toBe(200)
    }
    // No day of February, though it could be counted on into March.
    const edition = { etag: 'W/"1"', lastModified: Date.UTC(2026, 2, 1) / 1000 }
    const asked = new Headers({ 'If-Modified-Since': 'Mon, 30 Feb 2026 09:00:00 GMT' })
    expect(isNotModified(asked, edition, Date.UTC(2026, 3, 1) / 1000)).toBe(false)
  })

  test('a body comes in the coding that the client likes best, and never in another (H-22, H-23)', async () => {
    const matrix: [string | undefined, string | undefined][] = [
      [undefined, undefined],
      ['', undefined],
      ['identity', undefined],
      ['gzip', 'gzip'],
      ['x-gzip', 'gzip'],
      ['br', 'br'],
      ['zstd', 'zstd'],
      ['gzip, deflate', 'gzip'],
      ['br,gzip', 'br'],
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip;q=1.0, br;q=0.5', 'gzip'],
      ['gzip;q=0, br', 'br'],
      ['br;q=0, *', 'zstd'],
      ['*;q=0', undefined],
      ['identity;q=1, gzip;q=0.5', undefined],
      ['gzip, deflate, identity', 'gzip'],
      ['deflate', undefined],
      ['gzip;q=abc', undefined],
      ['GZIP', 'gzip'],
    ]
    for (const format of formats) {
      const path = `/topics/eu.${format}`
      const whole = (await raw(fetch, path, {})).body.toString()
      for (const [accepted, expected] of matrix) {
        const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted }
        const { coding, vary, body } = await raw(fetch, path, headers)
        expect(coding, `${accepted}`).toBe(expected)
        expect(vary).toBe('Accept-Encoding')
        expect(decode(body, coding)).toBe(whole)
      }
    }
  })

  test('the coded bytes are the same every time, and smaller (H-17)', async () => {
    for (const coding of ['gzip', 'br', 'zstd']) {
      const headers = { 'Accept-Encoding': coding }
      const first = await raw(fetch, '/feed.atom', headers)
      const second = await raw(fetch, '/feed.atom', headers)
      expect(first.body.equals(second.body)).toBe(true)
      const whole = await raw(fetch, '/feed.atom', {})
      expect(first.body.length).toBeLessThan(whole.body.length / 2)
    }
  })

  test('a feed is never empty, and keeps its format whatever is accepted (H-24, H-27)', async () => {
    for (const path of ['/topics/eu', '/topics/space-travel', '/topics/-eu']) {
      for (const format of formats) {
        const plain = await fetch(`${path}.${format}`)
        const text = await plain.text()
        expect(text.length).toBeGreaterThan(128)
        for (const accepted of [
          'text/html',
          'application/rss+xml',
          'image/png',
          'application/json',
        ]) {
          const response = await fetch(`${path}.${format}`, { headers: { Accept: accepted } })
          expect(response.status).toBe(200)
          expect(response.headers.get('content-type')).toBe(plain.headers.get('content-type'))
          expect(await response.text()).toBe(text)
        }
      }
    }
  })

  test('every error is a problem document that programs in browsers may read (H-28, H-36)', async () => {
    const errors: [string, RequestInit, number][] = [
      ['/topics/nothing-like-it.rss', {}, 404],
      ['/nothing', {}, 404],
      ['/releases/none', {}, 404],
      ['/media/none.pdf', {}, 404],
      ['/topics/%E0%A4%A.rss', {}, 400],
      ['/feed.rss', { method: 'DELETE' }, 405],
    ]
    for (const [path, init, status] of errors) {
      const response = await fetch(path, init)
      expect(response.status, path).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('cache-control')).toMatch(
        status === 405 ? /^no-store$/ : /^public, max-age=([1-5]?\d|60)$/,
      )
      expect(await response.json()).toMatchObject({
        type: 'about:blank',
        title: expect.any(String) as string,
        status,
        detail: expect.any(String) as string,
      })
    }
  })

  test('a program in a browser may read, too, that the database is not open yet (H-26, H-32, H-36)', () => {
    for (const path of ['/feed.rss', '/healthz']) {
      const { status, headers } = notOpenYet(new Request(baseUrl + path))
      expect([status, headers.get('retry-after')], path).toEqual([503, '60'])
      expect(headers.get('access-control-allow-origin'), path).toBe('*')
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    }
  })

  test('nobody is told to come back later, however often they ask (H-31)', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        fetch('/topics/eu.rss', { headers: { 'User-Agent': 'x' } }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })

  test('what has moved is one permanent hop away, at an absolute address (H-33)', async () => {
    for (const path of ['/topics/border-policy.rss', '/fi/topics/border-policy+eu.json']) {
      const response = await fetch(path)
      expect(response.status).toBe(308)
      expect(response.headers.get('cache-control')).toBe('public, max-age=300')
      const location = response.headers.get('location')!
      expect(location.startsWith(`${baseUrl}/`)).toBe(true)
      const there = await fetch(location.slice(baseUrl.length))
      expect(there.status).toBe(200)
      expect(await there.text()).toContain(location)
    }
  })

  test('a slash at the end, capitals or a doubled slash need no redirect (H-34)', async () => {
    const plain = await fetch('/topics/eu.rss')
    for (const path of [
      '/topics/eu.rss/',
      '/Topics/EU.RSS',
      '/topics//eu.rss',
      '/en/topics/eu.rss',
    ]) {
      const response = await fetch(path)
      expect(response.status, path).toBe(200)
      expect(response.headers.get('etag'), path).toBe(plain.headers.get('etag'))
      expect(response.headers.get('content-location'), path).toBe(`${baseUrl}/topics/eu.rss`)
    }
  })

  test('no feed of ordinary releases is larger than readers like (H-38)', async () => {
    for (const format of formats) {
      expect((await (await fetch(`/feed.${format}`)).text()).length).toBeLessThanOrEqual(250_000)
    }
  })

  test('the links in the header are those in the document (H-39)', async () => {
    const response = await fetch('/topics/eu.atom')
    const header = response.headers.get('link')!
    const inHeader = Array.from(
      header.matchAll(/<([^>]+)>; rel="([^"]+)"/g),
      ([, target, relation]) => `${relation} ${target}`,
    )
    const head = (await response.text()).split('<entry')[0]!
    const inBody = Array.from(
      head.matchAll(/<link rel="([^"]+)"[^>]* href="([^"]+)"/g),
      ([, relation, target]) => `${relation} ${target}`,
    )
    expect(inBody.length).toBeGreaterThan(1)
    for (const link of inBody) expect(inHeader).toContain(link)
  })

  test('an error that depends on what is accepted says so', async () => {
    const program = await fetch('/nothing')
    expect(program.headers.get('vary')).toBe('Accept')
    const person = await fetch('/nothing', { headers: { Accept: 'text/html' } })
    expect(person.headers.get('vary')).toBe('Accept')
    expect(person.headers.get('content-type')).toContain('text/html')
    const feed = await fetch('/topics/none.rss', { headers: { Accept: 'text/html' } })
    expect(feed.headers.get('vary')).toBeNull()
    expect(feed.headers.get('content-type')).toBe('application/problem+json')
  })

  test('files are not sent again to those who have them (H-11, H-14)', async () => {
    const file = await fetch('/media/agenda.pdf')
    const etag = file.headers.get('etag')!
    expect(etag).toMatch(/^(W\/)?"[!#-+\--~]{1,200}"$/)
    expect(await file.text()).toBe('%PDF-1.4 agenda')
    const known = await fetch('/media/agenda.pdf', { headers: { 'If-None-Match': etag } })
    expect(known.status).toBe(304)
    expect(known.headers.get('etag')).toBe(etag)
    expect(known.headers.get('cache-control')).toBe(file.headers.get('cache-control'))
    expect(await known.text()).toBe('')
  })

  test('a part of a file is sent only when it is asked for rightly', async () => {
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch('/media/agenda.pdf', { headers })
      return [response.status, await response.text()]
    }
    for (const range of ['bytes=abc', 'items=0-1', 'bytes=', 'bytes=0-0,-1', 'bytes']) {
      expect(await ask({ Range: range }), range).toEqual([200, '%PDF-1.4 agenda'])
    }
    const old = { 'If-Range': 'Tue, 01 Jan 2019 00:00:00 GMT', Range: 'bytes=0-3' }
    expect(await ask(old)).toEqual([200, '%PDF-1.4 agenda'])
    expect(await ask({ Range: 'bytes=0-3' })).toEqual([206, '%PDF'])
    expect(await ask({ Range: 'bytes=99999-' })).toEqual([416, ''])
  })

  test('a range is not served, and that is said (H-41)', async () => {
    const response = await fetch('/feed.rss', { headers: { Range: 'bytes=0-10' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('accept-ranges')).toBe('none')
    expect(await response.text()).toContain('</rss>')
  })

  test('no reader is turned away for its name, and robots.txt allows every feed (H-42)', async () => {
    const text = await (await fetch('/robots.txt')).text()
    expect(text).not.toMatch(/^Disallow: *\S/m)
    for (const agent of [
      'Googlebot/2.1',
      'python-requests/2.31',
      'sqlmap/1.0',
      'Java/1.8',
      '<script>',
    ]) {
      const response = await fetch('/feed.atom', { headers: { 'User-Agent': agent } })
      expect(response.status, agent).toBe(200)
    }
  })

  test('search engines index the page and not the feed (H-43)', async () => {
    const { headers } = await fetch('/topics/eu.json')
    expect(headers.get('x-robots-tag')).toBe('noindex')
    expect(headers.get('link')).toContain(`<${baseUrl}/topics/eu>; rel="canonical"`)
    expect((await fetch('/topics/eu')).headers.get('x-robots-tag')).toBeNull()
  })

  test('no feed is private, and a token in an address stays out of every document (H-44, S-02)', async () => {
    const response = await fetch('/feed.atom?token=c0ffee-c0ffee-c0ffee', {
      headers: { Authorization: 'Bearer c0ffee-c0ffee-c0ffee' },
    })
    expect(response.headers.get('cache-control')).toMatch(/^public/)
    const all = [...response.headers.values(), await response.text()].join('\n')
    expect(all).not.toContain('c0ffee')
  })

  test('unknown parameters change neither bytes nor validators nor self (U-05)', async () => {
    const plain = await fetch('/topics/eu.atom')
    const text = await plain.text()
    for (const query of [
      '_=0.123',
      'utm_source=x&utm_medium=y',
      'null',
      'page=2',
      'paged=3',
      '=',
      '&',
      'q',
    ]) {
      const response = await fetch(`/topics/eu.atom?${query}`)
      expect(response.status, query).toBe(200)
      expect(response.headers.get('etag')).toBe(plain.headers.get('etag'))
      expect(response.headers.get('last-modified')).toBe(plain.headers.get('last-modified'))
      expect(await response.text()).toBe(text)
    }
  })

  test('every question has an address, an id and a self of its own, for good (U-07, U-09)', async () => {
    const paths = [
      '/feed',
      '/topics/eu',
      '/topics/-eu',
      '/all/feed',
      '/fi/feed',
      '/topics/eu+migration',
    ]
    const found = await Promise.all(
      paths.map(async (path) => {
        const text = await (await fetch(`${path}.atom`)).text()
        return {
          path,
          id: /<id>(.*?)<\/id>/.exec(text)![1]!,
          self: /rel="self"[^>]* href="(.*?)"/.exec(text)![1]!,
        }
      }),
    )
    expect(new Set(found.map(({ id }) => id)).size).toBe(paths.length)
    for (const { path, self } of found) expect(self).toBe(`${baseUrl}${path}.atom`)
    // Written down, because a changed id or address would show every release anew.
    expect(found[1]).toEqual({
      path: '/topics/eu',
      id: 'urn:uuid:c0de845d-6aa6-54d7-89aa-8a61174e938e',
      self: 'https://releases.example.org/topics/eu.atom',
    })
  })

  test('no public document speaks of what is not public (S-02)', async () => {
    for (const path of ['/feed.rss', '/topics.json', '/feeds.opml', '/', '/healthz', '/metrics']) {
      expect(await (await fetch(path)).text(), path).not.toMatch(/private-draft|Secret draft/)
    }
  })

  test('whatever host a request names, addresses are those of BASE_URL', async () => {
    const plain = await (await fetch('/feed.atom')).text()
    for (const headers of [
      { 'X-Forwarded-Host': 'evil.example' },
      { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '81' },
      { Forwarded: 'host=evil.example;proto=http' },
    ]) {
      const response = await fetch('/feed.atom', { headers })
      expect(await response.text()).toBe(plain)
      expect(response.headers.get('link')).not.toContain('evil')
    }
  })
})
