// How far tests go that could go on for ever: a little in `npm test`, long in `npm run trials`.

/** Whether this is `npm run trials`. */
export const isTrial = process.env.TRIALS === '1'

/** How many rounds, kills or random histories a test takes: few in every run, many in a trial. */
export function amount(inTests: number, inTrials: number): number {
  return isTrial ? inTrials : inTests
}
