import { NotImported } from './read-entry.ts'

/** A document from the web. */
export type FetchedDocument = {
  /** Where it was in the end. */
  address: string
  /** The address each redirect led to, and whether for good. */
  redirects: { to: string; isPermanent: boolean }[]
  contentType: string
  bytes: Uint8Array
}

/** Why a document could not be had. */
export class NotFetched extends NotImported {
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** Nobody answered at all. */
export class NotReached extends Error {}

type Options = {
  /** `Tiedote/0.1.0 (…)`. */
  userAgent: string
  /** Told why it takes so long. */
  tell: (sentence: string) => void
  /** Waits so many milliseconds. */
  wait?: (milliseconds: number) => Promise<unknown>
  /** Milliseconds in which a document must be there. */
  timeout?: number
}

export type FetchDocument = (
  address: string,
  /** Bytes at most. */
  limit?: number,
) => Promise<FetchedDocument>

/** Bytes of a feed, at most. */
export const largestDocument = 50_000_000
const mostRedirects = 10
const attempts = 3
/** Seconds: whoever asks us to wait longer is asked another day. */
const longestWait = 120

/**
 * Gets documents one after the other, as a guest: it says who asks, waits when it is told to
 * (RFC 9110 section 10.2.3), and asks again only when the server failed.
 */
export function createFetcher({
  userAgent,
  tell,
  wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  timeout = 60_000,
}: Options): FetchDocument {
  return async function fetchDocument(address, limit = largestDocument) {
    const redirects: FetchedDocument['redirects'] = []
    let at = address
    for (let attempt = 1; ;) {
      const answer = await ask(at, { userAgent, limit, timeout }).catch((error: Error) => error)
      if (answer instanceof Error) {
        if (answer instanceof NotFetched || attempt === attempts) throw answer
        await wait(1000 * attempt++)
        continue
      }
      if ('bytes' in answer) return { ...answer, address: at, redirects }
      if ('location' in answer) {
        const isSeen = at === answer.location || address === answer.location
        if (isSeen || redirects.some(({ to }) => to === answer.location)) {
          throw new NotFetched(`${address} leads in a circle.`)
        }
        redirects.push({ to: answer.location, isPermanent: answer.isPermanent })
        if (redirects.length > mostRedirects) {
          throw new NotFetched(`${address} leads on more than ${mostRedirects} times.`)
        }
        at = answer.location
        continue
      }
      const { status, retryAfter } = answer
      const mayPass = status === 429 || status >= 500
      const seconds = retryAfter ?? attempt
      if (!mayPass || attempt === attempts || seconds > longestWait) {
        const later =
          mayPass && retryAfter ? ` It asks to be asked again in ${retryAfter} seconds.` : ''
        throw new NotFetched(`${at} was answered ${status}.${later}`, status)
      }
      if (seconds > 3) tell(`${new URL(at).host} asks to wait for ${seconds} seconds`)
      await wait(1000 * seconds)
      attempt++
    }
  }
}

type Answer =
  | { bytes: Uint8Array; contentType: string }
  | { location: string; isPermanent: boolean }
  | { status: number; retryAfter: number | undefined }

async function ask(
  address: string,
  { userAgent, limit, timeout }: { userAgent: string; limit: number; timeout: number },
): Promise<Answer> {
  try {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: {
        'User-Agent': userAgent,
        Accept:
          'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5',
      },
      signal: AbortSignal.timeout(timeout),
    })
    const { status, headers } = response
    if ([301, 302, 303, 307, 308].includes(status)) {
      await response.body?.cancel()
      return {
        location: redirectOf(headers.get('location'), address),
        isPermanent: status === 301 || status === 308,
      }
    }
    if (!response.ok) {
      await response.body?.cancel()
      return { status, retryAfter: secondsOf(headers.get('retry-after')) }
    }
    return {
      bytes: await readAll(response, limit, address),
      contentType: headers.get('content-type') ?? '',
    }
  } catch (error) {
    if (error instanceof NotFetched) throw error
    const { name, message, cause } = error as Error
    if (name === 'TimeoutError')
      throw new NotReached(`${address} did not answer within ${timeout / 1000} seconds.`, {
        cause: error,
      })
    throw new NotReached(`${address} cannot be reached (${reasonOf(cause) ?? message}).`, {
      cause: error,
    })
  }
}

/** Errors of the network have their reason in another one, or in several. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const { code } = cause as NodeJS.ErrnoException
  return (
    cause.message ||
    code ||
    (cause instanceof AggregateError ? reasonOf(cause.errors[0]) : undefined)
  )
}

function redirectOf(location: string | null, address: string): string {
  const to = location && URL.canParse(location, address) ? new URL(location, address) : undefined
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to.href
  throw new NotFetched(`${address} leads to ${location ?? 'nowhere'}, which is not on the web.`)
}

/** `Retry-After` as seconds from now, whether it is written as such or as a date. */
function secondsOf(text: string | null): number | undefined {
  if (!text) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const then = Date.parse(text)
  return Number.isNaN(then) ? undefined : Math.max(0, Math.ceil((then - Date.now()) / 1000))
}

async function readAll(response: Response, limit: number, address: string): Promise<Uint8Array> {
  const tooLarge = () =>
    new NotFetched(`${address} is larger than ${Math.round(limit / 1_000_000)} MB.`)
  if (Number(response.headers.get('content-length') ?? 0) > limit) {
    await response.body?.cancel()
    throw tooLarge()
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
