import { html, raw } from 'hono/html'
import type { Release } from '../../domain/release.ts'
import type { Version } from '../../domain/release-store.ts'
import { createEntry } from '../../feeds/feed.ts'
import type { Current } from '../services.ts'
import { type Html, layout, moment } from './layout.ts'

/** The page of a release. Its body is the HTML that was made safe when it was read. */
export function releasePage(release: Release, versions: Version[], current: Current): Html {
  const { addresses } = current
  const { language, topics, title } = release
  const entry = createEntry(release, versions, current)
  const main = html`<article>
    <h1>${title}</h1>
    <p class="details">${moment(release.published)} · ${entry.author.name}</p>
    ${
      entry.translations.length > 0
        ? html`<p class="languages">
            ${entry.translations.map(
              (one) =>
                html`<a href="${one.url}" hreflang="${one.language}" lang="${one.language}"
                  >${one.title}</a
                > `,
            )}
          </p>`
        : raw('')
    }
    ${raw(entry.html)}
    <ul class="topics">
      ${
        topics.length > 0
          ? entry.categories.map(({ term, label }) => {
              const query = { language, topics: [{ with: [term], without: [] }], words: [] }
              return html`<li><a href="${addresses.page(query)}">${label}</a></li> `
            })
          : raw('')
      }
    </ul>
  </article>`
  const feeds = { language, topics: [], words: [] }
  return layout({ title, language, address: entry.url, feeds, main }, current)
}
