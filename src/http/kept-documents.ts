import type { Edition } from '../domain/edition.ts'
import { fingerprint } from '../domain/identity.ts'
import { type Coding, compress } from './codings.ts'

/** A document as it is answered. */
export type Document = Edition & {
  body: Uint8Array
  contentType: string
  /** The state of the store that it is known to belong to, as `State.since`. */
  since: number
  /** Second when that was last looked at. */
  seen: number
  /** The document in content codings, each prepared once. */
  coded: Map<Coding, Promise<Uint8Array>>
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
  const body = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const etag = `W/"${await fingerprint(typeof content === 'string' ? content : body.join())}"`
  const nothing = {
    lastModified: 0,
    oldest: 0,
    previous: '',
    since: 0,
    seen: 0,
    isGone: false,
    isNoted: false,
  }
  return { ...nothing, etag, body, contentType, coded: new Map() }
}

/** What a document is beside its bytes, as headers that a cache keeps with them. */
export function describeDocument(document: Document): Record<string, string> {
  const { body: _, coded: _coded, isNoted: _isNoted, ...rest } = document
  return { 'Content-Type': document.contentType, 'X-Document': JSON.stringify(rest) }
}

/** The document again. It belongs to no state that this process knows. */
export function restoreDocument(body: Uint8Array, headers: Headers): Document {
  const rest = JSON.parse(headers.get('x-document')!) as Omit<
    Document,
    'body' | 'coded' | 'isNoted'
  >
  return { ...rest, body, since: 0, coded: new Map(), isNoted: true }
}

/** The body of a document in a coding, from the second time on without any work. */
export function inCoding({ body, coded }: Document, coding: Coding): Promise<Uint8Array> {
  const prepared = coded.get(coding) ?? compress(body, coding)
  coded.set(coding, prepared)
  return prepared
}

/** Documents kept to be answered again, the least used ones given up first. */
export type KeptDocuments = {
  get(address: string): Document | undefined
  put(address: string, document: Document): void
  forget(address: string): void
}

/** All codings of a text together take less than the text itself. */
const withCodings = 2
/** What stands around the bytes, in bytes. */
const overhead = 2000

/** Keeps documents of at most `capacity` bytes in all. */
export function createKeptDocuments(capacity = 64_000_000): KeptDocuments {
  const documents = new Map<string, Document>()
  let size = 0
  const sizeOf = ({ body }: Document) => body.length * withCodings + overhead
  const forget = (address: string) => {
    const document = documents.get(address)
    if (!document) return
    size -= sizeOf(document)
    documents.delete(address)
  }
  return {
    get(address) {
      const document = documents.get(address)
      if (!document) return undefined
      // A Map remembers the order of insertion, so the first one is the one not used for longest.
      documents.delete(address)
      documents.set(address, document)
      return document
    },
    put(address, document) {
      forget(address)
      documents.set(address, document)
      size += sizeOf(document)
      for (const oldest of documents.keys()) {
        if (size <= capacity || oldest === address) break
        forget(oldest)
      }
    },
    forget,
  }
}
