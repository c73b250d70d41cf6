import { format } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { ContentUpdates } from './content-updates.ts'
import { watchFolder } from './content/watch.ts'
import { StoreDamaged } from './domain/errors.ts'
import type { RunningHub } from './running-hub.ts'
import { toSent } from './sent-error.ts'
import type { Row } from './store/database.ts'
import type { NodeDatabase } from './store/node-sqlite.ts'
import { createHubStore } from './store/hub-store.ts'
import { openStore, reopen } from './store/open-store.ts'
import { createReleaseStore } from './store/release-store.ts'
import type { SentStatement } from './store/remote-database.ts'
import { isDamaged, isDiskError } from './store/sqlite-errors.ts'
import { upgrading } from './upgrading.ts'
import type { HubReport } from './websub/hub.ts'
import type { Done, Order, Report, WriterData, WriterTasks } from './writer-thread.ts'

/** Begins to do what the main thread orders, one after the other. */
export function startWriting(): void {
  // The main thread prints what is told, so that nothing is lost when it ends the process.
  console.error = (...values: unknown[]) => report({ told: format(...values) })
  const writing = new Writing(workerData as WriterData)
  parentPort!.on('message', (order: Order) => void carryOut(writing, order))
}

async function carryOut(writing: Writing, { number, task, input, turn }: Order) {
  // Whoever ordered it may have given it up, and is told that there is time again.
  if (turn && Atomics.compareExchange(turn, 0, 0, 1) !== 0) {
    reportDone({ number, output: undefined, took: 0 })
    return
  }
  const began = performance.now()
  const took = () => performance.now() - began
  try {
    const run = writing[task] as (input: unknown) => unknown
    const output = await run.call(writing, input)
    reportDone({ number, output, took: took() })
  } catch (error) {
    const told = error instanceof StoreDamaged ? error.cause : error
    reportDone({ number, error: toSent(told), took: took() })
  }
}

/** Milliseconds that this thread was at work until it last reported that something is done. */
let workBefore = 0

function reportDone(done: Done) {
  // Deno does not tell it, as in `WriterThread`.
  const told: Partial<typeof performance> = performance
  const work = told.eventLoopUtilization?.().active ?? performance.now()
  report({ ...done, worked: work - workBefore })
  workBefore = work
}

function report(message: Report) {
  parentPort!.postMessage(message)
}

/** What the thread that writes can be ordered to do. It has the one connection of this process that writes. */
export class Writing implements WriterTasks {
  readonly #data: WriterData
  #opened: { database: NodeDatabase; content: ContentUpdates } | undefined
  #stopWatching = () => {}
  #hub: RunningHub | undefined

  constructor(data: WriterData) {
    this.#data = data
  }

  /** Opens the database and brings its tables to this version. Answers whether it can only be read. */
  async open(): Promise<{ readOnly: boolean }> {
    const { config, path, mayBeMadeAnew } = this.#data
    const database = await openStore(path, { mayBeMadeAnew, upgrading })
    database.tellErrors(reported)
    const content: ContentUpdates = new ContentUpdates({
      config,
      database,
      mayBeMadeAnew,
      onDamage: () => report({ isDamaged: true }),
      onProgress: () => reportContent(content),
    })
    this.#opened = { database, content }
    return { readOnly: database.readOnly }
  }

  async query({ sql, values }: SentStatement): Promise<Row[]> {
    return this.#database
      .prepare(sql)
      .bind(...values)
      .run()
  }

  async transact(statements: SentStatement[]): Promise<void> {
    const database = this.#database
    await database.batch(statements.map(({ sql, values }) => database.prepare(sql).bind(...values)))
    this.#hub?.wake()
  }

  /** See `ContentUpdates.prepareToServe`. */
  async prepareToServe(): Promise<boolean> {
    const content = this.#content
    content.isServing = await content.prepareToServe()
    reportContent(content)
    return content.isServing
  }

  /** See `ContentUpdates.first`. */
  async readContent(): Promise<boolean> {
    const content = this.#content
    const isUsable = await content.first()
    content.isServing ||= isUsable
    reportContent(content)
    return isUsable
  }

  /** Removes drafts that loads left in the database which were killed. */
  removeAbandoned(): Promise<void> {
    return this.#content.removeAbandoned()
  }

  /** From now on what changes in the folder is taken up. */
  async watchContent(): Promise<void> {
    const content = this.#content
    content.isStarting = false
    this.#stopWatching = watchFolder(this.#data.config.contentDirectory, async () => {
      await content.update()
      this.#hub?.wake()
      return content.takeNext()
    })
  }

  /** From now on subscribers are told what is new. */
  async startHub(): Promise<void> {
    const { config } = this.#data
    const database = this.#database
    // Where the hub is off, nobody can begin to subscribe, but whoever does is told of news until that ends (W-74).
    const isNeeded = config.hasHub || (await createHubStore(database).isUsed())
    if (this.#hub || database.readOnly || !isNeeded) return
    const { RunningHub } = await import('./running-hub.ts')
    const releases = createReleaseStore(database)
    const onReport = (hub: HubReport) => report({ hub })
    this.#hub = new RunningHub({ database, releases, config, onReport })
    void this.#hub.run()
  }

  async stopWatching(): Promise<void> {
    this.#stopWatching()
  }

  /** Opens the file that lies at the path now. Answers whether it can only be read. */
  async reopen(): Promise<{ readOnly: boolean }> {
    await reopen(this.#database)
    return { readOnly: this.#database.readOnly }
  }

  /** Content may be read at this moment: what it has not made public is read again at the next start. */
  async close(): Promise<void> {
    this.#stopWatching()
    await this.#hub?.stop()
    this.#opened?.database.close()
  }

  get #database(): NodeDatabase {
    return this.#opened!.database
  }

  get #content(): ContentUpdates {
    return this.#opened!.content
  }
}

function reportContent(content: ContentUpdates) {
  report({ content: { problems: content.problems, progress: content.progress() } })
}

/** Has the main thread know what is wrong with the file, which it tells. */
function reported(error: Error): Error {
  if (!isDamaged(error) && !isDiskError(error)) return error
  report({ databaseError: toSent(error) })
  return new StoreDamaged(error.message, { cause: error })
}
