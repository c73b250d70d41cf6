import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { readNodeConfig } from './config.ts'
import { bringInLine } from './content/bring-in-line.ts'
import { watchFolder } from './content/watch.ts'
import { type FileProblem, formatProblem } from './domain/problem.ts'
import { createApp } from './http/app.ts'
import { createKeptDocuments } from './http/kept-documents.ts'
import { migrate } from './store/migrate.ts'
import { openDatabase, readMigrations } from './store/node-sqlite.ts'
import { createReleaseStore } from './store/release-store.ts'

const { port, host, baseUrl, contentDirectory, database: path } = readConfig()
const database = openDatabase(path)
await migrate(database, readMigrations())
const store = createReleaseStore(database)
const now = () => Math.floor(Date.now() / 1000)
let problems: FileProblem[] = []

/** Reads the folder, and says in the log what is wrong with it. Answers whether it could be used. */
async function readContent(): Promise<boolean> {
  const before = problems.map(formatProblem).join('\n')
  problems = await bringInLine(contentDirectory, store, randomUUID(), now(), (count) => {
    if (count % 1000 === 0) console.log(`${count} releases read`)
  })
  const report = problems.map(formatProblem).join('\n')
  if (report && report !== before) console.error(report)
  return problems.every((problem) => problem.warning)
}

if (!(await readContent())) {
  console.error(`Nothing is served until ${contentDirectory} is mended.`)
  process.exit(1)
}

const app = createApp({
  store,
  baseUrl,
  documents: createKeptDocuments(),
  media: serveStatic({ root: contentDirectory }),
  problems: () => problems,
  now,
})
const server = serve({ fetch: app.fetch, port, hostname: host }, (address) => {
  console.log(`Serving ${contentDirectory} at http://localhost:${address.port}`)
})
const stopWatching = watchFolder(contentDirectory, async () => {
  await readContent()
})

function stop() {
  stopWatching()
  server.close(() => {
    database.close()
    process.exit(0)
  })
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

function readConfig() {
  try {
    return readNodeConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
