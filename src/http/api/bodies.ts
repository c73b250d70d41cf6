import { DomainError } from '../../domain/errors.ts'
import { formatCount, mostFilledLines, mostLines, mostTogether } from '../../domain/limits.ts'
import type { ReadBody } from '../../domain/reading.ts'

/** Bytes of a release, of a request with many, and of a file. */
export const largest = { json: 4_000_000, lines: 20_000_000, file: 25_000_000 }

/** Bytes of a body that are read although it is too large. */
const mostDiscarded = 2 * largest.file

/** Told how many bytes a body has, once it is here. */
export type OnSize = (bytes: number) => void

/**
 * The whole body. Throws DomainError `too-large` for one that is longer than some bytes: after the rest
 * of it, which is thrown away, as many programs read no answer before they have sent everything, and
 * would only see that the connection was reset.
 */
export async function readBytes(
  request: Request,
  limit: number,
  onSize: OnSize = () => {},
): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  const waits = request.headers.has('expect')
  if (announced > mostDiscarded || (announced > limit && waits)) throw tooLarge(limit)
  const parts: Uint8Array[] = []
  let size = 0
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader()
  if (!reader) return new Uint8Array()
  for (;;) {
    const { done, value } = await reader.read().catch(brokenOff)
    if (done) break
    size += value.length
    if (size > mostDiscarded) {
      void reader.cancel().catch(() => {})
      throw tooLarge(limit)
    }
    if (size > limit) parts.length = 0
    else parts.push(value)
  }
  if (size > limit) throw tooLarge(limit)
  onSize(size)
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Reads a body that nobody wants and keeps nothing of it, for those programs that read no answer before. */
export async function discard(request: Request) {
  await readBytes(request, 0).catch(() => {})
}

type ReadBodies = (bodies: Uint8Array[]) => Promise<ReadBody[]>

/** The fields of a body in JSON, and their fingerprint. */
export type Fields = { value: Record<string, unknown>; origin: string }

/** A set of fields in JSON. Throws DomainError `unsupported`, `too-large`, `invalid` or `wrong`. */
export async function readJson(
  request: Request,
  read: ReadBodies,
  onSize?: OnSize,
): Promise<Fields> {
  checkType(request, ['application/json'])
  const [body] = await read([await readBytes(request, largest.json, onSize)])
  return taken(body!)
}

/** Throws DomainError for a body that is refused. */
export function taken(body: ReadBody): Fields {
  if (!('refusal' in body)) return body
  const { code, message, details } = body.refusal
  throw new DomainError(code, message, details)
}

/** A line of newline-delimited JSON with its number, counted from 1. */
type Line = { line: number; body: ReadBody }

/**
 * The lines of newline-delimited JSON, without empty ones. Throws DomainError `unsupported` or `too-large`;
 * a line of its own is refused alone.
 */
export async function readLines(
  request: Request,
  read: ReadBodies,
  onSize?: OnSize,
): Promise<Line[]> {
  checkType(request, ['application/x-ndjson', 'application/jsonl', 'application/json-seq'])
  const lines = splitLines(await readBytes(request, largest.lines, onSize))
  if (lines.length > mostFilledLines) {
    throw new DomainError(
      'too-large',
      `These are ${lines.length} lines. Send at most ${mostFilledLines} at once.`,
    )
  }
  const result: Line[] = []
  while (lines.length > 0) {
    const portion = nextPortion(lines)
    const bodies = await read(portion.flatMap(({ bytes }) => (bytes.length > 0 ? [bytes] : [])))
    for (const { line, bytes } of portion) {
      const body = bytes.length > 0 ? bodies.shift()! : refused(tooLarge(largest.json, 'line'))
      result.push({ line, body })
    }
  }
  return result
}

type FilledLine = { line: number; bytes: Uint8Array }

/** Counted before anything is made of them: there may be twenty million. */
function splitLines(bytes: Uint8Array): FilledLine[] {
  const lines: FilledLine[] = []
  let from = 0
  for (let line = 1; from < bytes.length; line++) {
    if (line > mostLines) {
      throw new DomainError(
        'too-large',
        `These are more than ${formatCount(mostLines)} lines. Send at most ${mostFilledLines} releases at once, and no empty lines.`,
      )
    }
    const end = bytes.indexOf(lineFeed, from)
    const one = bytes.subarray(from, end === -1 ? bytes.length : end)
    if (!isBlank(one)) lines.push({ line, bytes: one })
    from += one.length + 1
  }
  return lines
}

/** Takes lines from the front, about as much as a release may have. One that is larger stands there empty. */
function nextPortion(lines: FilledLine[]): FilledLine[] {
  let count = 1
  let size = lines[0]!.bytes.length
  while (count < Math.min(mostTogether, lines.length) && size < portionSize) {
    size += lines[count]!.bytes.length
    count++
  }
  return lines.splice(0, count).map(({ line, bytes }) => {
    // What is sent to a thread takes along all bytes that it is a part of.
    return { line, bytes: bytes.length > largest.json ? new Uint8Array() : bytes.slice() }
  })
}

const portionSize = 2_000_000
const [lineFeed, space, tab, carriageReturn] = [0x0a, 0x20, 0x09, 0x0d]

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== space && byte !== tab && byte !== carriageReturn) return false
  }
  return true
}

function refused({ code, message, details }: DomainError): ReadBody {
  return { refusal: { code, message, details } }
}

function checkType(request: Request, types: string[]) {
  const [type = ''] = (request.headers.get('content-type') ?? '').toLowerCase().split(';')
  if (types.includes(type.trim())) return
  throw new DomainError('unsupported', `Send it with Content-Type: ${types[0]}.`)
}

/** Nobody is there any more to read this; it is no fault of ours that the log must tell. */
function brokenOff(): never {
  throw new DomainError('invalid', 'The body broke off.')
}

function tooLarge(limit: number, what = 'body'): DomainError {
  return new DomainError('too-large', `The ${what} is larger than ${limit / 1_000_000} MB.`)
}
