import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { ReleaseStore, State } from '../domain/release-store.ts'
import { createRemembered, ownText, rooms, sizeOfText } from '../domain/remembered.ts'
import { longestKept } from './answer.ts'
import { isNotModified } from './conditional.ts'
import { isOpenedInBrowser } from './navigation.ts'

/** What is known of an address that was answered. */
type Answered = {
  /** The tag that was answered last, if there was one, and those that are no newer than it. */
  tags: string[]
  lastModified: string | null
  /** Seconds for which caches may keep it. */
  maxAge: number
  /** Which of the states that were kept it was answered from. */
  of: number
}

/** Tags of an address that are remembered. */
const mostTags = 8
const longestTag = 100
/** Milliseconds after which nobody waits any more for a question that another request asked. */
const patienceForOthers = 1000

/**
 * Keeps the state of the store in a process that is far from its database, so that readers of a feed cost
 * it no question within max-age. It is a cache like those between us and readers, and answers from it say
 * their Age: whoever keeps them further never shows anything longer than max-age says in all (H-18, H-20).
 *
 * From what is kept only an address is answered that was answered before, to readers who have nothing or
 * what is known here to be no newer: so nobody who has something newer from another process gets something
 * older (H-10). For all others the state is read again, once in a second for all of them, so that
 * the database has as many questions as there are processes, however many readers there are. `told` hears of
 * every state that is read.
 */
export function createKeptState(
  store: ReleaseStore,
  clock: Clock,
  told: (state: State) => void = () => {},
) {
  let kept: State | undefined
  /** How many different ones were kept. */
  let states = 0
  /** The one that `hasChanged` was asked about last. */
  let seen: State | undefined
  /** Second when the state that is kept was asked for. */
  let readAt = -Infinity
  /** Second when a state was asked for last, whether it has come or not. */
  let askedAt = -Infinity
  /** What was asked and has not come. */
  let coming: Promise<State> | undefined
  // Questions are numbered as they begin: an answer that was overtaken by another, or by a reason to look
  // again, is not kept.
  let begun = 0
  let latest = 0
  const answered = createRemembered(rooms.answeredAddresses, sizeOfAnswered)

  function isFresh(): boolean {
    const age = clock.now() - readAt
    return kept !== undefined && age >= 0 && age < longestKept && clock.now() < kept.until
  }

  function keep(state: State, at: number) {
    const isSame = kept?.revision === state.revision && kept.since === state.since
    if (!isSame) states++
    kept = state
    readAt = at
  }

  function lookAgain() {
    readAt = askedAt = -Infinity
    latest = begun
    coming = undefined
  }

  /**
   * Has a request answered from a state that is asked for after it came. Where one was asked for in this
   * second already, the next second has one for all who wait: what was changed elsewhere in between has
   * this very second, and may be what the reader has.
   */
  async function lookAfterNow() {
    const second = clock.now()
    if (askedAt === second) await clock.passed(second)
    if (askedAt <= second) lookAgain()
  }

  /** Whether what is kept is new enough for who has nothing newer. */
  function suffices({ url, headers }: Request): boolean {
    const before = answered.get(url)
    if (!before || clock.now() - readAt > before.maxAge) return false
    return !isOpenedInBrowser(headers)
  }

  /** `isOlder` says that whatever the reader has was there before the state that is kept. */
  function remember({ url, headers: asked }: Request, { headers }: Response, isOlder: boolean) {
    const maxAge = maxAgeOf(headers)
    if (maxAge === undefined || isOpenedInBrowser(asked)) return
    const before = answered.get(url)?.tags ?? []
    const etag = headers.get('etag') ?? before[0]
    const older = isOlder ? tagsOf(asked).filter((tag) => tag.length <= longestTag) : []
    const isKnown = older.length === 0 && etag === before[0]
    const tags = isKnown ? before : [...new Set([...(etag ? [etag] : []), ...older, ...before])]
    const lastModified = headers.get('last-modified')
    answered.set(url, {
      tags: tags.slice(0, mostTags).map(ownText),
      lastModified,
      maxAge,
      of: states,
    })
  }

  async function ask(now: number): Promise<State> {
    const number = ++begun
    const at = (askedAt = clock.now())
    const state = await store.state(now)
    told(state)
    if (number > latest) {
      latest = number
      keep(state, at)
    }
    return state
  }

  /** The state, for which requests that come together ask one question. */
  async function read(now: number): Promise<State> {
    if (isFresh()) return kept!
    const others = coming
    if (others) {
      const state = await orNothing(others, patienceForOthers)
      if (state) return state
      // Workers stop the work of a client that went away.
      if (coming === others) coming = undefined
      return read(now)
    }
    const own = ask(now)
    coming = own
    return own.finally(() => {
      if (coming === own) coming = undefined
    })
  }

  return {
    /** Has the next request read the state. */
    lookAgain,

    /** Whether the store above would answer another state than when this was asked last. */
    hasChanged(): boolean {
      if (!isFresh()) return true
      const isSame = kept === seen
      seen = kept
      return !isSame
    },

    /** The store, with the state that is kept. */
    store: {
      ...onFailure(store, lookAgain),
      state: read,
      async revision() {
        const revision = await store.revision()
        if (revision !== kept?.revision) lookAgain()
        return revision
      },
    } satisfies ReleaseStore,

    /** Answers a request by `ask`, which is given the store above. */
    async answer(request: Request, ask: () => Promise<Response>): Promise<Response> {
      if (request.method === 'OPTIONS') return ask()
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        // Whoever publishes sees it here at once.
        return ask().finally(lookAgain)
      }
      const { headers, url } = request
      const isKnown = hasNothingNewer(headers, answered.get(url), states)
      const mayHaveNewer = !isKnown && !isForPage(headers)
      if (mayHaveNewer) await lookAfterNow()
      else if (!(isKnown && suffices(request)) && askedAt !== clock.now()) lookAgain()
      const from = isFresh() ? readAt : undefined
      const response = await ask()
      // While the store fails nothing came after the request.
      remember(request, response, mayHaveNewer && isFresh())
      tellAge(response.headers, from)
      return response
    },
  }

  /** `from` is the second of the state that it was answered from, unless that was read for it. */
  function tellAge(headers: Headers, from: number | undefined) {
    const maxAge = maxAgeOf(headers)
    if (from === undefined || maxAge === undefined) return
    const age = Math.min(clock.now() - from, maxAge)
    if (age > Number(headers.get('age') ?? 0)) headers.set('Age', String(age))
  }
}

/** A store that tells of questions that fail: it may be another than the state that is kept says. */
function onFailure(store: ReleaseStore, tell: () => void): ReleaseStore {
  const watched = Object.entries(store).map(([name, ask]) => [
    name,
    async (...what: never[]) => {
      try {
        return await (ask as (...what: never[]) => Promise<unknown>)(...what)
      } catch (error) {
        if (!(error instanceof DomainError)) tell()
        throw error
      }
    },
  ])
  return Object.fromEntries(watched) as ReleaseStore
}

/**
 * Whether a reader has only what was there when an address was answered. A tag may come back with an
 * edition that is like one before, but its date does not. Who says nothing of what it has may want what
 * no cache had before (RFC 9111 section 5.2.1.4); beside validators that means nothing, because `fetch`
 * in Node and in browsers adds no-cache by itself.
 */
function hasNothingNewer(headers: Headers, before: Answered | undefined, state: number): boolean {
  const since = headers.get('if-modified-since')
  if (!headers.has('if-none-match') && since === null) {
    const asked = `${headers.get('cache-control') ?? ''},${headers.get('pragma') ?? ''}`
    return !/no-cache|no-store|max-age=0\b/i.test(asked)
  }
  if (!before) return false
  const tags = tagsOf(headers)
  const [last] = before.tags
  const isLast = last !== undefined && before.of === state
  if (isLast && tags.length > 0 && tags.every((tag) => isSameTag(tag, last))) return true
  const areKnown = tags.every((tag) => before.tags.some((known) => isSameTag(tag, known)))
  return areKnown && (since === null || isNoLater(since, before.lastModified))
}

/** Whether a person waits for it in a browser: for a page or for what belongs to one. */
function isForPage(headers: Headers): boolean {
  return isOpenedInBrowser(headers) || (headers.get('sec-fetch-dest') ?? 'empty') !== 'empty'
}

/** What a reader has, also when it writes it badly. */
function tagsOf(headers: Headers): string[] {
  return (
    headers
      .get('if-none-match')
      ?.split(',')
      .map((tag) => tag.trim()) ?? []
  )
}

function isSameTag(one: string, other: string): boolean {
  return one === other || isNotModified({ get: () => one }, { etag: other, lastModified: 0 }, 0)
}

/** A date is the number of an edition, in all processes the same. */
function isNoLater(since: string, lastModified: string | null): boolean {
  if (lastModified === null) return false
  return since === lastModified || Date.parse(since) <= Date.parse(lastModified)
}

function sizeOfAnswered({ tags }: Answered): number {
  return tags.reduce((sum, tag) => sum + sizeOfText(tag), 200)
}

/** What is promised, or nothing when that takes longer than some milliseconds. */
async function orNothing<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function maxAgeOf(headers: Headers): number | undefined {
  const seconds = /\bmax-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
