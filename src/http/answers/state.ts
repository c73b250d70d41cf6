import { type Addresses, createAddresses } from '../../domain/addresses.ts'
import type { Clock } from '../../domain/clock.ts'
import { DomainError, isOtherVersion } from '../../domain/errors.ts'
import type { ReleaseStore, State } from '../../domain/release-store.ts'
import type { Metrics } from '../metrics.ts'
import { logError } from '../problem.ts'
import type { Asked } from './asked.ts'
import type { Known } from './record.ts'

/** The state that a request is answered from, with the addresses that belong to it. */
export type Current = State & {
  addresses: Addresses
  /** The database did not answer, or changes too fast to be read: what was answered last is good enough. */
  isFailing: boolean
  /** Second when it was asked for, where states are kept for longer than nothing changes. */
  readAt?: number
}

/**
 * Who knows the state. Each runtime has a policy of its own: `near-state.ts` for a database in this process,
 * `far-state.ts` for one that is far.
 */
export type StateSource = {
  /** Whether states are kept for longer than nothing changes, so that it matters what readers have. */
  readonly isFar: boolean
  /** The state if it is known without asking, and fresh enough for this reader; `known` is what its address was answered. */
  atHand(asked: Asked, known: Known | undefined): Current | undefined
  /** The state, fresh enough for this reader. Without a reader: whatever is the quickest. */
  read(asked?: Asked, known?: Known): Promise<Current>
  /** Has the state read anew: somebody saw that the database has moved on, or does not answer. */
  lookAgain(): void
}

type Parts = {
  store: Pick<ReleaseStore, 'state'>
  /** Public origin, without a slash at its end. */
  baseUrl: string
  /** Whether feeds announce our hub. */
  hasHub?: boolean | undefined
  clock: Clock
  metrics: Pick<Metrics, 'storeFailed'>
  /** The state to answer from when the database has not answered yet; only where one is known. */
  spare?: (() => State | undefined) | undefined
}

/** Seconds for which a database that did not answer is left alone. */
const rest = 2
/** Milliseconds after which a database that says nothing counts as one that does not answer. */
const patience = 3000

/** Asks the database for the state, and goes on with the last one known while it does not answer (H-29). */
export class StateQuestion {
  readonly #parts: Parts
  #last: Current | undefined
  #restUntil = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Throws what keeps the database from answering while no state is known. */
  async ask(): Promise<Current> {
    const { store, clock, metrics } = this.#parts
    // A clock that is set back must not make it longer.
    const left = this.#restUntil - clock.now()
    const known = left > 0 && left <= rest ? this.#lastKnown() : undefined
    if (known) return known
    try {
      const state = await within(store.state(clock.now()), patience)
      const last = this.#last
      const isSame = last?.since === state.since && last.revision === state.revision
      if (isSame) return last
      this.#last = {
        ...state,
        addresses: this.#addressesIn(state),
        isFailing: false,
      }
      return this.#last
    } catch (error) {
      // Nothing is asked of tables that belong to another version, no more than of a database that never answered.
      if (isOtherVersion(error) && this.#last) this.#last = { ...this.#last, revision: 0 }
      if (!(error instanceof DomainError) || isOtherVersion(error)) {
        metrics.storeFailed()
        this.#restUntil = clock.now() + rest
        logError(error, 'The store does not answer')
      }
      const last = this.#lastKnown()
      if (!last) throw error
      return last
    }
  }

  #lastKnown(): Current | undefined {
    const { spare } = this.#parts
    if (this.#last) return { ...this.#last, isFailing: true }
    const state = spare?.()
    return state && { ...state, addresses: this.#addressesIn(state), isFailing: true }
  }

  #addressesIn({ site }: State): Addresses {
    const { baseUrl, hasHub } = this.#parts
    return createAddresses(baseUrl, site, hasHub)
  }
}

/** Throws an Error when a promise takes longer than some milliseconds. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
