import { randomUUID } from 'node:crypto'
import { systemClock } from './clock.ts'
import { readNodeConfig } from './config.ts'
import { bringInLine } from './content/bring-in-line.ts'
import { watchFolder } from './content/watch.ts'
import { fingerprint } from './domain/identity.ts'
import { type FileProblem, formatProblem } from './domain/problem.ts'
import { createApp } from './http/app.ts'
import { listen, type Listening } from './http/listen.ts'
import { serveFolder } from './http/media.ts'
import { createKeptDocuments } from './http/kept-documents.ts'
import { createMetrics } from './http/metrics.ts'
import { createRecord, refusedAnswer } from './http/request-log.ts'
import { programFingerprint } from './program.ts'
import { createLater } from './later.ts'
import { createContentStore } from './store/content-store.ts'
import { createEditionStore } from './store/edition-store.ts'
import { migrate } from './store/migrate.ts'
import { isDatabaseError, openDatabase, readMigrations } from './store/node-sqlite.ts'
import { createReleaseStore } from './store/release-store.ts'

const { port, host, baseUrl, contentDirectory, database: path } = readConfig()
const database = open(path)
await migrate(database, readMigrations()).catch((error: Error) => {
  return giveUp(`DATABASE at ${path} cannot be brought up to date: ${error.message}.`)
})
const store = createReleaseStore(database)
const content = createContentStore(database)
const program = await fingerprint(`${await programFingerprint()} ${baseUrl}`)
const readOnly = database.readOnly
  ? [cannotWrite('it can only be read', 'Allow writing it and its folder, and start again.')]
  : []
let problems: FileProblem[] = []
let listening: Listening | undefined
let stopWatching = () => {}
let stopping: number | undefined
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

/** Reads the folder, and says in the log what is wrong with it. Answers whether it could be used. */
async function readContent(): Promise<boolean> {
  const before = problems.map(formatProblem).join('\n')
  let told = 0
  const found = await bringInLine(contentDirectory, content, {
    batch: randomUUID(),
    program,
    clock: systemClock,
    progress(count) {
      if (count - told < 1000) return
      told = count
      console.error(`${count} releases read`)
    },
  }).catch(notTakenUp)
  problems = [...found, ...readOnly]
  const report = problems.map(formatProblem).join('\n')
  if (report && report !== before) console.error(report)
  return problems.every((problem) => problem.warning)
}

if (!(await readContent())) giveUp(`Nothing is served until ${contentDirectory} is mended.`)
await store.state(systemClock.now()).catch((error: Error) => {
  return giveUp(`DATABASE at ${path} holds nothing that could be served: ${error.message}`)
})

const metrics = createMetrics()
const record = createRecord(metrics, (line) => void process.stdout.write(`${line}\n`))
const app = createApp({
  store,
  editions: createEditionStore(database),
  baseUrl,
  documents: createKeptDocuments(256_000_000),
  later: createLater(),
  media: serveFolder(contentDirectory),
  problems: () => problems,
  clock: systemClock,
  metrics,
  record,
})
listening = await listen(app.fetch, {
  port,
  host,
  onRefusal: (refusal) => record(refusedAnswer(refusal, Date.now())),
}).catch((error: Error) => {
  return giveUp(error.message)
})
console.log(`Serving ${contentDirectory} at http://localhost:${listening.port}`)
stopWatching = watchFolder(contentDirectory, async () => {
  await readContent()
})

/** Lets running answers finish. A second signal, or one before anything is served, stops at once. */
function stop() {
  // Of Ctrl+C the terminal tells us, and npm tells us again.
  if (stopping !== undefined && Date.now() - stopping < 500) return
  if (stopping !== undefined || !listening) exit()
  stopping = Date.now()
  stopWatching()
  void listening.close().then(exit)
}

/** Content may be read at this moment: what it has not made public is read again at the next start. */
function exit(): never {
  database.close()
  process.exit(0)
}

function notTakenUp(error: unknown): FileProblem[] {
  if (isDatabaseError(error)) {
    const again = 'It is tried again in half a minute.'
    return database.readOnly ? [] : [cannotWrite(error.message, again)]
  }
  console.error(error)
  return [cannotRead(error)]
}

function cannotRead(error: unknown): FileProblem {
  const message = `The folder could not be read (${(error as Error).message}). It is tried again in half a minute.`
  return { file: contentDirectory, line: 1, field: '', message }
}

/** What the store has is served all the same. */
function cannotWrite(reason: string, advice: string): FileProblem {
  const message = `DATABASE cannot be written (${reason}), so changes of the content are not taken up. ${advice}`
  return { file: path, line: 1, field: '', message, warning: true }
}

/** Says in a sentence why the service cannot start. */
function giveUp(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

function open(path: string) {
  try {
    return openDatabase(path)
  } catch (error) {
    return giveUp(`DATABASE cannot be opened at ${path}: ${(error as Error).message}.`)
  }
}

function readConfig() {
  try {
    return readNodeConfig(process.env)
  } catch (error) {
    return giveUp((error as Error).message)
  }
}
