import { formatUtc } from './time.ts'

/** The time, as the parts of the service that need it are told it. */
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
  return `The clock says ${formatUtc(now)}, but the last change that readers were shown is dated ${formatUtc(shown)}, so nothing new is published. Wait until then if the clock is wrong now; if it was ahead and is right again, run "npm run tiedote -- mend-clock".`
}
