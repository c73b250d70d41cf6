import { allReleases } from '../domain/feed-query.ts'
import type { Retired } from '../domain/retirement.ts'
import { inLanguage } from '../domain/site.ts'
import type { Topic } from '../domain/topic.ts'
import { type FeedContext, titleOf } from './feed.ts'
import { preferredFormat } from './formats.ts'
import { declaration, element, textElement } from './xml.ts'

/** What an OPML document is of. `topics`: slugs of those that were ticked, none for everything. */
export type Selection = { language: string; topics: string[] }

/**
 * The topic feeds of a language that go on as OPML 2.0 (O-06): those that were ticked one by one, or
 * all of them, narrower topics below the broader one. `modified` is in seconds.
 */
export function renderOpml(
  { language, topics: ticked }: Selection,
  modified: number,
  retired: Retired,
  context: FeedContext,
): string {
  const { site, vocabulary, addresses } = context
  const texts = language === 'all' ? site.languages[0]! : language
  const feed = (topic?: Topic) => {
    const topics = topic ? [{ with: [topic.slug], without: [] }] : []
    const query = { ...allReleases(language), topics }
    return {
      type: 'rss',
      text: topic ? inLanguage(topic.label, texts, site) : titleOf(query, context),
      title: titleOf(query, context),
      description: topic?.description ? inLanguage(topic.description, texts, site) : undefined,
      language: texts,
      category: topic && `/${vocabulary.withBroader(topic.slug).toReversed().join('/')}`,
      xmlUrl: addresses.feed(query, preferredFormat),
      htmlUrl: addresses.page(query),
    }
  }
  const outline = (topic: Topic): string =>
    element('outline', feed(topic), ...vocabulary.narrower(topic.slug).filter(goesOn).map(outline))
  const goesOn = ({ slug }: Topic) => !retired.ended.has(slug)
  const topics = [...vocabulary.topics.values()].filter(goesOn)
  const top = topics.filter(({ broader }) => !broader || retired.ended.has(broader))
  const outlines =
    ticked.length > 0
      ? topics
          .filter(({ slug }) => ticked.includes(slug))
          .map((topic) => element('outline', feed(topic)))
      : [element('outline', feed()), ...top.map(outline)]
  const head = element(
    'head',
    {},
    textElement('title', inLanguage(site.title, texts, site)),
    textElement('dateModified', new Date(modified * 1000).toUTCString()),
  )
  const body = element('body', {}, '\n', outlines.join('\n'), '\n')
  return `${declaration}${element('opml', { version: '2.0' }, '\n', head, '\n', body, '\n')}\n`
}
