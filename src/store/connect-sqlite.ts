import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** An open database, and whether the file, or where it lies, does not allow writing. */
export type Connection = { sqlite: DatabaseSync; readOnly: boolean }

/** Opens a database file to be written, or to be read where it cannot be written. Throws SQLite's error. */
export function connect(path: string): Connection {
  const found = prepared(connectFile(path))
  // Loads change pages all over the full-text index: with SQLite's 2 MB each is read and written back many times.
  // The memory is given back after each look at the folder (`NodeDatabase.giveBackMemory`).
  found.sqlite.exec('pragma cache_size = -16000; pragma wal_autocheckpoint = 4000')
  return found
}

/** Opens a database file to be read alone, beside the connection that writes. Throws SQLite's error. */
export function connectReader(path: string): Connection {
  const sqlite = connectToRead(path) ?? new DatabaseSync(path, { readOnly: true })
  return prepared({ sqlite, readOnly: true })
}

function prepared(found: Connection): Connection {
  // Sorting must not need room on a disk that is full.
  found.sqlite.exec(
    'pragma busy_timeout = 2000; pragma temp_store = memory; pragma synchronous = normal; pragma foreign_keys = on',
  )
  found.sqlite.prepare('select 1 from sqlite_schema').all()
  return found
}

function connectFile(path: string): Connection {
  if (path === ':memory:') return { sqlite: new DatabaseSync(path), readOnly: false }
  try {
    mkdirSync(dirname(path), { recursive: true })
    const sqlite = new DatabaseSync(path, { timeout: 5000 })
    sqlite.exec('pragma journal_mode = wal')
    return { sqlite, readOnly: !isWritable(path) }
  } catch (error) {
    // An empty file has nothing to be read.
    const isEmpty = !(statSync(path, { throwIfNoEntry: false })?.size ?? 0)
    const sqlite = isEmpty ? undefined : connectToRead(path)
    if (!sqlite) throw error
    return { sqlite, readOnly: true }
  }
}

/**
 * Opens a database to be read, or answers undefined. Reading needs files beside the database, which cannot be created
 * where nothing can be written. Unless they are there, SQLite is told that nobody else writes either.
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

/** Whether changes wait in the WAL file, which would be missed without it. */
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
