import type { Edition } from '../domain/edition.ts'
import { DomainError, refusable } from '../domain/errors.ts'
import { fingerprint } from '../domain/identity.ts'
import { createCodedBody } from './coded-body.ts'
import { type HeaderReader, isConditional } from './conditional.ts'
import type { Document } from './kept-documents.ts'
import { logError } from './problem.ts'
import { type Current, type Services, within } from './services.ts'

/** A whole document, and of its edition what only making it tells. */
export type Rendered = Pick<Edition, 'oldest' | 'previous'> & { body: string; isGone?: boolean }

/** How the document of an address comes about. */
export type Recipe = {
  /** Canonical. */
  address: string
  contentType: string
  /** What the renders are counted as. */
  kind: string
  /** Second of the last change of what the document shows. Costs one small query at most. */
  lastModified: () => Promise<number>
  render: () => Promise<Rendered>
  /** Whether strangers cannot think of any number of such addresses. */
  isNoted: boolean
}

/** Milliseconds that a store has for a document, before an older one is answered or none. */
const patienceForDocument = 5000

/** The store changed while a document was made of it: what was read may not belong together. */
export class StoreMoved extends Error {}

/** Finds documents: kept, or made anew when what they show has changed. */
export function createDocuments(services: Services) {
  const { store, documents, editions, reserve, later, clock, metrics } = services
  const making = new Map<string, Promise<Document>>()

  async function make(
    recipe: Recipe,
    lastModified: number,
    { since, frameSince, revision }: Current,
  ): Promise<Document> {
    const { address, contentType, kind, render } = recipe
    const made = await refusable(render)
    // What is not there may be for one that has become another meanwhile, too.
    if ((await store.revision()) !== revision) throw new StoreMoved()
    if (made instanceof DomainError) throw made
    const { body, oldest, previous, isGone = false } = made
    metrics.rendered(kind)
    const document: Document = {
      etag: `W/"${await fingerprint(body)}"`,
      lastModified,
      oldest,
      previous,
      body: createCodedBody(new TextEncoder().encode(body)),
      contentType,
      since,
      frameSince,
      seen: clock.now(),
      isGone,
      isNoted: false,
    }
    documents.put(address, document)
    if (reserve) {
      later(() => reserve.put(address, document).catch(sayWhy(`${address} has no reserve`)))
    }
    return document
  }

  /** A thousand readers at the same moment cost one document. */
  function makeOnce(recipe: Recipe, lastModified: number, current: Current): Promise<Document> {
    const key = keyOf(recipe, current.since)
    const running = making.get(key) ?? make(recipe, lastModified, current)
    making.set(key, running)
    return running.finally(() => making.delete(key))
  }

  /** For the time when nobody waits for it: should the store fail then, there is an answer (H-29). */
  function makeLater(recipe: Recipe, lastModified: number, current: Current) {
    // Where there is a reserve it holds the document since somebody got it.
    if (reserve) return
    const { address } = recipe
    later(async () => {
      if (documents.get(address)) return
      await makeOnce(recipe, lastModified, current).catch(sayWhy(`${address} is not made`))
    })
  }

  /** What is no longer there must not come back while the store fails. */
  function forget(address: string) {
    documents.forget(address)
    if (reserve) later(() => reserve.delete(address).catch(sayWhy(`${address} stays in reserve`)))
  }

  /** What others answered, when this process has nothing and the store does not answer. */
  async function fromReserve(address: string): Promise<Document | undefined> {
    const found = await reserve?.get(address).catch(sayWhy(`${address} has no reserve`))
    if (found) documents.put(address, found)
    return found ?? undefined
  }

  /** The document if it is at hand and up to date. */
  function atHand({ address }: Recipe, current: Current): Document | undefined {
    const kept = documents.get(address)
    if (!kept) return undefined
    const isOfNow = belongsTo(kept, current)
    if (isOfNow && !current.isFailing) kept.seen = clock.now()
    return isOfNow || current.isFailing ? kept : undefined
  }

  return {
    atHand,

    /**
     * Remembers an edition beyond this process, once somebody comes with conditions: whoever has it
     * will ask what changed since.
     */
    note(
      recipe: Pick<Recipe, 'address' | 'isNoted'>,
      document: Document,
      headers: HeaderReader,
      current: Current,
    ) {
      if (!recipe.isNoted || document.isNoted || current.isFailing) return
      if (!isConditional(headers)) return
      document.isNoted = true
      const { etag, lastModified, oldest, previous } = document
      const edition = { etag, lastModified, oldest, previous }
      // A disk that is full must not keep anybody from reading.
      later(() => editions.note(recipe.address, edition).catch(() => {}))
    },

    /**
     * What stands at an address. `isKnown` says whether the client has an edition already: then the
     * edition alone may be answered, for which nothing is rendered (H-16). Without it the client has none.
     *
     * While the store fails, the last good document is answered (H-29).
     */
    async find(
      recipe: Recipe,
      current: Current,
      isKnown?: (edition: Edition) => boolean,
    ): Promise<Document | Edition> {
      const ready = atHand(recipe, current)
      if (ready) return ready
      const { address } = recipe
      const { since, frameSince } = current
      if (current.isFailing) {
        const found = await fromReserve(address)
        if (found) return found
        // Of a store that never answered nothing can be asked.
        if (current.revision === 0) throw notAnswering()
      }
      const kept = documents.get(address)
      const work = async () => {
        const lastModified = await recipe.lastModified()
        // The dates of two frames may be of two clocks.
        if (kept?.lastModified === lastModified && kept.frameSince === frameSince) {
          const renewed = { ...kept, since, seen: clock.now() }
          documents.put(address, renewed)
          return renewed
        }
        const mayBeKnown = isKnown && recipe.isNoted && !kept
        const noted = mayBeKnown ? await editions.editions(address) : []
        const edition = noted.find((one) => one.lastModified === lastModified)
        if (!edition || !isKnown?.(edition)) return makeOnce(recipe, lastModified, current)
        makeLater(recipe, lastModified, current)
        return edition
      }
      try {
        return await within(work(), patienceForDocument)
      } catch (error) {
        if (error instanceof StoreMoved) throw error
        if (error instanceof DomainError) {
          forget(address)
          throw error
        }
        metrics.storeFailed()
        // Whoever was to make it may be gone: Workers stop the work of a client that went away.
        making.delete(keyOf(recipe, since))
        const before = kept ?? (await fromReserve(address))
        if (!before) throw error
        logError(error, `${address} is answered as before`)
        return before
      }
    },
  }
}

/** Whether a document is what its address shows in a state. */
export function belongsTo(
  { since, frameSince }: Pick<Document, 'since' | 'frameSince'>,
  current: Current,
): boolean {
  return since === current.since && frameSince === current.frameSince
}

function keyOf({ address }: Recipe, since: number): string {
  return `${since} ${address}`
}

/** The refusal of what would have to be asked of a store that cannot be read. */
export function notAnswering(): DomainError {
  return new DomainError(
    'unavailable',
    'This cannot be looked up at present. Ask again in a minute.',
  )
}

function sayWhy(sentence: string) {
  return (error: Error) => logError(error, sentence)
}
