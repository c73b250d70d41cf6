import type { FormatName } from '../feeds/formats.ts'
import { type Asked, isConditional } from './answers/asked.ts'
import { type Reader, readUserAgent } from './reader.ts'

/** What a request turned out to ask for, as it is counted and logged. */
export type Subject = {
  kind:
    | 'feed'
    | 'page'
    | 'release'
    | 'preview'
    | 'document'
    | 'media'
    | 'api'
    | 'hub'
    | 'operations'
    | 'error'
  format?: FormatName | undefined
  /** Canonical path, without its query. */
  path: string
}

/** One answered request. Nothing in it tells who the person behind it is. */
export type LoggedRequest = Subject & {
  /** When it was asked, in milliseconds since 1970. */
  at: number
  method: string
  status: number
  /** Length of the body as it was sent. */
  bytes: number
  /** Content-Encoding, if any. */
  coding?: string | undefined
  milliseconds: number
  /** Whether the client said what it has already. */
  conditional: boolean
  reader: Reader
}

/** What is logged in place of the address of a release before its time, which is a secret. */
export const previewPath = '/preview/…'

/** Whoever mistypes such an address, or names it to the API, has written its secret all the same. */
function withoutSecret(path: string): string {
  return path.replace(/[0-9a-f]{32,}/gi, '…')
}

/** What is logged of a request that came at a time in milliseconds, and of its answer. */
export function answered(
  { method, headers }: Asked,
  subject: Subject,
  given: { at: number; status: number; bytes: number; coding: string | undefined },
): LoggedRequest {
  return {
    at: given.at,
    method,
    kind: subject.kind,
    format: subject.format,
    path: isAsWritten(subject) ? withoutSecret(subject.path) : subject.path,
    status: given.status,
    bytes: given.bytes,
    coding: given.coding,
    milliseconds: Date.now() - given.at,
    conditional: isConditional(headers),
    reader: readUserAgent(headers.get('user-agent') ?? undefined),
  }
}

/** Whether the path is what somebody wrote, and no address that is known. */
function isAsWritten({ kind }: Subject): boolean {
  return kind === 'error' || kind === 'api'
}

/** A request that was refused before it reached the app, as far as it could be read. */
export type Refusal = {
  method?: string | undefined
  path?: string | undefined
  agent?: string | undefined
  status: number
  bytes: number
}

/** The answer to such a request, at a time in milliseconds. */
export function refusedRequest(
  { method, path, agent, status, bytes }: Refusal,
  at: number,
): LoggedRequest {
  return {
    at,
    method: method ?? '',
    path: withoutSecret(path ?? ''),
    kind: 'error',
    status,
    bytes,
    milliseconds: 0,
    conditional: false,
    reader: readUserAgent(agent),
  }
}

/**
 * An answer as one line of JSON in printable ASCII, without the line's end. Keys keep their order,
 * the time is ISO 8601 in UTC, and whatever a stranger wrote into method or path stays one line.
 */
export function formatRequest(logged: LoggedRequest): string {
  const { at, method, path, kind, format, status, bytes, coding, conditional, reader } = logged
  const line = {
    at: writeTime(at),
    method: method.slice(0, 20),
    path: path.replace(/[?#][^]*/, '').slice(0, 200),
    kind,
    format,
    status,
    bytes,
    coding,
    milliseconds: Math.round(logged.milliseconds * 10) / 10,
    conditional,
    reader: reader.family,
    subscribers: reader.subscribers,
  }
  const text = JSON.stringify(line)
  return /[^\x20-\x7e]/.test(text) ? text.replace(/[^\x20-\x7e]/g, escapeCharacter) : text
}

/** The same for somebody who watches: `09:12:33  200  GET /feed.atom  4 KB  12 ms  Feedly`, by the clock on the wall. */
export function formatForPeople(logged: LoggedRequest): string {
  const { at, status, method, path, bytes, milliseconds, reader } = logged
  const size = bytes < 1000 ? `${bytes} B` : `${Math.round(bytes / 1000)} KB`
  const what = `${method.slice(0, 20)} ${path.replace(/[?#][^]*/, '').slice(0, 200)}`
  const time = new Date(at).toTimeString().slice(0, 8)
  const parts = [time, status, what, size, `${Math.round(milliseconds)} ms`, reader.family]
  return parts.join('  ').replace(/[^\x20-\x7e…]/g, escapeCharacter)
}

let lastTime = NaN
let lastWritten = ''

/** Many requests are answered within one millisecond, and writing it takes as long as all the rest of a line. */
function writeTime(at: number): string {
  if (at !== lastTime) [lastTime, lastWritten] = [at, new Date(at).toISOString()]
  return lastWritten
}

/** JSON leaves line separators, C1 controls and marks of direction as they are; terminals do not. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
