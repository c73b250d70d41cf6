import type { Clock } from '../../domain/clock.ts'
import type { Edition } from '../../domain/edition.ts'
import { DomainError, refusable } from '../../domain/errors.ts'
import { fingerprint } from '../../domain/identity.ts'
import type { EditionStore, ReleaseStore } from '../../domain/release-store.ts'
import type { Metrics } from '../metrics.ts'
import { logError } from '../problem.ts'
import type { Subject } from '../request-log.ts'
import { type HeaderReader, isConditional } from './asked.ts'
import { createCodedBody } from './coded-body.ts'
import { belongsTo } from './freshness.ts'
import { type AnswerRecord, createRecord, type Kept, type KeptWhole } from './record.ts'
import { isKnownTo } from './reply.ts'
import { type Current, within } from './state.ts'
import type { AnswerStore } from './store.ts'

/** A document as it was made, or where it is instead. */
export type Rendered =
  | {
      body: string
      /** The archive that the document leads to. */
      previous?: string
      /** It only says that what was here is no longer. */
      isGone?: boolean
      /** Where the same lives, if that is not its own address. */
      canonical?: string
    }
  | { movedTo: string }

/** How the document of an address comes about: each kind of address has a file that makes these. */
export type Recipe = {
  /** Under what it is remembered: the canonical address, or for another document there what no address can be. */
  key: string
  /** Canonical. */
  address: string
  /** What is counted and logged. */
  subject: Subject
  /** What the renders are counted as. */
  renderedAs: string
  contentType: string
  /** Whether only a person in a browser gets it, at an address where readers get a feed. */
  isForPersons?: boolean
  /** Headers of this kind of address, names in lower case. */
  headers: (made: Pick<AnswerRecord, 'previous' | 'canonical'>) => Record<string, string>
  /** Second of the last change of what the document shows. Costs one small query at most. */
  lastModified: () => Promise<number>
  /** Throws DomainError for what is not there. */
  render: () => Promise<Rendered>
  /** Whether its last edition is kept beyond this process: strangers cannot think of any number of such addresses. */
  isToKeep: boolean
}

export type FindingParts = {
  store: Pick<ReleaseStore, 'revision'>
  editions: EditionStore
  answers: AnswerStore
  clock: Clock
  metrics: Pick<Metrics, 'rendered' | 'storeFailed'>
  /** Told when the database did not answer: the state that is known may be old. */
  onFailure: () => void
  /** Runs work that nobody waits for, after the answer. It must not fail. */
  later: (work: () => Promise<void>) => void
}

/** What stands at an address; where it is instead; or that the database changed while it was looked at. */
export type Found = Kept | { movedTo: string } | 'changed meanwhile'

/** Milliseconds that the database has for a document, before an older one is answered or none. */
const patience = 5000

/** Finds what stands at an address: kept, or made anew when what it shows has changed. */
export class Finder {
  readonly #parts: FindingParts
  readonly #making = new Map<string, Promise<Made>>()

  constructor(parts: FindingParts) {
    this.#parts = parts
  }

  /**
   * A record comes without a body only to who has its edition: for them nothing is rendered (H-16). While the
   * database fails, the last good answer is given (H-29). Throws DomainError for what is not there.
   */
  async find(recipe: Recipe, current: Current, headers: HeaderReader): Promise<Found> {
    const { answers, clock, metrics, onFailure } = this.#parts
    const { key } = recipe
    const atHand = this.#atHand(recipe, current, headers)
    if (atHand) return atHand
    if (current.isFailing) {
      const found = await answers.fromOthers(key)
      if (found) return found
      // Of a database that never answered nothing can be asked.
      if (current.revision === 0) throw notAnswering()
    }
    try {
      return await within(this.#bringUpToDate(recipe, current, headers), patience)
    } catch (error) {
      if (error instanceof DomainError) {
        answers.forget(key)
        throw error
      }
      metrics.storeFailed()
      onFailure()
      // Whoever was to make it may be gone: Workers stop the work of a client that went away.
      this.#making.delete(makingKey(recipe, current))
      const before = this.#before(key, headers, clock.now()) ?? (await answers.fromOthers(key))
      if (!before) throw error
      logError(error, `${recipe.address} is answered as before`)
      return before
    }
  }

  /** Keeps an edition beyond this process once somebody comes with conditions: whoever has it will ask again. */
  keepEdition(key: string, record: AnswerRecord, headers: HeaderReader): void {
    if (record.isKept || !record.isToKeep || !isConditional(headers)) return
    record.isKept = true
    const { later, editions } = this.#parts
    const { etag, lastModified, previous } = record
    // A disk that is full must not keep anybody from reading.
    later(() => editions.note(key, { etag, lastModified, previous }).catch(() => {}))
  }

  /** What is up to date, or the best there is while the database fails. */
  #atHand({ key }: Recipe, current: Current, headers: HeaderReader): Kept | undefined {
    const { answers, clock } = this.#parts
    const record = answers.record(key)
    if (!record) return undefined
    const isOfNow = belongsTo(record, current)
    if (!isOfNow && !current.isFailing) return undefined
    if (isOfNow && !current.isFailing) record.seen = current.readAt ?? clock.now()
    return this.#before(key, headers, clock.now())
  }

  /** What was answered last, as far as that is enough for a reader. */
  #before(key: string, headers: HeaderReader, now: number): Kept | undefined {
    const { answers } = this.#parts
    const record = answers.record(key)
    const body = answers.body(key)
    return record && (body || isKnownTo(headers, record, now)) ? { record, body } : undefined
  }

  async #bringUpToDate(recipe: Recipe, current: Current, headers: HeaderReader): Promise<Found> {
    const { answers, clock, editions } = this.#parts
    const { key } = recipe
    const lastModified = await recipe.lastModified()
    const record = answers.record(key)
    if (record?.lastModified === lastModified && record.frameSince === current.frameSince) {
      const renewed = this.#recordOf(recipe, record, current, record)
      answers.put(key, renewed)
      const kept = this.#before(key, headers, clock.now())
      if (kept) return kept
    } else if (!record && recipe.isToKeep && isConditional(headers)) {
      const edition = await editions.last(key)
      if (edition?.lastModified === lastModified) {
        const known = { ...this.#recordOf(recipe, edition, current), isKept: true }
        if (isKnownTo(headers, known, clock.now())) {
          answers.put(key, known)
          this.#makeLater(recipe, lastModified, current)
          return { record: known, body: undefined }
        }
      }
    }
    return this.#makeOnce(recipe, lastModified, current)
  }

  #recordOf(
    recipe: Recipe,
    edition: Edition,
    current: Current,
    { isGone = false, canonical }: Pick<Partial<AnswerRecord>, 'isGone' | 'canonical'> = {},
  ): AnswerRecord {
    const { answers, clock } = this.#parts
    const { isToKeep, contentType, subject, isForPersons = false } = recipe
    const { since, frameSince, readAt = clock.now() } = current
    return createRecord(edition, {
      since,
      frameSince,
      seen: readAt,
      isGone,
      canonical,
      isToKeep,
      isForPersons,
      contentType,
      subject,
      ownHeaders: recipe.headers({ previous: edition.previous, canonical }),
      before: answers.record(recipe.key),
    })
  }

  /** A thousand readers at the same moment cost one document. */
  async #makeOnce(recipe: Recipe, lastModified: number, current: Current): Promise<Found> {
    const key = makingKey(recipe, current)
    const running = this.#making.get(key) ?? this.#make(recipe, lastModified, current)
    this.#making.set(key, running)
    const made = await running.finally(() => {
      if (this.#making.get(key) === running) this.#making.delete(key)
    })
    if (made instanceof DomainError) throw made
    return made
  }

  async #make(recipe: Recipe, lastModified: number, current: Current): Promise<Made> {
    const { store, answers, metrics } = this.#parts
    const { key, render, renderedAs } = recipe
    const rendered = await refusable(render)
    // What is not there may be for one that has become another meanwhile, too.
    if ((await store.revision()) !== current.revision) return 'changed meanwhile'
    if (rendered instanceof DomainError) return rendered
    if ('movedTo' in rendered) {
      answers.forget(key)
      return rendered
    }
    const { body, previous = '' } = rendered
    metrics.rendered(renderedAs)
    const edition = { etag: `W/"${fingerprint(body)}"`, lastModified, previous }
    const made: KeptWhole = {
      record: this.#recordOf(recipe, edition, current, rendered),
      body: createCodedBody(new TextEncoder().encode(body)),
    }
    answers.put(key, made.record, made.body)
    answers.share(key, made)
    return made
  }

  /** For the time when nobody waits for it: should the database fail then, there is an answer (H-29). */
  #makeLater(recipe: Recipe, lastModified: number, current: Current): void {
    const { answers, later } = this.#parts
    // What others share holds the document since somebody got it.
    if (answers.isShared) return
    later(async () => {
      if (answers.body(recipe.key)) return
      await this.#makeOnce(recipe, lastModified, current).catch((error: Error) => {
        if (error instanceof DomainError) answers.forget(recipe.key)
        else logError(error, `${recipe.address} is not made`)
      })
    })
  }
}

type Made = KeptWhole | { movedTo: string } | DomainError | 'changed meanwhile'

function makingKey({ key }: Recipe, { since }: Current): string {
  return `${since} ${key}`
}

/** The refusal of what would have to be asked of a database that cannot be read. */
export function notAnswering(): DomainError {
  return new DomainError(
    'unavailable',
    'This cannot be looked up at present. Ask again in a minute.',
  )
}
