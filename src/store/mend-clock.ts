// Sets a store back whose clock had been ahead: see `clockProblem` in domain/clock.ts.
import { clockProblem, type Mended } from '../domain/clock.ts'
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { Release } from '../domain/release.ts'
import { type Database, readStored, statement, type Statement } from './database.ts'
import {
  chooseNewKeys,
  type FutureRelease,
  readFutureReleases,
  replaceKeys,
} from './future-keys.ts'
import { type Position, readPosition } from './position.ts'
import { dropPreparation } from './prepare-topics.ts'
import { type Words, writeWords } from './rewrite-words.ts'
import { readStateValues, setStateValue } from './state-values.ts'
import type { UpgradeOptions } from './upgrade.ts'

/** How often it is tried again because another process changed the store meanwhile. */
const mostAttempts = 20

/** Characters of releases that are read or written at once: D1 takes 2 MB in one value. */
const mostCharacters = 400_000

/**
 * Dates everything public that has a date after `now` at about the second `now`, in one transaction. Releases keep
 * their identities, their order, and stay public. What is still to come stays as it is. Answers undefined, and
 * changes nothing, when the clock is not far behind.
 *
 * The second is one that readers were shown nothing of, and the frame changes in it: so every document that
 * anybody keeps counts as old, whatever its date.
 */
export async function mendClock(
  database: Database,
  now: number,
  wordsOf: UpgradeOptions['wordsOf'],
): Promise<Mended | undefined> {
  for (let attempt = 1; ; attempt++) {
    const position = await readPosition(database, now)
    const latest = await latestDate(database, position)
    if (clockProblem(now, latest) === undefined) return undefined
    try {
      return await redate(database, { now, position, latest, wordsOf })
    } catch (error) {
      const { revision, shown } = await readPosition(database, now)
      const isAsBefore = revision === position.revision && shown === position.shown
      if (isAsBefore || attempt === mostAttempts) throw error
    }
  }
}

/** The content of a Worker may be dated later than anything that readers were shown. */
async function latestDate(database: Database, { shown }: Position): Promise<number> {
  const { made } = await readStateValues(database, 'made')
  return Math.max(shown, Number(made ?? 0))
}

type Redating = {
  now: number
  position: Position
  latest: number
  wordsOf: UpgradeOptions['wordsOf']
}

/** What is written: everything public that is dated later is dated at `second`. */
type Plan = {
  now: number
  position: Position
  second: number
  /** Public releases that have a key of a second to come. */
  releases: FutureRelease[]
  /** Old keys with new ones, also of departed releases. */
  keys: Map<number, number>
  /** The words of the releases by their new keys, in portions. */
  words: Words[][]
}

async function redate(
  database: Database,
  { now, position, latest, wordsOf }: Redating,
): Promise<Mended> {
  const [lastNow, lastShown] = [lastKeyOf(now), lastKeyOf(position.shown)]
  const free = Math.max(now, (await lastShownBefore(database, position, now)) + 1)
  const future = await readFutureReleases(database, lastNow, lastShown)
  const keys = await chooseNewKeys(database, future, lastNow, free)
  const second = Math.max(free, ...[...keys.values()].map(secondOf))
  const releases = future.filter(({ id }) => id !== null)
  const words = await readWords(database, releases, keys, wordsOf)
  const files = await readFilesToCome(database, second, lastShown)
  await database.batch(
    redatingStatements(database, { now, position, second, releases, keys, words }),
  )
  const times = releases.flatMap(({ key, updatedKey }) => [key, updatedKey])
  const newest = times.reduce((last, key) => Math.max(last, secondOf(key)), 0)
  return {
    from: latest,
    to: second,
    releases: releases.length,
    newest: newest > now ? newest : undefined,
    files,
  }
}

function redatingStatements(
  database: Database,
  { now, position, second, releases, keys, words }: Plan,
): Statement[] {
  return [
    // Rows that refer to a release get its new key after it.
    statement(database, 'pragma defer_foreign_keys = on'),
    checkRevision(database, position),
    // It was counted by the keys as they are.
    ...dropPreparation(database),
    ...replaceFullText(database, releases, words, replaceKeys(database, [...keys])),
    statement(
      database,
      'update release set changed = ?1 where changed > ?1 and key <= ?2',
      second,
      lastKeyOf(second),
    ),
    datePublished(database, second),
    limitSeconds(database, 'departure', 'since', second),
    limitSeconds(database, 'incoming', 'staged', second),
    statement(database, 'delete from edition where last_modified > ?', now),
    statement(database, "update state set value = ?1 where key = 'shown' and value > ?1", second),
    // Whatever is deployed now is the latest, though it may have been made a while ago.
    statement(database, "update state set value = 0 where key = 'made' and value > ?", second),
    setStateValue(database, 'changed', second),
    setStateValue(database, 'framed', second),
  ]
}

/** Null is refused by the table, and with it the whole transaction. */
function checkRevision(database: Database, { revision, shown }: Position): Statement {
  return statement(
    database,
    `update state set value = case
       when value = ?1 and (select max(value) from state where key in ('changed', 'shown')) = ?2 then value + 1
       else null end
     where key = 'revision'`,
    revision,
    shown,
  )
}

function limitSeconds(
  database: Database,
  table: string,
  column: string,
  second: number,
): Statement {
  return statement(database, `update ${table} set ${column} = ?1 where ${column} > ?1`, second)
}

/** The rows of the full-text index have keys of releases as rowids: they go before the keys are replaced. */
function replaceFullText(
  database: Database,
  releases: FutureRelease[],
  words: Words[][],
  replacing: Statement[],
): Statement[] {
  const changed = releases.filter(({ key, updatedKey }) => key !== updatedKey)
  const keys = releases.map(({ key }) => key)
  const updatedKeys = changed.map(({ updatedKey }) => updatedKey)
  return [
    deleteWords(database, 'release_words', keys),
    deleteWords(database, 'moved_words', updatedKeys),
    deleteWords(database, 'event_words', keys),
    ...replacing,
    ...words.flatMap((portion) => writeWords(database, portion)),
  ]
}

/**
 * The last second up to `now` of which readers can have been shown anything: documents of that second were of
 * another state.
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

/** The words of releases by their new keys, in portions. */
async function readWords(
  database: Database,
  releases: FutureRelease[],
  keys: Map<number, number>,
  wordsOf: UpgradeOptions['wordsOf'],
): Promise<Words[][]> {
  const portions: FutureRelease[][] = []
  let size = Infinity
  for (const one of releases) {
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
      await Promise.all(
        results.map(async ({ key, document }) => ({
          key: keys.get(key) ?? key,
          words: await wordsOf(readStored<Release>(database, document)),
        })),
      ),
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

function deleteWords(database: Database, table: string, keys: number[]): Statement {
  return database
    .prepare(`delete from ${table} where rowid in (select value from json_each(?))`)
    .bind(JSON.stringify(keys))
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
