// Reads documents back with parsers that know nothing of each other, so that what a document says
// does not rest on one parser's leniency. Each answers the fields that it knows, under our names.
import { execFileSync, spawnSync } from 'node:child_process'
import { XMLParser } from 'fast-xml-parser'
import FeedParser from 'feedparser'
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith'
import { defaultTreeAdapter as tree, type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import RssParser from 'rss-parser'
import { SaxesParser, type SaxesTagNS } from 'saxes'
import type { FormatName } from '../../src/feeds/formats.ts'
import { temporaryFolder } from '../content-folder.ts'

/** What a parser found out about a release. Times are RFC 3339 in UTC; files go by address. */
export type ReadEntry = {
  id?: unknown
  title?: unknown
  link?: unknown
  /** Plain text. */
  summary?: unknown
  content?: unknown
  published?: unknown
  updated?: unknown
  author?: unknown
  categories?: unknown
  language?: unknown
  files?: unknown
  /** Titles of the files, in the same order. */
  fileTitles?: unknown
  /** The one file that RSS encloses. */
  enclosure?: unknown
  /** What RSS says about each of the others: title, alternative text and credit. */
  media?: unknown
}

export type ReadFeed = {
  title?: unknown
  description?: unknown
  rights?: unknown
  author?: unknown
  language?: unknown
  updated?: unknown
  link?: unknown
  self?: unknown
  entries: ReadEntry[]
}

export type ReaderProgram = {
  name: string
  format: FormatName
  read: (document: string) => ReadFeed | Promise<ReadFeed>
}

/** Of XML, as far as it matters here. */
export type XmlElement = {
  /** As written, such as `atom:link`. */
  name: string
  local: string
  uri: string
  attributes: Record<string, string>
  children: XmlElement[]
  text: string
}

/** Parses strictly, with namespaces. Throws where a document is not well-formed. */
export function parseXml(document: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true })
  const root: XmlElement = {
    name: '',
    local: '',
    uri: '',
    attributes: {},
    children: [],
    text: '',
  }
  const open = [root]
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, local, uri, attributes }: SaxesTagNS) => {
    const values = Object.entries(attributes).map(([key, { value }]) => [key, value])
    const element = {
      name,
      local,
      uri,
      attributes: Object.fromEntries(values) as Record<string, string>,
      children: [],
      text: '',
    }
    open.at(-1)!.children.push(element)
    open.push(element)
  })
  parser.on('text', (text) => {
    open.at(-1)!.text += text
  })
  parser.on('cdata', (text) => {
    open.at(-1)!.text += text
  })
  parser.on('closetag', () => {
    open.pop()
  })
  parser.write(document).close()
  return root.children[0]!
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

export function childOf(element: XmlElement, name: string): XmlElement {
  const [first] = childrenOf(element, name)
  if (!first) throw new Error(`There is no <${name}> in <${element.name}>.`)
  return first
}

export function textOf(element: XmlElement, name: string): string {
  return childOf(element, name).text
}

/** What a person reads in HTML. */
export function textOfHtml(html: string): string {
  const text = (node: DefaultTreeAdapterTypes.Node): string => {
    if (tree.isTextNode(node)) return node.value
    return 'childNodes' in node ? node.childNodes.map(text).join('') : ''
  }
  return text(parseFragment(html))
}

export const readerPrograms: ReaderProgram[] = [
  { name: 'saxes', format: 'rss', read: readRssWithSaxes },
  { name: 'saxes', format: 'atom', read: readAtomWithSaxes },
  { name: 'feedsmith', format: 'rss', read: readRssWithFeedsmith },
  { name: 'feedsmith', format: 'atom', read: readAtomWithFeedsmith },
  { name: 'feedsmith', format: 'json', read: readJsonWithFeedsmith },
  { name: 'rss-parser', format: 'rss', read: readRssWithRssParser },
  { name: 'rss-parser', format: 'atom', read: readAtomWithRssParser },
  { name: 'feedparser', format: 'rss', read: (document) => readWithFeedparser(document, 'rss') },
  { name: 'feedparser', format: 'atom', read: (document) => readWithFeedparser(document, 'atom') },
  { name: 'fast-xml-parser', format: 'rss', read: readRssWithFastXmlParser },
  { name: 'fast-xml-parser', format: 'atom', read: readAtomWithFastXmlParser },
  { name: 'JSON.parse', format: 'json', read: readJson },
]

/** Whether libxml2's own program is there; it is what PHP, Ruby and newsboat read with. */
export const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined
if (!hasXmllint) console.warn('Skipped: the tests with xmllint, which is not installed')

/** Throws what xmllint says when a document is not well-formed. It is started once for all of them. */
export function checkWithXmllint(documents: string[]) {
  const files = Object.fromEntries(documents.map((text, index) => [`${index}.xml`, text]))
  const options = ['--noout', '--nonet', '--huge']
  execFileSync('xmllint', [...options, ...Object.keys(files)], { cwd: temporaryFolder(files) })
}

function readRssWithSaxes(document: string): ReadFeed {
  const channel = childOf(parseXml(document), 'channel')
  return {
    title: textOf(channel, 'title'),
    description: textOf(channel, 'description'),
    rights: textOf(channel, 'copyright'),
    language: textOf(channel, 'language'),
    updated: time(textOf(channel, 'lastBuildDate')),
    link: textOf(channel, 'link'),
    self: childOf(channel, 'atom:link').attributes['href'],
    entries: childrenOf(channel, 'item').map((item) => {
      const media = childrenOf(item, 'media:content')
      const [enclosure] = childrenOf(item, 'enclosure').map(({ attributes }) =>
        file(attributes['url'], attributes['type'], attributes['length']),
      )
      const others = media.map(({ attributes }) =>
        file(attributes['url'], attributes['type'], attributes['fileSize']),
      )
      return {
        id: textOf(item, 'guid'),
        title: textOf(item, 'title'),
        link: textOf(item, 'link'),
        summary: textOfHtml(textOf(item, 'description')),
        content: textOf(item, 'content:encoded'),
        published: time(textOf(item, 'pubDate')),
        updated: time(textOf(item, 'atom:updated')),
        author: textOf(item, 'dc:creator'),
        categories: childrenOf(item, 'category').map(({ text }) => text),
        language: textOf(item, 'dc:language'),
        files: sorted([...(enclosure ? [enclosure] : []), ...others]),
        enclosure,
        media: media.map((one) =>
          ['media:title', 'media:description', 'media:credit'].map(
            (name) => childrenOf(one, name)[0]?.text,
          ),
        ),
      }
    }),
  }
}

function readAtomWithSaxes(document: string): ReadFeed {
  const feed = parseXml(document)
  const link = (element: XmlElement, rel: string) =>
    childrenOf(element, 'link').find(({ attributes }) => attributes['rel'] === rel)?.attributes
  return {
    title: textOf(feed, 'title'),
    description: textOf(feed, 'subtitle'),
    rights: textOf(feed, 'rights'),
    author: textOf(childOf(feed, 'author'), 'name'),
    language: feed.attributes['xml:lang'],
    updated: time(textOf(feed, 'updated')),
    link: link(feed, 'alternate')?.['href'],
    self: link(feed, 'self')?.['href'],
    entries: childrenOf(feed, 'entry').map((entry) => {
      const enclosures = childrenOf(entry, 'link')
        .map(({ attributes }) => attributes)
        .filter(({ rel }) => rel === 'enclosure')
        .toSorted((a, b) => compare(a['href']!, b['href']!))
      return {
        id: textOf(entry, 'id'),
        title: textOf(entry, 'title'),
        link: link(entry, 'alternate')?.['href'],
        summary: textOf(entry, 'summary'),
        content: textOf(entry, 'content'),
        published: time(textOf(entry, 'published')),
        updated: time(textOf(entry, 'updated')),
        author: textOf(childOf(entry, 'author'), 'name'),
        categories: childrenOf(entry, 'category').map(({ attributes }) => attributes['label']),
        language: entry.attributes['xml:lang'],
        files: enclosures.map(({ href, type, length }) => file(href, type, length)),
        fileTitles: enclosures.map(({ title }) => title),
      }
    }),
  }
}

function readRssWithFeedsmith(document: string): ReadFeed {
  const feed = parseRssFeed(document)
  return {
    title: feed.title,
    description: feed.description,
    rights: feed.copyright,
    language: feed.language,
    updated: time(feed.lastBuildDate),
    link: feed.link,
    self: feed.atom?.links?.find(({ rel }) => rel === 'self')?.href,
    entries: (feed.items ?? []).map((item) => {
      const [enclosure] = (item.enclosures ?? []).map(({ url, type, length }) =>
        file(url, type, length),
      )
      const media = item.media?.contents ?? []
      const others = media.map(({ url, type, fileSize }) => file(url, type, fileSize))
      return {
        id: item.guid?.value,
        title: item.title,
        link: item.link,
        summary: textOfHtml(item.description ?? ''),
        content: item.content?.encoded,
        published: time(item.pubDate),
        updated: time(item.atom?.updated),
        author: item.dc?.creators?.[0],
        categories: item.categories?.map(({ name }) => name),
        language: item.dc?.languages?.[0],
        files: sorted([...(enclosure ? [enclosure] : []), ...others]),
        enclosure,
        media: media.map(({ title, description, credits }) => [
          title?.value,
          description?.value,
          credits?.[0]?.value,
        ]),
      }
    }),
  }
}

function readAtomWithFeedsmith(document: string): ReadFeed {
  const feed = parseAtomFeed(document)
  return {
    title: feed.title?.value,
    description: feed.subtitle?.value,
    rights: feed.rights?.value,
    author: feed.authors?.[0]?.name,
    language: feed.xml?.lang,
    updated: time(feed.updated),
    link: feed.links?.find(({ rel }) => rel === 'alternate')?.href,
    self: feed.links?.find(({ rel }) => rel === 'self')?.href,
    entries: (feed.entries ?? []).map((entry) => {
      const enclosures = (entry.links ?? [])
        .filter(({ rel }) => rel === 'enclosure')
        .toSorted((a, b) => compare(a.href!, b.href!))
      return {
        id: entry.id,
        title: entry.title?.value,
        link: entry.links?.find(({ rel }) => rel === 'alternate')?.href,
        summary: entry.summary?.value,
        content: entry.content?.value,
        published: time(entry.published),
        updated: time(entry.updated),
        author: entry.authors?.[0]?.name,
        categories: entry.categories?.map(({ label }) => label),
        language: entry.xml?.lang,
        files: enclosures.map(({ href, type, length }) => file(href, type, length)),
        fileTitles: enclosures.map(({ title }) => title),
      }
    }),
  }
}

function readJsonWithFeedsmith(document: string): ReadFeed {
  const feed = parseJsonFeed(document)
  return {
    title: feed.title,
    description: feed.description,
    author: feed.authors?.[0]?.name,
    language: feed.language,
    link: feed.home_page_url,
    self: feed.feed_url,
    entries: (feed.items ?? []).map((item) => {
      const attachments = (item.attachments ?? []).toSorted((a, b) => compare(a.url!, b.url!))
      return {
        id: item.id,
        title: item.title,
        link: item.url,
        summary: item.summary,
        content: item.content_html,
        published: time(item.date_published),
        updated: time(item.date_modified),
        author: item.authors?.[0]?.name,
        categories: item.tags,
        language: item.language,
        files: attachments.map((one) => file(one.url, one.mime_type, one.size_in_bytes)),
        fileTitles: attachments.map(({ title }) => title),
      }
    }),
  }
}

async function readRssWithRssParser(document: string): Promise<ReadFeed> {
  const feed = await new RssParser<Record<string, unknown>, Record<string, unknown>>().parseString(
    document,
  )
  return {
    title: feed.title,
    description: feed.description,
    rights: feed['copyright'],
    language: feed['language'],
    updated: time(feed['lastBuildDate']),
    link: feed.link,
    self: feed.feedUrl,
    entries: feed.items.map((item) => ({
      id: item.guid,
      title: item.title,
      link: item.link,
      summary: textOfHtml(item.content ?? ''),
      content: item['content:encoded'],
      published: item.isoDate && time(item.isoDate),
      author: item.creator,
      categories: item.categories,
      language: item['language'],
      enclosure:
        item.enclosure && file(item.enclosure.url, item.enclosure.type, item.enclosure.length),
    })),
  }
}

async function readAtomWithRssParser(document: string): Promise<ReadFeed> {
  const feed = await new RssParser<Record<string, unknown>, Record<string, unknown>>().parseString(
    document,
  )
  return {
    title: feed.title,
    updated: time(feed['lastBuildDate']),
    link: feed.link,
    self: feed.feedUrl,
    entries: feed.items.map((item) => ({
      id: item['id'],
      title: item.title,
      link: item.link,
      summary: item.summary,
      content: item.content,
      published: time(item.isoDate),
      author: item['author'],
    })),
  }
}

/** As feedparser keeps an element: its text and its attributes. */
type Kept = { '#'?: string; '@': Record<string, string> }

async function readWithFeedparser(document: string, format: 'rss' | 'atom'): Promise<ReadFeed> {
  // Without `resume_saxerror` it stops at the first error, as it should here.
  const parser = new FeedParser({ resume_saxerror: false })
  const failed = new Promise<never>((_, reject) => parser.on('error', reject))
  parser.end(document)
  const items = await Promise.race([itemsOf(parser), failed])
  const { meta } = parser
  return {
    // It takes words in angle brackets out of titles, so what it read before that is compared.
    title: (meta[`${format}:title`] as Kept)['#'],
    rights: meta.copyright,
    link: meta.link,
    self: meta.xmlurl,
    entries: items.map((item) => {
      const kept = (name: string) => item[name] as Kept
      return {
        id: item.guid,
        title: kept(`${format}:title`)['#'],
        link: item.link,
        // Of Atom's plain summaries it completes what looks like addresses in HTML.
        ...(format === 'rss' && { summary: textOfHtml(kept('rss:description')['#'] ?? '') }),
        content: item.description,
        published: time(item.pubdate),
        updated: time(kept('atom:updated')['#']),
        author: item.author,
        language:
          format === 'rss' ? kept('dc:language')['#'] : kept('atom:content')['@']['xml:lang'],
        files: sorted(item.enclosures.map(({ url, type, length }) => file(url, type, length))),
      }
    }),
  }
}

async function itemsOf(parser: FeedParser): Promise<FeedParser.Item[]> {
  const items: FeedParser.Item[] = []
  for await (const item of parser) items.push(item)
  return items
}

/** As fast-xml-parser answers: text, or text and attributes and children by name. */
type Parsed = { [name: string]: Parsed | Parsed[] | string | undefined }

const fastXmlParser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  // Without this it leaves references by number as they are.
  htmlEntities: true,
})

function listOf(value: Parsed[string]): Parsed[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]) as Parsed[]
}

function valueOf(value: Parsed[string]): unknown {
  return typeof value === 'object' && !Array.isArray(value) ? value['#text'] : value
}

function readRssWithFastXmlParser(document: string): ReadFeed {
  const root = fastXmlParser.parse(document) as { rss: { channel: Parsed } }
  const { channel } = root.rss
  return {
    title: channel['title'],
    description: channel['description'],
    rights: channel['copyright'],
    language: channel['language'],
    updated: time(channel['lastBuildDate']),
    link: channel['link'],
    self: listOf(channel['atom:link'])[0]?.['@href'],
    entries: listOf(channel['item']).map((item) => {
      const [enclosure] = listOf(item['enclosure']).map((one) =>
        file(one['@url'], one['@type'], one['@length']),
      )
      const others = listOf(item['media:content']).map((one) =>
        file(one['@url'], one['@type'], one['@fileSize']),
      )
      return {
        id: valueOf(item['guid']),
        title: item['title'],
        link: item['link'],
        summary: textOfHtml(item['description'] as string),
        content: item['content:encoded'],
        published: time(item['pubDate']),
        updated: time(item['atom:updated']),
        author: item['dc:creator'],
        categories: listOf(item['category']),
        language: item['dc:language'],
        files: sorted([...(enclosure ? [enclosure] : []), ...others]),
        enclosure,
        media: listOf(item['media:content']).map((one) =>
          ['media:title', 'media:description', 'media:credit'].map((name) =>
            valueOf(listOf(one[name])[0]?.['#text'] ?? one[name]),
          ),
        ),
      }
    }),
  }
}

function readAtomWithFastXmlParser(document: string): ReadFeed {
  const { feed } = fastXmlParser.parse(document) as { feed: Parsed }
  const link = (element: Parsed, rel: string) =>
    listOf(element['link']).find((one) => one['@rel'] === rel)?.['@href']
  return {
    title: feed['title'],
    description: feed['subtitle'],
    rights: feed['rights'],
    author: listOf(feed['author'])[0]?.['name'],
    language: feed['@xml:lang'],
    updated: time(feed['updated']),
    link: link(feed, 'alternate'),
    self: link(feed, 'self'),
    entries: listOf(feed['entry']).map((entry) => {
      const enclosures = listOf(entry['link'])
        .filter((one) => one['@rel'] === 'enclosure')
        .toSorted((a, b) => compare(a['@href'] as string, b['@href'] as string))
      return {
        id: entry['id'],
        title: entry['title'],
        link: link(entry, 'alternate'),
        summary: entry['summary'],
        content: valueOf(entry['content']),
        published: time(entry['published']),
        updated: time(entry['updated']),
        author: listOf(entry['author'])[0]?.['name'],
        categories: listOf(entry['category']).map((one) => one['@label']),
        language: entry['@xml:lang'],
        files: enclosures.map((one) => file(one['@href'], one['@type'], one['@length'])),
        fileTitles: enclosures.map((one) => one['@title']),
      }
    }),
  }
}

/** The members of JSON Feed 1.1 that we write. */
export type JsonFeed = {
  version: string
  title: string
  home_page_url: string
  feed_url: string
  description: string
  language: string
  icon: string
  favicon: string
  author: { name: string; url?: string }
  authors: { name: string; url?: string }[]
  items: JsonItem[]
  _tiedote: { about: string; updated: string; rights?: string; topics: unknown[] }
}

export type JsonItem = {
  id: string
  url: string
  title: string
  summary: string
  content_html: string
  date_published: string
  date_modified: string
  language: string
  tags: string[]
  author: { name: string; url?: string }
  authors: { name: string; url?: string }[]
  image?: string
  attachments?: { url: string; mime_type: string; size_in_bytes: number; title: string }[]
  _tiedote: {
    status: string
    kind: string
    authored: string
    topics: { term: string; label: string }[]
    contacts?: { name: string; role?: string; phone?: string; email?: string; for?: string }[]
    event?: { start: string; end?: string; place?: string }
    translations?: { language: string; url: string; title: string }[]
    related?: { url: string; title: string }[]
    changes?: { at: string; kind: string; note: string }[]
    images?: { url: string; title: string; alt?: string; credit?: string }[]
  }
}

export function parseJson(document: string): JsonFeed {
  return JSON.parse(document) as JsonFeed
}

function readJson(document: string): ReadFeed {
  const { _tiedote: extension, ...feed } = parseJson(document)
  return {
    title: feed.title,
    description: feed.description,
    rights: extension.rights,
    author: feed.author.name,
    language: feed.language,
    updated: time(extension.updated),
    link: feed.home_page_url,
    self: feed.feed_url,
    entries: feed.items.map((item) => {
      const attachments = (item.attachments ?? []).toSorted((a, b) => compare(a.url, b.url))
      return {
        id: item.id,
        title: item.title,
        link: item.url,
        summary: item.summary,
        content: item.content_html,
        published: time(item.date_published),
        updated: time(item.date_modified),
        author: item.author.name,
        categories: item.tags,
        language: item.language,
        files: attachments.map((one) => file(one.url, one.mime_type, one.size_in_bytes)),
        fileTitles: attachments.map(({ title }) => title),
      }
    }),
  }
}

export type ReadFile = { url: string; type: string; size: number }

function file(url: unknown, type: unknown, size: unknown): ReadFile {
  return { url: String(url), type: String(type), size: Number(size) }
}

export function sorted(files: ReadFile[]): ReadFile[] {
  return files.toSorted((a, b) => compare(a.url, b.url))
}

/** By code units, the same on every machine. */
export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function time(written: unknown): string {
  return new Date(written as string | Date).toISOString().replace('.000Z', 'Z')
}
