import { dirname } from 'node:path'
import { systemClock } from './clock.ts'
import { composeNode } from './compose-node.ts'
import { type NodeConfig, readNodeConfig } from './config.ts'
import { ContentUpdates, isOfDamagedFile } from './content-updates.ts'
import { removeUnfinished } from './content/media-folder.ts'
import { watchFolder } from './content/watch.ts'
import { StoreDamaged } from './domain/errors.ts'
import { listen, type Listening } from './http/listen.ts'
import { refusedRequest } from './http/request-log.ts'
import { createLineWriter } from './lines.ts'
import { adviceForDamage, IntegrityMonitor } from './store/integrity-monitor.ts'
import type { NodeDatabase } from './store/node-sqlite.ts'
import { openStore, recreateDatabase } from './store/open-store.ts'
import { upgrading } from './upgrading.ts'

/** Milliseconds after a start when whatever was cut off before it counts as abandoned. */
const untilAbandoned = 660_000

/** Milliseconds in which a second signal to stop is the same one: a terminal and npm both pass Ctrl+C on. */
const sameSignal = 500

/** Starts the service on Node. Ends the process with a sentence in the log if nothing can be served. */
export async function serve(): Promise<void> {
  const config = readConfig()
  // With tokens it may hold releases that are nowhere else.
  const mayBeMadeAnew = config.tokens.length === 0
  const database = await openStore(config.database, { mayBeMadeAnew, upgrading }).catch(giveUpFor)
  const service = new NodeService(config, database, mayBeMadeAnew)
  process.on('SIGTERM', () => service.stop())
  process.on('SIGINT', () => service.stop())
  await service.start()
}

/** The service on Node over an open database: reads the content, listens, watches the folder, stops. */
class NodeService {
  readonly #config: NodeConfig
  readonly #database: NodeDatabase
  readonly #mayBeMadeAnew: boolean
  readonly #integrity: IntegrityMonitor
  readonly #content: ContentUpdates
  #listening: Listening | undefined
  #stopWatching = () => {}
  /** Millisecond of the first signal. */
  #stopsSince: number | undefined

  constructor(config: NodeConfig, database: NodeDatabase, mayBeMadeAnew: boolean) {
    this.#config = config
    this.#database = database
    this.#mayBeMadeAnew = mayBeMadeAnew
    const advice = adviceForDamage(mayBeMadeAnew)
    const integrity = new IntegrityMonitor(database, config.database, advice)
    this.#integrity = integrity
    this.#content = new ContentUpdates({ config, database, integrity, mayBeMadeAnew })
  }

  /** Answers from the first moment on: from what the database has, or 503 until the folder is read. */
  async start() {
    this.#content.isServing = await this.#content.prepareToServe()
    await this.#listen()
    const at = `http://localhost:${this.#listening!.port}`
    const { contentDirectory } = this.#config
    if (this.#content.isServing) {
      console.log(`Reading ${contentDirectory}. What the database has is served at ${at}`)
    }
    const isTakenUp = await this.#readContent()
    console.log(
      isTakenUp
        ? `Serving ${contentDirectory} at ${at}`
        : `What was there before is served until ${contentDirectory} is mended.`,
    )
    this.#content.isStarting = false
    this.#content.isServing = true
    this.#watch()
  }

  /**
   * Reads the content folder. Returns whether it could be used. A database that turns out to be damaged is made anew
   * if it may be.
   */
  async #readContent(): Promise<boolean> {
    void this.#content.removeAbandoned()
    // Of loads that were killed just now, somebody may yet take over the drafts.
    setTimeout(() => void this.#content.removeAbandoned(), untilAbandoned).unref()
    try {
      return await this.#readAtStart()
    } catch (error) {
      const isToMakeAnew = this.#mayBeMadeAnew && isOfDamagedFile(error)
      if (!isToMakeAnew && !this.#content.isServing) giveUp(this.#nothingToServe(error))
      if (!isToMakeAnew) {
        console.error(error)
        return false
      }
      await recreateDatabase(this.#config.database).catch(giveUpFor)
      await this.#integrity.checkAgain()
      return this.#readAtStart().catch((reason: unknown) => giveUp(this.#nothingToServe(reason)))
    }
  }

  async #readAtStart(): Promise<boolean> {
    const { contentDirectory } = this.#config
    const isUsable = await this.#content.first()
    if (!this.#content.isServing && !isUsable) {
      giveUp(`Nothing is served until ${contentDirectory} is mended.`)
    }
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

  async #listen() {
    const { port, host, baseUrl, contentDirectory, database: path } = this.#config
    // Beside the database, so that both are kept and backed up together.
    const uploads = path === ':memory:' ? undefined : dirname(path)
    if (uploads !== undefined) await removeUnfinished(uploads)
    const { answerAnew, answerAtOnce, record } = composeNode({
      database: this.#database,
      contentDirectory,
      uploads,
      baseUrl,
      tokens: this.#config.tokens,
      hasFeedPages: this.#config.hasFeedPages,
      clock: systemClock,
      damage: () => this.#integrity.damage(),
      problems: () => this.#content.problems,
      progress: () => this.#content.progress(),
      write: createLineWriter(),
    })
    this.#listening = await listen(answerAnew, {
      answerAtOnce,
      port,
      host,
      onRefusal: (refusal) => record(refusedRequest(refusal, Date.now())),
    }).catch(giveUpFor)
  }

  /** Watches the database for damage and the content folder for changes. */
  #watch() {
    this.#integrity.start()
    this.#stopWatching = watchFolder(this.#config.contentDirectory, async () => {
      await this.#content.update()
      return this.#content.takeNext()
    })
  }

  /** Lets running answers finish. A second signal, or one before anything is served, stops at once. */
  stop() {
    if (this.#stopsSince !== undefined && Date.now() - this.#stopsSince < sameSignal) return
    if (this.#stopsSince !== undefined || !this.#listening) this.#exit()
    this.#stopsSince = Date.now()
    this.#stopWatching()
    void this.#listening.close().then(() => this.#exit())
  }

  /** Content may be read at this moment: what it has not made public is read again at the next start. */
  #exit(): never {
    this.#integrity.close()
    this.#database.close()
    process.exit(0)
  }
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
    return readNodeConfig(process.env)
  } catch (error) {
    return giveUp((error as Error).message)
  }
}
