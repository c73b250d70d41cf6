import type { HeaderReader } from './asked.ts'
import { chooseCoding, type Coding } from './codings.ts'
import { type AnswerRecord, type HeaderList, headersOfWhole, type Kept } from './record.ts'
import { isNotModified, isOfLaterDate } from './validators.ts'

/** An answer that only has to be sent. */
export type Reply = {
  status: 200 | 304 | 410
  headers: HeaderList
  body?: Uint8Array
  coding?: Coding | undefined
}

/** What is particular to one way of asking. */
export type Particulars = {
  /** The canonical address, where another spelling was asked for (H-40). */
  location: string | undefined
  /** Seconds since the answer was known to be what the address shows (H-20). */
  age: number
}

/** Whether a reader is told that nothing has changed. Who comes for what is gone is told so every time. */
export function isKnownTo(headers: HeaderReader, record: AnswerRecord, now: number): boolean {
  return !record.isGone && isNotModified(headers, record, now)
}

/**
 * A 304 that says all the 200 would but the body (H-14), or the document in the coding that the client likes
 * best; undefined when that is not at hand.
 */
export function replyAtOnce(
  headers: HeaderReader,
  { record, body }: Kept,
  particulars: Particulars,
  now: number,
): Reply | undefined {
  if (isKnownTo(headers, record, now)) {
    return { status: 304, headers: withParticulars(record.headers, particulars) }
  }
  const coding = chooseCoding(headers.get('accept-encoding') ?? undefined)
  const bytes = body?.ready(coding)
  if (!bytes) return undefined
  const ofWhole = headersOfWhole(record, coding, bytes.length)
  const isOfLater = isOfLaterDate(headers, record.lastModified)
  const list = isOfLater ? without(ofWhole, 'last-modified') : ofWhole
  return {
    status: record.isGone ? 410 : 200,
    headers: withParticulars(list, particulars),
    body: bytes,
    coding,
  }
}

/** The same, once the document is written in the coding. */
export async function reply(
  headers: HeaderReader,
  kept: Kept,
  particulars: Particulars,
  now: number,
): Promise<Reply> {
  if (!isKnownTo(headers, kept.record, now)) {
    await kept.body!.in(chooseCoding(headers.get('accept-encoding') ?? undefined))
  }
  return replyAtOnce(headers, kept, particulars, now)!
}

function withParticulars(list: HeaderList, { location, age }: Particulars): HeaderList {
  if (location === undefined && age === 0) return list
  return [
    ...list,
    ...(location === undefined ? [] : ['content-location', location]),
    ...(age === 0 ? [] : ['age', String(age)]),
  ]
}

function without(list: HeaderList, name: string): HeaderList {
  const place = list.indexOf(name)
  return place < 0 ? list : list.toSpliced(place, 2)
}
