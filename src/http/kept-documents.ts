import type { Edition } from '../domain/edition.ts'
import { fingerprint } from '../domain/identity.ts'
import { createRemembered } from '../domain/remembered.ts'
import { type CodedBody, createCodedBody } from './coded-body.ts'

/** A document as it is answered. */
export type Document = Edition & {
  body: CodedBody
  contentType: string
  /** The state of the store that it is known to belong to, as `State.since`. */
  since: number
  /** The frame that it is known to belong to, as `State.frameSince`: a state of that second may come again. */
  frameSince: number
  /** Second when that was last looked at. */
  seen: number
  /** It only says that what was here is no longer. */
  isGone: boolean
  /** Whether its edition is remembered beyond this process. */
  isNoted: boolean
}

/** A document that does not come from the store. */
export async function fixedDocument(
  content: string | Uint8Array,
  contentType: string,
): Promise<Document> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const etag = `W/"${await fingerprint(typeof content === 'string' ? content : bytes.join())}"`
  const nothing = {
    lastModified: 0,
    oldest: 0,
    previous: '',
    since: 0,
    frameSince: 0,
    seen: 0,
    isGone: false,
    isNoted: false,
  }
  return { ...nothing, etag, body: createCodedBody(bytes), contentType }
}

/** What a document is beside its bytes, as headers that a cache keeps with them. */
export function describeDocument(document: Document): Record<string, string> {
  const { body: _, isNoted: _isNoted, ...rest } = document
  return { 'Content-Type': document.contentType, 'X-Document': JSON.stringify(rest) }
}

/** The document again. It belongs to no state that this process knows. */
export function restoreDocument(bytes: Uint8Array, headers: Headers): Document {
  const rest = JSON.parse(headers.get('x-document')!) as Omit<Document, 'body' | 'isNoted'>
  return { ...rest, body: createCodedBody(bytes), since: 0, isNoted: true }
}

/** Documents kept to be answered again, the least used ones given up first. */
export type KeptDocuments = {
  get(address: string): Document | undefined
  put(address: string, document: Document): void
  forget(address: string): void
}

/** What stands around the bytes, in bytes. */
const overhead = 1900

/** Characters of an address: a list of feeds may name the whole vocabulary. */
const longestAddress = 10_000

/** Keeps documents of at most `capacity` bytes in all. */
export function createKeptDocuments(capacity = 64_000_000): KeptDocuments {
  const documents = createRemembered(
    capacity,
    ({ body }: Document) => body.held + overhead,
    longestAddress,
  )
  return {
    get: (address) => documents.get(address),
    put(address, document) {
      documents.set(address, document)
      // Whoever asks for another coding makes it larger.
      document.body.onChange = () => documents.recount(address)
    },
    forget: (address) => documents.delete(address),
  }
}
