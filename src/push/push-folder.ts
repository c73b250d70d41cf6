import type { Readers } from '../content/reading.ts'
import type { Clock } from '../domain/clock.ts'
import { formatProblem } from '../domain/problem.ts'
import type { Dates } from '../domain/publishing.ts'
import { NotDone, type Output } from '../domain/tool.ts'
import { changedReleases } from './changed-releases.ts'
import { checkSites, readKnown, readListed } from './compare.ts'
import { createConnection, eachAtOnce } from './connection.ts'
import { createFirstFill, dateReleases } from './first-fill.ts'
import { sendMedia } from './media.ts'
import { type FolderRelease, type PushFolder, readPushFolder } from './read-folder.ts'
import type { Push } from './push.ts'
import { describePush, sayMissing, tellSome } from './report.ts'
import { type Counts, sendReleases } from './send-releases.ts'
import { differentTopics, sendTopic } from './topics.ts'

/** What is to be sent where, and how. */
export type PushOrder = {
  directory: string
  /** Where the service is. */
  origin: string
  token: string
  /** What becomes of times that are over; undefined: what the situation suggests. */
  dates: Dates | undefined
  /** Have everything checked, and change nothing. */
  isDryRun: boolean
  /** Let releases stand again that were withdrawn on the service. */
  isReinstating: boolean
}

type Tools = { output: Output; clock: Clock; reading: Readers }

/** Files that are sent at the same time. */
const filesAtOnce = 6

/**
 * Sends what changed in a content folder to a running service: topics, then files, then releases, the
 * oldest first. Says what it came to. Throws NotDone when not all of the folder is there afterwards.
 */
export async function pushFolder(order: PushOrder, tools: Tools): Promise<void> {
  const { directory, origin, isDryRun } = order
  const { output, clock } = tools
  const folder = await readFolder(directory, tools)
  const wrong = folder.problems.filter(({ warning }) => !warning).length
  const connection = createConnection({
    origin,
    token: order.token,
    tell: (text) => output.tell(text),
  })
  const work: Push = { output, connection, folder, isDryRun, refusals: [] }
  const known = await readKnown(connection, origin)
  const listed = await readListed(connection)
  const changed = changedReleases(work, listed, order.isReinstating)
  if (changed.length > 0) await checkSites(connection, folder.site, changed, known)
  const firstFill = createFirstFill(directory, origin)
  const isFirstFill = listed.size === 0 || firstFill.isUnderWay()
  const dated = dateReleases(changed, {
    asked: order.dates,
    isFirstFill,
    listed,
    addresses: folder.addresses,
    now: clock.now(),
  })
  if (isFirstFill && !order.dates && !isDryRun && changed.length > 0) {
    output.tell(inFirstFill(firstFill.begin(), directory))
  }
  let counts: Counts
  try {
    const topics = await sendTopics(work)
    const files = await sendFiles(work, changed)
    counts = await sendReleases(work, dated, new Set([...topics.missing, ...files.missing]))
    if (isFirstFill && !isDryRun && counts.unwritten === 0) firstFill.end()
    const sent = { topics: topics.sent, files: files.sent }
    output.say(describePush(counts, sent, { origin, isDryRun, changed: changed.length }))
  } finally {
    tellSome(work.refusals, output)
  }
  sayMissing(work, listed)
  complain(work.refusals.length + wrong, isFirstFill && !isDryRun)
}

/** Throws NotDone about what was not sent. */
function complain(problems: number, isBeingFilled: boolean) {
  if (problems === 0) return
  const mend = 'Send what you mend of it with --dates keep, or it comes as news.'
  throw new NotDone(
    `Not all is there: ${problems === 1 ? 'one problem is' : `${problems} problems are`} told above.${isBeingFilled ? ` ${mend}` : ''}`,
  )
}

function inFirstFill(isNoted: boolean, directory: string): string {
  const sentence =
    'The service has no release yet or is being filled, so all releases keep their times.'
  if (isNoted) return sentence
  return `${sentence} Nothing can be written in ${directory}: if this breaks off, repeat it with --dates keep.`
}

async function readFolder(
  directory: string,
  { output, clock, reading }: Tools,
): Promise<PushFolder> {
  let told = 0
  const progress = (count: number) => {
    if (count - told < 1000) return
    told = count
    output.tell(`${count} releases read`)
  }
  const folder = await readPushFolder(directory, { now: clock.now(), reading, progress })
  tellSome(folder.problems.filter(({ warning }) => warning).map(formatProblem), output)
  tellSome(folder.problems.filter(({ warning }) => !warning).map(formatProblem), output)
  return folder
}

async function sendTopics({ connection, folder, isDryRun, refusals, output }: Push) {
  const different = await differentTopics(connection, folder.vocabulary)
  const missing = new Set(different.map(({ slug }) => slug))
  const progress = output.progress('Topics', different.length)
  let sent = 0
  try {
    for (const topic of different) {
      // What it names is not there in a dry run, and would be missed.
      const isChecked = !isDryRun || !topic.names.some((name) => missing.has(name))
      const refusal = isChecked ? await sendTopic(connection, topic, isDryRun) : undefined
      if (refusal === undefined) sent++
      else refusals.push(`topics.yaml  ${topic.slug}  ${refusal}`)
      progress.step()
    }
  } finally {
    progress.end()
  }
  return { sent, missing }
}

async function sendFiles(
  { connection, folder, isDryRun, refusals, output }: Push,
  releases: FolderRelease[],
) {
  const paths = [...new Set(releases.flatMap(({ media }) => media))]
  const missing = new Set<string>()
  const progress = output.progress('Files', paths.length)
  let sent = 0
  try {
    await eachAtOnce(paths, filesAtOnce, async (path) => {
      const { state, refusal } = await sendMedia(connection, folder.directory, path, isDryRun)
      if (refusal !== undefined) refusals.push(`${path}  ${refusal}`)
      if (state === 'missing') missing.add(path)
      if (state === 'sent' || (state === 'missing' && refusal === undefined)) sent++
      progress.step()
    })
  } finally {
    progress.end()
  }
  return { sent, missing }
}
