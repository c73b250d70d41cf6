import { DomainError, isOtherVersion } from '../domain/errors.ts'
import type { State } from '../domain/release-store.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, readStored, type Statement } from './database.ts'
import { checkTables, compareTables } from './tables.ts'

/** Where the store stands at a second: the part of a state that is a few numbers. */
export type Position = Pick<State, 'revision' | 'horizon' | 'since' | 'frameSince' | 'until'>

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
      `select (select value from state where key = 'revision') as revision,
         (select value from state where key = 'changed') as changed,
         (select value from state where key = 'framed') as framed,
         (select max(published) from release where published <= ?1) as horizon,
         (select min(published) from release where published > ?1) as coming,
         (select max(name) from d1_migrations) as migration`,
    )
    .bind(now)
    .first<PositionRow>()
  // Along with the state this costs no question of its own.
  if (newest !== undefined) compareTables(row?.migration, newest)
  const horizon = row?.horizon ?? 0
  const since = Math.max(row?.changed ?? 0, horizon)
  return {
    revision: row?.revision ?? 0,
    horizon,
    since,
    frameSince: row?.framed ?? 0,
    until: row?.coming ?? Infinity,
  }
}

type PositionRow = Record<
  'revision' | 'changed' | 'framed' | 'horizon' | 'coming',
  number | null
> & {
  migration: string | null
}

/**
 * Reads the state, and what lies in it as text only when it changed. If `newest` names another migration
 * than the last one of the database, nothing but that is asked, and DomainError `unavailable` is thrown.
 */
export function createStateReader(
  database: Database,
  newest?: string,
): (now: number) => Promise<State> {
  let hasFailed = false
  let frame:
    | { revision: number; frameSince: number; site: Site; vocabulary: State['vocabulary'] }
    | undefined

  // A database that was put back may come to a revision again, but not to the second of the frame.
  async function readFrame({ revision, frameSince }: Position) {
    if (frame?.revision === revision && frame.frameSince === frameSince) return frame
    const values = await readValues(database, 'revision', 'site', 'vocabulary')
    frame = {
      revision: Number(values.revision),
      frameSince,
      site: readStored<Site>(database, values.site!),
      vocabulary: createVocabulary(readStored<VocabularySource>(database, values.vocabulary!)),
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
    const position = await readOwnPosition(now)
    if (position.revision === 0) {
      throw new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
    }
    const { site, vocabulary } = await readFrame(position)
    const retired = retiredAt(vocabulary.topics.values(), now)
    return {
      ...position,
      since: Math.max(position.since, retired.since),
      until: Math.min(position.until, retired.until),
      site,
      vocabulary,
      retired,
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
