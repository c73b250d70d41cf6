import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { StoreDamaged } from '../domain/errors.ts'
import { statOf } from './database-file.ts'
import type { NodeDatabase } from './node-sqlite.ts'
import { isDamaged, isDiskError } from './sqlite-errors.ts'

/** Milliseconds until the first check, which must not keep the first answers waiting. */
const afterStart = 1000
const daily = 86_400_000
/** Milliseconds between checks whether a damaged file was repaired. */
const whileDamaged = 30_000

/**
 * The one place that knows what is wrong with a database file. It sees the error of every query; it has the
 * whole file checked in a thread, after the start and daily; and each call of `damage` looks whether the file is
 * still there. The log says once what is wrong, and `damage` for as long as it lasts. An intact database that is
 * put at the path is opened.
 */
export class IntegrityMonitor {
  readonly #database: NodeDatabase
  readonly #path: string
  readonly #advice: string
  readonly #reopenAll: () => Promise<void>
  /** What was first found to be wrong with the file. */
  #reason: string | undefined
  /** Whether a check that finds nothing clears the reason. If not, only another file does. */
  #isClearedByCheck = false
  /** The sentence that the log has. */
  #told: string | undefined
  /** The files that were checked last, as `describeFiles` has them. */
  #checkedFiles = ''
  #checking: Promise<void> | undefined
  #thread: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * `advice` says what to do about a damaged file. `reopenAll` opens what lies at the path now on every connection
   * of this process (`reopen` of `open-store.ts`).
   */
  constructor(
    database: NodeDatabase,
    path: string,
    { advice, reopenAll }: { advice: string; reopenAll: () => Promise<void> },
  ) {
    this.#database = database
    this.#path = path
    this.#advice = advice
    this.#reopenAll = reopenAll
    database.tellErrors((error) => this.#onError(error))
  }

  /** Begins to check the file. */
  start() {
    this.#checkAfter(afterStart)
  }

  /** Stops the timer and the thread. Resolves when the thread has closed its connection. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#thread?.terminate()
  }

  /** What is wrong with the database and what to do, as a sentence; undefined while nothing is known to be. */
  damage(): string | undefined {
    const missing = this.#database.missingFile()
    const isWrong = missing !== undefined || this.#reason !== undefined
    if (isWrong && describeFiles(this.#path) !== this.#checkedFiles) void this.check()
    const sentence = isWrong ? this.#describe(missing) : undefined
    if (sentence !== this.#told) {
      console.error(sentence ?? `DATABASE at ${this.#path} is whole and in its place again.`)
    }
    this.#told = sentence
    return sentence
  }

  /** Checks the whole file, and opens what was put in its place. One check runs at a time. */
  check(): Promise<void> {
    this.#checking ??= this.#checkFile()
      .catch(({ message }: Error) => this.#reportFailure(message))
      .finally(() => (this.#checking = undefined))
    return this.#checking
  }

  /** Waits for a check that began earlier, and runs another one. */
  async checkAgain(): Promise<void> {
    await this.#checking
    await this.check()
  }

  /** What is thrown instead of the error of a query. */
  #onError(error: Error): Error {
    const isOfDisk = isDiskError(error)
    if (!isOfDisk && !isDamaged(error)) return error
    const isNew = this.#reason === undefined
    this.#reason ??= error.message
    if (isNew && isOfDisk) this.#giveDiskTime()
    else if (isNew) void this.check()
    return new StoreDamaged(this.damage(), { cause: error })
  }

  /** A disk that fails now and then would pass a check right away, and fail again. */
  #giveDiskTime() {
    this.#isClearedByCheck = true
    this.#checkedFiles = describeFiles(this.#path)
    this.#checkAfter(whileDamaged)
  }

  #describe(missing: string | undefined): string {
    if (this.#reason !== undefined) {
      return `DATABASE at ${this.#path} is damaged, or the disk under it (${this.#reason}). What can be read is served; the API takes nothing, and changes of the content may be missing. ${this.#advice}`
    }
    if (missing !== this.#path) {
      return `${missing} is no longer there, which is a part of the database. Stop the service with SIGTERM and start it again, so that nothing is lost that is in it. Until then the API takes nothing.`
    }
    if (existsSync(this.#path)) {
      return `Another file lies at ${this.#path}, where the database was. It is looked through now, and taken up if it is a whole database. Until then the API takes nothing.`
    }
    return `The database file is no longer there. The service goes on with it, but changes are lost at the next start, and the API takes none. Put the file or a backup back at ${this.#path}.`
  }

  async #checkFile() {
    clearTimeout(this.#timer)
    if (this.#isClosed || this.#path === ':memory:') return
    const aside = this.#database.setLogAside()
    if (aside) console.error(`What lay beside the database that is gone is now at ${aside}.`)
    this.#checkedFiles = describeFiles(this.#path)
    const missing = this.#database.missingFile()
    const file = statOf(this.#path)?.ino
    const isReplaced = missing === this.#path && file !== undefined
    // Another connection would create a missing WAL file, and mistake it for the one that we write.
    if (missing === undefined || isReplaced) {
      const { found, failed } = await this.#checkInThread()
      if (this.#isClosed) return
      // Yet another file may lie there by now, which was not checked.
      if (statOf(this.#path)?.ino !== file) this.#checkedFiles = ''
      else if (isReplaced) await this.#reopen(found ?? failed)
      else if (failed !== undefined) this.#reportFailure(failed)
      else if (found !== undefined) this.#note(found)
      else if (this.#isClearedByCheck) await this.#reopen(undefined)
    }
    this.#checkAfter(this.damage() === undefined ? daily : whileDamaged)
  }

  #reportFailure(reason: string) {
    if (this.damage() !== undefined) return
    console.error(`DATABASE at ${this.#path} is not looked through: ${reason}.`)
  }

  #note(reason: string) {
    this.#reason ??= reason
    this.#isClearedByCheck = true
  }

  /** Opens the file that lies at the path now, unless the check found something wrong with it. */
  async #reopen(wrong: string | undefined) {
    this.#reason = wrong
    this.#isClearedByCheck = wrong !== undefined
    if (wrong !== undefined) return
    try {
      await this.#reopenAll()
      // What was met meanwhile was in the file before, on a connection that was not opened again yet.
      this.#reason = undefined
    } catch (error) {
      this.#note((error as Error).message)
    }
  }

  #checkAfter(milliseconds: number) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.check(), milliseconds).unref()
  }

  /** What is wrong with the file at the path, or what kept the thread from checking it. */
  #checkInThread(): Promise<{ found?: string; failed?: string }> {
    const thread = new Worker(new URL('integrity-check-thread.ts', import.meta.url), {
      workerData: this.#path,
    })
    thread.unref()
    this.#thread = thread
    return new Promise((resolve) => {
      thread.once('message', resolve)
      thread.once('error', (error) => resolve({ failed: (error as Error).message }))
      thread.once('exit', () => resolve({ failed: 'the thread ended' }))
    })
  }
}

/** What to do about a damaged database. One that `mayBeMadeAnew` holds nothing that is not in the content. */
export function adviceForDamage(mayBeMadeAnew: boolean): string {
  const restore = 'with "npm run tiedote -- restore <folder>", which is taken up by itself'
  return mayBeMadeAnew
    ? `Stop the service, move the file away and start again: a new one is made of the content. Or bring a backup back ${restore}.`
    : `It may hold releases that are nowhere else: bring a backup back ${restore}.`
}

/** Which files lie at the path of a database, how large they are and when they were changed. */
function describeFiles(path: string): string {
  return [path, `${path}-wal`]
    .map(statOf)
    .map((found) => found && `${found.ino} ${found.size} ${found.mtimeMs}`)
    .join()
}
