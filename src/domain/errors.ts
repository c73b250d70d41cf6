/** What a caller can be told went wrong. HTTP turns each code into a status, in one place. */
export type ErrorCode = ReadingErrorCode | PublishingErrorCode

/** What readers can be told. */
export type ReadingErrorCode =
  | 'invalid'
  | 'moved'
  | 'not-allowed'
  | 'not-found'
  | 'gone'
  | 'unavailable'

/** What only those are told who publish. */
export type PublishingErrorCode =
  | 'unknown'
  | 'forbidden'
  | 'conflict'
  | 'changed'
  | 'too-large'
  | 'unsupported'
  | 'wrong'
  | 'too-often'
  | 'not-here'

/** An error meant for whoever asked: `message` is a sentence they may read. */
export class DomainError extends Error {
  readonly code: ErrorCode
  /** Further members of the problem document, such as the nearest topics, or a `reason` for pages. */
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}
