import { otherVersion } from '../domain/errors.ts'
import type { Database } from './database.ts'

/** Names of the migrations that a database has seen, in their order. */
export async function readApplied(database: Database): Promise<string[]> {
  const ledger = await database
    .prepare("select 1 from sqlite_master where name = 'd1_migrations'")
    .first()
  if (!ledger) return []
  const { results } = await database
    .prepare('select name from d1_migrations order by name')
    .all<{ name: string }>()
  return results.map(({ name }) => name)
}

/**
 * Looks whether the tables of a database are those of a version, whose last migration is `newest`: what
 * it reads from any others may be wrong. Throws DomainError `unavailable` then.
 */
export async function checkTables(database: Database, newest: string): Promise<void> {
  compareTables((await readApplied(database)).at(-1), newest)
}

/** The same, where the last migration of the database is known. */
export function compareTables(applied: string | null | undefined, newest: string) {
  if (applied === newest) return
  throw (applied ?? '') > newest ? tablesToCome() : tablesOfBefore()
}

export function tablesOfBefore() {
  return otherVersion(
    'The database does not have the tables of this version yet. Ask again in a minute.',
  )
}

/** `unknown` are the migrations that this version does not have. */
export function tablesToCome(unknown: string[] = []) {
  const which = unknown.length > 0 ? ` (${unknown.join(', ')})` : ''
  return otherVersion(
    `The tables of the database are those of a newer version${which}. Ask again in a minute.`,
  )
}
