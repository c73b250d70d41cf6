// What the errors of SQLite on Node mean.
import { StoreDamaged } from '../domain/errors.ts'
import { StoredTextBroken } from './database.ts'

/**
 * Whether the file is no database, or not a whole one: SQLite says so, what is stored as JSON is none, or
 * something is missing that our migrations made. Errors that a question could bring about are not among these.
 */
export function isDamaged(error: unknown): boolean {
  if (error instanceof StoredTextBroken) return true
  return hasCode(error, 11) || hasCode(error, 26) || (hasCode(error, 1) && isOfDamage(error))
}

/** Whether somebody was told of a damaged file. A disk that fails is not one. */
export function isOfDamagedFile(error: unknown): boolean {
  return error instanceof StoreDamaged && isDamaged(error.cause)
}

/** Whether the disk did not do what SQLite asked of it, other than for want of memory. */
export function isDiskError(error: unknown): boolean {
  const outOfMemory = 10 | (12 << 8)
  return hasCode(error, 10) && (error as { errcode?: number }).errcode !== outOfMemory
}

/** Whether another connection was writing for too long. */
export function isBusy(error: unknown): boolean {
  return hasCode(error, 5)
}

/** Whether there was no room on the disk, also for what SQLite needs beside the database. */
export function isFull(error: unknown): boolean {
  const { code = '', errcode } = error as { code?: string; errcode?: number }
  return hasCode(error, 13) || errcode === noRoomForMemory || ['ENOSPC', 'EDQUOT'].includes(code)
}

/** SQLITE_IOERR_SHMSIZE: the file that processes share cannot be made as long as it has to be. */
const noRoomForMemory = 4874

/** By https://sqlite.org/rescode.html: 1 error, 5 busy, 10 input or output, 11 corrupt, 13 full, 26 not a database. */
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

/** Whether SQLite said so, as when a disk is full or a file can only be read. */
export function isDatabaseError(error: unknown): error is Error {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SQLITE_ERROR'
}
