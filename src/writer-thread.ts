import { Worker } from 'node:worker_threads'
import type { NodeConfig } from './config.ts'
import { DomainError } from './domain/errors.ts'
import type { FileProblem } from './domain/problem.ts'
import { fromSent, type SentError } from './sent-error.ts'
import type { Row } from './store/database.ts'
import {
  RemoteDatabase,
  type SentStatement,
  type StatementRunner,
} from './store/remote-database.ts'
import { isBusy, isDamaged, isDiskError } from './store/sqlite-errors.ts'
import type { HubReport } from './websub/hub.ts'

// One thread does all that writes, so that whoever polls a feed never waits for it: SQLite answers within the
// call, and readers of a WAL database do not wait for a writer on another connection.

/**
 * Milliseconds after which somebody who publishes is told to come again, unless the thread took up what they want: they
 * are to know within five seconds, and what was begun takes its time as well.
 */
const patienceOfAuthors = 2500

/**
 * Milliseconds that statements of authors take at the most which are not large: a burst of small requests is made of such
 * ones, and has to wait for itself. Sending one to the thread and back takes one more at the most.
 */
const smallWork = 100

/** Milliseconds after which it is tried again whether another process still writes. */
const betweenAttempts = 2000

/** What the thread is begun with. */
export type WriterData = {
  config: NodeConfig
  /** The database file. */
  path: string
  mayBeMadeAnew: boolean
}

/** What the thread can be ordered to do (`writing.ts`). */
export interface WriterTasks {
  open(): Promise<{ readOnly: boolean }>
  reopen(): Promise<{ readOnly: boolean }>
  query(statement: SentStatement): Promise<Row[]>
  transact(statements: SentStatement[]): Promise<void>
  prepareToServe(): Promise<boolean>
  readContent(): Promise<boolean>
  removeAbandoned(): Promise<void>
  startHub(): Promise<void>
  watchContent(): Promise<void>
  stopWatching(): Promise<void>
  close(): Promise<void>
}

type Task = keyof WriterTasks

/** What the thread is sent. `turn` is 1 once it was taken up, 2 once it was given up. */
export type Order = { number: number; task: Task; input: unknown; turn?: Int32Array | undefined }

/** What is wrong with the content, and how far a first start is (`ContentUpdates`). */
export type ContentReport = { problems: FileProblem[]; progress: string | undefined }

/** What an order came to, and how many milliseconds it took. */
export type Done = { number: number; took: number } & ({ output: unknown } | { error: SentError })

/** What the thread sends: what is done, with the milliseconds it was at work since the last, or what it has to tell. */
export type Report =
  | (Done & { worked: number })
  | { told: string }
  | { content: ContentReport }
  | { hub: HubReport }
  | { databaseError: SentError }
  | { isDamaged: true }

type Waiting = {
  resolve: (output: unknown) => void
  reject: (error: Error) => void
  /** When it was sent, by the time of `#largeWork`. */
  sent: number
  /** It is refused when others take long. */
  patience: Patience | undefined
}

/** How long statements are waited for, if there is an end to it. */
type Patience = {
  milliseconds: number
  /** Milliseconds for which those of one request waited for something large; undefined where each counts for itself. */
  waited?: number
  /** Until when that is counted, by the same time: what was sent together waits together. */
  countedUntil?: number
}

type Listeners = {
  onContent: (report: ContentReport) => void
  onHub: (report: HubReport) => void
  /** Told of every error of the database that is not one of a query; returns what is thrown instead. */
  onDatabaseError: (error: Error) => Error
  /** Somebody met a damage that was told. */
  onDamage: () => void
  /** Something was written. */
  onWritten: () => void
  /** The thread died, and nothing can be written any more. */
  onDeath: (error: Error) => void
}

/** The thread that writes, as the main thread sees it. */
export class WriterThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners: Listeners
  #lastNumber = 0
  /** Milliseconds that the thread was at work on statements that are not large. */
  #smallWork = 0
  /** An order was given up, and nothing was heard of the thread since then. */
  #isBusy = false
  /** Until this millisecond it is not tried again whether another process still writes. */
  #lockedUntil = 0
  #readOnly = false

  constructor(workerData: WriterData, listeners: Listeners) {
    this.#listeners = listeners
    // Flags of whoever started the process are not for threads.
    this.#worker = new Worker(new URL('writer.ts', import.meta.url), { workerData, execArgv: [] })
    this.#worker.on('message', (report: Report) => this.#take(report))
    this.#worker.on('error', (error) => listeners.onDeath(error as Error))
  }

  /** Whether nothing can be written. */
  get readOnly(): boolean {
    return this.#readOnly
  }

  /** Opens the database. Rejects with a sentence for the operator. */
  async open(): Promise<void> {
    this.#readOnly = (await this.order('open')).readOnly
  }

  /** Opens what lies at the path of the database now. Rejects with what is wrong with it. */
  async reopen(): Promise<void> {
    this.#readOnly = (await this.order('reopen')).readOnly
  }

  /** Orders something that is waited for as long as it takes. */
  order<Name extends Task>(
    task: Name,
    ...input: Parameters<WriterTasks[Name]>
  ): ReturnType<WriterTasks[Name]> {
    return this.#order(task, input[0]) as ReturnType<WriterTasks[Name]>
  }

  /** The database as this thread writes it, for what readers were shown. */
  forReaders(): RemoteDatabase {
    return this.#database(undefined)
  }

  /**
   * The same for those who publish. While something large is being written they are told to come again: a call rejects
   * with DomainError `unavailable`, and nothing has changed, if it was not begun within `patience` milliseconds. What is
   * called `forRequest` of it holds that for all statements of a request together. Their own work does not count.
   */
  forAuthors(patience = patienceOfAuthors): RemoteDatabase {
    return this.#database({ milliseconds: patience })
  }

  /** Lets the database go, and ends the thread. */
  async close(): Promise<void> {
    await this.order('close')
    // What was cut off by it fails, and nobody is to take that for what the content is like.
    this.#worker.removeAllListeners('message')
    await this.#worker.terminate()
  }

  #database(patience: Patience | undefined): RemoteDatabase {
    return new RemoteDatabase(this.#runner(patience))
  }

  #runner(patience: Patience | undefined): StatementRunner {
    const isReadOnly = () => this.#readOnly
    return {
      query: (statement) => this.#send('query', statement, patience) as Promise<Row[]>,
      transact: (statements) => this.#send('transact', statements, patience) as Promise<void>,
      failed: (error) => this.#listeners.onDatabaseError(error),
      forRequest: () => this.#runner(patience && { ...patience, waited: 0 }),
      get readOnly() {
        return isReadOnly()
      },
    }
  }

  async #send(task: Task, input: unknown, patience: Patience | undefined): Promise<unknown> {
    if (patience) {
      const { milliseconds, waited = 0 } = patience
      const isHopeless = this.#isBusy || performance.now() < this.#lockedUntil
      if (isHopeless || waited >= milliseconds) throw isBusyWriting()
    }
    return this.#order(task, input, patience)
  }

  #order(task: Task, input: unknown, patience?: Patience): Promise<unknown> {
    const number = ++this.#lastNumber
    const turn = patience && new Int32Array(new SharedArrayBuffer(4))
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject, sent: this.#largeWork(), patience })
      this.#worker.postMessage({ number, task, input, turn } satisfies Order)
      if (!turn) return
      const left = patience.milliseconds - (patience.waited ?? 0)
      setTimeout(() => this.#giveUp(number, turn), left).unref()
    })
  }

  /** Gives an order up that the thread did not take up yet, and now never will. */
  #giveUp(number: number, turn: Int32Array) {
    const waiting = this.#waiting.get(number)
    if (!waiting || Atomics.compareExchange(turn, 0, 0, 2) !== 0) return
    this.#waiting.delete(number)
    const { patience } = waiting
    // Who waited as long as one may does not begin anew.
    if (patience?.waited !== undefined) patience.waited = patience.milliseconds
    // The thread says when it comes to it.
    this.#isBusy = true
    waiting.reject(isBusyWriting())
  }

  #take(report: Report) {
    const { onContent, onHub, onDatabaseError, onDamage, onWritten } = this.#listeners
    this.#isBusy = false
    if ('told' in report) console.error(report.told)
    else if ('content' in report) onContent(report.content)
    else if ('hub' in report) onHub(report.hub)
    else if ('databaseError' in report) onDatabaseError(fromSent(report.databaseError))
    else if ('isDamaged' in report) onDamage()
    else {
      const waiting = this.#waiting.get(report.number)
      this.#waiting.delete(report.number)
      // Never more than it was: many small statements must not hide what is large.
      this.#smallWork += Math.min(report.worked, Math.min(report.took, smallWork) + 1)
      if (waiting) this.#noteWait(waiting, report.took)
      if ('error' in report) {
        const error = this.#errorOf(report.error, waiting)
        waiting?.reject(error)
      } else {
        onWritten()
        waiting?.resolve(report.output)
      }
    }
  }

  /**
   * Milliseconds that the thread was at work on something large so far. As a time this stands still while the thread rests
   * or runs small statements, and whatever this thread does.
   */
  #largeWork(): number {
    // Deno does not tell it: there the thread counts as being at work all the time.
    const told = this.#worker.performance as Partial<Worker['performance']>
    const active = told.eventLoopUtilization?.().active ?? performance.now()
    return active - this.#smallWork
  }

  /** Counts how long a statement waited for something large before it was run. */
  #noteWait({ sent, patience }: Waiting, took: number) {
    if (patience?.waited === undefined) return
    const end = this.#largeWork()
    // It may be large itself.
    const own = Math.max(0, took - smallWork)
    patience.waited += Math.max(0, end - own - Math.max(sent, patience.countedUntil ?? 0))
    patience.countedUntil = end
  }

  #errorOf(sent: SentError, waiting: Waiting | undefined): Error {
    const error = fromSent(sent)
    if (isBusy(error)) {
      // Another process writes. Each attempt keeps all others waiting for two seconds.
      this.#lockedUntil = performance.now() + betweenAttempts
      return waiting?.patience ? isBusyWriting() : error
    }
    const isOfFile = isDamaged(error) || isDiskError(error)
    return isOfFile ? this.#listeners.onDatabaseError(error) : error
  }
}

function isBusyWriting(): DomainError {
  return new DomainError(
    'unavailable',
    'Something large is being written at present, and nothing has changed. Send it again in ten seconds.',
    { retryAfter: 10 },
  )
}
