import type { Clock } from '../domain/clock.ts'
import { endPriority, noFreeSecond, requestPriority, waitForFreeSecond } from './change-second.ts'
import { type Change, prepareTransaction } from './change-transaction.ts'
import { wasCommitted } from './committed.ts'
import type { Database } from './database.ts'
import { readPosition } from './position.ts'
import { prepareTopics } from './prepare-topics.ts'
import type { Marking } from './rewrite-words.ts'

/** How often a change is tried again because another process changed the store meanwhile. */
export const mostAttempts = 20

export type Committing = {
  /** Chooses what is changed at a second, if anything. */
  decide: (second: number) => Promise<Change | undefined>
  marking: Marking
  /** Seconds after which it is given up. */
  patience?: number
  /** Seconds for which releases are marked that come under other topics, before it is left unfinished. */
  longestMarking?: number
}

/**
 * Commits a change that `decide` chooses for the second in which it becomes public; nothing when it chooses
 * none. It is decided anew if another process was first, or if readers were shown something else in that
 * second. Releases that come under other topics are marked before. Returns false if only a part of them is; call
 * again. Throws DomainError `unavailable` when others were first for `patience` seconds or twenty times, or
 * while the clock is far behind what was shown.
 */
export async function commitChange(
  database: Database,
  clock: Clock,
  { decide, marking, patience = Infinity, longestMarking = Infinity }: Committing,
): Promise<boolean> {
  const until = clock.now() + patience
  const limits = { ...marking, until: clock.now() + longestMarking }
  const onTaken = () => requestPriority(database, clock)
  const name = crypto.randomUUID()
  for (let attempt = 1; ; attempt++) {
    const { second, position } = await waitForFreeSecond(database, clock, { until, onTaken })
    const change = await decide(second)
    if (!change) return true
    const preparation = await prepareTopics(database, clock, change.vocabulary, limits)
    if (preparation === 'unfinished') return false
    if (preparation === 'done') continue
    try {
      const named = { ...change, name }
      const transaction = await prepareTransaction(database, position, named, second)
      await database.batch([...transaction, endPriority(database)])
      return true
    } catch (error) {
      const { revision, shown } = await readPosition(database, second)
      const isAsBefore = revision === position.revision && shown < second
      if (isAsBefore) throw error
      if (await wasCommitted(database, name, position.revision)) return true
      if (attempt === mostAttempts) throw noFreeSecond()
      await requestPriority(database, clock)
    }
  }
}
