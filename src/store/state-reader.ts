import { DomainError, isOtherVersion } from '../domain/errors.ts'
import type { State } from '../domain/release-store.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, readStored, statement } from './database.ts'
import { type Position, readPosition } from './position.ts'
import { checkSchemaVersion } from './schema-version.ts'
import { readStateValues } from './state-values.ts'

/** Seconds after which it is tried again to record what readers are shown. */
const retryAfter = 5

type LastFrame = Pick<State, 'revision' | 'frameSince' | 'site' | 'vocabulary' | 'marks'>

/** The last event that could not be recorded, and the second of the attempt. */
type Unrecorded = { since: number; revision: number; at: number }

/** Reads the state, and the texts in it only when they changed. */
export class StateReader {
  readonly #database: Database
  readonly #newest: string | undefined
  #hasFailed = false
  #frame: LastFrame | undefined
  #unrecorded: Unrecorded | undefined

  /** `newest` is the last migration that this version knows. */
  constructor(database: Database, newest?: string) {
    this.#database = database
    this.#newest = newest
  }

  /**
   * The state at the second `now`. Throws DomainError `unavailable` while nothing was ever brought in, and
   * without another query while the last migration of the database is not `newest`.
   */
  async read(now: number): Promise<State> {
    for (;;) {
      // What was public once stays public, also when the clock is set back (S-06).
      const second = Math.max(now, this.#unrecorded?.since ?? 0)
      const position = await this.#readPosition(second)
      const { revision, horizon, frameSince, shown } = position
      if (this.#unrecorded && this.#unrecorded.revision !== revision) {
        this.#unrecorded = undefined
        continue
      }
      if (revision === 0) {
        throw new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
      }
      const { site, vocabulary, marks } = await this.#readFrame(position)
      const retired = retiredAt(vocabulary.topics.values(), Math.max(second, shown))
      const since = Math.max(position.since, retired.since)
      const until = Math.min(position.until, retired.until)
      const isDue = since > shown && !this.#hasJustFailedToRecord(since, now)
      if (isDue && !(await this.#recordShown(since, revision, now))) continue
      return { revision, horizon, since, frameSince, until, site, vocabulary, marks, retired }
    }
  }

  async #readPosition(now: number): Promise<Position> {
    if (this.#newest === undefined) return readPosition(this.#database, now)
    if (this.#hasFailed) await checkSchemaVersion(this.#database, this.#newest)
    try {
      const position = await readPosition(this.#database, now, this.#newest)
      this.#hasFailed = false
      return position
    } catch (error) {
      this.#hasFailed = true
      // It may have failed because the tables are those of another version.
      if (!isOtherVersion(error)) await checkSchemaVersion(this.#database, this.#newest)
      throw error
    }
  }

  async #readFrame({ revision, frameSince }: Position): Promise<LastFrame> {
    // A database that was restored may come to a revision again, but not to the second of the frame.
    const isSame = this.#frame?.revision === revision && this.#frame.frameSince === frameSince
    if (this.#frame && isSame) return this.#frame
    const database = this.#database
    const values = await readStateValues(database, 'revision', 'site', 'vocabulary')
    const { results } = await statement(database, 'select topic, number from topic_mark').all<{
      topic: string
      number: number
    }>()
    this.#frame = {
      revision: Number(values.revision),
      frameSince,
      site: readStored<Site>(database, values.site!),
      vocabulary: createVocabulary(readStored<VocabularySource>(database, values.vocabulary!)),
      marks: new Map(results.map(({ topic, number }) => [topic, number])),
    }
    return this.#frame
  }

  #hasJustFailedToRecord(since: number, now: number): boolean {
    const failed = this.#unrecorded
    return failed !== undefined && since <= failed.since && now < failed.at + retryAfter
  }

  /**
   * Records the second of what became public by itself before any reader is shown it: no change that was
   * decided earlier may get that second, and a clock that is set back hides nothing. Answers whether the store
   * is still at the revision.
   */
  async #recordShown(since: number, revision: number, now: number): Promise<boolean> {
    try {
      if (this.#database.readOnly) throw new Error('nothing may be written')
      const recorded = await statement(
        this.#database,
        `insert into state (key, value)
         select 'shown', ?1 where (select value from state where key = 'revision') = ?2
         on conflict (key) do update set value = max(value, excluded.value) returning 1`,
        since,
        revision,
      ).first()
      return recorded !== null
    } catch {
      // Readers are answered all the same. The integrity monitor and the log tell what is wrong.
      this.#unrecorded = { since, revision, at: now }
      return true
    }
  }
}
