import { html } from 'hono/html'
import type { ReadingErrorCode } from '../../domain/errors.ts'
import { termFor } from '../../domain/term.ts'
import { fold } from '../../domain/text.ts'
import { textsOf } from '../../feeds/languages.ts'
import type { Reason } from '../../feeds/languages/texts.ts'
import type { Failure } from '../problem.ts'
import type { Current } from '../answers/state.ts'
import { layout } from './layout.ts'
import { termLabel, termLink } from './topics.ts'
import { type Html, nothing, pathOf, type View, viewIn } from './view.ts'

/** Nobody ticks more, and an address may name any number. */
const mostKept = 50

/**
 * An error page for somebody who asked for an address, in the language of that address. Without a state it has no
 * header or footer. It has no canonical address, because it is not a page of ours.
 */
export function errorPage(failure: Failure, asked: URL, current: Current | undefined): Html {
  const path = asked.pathname
  const language = languageOf(path, current)
  const { title, text } = errorTexts(failure, language)
  if (!current) {
    return html`<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>${title}</h1>
<p>${text}</p></main></body>
</html>
`
  }
  const view = viewIn(language, current)
  // What a link to a preview does not show is nowhere else.
  const isMissing = failure.status === 404 && failure.details.reason !== 'no-preview'
  const main = html`<div class="error">
<h1>${title}</h1>
<p class="lead">${text}</p>
${isMissing ? html`<p>${view.messages.askedFor} <code dir="ltr">${readable(path)}</code></p>\n` : nothing}${failure.status === 400 ? keptChoice(asked, view) : nothing}${suggestions(failure, isMissing ? path : '', view)}
${isMissing ? search(path, view) : nothing}
<p><a href="${view.addresses.home(language)}">${view.messages.toHome}</a></p>
</div>`
  return layout({ title, main }, view)
}

function errorTexts({ code, details }: Failure, language: string): { title: string; text: string } {
  const { errors, reasons } = textsOf(language).pages
  const { title, text } = errors[code as ReadingErrorCode] ?? errors.invalid
  const { reason } = details as { reason?: Reason }
  return { title, text: (reason && reasons[reason]) || text }
}

function languageOf(path: string, current: Current | undefined): string {
  if (!current) return 'en'
  const { languages } = current.site
  const first = path.split('/')[1]?.toLowerCase()
  return languages.find((language) => language === first) ?? languages[0]!
}

/** Topics that may have been meant. `path` is empty where something was there. */
function suggestions({ details }: Failure, path: string, view: View): Html {
  const { nearest = [], successors = [] } = details as Record<string, string[]>
  const alike = path && nearest.length === 0 ? view.vocabulary.nearest(lastWord(path)) : []
  const terms = [...nearest, ...successors, ...alike]
  if (terms.length === 0) return nothing
  const { messages, language } = view
  const heading =
    successors.length > 0 ? textsOf(language).documents.instead : messages.insteadTopics
  return html`<h2>${heading}</h2>
<ul>
${terms.map((term) => html`<li>${termLink(term, language, view)}</li>\n`)}</ul>`
}

function search(path: string, { addresses, language, messages }: View): Html {
  const words = lastWord(path).replaceAll('-', ' ').slice(0, 100)
  return html`<form class="search" action="${pathOf(addresses.home(language))}">
<label for="looked-for">${messages.lookFor}</label>
<input id="looked-for" type="search" name="q" value="${words}" autocomplete="off">
<button>${messages.search}</button>
</form>`
}

/** What was chosen in the form, if that was sent, so that nobody has to choose all of it again. */
function keptChoice({ pathname, searchParams }: URL, view: View): Html {
  if (!pathname.endsWith('/topics')) return nothing
  const { messages } = view
  const ticks = (['topic', 'without', 'publisher', 'kind'] as const).flatMap((name) => {
    const sort = name === 'without' ? 'topic' : name
    return searchParams.getAll(name).map((value) => {
      const term = termFor(sort, value)
      const without =
        name === 'without' ? html`${textsOf(view.language).documents.without} ` : nothing
      return html`<li><label><input type="checkbox" name="${name}" value="${value}" checked> <span>${without}${termLabel(term, view)}</span></label></li>\n`
    })
  })
  const others = ['match', 'language'].flatMap((name) => {
    return searchParams
      .getAll(name)
      .slice(0, 1)
      .map((value) => html`<input type="hidden" name="${name}" value="${value}">\n`)
  })
  return html`<form class="builder kept" action="${pathname}">
<ul class="ticks">
${ticks.slice(0, mostKept)}</ul>
${others}<p class="field"><label for="words">${messages.words}</label>
<input id="words" type="search" name="q" value="${(searchParams.get('q') ?? '').slice(0, 200)}"></p>
<p><button>${messages.show}</button></p>
</form>
`
}

/** A path as somebody reads it. */
function readable(path: string): string {
  try {
    return decodeURI(path).slice(0, 200)
  } catch {
    return path.slice(0, 200)
  }
}

/** What somebody probably looked for. */
function lastWord(path: string): string {
  const last = path.split('/').filter(Boolean).at(-1) ?? ''
  try {
    return fold(decodeURIComponent(last).slice(0, 200))
  } catch {
    return ''
  }
}
