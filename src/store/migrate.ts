import type { Database } from './database.ts'
import { readValues } from './state.ts'
import { readApplied, tablesOfBefore, tablesToCome } from './tables.ts'

/** One file of `migrations/`. */
export type Migration = { name: string; sql: string }

/**
 * Applies the migrations that a database has not seen, in the order of their names, and keeps the
 * ledger that `wrangler d1 migrations` keeps. Each takes effect whole or not at all, and two
 * callers at once do no harm. Throws DomainError `unavailable` for the database of a newer version.
 */
export async function migrate(database: Database, migrations: Migration[]): Promise<void> {
  const missing = await findMissing(database, migrations)
  if (missing.length === 0) return
  await database
    .prepare(
      'create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)',
    )
    .all()
  for (const { name, sql } of missing) {
    const record = database.prepare('insert into d1_migrations (name) values (?)').bind(name)
    const statements = split(sql).map((statement) => database.prepare(statement))
    // Whoever works with the tables of before learns by it that these are others.
    const moveOn = database.prepare("update state set value = value + 1 where key = 'revision'")
    try {
      await database.batch([record, ...statements, moveOn])
    } catch (error) {
      const applied = await readApplied(database)
      if (!applied.includes(name)) throw error
    }
  }
}

/**
 * The same for a version of a Worker that was made in the second `made`, while others of it may be
 * running: what a later one works with stays as it is, or that could no longer read it. Throws
 * DomainError `unavailable` then.
 */
export async function migrateForVersion(
  database: Database,
  migrations: Migration[],
  made: number,
): Promise<void> {
  const missing = await findMissing(database, migrations)
  if (missing.length === 0) return
  const isEmpty = missing.length === migrations.length
  const there = isEmpty ? {} : await readValues(database, 'made')
  if (Number(there.made ?? 0) > made) throw tablesOfBefore()
  await migrate(database, migrations)
}

/** The migrations that a database has not seen. Throws for one that has seen others than these. */
async function findMissing(database: Database, migrations: Migration[]): Promise<Migration[]> {
  const applied = await readApplied(database)
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = applied.filter((name) => !known.has(name))
  if (unknown.length > 0) throw tablesToCome(unknown)
  return migrations.filter(({ name }) => !applied.includes(name))
}

/** D1 takes one statement at a time. In our files an empty line parts them. */
function split(sql: string): string[] {
  return sql
    .split(/\n\s*\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter(Boolean)
}
