import type { FormatName } from '../domain/addresses.ts'
import type { Edition } from '../domain/edition.ts'
import { DomainError } from '../domain/errors.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { keyAt } from '../domain/key.ts'
import type { Place, StoredRelease, Walk } from '../domain/release-store.ts'
import { endingOf } from '../domain/retirement.ts'
import {
  endOf,
  formatInterval,
  type Interval,
  intervalOf,
  startOf,
  walksAround,
} from '../feeds/archive.ts'
import { type Chain, createFeed } from '../feeds/feed.ts'
import { formats } from '../feeds/formats.ts'
import { chooseHead, type Head, headWalks, isCut, takeWhole } from '../feeds/window.ts'
import type { Recipe, Rendered } from './documents.ts'
import type { Current, Services } from './services.ts'

/** Bytes that no document may have: FreshRSS cuts what is longer (H-38). */
const largest = 3_145_728
/** Releases in an archive that was asked for by an address of nobody's. */
const mostInArchive = 300

/** What a document of a feed is made of. */
type Making = { query: FeedQuery; format: FormatName; current: Current; services: Services }

/** How the head of a question's feed comes about in a format. */
export function headRecipe(making: Making): Recipe {
  const { query, format, current, services } = making
  return {
    address: current.addresses.feed(query, format),
    contentType: formats[format].contentType,
    kind: format,
    async lastModified() {
      const { store } = services
      const ending = endingOf(query.topics, current.retired, current.vocabulary)
      const usual = await store.lastModified(query, current, headWalks())
      // Of a search every change of the store counts, and nothing was looked for yet.
      const isFar = query.words.length === 0 && (await findPlaces(making)).isFar
      const changed = isFar ? await store.lastModified(query, current, headWalks(isFar)) : usual
      return Math.max(changed, ending?.at ?? 0)
    },
    isNoted: query.words.length === 0,
    async render() {
      const head = await findHead(making)
      return renderHead(making, head, await load(making, head.places))
    },
  }
}

/**
 * How the difference to an edition comes about: the head with only what has changed since, as
 * readers ask for with `A-IM: feed` (RFC 3229). Its body is empty if that is nothing or everything.
 */
export function deltaRecipe(making: Making, edition: Edition): Recipe {
  const whole = headRecipe(making)
  return {
    ...whole,
    // No address has a space, so this is never taken for one.
    address: `${whole.address} since ${edition.lastModified}`,
    isNoted: false,
    async render() {
      const head = await findHead(making)
      const releases = await load(making, head.places)
      const changed = releases.filter((release) => {
        return release.changed > edition.lastModified || release.updatedKey < edition.oldest
      })
      if (changed.length === 0 || changed.length === releases.length) {
        return { body: '', oldest: 0, previous: '' }
      }
      return renderHead(making, head, changed)
    },
  }
}

/**
 * How an archive of a feed comes about (RFC 5005 section 4). Rendering throws `not-found` for one whose
 * time is not over.
 */
export function archiveRecipe(making: Making, interval: Interval): Recipe {
  const { query, format, current, services } = making
  const walk = walkOf(interval)
  const after: Walk = { by: 'updatedKey', from: endOf(interval), towards: 'newer', limit: 1 }
  return {
    address: current.addresses.archive(query, formatInterval(interval), format),
    contentType: formats[format].contentType,
    kind: format,
    async lastModified() {
      const changed = await services.store.lastModified(query, current, [walk])
      const [[later] = []] = await services.store.places(query, current, [after])
      const head = await findHead(making)
      // It leads on once the head no longer holds what comes after it, and any change may have done that.
      const led = isArchived(later, head) ? Math.min(head.latest, current.since) : 0
      return Math.max(changed, led)
    },
    isNoted: false,
    async render() {
      const before: Walk = { by: 'updatedKey', below: startOf(interval), limit: 1 }
      const walks = [walk, before, after]
      const [found = [], older = [], newer = []] = await services.store.places(
        query,
        current,
        walks,
      )
      const places = takeWhole(found, mostInArchive)
      const releases = await load(making, places)
      const head = await findHead(making)
      checkIsOver(interval, current, head)
      const left = found[places.length] ?? older[0]
      const later = newer[0]
      const chain = {
        interval: formatInterval(interval),
        previous: left && (await findInterval(making, left, head)),
        next: isArchived(later, head) ? await findInterval(making, later, head) : undefined,
      }
      return renderDocument(making, releases, chain)
    },
  }
}

/** Whether a release is no longer in the head alone. */
function isArchived(place: Place | undefined, { next }: Head): place is Place {
  return place !== undefined && next !== undefined && place.updatedKey <= next.updatedKey
}

/** The releases in an archive of a feed, newest first, for the page that shows it. */
export async function releasesIn(
  making: Omit<Making, 'format'>,
  archive: Interval,
): Promise<StoredRelease[]> {
  const { query, current, services } = making
  checkIsOver(archive, current, await findHead(making))
  const [places = []] = await services.store.places(query, current, [walkOf(archive)])
  return load({ current, services }, takeWhole(places, mostInArchive))
}

async function findHead(making: Omit<Making, 'format'>): Promise<Head> {
  const { places } = await findPlaces(making)
  return chooseHead(places)
}

/** What the head is chosen from, and whether that took the walks that go far. */
async function findPlaces({ query, current, services }: Omit<Making, 'format'>) {
  const { store } = services
  const places = await store.places(query, current, headWalks())
  if (!isCut(places)) return { places, isFar: false }
  return { places: await store.places(query, current, headWalks(true)), isFar: true }
}

async function renderHead(
  making: Making,
  head: Head,
  releases: StoredRelease[],
): Promise<Rendered> {
  const previous = head.next && (await findInterval(making, head.next, head))
  return renderDocument(making, releases, { previous })
}

async function findInterval(making: Making, place: Place, { latest }: Head): Promise<string> {
  const { query, current, services } = making
  const around = await services.store.places(query, current, walksAround(place))
  return formatInterval(intervalOf(place, around, latest))
}

/** Throws DomainError `not-found` for an interval to which something may still be added. */
function checkIsOver(interval: Interval, { since }: Current, { latest }: Head) {
  // What found no place in the second of its change has one of those after it, and the head leads to it.
  if (endOf(interval) <= keyAt(Math.max(since, latest) + 1)) return
  throw new DomainError('not-found', 'The time of this archive is not over yet. Read the feed.')
}

function walkOf(interval: Interval): Walk {
  const [from, below] = [startOf(interval), endOf(interval)]
  return { by: 'updatedKey', from, below, limit: mostInArchive }
}

function load(
  { current, services }: Pick<Making, 'current' | 'services'>,
  places: Place[],
): Promise<StoredRelease[]> {
  return services.store.load(
    places.map(({ key }) => key),
    current,
  )
}

async function renderDocument(
  { query, format, current, services }: Making,
  releases: StoredRelease[],
  chain: Chain,
): Promise<Rendered> {
  const ending = endingOf(query.topics, current.retired, current.vocabulary)
  const relations = await services.store.findRelations(releases, current)
  for (let shown = releases; ; shown = shown.slice(0, Math.ceil(shown.length / 2))) {
    const feed = await createFeed(query, shown, relations, current, { chain, ending })
    const body = formats[format].render(feed)
    const fits = body.length <= largest / 3 || new TextEncoder().encode(body).length <= largest
    if (!fits && shown.length > 1) continue
    const oldest = shown.reduce((least, { updatedKey }) => Math.min(least, updatedKey), Infinity)
    return { body, oldest: shown.length > 0 ? oldest : 0, previous: chain.previous ?? '' }
  }
}
