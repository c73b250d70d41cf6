import { placesOfSecond } from '../domain/key.ts'
import { type Database, statement, type Statement } from './database.ts'
import { inBatches } from './staging.ts'

/**
 * The statements that make releases of what is staged in some batches, a JSON array, with everything that is
 * looked up by. Their keys stand in the table `placement`. `changed` is the second of the change if it is visible,
 * else 0; what is still to come changes at its own second.
 */
export function insertReleases(database: Database, staged: string, changed: number): Statement[] {
  return [
    statement(
      database,
      `insert into release (key, updated_key, changed, id, slug, language, source, origin, hash, authored, wanted, document, markdown, weight, withdrawn, history)
       select key, updated_key, max(?2, key >> ${Math.log2(placesOfSecond)}), id, slug, language, source, origin, hash, authored,
         wanted, document, markdown, weight, document -> '$.withdrawn' is not null, history
       from incoming join placement using (batch, id) where ${inBatches('?1')} order by key`,
      staged,
      changed,
    ),
    statement(
      database,
      `insert or ignore into former_slug (slug, language, key)
       select former.value, language, placement.key
       from incoming join placement using (batch, id), json_each(document, '$.formerly') as former
       where ${inBatches('?')}`,
      staged,
    ),
    statement(
      database,
      `insert or ignore into correction (corrected, language, key)
       select document ->> '$.corrects', language, key
       from incoming join placement using (batch, id)
       where ${inBatches('?')} and document ->> '$.corrects' is not null`,
      staged,
    ),
    statement(
      database,
      `insert or ignore into release_media (path, key)
       select file.value, placement.key
       from incoming join placement using (batch, id), json_each(media) as file
       where ${inBatches('?')}`,
      staged,
    ),
    insertFullText(database, staged, { table: 'release_words', key: 'key' }),
    insertFullText(database, staged, {
      table: 'moved_words',
      key: 'updated_key',
      condition: 'and key <> updated_key',
    }),
  ]
}

function insertFullText(
  database: Database,
  staged: string,
  { table, key, condition = '' }: { table: string; key: string; condition?: string },
): Statement {
  return statement(
    database,
    `insert into ${table} (rowid, words)
     select ${key}, words || ' ' || marks
     from incoming join placement using (batch, id)
       join release_marks using (key, updated_key)
     where ${inBatches('?')} ${condition} order by ${key}`,
    staged,
  )
}
