import { DomainError } from './errors.ts'
import { formatUtc } from './time.ts'

/** The clock that everything in the service reads. */
export type Clock = {
  /** Seconds since 1970. */
  now(): number
  /** Waits until a second has passed. */
  passed(second: number): Promise<void>
}

/** Seconds by which the clock may be behind what was shown: those of two machines are never quite alike. */
const mostBehind = 60

/**
 * What is wrong when a clock is far behind the last event that readers were shown, in two sentences for the
 * operator; undefined when it is not. All seconds.
 */
export function clockProblem(now: number, shown: number): string | undefined {
  if (shown <= now + mostBehind) return undefined
  return `The clock says ${formatUtc(now)}, but the last change that readers were shown is dated ${formatUtc(shown)}, so nothing new is published. Wait until then if the clock is wrong now; if it was ahead and is right again, run "npm run tiedote -- mend-clock", or on Workers send POST /api/mend-clock.`
}

/** The refusal of a change while the clock is behind. */
export function clockIsBehind(problem: string): DomainError {
  return new DomainError('unavailable', problem, { retryAfter: 60, reason: 'clock-is-behind' })
}

/** Whether a change was refused because the clock is behind. */
export function isOfClock(error: unknown): error is DomainError {
  return error instanceof DomainError && error.details.reason === 'clock-is-behind'
}

/** Whether a clock shows the time that the operator tells. */
export function agrees(told: number, now: number): boolean {
  return Math.abs(told - now) <= mostBehind
}

/** What was done about a clock that had been ahead. All seconds. */
export type Mended = {
  /** The latest date that a release had. */
  from: number
  /** The date that all releases with a later one got. */
  to: number
  /** How many public releases were dated later. */
  releases: number
  /** The latest time in the future that readers were told of a release; undefined without any. */
  newest: number | undefined
  /** Public releases of the content folder, whose files still say a time to come. */
  files: { source: string; published: number }[]
}

/** Files that are named. */
const mostNamed = 20

/** What was done, in sentences for the operator. Says nothing of what was not wrong. */
export function describeMending(mended: Mended | undefined, now: number): string[] {
  if (!mended) {
    return [`The clock says ${formatUtc(now)}, and nothing is dated later. Nothing was changed.`]
  }
  const { releases, newest, files } = mended
  const [from, to] = [formatUtc(mended.from), formatUtc(mended.to)]
  const named = files.slice(0, mostNamed).map(({ source, published }) => {
    return `${source} says ${formatUtc(published)}.`
  })
  return [
    `The store had dates up to ${from}, and is back at ${to}. ${countOf(releases)}. What was public is public, in the same order and with the same identities, and releases are published again.`,
    `Readers that send the date of what they have without a tag (If-Modified-Since alone) may poll once more than usual before they see something new. One that does not poll at all until ${from} may then miss what came in between.`,
    ...(newest === undefined
      ? []
      : [
          `Programs that remember the date of the newest release and take only later ones (Microsoft's connector for Power Automate and Teams) take nothing until ${formatUtc(newest)} if they polled while the clock was ahead, and never what is published before that: make such flows anew. Superdesk counts dates to come as the present, and misses nothing.`,
        ]),
    ...(files.length === 0
      ? []
      : [
          `${files.length === 1 ? 'A public release comes from a file that still says' : `${files.length} public releases come from files that still say`} a time to come. It stays public until its file is changed; write a time that is over then, or it is hidden until the other comes:`,
          ...named,
          ...(files.length > mostNamed ? [`And ${files.length - mostNamed} more.`] : []),
        ]),
  ]
}

function countOf(releases: number): string {
  if (releases === 0) return 'No release was dated later'
  return releases === 1 ? 'One release was dated later' : `${releases} releases were dated later`
}
