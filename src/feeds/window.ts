import { secondOf } from '../domain/key.ts'
import { largestDocument } from '../domain/limits.ts'
import type { Place, Walk } from '../domain/release-store.ts'

/** The fewest releases of a head, if they are not too large (C-08). */
const newest = 50
/** Seconds within which every reader is expected to poll. */
const week = 7 * 86_400
/** Seconds for which a head shows a withdrawal (D-01). */
const month = 30 * 86_400
/** The most entries: Feedbin reads no more (C-04). */
const most = 300

/**
 * Releases that changed last that are usually asked for: most feeds have no more in a week, and one goes to
 * the archive.
 */
const usual = 2 * newest

/**
 * The walks that the head of a feed is chosen from, in this order. `isFar`: the usual ones ended too early
 * (`isCut`).
 */
export function headWalks(isFar = false): Walk[] {
  return [
    { by: 'key', onlyNews: true, limit: newest },
    // One more, to find the first release that the head leaves to the archive.
    { by: 'updatedKey', limit: (isFar ? most : usual) + 1 },
    { by: 'updatedKey', withdrawn: true, limit: most },
  ]
}

/**
 * Whether the usual walks ended too early: more releases may have changed within the week, or the head holds
 * all that were found.
 */
export function isCut(found: Place[][]): boolean {
  const [, byUpdated = []] = found
  if (byUpdated.length <= usual) return false
  const { next, latest } = chooseHead(found)
  return next === undefined || secondOf(byUpdated.at(-1)!.updatedKey) > latest - week
}

/** What stands in the head of a feed. */
export type Head = {
  places: Place[]
  /** The last changed release that the head does not hold. The head links to its archive. */
  next: Place | undefined
  /** Second of the last material change in the feed; -Infinity in one without releases. */
  latest: number
}

/**
 * Chooses the head of a feed: the newest releases, what changed materially within a week before the
 * last change, and what was withdrawn within thirty days, as far as the document has room for it.
 * Everything that it leaves out is in the archives. The clock has no part in it.
 */
export function chooseHead([byPublished = [], byUpdated = [], withdrawn = []]: Place[][]): Head {
  const latest = Math.max(
    ...[byUpdated[0], withdrawn[0]].map((place) =>
      place ? secondOf(place.updatedKey) : -Infinity,
    ),
  )
  const since =
    (age: number) =>
    ({ updatedKey }: Place) =>
      secondOf(updatedKey) > latest - age
  const notices = withdrawn.filter(since(month))
  const recent = byUpdated.filter(since(week))
  // Notices first: they are short, and whoever misses one goes on using what is withdrawn.
  const places = takeWhole([...notices, ...inOrderOfChange([...byPublished, ...recent])], most)
  const held = new Set(places.map(({ key }) => key))
  return { places, next: byUpdated.find(({ key }) => !held.has(key)), latest }
}

/** As many releases from the front as fit into a document, and at least one. */
export function takeWhole(places: Place[], limit: number): Place[] {
  let size = 0
  const count = places.findIndex(({ weight }, index) => {
    size += weight
    return index > 0 && (index === limit || size > largestDocument)
  })
  return count === -1 ? places : places.slice(0, count)
}

function inOrderOfChange(places: Place[]): Place[] {
  const byKey = new Map(places.map((one) => [one.key, one]))
  return [...byKey.values()].toSorted((a, b) => b.updatedKey - a.updatedKey)
}
