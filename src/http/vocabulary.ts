import type { FeedQuery } from '../domain/feed-query.ts'
import type { TopicCount } from '../domain/release-store.ts'
import type { Retired } from '../domain/retirement.ts'
import { inLanguage } from '../domain/site.ts'
import type { Topic } from '../domain/topic.ts'
import { formatUtc } from '../domain/time.ts'
import type { Current } from './services.ts'

/** How often a topic is found in a language (`all`: in any), and the second of its newest release. */
export function countOf(
  topic: string,
  language: string,
  counts: TopicCount[],
): { releases: number; newest: number | undefined } {
  const found = counts.filter((one) => {
    return one.topic === topic && (language === 'all' || one.language === language)
  })
  return {
    releases: found.reduce((sum, { count }) => sum + count, 0),
    newest: found.length > 0 ? Math.max(...found.map(({ newest }) => newest)) : undefined,
  }
}

function retirementOf({ slug, retired }: Topic, { ended }: Retired) {
  if (!retired || !ended.has(slug)) return undefined
  const { at, until, replacedBy } = retired
  return { at: formatUtc(at), until: formatUtc(until), replacedBy }
}

/** The vocabulary for machines, with counts and the addresses of every feed. */
export function vocabularyDocument(
  language: string,
  counts: TopicCount[],
  current: Current,
): string {
  const { site, vocabulary, addresses, retired } = current
  const texts = language === 'all' ? site.languages[0]! : language
  const everything: FeedQuery = { language, topics: [], words: [] }
  const feedsOf = (query: FeedQuery) => ({
    rss: addresses.feed(query, 'rss'),
    atom: addresses.feed(query, 'atom'),
    json: addresses.feed(query, 'json'),
  })
  const describe = (topic: Topic) => {
    const query = { ...everything, topics: [{ with: [topic.slug], without: [] }] }
    const { releases, newest } = countOf(topic.slug, language, counts)
    return {
      slug: topic.slug,
      label: inLanguage(topic.label, texts, site),
      labels: topic.label,
      description: topic.description && inLanguage(topic.description, texts, site),
      aliases: topic.aliases,
      broader: topic.broader,
      narrower: vocabulary.narrower(topic.slug).map(({ slug }) => slug),
      exactMatch: topic.exactMatch,
      closeMatch: topic.closeMatch,
      releases,
      newest: newest === undefined ? undefined : formatUtc(newest),
      retired: retirementOf(topic, retired),
      page: addresses.page(query),
      feeds: feedsOf(query),
    }
  }
  const document = {
    title: inLanguage(site.title, texts, site),
    language,
    languages: site.languages,
    page: addresses.home(language),
    feeds: feedsOf(everything),
    opml: addresses.opml(language),
    otherLanguages: [...site.languages, 'all']
      .filter((other) => other !== language)
      .map((other) => ({ language: other, topics: addresses.vocabulary(other) })),
    topics: [...vocabulary.topics.values()]
      .filter(({ slug }) => !retired.gone.has(slug))
      .map(describe),
  }
  return `${JSON.stringify(document)}\n`
}
