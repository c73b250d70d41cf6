import type { Addresses } from '../../domain/addresses.ts'
import { isUnderEmbargo } from '../../domain/embargo.ts'
import { allReleases, type FeedQuery } from '../../domain/feed-query.ts'
import type { Release } from '../../domain/release.ts'
import { formatUtc } from '../../domain/time.ts'
import type { Vocabulary } from '../../domain/topic.ts'
import { formatNames } from '../../feeds/formats.ts'

/** Whether a release is out, since when, and where, as its author is told. */
export function statusOf(
  release: Pick<Release, 'slug' | 'language' | 'topics' | 'published' | 'withdrawn'>,
  now: number,
  { addresses, vocabulary }: { addresses: Addresses; vocabulary: Vocabulary },
) {
  const { language, topics, published, withdrawn } = release
  const inFeeds = [...new Set(topics.flatMap((topic) => vocabulary.withBroader(topic)))]
  const questions: FeedQuery[] = [
    allReleases('all'),
    allReleases(language),
    ...inFeeds.toSorted().map((topic) => ({
      ...allReleases(language),
      topics: [{ with: [topic], without: [] }],
    })),
  ]
  const isToCome = isUnderEmbargo(published, now)
  return {
    state: isToCome ? 'scheduled' : withdrawn ? 'withdrawn' : 'public',
    since: formatUtc(withdrawn && !isToCome ? withdrawn.at : published),
    page: addresses.release(release),
    feeds: questions.map((query) =>
      Object.fromEntries(formatNames.map((format) => [format, addresses.feed(query, format)])),
    ),
  } as const
}
