import { DomainError } from '../../domain/errors.ts'

/** Bytes of a release, of a request with many, and of a file. */
export const largest = { json: 4_000_000, lines: 20_000_000, file: 25_000_000 }

/** Bytes of a body that are read although it is too large. */
const mostDiscarded = 2 * largest.file

/** Levels of fields within fields; a release has five. */
const deepest = 50

/**
 * The whole body. Throws DomainError `too-large` for one that is longer than some bytes: after the rest
 * of it, which is thrown away, as many programs read no answer before they have sent everything, and
 * would only see that the connection was reset.
 */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
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
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A set of fields in JSON. Throws DomainError `unsupported`, `too-large` or `invalid`. */
export async function readJson(request: Request): Promise<Record<string, unknown>> {
  checkType(request, ['application/json'])
  return parseObject(decode(await readBytes(request, largest.json)))
}

/** The lines of newline-delimited JSON, without empty ones, with their numbers counted from 1. */
export async function readLines(request: Request): Promise<{ line: number; text: string }[]> {
  checkType(request, ['application/x-ndjson', 'application/jsonl', 'application/json-seq'])
  const text = decode(await readBytes(request, largest.lines))
  return text
    .split('\n')
    .map((one, index) => ({ line: index + 1, text: one.trim() }))
    .filter((one) => one.text !== '')
}

/** Throws DomainError `invalid` for what is no set of fields in JSON. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new DomainError('invalid', `This is not JSON: ${(error as Error).message}.`)
  }
  checkDepth(value)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new DomainError('invalid', 'This is no set of fields. Send a JSON object.')
}

/** What looks into it goes from level to level, and has only so much room for that. */
function checkDepth(value: unknown) {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) {
      throw new DomainError('invalid', `Fields are nested more than ${deepest} levels deep.`)
    }
    level = level.flatMap((one): unknown[] => {
      return typeof one === 'object' && one !== null ? Object.values(one) : []
    })
  }
}

function checkType(request: Request, types: string[]) {
  const [type = ''] = (request.headers.get('content-type') ?? '').toLowerCase().split(';')
  if (types.includes(type.trim())) return
  throw new DomainError('unsupported', `Send it with Content-Type: ${types[0]}.`)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DomainError('invalid', 'The body is not written in UTF-8.')
  }
}

/** Nobody is there any more to read this; it is no fault of ours that the log must tell. */
function brokenOff(): never {
  throw new DomainError('invalid', 'The body broke off.')
}

function tooLarge(limit: number): DomainError {
  return new DomainError('too-large', `The body is larger than ${limit / 1_000_000} MB.`)
}
