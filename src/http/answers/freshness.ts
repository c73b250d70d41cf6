import type { AnswerRecord, Known } from './record.ts'
import type { Current } from './state.ts'

/** Whether an edition is what its address shows in a state: the dates of two frames may be of two clocks. */
export function belongsTo(
  { since, frameSince }: Pick<Known, 'since' | 'frameSince'>,
  current: Pick<Current, 'since' | 'frameSince'>,
): boolean {
  return since === current.since && frameSince === current.frameSince
}

/**
 * How long ago it was known that an answer is what the address shows, in seconds (H-20): the state was read
 * then, or an older answer was looked at for the last time. Never more than caches may keep it.
 */
export function ageOf(
  record: Pick<AnswerRecord, 'since' | 'frameSince' | 'seen' | 'lifetime'>,
  current: Current,
  now: number,
): number {
  const isOfNow = !current.isFailing && belongsTo(record, current)
  const known = isOfNow ? (current.readAt ?? now) : Math.min(record.seen, current.readAt ?? now)
  return ageSince(known, record.lifetime, now)
}

/** Seconds since something was known, and never more than caches may keep it. */
export function ageSince(known: number, lifetime: number, now: number): number {
  return Math.min(Math.max(now - known, 0), lifetime)
}
