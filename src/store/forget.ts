// Removes for good what a database remembers of releases beside what it shows of them.
import { type Database, readStored, statement } from './database.ts'
import { discardBatch, findAbandonedBatches } from './staging.ts'

/** How often the log of a database that others read is tried to be emptied, and milliseconds in between. */
const attempts = 20
const between = 250

/** What changes of releases replaced, as far as the history keeps it (`WrittenRelease`). */
export async function formerTexts(database: Database, ids: string[]): Promise<unknown[]> {
  const { results } = await statement(
    database,
    `select replaced from history
     where replaced is not null and subject in (select value from json_each(?))
     order by number`,
    JSON.stringify(ids),
  ).all<{ replaced: string }>()
  return results.map(({ replaced }) => readStored<unknown>(database, replaced))
}

/** The files that releases show or attach, and those at `former`, that no other releases show or attach. */
export async function filesOfNoOthers(
  database: Database,
  ids: string[],
  former: string[],
): Promise<string[]> {
  const { results } = await statement(
    database,
    `with own (id) as (select value from json_each(?1))
     select path from release_media cross join release using (key) where id in own
     union
     select value from json_each(?2)
     except
     select path from release_media cross join release using (key) where id not in own
     order by 1`,
    JSON.stringify(ids),
    JSON.stringify(former),
  ).all<{ path: string }>()
  return results.map(({ path }) => path)
}

/**
 * Forgets the former texts of releases: in the history, where it stays who changed something and when, and in the
 * full-text indexes, which keep the words of a text that is deleted until they are written anew. It forgets also for
 * whom there were links, the Markdown that made no text, and what processes left that were killed ten minutes before
 * the second `now`.
 */
export async function forgetTexts(database: Database, ids: string[], now: number): Promise<void> {
  const indexes = ['release_words', 'moved_words', 'event_words']
  const own = 'in (select value from json_each(?))'
  const statements = [
    `update history set replaced = null, note = '' where subject ${own}`,
    `update preview set name = '' where release ${own}`,
    `update release set markdown = null where id ${own}`,
  ]
  for (const batch of await findAbandonedBatches(database, now)) await discardBatch(database, batch)
  await database.batch([
    ...statements.map((one) => statement(database, one, JSON.stringify(ids))),
    ...indexes.map((one) => statement(database, `insert into ${one} (${one}) values ('optimize')`)),
  ])
}

/**
 * Writes the file anew without the pages that were freed, which keep what stood on them. Answers whether the log beside
 * it is empty, too: while somebody reads from it, it stays. Only on Node.
 */
export async function removeFreed(database: Database): Promise<boolean> {
  await database.prepare('vacuum').all()
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const row = await database.prepare('pragma wal_checkpoint(truncate)').first<{ busy: number }>()
    if (row?.busy === 0) return true
    await new Promise((resolve) => setTimeout(resolve, between))
  }
  return false
}
