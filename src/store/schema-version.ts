import { type DomainError, otherVersion } from '../domain/errors.ts'
import type { Database } from './database.ts'

/** The migrations of earlier versions. */
export const earlierMigrations = [
  '0001_releases.sql',
  '0002_editions.sql',
  '0003_history.sql',
  '0004_publishing.sql',
  '0005_finding.sql',
  '0006_counts.sql',
  '0007_holders.sql',
]

/** Whether releases of an earlier version are not moved yet. */
export async function hasEarlierReleases(database: Database): Promise<boolean> {
  const found = await database
    .prepare("select 1 from sqlite_master where name = 'earlier_release'")
    .first()
  return found !== null
}

/** Names of the migrations that were applied to a database, in their order. */
export async function readAppliedMigrations(database: Database): Promise<string[]> {
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
 * Throws DomainError `unavailable` unless the last migration of a database is `newest`: what a version reads
 * from the tables of another one may be wrong.
 */
export async function checkSchemaVersion(database: Database, newest: string): Promise<void> {
  compareSchemaVersion((await readAppliedMigrations(database)).at(-1), newest)
}

/** The same, where the last migration of the database was read before. */
export function compareSchemaVersion(applied: string | null | undefined, newest: string): void {
  if (applied === newest) return
  throw (applied ?? '') > newest ? schemaIsNewer() : schemaIsOlder()
}

/** The refusal of a database that is still to be migrated. */
export function schemaIsOlder(): DomainError {
  return otherVersion(
    'The database does not have the tables of this version yet. Ask again in a minute.',
  )
}

/** The refusal of a database of a newer version. `unknown` are the migrations that this version does not have. */
export function schemaIsNewer(unknown: string[] = []): DomainError {
  const which = unknown.length > 0 ? ` (${unknown.join(', ')})` : ''
  return otherVersion(
    `The tables of the database are those of a newer version${which}. Ask again in a minute.`,
  )
}
