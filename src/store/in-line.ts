import { type Database, statement } from './database.ts'

/** What a database is in line with: the tables of a version, its bundle of content, and its program. */
export type Line = { newest: string; fingerprint: string; program: string }

type Row = {
  migration: string | null
  bundle: string | null
  program: string | null
  revision: number | null
  isLeft: number
}

/**
 * The revision of a database that is in line and in which nothing is left to be done by whoever comes by; else
 * undefined. One query, so that an isolate that begins need not load what writes.
 */
export async function revisionInLine(
  database: Database,
  { newest, fingerprint, program }: Line,
): Promise<number | undefined> {
  const row = await statement(
    database,
    `select (select max(name) from d1_migrations) as migration,
       (select value from state where key = 'bundle') as bundle,
       (select value from state where key = 'program') as program,
       (select value from state where key = 'revision') as revision,
       exists (select 1 from incoming) or exists (select 1 from topic_preparation)
         or exists (select 1 from topic_move) or exists (select 1 from unindexed_event) as isLeft`,
  )
    .first<Row>()
    // A new database and that of another version lack some of these tables.
    .catch(() => null)
  const isInLine =
    row?.migration === newest && row.bundle === fingerprint && row.program === program
  return isInLine && !row.isLeft ? (row.revision ?? undefined) : undefined
}
