import type { Clock } from '../../domain/clock.ts'
import { DomainError } from '../../domain/errors.ts'
import { fingerprint } from '../../domain/identity.ts'
import type { Subject } from '../request-log.ts'
import { type Asked, isForPage, isOpenedInBrowser } from './asked.ts'
import { brieflyKept, longestKept } from './caching.ts'
import { createCodedBody } from './coded-body.ts'
import type { Finder, Recipe } from './find.ts'
import { ageOf, ageSince, belongsTo } from './freshness.ts'
import { type AnswerRecord, createRecord, type KeptWhole, type Known, noteOlder } from './record.ts'
import { type Reply, reply, replyAtOnce } from './reply.ts'
import type { Current, StateSource } from './state.ts'
import type { AnswerStore } from './store.ts'
import { dateInHand } from './validators.ts'

/** What an address asks for in a state: the recipe of a document, or the address where it is instead. */
export type Meaning = Recipe | { movedTo: string }

/** An answer, with what is logged of it. */
export type Answered = { reply: Reply; subject: Subject } | { movedTo: string; age: number }

type Parts = {
  state: StateSource
  answers: AnswerStore
  finder: Finder
  clock: Clock
}

/** How often an answer is begun anew because another process changed the database while it was made. */
const mostAttempts = 12
/** Milliseconds to wait before, longer each time: whoever writes all the time pauses now and then. */
const betweenAttempts = 5

/**
 * The answer to a request like one before, if nothing may have changed since: without waiting for anything.
 * Reading an address and putting twenty headers together would take four times as long.
 */
export function answerAtOnce(
  asked: Asked,
  { state, answers, finder, clock }: Parts,
): { reply: Reply; subject: Subject } | undefined {
  const { method, address, headers } = asked
  if (method !== 'GET') return undefined
  const spelling = answers.spelling(address)
  const record = spelling && answers.record(spelling.key)
  if (!record) return undefined
  const { subject } = record
  // A person gets another document there.
  if (subject.kind === 'feed' && isOpenedInBrowser(headers)) return undefined
  const current = state.atHand(asked, record)
  if (!current || !belongsTo(record, current)) return undefined
  if (spelling.frameSince !== current.frameSince) return undefined
  const now = clock.now()
  record.seen = current.readAt ?? now
  finder.keepEdition(spelling.key, record, headers)
  const body = answers.body(spelling.key)
  const particulars = { location: spelling.location, age: ageOf(record, current, now) }
  const found = replyAtOnce(headers, { record, body }, particulars, now)
  return found && { reply: found, subject }
}

/**
 * Answers a request for which nothing is at hand. `meaningIn` says what its address asks for. Throws DomainError
 * for what is not there.
 */
export async function answer(
  asked: Asked,
  meaningIn: (current: Current) => Meaning,
  parts: Parts,
): Promise<Answered> {
  const { state, answers } = parts
  for (let attempt = 1; ; attempt++) {
    const read = await state.read(asked, answers.known(asked.address))
    // It changes faster than a document can be made: what there was before is good enough.
    const current = attempt > mostAttempts ? { ...read, isFailing: true } : read
    const found = await answerIn(current, asked, meaningIn, parts)
    if (found !== 'changed meanwhile') return found
    if (attempt > mostAttempts) throw new Error('The store changes faster than it can be read')
    state.lookAgain()
    if (attempt > 1) await pause((attempt - 1) * betweenAttempts)
  }
}

async function answerIn(
  current: Current,
  asked: Asked,
  meaningIn: (current: Current) => Meaning,
  parts: Parts,
): Promise<Answered | 'changed meanwhile'> {
  const { finder, clock } = parts
  try {
    const meaning = meaningIn(current)
    if ('movedTo' in meaning) return redirect(asked, meaning.movedTo, current, parts)
    const found = await finder.find(meaning, current, asked.headers)
    if (found === 'changed meanwhile') return found
    if ('movedTo' in found) return redirect(asked, found.movedTo, current, parts)
    const location = note(asked, meaning, found.record, current, parts)
    const now = clock.now()
    const particulars = { location, age: ageOf(found.record, current, now) }
    return { reply: await reply(asked.headers, found, particulars, now), subject: meaning.subject }
  } catch (error) {
    if (error instanceof DomainError) {
      noteWithoutDocument(asked, current, { lifetime: brieflyKept }, parts)
    }
    throw error
  }
}

function redirect(asked: Asked, movedTo: string, current: Current, parts: Parts): Answered {
  noteWithoutDocument(asked, current, { lifetime: longestKept }, parts)
  const now = parts.clock.now()
  return { movedTo, age: ageSince(current.readAt ?? now, longestKept, now) }
}

/** Remembers what leads to a record and who has its edition. Answers the Content-Location, if one is to be said. */
function note(
  { address, headers }: Asked,
  { key, address: canonical, isForPersons }: Recipe,
  record: AnswerRecord,
  current: Current,
  { state, answers, finder }: Parts,
): string | undefined {
  if (!current.isFailing) finder.keepEdition(key, record, headers)
  if (isForPersons) return undefined
  const location = isWrittenAs(address, canonical) ? undefined : canonical
  answers.noteSpelling(address, { key, location, frameSince: current.frameSince })
  if (state.isFar && !current.isFailing && !isForPage(headers)) {
    noteOlder(record, headers.get('if-none-match'))
    answers.recount(key)
  }
  return location
}

/**
 * Remembers, where the database is far, that an address has no document of ours in a state: it is elsewhere, not
 * there, or a file. Who comes again with what it has then is answered from the same state.
 */
export function noteWithoutDocument(
  { address, headers }: Asked,
  { isFailing, since, frameSince }: Current,
  found: { lifetime: number; etag?: string; lastModified?: number },
  { state, answers }: Pick<Parts, 'state' | 'answers'>,
): void {
  if (!state.isFar || isFailing) return
  const before = answers.known(address)
  // A clock that is ahead may have dated what a reader has: nothing of this state is later than it.
  const had = isForPage(headers) ? 0 : Math.min(dateInHand(headers), since)
  const { lifetime, etag = '', lastModified = Math.max(before?.lastModified ?? 0, had) } = found
  const older = before ? [before.etag, ...before.older].filter((tag) => tag && tag !== etag) : []
  const known: Known = { etag, lastModified, older, since, frameSince, lifetime }
  if (!isForPage(headers)) noteOlder(known, headers.get('if-none-match'))
  answers.noteOther(address, known)
}

/** A document that nothing in the database changes. */
export function fixedDocument(
  content: string | Uint8Array,
  contentType: string,
  path: string,
): KeptWhole {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const digest = fingerprint(typeof content === 'string' ? content : bytes.join())
  const edition = { etag: `W/"${digest}"`, lastModified: 0, previous: '' }
  const record = createRecord(edition, {
    since: 0,
    frameSince: 0,
    seen: 0,
    isGone: false,
    isToKeep: false,
    contentType,
    subject: { kind: 'document', path },
    ownHeaders: {},
    isForPersons: false,
  })
  return { record, body: createCodedBody(bytes) }
}

/** Whether a request wrote path and query as they are in an address, if nothing but encoding is looked at. */
function isWrittenAs(written: string, address: string): boolean {
  const canonical = new URL(address)
  const asked = new URL(canonical.origin + written)
  return asked.pathname === canonical.pathname && asked.search === canonical.search
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
