// Loaded before the program (`node --import`): its clock is ahead of that of the machine by as many milliseconds as
// a file says, in every thread. So a real service lives through a week in minutes.
import { readFileSync } from 'node:fs'

const file = process.env.TIME_AHEAD!
/** Milliseconds for which what the file says is believed. */
const kept = 1
const machine = Date.now
let ahead = 0
let readAt = -Infinity

function now(): number {
  const at = performance.now()
  if (at - readAt >= kept) {
    readAt = at
    ahead = Number(readFileSync(file, 'utf8'))
  }
  return machine() + ahead
}

globalThis.Date = class extends Date {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [now()] : given) as [number]))
  }

  static override now = now
} as DateConstructor
