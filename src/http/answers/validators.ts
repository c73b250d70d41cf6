import type { Edition } from '../../domain/edition.ts'
import type { HeaderReader } from './asked.ts'

/** What tells one state of an address from another. */
export type Validators = Pick<Edition, 'etag' | 'lastModified'>

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
 * Whether a client that is not answered 304 has a tag, and with it a date that is no earlier than ours, of a
 * clock that was ahead. libcurl takes every answer whose Last-Modified is no later for a 304, so newsboat would
 * lose what it holds; the tag is enough for who has one. Who has a date alone must be given another.
 */
export function isOfLaterDate(headers: HeaderReader, lastModified: number): boolean {
  if (headers.get('if-none-match') === null) return false
  const since = parseHttpDate(headers.get('if-modified-since') ?? '')
  return since !== undefined && since >= lastModified
}

/**
 * Whether a client has nothing that could be newer than an edition: no validators, or only those that are known
 * to be no newer. `older` are tags that were there before the edition; `isPresent` says that the edition is what
 * the address shows in the state that is known. A tag may come back with an edition that is like one before, but
 * its date does not. Who says nothing of what it has may want what no cache had before (RFC 9111 section
 * 5.2.1.4); beside validators that means nothing, because `fetch` in Node and in browsers adds no-cache by itself.
 */
export function hasNothingNewer(
  headers: HeaderReader,
  edition: (Validators & { older: string[] }) | undefined,
  isPresent: boolean,
): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  const ifModifiedSince = headers.get('if-modified-since')
  if (ifNoneMatch === null && ifModifiedSince === null) {
    const asked = `${headers.get('cache-control') ?? ''},${headers.get('pragma') ?? ''}`
    return !/no-cache|no-store|max-age=0\b/i.test(asked)
  }
  if (!edition) return false
  const { etag, older, lastModified } = edition
  if (ifNoneMatch === etag && isPresent) return true
  const tags = writtenTags(ifNoneMatch)
  const isPresentAlone = tags.length > 0 && tags.every((tag) => isSameTag(tag, etag))
  if (isPresent && isPresentAlone) return true
  const areKnown = tags.every((tag) => [etag, ...older].some((known) => isSameTag(tag, known)))
  if (!areKnown) return false
  if (ifModifiedSince === null) return true
  const since = parseHttpDate(ifModifiedSince)
  return since !== undefined && since <= lastModified
}

/** The date that a client has, in seconds; 0 without one. */
export function dateInHand(headers: HeaderReader): number {
  return parseHttpDate(headers.get('if-modified-since') ?? '') ?? 0
}

/** Tags as a client wrote them, also badly. */
export function writtenTags(ifNoneMatch: string | null): string[] {
  return ifNoneMatch?.split(',').map((tag) => tag.trim()) ?? []
}

function isSameTag(written: string, etag: string): boolean {
  return written === etag || written === '*' || tagsOf(written).includes(opaque(etag))
}

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
