import type { Clock } from '../domain/clock.ts'
import type { HubHost, HubStore, HubTopic, Owed, PendingRequest } from '../domain/hub-store.ts'
import type { ReleaseStore, State } from '../domain/release-store.ts'
import { endingOf, retiredAt } from '../domain/retirement.ts'
import type { Caller } from './caller.ts'
import { countsOf } from './fan-out.ts'
import { unknownHost } from './hosts.ts'
import type { HubLimits } from './limits.ts'
import { anchorsOf } from './matching.ts'
import { denialAddress, judgeVerification, verificationAddress } from './verification.ts'

/** Seconds after which somebody is asked again who did not answer (W-57). */
const againAfter = [5, 60]
/** Bytes of an answer that are read: a challenge is far shorter. */
const longestEcho = 1024

/** Calls at a time, in all where nothing else is said, and to one host. */
const mostCalls = 20
const mostCallsOfHost = 2
/** Calls in a minute to a host that never verified anything, and to one that did (W-58). */
const mostPerMinute = { unknown: 10, verified: 600 }
/** Failures in a row after which a host is refused that never verified anything, and for how many seconds. */
const mostFailures = 5
const refusal = 3600

/** Requests that are read together. */
const portion = 1000

/** Seconds before a request of which news count as unknown to the subscriber: caches may keep a feed for so long (W-44). */
const servedBefore = 900

export type VerifyingParts = {
  store: HubStore
  releases: Pick<ReleaseStore, 'countByTopic'>
  caller: Caller
  clock: Clock
  limits?: Pick<HubLimits, 'verifications'> | undefined
  /** Does what may make the feed of a topic while nobody looks for what is new. See `FanOut`. */
  withoutLooking: <T>(topic: HubTopic, work: () => Promise<T>) => Promise<T | undefined>
  /** Told of somebody who subscribes from now on, or goes on to. */
  onSubscribed: (owed: Owed) => Promise<void>
  /** Told how it went, in a word for metrics. */
  onOutcome: (mode: PendingRequest['mode'], outcome: string) => void
}

/** Asks subscribers whether they want what was asked for in their name (WebSub section 5.3). */
export class Verifying {
  readonly #parts: VerifyingParts
  #isStopped = false
  readonly #calls = new Map<number, { host: string; done: Promise<void> }>()
  /** How often a host was called in the minute that began at a second. */
  readonly #called = new Map<string, { since: number; times: number }>()

  constructor(parts: VerifyingParts) {
    this.#parts = parts
  }

  /** Begins to ask nobody more. */
  stop(): void {
    this.#isStopped = true
  }

  /** Begins to ask whoever is to be asked now. */
  async begin(state: State): Promise<void> {
    this.#isStopped = false
    const { store, clock, limits } = this.#parts
    const most = limits?.verifications ?? mostCalls
    const now = clock.now()
    for (const [host, { since }] of this.#called) {
      if (since <= now - 60) this.#called.delete(host)
    }
    const due = await store.dueRequests(now, { all: portion, ofHost: mostCallsOfHost })
    const waiting = due.filter(({ id }) => !this.#calls.has(id))
    if (waiting.length === 0) return
    const hosts = new Map(
      (await store.hosts([...new Set(waiting.map(({ host }) => host))])).map((one) => [
        one.host,
        one,
      ]),
    )
    for (const request of waiting) {
      if (this.#calls.size >= most) return
      const host = hosts.get(request.host) ?? unknownHost(request.host)
      hosts.set(request.host, host)
      if (!this.#mayCall(host, now)) continue
      const { host: name } = request
      const done = this.#ask(request, host, state)
        .catch(console.error)
        .finally(() => this.#calls.delete(request.id))
      this.#calls.set(request.id, { host: name, done })
    }
  }

  /** Whether nobody is being asked. */
  get isIdle(): boolean {
    return this.#calls.size === 0
  }

  /** Waits until one of those was answered who are being asked. */
  async next(): Promise<void> {
    await Promise.race([...this.#calls.values()].map(({ done }) => done))
  }

  #mayCall({ host, isVerified }: HubHost, now: number): boolean {
    const running = [...this.#calls.values()].filter((one) => one.host === host).length
    if (running >= mostCallsOfHost) return false
    const called = this.#called.get(host) ?? { since: now, times: 0 }
    if (called.times >= (isVerified ? mostPerMinute.verified : mostPerMinute.unknown)) return false
    called.times++
    this.#called.set(host, called)
    return true
  }

  async #ask(request: PendingRequest, host: HubHost, state: State): Promise<void> {
    const { store, onOutcome, clock } = this.#parts
    const { mode } = request
    const lease = leaseOf(request, state, clock.now())
    const isOver = mode === 'denied' || (mode === 'subscribe' && lease <= 0)
    const outcome = isOver ? await this.#deny(request) : await this.#verify(request, mode, lease)
    // What was cut off is asked again by whoever goes on.
    if (this.#isStopped && outcome === 'unreached') return
    onOutcome(mode, outcome)
    const again = againAfter[request.tries]
    if (outcome === 'unreached' && again !== undefined) {
      await store.postpone(request, clock.now() + again)
      return
    }
    if (outcome === 'confirmed') await this.#confirm(request, lease, state)
    else await store.drop(request)
    if (mode !== 'denied') await this.#noteHost(host, outcome === 'confirmed')
  }

  async #verify(
    { callback, asked: topic, verifyToken }: PendingRequest,
    mode: 'subscribe' | 'unsubscribe',
    lease: number,
  ) {
    const challenge = newChallenge()
    const leaseSeconds = mode === 'subscribe' ? lease : undefined
    const answer = await this.#parts.caller.call({
      method: 'GET',
      address: verificationAddress({ callback, mode, topic, challenge, leaseSeconds, verifyToken }),
      headers: {},
      wholeBodyLimit: longestEcho,
    })
    return judgeVerification(answer, challenge)
  }

  /** Tells somebody that a feed is no more (WebSub section 5.2). What is answered does not matter. */
  async #deny({ callback, asked: topic }: PendingRequest) {
    const answer = await this.#parts.caller.call({
      method: 'GET',
      address: denialAddress({ callback, topic, reason: 'This feed has ended.' }),
      headers: {},
      wholeBodyLimit: longestEcho,
    })
    return 'failed' in answer ? 'unreached' : 'denied'
  }

  async #confirm(request: PendingRequest, lease: number, state: State) {
    const { store, releases, clock, withoutLooking, onSubscribed } = this.#parts
    const anchors = anchorsOf(request.query, await countsOf(releases, state))
    const given = {
      leaseUntil: clock.now() + lease,
      servedAt: request.at - servedBefore,
    }
    if (request.mode === 'subscribe') {
      const owed = await withoutLooking(request, () => store.subscribe(request, anchors, given))
      if (owed) await onSubscribed(owed)
    } else await store.unsubscribe(request)
  }

  /** A host that verified something before is not refused: anybody could have it fail by asking in its name. */
  async #noteHost(host: HubHost, isConfirmed: boolean) {
    const { store, clock } = this.#parts
    if (isConfirmed && host.isVerified && host.failedVerifications === 0) return
    const failedVerifications = isConfirmed ? 0 : host.failedVerifications + 1
    const isRefused = !isConfirmed && !host.isVerified && failedVerifications >= mostFailures
    Object.assign(host, {
      isVerified: host.isVerified || isConfirmed,
      failedVerifications: isRefused ? 0 : failedVerifications,
      refusedUntil: isRefused ? clock.now() + refusal : host.refusedUntil,
    })
    await store.noteVerification(host)
  }
}

/** Seconds for which somebody may subscribe: not beyond the end of a feed that is known (W-20). */
function leaseOf({ lease, query }: PendingRequest, { site, vocabulary }: State, now: number) {
  const all = retiredAt(site, vocabulary.topics.values(), Infinity)
  const ending = endingOf(query.topics, all)
  return ending ? Math.min(lease, ending.until - now) : lease
}

function newChallenge(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
