// Starts the service on Node and the Worker in workerd, put together as they are deployed, to ask both the same.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { wordsOf } from '../src/content/words.ts'
import { bundleContent } from '../src/bundle-content.ts'
import { composeNode } from '../src/compose-node.ts'
import { loadStems } from '../src/compose.ts'
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
import type { CallbackRules } from '../src/websub/callback-address.ts'
import type { HubReport } from '../src/websub/hub.ts'
import { writeFolder } from './content-folder.ts'
import { databaseAt } from './d1-client.ts'
import { newDatabase } from './new-database.ts'
import { isQuick } from './trials.ts'
import {
  databaseEntry,
  directEntry,
  homeHeader,
  secondHeader,
  takeUpPath,
} from './worker-controls.ts'
import { modulesIn, workerSettings } from './worker-settings.ts'

export const baseUrl = 'https://releases.example.org'

/** Who may publish in tests: for everybody, and for one publisher alone. */
export const publishTokens = [
  'newsroom=a-secret-of-the-newsroom',
  'customs@customs=a-secret-of-customs',
  'police@police=a-secret-of-the-police',
].join()

/** Where requests come from, as the server on Node tells the app: a proxy on this machine. */
export const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }

/** A request as a server would take it, for a path or a whole address. */
export function requestFor(path: string, init?: RequestInit): Request {
  return new Request(/^https?:/.test(path) ? path : `http://localhost${path}`, init)
}

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
export function onBothPresses(name: string, files: Record<string, string>, body: PressTests) {
  onPresses({ Node: nodePress, ...(isQuick ? {} : { Workers: workerPress }) }, name, files, body)
}

/** The same on Node alone: `both-runtimes.test.ts` holds that changes and requests of that kind are answered alike. */
export function onNodePress(name: string, files: Record<string, string>, body: PressTests) {
  onPresses({ Node: nodePress }, name, files, body)
}

type PressTests = (
  press: Omit<Press, 'close'> & { directory: () => string; runtime: string; clock: Clock },
) => void

function onPresses(
  runtimes: Record<string, (directory: string, clock: Clock) => Promise<Press>>,
  name: string,
  files: Record<string, string>,
  body: PressTests,
) {
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
 * lie beside the database; a far one is asked as seldom as on Workers.
 */
export async function nodePress(
  directory: string,
  clock: Clock = systemClock,
  around: (store: ReleaseStore) => ReleaseStore = (store) => store,
  {
    hasFeedPages = true,
    isOnDisk = false,
    isFar = false,
    memory = 64_000_000,
    write = () => {},
    hasHub = false,
    rules,
    address = baseUrl,
  }: {
    hasFeedPages?: boolean
    isOnDisk?: boolean
    isFar?: boolean
    memory?: number
    write?: (line: string) => void
    hasHub?: boolean
    /** Which callbacks may be called; without them there is no hub. */
    rules?: CallbackRules
    /** Its BASE_URL, where that must be where it listens. */
    address?: string
  } = {},
) {
  const uploads = mkdtempSync(join(tmpdir(), 'tiedote-uploads-'))
  const databaseFile = isOnDisk ? join(uploads, 'tiedote.db') : ':memory:'
  let database = isOnDisk ? await databaseIn(databaseFile) : await newDatabase()
  let content = createContentStore(database, { wordsOf })
  let problems: FileProblem[] = []
  let program = 'test'
  let announcesHub = hasHub
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
      store: around(createReleaseStore(database, { loadStems })),
      ...(isFar && { hasChanged: undefined }),
      memory,
      contentDirectory: directory,
      uploads,
      baseUrl: address,
      tokens: readTokens(publishTokens),
      hasFeedPages,
      hasHub: announcesHub,
      ...(rules && { hub: { rules: () => rules, writer: database } }),
      clock,
      problems: () => problems,
      write,
    })
  await takeUp()
  let service = start()
  return {
    fetch: (async (path, init) => service.fetch(requestFor(path, init), socket)) as Fetch,
    databaseFile,
    database: () => database,
    /** Begins anew with the hub switched on or off. */
    async switchHub(isOn: boolean) {
      announcesHub = isOn
      program = `${program} hub ${isOn}`
      await takeUp()
      service = start()
    },
    /** Where files lie that were uploaded. */
    uploads,
    takeUp,
    /** What was counted since the last start. */
    metrics: () => service.metrics,
    /** What the hub would tell. */
    hubReported: (report: HubReport) => service.hubReported(report),
    /** Begins anew over the same database, perhaps as another version of the program. */
    async restart(version = program) {
      program = version
      service = start()
    },
    /** Begins anew over a new database, which is filled from the folder alone. */
    async rebuild() {
      database = await newDatabase()
      content = createContentStore(database, { wordsOf })
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

async function databaseIn(file: string) {
  const database = openDatabase(file)
  await migrate(database, readMigrations())
  return database
}

/**
 * The same of the Worker. Changes reach its database as those of another isolate would, and what it
 * keeps of the state is then looked at anew.
 */
export async function workerPress(directory: string, clock?: Clock) {
  const worker = await workerService(directory, clock && { clock })
  // The database is filled by the first request.
  await worker.fetch('/feed.json')
  const { database } = worker
  const lookAgain = () => worker.fetch('/healthz', { headers: { 'Cache-Control': 'no-cache' } })
  return {
    fetch: worker.fetch,
    async takeUp() {
      await worker.takeUp()
      await lookAgain()
    },
    restart: () => worker.restart(),
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

/** Undoes it. */
export async function mendStore(database: Database): Promise<void> {
  await database.batch(
    tables.map((table) => database.prepare(`alter table ${table}_away rename to ${table}`)),
  )
}

/** What a Worker in these tests is told. */
export const workerVariables = { BASE_URL: baseUrl, PUBLISH_TOKENS: publishTokens }

/**
 * The Worker of `worker-entry.ts` in workerd, over a content folder. It goes by a clock of the test as far as
 * that is ahead of its own; without one, by the time. `variables` are set beside those that every test has.
 */
export async function workerService(
  directory: string,
  {
    clock,
    variables = {},
    outside,
    program,
    others = 0,
  }: {
    clock?: Clock
    variables?: Record<string, string>
    /** What answers requests of the Worker to other hosts. With it the object of the hub is bound. */
    outside?: (request: Request) => Promise<Response>
    /** The folder of another program than that of tests, as it is deployed. */
    program?: string
    /** How many isolates there are beside the first, over the same database and cache, that nobody has asked yet. */
    others?: number
  } = {},
) {
  // Loading it takes time, which tests on Node alone need not spend.
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const workplace = mkdtempSync(join(tmpdir(), 'tiedote-worker-'))
  const isOurs = program === undefined
  const build = program ?? inject('workerBuild')
  const bundle = async () => {
    const { count, problems } = await bundleContent(directory, workplace)
    if (count === undefined) throw new Error(problems.map(formatProblem).join('\n'))
    return readFileSync(join(workplace, 'worker/content.txt'), 'utf8')
  }
  const deployment = async (more: number) => {
    const content = { type: 'Text' as const, path: join(build, 'content.txt') }
    const hub = { className: 'HubObject', useSQLite: true }
    const [entry, ...parts] = modulesIn(build)
    const first = {
      name: 'tiedote',
      ...workerSettings(join(workplace, 'assets')),
      bindings: { ...workerVariables, ...variables },
      ...(outside && {
        durableObjects: { HUB_OBJECT: hub },
        outboundService: outside as never,
      }),
      ...(isOurs && {
        unsafeDirectSockets: [directEntry, databaseEntry].map((entrypoint) => ({
          host: '127.0.0.1',
          port: 0,
          entrypoint,
        })),
        unsafeUseModuleFallbackService: true,
      }),
      modulesRoot: build,
      modules: [entry!, ...(isOurs ? [] : parts), { ...content, contents: await bundle() }],
    }
    const durableObjects = { HUB_OBJECT: { ...hub, scriptName: 'tiedote' } }
    const other = { ...first, ...(outside && { durableObjects }) }
    return convertV4MiniflareOptions({
      // What it writes belongs to nobody who reads the results of tests.
      handleStructuredLogs: () => {},
      logRequests: false,
      // Each part that Miniflare tells workerd of has it copy all others once more.
      unsafeModuleFallbackService: (request) => partOf(build, request) as never,
      workers: [
        first,
        ...Array.from({ length: more }, (_, index) => ({ ...other, name: nameOf(index + 1) })),
      ],
    })
  }
  const server = new Miniflare(await deployment(others))

  let agent = new Agent({ keepAlive: true })
  /** Which isolate is asked. */
  let current = 0
  const send = async (url: URL, init: RequestInit) => {
    const { body, signal } = init
    // Miniflare and its own Workers take several times as long, and are needed for what is sent bit by bit.
    const isPlain = (body === undefined || typeof body === 'string') && !signal
    if (isOurs && url.origin === baseUrl && isPlain) {
      const { pathname, search } = url
      const there = await server.unsafeGetDirectURL(nameOf(current), directEntry)
      return askServer(new URL(`${pathname}${search}`, there), agent, init)
    }
    const asked = { redirect: 'manual', ...init }
    const asking =
      current === 0 ? server.dispatchFetch : (await server.getWorker(nameOf(current))).fetch
    return (await asking(url.href, asked as never)) as unknown as Response
  }

  /** Asks by the clock of the test, which then goes on from where the Worker's is. */
  const ask = async (path: string, init?: RequestInit) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    if (clock) headers[secondHeader] = String(clock.now())
    // Elsewhere than at the host of BASE_URL it only reads.
    const response = await send(new URL(path, baseUrl), { ...init, headers })
    await clock?.passed(Number(response.headers.get(secondHeader)) - 1)
    response.headers.delete(secondHeader)
    return response
  }
  return {
    url: async () => (await server.ready).href,
    fetch: ask,
    /** Asks the second isolate, by the clock of the test. */
    askSecond: async (path: string, init?: { headers: Record<string, string> }) => {
      const there = await server.unsafeGetDirectURL(nameOf(1), directEntry)
      const headers = { ...init?.headers, ...(clock && { [secondHeader]: String(clock.now()) }) }
      return askServer(new URL(path, there), agent, { headers })
    },
    /** From now on another isolate is asked, which nobody has asked yet. */
    useNext: () => void current++,
    /** What a cron trigger does. */
    trigger: async () => {
      const worker = (await server.getWorker('tiedote')) as { scheduled(): Promise<unknown> }
      await worker.scheduled()
    },
    /** Its database, until it is started anew. */
    database: async () =>
      databaseAt(await server.unsafeGetDirectURL('tiedote', databaseEntry), agent),
    /** Changes the content of the database, and not that of the deployment. */
    takeUp: async () => {
      const { status } = await ask(takeUpPath, { method: 'POST', body: await bundle() })
      if (status !== 200) throw new Error('The Worker did not take up what has changed')
    },
    /** New isolates over the same database and the same cache, as a new deployment makes them: `more` beside the first. */
    restart: async (more = others) => {
      agent.destroy()
      await server.setOptions(await deployment(more))
      current = 0
      agent = new Agent({ keepAlive: true })
    },
    close: async () => {
      agent.destroy()
      await server.dispose()
      rmSync(workplace, { recursive: true, force: true })
    },
  }
}

/** What an isolate is called among those of one workerd. */
const nameOf = (number: number) => (number === 0 ? 'tiedote' : `tiedote-${number}`)

/** Gives workerd a part of a Worker that another one imports. */
function partOf(build: string, { url }: { url: string }) {
  const name = new URL(url).searchParams.get('specifier')!.slice(1)
  return Response.json({ name, esModule: readFileSync(join(build, basename(name)), 'utf8') })
}

/** Asks the server of a Worker as at the host of BASE_URL, in the words of the test alone. */
function askServer(url: URL, agent: Agent, { method = 'GET', headers, body }: RequestInit) {
  return new Promise<Response>((resolve, reject) => {
    const named = { ...(headers as Record<string, string>), [homeHeader]: 'yes' }
    const asked = request(url, { agent, method, headers: named }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const status = answer.statusCode!
        const told = new Headers(answer.headers as Record<string, string>)
        const isEmpty = [204, 205, 304].includes(status)
        resolve(new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers: told }))
      })
    })
    asked.on('error', reject).end(body as string | undefined)
  })
}
