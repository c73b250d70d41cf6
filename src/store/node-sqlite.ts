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
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { Database, Row, Statement } from './database.ts'
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
  /** Whether the file that was opened still lies at its path. */
  isInPlace(): boolean
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
  let file = fileAt(path)
  /** Transactions of this process. SQLite numbers those of others alone. */
  let written = 0
  let ofOthers = sqlite.prepare('pragma data_version')
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
      // What was answered for must be on disk, also when the power fails.
      sqlite.exec('pragma synchronous = full; begin immediate')
      written++
      try {
        for (const one of statements) runs.get(one)!()
        sqlite.exec('commit')
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
        const { data_version: version } = ofOthers.get()!
        const hasChanged = written !== seen || version !== seenOfOthers
        seen = written
        seenOfOthers = version
        isThisTurn = true
        setImmediate(() => (isThisTurn = false))
        return hasChanged
      }
    },
    isInPlace: () => fileAt(path) === file,
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
        file = fileAt(path)
        ofOthers = sqlite.prepare('pragma data_version')
        written++
      }
    },
    close: () => sqlite.close(),
  }
}

/** Whether SQLite says that the file is no database, or not a whole one. */
export function isDamaged(error: unknown): boolean {
  return hasCode(error, [11, 26])
}

/** Whether opening the file anew may help: it is damaged, or reading and writing fail. */
export function isBroken(error: unknown): boolean {
  return hasCode(error, [10, 11, 26])
}

/** Whether there was no room on the disk, also for what SQLite needs beside the database. */
export function isFull(error: unknown): boolean {
  const { code = '', errcode } = error as { code?: string; errcode?: number }
  return hasCode(error, [13]) || errcode === noRoomForMemory || ['ENOSPC', 'EDQUOT'].includes(code)
}

/** SQLITE_IOERR_SHMSIZE: the file that processes share cannot be made as long as it has to be. */
const noRoomForMemory = 4874

/** By https://sqlite.org/rescode.html: 10 input or output, 11 corrupt, 13 full, 26 not a database. */
function hasCode(error: unknown, codes: number[]): boolean {
  const { errcode = 0 } = error as { errcode?: number }
  return isDatabaseError(error) && codes.includes(errcode & 0xff)
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
export function setAside(path: string, name: string): string {
  const aside = `${path}.${name}`
  renameSync(path, aside)
  moveLog(path, aside)
  return aside
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

/** Which file lies at a path, for telling it from another one that was put there. */
function fileAt(path: string): string | undefined {
  if (path === ':memory:') return undefined
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev}-${found.ino}`
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
function connectToRead(path: string): DatabaseSync | undefined {
  const unchanging = new URL('?immutable=1', pathToFileURL(path))
  const ways = hasUnfinishedLog(path) ? [path] : [path, unchanging]
  for (const way of ways) {
    try {
      const sqlite = new DatabaseSync(way, { readOnly: true })
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
