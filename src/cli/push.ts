import { readFileSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { readNodeConfig } from '../config.ts'
import { fingerprint } from '../domain/identity.ts'
import { formatProblem, type Problem } from '../domain/problem.ts'
import { type Dates, datings } from '../domain/publishing.ts'
import { keyOf } from '../domain/identity.ts'
import { NotDone } from './not-done.ts'
import { type Context, explain, oneOf, type Register } from './program.ts'
import { checkSites, type Listed, readKnown, readListed } from './push/compare.ts'
import { type Connection, createConnection, detailOf, eachAtOnce, wait } from './push/connection.ts'
import { createFirstFill, type Dated, dateReleases } from './push/first-fill.ts'
import { sendMedia } from './push/media.ts'
import { portionsOf } from './push/portions.ts'
import {
  type FolderRelease,
  problemInFile,
  type PushFolder,
  readPushFolder,
} from './push/read-folder.ts'
import { differentTopics, sendTopic } from './push/topics.ts'
import type { Progress, Terminal } from './terminal.ts'

type Options = {
  to: string
  tokenFile?: string
  dates?: Dates
  dryRun?: true
  reinstate?: true
  insecure?: true
}

/** All that sending works with. */
type Push = Context & {
  connection: Connection
  folder: PushFolder
  isDryRun: boolean
  /** Lines about what is not sent, or refused. */
  refusals: string[]
}

type Counts = {
  created: number
  revised: number
  unchanged: number
  /** Only read here, in a dry run. */
  unchecked: number
  /** Not taken for no fault of their own. */
  unwritten: number
}

/** Requests with releases at the same time: they share the service's one change a second. */
const atOnce = 4
const filesAtOnce = 6
/** How often a line is sent that the service cannot write. */
const mostAttempts = 5
/** Seconds between the first and the second time; more between later ones. */
const pause = 2
/** Lines of a kind that are told one by one. */
const mostTold = 50

/** `push`: sends what changed in a content folder to a running service. */
export const registerPush: Register = (program, context) => {
  const command = program
    .command('push')
    .description('Send what changed in a content folder to a running service, through its API.')
    .argument('[folder]', 'the content folder (default: CONTENT_DIR, or content)')
    .requiredOption('--to <url>', 'where the service is')
    .option('--token-file <file>', 'a file with the token (default: PUBLISH_TOKEN)')
    .option(
      '--dates <what>',
      'news, keep or archive: what becomes of times that are over',
      oneOf(datings),
    )
    .option('--dry-run', 'have everything checked and change nothing')
    .option('--reinstate', 'let releases stand again that were withdrawn on the service')
    .option('--insecure', 'send the token over http, where anybody on the way can read it')
    .action(async (folder: string | undefined, options: Options) => push(folder, options, context))
  explain(
    command,
    [
      'push --to https://releases.example.org',
      'push ../office/content --to https://releases.example.org --token-file /run/secrets/push --dry-run',
    ],
    `Topics go first, then files, then releases, oldest first. What the service has already is not sent, so
the same command goes on after Ctrl+C or a lost connection. A release with a mistake is told and left out;
the others go. Nothing is ever withdrawn because it is missing in the folder: such releases are listed. The
folder has the last word about what is in it: changes made to it in another way are overwritten.

--dates news: what comes late is published now; more than fifty older than a week are history, which only
archives have. keep: all keep their times. archive: all keep them, and only archives have what is over.
Without --dates a service that has no release yet is filled with all times kept, also when that takes
several runs (.push/ in the folder remembers it); after that it is news.`,
  )
}

async function push(folder: string | undefined, options: Options, context: Context) {
  const { terminal, environment } = context
  const origin = originOf(options)
  const token = tokenOf(options, environment)
  const directory = folder ?? readNodeConfig(environment).contentDirectory
  const content = await readFolder(directory, context)
  const wrong = content.problems.filter(({ warning }) => !warning).length
  const connection = createConnection({ origin, token, tell: (text) => terminal.tell(text) })
  const isDryRun = options.dryRun ?? false
  const work: Push = { ...context, connection, folder: content, isDryRun, refusals: [] }
  const { refusals } = work

  const known = await readKnown(connection, origin)
  const listed = await readListed(connection)
  const changed = await changedReleases(work, listed, options.reinstate ?? false)
  if (changed.length > 0) await checkSites(connection, content.site, changed, known)
  const firstFill = createFirstFill(directory, origin)
  const isFirstFill = listed.size === 0 || firstFill.isUnderWay()
  const dated = dateReleases(changed, {
    asked: options.dates,
    isFirstFill,
    listed,
    addresses: content.addresses,
    now: systemClock.now(),
  })
  if (isFirstFill && !options.dates && !isDryRun && changed.length > 0) {
    terminal.tell(inFirstFill(firstFill.begin(), directory))
  }
  let counts: Counts
  try {
    const topics = await sendTopics(work)
    const files = await sendFiles(work, changed)
    counts = await sendReleases(work, dated, new Set([...topics.missing, ...files.missing]))
    if (isFirstFill && !isDryRun && counts.unwritten === 0) firstFill.end()
    const sent = { topics: topics.sent, files: files.sent }
    terminal.say(inWords(counts, sent, { origin, isDryRun, changed: changed.length }))
  } finally {
    tellSome(refusals, terminal)
  }
  sayMissing(work, listed)
  if (refusals.length + wrong === 0) return
  const count = refusals.length + wrong
  const mend = 'Send what you mend of it with --dates keep, or it comes as news.'
  throw new NotDone(
    `Not all is there: ${count === 1 ? 'one problem is' : `${count} problems are`} told above.${isFirstFill && !isDryRun ? ` ${mend}` : ''}`,
  )
}

function inFirstFill(isNoted: boolean, directory: string): string {
  const sentence =
    'The service has no release yet or is being filled, so all releases keep their times.'
  if (isNoted) return sentence
  return `${sentence} Nothing can be written in ${directory}: if this breaks off, repeat it with --dates keep.`
}

function originOf({ to, insecure }: Options): string {
  if (!URL.canParse(to) || !/^https?:$/.test(new URL(to).protocol)) {
    throw new NotDone(`${to} is no web address. Write it such as https://releases.example.org.`, 2)
  }
  const { protocol, origin, pathname, hostname, username } = new URL(to)
  if (pathname !== '/' || username) {
    throw new NotDone(`Name the service alone, such as ${origin}.`, 2)
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(hostname)
  if (protocol === 'https:' || isHere || insecure) return origin
  throw new NotDone(
    `Over http anybody on the way can read the token. Write https://${hostname}, or --insecure where nobody else is on the way.`,
    2,
  )
}

function tokenOf({ tokenFile }: Options, environment: Context['environment']): string {
  let token = environment.PUBLISH_TOKEN ?? ''
  if (tokenFile !== undefined) {
    try {
      token = readFileSync(tokenFile, 'utf8')
    } catch (error) {
      throw new NotDone(`The token cannot be read: ${(error as Error).message}.`, 2)
    }
  }
  token = token.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new NotDone(
    token
      ? 'The token is no single word. Write the secret alone.'
      : 'There is no token. Set PUBLISH_TOKEN to a secret of the service, or name a file with --token-file.',
    2,
  )
}

async function readFolder(directory: string, { terminal }: Context): Promise<PushFolder> {
  let told = 0
  const folder = await readPushFolder(directory, (count) => {
    if (count - told < 1000) return
    told = count
    terminal.tell(`${count} releases read`)
  })
  tellSome(folder.problems.filter(({ warning }) => warning).map(formatProblem), terminal)
  tellSome(folder.problems.filter(({ warning }) => !warning).map(formatProblem), terminal)
  return folder
}

/** The releases that the service does not have as they are written. */
async function changedReleases(
  { folder, refusals }: Push,
  listed: Map<string, Listed>,
  isReinstating: boolean,
): Promise<FolderRelease[]> {
  const changed: FolderRelease[] = []
  for (const release of folder.releases) {
    const there = listed.get(keyOf(release))
    const refuse = (message: string) => {
      const { file, line } = release
      refusals.push(formatProblem({ file, line, field: '', message }))
    }
    if (!there) changed.push(release)
    else if (there.from === 'content') {
      refuse('The service has this release in its own content folder. Change it there.')
    } else if (there.fingerprint === release.fingerprint) continue
    else {
      const again = await standingAgain(release)
      const wouldStandAgain = there.withdrawn && !release.isWithdrawn
      if (there.fingerprint === again.fingerprint) continue
      if (!wouldStandAgain) changed.push(release)
      else if (isReinstating) changed.push(again)
      else {
        refuse(
          'This release was withdrawn on the service. Write "withdrawn" here as well, or let it stand again with --reinstate.',
        )
      }
    }
  }
  return changed
}

/** The API takes no withdrawal back by mere silence. */
async function standingAgain(release: FolderRelease): Promise<FolderRelease> {
  const text = JSON.stringify({ ...(JSON.parse(release.text) as object), withdrawn: null })
  return { ...release, text, fingerprint: await fingerprint(text) }
}

async function sendTopics({ connection, folder, isDryRun, refusals, terminal }: Push) {
  const different = await differentTopics(connection, folder.vocabulary)
  const missing = new Set(different.map(({ slug }) => slug))
  const progress = terminal.progress('Topics', different.length)
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
  { connection, folder, isDryRun, refusals, terminal }: Push,
  releases: FolderRelease[],
) {
  const paths = [...new Set(releases.flatMap(({ media }) => media))]
  const missing = new Set<string>()
  const progress = terminal.progress('Files', paths.length)
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

async function sendReleases(work: Push, dated: Dated[], missing: Set<string>): Promise<Counts> {
  const counts: Counts = { created: 0, revised: 0, unchanged: 0, unchecked: 0, unwritten: 0 }
  const total = dated.reduce((sum, { releases }) => sum + releases.length, 0)
  const progress = work.terminal.progress('Releases', total)
  try {
    for (const { dates, releases } of dated) {
      // What a release speaks of is not there in a dry run, and would be missed.
      const isChecked = ({ topics, media }: FolderRelease) =>
        !work.isDryRun || ![...topics, ...media].some((one) => missing.has(one))
      const checked = releases.filter(isChecked)
      counts.unchecked += releases.length - checked.length
      await eachAtOnce(
        portionsOf(checked),
        atOnce,
        async (portion) => sendLines(work, portion.releases, dates, { counts, progress }),
        ({ isAlone }) => isAlone,
      )
    }
  } finally {
    progress.end()
  }
  return counts
}

type Told = { counts: Counts; progress: Progress }

/** What became of a line. */
type LineAnswer = {
  line: number
  status: number
  change?: 'created' | 'revised' | 'unchanged'
  detail?: string
  errors?: Problem[]
}

/** Sends releases in one request, and again those that the service could not write. */
async function sendLines(
  work: Push,
  releases: FolderRelease[],
  dates: Dates,
  told: Told,
): Promise<void> {
  const path = `/api/releases?dates=${dates}${work.isDryRun ? '&dry-run' : ''}`
  let rest = releases
  for (let attempt = 1; ; attempt++) {
    const body = rest.map(({ text }) => `${text}\n`).join('')
    const answer = await work.connection.ask('POST', path, { type: 'application/x-ndjson', body })
    if (answer.status === 413 && rest.length > 1) {
      // A proxy may take less than the service.
      const half = Math.ceil(rest.length / 2)
      await sendLines(work, rest.slice(0, half), dates, told)
      return sendLines(work, rest.slice(half), dates, told)
    }
    const lines =
      answer.status === 200
        ? readLines(answer.text)
        : rest.map((_, index) => ({
            line: index + 1,
            status: answer.status,
            detail: detailOf(answer),
          }))
    const byLine = new Map(lines.map((line) => [line.line, line]))
    const again: FolderRelease[] = []
    for (const [index, release] of rest.entries()) {
      const line = byLine.get(index + 1)
      const isLast = attempt === mostAttempts
      if ((!line || line.status === 503) && !isLast) again.push(release)
      else await settle(work, release, line, told)
    }
    if (again.length === 0) return undefined
    rest = again
    await wait(attempt * pause)
  }
}

function readLines(text: string): LineAnswer[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LineAnswer)
}

async function settle(
  { folder, refusals }: Push,
  release: FolderRelease,
  line: LineAnswer | undefined,
  { counts, progress }: Told,
) {
  progress.step()
  if (line?.change) {
    counts[line.change]++
    return
  }
  if (!line || line.status === 503) counts.unwritten++
  const whole = { field: '', message: line?.detail ?? 'The service did not answer for it.' }
  for (const problem of line?.errors ?? [whole]) {
    refusals.push(formatProblem(await problemInFile(folder.directory, release, problem)))
  }
}

function inWords(
  { created, revised, unchanged, unchecked }: Counts,
  sent: { topics: number; files: number },
  { origin, isDryRun, changed }: { origin: string; isDryRun: boolean; changed: number },
): string {
  if (changed + sent.topics + sent.files === 0) return `${origin} has everything already.`
  const parts = [
    `${created} new releases`,
    `${revised} changed`,
    ...(unchanged > 0 ? [`${unchanged} that make no difference`] : []),
    ...(sent.topics > 0 ? [`${sent.topics} topics`] : []),
    ...(sent.files > 0 ? [`${sent.files} files`] : []),
  ]
  if (!isDryRun) return `${origin} has taken ${parts.join(', ')}.`
  const later =
    unchecked > 0
      ? ` ${unchecked} more releases need topics or files that are not there yet, and were only read here.`
      : ''
  return `${origin} would take ${parts.join(', ')}. Nothing was changed.${later}`
}

/** What only the service has: another may have published it, or its file was removed. */
function sayMissing({ folder, terminal }: Push, listed: Map<string, Listed>) {
  const moved = new Set(
    folder.releases.flatMap(({ formerly, language }) => {
      return formerly.map((slug) => keyOf({ slug, language }))
    }),
  )
  const missing = [...listed].flatMap(([address, { from, withdrawn }]) => {
    const isHere = folder.addresses.has(address) || moved.has(address)
    return isHere || from === 'content' || withdrawn ? [] : [address]
  })
  if (missing.length === 0) return
  terminal.say('Only the service has these. If one is not to stand any more, withdraw it there:')
  for (const address of missing.slice(0, mostTold)) terminal.say(`  ${address}`)
  if (missing.length > mostTold) terminal.say(`  and ${missing.length - mostTold} more`)
}

function tellSome(lines: string[], terminal: Terminal) {
  for (const line of lines.slice(0, mostTold)) terminal.tell(line)
  if (lines.length > mostTold) terminal.tell(`and ${lines.length - mostTold} more like these`)
}
