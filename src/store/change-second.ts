// The second in which a change becomes public: one in which readers were shown nothing else (H-10).
import { type Clock, clockIsBehind, clockProblem } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { Database, Statement } from './database.ts'
import { type Position, readPosition } from './position.ts'
import { setStateValue } from './state-values.ts'

/** Seconds for which others let a writer go first that lost the race. */
const prioritySeconds = 3

/** The second of the next change. Throws DomainError `unavailable` while the clock is far behind what was shown. */
export function nextSecond({ shown }: Position, now: number): number {
  const problem = clockProblem(now, shown)
  if (problem !== undefined) throw clockIsBehind(problem)
  return Math.max(now, shown + 1)
}

type Waiting = {
  /** The second after which it is given up. */
  until: number
  /** What was decided for a revision waits no longer than the store is at it. */
  revision?: number
  /** Called each time when the second that was waited for is taken by another as well. */
  onTaken?: () => Promise<void>
}

/**
 * Waits for a second in which readers were shown nothing: they could not tell two states of one second apart.
 * What becomes public by itself in that second, and nobody was shown yet, becomes public together with the
 * change. A clock that was set back a little is not waited for, but by no more than one change in a second:
 * otherwise each would take it further ahead. Throws DomainError `unavailable` after `until`.
 */
export async function waitForFreeSecond(
  database: Database,
  clock: Clock,
  { until, revision, onTaken = async () => {} }: Waiting,
): Promise<{ second: number; position: Position }> {
  for (let waitedFor: number | undefined; ;) {
    const now = clock.now()
    const position = await readPosition(database, now)
    const { shown } = position
    // A clock that is behind or stands still is waited for once.
    const isAsFree = waitedFor !== undefined && (shown > now || shown === waitedFor)
    const isStale = revision !== undefined && position.revision !== revision
    if (shown < now || isAsFree || isStale) {
      return { second: nextSecond(position, now), position }
    }
    if (now >= until) throw noFreeSecond()
    if (waitedFor !== undefined) await onTaken()
    await clock.passed(now)
    waitedFor = shown
  }
}

/** A change that takes long to decide would always lose the race against those that wait from now on. */
export async function requestPriority(database: Database, clock: Clock): Promise<void> {
  await setStateValue(database, 'awaited', clock.now() + prioritySeconds).all()
}

/** The statement that gives priority back. */
export function endPriority(database: Database): Statement {
  return setStateValue(database, 'awaited', 0)
}

/** Lets a change go first that asked for priority. */
export async function yieldToPriority(clock: Clock, { priorityUntil }: Position): Promise<void> {
  for (let waits = 0; waits < prioritySeconds && clock.now() < priorityUntil; waits++) {
    await clock.passed(clock.now())
  }
}

/** The refusal of a change for which no second was free. */
export function noFreeSecond(): DomainError {
  return new DomainError(
    'unavailable',
    'Something else becomes public every second at present, and nothing has changed. Send it again in ten seconds.',
    { retryAfter: 10 },
  )
}
