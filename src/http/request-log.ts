import type { FormatName } from '../domain/addresses.ts'
import type { Metrics } from './metrics.ts'
import { type Reader, readUserAgent } from './reader.ts'

/** One answered request. Nothing in it tells who the person behind it is. */
export type Answer = {
  /** When it was asked, in milliseconds since 1970. */
  at: number
  method: string
  /** Canonical path of what was asked for, without its query. */
  path: string
  kind: 'feed' | 'page' | 'release' | 'document' | 'media' | 'api' | 'operations' | 'error'
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

/** What happens to every answer that was given: it is counted, and written as a line of the log. */
export function createRecord(metrics: Metrics, write: (line: string) => void) {
  return (answer: Answer) => {
    metrics.record(answer)
    write(formatAnswer(answer))
  }
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
export function refusedAnswer({ method, path, agent, status, bytes }: Refusal, at: number): Answer {
  return {
    at,
    method: method ?? '',
    path: path ?? '',
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
export function formatAnswer(answer: Answer): string {
  const { at, method, path, kind, format, status, bytes, coding, conditional, reader } = answer
  const line = {
    at: writeTime(at),
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
  const text = JSON.stringify(line)
  return /[^\x20-\x7e]/.test(text) ? text.replace(/[^\x20-\x7e]/g, escapeCharacter) : text
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
