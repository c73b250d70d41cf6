import { allReleases, type FeedQuery } from '../domain/feed-query.ts'
import type { ReleaseStore, TopicCount } from '../domain/release-store.ts'
import type { Retired } from '../domain/retirement.ts'
import { inLanguage } from '../domain/site.ts'
import type { Topic } from '../domain/topic.ts'
import { formatUtc } from '../domain/time.ts'
import { calendar, inEachFormat } from '../feeds/formats.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { ofWholeState, pathOf } from './question.ts'

/** The vocabulary with counts and the addresses of all feeds, for programs. */
export function vocabularyMeaning(
  { language }: { language: string },
  current: Current,
  store: Pick<ReleaseStore, 'countByTopic'>,
): Meaning {
  const address = current.addresses.vocabulary(language)
  return {
    key: address,
    address,
    subject: { kind: 'document', path: pathOf(address) },
    renderedAs: 'json',
    contentType: 'application/json',
    headers: () => ({}),
    ...ofWholeState(current, async () =>
      vocabularyDocument(language, await store.countByTopic(current), current),
    ),
  }
}

/** How often a topic is found in a language (`all`: in any), and the second of its newest release. */
export function countOf(
  topic: string,
  language: string,
  counts: TopicCount[],
): { releases: number; newest: number | undefined } {
  const found = ofTopic(topic, counts).filter((one) => {
    return language === 'all' || one.language === language
  })
  return {
    releases: found.reduce((sum, { count }) => sum + count, 0),
    newest: found.length > 0 ? Math.max(...found.map(({ newest }) => newest)) : undefined,
  }
}

const grouped = new WeakMap<TopicCount[], Map<string, TopicCount[]>>()

/** Those of a topic. Going through all of them for each of thousands of topics would take a second. */
function ofTopic(topic: string, counts: TopicCount[]): TopicCount[] {
  const topics = grouped.get(counts) ?? Map.groupBy(counts, (one) => one.topic)
  grouped.set(counts, topics)
  return topics.get(topic) ?? []
}

function retirementOf({ slug, retired }: Topic, { ended }: Retired) {
  if (!retired || !ended.has(slug)) return undefined
  const { at, until, replacedBy } = retired
  return { at: formatUtc(at), until: formatUtc(until), replacedBy }
}

function vocabularyDocument(language: string, counts: TopicCount[], current: Current): string {
  const { site, vocabulary, addresses, retired } = current
  const texts = language === 'all' ? site.languages[0]! : language
  const everything = allReleases(language)
  const feedsOf = (query: FeedQuery) => inEachFormat((format) => addresses.feed(query, format))
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
      calendar: addresses.feed(query, calendar.ending),
    }
  }
  const document = {
    title: inLanguage(site.title, texts, site),
    language,
    languages: site.languages,
    page: addresses.home(language),
    feeds: feedsOf(everything),
    calendar: addresses.feed(everything, calendar.ending),
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
