import { placesOfSecond } from '../domain/key.ts'
import { type Database, statement, type Statement } from './database.ts'
import { inBatches } from './staging.ts'

/**
 * Releases that are inserted at once: SQLite holds them all in memory first, because a trigger counts their topics. A
 * thread cannot be stopped within a statement either.
 */
const releasesOfPortion = 1000

/**
 * The statements that make releases of what is staged in some batches, a JSON array, with everything that is
 * looked up by. Their keys stand in the table `placement`, and are `keys`. `changed` is the second of the change if
 * it is visible, else 0; what is still to come changes at its own second.
 */
export function insertReleases(
  database: Database,
  staged: string,
  changed: number,
  keys: number[],
): Statement[] {
  return [
    ...portionsOf(keys).map(([first, last]) =>
      statement(
        database,
        `${withPlaced('key', 'and key between ?3 and ?4')}
         insert into release (key, updated_key, changed, id, slug, language, source, origin, hash, authored, wanted, document, markdown, weight, withdrawn, history)
         select key, updated_key, max(?2, key >> ${Math.log2(placesOfSecond)}), id, slug, language, source, origin, hash, authored,
           wanted, document, markdown, weight, document -> '$.withdrawn' is not null, history
         from placed cross join incoming using (batch, id)`,
        staged,
        changed,
        first,
        last,
      ),
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
    ...portionsOf(keys).flatMap((portion) => [
      insertFullText(database, staged, portion, { table: 'release_words', key: 'key' }),
      insertFullText(database, staged, portion, {
        table: 'moved_words',
        key: 'updated_key',
        condition: 'and key <> updated_key',
      }),
      insertFullText(database, staged, portion, {
        table: 'event_words',
        key: 'key',
        of: "where document -> '$.event' is not null",
      }),
    ]),
  ]
}

/** The first and last key of each portion. */
function portionsOf(keys: number[]): [number, number][] {
  const inOrder = keys.toSorted((one, other) => one - other)
  return inOrder.flatMap((first, index): [number, number][] => {
    if (index % releasesOfPortion > 0) return []
    return [[first, inOrder[index + releasesOfPortion - 1] ?? inOrder.at(-1)!]]
  })
}

function insertFullText(
  database: Database,
  staged: string,
  [first, last]: [number, number],
  {
    table,
    key,
    condition = '',
    of = '',
  }: { table: string; key: string; condition?: string; of?: string },
): Statement {
  return statement(
    database,
    `${withPlaced(key, `and key between ?2 and ?3 ${condition}`)}
     insert into ${table} (rowid, words)
     select ${key}, words || ' ' || marks
     from placed cross join incoming using (batch, id)
       cross join release_marks using (key, updated_key) ${of}`,
    staged,
    first,
    last,
  )
}

/**
 * The places of the batches ?1, sorted before their texts are fetched: SQLite would sort whole rows, in memory.
 */
function withPlaced(key: string, condition = ''): string {
  return `with placed as materialized (
    select batch, id, key, updated_key, history from placement
    where ${inBatches('?1')} ${condition} order by ${key}
  )`
}
