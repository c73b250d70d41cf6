import { formatNames, formats } from '../../feeds/formats.ts'

/** Headers of a request, however a runtime keeps them: names in lower case, null for none. */
export type HeaderReader = { get(name: string): string | null }

/** A request, as far as its answer depends on it. */
export type Asked = {
  method: string
  /** Path and query, as they came. The host decides nothing. */
  address: string
  headers: HeaderReader
}

export function askedBy({ method, url, headers }: Request): Asked {
  return { method, address: url.slice(url.indexOf('/', 8)), headers }
}

/** Whether a client says what it has already. */
export function isConditional(headers: HeaderReader): boolean {
  return headers.get('if-none-match') !== null || headers.get('if-modified-since') !== null
}

/**
 * Whether a person opens an address in a browser, as browsers alone can say: pages and programs may
 * not set these headers (Fetch Metadata). Accept does not tell: Miniflux likes HTML as much as XML,
 * and bots copy what browsers send (V-03).
 */
export function isOpenedInBrowser(headers: HeaderReader): boolean {
  if (headers.get('sec-fetch-mode') !== 'navigate') return false
  if (headers.get('sec-fetch-dest') !== 'document') return false
  const accept = headers.get('accept') ?? ''
  return /text\/html/i.test(accept) && !likesFeeds(accept.toLowerCase())
}

/** Whether an Accept header names a kind of feed, also one that we do not write. */
function likesFeeds(accept: string): boolean {
  const types = [...formatNames.map((name) => formats[name].mediaType), 'application/rdf+xml']
  return [...types, 'application/json'].some((type) => accept.includes(type))
}

/** Whether a person waits for it in a browser: for a page or for what belongs to one. */
export function isForPage(headers: HeaderReader): boolean {
  return isOpenedInBrowser(headers) || (headers.get('sec-fetch-dest') ?? 'empty') !== 'empty'
}
