import type { MiddlewareHandler } from 'hono'
import { type Addresses, createAddresses } from '../domain/addresses.ts'
import type { Clock } from '../domain/clock.ts'
import { DomainError, isOtherVersion } from '../domain/errors.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { EditionStore, ReleaseStore, State } from '../domain/release-store.ts'
import type { Api } from './api/api.ts'
import type { KeptDocuments } from './kept-documents.ts'
import type { Metrics } from './metrics.ts'
import { logError } from './problem.ts'
import type { Answer } from './request-log.ts'
import type { Reserve } from './reserve.ts'

/** What the service is made of. The entries put it together for their runtime. */
export type Services = {
  store: ReleaseStore
  /** Whether the store was changed since this was last asked; only where that costs less than its state. */
  hasChanged?: () => boolean
  editions: EditionStore
  /** Public origin, without a slash at its end. */
  baseUrl: string
  documents: KeptDocuments
  /** Where a process that has just begun finds what others answered; only where there is one. */
  reserve?: Reserve
  /** The state to answer from when the store has not answered yet; only where one is known. */
  spare?: () => State | undefined
  /** Whether a person who opens a feed in a browser sees a page. */
  hasFeedPages: boolean
  /** Whether a request came from the reader itself, and not from a cache that asks for itself. */
  isDirect: (headers: Headers) => boolean
  /** Runs work that nobody waits for, after the answer. It must not fail. */
  later: (work: () => Promise<void>) => void
  /** Answers requests below `/media/`. */
  media: MiddlewareHandler
  /** Publishing over HTTP, brought in when somebody asks for it; without it there is no API. */
  api?: () => Api | Promise<Api>
  /** What is wrong with the database itself, and what to do; only where that can be known. */
  damage?: () => string | undefined
  /** What is wrong with the content at present. */
  problems: () => FileProblem[]
  clock: Clock
  metrics: Metrics
  /** Told of every answer. */
  record: (answer: Answer) => void
}

/** The state that a request is answered from, with the addresses that belong to it. */
export type Current = State & {
  addresses: Addresses
  /** The store did not answer: this is the last state known. */
  isFailing: boolean
}

/** Seconds for which a store that did not answer is left alone. */
const rest = 2
/** Milliseconds after which a store that says nothing counts as one that does not answer. */
const patienceForState = 3000

/** Reads the state, and goes on with the last one known while the store does not answer (H-29). */
export function createCurrentReader(services: Services) {
  const { store, baseUrl, clock, metrics, spare = () => undefined } = services
  const { hasChanged = () => true } = services
  let last: Current | undefined
  /** What was read last, as long as nothing was written since. */
  let steady: Current | undefined
  let reads = 0
  let restUntil = 0

  return {
    readCurrent,
    steadyCurrent,
    /** Has the state read anew: somebody saw that the store has moved on, which we may not know yet. */
    lookAgain: () => void (steady = undefined),
  }

  /** The state as it is known to be now, without asking the store; undefined when that must be asked. */
  function steadyCurrent(): Current | undefined {
    if (!steady || clock.now() >= steady.until) return undefined
    try {
      if (!hasChanged()) return steady
    } catch {
      // Whoever asks the store will see what is wrong with it.
    }
    steady = undefined
    return undefined
  }

  async function readCurrent(): Promise<Current> {
    const known = steadyCurrent()
    if (known) return known
    // A clock that is set back must not make it longer.
    const left = restUntil - clock.now()
    if (left > 0 && left <= rest) {
      const known = last ?? fromSpare()
      if (known) return { ...known, isFailing: true }
    }
    steady = undefined
    const read = ++reads
    try {
      const state = await within(store.state(clock.now()), patienceForState)
      const isSame = last?.since === state.since && last.revision === state.revision
      if (!last || !isSame) {
        last = { ...state, addresses: createAddresses(baseUrl, state.site), isFailing: false }
      }
      // One that was asked for earlier and comes later is old.
      if (read === reads) steady = last
      return last
    } catch (error) {
      // Nothing is asked of tables that belong to another version, no more than of a store that never answered.
      if (isOtherVersion(error) && last) last = { ...last, revision: 0 }
      if (!(error instanceof DomainError) || isOtherVersion(error)) {
        metrics.storeFailed()
        restUntil = clock.now() + rest
        logError(error, 'The store does not answer')
      }
      const known = last ?? fromSpare()
      if (!known) throw error
      return { ...known, isFailing: true }
    }
  }

  function fromSpare(): Current | undefined {
    const state = spare()
    return state && { ...state, addresses: createAddresses(baseUrl, state.site), isFailing: true }
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
