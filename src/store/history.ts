// What was changed through the API, by whom and when.
import type { HistoryEntry } from '../domain/publishing-store.ts'
import { type Database, readStored, statement, type Statement } from './database.ts'
import { inBatches } from './staging.ts'

/** Bytes of what changes replaced that one answer holds: a text may have a megabyte. */
const mostReplaced = 4_000_000

/** What was done to a release (its identity) or a topic (`topic:` and its slug), the last first. */
export async function readHistory(
  database: Database,
  subject: string,
  limit: number,
): Promise<HistoryEntry[]> {
  const { results } = await statement(
    database,
    `select at, by, action, note,
       iif(sum(octet_length(replaced)) over (order by number desc) <= ?3, replaced, null) as replaced
     from (select * from history where subject = ?1 order by number desc limit ?2)
     order by number desc`,
    subject,
    limit,
    mostReplaced,
  ).all<Omit<HistoryEntry, 'replaced'> & { replaced: string | null }>()
  return results.map(({ replaced, ...entry }) => {
    return replaced === null
      ? entry
      : { ...entry, replaced: readStored<unknown>(database, replaced) }
  })
}

/** The statement that writes what was done to staged releases, as of the second of the change. */
export function recordStagedHistory(database: Database, staged: string, second: number): Statement {
  return statement(
    database,
    `insert into history (subject, slug, language, at, by, action, note, replaced)
     select id, slug, language, ?2, deed ->> 'by', deed ->> 'action', deed ->> 'note', deed -> 'replaced'
     from incoming where ${inBatches('?1')} and deed is not null
     order by (select key from json_each(?1) where value = batch), number`,
    staged,
    second,
  )
}

/** The statement that writes what was done to a topic. */
export function recordTopicHistory(
  database: Database,
  slug: string,
  { at, by, action, note, replaced }: HistoryEntry,
): Statement {
  return statement(
    database,
    `insert into history (subject, slug, language, at, by, action, note, replaced)
     values ('topic:' || ?1, ?1, '', ?2, ?3, ?4, ?5, ?6)`,
    slug,
    at,
    by,
    action,
    note,
    replaced === undefined ? null : JSON.stringify(replaced),
  )
}
