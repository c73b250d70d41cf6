import type { Clock } from '../domain/clock.ts'
import type { HubWatched } from '../domain/hub-store.ts'
import { formatUtc } from '../domain/time.ts'
import type { HubReport } from '../websub/hub.ts'
import { leaseOfLead } from '../websub/lead.ts'

/** Seconds after which something that should have been done counts as not being done (W-75). */
const longest = 120

type Parts = {
  /** Asks the store; undefined where nothing of a hub is known. */
  watched: () => Promise<HubWatched>
  clock: Clock
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

/** Watches whether the hub does what it is there for: other hubs died without anybody noticing. */
export class HubWatch {
  readonly #parts: Parts
  readonly #began: number
  #oldestOwed: number | undefined
  #verifiedAt: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#began = parts.clock.now()
    this.#verifiedAt = this.#began
  }

  /** Takes note of what the hub in this process says. */
  reported({ oldestOwed, verifications }: HubReport): void {
    this.#oldestOwed = oldestOwed
    if (verifications.length > 0) this.#verifiedAt = this.#parts.clock.now()
  }

  /** How the hub is; undefined where nobody can subscribe and nobody does. `since`: that of the state. */
  async look(since: number): Promise<HubHealth | undefined> {
    const { watched, clock, isOn } = this.#parts
    const { leaderUntil, looked, subscriptions, pending, oldestRequest } = await watched()
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
