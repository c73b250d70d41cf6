import { keyAt, placesOfSecond } from '../domain/key.ts'
import type { Place, Walk } from '../domain/release-store.ts'
import { largestDocument } from '../domain/limits.ts'

/**
 * A stretch of time whose releases make one archive document (RFC 5005 section 4): 2^level seconds,
 * from index × 2^level on. A release belongs to the stretch of its last material change. Levels below
 * zero divide a second, so that however many share it, all can be reached; indices below zero are of the
 * time before 1970.
 *
 * Stretches do not depend on what was published, so a release never moves from one document to
 * another because of what becomes of others. It leaves its document when it is corrected (then it is
 * in the head, and later in a newer document), withdrawn, or no longer on the topic.
 */
export type Interval = { level: number; index: number }

/** A single place within a second. */
const lowestLevel = -Math.log2(placesOfSecond)
/** 136 years. */
const highestLevel = 32
/** Stretches begin in the year 881 at the earliest, and end in the year 10680 at the latest. */
const [earliest, latest] = [keyAt(-(2 ** 35)), keyAt(2 ** 38)]
/** NewsBlur reads no more of a document. */
const most = 100

/** The first key. */
export function startOf({ level, index }: Interval): number {
  return index * keyAt(2 ** level)
}

/** The key after the last one. */
export function endOf({ level, index }: Interval): number {
  return (index + 1) * keyAt(2 ** level)
}

/** As it stands in addresses: `21-812`. */
export function formatInterval({ level, index }: Interval): string {
  return `${level}-${index}`
}

/** Reads what `formatInterval` wrote, or answers undefined. */
export function parseInterval(text: string): Interval | undefined {
  const [, level, index] = /^(0|-?[1-9]\d?)-(0|-?[1-9]\d{0,14})$/.exec(text) ?? []
  if (level === undefined) return undefined
  const interval = { level: Number(level), index: Number(index) }
  if (interval.level < lowestLevel || interval.level > highestLevel) return undefined
  return startOf(interval) >= earliest && endOf(interval) <= latest ? interval : undefined
}

/** The walks that find the releases before and after one, to tell its interval. */
export function walksAround({ updatedKey }: Place): Walk[] {
  return [
    { by: 'updatedKey', below: updatedKey, limit: most },
    { by: 'updatedKey', from: updatedKey + 1, towards: 'newer', limit: most },
  ]
}

/**
 * The interval in which a release is archived: the longest one that is over and whose releases fit into a
 * document. `older` and `newer` are the releases before and after it, nearest first. `latest` is the second of
 * the last material change in the feed: nothing will be added before or in it.
 */
export function intervalOf(
  place: Place,
  [older = [], newer = []]: Place[][],
  latest: number,
): Interval {
  let chosen = { level: lowestLevel, index: place.updatedKey }
  for (let level = lowestLevel + 1; level <= highestLevel; level++) {
    const interval = { level, index: Math.floor(place.updatedKey / keyAt(2 ** level)) }
    const isOver = level <= 0 || endOf(interval) <= keyAt(latest)
    if (!isOver || !hasRoom(interval, place, older, newer)) break
    chosen = interval
  }
  return chosen
}

function hasRoom(interval: Interval, place: Place, older: Place[], newer: Place[]): boolean {
  const before = older.filter(({ updatedKey }) => updatedKey >= startOf(interval))
  const after = newer.filter(({ updatedKey }) => updatedKey < endOf(interval))
  // There may be more than the walks returned.
  if (before.length + after.length + 1 > most || before.length === most) return false
  const all = [...before, place, ...after]
  return all.reduce((size, { weight }) => size + weight, 0) <= largestDocument
}
