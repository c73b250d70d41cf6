import { type Element, readXml } from './read-xml.ts'

/** What a reader takes from the document of a feed. */
export type FeedDocument = {
  /** The address that it says it has. */
  self: string | undefined
  /** Where it says that older releases are. */
  previous: string | undefined
  entries: { id: string; title: string }[]
  /** Every time in it, as it is written. */
  times: { field: string; text: string }[]
}

const atom = 'http://www.w3.org/2005/Atom'

type Reading = {
  /** What stands near the beginning of a document. */
  sign: RegExp
  read: (text: string) => FeedDocument
}

/** The formats that are read back. Documents of others are asked for, and not looked into. */
const readings: Record<string, Reading> = {
  rss: {
    sign: /<rss/,
    read: (text) => readXmlFeed(text, { root: 'rss', entry: 'item', id: 'guid' }),
  },
  atom: {
    sign: /<feed/,
    read: (text) => readXmlFeed(text, { root: 'feed', entry: 'entry', id: 'id' }),
  },
  json: { sign: /^\{/, read: readJsonFeed },
}

/** Whether feeds in a format are read back. */
export function isReadBack(format: string): boolean {
  return readings[format] !== undefined
}

/**
 * Reads a feed with parsers that know nothing of how it was made; undefined where there is none for its
 * format. Throws an Error that says why not.
 */
export function readFeed(format: string, text: string): FeedDocument | undefined {
  return readings[format]?.read(text)
}

/** Whether a text that is no page begins like a feed in a format. */
export function beginsLikeFeed(format: string, start: string): boolean {
  return readings[format]?.sign.test(start) ?? true
}

function readJsonFeed(text: string): FeedDocument {
  const feed = JSON.parse(text) as Record<string, unknown>
  if (!String(feed?.version).startsWith('https://jsonfeed.org/version/1')) {
    throw new Error('it is JSON, and no JSON Feed')
  }
  const items = Array.isArray(feed.items) ? (feed.items as Record<string, unknown>[]) : []
  return {
    self: textOf(feed.feed_url),
    previous: textOf(feed.next_url),
    entries: items.map(({ id, title }) => ({ id: textOf(id) ?? '', title: textOf(title) ?? '' })),
    times: items.flatMap((item) =>
      ['date_published', 'date_modified'].flatMap((field) => {
        return field in item ? [{ field, text: String(item[field]) }] : []
      }),
    ),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Names of elements. */
type Names = { root: 'rss' | 'feed'; entry: string; id: string }

function readXmlFeed(text: string, names: Names): FeedDocument {
  const root = readXml(text)
  if (root.name !== names.root) throw new Error(`it is <${root.name}>, and not <${names.root}>`)
  const feed = names.root === 'rss' ? root.children.find(({ name }) => name === 'channel') : root
  if (!feed) throw new Error('it has no channel')
  const entries = feed.children.filter(({ name }) => name === names.entry)
  const link = (rel: string) =>
    feed.children.find(({ name, space, attributes }) => {
      return name === 'link' && space === atom && attributes.rel === rel
    })?.attributes.href
  return {
    self: link('self'),
    previous: link('prev-archive'),
    entries: entries.map((entry) => ({
      id: childText(entry, names.id),
      title: childText(entry, 'title'),
    })),
    times: [feed, ...entries].flatMap(({ children }) =>
      children
        .filter(({ name }) => name in forms)
        .map(({ name, text }) => ({ field: name, text: text.trim() })),
    ),
  }
}

function childText({ children }: Element, name: string): string {
  return children.find((child) => child.name === name)?.text.trim() ?? ''
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const rfc822 =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})$/

/** How the times of each field are to be written. */
const forms: Record<string, RegExp> = {
  pubDate: rfc822,
  lastBuildDate: rfc822,
  published: rfc3339,
  updated: rfc3339,
  modified: rfc3339,
  date_published: rfc3339,
  date_modified: rfc3339,
}

/** A time in seconds since 1970; undefined for one that is not written as readers expect it. */
export function readTime({ field, text }: FeedDocument['times'][number]): number | undefined {
  const milliseconds = forms[field]?.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}
