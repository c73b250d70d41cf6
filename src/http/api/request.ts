import type { Context } from 'hono'
import { DomainError } from '../../domain/errors.ts'
import type { Viewer } from '../../domain/publishing-store.ts'
import { type Dates, datings } from '../../domain/publishing.ts'
import { cleanLine } from '../../domain/text.ts'
import { type Author, viewerOf } from '../../publishing/permission.ts'
import type { Condition, PublishRequest } from '../../publishing/request.ts'
import { type Fields, type OnSize, readJson } from './bodies.ts'
import { keepOnly, type Reservation } from './body-memory.ts'
import type { Publishing } from './publishing.ts'
import { changeSchema, parse } from './schemas.ts'

// What a request to the API says, read and checked.

export type ApiEnvironment = {
  Variables: { publishing: Publishing; author: Author; reservation?: Reservation }
}
export type Ask = Context<ApiEnvironment>

/** The JSON object in the body. */
export async function readFields(c: Ask): Promise<Fields> {
  return readJson(c.req.raw, c.get('publishing').reading.bodies, sizing(c))
}

/** Gives back the memory that a body does not need which announced no size. */
export function sizing(c: Ask): OnSize {
  return (bytes) => {
    const reservation = c.get('reservation')
    if (reservation) keepOnly(reservation, bytes)
  }
}

/** Who asks, and how the change is to be made. Throws DomainError `invalid`. */
export function surroundings(c: Ask): { by: Author; dates: Dates; isDryRun: boolean } {
  const dates = c.req.query('dates') ?? 'news'
  const dryRun = c.req.query('dry-run')
  const known = datings.find((one) => one === dates)
  if (!known) {
    throw new DomainError('invalid', `"dates" is one of ${datings.join(', ')}.`)
  }
  return {
    by: c.get('author'),
    dates: known,
    isDryRun: dryRun !== undefined && dryRun !== 'false',
  }
}

/** What may be shown to who asks. */
export function viewer(c: Ask): Viewer {
  return viewerOf(c.get('author'), c.get('publishing').clock.now())
}

/** Slug and language in the address. */
export function addressOf(c: Ask): { slug: string; language: string } {
  const { slug = '', language = '' } = c.req.param() as Record<string, string>
  return { slug: cleanLine(slug), language: cleanLine(language).toLowerCase() }
}

/** RFC 9110 sections 13.1.1 and 13.1.2. */
export function conditionOf(c: Ask): Condition | undefined {
  const ifNone = c.req.header('if-none-match')
  const ifMatch = c.req.header('if-match')
  if (ifNone !== undefined) {
    if (ifNone.trim() === '*') return { isNew: true }
    throw new DomainError(
      'invalid',
      'If-None-Match is only understood as "*": create, and change nothing.',
    )
  }
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === '*') return { tags: ['*'] }
  // A weak tag never matches here (RFC 9110 section 13.1.1).
  const strong = ifMatch.matchAll(/(?:^|,)\s*"([^"]*)"/g)
  return { tags: Array.from(strong, ([, tag = '']) => tag) }
}

/**
 * The release in a body, to be published at an address, or at the one that the body names. Throws DomainError
 * `wrong` where the two differ or something is missing.
 */
export function toRequest(
  c: Ask,
  { value, origin }: Fields,
  address?: { slug: string; language: string },
): PublishRequest {
  // What is answered says also what became of it, and may be sent back as it is.
  const { change, status: _, ...written } = value
  const told = { slug: textOf(written.slug), language: textOf(written.language).toLowerCase() }
  const errors = (['slug', 'language'] as const).flatMap((field) => {
    const isWrong = address && written[field] !== undefined && told[field] !== address[field]
    if (isWrong)
      return [
        {
          field,
          message: `The address says ${address[field]}. Write the same, or leave it out.`,
        },
      ]
    return address || written[field] !== undefined
      ? []
      : [{ field, message: 'The field is missing.' }]
  })
  if (errors.length > 0) throw new DomainError('wrong', 'Something in it is wrong.', { errors })
  return {
    ...surroundings(c),
    ...(address ?? told),
    written,
    origin,
    ...(change !== undefined && { change: parse(changeSchema, change, 'change') }),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? cleanLine(value) : ''
}
