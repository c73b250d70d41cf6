import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith'
import type { FormatName } from '../../src/feeds/formats.ts'
import { childrenOf, parseXml, type XmlElement } from '../feeds/feed-readers.ts'

/** An entry of a document before a reader decides what to make of it. Dates as written. */
export type Item = {
  format: FormatName
  /** `guid`, `atom:id` or `id`. */
  id: string | undefined
  title: string
  /** Of several alternate links the first one; Python's feedparser takes the last. */
  link: string | undefined
  lastLink: string | undefined
  /** `description` or `summary`. */
  summary: string | undefined
  /** `content:encoded`, `content` or `content_html`. */
  content: string | undefined
  published: string | undefined
  updated: string | undefined
  author: string | undefined
  tags: string[]
  /** Addresses of attachments; undefined where the program reads none. */
  files: string[] | undefined
}

/** Entries in the order of the document, and `<ttl>` in seconds. */
export type FeedDocument = { items: Item[]; timeToLive: number | undefined }

/** Reads XML as programs over libxml2 and browsers do: nothing that is not well-formed. */
export const readStrictly = remembering((body) => {
  if (body.startsWith('{')) throw new Error('The document is not XML.')
  const root = parseXml(body)
  if (root.local === 'feed') {
    return { items: childrenOf(root, 'entry').map(atomItem), timeToLive: undefined }
  }
  const [channel] = childrenOf(root, 'channel')
  if (!channel) throw new Error('The document is no feed.')
  const timeToLive = textOf(channel, 'ttl')
  return {
    items: childrenOf(channel, 'item').map(rssItem),
    timeToLive: timeToLive === undefined ? undefined : Number(timeToLive) * 60,
  }
})

/** Reads with feedsmith, which takes much that is not quite right, JSON Feed too. */
export const readLeniently = remembering((body) => {
  if (body.startsWith('{')) return { items: readJson(body), timeToLive: undefined }
  return /<rss/.test(body) ? readRss(body) : { items: readAtom(body), timeToLive: undefined }
})

/** Many models read the same documents, and a document always says the same. */
function remembering(read: (body: string) => FeedDocument): (body: string) => FeedDocument {
  const known = new Map<string, FeedDocument>()
  return (body) => {
    const document = known.get(body) ?? read(body)
    known.set(body, document)
    return document
  }
}

function rssItem(item: XmlElement): Item {
  return {
    format: 'rss',
    id: textOf(item, 'guid'),
    title: textOf(item, 'title') ?? '',
    link: textOf(item, 'link'),
    lastLink: textOf(item, 'link'),
    summary: textOf(item, 'description'),
    content: textOf(item, 'content:encoded'),
    published: textOf(item, 'pubDate'),
    updated: textOf(item, 'atom:updated'),
    author: textOf(item, 'dc:creator'),
    tags: childrenOf(item, 'category').map(({ text }) => text),
    files: ['enclosure', 'media:content'].flatMap((name) =>
      childrenOf(item, name).map(({ attributes }) => attributes['url']!),
    ),
  }
}

function atomItem(entry: XmlElement): Item {
  const all = childrenOf(entry, 'link').map(({ attributes }) => attributes)
  const links = all.filter(({ rel = 'alternate' }) => rel === 'alternate')
  const [author] = childrenOf(entry, 'author')
  return {
    format: 'atom',
    id: textOf(entry, 'id'),
    title: textOf(entry, 'title') ?? '',
    link: links[0]?.['href'],
    lastLink: links.at(-1)?.['href'],
    summary: textOf(entry, 'summary'),
    content: textOf(entry, 'content'),
    published: textOf(entry, 'published'),
    updated: textOf(entry, 'updated'),
    author: author && textOf(author, 'name'),
    tags: childrenOf(entry, 'category').map(({ attributes: { term, label } }) => label ?? term!),
    files: all.filter(({ rel }) => rel === 'enclosure').map(({ href }) => href!),
  }
}

function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text
}

function readRss(body: string): FeedDocument {
  const { items = [], ttl } = parseRssFeed(body)
  return {
    items: items.map((item) => ({
      format: 'rss',
      id: item.guid?.value,
      title: item.title ?? '',
      link: item.link,
      lastLink: item.link,
      summary: item.description,
      content: item.content?.encoded,
      published: item.pubDate,
      updated: item.atom?.updated,
      author: item.dc?.creators?.[0],
      tags: (item.categories ?? []).map(({ name }) => name ?? ''),
      files: [...(item.enclosures ?? []), ...(item.media?.contents ?? [])].map(
        ({ url }) => url ?? '',
      ),
    })),
    timeToLive: ttl === undefined ? undefined : ttl * 60,
  }
}

function readAtom(body: string): Item[] {
  const { entries = [] } = parseAtomFeed(body)
  return entries.map((entry) => {
    const links = (entry.links ?? []).filter(({ rel = 'alternate' }) => rel === 'alternate')
    return {
      format: 'atom',
      id: entry.id,
      title: entry.title?.value ?? '',
      link: links[0]?.href,
      lastLink: links.at(-1)?.href,
      summary: entry.summary?.value,
      content: entry.content?.value,
      published: entry.published,
      updated: entry.updated,
      author: entry.authors?.[0]?.name,
      tags: (entry.categories ?? []).map(({ term, label }) => label ?? term ?? ''),
      files: (entry.links ?? [])
        .filter(({ rel }) => rel === 'enclosure')
        .map(({ href }) => href ?? ''),
    }
  })
}

function readJson(body: string): Item[] {
  const { items = [] } = parseJsonFeed(body)
  return items.map((item) => ({
    format: 'json',
    id: item.id,
    title: item.title ?? '',
    link: item.url,
    lastLink: item.url,
    summary: item.summary,
    content: item.content_html,
    published: item.date_published,
    updated: item.date_modified,
    author: item.authors?.[0]?.name,
    tags: item.tags ?? [],
    files: (item.attachments ?? []).map(({ url }) => url ?? ''),
  }))
}
