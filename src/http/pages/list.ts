import { html } from 'hono/html'
import { type FeedQuery, textLanguage } from '../../domain/feed-query.ts'
import type { Release } from '../../domain/release.ts'
import type { TopicCount } from '../../domain/release-store.ts'
import { inLanguage } from '../../domain/site.ts'
import { endingOf } from '../../domain/retirement.ts'
import { headline, titleOf } from '../../feeds/feed.ts'
import { wordingOf } from '../../feeds/wording.ts'
import type { Current } from '../services.ts'
import { countOf } from '../vocabulary.ts'
import { directionOf, type Html, layout, moment } from './layout.ts'

/** The page of a question: its newest releases, its feeds, and the way to other questions. */
export function listPage(
  query: FeedQuery,
  releases: Release[],
  counts: TopicCount[],
  current: Current,
): Html {
  const { site, addresses } = current
  const language = textLanguage(query, site)
  const title = titleOf(query, current)
  const main = html`<h1>${title}</h1>
<p>${inLanguage(site.description, language, site)}</p>
<p class="feeds">
<a href="${addresses.feed(query, 'atom')}">Atom</a>
<a href="${addresses.feed(query, 'rss')}">RSS</a>
<a href="${addresses.feed(query, 'json')}">JSON Feed</a>
<a href="${addresses.opml(query.language)}">OPML</a>
</p>
<form action="${addresses.page({ ...query, words: [] })}" role="search">
<input type="search" name="q" value="${query.words.join(' ')}" aria-label="Search">
<button>Search</button>
</form>
${languages(query, current)}
${ended(query, current)}
${releases.length === 0 ? html`<p>No release yet.</p>` : ''}
<ol class="releases">
${releases.map((release) => summary(release, current))}</ol>
${topics(query.language, counts, current)}
${query.topics.length === 0 ? forPrograms(current) : ''}`
  return layout({ title, language, address: addresses.page(query), feeds: query, main }, current)
}

/** What a feed that has ended says in its last entry. */
function ended(query: FeedQuery, current: Current): Html {
  const { site, vocabulary, addresses, retired } = current
  const ending = endingOf(query.topics, retired, vocabulary)
  if (!ending) return html``
  const language = textLanguage(query, site)
  const wording = wordingOf(language)
  const instead = ending.successors.map((slug) => {
    const page = addresses.page({ ...query, topics: [{ with: [slug], without: [] }] })
    const label = vocabulary.topics.get(slug)!.label
    return html`<li><a href="${page}">${inLanguage(label, language, site)}</a></li>\n`
  })
  return html`<p><strong>${wording.ended}.</strong> ${wording.endedText(titleOf(query, current))} ${ending.note ? inLanguage(ending.note, language, site) : ''}</p>
${instead.length > 0 ? html`<p>${wording.instead}:</p>\n<ul>\n${instead}</ul>` : ''}`
}

function summary(release: Release, { addresses }: Current): Html {
  return html`<li lang="${release.language}" dir="${directionOf(release.language)}">
<h2><a href="${addresses.release(release)}">${headline(release)}</a></h2>
<p class="details">${moment(release.published)}</p>
<p>${release.withdrawn?.reason ?? release.lead}</p>
</li>
`
}

function languages(query: FeedQuery, { site, addresses }: Current): Html {
  if (site.languages.length === 1) return html``
  const links = [...site.languages, 'all'].map((language) => {
    if (language === query.language) return html`<strong>${language}</strong>\n`
    return html`<a href="${addresses.page({ ...query, language })}">${language}</a>\n`
  })
  return html`<p class="languages">\n${links}</p>`
}

function topics(language: string, counts: TopicCount[], current: Current): Html {
  const { site, vocabulary, addresses, retired } = current
  const texts = language === 'all' ? site.languages[0]! : language
  const goingOn = [...vocabulary.topics.values()].filter(({ slug }) => !retired.ended.has(slug))
  const items = goingOn.map((topic) => {
    const { releases } = countOf(topic.slug, language, counts)
    const page = addresses.page({
      language,
      topics: [{ with: [topic.slug], without: [] }],
      words: [],
    })
    return html`<li><a href="${page}">${inLanguage(topic.label, texts, site)}</a> ${releases}</li>\n`
  })
  return html`<nav aria-label="Topics">
<ul class="topics">
${items}</ul>
</nav>`
}

/** What `about` in `_tiedote` points to. */
function forPrograms({ addresses, site }: Current): Html {
  return html`<section id="json-feed">
<h2>For programs</h2>
<p>Every topic and its feeds: <a href="${addresses.vocabulary(site.languages[0]!)}">topics.json</a>.
In JSON Feed, <code>_tiedote</code> adds to a release: <code>status</code>, <code>kind</code>,
<code>authored</code> (the time its author gave), <code>topics</code>, <code>contacts</code>,
<code>event</code>, <code>translations</code>, <code>related</code>, <code>changes</code> and
<code>images</code> (with alternative text and credit).</p>
</section>`
}
