import type { Edition } from '../domain/edition.ts'

/** What tells one state of an address from another. */
export type Validators = Pick<Edition, 'etag' | 'lastModified'>

/**
 * Whether the client has the current state already (RFC 9110 section 13.2.2). If-None-Match decides
 * when it is there (H-08) and is compared weakly, whatever a proxy put around the tag (H-06, H-07);
 * otherwise If-Modified-Since does, as a date (H-11, H-12). Malformed values match nothing.
 */
export function isNotModified(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() === '*') return true
    return tagsOf(ifNoneMatch).includes(opaque(etag))
  }
  const since = parseHttpDate(headers.get('if-modified-since') ?? '')
  return since !== undefined && lastModified <= since
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

/** HTTP dates in the three forms of RFC 9110 section 5.6.7, in seconds. */
function parseHttpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]+,? /.test(text)) return undefined
  const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(text)
  const milliseconds = Date.parse(asctime ? `${text} GMT` : text)
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}
