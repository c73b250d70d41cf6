import { allReleases, type FeedQuery } from '../domain/feed-query.ts'
import type { ReleaseStore, TopicCount } from '../domain/release-store.ts'
import type { Retired } from '../domain/retirement.ts'
import { type Kind, kinds } from '../domain/kind.ts'
import { inLanguage, type Publisher } from '../domain/site.ts'
import { type Term, termFor } from '../domain/term.ts'
import type { Topic } from '../domain/topic.ts'
import { formatUtc } from '../domain/time.ts'
import { calendar, inEachFormat } from '../feeds/formats.ts'
import { labelOf } from '../feeds/question-in-words.ts'
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

/** How often a term is found in a language (`all`: in any), and the second of its newest release. */
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

/**
 * Publishers that go on and kinds, as far as there are several that have releases: the only one would find everything.
 */
export function otherTerms(
  { site, retired }: Pick<Current, 'site' | 'retired'>,
  counts: TopicCount[],
): Term[] {
  const used = (terms: Term[]) => {
    const some = terms.filter((term) => ofTopic(term, counts).length > 0)
    return some.length > 1 ? some : []
  }
  const publishers = Object.keys(site.publishers).map((slug) => termFor('publisher', slug))
  return [
    ...used(publishers).filter((term) => !retired.ended.has(term)),
    ...used(kinds.map((kind) => termFor('kind', kind))),
  ]
}

function retirementOf(term: Term, { ended }: Retired) {
  const retired = ended.get(term)
  if (!retired) return undefined
  const { at, until, replacedBy } = retired
  return { at: formatUtc(at), until: formatUtc(until), replacedBy }
}

function vocabularyDocument(language: string, counts: TopicCount[], current: Current): string {
  const { site, vocabulary, addresses, retired } = current
  const texts = language === 'all' ? site.languages[0]! : language
  const everything = allReleases(language)
  const feedsOf = (query: FeedQuery) => inEachFormat((format) => addresses.feed(query, format))
  /** What is said of every term behind its names. */
  const describeTerm = (term: Term) => {
    const query = { ...everything, topics: [{ with: [term], without: [] }] }
    const { releases, newest } = countOf(term, language, counts)
    return {
      releases,
      newest: newest === undefined ? undefined : formatUtc(newest),
      retired: retirementOf(term, retired),
      page: addresses.page(query),
      feeds: feedsOf(query),
      calendar: addresses.feed(query, calendar.ending),
    }
  }
  const describeTopic = (topic: Topic) => {
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
      ...describeTerm(topic.slug),
    }
  }
  const describePublisher = ([slug, { name, url }]: [string, Publisher]) => {
    const term = termFor('publisher', slug)
    const label = inLanguage(name, texts, site)
    return { slug, term, label, labels: name, url, ...describeTerm(term) }
  }
  const describeKind = (kind: Kind) => {
    const term = termFor('kind', kind)
    return { slug: kind, term, label: labelOf(term, texts, current), ...describeTerm(term) }
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
      .map(describeTopic),
    publishers: Object.entries(site.publishers)
      .filter(([slug]) => !retired.gone.has(termFor('publisher', slug)))
      .map(describePublisher),
    kinds: kinds.map(describeKind),
  }
  return `${JSON.stringify(document)}\n`
}
