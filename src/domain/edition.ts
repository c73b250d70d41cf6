/**
 * What an address answered for as long as nothing it shows changed. The second of the last change
 * is its number: two editions of one address never share it (H-10).
 */
export type Edition = {
  /** Weak entity tag, with its quotes: a digest of the document. */
  etag: string
  /** Seconds since 1970. */
  lastModified: number
  /** Second of publication of the oldest release in it; 0 for a document without releases. */
  oldest: number
}
