import { createRemembered, ownText, type Remembered, sizeOfText } from '../../domain/remembered.ts'
import { logError } from '../problem.ts'
import type { CodedBody } from './coded-body.ts'
import type { Edge } from './edge.ts'
import {
  type AnswerRecord,
  type Known,
  type KeptWhole,
  sizeOfKnown,
  sizeOfRecord,
} from './record.ts'

/** A spelling of an address that was answered. */
export type Spelling = {
  /** The key of its record: the canonical address. */
  key: string
  /** The canonical address where the spelling is another, for Content-Location (H-40). */
  location: string | undefined
  /** The frame in which it has this meaning, as `State.frameSince`: names of topics and languages may change. */
  frameSince: number
}

/** Bytes of the entry beside its body, and with it. */
type Counted = { record: number; all: number }

type Entry = {
  key: string
  record: AnswerRecord
  body: CodedBody | undefined
  counted: Counted
}

const nothing: Counted = { record: 0, all: 0 }

/** Bytes that stand around a body and around an entry. */
const aroundBody = 600
const aroundEntry = 200

/** Characters of an address that is remembered: a list of feeds may name the whole vocabulary. */
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
 * What was answered, counted in bytes: an entry for each canonical address, with its record and, while there is
 * memory, the body of exactly that edition. What was not used for longest is given up first, bodies before
 * records, which take half of the memory at most.
 * Beside them stand the spellings that lead to entries, and what is known of addresses without a document.
 */
export class AnswerStore {
  // A Map remembers the order of insertion, so the first one is the one not used for longest.
  readonly #entries = new Map<string, Entry>()
  readonly #whole = new Map<string, Entry>()
  readonly #spellings: Remembered<Spelling>
  readonly #others: Remembered<Known>
  readonly #capacity: number
  readonly #edge: Edge | undefined
  readonly #later: Parts['later']
  /** The entry that was used last: it stands at the end already. */
  #newest: Entry | undefined
  #bytes = 0
  #recordBytes = 0

  constructor({ capacity, edge, later }: Parts) {
    this.#capacity = (capacity * 3) / 4
    this.#spellings = createRemembered(
      capacity / 8,
      ({ key, location = '' }) => 100 + sizeOfText(key) + sizeOfText(location),
    )
    this.#others = createRemembered(capacity / 8, sizeOfKnown)
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
    const isSame = known?.key === spelling.key && known.frameSince === spelling.frameSince
    if (!isSame) this.#spellings.set(address, spelling)
  }

  /** What is known of an address as it was written: its record, or what it was without a document. */
  known(address: string): Known | undefined {
    const spelling = this.#spellings.get(address)
    return (spelling && this.#entries.get(spelling.key)?.record) ?? this.#others.get(address)
  }

  /** Remembers what an address was answered that has no document: elsewhere, not there, or a file. */
  noteOther(address: string, known: Known): void {
    this.#spellings.delete(address)
    this.#others.set(address, known)
  }

  record(key: string): AnswerRecord | undefined {
    return this.#used(key)?.record
  }

  /** The body of the edition that the record tells of. */
  body(key: string): CodedBody | undefined {
    return this.#used(key)?.body
  }

  /** Remembers an answer. Without a body the one that is there stays, if it is of the same edition. */
  put(key: string, record: AnswerRecord, body?: CodedBody): void {
    const before = this.#entries.get(key)
    const isSame = before?.record.etag === record.etag
    const kept = body ?? (isSame ? before?.body : undefined)
    this.#remove(key)
    if (key.length > longestAddress) return
    const entry: Entry = { key: before?.key ?? ownText(key), record, body: kept, counted: nothing }
    this.#entries.set(entry.key, entry)
    this.#newest = entry
    if (kept) {
      this.#whole.set(entry.key, entry)
      // Whoever asks for another coding makes it larger.
      kept.onChange = () => this.recount(key)
    }
    this.recount(key)
  }

  /** Counts an entry again that takes more or less than before. */
  recount(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    const { record, body } = entry
    const own = aroundEntry + sizeOfText(key) + sizeOfRecord(record)
    this.#count(entry, { record: own, all: own + (body ? body.held + aroundBody : 0) })
    this.#makeRoom()
  }

  /** What is no longer there must not come back while the database fails. */
  forget(key: string): void {
    this.#remove(key)
    const edge = this.#edge
    if (edge) this.#later(() => edge.delete(key).catch(sayWhy(`${key} stays in the edge cache`)))
  }

  /** Puts an answer where others find it while the database does not answer them (H-29). */
  share(key: string, kept: KeptWhole): void {
    const edge = this.#edge
    if (edge)
      this.#later(() => edge.put(key, kept).catch(sayWhy(`${key} is not in the edge cache`)))
  }

  /**
   * What others answered, when the database does not answer and this process has not what a reader needs. It is
   * remembered unless something newer is known here.
   */
  async fromOthers(key: string): Promise<KeptWhole | undefined> {
    const found = await this.#edge?.get(key).catch(sayWhy(`${key} is not read from the edge cache`))
    if (!found) return undefined
    const known = this.#entries.get(key)?.record.lastModified ?? 0
    if (found.record.lastModified >= known) this.put(key, found.record, found.body)
    return found
  }

  #used(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || entry === this.#newest) return entry
    this.#newest = entry
    this.#entries.delete(key)
    this.#entries.set(entry.key, entry)
    if (entry.body) {
      this.#whole.delete(key)
      this.#whole.set(entry.key, entry)
    }
    return entry
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry) this.#count(entry, nothing)
    if (entry === this.#newest) this.#newest = undefined
    this.#entries.delete(key)
    this.#whole.delete(key)
  }

  #count(entry: Entry, counted: Counted): void {
    this.#bytes += counted.all - entry.counted.all
    this.#recordBytes += counted.record - entry.counted.record
    entry.counted = counted
  }

  /**
   * Records take half of the memory at most, or those of addresses that nobody comes back to would push out all bodies.
   * A single document that is larger than all of it is kept alone, to be answered while the database fails.
   */
  #makeRoom(): void {
    while (this.#entries.size > 1) {
      const isFullOfRecords = this.#recordBytes > this.#capacity / 2
      if (!isFullOfRecords && this.#bytes <= this.#capacity) return
      const [oldest] = !isFullOfRecords && this.#whole.size > 1 ? this.#whole.values() : []
      if (oldest) {
        this.#whole.delete(oldest.key)
        oldest.body = undefined
        this.#count(oldest, { record: oldest.counted.record, all: oldest.counted.record })
        continue
      }
      const [first, second] = this.#entries.keys()
      const isLastWhole = this.#whole.size === 1 && this.#whole.has(first!)
      this.#remove(isLastWhole ? second! : first!)
    }
  }
}

function sayWhy(sentence: string) {
  return (error: Error) => logError(error, sentence)
}
