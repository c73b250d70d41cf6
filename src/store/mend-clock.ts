// Sets a store back whose clock had been ahead: see `clockProblem` in domain/clock.ts.
import { clockProblem, type Mended } from '../domain/clock.ts'
import { keyAt, lastKeyOf, secondOf } from '../domain/key.ts'
import { freeKeys } from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import { chunks } from './chunks.ts'
import { type Database, readStored, type Statement } from './database.ts'
import type { Upgrading } from './earlier.ts'
import { type Position, readPosition, readValues, setState } from './state.ts'

/** How often it is tried again because another process changed the store meanwhile. */
const mostAttempts = 20

/** Characters of releases that are read or written at once: D1 takes 2 MB in one value. */
const mostCharacters = 400_000

/** Everything that holds keys of public releases. */
const columns = [
  ['release', 'key'],
  ['release', 'updated_key'],
  ['former_slug', 'key'],
  ['correction', 'key'],
  ['release_media', 'key'],
  ['departed', 'key'],
  ['departed', 'updated_key'],
  ['topic_count', 'newest'],
] as const

/** Where keys are while others move: no clock shows a second that has such keys. */
const aside = String(2n ** 62n)

/**
 * Dates all that is public and has a date to come at the second `now`: releases keep their identities, their
 * order, and that they are public. What is still to come stays as it is. Answers undefined, and changes
 * nothing, when the clock is not far behind. All of it takes effect at once.
 *
 * The second is one that readers were shown nothing of, and the frame changes in it: what anybody keeps of
 * the store counts as old, whatever its date.
 */
export async function mendClock(
  database: Database,
  now: number,
  wordsOf: Upgrading['wordsOf'],
): Promise<Mended | undefined> {
  for (let attempt = 1; ; attempt++) {
    const position = await readPosition(database, now)
    const latest = await latestDate(database, position)
    if (clockProblem(now, latest) === undefined) return undefined
    try {
      return await setBack(database, { now, position, latest, wordsOf })
    } catch (error) {
      const { revision, shown } = await readPosition(database, now)
      const isAsBefore = revision === position.revision && shown === position.shown
      if (isAsBefore || attempt === mostAttempts) throw error
    }
  }
}

/** The content of a Worker may be dated later than anything that readers were shown. */
async function latestDate(database: Database, { shown }: Position): Promise<number> {
  const { made } = await readValues(database, 'made')
  return Math.max(shown, Number(made ?? 0))
}

type SettingBack = {
  now: number
  position: Position
  latest: number
  wordsOf: Upgrading['wordsOf']
}

async function setBack(
  database: Database,
  { now, position, latest, wordsOf }: SettingBack,
): Promise<Mended> {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { revision, shown } = position
  const free = Math.max(now, (await lastShownBefore(database, position, now)) + 1)
  const [lastNow, lastShown] = [lastKeyOf(now), lastKeyOf(shown)]
  const moved = await readMoved(database, lastNow, lastShown)
  const keys = await newKeys(database, moved, lastNow, free)
  const second = Math.max(free, ...[...keys.values()].map(secondOf))
  const words = await readWords(database, moved, keys, wordsOf)
  const releases = moved.filter(({ id }) => id !== null)
  const files = await readFilesToCome(database, second, lastShown)
  const changed = releases.filter(({ key, updatedKey }) => key !== updatedKey)
  const beyond = (table: string, column: string) =>
    prepare(`update ${table} set ${column} = ?1 where ${column} > ?1`, second)
  await database.batch([
    // What refers to a release moves after it.
    prepare('pragma defer_foreign_keys = on'),
    prepare(
      `update state set value = case
         when value = ?1 and (select max(value) from state where key in ('changed', 'shown')) = ?2 then value + 1
         else null end
       where key = 'revision'`,
      revision,
      shown,
    ),
    deleteWords(
      database,
      'release_words',
      releases.map(({ key }) => key),
    ),
    deleteWords(
      database,
      'moved_words',
      changed.map(({ updatedKey }) => updatedKey),
    ),
    ...moveKeys(database, [...keys]),
    ...words.flatMap((portion) => [
      insertWords(database, portion, 'release_words', 'release_marks.key'),
      insertWords(
        database,
        portion,
        'moved_words',
        'updated_key',
        'and updated_key <> release_marks.key',
      ),
    ]),
    prepare(
      'update release set changed = ?1 where changed > ?1 and key <= ?2',
      second,
      lastKeyOf(second),
    ),
    datePublished(database, second),
    beyond('departure', 'since'),
    beyond('incoming', 'staged'),
    prepare('delete from edition where last_modified > ?', now),
    prepare("update state set value = ?1 where key = 'shown' and value > ?1", second),
    // Whatever is deployed now is the latest, though it may have been made a while ago.
    prepare("update state set value = 0 where key = 'made' and value > ?", second),
    setState(database, 'changed', second),
    setState(database, 'framed', second),
  ])
  const times = moved.flatMap(({ id, key, updatedKey }) => (id === null ? [] : [key, updatedKey]))
  const newest = times.reduce((last, key) => Math.max(last, secondOf(key)), 0)
  return {
    from: latest,
    to: second,
    releases: releases.length,
    newest: newest > now ? newest : undefined,
    files,
  }
}

/** A release, or one that is gone and keeps its keys: then without an identity. */
type Moved = { id: string | null; key: number; updatedKey: number; size: number }

/** Everything public that has a key of a second to come, in its order. */
async function readMoved(database: Database, lastNow: number, lastShown: number): Promise<Moved[]> {
  const isToCome = 'key <= ?2 and (key > ?1 or updated_key > ?1)'
  const { results } = await database
    .prepare(
      `select id, key, updated_key as updatedKey, length(document) as size from release where ${isToCome}
       union all
       select null, key, updated_key, 0 from departed where ${isToCome}
       order by key`,
    )
    .bind(lastNow, lastShown)
    .all<Moved>()
  return results
}

/**
 * The last second up to `now` of which readers can have been shown anything: there the state had another
 * meaning than it will have.
 */
async function lastShownBefore(
  database: Database,
  { shown }: Position,
  now: number,
): Promise<number> {
  const row = await database
    .prepare(
      `select max(
         coalesce((select max(key) from release where key <= ?2), 0),
         coalesce((select max(updated_key) from release where updated_key <= ?2), 0)
       ) as key, max(
         coalesce((select max(changed) from release where changed <= ?1), 0),
         coalesce((select max(since) from departure where since <= ?1), 0),
         coalesce((select max(last_modified) from edition where last_modified <= ?1), 0),
         coalesce((select max(value) from state where key = 'framed' and value <= ?1), 0)
       ) as second`,
    )
    .bind(now, lastKeyOf(now))
    .first<{ key: number; second: number }>()
  return Math.max(secondOf(row!.key), row!.second, shown <= now ? shown : 0)
}

/** The keys to come with those that take their place, which follow each other as they did. */
async function newKeys(
  database: Database,
  moved: Moved[],
  lastNow: number,
  second: number,
): Promise<Map<number, number>> {
  const all = moved.flatMap(({ key, updatedKey }) => [key, updatedKey])
  const old = [...new Set(all)].filter((key) => key > lastNow).toSorted((a, b) => a - b)
  const { results } = await database
    .prepare(
      `select key, updated_key as updatedKey from release where key >= ?1 or updated_key >= ?1
       union all
       select key, updated_key from departed where key >= ?1 or updated_key >= ?1`,
    )
    .bind(keyAt(second))
    .all<{ key: number; updatedKey: number }>()
  const moving = new Set(old)
  const taken = results
    .flatMap(({ key, updatedKey }) => [key, updatedKey])
    .filter((key) => !moving.has(key))
  const nextKey = freeKeys(taken)
  return new Map(old.map((key) => [key, nextKey(second)]))
}

type Words = { key: number; words: string }

/** The words of the releases that move, by their new keys, in portions. */
async function readWords(
  database: Database,
  moved: Moved[],
  keys: Map<number, number>,
  wordsOf: Upgrading['wordsOf'],
): Promise<Words[][]> {
  const portions: Moved[][] = []
  let size = Infinity
  for (const one of moved.filter(({ id }) => id !== null)) {
    if (size + one.size > mostCharacters) portions.push([])
    size = size + one.size > mostCharacters ? one.size : size + one.size
    portions.at(-1)!.push(one)
  }
  const words: Words[][] = []
  for (const portion of portions) {
    const { results } = await database
      .prepare(
        'select key, document from release where key in (select value from json_each(?)) order by key',
      )
      .bind(JSON.stringify(portion.map(({ key }) => key)))
      .all<{ key: number; document: string }>()
    words.push(
      results.map(({ key, document }) => ({
        key: keys.get(key) ?? key,
        words: wordsOf(readStored<Release>(database, document)),
      })),
    )
  }
  return words
}

/** Public releases of the folder whose files say a time to come. */
async function readFilesToCome(
  database: Database,
  second: number,
  lastShown: number,
): Promise<Mended['files']> {
  const { results } = await database
    .prepare(
      `select source, authored as published from release
       where key <= ?1 and authored > ?2 and source not glob 'api:*' and withdrawn = 0 order by source`,
    )
    .bind(lastShown, second)
    .all<{ source: string; published: number }>()
  return results
}

/** In two steps, because some of the new keys may be old ones of others. */
function moveKeys(database: Database, keys: [number, number][]): Statement[] {
  const away = chunks(keys).flatMap((chunk) =>
    columns.map(([table, column]) =>
      database
        .prepare(
          `update ${table} set ${column} = moved.value ->> 1 + ${aside}
           from json_each(?) as moved where ${table}.${column} = moved.value ->> 0`,
        )
        .bind(JSON.stringify(chunk)),
    ),
  )
  const back = columns.map(([table, column]) =>
    database.prepare(
      `update ${table} set ${column} = ${column} - ${aside} where ${column} >= ${aside}`,
    ),
  )
  return keys.length === 0 ? [] : [...away, ...back]
}

function deleteWords(database: Database, table: string, keys: number[]): Statement {
  return database
    .prepare(`delete from ${table} where rowid in (select value from json_each(?))`)
    .bind(JSON.stringify(keys))
}

function insertWords(
  database: Database,
  words: Words[],
  table: string,
  key: string,
  condition = '',
): Statement {
  return database
    .prepare(
      `insert into ${table} (rowid, words)
       select ${key}, (value ->> 'words') || ' ' || marks
       from json_each(?) join release_marks on release_marks.key = value ->> 'key' ${condition}
       order by ${key}`,
    )
    .bind(JSON.stringify(words))
}

/**
 * What came through the API got its times from the clock, and whoever sends a release again without a time
 * means that it keeps its own: it must not be one to come. Files say what their authors wrote.
 */
function datePublished(database: Database, second: number): Statement {
  const now = 'cast(?1 as integer)'
  return database
    .prepare(
      `update release set authored = min(authored, ${now}), wanted = min(wanted, ${now}),
         document = json_replace(
           document,
           '$.authored', min(document ->> '$.authored', ${now}),
           '$.withdrawn.at', min(document ->> '$.withdrawn.at', ${now}),
           '$.changes', json((
             select json_group_array(json_replace(value, '$.at', min(value ->> '$.at', ${now})))
             from json_each(document, '$.changes')
           ))
         )
       where source >= 'api:' and source < 'api;' and key <= ?2 and (
         authored > ?1 or wanted > ?1 or document ->> '$.authored' > ?1
           or document ->> '$.withdrawn.at' > ?1
           or exists (select 1 from json_each(document, '$.changes') where value ->> '$.at' > ?1)
       )`,
    )
    .bind(second, lastKeyOf(second))
}
