import type { Edition } from '../../domain/edition.ts'
import { ownText, sizeOfText } from '../../domain/remembered.ts'
import type { Subject } from '../request-log.ts'
import type { Coding } from './codings.ts'
import { briefly, brieflyKept, caching, longestKept } from './caching.ts'
import type { CodedBody } from './coded-body.ts'
import { writtenTags } from './validators.ts'

/** Names and values of headers in turn, names in lower case. */
export type HeaderList = string[]

/** What is known of a canonical address, beside the bytes of its document. */
export type AnswerRecord = Edition & {
  /** Tags that readers have and that are no newer than the edition, the last one first. */
  older: string[]
  /** The state that the edition is known to belong to, as `State.since`. */
  since: number
  /** The frame that it is known to belong to, as `State.frameSince`: a state of that second may come again. */
  frameSince: number
  /** Second when that was last looked at. */
  seen: number
  /** The document only says that what was here is no longer. */
  isGone: boolean
  /** Whether the edition is to be kept beyond this process once somebody comes with conditions. */
  isToKeep: boolean
  /** Whether it is. */
  isKept: boolean
  contentType: string
  subject: Subject
  /** Seconds for which caches may keep the answer. */
  lifetime: number
  /** Headers of a 304. */
  headers: HeaderList
  /** Headers of the whole document in each coding that was asked for. */
  coded: Map<Coding | undefined, HeaderList>
}

/** What is at hand of an address. A record without a body still answers those who have its edition. */
export type Kept = { record: AnswerRecord; body?: CodedBody | undefined }
export type KeptWhole = { record: AnswerRecord; body: CodedBody }

/** On everything, so that programs in browsers can read feeds too (H-26, H-36). */
export const always = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'ETag, Link, Retry-After, Content-Location, Deprecation, Sunset, Age',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
}

const ofEveryAnswer = Object.entries(always).flat()

/** What is known beside an edition when its record is made. */
export type Making = Pick<
  AnswerRecord,
  'since' | 'frameSince' | 'seen' | 'isGone' | 'isToKeep' | 'contentType' | 'subject'
> & {
  /** Headers of its kind of address. `cache-control` and `vary` take the place of the usual ones. */
  ownHeaders: Record<string, string>
  /** What was known before of the same address. */
  before?: AnswerRecord | undefined
}

export function createRecord(
  { etag, lastModified, previous }: Edition,
  { ownHeaders, before, ...made }: Making,
): AnswerRecord {
  const isPrivate = ownHeaders['cache-control'] !== undefined
  const older = before && before.etag !== etag ? [before.etag, ...before.older] : before?.older
  const common: Record<string, string> = {
    etag,
    ...(lastModified > 0 && { 'last-modified': new Date(lastModified * 1000).toUTCString() }),
    'cache-control': caching,
    vary: 'Accept-Encoding',
    'accept-ranges': 'none',
    ...ownHeaders,
    ...(made.isGone && { 'cache-control': briefly }),
  }
  return {
    ...made,
    etag,
    lastModified,
    previous,
    older: (older ?? []).slice(0, mostOlder),
    isKept: before?.isKept === true && before.etag === etag && before.lastModified === lastModified,
    lifetime: isPrivate ? 0 : made.isGone ? brieflyKept : longestKept,
    headers: [...ofEveryAnswer, ...Object.entries(common).flat()],
    coded: new Map(),
  }
}

/** Tags of an address that are remembered beside the last one, and characters of each. */
const mostOlder = 7
const longestTag = 100

/** Remembers that whatever a reader has was there before the edition. */
export function noteOlder(record: AnswerRecord, ifNoneMatch: string | null): void {
  const tags = writtenTags(ifNoneMatch).filter((tag) => {
    return tag.length <= longestTag && tag !== record.etag && !record.older.includes(tag)
  })
  if (tags.length === 0) return
  record.older = [...tags.map(ownText), ...record.older].slice(0, mostOlder)
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

/** Bytes that a record takes in memory, with the headers of two codings: hardly anybody asks for more. */
export function sizeOfRecord({ headers, older }: AnswerRecord): number {
  // Most texts are shared, and those that are not are of one byte a character.
  const texts = headers.reduce((sum, text) => sum + text.length, 0)
  return 900 + texts + 24 * headers.length + older.reduce((sum, tag) => sum + sizeOfText(tag), 0)
}
