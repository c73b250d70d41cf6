import type { Database } from './database.ts'

/** One file of `migrations/`. */
export type Migration = { name: string; sql: string }

/**
 * Applies the migrations that a database has not seen, in the order of their names, and keeps the
 * ledger that `wrangler d1 migrations` keeps. Each takes effect whole or not at all, and two
 * callers at once do no harm.
 */
export async function migrate(database: Database, migrations: Migration[]): Promise<void> {
  await database
    .prepare(
      'create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)',
    )
    .all()
  const { results } = await database.prepare('select name from d1_migrations').all()
  const applied = new Set(results.map((row) => row.name))
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue
    const record = database.prepare('insert into d1_migrations (name) values (?)').bind(name)
    try {
      await database.batch([record, ...split(sql).map((statement) => database.prepare(statement))])
    } catch (error) {
      if (!(await isApplied(database, name))) throw error
    }
  }
}

/** D1 takes one statement at a time. In our files an empty line parts them. */
function split(sql: string): string[] {
  return sql
    .split(/\n\s*\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter(Boolean)
}

async function isApplied(database: Database, name: string): Promise<boolean> {
  return (
    (await database.prepare('select 1 from d1_migrations where name = ?').bind(name).first()) !==
    null
  )
}
