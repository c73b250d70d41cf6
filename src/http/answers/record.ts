import type { Edition } from '../../domain/edition.ts'
import { ownText, sizeOfText } from '../../domain/remembered.ts'
import type { Subject } from '../request-log.ts'
import type { Coding } from './codings.ts'
import { briefly, brieflyKept, caching, longestKept } from './caching.ts'
import type { CodedBody } from './coded-body.ts'
import { writtenTags } from './validators.ts'

/** Names and values of headers in turn, names in lower case. */
export type HeaderList = string[]

/** What is known of an address that was answered. */
export type Known = {
  /** Weak entity tag, with its quotes; empty where there is no document. */
  etag: string
  /** Seconds since 1970; 0 without any. Where there is no document, the latest date that a reader had. */
  lastModified: number
  /** Tags that readers have and that are no newer, the last one first. */
  older: string[]
  /** The state that it is known to belong to, as `State.since`. */
  since: number
  /** The frame that it is known to belong to, as `State.frameSince`: a state of that second may come again. */
  frameSince: number
  /** Seconds for which caches may keep the answer. */
  lifetime: number
}

/** What is known of a canonical address, beside the bytes of its document. */
export type AnswerRecord = Known &
  Edition & {
    /** Second when it was last known to be what the address shows. */
    seen: number
    /** The document only says that what was here is no longer. */
    isGone: boolean
    /** Where the same lives, if that is not its own address. */
    canonical?: string | undefined
    /** Whether the edition is to be kept beyond this process once somebody comes with conditions. */
    isToKeep: boolean
    /** Whether it is. */
    isKept: boolean
    contentType: string
    subject: Subject
    /** Headers of a 304. */
    headers: HeaderList
    /** Headers of the whole document in each coding that was asked for. */
    coded: Map<Coding | undefined, HeaderList>
  }

/** What stands at an address; without a body for a reader who has its edition. */
export type Kept = { record: AnswerRecord; body: CodedBody | undefined }
export type KeptWhole = { record: AnswerRecord; body: CodedBody }

/** On everything, so that programs in browsers can read feeds too (H-26, H-36). */
export const always = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'ETag, Link, Retry-After, Content-Location, Deprecation, Sunset, Age',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
}

/** What a browser is told that asks before it asks (H-37). A-IM changes nothing, and must not be refused. */
export const preflight = {
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'If-None-Match, If-Modified-Since, A-IM, Accept, Cache-Control',
  'Access-Control-Max-Age': '86400',
  Allow: 'GET, HEAD, OPTIONS',
}

/**
 * On a page at the address of a feed. A cache that does not read `Vary` can so at worst show a browser
 * the feed, and never a reader the page.
 */
export const onlyForPersons = {
  'cache-control': 'private, max-age=0',
  vary: 'Accept-Encoding, Sec-Fetch-Dest, Sec-Fetch-Mode',
}

const ofEveryAnswer = Object.entries(always).flat()

/** What is known beside an edition when its record is made. */
export type RecordInput = Pick<
  AnswerRecord,
  'since' | 'frameSince' | 'seen' | 'isGone' | 'canonical' | 'isToKeep' | 'contentType' | 'subject'
> & {
  /** Headers of its kind of address. */
  ownHeaders: Record<string, string>
  /** Whether only a person in a browser gets it, at an address where readers get a feed. */
  isForPersons: boolean
  /** What was known before of the same address. */
  before?: AnswerRecord | undefined
}

export function createRecord(
  { etag, lastModified, previous }: Edition,
  { ownHeaders, isForPersons, before, ...made }: RecordInput,
): AnswerRecord {
  const older = before && before.etag !== etag ? [before.etag, ...before.older] : before?.older
  const common: Record<string, string> = {
    etag,
    ...(lastModified > 0 && { 'last-modified': new Date(lastModified * 1000).toUTCString() }),
    'cache-control': caching,
    vary: 'Accept-Encoding',
    'accept-ranges': 'none',
    ...ownHeaders,
    ...(isForPersons && onlyForPersons),
    ...(made.isGone && { 'cache-control': briefly }),
  }
  return {
    ...made,
    etag,
    lastModified,
    previous,
    older: (older ?? []).slice(0, mostOlder),
    isKept: before?.isKept === true && before.etag === etag && before.lastModified === lastModified,
    lifetime: isForPersons ? 0 : made.isGone ? brieflyKept : longestKept,
    headers: [...ofEveryAnswer, ...Object.entries(common).flat()],
    coded: new Map(),
  }
}

/** Tags of an address that are remembered beside the last one, and characters of each. */
const mostOlder = 7
const longestTag = 100

/** Remembers that whatever a reader has was there before. */
export function noteOlder(known: Known, ifNoneMatch: string | null): void {
  const tags = writtenTags(ifNoneMatch).filter((tag) => {
    return tag.length <= longestTag && tag !== known.etag && !known.older.includes(tag)
  })
  if (tags.length === 0) return
  known.older = [...tags.map(ownText), ...known.older].slice(0, mostOlder)
}

/** Headers of the whole document in a coding, of so many bytes. */
export function headersOfWhole(
  record: AnswerRecord,
  coding: Coding | undefined,
  length: number,
): HeaderList {
  const known = record.coded.get(coding)
  if (known) return known
  const about = ['content-type', record.contentType, 'content-length', String(length)]
  const list = [...record.headers, ...about, ...(coding ? ['content-encoding', coding] : [])]
  record.coded.set(coding, list)
  return list
}

/** Bytes that a record takes in memory, with the headers of one coding: hardly anybody asks for more. */
export function sizeOfRecord(record: AnswerRecord): number {
  const { headers } = record
  // Names and most values are shared by all records. Links are not.
  const own = headers.reduce((sum, text) => sum + (text.length > 200 ? text.length : 0), 0)
  return 600 + own + 16 * headers.length + sizeOfKnown(record)
}

export function sizeOfKnown({ older }: Known): number {
  return older.reduce((sum, tag) => sum + sizeOfText(tag), 150)
}
