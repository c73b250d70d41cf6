import type { Retired } from '../domain/retirement.ts'
import { inLanguage } from '../domain/site.ts'
import type { Topic } from '../domain/topic.ts'
import { type Press, titleOf } from './feed.ts'
import { declaration, element, textElement } from './xml.ts'

/**
 * Every topic feed of a language that goes on as OPML 2.0, narrower topics below the broader one (O-06).
 * `modified` is in seconds.
 */
export function renderOpml(
  language: string,
  modified: number,
  retired: Retired,
  press: Press,
): string {
  const { site, vocabulary, addresses } = press
  const texts = language === 'all' ? site.languages[0]! : language
  const feed = (topic?: Topic) => {
    const query = {
      language,
      topics: topic ? [{ with: [topic.slug], without: [] }] : [],
      words: [],
    }
    return {
      type: 'rss',
      text: topic ? inLanguage(topic.label, texts, site) : titleOf(query, press),
      title: titleOf(query, press),
      description: topic?.description ? inLanguage(topic.description, texts, site) : undefined,
      language: texts,
      xmlUrl: addresses.feed(query, 'atom'),
      htmlUrl: addresses.page(query),
    }
  }
  const outline = (topic: Topic): string =>
    element('outline', feed(topic), ...vocabulary.narrower(topic.slug).filter(goesOn).map(outline))
  const goesOn = ({ slug }: Topic) => !retired.ended.has(slug)
  const topics = [...vocabulary.topics.values()].filter(goesOn)
  const top = topics.filter(({ broader }) => !broader || retired.ended.has(broader))
  const head = element(
    'head',
    {},
    textElement('title', inLanguage(site.title, texts, site)),
    textElement('dateModified', new Date(modified * 1000).toUTCString()),
  )
  const body = element(
    'body',
    {},
    '\n',
    [element('outline', feed()), ...top.map(outline)].join('\n'),
    '\n',
  )
  return `${declaration}${element('opml', { version: '2.0' }, '\n', head, '\n', body, '\n')}\n`
}
