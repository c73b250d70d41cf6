import type { FeedQuery } from '../domain/feed-query.ts'
import type { Ending } from '../domain/retirement.ts'
import { type FormatName, formats } from '../feeds/formats.ts'
import { headWalks } from '../feeds/window.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import {
  type FeedStore,
  findHead,
  findInterval,
  findPlaces,
  load,
  renderDocument,
} from './feed-document.ts'
import { feedLinks } from './feed-links.ts'
import { checkLength, documentPolicy, endingOrGone, pathOf } from './question.ts'

export type FeedTarget = { query: FeedQuery; format: FormatName; renamed: boolean }

/** The feed of a question: its newest releases, which lead on to archives. */
export function feedMeaning(
  { query, format, renamed }: FeedTarget,
  current: Current,
  store: FeedStore,
): Meaning {
  const { addresses } = current
  const address = addresses.feed(query, format)
  checkLength(address)
  if (renamed) return { movedTo: address }
  const ending = endingOrGone(query, current)
  const input = { query, format, current, store }
  return {
    key: address,
    address,
    subject: { kind: 'feed', format, path: pathOf(address) },
    renderedAs: format,
    contentType: formats[format].contentType,
    headers: ({ previous }) => ({
      ...feedHeaders(ending),
      link: feedLinks(query, format, { previous: previous || undefined }, ending, current),
    }),
    async lastModified() {
      const usual = await store.lastModified(query, current, headWalks())
      // Of a search every change of the store counts, and nothing was looked for yet.
      const isFar = query.words.length === 0 && (await findPlaces(input)).isFar
      const changed = isFar ? await store.lastModified(query, current, headWalks(isFar)) : usual
      return Math.max(changed, ending?.at ?? 0)
    },
    isToKeep: query.words.length === 0,
    async render() {
      const head = await findHead(input)
      const previous = head.next && (await findInterval(input, head.next, head))
      return renderDocument(input, await load(input, head.places), { previous })
    },
  }
}

/** What is said beside every document of a feed. */
export function feedHeaders(ending: Ending | undefined): Record<string, string> {
  return {
    ...(ending && {
      deprecation: `@${ending.at}`,
      sunset: new Date(ending.until * 1000).toUTCString(),
    }),
    'x-robots-tag': 'noindex',
    'content-security-policy': documentPolicy,
  }
}
