import { html } from 'hono/html'
import { allReleases, type FeedQuery } from '../../domain/feed-query.ts'
import type { TopicCount } from '../../domain/release-store.ts'
import type { Topic } from '../../domain/topic.ts'
import { countOf } from '../vocabulary.ts'
import { day, type Html, label, nothing, type View } from './view.ts'

export function topicQuery(slug: string, language: string): FeedQuery {
  return { ...allReleases(language), topics: [{ with: [slug], without: [] }] }
}

export function topicLink(slug: string, language: string, view: View): Html {
  const found = view.vocabulary.topics.get(slug)
  const address = view.addresses.page(topicQuery(slug, language))
  return html`<a href="${address}">${found ? label(found.label, view) : slug}</a>`
}

/** Every topic that goes on, with its number of releases and the day of the last one. */
export function topicList(language: string, counts: TopicCount[], view: View): Html {
  const { vocabulary, retired, messages } = view
  const topics = [...vocabulary.topics.values()].filter(({ slug }) => !retired.ended.has(slug))
  if (topics.length === 0) return nothing
  const items = topics.map(({ slug }) => {
    const { releases, newest } = countOf(slug, language, counts)
    const last =
      newest !== undefined ? html`, ${messages.lastRelease} ${day(newest, view)}` : nothing
    return html`<li>${topicLink(slug, language, view)} <span class="details">${messages.countOfReleases(releases)}${last}</span></li>\n`
  })
  return html`<nav aria-labelledby="topics">
<h2 id="topics">${messages.topics}</h2>
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
    const links = slugs.map((slug) => html`<li>${topicLink(slug, language, view)}</li>\n`)
    return html`<div><dt>${text}</dt><dd><ul class="inline">\n${links}</ul></dd></div>\n`
  }
  if (broader.length + narrower.length === 0) return nothing
  return html`<dl class="place">
${line(messages.broaderTopic, broader)}${line(messages.narrowerTopics, narrower)}</dl>`
}
