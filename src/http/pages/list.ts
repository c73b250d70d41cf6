import { html } from 'hono/html'
import { type FeedQuery, isUnfiltered, textLanguage } from '../../domain/feed-query.ts'
import { type Ending, endingOf } from '../../domain/retirement.ts'
import { describeQuery, titleOf } from '../../feeds/question-in-words.ts'
import { textsOf } from '../../feeds/languages.ts'
import type { Current } from '../answers/state.ts'
import { builder } from './builder.ts'
import { type Contents, mostCounted } from './contents.ts'
import { layout, versionsOf } from './layout.ts'
import { monthList, paging, releaseList } from './releases.ts'
import { subscription } from './subscribe.ts'
import { namedTopics, termLink, termLists, topicOf, topicPlace } from './topics.ts'
import { type Html, label, nothing, type View, viewIn } from './view.ts'

/**
 * The page of a question: its releases, its feeds, and the form that makes another question of it.
 * The question that asks for everything is the home page. `head` goes into the head of the document,
 * `top` above everything else.
 */
export function listPage(
  query: FeedQuery,
  contents: Contents,
  current: Current,
  { head = nothing, top = nothing }: { head?: Html; top?: Html } = {},
): Html {
  const { addresses, site } = current
  const view = viewIn(textLanguage(query, site), current)
  const { month } = contents
  const isHome = isUnfiltered(query)
  const ending = endingOf(query.topics, view.retired)
  const named = month && monthInWords(month.name, view)
  const words = isHome && !month ? newestIn(query, view) : describeQuery(query, view)
  const heading = [words, named].filter(Boolean).join(', ')
  const main = html`${top}<div class="columns">
<div>
<h1>${heading}</h1>
${isHome ? html`<p class="lead">${label(site.description, view)}</p>` : about(query, view)}
${ending && endNotice(query, ending, view)}
</div>
<div>
${subscription(query, contents.hasEvents, view)}
</div>
<div>
${query.withdrawn ? nothing : builder(query, heading, contents, view)}
${namedTopics(query, contents.counts, view)}${ending && contents.releases.length === 0 ? nothing : found(query, contents, view)}
${releaseList(contents.releases, query, view)}
${paging(query, contents, view)}
${monthList(query, contents, view)}
</div>
</div>
${isHome ? termLists(query.language, contents.counts, view) : nothing}`
  const title = named ? `${named}: ${titleOf(query, view)}` : titleOf(query, view)
  const address = month ? addresses.month(query, month.name, month.page) : addresses.page(query)
  const versions = versionsOf(query, view)
  const differ = month !== undefined
  const calendar = contents.hasEvents ? query : undefined
  return layout(
    {
      title,
      address,
      feeds: query,
      calendar,
      versions,
      differ,
      main,
      head,
      hasFilter: !query.withdrawn,
    },
    view,
  )
}

function newestIn({ language }: FeedQuery, view: View): string {
  const { newest } = view.messages
  return language === 'all' ? `${newest}, ${textsOf(view.language).documents.allLanguages}` : newest
}

function monthInWords(name: string, { messages }: View): string {
  return messages.month(Number(name.slice(0, 4)), Number(name.slice(5)))
}

function about(query: FeedQuery, view: View): Html {
  const topic = topicOf(query, view)
  if (!topic) return nothing
  return html`${topic.description ? html`<p class="lead">${label(topic.description, view)}</p>` : nothing}
${topicPlace(topic, query.language, view)}`
}

/** The number of releases, or a sentence if there are none. */
function found(query: FeedQuery, contents: Contents, view: View): Html {
  const { releases, hasMore, month } = contents
  const { messages, addresses } = view
  if (releases.length === 0) {
    const isNarrow = query.words.length > 0 || query.topics.length > 0
    return html`<p>${isNarrow ? messages.noReleasesFound : messages.noReleases}</p>${withOneLess(contents, view)}`
  }
  const count = messages.countOfReleases(month?.count ?? releases.length)
  const whole = month
    ? html` · <a href="${addresses.page(query)}">${messages.wholeList}</a>`
    : nothing
  return html`<h2 class="unseen">${messages.releases}</h2>
<p class="details">${hasMore ? messages.newestOf(releases.length) : count}${whole}</p>`
}

/** What a search would find with a word less. */
function withOneLess({ less }: Contents, view: View): Html {
  const { messages, addresses } = view
  if (less.length === 0) return nothing
  const items = less.map(({ query, count }) => {
    const { moreReleasesThan, countOfReleases } = messages
    const found = count > mostCounted ? moreReleasesThan(mostCounted) : countOfReleases(count)
    return html`<li><a href="${addresses.page(query)}">${describeQuery(query, view)}</a> <span class="details">${found}</span></li>\n`
  })
  return html`
<p>${messages.withOneLess}</p>
<ul>
${items}</ul>`
}

/** The text of the last entry of a feed that has ended. */
function endNotice(query: FeedQuery, ending: Ending, view: View): Html {
  const wording = textsOf(view.language).documents
  const instead = ending.successors.map((term) => {
    return html`<li>${termLink(term, query.language, view)}</li>\n`
  })
  return html`<div class="notice">
<p><strong>${wording.ended}.</strong> ${wording.endedText(titleOf(query, view))} ${ending.note ? label(ending.note, view) : nothing}</p>
${instead.length > 0 ? html`<p>${wording.instead}:</p>\n<ul>\n${instead}</ul>` : nothing}
</div>`
}
