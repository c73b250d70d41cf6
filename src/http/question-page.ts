import type { FeedQuery } from '../domain/feed-query.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { pageLinks } from './feed-links.ts'
import { type ContentsStore, type MonthPage, readContents } from './pages/contents.ts'
import { questionPage } from './pages/feed-preview.ts'
import { checkLength, endingOrGone, ofWholeState, pagePolicy, pathOf } from './question.ts'

export type PageTarget = { query: FeedQuery; renamed: boolean; monthPage?: MonthPage }

/** The page of a question: of its newest releases, or of those of a month. */
export function questionPageMeaning(
  { query, renamed, monthPage }: PageTarget,
  current: Current,
  store: ContentsStore,
): Meaning {
  const { addresses } = current
  const address = monthPage
    ? addresses.month(query, monthPage.name, monthPage.page)
    : addresses.page(query)
  checkLength(address)
  if (renamed) return { movedTo: address }
  endingOrGone(query, current)
  return {
    key: address,
    address,
    subject: { kind: 'page', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    headers: () => ({
      'content-security-policy': pagePolicy,
      link: pageLinks(query, address, current),
    }),
    ...ofWholeState(current, async () => {
      const contents = await readContents(query, monthPage, store, current)
      return String(await questionPage(query, contents, current))
    }),
    isToKeep: query.words.length === 0 && !monthPage,
  }
}
