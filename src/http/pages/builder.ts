import { html } from 'hono/html'
import { type FeedQuery, isUnfiltered } from '../../domain/feed-query.ts'
import type { TopicCount } from '../../domain/release-store.ts'
import type { Topic } from '../../domain/topic.ts'
import { kinds } from '../../domain/kind.ts'
import { termFor } from '../../domain/term.ts'
import { partExpression, type TopicExpression, wantedTerms } from '../../domain/topic-expression.ts'
import { countOf } from '../vocabulary.ts'
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

/**
 * The form that makes a question. It is sent with GET, and its fields are one more spelling of the question,
 * so it needs no script. `shown` is announced when a script has shown the answer.
 */
export function builder(query: FeedQuery, shown: string, counts: TopicCount[], view: View): Html {
  const { addresses, messages } = view
  const ticks = ticksOf(query.topics)
  return html`<section class="panel" aria-labelledby="build">
<h2 id="build">${isUnfiltered(query) ? messages.build : messages.buildThis}</h2>
<p>${messages.buildIntroduction}</p>
${ticks.isTooRich ? html`<p class="notice">${messages.tooRich}</p>` : nothing}
<form class="builder" autocomplete="off" action="${pathOf(addresses.form(view.language))}" data-shown="${messages.resultAnnounced(shown)}">
<fieldset>
<legend>${messages.wantedTopics}</legend>
<div class="choice">
${radio('any', messages.any, ticks)}
${radio('all', messages.all, ticks)}
</div>
${ticksFor('topic', ticks.wanted, query, counts, view)}
</fieldset>
<details${ticks.unwanted.size > 0 ? ' open' : ''}>
<summary>${messages.leaveOut}</summary>
<fieldset>
<legend>${messages.unwantedTopics}</legend>
${ticksFor('without', ticks.unwanted, query, counts, view)}
</fieldset>
</details>
${Object.keys(view.site.publishers).length > 1 ? choiceOf('publisher', messages.publishers, ticks, query, counts, view) : nothing}
${choiceOf('kind', messages.kinds, ticks, query, counts, view)}
${languageChoice(query, view)}
<p class="field">
<label for="words">${messages.words}</label>
<input id="words" type="search" name="q" value="${query.words.join(' ')}" aria-describedby="words-hint">
<span id="words-hint" class="hint">${messages.wordsHint}</span>
</p>
<p class="notice warning" role="alert" hidden></p>
<p><button>${messages.show}</button></p>
</form>
</section>`
}

function radio(match: Ticks['match'], text: string, ticks: Ticks): Html {
  const checked = ticks.match === match ? ' checked' : ''
  return html`<label><input type="radio" name="match" value="${match}"${checked}> <span>${text}</span></label>`
}

/** Check boxes for topics, narrower ones below the broader one. */
function ticksFor(
  name: 'topic' | 'without',
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
    return html`<li><label><input type="checkbox" name="${name}" value="${slug}"${ticked.has(slug) ? ' checked' : ''}> <span>${label(topic.label, view)} <span class="count">${releases}</span></span></label>${narrower.length > 0 ? html`\n<ul>\n${narrower.map(item)}</ul>\n` : nothing}</li>\n`
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
    const checked = wanted.has(term) ? ' checked' : ''
    return html`<li><label><input type="checkbox" name="${sort}" value="${name}"${checked}> <span>${termLabel(term, view)} <span class="count">${releases}</span></span></label></li>\n`
  })
  return html`<fieldset>
<legend>${legend}</legend>
<ul class="ticks">
${items}</ul>
</fieldset>`
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
