// A client that reads a feed and all its archives (RFC 5005 section 4), knowing nothing but links.
import { XMLParser } from 'fast-xml-parser'
import { baseUrl, type Fetch } from './platforms.ts'

/** One document of a feed as the walker met it. */
export type Visited = {
  address: string
  /** Identities in the order of the document. */
  ids: string[]
  titles: Map<string, string>
  bytes: number
  lastModified: number
  /** Where it says that older releases are. */
  previous: string | undefined
}

/** Reads a feed from its head to its oldest archive. Throws on loops and on anything but 200. */
export async function walk(fetch: Fetch, head: string): Promise<Visited[]> {
  const visited: Visited[] = []
  for (let next: string | undefined = head; next;) {
    const path: string = next.replace(baseUrl, '')
    if (visited.some(({ address }) => address === path)) throw new Error(`${path} leads to itself`)
    const document = await visit(fetch, path)
    visited.push(document)
    next = document.previous
  }
  return visited
}

/** Every identity that a walk met, with the title of the copy it met first. */
export function releasesOf(documents: Visited[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { titles } of documents) {
    for (const [id, title] of titles) if (!found.has(id)) found.set(id, title)
  }
  return found
}

/** Reads one document. Throws on anything but 200. */
export async function visit(fetch: Fetch, address: string): Promise<Visited> {
  const response = await fetch(address)
  if (response.status !== 200) throw new Error(`${address} is answered ${response.status}`)
  const text = await response.text()
  const { entries, previous } = readOnce(text, readers[formatOf(address)])
  return {
    address,
    ids: entries.map(({ id }) => id),
    titles: new Map(entries.map(({ id, title }) => [id, title])),
    bytes: Buffer.byteLength(text),
    lastModified: Date.parse(response.headers.get('last-modified')!) / 1000,
    previous,
  }
}

type Read = { entries: { id: string; title: string }[]; previous: string | undefined }
type Format = 'atom' | 'rss' | 'json'

function formatOf(address: string): Format {
  return /\.(atom|rss|json)(\?|$)/.exec(address)![1] as Format
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  isArray: (name) => ['link', 'atom:link', 'entry', 'item'].includes(name),
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 50_000_000 },
})

/** A walker meets the same archive again and again, and it always says the same. */
const known = new Map<string, Read>()

function readOnce(text: string, read: (text: string) => Read): Read {
  const document = known.get(text) ?? read(text)
  // Files of tests share this process, and the documents of one are large enough.
  if (known.size >= 100) known.clear()
  known.set(text, document)
  return document
}

type Link = { '@rel': string; '@href': string }

function previousOf(links: unknown): string | undefined {
  return ((links ?? []) as Link[]).find((link) => link['@rel'] === 'prev-archive')?.['@href']
}

const readers: Record<Format, (text: string) => Read> = {
  json(text) {
    const document = JSON.parse(text) as Read & { items: Read['entries']; next_url?: string }
    return { entries: document.items, previous: document.next_url }
  },
  atom(text) {
    const { feed } = parser.parse(text) as {
      feed: { entry?: { id: string; title: string }[]; link: unknown }
    }
    const entries = (feed.entry ?? []).map(({ id, title }) => ({ id, title }))
    return { entries, previous: previousOf(feed.link) }
  },
  rss(text) {
    const { rss } = parser.parse(text) as {
      rss: { channel: { item?: { guid: { '#text': string }; title: string }[] } }
    }
    const { channel } = rss
    const entries = (channel.item ?? []).map(({ guid, title }) => {
      return { id: guid['#text'], title }
    })
    return { entries, previous: previousOf((channel as Record<string, unknown>)['atom:link']) }
  },
}
