import type { Database, Statement } from './database.ts'
import {
  earlierMigrations,
  hasEarlierReleases,
  readAppliedMigrations,
  schemaIsNewer,
  schemaIsOlder,
} from './schema-version.ts'
import { readStateValues } from './state-values.ts'
import type { UpgradeOptions } from './upgrade.ts'

// What brings the data of an earlier version over is loaded where there is such data: every isolate looks.

/** One file of `migrations/`. */
export type Migration = { name: string; sql: string }

/**
 * Applies the migrations that a database lacks, in the order of their names, and keeps the ledger that
 * `wrangler d1 migrations` keeps. Each is a transaction, and two callers at once do no harm. The releases of an
 * earlier version are moved in portions; answers whether that is done, and if not, call again. Throws DomainError
 * `unavailable` for the database of a newer version, and an Error for one of an earlier version without
 * `upgrading`.
 */
export async function migrate(
  database: Database,
  migrations: Migration[],
  upgrading?: UpgradeOptions,
  portions = Infinity,
): Promise<boolean> {
  const applied = await readAppliedMigrations(database)
  const missing = findMissing(applied, migrations)
  if (!upgrading && (await isOfEarlierVersion(database))) {
    throw new Error('It is the database of an earlier version.')
  }
  if (missing.length > 0) await applyMigrations(database, missing, applied)
  if (!upgrading) return true
  if (await hasEarlierReleases(database)) {
    const { moveEarlierReleases } = await import('./upgrade.ts')
    if (!(await moveEarlierReleases(database, upgrading, portions))) return false
  }
  if (!(await hasUnindexedEvents(database))) return true
  const { indexEvents } = await import('./index-events.ts')
  return indexEvents(database, upgrading, portions)
}

async function hasUnindexedEvents(database: Database): Promise<boolean> {
  return (await database.prepare('select 1 from unindexed_event limit 1').first()) !== null
}

/** Whether a database is one of an earlier version, or not all of its releases are moved yet. */
export async function isOfEarlierVersion(database: Database): Promise<boolean> {
  return hasEarlierMigration(await readAppliedMigrations(database)) || hasEarlierReleases(database)
}

async function applyMigrations(
  database: Database,
  missing: Migration[],
  applied: string[],
): Promise<void> {
  await database
    .prepare(
      'create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)',
    )
    .all()
  for (const [index, { name, sql }] of missing.entries()) {
    const made = splitStatements(sql).map((statement) => database.prepare(statement))
    const isUpgrade = index === 0 && hasEarlierMigration(applied)
    const statements = isUpgrade ? await renamed(database, applied, made) : made
    try {
      await database.batch([
        // First, because the name is unique: of two callers at once only one goes on.
        database.prepare('insert into d1_migrations (name) values (?)').bind(name),
        ...statements,
        // A process that works with the former tables notices by it that they have changed.
        database.prepare("update state set value = value + 1 where key = 'revision'"),
      ])
    } catch (error) {
      const now = await readAppliedMigrations(database)
      if (!now.includes(name)) throw error
    }
  }
}

async function renamed(
  database: Database,
  applied: string[],
  made: Statement[],
): Promise<Statement[]> {
  const { renameEarlierTables } = await import('./upgrade.ts')
  return renameEarlierTables(database, applied, made)
}

/**
 * The same for a version of a Worker that was made in the second `made`, while other versions may be running: it
 * does not migrate the database of a later one, which could no longer read it. Throws DomainError `unavailable`
 * then.
 */
export async function migrateForVersion(
  database: Database,
  migrations: Migration[],
  { made, upgrading, portions }: { made: number; upgrading: UpgradeOptions; portions: number },
): Promise<boolean> {
  const applied = await readAppliedMigrations(database)
  const missing = findMissing(applied, migrations)
  const isNew = missing.length === 0 || applied.length === 0
  const there = isNew ? {} : await readStateValues(database, 'made')
  if (Number(there.made ?? 0) > made) throw schemaIsOlder()
  return migrate(database, migrations, upgrading, portions)
}

function hasEarlierMigration(applied: string[]): boolean {
  return applied.some((name) => earlierMigrations.includes(name))
}

/** The migrations that a database lacks. Throws DomainError `unavailable` if it has unknown ones. */
function findMissing(applied: string[], migrations: Migration[]): Migration[] {
  const known = new Set([...earlierMigrations, ...migrations.map(({ name }) => name)])
  const unknown = applied.filter((name) => !known.has(name))
  if (unknown.length > 0) throw schemaIsNewer(unknown)
  return migrations.filter(({ name }) => !applied.includes(name))
}

/** D1 takes one statement at a time. In our files an empty line separates them. */
function splitStatements(sql: string): string[] {
  return sql
    .split(/\n\s*\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter(Boolean)
}
