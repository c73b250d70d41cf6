import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { type Database, type Row, type Statement, StoredTextBroken } from './database.ts'
import type { Migration } from './migrate.ts'

/** A D1-shaped database, and the means to let go of it. */
export type NodeDatabase = Database & {
  /** Whether the file, or where it lies, does not allow writing. */
  readOnly: boolean
  /**
   * Begins to watch. The function answers whether anything was written since it was last called, by this
   * process or by another. Of others it asks once in a turn of the event loop: whoever they tell of what
   * they wrote can ask in a later one at the earliest. It throws when the file cannot be read.
   */
  watch(): () => boolean
  /** The first of the files that were opened which no longer lies at its path, or where another one lies. */
  missingFile(): string | undefined
  /** From now on `tell` sees every error first, and answers what is thrown instead. */
  tellErrors(tell: (error: Error) => Error): void
  /**
   * Moves away what lies beside another file that was put at the path and belongs to the one before: it
   * would be taken for changes of the new one. Answers where it is now, if there was any.
   */
  setLogAside(): string | undefined
  /** Opens the path anew, as a good copy may lie there now. Throws, and stays as it was, if none does. */
  reopen(): void
  close(): void
}

/**
 * Opens a database file, or one in memory for `:memory:`, in the shape of D1. A file that exists and
 * cannot be written is opened to be read. Throws SQLite's error when it cannot be read either.
 */
export function openDatabase(path: string): NodeDatabase {
  let { sqlite, readOnly } = connect(path)
  let files = filesAt(path)
  let failed = (error: Error) => error
  /** Transactions of this process. SQLite numbers those of others alone. */
  let written = 0
  let ofOthers = sqlite.prepare('pragma data_version')
  const prepared = new Map<string, StatementSync>()
  const runs = new WeakMap<Statement, () => Row[]>()

  function statement(sql: string, values: SQLInputValue[]): Statement {
    const run = (): Row[] =>
      telling(() => {
        const query = prepared.get(sql) ?? sqlite.prepare(sql)
        prepared.set(sql, query)
        return query.all(...values)
      })
    const self: Statement = {
      bind: (...bound) => statement(sql, bound as SQLInputValue[]),
      all: async <T>() => ({ results: run() as T[] }),
      first: async <T>() => (run()[0] as T | undefined) ?? null,
    }
    runs.set(self, run)
    return self
  }

  function telling<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw failed(error as Error)
    }
  }

  return {
    prepare: (sql) => statement(sql, []),
    async batch(statements) {
      // What was answered for must be on disk, also when the power fails.
      telling(() => sqlite.exec('pragma synchronous = full; begin immediate'))
      written++
      try {
        for (const one of statements) runs.get(one)!()
        telling(() => sqlite.exec('commit'))
      } catch (error) {
        // SQLite may have rolled back by itself, and would complain of that instead.
        if (sqlite.isTransaction) sqlite.exec('rollback')
        throw error
      }
    },
    get readOnly() {
      return readOnly
    },
    watch() {
      let seen = -1
      let seenOfOthers: unknown
      let isThisTurn = false
      return () => {
        if (isThisTurn && written === seen) return false
        const { data_version: version } = telling(() => ofOthers.get()!)
        const hasChanged = written !== seen || version !== seenOfOthers
        seen = written
        seenOfOthers = version
        isThisTurn = true
        setImmediate(() => (isThisTurn = false))
        return hasChanged
      }
    },
    missingFile() {
      const now = filesAt(path)
      return [...files.keys()].find((one) => now.get(one) !== files.get(one))
    },
    failed: (error) => failed(error),
    setLogAside() {
      const now = filesAt(path)
      // One that was moved away may come back, and its log is then wanted here.
      if (!now.has(path) || now.get(path) === files.get(path)) return undefined
      const logs = [`${path}-wal`, `${path}-shm`].filter((log) => {
        return now.has(log) && now.get(log) === files.get(log)
      })
      if (logs.length === 0) return undefined
      const aside = `${path}.replaced-${stampOfNow()}`
      for (const log of logs) renameSync(log, `${aside}${log.slice(path.length)}`)
      return aside
    },
    tellErrors: (tell) => (failed = tell),
    reopen() {
      const fresh = connect(path)
      try {
        if (fresh.readOnly && !readOnly) throw new Error('The file can only be read.')
        fresh.sqlite.prepare('select 1 from d1_migrations').all()
      } catch (error) {
        fresh.sqlite.close()
        throw error
      }
      prepared.clear()
      try {
        sqlite.close()
      } finally {
        ;({ sqlite, readOnly } = fresh)
        files = filesAt(path)
        ofOthers = sqlite.prepare('pragma data_version')
        written++
      }
    },
    close: () => sqlite.close(),
  }
}

/**
 * Whether the file is no database, or not a whole one: SQLite says so, what is stored as JSON is none, or
 * something is missing that our migrations made. Errors that a question could bring about are not among these.
 */
export function isDamaged(error: unknown): boolean {
  if (error instanceof StoredTextBroken) return true
  return hasCode(error, 11) || hasCode(error, 26) || (hasCode(error, 1) && isOfDamage(error))
}

/** Whether the disk did not do what SQLite asked of it, other than for want of memory. */
export function isDiskError(error: unknown): boolean {
  const outOfMemory = 10 | (12 << 8)
  return hasCode(error, 10) && (error as { errcode?: number }).errcode !== outOfMemory
}

/** Whether there was no room on the disk, also for what SQLite needs beside the database. */
export function isFull(error: unknown): boolean {
  const { code = '', errcode } = error as { code?: string; errcode?: number }
  return hasCode(error, 13) || errcode === noRoomForMemory || ['ENOSPC', 'EDQUOT'].includes(code)
}

/** SQLITE_IOERR_SHMSIZE: the file that processes share cannot be made as long as it has to be. */
const noRoomForMemory = 4874

/** By https://sqlite.org/rescode.html: 1 error, 10 input or output, 11 corrupt, 13 full, 26 not a database. */
function hasCode(error: unknown, code: number): boolean {
  const { errcode = 0 } = error as { errcode?: number }
  return isDatabaseError(error) && (errcode & 0xff) === code
}

/** FTS5 and the JSON functions have no code of their own for what they cannot read. */
function isOfDamage(error: unknown): boolean {
  return /^(no such table|malformed JSON|vtable constructor failed|invalid fts5 file format)/.test(
    (error as Error).message,
  )
}

/** Whether a file begins as databases do, and is not something else that was named by mistake. */
export function looksLikeDatabase(path: string): boolean {
  const start = Buffer.alloc(16)
  const file = openSync(path, 'r')
  readSync(file, start)
  closeSync(file)
  return start.toString('latin1') === 'SQLite format 3\0'
}

/** Puts a damaged database aside, so that a new one can be made. Answers where it is now. */
export function setAside(path: string): string {
  const aside = `${path}.damaged-${stampOfNow()}`
  renameSync(path, aside)
  moveLog(path, aside)
  return aside
}

/** A name that sorts by time and is one for every system. */
function stampOfNow(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, '-')
}

/** Puts it back, when no new one could be made. */
export function putBack(aside: string, path: string) {
  renameSync(aside, path)
  moveLog(aside, path)
}

/** What lies beside a database belongs to it, and would be taken for another one's. */
function moveLog(from: string, to: string) {
  for (const ending of ['-wal', '-shm']) {
    if (existsSync(`${from}${ending}`)) renameSync(`${from}${ending}`, `${to}${ending}`)
  }
}

/** Which files lie at the path of a database and beside it, for telling them from others that are put there. */
function filesAt(path: string): Map<string, string> {
  if (path === ':memory:') return new Map()
  const files = ['', '-wal', '-shm'].flatMap((ending) => {
    const found = statOf(`${path}${ending}`)
    return found ? [[`${path}${ending}`, `${found.dev}-${found.ino}`] as const] : []
  })
  return new Map(files)
}

/** What lies at a path, as far as that can be seen. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Whether SQLite said so, as when a disk is full or a file can only be read. */
export function isDatabaseError(error: unknown): error is Error {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SQLITE_ERROR'
}

function connect(path: string): { sqlite: DatabaseSync; readOnly: boolean } {
  const found = connectFile(path)
  // Sorting must not need room on a disk that is full.
  found.sqlite.exec(
    'pragma busy_timeout = 2000; pragma temp_store = memory; pragma synchronous = normal; pragma foreign_keys = on',
  )
  found.sqlite.prepare('select 1 from sqlite_schema').all()
  return found
}

function connectFile(path: string): { sqlite: DatabaseSync; readOnly: boolean } {
  if (path === ':memory:') return { sqlite: new DatabaseSync(path), readOnly: false }
  try {
    mkdirSync(dirname(path), { recursive: true })
    const sqlite = new DatabaseSync(path, { timeout: 5000 })
    sqlite.exec('pragma journal_mode = wal')
    return { sqlite, readOnly: !isWritable(path) }
  } catch (error) {
    // One that was only just begun has nothing to be read.
    const isEmpty = !(statSync(path, { throwIfNoEntry: false })?.size ?? 0)
    const sqlite = isEmpty ? undefined : connectToRead(path)
    if (!sqlite) throw error
    return { sqlite, readOnly: true }
  }
}

/**
 * Reading needs files beside the database, too, which cannot be made where nothing can be written.
 * Unless they are there, SQLite is told that nobody else writes either.
 */
export function connectToRead(path: string): DatabaseSync | undefined {
  const unchanging = new URL('?immutable=1', pathToFileURL(path))
  const ways = hasUnfinishedLog(path) ? [path] : [path, unchanging]
  for (const way of ways) {
    try {
      const sqlite = new DatabaseSync(way, { readOnly: true, timeout: 5000 })
      sqlite.prepare('select 1 from sqlite_schema').all()
      return sqlite
    } catch {
      continue
    }
  }
  return undefined
}

/** Whether changes wait in the log, which would be missed without it. */
function hasUnfinishedLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
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
