import { DomainError, isOtherVersion } from '../domain/errors.ts'
import { placesOfSecond, secondOf } from '../domain/key.ts'
import type { State } from '../domain/release-store.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, readStored, type Statement } from './database.ts'
import { checkTables, compareTables } from './tables.ts'

/** Where the store stands at a second: the part of a state that is a few numbers. */
export type Position = Pick<State, 'revision' | 'horizon' | 'since' | 'frameSince' | 'until'> & {
  /** Second of the last event that readers were shown: of a change, or of what happens by itself. */
  shown: number
  /** Until this second a change waits for its turn that others were faster than; 0 without any. */
  awaited: number
}

/**
 * Answers `revision` 0 while nothing was ever brought in. Throws DomainError `unavailable` if `newest`
 * names another migration than the last one of the database.
 */
export async function readPosition(
  database: Database,
  now: number,
  newest?: string,
): Promise<Position> {
  const row = await database
    .prepare(
      `with seen (shown) as (
         select coalesce(max(value), 0) from state where key in ('changed', 'shown')
       ), public (key) as (
         select cast(max(?1, shown) as integer) * ${placesOfSecond} + ${placesOfSecond - 1} from seen
       )
       select (select value from state where key = 'revision') as revision,
         (select shown from seen) as shown,
         (select value from state where key = 'awaited') as awaited,
         (select value from state where key = 'framed') as framed,
         (select max(key) from release where key <= (select key from public)) as horizon,
         (select min(key) from release where key > (select key from public)) as coming,
         (select max(name) from d1_migrations) as migration`,
    )
    .bind(now)
    .first<PositionRow>()
  // Along with the state this costs no question of its own.
  if (newest !== undefined) compareTables(row?.migration, newest)
  const horizon = secondOf(row?.horizon ?? 0)
  const coming = row?.coming ?? undefined
  return {
    revision: row?.revision ?? 0,
    horizon,
    since: Math.max(row?.shown ?? 0, horizon),
    shown: row?.shown ?? 0,
    awaited: row?.awaited ?? 0,
    frameSince: row?.framed ?? 0,
    until: coming === undefined ? Infinity : secondOf(coming),
  }
}

/** Seconds after which it is tried again to note what readers are shown. */
const rest = 5

type PositionRow = Record<
  'revision' | 'shown' | 'awaited' | 'framed' | 'horizon' | 'coming',
  number | null
> & { migration: string | null }

/**
 * Reads the state, and what lies in it as text only when it changed. If `newest` names another migration
 * than the last one of the database, nothing but that is asked, and DomainError `unavailable` is thrown.
 */
export function createStateReader(
  database: Database,
  newest?: string,
): (now: number) => Promise<State> {
  let hasFailed = false
  let frame: Pick<State, 'revision' | 'frameSince' | 'site' | 'vocabulary' | 'marks'> | undefined
  /** The last event that could not be noted, and the second of the attempt. */
  let unnoted: { since: number; revision: number; at: number } | undefined

  // A database that was put back may come to a revision again, but not to the second of the frame.
  async function readFrame({ revision, frameSince }: Pick<Position, 'revision' | 'frameSince'>) {
    if (frame?.revision === revision && frame.frameSince === frameSince) return frame
    const values = await readValues(database, 'revision', 'site', 'vocabulary')
    const { results } = await database
      .prepare('select topic, number from topic_mark')
      .all<{ topic: string; number: number }>()
    frame = {
      revision: Number(values.revision),
      frameSince,
      site: readStored<Site>(database, values.site!),
      vocabulary: createVocabulary(readStored<VocabularySource>(database, values.vocabulary!)),
      marks: new Map(results.map(({ topic, number }) => [topic, number])),
    }
    return frame
  }

  async function readOwnPosition(now: number): Promise<Position> {
    if (newest === undefined) return readPosition(database, now)
    if (hasFailed) await checkTables(database, newest)
    try {
      const position = await readPosition(database, now, newest)
      hasFailed = false
      return position
    } catch (error) {
      hasFailed = true
      // It may have failed because the tables are others.
      if (!isOtherVersion(error)) await checkTables(database, newest)
      throw error
    }
  }

  return async function readState(now) {
    for (;;) {
      // What was public once stays public, also when the clock is set back (S-06).
      const second = Math.max(now, unnoted?.since ?? 0)
      const position = await readOwnPosition(second)
      const { revision, horizon, frameSince, shown } = position
      if (unnoted && unnoted.revision !== revision) {
        unnoted = undefined
        continue
      }
      if (revision === 0) {
        throw new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
      }
      const { site, vocabulary, marks } = await readFrame(position)
      const retired = retiredAt(vocabulary.topics.values(), Math.max(second, shown))
      const since = Math.max(position.since, retired.since)
      const until = Math.min(position.until, retired.until)
      const hasFailed = unnoted && since <= unnoted.since && now < unnoted.at + rest
      if (since > shown && !hasFailed && !(await noteShown(since, revision, now))) continue
      return { revision, horizon, since, frameSince, until, site, vocabulary, marks, retired }
    }
  }

  /**
   * Notes that readers are shown what happened by itself, before any of them is: no change that was decided
   * before may get that second, and a clock that is set back hides nothing. Answers whether the store is
   * still at the revision.
   */
  async function noteShown(since: number, revision: number, now: number): Promise<boolean> {
    try {
      if (database.readOnly) throw new Error('nothing may be written')
      const noted = await database
        .prepare(
          `insert into state (key, value)
           select 'shown', ?1 where (select value from state where key = 'revision') = ?2
           on conflict (key) do update set value = max(value, excluded.value) returning 1`,
        )
        .bind(since, revision)
        .first()
      return noted !== null
    } catch {
      // Readers are answered all the same. What is wrong with the database is told elsewhere.
      unnoted = { since, revision, at: now }
      return true
    }
  }
}

/** Writes one value of the state. */
export function setState(database: Database, key: string, value: string | number): Statement {
  return database
    .prepare(
      'insert into state (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    )
    .bind(key, value)
}

/** Some values of the state, in one question. */
export async function readValues<Key extends string>(
  database: Database,
  ...keys: Key[]
): Promise<Partial<Record<Key, string>>> {
  const { results } = await database
    .prepare('select key, value from state where key in (select value from json_each(?))')
    .bind(JSON.stringify(keys))
    .all<{ key: Key; value: string }>()
  return Object.fromEntries(results.map(({ key, value }) => [key, value])) as Partial<
    Record<Key, string>
  >
}
