// Who asks the service while it works: a process that polls and writes, and what became of its requests.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { publishToken } from './processes.ts'

/** What the process is told at its start. Times are milliseconds. */
export type Given = {
  origin: string
  /** Paths, polled in turn. */
  feeds: string[]
  token: string
  betweenPolls: number
  betweenWrites: number
  /** The topic that its releases have. */
  topic: string
}

/** A status, or the name of what kept it from being answered. */
type Status = number | string

/** What the process saw. Times are milliseconds. */
export type Seen = {
  polls: { wait: number; status: Status }[]
  writes: { slug: string; wait: number; status: Status; retryAfter: string | undefined }[]
  /** How late a request was sent at the most: of that, the machine is to blame and not the service. */
  latest: number
}

/** Feeds that are kept: of everything, and of frequent and rare topics. */
const feeds = [
  '/feed.rss',
  '/feed.atom',
  '/topics/economy.rss',
  '/topics/migration.json',
  '/fi/topics/crime.atom',
]

export type Beside = {
  /** What was seen since the last time. */
  take(): Promise<Seen>
  stop(): Promise<void>
}

/** Begins to poll a service twenty times a second, and to send it a release a second, or as often as is said. */
export function pollBeside(origin: string, { betweenWrites = 1000 } = {}): Beside {
  const given: Given = {
    origin,
    feeds,
    token: publishToken,
    betweenPolls: 50,
    betweenWrites,
    topic: 'conscription',
  }
  const child = fork(join(import.meta.dirname, 'poller.ts'), {
    env: { ...process.env, GIVEN: JSON.stringify(given) },
  })
  return {
    async take() {
      child.send('take')
      const [seen] = (await once(child, 'message')) as [Seen]
      return seen
    },
    stop: () => end(child),
  }
}

async function end(child: ChildProcess) {
  const ended = once(child, 'exit')
  child.kill()
  await ended
}

/** Of some waits, the one that so large a share of them does not exceed. */
export function percentile(waits: number[], share: number): number {
  const sorted = waits.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
