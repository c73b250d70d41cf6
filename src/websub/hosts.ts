import type { HubHost, Owed } from '../domain/hub-store.ts'
import { patience, waitAfter } from './retries.ts'

/** Deliveries at a time to all hosts together, and to those that are slow or fail (W-62). */
const mostAtOnce = 70

/** Deliveries at a time to a host, and to one with more than so many subscriptions. */
const mostOfHost = 4
const mostOfLargeHost = 16
const large = 500

/** Deliveries after which another host has its turn, although a connection is there. */
const mostInARow = 50

/**
 * Milliseconds within which a host is quick, or times what all take on average, if this machine has so much to do that
 * everything takes longer; and seconds for which one that was not counts as slow.
 */
const quick = 2000
const timesAverage = 3
const slowness = 3600

/** Failures in a row after which a host counts as failing: one may be that of a single subscriber. */
const mostFailures = 2

/** A host of which nothing is known. */
export function unknownHost(host: string): HubHost {
  return {
    host,
    slowUntil: 0,
    attempts: 0,
    retryAt: undefined,
    failingSince: undefined,
    isVerified: false,
    failedVerifications: 0,
    refusedUntil: 0,
  }
}

/** Something owed, and the second since when it waits for its turn. */
type Waiting = { owed: Owed; since: number }

/** A host with what waits to be delivered there. */
type Queue = {
  known: HubHost
  waiting: Waiting[]
  running: number
  /** Deliveries at a time, which grows while it is quick. */
  limit: number
  most: number
  /** In a row. */
  failures: number
  /** Deliveries that followed each other on a connection. */
  inARow: number
  /** Where it waits for a turn, if it does. */
  place: Place | undefined
  /** The line in which it waits, or did last. */
  line: Line | undefined
}

/**
 * Where a host waits for a turn: its last delivery has just ended, so that a connection is there; nothing is going on
 * there; or one more delivery would take one more connection.
 */
type Place = 'again' | 'idle' | 'running'

/** Hosts that wait for a turn. A host that came to another place counts where it is now. */
class Line {
  readonly #hosts: Record<Place, Queue[]> = { again: [], idle: [], running: [] }
  /** How many were taken off the beginning of `idle`: doing so would move all others. */
  #taken = 0
  #count = 0

  add(queue: Queue, place: Place) {
    if (queue.place === place) return
    if (queue.place === undefined) this.#count++
    queue.place = place
    this.#hosts[place].push(queue)
  }

  next(): Queue | undefined {
    for (let first = this.#first(); first; first = this.#first()) {
      const { queue, place } = first
      if (queue.place !== place) continue
      this.#count--
      queue.place = undefined
      return queue
    }
    return undefined
  }

  get length(): number {
    return this.#count
  }

  #first(): { queue: Queue; place: Place } | undefined {
    const { again, idle, running } = this.#hosts
    const last = again.pop()
    if (last) return { queue: last, place: 'again' }
    const waiting = idle[this.#taken]
    if (waiting) {
      this.#taken++
      return { queue: waiting, place: 'idle' }
    }
    this.#hosts.idle = []
    this.#taken = 0
    const more = running.shift()
    return more && { queue: more, place: 'running' }
  }
}

/** A delivery that may begin. */
export type Turn = { owed: Owed; isSlow: boolean }

/** How a delivery went, as far as its host is concerned. */
export type HostOutcome = 'answered' | 'failed' | 'faulty'

/**
 * Whose turn it is: hosts in turn, so that none keeps the others waiting. Those that are slow or fail share a part of
 * what can be done at a time, and a failing one has one delivery at a time, now and then.
 */
export class Hosts {
  readonly #queues = new Map<string, Queue>()
  /** Hosts with a turn, those with none running before others: so each connection is used again. */
  readonly #quick = new Line()
  readonly #slow = new Line()
  /** Milliseconds that a delivery takes, about. */
  #average = 0
  readonly #failing = new Set<Queue>()
  /** Hosts of which something changed that is to be remembered. */
  readonly #changed = new Set<Queue>()
  readonly #most: number
  #running = 0
  #runningSlow = 0

  /** `most` deliveries at a time. */
  constructor(most = mostAtOnce) {
    this.#most = most
  }

  /** Those of some hosts of which it is not known how they are. */
  unknownAmong(names: Iterable<string>): string[] {
    return [...new Set(names)].filter((name) => !this.#queues.has(name))
  }

  /** Says what was remembered of a host. */
  know(known: HubHost): void {
    const before = this.#queues.get(known.host)
    if (before) return
    const queue = { known, waiting: [], running: 0, limit: 1, most: mostOfHost, failures: 0 }
    const added = { ...queue, inARow: 0, place: undefined, line: undefined }
    this.#queues.set(known.host, added)
    if (known.retryAt !== undefined) this.#failing.add(added)
  }

  /** Has something wait for its turn. Its host must be known. */
  add(owed: Owed, now: number): void {
    const queue = this.#queues.get(owed.host)!
    queue.waiting.push({ owed, since: now })
    if (queue.waiting.length > large) queue.most = mostOfLargeHost
    this.#offer(queue, now)
  }

  /** What may begin now. */
  take(now: number): Turn | undefined {
    if (this.#running >= this.#most) return undefined
    const isSlow = this.#quick.length === 0
    if (isSlow && this.#runningSlow >= Math.ceil(this.#most / 4)) return undefined
    const queue = (isSlow ? this.#slow : this.#quick).next()
    if (!queue) return undefined
    if (!mayBegin(queue, now)) return this.take(now)
    const { owed } = queue.waiting.shift()!
    queue.running++
    this.#running++
    if (isSlow) this.#runningSlow++
    this.#offer(queue, now)
    return { owed, isSlow }
  }

  /** A delivery was not begun after all, or came to an end without a call. */
  leave({ owed: { host }, isSlow }: Turn, now: number): void {
    const queue = this.#queues.get(host)!
    queue.running--
    this.#running--
    if (isSlow) this.#runningSlow--
    this.#offer(queue, now, true)
    this.#forget(queue)
  }

  /**
   * A delivery came to an end after some milliseconds. Answers what waited for its host and is given up with it, because
   * the host failed for too long; undefined if it goes on.
   */
  ended(
    turn: Turn,
    outcome: HostOutcome,
    { now, took, chance }: { now: number; took: number; chance: number },
  ): Owed[] | undefined {
    const queue = this.#queues.get(turn.owed.host)!
    const before = { ...queue.known }
    const isQuick = took < Math.max(quick, timesAverage * this.#average)
    if (outcome === 'answered') this.#average += (took - this.#average) / 50
    const isOver =
      outcome === 'answered' ? answered(queue, isQuick, now) : failed(queue, now, chance)
    const { known } = queue
    if (known.retryAt === undefined) this.#failing.delete(queue)
    else this.#failing.add(queue)
    const isSame = known.slowUntil === before.slowUntil && known.retryAt === before.retryAt
    if (!isSame) this.#changed.add(queue)
    const givenUp = isOver ? queue.waiting.map(({ owed }) => owed) : undefined
    if (isOver) queue.waiting = []
    this.leave(turn, now)
    return givenUp
  }

  /** Has hosts be tried again whose time has come. */
  wake(now: number): void {
    for (const queue of this.#failing) this.#offer(queue, now)
  }

  /** What is to be remembered since it was asked last. */
  changed(): HubHost[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const queue of changed) this.#forget(queue)
    return changed.map(({ known }) => known)
  }

  /** The second since when something waits that nothing keeps from being sent; undefined without any. */
  oldest(now: number): number | undefined {
    const healthy = [...this.#queues.values()].filter(({ known, waiting }) => {
      return waiting.length > 0 && known.retryAt === undefined && known.slowUntil <= now
    })
    const since = Math.min(...healthy.map(({ waiting }) => waiting[0]!.since))
    return since === Infinity ? undefined : since
  }

  /** How many deliveries are going on. */
  get running(): number {
    return this.#running
  }

  /** Whether nothing could begin at present. */
  get isQuiet(): boolean {
    return this.#quick.length + this.#slow.length === 0
  }

  /** `isAgain`: a delivery has just ended, and its connection may be used again. */
  #offer(queue: Queue, now: number, isAgain = false) {
    if (!mayBegin(queue, now)) return
    const isSlow = queue.known.slowUntil > now || queue.known.retryAt !== undefined
    // It may be in the other line from before.
    const line = queue.place !== undefined ? queue.line! : isSlow ? this.#slow : this.#quick
    queue.line = line
    const isStill = isAgain && ++queue.inARow < mostInARow
    if (!isStill) queue.inARow = 0
    line.add(queue, isStill ? 'again' : queue.running > 0 ? 'running' : 'idle')
  }

  /** Lets a host go that has nothing to do. What is worth it is remembered elsewhere. */
  #forget(queue: Queue) {
    if (queue.waiting.length + queue.running > 0) return
    if (this.#changed.has(queue) || queue.place !== undefined) return
    this.#failing.delete(queue)
    this.#queues.delete(queue.known.host)
  }
}

function mayBegin({ waiting, running, limit, known }: Queue, now: number): boolean {
  if (waiting.length === 0) return false
  if (known.retryAt !== undefined) return running === 0 && known.retryAt <= now
  return running < limit
}

function answered(queue: Queue, isQuick: boolean, now: number): boolean {
  const { known, limit, most } = queue
  queue.failures = 0
  queue.limit = isQuick ? Math.min(limit + 1, most) : 1
  // It is written down whenever it changes.
  if (!isQuick && known.slowUntil < now + slowness / 2) known.slowUntil = now + slowness
  Object.assign(known, { attempts: 0, retryAt: undefined, failingSince: undefined })
  return false
}

function failed(queue: Queue, now: number, chance: number): boolean {
  const { known } = queue
  queue.failures++
  queue.limit = 1
  const isFailing = known.retryAt !== undefined || queue.failures >= mostFailures
  if (!isFailing) return false
  known.failingSince ??= now
  if (known.failingSince <= now - patience) {
    queue.failures = 0
    Object.assign(known, { attempts: 0, retryAt: undefined, failingSince: undefined })
    return true
  }
  known.attempts++
  known.retryAt = now + waitAfter(known.attempts, chance)
  return false
}
