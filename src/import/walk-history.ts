import { decode } from './decode.ts'
import type { FetchDocument, FetchedDocument } from './fetch-document.ts'
import { NotFetched } from './fetch-document.ts'
import { NotImported, type ReadEntry, type ReadFeed } from './read-entry.ts'
import { readFeed } from './read-feed.ts'
import { isWordPressExport, readWordPress } from './read-wordpress.ts'

/** A document of a feed that was fetched, as text. */
export type WalkedDocument = Pick<FetchedDocument, 'address' | 'redirects'> & { text: string }

/** Where documents are kept until an import is done, so that one that broke off goes on. */
export type KeptDocuments = {
  find(address: string): Promise<WalkedDocument | undefined>
  keep(address: string, document: WalkedDocument): Promise<void>
}

type Options = {
  fetchDocument: FetchDocument
  kept: KeptDocuments
  /** Entries at most. */
  most: number
  types: string[]
  /** Told how many documents and entries have been read. */
  progress: (documents: number, entries: number) => void
}

export type Walk = {
  /** The newest first. */
  feeds: ReadFeed[]
  documents: number
  /** Redirects of the first document. */
  redirects: FetchedDocument['redirects']
  /** Sentences about what was remarkable. */
  told: string[]
  /** Why it ended before the end of the history, if it did. */
  brokenOff?: string
}

/** No history is as long; who makes up pages does not end. */
const mostDocuments = 5000
/** Archives may repeat what the feed itself has, but not for long. */
const mostWithoutNews = 3

/**
 * Reads a feed from its head to its oldest entries: `prev-archive` and `next` (RFC 5005 sections 3
 * and 4), `next_url` (JSON Feed), `?paged=` (WordPress). A failure on the way ends the walk, and what
 * was read until then counts. Throws NotImported when the head itself cannot be read.
 */
export async function walkHistory(
  source: string,
  { fetchDocument, kept, most, types, progress }: Options,
): Promise<Walk> {
  const walk: Walk = { feeds: [], documents: 0, redirects: [], told: [] }
  const visited = new Set<string>()
  const seen = new Set<string>()
  let withoutNews = 0
  for (let next: string | undefined = source; next;) {
    const at: string = next
    visited.add(withoutFragment(at))
    const page = pageNumber(at)
    let feed: ReadFeed
    let document: WalkedDocument
    try {
      document = await documentAt(at, { fetchDocument, kept })
      visited.add(withoutFragment(document.address))
      feed = isWordPressExport(document.text.slice(0, 65_536))
        ? await readWordPress([document.text], { types })
        : readFeed(document.text, document.address)
    } catch (error) {
      if (walk.documents === 0) throw asNotImported(error, at)
      // WordPress answers 404 to the page after the last.
      const isEnd = page > 1 && error instanceof NotFetched && error.status === 404
      if (!isEnd) walk.brokenOff = asNotImported(error, at).message
      return walk
    }
    if (walk.documents === 0) walk.redirects = document.redirects
    walk.documents++
    const fresh = feed.entries.filter((entry) => !seen.has(keyOf(entry)))
    for (const entry of feed.entries) seen.add(keyOf(entry))
    withoutNews = fresh.length > 0 ? 0 : withoutNews + 1
    const room = most - walk.feeds.reduce((sum, { entries }) => sum + entries.length, 0)
    walk.feeds.push({ ...feed, entries: feed.entries.slice(0, room) })
    progress(walk.documents, seen.size)
    if (feed.entries.length >= room) {
      if (feed.entries.length > room || feed.older)
        walk.told.push(`Older entries were left out, as --most ${most} asks.`)
      return walk
    }
    next = feed.older ?? pageAfter(feed, document.address)
    if (!next) return walk
    if (visited.has(withoutFragment(next))) {
      if (feed.older) walk.told.push(`${at} leads back to ${next}, where the walk ended.`)
      return walk
    }
    const isRepetition = page > 1 && fresh.length === 0
    if (isRepetition || withoutNews === mostWithoutNews) return walk
    if (walk.documents === mostDocuments) {
      walk.brokenOff = `The feed goes on after ${mostDocuments} documents.`
      return walk
    }
  }
  return walk
}

async function documentAt(
  address: string,
  { fetchDocument, kept }: Pick<Options, 'fetchDocument' | 'kept'>,
): Promise<WalkedDocument> {
  const before = await kept.find(address)
  if (before) return before
  const { bytes, contentType, ...rest } = await fetchDocument(address)
  const document = { ...rest, text: decode(bytes, contentType) }
  await kept.keep(address, document)
  return document
}

function asNotImported(error: unknown, address: string): NotImported {
  const { message } = error as Error
  return new NotImported(message.includes(address) ? message : `${address}: ${message}`)
}

function keyOf({ id, link, title, published }: ReadEntry): string {
  return [id ?? link, title?.value, id || link ? '' : published[0]].join(' ')
}

function withoutFragment(address: string): string {
  return address.split('#', 1)[0]!
}

function pageNumber(address: string): number {
  return Number(new URL(address).searchParams.get('paged') ?? 1)
}

function pageAfter({ isPagedByWordPress, entries }: ReadFeed, address: string): string | undefined {
  if (!isPagedByWordPress || entries.length === 0) return undefined
  const url = new URL(address)
  url.searchParams.set('paged', String(pageNumber(address) + 1))
  return url.href
}
