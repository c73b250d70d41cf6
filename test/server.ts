// Starts the real server, as `npm start` does.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { writeFolder } from './content-folder.ts'
import type { SimulatedClock } from './readers/simulated-clock.ts'

const project = join(import.meta.dirname, '..')

export type Server = {
  url: string
  port: number
  /** What was written to stdout and stderr so far. */
  log: () => string
  output: () => string
  process: ChildProcess
  exit: Promise<number | null>
}

/** Starts a server for one test, on a database file of its own unless one is named. */
export async function start(
  directory: string,
  settings: Record<string, string> = {},
  options: SpawnOptions = {},
): Promise<Server> {
  const server = await spawnServer(directory, { DATABASE: databaseFile(), ...settings }, options)
  onTestFinished(() => void server.process.kill('SIGKILL'))
  const isStarted = () => /^(Serving|What was there before)/m.test(server.output())
  await Promise.race([until(isStarted), server.exit])
  return server
}

/** A server with the folder and the database that it stands on. */
export type SharedServer = Server & { directory: string; database: string }

/** Starts one server for tests that follow each other on it. Starting it takes longer than most of what is asked of it. */
export function startForAll(
  files: Record<string, string | Uint8Array>,
  settings: Record<string, string> = {},
): () => SharedServer {
  let server: SharedServer
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tiedote-data-'))
    const database = join(folder, 'deeper', 'tiedote.db')
    const directory = writeFolder(files)
    const started = await spawnServer(directory, { DATABASE: database, ...settings })
    server = { ...started, directory, database }
    await until(() => started.output().includes('Serving'))
  })
  afterAll(() => {
    server.process.kill('SIGKILL')
    for (const path of [folder, server.directory]) rmSync(path, { recursive: true, force: true })
  })
  return () => server
}

/** A folder and a database for tests that follow each other: one starts a server, and the next ones go on with it. */
export function startedByFirst(files: Record<string, string | Uint8Array>) {
  const { folder, remove } = temporaryDatabaseFolder()
  const directory = writeFolder(files)
  const database = join(folder, 'tiedote.db')
  let server: Server | undefined
  afterAll(() => {
    server?.process.kill('SIGKILL')
    remove()
    rmSync(directory, { recursive: true, force: true })
  })
  const start = async (settings: Record<string, string> = {}): Promise<Server> =>
    (server = await spawnServer(directory, { DATABASE: database, ...settings }))
  return { directory, database, start }
}

/** Starts a server that whoever calls this kills, and does not wait until it serves. `command` is another runtime. */
export async function spawnServer(
  directory: string,
  settings: Record<string, string>,
  options: SpawnOptions = {},
  [command, ...args]: [string, ...string[]] = [process.execPath, 'src/start.js'],
): Promise<Server> {
  const port = Number(settings.PORT ?? (await freePort()))
  const { BASE_URL: _, ...environment } = process.env
  const child = spawn(command, args, {
    cwd: project,
    env: {
      ...environment,
      PORT: String(port),
      HOST: '127.0.0.1',
      CONTENT_DIR: directory,
      ...settings,
    },
    ...options,
  })
  let log = ''
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    log += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  // The lines of the request log are for machines.
  const sentences = () => log.replace(/^\{.*\n/gm, '')
  return { url, port, log: sentences, output: () => output, process: child, exit }
}

/** A clock of real servers: it goes on by itself, and can be moved forward. They are started with its environment. */
export type SharedClock = SimulatedClock & { environment: Record<string, string> }

/** Keeps in `folder` how far the clock is ahead of that of the machine. */
export function createSharedClock(folder: string, begins = Date.now() / 1000): SharedClock {
  const file = join(folder, 'time-ahead')
  let ahead = 0
  const now = () => Math.floor((Date.now() + ahead) / 1000)
  const moveTo = (second: number) => {
    ahead = Math.max(ahead, second * 1000 - Date.now())
    // Nobody may read a file that is half written.
    writeFileSync(`${file}.new`, String(ahead))
    renameSync(`${file}.new`, file)
  }
  moveTo(begins)
  const preload = join(project, 'test/simulated-time.cjs')
  return {
    now,
    moveTo,
    passed: async (second) => moveTo(second + 1),
    environment: { TIME_AHEAD: file, NODE_OPTIONS: `--require="${preload}"` },
  }
}

/**
 * A clock an hour ahead of that of the machine. By it no file of the content folder has just been written, for which
 * servers wait. Whoever holds that they do, or by the time of this process, starts them without it.
 */
export function createClockAhead(): SharedClock {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-clock-'))
  // Some servers run as another user.
  chmodSync(folder, 0o755)
  return createSharedClock(folder, Date.now() / 1000 + 3600)
}

/** A folder for a database, for whoever removes it. */
export function temporaryDatabaseFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-data-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A path for a database, in a folder that goes when the test has finished. */
export function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deeper', 'tiedote.db')
}

const given = new Set<number>()

/** A port that nobody listens on, and that no other server of these tests was given. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  const port = typeof address === 'object' && address ? address.port : 0
  if (given.has(port)) return freePort()
  given.add(port)
  return port
}

/** Waits for something. Where a server has to be asked for it, that takes two processes, so it is asked less often. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 40_000
  while (Date.now() < end) {
    const is = condition()
    if (await is) return
    const pause = typeof is === 'boolean' ? 20 : 100
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  throw new Error('It did not happen within 40 seconds')
}

/** What a JSON Feed holds at present. */
export async function titles(url: string): Promise<string[]> {
  const { items } = (await (await fetch(url)).json()) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}
