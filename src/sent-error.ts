import { DomainError, type ErrorCode } from './domain/errors.ts'
import { StoredTextBroken } from './store/database.ts'

/** An error as it is sent from one thread to another, which would keep of its fields the message alone. */
export type SentError = {
  message: string
  stack: string | undefined
  /** Of a DomainError. */
  domain?: { code: ErrorCode; details: Record<string, unknown> }
  /** Of an error of SQLite or of the system. */
  codes?: { code?: string; errcode?: number }
  /** Whether it is a StoredTextBroken. */
  isBrokenText?: boolean
}

/** An error as it can be sent. */
export function toSent(error: unknown): SentError {
  const { message, stack } = error as Error
  if (error instanceof DomainError) {
    const { code, details } = error
    return { message, stack, domain: { code, details } }
  }
  if (error instanceof StoredTextBroken) return { message, stack, isBrokenText: true }
  const { code, errcode } = error as { code?: string; errcode?: number }
  return {
    message,
    stack,
    codes: { ...(code !== undefined && { code }), ...(errcode !== undefined && { errcode }) },
  }
}

/** The error that was sent. */
export function fromSent({ message, stack, domain, codes, isBrokenText }: SentError): Error {
  if (domain) return new DomainError(domain.code, message, domain.details)
  if (isBrokenText) return new StoredTextBroken(message)
  const error = Object.assign(new Error(message), codes)
  if (stack !== undefined) error.stack = stack
  return error
}
