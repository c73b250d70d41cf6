import { DomainError } from '../domain/errors.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { keyAt } from '../domain/key.ts'
import type { Place, ReleaseStore, StoredRelease } from '../domain/release-store.ts'
import { endingOf } from '../domain/retirement.ts'
import { endOf, formatInterval, type Interval, intervalOf, walksAround } from '../feeds/archive.ts'
import { type ArchiveLinks, createFeed } from '../feeds/feed.ts'
import { type FormatName, formats } from '../feeds/formats.ts'
import { chooseHead, type Head, headWalks, isCut } from '../feeds/window.ts'
import type { Current } from './answers/state.ts'

// What heads and archives of feeds have in common.

/** Bytes that no document may have: FreshRSS cuts what is longer (H-38). */
const largest = 3_145_728

/** What the document of a feed is made of. */
export type FeedInput = { query: FeedQuery; format: FormatName; current: Current; store: FeedStore }

/** What feeds ask of a store. */
export type FeedStore = Pick<ReleaseStore, 'places' | 'load' | 'lastModified' | 'findRelations'>

export async function findHead(input: Omit<FeedInput, 'format'>): Promise<Head> {
  const { places } = await findPlaces(input)
  return chooseHead(places)
}

/** What the head is chosen from, and whether that took the walks that go far. */
export async function findPlaces({ query, current, store }: Omit<FeedInput, 'format'>) {
  const places = await store.places(query, current, headWalks())
  if (!isCut(places)) return { places, isFar: false }
  return { places: await store.places(query, current, headWalks(true)), isFar: true }
}

/** Names the archive in which a release stands that is no longer in the head. */
export async function findInterval(
  input: FeedInput,
  place: Place,
  { latest }: Head,
): Promise<string> {
  const { query, current, store } = input
  const around = await store.places(query, current, walksAround(place))
  return formatInterval(intervalOf(place, around, latest))
}

/** Throws DomainError `not-found` for an interval to which something may still be added. */
export function checkIsOver(interval: Interval, { since }: Current, { latest }: Head) {
  // What found no place in the second of its change has one of those after it, and the head leads to it.
  if (endOf(interval) <= keyAt(Math.max(since, latest) + 1)) return
  throw new DomainError('not-found', 'The time of this archive is not over yet. Read the feed.')
}

/** Releases by their places. */
export function load(
  { current, store }: Pick<FeedInput, 'current' | 'store'>,
  places: Place[],
): Promise<StoredRelease[]> {
  return store.load(
    places.map(({ key }) => key),
    current,
  )
}

/** Writes a document. One that would be too large has fewer releases. */
export async function renderDocument(
  { query, format, current, store }: FeedInput,
  releases: StoredRelease[],
  archiveLinks: ArchiveLinks,
): Promise<{ body: string; previous: string }> {
  const ending = endingOf(query.topics, current.retired)
  const relations = await store.findRelations(releases, current)
  for (let shown = releases; ; shown = shown.slice(0, Math.ceil(shown.length / 2))) {
    const feed = createFeed(query, shown, relations, current, { archiveLinks, ending })
    const body = formats[format].render(feed)
    const fits = body.length <= largest / 3 || new TextEncoder().encode(body).length <= largest
    if (!fits && shown.length > 1) continue
    return { body, previous: archiveLinks.previous ?? '' }
  }
}
