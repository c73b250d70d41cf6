import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { systemClock } from './clock.ts'
import { composeNode } from './compose-node.ts'
import { readNodeConfig } from './config.ts'
import { bringInLine } from './content/bring-in-line.ts'
import { removeUnfinished } from './content/media-folder.ts'
import { watchFolder } from './content/watch.ts'
import { fingerprint } from './domain/identity.ts'
import { type FileProblem, formatProblem } from './domain/problem.ts'
import { listen, type Listening } from './http/listen.ts'
import { refusedAnswer } from './http/request-log.ts'
import { programFingerprint } from './program.ts'
import { createLineWriter } from './lines.ts'
import { readingInThreads } from './read-in-threads.ts'
import { createContentStore } from './store/content-store.ts'
import { isBroken, isDatabaseError } from './store/node-sqlite.ts'
import { openStore } from './store/open-store.ts'
import { createReleaseStore } from './store/release-store.ts'

const { port, host, baseUrl, contentDirectory, database: path, hasFeedPages, tokens } = readConfig()
// With tokens it may hold releases that are nowhere else.
const database = await openStore(path, { mayBeMadeAnew: tokens.length === 0 }).catch(
  (error: Error) => giveUp(error.message),
)
const store = createReleaseStore(database)
const content = createContentStore(database)
const program = await fingerprint(`${await programFingerprint()} ${baseUrl}`)
let problems: FileProblem[] = []
let isStarting = true
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
    // Another process on the same database may be of another version: each says so once.
    program: isStarting ? program : undefined,
    clock: systemClock,
    isServing: !isStarting,
    readers: readingInThreads,
    progress(count) {
      if (count - told < 1000) return
      told = count
      console.error(`${count} releases read`)
    },
    beforeChange(count) {
      if (told > 0) console.error(`All are read. Putting ${count} into the database …`)
    },
  }).catch(notTakenUp)
  isStarting = false
  problems = [...found, ...databaseProblems()]
  const report = problems.map(formatProblem).join('\n')
  if (report && report !== before) console.error(report)
  return problems.every((problem) => problem.warning)
}

if (!(await readContent())) giveUp(`Nothing is served until ${contentDirectory} is mended.`)
await store.state(systemClock.now()).catch((error: Error) => {
  return giveUp(`DATABASE at ${path} holds nothing that could be served: ${error.message}`)
})

// Beside the database, so that both are kept and backed up together.
const uploads = path === ':memory:' ? undefined : dirname(path)
if (uploads !== undefined) await removeUnfinished(uploads)
const { app, record } = composeNode({
  database,
  contentDirectory,
  uploads,
  baseUrl,
  tokens,
  hasFeedPages,
  clock: systemClock,
  problems: () => problems,
  write: createLineWriter(),
})
listening = await listen(app.fetch, {
  answerReady: app.answerReady,
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
    if (database.readOnly) return []
    const advice = isBroken(error) ? openAnew() : 'It is tried again in half a minute.'
    return [cannotWrite(error.message, advice)]
  }
  console.error(error)
  return [cannotRead(error)]
}

/** Somebody may have put a good copy where the damaged file was. */
function openAnew(): string {
  try {
    database.reopen()
    return 'It was opened anew, and is tried again in half a minute.'
  } catch {
    return tokens.length === 0
      ? 'Put a good copy in its place: a backup, or a new one that is made of the content.'
      : 'Put a backup in its place: it may hold releases that are nowhere else.'
  }
}

function databaseProblems(): FileProblem[] {
  if (database.readOnly) {
    return [cannotWrite('it can only be read', 'Allow writing it and its folder, and start again.')]
  }
  if (database.isInPlace()) return []
  const message =
    'The database file is no longer there. The service goes on with it, but changes of the content are lost at the next start, and the API takes none. Put the file or a backup back and start again.'
  return [{ file: path, line: 1, field: '', message, warning: true }]
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

function readConfig() {
  try {
    return readNodeConfig(process.env)
  } catch (error) {
    return giveUp((error as Error).message)
  }
}
