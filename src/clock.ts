import type { Clock } from './domain/clock.ts'

/** A clock that was set back must not stop publishing for longer, in milliseconds. */
const longestWait = 2000

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  async passed(second) {
    const wait = Math.min((second + 1) * 1000 - Date.now(), longestWait)
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  },
}
