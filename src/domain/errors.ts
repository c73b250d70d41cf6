/** What can be wrong with a request or a change. HTTP turns each code into a status, in one place. */
export type ErrorCode = ReadingErrorCode | PublishingErrorCode

/** Errors of readers. */
export type ReadingErrorCode =
  | 'invalid'
  | 'moved'
  | 'not-allowed'
  | 'not-found'
  | 'gone'
  | 'unavailable'

/** Errors of those who publish. */
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

/** Refuses to read a database whose tables are of another version of the program. */
export function otherVersion(message: string): DomainError {
  return new DomainError('unavailable', message, { reason: 'other-version' })
}

export function isOtherVersion(error: unknown): boolean {
  return error instanceof DomainError && error.details.reason === 'other-version'
}

/**
 * The store is damaged or gone. `message` is the sentence that the operator was told, in the log and on
 * /healthz: it says what to do, and nothing more need be logged.
 */
export class StoreDamaged extends Error {}

/** The result of some work, or the DomainError that it threw. Other errors are thrown on. */
export async function refusable<T>(work: () => T | Promise<T>): Promise<T | DomainError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
