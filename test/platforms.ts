// Asks the same of the service on Node and of the Worker in workerd, as it is deployed.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { bringInLine } from '../src/content/bring-in-line.ts'
import { type FileProblem, formatProblem } from '../src/domain/problem.ts'
import { createApp } from '../src/http/app.ts'
import { serveFolder } from '../src/http/media.ts'
import { createKeptDocuments } from '../src/http/kept-documents.ts'
import { createMetrics } from '../src/http/metrics.ts'
import type { Clock } from '../src/domain/clock.ts'
import { systemClock } from '../src/clock.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { createEditionStore } from '../src/store/edition-store.ts'
import type { Database, Statement } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { openDatabase, readMigrations } from '../src/store/node-sqlite.ts'
import { createReleaseStore } from '../src/store/release-store.ts'

export const baseUrl = 'https://releases.example.org'

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/** Runs the tests in `body` on both runtimes, over the content that `writeContent` writes. */
export function onBoth(name: string, writeContent: () => string, body: (fetch: Fetch) => void) {
  describe(`${name}, on Node`, () => {
    let service: Fetch
    let directory: string
    beforeAll(async () => {
      directory = writeContent()
      service = await nodeService(directory)
    })
    afterAll(() => rmSync(directory, { recursive: true, force: true }))
    body((path, init) => service(path, init))
  })

  describe(`${name}, on Workers`, () => {
    let worker: Awaited<ReturnType<typeof workerService>>
    let directory: string
    beforeAll(async () => {
      directory = writeContent()
      worker = await workerService(directory)
    })
    afterAll(async () => {
      await worker.close()
      rmSync(directory, { recursive: true, force: true })
    })
    body((path, init) => worker.fetch(path, init))
  })
}

/** The app on Node over a database in memory. */
export async function nodeService(directory: string, clock: Clock = systemClock): Promise<Fetch> {
  return (await nodePress(directory, clock)).fetch
}

/** The same, with the means to take up changes of the folder, to start anew, and to break the store. */
export async function nodePress(directory: string, clock: Clock = systemClock) {
  const opened = openDatabase(':memory:')
  await migrate(opened, readMigrations())
  const { database, fail, mend } = failing(opened)
  const content = createContentStore(database)
  const metrics = createMetrics()
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
    createApp({
      store: createReleaseStore(database),
      editions: createEditionStore(database),
      baseUrl,
      documents: createKeptDocuments(),
      media: serveFolder(directory),
      problems: () => problems,
      clock,
      metrics,
      log: () => {},
    })
  await takeUp()
  let app = start()
  return {
    fetch: (async (path, init) => app.request(path, init)) as Fetch,
    takeUp,
    metrics,
    /** Begins anew over the same database, perhaps as another version of the program. */
    restart(version = program) {
      program = version
      app = start()
    },
    breakStore: () => opened.close(),
    /** Lets every statement fail until `mendStore`. */
    failStore: fail,
    mendStore: mend,
  }
}

/** A database that can fail for a while, as when a disk or a network is away. */
function failing(opened: Database) {
  const originals = new WeakMap<Statement, Statement>()
  let isFailing = false
  const check = () => {
    if (isFailing) throw new Error('The database is away.')
  }
  const wrap = (original: Statement): Statement => {
    const statement: Statement = {
      bind: (...values) => wrap(original.bind(...values)),
      async all<T>() {
        check()
        return original.all<T>()
      },
      async first<T>() {
        check()
        return original.first<T>()
      },
    }
    originals.set(statement, original)
    return statement
  }
  const database: Database = {
    prepare: (sql) => wrap(opened.prepare(sql)),
    async batch(statements) {
      check()
      return opened.batch(statements.map((statement) => originals.get(statement)!))
    },
  }
  return { database, fail: () => void (isFailing = true), mend: () => void (isFailing = false) }
}

/** The Worker that `wrangler.toml` describes, in workerd, over another content folder. */
export async function workerService(directory: string) {
  // Loading it takes seconds, which tests on Node alone need not spend.
  const { createTestHarness } = await import('wrangler')
  const workplace = mkdtempSync(join(tmpdir(), 'tiedote-worker-'))
  const project = join(import.meta.dirname, '..')
  const generated = join(workplace, 'generated')
  const config = readFileSync(join(project, 'wrangler.toml'), 'utf8')
    .replace('"src/worker.ts"', JSON.stringify(join(project, 'src/worker.ts')))
    .replace(
      '"npm run bundle"',
      JSON.stringify(`CONTENT_DIR='${directory}' node src/bundle-content.ts ${generated}`),
    )
    .replace('watch_dir = ["content", "src"]', `cwd = ${JSON.stringify(project)}`)
    .replace('".generated/assets"', JSON.stringify(join(generated, 'assets')))
  const alias = `[alias]\n"../.generated/content.txt" = ${JSON.stringify(join(generated, 'content.txt'))}\n`
  const configPath = join(workplace, 'wrangler.toml')
  writeFileSync(configPath, `${config}\n${alias}`)
  const server = createTestHarness({ workers: [{ configPath, vars: { BASE_URL: baseUrl } }] })
  await server.listen()
  return {
    fetch: (async (path: string, init?: RequestInit) => {
      return server.fetch(path, { redirect: 'manual', ...init } as never)
    }) as unknown as Fetch,
    database: async () => (await server.getWorker().getEnv()) as { DB: unknown },
    close: async () => {
      await server.close()
      rmSync(workplace, { recursive: true, force: true })
    },
  }
}
