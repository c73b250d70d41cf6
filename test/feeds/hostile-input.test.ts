// Whatever stands in whichever field, every program reads the same in every format, and nothing
// else in the document changes. Requirements C-09, C-10, C-11, X-02, X-04 and S-01.
import {
  defaultTreeAdapter as tree,
  type DefaultTreeAdapterTypes,
  parseFragment,
  serialize,
} from 'parse5'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { paragraph } from '../../src/domain/site.ts'
import { cleanLine, cleanText, escapeMarkup } from '../../src/domain/text.ts'
import type { Feed } from '../../src/feeds/feed.ts'
import { formats } from '../../src/feeds/formats.ts'
import { amount } from '../trials.ts'
import {
  checkWithXmllint,
  compare,
  hasXmllint,
  parseJson,
  parseXml,
  type ReadEntry,
  type ReadFeed,
  readerPrograms,
  sorted,
  textOf,
  textOfHtml,
  childOf,
  childrenOf,
} from './feed-readers.ts'
import { attacks, awkwardNesting, hostileTexts } from './hostile-text.ts'
import {
  baseUrl,
  type Documents,
  mediaFiles,
  openPressOffice,
  render,
  siteWritten,
  topicsWritten,
  writeRelease,
  type Written,
} from './press.ts'

/** A field that takes hostile text, and where its text must be found again. */
type Field = {
  name: string
  /** What the author writes. `index` numbers the text. */
  write: (text: string, index: number) => Written
  /** Fields that every reader must find with these values. */
  read?: (text: string, index: number) => ReadEntry
  /** What a person must be able to read in the full text. */
  shown?: (text: string) => string[]
  /** What must stand in the item of JSON Feed. */
  json?: (text: string) => object
  /** feedparser writes the addresses in HTML in its own way, so its HTML is not compared. */
  holdsAddresses?: true
}

const agenda = { file: 'agenda.pdf' }
const contact = (changed: Written) => ({ contacts: [{ name: 'Somebody', ...changed }] })
const address = (text: string) => `https://example.org/find/${text}?q=${text}#${text}`

/** An address of mail with as much of a text as such an address can hold. */
const mailAddress = (text: string) => `${cleanLine(text).replace(/[\s@]/g, '')}@example.org`

/** Fields that stand side by side in one release, each with another text. */
const fieldsTogether: Field[][] = [
  [
    {
      name: 'title',
      write: (text) => ({ title: text }),
      read: (text) => ({ title: cleanLine(text) }),
      json: (text) => ({ title: cleanLine(text) }),
    },
    { name: 'body as HTML', write: (text) => ({ body: { html: `<p>a</p>\n${text}` } }) },
    {
      name: 'name of a contact',
      write: (text) => contact({ name: text }),
      shown: (text) => [cleanLine(text)],
      json: (text) => ({ _tiedote: { contacts: [{ name: cleanLine(text) }] } }),
    },
    {
      name: 'title of an attachment',
      write: (text) => ({ attachments: [{ ...agenda, title: text }] }),
      read: (text) => ({ fileTitles: [cleanLine(text)] }),
      shown: (text) => [`${cleanLine(text)} (PDF, 48 kB)`],
      json: (text) => ({ attachments: [{ title: cleanLine(text) }] }),
    },
    {
      name: 'place of an event',
      write: (text) => ({ event: { start: '2024-01-24', end: '2024-01-25', place: text } }),
      shown: (text) => [`Event: 2024-01-24 – 2024-01-25, ${cleanLine(text)}`],
      json: (text) => ({ _tiedote: { event: { place: cleanLine(text) } } }),
    },
  ],
  [
    {
      name: 'lead',
      write: (text) => ({ lead: text }),
      read: (text) => ({ summary: v.parse(paragraph, text) }),
      // A lead without letters or numbers is not set in front of the body.
      shown: (text) => (/[\p{L}\p{N}]/u.test(text) ? [v.parse(paragraph, text)] : []),
      json: (text) => ({ summary: v.parse(paragraph, text) }),
    },
    { name: 'body as Markdown', write: (text) => ({ body: { markdown: `First\n\n${text}` } }) },
    {
      name: 'role of a contact',
      write: (text) => contact({ role: text }),
      shown: (text) => [`Somebody, ${cleanLine(text)}`],
      json: (text) => ({ _tiedote: { contacts: [{ role: cleanLine(text) }] } }),
    },
    {
      name: 'title of an image',
      write: (text) => ({ attachments: [{ file: 'port.jpg', title: text }, agenda] }),
      read: (text) => ({ fileTitles: ['agenda.pdf', cleanLine(text)] }),
      shown: (text) => [cleanLine(text)],
      json: (text) => ({ _tiedote: { images: [{ title: cleanLine(text) }] } }),
    },
    {
      name: 'title of a related page',
      write: (text) => ({ related: [{ url: 'https://example.org/', title: text }] }),
      shown: (text) => [cleanLine(text)],
      json: (text) => ({ _tiedote: { related: [{ title: cleanLine(text) }] } }),
    },
  ],
  [
    {
      name: 'text in the HTML of a body',
      write: (text) => ({ body: { html: `<p>[${escapeMarkup(text)}]</p>` } }),
      shown: (text) => [`[${cleanText(text)}]`],
    },
    {
      name: 'phone of a contact',
      write: (text) => contact({ phone: text }),
      shown: (text) => [`Somebody, tel. ${cleanLine(text)}`],
      json: (text) => ({ _tiedote: { contacts: [{ phone: cleanLine(text) }] } }),
    },
    {
      name: 'alternative text of an image',
      write: (text) => ({ attachments: [{ file: 'port.jpg', alt: text }, agenda] }),
      json: (text) => ({ _tiedote: { images: [{ alt: cleanLine(text) }] } }),
    },
    {
      name: 'note of a correction',
      write: (text) => ({
        changes: [{ at: '2024-03-01T10:00:00Z', kind: 'correction', note: text }],
      }),
      read: (text) => ({ updated: '2024-03-01T10:00:00Z', summary: correctedSummary(text) }),
      shown: (text) => [`Correction 2024-03-01: ${cleanLine(text)}`],
      json: (text) => ({
        summary: correctedSummary(text),
        _tiedote: { changes: [{ note: cleanLine(text) }] },
      }),
    },
    {
      name: 'name of a publisher',
      write: (_, index) => ({ publisher: `publisher-${index}` }),
      read: (text) => ({ author: cleanLine(text) }),
      json: (text) => ({ author: { name: cleanLine(text) }, authors: [{ name: cleanLine(text) }] }),
    },
  ],
  [
    {
      name: 'attributes in the HTML of a body',
      write: (text) => ({
        body: {
          html: `<a href="https://example.org/" title="${escapeMarkup(text)}">b</a><img src="https://example.org/a.png" alt="[${escapeMarkup(text)}]">`,
        },
      }),
    },
    {
      name: 'email of a contact',
      write: (text) => contact({ email: text }),
      shown: (text) => [`Somebody, ${cleanLine(text)}`],
      json: (text) => ({ _tiedote: { contacts: [{ email: cleanLine(text) }] } }),
    },
    {
      name: 'what a contact is for',
      write: (text) => contact({ for: text }),
      shown: (text) => [`Somebody (${cleanLine(text)})`],
      json: (text) => ({ _tiedote: { contacts: [{ for: cleanLine(text) }] } }),
    },
    {
      name: 'credit of an image',
      write: (text) => ({ attachments: [{ file: 'port.jpg', title: 'Port', credit: text }] }),
      shown: (text) => [`Port. Photo: ${cleanLine(text)}`],
      json: (text) => ({ _tiedote: { images: [{ credit: cleanLine(text) }] } }),
    },
    {
      name: 'label of a topic',
      write: (_, index) => ({ topics: [`topic-${index}`] }),
      read: (text) => ({ categories: [cleanLine(text)] }),
      json: (text) => ({ tags: [cleanLine(text)] }),
    },
  ],
  [
    {
      name: 'code in the Markdown of a body',
      write: (text) => ({
        body: { markdown: `\`\`\`\`\`\`\n[${text.replaceAll('\t', ' ')}]\n\`\`\`\`\`\`` },
      }),
      shown: (text) => [`[${cleanText(text.replaceAll('\t', ' '))}]`],
    },
    {
      name: 'email of a contact that looks like an address',
      write: (text) => contact({ email: mailAddress(text) }),
      shown: (text) => [`Somebody, ${mailAddress(text)}`],
      json: (text) => ({ _tiedote: { contacts: [{ email: mailAddress(text) }] } }),
    },
    {
      name: 'titles of files that are not in front',
      write: (text) => ({
        attachments: [
          agenda,
          { file: 'port.jpg', title: 'Port' },
          { file: 'harbour at night.png', title: text, alt: text, credit: text },
        ],
      }),
      read: (text) => ({
        fileTitles: ['agenda.pdf', cleanLine(text), 'Port'],
        media: [
          ['agenda.pdf', undefined, undefined],
          [cleanLine(text), cleanLine(text), cleanLine(text)],
        ],
      }),
    },
  ],
  [
    {
      name: 'name of a file',
      write: (_, index) => ({
        attachments: [{ file: `${index} ${hostileTexts[index]!.text}.pdf` }],
      }),
      shown: (text) => [cleanLine(text).split('/').at(-1)!],
    },
  ],
  [
    {
      name: 'address of a related page',
      holdsAddresses: true,
      write: (text) => ({ related: [{ url: address(text) }] }),
    },
  ],
]

const numbered = hostileTexts.map(({ text }, index) => [index, text] as const)

/** Every hostile text is also a publisher, a topic and a file. */
const office = openPressOffice({
  site: {
    publishers: {
      ...siteWritten.publishers,
      ...Object.fromEntries(
        numbered.map(([index, text]) => [`publisher-${index}`, { name: { en: text } }]),
      ),
    },
  },
  topics: {
    ...topicsWritten,
    ...Object.fromEntries(
      numbered.map(([index, text]) => [`topic-${index}`, { label: { en: text } }]),
    ),
  },
  media: {
    ...mediaFiles,
    ...Object.fromEntries(
      numbered.map(([index, text]) => [
        `media/${cleanLine(`${index} ${text}.pdf`)}`,
        { type: 'application/pdf', size: 48000 + index },
      ]),
    ),
  },
})

const before = writeRelease({ slug: 'calm-before', published: second(0) })
const after = writeRelease({
  slug: 'calm-after',
  published: second(5000),
  title: 'Ordinary & plain',
  attachments: [{ file: 'port.jpg', title: 'Port & harbour' }, { file: 'agenda.pdf' }],
})

function second(number: number): string {
  return new Date(Date.UTC(2024, 0, 24, 7) + number * 1000).toISOString()
}

/** One text in each of the fields, another in each, and over all releases every text in every field. */
type Hostile = {
  index: number
  parts: { field: Field; text: string; index: number; name: string }[]
}

function hostileReleases(fields: Field[]): Hostile[] {
  return numbered.map(([index]) => {
    const parts = fields.map((field, place) => {
      const other = (index + 31 * place) % hostileTexts.length
      return { field, index: other, ...hostileTexts[other]! }
    })
    return { index, parts }
  })
}

function writeHostileRelease({ index, parts }: Hostile): Written {
  const written = parts.map(({ field, text, index: number }) => field.write(text, number))
  return writeRelease({
    slug: `hostile-${index}`,
    published: second(index + 1),
    ...together(written),
  })
}

/** All that objects say, lists one after the other. Throws where two say different things. */
function together(objects: object[]): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const [key, value] of objects.flatMap((one) => Object.entries(one) as [string, unknown][])) {
    const there = all[key]
    if (there === undefined) all[key] = value
    else if (Array.isArray(there) && Array.isArray(value)) all[key] = [...there, ...value]
    else if (isObject(there) && isObject(value)) all[key] = together([there, value])
    else throw new Error(`Two fields say something about ${key}.`)
  }
  return all
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * But in a trial, each program reads a quarter of the texts in one place, and others read the rest of them there: three
 * programs read a text, at least one of them in RSS and one in Atom. JSON Feed has all of them looked at besides.
 */
const parts = amount(4, 1)
const reads = (program: number, text: number) => (program + text) % parts === 0

const cases = fieldsTogether.map((fields, place) => {
  return { fields, place, names: fields.map(({ name }) => name).join(', the ') }
})

/** XML with the hostile texts of all fields. */
const rendered: string[] = []

describe.each(cases)('hostile text as the $names', ({ fields, place }) => {
  const hostile = hostileReleases(fields)
  let feed: Feed
  let documents: Documents
  let calm: Documents

  beforeAll(async () => {
    feed = await office.feed([before, ...hostile.map(writeHostileRelease), after])
    documents = render(feed)
    rendered.push(documents.rss, documents.atom)
    calm = render(await office.feed([before, after]))
  })

  /** So that a difference says which texts it is about. */
  function nameAt(position: number): string {
    const parts = hostile[position - 1]?.parts ?? []
    return parts.map(({ field, name }) => `${field.name}: ${name}`).join('; ') || 'a calm release'
  }

  test('leaves the XML well-formed with its namespaces (X-02, X-03)', () => {
    for (const document of [documents.rss, documents.atom]) {
      expect(() => parseXml(document)).not.toThrow()
    }
  })

  test.each(readerPrograms)('is read as it was written by $name in $format', async (program) => {
    const number = readerPrograms.indexOf(program)
    const places = [...feed.entries.keys()].filter((position) => {
      return reads(number, place + position) || !hostile[position - 1]
    })
    const partly = { ...feed, entries: places.map((position) => feed.entries[position]!) }
    const { entries } = await program.read(formats[program.format].render(partly))
    expect(entries).toHaveLength(places.length)
    const expected = places.map((position): ReadEntry => {
      const texts = hostile[position - 1]?.parts ?? []
      const read = texts.map(({ field, text, index }) => field.read?.(text, index) ?? {})
      return { ...ordinary(feed, position), ...together(read) }
    })
    if (fields.some(({ holdsAddresses }) => holdsAddresses) && program.name === 'feedparser') {
      for (const entry of entries) delete entry.content
    }
    const withName = (entry: ReadEntry, index: number) => {
      return { name: nameAt(places[index]!), ...entry }
    }
    expect(entries.map(withName)).toStrictEqual(
      entries.map((entry, index) => withName(sameFields(entry, expected[index]!), index)),
    )
  })

  test('keeps the full text balanced, and in it what a person must read', () => {
    for (const [position, { html }] of feed.entries.entries()) {
      expect(oneSpelling(html), nameAt(position)).toBe(written(html))
      const shown = textOfHtml(html)
      for (const { field, text, name } of hostile[position - 1]?.parts ?? []) {
        for (const part of field.shown?.(text) ?? []) {
          expect(shown, `${field.name}: ${name}`).toContain(part)
        }
      }
    }
  })

  test('is in the members of JSON Feed', () => {
    const { items } = parseJson(documents.json)
    for (const { index, parts } of hostile) {
      const members = parts.map(({ field, text }) => field.json?.(text) ?? {})
      expect(items[index + 1], nameAt(index + 1)).toMatchObject(together(members))
    }
  })

  test('brings nothing into the full text that runs or leads elsewhere (C-09, C-10)', () => {
    for (const { html } of feed.entries) expect(unsafe(html)).toStrictEqual([])
  })

  test('adds no bytes that programs take for markup (X-04)', () => {
    expect(documents.rss.match(/<rss/gi)).toHaveLength(1)
    expect(documents.rss.match(/<channel>/g)).toHaveLength(1)
    expect(documents.rss.match(/<item>/g)).toHaveLength(feed.entries.length)
    expect(documents.rss.match(/<pubDate>/g)).toHaveLength(feed.entries.length)
    expect(documents.atom).not.toMatch(/<rss|<rdf|<channel|<pubDate/i)
    expect(documents.atom.match(/<entry /g)).toHaveLength(feed.entries.length)
    for (const document of [documents.rss, documents.atom]) {
      expect(document).not.toMatch(/<script|<!\[CDATA\[|<!DOCTYPE|<!--|<(div|img|svg|iframe)\b/i)
      expect(document.match(/<\?/g)).toHaveLength(1)
      expect(document).not.toMatch(/&#(?!x26;|x3C;)/)
    }
  })

  test('changes no byte of other releases', () => {
    for (const format of ['rss', 'atom', 'json'] as const) {
      const all = splitEntries(documents)[format]
      const [first, last] = splitEntries(calm)[format]
      expect(all).toHaveLength(feed.entries.length)
      expect(all[0]).toBe(first)
      expect(all.at(-1)).toBe(last)
    }
  })
})

test.skipIf(!hasXmllint)('all of it is well-formed to xmllint, where that is installed', () => {
  expect(rendered.length).toBeGreaterThan(0)
  checkWithXmllint(rendered)
})

test('an image says what it shows as it was written, whatever that is', async () => {
  for (const { name, text } of hostileTexts) {
    const image = { file: 'port.jpg', alt: text }
    const { entries } = await office.feed([writeRelease({ attachments: [image] })])
    const [alt] = elementsOf(entries[0]!.html).flatMap((element) => {
      return element.tagName === 'img' ? [attributesOf(element)['alt']] : []
    })
    expect(alt, name).toBe(cleanLine(text))
  }
})

test('a file is linked and enclosed by one address, whatever its name is', async () => {
  for (const [index, text] of numbered) {
    const file = `${index} ${text}.pdf`
    const [entry] = (await office.feed([writeRelease({ attachments: [{ file }] })])).entries
    const path = cleanLine(`media/${file}`)
    const url = entry!.files[0]!.url
    expect(url).toBe(new URL(url).href)
    expect(decodeURIComponent(new URL(url).pathname)).toBe(`/${path}`)
    expect(linksOf(entry!.html)).toStrictEqual([url])
  }
})

test('attributes of a body mean what they meant', async () => {
  for (const { name, text } of hostileTexts) {
    const html = `<a href="https://example.org/" title="${escapeMarkup(text)}">b</a>`
    const [entry] = (await office.feed([writeRelease({ body: { html } })])).entries
    const [link] = elementsOf(entry!.html).filter(({ tagName }) => tagName === 'a')
    expect(attributesOf(link!)['title'], name).toBe(oneSpace(cleanText(text)))
  }
})

test('an open comment in an attribute takes nothing away from the text after it', async () => {
  const html =
    '<p>one <img src="https://example.org/a.png" alt="<!-- two"></p><p>three</p><p>four --> five</p>'
  const release = await office.read(writeRelease({ body: { html } }))
  expect(textOfHtml(release.html)).toBe('one threefour --> five')
})

test.each(attacks)('nothing is left of $name in a body (S-01)', async ({ text }) => {
  const documents = render(await office.feed([writeRelease({ body: { html: `<p>a</p>${text}` } })]))
  for (const document of Object.values(documents)) {
    expect(document).not.toMatch(/<script|javascript|alert|onerror|onload|onclick|data:|vbscript/i)
  }
})

test.each([...hostileTexts, ...awkwardNesting])(
  'a body with $name is balanced: written again it is the same',
  async ({ text }) => {
    const { html } = await office.read(writeRelease({ body: { html: text } }))
    expect(oneSpelling(html)).toBe(written(html))
    expect(oneSpelling(`<div>${html}</div>`)).toBe(written(`<div>${html}</div>`))
  },
)

test.each(hostileTexts)(
  'a site whose texts are $name reads the same everywhere',
  async ({ name: nameOfText, text }) => {
    const site = { title: { en: text }, description: { en: text }, rights: { en: text } }
    const topics = { migration: { label: { en: text } } }
    const publishers = { ministry: { name: { en: text } } }
    const { feed } = openPressOffice({ site: { ...site, publishers }, topics })
    const answer = await feed([writeRelease()], {
      language: 'en',
      topics: [{ with: ['migration'], without: [] }],
      words: [],
    })
    const clean = cleanLine(text)
    const [first = '', ...rest] = clean
    const title = `${first.toUpperCase()}${rest.join('')} – ${clean}`
    const documents = render(answer)
    const expected: Omit<ReadFeed, 'entries'> = {
      title,
      description: clean,
      rights: clean,
      author: clean,
      language: 'en',
      updated: '2024-01-24T07:00:00Z',
      link: `${baseUrl}/topics/migration`,
    }
    const number = hostileTexts.findIndex(({ name }) => name === nameOfText)
    const programs = readerPrograms.filter((_, program) => reads(program, number))
    for (const { name, format, read } of programs) {
      const { entries, ...about } = await read(documents[format])
      const self = `${baseUrl}/topics/migration.${format}`
      expect({ name, format, ...about }).toStrictEqual({
        name,
        format,
        ...sameFields(about, { ...expected, self }),
      })
      expect(entries).toHaveLength(1)
    }
    const channel = childOf(parseXml(documents.rss), 'channel')
    expect(childrenOf(channel, 'category').map((one) => one.text)).toStrictEqual([clean])
    expect(textOf(childOf(channel, 'image'), 'title')).toBe(title)
    const [category] = childrenOf(parseXml(documents.atom), 'category')
    expect(category!.attributes['label']).toBe(clean)
  },
)

test('a related page has one address in the full text and in JSON Feed', async () => {
  for (const { text } of hostileTexts) {
    const feed = await office.feed([writeRelease({ related: [{ url: address(text) }] })])
    const [entry] = feed.entries
    const { url, title } = entry!.release.related[0]!
    expect(title).toBe(url)
    expect(linksOf(entry!.html)).toStrictEqual([url])
    expect(textOfHtml(entry!.html)).toContain(title)
    expect(parseJson(render(feed).json).items[0]).toMatchObject({
      _tiedote: { related: [{ url, title }] },
    })
  }
})

test('the address of a related page holds only what addresses can hold (C-10)', async () => {
  for (const { name, text } of hostileTexts) {
    const { related } = await office.read(writeRelease({ related: [{ url: address(text) }] }))
    expect(related[0]!.url, name).toBe(new URL(cleanLine(address(text))).href)
  }
})

test.each(['javascript:alert(1)', ' JAVASCRIPT:alert(1)', 'data:text/html,x', '//x.example', 'x'])(
  'a related link to %s is refused',
  async (url) => {
    await expect(office.read(writeRelease({ related: [{ url }] }))).rejects.toThrow(
      'related.0.url: This is not a web address.',
    )
  },
)

test.each(['\0\u0001', ' \u00a0\n', '\ud800', '\ufffe'])(
  'a title of which nothing survives is refused (C-11): %j',
  async (title) => {
    await expect(office.read(writeRelease({ title }))).rejects.toThrow('title: This is empty.')
  },
)

test('a lead of which nothing survives gives way to the beginning of the body', async () => {
  const { lead } = await office.read(writeRelease({ lead: ' \0\ud800\n' }))
  expect(lead).toBe('The meeting begins at nine.')
})

test('a field with the name of a prototype is a mistake like any other', async () => {
  const line = JSON.parse('{ "__proto__": { "title": "x" } }') as Written
  const written = Object.defineProperty(writeRelease(), '__proto__', {
    value: line['__proto__'],
    enumerable: true,
  })
  await expect(office.read(written)).rejects.toThrow('There is no field "__proto__"')
  expect({}).not.toHaveProperty('title')
})

/** What every reader must find in a release in which only other fields are hostile. */
function ordinary(feed: Feed, position: number): ReadEntry {
  const entry = feed.entries[position]!
  const isAfter = position === feed.entries.length - 1
  const isCalm = position === 0 || isAfter
  const files = entry.release.attachments.toSorted((a, b) => compare(a.path, b.path))
  const addressed = entry.files.map(({ url, type, size }) => ({ url, type, size }))
  const enclosed = entry.files.find(({ type }) => type.startsWith('image/')) ?? entry.files[0]
  const others = entry.files.filter((one) => one !== enclosed)
  return {
    id: entry.release.id,
    title: isAfter ? 'Ordinary & plain' : 'Ministers meet in Antwerp',
    link: `${baseUrl}/releases/${isCalm ? `calm-${isAfter ? 'after' : 'before'}` : `hostile-${position - 1}`}`,
    summary: 'The ministers of the interior meet on Wednesday.',
    content: entry.html,
    published: second(isAfter ? 5000 : position).replace('.000Z', 'Z'),
    updated: second(isAfter ? 5000 : position).replace('.000Z', 'Z'),
    author: 'The Ministry',
    categories: ['migration'],
    language: 'en',
    files: sorted(addressed),
    fileTitles: files.map(({ title }) => title),
    enclosure: addressed[enclosed ? entry.files.indexOf(enclosed) : -1],
    media: others.map(({ title, alt, credit }) => [title, alt, credit]),
  }
}

/** The fields that a program read, with the values that they should have. */
function sameFields<T extends object>(got: T, expected: T): T {
  const keys = Object.keys(got) as (keyof T)[]
  return Object.fromEntries(keys.map((key) => [key, expected[key]])) as T
}

/** The `xss` package makes white space in attributes ordinary, except no-break spaces. */
function oneSpace(text: string): string {
  return text.replace(/[^\S\u00a0]/g, ' ').trim()
}

/** HTML read by a browser's rules and written again. */
function written(html: string): string {
  return serialize(parseFragment(html))
}

/** Our HTML with what may be written in several ways written as parse5 does. */
function oneSpelling(html: string): string {
  return html
    .replace(/(^|>)[^<]+/g, (text) => text.replaceAll('&quot;', '"'))
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replace(/ alt(?=[ >])/, ' alt=""'),
    )
    .replaceAll('\u00a0', '&nbsp;')
}

type Element = DefaultTreeAdapterTypes.Element

function elementsOf(html: string): Element[] {
  const elements = (node: DefaultTreeAdapterTypes.ParentNode): Element[] =>
    node.childNodes
      .filter((child) => tree.isElementNode(child))
      .flatMap((one) => [one, ...elements(one)])
  return elements(parseFragment(html))
}

function attributesOf({ attrs }: Element): Record<string, string> {
  return Object.fromEntries(attrs.map(({ name, value }) => [name, value]))
}

function linksOf(html: string): string[] {
  return elementsOf(html).flatMap((element) => attributesOf(element)['href'] ?? [])
}

/** As C-09 lists them; `time` and what is only for the eye included. */
const harmless = new Set(
  (
    'p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code em strong b i u s sub sup a img figure ' +
    'figcaption table caption thead tbody tfoot tr th td abbr cite q time'
  ).split(' '),
)
const harmlessAttributes = new Set(
  'href title src alt width height colspan rowspan cite datetime lang dir'.split(' '),
)

function unsafe(html: string): string[] {
  return elementsOf(html).flatMap((element) => {
    const names = harmless.has(element.tagName) ? [] : [element.tagName]
    const attributes = element.attrs.filter(({ name, value }) => {
      if (!harmlessAttributes.has(name)) return true
      if (name === 'src') return !/^https?:\/\//.test(value)
      return ['href', 'cite'].includes(name) && !/^(https?:\/\/|mailto:|tel:)/.test(value)
    })
    return [...names, ...attributes.map(({ name, value }) => `${name}="${value}"`)]
  })
}

/** The bytes of each release in each document. */
function splitEntries({ rss, atom, json }: Documents): Record<'rss' | 'atom' | 'json', string[]> {
  return {
    rss: rss.match(/<item>[^]*?<\/item>/g) ?? [],
    atom: atom.match(/<entry [^]*?<\/entry>/g) ?? [],
    json: parseJson(json).items.map((item) => JSON.stringify(item)),
  }
}

/** Readers that show the summary alone are told, too. */
function correctedSummary(note: string): string {
  const told = cleanLine(note)
  const end = /[.!?…]["”’»)]?$/.test(told) ? '' : '.'
  return `Correction 2024-03-01: ${told}${end} The ministers of the interior meet on Wednesday.`
}
