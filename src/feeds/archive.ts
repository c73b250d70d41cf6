import type { Place, Walk } from '../domain/release-store.ts'
import { largestDocument } from './window.ts'

/**
 * A stretch of time whose releases make one archive document (RFC 5005 section 4): 2^level seconds,
 * from index × 2^level on. A release belongs to the stretch of its last material change.
 *
 * Stretches do not depend on what was published, so a release never moves from one document to
 * another because of what becomes of others. It leaves its document when it is corrected (then it is
 * in the head, and later in a newer document), withdrawn, or no longer on the topic.
 */
export type Interval = { level: number; index: number }

/** 136 years. */
const highestLevel = 32
/** NewsBlur reads no more of a document. */
const most = 100

export function startOf({ level, index }: Interval): number {
  return index * 2 ** level
}

/** The second after the last one. */
export function endOf({ level, index }: Interval): number {
  return (index + 1) * 2 ** level
}

/** As it stands in addresses: `21-812`. */
export function formatInterval({ level, index }: Interval): string {
  return `${level}-${index}`
}

/** Reads what `formatInterval` wrote, or answers undefined. */
export function parseInterval(text: string): Interval | undefined {
  const [, level, index] = /^(0|[1-9]\d?)-(0|[1-9]\d{0,9})$/.exec(text) ?? []
  if (level === undefined || Number(level) > highestLevel) return undefined
  const interval = { level: Number(level), index: Number(index) }
  return endOf(interval) <= 2 ** highestLevel ? interval : undefined
}

/** What must be known around a release to tell its interval. */
export function walksAround({ updated }: Place): Walk[] {
  return [
    { by: 'updated', below: updated, limit: most },
    { by: 'updated', from: updated + 1, towards: 'newer', limit: most },
  ]
}

/**
 * The interval in which a release is archived: the longest one that is over, and whose releases have
 * room in a document. `older` and `newer` are what stands around the release, nearest first; `latest`
 * is the second of the last material change in the feed: nothing will be added before it.
 */
export function intervalOf(
  place: Place,
  [older = [], newer = []]: Place[][],
  latest: number,
): Interval {
  let chosen = { level: 0, index: place.updated }
  for (let level = 1; level <= highestLevel; level++) {
    const interval = { level, index: Math.floor(place.updated / 2 ** level) }
    if (endOf(interval) > latest || !hasRoom(interval, place, older, newer)) break
    chosen = interval
  }
  return chosen
}

function hasRoom(interval: Interval, place: Place, older: Place[], newer: Place[]): boolean {
  const before = older.filter(({ updated }) => updated >= startOf(interval))
  const after = newer.filter(({ updated }) => updated < endOf(interval))
  // Beyond as many as were looked at there may be more.
  if (before.length + after.length + 1 > most || before.length === most) return false
  const all = [...before, place, ...after]
  return all.reduce((size, { weight }) => size + weight, 0) <= largestDocument
}
