// A feed opened in a browser is a page, and nobody else ever gets one (V-02, V-03, V-05).
import { describe, expect, test } from 'vitest'
import { markdown, temporaryFolder, topicsYaml, writeFolder } from '../content-folder.ts'
import { baseUrl, type Fetch, nodePress, onNode } from '../platforms.ts'
import { models } from '../readers/models.ts'

const chromeAccept =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'
const opening = {
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'none',
  'Sec-Fetch-User': '?1',
}

/** What browsers send when an address is opened. */
const browsers: Record<string, Record<string, string>> = {
  Chrome: {
    'User-Agent':
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    Accept: chromeAccept,
    'Accept-Encoding': 'gzip, deflate, br, zstd',
    'Upgrade-Insecure-Requests': '1',
    ...opening,
  },
  Firefox: {
    'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Encoding': 'gzip, deflate, br, zstd',
    Priority: 'u=0, i',
    ...opening,
  },
  Safari: {
    'User-Agent':
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Encoding': 'gzip, deflate, br',
    ...opening,
  },
}

/** Programs that look like browsers in part. */
const others: Record<string, Record<string, string>> = {
  'a bot that copies what Chrome accepts': { Accept: chromeAccept },
  'an older Safari, which has no Fetch Metadata': {
    'User-Agent': 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/15.6 Safari/605.1.15',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  },
  'a reader in a page': {
    Accept: '*/*',
    'Sec-Fetch-Dest': 'empty',
    'Sec-Fetch-Mode': 'cors',
    'Sec-Fetch-Site': 'cross-site',
  },
  'a page that frames the feed': { ...browsers.Chrome, 'Sec-Fetch-Dest': 'iframe' },
  'an extension that asks for feeds as it navigates': {
    ...browsers.Firefox,
    Accept: 'application/rss+xml, application/xml;q=0.9, text/html;q=0.8',
  },
  'one that asks for JSON as it navigates': {
    ...browsers.Firefox,
    Accept: 'application/json, text/html;q=0.8',
  },
  'a navigation that takes no HTML': { ...opening, Accept: '*/*' },
}

const release = (title: string, topics: string, published: string, ...more: string[]) =>
  markdown([`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more])

const content = {
  'topics.yaml': `${topicsYaml}
canals:
  label: { en: canals }
  retired: { at: 2024-02-01, until: 2024-03-01, replacedBy: [eu] }
`,
  'releases/border.en.md': release('Border', 'migration', '2024-01-24T09:00'),
  'releases/raja.fi.md': release('Raja', 'migration', '2024-01-24T10:00'),
  'releases/wrong.en.md': release(
    'Wrong',
    'eu',
    '2024-01-25T09:00',
    'withdrawn: { at: 2024-01-26T09:00, reason: It was wrong. }',
  ),
  ...Object.fromEntries(
    Array.from({ length: 70 }, (_, number) => [
      `releases/old-${number}.en.md`,
      release(
        `Old ${number}`,
        'drugs',
        `${2000 + (number % 20)}-01-${10 + Math.floor(number / 20)}`,
      ),
    ]),
  ),
}

async function ask(fetch: Fetch, path: string, headers: Record<string, string>) {
  const response = await fetch(path, { headers })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body }
}

const { 'Accept-Encoding': _, ...plainChrome } = browsers.Chrome!

onNode(
  'a feed that is opened',
  () => writeFolder(content),
  (fetch) => {
    const open = (path: string, headers = plainChrome) => ask(fetch, path, headers)

    test.each(Object.entries(browsers))('%s gets a page (V-03)', async (_name, headers) => {
      for (const path of ['/feed.rss', '/feed', '/topics/migration.atom', '/fi/feed.json?q=raja']) {
        const opened = await open(path, headers)
        expect(opened.status).toBe(200)
        expect(opened.headers.get('content-type'), path).toBe('text/html; charset=utf-8')
        expect(opened.headers.get('vary')).toBe('Accept-Encoding, Sec-Fetch-Dest, Sec-Fetch-Mode')
        expect(opened.headers.get('x-robots-tag')).toBe('noindex')
        expect(opened.headers.get('cache-control')).toBe('private, max-age=0')
        expect(opened.headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(opened.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      }
    })

    for (const { name, create } of models) {
      test(`${name} gets the feed`, async () => {
        for (const format of create(fetch).formats) {
          const got: string[] = []
          const reader = create(async (address, init) => {
            const answer = await open(address, init?.headers as Record<string, string>)
            got.push(answer.headers.get('content-type') ?? '')
            const { status, headers, body } = answer
            return new Response(status === 304 ? null : body, { status, headers })
          })
          const address = `/topics/migration.${format}`
          reader.subscribe(address)
          for (const poll of [1, 2]) await reader.poll(address, poll * 3600)
          expect(reader.errors).toEqual([])
          expect(got[0]).toMatch(/application\/((rss|atom)\+xml|feed\+json)/)
          expect(got.join()).not.toContain('html')
        }
      })
    }

    test.each(Object.entries(others))('%s gets the feed (V-03)', async (_name, headers) => {
      for (const format of ['rss', 'atom', 'json']) {
        const answer = await open(`/feed.${format}`, headers)
        expect(answer.headers.get('content-type')).toMatch(
          /application\/((rss|atom)\+xml|feed\+json)/,
        )
        expect(answer.headers.get('vary')).toBe('Accept-Encoding')
        expect(answer.headers.get('cache-control')).toContain('public')
      }
    })

    test('the page says that it is a feed, shows its releases, and is no page of its own', async () => {
      const { body, headers } = await open('/topics/migration.rss')
      const text = body.toString()
      expect(text).toContain('This is a feed (RSS)')
      expect(text).toContain(`<code>${baseUrl}/topics/migration.rss</code>`)
      expect(text).toContain('Border')
      expect(text).toContain('</code> <button type="button" class="copy" data-copies="address-rss"')
      expect(text).toContain(`<link rel="canonical" href="${baseUrl}/topics/migration">`)
      expect(headers.get('link')).toContain(`<${baseUrl}/topics/migration>; rel="canonical"`)
      expect((await open('/fi/feed.atom')).body.toString()).toContain('Tämä on syöte (Atom)')
      expect((await open('/sv/feed.json')).body.toString()).toContain('Detta är ett flöde')
    })

    test('feeds are sent the same to everybody, without a style sheet of any kind (V-01, V-04, V-06), and nothing in them can run (V-05)', async () => {
      for (const [path, type] of Object.entries({
        '/feed.rss': 'application/rss+xml; charset=utf-8',
        '/topics/migration.atom': 'application/atom+xml; charset=utf-8',
      })) {
        for (const headers of [{}, { 'User-Agent': browsers.Firefox!['User-Agent']! }]) {
          const answer = await open(path, headers)
          expect(answer.headers.get('content-type')).toBe(type)
          expect(answer.body.toString()).not.toContain('xml-stylesheet')
          expect(answer.headers.get('content-security-policy')).toBe(
            "default-src 'none'; style-src 'self'; img-src https:; sandbox",
          )
          expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        }
      }
    })

    test('withdrawals and archives are pages as well', async () => {
      expect((await open('/withdrawals.atom')).body.toString()).toContain('It was wrong.')
      const feed = await open('/topics/drugs.json', {})
      const { next_url: next } = JSON.parse(feed.body.toString()) as { next_url: string }
      const { pathname } = new URL(next)
      const archive = await open(pathname)
      expect(archive.headers.get('content-type')).toContain('text/html')
      const text = archive.body.toString()
      expect(text).toContain('This is an archive of a feed (JSON Feed)')
      expect(text).toContain(`<code>${baseUrl}/topics/drugs.json</code>`)
      const { items } = JSON.parse((await open(pathname, {})).body.toString()) as {
        items: { url: string }[]
      }
      expect(items.length).toBeGreaterThan(0)
      for (const item of items) expect(text).toContain(`href="${item.url}"`)
    })

    test('the page has a tag of its own, so neither is ever taken for the other', async () => {
      const page = await open('/feed.rss')
      const feed = await open('/feed.rss', {})
      const etag = page.headers.get('etag')!
      expect(feed.headers.get('etag')).not.toBe(etag)
      const again = await open('/feed.rss', { ...plainChrome, 'If-None-Match': etag })
      expect(again.status).toBe(304)
      expect(again.headers.get('cache-control')).toBe('private, max-age=0')
      expect((await open('/feed.rss', { 'If-None-Match': etag })).status).toBe(200)
    })

    test('a feed that is not there is explained to people, and a problem to programs', async () => {
      for (const [path, status] of [
        ['/topics/migrtion.rss', 404],
        ['/topics/canals.atom', 410],
        ['/feed/archive/21-1200.atom', 404],
        ['/feed/?q=a+b+c+d+e+f+g+h+i', 400],
      ] as const) {
        const opened = await open(path)
        expect(opened.status).toBe(status)
        expect(opened.headers.get('content-type'), path).toContain('text/html')
        expect(opened.headers.get('cache-control'), path).toBe('private, max-age=0')
        const asked = await open(path, { Accept: chromeAccept })
        expect(asked.status).toBe(status)
        expect(asked.headers.get('content-type')).toBe('application/problem+json')
      }
    })
  },
)

describe('FEED_PAGES', () => {
  test('switched off, browsers get the feed like everybody', async () => {
    const directory = temporaryFolder(content)
    const { fetch } = await nodePress(directory, undefined, undefined, { hasFeedPages: false })
    const response = await fetch('/feed.rss', { headers: plainChrome })
    expect(response.headers.get('content-type')).toContain('application/rss+xml')
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    const missing = await fetch('/topics/nowhere.rss', { headers: plainChrome })
    expect(missing.headers.get('content-type')).toBe('application/problem+json')
  })
})
