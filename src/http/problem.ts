import { briefly } from './answer.ts'
import { DomainError, type ErrorCode } from '../domain/errors.ts'

const statuses: Record<ErrorCode, { status: number; title: string }> = {
  invalid: { status: 400, title: 'This question cannot be answered' },
  moved: { status: 308, title: 'Moved' },
  'not-allowed': { status: 405, title: 'This can only be read' },
  'not-found': { status: 404, title: 'Not found' },
  gone: { status: 410, title: 'Gone' },
  unavailable: { status: 503, title: 'Not available yet' },
}

/** What went wrong, as it is told to whoever asked. */
export type Failure = {
  code: ErrorCode
  status: number
  title: string
  detail: string
  details: Record<string, unknown>
  /** Where it is now, if it has moved. */
  location?: string | undefined
}

/** The only place where errors become statuses. What was not meant for the caller stays untold. */
export function toFailure(error: unknown): Failure {
  if (error instanceof DomainError) {
    const { location, ...details } = error.details as { location?: string }
    return { code: error.code, ...statuses[error.code], detail: error.message, details, location }
  }
  const detail = 'Something went wrong on our side. Ask again in a minute.'
  return { code: 'unavailable', status: 503, title: 'Not available', detail, details: {} }
}

/** RFC 9457 problem document (H-28). */
export function problemDocument({ status, title, detail, details }: Failure): string {
  return `${JSON.stringify({ type: 'about:blank', title, status, detail, ...details })}\n`
}

export function problemResponse(failure: Failure): Response {
  const body = new TextEncoder().encode(problemDocument(failure))
  return new Response(body, {
    status: failure.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Content-Length': String(body.length),
      ...errorHeaders(failure),
    },
  })
}

/**
 * Errors are kept only shortly (H-28), and 503 says in whole seconds when to ask again (H-32). What
 * has moved may be kept as long as a document, but not for ever, as browsers would by themselves.
 */
export function errorHeaders({ status, location }: Failure): Record<string, string> {
  if (location) return { 'Cache-Control': 'public, max-age=300', Location: location }
  return {
    'Cache-Control': briefly,
    ...(status === 405 && { 'Cache-Control': 'no-store', Allow: 'GET, HEAD, OPTIONS' }),
    ...(status === 503 && { 'Cache-Control': 'no-store', 'Retry-After': '60' }),
  }
}
