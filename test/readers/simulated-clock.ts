import type { Clock } from '../../src/domain/clock.ts'

export type SimulatedClock = Clock & { moveTo: (second: number) => void }

/** A clock that stands still until it is moved, or somebody waits for a second to pass. */
export function createSimulatedClock(
  start: number,
): SimulatedClock & { setBack: (seconds: number) => void } {
  let time = start
  return {
    now: () => time,
    passed: async (second: number) => void (time = Math.max(time, second + 1)),
    moveTo: (second: number) => void (time = Math.max(time, second)),
    setBack: (seconds: number) => void (time -= seconds),
  }
}
