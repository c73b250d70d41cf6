import type { Edition } from '../domain/edition.ts'

/** What tells one state of an address from another. */
export type Validators = Pick<Edition, 'etag' | 'lastModified'>

/** Headers of a request, however a runtime keeps them: names in lower case, null for none. */
export type HeaderReader = { get(name: string): string | null }

/** Whether a client says what it has already. */
export function isConditional(headers: HeaderReader): boolean {
  return headers.get('if-none-match') !== null || headers.get('if-modified-since') !== null
}

/**
 * Whether the client has the current state already (RFC 9110 section 13.2.2). If-None-Match decides
 * when it is there (H-08) and is compared weakly, whatever a proxy put around the tag (H-06, H-07);
 * otherwise If-Modified-Since does, as a date (H-11, H-12). Malformed values match nothing, and
 * neither do dates later than `now`, in seconds.
 */
export function isNotModified(
  headers: HeaderReader,
  { etag, lastModified }: Validators,
  now: number,
): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
    return tagsOf(ifNoneMatch).includes(opaque(etag))
  }
  const since = parseHttpDate(headers.get('if-modified-since') ?? '')
  // A date to come was not sent by us, and believing it would hide everything until then.
  const isOurs = since !== undefined && since <= Math.max(now, lastModified)
  return isOurs && lastModified > 0 && lastModified <= since
}

/**
 * Whether a client that is not answered 304 has a tag, and with it a date that is no earlier than ours, of a clock that was ahead. libcurl
 * takes every answer whose Last-Modified is no later for a 304, so newsboat would lose what it holds; the tag
 * is enough for who has one. Who has a date alone must be given another.
 */
export function isOfLaterDate(headers: HeaderReader, lastModified: number): boolean {
  if (headers.get('if-none-match') === null) return false
  const since = parseHttpDate(headers.get('if-modified-since') ?? '')
  return since !== undefined && since >= lastModified
}

/** The edition a client has and wants the difference to (RFC 3229 sections 7 and 10.5.3). */
export function editionToDiffer(headers: Headers, editions: Edition[]): Edition | undefined {
  const tags = tagsOf(headers.get('if-none-match') ?? '')
  return editions.find(({ etag }) => tags.includes(opaque(etag)))
}

/** Whether a client takes differences of feeds: `A-IM: feed`, perhaps among others. */
export function takesDifference(headers: Headers): boolean {
  const manipulations = (headers.get('a-im') ?? '').toLowerCase().split(',')
  return manipulations.some((one) => /^\s*feed\s*(;\s*q=(1|0?\.\d*[1-9]).*)?$/.test(one))
}

/**
 * Whether no proxy shows itself in the headers. A cache that revalidates puts its own If-None-Match
 * on the request of a reader, but leaves A-IM as it is: the reader would get the difference to what
 * the cache has, and lose the rest.
 */
export function isDirect(headers: Headers): boolean {
  return !traces.some((name) => headers.has(name))
}

const traces = [
  'via',
  'x-varnish',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cdn-loop',
  'cf-ray',
]

function tagsOf(list: string): string[] {
  return Array.from(list.matchAll(/"[^"]*"(?:[-;]{1,2}\w{1,10})?/g), ([tag]) => opaque(tag))
}

/** Apache and others append the coding to the tag, inside or outside of its quotes. */
function opaque(tag: string): string {
  return tag
    .replace(/^W\//, '')
    .replaceAll('"', '')
    .replace(/[-;]{1,2}(gzip|br|zstd|deflate)$/, '')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`
const dateForms = [
  String.raw`[A-Z][a-z]{2}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT`,
  String.raw`[A-Z][a-z]{5,8}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT`,
  String.raw`[A-Z][a-z]{2} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`))

/** HTTP dates in the three forms of RFC 9110 section 5.6.7, in seconds. */
function parseHttpDate(text: string): number | undefined {
  const form = dateForms.find((one) => one.test(text.trim()))
  const parts = form?.exec(text.trim())?.groups
  if (!parts) return undefined
  const year = Number(parts.year!.length === 2 ? `20${parts.year}` : parts.year)
  const monthOfYear = months.indexOf(parts.month!)
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(
    Number,
  )
  const date = new Date(Date.UTC(year, monthOfYear, day, hour, minute, second))
  return date.getUTCDate() === day ? date.getTime() / 1000 : undefined
}
