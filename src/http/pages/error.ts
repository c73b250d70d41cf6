import { html } from 'hono/html'
import type { Failure } from '../problem.ts'
import type { Current } from '../services.ts'
import { type Html, layout } from './layout.ts'

/** An error for a person. Without a state there is nothing to put around it. */
export function errorPage(failure: Failure, current: Current | undefined): Html {
  const { title, detail, details } = failure
  const { nearest = [], successors = [] } = details as Record<string, string[]>
  const instead = [...nearest, ...successors]
  const main = html`<h1>${title}</h1>
<p>${detail}</p>
${current && instead.length > 0 ? suggestions(instead, current) : ''}`
  if (!current) {
    return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>${main}</body></html>
`
  }
  const language = current.site.languages[0]!
  const feeds = { language, topics: [], words: [] }
  return layout(
    { title, language, address: current.addresses.home(language), feeds, main },
    current,
  )
}

function suggestions(topics: string[], { site, vocabulary, addresses }: Current): Html {
  const language = site.languages[0]!
  const links = topics.map((slug) => {
    const page = addresses.page({ language, topics: [{ with: [slug], without: [] }], words: [] })
    return html`<li><a href="${page}">${vocabulary.topics.get(slug)?.label[language] ?? slug}</a></li>\n`
  })
  return html`<ul>\n${links}</ul>`
}
