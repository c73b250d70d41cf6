import type { Context } from 'hono'
import type { Edition } from '../domain/edition.ts'
import { chooseCoding } from './codings.ts'
import { isNotModified, isOfLaterDate } from './conditional.ts'
import type { Document } from './kept-documents.ts'
import type { Answer } from './request-log.ts'

/** What a request turned out to ask for, for the log and the metrics. */
export type Environment = { Variables: { asked: Pick<Answer, 'kind' | 'format' | 'path'> } }
export type Asking = Context<Environment>

/** How long anybody may keep an answer, in seconds. */
export const longestKept = 300
/** The same as a header, and how long to go on with it while we do not answer (H-18). */
export const caching = `public, max-age=${longestKept}, stale-while-revalidate=600, stale-if-error=86400`

/** For what is not there, which may change (H-28). */
export const briefly = 'public, max-age=30'

/** On everything, so that programs in browsers can read feeds too (H-26, H-36). */
export const always = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Link, Retry-After, Content-Location, Deprecation, Sunset, IM, Age',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
}

/** What a browser is told that asks before it asks (H-37). */
export const preflight = {
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'If-None-Match, If-Modified-Since, A-IM, Accept, Cache-Control',
  'Access-Control-Max-Age': '86400',
  Allow: 'GET, HEAD, OPTIONS',
}

/**
 * A 200 with its validators, or a 304 that says all the 200 would but the body (H-14). `headers` take the
 * place of the usual ones.
 */
export function answerWith(
  c: Asking,
  found: Document | Edition,
  now: number,
  headers: Record<string, string> = {},
): Response | Promise<Response> {
  if ('body' in found && found.isGone) return sendWith(c, found, 410, { 'Cache-Control': briefly })
  const isKnown = !('body' in found) || isNotModified(c.req.raw.headers, found, now)
  if (!isKnown) return sendWith(c, found, 200, headers)
  describe(c, found, headers)
  return c.body(null, 304)
}

/** A document in the coding that the client likes best. */
export async function sendWith(
  c: Asking,
  document: Document,
  status: 200 | 226 | 410,
  headers: Record<string, string>,
): Promise<Response> {
  const isOfLater = isOfLaterDate(c.req.raw.headers, document.lastModified)
  describe(c, isOfLater ? { ...document, lastModified: 0 } : document, headers)
  const coding = chooseCoding(c.req.header('accept-encoding'))
  const body = await document.body.in(coding)
  c.header('Content-Type', document.contentType)
  c.header('Content-Length', String(body.length))
  if (coding) c.header('Content-Encoding', coding)
  // What is coded already must not be coded again by workerd.
  const ready = { status, headers: c.res.headers, encodeBody: coding ? 'manual' : 'automatic' }
  return new Response(body as Uint8Array<ArrayBuffer>, ready)
}

function describe(c: Asking, { etag, lastModified }: Edition, headers: Record<string, string>) {
  c.header('ETag', etag)
  if (lastModified > 0) c.header('Last-Modified', new Date(lastModified * 1000).toUTCString())
  c.header('Cache-Control', caching)
  c.header('Vary', 'Accept-Encoding')
  c.header('Accept-Ranges', 'none')
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
}
