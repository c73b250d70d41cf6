import type { Clock } from '../domain/clock.ts'
import type { HubStore } from '../domain/hub-store.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import type { Caller } from './caller.ts'
import { Delivering } from './delivering.ts'
import { FanOut } from './fan-out.ts'
import { leaseOfLead } from './lead.ts'
import type { HubLimits } from './limits.ts'
import type { PushDocuments } from './push.ts'
import { Verifying } from './verifying.ts'

/** Seconds after which the lead is renewed. */
const renewal = 5
/** Seconds between two times that the hub forgets what is over. */
const betweenTidying = 3600

/** What is told of the hub's work, for health and metrics. */
export type HubEvents = {
  onDelivery: (outcome: string, after: number | undefined) => void
  onVerification: (mode: string, outcome: string) => void
}

/** What the hub did since its last report, and how it is. */
export type HubReport = {
  /** Outcomes of deliveries, each with the seconds since the change where it was the first attempt. */
  deliveries: { outcome: string; after: number | undefined }[]
  /** Outcomes of verifications. */
  verifications: { mode: string; outcome: string }[]
  isLeading: boolean
  /** Second since when something waits to be sent that nothing keeps from it. */
  oldestOwed: number | undefined
}

export type HubParts = HubEvents & {
  store: HubStore
  releases: Pick<ReleaseStore, 'state' | 'countByTopic'>
  documents: PushDocuments
  caller: Caller
  /** Public origin, without a slash at its end. */
  baseUrl: string
  clock: Clock
  /** A name that no other process has. */
  name: string
  /** How much is done between two calls of `work`, where the platform limits that. */
  limits?: HubLimits
  /** A number from 0 to 1. */
  chance?: () => number
}

/**
 * The hub at work: one process at a time leads, looks for what is new, verifies and delivers. Whoever runs it calls
 * `work` again and again.
 */
export class Hub {
  readonly #parts: HubParts
  readonly #fanOut: FanOut
  readonly #verifying: Verifying
  readonly #delivering: Delivering
  #leadsUntil = 0
  #renewsAt = 0
  #tidiesAt = 0
  #isForVerifying = false
  #isStopped = false
  #working: Promise<unknown> = Promise.resolve()

  constructor(parts: HubParts) {
    const { name, chance = Math.random, onVerification } = parts
    this.#parts = parts
    this.#fanOut = new FanOut(parts, name)
    this.#delivering = new Delivering({ ...parts, chance })
    this.#verifying = new Verifying({
      ...parts,
      withoutLooking: (topic, work) => this.#fanOut.withoutLooking(topic, work),
      onSubscribed: (owed) => this.#delivering.subscribed(owed),
      onOutcome: onVerification,
    })
  }

  /** Does, or begins, what is due now. Throws what the store says, and then begins anew with the next call. */
  async work(): Promise<void> {
    if (this.#isStopped) return
    const working = this.#workOnce()
    this.#working = working.catch(() => {})
    await working
  }

  async #workOnce(): Promise<void> {
    try {
      if ((await this.#lead()) && !this.#isStopped) await this.#begin()
    } catch (error) {
      this.#leadsUntil = 0
      this.#renewsAt = 0
      throw error
    }
  }

  async #begin(): Promise<void> {
    const { clock, limits } = this.#parts
    const { standing, altered, haveMoved } = await this.#fanOut.look()
    if (haveMoved) await this.#delivering.resume(standing)
    else this.#delivering.altered(standing, altered)
    await this.#verifying.begin(standing.state)
    // Where little is allowed, only one of the two is done, in turns.
    this.#isForVerifying = limits !== undefined && !this.#verifying.isIdle && !this.#isForVerifying
    if (this.#isForVerifying) return
    await this.#delivering.begin()
    if (clock.now() < this.#tidiesAt) return
    this.#tidiesAt = clock.now() + betweenTidying
    await this.#parts.store.tidy(clock.now())
  }

  /** The second when there is something to do although nothing is written; renewing the lead aside. */
  get next(): number {
    return Math.min(this.#fanOut.standing?.state.until ?? Infinity, this.#delivering.next)
  }

  /** Whether this process leads. */
  get isLeading(): boolean {
    return this.#leadsUntil > this.#parts.clock.now()
  }

  /** Waits until everything is over that was begun. */
  async settled(): Promise<void> {
    for (;;) {
      if (!this.#verifying.isIdle) await this.#verifying.next()
      else if (!this.#delivering.isIdle) await this.#delivering.change()
      else return
    }
  }

  /** The second since when something waits to be sent that nothing keeps from it; undefined without any. */
  get oldestOwed(): number | undefined {
    return this.isLeading ? this.#delivering.oldest : undefined
  }

  /** Begins nothing more, for good, and lets another process lead. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#working
    this.#verifying.stop()
    await this.#delivering.stop()
    if (this.isLeading) await this.#parts.store.resign(this.#parts.name)
    this.#leadsUntil = 0
  }

  /** Takes or keeps the lead. */
  async #lead(): Promise<boolean> {
    const { store, clock, name } = this.#parts
    const now = clock.now()
    if (now < this.#renewsAt && this.#renewsAt <= now + renewal) return this.isLeading
    this.#renewsAt = now + renewal
    const led = this.#leadsUntil > now
    const position = await store.lead(name, now, now + leaseOfLead)
    if (!position) {
      this.#leadsUntil = 0
      await this.#delivering.stop()
      return false
    }
    this.#leadsUntil = now + leaseOfLead
    if (led) return true
    this.#fanOut.begin(position)
    const { standing } = await this.#fanOut.look()
    await this.#delivering.resume(standing)
    return true
  }
}
