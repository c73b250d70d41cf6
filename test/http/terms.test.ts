// Publishers and kinds stand beside topics, in every place where questions are asked and answered.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { walk } from '../archive-walker.ts'
import { markdown, siteYaml, topicsYaml, writeFiles, writeFolder } from '../content-folder.ts'
import { attribute, type Page, readPage, send, textOf } from '../page.ts'
import { baseUrl, type Fetch, onNode, onNodePress } from '../platforms.ts'

const site = `${siteYaml}  police: { name: { en: Police, fi: Poliisi, sv: Polisen } }
  toll: { renamed: old-customs }
  old-customs: { renamed: customs }
  coast-guard:
    name: { en: Coast Guard, fi: Merivartiosto, sv: "Bevakning, kust" }
    retired: { at: 2024-02-01, until: 2199-01-01T00:00:00Z, replacedBy: [police], note: { en: All at sea. } }
  harbours: { name: { en: Harbours }, retired: { at: 2024-02-01, until: 2024-03-01, replacedBy: [customs] } }
`

function release(title: string, day: number, ...fields: string[]) {
  return markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, ...fields])
}

const [ofCustoms, ofPolice] = ['publisher: customs', 'publisher: police']

const files = {
  'site.yaml': site,
  'releases/all.en.md': release('All', 20, 'topics: [eu, migration]', ofCustoms, 'kind: speech'),
  'releases/all.fi.md': release('Kaikki', 20, 'topics: [eu, asylum]', ofCustoms, 'kind: speech'),
  'releases/eu.en.md': release('Only EU', 19, 'topics: [eu]', 'publisher: toll', 'kind: speech'),
  'releases/office.en.md': release('Office', 18, 'topics: [eu, migration]', 'kind: speech'),
  'releases/plain.en.md': release('Plain', 17, 'topics: [eu, migration]', ofCustoms),
  'releases/police.en.md': release('Police', 16, 'topics: [drugs]', ofPolice, 'kind: statement'),
  'releases/sea.en.md': release('Sea', 15, 'topics: [migration]', 'publisher: coast-guard'),
  'releases/gone.en.md': markdown([
    'title: Gone',
    'published: 2024-01-14T09:00',
    ofPolice,
    'withdrawn: { at: 2024-01-15T09:00, reason: Wrong. }',
  ]),
  'releases/soon.en.md': markdown(['title: Soon', 'published: 2199-01-01', 'kind: advisory']),
}

async function titlesIn(fetch: Fetch, path: string): Promise<string[]> {
  const response = await fetch(path)
  expect(response.status, path).toBe(200)
  const { items } = (await response.json()) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}

async function open(fetch: Fetch, path: string, status = 200): Promise<Page> {
  const response = await fetch(path, { headers: { Accept: 'text/html' } })
  expect(response.status, path).toBe(status)
  return readPage(await response.text())
}

async function headingOf(fetch: Fetch, path: string): Promise<string> {
  return textOf((await open(fetch, path)).one('h1'))
}

onNode(
  'terms',
  () => writeFolder(files),
  (fetch) => {
    const canonical = '/topics/eu+migration+by:customs+kind:speech'

    test.each([
      '/topics/kind:speech+by:customs+migration+eu',
      '/topics/EU+muuttoliike+by%3ATulli+KIND%3Aspeech',
      '/topics/migration?topic=eu&publisher=customs&kind=speech',
      '/topics/migration+kind:speech?topic=eu&publisher=customs&kind=speech',
      '/publishers/customs?topic=eu&topic=migration&match=all&kind=Speech',
      '/en/kinds/speech?topic=eu+migration&publisher=tulli&match=',
      '/FEED?topic=eu&topic=migration&match=ALL&publisher=by:customs&publisher=&kind=kind%3Aspeech&utm_source=x',
    ])('%s is one more spelling, with the same bytes (U-03)', async (spelling) => {
      const [path = '', search] = spelling.split('?')
      for (const format of ['rss', 'atom', 'json']) {
        const first = await fetch(`${canonical}.${format}`)
        expect(first.headers.get('content-location')).toBeNull()
        const address = search === undefined ? `${path}.${format}` : `${path}.${format}?${search}`
        const other = await fetch(address)
        expect(other.status, address).toBe(200)
        const body = await other.text()
        expect(body).toBe(await first.text())
        expect(body).toContain(`${baseUrl}${canonical}.${format}`)
        expect(other.headers.get('etag')).toBe(first.headers.get('etag'))
        expect(other.headers.get('content-location')).toBe(`${baseUrl}${canonical}.${format}`)
      }
      expect(await titlesIn(fetch, `${canonical}.json`)).toEqual(['All'])
      if (path === '/FEED') return
      const page = await fetch(spelling, { headers: { Accept: 'text/html' } })
      expect(page.headers.get('content-location')).toBe(`${baseUrl}${canonical}`)
    })

    test('a feed holds what is of any publisher and any kind that is named, and of all else', async () => {
      const found = {
        '/publishers/customs.json': ['All', 'Only EU', 'Plain'],
        '/kinds/speech.json': ['All', 'Only EU', 'Office'],
        '/all/kinds/speech.json': ['Kaikki', 'All', 'Only EU', 'Office'],
        '/feed.json?kind=speech': ['All', 'Only EU', 'Office'],
        '/feed.json?publisher=Bevakning,+kust': ['This feed has ended', 'Sea'],
        '/feed.json?kind=speech,statement&publisher=customs&publisher=police': [
          'All',
          'Only EU',
          'Police',
        ],
        '/feed.json?topic=eu&topic=drugs&without=migration': ['Only EU', 'Police'],
        '/feed.json?topic=eu&topic=migration&match=all': ['All', 'Office', 'Plain'],
        '/topics/migration+-by:customs.json': ['Office', 'Sea'],
        '/topics/-kind:speech+-eu.json': ['Police', 'Sea', 'Withdrawn: Gone'],
        '/topics/drugs,by:customs+-kind:speech.json': ['Plain', 'Police'],
        '/topics/by:customs+by:police.json': [],
        '/fi/publishers/customs.json?topic=migration': ['Kaikki'],
        '/publishers/customs.json?q=plain': ['Plain'],
        // Of what is to come nothing is told.
        '/kinds/advisory.json': [],
      }
      for (const [path, titles] of Object.entries(found)) {
        expect(await titlesIn(fetch, path), path).toEqual(titles)
      }
    })

    test('an empty value counts for nothing, and so does what nobody understands (U-05)', async () => {
      const everything = await (await fetch('/feed.json')).text()
      for (const path of [
        '/feed.json?kind=&publisher=&topic=&without=&match=',
        '/feed.json?kinds=speech&by=customs&utm_source=x',
        '/feed.json?match=all',
      ]) {
        expect(await (await fetch(path)).text(), path).toBe(everything)
      }
    })

    test('what is not known is told with the nearest names, and is never everything', async () => {
      const nearest = {
        '/feed.atom?kind=speeches': ['kind:speech'],
        '/feed.atom?kind=x': ['press-release', 'statement', 'speech', 'advisory'].map(
          (kind) => `kind:${kind}`,
        ),
        '/?publisher=custms': ['by:customs'],
        '/topics/eu.rss?topic=migrtion': ['migration', 'immigration'],
        '/feed.rss?without=migrtion': ['migration', 'immigration'],
        '/publishers/polis.json': ['by:police'],
        '/fi/kinds/speach': ['kind:speech'],
        '/topics/by:merivartisto.rss': ['by:coast-guard'],
        '/topics/customs.rss': ['by:customs'],
        '/feed/archive/20-1.atom?kind=speach': ['kind:speech'],
      }
      for (const [path, names] of Object.entries(nearest)) {
        const response = await fetch(path)
        expect(response.status, path).toBe(404)
        expect(await response.json(), path).toMatchObject({ nearest: names })
      }
      for (const path of [
        '/feed.atom?match=most',
        '/feed.atom?kind=,',
        '/publishers/customs,police',
      ]) {
        expect((await fetch(path)).status, path).toBe(404)
      }
      const page = await open(fetch, '/fi/?publisher=poliis', 404)
      expect(textOf(page.one('main'))).toContain('Tämännimistä julkaisijaa ei ole.')
      expect(page.link('Poliisi')).toBe(`${baseUrl}/fi/topics/by:police`)
      const kinds = await open(fetch, '/kinds/talk', 404)
      expect(kinds.link('speeches')).toBe(`${baseUrl}/topics/kind:speech`)
    })

    test('nine different terms are one too many, and so is an address that readers would not take (U-02, U-08)', async () => {
      const many = 'topic=eu&topic=drugs&topic=migration&topic=asylum&without=crime'
      const nine = `/topics/eu.json?${many}&publisher=customs&kind=speech,statement,advisory`
      expect(await (await fetch(nine)).json()).toMatchObject({
        status: 400,
        detail: expect.stringContaining('at most 8 topics, publishers and kinds'),
      })
      const eight = nine.replace(',advisory', '')
      expect(await (await fetch(eight)).json()).toMatchObject({ status: 400, reason: 'too-long' })
      const page = await open(fetch, `/?${many}&publisher=customs&kind=speech,statement`, 400)
      expect(textOf(page.one('main'))).toContain('would be too long for readers')
      const few = '/feed.json?topic=eu&publisher=customs,police&kind=speech,statement'
      expect(await titlesIn(fetch, few)).toEqual(['All', 'Only EU'])
    })

    test('withdrawn releases cannot be filtered, and nobody takes all of them for some', async () => {
      expect((await fetch('/withdrawals.atom?publisher=police')).status).toBe(400)
      expect(await titlesIn(fetch, '/withdrawals.json?publisher=&q=gone')).toHaveLength(1)
    })

    test('a renamed publisher has moved for good, by every spelling (U-06)', async () => {
      const moved = {
        '/topics/by:toll.atom': '/topics/by:customs.atom',
        '/fi/publishers/old-customs.rss?kind=speech': '/fi/topics/by:customs+kind:speech.rss',
        '/feed.json?publisher=toll&topic=eu': '/topics/eu+by:customs.json',
        '/publishers/toll': '/topics/by:customs',
        '/feeds.opml?topics=by:toll,eu': '/feeds.opml?topics=eu,by:customs',
      }
      for (const [path, address] of Object.entries(moved)) {
        const response = await fetch(path)
        expect([path, response.status]).toEqual([path, 308])
        expect(response.headers.get('location')).toBe(baseUrl + address)
      }
    })

    test('a publisher that ends says so in its feeds, and is gone later (H-35)', async () => {
      const ended = await fetch('/publishers/coast-guard.json')
      expect(ended.headers.get('sunset')).toBe('Tue, 01 Jan 2199 00:00:00 GMT')
      expect(ended.headers.get('link')).toContain(
        `<${baseUrl}/topics/by:police.json>; rel="successor-version"`,
      )
      const { expired, items } = (await ended.json()) as {
        expired: boolean
        items: { title: string; content_html: string }[]
      }
      expect(expired).toBe(true)
      expect(items.map(({ title }) => title)).toEqual(['This feed has ended', 'Sea'])
      expect(items[0]?.content_html).toContain(`<a href="${baseUrl}/topics/by:police">Police</a>`)
      expect(items[0]?.content_html).toContain('All at sea.')
      const list = await fetch('/feeds.opml?topics=eu,by:coast-guard,by:police')
      const feeds = Array.from((await list.text()).matchAll(/xmlUrl="([^"]*)"/g), ([, one]) => one)
      expect(feeds).toEqual(['eu', 'by:police'].map((term) => `${baseUrl}/topics/${term}.atom`))
      const gone = await fetch('/publishers/harbours.rss')
      expect(gone.status).toBe(410)
      expect(await gone.json()).toMatchObject({ successors: ['by:customs'] })
      expect((await fetch('/topics/by:harbours,by:customs.rss')).status).toBe(200)
    })

    test('a known publisher or kind without releases has a valid empty feed (U-06)', async () => {
      for (const path of ['/fi/publishers/police.rss', '/sv/kinds/advisory.rss']) {
        const response = await fetch(path)
        expect(response.status).toBe(200)
        const text = await response.text()
        expect(text).toContain('<channel>')
        expect(text).not.toContain('<item>')
      }
    })

    test('titles say in each language what is asked for, and inflect no name', async () => {
      const headings = {
        '/topics/migration+by:customs+kind:speech': 'Speeches on migration, by Customs',
        '/fi/topics/migration+by:customs+kind:speech':
          'Puheet, aiheena muuttoliike, julkaisijana Tulli',
        '/sv/topics/migration+by:police+kind:speech': 'Tal om migration, från Polisen',
        '/publishers/customs': 'Releases by Customs',
        '/fi/publishers/customs': 'Tiedotteet, julkaisijana Tulli',
        '/sv/publishers/police': 'Meddelanden från Polisen',
        '/kinds/press-release': 'Press releases',
        '/fi/kinds/press-release': 'Lehdistötiedotteet',
        '/sv/kinds/speech': 'Tal',
        '/?publisher=customs,police&kind=speech,statement&topic=eu&without=asylum':
          'Speeches or statements on EU without asylum, by Customs or Police',
        '/?kind=speech&topic=eu&topic=drugs&without=asylum&publisher=customs':
          'Speeches on (drugs or EU) without asylum, by Customs',
        '/fi/?publisher=customs,police&kind=speech,statement':
          'Puheet tai lausunnot, julkaisijana Tulli tai Poliisi',
        '/sv/?publisher=police&kind=statement': 'Uttalanden från Polisen',
        '/topics/eu+-by:customs': 'EU, not by Customs',
        '/fi/topics/eu+-by:customs': 'EU, julkaisijana muu kuin Tulli',
        '/sv/topics/-by:police': 'Meddelanden, inte från Polisen',
        '/topics/-eu+kind:speech': 'Speeches without EU',
        '/fi/topics/-eu+kind:speech': 'Puheet ilman aihetta EU',
        '/topics/-kind:speech': 'Releases, without speeches',
        '/fi/topics/by:customs+-kind:speech': 'Tiedotteet, julkaisijana Tulli, ilman puheita',
        '/sv/topics/migration+-kind:press-release': 'Migration, utan pressmeddelanden',
        '/topics/eu+migration,drugs+-eu': '(Drugs without EU) or (EU and migration)',
        '/topics/drugs+by:police,kind:speech': 'Drugs, by Police, or speeches',
        '/all/topics/kind:speech?q=eu': 'Speeches, containing “eu”, all languages',
      }
      for (const [path, heading] of Object.entries(headings)) {
        expect(await headingOf(fetch, path), path).toBe(heading)
      }
      const feed = await (await fetch('/publishers/customs.atom')).text()
      expect(feed).toContain('<title>Releases by Customs – Ministry: releases</title>')
      expect(feed).toMatch(/<author>\s*<name>Customs<\/name>/)
    })

    test('the form offers publishers and kinds, shows its question and goes on from it', async () => {
      const builderOn = (page: Page) => page.ofClass('builder')[0]!
      const home = await open(fetch, '/')
      const boxes = home.all('input').filter((one) => attribute(one, 'name') === 'publisher')
      expect(boxes.map((one) => attribute(one, 'value'))).toEqual(['ministry', 'customs', 'police'])
      const asked = send(builderOn(home), {
        topic: ['eu', 'drugs'],
        publisher: ['customs', 'police'],
        kind: ['speech'],
        without: ['asylum'],
      })
      const response = await fetch(asked)
      const expression = ['drugs', 'eu']
        .flatMap((topic) =>
          ['customs', 'police'].map((one) => `${topic}+-asylum+by:${one}+kind:speech`),
        )
        .join()
      expect(response.headers.get('content-location')).toBe(`${baseUrl}/topics/${expression}`)
      const page = readPage(await response.text())
      const ticked = page.all('input').filter((one) => attribute(one, 'checked') !== undefined)
      expect(ticked.map((one) => attribute(one, 'value'))).toEqual(
        'any drugs eu asylum customs police speech'.split(' '),
      )
      expect(textOf(page.one('main'))).not.toContain('cannot show')
      expect(page.link('These topics as a feed each')).toBe(
        `${baseUrl}/feeds.opml?topics=drugs,eu,by:customs,by:police,kind:speech`,
      )
      const again = await fetch(send(builderOn(page), { topic: [], without: [], kind: [] }))
      expect(again.headers.get('content-location')).toBe(`${baseUrl}/topics/by:customs,by:police`)
      for (const path of [
        '/topics/-by:customs',
        '/topics/eu,kind:speech',
        '/topics/eu,eu+by:police',
      ]) {
        expect(textOf((await open(fetch, path)).one('main')), path).toContain('cannot show')
      }
    })

    test('pages and lists name publishers and kinds with what they have', async () => {
      const home = await open(fetch, '/')
      expect(home.link('Customs')).toBe(`${baseUrl}/topics/by:customs`)
      expect(home.link('speeches')).toBe(`${baseUrl}/topics/kind:speech`)
      const page = await open(fetch, '/releases/eu')
      expect(page.link('Customs')).toBe(`${baseUrl}/topics/by:customs`)
      const list = (await (await fetch('/topics.json')).json()) as Record<string, unknown[]>
      expect(list.publishers).toMatchObject([
        { slug: 'ministry', label: 'The Ministry', releases: 1 },
        {
          slug: 'customs',
          term: 'by:customs',
          labels: { en: 'Customs', fi: 'Tulli' },
          releases: 3,
          newest: '2024-01-20T07:00:00Z',
          page: `${baseUrl}/topics/by:customs`,
          feeds: { atom: `${baseUrl}/topics/by:customs.atom` },
        },
        { slug: 'police', releases: 1 },
        { slug: 'coast-guard', retired: { replacedBy: ['by:police'] } },
      ])
      expect(list.kinds).toMatchObject([
        { slug: 'press-release', label: 'press releases', releases: 2 },
        { slug: 'statement', releases: 1 },
        { slug: 'speech', releases: 3, feeds: { rss: `${baseUrl}/topics/kind:speech.rss` } },
        { slug: 'advisory', releases: 0 },
      ])
      const opml = await (await fetch('/feeds.opml')).text()
      expect(opml).toContain(`xmlUrl="${baseUrl}/topics/by:customs.atom"`)
      expect(opml).toContain(`xmlUrl="${baseUrl}/topics/kind:speech.atom"`)
      expect(opml).not.toContain('coast-guard')
      const some = await (await fetch('/feeds.opml?topics=kind:speech,eu,by:customs')).text()
      expect(Array.from(some.matchAll(/xmlUrl="([^"]*)/g), ([, address]) => address)).toEqual(
        ['eu', 'by:customs', 'kind:speech'].map((term) => `${baseUrl}/topics/${term}.atom`),
      )
      const sitemap = await (await fetch('/sitemap-topics-1.xml')).text()
      expect(sitemap).toContain(`<loc>${baseUrl}/fi/topics/by:customs</loc>`)
      expect(sitemap).toContain(`<loc>${baseUrl}/topics/kind:speech</loc>`)
      expect(sitemap).not.toContain('kind:advisory')
    })
  },
)

describe('an office with one publisher and one kind', () => {
  onNode(
    'is offered neither',
    () =>
      writeFolder({
        'site.yaml': siteYaml.replace(/ {2}customs:.*\n/, ''),
        'releases/one.en.md': release('One', 20, 'topics: [eu]'),
      }),
    (fetch) => {
      test('by its pages and lists', async () => {
        const home = await open(fetch, '/')
        expect(home.all('input').some((one) => attribute(one, 'name') === 'publisher')).toBe(false)
        expect(home.elements.filter((one) => attribute(one, 'id') === 'kinds')).toEqual([])
        const page = await open(fetch, '/releases/one')
        expect(page.ofClass('tags').map(textOf)).toEqual(['EU'])
        for (const path of ['/feeds.opml', '/sitemap-topics-1.xml']) {
          expect(await (await fetch(path)).text()).not.toMatch(/by:|kind:/)
        }
      })
    },
  )
})

onNode(
  'a publisher with more than a head holds',
  () =>
    writeFolder({
      'releases/all.jsonl': Array.from({ length: 120 }, (_, number) =>
        JSON.stringify({
          slug: `release-${number}`,
          language: 'en',
          title: `Release ${number}`,
          published: new Date(Date.UTC(2020, 0, 1 + 2 * number)).toISOString(),
          publisher: number % 2 === 0 ? 'customs' : 'ministry',
          kind: number % 3 === 0 ? 'speech' : 'statement',
          body: { html: '<p>Text</p>' },
        }),
      ).join('\n'),
    }),
  (fetch) => {
    test('has archives that hold each of its releases once, by every spelling of their addresses', async () => {
      const visited = await walk(fetch, '/publishers/customs.atom')
      expect(visited.length).toBeGreaterThan(1)
      const titles = new Set(visited.flatMap((one) => [...one.titles.values()]))
      expect([...titles].toSorted()).toEqual(
        Array.from({ length: 60 }, (_, number) => `Release ${2 * number}`).toSorted(),
      )
      const { address } = visited.at(-1)!
      expect(address).toMatch(/^\/topics\/by:customs\/archive\//)
      const archive = await fetch(address)
      for (const spelling of [
        address.replace('/topics/by:', '/publishers/'),
        address.replace('/topics/by:customs', '/feed') + '?publisher=tulli',
      ]) {
        const other = await fetch(spelling)
        expect(other.headers.get('content-location')).toBe(baseUrl + address)
        expect(await other.text()).toBe(await archive.clone().text())
      }
      const page = await open(fetch, '/publishers/customs')
      expect(page.link('February')).toBe(`${baseUrl}/topics/by:customs?month=2020-02`)
      const month = await open(fetch, '/kinds/speech?month=2020-02&publisher=customs')
      expect(textOf(month.one('h1'))).toBe('Speeches by Customs, February 2020')
    })
  },
)

onNodePress(
  'what changes hands',
  {
    'releases/one.en.md': release('One', 20, 'topics: [eu]'),
    'releases/two.en.md': release('Two', 19),
  },
  ({ fetch, takeUp, directory, clock }) => {
    const feeds = {
      ministry: '/publishers/ministry.json',
      customs: '/publishers/customs.json',
      releases: '/kinds/press-release.json',
      speeches: '/kinds/speech.json',
      both: '/topics/by:customs+kind:speech.json',
      others: '/topics/eu+-by:customs.json',
    }
    type Name = keyof typeof feeds

    async function readFeeds() {
      const all = Object.entries(feeds).map(async ([name, path]) => {
        const response = await fetch(path)
        const { headers } = response
        const [etag, since] = [headers.get('etag')!, headers.get('last-modified')!]
        return [name, { etag, since, text: await response.text() }] as const
      })
      return Object.fromEntries(await Promise.all(all)) as Record<
        Name,
        { etag: string; since: string; text: string }
      >
    }

    test('whatever a release is found under, each change shows in the feeds that it comes to and goes from (H-05, H-10)', async () => {
      const write = (title: string, ...fields: string[]) =>
        writeFiles(directory(), { 'releases/x.en.md': release(title, 21, ...fields) })
      const speech = 'kind: speech'
      const changes: [() => void, Name[]][] = [
        [() => write('X', ofCustoms), ['customs', 'releases']],
        [() => write('X', ofCustoms, speech), ['customs', 'releases', 'speeches', 'both']],
        [() => write('Y', ofCustoms, speech), ['customs', 'speeches', 'both']],
        [() => write('Y', speech), ['ministry', 'customs', 'speeches', 'both']],
        [() => write('Y', speech, 'topics: [eu]'), ['ministry', 'speeches', 'others']],
        [
          () => write('Y', ofCustoms, speech, 'topics: [eu]'),
          ['ministry', 'customs', 'speeches', 'both', 'others'],
        ],
        [() => rmSync(join(directory(), 'releases/x.en.md')), ['customs', 'speeches', 'both']],
      ]
      for (const [index, [change, altered]] of changes.entries()) {
        const before = await readFeeds()
        await clock.passed(clock.now())
        change()
        await takeUp()
        const after = await readFeeds()
        for (const name of Object.keys(feeds) as Name[]) {
          const what = `${name} after change ${index}`
          const [old, now] = [before[name], after[name]]
          if (!altered.includes(name)) {
            expect(now.text, what).toBe(old.text)
            continue
          }
          expect(now.text, what).not.toBe(old.text)
          expect(now.etag, what).not.toBe(old.etag)
          expect(Date.parse(now.since), what).toBeGreaterThan(Date.parse(old.since))
          const asked = await fetch(feeds[name], { headers: { 'If-Modified-Since': old.since } })
          expect(asked.status, what).toBe(200)
        }
      }
    })

    test('another publisher or kind is news where it comes to', async () => {
      const to = '/topics/by:customs+kind:statement.json'
      expect(await titlesIn(fetch, to)).toEqual([])
      writeFiles(directory(), {
        'releases/one.en.md': release('One', 20, 'topics: [eu]', ofCustoms, 'kind: statement'),
      })
      await takeUp()
      expect(await titlesIn(fetch, to)).toEqual(['One'])
      const { items } = (await (await fetch(to)).json()) as { items: Record<string, string>[] }
      expect(items[0]!.date_modified! > items[0]!.date_published!).toBe(true)
      expect(await titlesIn(fetch, feeds.ministry)).toEqual(['Two'])
    })

    test('what came through the API follows its publisher when that is renamed', async () => {
      const sendAs = (who: string, body: object) =>
        fetch('/api/releases/sent/en', {
          method: 'PUT',
          headers: {
            Authorization: `Bearer a-secret-of-${who}`,
            'Content-Type': 'application/json',
          },
          body: JSON.stringify(body),
        })
      const written = { title: 'Sent', publisher: 'police', body: { html: '<p>Text</p>' } }
      writeFiles(directory(), { 'site.yaml': `${siteYaml}  police: { name: { en: Police } }\n` })
      await takeUp()
      expect((await sendAs('the-police', written)).status).toBe(201)
      const { items } = (await (await fetch('/publishers/police.json')).json()) as {
        items: { date_modified: string }[]
      }
      writeFiles(directory(), {
        'site.yaml': `${siteYaml}  constabulary: { name: { en: Constables } }\n  police: { renamed: constabulary }\n`,
      })
      await takeUp()
      expect((await fetch('/publishers/police.json')).status).toBe(308)
      expect(await titlesIn(fetch, '/publishers/constabulary.json')).toEqual(['Sent'])
      const after = (await (await fetch('/publishers/constabulary.json')).json()) as {
        items: { date_modified: string; authors: { name: string }[] }[]
      }
      expect(after.items[0]?.date_modified).toBe(items[0]?.date_modified)
      expect(after.items[0]?.authors).toMatchObject([{ name: 'Constables' }])
      const list = (await (await fetch('/topics.json')).json()) as {
        publishers: { slug: string; releases: number }[]
      }
      expect(list.publishers.at(-1)).toMatchObject({ slug: 'constabulary', releases: 1 })

      // Where it is merged with another, the token of that one is for its releases as well, and no other.
      writeFiles(directory(), { 'site.yaml': `${siteYaml}  police: { renamed: customs }\n` })
      await takeUp()
      expect(await titlesIn(fetch, '/publishers/customs.json?q=sent')).toEqual(['Sent'])
      // To send it as it is read changes nothing, and what is read names a publisher that there is.
      const read = (await (
        await fetch('/api/releases/sent/en', {
          headers: { Authorization: 'Bearer a-secret-of-customs' },
        })
      ).json()) as { publisher: string }
      expect(read.publisher).toBe('customs')
      expect(await (await sendAs('customs', read)).json()).toMatchObject({ change: 'unchanged' })
      const again = { ...written, publisher: 'customs', title: 'Sent again' }
      expect((await sendAs('the-police', again)).status).toBe(403)
      expect((await sendAs('customs', again)).status).toBe(200)
      expect(await titlesIn(fetch, '/publishers/customs.json?q=sent')).toEqual(['Sent again'])
    })

    test('an author is told of feeds that hold the release, whatever became of its terms', async () => {
      const headers = {
        Authorization: 'Bearer a-secret-of-the-newsroom',
        'Content-Type': 'application/json',
      }
      const topics = ['space-travel', 'drugs', 'asylum']
      const body = { title: 'Told', publisher: 'police', topics, body: { html: '<p>Text</p>' } }
      const police = '  police: { name: { en: Police } }\n'
      writeFiles(directory(), { 'site.yaml': siteYaml + police })
      await takeUp()
      const sent = JSON.stringify(body)
      await fetch('/api/releases/told/en', { method: 'PUT', headers, body: sent })
      const ended = 'retired: { at: 2024-02-01, until: 2024-03-01 }'
      const changed = {
        'topics.yaml': topicsYaml
          .replace('  label: { en: space travel }', `  label: { en: space travel }\n  ${ended}`)
          .replace(/asylum:\n.*\n.*\n/, 'asylum: { renamed: immigration }\n'),
        // One publisher has ended, and then it is simply gone.
        'site.yaml': `${siteYaml}  police: { name: { en: Police }, ${ended} }\n`,
      }
      for (const files of [changed, { 'site.yaml': siteYaml }]) {
        writeFiles(directory(), files)
        await takeUp()
        const answer = await fetch('/api/releases/told/en', { headers })
        const read = (await answer.json()) as { status: { feeds: { json: string }[] } }
        const paths = read.status.feeds.map(({ json }) => json.slice(baseUrl.length))
        for (const path of paths) expect(await titlesIn(fetch, path), path).toContain('Told')
        expect(paths).toContain('/topics/migration.json')
        expect(paths).toContain('/topics/immigration.json')
        if (files !== changed) continue
        const again = await fetch('/api/releases/told/en', {
          method: 'PUT',
          headers,
          body: JSON.stringify(read),
        })
        expect(await again.json()).toMatchObject({ change: 'unchanged' })
      }
    })
  },
)
