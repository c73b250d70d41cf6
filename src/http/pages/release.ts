import { html, raw } from 'hono/html'
import type { Release } from '../../domain/release.ts'
import type { Relations } from '../../domain/release-store.ts'
import { createEntry, type Entry } from '../../feeds/feed.ts'
import type { Current } from '../services.ts'
import { type Html, layout, moment } from './layout.ts'
import { releaseMetadata } from './metadata.ts'

/** The page of a release. Its body is the HTML that was made safe when it was read. */
export function releasePage(release: Release, relations: Relations, current: Current): Html {
  const { language } = release
  const entry = createEntry(release, relations, current)
  const { title } = entry
  const main = html`<article>
<h1>${title}</h1>
<p class="details">${moment(release.published)} · ${entry.author.name}</p>
${translations(entry)}
${raw(entry.html)}
${topics(entry, current)}
</article>`
  const feeds = { language, topics: [], words: [] }
  const head = releaseMetadata(entry, current)
  return layout({ title, language, address: entry.url, feeds, main, head }, current)
}

function translations({ translations }: Entry): Html {
  if (translations.length === 0) return html``
  const links = translations.map(({ url, language, title }) => {
    return html`<a href="${url}" hreflang="${language}" lang="${language}">${title}</a>\n`
  })
  return html`<p class="languages">\n${links}</p>`
}

function topics({ release, categories }: Entry, { addresses }: Current): Html {
  if (release.topics.length === 0) return html``
  const links = categories.map(({ term, label }) => {
    const topics = [{ with: [term], without: [] }]
    const page = addresses.page({ language: release.language, topics, words: [] })
    return html`<li><a href="${page}">${label}</a></li>\n`
  })
  return html`<ul class="topics">\n${links}</ul>`
}
