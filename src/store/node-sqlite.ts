import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Database, Row, Statement } from './database.ts'
import type { Migration } from './migrate.ts'

/** A D1-shaped database, and the means to let go of it. */
export type NodeDatabase = Database & { close(): void }

/** Opens a database file, or one in memory for `:memory:`, in the shape of D1. */
export function openDatabase(path: string): NodeDatabase {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const sqlite = new DatabaseSync(path)
  sqlite.exec(
    'pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on',
  )
  const prepared = new Map<string, StatementSync>()
  const runs = new WeakMap<Statement, () => Row[]>()

  function statement(sql: string, values: SQLInputValue[]): Statement {
    const run = () => {
      const query = prepared.get(sql) ?? sqlite.prepare(sql)
      prepared.set(sql, query)
      return query.all(...values) as Row[]
    }
    const self: Statement = {
      bind: (...bound) => statement(sql, bound as SQLInputValue[]),
      all: async <T>() => ({ results: run() as T[] }),
      first: async <T>() => (run()[0] as T | undefined) ?? null,
    }
    runs.set(self, run)
    return self
  }

  return {
    prepare: (sql) => statement(sql, []),
    async batch(statements) {
      sqlite.exec('begin immediate')
      try {
        for (const one of statements) runs.get(one)!()
        sqlite.exec('commit')
      } catch (error) {
        sqlite.exec('rollback')
        throw error
      }
    },
    close: () => sqlite.close(),
  }
}

/** The migrations that lie beside this file, in order. */
export function readMigrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }))
}
