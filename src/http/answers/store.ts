import { createRemembered, type Remembered } from '../../domain/remembered.ts'
import { logError } from '../problem.ts'
import type { CodedBody } from './coded-body.ts'
import type { Edge } from './edge.ts'
import { type AnswerRecord, type Kept, type KeptWhole, sizeOfRecord } from './record.ts'

/** A spelling of an address that was answered. */
export type Spelling = {
  /** The key of its record: the canonical address. */
  key: string
  /** The canonical address where the spelling is another, for Content-Location (H-40). */
  location: string | undefined
}

/** What stands around the bytes of a body, in bytes. */
const overhead = 600

/** Characters of an address: a list of feeds may name the whole vocabulary. */
const longestAddress = 10_000

type Parts = {
  /** Bytes of memory that all of it may take. */
  capacity: number
  /** What the isolates of a data centre share; only where there is one. */
  edge?: Edge | undefined
  /** Runs work that nobody waits for, after the answer. It must not fail. */
  later: (work: () => Promise<void>) => void
}

/**
 * What was answered: records of canonical addresses, their bodies, and the spellings that lead to them. Bodies are
 * given up before records: an eighth of the room is for spellings, an eighth for records and the rest for
 * bodies. What was not used for longest goes first.
 */
export class AnswerStore {
  readonly #spellings: Remembered<Spelling>
  readonly #records: Remembered<AnswerRecord>
  readonly #bodies: Remembered<CodedBody>
  readonly #edge: Edge | undefined
  readonly #later: Parts['later']

  constructor({ capacity, edge, later }: Parts) {
    this.#spellings = createRemembered(capacity / 8)
    this.#records = createRemembered(capacity / 8, sizeOfRecord, longestAddress)
    this.#bodies = createRemembered(
      (capacity * 3) / 4,
      ({ held }: CodedBody) => held + overhead,
      longestAddress,
    )
    this.#edge = edge
    this.#later = later
  }

  /** Whether others find here what this process answered. */
  get isShared(): boolean {
    return this.#edge !== undefined
  }

  spelling(address: string): Spelling | undefined {
    return this.#spellings.get(address)
  }

  noteSpelling(address: string, spelling: Spelling): void {
    const known = this.#spellings.get(address)
    if (known?.key !== spelling.key) this.#spellings.set(address, spelling)
  }

  record(key: string): AnswerRecord | undefined {
    return this.#records.get(key)
  }

  body(key: string): CodedBody | undefined {
    return this.#bodies.get(key)
  }

  /** Remembers an answer. Without a body the one that is there stays. */
  put(key: string, { record, body }: Kept): void {
    this.#records.set(key, record)
    if (!body || body === this.#bodies.get(key)) return
    this.#bodies.set(key, body)
    // Whoever asks for another coding makes it larger.
    body.onChange = () => this.#bodies.recount(key)
  }

  /** What is no longer there must not come back while the database fails. */
  forget(key: string): void {
    this.#records.delete(key)
    this.#bodies.delete(key)
    const edge = this.#edge
    if (edge) this.#later(() => edge.delete(key).catch(sayWhy(`${key} stays in the edge cache`)))
  }

  /** Puts an answer where others find it while the database does not answer them (H-29). */
  share(key: string, kept: KeptWhole): void {
    const edge = this.#edge
    if (edge)
      this.#later(() => edge.put(key, kept).catch(sayWhy(`${key} is not in the edge cache`)))
  }

  /** What others answered, when this process has nothing and the database does not answer. */
  async fromOthers(key: string): Promise<KeptWhole | undefined> {
    const found = await this.#edge?.get(key).catch(sayWhy(`${key} is not read from the edge cache`))
    if (!found) return undefined
    this.put(key, found)
    return found
  }
}

function sayWhy(sentence: string) {
  return (error: Error) => logError(error, sentence)
}
