import type { Edition } from '../domain/edition.ts'
import type { Asking } from './answer.ts'
import { chooseCoding, type Coding } from './codings.ts'
import { isNotModified } from './conditional.ts'
import type { createDocuments, Recipe } from './documents.ts'
import { inCoding } from './kept-documents.ts'
import type { Answer } from './request-log.ts'
import type { Current, Services } from './services.ts'

/** What a feed was answered with, as long as nothing at all has changed since. */
type Ready = {
  current: Current
  recipe: Recipe
  edition: Edition
  asked: Pick<Answer, 'kind' | 'format' | 'path'>
  /** Those of a 304, and those of a 200 in each coding. */
  headers: Headers
  coded: Map<Coding | undefined, Headers>
}

/** An answer, and what the log says of it beside what was asked. */
type Taken = {
  response: Response
  asked: Ready['asked']
  bytes: number
  coding?: Coding | undefined
}

type Note = ReturnType<typeof createDocuments>['note']

/** Strangers choose how an address is spelled, so there may be no end of spellings. */
const most = 2000
const longestAddress = 300

/**
 * Headers of feeds, ready to be sent again: reading an address and putting twenty headers together takes
 * four times as long as all else of a 304. An address whose document was given up from memory is still
 * answered 304.
 */
export function createReadyAnswers(
  { documents, clock }: Services,
  readCurrent: () => Promise<Current>,
  note: (...what: Parameters<Note>) => void,
) {
  const answers = new Map<string, Ready>()

  return {
    /** The answer to a request like one before, unless something may have changed. */
    async take(c: Asking): Promise<Taken | undefined> {
      const ready = answers.get(addressOf(c))
      if (!ready || c.req.method !== 'GET' || isParticular(c)) return undefined
      const current = await readCurrent().catch(() => undefined)
      if (current !== ready.current) {
        answers.delete(addressOf(c))
        return undefined
      }
      const { recipe, edition, asked } = ready
      const { headers } = c.req.raw
      const now = clock.now()
      const found = documents.get(recipe.address)
      const kept = found?.since === current.since ? found : undefined
      if (kept) {
        kept.seen = now
        note(recipe, kept, headers, current)
      }
      if (isNotModified(headers, edition, now)) {
        const response = new Response(null, { status: 304, headers: ready.headers })
        return { response, asked, bytes: 0 }
      }
      if (!kept) return undefined
      const coding = chooseCoding(c.req.header('accept-encoding'))
      const body = coding ? await inCoding(kept, coding) : kept.body
      const ofBody = ready.coded.get(coding) ?? withBody(ready, body.length, coding)
      ready.coded.set(coding, ofBody)
      const encodeBody = coding ? 'manual' : 'automatic'
      const options = { status: 200, headers: ofBody, encodeBody }
      const response = new Response(body as Uint8Array<ArrayBuffer>, options)
      return { response, asked, bytes: body.length, coding }
    },

    /** Remembers the answer to a request for a feed that is as the store is now. */
    keep(c: Asking, recipe: Recipe, edition: Edition, current: Current, { headers }: Response) {
      const address = addressOf(c)
      if (current.isFailing || headers.has('age') || address.length > longestAddress) return
      if (answers.size >= most) answers.clear()
      const ofBoth = new Headers(headers)
      for (const name of ['content-type', 'content-length', 'content-encoding']) ofBoth.delete(name)
      const { etag, lastModified, oldest, previous } = edition
      answers.set(address, {
        current,
        recipe,
        edition: { etag, lastModified, oldest, previous },
        asked: c.get('asked'),
        headers: ofBoth,
        coded: new Map(),
      })
    },
  }
}

/** Without the host, which decides nothing. */
function addressOf(c: Asking): string {
  const { url } = c.req
  return url.slice(url.indexOf('/', 8))
}

/** Whether more than validators and codings decides about the answer. */
function isParticular(c: Asking): boolean {
  return c.req.header('a-im') !== undefined || c.req.header('sec-fetch-mode') === 'navigate'
}

function withBody({ headers, recipe }: Ready, length: number, coding: Coding | undefined): Headers {
  const ofBody = new Headers(headers)
  ofBody.set('Content-Type', recipe.contentType)
  ofBody.set('Content-Length', String(length))
  if (coding) ofBody.set('Content-Encoding', coding)
  return ofBody
}
