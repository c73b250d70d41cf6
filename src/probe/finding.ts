/** What one check came to. */
export type Finding = {
  /** What should be so. */
  check: string
  state: 'ok' | 'warning' | 'wrong'
  /** What was found. */
  text: string
  /** What to do about it. */
  advice?: string
}

/** How a format is known from outside. */
export type KnownFormat = {
  /** What addresses of documents end with. */
  name: string
  /** What they are to be sent as. */
  contentType: string
}

/** A feed that a service offers. */
export type Subject = { address: string; format: KnownFormat }
