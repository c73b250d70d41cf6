import type { Clock } from '../domain/clock.ts'
import type { ReleaseStore, State } from '../domain/release-store.ts'
import { longestKept } from './answer.ts'
import { isNotModified } from './conditional.ts'
import { isOpenedInBrowser } from './navigation.ts'

/** What was answered at an address from the state that is kept. */
type Answered = {
  etag: string
  lastModified: string | null
  /** Seconds for which caches may keep it. */
  maxAge: number
}

/** Strangers choose how an address is spelled, so there may be no end of spellings. */
const mostAnswered = 5000
const longestAddress = 300

/**
 * Keeps the state of the store in a process that is far from its database, so that a feed that is polled
 * again within max-age costs no question. It is a cache like those between us and readers, and answers
 * from it say their Age: whoever keeps them further never shows anything longer than max-age says in all
 * (H-18, H-20).
 *
 * From what is kept only that is answered which was answered from it before, to readers who have that or
 * say nothing of what they have: so nobody who has something newer from another process gets something
 * older. `told` hears of the revision of every state that is read.
 */
export function createKeptState(
  store: ReleaseStore,
  clock: Clock,
  told: (revision: number) => void = () => {},
) {
  let kept: State | undefined
  /** The one that `hasChanged` was asked about last. */
  let seen: State | undefined
  /** Second when the last state was asked for. */
  let readAt = 0
  // Questions are numbered as they begin: an answer that was overtaken by another, or by a change
  // that was made here, is not kept.
  let begun = 0
  let latest = 0
  const answered = new Map<string, Answered>()

  function isFresh(): boolean {
    const age = clock.now() - readAt
    return kept !== undefined && age >= 0 && age < longestKept && clock.now() < kept.until
  }

  function keep(state: State, at: number) {
    const isSame = kept?.revision === state.revision && kept.since === state.since
    if (!isSame) answered.clear()
    kept = state
    readAt = at
  }

  function lookAgain() {
    readAt = -Infinity
  }

  /** Whether what is kept is new enough for who asks. */
  function suffices({ url, headers }: Request): boolean {
    const before = answered.get(url)
    if (!before || clock.now() - readAt > before.maxAge) return false
    return !isOpenedInBrowser(headers) && hasNothingElse(headers, before)
  }

  function remember({ url, headers: asked }: Request, { headers }: Response) {
    const maxAge = maxAgeOf(headers)
    if (maxAge === undefined || url.length > longestAddress || isOpenedInBrowser(asked)) return
    if (answered.size >= mostAnswered) answered.clear()
    const lastModified = headers.get('last-modified')
    answered.set(url, { etag: headers.get('etag') ?? '', lastModified, maxAge })
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
      ...store,
      async state(now) {
        if (isFresh()) return kept!
        const number = ++begun
        const at = clock.now()
        const state = await store.state(now)
        told(state.revision)
        if (number > latest) {
          latest = number
          keep(state, at)
        }
        return state
      },
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
        return ask().finally(() => {
          latest = begun
          lookAgain()
        })
      }
      if (!suffices(request)) lookAgain()
      const from = isFresh() ? readAt : undefined
      const response = await ask()
      remember(request, response)
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

/**
 * Whether a reader has either that very answer or none that it speaks of. With none, it may want one that
 * no cache had before (RFC 9111 section 5.2.1.4). With one that means nothing: `fetch` in Node and in
 * browsers adds no-cache by itself to whatever has validators.
 */
function hasNothingElse(headers: Headers, { etag, lastModified }: Answered): boolean {
  if (headers.has('if-none-match')) return isNotModified(headers, { etag, lastModified: 0 }, 0)
  const since = headers.get('if-modified-since')
  if (since !== null) return since === lastModified
  const asked = `${headers.get('cache-control') ?? ''},${headers.get('pragma') ?? ''}`
  return !/no-cache|no-store|max-age=0\b/i.test(asked)
}

function maxAgeOf(headers: Headers): number | undefined {
  const seconds = /\bmax-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
