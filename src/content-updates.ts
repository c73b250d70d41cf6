import { createClockReport, systemClock } from './clock.ts'
import { type NodeConfig, unknownPublishers } from './config.ts'
import { bringInLine } from './content/bring-in-line.ts'
import { Rest } from './content/rest.ts'
import { isOfClock } from './domain/clock.ts'
import { isUnderEmbargo } from './domain/embargo.ts'
import { isOtherVersion, StoreDamaged } from './domain/errors.ts'
import { outputName } from './domain/output-version.ts'
import { type FileProblem, formatProblem } from './domain/problem.ts'
import type { Draft } from './domain/publishing.ts'
import type { ContentStore, ReleaseStore } from './domain/release-store.ts'
import { formatUtc } from './domain/time.ts'
import { readingInThreads } from './read-in-threads.ts'
import { createContentStore } from './store/content-store.ts'
import { type NodeDatabase, newestMigration } from './store/node-sqlite.ts'
import { createReleaseStore } from './store/release-store.ts'
import { isBusy, isDatabaseError, isFull, isOfDamagedFile } from './store/sqlite-errors.ts'
import { waitWhileBusy } from './store/wait-while-busy.ts'
import { wordsOf } from './upgrading.ts'

/** Milliseconds for which a start looks at a folder in which files are being written. */
const longestFirst = 10_000
/** Releases of a look that leave so much in memory that it pays to look what of it can go. */
const manyReleases = 1000

type UpdateParts = {
  config: NodeConfig
  database: NodeDatabase
  /** Told when the database turned out to be damaged, which somebody may have mended. */
  onDamage: () => void
  /** Told now and then, and after each update, that there is something new in `problems` and `progress`. */
  onProgress: () => void
  /** Nothing is only in the database, so that a damaged one may be made of the content folder again. */
  mayBeMadeAnew: boolean
  /** Tells which files are at rest; by the clocks of disk and machine if it is left out. */
  rest?: Rest
}

/** Brings the database in line with the content folder, and says in the log what is wrong with that. */
export class ContentUpdates {
  /** What is wrong with the folder, the database and the tokens, as of the last update. */
  problems: FileProblem[] = []
  /** The folder was not read yet by this process. */
  isStarting = true
  /** Readers are answered from what the database had before. */
  isServing = false
  readonly #parts: UpdateParts
  readonly #releases: ReleaseStore
  readonly #content: ContentStore
  readonly #rest: Rest
  readonly #reportClock = createClockReport(systemClock)
  /** Releases that were read at this look. */
  #count = 0
  /** The database knows which version of the program its documents are made by. */
  #isProgramKnown = false
  #isTidying = false
  /** What was taken up at this look, in sentences for authors. */
  #takenUp = ''

  constructor(parts: UpdateParts) {
    this.#parts = parts
    this.#rest = parts.rest ?? new Rest()
    this.#releases = createReleaseStore(parts.database)
    this.#content = createContentStore(parts.database, { wordsOf }, newestMigration())
  }

  /**
   * Reads the folder for the first time, and again while files are being written, for up to ten seconds. Throws
   * what the database says if nothing can be served.
   */
  async first(): Promise<boolean> {
    const end = performance.now() + longestFirst
    for (;;) {
      const isUsable = await this.update()
      const next = this.takeNext()
      if (next !== undefined && performance.now() + next < end) {
        await new Promise((resolve) => setTimeout(resolve, next))
        continue
      }
      if (isUsable) await this.#releases.state(systemClock.now())
      return isUsable
    }
  }

  /** Reads the folder. Returns whether it could be used. */
  async update(): Promise<boolean> {
    const before = this.problems
    this.#takenUp = ''
    const found = await this.#bringInLine().catch((error: unknown) => this.#problemsOf(error))
    await this.#releases.state(systemClock.now()).then(
      ({ since }) => this.#reportClock(since),
      () => {},
    )
    // Nothing was read, so that what was wrong is so still.
    if (this.#rest.isHeld) return true
    this.problems = [...found, ...this.#readOnlyProblem(), ...(await this.#tokenProblems())]
    this.#parts.onProgress()
    const report = reportChange(before, this.problems, this.isServing)
    if (report) console.error(report)
    if (this.#takenUp && this.isServing) console.error(this.#takenUp)
    this.#giveBackMemory()
    void this.#tidy()
    return this.problems.every((problem) => problem.warning)
  }

  /** V8 keeps what a load left in this thread until as much is made again, which may be never. */
  #giveBackMemory() {
    this.#parts.database.giveBackMemory()
    if (this.#count < manyReleases) return
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }

  /**
   * Returns whether the database has a state that can be served at once. If its documents were made by another
   * program than this one, all of them count as changed first.
   */
  async prepareToServe(): Promise<boolean> {
    const state = await this.#releases.state(systemClock.now()).catch(() => undefined)
    if (!state) return false
    try {
      await this.#changeProgram()
      return true
    } catch (error) {
      // A clock that is behind, a full disk, or another process that never ends keeps nothing from being served.
      return isOfClock(error) || isFull(error) || isBusy(error)
    }
  }

  /** Another service on the database may be writing for long, and first answers must not be of two programs. */
  async #changeProgram() {
    const { config, database } = this.#parts
    if (database.readOnly) return
    const program = outputName(config.baseUrl, config.hasHub)
    await waitWhileBusy(config.database, () => this.#content.changeProgram(program, systemClock))
  }

  /** How far a first start is, for as long as nothing can be served. */
  progress(): string | undefined {
    if (this.isServing) return undefined
    return `The content is read for the first time: ${this.#count} releases so far. Ask again in a minute.`
  }

  /** Ends a look at the folder. Returns after how many milliseconds to look again, where files are being written. */
  takeNext(): number | undefined {
    return this.#rest.takeNext()
  }

  /** Removes drafts that loads left in the database which were killed, while others go on. */
  async removeAbandoned() {
    if (this.#parts.database.readOnly) return
    try {
      const batches = await this.#content.abandoned(systemClock.now())
      for (const batch of batches) await this.#content.discard(batch)
    } catch (error) {
      console.error(`Drafts of a load that was cut off stay: ${(error as Error).message}`)
    }
  }

  /** Removes what is left of topics that were moved, while others go on. */
  async #tidy() {
    if (this.#parts.database.readOnly || this.#isTidying) return
    this.#isTidying = true
    try {
      await this.#content.tidy(systemClock.now())
    } catch (error) {
      // Nothing depends on it, and it is tried again at the next look.
      if (!isDatabaseError(error) && !(error instanceof StoreDamaged)) console.error(error)
    } finally {
      this.#isTidying = false
    }
  }

  async #bringInLine(): Promise<FileProblem[]> {
    const { contentDirectory, baseUrl, hasHub } = this.#parts.config
    this.#count = 0
    let told = 0
    const problems = await bringInLine(contentDirectory, this.#content, {
      batch: crypto.randomUUID(),
      // Another process on the same database may be of another version: each says so once.
      program: this.#isProgramKnown ? undefined : outputName(baseUrl, hasHub),
      clock: systemClock,
      isServing: this.isServing,
      rest: this.#rest,
      readers: readingInThreads,
      baseUrl,
      progress: (count) => {
        this.#count = count
        this.#parts.onProgress()
        if (count - told < 1000) return
        told = count
        console.error(`${count} releases read`)
      },
      beforeChange: (count) => {
        if (told > 0) console.error(`All are read. Putting ${count} into the database …`)
      },
      afterChange: (count, first) => {
        this.#takenUp = sayTakenUp(count, first, systemClock.now())
      },
    })
    this.#isProgramKnown ||= !this.#rest.isHeld && problems.every(({ warning }) => warning)
    return problems
  }

  /** What to say of an error while the folder was read. Throws it again if the database can be made anew. */
  #problemsOf(error: unknown): FileProblem[] {
    const { config, database, onDamage, mayBeMadeAnew } = this.#parts
    if (isOtherVersion(error)) return [waitsForVersion(config.database, error as Error)]
    if (isOfClock(error)) return [waitsForClock(config.contentDirectory)]
    if (error instanceof StoreDamaged) {
      if (this.isStarting && mayBeMadeAnew && isOfDamagedFile(error)) throw error
      onDamage()
      return []
    }
    if (isDatabaseError(error)) {
      if (database.readOnly) return []
      const room = isFull(error) ? 'Make room on its disk. ' : ''
      const advice = `${room}It is tried again in half a minute.`
      return [cannotWrite(config.database, error.message, advice)]
    }
    console.error(error)
    return [cannotRead(config.contentDirectory, error)]
  }

  #readOnlyProblem(): FileProblem[] {
    const { config, database } = this.#parts
    if (!database.readOnly) return []
    const advice = 'Allow writing it and its folder, or make room on its disk, and start again.'
    return [cannotWrite(config.database, 'it can only be read', advice)]
  }

  /** While there is no state, other messages say why. */
  async #tokenProblems(): Promise<FileProblem[]> {
    const state = await this.#releases.state(systemClock.now()).catch(() => undefined)
    return state ? unknownPublishers(this.#parts.config.tokens, state.site) : []
  }
}

/** What is wrong, if that is another thing than before, and which files are mended. */
function reportChange(before: FileProblem[], after: FileProblem[], isServing: boolean): string {
  const wrong = (problems: FileProblem[]) => problems.filter(({ warning }) => !warning)
  const [was, is] = [before, after].map((problems) => problems.map(formatProblem).join('\n'))
  const left = new Set(wrong(after).map(({ file }) => file))
  const mended = [...new Set(wrong(before).map(({ file }) => file))].filter(
    (file) => !left.has(file),
  )
  const isNew = is !== was && is !== ''
  return [
    ...(isNew ? [is] : []),
    ...mended.map((file) => `${file} is mended.`),
    ...(isNew && isServing && left.size > 0
      ? ['Until this is mended, what was there before is served, and nothing new comes out.']
      : []),
  ].join('\n')
}

/** Releases of a change in sentences for authors: which came in, and when they come out. */
function sayTakenUp(count: number, first: Draft[], now: number): string {
  if (count === 0) return ''
  if (count > first.length) return `${count} releases are taken up.`
  return first
    .map(({ source, release }) => {
      if (release.withdrawn) return `${source} is taken up: it is withdrawn.`
      const time = isUnderEmbargo(release.published, now)
        ? `comes out at ${formatUtc(release.published)}`
        : 'is public'
      return `${source} is taken up: it ${time}.`
    })
    .join('\n')
}

/** The clock report tells what is wrong with the clock. */
function waitsForClock(contentDirectory: string): FileProblem {
  const message =
    'Changes of the content wait for the clock. They are taken up within half a minute once it is no longer behind.'
  return { file: contentDirectory, line: 1, field: '', message, warning: true }
}

/** A newer version has the database, and this one is about to be replaced. */
function waitsForVersion(path: string, error: Error): FileProblem {
  const reason = error.message.replace(/ Ask again.*/, '')
  const message = `Changes of the content are not taken up. ${reason} Start that version.`
  return { file: path, line: 1, field: '', message, warning: true }
}

function cannotRead(contentDirectory: string, error: unknown): FileProblem {
  const message = `The folder could not be read (${(error as Error).message}). It is tried again in half a minute.`
  return { file: contentDirectory, line: 1, field: '', message }
}

/** What the store has is served all the same. */
function cannotWrite(path: string, reason: string, advice: string): FileProblem {
  const message = `DATABASE cannot be written (${reason}), so changes of the content are not taken up. ${advice}`
  return { file: path, line: 1, field: '', message, warning: true }
}
