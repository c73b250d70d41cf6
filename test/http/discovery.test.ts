// What leads to feeds and pages: sitemaps, metadata, OPML, addresses that programs guess.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import { loadContent } from '../../src/content/load-content.ts'
import {
  markdown,
  siteYaml,
  temporaryFolder,
  topicsYaml,
  writeFiles,
  writeFolder,
} from '../content-folder.ts'
import { baseUrl, hurriedClock, nodePress, nodeService, onNode } from '../platforms.ts'

const run = promisify(execFile)
const newsboat = ['/usr/bin/newsboat', '/usr/local/bin/newsboat'].find(existsSync)

if (!newsboat) console.warn('Skipped: an import of OPML into newsboat, which is not installed')

const release = (title: string, topics: string, published: string, ...more: string[]) =>
  markdown([`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more])

const content = {
  'site.yaml': `${siteYaml}rights: { en: Free to use }\nlogo: media/logo.png\n`,
  'topics.yaml': `${topicsYaml.replace('space-travel:', 'space-travel:\n  exactMatch: ["http://eurovoc.europa.eu/1"]')}
canals:
  label: { en: canals }
  retired: { at: 2024-02-01, until: 2199-03-01, replacedBy: [eu] }
`,
  'media/logo.png': 'logo',
  'media/port.jpg': 'port',
  'media/agenda.pdf': 'agenda',
  'releases/old.en.md': release('Old', 'drugs', '2023-01-01T09:00'),
  'releases/canal.en.md': release('Canal', 'canals', '2023-01-02T09:00'),
  'releases/meeting.en.md': release(
    `'"Ministers" & </script><b>marks'`,
    'migration, space-travel',
    '2024-01-24T09:00',
    'lead: What <they> meet about.',
    'attachments: [{ file: port.jpg, alt: A port, credit: Customs }, { file: agenda.pdf, title: Agenda }]',
    'event: { start: 2024-01-24, end: 2024-01-25, place: Antwerp }',
    'changes: [{ at: 2024-01-25T09:00, kind: correction, note: The date was wrong. }]',
  ),
  'releases/meeting.fi.md': release('Ministerit tapaavat', 'migration', '2024-01-24T10:00'),
  'releases/wrong.en.md': release(
    'Wrong',
    'eu',
    '2024-01-24T11:00',
    'withdrawn: { at: 2024-01-26T09:00, reason: It was wrong. }',
  ),
  'releases/secret.en.md': release('Secret plan', 'eu', '2199-01-01T09:00'),
  'releases/meeting.sv.md': release('Hemlig plan', 'eu', '2199-01-01T10:00'),
}

function all(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, found = '']) => found)
}

function checkXml(text: string) {
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(text).close()
}

const locations = /<loc>([^<]+)<\/loc>/g

onNode(
  'discovery',
  () => writeFolder(content),
  (fetch) => {
    const read = async (path: string) => {
      const response = await fetch(path)
      expect(response.status, path).toBe(200)
      return response.text()
    }

    test('the sitemap lists the pages of topics and releases that stand, with their languages', async () => {
      expect(await read('/robots.txt')).toContain(`Sitemap: ${baseUrl}/sitemap.xml\n`)
      const index = await read('/sitemap.xml')
      checkXml(index)
      expect(all(index, locations)).toEqual([
        `${baseUrl}/sitemap-topics-1.xml`,
        `${baseUrl}/sitemap-releases-1.xml`,
      ])
      expect(all(index, /<lastmod>([^<]+)/g)).toEqual([
        '2024-01-24T08:00:00Z',
        '2024-01-25T07:00:00Z',
      ])
      const topics = await read('/sitemap-topics-1.xml')
      checkXml(topics)
      expect(all(topics, locations)).toEqual([
        `${baseUrl}/`,
        `${baseUrl}/fi/`,
        `${baseUrl}/topics/migration`,
        `${baseUrl}/fi/topics/migration`,
        `${baseUrl}/topics/crime`,
        `${baseUrl}/topics/drugs`,
        `${baseUrl}/topics/space-travel`,
      ])
      const response = await fetch('/sitemap-releases-1.xml')
      expect(response.headers.get('content-type')).toBe('application/xml; charset=utf-8')
      const releases = await response.text()
      checkXml(releases)
      expect(all(releases, locations)).toEqual([
        `${baseUrl}/releases/old`,
        `${baseUrl}/releases/canal`,
        `${baseUrl}/fi/releases/meeting`,
        `${baseUrl}/releases/meeting`,
      ])
      const versions = `<xhtml:link rel="alternate" hreflang="en" href="${baseUrl}/releases/meeting"/><xhtml:link rel="alternate" hreflang="fi" href="${baseUrl}/fi/releases/meeting"/>`
      expect(releases.split(versions)).toHaveLength(3)
      for (const path of ['/sitemap-releases-2.xml', '/sitemap-topics-2.xml', '/sitemap-x-1.xml']) {
        expect((await fetch(path)).status).toBe(404)
      }
    })

    test('the news sitemap holds the two days before the newest release', async () => {
      const text = await read('/news-sitemap.xml')
      checkXml(text)
      expect(all(text, locations)).toEqual([
        `${baseUrl}/fi/releases/meeting`,
        `${baseUrl}/releases/meeting`,
      ])
      expect(text).toContain('<news:name>Ministeriö: tiedotteet</news:name>')
      expect(text).toContain('<news:publication_date>2024-01-24T07:00:00Z</news:publication_date>')
    })

    test('there is an icon of our own', async () => {
      const icon = await fetch('/favicon.ico')
      expect(icon.headers.get('content-type')).toBe('image/x-icon')
      const bytes = new Uint8Array(await icon.arrayBuffer())
      expect(Array.from(bytes.subarray(0, 6))).toEqual([0, 0, 1, 0, 1, 0])
      expect(bytes).toHaveLength(198)
      expect((await fetch('/favicon.svg')).headers.get('content-type')).toBe('image/svg+xml')
    })

    test('the page of a release carries schema.org and Open Graph', async () => {
      const text = await read('/releases/meeting')
      const [script = ''] = all(text, /<script type="application\/ld\+json">([^]*?)<\/script>/g)
      expect(script).not.toMatch(/[<>&]/)
      expect(JSON.parse(script)).toMatchObject({
        '@context': 'https://schema.org',
        '@type': 'NewsArticle',
        url: `${baseUrl}/releases/meeting`,
        headline: '"Ministers" & </script><b>marks',
        description: 'What <they> meet about.',
        inLanguage: 'en',
        datePublished: '2024-01-24T07:00:00Z',
        dateModified: '2024-01-25T07:00:00Z',
        author: { '@type': 'Organization', name: 'The Ministry', url: 'https://ministry.example/' },
        publisher: { logo: { url: `${baseUrl}/media/logo.png` } },
        image: [{ url: `${baseUrl}/media/port.jpg`, caption: 'A port', creditText: 'Customs' }],
        associatedMedia: [{ name: 'Agenda', encodingFormat: 'application/pdf' }],
        keywords: ['migration', 'space travel'],
        about: [
          { name: 'migration', url: `${baseUrl}/topics/migration` },
          { sameAs: ['http://eurovoc.europa.eu/1'] },
        ],
        temporalCoverage: '2024-01-24/2024-01-25',
        correction: [
          {
            '@type': 'CorrectionComment',
            text: 'The date was wrong.',
            datePublished: '2024-01-25T07:00:00Z',
          },
        ],
        workTranslation: [{ inLanguage: 'fi', url: `${baseUrl}/fi/releases/meeting` }],
        copyrightNotice: 'Free to use',
      })
      expect(text).toContain('<meta name="description" content="What &lt;they&gt; meet about.">')
      expect(text).toContain(`<meta property="og:image" content="${baseUrl}/media/port.jpg">`)
      expect(text).toContain('<meta property="og:type" content="article">')
      expect(text.indexOf('rel="alternate"')).toBeLessThan(text.indexOf('og:type'))
    })

    test('the page of a question says what it is, and what was withdrawn asks to be forgotten', async () => {
      const text = await read('/fi/topics/migration')
      expect(text).toContain(
        '<meta name="description" content="Muuttoliike – Ministeriö: tiedotteet. Mitä ministeriö julkaisee">',
      )
      expect(text).toContain(`<meta property="og:url" content="${baseUrl}/fi/topics/migration">`)
      expect(text).not.toContain('noindex')
      expect(await read('/?q=old')).toContain('<meta name="robots" content="noindex">')
      const withdrawn = await (await fetch('/releases/wrong')).text()
      expect(withdrawn).toContain('<meta name="robots" content="noindex">')
      expect(withdrawn).not.toContain('ld+json')
    })

    test('pages announce their feeds before their other languages, each so that no reader takes it for another (O-01, O-02, O-03, J-07)', async () => {
      for (const [path, feeds, languages] of [
        [
          '/topics/migration',
          '/topics/migration',
          ['', '/fi', '/sv'].map((one) => `${one}/topics/migration`),
        ],
        ['/fi/?q=old', '/fi/feed', ['/?q=old', '/fi/?q=old', '/sv/?q=old']],
        ['/releases/meeting', '/feed', ['/releases/meeting', '/fi/releases/meeting']],
        ['/releases/old', '/feed', []],
        ['/topics/migration?month=2024-01', '/topics/migration', []],
      ] as const) {
        const [head = ''] = (await read(path)).split('</head>')
        const links = all(head, /<link (rel="alternate" [^>]*)>/g)
        const search = path.includes('?q') ? '?q=old' : ''
        expect(
          links.map((link) => link.replace(/ title="[^"]*"/, '')),
          path,
        ).toEqual([
          `rel="alternate" type="application/atom+xml" href="${baseUrl}${feeds}.atom${search}"`,
          `rel="alternate" type="application/rss+xml" href="${baseUrl}${feeds}.rss${search}"`,
          `rel="alternate" type="application/feed+json" href="${baseUrl}${feeds}.json${search}"`,
          // A release on it has an event.
          ...(feeds === '/topics/migration'
            ? [`rel="alternate" type="text/calendar" href="${baseUrl}${feeds}.ics"`]
            : []),
          ...languages.map((address, index) => {
            const language = ['en', 'fi', 'sv'][index]
            return `rel="alternate" hreflang="${language}" href="${baseUrl}${address}"`
          }),
        ])
        const titles = all(links.join(), / title="([^"]+)"/g)
        expect(new Set(titles).size).toBe(titles.length)
        expect(head).not.toMatch(/<link [^>]*type="application\/json"/)
      }
    })

    test('pages say the same in their Link header, which needs no reading of HTML (O-05)', async () => {
      const announced = (feed: string, page: string) =>
        [
          `<${baseUrl}${feed}.atom>; rel="alternate"; type="application/atom+xml"`,
          `<${baseUrl}${feed}.rss>; rel="alternate"; type="application/rss+xml"`,
          `<${baseUrl}${feed}.json>; rel="alternate"; type="application/feed+json"`,
          `<${baseUrl}${page}>; rel="canonical"`,
        ].join(', ')
      for (const [path, feed, page] of [
        ['/', '/feed', '/'],
        ['/fi/topics/Muuttoliike', '/fi/topics/migration', '/fi/topics/migration'],
        ['/topics/migration?month=2024-01', '/topics/migration', '/topics/migration?month=2024-01'],
        ['/fi/releases/meeting', '/fi/feed', '/fi/releases/meeting'],
        ['/releases/wrong', '/feed', '/releases/wrong'],
      ] as const) {
        const { headers } = await fetch(path)
        const item = `<${baseUrl}${page}.json>; rel="alternate"; type="application/json"`
        const links = announced(feed, page) + (path.includes('/releases/') ? `, ${item}` : '')
        expect(headers.get('link'), path).toBe(links)
        const etag = headers.get('etag')!
        const again = await fetch(path, { headers: { 'If-None-Match': etag } })
        if (again.status === 304) expect(again.headers.get('link')).toBe(headers.get('link'))
      }
      for (const path of ['/topics/nowhere', '/releases/nowhere', '/topics/eu?month=1999-01']) {
        const missing = await fetch(path, { headers: { Accept: 'text/html' } })
        expect(missing.status).toBe(404)
        expect(missing.headers.get('link'), path).toBeNull()
      }
    })

    test('pages tell networks in which languages they are, in the way these write languages', async () => {
      const locales = async (path: string) =>
        all(await read(path), /<meta property="og:(locale[^>]*)">/g)
      expect(await locales('/fi/releases/meeting')).toEqual([
        'locale" content="fi_FI',
        'locale:alternate" content="en_GB',
      ])
      expect(await locales('/all/topics/eu')).toEqual([
        'locale" content="en_GB',
        'locale:alternate" content="fi_FI',
        'locale:alternate" content="sv_SE',
      ])
    })

    test('the addresses that programs guess are answered without a redirect (O-04)', async () => {
      for (const path of ['/feed', '/feed/', '/feed.xml', '/rss.xml', '/index.xml']) {
        const response = await fetch(path)
        expect(response.status, path).toBe(200)
        expect(response.headers.get('content-type')).toContain('application/rss+xml')
        expect(response.headers.get('content-location')).toBe(`${baseUrl}/feed.rss`)
      }
      for (const path of ['/atom.xml', '/fi/atom.xml']) {
        expect((await fetch(path)).headers.get('content-type')).toContain('application/atom+xml')
      }
      expect((await fetch('/index.rdf')).status).toBe(404)
    })

    test('ticked topics are one OPML document, one by one, however they are written (O-06)', async () => {
      const text = await read('/feeds.opml?topics=asylum,organised-crime')
      checkXml(text)
      expect(all(text, /xmlUrl="([^"]+)"/g)).toEqual([
        `${baseUrl}/topics/asylum.atom`,
        `${baseUrl}/topics/organised-crime.atom`,
      ])
      expect(text).toContain('category="/migration/asylum"')
      expect(text).toContain('<dateModified>Wed, 24 Jan 2024 09:00:00 GMT</dateModified>')
      for (const query of [
        'topics=organised-crime&topics=asylum',
        'topics=Organized-Crime+turvapaikka',
        'topics=asylum,,organised-crime,asylum',
      ]) {
        const response = await fetch(`/feeds.opml?${query}`)
        expect(await response.text()).toBe(text)
        expect(response.headers.get('content-location')).toBe(
          `${baseUrl}/feeds.opml?topics=asylum,organised-crime`,
        )
      }
      expect(await read('/fi/feeds.opml?topics=asylum')).toContain('text="turvapaikka"')
      const unknown = await fetch('/feeds.opml?topics=migrtion')
      expect(unknown.status).toBe(404)
      expect(await unknown.json()).toMatchObject({ nearest: expect.arrayContaining(['migration']) })
      const renamed = await fetch('/feeds.opml?topics=border-policy')
      expect(renamed.status).toBe(308)
      expect(renamed.headers.get('location')).toBe(`${baseUrl}/feeds.opml?topics=migration`)
      expect(await read('/feeds.opml?topics=canals')).not.toContain('xmlUrl')
      expect(await read('/feeds.opml?topics=')).toBe(await read('/feeds.opml'))
    })
  },
)

test.skipIf(!newsboat)(
  'newsboat takes in what was ticked (skipped where it is not installed)',
  async () => {
    const fetch = await nodeService(temporaryFolder(content))
    const folder = temporaryFolder()
    const urls = join(folder, 'urls')
    writeFileSync(urls, '')
    for (const [path, expected] of [
      ['/feeds.opml?topics=asylum,drugs', ['/topics/asylum.atom', '/topics/drugs.atom']],
      ['/feeds.opml', ['/feed.atom', '/topics/space-travel.atom', '/topics/organised-crime.atom']],
    ] as const) {
      writeFileSync(join(folder, 'feeds.opml'), await (await fetch(path)).text())
      await run(
        newsboat!,
        [
          '-u',
          urls,
          '-c',
          join(folder, 'cache.db'),
          '-C',
          '/dev/null',
          '-i',
          join(folder, 'feeds.opml'),
        ],
        {
          env: { ...process.env, HOME: folder },
        },
      )
      const subscribed = readFileSync(urls, 'utf8')
      for (const feed of expected) expect(subscribed).toContain(`${baseUrl}${feed}`)
    }
  },
)

test('what is two days older than the newest release is news, and nothing before it', async () => {
  const fetch = await nodeService(
    temporaryFolder({
      'releases/newest.en.md': release('Newest', 'eu', '2024-01-24T12:00:00Z'),
      'releases/just.en.md': release('Just', 'eu', '2024-01-22T12:00:00Z'),
      'releases/late.en.md': release('Late', 'eu', '2024-01-22T11:59:59Z'),
    }),
  )
  const text = await (await fetch('/news-sitemap.xml')).text()
  expect(all(text, /<news:title>(.*?)<\/news:title>/g)).toEqual(['Newest', 'Just'])
})

test("an office's own robots.txt is answered, with our sitemaps unless it names some", async () => {
  const own = 'User-agent: GPTBot\nDisallow: /media/\n'
  const directory = temporaryFolder({ 'robots.txt': own })
  const press = await nodePress(directory, hurriedClock())
  const robots = async () => {
    const answer = await press.fetch('/robots.txt')
    return { text: await answer.text(), etag: answer.headers.get('etag') }
  }
  const dated = async () => (await press.fetch('/feed.rss')).headers.get('last-modified')
  const before = await dated()
  const first = await robots()
  expect(first.text).toBe(
    `${own}\nSitemap: ${baseUrl}/sitemap.xml\nSitemap: ${baseUrl}/news-sitemap.xml\n`,
  )
  const other = `${own}Sitemap: https://www.ministry.example/all.xml\n`
  writeFiles(directory, { 'robots.txt': other })
  await press.takeUp()
  const second = await robots()
  expect(second.text).toBe(other)
  expect(second.etag).not.toBe(first.etag)
  rmSync(join(directory, 'robots.txt'))
  await press.takeUp()
  expect((await robots()).text).toMatch(/^User-agent: \*\nDisallow:\n\nSitemap/)
  // No reader of a feed has to fetch it again.
  expect(await dated()).toBe(before)
  await press.close()
})

async function problemsOfRobots(text: string | Uint8Array) {
  const directory = temporaryFolder({ 'robots.txt': text })
  return (await loadContent(directory, { stage: async () => {}, now: 0 })).problems
}

test.each([
  'User-agent: *\nDisallow: /\n',
  'user-agent:*\r\nUser-Agent: GPTBot\r\n\r\nCrawl-delay: 9\r\nDISALLOW : / # all of it\r\n',
])('a robots.txt that keeps everybody away is warned of: %j', async (text) => {
  const problems = await problemsOfRobots(text)
  expect(problems).toMatchObject([{ file: 'robots.txt', warning: true }])
})

test.each([
  'User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow:\n',
  'User-agent: *\nDisallow:\nUser-agent: GPTBot\nDisallow: /\n',
  '# User-agent: *\nDisallow: /\n',
])('one that keeps some away, or nobody, is not: %j', async (text) => {
  expect(await problemsOfRobots(text)).toEqual([])
})

test('one that no program can read is told by its name', async () => {
  const problems = await problemsOfRobots(Buffer.from('\ufeffUser-agent: *\n', 'utf16le'))
  expect(problems).toMatchObject([
    { file: 'robots.txt', message: expect.stringContaining('UTF-8') as string },
  ])
  expect(await problemsOfRobots('#'.repeat(100_001))).toMatchObject([{ file: 'robots.txt' }])
})
