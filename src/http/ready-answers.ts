import type { Edition } from '../domain/edition.ts'
import { createRemembered, rooms } from '../domain/remembered.ts'
import { chooseCoding, type Coding } from './codings.ts'
import { type HeaderReader, isConditional, isNotModified, isOfLaterDate } from './conditional.ts'
import { belongsTo, type createDocuments, type Recipe } from './documents.ts'
import { readUserAgent } from './reader.ts'
import type { Answer } from './request-log.ts'
import type { Current, Services } from './services.ts'

/** A request, as far as an answer that is ready depends on it. */
export type Asked = {
  method: string
  /** Path and query, as they came. */
  address: string
  headers: HeaderReader
}

/** An answer that only has to be sent. */
export type ReadyAnswer = {
  status: 200 | 304
  /** Names and values in turn. */
  headers: string[]
  body?: Uint8Array
  coding?: Coding | undefined
}

/** What a feed was answered with, as long as nothing at all has changed since. */
type Ready = {
  recipe: ReadyRecipe
  edition: Edition
  asked: Pick<Answer, 'kind' | 'format' | 'path'>
  /** Those of a 304, and those of a 200 in each coding. */
  headers: string[]
  coded: Map<Coding | undefined, string[]>
}

/** Without what it is made of: thousands of these are held, and the state must not be with each. */
type ReadyRecipe = Pick<Recipe, 'address' | 'contentType' | 'isNoted'>

type Note = ReturnType<typeof createDocuments>['note']

/**
 * Headers of feeds, ready to be sent again: reading an address and putting twenty headers together takes
 * four times as long as all else of a 304. An address whose document was given up from memory is still
 * answered 304.
 */
export function createReadyAnswers(
  { documents, clock, record }: Services,
  steadyCurrent: () => Current | undefined,
  note: (...what: Parameters<Note>) => void,
) {
  const answers = createRemembered(rooms.readyAnswers, sizeOfReady)
  /** What all of them belong to. */
  let holding: Current | undefined
  const intern = createIntern()

  /** The answer to a request like one before, and what was asked, unless something may have changed. */
  function take({ method, address, headers }: Asked): [ReadyAnswer, Ready] | undefined {
    const ready = answers.get(address)
    if (!ready || method !== 'GET' || isParticular(headers)) return undefined
    const current = steadyCurrent()
    if (!current || current !== holding) return undefined
    const { recipe, edition } = ready
    const now = clock.now()
    const found = documents.get(recipe.address)
    const kept = found && belongsTo(found, current) ? found : undefined
    if (kept) {
      kept.seen = now
      note(recipe, kept, headers, current)
    }
    if (isNotModified(headers, edition, now))
      return [{ status: 304, headers: ready.headers }, ready]
    if (!kept || isOfLaterDate(headers, edition.lastModified)) return undefined
    const coding = chooseCoding(headers.get('accept-encoding') ?? undefined)
    const body = kept.body.ready(coding)
    if (!body) return undefined
    const whole = ready.coded.get(coding) ?? withBody(ready, body.length, coding)
    if (!ready.coded.has(coding)) {
      ready.coded.set(coding, whole)
      answers.recount(address)
    }
    return [{ status: 200, headers: whole, body, coding }, ready]
  }

  /** The answer to a request like one before, unless something may have changed. It is recorded. */
  function answer(asked: Asked): ReadyAnswer | undefined {
    const began = Date.now()
    const taken = take(asked)
    if (!taken) return undefined
    const [answer, ready] = taken
    const { status, coding, body } = answer
    record({
      at: began,
      method: asked.method,
      ...ready.asked,
      status,
      bytes: body?.length ?? 0,
      ...(coding && { coding }),
      milliseconds: Date.now() - began,
      conditional: isConditional(asked.headers),
      reader: readUserAgent(asked.headers.get('user-agent') ?? undefined),
    })
    return answer
  }

  return {
    answer,

    /** Remembers the answer to a request for a feed that is as the store is now. */
    keep(
      address: string,
      asked: Ready['asked'],
      recipe: Recipe,
      edition: Edition,
      current: Current,
      { headers }: Response,
    ) {
      // What is particular to whoever asked is not for others.
      if (current.isFailing || headers.has('age') || !headers.has('last-modified')) return
      if (current !== holding) answers.clear()
      holding = current
      const ofBoth = [...headers].filter(([name]) => !ofBody.has(name))
      const { etag, lastModified, oldest, previous } = edition
      const { address: canonical, contentType, isNoted } = recipe
      answers.set(address, {
        recipe: { address: canonical, contentType, isNoted },
        edition: { etag, lastModified, oldest, previous },
        asked,
        headers: ofBoth.flat().map(intern),
        coded: new Map(),
      })
    },
  }
}

/** Bytes of the headers, and of a list of them for each coding. They are texts of one byte a character. */
function sizeOfReady({ headers, coded }: Ready): number {
  const texts = headers.reduce((sum, text) => sum + text.length, 0)
  return 500 + texts + 8 * headers.length + coded.size * (100 + 8 * headers.length)
}

/** Whether more than validators and codings decides about the answer. */
function isParticular(headers: HeaderReader): boolean {
  return headers.get('a-im') !== null || headers.get('sec-fetch-mode') === 'navigate'
}

const ofBody = new Set(['content-type', 'content-length', 'content-encoding'])

function withBody({ headers, recipe }: Ready, length: number, coding: Coding | undefined) {
  const about = ['content-type', recipe.contentType, 'content-length', String(length)]
  return [...headers, ...about, ...(coding ? ['content-encoding', coding] : [])]
}

/** Gives texts that are equal as one: most headers are the same in all answers. */
function createIntern() {
  const texts = new Map<string, string>()
  return (text: string) => {
    const known = texts.get(text)
    if (known !== undefined) return known
    if (texts.size < 200) texts.set(text, text)
    return text
  }
}
