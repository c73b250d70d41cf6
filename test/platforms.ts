// Asks the same of the service on Node and of the Worker in workerd, as it is deployed.
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

export const baseUrl = 'https://releases.example.org'

/** Who may publish in tests: everybody's, and one publisher's alone. */
export const publishTokens = 'newsroom=a-secret-of-the-newsroom,customs@customs=a-secret-of-customs'

/** Where requests come from, as the server on Node tells the app: a proxy on this machine. */
const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/**
 * Runs the tests in `body` on both runtimes, over the content that `writeContent` writes. `url` is
 * where the Worker listens.
 */
export function onBoth(
  name: string,
  writeContent: () => string,
  body: (fetch: Fetch, url: () => string | undefined) => void,
) {
  describe(`${name}, on Node`, () => {
    let service: Fetch
    let directory: string
    beforeAll(async () => {
      directory = writeContent()
      service = await nodeService(directory)
    })
    afterAll(() => rmSync(directory, { recursive: true, force: true }))
    body(
      (path, init) => service(path, init),
      () => undefined,
    )
  })

  describe(`${name}, on Workers`, () => {
    let worker: Awaited<ReturnType<typeof workerService>>
    let directory: string
    beforeAll(async () => {
      directory = writeContent()
      worker = await workerService(directory)
      // What is asked over its port is not at home, and fills no database.
      await worker.fetch('/robots.txt')
    })
    afterAll(async () => {
      await worker.close()
      rmSync(directory, { recursive: true, force: true })
    })
    body(
      (path, init) => worker.fetch(path, init),
      () => worker.url,
    )
  })
}

/** Runs the tests in `body` on both runtimes, over a folder of their own that they may change. */
export function onBothPresses(
  name: string,
  files: Record<string, string>,
  body: (press: Press & { directory: () => string; runtime: string }) => void,
  clock?: Clock,
) {
  for (const [runtime, start] of Object.entries({ Node: nodePress, Workers: workerPress })) {
    describe(`${name}, on ${runtime}`, () => {
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
        directory: () => directory,
        fetch: (path, init) => press.fetch(path, init),
        takeUp: () => press.takeUp(),
        restart: () => press.restart(),
        breakStore: () => press.breakStore(),
        mendStore: () => press.mendStore(),
        close: async () => {},
      })
    })
  }
}

/** A clock that does not let anybody wait. workerd has its own. */
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
export async function workerPress(directory: string, _clock?: Clock) {
  const worker = await workerService(directory)
  // The database is filled by the first request.
  await worker.fetch('/feed.json')
  const database = async () => (await worker.database()) as Database
  const lookAgain = () => worker.fetch('/robots.txt', { headers: { 'Cache-Control': 'no-cache' } })
  return {
    fetch: worker.fetch,
    async takeUp() {
      const content = createContentStore(await database())
      const program = (await content.program())!
      await bringInLine(directory, content, { batch: randomUUID(), program, clock: systemClock })
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

async function breakStore(database: Database): Promise<void> {
  await database.batch(
    tables.map((table) => database.prepare(`alter table ${table} rename to ${table}_away`)),
  )
}

async function mendStore(database: Database): Promise<void> {
  await database.batch(
    tables.map((table) => database.prepare(`alter table ${table}_away rename to ${table}`)),
  )
}

/** The Worker that `wrangler.toml` describes, in workerd, over another content folder. */
export async function workerService(directory: string) {
  // Loading it takes seconds, which tests on Node alone need not spend.
  const { createTestHarness } = await import('wrangler')
  const workplace = mkdtempSync(join(tmpdir(), 'tiedote-worker-'))
  const generated = join(workplace, '.generated')
  const built = join(workplace, 'worker')
  const configPath = join(workplace, 'wrangler.toml')
  const config = readFileSync(join(import.meta.dirname, '../wrangler.toml'), 'utf8')
  // Whoever uploads files takes the marks of comments away.
  writeFileSync(configPath, config.replace(/^# (?=\[\[r2_|binding = "MEDIA"|bucket_name)/gm, ''))
  cpSync(inject('workerBuild'), built, { recursive: true })
  const content = join(
    built,
    readdirSync(built).find((file) => file.endsWith('content.txt'))!,
  )
  const bundle = async () => {
    const { count, problems } = await bundleContent(directory, generated)
    if (count === undefined) throw new Error(problems.map(formatProblem).join('\n'))
    cpSync(join(generated, 'worker/content.txt'), content)
  }
  await bundle()
  const server = createTestHarness({
    workers: [
      {
        configPath,
        prebuiltWorkerDir: built,
        vars: { BASE_URL: baseUrl, PUBLISH_TOKENS: publishTokens },
      },
    ],
  })
  const { url } = await server.listen()
  return {
    url: url.href,
    fetch: (async (path: string, init?: RequestInit) => {
      // Elsewhere than at home it only reads.
      const { href } = new URL(path, baseUrl)
      return server.fetch(href, { redirect: 'manual', ...init } as never)
    }) as unknown as Fetch,
    database: async () => ((await server.getWorker().getEnv()) as { DB: unknown }).DB,
    /** New isolates over the same database and the same cache, as a new deployment makes them. */
    restart: async () => {
      await bundle()
      await server.update((options) => options)
    },
    close: async () => {
      await server.close()
      rmSync(workplace, { recursive: true, force: true })
    },
  }
}
