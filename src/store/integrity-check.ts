import { DatabaseSync } from 'node:sqlite'
import { existsSync } from 'node:fs'
import { connectToRead } from './connect-sqlite.ts'
import { isDamaged, isDiskError } from './sqlite-errors.ts'

/** Tables that any version of ours has had. */
const requiredTables = ['d1_migrations', 'state', 'release']
/** Columns that hold JSON, and the condition for rows that do, where not all are JSON. */
const jsonColumns = [
  { table: 'release', column: 'document' },
  { table: 'history', column: 'replaced', rows: 'replaced is not null' },
  { table: 'published_topic', column: 'document' },
  { table: 'content_file', column: 'media' },
  { table: 'state', column: 'value', rows: "key in ('site', 'vocabulary', 'content_vocabulary')" },
]
const fullTextIndexes = ['release_words', 'moved_words', 'event_words']

/**
 * Checks a whole database that others may read and write at the same time: every page of every table and index,
 * every word of the full-text indexes, every text that is stored as JSON. Answers what is wrong with it, or
 * undefined. Throws what keeps it from checking.
 *
 * It runs many queries, none of which lasts longer than one table takes: a checkpoint of the WAL file waits no longer,
 * and the thread can be stopped in between. A single `pragma quick_check` would also go through the full-text
 * indexes, for twice as long as through all the rest, and without a pause.
 */
export function findDamage(path: string): string | undefined {
  if (!existsSync(path)) throw new Error(`there is no file at ${path}`)
  let sqlite: DatabaseSync | undefined
  try {
    // The second attempt throws the reason.
    sqlite = connectToRead(path) ?? new DatabaseSync(path, { readOnly: true })
    return checkTables(sqlite)
  } catch (error) {
    if (isDamaged(error) || isDiskError(error)) return (error as Error).message
    throw error
  } finally {
    sqlite?.close()
  }
}

function checkTables(sqlite: DatabaseSync): string | undefined {
  const tables = sqlite
    .prepare("select name, sql from sqlite_schema where type = 'table'")
    .all()
    .map(({ name, sql }) => ({
      name: String(name),
      isVirtual: /^create virtual/i.test(String(sql)),
    }))
  const names = tables.map(({ name }) => name)
  const missing = requiredTables.find((name) => !names.includes(name))
  if (missing) return `it has no table ${missing}`
  const plain = tables.filter(({ isVirtual }) => !isVirtual)
  for (const { name } of [{ name: 'sqlite_schema' }, ...plain]) {
    const [first] = sqlite.prepare(`pragma quick_check("${name}")`).all()
    const found = String(Object.values(first ?? {})[0])
    if (found !== 'ok') return found.replace(/^\*\*\* in database main \*\*\*\n/, '')
  }
  for (const name of fullTextIndexes.filter((one) => names.includes(one)))
    readFullTextIndex(sqlite, name)
  return findBrokenJson(sqlite)
}

/** Reads every entry of a full-text index. */
function readFullTextIndex(sqlite: DatabaseSync, name: string) {
  sqlite.exec(`create virtual table temp.${name}_terms using fts5vocab(main, '${name}', 'row')`)
  const terms = sqlite.prepare(`select term from temp.${name}_terms`).iterate()
  while (!terms.next().done) continue
}

function findBrokenJson(sqlite: DatabaseSync): string | undefined {
  for (const { table, column, rows = 'true' } of jsonColumns) {
    // Other versions may lack the table.
    const columns = sqlite.prepare('select name from pragma_table_info(?)').all(table)
    if (!columns.some(({ name }) => name === column)) continue
    const texts = sqlite.prepare(
      `select json_valid(${column}) as valid from ${table} where ${rows}`,
    )
    for (const { valid } of texts.iterate()) {
      if (valid !== 1) return `a text in the table ${table} cannot be read`
    }
  }
  return undefined
}
