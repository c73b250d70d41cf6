import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { createClockReport, systemClock } from './clock.ts'
import { composeNode } from './compose-node.ts'
import { readNodeConfig, unknownPublishers } from './config.ts'
import { bringInLine } from './content/bring-in-line.ts'
import { removeUnfinished } from './content/media-folder.ts'
import { Rest } from './content/rest.ts'
import { watchFolder } from './content/watch.ts'
import { isOfClock } from './domain/clock.ts'
import { StoreDamaged } from './domain/errors.ts'
import { outputName, outputVersion } from './domain/output-version.ts'
import { type FileProblem, formatProblem } from './domain/problem.ts'
import { listen, type Listening } from './http/listen.ts'
import { refusedAnswer } from './http/request-log.ts'
import { createLineWriter } from './lines.ts'
import { readingInThreads } from './read-in-threads.ts'
import { createContentStore } from './store/content-store.ts'
import { adviceForDamage, IntegrityMonitor } from './store/integrity-monitor.ts'
import { isDamaged, isDatabaseError, isFull } from './store/sqlite-errors.ts'
import { recreateDatabase, openStore } from './store/open-store.ts'
import { upgrading } from './upgrading.ts'
import { createReleaseStore } from './store/release-store.ts'

const { port, host, baseUrl, contentDirectory, database: path, hasFeedPages, tokens } = readConfig()
// With tokens it may hold releases that are nowhere else.
const mayBeMadeAnew = tokens.length === 0
const database = await openStore(path, { mayBeMadeAnew, upgrading }).catch((error: Error) =>
  giveUp(error.message),
)
const integrity = new IntegrityMonitor(database, path, adviceForDamage(mayBeMadeAnew))
/** Milliseconds after a start when whatever was cut off before it counts as abandoned. */
const untilAbandoned = 660_000
const store = createReleaseStore(database)
const content = createContentStore(database)
const program = outputName(outputVersion, baseUrl)
let problems: FileProblem[] = []
let isStarting = true
/** Whether the database knows of this version. */
let isKnown = false
const reportClock = createClockReport(systemClock)
const rest = new Rest()
let listening: Listening | undefined
let stopWatching = () => {}
let stopping: number | undefined
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

/** Takes away drafts that loads left which were killed, while others go on. */
async function removeAbandoned() {
  if (database.readOnly) return
  try {
    for (const batch of await content.abandoned(systemClock.now())) await content.discard(batch)
  } catch (error) {
    console.error(`Drafts of a load that was cut off stay: ${(error as Error).message}`)
  }
}

/** Reads the folder, and says in the log what is wrong with it. Answers whether it could be used. */
async function readContent(): Promise<boolean> {
  const before = problems.map(formatProblem).join('\n')
  let told = 0
  const found = await bringInLine(contentDirectory, content, {
    batch: randomUUID(),
    // Another process on the same database may be of another version: each says so once.
    program: isKnown ? undefined : program,
    clock: systemClock,
    isServing: !isStarting,
    rest,
    readers: readingInThreads,
    baseUrl,
    progress(count) {
      if (count - told < 1000) return
      told = count
      console.error(`${count} releases read`)
    },
    beforeChange(count) {
      if (told > 0) console.error(`All are read. Putting ${count} into the database …`)
    },
  }).then(takenUp, notTakenUp)
  await store.state(systemClock.now()).then(
    ({ since }) => reportClock(since),
    () => {},
  )
  // What was wrong is so still.
  if (rest.isHeld) return true
  problems = [...found, ...readOnlyProblem(), ...(await tokenProblems())]
  // What nobody asked about meanwhile is told now.
  integrity.damage()
  const report = problems.map(formatProblem).join('\n')
  if (report && report !== before) console.error(report)
  return problems.every((problem) => problem.warning)
}

void removeAbandoned()
// What was killed just now is waited for, as somebody may yet go on with it.
setTimeout(() => void removeAbandoned(), untilAbandoned).unref()
await readAtStart().catch(async (error: unknown) => {
  if (!mayBeMadeAnew || !isOfDamagedFile(error)) return giveUp(nothingToServe(error))
  await recreateDatabase(path).catch((reason: Error) => giveUp(reason.message))
  await integrity.checkAgain()
  return readAtStart().catch((reason: unknown) => giveUp(nothingToServe(reason)))
})
isStarting = false

// Beside the database, so that both are kept and backed up together.
const uploads = path === ':memory:' ? undefined : dirname(path)
if (uploads !== undefined) await removeUnfinished(uploads)
const { answerAnew, answerAtOnce, record } = composeNode({
  database,
  contentDirectory,
  uploads,
  baseUrl,
  tokens,
  hasFeedPages,
  clock: systemClock,
  damage: () => integrity.damage(),
  problems: () => problems,
  write: createLineWriter(),
})
listening = await listen(answerAnew, {
  answerAtOnce,
  port,
  host,
  onRefusal: (refusal) => record(refusedAnswer(refusal, Date.now())),
}).catch((error: Error) => {
  return giveUp(error.message)
})
console.log(`Serving ${contentDirectory} at http://localhost:${listening.port}`)
integrity.start()
stopWatching = watchFolder(contentDirectory, async () => {
  await readContent()
  return rest.takeNext()
})

/** Reads the folder for the first time. Throws what the database says if nothing can be served. */
async function readAtStart() {
  if (!(await readContent())) giveUp(`Nothing is served until ${contentDirectory} is mended.`)
  await store.state(systemClock.now())
}

function nothingToServe(error: unknown): string {
  // What is wrong and what to do was said.
  if (error instanceof StoreDamaged) return 'Nothing of it can be served.'
  const reason =
    problems.length > 0 ? 'what is told above keeps the content from it.' : (error as Error).message
  return `DATABASE at ${path} holds nothing that could be served: ${reason}`
}

/** A disk that fails is not a damaged file. */
function isOfDamagedFile(error: unknown): boolean {
  return error instanceof StoreDamaged && isDamaged(error.cause)
}

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
  integrity.close()
  database.close()
  process.exit(0)
}

function takenUp(found: FileProblem[]): FileProblem[] {
  isKnown ||= !rest.isHeld && found.every(({ warning }) => warning)
  return found
}

function notTakenUp(error: unknown): FileProblem[] {
  if (isOfClock(error)) return [waiting()]
  if (error instanceof StoreDamaged) {
    if (isStarting && mayBeMadeAnew && isOfDamagedFile(error)) throw error
    // The integrity monitor tells of it. Somebody may have mended it.
    void integrity.check()
    return []
  }
  if (isDatabaseError(error)) {
    if (database.readOnly) return []
    const room = isFull(error) ? 'Make room on its disk. ' : ''
    return [cannotWrite(error.message, `${room}It is tried again in half a minute.`)]
  }
  console.error(error)
  return [cannotRead(error)]
}

/** As long as there is no state, other sentences say why. */
async function tokenProblems(): Promise<FileProblem[]> {
  const state = await store.state(systemClock.now()).catch(() => undefined)
  return state ? unknownPublishers(tokens, state.site) : []
}

function readOnlyProblem(): FileProblem[] {
  if (!database.readOnly) return []
  const advice = 'Allow writing it and its folder, or make room on its disk, and start again.'
  return [cannotWrite('it can only be read', advice)]
}

/** What is wrong with the clock is told beside it. */
function waiting(): FileProblem {
  const message =
    'Changes of the content wait for the clock. They are taken up within half a minute once it is no longer behind.'
  return { file: contentDirectory, line: 1, field: '', message, warning: true }
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
