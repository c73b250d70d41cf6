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

/** The answer that is at hand: a 304, or the document in the coding that the client likes best. */
export function replyAtOnce(
  headers: HeaderReader,
  { record, body }: Kept,
  particulars: Particulars,
  now: number,
): Reply | undefined {
  if (isKnownTo(headers, record, now)) return notModified(record, particulars)
  const coding = codingFor(headers)
  const bytes = body?.ready(coding)
  return bytes && whole(headers, record, { bytes, coding }, particulars)
}

/** The same, once the document is written in the coding. */
export async function reply(
  headers: HeaderReader,
  { record, body }: Kept,
  particulars: Particulars,
  now: number,
): Promise<Reply> {
  if (!body || isKnownTo(headers, record, now)) return notModified(record, particulars)
  const coding = codingFor(headers)
  return whole(headers, record, { bytes: await body.in(coding), coding }, particulars)
}

/** A 304 says all that the 200 would but the body (H-14). */
function notModified({ headers }: AnswerRecord, particulars: Particulars): Reply {
  return { status: 304, headers: withParticulars(headers, particulars) }
}

function whole(
  headers: HeaderReader,
  record: AnswerRecord,
  { bytes, coding }: { bytes: Uint8Array; coding: Coding | undefined },
  particulars: Particulars,
): Reply {
  const list = headersOfWhole(record, coding, bytes.length)
  const isOfLater = isOfLaterDate(headers, record.lastModified)
  return {
    status: record.isGone ? 410 : 200,
    headers: withParticulars(isOfLater ? without(list, 'last-modified') : list, particulars),
    body: bytes,
    coding,
  }
}

function codingFor(headers: HeaderReader): Coding | undefined {
  return chooseCoding(headers.get('accept-encoding') ?? undefined)
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
