import { html } from 'hono/html'
import { allReleases, type FeedQuery } from '../../domain/feed-query.ts'
import type { TopicCount } from '../../domain/release-store.ts'
import { publisherOf } from '../../domain/site.ts'
import { ofSort, partTerm, type Term } from '../../domain/term.ts'
import { searchWords } from '../../domain/text.ts'
import type { Topic } from '../../domain/topic.ts'
import { textsOf } from '../../feeds/languages.ts'
import { capitalised, labelOf } from '../../feeds/question-in-words.ts'
import { countOf, otherTerms } from '../vocabulary.ts'
import { day, type Html, label, nothing, type View } from './view.ts'

export function termQuery(term: Term, language: string): FeedQuery {
  return { ...allReleases(language), topics: [{ with: [term], without: [] }] }
}

export function termLink(term: Term, language: string, view: View): Html {
  const address = view.addresses.page(termQuery(term, language))
  return html`<a href="${address}">${termLabel(term, view)}</a>`
}

/** What a term is called. Kinds have names of ours, all else those of the press office. */
export function termLabel(term: Term, view: View): Html {
  const { sort, name } = partTerm(term)
  if (sort === 'kind') return html`${labelOf(term, view.language, view)}`
  if (sort === 'publisher') return label(publisherOf(name, view.site).name, view)
  const found = view.vocabulary.topics.get(name)
  return found ? label(found.label, view) : html`${name}`
}

/** Every topic that goes on, publishers and kinds, each with its number of releases and the day of the last one. */
export function termLists(language: string, counts: TopicCount[], view: View): Html {
  const { vocabulary, retired, messages } = view
  const topics = [...vocabulary.topics.keys()].filter((slug) => !retired.ended.has(slug))
  const others = otherTerms(view, counts)
  const publishers = ofSort('publisher', others)
  const kinds = ofSort('kind', others)
  const lists = [
    { id: 'topics', heading: messages.topics, terms: topics },
    { id: 'publishers', heading: messages.publishers, terms: publishers },
    { id: 'kinds', heading: messages.kinds, terms: kinds },
  ].filter(({ terms }) => terms.length > 0)
  return html`${lists.map((one, index) => html`${index > 0 ? '\n' : ''}${termList(one, language, counts, view)}`)}`
}

function termList(
  { id, heading, terms }: { id: string; heading: string; terms: Term[] },
  language: string,
  counts: TopicCount[],
  view: View,
): Html {
  const { messages } = view
  const items = terms.map((term) => {
    const { releases, newest } = countOf(term, language, counts)
    const last =
      newest !== undefined ? html`, ${messages.lastRelease} ${day(newest, view)}` : nothing
    return html`<li>${termLink(term, language, view)} <span class="details">${messages.countOfReleases(releases)}${last}</span></li>\n`
  })
  return html`<nav aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
<ul class="topics">
${items}</ul>
</nav>`
}

/** The topic that a question is about, if it is about one and nothing else. */
export function topicOf({ topics, words }: FeedQuery, { vocabulary }: View): Topic | undefined {
  const [first, ...others] = topics
  if (!first || others.length + first.without.length + words.length > 0) return undefined
  return first.with.length === 1 ? vocabulary.topics.get(first.with[0]!) : undefined
}

/** The topics that a search names, each with its number of releases: “Releases on migration, 37”. */
export function namedTopics(
  { language, topics, words, withdrawn }: FeedQuery,
  counts: TopicCount[],
  view: View,
): Html {
  if (words.length === 0 || topics.length > 0 || withdrawn) return nothing
  const { about, releases } = textsOf(view.language).documents
  const named = view.vocabulary.named(searchWords(words.join(' ')))
  return html`${named
    .filter((slug) => !view.retired.ended.has(slug))
    .map((slug) => {
      const text = capitalised(about(releases, labelOf(slug, view.language, view)))
      const address = view.addresses.page(termQuery(slug, language))
      return html`<p class="notice"><a href="${address}">${text}</a>, ${countOf(slug, language, counts).releases}</p>\n`
    })}`
}

/** Where a topic stands among others. */
export function topicPlace(topic: Topic, language: string, view: View): Html {
  const { messages, vocabulary, retired } = view
  const goesOn = (slug: string) => !retired.ended.has(slug)
  const broader = vocabulary.withBroader(topic.slug).slice(1).filter(goesOn)
  const narrower = vocabulary
    .narrower(topic.slug)
    .map(({ slug }) => slug)
    .filter(goesOn)
  const line = (text: string, slugs: string[]) => {
    if (slugs.length === 0) return nothing
    const links = slugs.map((slug) => html`<li>${termLink(slug, language, view)}</li>\n`)
    return html`<div><dt>${text}</dt><dd><ul class="inline">\n${links}</ul></dd></div>\n`
  }
  if (broader.length + narrower.length === 0) return nothing
  return html`<dl class="place">
${line(messages.broaderTopic, broader)}${line(messages.narrowerTopics, narrower)}</dl>`
}
