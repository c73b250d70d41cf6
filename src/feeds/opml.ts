import { allReleases } from '../domain/feed-query.ts'
import type { Retired } from '../domain/retirement.ts'
import { inLanguage } from '../domain/site.ts'
import { partTerm, type Term } from '../domain/term.ts'
import type { Topic } from '../domain/topic.ts'
import type { FeedContext } from './feed.ts'
import { preferredFormat } from './formats.ts'
import { labelOf, titleOf } from './question-in-words.ts'
import { declaration, element, textElement } from './xml.ts'

/**
 * What an OPML document is of. `topics`: terms that were ticked, none for everything, which has also `others`,
 * publishers and kinds.
 */
export type Selection = { language: string; topics: Term[]; others: Term[] }

/**
 * The feeds of a language that go on as OPML 2.0 (O-06): those that were ticked one by one, or all of them,
 * narrower topics below the broader one. `modified` is in seconds.
 */
export function renderOpml(
  { language, topics: ticked, others }: Selection,
  modified: number,
  retired: Retired,
  context: FeedContext,
): string {
  const { site, vocabulary, addresses } = context
  const texts = language === 'all' ? site.languages[0]! : language
  const feed = (term?: Term) => {
    const topics = term === undefined ? [] : [{ with: [term], without: [] }]
    const query = { ...allReleases(language), topics }
    const topic = term === undefined ? undefined : vocabulary.topics.get(term)
    return {
      type: 'rss',
      text: term === undefined ? titleOf(query, context) : labelOf(term, texts, context),
      title: titleOf(query, context),
      description: topic?.description ? inLanguage(topic.description, texts, site) : undefined,
      language: texts,
      category: topic && `/${vocabulary.withBroader(topic.slug).toReversed().join('/')}`,
      xmlUrl: addresses.feed(query, preferredFormat),
      htmlUrl: addresses.page(query),
    }
  }
  const outline = (topic: Topic): string =>
    element(
      'outline',
      feed(topic.slug),
      ...vocabulary.narrower(topic.slug).filter(goesOn).map(outline),
    )
  const alone = (term: Term) => element('outline', feed(term))
  const goesOn = ({ slug }: Topic) => !retired.ended.has(slug)
  const topics = [...vocabulary.topics.values()].filter(goesOn)
  const top = topics.filter(({ broader }) => !broader || retired.ended.has(broader))
  const chosen = [
    ...topics.map(({ slug }) => slug).filter((slug) => ticked.includes(slug)),
    ...ticked.filter((term) => partTerm(term).sort !== 'topic' && !retired.ended.has(term)),
  ]
  const outlines =
    ticked.length > 0
      ? chosen.map(alone)
      : [element('outline', feed()), ...top.map(outline), ...others.map(alone)]
  const head = element(
    'head',
    {},
    textElement('title', inLanguage(site.title, texts, site)),
    textElement('dateModified', new Date(modified * 1000).toUTCString()),
  )
  const body = element('body', {}, '\n', outlines.join('\n'), '\n')
  return `${declaration}${element('opml', { version: '2.0' }, '\n', head, '\n', body, '\n')}\n`
}
