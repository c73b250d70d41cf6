import type { FormatName } from '../domain/addresses.ts'
import type { Edition } from '../domain/edition.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { endingOf } from '../domain/retirement.ts'
import type { StoredRelease } from '../domain/release-store.ts'
import { createFeed } from '../feeds/feed.ts'
import { formats } from '../feeds/formats.ts'
import type { Recipe } from './documents.ts'
import type { Current, Services } from './services.ts'

/** Releases in a feed: readers look at no fewer (C-08). */
const newest = 50
/** Beyond those, everything of this long before the newest, in seconds: nobody polls more rarely. */
const week = 7 * 86_400
/** Feedbin reads no more (C-04). */
const most = 300
/** Characters of text beyond which only the 50 newest stay (H-38). */
const target = 250_000
/** Bytes that no document may have: FreshRSS cuts what is longer (H-38). */
const largest = 3_145_728

/** How the document of a question comes about in a format. */
export function feedRecipe(
  query: FeedQuery,
  format: FormatName,
  current: Current,
  services: Services,
): Recipe {
  const { contentType } = formats[format]
  return {
    address: current.addresses.feed(query, format),
    contentType,
    kind: format,
    async lastModified() {
      const ending = endingOf(query.topics, current.retired, current.vocabulary)
      const changed = await services.store.lastModified(query, current, most)
      return Math.max(changed, ending?.at ?? 0)
    },
    isNoted: query.words.length === 0,
    async render() {
      const releases = headOf(await services.store.find(query, current, most))
      return renderWhole(query, format, releases, current, services)
    },
  }
}

/**
 * How the difference to an edition comes about: the feed with only what has changed since, as
 * readers ask for with `A-IM: feed` (RFC 3229). Its `oldest` is 0 if that is nothing or everything.
 */
export function deltaRecipe(
  query: FeedQuery,
  format: FormatName,
  edition: Edition,
  current: Current,
  services: Services,
): Recipe {
  const whole = feedRecipe(query, format, current, services)
  return {
    ...whole,
    // No address has a space, so this is never taken for one.
    address: `${whole.address} since ${edition.lastModified}`,
    isNoted: false,
    async render() {
      const releases = headOf(await services.store.find(query, current, most))
      const changed = releases.filter((release) => {
        return release.changed > edition.lastModified || release.published < edition.oldest
      })
      if (changed.length === 0 || changed.length === releases.length) return { body: '', oldest: 0 }
      return renderWhole(query, format, changed, current, services)
    },
  }
}

async function renderWhole(
  query: FeedQuery,
  format: FormatName,
  releases: StoredRelease[],
  current: Current,
  { store }: Services,
): Promise<{ body: string; oldest: number }> {
  const ending = endingOf(query.topics, current.retired, current.vocabulary)
  const slugs = [...new Set(releases.map(({ slug }) => slug))]
  const versions = await store.findVersions(slugs, current)
  for (let shown = releases; ; shown = shown.slice(0, Math.ceil(shown.length / 2))) {
    const body = formats[format].render(await createFeed(query, shown, versions, current, ending))
    const fits = body.length <= largest / 3 || new TextEncoder().encode(body).length <= largest
    if (fits || shown.length <= 1) return { body, oldest: shown.at(-1)?.published ?? 0 }
  }
}

/** The releases that stand in a feed: enough that nobody who polls once a week misses one. */
function headOf(releases: StoredRelease[]): StoredRelease[] {
  const oldest = (releases[0]?.published ?? 0) - week
  let size = 0
  return releases.filter(({ published, html }, index) => {
    size += html.length
    return index < newest || (published >= oldest && size <= target)
  })
}
