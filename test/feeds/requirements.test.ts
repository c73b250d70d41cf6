// Requirements on the shape of documents, each under its id in ../requirements.md: C content, X XML,
// R RSS, A Atom, J JSON Feed. Characters and markup are in hostile-input.test.ts; archives and
// withdrawals have tests of their own.
import { parseFragment } from 'parse5'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import { keyAt } from '../../src/domain/key.ts'
import { programVersion } from '../../src/domain/output-version.ts'
import { identityInAtom } from '../../src/feeds/atom.ts'
import type { Feed } from '../../src/feeds/feed.ts'
import { formats } from '../../src/feeds/formats.ts'
import { chooseHead } from '../../src/feeds/window.ts'
import {
  childOf,
  childrenOf,
  type JsonFeed,
  parseJson,
  parseXml,
  textOf,
  type XmlElement,
} from './feed-readers.ts'
import {
  aboutTopics,
  baseUrl,
  type Documents,
  everything,
  openPressOffice,
  render,
  writeRelease,
  type Written,
} from './press.ts'

const complete = writeRelease({
  slug: 'complete',
  title: 'Research & <b>development</b>',
  published: '2024-02-09T09:00:02Z',
  topics: ['migration', 'organised-crime'],
  publisher: 'customs',
  kind: 'statement',
  contacts: [{ name: 'Press desk', phone: '+358 1', email: 'press@ministry.example' }],
  attachments: [
    { file: 'agenda.pdf', title: 'Agenda' },
    { file: 'port.jpg', title: 'The port', alt: 'Cranes', credit: 'A. Photographer' },
    { file: 'harbour at night.png', title: 'By night', alt: 'Lights', credit: 'B. Photographer' },
    { file: 'programme.pdf', title: 'Programme' },
  ],
  event: { start: '2024-02-09', place: 'Antwerp' },
  related: [{ url: 'https://example.org/?a=1&b=2', title: 'Elsewhere' }],
  changes: [{ at: '2024-02-10T07:00:00Z', kind: 'correction', note: 'The date was wrong.' }],
  body: {
    html:
      '<div class="h-entry" id="x"><p class="h-feed" style="color: red">One <a href="/about">two</a> ' +
      '<img src="media/port.jpg" alt=""></p><ul><li>three</li></ul></div>' +
      '<p>&lt;redirect&gt; &lt;rss&gt; class="h-entry"</p><blockquote cite="/rules">four</blockquote>',
  },
})
const inFinnish = writeRelease({
  slug: 'complete',
  language: 'fi',
  title: 'Tutkimus',
  published: '2024-02-09T09:00:01Z',
})
const bare: Written = {
  slug: 'bare',
  language: 'en',
  title: 'Almost nothing',
  published: '2024-02-08T09:00:00Z',
  body: { markdown: '' },
}
const plain = writeRelease({ slug: 'plain', published: '2024-02-01T22:00:00Z' })
const written = [complete, inFinnish, bare, plain]

const office = openPressOffice()
let feed: Feed
let documents: Documents
let channel: XmlElement
let atom: XmlElement
let json: JsonFeed

beforeAll(async () => {
  feed = await office.feed(written, { ...everything, language: 'all' })
  documents = render(feed)
  channel = childOf(parseXml(documents.rss), 'channel')
  atom = parseXml(documents.atom)
  json = parseJson(documents.json)
})

afterEach(() => {
  vi.useRealTimers()
})

const items = () => childrenOf(channel, 'item')
const entries = () => childrenOf(atom, 'entry')
const linksOf = (element: XmlElement) =>
  childrenOf(element, 'link').map(({ attributes }) => attributes)
const names = (element: XmlElement) => element.children.map(({ name }) => name)

/** The element, and everything in it. */
function all(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(all)]
}

/** The bytes of the release with this identity, in each format. */
function bytesOf({ rss, atom, json }: Documents, id: string): string[] {
  const inXml = [
    ...(rss.match(/<item>[^]*?<\/item>/g) ?? []),
    ...(atom.match(/<entry [^]*?<\/entry>/g) ?? []),
  ]
  const inJson = parseJson(json).items.filter((item) => item.id === id)
  return [...inXml.filter((part) => part.includes(id)), ...inJson.map((one) => JSON.stringify(one))]
}

function documentsInXml(): string[] {
  return [documents.rss, documents.atom]
}

/** The title of the feed that answers a question, in every format. */
async function titleOf(query: FeedQuery): Promise<string> {
  const { rss, atom, json } = render(await office.feed([], query))
  const title = textOf(childOf(parseXml(rss), 'channel'), 'title')
  expect(textOf(parseXml(atom), 'title')).toBe(title)
  expect(parseJson(json).title).toBe(title)
  return title
}

function extensions(members: object): string[] {
  return Object.keys(members).filter((key) => key.startsWith('_'))
}

describe('content', () => {
  test('C-01 a release has one id in every format, opaque, short and without the host', async () => {
    const ids = items().map((item) => textOf(item, 'guid'))
    expect(entries().map((entry) => textOf(entry, 'id'))).toStrictEqual(ids)
    expect(json.items.map(({ id }) => id)).toStrictEqual(ids)
    for (const id of ids) expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    const filtered = await office.feed([plain], aboutTopics('migration'))
    expect(filtered.entries[0]!.id).toBe(ids.at(-1))
  })

  test('C-01 the id stays when everything but the first slug and the language changes', async () => {
    const { id } = await office.read(plain)
    const moved = {
      ...plain,
      slug: 'moved',
      formerly: ['plain'],
      title: 'New',
      published: '2025-01-01',
    }
    expect((await office.read(moved)).id).toBe(id)
  })

  test('C-01 the ids that readers have stored do not change with our code', async () => {
    expect((await office.read(plain)).id).toBe('urn:uuid:892cc755-9a18-5e20-ac07-0687c4a1c779')
    expect((await office.feed([])).id).toBe('urn:uuid:abcb4eb6-b6b2-5c32-9474-d6acffc9daee')
    expect((await office.feed([], aboutTopics('migration'))).id).toBe(
      'urn:uuid:f9b9347e-37aa-5361-850e-bf48a0edf51e',
    )
  })

  test('C-01 a release that comes from another feed keeps the id that its readers know', async () => {
    const guids = ['https://old.example/?p=4711', '4711 at old.example']
    const moved = guids.map((id, index) => writeRelease({ slug: `moved-${index}`, id }))
    const documents = render(await office.feed(moved))
    const items = childrenOf(childOf(parseXml(documents.rss), 'channel'), 'item')
    expect(items.map((item) => textOf(item, 'guid'))).toStrictEqual(guids)
    expect(parseJson(documents.json).items.map(({ id }) => id)).toStrictEqual(guids)
    // RFC 4287 section 4.2.6 takes addresses alone.
    const entries = childrenOf(parseXml(documents.atom), 'entry')
    expect(entries.map((entry) => textOf(entry, 'id'))).toStrictEqual([
      'https://old.example/?p=4711',
      'urn:x-guid:4711%20at%20old.example',
    ])
    for (const sign of ' <>"{}|\\^`') {
      const id = `https://old.example/${sign}`
      expect(identityInAtom(id)).toBe(`urn:x-guid:${encodeURIComponent(id)}`)
    }
  })

  test('C-01 an id that was written with an escaped ampersand stays the guid that readers have had', async () => {
    const moved = writeRelease({ slug: 'moved', id: 'https://old.example/?p=1&amp;q=2' })
    const { rss } = render(await office.feed([moved]))
    const item = childOf(childOf(parseXml(rss), 'channel'), 'item')
    expect(textOf(item, 'guid')).toBe('https://old.example/?p=1&q=2')
  })

  test('a release that came out later than its text says tells the time on the text', async () => {
    const authored = '2024-01-20T09:00:00Z'
    const release = await office.read(writeRelease({ published: '2024-01-24T09:00:00Z', authored }))
    expect(release).toMatchObject({ published: 1706086800, authored: 1705741200 })
    const { json } = render(await office.feed([writeRelease({ authored })]))
    expect(json).toContain(`"authored":"${authored}"`)
  })

  test('C-02 no id stands twice in a document, not even of language versions', () => {
    const ids = json.items.map(({ id }) => id)
    expect(new Set(ids).size).toBe(written.length)
    const everyId = all(atom).filter(({ local }) => local === 'id')
    expect(new Set(everyId.map(({ text }) => text)).size).toBe(written.length + 1)
  })

  test('C-03 the bytes of a release are the same in every feed of a format', async () => {
    const { id } = await office.read(complete)
    const wholeFeed = bytesOf(documents, id)
    expect(wholeFeed).toHaveLength(3)
    for (const query of [aboutTopics('migration'), aboutTopics('organised-crime'), everything]) {
      expect(bytesOf(render(await office.feed(written, query)), id)).toStrictEqual(wholeFeed)
    }
    const searched = { ...everything, words: ['research'] }
    expect(bytesOf(render(await office.feed([complete, inFinnish], searched)), id)).toStrictEqual(
      wholeFeed,
    )
  })

  test('C-04 releases stand in the order they are given in, which is newest first', () => {
    const links = items().map((item) => textOf(item, 'link'))
    expect(links).toStrictEqual([
      `${baseUrl}/releases/complete`,
      `${baseUrl}/fi/releases/complete`,
      `${baseUrl}/releases/bare`,
      `${baseUrl}/releases/plain`,
    ])
    expect(entries().map((entry) => linksOf(entry)[0]!['href'])).toStrictEqual(links)
    expect(json.items.map(({ url }) => url)).toStrictEqual(links)
  })

  test('C-05 all formats say the same second of publication, whatever the clock says', () => {
    const seconds = [
      '2024-02-09T09:00:02Z',
      '2024-02-09T09:00:01Z',
      '2024-02-08T09:00:00Z',
      '2024-02-01T22:00:00Z',
    ]
    expect(json.items.map((item) => item.date_published)).toStrictEqual(seconds)
    expect(entries().map((entry) => textOf(entry, 'published'))).toStrictEqual(seconds)
    expect(items().map((item) => Date.parse(textOf(item, 'pubDate')))).toStrictEqual(
      seconds.map((second) => Date.parse(second)),
    )
  })

  test('C-05 the same feed gives the same bytes at any time and in any time zone', () => {
    vi.useFakeTimers({ now: Date.UTC(2031, 5, 1) })
    expect(render(feed)).toStrictEqual(documents)
    vi.stubEnv('TZ', 'Pacific/Auckland')
    expect(render(feed)).toStrictEqual(documents)
    vi.unstubAllEnvs()
  })

  test('C-07 a correction moves the time of change and nothing else', () => {
    expect(textOf(entries()[0]!, 'updated')).toBe('2024-02-10T07:00:00Z')
    expect(json.items[0]!.date_modified).toBe('2024-02-10T07:00:00Z')
    expect(textOf(items()[0]!, 'atom:updated')).toBe('2024-02-10T07:00:00Z')
    expect(textOf(entries()[3]!, 'updated')).toBe('2024-02-01T22:00:00Z')
  })

  test('C-09 the full text is in the element for it, the plain summary in the other', () => {
    for (const [index, item] of items().entries()) {
      const html = textOf(item, 'content:encoded')
      expect(textOf(entries()[index]!, 'content')).toBe(html)
      expect(json.items[index]!.content_html).toBe(html)
      expect(parseFragment(html).childNodes.length).toBeGreaterThan(0)
      expect(html).toMatch(/<p>/)
      expect(html).not.toMatch(/<(div|span|section|script|style)|<[^<>]+\s(class|id|style|on\w+)=/)
    }
    expect(json.items[3]!.summary).toBe('The ministers of the interior meet on Wednesday.')
  })

  test.each([
    ['the same words', 'The meeting begins.', '<p>The meeting begins. All come.</p>', false],
    [
      'other marks and capitals',
      'The “Meeting” begins: now',
      '<p>THE MEETING BEGINS, NOW!</p>',
      false,
    ],
    [
      'markup within words',
      'The meeting begins',
      '<h2>The <em>mee</em>ting</h2><p>begins</p>',
      false,
    ],
    ['escaped characters', 'R&D, a < b', '<p>R&amp;D, a&nbsp;&lt; b and more</p>', false],
    ['letters of other scripts', 'Ο ΔΡΌΜΟΣ 𠜎 это', '<p>ο δρόμος 𠜎: Это</p>', false],
    ['a cut end', 'The meeting beg…', '<p>The meeting begins.</p>', false],
    ['the name of a character as a word', 'a lt b', '<p>a &lt; b</p>', true],
    ['the name of a tag as a word', 'em The meeting', '<p><em>The</em> meeting</p>', true],
    ['another word', 'The meeting ends', '<p>The meeting begins.</p>', true],
    ['more words', 'The meeting begins now', '<p>The meeting begins</p>', true],
    ['no words', '…!', '<p>The meeting begins.</p>', true],
  ])(
    'the lead is set in front of a body unless that begins with it: %s',
    async (_, lead, html, isSet) => {
      const { entries } = await office.feed([writeRelease({ lead, body: { html } })])
      expect(entries[0]!.html.startsWith('<p><strong>')).toBe(isSet)
    },
  )

  test('C-10 every address is absolute, in elements and in the full text', () => {
    const attributes = [...all(channel), ...all(atom)].flatMap((element) => {
      const { href, url } = element.attributes
      return [href, url].filter((one) => one !== undefined)
    })
    const inText = json.items.flatMap((item) =>
      [...item.content_html.matchAll(/(?:href|src|cite)="([^"]*)"/g)].map((match) => match[1]!),
    )
    expect(inText).toContain(`${baseUrl}/about`)
    expect(inText).toContain(`${baseUrl}/rules`)
    expect(inText).toContain(`${baseUrl}/media/port.jpg`)
    for (const address of [...attributes, ...inText]) {
      expect(address).toMatch(/^(https:\/\/|mailto:|tel:)/)
      expect(address).not.toContain('tiedote.invalid')
    }
    expect(all(atom).some(({ attributes: { 'xml:base': base } }) => base !== undefined)).toBe(false)
  })

  test('C-11 a title is one line of plain text, the same in every format', () => {
    const titles = items().map((item) => textOf(item, 'title'))
    expect(titles[0]).toBe('Research & <b>development</b>')
    expect(entries().map((entry) => textOf(entry, 'title'))).toStrictEqual(titles)
    expect(json.items.map(({ title }) => title)).toStrictEqual(titles)
  })

  test('C-12 there is one category for each topic, and none twice in other letters', async () => {
    const topics = {
      eu: { label: { en: 'EU' } },
      europe: { label: { en: 'eu' } },
      crime: { label: { en: 'Crime' } },
    }
    const { feed: answer } = openPressOffice({ topics })
    const documents = render(await answer([writeRelease({ topics: ['eu', 'europe', 'crime'] })]))
    expect(parseJson(documents.json).items[0]!.tags).toStrictEqual(['EU', 'Crime'])
    const entry = childOf(parseXml(documents.atom), 'entry')
    const terms = childrenOf(entry, 'category').map(({ attributes }) => attributes['term'])
    expect(terms).toStrictEqual(['eu', 'crime'])
  })

  test('C-12 labels are in the language of the release', () => {
    expect(json.items[1]!.tags).toStrictEqual(['muuttoliike'])
    const [category] = childrenOf(entries()[1]!, 'category')
    expect(category!.attributes).toMatchObject({ term: 'migration', label: 'muuttoliike' })
  })

  test('C-13 a release without topics has its kind for a category', () => {
    expect(json.items[2]!.tags).toStrictEqual(['press release'])
    for (const element of [...items(), ...entries()]) {
      expect(childrenOf(element, 'category').length).toBeGreaterThan(0)
    }
  })

  test('C-14 the language stands on the feed, on each release and on its full text', async () => {
    const languages = ['en', 'fi', 'en', 'en']
    expect(items().map((item) => textOf(item, 'dc:language'))).toStrictEqual(languages)
    expect(entries().map((entry) => entry.attributes['xml:lang'])).toStrictEqual(languages)
    const contents = entries().map((entry) => childOf(entry, 'content').attributes['xml:lang'])
    expect(contents).toStrictEqual(languages)
    expect(json.items.map(({ language }) => language)).toStrictEqual(languages)

    const finnish = render(await office.feed(written, { ...everything, language: 'fi' }))
    expect(textOf(childOf(parseXml(finnish.rss), 'channel'), 'language')).toBe('fi')
    expect(parseXml(finnish.atom).attributes['xml:lang']).toBe('fi')
    expect(parseJson(finnish.json).language).toBe('fi')
  })

  test('C-15 the publisher is the author everywhere, by name and without an address of mail', async () => {
    expect(items().map((item) => textOf(item, 'dc:creator'))).toStrictEqual([
      'Customs',
      'Ministeriö',
      'The Ministry',
      'The Ministry',
    ])
    expect(all(channel).filter(({ name }) => name === 'author')).toStrictEqual([])
    for (const element of [atom, ...entries()]) {
      expect(textOf(childOf(element, 'author'), 'name')).not.toBe('')
    }
    expect(textOf(childOf(entries()[0]!, 'author'), 'name')).toBe('Customs')
    for (const { author, authors } of [json, ...json.items]) expect(authors).toStrictEqual([author])
    expect(json.items[0]!.author).toStrictEqual({ name: 'Customs' })
    const authorOf = async (...publishers: string[]) => {
      const topics = publishers.map((name) => ({ with: [`by:${name}`], without: [] }))
      return (await office.feed([], { ...everything, topics })).author.name
    }
    expect(await authorOf('customs')).toBe('Customs')
    expect(await authorOf('customs', 'ministry')).toBe('The Ministry')
  })

  test('C-16 every release has its own address', () => {
    const links = items().map((item) => textOf(item, 'link'))
    expect(new Set(links).size).toBe(written.length)
  })

  test('C-17 RSS encloses one file, the first image, and lists the others as media', () => {
    const [item] = items()
    const enclosures = childrenOf(item!, 'enclosure').map(({ attributes }) => attributes)
    expect(enclosures).toStrictEqual([
      { url: `${baseUrl}/media/port.jpg`, length: '1234567', type: 'image/jpeg' },
    ])
    const media = childrenOf(item!, 'media:content')
    expect(media.map(({ attributes }) => attributes)).toStrictEqual([
      { url: `${baseUrl}/media/agenda.pdf`, fileSize: '48213', type: 'application/pdf' },
      { url: `${baseUrl}/media/harbour%20at%20night.png`, fileSize: '12345', type: 'image/png' },
      { url: `${baseUrl}/media/programme.pdf`, fileSize: '999', type: 'application/pdf' },
    ])
    expect(media[1]!.children.map(({ name, text }) => [name, text])).toStrictEqual([
      ['media:title', 'By night'],
      ['media:description', 'Lights'],
      ['media:credit', 'B. Photographer'],
    ])
  })

  test('C-17 Atom and JSON Feed list every file with its type and its length in bytes', () => {
    const expected = [
      ['agenda.pdf', 'application/pdf', 48213, 'Agenda'],
      ['port.jpg', 'image/jpeg', 1234567, 'The port'],
      ['harbour%20at%20night.png', 'image/png', 12345, 'By night'],
      ['programme.pdf', 'application/pdf', 999, 'Programme'],
    ].map(([file, type, size, title]) => [`${baseUrl}/media/${file}`, type, size, title])
    const enclosures = linksOf(entries()[0]!).filter(({ rel }) => rel === 'enclosure')
    expect(
      enclosures.map(({ href, type, length, title }) => [href, type, Number(length), title]),
    ).toStrictEqual(expected)
    expect(
      json.items[0]!.attachments!.map((one) => [
        one.url,
        one.mime_type,
        one.size_in_bytes,
        one.title,
      ]),
    ).toStrictEqual(expected)
    expect(json.items[0]!.image).toBe(`${baseUrl}/media/port.jpg`)
  })

  test('C-18 language versions are releases of their own that name each other', () => {
    const [english, finnish] = json.items
    expect(english!.id).not.toBe(finnish!.id)
    expect(english!['_tiedote'].translations).toStrictEqual([
      { language: 'fi', url: `${baseUrl}/fi/releases/complete`, title: 'Tutkimus' },
    ])
    const [link] = childrenOf(items()[1]!, 'atom:link').map(({ attributes }) => attributes)
    expect(link).toMatchObject({ hreflang: 'en', href: `${baseUrl}/releases/complete` })
    const versions = linksOf(entries()[1]!).filter(({ hreflang }) => hreflang === 'en')
    expect(versions.map(({ href }) => href)).toStrictEqual([`${baseUrl}/releases/complete`])
  })

  test('C-19 the title of a feed names what it is about, in its language', async () => {
    expect(await titleOf(everything)).toBe('Ministry: releases')
    expect(await titleOf(aboutTopics('migration'))).toBe('Migration – Ministry: releases')
    expect(
      await titleOf({
        language: 'fi',
        topics: [
          { with: ['migration'], without: ['asylum'] },
          { with: ['organised-crime'], without: [] },
        ],
        words: ['eu'],
      }),
    ).toBe(
      '(Muuttoliike ilman aihetta turvapaikka) tai järjestäytynyt rikollisuus, sisältää ”eu” – Ministeriö: tiedotteet',
    )
    expect(await titleOf({ ...everything, language: 'all' })).toBe(
      'All languages – Ministry: releases',
    )
  })

  test('U-01, U-04, U-09 every question has its own id, and a self link to itself in each format', async () => {
    const queries = [
      everything,
      { ...everything, language: 'fi' },
      { ...everything, language: 'all' },
      { ...everything, words: ['eu'] },
      aboutTopics('migration'),
      aboutTopics('migration', 'organised-crime'),
    ]
    const ids = new Set<string>()
    const selves = new Set<string>()
    for (const query of queries) {
      const { rss, atom, json } = render(await office.feed([plain], query))
      const feedXml = parseXml(atom)
      ids.add(textOf(feedXml, 'id'))
      const ofRss = childOf(childOf(parseXml(rss), 'channel'), 'atom:link').attributes
      const ofAtom = linksOf(feedXml).find(({ rel }) => rel === 'self')!
      const { feed_url: ofJson } = parseJson(json)
      expect(ofRss).toMatchObject({ rel: 'self', type: 'application/rss+xml' })
      expect(ofAtom).toMatchObject({ type: 'application/atom+xml' })
      expect(new URL(ofRss['href']!).pathname).toMatch(/\.rss$/)
      expect(new URL(ofAtom['href']!).pathname).toMatch(/\.atom$/)
      expect(new URL(ofJson).pathname).toMatch(/\.json$/)
      for (const address of [ofRss['href']!, ofAtom['href']!, ofJson]) selves.add(address)
    }
    expect(ids.size).toBe(queries.length)
    expect(selves.size).toBe(3 * queries.length)
    for (const address of selves) expect(address).not.toMatch(/[&'"<>; ]/)
  })
})

describe('XML', () => {
  test('X-01 documents begin with the declaration, without a byte order mark', () => {
    for (const document of documentsInXml()) {
      expect(document.startsWith('<?xml version="1.0" encoding="utf-8"?>\n<')).toBe(true)
      expect(document.slice(0, 512)).toMatch(/<(rss|feed) [^>]*>/)
    }
  })

  test('X-03, X-04 there is no document type, no CDATA and no entity that XML does not know', () => {
    for (const document of documentsInXml()) {
      expect(document).not.toMatch(/<!/)
      expect(document.replace(/&(amp|lt|gt|quot|#x26|#x3C);/g, '')).not.toContain('&')
    }
  })

  test('X-05 Atom is in the default namespace and has no prefixes', () => {
    for (const { name, uri } of all(atom)) {
      expect(name).not.toContain(':')
      expect(uri).toBe('http://www.w3.org/2005/Atom')
    }
    expect(documents.atom).toContain('\n<feed xmlns="http://www.w3.org/2005/Atom"')
  })

  test('X-05 RSS has the prefixes that programs look for by their letters', () => {
    const namespaces: Record<string, string> = {
      'atom:': 'http://www.w3.org/2005/Atom',
      'content:': 'http://purl.org/rss/1.0/modules/content/',
      'dc:': 'http://purl.org/dc/elements/1.1/',
      'media:': 'http://search.yahoo.com/mrss/',
      '': '',
    }
    for (const { name, local, uri } of all(channel)) {
      expect({ name, uri }).toStrictEqual({ name, uri: namespaces[name.replace(local, '')] })
    }
  })

  test('X-06 the first element of a core name is the core element', () => {
    const core = ['title', 'link', 'description', 'pubDate', 'category', 'guid', 'author', 'image']
    for (const element of [channel, ...items()]) {
      for (const local of core) {
        const first = element.children.flatMap(all).find((one) => one.local === local)
        if (first) expect(first.uri).toBe('')
      }
    }
    const extensions = names(channel).findIndex((name) => name.includes(':'))
    const lastCore = names(channel).findLastIndex((name) => !/:|^item$/.test(name))
    expect(extensions).toBeGreaterThan(lastCore)
    expect(names(channel).indexOf('item')).toBeGreaterThan(extensions)
  })

  test('X-07 no element has a name that moves a subscription', () => {
    for (const { local, uri } of [...all(channel), ...all(atom)]) {
      expect(['redirect', 'newLocation', 'new-feed-url']).not.toContain(local)
      expect(uri).not.toContain('itunes')
    }
    expect(documents.rss + documents.atom).not.toContain('itunes')
  })

  test('X-08 ids, links and dates have no space around them', () => {
    const exact =
      /^(id|guid|link|url|uri|icon|logo|pubDate|lastBuildDate|updated|published|language|ttl)$/
    const found = [...all(channel), ...all(atom)].filter(({ local }) => exact.test(local))
    expect(found.length).toBeGreaterThan(40)
    for (const { text } of found) expect(text).toBe(text.trim())
  })

  test('X-10 microformats are nowhere to be seen, except as text', () => {
    for (const document of documentsInXml()) {
      expect(document).not.toMatch(/<[^<>]+\sclass=/)
      expect(document).toContain('h-entry')
    }
  })
})

describe('RSS', () => {
  test('R-01 the channel says all that readers show of a feed', () => {
    expect(names(channel).slice(0, 3)).toStrictEqual(['title', 'link', 'description'])
    expect(textOf(channel, 'title')).toBe('All languages – Ministry: releases')
    expect(textOf(channel, 'link')).toBe(`${baseUrl}/all/`)
    expect(textOf(channel, 'description')).toBe('What the ministry publishes')
    expect(textOf(channel, 'language')).toBe('en')
    expect(textOf(channel, 'lastBuildDate')).toBe('Sat, 10 Feb 2024 07:00:00 GMT')
    expect(textOf(channel, 'generator')).toBe(`Tiedote ${programVersion}`)
    const image = childOf(channel, 'image')
    expect(textOf(image, 'url')).toBe(`${baseUrl}/media/logo.png`)
    expect(textOf(image, 'title')).toBe(textOf(channel, 'title'))
    expect(textOf(image, 'link')).toBe(textOf(channel, 'link'))
    const [self, ...others] = childrenOf(channel, 'atom:link')
    expect(self!.attributes).toStrictEqual({
      rel: 'self',
      type: 'application/rss+xml',
      href: `${baseUrl}/all/feed.rss`,
    })
    // Sister feeds, by a relation that no reader takes for the channel's own link.
    expect(others.map(({ attributes }) => attributes)).toStrictEqual(
      ['/feed.rss', '/fi/feed.rss', '/sv/feed.rss'].map((path, index) => ({
        rel: 'https://schema.org/workTranslation',
        hreflang: ['en', 'fi', 'sv'][index],
        type: 'application/rss+xml',
        href: `${baseUrl}${path}`,
      })),
    )
  })

  test('R-01 the channel has the topics that were asked for as categories', async () => {
    const answer = await office.feed([], aboutTopics('migration', 'organised-crime'))
    const { rss } = render(answer)
    const categories = childrenOf(childOf(parseXml(rss), 'channel'), 'category')
    expect(categories.map(({ text }) => text)).toStrictEqual(['migration', 'organised crime'])
  })

  test('R-02 the elements of an item stand in the order that readers need', () => {
    const order = [...new Set(names(items()[0]!))].filter((name) => name !== 'enclosure')
    expect(order).toStrictEqual([
      'title',
      'link',
      'guid',
      'pubDate',
      'description',
      'content:encoded',
      'category',
      'dc:creator',
      'dc:language',
      'atom:updated',
      'atom:link',
      'media:content',
    ])
    for (const item of items()) {
      const repeated = names(item).filter((name, index, list) => list.indexOf(name) !== index)
      for (const name of repeated) {
        expect(['category', 'atom:link', 'media:content']).toContain(name)
      }
    }
  })

  test('R-03 the guid is no permalink, and nothing contradicts it', () => {
    for (const item of items()) {
      expect(childOf(item, 'guid').attributes).toStrictEqual({ isPermaLink: 'false' })
      expect(names(item)).not.toContain('atom:id')
      expect(names(item)).not.toContain('dc:identifier')
    }
  })

  test('R-04 dates are written as the oldest readers expect them', () => {
    expect(items().map((item) => textOf(item, 'pubDate'))).toStrictEqual([
      'Fri, 09 Feb 2024 09:00:02 GMT',
      'Fri, 09 Feb 2024 09:00:01 GMT',
      'Thu, 08 Feb 2024 09:00:00 GMT',
      'Thu, 01 Feb 2024 22:00:00 GMT',
    ])
  })

  test('R-05 there is no dc:date', () => {
    expect(documents.rss).not.toContain('dc:date')
  })

  test('R-06 no item has a link of Atom that readers take for its own', () => {
    const rels = items().flatMap((item) =>
      childrenOf(item, 'atom:link').map(({ attributes }) => attributes['rel']),
    )
    expect(rels).toStrictEqual(Array(2).fill('https://schema.org/workTranslation'))
  })

  test('R-07 readers may ask again after whole minutes, and at any hour', () => {
    expect(textOf(channel, 'ttl')).toMatch(/^[1-9][0-9]?$/)
    expect(documents.rss).not.toMatch(/<skipHours|<skipDays|<sy:/)
  })

  test('R-08 every item has a title, a description and a full text', () => {
    for (const item of items()) {
      for (const name of ['title', 'description', 'content:encoded']) {
        expect(textOf(item, name)).not.toBe('')
      }
    }
    expect(textOf(items()[2]!, 'description')).toBe('Almost nothing')
  })

  test('R-09 titles have ampersands and brackets as numbers', () => {
    expect(documents.rss).toContain(
      '<title>Research &#x26; &#x3C;b&gt;development&#x3C;/b&gt;</title>',
    )
  })

  test('R-11 categories are text alone', () => {
    const categories = items().flatMap((item) => childrenOf(item, 'category'))
    expect(categories).toHaveLength(5)
    for (const { attributes } of categories) expect(attributes).toStrictEqual({})
  })
})

describe('Atom', () => {
  test('A-01 the feed and its entries have all that RFC 4287 asks for', () => {
    for (const name of ['id', 'title', 'updated', 'author', 'link']) {
      expect(names(atom)).toContain(name)
      for (const entry of entries()) expect(names(entry)).toContain(name)
    }
    for (const entry of entries()) {
      for (const name of ['id', 'title', 'updated', 'published', 'author', 'summary', 'content']) {
        expect(childrenOf(entry, name)).toHaveLength(1)
        expect(
          all(childOf(entry, name))
            .map(({ text }) => text)
            .join(''),
        ).not.toBe('')
      }
    }
    expect(textOf(atom, 'updated')).toBe('2024-02-10T07:00:00Z')
  })

  test('A-01 a feed without releases is complete too', async () => {
    const empty = parseXml(render(await office.feed([])).atom)
    for (const name of ['id', 'title', 'updated', 'author']) expect(names(empty)).toContain(name)
    expect(textOf(empty, 'updated')).toBe('2001-01-01T00:00:00Z')
  })

  test('A-02 the first link of the feed is its page, the second the feed itself', () => {
    const [page, self, ...sisters] = linksOf(atom)
    expect(page).toStrictEqual({ rel: 'alternate', type: 'text/html', href: `${baseUrl}/all/` })
    const type = 'application/atom+xml'
    expect(self).toStrictEqual({ rel: 'self', type, href: `${baseUrl}/all/feed.atom` })
    expect(sisters).toStrictEqual(
      ['/feed.atom', '/fi/feed.atom', '/sv/feed.atom'].map((path, index) => ({
        rel: 'alternate',
        type,
        hreflang: ['en', 'fi', 'sv'][index],
        href: `${baseUrl}${path}`,
      })),
    )
  })

  test('A-03 the first link of an entry is its own page, and so is the last alternate one', () => {
    for (const [index, entry] of entries().entries()) {
      const links = linksOf(entry)
      const own = json.items[index]!.url
      expect(links[0]).toStrictEqual({ rel: 'alternate', type: 'text/html', href: own })
      expect(links.findLast(({ rel }) => rel === 'alternate')!['href']).toBe(own)
    }
  })

  test('A-03 no two alternate links have the same type and language (RFC 4287 4.1.2)', () => {
    for (const entry of entries()) {
      const kinds = linksOf(entry)
        .filter(({ rel }) => rel === 'alternate')
        .map(({ type, hreflang }) => `${type} ${hreflang}`)
      expect(new Set(kinds).size).toBe(kinds.length)
    }
  })

  test('A-04 no entry has a related link, which readers would open instead of it', () => {
    expect(documents.atom).not.toContain('rel="related"')
  })

  test('A-05 the full text is escaped HTML', () => {
    for (const entry of entries()) {
      const content = childOf(entry, 'content')
      expect(content.attributes['type']).toBe('html')
      expect(content.attributes).not.toHaveProperty('src')
      expect(content.children).toStrictEqual([])
    }
  })

  test('A-06 titles and summaries are plain text', () => {
    for (const element of [atom, ...entries()].flatMap(({ children }) => children)) {
      if (!['title', 'subtitle', 'summary', 'rights'].includes(element.name)) continue
      expect(['text', undefined]).toContain(element.attributes['type'])
    }
  })

  test('A-07 times are in UTC, to the second', () => {
    const times = all(atom).filter(({ name }) => name === 'updated' || name === 'published')
    expect(times).toHaveLength(1 + 2 * written.length)
    for (const { text } of times) expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('A-08 every topic has a term, a scheme and a label', () => {
    const categories = childrenOf(entries()[0]!, 'category').map(({ attributes }) => attributes)
    const scheme = `${baseUrl}/topics`
    expect(categories).toStrictEqual([
      { term: 'migration', scheme, label: 'migration' },
      { term: 'organised-crime', scheme, label: 'organised crime' },
    ])
  })

  test('A-09 releases are our own, so none names another source', () => {
    expect(all(atom).map(({ name }) => name)).not.toContain('source')
  })

  test('A-10 the feed has an icon, rights and a generator with the version of the program', () => {
    expect(textOf(atom, 'icon')).toBe(`${baseUrl}/media/logo.png`)
    expect(textOf(atom, 'logo')).toBe(`${baseUrl}/media/logo.png`)
    expect(textOf(atom, 'rights')).toBe('© The Ministry')
    const generator = childOf(atom, 'generator')
    expect(generator.text).toBe('Tiedote')
    expect(generator.attributes).toStrictEqual({ version: programVersion })
    expect(parseJson(documents.json)).toMatchObject({
      _tiedote: { generator: `Tiedote ${programVersion}` },
    })
  })

  test('A-10 a site without logo and rights has no empty elements', async () => {
    const { feed: answer } = openPressOffice({ site: { logo: undefined, rights: undefined } })
    const { rss, atom: document, json: jsonDocument } = render(await answer([plain]))
    const bareNames = names(parseXml(document))
    for (const name of ['icon', 'logo', 'rights']) expect(bareNames).not.toContain(name)
    const channelNames = names(childOf(parseXml(rss), 'channel'))
    for (const name of ['image', 'copyright']) expect(channelNames).not.toContain(name)
    expect(parseJson(jsonDocument)).not.toHaveProperty('icon')
    expect(rss + document + jsonDocument).not.toMatch(/undefined|null|NaN|Invalid/)
  })
})

describe('JSON Feed', () => {
  test('J-01 the version comes first, and everything a feed needs is there', () => {
    expect(documents.json.startsWith('{"version":"https://jsonfeed.org/version/1.1",')).toBe(true)
    expect(json).toMatchObject({
      title: 'All languages – Ministry: releases',
      home_page_url: `${baseUrl}/all/`,
      feed_url: `${baseUrl}/all/feed.json`,
      language: 'en',
      icon: `${baseUrl}/media/logo.png`,
      favicon: `${baseUrl}/media/logo.png`,
    })
  })

  test('J-01 a feed without releases has an empty list of items', async () => {
    const empty = parseJson(render(await office.feed([])).json)
    expect(empty.items).toStrictEqual([])
  })

  test('J-02 every item has everything that some reader insists on', () => {
    for (const item of json.items) {
      for (const name of ['id', 'url', 'title', 'summary', 'content_html', 'language'] as const) {
        expect(typeof item[name]).toBe('string')
        expect(item[name]).not.toBe('')
      }
      for (const name of ['date_published', 'date_modified'] as const) {
        expect(item[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      }
      expect(item.tags.length).toBeGreaterThan(0)
      expect(item).not.toHaveProperty('content_text')
    }
  })

  test('J-03 nothing is null', () => {
    JSON.parse(documents.json, (key: string, value: unknown) => {
      if (value === null) expect.fail(`${key} is null`)
      return value
    })
  })

  test('J-04 no item says that it is about another page', () => {
    expect(documents.json).not.toContain('"external_url"')
  })

  test('J-09 what JSON Feed has no member for is in one extension that says where to read of it', () => {
    expect(extensions(json)).toStrictEqual(['_tiedote'])
    expect(json['_tiedote']).toMatchObject({
      about: `${baseUrl}/developers#json-feed`,
      updated: '2024-02-10T07:00:00Z',
    })
    for (const item of json.items) expect(extensions(item)).toStrictEqual(['_tiedote'])
    expect(json.items[0]!['_tiedote']).toMatchObject({
      status: 'corrected',
      kind: 'statement',
      authored: '2024-02-09T09:00:02Z',
      topics: [
        { term: 'migration', label: 'migration' },
        { term: 'organised-crime', label: 'organised crime' },
      ],
      contacts: [{ name: 'Press desk', phone: '+358 1', email: 'press@ministry.example' }],
      event: { start: '2024-02-09', place: 'Antwerp' },
      related: [{ url: 'https://example.org/?a=1&b=2', title: 'Elsewhere' }],
      changes: [{ at: '2024-02-10T07:00:00Z', kind: 'correction', note: 'The date was wrong.' }],
      images: [
        { title: 'The port', alt: 'Cranes', credit: 'A. Photographer' },
        { title: 'By night', alt: 'Lights', credit: 'B. Photographer' },
      ],
    })
  })
})

test('H-25 every format has the media type that readers expect', () => {
  expect(formats.rss.contentType).toBe('application/rss+xml; charset=utf-8')
  expect(formats.atom.contentType).toBe('application/atom+xml; charset=utf-8')
  expect(formats.json.contentType).toBe('application/feed+json')
})

test('C-08 a head has no more entries than readers take of one document, and the next one is archived', () => {
  const second = Date.UTC(2026, 2, 2) / 1000
  const places = Array.from({ length: 301 }, (_, age) => {
    const key = keyAt(second - age)
    return { key, updatedKey: key, weight: 1 }
  })
  const head = chooseHead([places.slice(0, 50), places, []])
  expect(head.places).toStrictEqual(places.slice(0, 300))
  expect(head.next).toBe(places[300])
})
