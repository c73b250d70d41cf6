import { readdirSync, readFileSync, renameSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { connect, type Connection, connectReader } from './connect-sqlite.ts'
import { filesAt, stampOfNow } from './database-file.ts'
import type { Database, Row, Statement } from './database.ts'
import type { Migration } from './migrate.ts'

/**
 * A database file in the shape of D1, and the means to watch it, to replace it and to let go of it. It is
 * synchronous: SQLite answers within the call.
 */
export class NodeDatabase implements Database {
  readonly #path: string
  readonly #connect: (path: string) => Connection
  #sqlite: DatabaseSync
  #readOnly: boolean
  /** The files that were opened: path → identity. */
  #files: Map<string, string>
  #onError = (error: Error) => error
  /** Transactions of this process that are known here. SQLite numbers those of other connections alone. */
  #written = 0
  #versionOfOthers: StatementSync
  readonly #prepared = new Map<string, StatementSync>()

  /** See `openDatabase` and `openReader`. */
  constructor(path: string, connectTo: (path: string) => Connection) {
    this.#path = path
    this.#connect = connectTo
    const { sqlite, readOnly } = connectTo(path)
    this.#sqlite = sqlite
    this.#readOnly = readOnly
    this.#files = filesAt(path)
    this.#versionOfOthers = sqlite.prepare('pragma data_version')
  }

  /** Whether the file, or where it lies, does not allow writing. */
  get readOnly(): boolean {
    return this.#readOnly
  }

  prepare(sql: string): NodeStatement {
    return new NodeStatement(sql, [], (query) => this.#run(query))
  }

  async batch(statements: Statement[]): Promise<void> {
    // What the API confirmed must be on disk, also when the power fails.
    this.#reporting(() => this.#sqlite.exec('pragma synchronous = full; begin immediate'))
    this.#written++
    try {
      for (const one of statements) (one as NodeStatement).run()
      this.#reporting(() => this.#sqlite.exec('commit'))
    } catch (error) {
      // SQLite may have rolled back by itself, and would complain of that instead.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('rollback')
      throw error
    }
  }

  #run({ sql, values }: NodeStatement): Row[] {
    return this.#reporting(() => {
      const query = this.#prepared.get(sql) ?? this.#sqlite.prepare(sql)
      this.#prepared.set(sql, query)
      return query.all(...values)
    })
  }

  #reporting<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.failed(error as Error)
    }
  }

  failed(error: Error): Error {
    return this.#onError(error)
  }

  /** Notes a transaction of this process on another connection. */
  written(): void {
    this.#written++
  }

  /** From now on `tell` gets every error, and answers what is thrown instead. */
  tellErrors(tell: (error: Error) => Error): void {
    this.#onError = tell
  }

  /**
   * Begins to watch. The function answers whether anything was written since it was last called, by this
   * process or by another. Of others it asks once in a turn of the event loop: whoever they tell of what
   * they wrote can ask in a later one at the earliest. It throws when the file cannot be read.
   */
  watch(): () => boolean {
    let seen = -1
    let seenOfOthers: unknown
    let isThisTurn = false
    return () => {
      if (isThisTurn && this.#written === seen) return false
      const { data_version: version } = this.#reporting(() => this.#versionOfOthers.get()!)
      const hasChanged = this.#written !== seen || version !== seenOfOthers
      seen = this.#written
      seenOfOthers = version
      isThisTurn = true
      setImmediate(() => (isThisTurn = false))
      return hasChanged
    }
  }

  /** The first of the files that were opened which no longer lies at its path, or where another one lies. */
  missingFile(): string | undefined {
    const now = filesAt(this.#path)
    return [...this.#files.keys()].find((one) => now.get(one) !== this.#files.get(one))
  }

  /**
   * Moves the WAL file away that lies beside another file which was put at the path and belongs to the one before:
   * SQLite would take it for changes of the new one. Answers where it is now, if there was any.
   */
  setLogAside(): string | undefined {
    const path = this.#path
    const now = filesAt(path)
    // A database that was moved away may come back, and then needs its WAL file here.
    if (!now.has(path) || now.get(path) === this.#files.get(path)) return undefined
    const logs = [`${path}-wal`, `${path}-shm`].filter((log) => {
      return now.has(log) && now.get(log) === this.#files.get(log)
    })
    if (logs.length === 0) return undefined
    const aside = `${path}.replaced-${stampOfNow()}`
    for (const log of logs) renameSync(log, `${aside}${log.slice(path.length)}`)
    return aside
  }

  /** Opens the path again, as a good copy may lie there now. Throws, and stays as it was, if none does. */
  reopen(): void {
    const fresh = this.#connect(this.#path)
    try {
      if (fresh.readOnly && !this.#readOnly) throw new Error('The file can only be read.')
      fresh.sqlite.prepare('select 1 from d1_migrations').all()
    } catch (error) {
      fresh.sqlite.close()
      throw error
    }
    this.#prepared.clear()
    try {
      this.#sqlite.close()
    } finally {
      this.#sqlite = fresh.sqlite
      this.#readOnly = fresh.readOnly
      this.#files = filesAt(this.#path)
      this.#versionOfOthers = fresh.sqlite.prepare('pragma data_version')
      this.#written++
    }
  }

  /** Empties the page cache, which a load has filled. */
  giveBackMemory(): void {
    this.#reporting(() => this.#sqlite.exec('pragma shrink_memory'))
  }

  close(): void {
    this.#sqlite.close()
  }
}

class NodeStatement implements Statement {
  readonly sql: string
  readonly values: SQLInputValue[]
  readonly #run: (statement: NodeStatement) => Row[]

  constructor(sql: string, values: SQLInputValue[], run: (statement: NodeStatement) => Row[]) {
    this.sql = sql
    this.values = values
    this.#run = run
  }

  bind(...values: unknown[]): NodeStatement {
    return new NodeStatement(this.sql, values as SQLInputValue[], this.#run)
  }

  async all<T>(): Promise<{ results: T[] }> {
    return { results: this.run() as T[] }
  }

  async first<T>(): Promise<T | null> {
    return (this.run()[0] as T | undefined) ?? null
  }

  run(): Row[] {
    return this.#run(this)
  }
}

/**
 * Opens a database file, or one in memory for `:memory:`, in the shape of D1. A file that exists and
 * cannot be written is opened to be read. Throws SQLite's error when it cannot be read either.
 */
export function openDatabase(path: string): NodeDatabase {
  return new NodeDatabase(path, connect)
}

/**
 * Opens another connection to a database file that is open already. It can only read. Throws SQLite's error when it
 * cannot.
 */
export function openReader(path: string): NodeDatabase {
  return new NodeDatabase(path, connectReader)
}

/** The migrations that lie beside this file, in order. */
export function readMigrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }))
}

/** Name of the last migration of this version. */
export function newestMigration(): string {
  return readMigrations().at(-1)!.name
}
