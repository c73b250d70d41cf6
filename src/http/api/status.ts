import type { Addresses } from '../../domain/addresses.ts'
import { isUnderEmbargo } from '../../domain/embargo.ts'
import { allReleases, type FeedQuery } from '../../domain/feed-query.ts'
import type { Release } from '../../domain/release.ts'
import { retiredAt } from '../../domain/retirement.ts'
import { formatUtc } from '../../domain/time.ts'
import { inOrderOfTerms, termFor } from '../../domain/term.ts'
import { presentPublisher, type Site } from '../../domain/site.ts'
import type { Vocabulary } from '../../domain/topic.ts'
import { formatNames } from '../../feeds/formats.ts'

/** Whether a release is out, since when, and where, as its author is told. */
export function statusOf(
  release: Pick<
    Release,
    | 'slug'
    | 'language'
    | 'topics'
    | 'publisher'
    | 'kind'
    | 'url'
    | 'published'
    | 'withdrawn'
    | 'draft'
  >,
  now: number,
  { addresses, site, vocabulary }: { addresses: Addresses; site: Site; vocabulary: Vocabulary },
) {
  const { language, topics, publisher, kind, published, withdrawn, draft } = release
  const { gone } = retiredAt(site, vocabulary.topics.values(), now)
  const named = topics.flatMap((topic) => vocabulary.resolve(topic)?.slug ?? [])
  const issuer = presentPublisher(publisher, site)
  const terms = inOrderOfTerms([
    ...named.flatMap((topic) => vocabulary.withBroader(topic)),
    ...(issuer === undefined ? [] : [termFor('publisher', issuer)]),
    termFor('kind', kind),
  ]).filter((term) => !gone.has(term))
  const questions: FeedQuery[] = [
    allReleases('all'),
    allReleases(language),
    ...terms.map((term) => ({
      ...allReleases(language),
      topics: [{ with: [term], without: [] }],
    })),
  ]
  const isToCome = isUnderEmbargo(published, now)
  return {
    state: draft ? 'draft' : withdrawn ? 'withdrawn' : isToCome ? 'scheduled' : 'public',
    since: formatUtc(withdrawn && !draft ? withdrawn.at : published),
    page: addresses.release(release),
    feeds: questions.map((query) =>
      Object.fromEntries(formatNames.map((format) => [format, addresses.feed(query, format)])),
    ),
  } as const
}
