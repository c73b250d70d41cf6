import type { HubTopic } from '../domain/hub-store.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import { createAddresses } from '../domain/addresses.ts'
import { endingOf, isEndedBy } from '../domain/retirement.ts'
import { createTerms } from '../domain/term.ts'
import { createFeed } from '../feeds/feed.ts'
import { type FormatName, formats } from '../feeds/formats.ts'
import type { News, Push, PushDocuments } from '../websub/push.ts'
import type { Current } from './answers/state.ts'
import { findHead, findInterval, load } from './feed-document.ts'
import { feedMeaning } from './feed.ts'
import { feedLinks } from './feed-links.ts'

type Parts = {
  store: ReleaseStore
  /** Public origin, without a slash at its end. */
  baseUrl: string
  /** Whether feeds announce the hub. */
  hasHub: boolean
}

/** What the hub sends of feeds, as their own documents would say it. */
export function createPushDocuments({ store, baseUrl, hasHub }: Parts): PushDocuments {
  return {
    async render({ query, format }, { keys, ended }, state) {
      const terms = createTerms(state.site, state.vocabulary)
      // They may have had other names when they ended.
      const news = { keys, ended: ended.map((term) => terms.resolve(term)?.term ?? term) }
      const addresses = createAddresses(baseUrl, state.site, hasHub)
      const current: Current = { ...state, addresses, isFailing: false }
      const input = { query, format: format as FormatName, current, store }
      const made = formats[input.format].isPushedWhole
        ? await renderWhole(input, news)
        : await renderNews(input, news)
      if (!made) return undefined
      const { contentType } = formats[input.format]
      const links = linksOf(input, made.previous)
      // While no more subscriptions are taken, feeds announce no hub, and WebSub still asks for it here.
      const link = hasHub ? links : `<${baseUrl}/hub>; rel="hub", ${links}`
      return { body: new TextEncoder().encode(made.body), contentType, link } satisfies Push
    },
  }
}

type Input = { query: HubTopic['query']; format: FormatName; current: Current; store: ReleaseStore }

/** The document as a reader gets it, if it has anything that is new (W-40). */
async function renderWhole(input: Input, { keys, ended }: News) {
  const { places } = await findHead(input)
  const hasNews =
    places.some(({ key }) => keys.includes(key)) ||
    isEndedBy(input.query.topics, ended, input.current.retired)
  if (!hasNews) return undefined
  const recipe = feedMeaning({ ...input, renamed: false }, input.current, input.store)
  if ('movedTo' in recipe) return undefined
  const made = await recipe.render()
  return 'body' in made ? { body: made.body, previous: made.previous ?? '' } : undefined
}

/** The feed with those of its entries alone that are new (W-40, W-41). */
async function renderNews(input: Input, { keys, ended }: News) {
  const { query, format, current, store } = input
  const head = await findHead(input)
  const wanted = new Set(keys)
  const places = head.places.filter(({ key }) => wanted.has(key))
  const isEnded = isEndedBy(query.topics, ended, current.retired)
  if (places.length === 0 && !isEnded) return undefined
  const previous = head.next && (await findInterval(input, head.next, head))
  const releases = await load(input, places)
  const relations = await store.findRelations(releases, current)
  const feed = createFeed(query, releases, relations, current, {
    archiveLinks: { previous },
    ending: endingOf(query.topics, current.retired),
  })
  const entries = isEnded || !feed.hasEnded ? feed.entries : feed.entries.slice(1)
  const updated = Math.max(feed.updated, head.latest)
  return { body: formats[format].render({ ...feed, updated, entries }), previous: previous ?? '' }
}

function linksOf({ query, format, current }: Input, previous: string): string {
  const ending = endingOf(query.topics, current.retired)
  return feedLinks(query, format, { previous: previous || undefined }, ending, current)
}
