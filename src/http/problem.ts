import { briefly } from './answers/caching.ts'
import { always } from './answers/record.ts'
import { DomainError, type ErrorCode, StoreDamaged } from '../domain/errors.ts'

const statuses: Record<ErrorCode, { status: number; title: string }> = {
  invalid: { status: 400, title: 'Invalid request' },
  unknown: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not permitted' },
  moved: { status: 308, title: 'Moved' },
  'not-allowed': { status: 405, title: 'Method not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  gone: { status: 410, title: 'Gone' },
  changed: { status: 412, title: 'Precondition failed' },
  'too-large': { status: 413, title: 'Too large' },
  unsupported: { status: 415, title: 'Unsupported content type' },
  wrong: { status: 422, title: 'Invalid fields' },
  'too-often': { status: 429, title: 'Too many attempts' },
  'not-here': { status: 409, title: 'Not supported by this service' },
  unavailable: { status: 503, title: 'Not available' },
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
  /** Seconds since that was known, if it is not known just now. */
  age?: number | undefined
  /** Seconds after which to ask again, if that is known. */
  retryAfter?: number | undefined
  /** Methods that an address takes, if it takes more than readers need. */
  allow?: string | undefined
}

/** The only place where errors become statuses. What was not meant for the caller stays untold. */
export function toFailure(error: unknown): Failure {
  if (error instanceof DomainError) {
    const { location, age, retryAfter, allow, ...details } = error.details as {
      location?: string
      age?: number
      retryAfter?: number
      allow?: string
    }
    const { code, message: detail } = error
    return { code, ...statuses[code], detail, details, location, age, retryAfter, allow }
  }
  const detail = 'Something went wrong on our side. Ask again in a minute.'
  return { code: 'unavailable', status: 503, title: 'Not available', detail, details: {} }
}

/** Says in the log what came of an error, or else where it is from. What a damage of the store brings about was said. */
export function logError(error: unknown, sentence?: string) {
  if (error instanceof StoreDamaged) return
  console.error(sentence === undefined ? error : `${sentence}: ${(error as Error).message}`)
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

/** The same for readers, also for programs in browsers (H-26, H-36). */
export function publicProblemResponse(failure: Failure): Response {
  const response = problemResponse(failure)
  for (const [name, value] of Object.entries(always)) response.headers.set(name, value)
  return response
}

/**
 * Errors are kept only shortly (H-28), and 503 says in whole seconds when to ask again (H-32). What
 * has moved may be kept as long as a document, but not for ever, as browsers would by themselves.
 */
export function errorHeaders({
  status,
  location,
  age = 0,
  retryAfter = 60,
  allow = 'GET, HEAD, OPTIONS',
}: Failure): Record<string, string> {
  if (location) {
    return {
      'Cache-Control': 'public, max-age=300',
      Location: location,
      ...(age > 0 && { Age: String(age) }),
    }
  }
  return {
    'Cache-Control': briefly,
    ...(status === 405 && { 'Cache-Control': 'no-store', Allow: allow }),
    ...(status === 503 && { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfter) }),
    ...(status === 429 && { 'Retry-After': String(retryAfter) }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="publishing"' }),
  }
}
