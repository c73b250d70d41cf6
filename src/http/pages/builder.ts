import { html } from 'hono/html'
import { type FeedQuery, isUnfiltered } from '../../domain/feed-query.ts'
import type { TopicCount } from '../../domain/release-store.ts'
import type { Topic } from '../../domain/topic.ts'
import { kinds } from '../../domain/kind.ts'
import { termFor } from '../../domain/term.ts'
import { partExpression, type TopicExpression, wantedTerms } from '../../domain/topic-expression.ts'
import { countOf } from '../vocabulary.ts'
import { type Contents, mostMatches } from './contents.ts'
import { languageName } from './language.ts'
import { termLabel } from './topics.ts'
import { type Html, label, nothing, pathOf, langAttributes, type View } from './view.ts'

/** The state of the form for a question. */
export type Ticks = {
  wanted: ReadonlySet<string>
  unwanted: ReadonlySet<string>
  match: 'any' | 'all'
  /** The question is too complicated for the form. */
  isTooRich: boolean
}

export function ticksOf(expression: TopicExpression): Ticks {
  const whole = partExpression(expression)
  const topics = whole?.topic ?? expression
  const wanted = new Set(wantedTerms(expression))
  const unwanted = new Set(
    topics.flatMap((group) => group.without).filter((one) => !wanted.has(one)),
  )
  const [first] = topics
  const match = topics.length === 1 && topics[0]!.with.length > 1 ? 'all' : 'any'
  const isAny = topics.every((group) => {
    return group.with.length === 1 && group.without.join() === first!.without.join()
  })
  // Of publishers and kinds the form takes any that are ticked, and leaves none out.
  const others = [...(whole?.publisher ?? []), ...(whole?.kind ?? [])]
  const isSimple = others.every((group) => group.with.length === 1 && group.without.length === 0)
  const isTooRich = !whole || (topics.length > 1 && !isAny) || !isSimple
  return { wanted, unwanted, match, isTooRich }
}

/** The most check boxes that are seen at a glance. Longer lists can be narrowed, and what to leave out is not longer. */
const mostAtAGlance = 15

/**
 * The form that makes a question. It is sent with GET, and its fields are one more spelling of the question,
 * so it needs no script. `shown` is announced when a script has shown the answer. Nothing changes before it is sent.
 */
export function builder(query: FeedQuery, shown: string, contents: Contents, view: View): Html {
  const { addresses, messages } = view
  const ticks = ticksOf(query.topics)
  const { counts, matches } = contents
  const found = messages.matching(Math.min(matches, mostMatches), matches > mostMatches)
  return html`<section class="panel filter" aria-labelledby="filter">
<h2 id="filter" tabindex="-1">${isUnfiltered(query) ? messages.build : messages.buildThis}</h2>
${ticks.isTooRich ? html`<p class="notice">${messages.tooRich}</p>` : nothing}
<form class="builder" autocomplete="off" action="${pathOf(addresses.form(view.language))}" data-shown="${messages.resultAnnounced(shown)}" data-waiting="${messages.waiting}" data-failed="${messages.failed}">
<div class="groups">
${topicGroup(query, ticks, counts, view)}
${withoutGroup(query, ticks, contents, view)}
${Object.keys(view.site.publishers).length > 1 ? choiceOf('publisher', messages.publishers, ticks, query, counts, view) : nothing}
${choiceOf('kind', messages.kinds, ticks, query, counts, view)}
${textGroup(query, view)}
</div>
<div class="apply">
<p class="notice warning" role="alert" hidden></p>
<p><button>${messages.show}</button> <span class="matches">${found}</span></p>
</div>
</form>
</section>`
}

/** A part of the form, closed until somebody wants it. What is chosen there stands beside its name. */
function group(name: string, chosen: Html[], fields: Html): Html {
  const words = chosen.map((one, index) => html`${index > 0 ? ', ' : ''}${one}`)
  return html`<details>
<summary>${name} <span class="chosen">${words}</span></summary>
<fieldset>
<legend class="unseen">${name}</legend>
${fields}
</fieldset>
</details>`
}

function topicGroup(query: FeedQuery, ticks: Ticks, counts: TopicCount[], view: View): Html {
  const { messages, vocabulary } = view
  const { wanted } = ticks
  const narrow =
    vocabulary.topics.size > mostAtAGlance
      ? html`<p class="narrow" hidden><label>${messages.narrowList} <input type="search" autocomplete="off"></label> <output class="count"></output></p>\n`
      : nothing
  const chosen = [...wanted].filter((term) => vocabulary.topics.has(term))
  return group(
    messages.wantedTopics,
    chosen.map((term) => termLabel(term, view)),
    html`<div class="choice">
${radio('any', messages.any, ticks)}
${radio('all', messages.all, ticks)}
</div>
${narrow}${topicTicks(wanted, query, counts, view)}`,
  )
}

/**
 * What to leave out: topics of the releases that are found, narrower ones of what is wanted, then those with the most
 * releases. Whatever else there is, leaving it out would change little.
 */
function withoutGroup(
  { language, topics }: FeedQuery,
  { wanted, unwanted }: Ticks,
  { releases, counts }: Contents,
  view: View,
): Html {
  const { vocabulary, retired, messages } = view
  const found = releases.flatMap((release) =>
    release.topics.map((slug) => vocabulary.resolve(slug)?.slug ?? slug),
  )
  const narrower = wantedTerms(topics).flatMap((term) =>
    vocabulary.narrower(term).map(({ slug }) => slug),
  )
  const countIn = (slug: string) => countOf(slug, language, counts).releases
  const most = [...vocabulary.topics.keys()].toSorted((a, b) => countIn(b) - countIn(a))
  const useful = [...found, ...narrower, ...most].filter((slug) => {
    return vocabulary.topics.has(slug) && !wanted.has(slug) && !retired.ended.has(slug)
  })
  const length = Math.max(mostAtAGlance, unwanted.size)
  const offered = new Set([...new Set([...unwanted, ...useful])].slice(0, length))
  const items = [...vocabulary.topics.keys()]
    .filter((slug) => offered.has(slug))
    .map((slug) => tick('without', slug, unwanted.has(slug), countIn(slug), termLabel(slug, view)))
  return group(
    messages.leaveOut,
    [...unwanted].map((term) => termLabel(term, view)),
    html`<ul class="ticks">
${items.map((item) => html`<li>${item}</li>\n`)}</ul>`,
  )
}

/** Language of the releases, and words in them. */
function textGroup(query: FeedQuery, view: View): Html {
  const { messages, site } = view
  const { language, words } = query
  const isOther = language !== view.language
  const chosen = [
    ...(isOther ? [html`${messages.allLanguages}`] : []),
    ...(words.length > 0 ? [html`“${words.join(' ')}”`] : []),
  ]
  const name = site.languages.length > 1 ? messages.languageAndWords : messages.words
  return group(
    name,
    chosen,
    html`${languageChoice(query, view)}
<p class="field">
<label for="words">${messages.words}</label>
<input id="words" type="search" name="q" value="${words.join(' ')}" aria-describedby="words-hint">
<span id="words-hint" class="hint">${messages.wordsHint}</span>
</p>`,
  )
}

function tick(name: string, value: string, isTicked: boolean, count: number, text: Html): Html {
  return html`<label><input type="checkbox" name="${name}" value="${value}"${isTicked ? ' checked' : ''}> <span>${text} <span class="count">${count}</span></span></label>`
}

function radio(match: Ticks['match'], text: string, ticks: Ticks): Html {
  const checked = ticks.match === match ? ' checked' : ''
  return html`<label><input type="radio" name="match" value="${match}"${checked}> <span>${text}</span></label>`
}

/** Check boxes for topics, narrower ones below the broader one. */
function topicTicks(
  ticked: ReadonlySet<string>,
  { language }: FeedQuery,
  counts: TopicCount[],
  view: View,
): Html {
  const { vocabulary, retired } = view
  const isOffered = ({ slug }: Topic) => !retired.ended.has(slug) || ticked.has(slug)
  const isBelow = ({ broader }: Topic) => {
    const above = broader === undefined ? undefined : vocabulary.topics.get(broader)
    return above !== undefined && isOffered(above)
  }
  const item = (topic: Topic): Html => {
    const { slug } = topic
    const narrower = vocabulary.narrower(slug).filter(isOffered)
    const { releases } = countOf(slug, language, counts)
    return html`<li>${tick('topic', slug, ticked.has(slug), releases, label(topic.label, view))}${narrower.length > 0 ? html`\n<ul>\n${narrower.map(item)}</ul>\n` : nothing}</li>\n`
  }
  const offered = [...vocabulary.topics.values()].filter(isOffered)
  return html`<ul class="ticks">
${offered.filter((topic) => !isBelow(topic)).map(item)}</ul>`
}

/** Check boxes for publishers or for kinds. */
function choiceOf(
  sort: 'publisher' | 'kind',
  legend: string,
  { wanted }: Ticks,
  { language }: FeedQuery,
  counts: TopicCount[],
  view: View,
): Html {
  const names = sort === 'kind' ? kinds : Object.keys(view.site.publishers)
  const items = names.flatMap((name) => {
    const term = termFor(sort, name)
    if (view.retired.ended.has(term) && !wanted.has(term)) return []
    const { releases } = countOf(term, language, counts)
    return html`<li>${tick(sort, name, wanted.has(term), releases, termLabel(term, view))}</li>\n`
  })
  const chosen = names.map((name) => termFor(sort, name)).filter((term) => wanted.has(term))
  return group(
    legend,
    chosen.map((term) => termLabel(term, view)),
    html`<ul class="ticks">
${items}</ul>`,
  )
}

function languageChoice(query: FeedQuery, view: View): Html {
  const { site, messages } = view
  if (site.languages.length === 1) return nothing
  const options = site.languages.map((language) => {
    return html`<option value="${language}"${langAttributes(language, view)}${query.language === language ? ' selected' : ''}>${languageName(language)}</option>\n`
  })
  return html`<p class="field">
<label for="language">${messages.releaseLanguage}</label>
<select id="language" name="language">
${options}<option value="all"${query.language === 'all' ? ' selected' : ''}>${messages.allLanguages}</option>
</select>
</p>`
}
