import { isUnderEmbargo } from '../domain/embargo.ts'
import type { Site } from '../domain/site.ts'
import { beginning, cleanLine } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { dateInAddress, dayOrder, type DayOrder, readFeedTime } from './feed-time.ts'
import type { LeftOut, ReadEntry, ReadFeed } from './read-entry.ts'
import { languageTag, nearestLanguage } from './site-file.ts'
import { plainLine, plainText } from './text.ts'

/** What an earlier import made of an entry. */
export type ImportedRelease = { slug: string; title: string; published: string }

/** An entry of which it is known what release it becomes. */
export type Settled = {
  entry: ReadEntry
  id: string
  title: string
  language: string
  published: number
  updated: number | undefined
}

type Options = {
  site: Site
  /** Of every release, whatever the feed says. */
  language?: string | undefined
  /** The second of now, to tell what is to come. */
  now: number
  /** Releases that were imported before, by their identity. */
  imported: Map<string, ImportedRelease>
  digest: (text: string) => string
}

/**
 * Finds out identity, title, language and times of every entry. What has none is left out with its
 * reason; of several with the same identity the newest counts, unless they are different releases.
 * `told` says what else is remarkable.
 */
export async function settle(
  feeds: ReadFeed[],
  options: Options,
): Promise<{ settled: Settled[]; leftOut: LeftOut[]; told: string[] }> {
  const counts = { again: 0, own: 0, untitled: 0, guessedDate: 0, future: 0, unreadable: 0 }
  const leftOut: LeftOut[] = []
  const found: Settled[] = []
  const order = orderIn(feeds)
  for (const feed of feeds) {
    for (const entry of feed.entries) {
      const one = settleEntry(entry, feed, { ...options, order })
      if ('reason' in one) {
        leftOut.push(one)
        continue
      }
      counts.untitled += one.isUntitled ? 1 : 0
      counts.guessedDate += one.isDateGuessed ? 1 : 0
      counts.unreadable += hasUnreadable(entry) ? 1 : 0
      found.push(one.settled)
    }
  }
  const before = Map.groupBy(options.imported, ([id]) => id.replace(ownEnd, ''))
  const settled: Settled[] = []
  for (const [id, same] of Map.groupBy(found, (one) => one.id)) {
    const releases = apart(same).map(newestOf)
    counts.again += releases.reduce((sum, { again }) => sum + again, 0)
    leftOut.push(...releases.flatMap((one) => one.leftOut))
    const newest = releases.map((one) => one.newest)
    const own = withOwnIdentities(newest, before.get(id) ?? [])
    counts.own += own.filter((one) => one.id !== id).length
    settled.push(...own)
  }
  counts.future = settled.filter(({ published }) => isUnderEmbargo(published, options.now)).length
  return { settled, leftOut, told: remarks(counts) }
}

type SettledEntry = { settled: Settled; isUntitled: boolean; isDateGuessed: boolean }

/** One entry by itself: what it becomes, or why it is left out. */
function settleEntry(
  entry: ReadEntry,
  feed: ReadFeed,
  { site, language, order, digest }: Options & { order: DayOrder | undefined },
): SettledEntry | LeftOut {
  const title = titleOf(entry)
  const what = title?.text || entry.link || entry.id || 'An entry without a title'
  if (!title) return { what, reason: 'It has neither a title nor a text.' }
  const tag = languageTag(language) ?? languageOf(entry, feed, site.languages)
  const read = createReader({ timezone: site.timezone, language: tag, order })
  const date = dateOf(entry, read, site.timezone)
  if (date.published === undefined) return { what, reason: date.reason }
  const { published } = date
  const updated = read(entry.updated)
  const id = cleanLine(
    entry.id ?? entry.link ?? `urn:sha256:${digest(`${title.text}\n${published}`)}`,
  )
  const settled = {
    entry,
    id,
    title: title.text,
    language: tag ? nearestLanguage(tag, site.languages) : site.languages[0]!,
    published,
    updated: updated !== undefined && updated > published ? updated : undefined,
  }
  return { settled, isUntitled: title.isMade, isDateGuessed: date.isGuess }
}

/** Of versions of one release the newest. What stood on several pages is counted, and what changed is told. */
function newestOf(versions: Settled[]): { newest: Settled; again: number; leftOut: LeftOut[] } {
  const newest = versions.reduce((best, one) => (clockOf(one) > clockOf(best) ? one : best))
  const others = versions.filter((version) => version !== newest)
  const changed = others.filter((version) => !isSame(version.entry, newest.entry))
  return {
    newest,
    again: others.length - changed.length,
    leftOut: changed.map(({ title, id }) => {
      return { what: title, reason: `A newer one has the same identity, ${id}.` }
    }),
  }
}

/** Entries with one identity, by the release they are: versions of one have its title or its date. */
function apart(same: Settled[]): Settled[][] {
  const releases: Settled[][] = []
  for (const one of same.toSorted((a, b) => a.published - b.published)) {
    const release = releases.find((versions) =>
      versions.some(({ title, published }) => title === one.title || published === one.published),
    )
    if (release) release.push(one)
    else releases.push([one])
  }
  return releases
}

/** What an identity ends with that others had before. */
const ownEnd = /#\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** Addresses that several releases have, by the identities that these were given, without `https://`. */
export function sharedAddresses(ids: Iterable<string>): Set<string> {
  const shared = Array.from(ids).filter((id) => ownEnd.test(id))
  return new Set(shared.map((id) => id.replace(ownEnd, '').replace(/^https?:\/\//, '')))
}

/**
 * Gives every release of one identity its own: the one that it was imported with, else the shared one,
 * which only one can have, else one with its time.
 */
function withOwnIdentities(releases: Settled[], before: [string, ImportedRelease][]): Settled[] {
  const taken = new Set(before.map(([id]) => id))
  return releases.map((one) => {
    const time = formatUtc(one.published)
    const known =
      before.find(([, { published }]) => published === time) ??
      before.find(([, { title }]) => title === one.title)
    const id = known?.[0] ?? (taken.has(one.id) ? `${one.id}#${time}` : one.id)
    taken.add(id)
    return { ...one, id }
  })
}

/** What one date shows of itself holds for all, unless they differ. */
function orderIn(feeds: ReadFeed[]): DayOrder | undefined {
  const entries = feeds.flatMap((feed) => feed.entries)
  const orders = new Set(
    entries.flatMap(({ published, updated }) => {
      return [...published, ...updated].flatMap((time) => dayOrder(time) ?? [])
    }),
  )
  return orders.size === 1 ? [...orders][0] : undefined
}

/** Plugins keep the language of a post where exports do not go. Its address may still tell. */
function languageOf(entry: ReadEntry, feed: ReadFeed, languages: string[]): string | undefined {
  const inAddress =
    feed.format === 'wordpress' && entry.link ? languageInAddress(entry.link, languages) : undefined
  return languageTag(entry.language) ?? inAddress ?? languageTag(feed.language)
}

function languageInAddress(address: string, languages: string[]): string | undefined {
  const { pathname, searchParams } = new URL(address)
  const tags = [searchParams.get('lang'), pathname.split('/')[1]].map((tag) => tag?.toLowerCase())
  return languages.find((language) => tags.includes(language))
}

type ReadTimes = (times: string[]) => number | undefined

/** Reads the first of several times that can be read. */
function createReader(context: Parameters<typeof readFeedTime>[1]): ReadTimes {
  return (times) =>
    times.map((time) => readFeedTime(time, context)).find((time) => time !== undefined)
}

type Counts = {
  again: number
  own: number
  untitled: number
  guessedDate: number
  future: number
  unreadable: number
}

function remarks({ again, own, untitled, guessedDate, future, unreadable }: Counts): string[] {
  return [
    ...(again ? [`${again} stood on several pages and were taken once.`] : []),
    ...(own
      ? [
          `${own} share their identity or address with others, differ in title and date, and have an identity of their own.`,
        ]
      : []),
    ...(untitled ? [`${untitled} had no title and have the beginning of their text as one.`] : []),
    ...(guessedDate
      ? [
          `${guessedDate} had no date of publication and have that of their last change or their address.`,
        ]
      : []),
    ...(future ? [`${future} have a time in the future and stay invisible until then.`] : []),
    ...(unreadable
      ? [`${unreadable} have letters that could not be read. Look for \ufffd and write them.`]
      : []),
  ]
}

function hasUnreadable({ title, summary, body }: ReadEntry): boolean {
  return [title, summary, body].some((text) => text?.value.includes('\ufffd'))
}

function clockOf({ published, updated }: Settled): number {
  return updated ?? published
}

/** Pages of a feed overlap, which is nothing to tell of. */
function isSame(one: ReadEntry, other: ReadEntry): boolean {
  return one.title?.value === other.title?.value && one.body?.value === other.body?.value
}

function titleOf({ title, body }: ReadEntry): { text: string; isMade: boolean } | undefined {
  const written = title && plainLine(title)
  if (written) return { text: written, isMade: false }
  const made = body && beginning(cleanLine(plainText(body)), 80)
  return made ? { text: made, isMade: true } : undefined
}

type FoundDate = { published: number; isGuess: boolean } | { published: undefined; reason: string }

/** Nothing is made up: a release without a time is in no feed. */
function dateOf(
  { published, updated, link, id }: ReadEntry,
  read: ReadTimes,
  timezone: string,
): FoundDate {
  const stated = read(published)
  if (stated !== undefined) return { published: stated, isGuess: false }
  const guess = read(updated) ?? dateInAddress(link ?? id ?? '', timezone)
  if (guess !== undefined) return { published: guess, isGuess: true }
  const [wrong] = [...published, ...updated]
  if (!wrong) return { published: undefined, reason: 'It has no date.' }
  const isTwo = readFeedTime(wrong, { timezone, order: 'day first' }) !== undefined
  const why = isTwo ? 'can be two dates, and no other of the feed shows which' : 'is no date'
  return { published: undefined, reason: `“${beginning(wrong, 40)}” ${why}.` }
}
