// Keys of seconds to come that public releases have, because the clock was ahead: see mend-clock.ts.
import { keyAt } from '../domain/key.ts'
import { freeKeys } from '../domain/publishing.ts'
import { chunks } from './chunks.ts'
import { type Database, statement, type Statement } from './database.ts'

/** Everything that holds keys of public releases. */
const columns = [
  ['release', 'key'],
  ['release', 'updated_key'],
  ['former_slug', 'key'],
  ['correction', 'key'],
  ['release_media', 'key'],
  ['unindexed_event', 'key'],
  ['departed', 'key'],
  ['departed', 'updated_key'],
  ['topic_count', 'newest'],
] as const

/** What is added to keys while others move: no clock shows a second that has such keys. */
const offset = String(2n ** 62n)

/** A release, or a departed one, which keeps its keys: then without an identity. `size` is in characters. */
export type FutureRelease = { id: string | null; key: number; updatedKey: number; size: number }

/** Public releases up to the key `lastShown` that have a key after `lastNow`, in their order. */
export async function readFutureReleases(
  database: Database,
  lastNow: number,
  lastShown: number,
): Promise<FutureRelease[]> {
  const isToCome = 'key <= ?2 and (key > ?1 or updated_key > ?1)'
  const { results } = await statement(
    database,
    `select id, key, updated_key as updatedKey, length(document) as size from release where ${isToCome}
       union all
       select null, key, updated_key, 0 from departed where ${isToCome}
       order by key`,
    lastNow,
    lastShown,
  ).all<FutureRelease>()
  return results
}

/** The keys after `lastNow` with new ones from `second` on, which follow each other as the old ones did. */
export async function chooseNewKeys(
  database: Database,
  future: FutureRelease[],
  lastNow: number,
  second: number,
): Promise<Map<number, number>> {
  const all = future.flatMap(({ key, updatedKey }) => [key, updatedKey])
  const old = [...new Set(all)].filter((key) => key > lastNow).toSorted((a, b) => a - b)
  const { results } = await statement(
    database,
    `select key, updated_key as updatedKey from release where key >= ?1 or updated_key >= ?1
       union all
       select key, updated_key from departed where key >= ?1 or updated_key >= ?1`,
    keyAt(second),
  ).all<{ key: number; updatedKey: number }>()
  const moving = new Set(old)
  const taken = results
    .flatMap(({ key, updatedKey }) => [key, updatedKey])
    .filter((key) => !moving.has(key))
  const nextKey = freeKeys(taken)
  return new Map(old.map((key) => [key, nextKey(second)]))
}

/** The statements that replace keys in all tables: in two steps, because some new keys may be old ones of others. */
export function replaceKeys(database: Database, keys: [number, number][]): Statement[] {
  const away = chunks(keys).flatMap((chunk) =>
    columns.map(([table, column]) =>
      database
        .prepare(
          `update ${table} set ${column} = moved.value ->> 1 + ${offset}
           from json_each(?) as moved where ${table}.${column} = moved.value ->> 0`,
        )
        .bind(JSON.stringify(chunk)),
    ),
  )
  const back = columns.map(([table, column]) =>
    database.prepare(
      `update ${table} set ${column} = ${column} - ${offset} where ${column} >= ${offset}`,
    ),
  )
  return keys.length === 0 ? [] : [...away, ...back]
}
