/** A document as it is answered. */
export type Document = {
  body: string
  contentType: string
  etag: string
  /** Seconds since 1970. */
  lastModified: number
  /** The state of the store that it was made from. */
  revision: number
  horizon: number
}

/** Documents kept to be answered again, the least used ones given up first. */
export type KeptDocuments = {
  get(address: string): Document | undefined
  put(address: string, document: Document): void
}

/** Keeps documents of at most `capacity` characters in all. */
export function createKeptDocuments(capacity = 32_000_000): KeptDocuments {
  const documents = new Map<string, Document>()
  let size = 0
  const forget = (address: string) => {
    size -= documents.get(address)?.body.length ?? 0
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
      size += document.body.length
      for (const oldest of documents.keys()) {
        if (size <= capacity || oldest === address) break
        forget(oldest)
      }
    },
  }
}
