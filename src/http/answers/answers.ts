import type { Clock } from '../../domain/clock.ts'
import { fingerprint } from '../../domain/identity.ts'
import type { Subject } from '../request-log.ts'
import { type Asked, isConditional, isForPage, isOpenedInBrowser } from './asked.ts'
import { createCodedBody } from './coded-body.ts'
import type { Finder, Recipe } from './find.ts'
import { ageOf, belongsTo } from './freshness.ts'
import { createRecord, type KeptWhole, noteOlder } from './record.ts'
import { type Reply, reply, replyAtOnce } from './reply.ts'
import type { Current, StateReader } from './state.ts'
import type { AnswerStore } from './store.ts'

/** What an address turned out to ask for in a state, or where that is instead. */
export type Meaning = Recipe | { movedTo: string }

/** An answer, with what is logged of it. */
export type Answered = { reply: Reply; subject: Subject } | { movedTo: string }

type Parts = {
  state: StateReader
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
  const now = clock.now()
  record.seen = now
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
  { state, answers, finder, clock }: Parts,
): Promise<Answered> {
  const { address, headers } = asked
  const before = answers.spelling(address)
  for (let attempt = 1; ; attempt++) {
    const read = await state.read(asked, before && answers.record(before.key))
    // It changes faster than a document can be made: what there was before is good enough.
    const current = attempt > mostAttempts ? { ...read, isFailing: true } : read
    const meaning = meaningIn(current)
    if ('movedTo' in meaning) return meaning
    const found = await finder.find(meaning, current, headers)
    if (found === 'changed meanwhile') {
      if (attempt > mostAttempts) throw new Error('The store changes faster than it can be read')
      state.lookAgain()
      if (attempt > 1) await pause((attempt - 1) * betweenAttempts)
      continue
    }
    if ('movedTo' in found) return found
    const { record } = found
    const now = clock.now()
    const location = isWrittenAs(address, meaning.address) ? undefined : meaning.address
    const isForPerson = meaning.key !== meaning.address
    if (!isForPerson) answers.noteSpelling(address, { key: meaning.key, location })
    if (!current.isFailing) {
      finder.keepEdition(meaning.key, record, headers)
      // The state was asked for after the reader came, unless it is a person.
      if (isConditional(headers) && !isForPage(headers)) {
        noteOlder(record, headers.get('if-none-match'))
      }
    }
    const particulars = {
      location: isForPerson ? undefined : location,
      age: ageOf(record, current, now),
    }
    return { reply: await reply(headers, found, particulars, now), subject: meaning.subject }
  }
}

/** A document that nothing in the database changes. */
export async function fixedDocument(
  content: string | Uint8Array,
  contentType: string,
  path: string,
): Promise<KeptWhole> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const digest = await fingerprint(typeof content === 'string' ? content : bytes.join())
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
