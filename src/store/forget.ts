// Removes for good what a database remembers of releases beside what it shows of them.
import { type Database, statement } from './database.ts'

/** How often the log of a database that others read is tried to be emptied, and milliseconds in between. */
const attempts = 20
const between = 250

/** The files that releases show or attach, and no others do. */
export async function filesOfNoOthers(database: Database, ids: string[]): Promise<string[]> {
  const { results } = await statement(
    database,
    `select path from release_media cross join release using (key)
     group by path
     having min(id in (select value from json_each(?))) = 1
     order by path`,
    JSON.stringify(ids),
  ).all<{ path: string }>()
  return results.map(({ path }) => path)
}

/**
 * Forgets the former texts of releases: in the history, where it stays who changed something and when, for whom links
 * were made, and in the full-text indexes, which keep the words of a text that is deleted until they are written anew.
 */
export async function forgetTexts(database: Database, ids: string[]): Promise<void> {
  const indexes = ['release_words', 'moved_words', 'event_words']
  await database.batch([
    statement(
      database,
      "update history set replaced = null, note = '' where subject in (select value from json_each(?))",
      JSON.stringify(ids),
    ),
    // Whoever was shown it before may be a person, too.
    statement(
      database,
      'delete from preview where release in (select value from json_each(?))',
      JSON.stringify(ids),
    ),
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
