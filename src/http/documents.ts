import type { Edition } from '../domain/edition.ts'
import { DomainError } from '../domain/errors.ts'
import { fingerprint } from '../domain/identity.ts'
import type { Document } from './kept-documents.ts'
import { type Current, type Services, within } from './services.ts'

/** How the document of an address comes about. */
export type Recipe = {
  /** Canonical. */
  address: string
  contentType: string
  /** What the renders are counted as. */
  kind: string
  /** Second of the last change of what the document shows. Costs one small query at most. */
  lastModified: () => Promise<number>
  /** The whole document, and the second of the oldest release in it. */
  render: () => Promise<{ body: string; oldest: number }>
  /** Whether strangers cannot think of any number of such addresses. */
  isNoted: boolean
}

/** Milliseconds that a store has for a document, before an older one is answered or none. */
const patience = 5000

/** Finds documents: kept, or made anew when what they show has changed. */
export function createDocuments(services: Services) {
  const { documents, editions, reserve, later, clock, metrics } = services
  const making = new Map<string, Promise<Document>>()

  async function make(recipe: Recipe, lastModified: number, since: number): Promise<Document> {
    const { address, contentType, kind, render } = recipe
    const { body, oldest } = await render()
    metrics.rendered(kind)
    const document: Document = {
      etag: `W/"${await fingerprint(body)}"`,
      lastModified,
      oldest,
      body: new TextEncoder().encode(body),
      contentType,
      since,
      seen: clock.now(),
      coded: new Map(),
      isNoted: false,
    }
    documents.put(address, document)
    if (reserve) {
      later(() => reserve.put(address, document).catch(sayWhy(`${address} has no reserve`)))
    }
    return document
  }

  /** A thousand readers at the same moment cost one document. */
  function makeOnce(recipe: Recipe, lastModified: number, since: number): Promise<Document> {
    const key = keyOf(recipe, since)
    const running = making.get(key) ?? make(recipe, lastModified, since)
    making.set(key, running)
    return running.finally(() => making.delete(key))
  }

  /** For the time when nobody waits for it: should the store fail then, there is an answer (H-29). */
  function makeLater(recipe: Recipe, lastModified: number, since: number) {
    // Where there is a reserve it holds the document since somebody got it.
    if (reserve) return
    later(async () => {
      await makeOnce(recipe, lastModified, since).catch(sayWhy(`${recipe.address} is not made`))
    })
  }

  /** What others answered, when this process has nothing and the store does not answer. */
  async function fromReserve(address: string): Promise<Document | undefined> {
    const found = await reserve?.get(address).catch(sayWhy(`${address} has no reserve`))
    if (found) documents.put(address, found)
    return found ?? undefined
  }

  /** The document if it is at hand and up to date. */
  function atHand({ address }: Recipe, { since, isFailing }: Current): Document | undefined {
    const kept = documents.get(address)
    if (!kept) return undefined
    if (kept.since === since && !isFailing) kept.seen = clock.now()
    return kept.since === since || isFailing ? kept : undefined
  }

  return {
    atHand,

    /**
     * Remembers an edition beyond this process, once somebody comes with conditions: whoever has it
     * will ask what changed since.
     */
    async note(recipe: Recipe, document: Document, headers: Headers, current: Current) {
      const isPolled = headers.has('if-none-match') || headers.has('if-modified-since')
      if (!recipe.isNoted || !isPolled || document.isNoted || current.isFailing) return
      document.isNoted = true
      const { etag, lastModified, oldest } = document
      // A disk that is full must not keep anybody from reading.
      await editions.note(recipe.address, { etag, lastModified, oldest }).catch(() => {})
    },

    /**
     * What stands at an address. `isKnown` says whether the client has an edition already: then the
     * edition alone may be answered, for which nothing is rendered (H-16).
     *
     * While the store fails, the last good document is answered (H-29).
     */
    async find(
      recipe: Recipe,
      current: Current,
      isKnown: (edition: Edition) => boolean,
    ): Promise<Document | Edition> {
      const ready = atHand(recipe, current)
      if (ready) return ready
      const { address } = recipe
      const { since } = current
      if (current.isFailing) {
        const found = await fromReserve(address)
        if (found) return found
        // Of a store that never answered nothing can be asked.
        if (current.revision === 0) throw notAnswering()
      }
      const kept = documents.get(address)
      const work = async () => {
        const lastModified = await recipe.lastModified()
        if (kept?.lastModified === lastModified) {
          const renewed = { ...kept, since, seen: clock.now() }
          documents.put(address, renewed)
          return renewed
        }
        const noted = recipe.isNoted && !kept ? await editions.editions(address) : []
        const edition = noted.find((one) => one.lastModified === lastModified)
        if (!edition || !isKnown(edition)) return makeOnce(recipe, lastModified, since)
        makeLater(recipe, lastModified, since)
        return edition
      }
      try {
        return await within(work(), patience)
      } catch (error) {
        if (error instanceof DomainError) {
          documents.forget(address)
          throw error
        }
        metrics.storeFailed()
        // Whoever was to make it may be gone: Workers stop the work of a client that went away.
        making.delete(keyOf(recipe, since))
        const before = kept ?? (await fromReserve(address))
        if (!before) throw error
        console.error(`${address} is answered as before: ${(error as Error).message}`)
        return before
      }
    },
  }
}

function keyOf({ address }: Recipe, since: number): string {
  return `${since} ${address}`
}

function notAnswering(): DomainError {
  return new DomainError(
    'unavailable',
    'This cannot be looked up at present. Ask again in a minute.',
  )
}

function sayWhy(sentence: string) {
  return (error: Error) => console.error(`${sentence}: ${error.message}`)
}
