// A database file with what lies beside it: its WAL file (`-wal`) and the index of that (`-shm`).
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** Whether a file begins as SQLite files do, and is not something else that was named by mistake. */
export function looksLikeDatabase(path: string): boolean {
  const start = Buffer.alloc(16)
  const file = openSync(path, 'r')
  readSync(file, start)
  closeSync(file)
  return start.toString('latin1') === 'SQLite format 3\0'
}

/** Puts a damaged database aside, so that a new one can be created. Answers where it is now. */
export function setAside(path: string): string {
  const aside = `${path}.damaged-${stampOfNow()}`
  renameSync(path, aside)
  moveLog(path, aside)
  return aside
}

/** A name that sorts by time and is one for every system. */
export function stampOfNow(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, '-')
}

/** Puts it back, when no new one could be created. */
export function putBack(aside: string, path: string): void {
  renameSync(aside, path)
  moveLog(aside, path)
}

/** The WAL file belongs to one database; SQLite would read it into another one of the same name. */
function moveLog(from: string, to: string) {
  for (const ending of ['-wal', '-shm']) {
    if (existsSync(`${from}${ending}`)) renameSync(`${from}${ending}`, `${to}${ending}`)
  }
}

/** Which files lie at the path of a database and beside it, for telling them from others that are put there. */
export function filesAt(path: string): Map<string, string> {
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

/** What to do where no database can be made; undefined if it is something else that is wrong. */
export function adviceOnPlace(path: string, error: unknown): string | undefined {
  const found = statOf(path)
  if (found?.isDirectory()) {
    return `That is a folder. Name a file in it: DATABASE=${join(path, 'tiedote.db')}.`
  }
  const { code = '' } = error as NodeJS.ErrnoException
  // SQLite does not say why it could not make a file.
  if (found && !['EACCES', 'EPERM', 'EROFS'].includes(code)) return undefined
  return `Give the user of the service the right to write into ${dirname(path)}, or name another path.`
}
