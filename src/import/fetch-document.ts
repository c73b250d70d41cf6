import { askPatiently, NotReached, request, retryAfter, type WebAnswer } from '../web-client.ts'
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

type Options = {
  /** `Tiedote/0.1.0 (…)`. */
  userAgent: string
  /** Told why it takes so long. */
  tell: (sentence: string) => void
}

export type FetchDocument = (
  address: string,
  /** Bytes at most. */
  limit?: number,
) => Promise<FetchedDocument>

const mostRedirects = 10
/** Seconds before the second and the third attempt. */
const pauses = [1, 2]
/** Seconds of waiting that nobody need be told of. */
const unremarkable = 3
const timeout = 60_000

const accept =
  'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5'

/**
 * Gets a document as a guest: it says who asks, waits when it is told to, and asks again only when the
 * server failed. Follows redirects. Throws NotReached when nobody answers, and NotFetched or an Error
 * with a sentence for what is no document.
 */
export async function fetchDocument(
  address: string,
  { userAgent, tell }: Options,
  limit?: number,
): Promise<FetchedDocument> {
  const redirects: FetchedDocument['redirects'] = []
  const headers = { 'User-Agent': userAgent, Accept: accept }
  for (let at = address; ;) {
    const asked = at
    const answer = await askPatiently(
      () => request(asked, { headers, timeout, ...(limit !== undefined && { limit }) }),
      {
        pauses,
        mayPass,
        tell(outcome, seconds) {
          if (outcome instanceof NotReached || seconds <= unremarkable) return
          tell(`${new URL(asked).host} asks to wait for ${seconds} seconds`)
        },
      },
    )
    if (answer instanceof NotReached) throw answer
    const { status, bytes } = answer
    if ([301, 302, 303, 307, 308].includes(status)) {
      at = redirectOf(answer, at)
      follow(redirects, { to: at, isPermanent: status === 301 || status === 308 }, [address, asked])
      continue
    }
    refuseFailure(answer, at)
    const contentType = answer.headers.get('content-type') ?? ''
    return { bytes, contentType, address: at, redirects }
  }
}

function mayPass(status: number): boolean {
  return status === 429 || status >= 500
}

/** Adds a redirect to those before it, unless it leads nowhere. `from` are the first address and the last. */
function follow(
  redirects: FetchedDocument['redirects'],
  redirect: FetchedDocument['redirects'][number],
  from: [string, string],
) {
  const isSeen = from.includes(redirect.to) || redirects.some(({ to }) => to === redirect.to)
  if (isSeen) throw new NotFetched(`${from[0]} leads in a circle.`)
  redirects.push(redirect)
  if (redirects.length > mostRedirects) {
    throw new NotFetched(`${from[0]} leads on more than ${mostRedirects} times.`)
  }
}

function refuseFailure(answer: WebAnswer, address: string) {
  const { status } = answer
  if (status >= 200 && status < 300) return
  const seconds = mayPass(status) && retryAfter(answer)
  const later = seconds ? ` It asks to be asked again in ${seconds} seconds.` : ''
  throw new NotFetched(`${address} was answered ${status}.${later}`, status)
}

function redirectOf({ headers }: WebAnswer, address: string): string {
  const location = headers.get('location')
  const to = location && URL.canParse(location, address) ? new URL(location, address) : undefined
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to.href
  throw new NotFetched(`${address} leads to ${location ?? 'nowhere'}, which is not on the web.`)
}
