import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { StoreDamaged } from '../domain/errors.ts'
import { migrate } from './migrate.ts'
import { statOf } from './database-file.ts'
import { type NodeDatabase, readMigrations } from './node-sqlite.ts'
import { isDamaged, isDiskError } from './sqlite-errors.ts'

/** Milliseconds after the start: nothing is to keep the first answers waiting. */
const afterStart = 1000
const daily = 86_400_000
/** Milliseconds after which it is looked at again whether a damage was mended. */
const whileDamaged = 30_000

/**
 * The one place that knows what is wrong with a database file. It sees every error that a question meets,
 * whoever asked it; it has the whole file looked through in a thread, after the start and daily; and whenever
 * somebody asks, it looks itself whether the file is still there. What is wrong is said once in the log, and
 * to all who ask for as long as it lasts. A whole database that is put in the place of the file is taken up.
 */
export class IntegrityMonitor {
  readonly #database: NodeDatabase
  readonly #path: string
  readonly #advice: string
  /** What was first found to be wrong with the file. */
  #reason: string | undefined
  /** Whether a look finds it, so that one that finds nothing takes it back. Otherwise only another file does. */
  #isFound = false
  /** The sentence that the log has. */
  #told: string | undefined
  /** The files that were looked at last, as `describeFiles` has them. */
  #checkedFiles = ''
  #checking: Promise<void> | undefined
  #thread: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** `advice` says what to do about a damaged file. */
  constructor(database: NodeDatabase, path: string, advice: string) {
    this.#database = database
    this.#path = path
    this.#advice = advice
    database.tellErrors((error) => this.#onError(error))
  }

  /** Has the file looked through from now on. */
  start() {
    this.#checkAfter(afterStart)
  }

  /** Ends what goes on in the background. */
  close() {
    this.#isClosed = true
    clearTimeout(this.#timer)
    void this.#thread?.terminate()
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

  /** Looks through the whole file, and takes up what was put in its place. One look at a time. */
  check(): Promise<void> {
    this.#checking ??= this.#checkFile()
      .catch(({ message }: Error) => this.#tellWhyNot(message))
      .finally(() => (this.#checking = undefined))
    return this.#checking
  }

  /** Looks once more when a look goes on that began before. */
  async checkAgain(): Promise<void> {
    await this.#checking
    await this.check()
  }

  /** An error that a question met, as it is to be thrown. */
  #onError(error: Error): Error {
    const isOfDisk = isDiskError(error)
    if (!isOfDisk && !isDamaged(error)) return error
    const isNew = this.#reason === undefined
    this.#reason ??= error.message
    if (isNew && isOfDisk) this.#giveDiskTime()
    else if (isNew) void this.check()
    return new StoreDamaged(this.damage(), { cause: error })
  }

  /** A disk that fails now and then would be found to be well right away, and fail again. */
  #giveDiskTime() {
    this.#isFound = true
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
    // Another connection would make a missing log anew, and mistake it for the one that we write.
    if (missing === undefined || isReplaced) {
      const { found, failed } = await this.#checkInThread()
      if (this.#isClosed) return
      // Somebody may have put yet another one there meanwhile, which was not looked at.
      if (statOf(this.#path)?.ino !== file) this.#checkedFiles = ''
      else if (isReplaced) await this.#reopen(found ?? failed)
      else if (failed !== undefined) this.#tellWhyNot(failed)
      else if (found !== undefined) this.#note(found)
      else if (this.#isFound) await this.#reopen(undefined)
    }
    this.#checkAfter(this.damage() === undefined ? daily : whileDamaged)
  }

  #tellWhyNot(reason: string) {
    if (this.damage() !== undefined) return
    console.error(`DATABASE at ${this.#path} is not looked through: ${reason}.`)
  }

  #note(reason: string) {
    this.#reason ??= reason
    this.#isFound = true
  }

  /** Goes on with the file that lies at the path now, unless something is wrong with it. */
  async #reopen(wrong: string | undefined) {
    this.#reason = wrong
    this.#isFound = wrong !== undefined
    if (wrong !== undefined) return
    try {
      this.#database.reopen()
      await migrate(this.#database, readMigrations())
      if (!this.#database.readOnly) await tryToWrite(this.#database)
    } catch (error) {
      this.#note((error as Error).message)
    }
  }

  #checkAfter(milliseconds: number) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.check(), milliseconds).unref()
  }

  /** What is wrong with the file at the path, or what kept the thread from looking. */
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

/** A disk that can be read may refuse what is written. */
async function tryToWrite(database: NodeDatabase) {
  const nothing = "update state set value = value where key = 'revision'"
  await database.batch([database.prepare(nothing)])
}

/** What to do about a damaged database. One that `mayBeMadeAnew` has nothing that is not in the content. */
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
