/**
 * What an address answered until something that it shows changed. The second of the last change is its number:
 * two editions of one address never share it (H-10).
 */
export type Edition = {
  /** Weak entity tag, with its quotes: a digest of the document. */
  etag: string
  /** Seconds since 1970. */
  lastModified: number
  /** The archive that it leads to, as in addresses; empty without any. */
  previous: string
}
