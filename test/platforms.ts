// Starts the service on Node and the Worker in workerd, put together as they are deployed, to ask both the same.
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { bundleContent } from '../src/bundle-content.ts'
import { composeNode } from '../src/compose-node.ts'
import { bringInLine } from '../src/content/bring-in-line.ts'
import { type FileProblem, formatProblem } from '../src/domain/problem.ts'
import type { Clock } from '../src/domain/clock.ts'
import type { ReleaseStore } from '../src/domain/release-store.ts'
import { systemClock } from '../src/clock.ts'
import { readTokens } from '../src/config.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { migrate } from '../src/store/migrate.ts'
import type { Database } from '../src/store/database.ts'
import { openDatabase, readMigrations } from '../src/store/node-sqlite.ts'
import { createReleaseStore } from '../src/store/release-store.ts'
import { writeFolder } from './content-folder.ts'
import { isQuick } from './trials.ts'
import { secondHeader, takeUpPath } from './worker-controls.ts'

export const baseUrl = 'https://releases.example.org'

/** Who may publish in tests: for everybody, and for one publisher alone. */
export const publishTokens = [
  'newsroom=a-secret-of-the-newsroom',
  'customs@customs=a-secret-of-customs',
  'police@police=a-secret-of-the-police',
].join()

/** Where requests come from, as the server on Node tells the app: a proxy on this machine. */
const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/**
 * Runs the tests in `body` on Node, over the content that `writeContent` writes. They only read:
 * `both-runtimes.test.ts` holds that Workers answer the same.
 */
export function onNode(name: string, writeContent: () => string, body: (fetch: Fetch) => void) {
  describe(name, () => {
    let service: Fetch
    let directory: string
    beforeAll(async () => {
      directory = writeContent()
      service = await nodeService(directory)
    })
    afterAll(() => rmSync(directory, { recursive: true, force: true }))
    body((path, init) => service(path, init))
  })
}

/**
 * Runs the tests in `body` on both runtimes, on Node alone in `npm run test:quick`, over a folder of their
 * own that they may change.
 */
export function onBothPresses(
  name: string,
  files: Record<string, string>,
  body: (
    press: Omit<Press, 'close'> & { directory: () => string; runtime: string; clock: Clock },
  ) => void,
) {
  const runtimes = { Node: nodePress, ...(isQuick ? {} : { Workers: workerPress }) }
  for (const [runtime, start] of Object.entries(runtimes)) {
    describe(`${name}, on ${runtime}`, () => {
      const clock = hurriedClock()
      let directory: string
      let press: Press
      beforeAll(async () => {
        directory = writeFolder(files)
        press = await start(directory, clock)
      })
      afterAll(async () => {
        await press.close()
        rmSync(directory, { recursive: true, force: true })
      })
      body({
        runtime,
        clock,
        directory: () => directory,
        fetch: (path, init) => press.fetch(path, init),
        takeUp: () => press.takeUp(),
        restart: () => press.restart(),
        breakStore: () => press.breakStore(),
        mendStore: () => press.mendStore(),
      })
    })
  }
}

/** A clock that does not let anybody wait. */
export function hurriedClock(): Clock {
  let ahead = 0
  const now = () => systemClock.now() + ahead
  return {
    now,
    async passed(second) {
      ahead += Math.max(0, second + 1 - now())
    },
  }
}

/** The app on Node over a database in memory. */
export async function nodeService(directory: string, clock: Clock = systemClock): Promise<Fetch> {
  return (await nodePress(directory, clock)).fetch
}

/**
 * The same, with the means to take up changes of the folder, to start anew, and to break the store.
 * `around` may put something around the store that readers are answered from. On disk, uploaded files
 * lie beside the database.
 */
export async function nodePress(
  directory: string,
  clock: Clock = systemClock,
  around: (store: ReleaseStore) => ReleaseStore = (store) => store,
  {
    hasFeedPages = true,
    isOnDisk = false,
    hasChanged,
  }: { hasFeedPages?: boolean; isOnDisk?: boolean; hasChanged?: () => boolean } = {},
) {
  const uploads = mkdtempSync(join(tmpdir(), 'tiedote-uploads-'))
  const databaseFile = isOnDisk ? join(uploads, 'tiedote.db') : ':memory:'
  let database = await newDatabase(databaseFile)
  let content = createContentStore(database)
  let problems: FileProblem[] = []
  let program = 'test'
  const takeUp = async () => {
    const options = { batch: randomUUID(), program, clock }
    problems = await bringInLine(directory, content, options)
    if (problems.some((problem) => !problem.warning)) {
      throw new Error(problems.map(formatProblem).join('\n'))
    }
  }
  const start = () =>
    composeNode({
      database,
      store: around(createReleaseStore(database)),
      ...(hasChanged && { hasChanged }),
      contentDirectory: directory,
      uploads,
      baseUrl,
      tokens: readTokens(publishTokens),
      hasFeedPages,
      clock,
      problems: () => problems,
      write: () => {},
    })
  await takeUp()
  let service = start()
  return {
    fetch: (async (path, init) => service.app.request(path, init, socket)) as Fetch,
    databaseFile,
    /** Where files lie that were uploaded. */
    uploads,
    takeUp,
    /** What was counted since the last start. */
    metrics: () => service.metrics,
    /** Begins anew over the same database, perhaps as another version of the program. */
    async restart(version = program) {
      program = version
      service = start()
    },
    /** Begins anew over a new database, which is filled from the folder alone. */
    async rebuild() {
      database = await newDatabase()
      content = createContentStore(database)
      await takeUp()
      service = start()
    },
    /** How many changes the store has seen. */
    async revision() {
      const sql = "select value from state where key = 'revision'"
      return Number((await database.prepare(sql).first<{ value: number }>())?.value)
    },
    breakStore: () => breakStore(database),
    mendStore: () => mendStore(database),
    close: async () => rmSync(uploads, { recursive: true, force: true }),
  }
}

async function newDatabase(file = ':memory:') {
  const database = openDatabase(file)
  await migrate(database, readMigrations())
  return database
}

/**
 * The same of the Worker. Changes reach its database as those of another isolate would, and what it
 * keeps of the state is then looked at anew.
 */
export async function workerPress(directory: string, clock?: Clock) {
  const worker = await workerService(directory, { clock })
  // The database is filled by the first request.
  await worker.fetch('/feed.json')
  const database = async () => (await worker.database()) as Database
  const lookAgain = () => worker.fetch('/robots.txt', { headers: { 'Cache-Control': 'no-cache' } })
  return {
    fetch: worker.fetch,
    async takeUp() {
      await worker.takeUp()
      await lookAgain()
    },
    restart: worker.restart,
    async breakStore() {
      await breakStore(await database())
      await lookAgain()
    },
    async mendStore() {
      await mendStore(await database())
      await lookAgain()
    },
    database,
    close: worker.close,
  }
}

/** The service with the means to change what it shows and to break what it stands on. */
export type Press = Omit<Awaited<ReturnType<typeof workerPress>>, 'database'>

/** Without its tables a database answers every question with an error. */
const tables = ['state', 'release', 'edition']

/** Has every question fail, without a word to a service that keeps what it knows. */
export async function breakStore(database: Database): Promise<void> {
  await database.batch(
    tables.map((table) => database.prepare(`alter table ${table} rename to ${table}_away`)),
  )
}

async function mendStore(database: Database): Promise<void> {
  await database.batch(
    tables.map((table) => database.prepare(`alter table ${table}_away rename to ${table}`)),
  )
}

/**
 * The Worker that `wrangler.toml` describes, in workerd, over a content folder. It goes by a clock of the
 * test as far as that is ahead of its own; without one, by the time. `build` is what a deployment made, and
 * `variables` are set beside those that every test has.
 */
export async function workerService(
  directory: string,
  {
    clock,
    build = inject('workerBuild'),
    variables = {},
  }: { clock?: Clock | undefined; build?: string; variables?: Record<string, string> } = {},
) {
  // Loading it takes seconds, which tests on Node alone need not spend.
  const { createTestHarness } = await import('wrangler')
  const workplace = mkdtempSync(join(tmpdir(), 'tiedote-worker-'))
  const generated = join(workplace, '.generated')
  const built = join(workplace, 'worker')
  const configPath = join(workplace, 'wrangler.toml')
  const config = readFileSync(join(import.meta.dirname, '../wrangler.toml'), 'utf8')
  // Whoever uploads files takes the marks of comments away.
  writeFileSync(configPath, config.replace(/^# (?=\[\[r2_|binding = "MEDIA"|bucket_name)/gm, ''))
  cpSync(build, built, { recursive: true })
  const bundle = async () => {
    const { count, problems } = await bundleContent(directory, generated)
    if (count === undefined) throw new Error(problems.map(formatProblem).join('\n'))
  }
  const deploy = async () => {
    await bundle()
    cpSync(join(generated, 'worker/content.txt'), join(built, 'content.txt'))
  }
  await deploy()
  const server = createTestHarness({
    workers: [
      {
        configPath,
        prebuiltWorkerDir: built,
        vars: { BASE_URL: baseUrl, PUBLISH_TOKENS: publishTokens, ...variables },
      },
    ],
  })
  const { url } = await server.listen()
  /** Asks by the clock of the test, which then goes on from where the Worker's is. */
  const ask = async (path: string, init?: RequestInit) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    if (clock) headers[secondHeader] = String(clock.now())
    const asked = { redirect: 'manual', ...init, headers }
    // Elsewhere than at the host of BASE_URL it only reads.
    const { href } = new URL(path, baseUrl)
    const response = (await server.fetch(href, asked as never)) as unknown as Response
    await clock?.passed(Number(response.headers.get(secondHeader)) - 1)
    response.headers.delete(secondHeader)
    return response
  }
  return {
    url: url.href,
    fetch: ask,
    database: async () => ((await server.getWorker().getEnv()) as { DB: unknown }).DB,
    /** Changes the content of the database, and not that of the deployment. */
    takeUp: async () => {
      await bundle()
      const body = readFileSync(join(generated, 'worker/content.txt'), 'utf8')
      const { status } = await ask(takeUpPath, { method: 'POST', body })
      if (status !== 200) throw new Error('The Worker did not take up what has changed')
    },
    /** New isolates over the same database and the same cache, as a new deployment makes them. */
    restart: async () => {
      await deploy()
      await server.update((options) => options)
    },
    close: async () => {
      await server.close()
      rmSync(workplace, { recursive: true, force: true })
    },
  }
}
