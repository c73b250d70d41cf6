import type { FormatName } from '../domain/addresses.ts'
import type { Reader } from './reader.ts'

/** One answered request. Nothing in it tells who the person behind it is. */
export type Answer = {
  /** When it was asked, in milliseconds since 1970. */
  at: number
  method: string
  /** Canonical path of what was asked for, without its query. */
  path: string
  kind: 'feed' | 'page' | 'release' | 'document' | 'media' | 'operations' | 'error'
  format?: FormatName | undefined
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

/**
 * An answer as one line of JSON in printable ASCII, without the line's end. Keys keep their order,
 * the time is ISO 8601 in UTC, and whatever a stranger wrote into method or path stays one line.
 */
export function formatAnswer(answer: Answer): string {
  const { at, method, path, kind, format, status, bytes, coding, conditional, reader } = answer
  const line = {
    at: new Date(at).toISOString(),
    method: method.slice(0, 20),
    path: path.replace(/[?#][^]*/, '').slice(0, 200),
    kind,
    format,
    status,
    bytes,
    coding,
    milliseconds: Math.round(answer.milliseconds * 10) / 10,
    conditional,
    reader: reader.family,
    subscribers: reader.subscribers,
  }
  return JSON.stringify(line).replace(/[^\x20-\x7e]/g, escapeCharacter)
}

/** JSON leaves line separators, C1 controls and marks of direction as they are; terminals do not. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
