import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { adviceOnOrigin, adviceOnProxy, adviceOnSample, lacksBaseUrl } from './advice.ts'
import { systemClock } from './clock.ts'
import type { Composed } from './compose.ts'
import type { NodeParts } from './compose-node.ts'
import { type NodeConfig, readNodeConfig } from './config.ts'
import { removeUnfinished } from './content/media-folder.ts'
import { StoreDamaged } from './domain/errors.ts'
import type { HeaderReader } from './http/answers/asked.ts'
import { notOpenYet } from './http/health.ts'
import { type Fetch, listen, type Listening } from './http/listen.ts'
import { formatForPeople, formatRequest, refusedRequest } from './http/request-log.ts'
import { createLineWriter } from './lines.ts'
import { adviceForDamage, IntegrityMonitor } from './store/integrity-monitor.ts'
import { type NodeDatabase, openReader } from './store/node-sqlite.ts'
import { recreateDatabase } from './store/open-store.ts'
import { isOfDamagedFile } from './store/sqlite-errors.ts'
import { callbackRules, readAllowList } from './websub/callback-address.ts'
import { readVersion } from './version.ts'
import { type ContentReport, WriterThread } from './writer-thread.ts'

/** Milliseconds after a start when whatever was cut off before it counts as abandoned. */
const untilAbandoned = 660_000

/** Milliseconds in which a second signal to stop is the same one: a terminal and npm both pass Ctrl+C on. */
const sameSignal = 500

/** Milliseconds for which a stop waits for the thread that writes; it can only be ended between two statements. */
const longestClosing = 5_000

/**
 * Milliseconds after which a subscriber is told to come again, if something large is being written: some wait for five
 * seconds, and who is refused may come again only on the next day (FreshRSS).
 */
const patienceOfSubscribers = 3000

/** Starts the service on Node. Ends the process with a sentence in the log if nothing can be served. */
export async function serve(): Promise<void> {
  const service = new NodeService(readConfig())
  process.on('SIGTERM', () => void service.stop())
  process.on('SIGINT', () => void service.stop())
  await service.start()
}

/**
 * The service on Node. This thread answers, and only reads the database. Another one writes it, and takes up what
 * changes in the content folder.
 */
class NodeService {
  readonly #config: NodeConfig
  readonly #path: string
  /** With tokens the database may hold releases that are nowhere else. */
  readonly #mayBeMadeAnew: boolean
  readonly #writer: WriterThread
  #reader: NodeDatabase | undefined
  #integrity: IntegrityMonitor | undefined
  #content: ContentReport = { problems: [], progress: undefined }
  #composed: Composed | undefined
  #listening: Listening | undefined
  #isProxyTold = false
  /** Millisecond of the first signal. */
  #stopsSince: number | undefined

  constructor(config: NodeConfig) {
    const mayBeMadeAnew = config.tokens.length === 0
    this.#config = config
    this.#mayBeMadeAnew = mayBeMadeAnew
    this.#path = config.database === ':memory:' ? temporaryDatabase() : config.database
    this.#writer = new WriterThread(
      { config, path: this.#path, mayBeMadeAnew },
      {
        onContent: (report) => this.#takeContent(report),
        onHub: (report) => this.#composed?.hubReported(report),
        onDatabaseError: (error) => this.#reader?.failed(error) ?? error,
        onDamage: () => void this.#integrity?.check(),
        onWritten: () => this.#reader?.written(),
        onDeath: (error) => giveUp(`The thread that writes has ended: ${error.message}`),
      },
    )
  }

  /** Answers from the first moment on: from what the database has, or 503 until the folder is read. */
  async start() {
    const advice = adviceOnOrigin(this.#config.baseUrl)
    if (advice) console.error(advice)
    await this.#listen()
    // Most of the code is loaded while the thread that writes starts and opens the database.
    const [{ composeNode }] = await Promise.all([
      import('./compose-node.ts'),
      this.#writer.open().catch(giveUpFor),
    ])
    const reader = openReader(this.#path)
    this.#reader = reader
    this.#integrity = new IntegrityMonitor(reader, this.#path, {
      advice: adviceForDamage(this.#mayBeMadeAnew),
      reopenAll: async () => {
        await this.#writer.reopen()
        reader.reopen()
      },
    })
    const isServing = await this.#writer.order('prepareToServe')
    this.#composed = composeNode(this.#parts(reader, this.#integrity))
    const at = `http://localhost:${this.#listening!.port}`
    const { contentDirectory } = this.#config
    if (isServing) {
      console.log(`Reading ${contentDirectory}. What the database has is served at ${at}`)
      await this.#writer.order('startHub')
    }
    const isTakenUp = await this.#readContent(this.#integrity, isServing)
    console.log(
      isTakenUp
        ? `Serving ${contentDirectory} at ${at}`
        : `What was there before is served until ${contentDirectory} is mended.`,
    )
    const ofSample = adviceOnSample(contentDirectory)
    if (ofSample) console.log(ofSample)
    this.#integrity.start()
    await this.#writer.order('startHub')
    await this.#writer.order('watchContent')
  }

  #takeContent(report: ContentReport) {
    this.#content = report
    // Damage that no request has met meanwhile is told now.
    this.#integrity?.damage()
  }

  /**
   * Reads the content folder. Returns whether it could be used. A database that turns out to be damaged is made anew
   * if it may be.
   */
  async #readContent(integrity: IntegrityMonitor, isServing: boolean): Promise<boolean> {
    void this.#writer.order('removeAbandoned')
    // Of loads that were killed just now, somebody may yet take over the drafts.
    setTimeout(() => void this.#writer.order('removeAbandoned'), untilAbandoned).unref()
    try {
      return await this.#readAtStart(isServing)
    } catch (error) {
      const isToMakeAnew = this.#mayBeMadeAnew && isOfDamagedFile(error)
      if (!isToMakeAnew && !isServing) giveUp(this.#nothingToServe(error))
      if (!isToMakeAnew) {
        console.error(error)
        return false
      }
      await recreateDatabase(this.#path).catch(giveUpFor)
      await integrity.checkAgain()
      return this.#readAtStart(isServing).catch((reason: unknown) => {
        return giveUp(this.#nothingToServe(reason))
      })
    }
  }

  async #readAtStart(isServing: boolean): Promise<boolean> {
    const { contentDirectory } = this.#config
    const isUsable = await this.#writer.order('readContent')
    if (!isServing && !isUsable) giveUp(`Nothing is served until ${contentDirectory} is mended.`)
    return isUsable
  }

  #nothingToServe(error: unknown): string {
    // What is wrong and what to do was said.
    if (error instanceof StoreDamaged) return 'Nothing of it can be served.'
    const reason =
      this.#content.problems.length > 0
        ? 'what is told above keeps the content from it.'
        : (error as Error).message
    return `DATABASE at ${this.#config.database} holds nothing that could be served: ${reason}`
  }

  /** Listens. Until the database is open, everything is answered 503. */
  async #listen() {
    const { port, host } = this.#config
    if (this.#uploads !== undefined) await removeUnfinished(this.#uploads)
    const fetch: Fetch = (...asked) => {
      this.#noticeProxy(asked[0].headers)
      return this.#composed?.answerAnew(...asked) ?? notOpenYet(asked[0])
    }
    this.#listening = await listen(fetch, {
      answerAtOnce: (asked) => {
        this.#noticeProxy(asked.headers)
        return this.#composed?.answerAtOnce(asked)
      },
      port,
      host,
      onRefusal: (refusal) => this.#composed?.record(refusedRequest(refusal, Date.now())),
    }).catch(giveUpFor)
  }

  /** Says once that BASE_URL is missing, where that shows. */
  #noticeProxy(headers: HeaderReader) {
    if (this.#isProxyTold || !lacksBaseUrl(headers, this.#config.baseUrl)) return
    this.#isProxyTold = true
    console.error(adviceOnProxy(this.#config.baseUrl))
  }

  #parts(reader: NodeDatabase, integrity: IntegrityMonitor): NodeParts {
    const { baseUrl, contentDirectory, tokens, hasFeedPages, hasHub, hubAllow } = this.#config
    return {
      database: reader,
      writer: this.#writer.forReaders(),
      publishing: this.#writer.forAuthors(),
      contentDirectory,
      uploads: this.#uploads,
      baseUrl,
      tokens,
      hasFeedPages,
      hasHub,
      hub: {
        rules: () => callbackRules(baseUrl, hubAllow),
        writer: this.#writer.forAuthors(patienceOfSubscribers),
      },
      clock: systemClock,
      damage: () => integrity.damage(),
      problems: () => this.#content.problems,
      progress: () => this.#content.progress,
      format: this.#formatOfLog(),
      write: createLineWriter(),
      version: readVersion(),
    }
  }

  /** Whoever looks at a terminal reads; everything else is for programs. */
  #formatOfLog() {
    const { log = process.stdout.isTTY ? 'text' : 'json' } = this.#config
    return log === 'text' ? formatForPeople : formatRequest
  }

  /** Beside the database, so that both are kept and backed up together. */
  get #uploads(): string | undefined {
    const { database } = this.#config
    return database === ':memory:' ? undefined : dirname(database)
  }

  /** Lets running answers finish. A second signal, or one before anything is served, stops at once. */
  async stop() {
    if (this.#stopsSince !== undefined && Date.now() - this.#stopsSince < sameSignal) return
    if (this.#stopsSince !== undefined || !this.#listening) return this.#exit()
    this.#stopsSince = Date.now()
    void this.#writer.order('stopWatching')
    await this.#listening.close()
    await this.#exit()
  }

  async #exit() {
    // What is still being written then was answered to nobody, and is written anew after the next start.
    const waiting = new Promise((resolve) => setTimeout(resolve, longestClosing))
    await Promise.race([this.#close(), waiting])
    process.exit(0)
  }

  /** Closes all connections. The one that writes comes last: as the last of all, it puts the log into the database. */
  async #close() {
    this.#reader?.close()
    await this.#integrity?.close()
    await this.#writer.close()
  }
}

/** A file that is removed when the process ends. */
function temporaryDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'tiedote.db')
}

/** Says in a sentence why the service cannot start. */
function giveUp(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

function giveUpFor({ message }: Error): never {
  return giveUp(message)
}

function readConfig(): NodeConfig {
  try {
    const config = readNodeConfig(process.env)
    // A wrong one stops the start.
    readAllowList(config.hubAllow)
    return config
  } catch (error) {
    return giveUp((error as Error).message)
  }
}
