import { html, raw } from 'hono/html'
import type { Failure } from '../problem.ts'
import type { Current } from '../services.ts'
import { type Html, layout } from './layout.ts'

/** An error for a person. Without a state there is nothing to put around it. */
export function errorPage({ title, detail, details }: Failure, current: Current | undefined): Html {
  const nearest = Array.isArray(details.nearest) ? (details.nearest as string[]) : []
  const main = html`<h1>${title}</h1>
    <p>${detail}</p>
    ${current && nearest.length > 0 ? suggestions(nearest, current) : raw('')}`
  if (!current)
    return html`<!doctype html>
      <html lang="en">
        <meta charset="utf-8" /><title>${title}</title
        >${main}
      </html>`
  const language = current.site.languages[0]!
  const feeds = { language, topics: [], words: [] }
  return layout(
    { title, language, address: current.addresses.home(language), feeds, main },
    current,
  )
}

function suggestions(nearest: string[], { site, vocabulary, addresses }: Current): Html {
  return html`<ul>
    ${nearest.map((slug) => {
      const query = {
        language: site.languages[0]!,
        topics: [{ with: [slug], without: [] }],
        words: [],
      }
      const label = vocabulary.topics.get(slug)?.label[site.languages[0]!] ?? slug
      return html`<li><a href="${addresses.page(query)}">${label}</a></li>`
    })}
  </ul>`
}
