import { formatProblem, type Problem } from '../domain/problem.ts'
import type { Dates } from '../domain/publishing.ts'
import type { Progress } from '../domain/tool.ts'
import { wait } from '../web-client.ts'
import { detailOf, eachAtOnce } from './connection.ts'
import type { Dated } from './first-fill.ts'
import { portionsOf } from './portions.ts'
import type { Push } from './push.ts'
import { type FolderRelease, problemInFile } from './read-folder.ts'

/** What became of releases. */
export type Counts = {
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
/** How often a line is sent that the service cannot write. */
const mostAttempts = 5
/** Seconds between the first and the second time; more between later ones. */
const pause = 2
/**
 * Sends releases, some portions at once. `missing` are topics and files that the service lacks, as in a
 * dry run: what speaks of them is counted, and not checked.
 */
export async function sendReleases(
  work: Push,
  dated: Dated[],
  missing: Set<string>,
): Promise<Counts> {
  const counts: Counts = { created: 0, revised: 0, unchanged: 0, unchecked: 0, unwritten: 0 }
  const total = dated.reduce((sum, { releases }) => sum + releases.length, 0)
  const progress = work.output.progress('Releases', total)
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
      else await countOutcome(work, release, line, told)
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

async function countOutcome(
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
