import { formatInterval, type Interval } from '../feeds/archive.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { releasesIn } from './archive.ts'
import type { FeedStore } from './feed-document.ts'
import { pageLinks } from './feed-links.ts'
import type { FeedTarget } from './feed.ts'
import { type ContentsStore, readContents } from './pages/contents.ts'
import { feedPreview } from './pages/feed-preview.ts'
import { checkLength, endingOrGone, ofWholeState, pagePolicy, pathOf } from './question.ts'

/** The page that a person gets who opens a feed or an archive of one in a browser (V-03). */
export function feedPageMeaning(
  { query, format, renamed, interval }: FeedTarget & { interval?: Interval | undefined },
  current: Current,
  store: FeedStore & ContentsStore,
): Meaning {
  const { addresses } = current
  const head = addresses.feed(query, format)
  checkLength(head)
  const address = interval ? addresses.archive(query, formatInterval(interval), format) : head
  if (renamed) return { movedTo: address }
  endingOrGone(query, current)
  return {
    // No address has a space, so this is never taken for the feed.
    key: `${address} as page`,
    address,
    subject: { kind: 'page', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    isForPersons: true,
    headers: () => ({
      'x-robots-tag': 'noindex',
      'content-security-policy': pagePolicy,
      link: pageLinks(query, addresses.page(query), current),
    }),
    ...ofWholeState(current, async () => {
      const contents = await readContents(query, undefined, store, current)
      const shown = interval && (await releasesIn(query, interval, current, store))
      // An archive has its own releases, and no others.
      const contained = shown
        ? { ...contents, releases: shown, months: [], hasMore: false }
        : contents
      const opened = { query, format, address, head: interval && head }
      return String(await feedPreview(opened, contained, current))
    }),
  }
}
