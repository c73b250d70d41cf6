import { type Addresses, createAddresses } from '../domain/addresses.ts'
import type { Clock } from '../domain/clock.ts'
import {
  endedTerm,
  type HubFeed,
  type HubNews,
  type HubPosition,
  type HubRelease,
  type HubStore,
  type HubTopic,
} from '../domain/hub-store.ts'
import type { ReleaseStore, State } from '../domain/release-store.ts'
import { endingOf, isEndedBy } from '../domain/retirement.ts'
import { createTerms, type Term, type Terms } from '../domain/term.ts'
import { anyOf, type Group } from '../domain/topic-expression.ts'
import { anchorsOf, anything, hasRelease, termsOf } from './matching.ts'
import type { Standing } from './push.ts'

/**
 * Seconds before the last look in which something may have become public after it: a change takes a free second, which
 * may be an earlier one than that of its commit, and a commit may end after an embargo did (W-46).
 */
const overlap = 600

/** Seconds after which a hub that nobody uses begins anew. */
const longAgo = 86_400

export type FanOutParts = {
  store: HubStore
  releases: Pick<ReleaseStore, 'state' | 'countByTopic'>
  /** Public origin, without a slash at its end. */
  baseUrl: string
  clock: Clock
}

/** A feed that is altered: by news after a number and up to `altered`. Before it was `before`. */
export type Altered = HubFeed & { before: number; after: number }

/** What a look came to. */
export type Look = {
  standing: Standing
  altered: Altered[]
  /** Whether any feed is at another address, or is no more. */
  haveMoved: boolean
}

/** Finds what is new by looking, writes it into the journal, and finds the feeds that it is in. */
export class FanOut {
  readonly #parts: FanOutParts
  readonly #name: string
  #position: HubPosition | undefined
  #last: Promise<unknown> = Promise.resolve()
  #seen: Standing | undefined
  /** What the addresses of feeds belong to: the second of the frame, and how many terms are gone. */
  #frame = ''

  /** `name` is that of the process that leads. */
  constructor(parts: FanOutParts, name: string) {
    this.#parts = parts
    this.#name = name
  }

  /** Begins where the last leader stood. */
  begin(position: HubPosition) {
    this.#position = position
    this.#seen = undefined
    this.#frame = ''
  }

  /**
   * Does what makes the feed of a topic. What is found afterwards counts for it. Answers undefined if the topic was
   * renamed or went since it was asked for: then the next look moves or ends the feed, and takes up what is owed.
   */
  async withoutLooking<T>(topic: HubTopic, work: () => Promise<T>): Promise<T | undefined> {
    return this.#inTurn(async () => {
      const done = await work()
      this.#position!.feeds++
      const state = this.#seen?.state
      const present = state && presentTopic(topic, wordsOf(state, this.#parts.baseUrl))
      if (present?.address === topic.address) return done
      this.#frame = ''
      return undefined
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** The state and the number that the last look came to. */
  get standing(): Standing | undefined {
    return this.#seen
  }

  /** Looks at what is public now. Throws if another process is at it. */
  async look(): Promise<Look> {
    return this.#inTurn(() => this.#look())
  }

  async #look(): Promise<Look> {
    const { store, releases, clock } = this.#parts
    const position = this.#position!
    const state = await releases.state(clock.now())
    const before = this.#seen
    if (before && this.#frame && isSame(before.state, state)) {
      return { standing: before, altered: [], haveMoved: false }
    }
    // Where nobody ever subscribed, or does after a long time, nothing is news.
    const isLongAgo = position.looked < state.since - longAgo
    if (position.looked === 0 || (isLongAgo && !(await store.isUsed()))) {
      this.#position = await store.seed(state, state.since - overlap)
    }
    const haveMoved = await this.#moveFeeds(state)
    const altered: Altered[] = []
    for (let isMore = true; isMore;) isMore = await this.#lookOnce(state, altered)
    this.#seen = { state, number: this.#position!.number }
    return { standing: this.#seen, altered, haveMoved }
  }

  /** Takes up what is new, or a part of it. Returns whether there may be more. */
  async #lookOnce(state: State, altered: Altered[]): Promise<boolean> {
    const { store, clock, baseUrl } = this.#parts
    const position = this.#position!
    // After a clock that was ahead was mended, what was looked at last is dated later than all there is.
    const looked = Math.min(position.looked, state.since)
    const found = await store.unknownReleases(state, looked - overlap)
    const ended = Array.from(state.retired.ended, ([term, { at }]) => ({ term, at }))
    const { terms } = wordsOf(state, baseUrl)
    // A term may have ended under another name.
    const known = new Set(
      (await store.endings()).map(({ term, at }) => {
        return endingName(terms.resolve(term)?.term ?? term, at)
      }),
    )
    const newlyEnded = ended.filter(({ term, at }) => !known.has(endingName(term, at)))
    const endedTerms = newlyEnded.map(({ term }) => term)
    const news: HubNews[] = [
      ...found.map(({ id, updated }) => ({ subject: id, updated })),
      ...newlyEnded.map(({ term, at }) => ({ subject: endedTerm(term), updated: at })),
    ]
    const { number } = position
    const feeds = [
      ...(await this.#feedsWith(found, state, number)),
      ...(await this.#feedsEndedBy(endedTerms, state, number + found.length, newlyEnded.length)),
    ]
    if (news.length === 0 && position.looked === state.since) return false
    const isMore = found.length > 0
    const lookedAt = isMore ? position.looked : state.since
    await store.record({
      name: this.#name,
      position,
      looked: lookedAt,
      news,
      altered: new Map(feeds.map(({ id, altered: number }) => [id, number])),
      now: clock.now(),
    })
    altered.push(...feeds)
    this.#position = { ...position, looked: lookedAt, number: position.number + news.length }
    return isMore
  }

  /** The feeds that have any of some releases, which get the numbers after `before`. */
  async #feedsWith(found: HubRelease[], state: State, before: number): Promise<Altered[]> {
    const feeds = new Map<number, Altered>()
    const looked = found.map((release, index) => ({
      release,
      number: before + 1 + index,
      terms: termsOf(release, state),
    }))
    for (const [language, some] of Map.groupBy(looked, ({ release }) => release.language)) {
      const terms = new Set(some.flatMap((one) => [...one.terms]))
      for (const feed of await this.#parts.store.feedsAt([anything, ...terms], language)) {
        const inIt = some.filter(({ release, terms: under }) => {
          return hasRelease(feed.query, release, under)
        })
        const numbers = inIt.map(({ number }) => number)
        if (numbers.length > 0) feeds.set(feed.id, join(feed, numbers, feeds.get(feed.id)))
      }
    }
    return [...feeds.values()]
  }

  /** The feeds that end because some terms have, which have the news after a number. They are few, and so are such events. */
  async #feedsEndedBy(
    terms: Term[],
    { retired }: State,
    after: number,
    count: number,
  ): Promise<Altered[]> {
    if (terms.length === 0) return []
    const feeds = await this.#parts.store.feeds()
    return feeds
      .filter(({ query }) => isEndedBy(query.topics, terms, retired))
      .map((feed) => join(feed, [after + 1, after + count]))
  }

  /** Brings feeds to the addresses that they have now, and ends those that have none. Answers whether there were any. */
  async #moveFeeds(state: State): Promise<boolean> {
    const frame = `${state.frameSince} ${state.retired.gone.size}`
    if (frame === this.#frame) return false
    let haveMoved = false
    const { store, baseUrl, clock, releases } = this.#parts
    const words = wordsOf(state, baseUrl)
    for (const feed of await store.feeds()) {
      const topic = presentTopic(feed, words)
      if (!topic) {
        haveMoved = true
        await store.endFeed(feed.id, clock.now())
        this.#position!.feeds++
        continue
      }
      if (topic.address === feed.address) continue
      haveMoved = true
      await store.moveFeed(feed.id, topic, anchorsOf(topic.query, await countsOf(releases, state)))
      this.#position!.feeds++
    }
    this.#frame = frame
    return haveMoved
  }
}

/** What stands for one end of a term: that may begin again, and end again. */
function endingName(term: Term, at: number): string {
  return `${term} ${at}`
}

/** A feed with news of some numbers beside those that were found before. */
function join(feed: HubFeed, numbers: number[], found?: Altered): Altered {
  const before = found?.before ?? feed.altered
  const after = Math.min(...numbers.map((number) => number - 1), found?.after ?? Infinity)
  const altered = Math.max(...numbers, found?.altered ?? 0)
  return { ...feed, before, after, altered }
}

function isSame(one: State, other: State): boolean {
  return (
    one.revision === other.revision && one.since === other.since && one.horizon === other.horizon
  )
}

/** What topics are called at present. */
type Words = { state: State; addresses: Addresses; terms: Terms }

function wordsOf(state: State, baseUrl: string): Words {
  const { site, vocabulary } = state
  return { state, addresses: createAddresses(baseUrl, site), terms: createTerms(site, vocabulary) }
}

/** A topic as it is called now; undefined if it is no more. */
function presentTopic(topic: HubTopic, { state, addresses, terms }: Words): HubTopic | undefined {
  const query = presentQuery(topic, terms, state)
  if (!query || endingOf(query.topics, state.retired)?.isGone) return undefined
  const { format } = topic
  return { address: addresses.feed(query, format), query, format }
}

/** The question of a feed in the terms of now; undefined where one of them, or the language, is no more. */
function presentQuery({ query }: HubTopic, terms: Terms, { site }: State) {
  const { language, topics } = query
  if (language !== 'all' && !site.languages.includes(language)) return undefined
  const present = (term: Term) => terms.resolve(term)?.term
  const groups = topics.map((group) => ({
    with: group.with.map(present),
    without: group.without.map(present),
  }))
  const isWhole = groups.every((group) => ![...group.with, ...group.without].includes(undefined))
  return isWhole ? { ...query, topics: anyOf([groups as Group[]]) } : undefined
}

const counts = new WeakMap<State, Promise<(term: Term) => number>>()

/** How many releases a term has, in all languages together. They are counted once for a state. */
export function countsOf(
  releases: Pick<ReleaseStore, 'countByTopic'>,
  state: State,
): Promise<(term: Term) => number> {
  const known = counts.get(state)
  if (known) return known
  const counting = countTerms(releases, state)
  counts.set(state, counting)
  return counting
}

async function countTerms(releases: Pick<ReleaseStore, 'countByTopic'>, state: State) {
  const found = new Map<Term, number>()
  for (const { topic, count } of await releases.countByTopic(state)) {
    found.set(topic, (found.get(topic) ?? 0) + count)
  }
  return (term: Term) => found.get(term) ?? 0
}
