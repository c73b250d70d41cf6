import { type Clock, clockProblem } from './domain/clock.ts'

/** The longest wait in milliseconds: a clock that was set back must not stop publishing for longer. */
const longestWait = 2000

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  async passed(second) {
    const wait = Math.min((second + 1) * 1000 - Date.now(), longestWait)
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  },
}

/** Says once in the log that the clock is behind the last event that readers were shown, and when that is over. */
export function createClockReport(clock: Clock): (shown: number) => void {
  let isBehind = false
  return (shown) => {
    const problem = clockProblem(clock.now(), shown)
    if (problem !== undefined && !isBehind) console.error(problem)
    if (problem === undefined && isBehind) {
      console.error(
        'The clock is no longer behind what readers were shown. Releases are published again.',
      )
    }
    isBehind = problem !== undefined
  }
}
