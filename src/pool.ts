import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { DomainError } from './domain/errors.ts'

// Work that takes long is done by a few threads, so that whoever polls a feed does not wait for it. What they
// run is named in `tasks.ts`: pure functions of plain values.

/**
 * One for each processor. Two at least, or a release would wait for a batch of files. Four read as fast as the thread
 * that writes can take it, and each takes tens of MB.
 */
const mostThreads = Math.min(4, Math.max(2, availableParallelism()))
/**
 * The last resort: work that takes more processor time or more memory is given up. Processor time, because a
 * busy machine must not refuse what is harmless. Only a thread that does not even answer is ended by the
 * clock.
 */
const mostMilliseconds = 10_000
const mostBytes = 200_000_000
const longestSilence = 60_000
/**
 * MB at which V8 itself ends a thread. If one allocation exceeds it, V8 ends the whole process, so it must be
 * far above the limit that is checked now and then.
 */
const hardLimit = 600
/**
 * MB for what is new in a thread. V8's own limit of 192 costs each some 45 MB more, and more processor time, because
 * less of it is in the processor's caches.
 */
const youngLimit = 24
const lookAgain = 50
/** Deno does not say what a thread takes: there it is ended by the clock alone. */
const canWeigh = 'getHeapStatistics' in Worker.prototype
/** Milliseconds after which a thread without work ends, and its memory is free. */
const longestRest = 30_000
/** Shared input, such as a vocabulary, is sent to a thread once and kept there: the last so many. */
export const mostShared = 2

/** Work that was given up because it took too long or too much memory. */
export class TooCostly extends Error {}

type Job = {
  task: string
  input: unknown
  size: number
  shared: object | undefined
  resolve: (output: unknown) => void
  reject: (error: unknown) => void
}

type Thread = {
  worker: Worker
  isReady: boolean
  job?: Job | undefined
  /** Numbers of the shared inputs that it has, the oldest first. */
  shared: number[]
  /** Ends work that takes too long, or a thread without work. */
  timer?: NodeJS.Timeout | undefined
  watch?: NodeJS.Timeout | undefined
  /** Microseconds of processor time that it had taken when its work was first looked at. */
  spent?: number | undefined
}

/** What a thread is sent. */
export type Order = {
  task: string
  input: unknown
  key?: number | undefined
  shared?: object | undefined
}
/** What it answers: once `ready`, then with one of the others for each order. */
export type Report =
  | { ready: true }
  | { output: unknown }
  | { refusal: Pick<DomainError, 'code' | 'message' | 'details'> }
  | { failure: string }

/** Threads that start when there is work, and end when there is none for a while. */
export class Pool {
  readonly #milliseconds: number
  readonly #threads = new Set<Thread>()
  readonly #waiting: Job[] = []
  readonly #keys = new WeakMap<object, number>()
  #lastKey = 0

  /** `milliseconds` of processor time, after which work is given up. */
  constructor(milliseconds = mostMilliseconds) {
    this.#milliseconds = milliseconds
  }

  /**
   * Has a task of `tasks.ts` done by a thread. Rejects with TooCostly when it was given up, and with a
   * DomainError that the task threw. Of what waits, that of least `size` is done first: one release need not
   * wait for all of many large ones.
   */
  run(task: string, input: unknown, size: number, shared?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, input, size, shared, resolve, reject })
      this.#giveOut()
    })
  }

  #giveOut() {
    for (const thread of this.#threads) {
      if (this.#waiting.length === 0) return
      if (thread.isReady && !thread.job) this.#give(thread, this.#takeSmallest())
    }
    const starting = [...this.#threads].filter(({ isReady }) => !isReady).length
    if (this.#waiting.length > starting && this.#threads.size < mostThreads) this.#start()
  }

  /** The first that came, if several are equal. */
  #takeSmallest(): Job {
    let smallest = 0
    for (const [index, { size }] of this.#waiting.entries()) {
      if (size < this.#waiting[smallest]!.size) smallest = index
    }
    return this.#waiting.splice(smallest, 1)[0]!
  }

  #give(thread: Thread, job: Job) {
    const { worker } = thread
    thread.job = job
    worker.ref()
    clearTimeout(thread.timer)
    thread.timer = setTimeout(() => this.#giveUp(thread, 'It does not answer'), longestSilence)
    if (canWeigh) thread.watch = setInterval(() => void this.#weigh(thread, job), lookAgain)
    worker.postMessage({ task: job.task, input: job.input, ...this.#shareOf(thread, job.shared) })
  }

  #shareOf(thread: Thread, shared: object | undefined): Pick<Order, 'key' | 'shared'> {
    if (!shared) return {}
    const key = this.#keys.get(shared) ?? ++this.#lastKey
    this.#keys.set(shared, key)
    if (thread.shared.includes(key)) return { key }
    thread.shared = [...thread.shared, key].slice(-mostShared)
    return { key, shared }
  }

  #start() {
    const worker = new Worker(new URL('thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: hardLimit, maxYoungGenerationSizeMb: youngLimit },
      // Flags of whoever started the process are not for threads.
      execArgv: [],
    })
    const thread: Thread = { worker, isReady: false, shared: [] }
    this.#threads.add(thread)
    worker.on('message', (report: Report) => this.#take(thread, report))
    worker.on('error', (error) => this.#lose(thread, error))
    worker.on('exit', () => this.#lose(thread, new Error('A thread has ended.')))
  }

  #take(thread: Thread, report: Report) {
    const { job } = thread
    this.#rest(thread)
    if ('ready' in report) thread.isReady = true
    else if ('output' in report) job?.resolve(report.output)
    else if ('failure' in report) job?.reject(new Error(report.failure))
    else {
      const { code, message, details } = report.refusal
      job?.reject(new DomainError(code, message, details))
    }
    this.#giveOut()
  }

  #rest(thread: Thread) {
    thread.job = undefined
    thread.spent = undefined
    clearTimeout(thread.timer)
    clearInterval(thread.watch)
    thread.worker.unref()
    thread.timer = setTimeout(() => this.#end(thread), longestRest).unref()
  }

  async #weigh(thread: Thread, job: Job) {
    const { worker } = thread
    const looks = Promise.all([worker.getHeapStatistics(), worker.cpuUsage()])
    const [heap, usage] = (await looks.catch(() => undefined)) ?? []
    if (thread.job !== job || !heap || !usage) return
    const spent = usage.user + usage.system
    thread.spent ??= spent
    if (spent - thread.spent > 1000 * this.#milliseconds) {
      this.#giveUp(thread, 'It takes too long')
    } else if (heap.used_heap_size + heap.external_memory > mostBytes) {
      this.#giveUp(thread, 'It takes too much memory')
    }
  }

  #giveUp(thread: Thread, reason: string) {
    const { job } = thread
    this.#end(thread)
    job?.reject(new TooCostly(reason))
    this.#giveOut()
  }

  /** A thread that dies is replaced; when none can start, nothing must wait for one. */
  #lose(thread: Thread, error: Error) {
    if (!this.#threads.has(thread)) return
    const { job, isReady } = thread
    this.#end(thread)
    const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (isReady) job?.reject(isMemory ? new TooCostly('It takes too much memory') : error)
    else this.#waiting.shift()?.reject(error)
    this.#giveOut()
  }

  #end(thread: Thread) {
    this.#threads.delete(thread)
    clearTimeout(thread.timer)
    clearInterval(thread.watch)
    void thread.worker.terminate()
  }
}
