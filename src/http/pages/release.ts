import { html, raw } from 'hono/html'
import { allReleases } from '../../domain/feed-query.ts'
import { kinds } from '../../domain/kind.ts'
import type { Event, Release } from '../../domain/release.ts'
import type { Relations } from '../../domain/release-store.ts'
import { presentPublisher } from '../../domain/site.ts'
import { termFor } from '../../domain/term.ts'
import { parseTime } from '../../domain/time.ts'
import { partsOf } from '../../feeds/body.ts'
import { createEntry, type Entry } from '../../feeds/feed.ts'
import { textsOf } from '../../feeds/languages.ts'
import type { Wording } from '../../feeds/languages/texts.ts'
import type { Current } from '../answers/state.ts'
import { ownPictures } from './body.ts'
import { type LanguageLink, layout } from './layout.ts'
import { hasLead } from './releases.ts'
import { calendarLinks } from './subscribe.ts'
import { termLink } from './topics.ts'
import {
  dayAndTime,
  dayAndTimeInWords,
  type Html,
  nothing,
  langAttributes,
  type View,
  viewIn,
} from './view.ts'
import { releaseMetadata } from './metadata.ts'

/** The page of a release. Its parts are HTML that was made safe when it was read. */
export function releasePage(release: Release, relations: Relations, current: Current): Html {
  const { language } = release
  const view = viewIn(language, current)
  const entry = createEntry(release, relations, current)
  const main = html`<article class="release"${langAttributes(language, view)}>
${heading(entry, view)}
${text(entry, view)}
<aside>
${aside(entry, view)}
${followTerms(release, view)}
${forPrograms(release, view)}
</aside>
</article>`
  const feeds = allReleases(language)
  const head = releaseMetadata(entry, current)
  const versions = versionsOf(entry, view)
  const title = `${entry.title} – ${entry.author.name}`
  return layout({ title, address: entry.url, feeds, versions, main, head }, view)
}

function heading({ title, release, author }: Entry, view: View): Html {
  const { language, kind, published, updated } = release
  const { messages } = view
  const changed =
    updated > published
      ? html`<span>${messages.changed} ${dayAndTime(updated, view)}</span>\n`
      : nothing
  return html`<header>
<p class="kind">${textsOf(language).documents.kinds[kind]}</p>
<h1>${title}</h1>
<p class="facts"${ours(view, language)}>
<span><span class="unseen">${messages.published} </span>${dayAndTime(published, view)}</span>
${changed}<span${langAttributes(language, view)}>${author.url ? html`<a href="${author.url}">${author.name}</a>` : author.name}</span>
${release.url === undefined ? nothing : html`<span><a href="${release.url}">${new URL(release.url).hostname}</a></span>\n`}</p>
</header>`
}

/** The language of our own texts within a release in another language. They are aligned like the release. */
function ours({ interfaceLanguage }: View, language: string): Html {
  return interfaceLanguage === language ? nothing : html` lang="${interfaceLanguage}"`
}

function text({ release, correctionLinks }: Entry, view: View): Html {
  const written = (second: number) => dayAndTimeInWords(second, view)
  const parts = partsOf(release, correctionLinks, view.addresses, written)
  const pieces = (some: string[]) => raw(ownPictures(some.join('\n'), view))
  return html`<div class="text">
${parts.notes.length > 0 ? html`<div class="notice">${pieces(parts.notes)}</div>` : nothing}
${(hasLead(release) ? parts.lead : []).map((lead) => html`<p class="lead">${raw(lead)}</p>\n`)}${pieces(parts.images)}
<div class="body">
${pieces(parts.body)}
</div>
</div>`
}

/** The column beside the text: event, contacts, files, related links. */
function aside({ release, correctionLinks }: Entry, view: View): Html {
  const wording = textsOf(release.language).documents
  const { contacts, files, related } = partsOf(release, correctionLinks, view.addresses)
  const event = release.withdrawn ? nothing : happening(release.event, wording, view)
  return html`${event}${list('contacts', contacts, wording)}${list('attachments', files, wording)}${list('related', related, wording)}`
}

function happening(event: Event | undefined, wording: Wording, view: View): Html {
  if (!event) return nothing
  const { start, end, place } = event
  const until = end && end !== start ? html` – ${when(end, view)}` : nothing
  return html`<section class="part">
<h2>${wording.event}</h2>
<p>${when(start, view)}${until}${place ? html`<br>${place}` : nothing}</p>
<div${ours(view, view.language)}>
<h3>${view.messages.eventsAsCalendar}</h3>
${calendarLinks(allReleases(view.language), view)}
</div>
</section>
`
}

/** A day, or a moment in the site's time zone. */
function when(text: string, view: View): Html {
  if (text.includes('T')) return dayAndTime(parseTime(text, view.site.timezone)!, view)
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number)
  const shown = view.messages.day({ year, month, day, hour: 0, minute: 0 })
  return html`<time datetime="${text}">${shown}</time>`
}

function list(
  name: 'contacts' | 'attachments' | 'related',
  items: string[],
  wording: Wording,
): Html {
  if (items.length === 0) return nothing
  return html`<section class="part ${name}">
<h2>${wording[name]}</h2>
<ul>
${items.map((item) => html`<li>${raw(item)}</li>\n`)}</ul>
</section>
`
}

/** What else a release is found under. A publisher that is the only one, and the usual kind, say nothing. */
function followTerms({ topics, publisher, kind, language }: Release, view: View): Html {
  const { site } = view
  const issuer = Object.keys(site.publishers).length > 1 && presentPublisher(publisher, site)
  const terms = [
    ...topics,
    ...(issuer ? [termFor('publisher', issuer)] : []),
    ...(kind === kinds[0] ? [] : [termFor('kind', kind)]),
  ]
  if (terms.length === 0) return nothing
  return html`<nav class="part" aria-labelledby="topics"${ours(view, language)}>
<h2 id="topics">${view.messages.followTopics}</h2>
<ul class="inline tags">
${terms.map((term) => html`<li>${termLink(term, language, view)}</li>\n`)}</ul>
</nav>`
}

function forPrograms(release: Release, view: View): Html {
  const { addresses, messages } = view
  return html`<p class="details"${ours(view, release.language)}>${messages.forPrograms}: <a href="${addresses.releaseItem(release)}" type="application/json">JSON</a></p>`
}

/** The release in its languages, in the order of the site. */
function versionsOf({ translations, language, url }: Entry, { site }: View): LanguageLink[] {
  const others = new Map(translations.map((one) => [one.language, one.url]))
  return site.languages.flatMap((one) => {
    const address = one === language ? url : others.get(one)
    return address === undefined ? [] : [{ language: one, address, isThis: one === language }]
  })
}
