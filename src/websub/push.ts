import type { HubStore, HubTopic, NewsRange } from '../domain/hub-store.ts'
import type { State } from '../domain/release-store.ts'
import { cacheSizes, createRemembered } from '../domain/remembered.ts'
import type { Term } from '../domain/term.ts'

/** What is sent to a subscriber. */
export type Push = { body: Uint8Array<ArrayBuffer>; contentType: string; link: string }

/** What of a feed is new to somebody: keys of releases, and terms that ended. */
export type News = { keys: number[]; ended: Term[] }

/** Who makes pushes of feeds. */
export type PushDocuments = {
  /** Undefined if a feed has nothing of what is new. */
  render(topic: HubTopic, news: News, state: State): Promise<Push | undefined>
}

/** Where the distribution stands: what is sent is of this state, and tells of all news up to this number. */
export type Standing = { state: State; number: number }

/** Makes each push once for all subscribers of a feed that were told equally much (W-51). */
export class Pushes {
  readonly #store: HubStore
  readonly #documents: PushDocuments
  readonly #kept = createRemembered(cacheSizes.pushes, (push: Push | 'nothing') =>
    push === 'nothing' ? 0 : push.body.length + push.link.length,
  )
  readonly #news = createRemembered(cacheSizes.news, (news: News) => 8 * news.keys.length)
  readonly #making = new Map<string, Promise<Push | undefined>>()

  constructor(store: HubStore, documents: PushDocuments) {
    this.#store = store
    this.#documents = documents
  }

  /** What is new in a feed, among the news in some ranges. */
  async of(
    topic: HubTopic,
    ranges: NewsRange[],
    { state, number }: Standing,
  ): Promise<Push | undefined> {
    const key = `${state.revision} ${state.since} ${number} ${ranges.join(' ')} ${topic.address}`
    const kept = this.#kept.get(key)
    if (kept) return kept === 'nothing' ? undefined : kept
    const others = this.#making.get(key)
    if (others) return others
    const making = this.#make(topic, ranges, { state, number })
    this.#making.set(key, making)
    try {
      const push = await making
      this.#kept.set(key, push ?? 'nothing')
      return push
    } finally {
      this.#making.delete(key)
    }
  }

  async #make(topic: HubTopic, ranges: NewsRange[], { state, number }: Standing) {
    const key = `${state.revision} ${state.since} ${number} ${ranges.join(' ')}`
    let news = this.#news.get(key)
    if (!news) this.#news.set(key, (news = await this.#store.news(state, ranges)))
    if (news.keys.length + news.ended.length === 0) return undefined
    return this.#documents.render(topic, news, state)
  }
}
