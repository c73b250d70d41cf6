import type { MiddlewareHandler } from 'hono'
import { type Addresses, createAddresses } from '../domain/addresses.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { ReleaseStore, State } from '../domain/release-store.ts'
import type { KeptDocuments } from './kept-documents.ts'

/** What the service is made of. The entries put it together for their runtime. */
export type Services = {
  store: ReleaseStore
  /** Public origin, without a slash at its end. */
  baseUrl: string
  documents: KeptDocuments
  /** Answers requests below `/media/`. */
  media: MiddlewareHandler
  /** What is wrong with the content at present. */
  problems: () => FileProblem[]
  /** Seconds since 1970. */
  now: () => number
}

/** The state that a request is answered from, with the addresses that belong to it. */
export type Current = State & { addresses: Addresses }

/** Reads the state, and goes on with the last one known while the store does not answer (H-29). */
export function createCurrentReader({ store, baseUrl, now }: Services): () => Promise<Current> {
  let last: Current | undefined
  return async function readCurrent() {
    try {
      const state = await store.state(now())
      const unchanged = last?.revision === state.revision && last.horizon === state.horizon
      if (!last || !unchanged) last = { ...state, addresses: createAddresses(baseUrl, state.site) }
      return last
    } catch (error) {
      if (!last) throw error
      console.error(
        `The store does not answer, so answers are as before: ${(error as Error).message}`,
      )
      return last
    }
  }
}
