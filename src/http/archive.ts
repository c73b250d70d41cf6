import type { FeedQuery } from '../domain/feed-query.ts'
import type { Place, StoredRelease, Walk } from '../domain/release-store.ts'
import { endOf, formatInterval, type Interval, startOf } from '../feeds/archive.ts'
import { formats } from '../feeds/formats.ts'
import { type Head, takeWhole } from '../feeds/window.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import {
  checkIsOver,
  type FeedStore,
  findHead,
  findInterval,
  load,
  renderDocument,
} from './feed-document.ts'
import { feedLinks } from './feed-links.ts'
import { feedHeaders, type FeedTarget } from './feed.ts'
import { checkLength, endingOrGone, pathOf } from './question.ts'

/** Releases in an archive that was asked for by an address of nobody's. */
const mostInArchive = 300

export type ArchiveTarget = FeedTarget & { interval: Interval }

/**
 * An archive of a feed (RFC 5005 section 4). Rendering throws `not-found` for one whose time is not over.
 */
export function archiveMeaning(
  { query, format, renamed, interval }: ArchiveTarget,
  current: Current,
  store: FeedStore,
): Meaning {
  const { addresses } = current
  checkLength(addresses.feed(query, format))
  const name = formatInterval(interval)
  const address = addresses.archive(query, name, format)
  if (renamed) return { movedTo: address }
  const ending = endingOrGone(query, current)
  const input = { query, format, current, store }
  const walk = walkOf(interval)
  const after: Walk = { by: 'updatedKey', from: endOf(interval), towards: 'newer', limit: 1 }
  return {
    key: address,
    address,
    subject: { kind: 'feed', format, path: pathOf(addresses.feed(query, format)) },
    renderedAs: format,
    contentType: formats[format].contentType,
    headers: ({ previous }) => {
      const archiveLinks = { interval: name, previous: previous || undefined }
      return {
        ...feedHeaders(ending),
        link: feedLinks(query, format, archiveLinks, ending, current),
      }
    },
    async lastModified() {
      const changed = await store.lastModified(query, current, [walk])
      const [[later] = []] = await store.places(query, current, [after])
      const head = await findHead(input)
      // It leads on once the head no longer holds what comes after it, and any change may have done that.
      const led = isArchived(later, head) ? Math.min(head.latest, current.since) : 0
      return Math.max(changed, led)
    },
    isToKeep: false,
    async render() {
      const before: Walk = { by: 'updatedKey', below: startOf(interval), limit: 1 }
      const walks = [walk, before, after]
      const [found = [], older = [], newer = []] = await store.places(query, current, walks)
      const places = takeWhole(found, mostInArchive)
      const releases = await load(input, places)
      const head = await findHead(input)
      checkIsOver(interval, current, head)
      const left = found[places.length] ?? older[0]
      const later = newer[0]
      const archiveLinks = {
        interval: name,
        previous: left && (await findInterval(input, left, head)),
        next: isArchived(later, head) ? await findInterval(input, later, head) : undefined,
      }
      return renderDocument(input, releases, archiveLinks)
    },
  }
}

/** Whether a release is no longer in the head alone. */
function isArchived(place: Place | undefined, { next }: Head): place is Place {
  return place !== undefined && next !== undefined && place.updatedKey <= next.updatedKey
}

/** The releases in an archive of a feed, newest first, for the page that shows it. */
export async function releasesIn(
  query: FeedQuery,
  interval: Interval,
  current: Current,
  store: FeedStore,
): Promise<StoredRelease[]> {
  checkIsOver(interval, current, await findHead({ query, current, store }))
  const [places = []] = await store.places(query, current, [walkOf(interval)])
  return load({ current, store }, takeWhole(places, mostInArchive))
}

function walkOf(interval: Interval): Walk {
  const [from, below] = [startOf(interval), endOf(interval)]
  return { by: 'updatedKey', from, below, limit: mostInArchive }
}
