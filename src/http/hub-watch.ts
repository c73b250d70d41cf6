import type { Clock } from '../domain/clock.ts'
import type { HubWatched } from '../domain/hub-store.ts'
import { formatUtc } from '../domain/time.ts'
import type { HubReport } from '../websub/hub.ts'
import { leaseOfLead } from '../websub/lead.ts'
import { Counter, Gauge, Histogram, type Registry } from './prometheus.ts'

/** Seconds after which something that should have been done counts as not being done (W-75). */
const longest = 120

type Parts = {
  /** Asks the store; undefined where nothing of a hub is known. */
  watched: () => Promise<HubWatched>
  clock: Clock
  /** Where its numbers are shown. */
  registry: Registry
  /** Second when the service began. */
  began: number
  /** Whether feeds announce the hub. */
  isOn: boolean
}

/** What `/healthz` and the metrics say of the hub. */
export type HubHealth = {
  document: {
    subscriptions: number
    /** Requests that wait to be verified. */
    pending: number
    /** When the lead was renewed last. */
    led?: string | undefined
    /** When the oldest of them was made. */
    oldestRequest?: string | undefined
    /** Since when something waits to be sent that nothing keeps from it. */
    oldestOwed?: string | undefined
  }
  problems: string[]
}

/** From at once to the last of many subscribers, in seconds (W-75). */
const deliveryBuckets = [1, 2, 3, 5, 10, 20, 30, 60, 120]

/** Numbers of the hub among those of the service. */
class HubNumbers {
  readonly #deliveries: Counter<'outcome'>
  readonly #deliveryTime: Histogram
  readonly #verifications: Counter<'mode' | 'outcome'>
  readonly #subscriptions: Gauge
  readonly #requests: Gauge

  constructor(registry: Registry) {
    this.#deliveries = new Counter({
      name: 'tiedote_hub_deliveries_total',
      help: 'Attempts of the hub to tell a subscriber what is new, by what came of them.',
      labelNames: ['outcome'],
      registers: [registry],
    })
    this.#deliveryTime = new Histogram({
      name: 'tiedote_hub_delivery_seconds',
      help: 'Time from a change to its delivery, of those that succeeded at once.',
      buckets: deliveryBuckets,
      registers: [registry],
    })
    this.#verifications = new Counter({
      name: 'tiedote_hub_verifications_total',
      help: 'Requests to subscribe or unsubscribe that the hub verified, by what came of them.',
      labelNames: ['mode', 'outcome'],
      registers: [registry],
    })
    this.#subscriptions = new Gauge({
      name: 'tiedote_hub_subscriptions',
      help: 'Subscriptions to pushes of feeds.',
      registers: [registry],
    })
    this.#requests = new Gauge({
      name: 'tiedote_hub_pending_requests',
      help: 'Requests to the hub that wait to be verified.',
      registers: [registry],
    })
  }

  reported({ deliveries, verifications }: HubReport): void {
    for (const { outcome, after } of deliveries) {
      this.#deliveries.inc({ outcome })
      if (after !== undefined) this.#deliveryTime.observe({}, after)
    }
    for (const { mode, outcome } of verifications) this.#verifications.inc({ mode, outcome })
  }

  seen({ subscriptions, pending }: HubWatched): void {
    this.#subscriptions.set({}, subscriptions)
    this.#requests.set({}, pending)
  }
}

/** Watches whether the hub does what it is there for: other hubs died without anybody noticing. */
export class HubWatch {
  readonly #parts: Parts
  readonly #began: number
  readonly #numbers: HubNumbers
  #oldestOwed: number | undefined
  #verifiedAt: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#began = parts.began
    this.#numbers = new HubNumbers(parts.registry)
    this.#verifiedAt = parts.began
  }

  /** Takes note of what the hub in this process says. */
  reported(report: HubReport): void {
    const { oldestOwed, verifications } = report
    this.#numbers.reported(report)
    this.#oldestOwed = oldestOwed
    if (verifications.length > 0) this.#verifiedAt = this.#parts.clock.now()
  }

  /** How the hub is; undefined where nobody can subscribe and nobody does. `since`: that of the state. */
  async look(since: number): Promise<HubHealth | undefined> {
    const { watched, clock, isOn } = this.#parts
    const found = await watched()
    const { leaderUntil, looked, subscriptions, pending, oldestRequest } = found
    this.#numbers.seen(found)
    if (!isOn && subscriptions + pending === 0) return undefined
    const now = clock.now()
    const isLate = (second: number) => now - Math.max(second, this.#began) > longest
    const led = leaderUntil === undefined ? undefined : leaderUntil - leaseOfLead
    const oldestOwed = this.#oldestOwed
    const problems = [
      ...(isLate(led ?? 0) ? [`No process of the hub is at work since ${written(led)}.`] : []),
      ...(looked < since && isLate(since)
        ? [`The hub has not looked at what changed at ${written(since)}.`]
        : []),
      ...(oldestOwed !== undefined && isLate(oldestOwed)
        ? [`The hub sends nothing of what it owes since ${written(oldestOwed)}.`]
        : []),
      ...(oldestRequest !== undefined && isLate(oldestRequest) && isLate(this.#verifiedAt)
        ? [`The hub verifies nothing of what was asked for since ${written(oldestRequest)}.`]
        : []),
    ]
    const document = {
      subscriptions,
      pending,
      led: led && formatUtc(led),
      oldestRequest: oldestRequest && formatUtc(oldestRequest),
      oldestOwed: oldestOwed && formatUtc(oldestOwed),
    }
    return { document: document as HubHealth['document'], problems }
  }
}

function written(second: number | undefined): string {
  return second === undefined ? 'its start' : formatUtc(second)
}
