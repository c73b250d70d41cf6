// Brings releases with an event into their index that an earlier version wrote: see migrations/0012_events.sql.
import type { Release } from '../domain/release.ts'
import { type Database, readStored, statement } from './database.ts'
import type { UpgradeOptions } from './upgrade.ts'

/** Releases that are read at once, and characters in them: D1 takes 2 MB in one value. */
const mostAtOnce = 200
const mostCharacters = 400_000

/**
 * Indexes releases in portions, a transaction each. Answers whether all are indexed; if not, call again. Two callers
 * at once do no harm, and what is replaced meanwhile is indexed by whoever replaces it.
 */
export async function indexEvents(
  database: Database,
  { wordsOf }: UpgradeOptions,
  portions = Infinity,
): Promise<boolean> {
  for (let portion = 0; portion < portions; portion++) {
    const rows = await readNextPortion(database)
    if (rows.length === 0) return true
    const words = await Promise.all(
      rows.map(async ({ key, document }) => {
        return { key, words: await wordsOf(readStored<Release>(database, document)) }
      }),
    )
    const text = JSON.stringify(words)
    await database.batch([
      statement(
        database,
        `insert or replace into event_words (rowid, words)
         select unindexed_event.key, (value ->> 'words') || ' ' || marks
         from json_each(?) as worded
           cross join unindexed_event on unindexed_event.key = value ->> 'key'
           cross join release_marks on release_marks.key = unindexed_event.key
         order by unindexed_event.key`,
        text,
      ),
      statement(
        database,
        "delete from unindexed_event where key in (select value ->> 'key' from json_each(?))",
        text,
      ),
      // Whoever found fewer events before must look again.
      database.prepare("update state set value = value + 1 where key = 'revision'"),
    ])
  }
  return false
}

/** The oldest of those that are left. One that is longer than a portion is one of its own. */
async function readNextPortion(database: Database): Promise<{ key: number; document: string }[]> {
  const { results } = await database
    .prepare(
      `select key, document from (
         select key, document, row_number() over portion as place,
           sum(length(document)) over portion as characters
         from (
           select key, document from unindexed_event join release using (key)
           order by key limit ${mostAtOnce}
         ) window portion as (order by key)
       ) where place = 1 or characters <= ${mostCharacters} order by key`,
    )
    .all<{ key: number; document: string }>()
  return results
}
