import { placesOfSecond, secondOf } from '../domain/key.ts'
import type { State } from '../domain/release-store.ts'
import { type Database, statement } from './database.ts'
import { compareSchemaVersion } from './schema-version.ts'

/** Where the store stands at a second: the part of a state that is a few numbers. */
export type Position = Pick<State, 'revision' | 'horizon' | 'since' | 'frameSince' | 'until'> & {
  /** Second of the last event that readers were shown: of a change, or of what happens by itself. */
  shown: number
  /** Until this second others let a writer go first that keeps losing the race; 0 without any. */
  priorityUntil: number
}

/**
 * Reads the position at the second `now`. `revision` is 0 while nothing was ever brought in. Throws DomainError
 * `unavailable` if `newest` names another migration than the last one of the database.
 */
export async function readPosition(
  database: Database,
  now: number,
  newest?: string,
): Promise<Position> {
  const row = await statement(
    database,
    `with seen (shown) as (
       select coalesce(max(value), 0) from state where key in ('changed', 'shown')
     ), public (key) as (
       select cast(max(?1, shown) as integer) * ${placesOfSecond} + ${placesOfSecond - 1} from seen
     )
     select (select value from state where key = 'revision') as revision,
       (select shown from seen) as shown,
       (select value from state where key = 'awaited') as priorityUntil,
       (select value from state where key = 'framed') as framed,
       (select max(key) from release where key <= (select key from public)) as horizon,
       (select min(key) from release where key > (select key from public)) as coming,
       (select max(name) from d1_migrations) as migration`,
    now,
  ).first<PositionRow>()
  // Read with the position, the migration costs no query of its own.
  if (newest !== undefined) compareSchemaVersion(row?.migration, newest)
  const horizon = secondOf(row?.horizon ?? 0)
  const coming = row?.coming ?? undefined
  return {
    revision: row?.revision ?? 0,
    horizon,
    since: Math.max(row?.shown ?? 0, horizon),
    shown: row?.shown ?? 0,
    priorityUntil: row?.priorityUntil ?? 0,
    frameSince: row?.framed ?? 0,
    until: coming === undefined ? Infinity : secondOf(coming),
  }
}

type PositionRow = Record<
  'revision' | 'shown' | 'priorityUntil' | 'framed' | 'horizon' | 'coming',
  number | null
> & { migration: string | null }
