import { DomainError, isOtherVersion } from '../domain/errors.ts'
import type { State } from '../domain/release-store.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, readStored, statement } from './database.ts'
import { type Position, readPosition } from './position.ts'
import { checkSchemaVersion } from './schema-version.ts'
import { isBusy } from './sqlite-errors.ts'
import { readStateValues } from './state-values.ts'
import { readTopicMarks } from './topic-marks.ts'

/** Seconds after which it is tried again to record what readers are shown. */
const retryAfter = 5
/** Milliseconds in which a writer of its own records it, unless it is at work on something large. */
const patience = 100

type LastFrame = Pick<State, 'revision' | 'frameSince' | 'site' | 'vocabulary' | 'marks'>

/** The last event that could not be recorded, and the second of the attempt. */
type Unrecorded = { since: number; revision: number; at: number }

/** What became of recording: `moved` if the store is at another revision, `late` if the writer has no time yet. */
type Recording = 'recorded' | 'moved' | 'late'

/** Reads the state, and the texts in it only when they changed. */
export class StateReader {
  readonly #database: Database
  readonly #newest: string | undefined
  readonly #writer: Database
  #hasFailed = false
  #frame: LastFrame | undefined
  #unrecorded: Unrecorded | undefined
  /** A writer of its own was asked to record something, and did not do it at once. */
  #isLate = false

  /** `newest` is the last migration that this version knows. What readers are shown is recorded in `writer`. */
  constructor(database: Database, newest?: string, writer = database) {
    this.#database = database
    this.#newest = newest
    this.#writer = writer
  }

  /**
   * The state at the second `now`. Throws DomainError `unavailable` while nothing was ever brought in, and
   * without another query while the last migration of the database is not `newest`.
   */
  async read(now: number): Promise<State> {
    for (;;) {
      // What was public once stays public, also when the clock is set back (S-06).
      const second = Math.max(now, this.#unrecorded?.since ?? 0)
      const { state, shown } = await this.#readAt(second)
      const { since, revision } = state
      if (this.#unrecorded && this.#unrecorded.revision !== revision) {
        this.#unrecorded = undefined
        continue
      }
      if (since <= shown || this.#hasJustFailedToRecord(since, now)) return state
      const outcome = await this.#recordInTime({ since, revision, at: now })
      if (outcome === 'recorded') return state
      // A change is being written. Until it is, nothing else becomes public.
      if (outcome === 'late') return (await this.#readAt(shown)).state
    }
  }

  /** What is public at a second, and the last second of which readers were shown anything. */
  async #readAt(second: number): Promise<{ state: State; shown: number }> {
    const position = await this.#readPosition(second)
    const { revision, horizon, frameSince, shown } = position
    if (revision === 0) {
      throw new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
    }
    const { site, vocabulary, marks } = await this.#readFrame(position)
    const retired = retiredAt(site, vocabulary.topics.values(), Math.max(second, shown))
    const since = Math.max(position.since, retired.since)
    const until = Math.min(position.until, retired.until)
    const state = { revision, horizon, since, frameSince, until, site, vocabulary, marks, retired }
    return { state, shown }
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
    // After the values, so that the marks are as new or newer.
    const marks = await readTopicMarks(database)
    this.#frame = {
      revision: Number(values.revision),
      frameSince,
      site: readStored<Site>(database, values.site!),
      vocabulary: createVocabulary(readStored<VocabularySource>(database, values.vocabulary!)),
      marks,
    }
    return this.#frame
  }

  #hasJustFailedToRecord(since: number, now: number): boolean {
    const failed = this.#unrecorded
    return failed !== undefined && since <= failed.since && now < failed.at + retryAfter
  }

  /** Records it as `#record` does, but waits for no more than a moment for a writer that is at work. */
  async #recordInTime(event: Unrecorded): Promise<Recording> {
    if (this.#isLate) return 'late'
    const recording = this.#record(event)
    if (this.#writer === this.#database) return recording
    const late = new Promise<Recording>((resolve) => setTimeout(() => resolve('late'), patience))
    const outcome = await Promise.race([recording, late])
    if (outcome !== 'late') return outcome
    this.#isLate = true
    void recording.then(() => (this.#isLate = false))
    return outcome
  }

  /**
   * Records the second of what became public by itself before any reader is shown it: no change that was
   * decided earlier may get that second, and a clock that is set back hides nothing.
   */
  async #record(event: Unrecorded): Promise<Recording> {
    try {
      if (this.#writer.readOnly) throw new Error('nothing may be written')
      const recorded = await statement(
        this.#writer,
        `insert into state (key, value)
         select 'shown', ?1 where (select value from state where key = 'revision') = ?2
         on conflict (key) do update set value = max(value, excluded.value) returning 1`,
        event.since,
        event.revision,
      ).first()
      return recorded === null ? 'moved' : 'recorded'
    } catch (error) {
      if (isBusy(error)) return 'late'
      // Readers are answered all the same. The integrity monitor and the log tell what is wrong.
      this.#unrecorded = event
      return 'recorded'
    }
  }
}
