import { DomainError } from '../domain/errors.ts'
import { fingerprint } from '../domain/identity.ts'
import {
  formatCount,
  mostFields,
  mostLevels,
  mostValues,
  mostValuesTogether,
} from '../domain/limits.ts'
import { beginning } from '../domain/text.ts'
import type { ReadBody } from '../domain/reading.ts'

/** Reads each body as a JSON object, or says why it is refused. */
export async function readBodies(bodies: Uint8Array[]): Promise<ReadBody[]> {
  const read: ReadBody[] = []
  let left = mostValuesTogether
  for (const bytes of bodies) {
    try {
      const text = decode(bytes)
      left -= checkCounts(text, left)
      read.push(readBody(text))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      const { code, message, details } = error
      read.push({ refusal: { code, message, details } })
    }
  }
  return read
}

function readBody(text: string): ReadBody {
  const value = parseObject(text)
  checkFields(value)
  const { change: _, ...rest } = value
  return { value, origin: fingerprint(JSON.stringify(rest)) }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DomainError('invalid', 'The body is not written in UTF-8.')
  }
}

/**
 * The number of values. Throws DomainError `invalid` if they are nested too deeply, and `wrong` if there are
 * too many.
 */
function checkCounts(text: string, left: number): number {
  const { values, levels } = measure(text)
  // Recursive functions have only so much stack.
  if (levels > mostLevels) {
    throw new DomainError('invalid', `Fields are nested more than ${mostLevels} levels deep.`)
  }
  const most = Math.min(left, mostValues)
  if (values <= most) return values
  const limit =
    most < mostValues
      ? `${formatCount(mostValuesTogether)} with the lines before`
      : formatCount(most)
  const message = `There are ${formatCount(values)} values. Send at most ${limit}.`
  throw new DomainError('wrong', message, { errors: [{ field: '', message }] })
}

/** Throws DomainError `invalid` for what is not a JSON object, `wrong` for one with a field twice. */
function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new DomainError('invalid', `This is not JSON: ${(error as Error).message}.`)
  }
  const name = repeatedName(text)
  if (name !== undefined) {
    const message = `"${beginning(name, 100)}" stands twice in one set of fields. Send one of the two.`
    throw new DomainError('wrong', message, { errors: [{ field: '', message }] })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new DomainError('invalid', 'This is no set of fields. Send a JSON object.')
}

/** Throws DomainError `wrong` for an object with more fields than any schema has. */
function checkFields(value: unknown) {
  if (typeof value !== 'object' || value === null) return
  const parts = Object.values(value)
  if (!Array.isArray(value) && parts.length > mostFields) {
    const message = `There are ${formatCount(parts.length)} fields in one set. Send at most ${mostFields}.`
    throw new DomainError('wrong', message, { errors: [{ field: '', message }] })
  }
  parts.forEach(checkFields)
}

/** Whether JSON is nested deeper than any release, so that recursive functions would overflow the stack. */
export function isTooDeep(text: string): boolean {
  return measure(text).levels > mostLevels
}

/**
 * The number of values in a JSON text and the depth of their nesting. It is measured before parsing, because a
 * million values take a hundred megabytes.
 */
function measure(text: string): { values: number; levels: number } {
  let values = 1
  let level = 0
  let levels = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === comma) values++
    else if (code === openList || code === openSet) {
      values++
      levels = Math.max(levels, ++level)
    } else if (code === closeList || code === closeSet) level--
  }
  return { values, levels }
}

/**
 * A name that stands twice in one set of fields of a text in JSON, whatever its capitals: the parser keeps
 * the value of the last alone.
 */
export function repeatedName(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === openSet) open.push(new Set())
    else if (code === openList) open.push(undefined)
    else if (code === closeSet || code === closeList) open.pop()
    if (code !== quote) continue
    const end = endOfString(text, at)
    const names = open.at(-1)
    const name = text.slice(at + 1, end)
    at = end
    colonBehind.lastIndex = end + 1
    if (!names || !colonBehind.test(text)) continue
    if (names.has(name.toLowerCase())) return name
    names.add(name.toLowerCase())
  }
  return undefined
}

const colonBehind = /\s*:/y

/** Where the quote stands that ends a string, which no odd number of backslashes stands before. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1)
  while (end !== -1) {
    let before = end
    while (text.charCodeAt(before - 1) === backslash) before--
    if ((end - before) % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

const [quote, comma, openList, openSet, closeList, closeSet, backslash] = Array.from(
  '",[{]}\\',
  (sign) => sign.charCodeAt(0),
)
