// How far tests go: `npm run test:quick` starts nothing but the app on Node, `npm run trials` goes on for long.

/** Whether this is `npm run trials`. */
export const isTrial = process.env.EXTENT === 'trials'

/** Whether this is `npm run test:quick`. */
export const isQuick = process.env.EXTENT === 'quick'

/** How many rounds, kills or random histories a test takes: few in every run, many in a trial. */
export function amount(inTests: number, inTrials: number): number {
  return isTrial ? inTrials : inTests
}
