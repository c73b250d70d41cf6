import { html, raw } from 'hono/html'
import { allReleases } from '../../domain/feed-query.ts'
import { kinds } from '../../domain/kind.ts'
import type { Release } from '../../domain/release.ts'
import type { Relations } from '../../domain/release-store.ts'
import { presentPublisher } from '../../domain/site.ts'
import { isShownAsPicture } from '../../domain/media-types.ts'
import { inOrderOfTerms, termFor } from '../../domain/term.ts'
import { parseTime, type WallTime, wallTime } from '../../domain/time.ts'
import { partsOf, readableSize } from '../../feeds/body.ts'
import { createEntry, type Entry } from '../../feeds/feed.ts'
import { textsOf } from '../../feeds/languages.ts'
import { describeQuery } from '../../feeds/question-in-words.ts'
import type { Wording } from '../../feeds/languages/texts.ts'
import type { Current } from '../answers/state.ts'
import { ownPictures } from './body.ts'
import { type LanguageLink, layout } from './layout.ts'
import { hasLead } from './releases.ts'
import { calendarLinks, subscription } from './subscribe.ts'
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
import { notToBeIndexed, releaseMetadata } from './metadata.ts'

/** A question has at most eight terms; more than a few topics say little of what comes next. */
const mostTerms = 4

/** The page of a release. Its parts are HTML that was made safe when it was read. */
export function releasePage(release: Release, relations: Relations, current: Current): Html {
  const view = viewIn(release.language, current)
  const entry = createEntry(release, relations, current)
  const main = article(entry, view, {
    toFeed: release.withdrawn
      ? nothing
      : html`<a class="jump" href="#subscribe">${view.messages.subscribe}</a>\n`,
    event: happening(entry, view, true),
    more: html`${subscribe(release, view)}
${forPrograms(release, view)}`,
  })
  const feeds = allReleases(release.language)
  const head = releaseMetadata(entry, current)
  const versions = versionsOf(entry, view)
  return layout({ title: titleOf(entry), address: entry.url, feeds, versions, main, head }, view)
}

/**
 * The same page before its time, for somebody who was given a link. It says that it is not public, leads to no feed and
 * tells programs nothing.
 */
export function previewPage(release: Release, relations: Relations, current: Current): Html {
  const view = viewIn(release.language, current)
  const entry = createEntry(release, relations, current)
  const event = happening(entry, view, false)
  const main = article(entry, view, { toFeed: nothing, event, more: nothing })
  const versions = versionsOf(entry, view)
  const notice = notPublic(entry, view)
  return layout({ title: titleOf(entry), versions, main, head: notToBeIndexed, notice }, view)
}

function notPublic({ release }: Entry, view: View): Html {
  const { messages } = view
  const when = release.draft
    ? messages.isDraft
    : html`${messages.comesOut} ${dayAndTime(release.published, view)}.`
  return html`<aside class="preview-bar" aria-label="${messages.notPublic}">
<p><strong>${messages.notPublic}.</strong> ${when} ${messages.notToBePassedOn}</p>
</aside>
`
}

function titleOf({ title, author }: Entry): string {
  return `${title} – ${author.name}`
}

/** What differs between a release and its preview. */
type Parts = {
  /** Leads from the head to the feed, where a telephone shows that below the text. */
  toFeed: Html
  /** What stands beside the text first, and at the end. */
  event: Html
  more: Html
}

function article(entry: Entry, view: View, { toFeed, event, more }: Parts): Html {
  const { release } = entry
  return html`<article class="release"${langAttributes(release.language, view)}>
${heading(entry, toFeed, view)}
${text(entry, view)}
<aside>
${event}${aside(entry, view)}
${followTerms(release, view)}
${more}
</aside>
</article>`
}

/** Characters of a title that would fill a telephone. */
const longTitle = 120

function heading({ title, release, author }: Entry, toFeed: Html, view: View): Html {
  const { language, kind, published, updated, withdrawn } = release
  const { messages } = view
  const wording = textsOf(language).documents
  const changed = withdrawn
    ? html`<span><span${langAttributes(language, view)}>${wording.withdrawn}</span> ${dayAndTime(withdrawn.at, view)}</span>\n`
    : updated > published
      ? html`<span>${messages.changed} ${dayAndTime(updated, view)}</span>\n`
      : nothing
  return html`<header>
<p class="kind">${wording.kinds[kind]}</p>
<h1${title.length > longTitle ? html` class="long"` : nothing}>${title}</h1>
<p class="facts"${ours(view, language)}>
${release.draft ? nothing : html`<span><span class="unseen">${messages.published} </span>${dayAndTime(published, view)}</span>\n`}${changed}<span${langAttributes(language, view)}>${author.url ? html`<a href="${author.url}">${author.name}</a>` : author.name}</span>
${release.url === undefined ? nothing : html`<span><a href="${release.url}">${new URL(release.url).hostname}</a></span>\n`}${toFeed}</p>
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

/** The column beside the text: contacts, files, related links. */
function aside({ release, correctionLinks }: Entry, view: View): Html {
  const wording = textsOf(release.language).documents
  const { contacts, files, related } = partsOf(release, correctionLinks, view.addresses)
  return html`${list('contacts', contacts, wording)}${pictures(release, wording, view)}${list('attachments', files, wording)}${list('related', related, wording)}`
}

/** The event of a release, perhaps with the calendar that has it. */
function happening({ release }: Entry, view: View, leadsToCalendar: boolean): Html {
  const { event, withdrawn, language } = release
  if (!event || withdrawn) return nothing
  const { start, end, place } = event
  return html`<section class="part">
<h2>${textsOf(language).documents.event}</h2>
<p>${end === undefined || end === start ? when(start, view) : span(start, end, view)}${place ? html`<br>${place}` : nothing}</p>
${leadsToCalendar ? calendarOf(view) : nothing}</section>
`
}

function calendarOf(view: View): Html {
  return html`<div${ours(view, view.language)}>
<h3>${view.messages.eventsAsCalendar}</h3>
${calendarLinks(allReleases(view.language), view)}
</div>
`
}

/** From one day or moment to another. */
function span(start: string, end: string, view: View): Html {
  const { messages } = view
  const isOfMoments = start.includes('T')
  if (isOfMoments !== end.includes('T')) return html`${when(start, view)} – ${when(end, view)}`
  const [from, to] = [wallTimeOf(start, view), wallTimeOf(end, view)]
  const days = messages.days(from, to)
  return html`${isOfMoments ? messages.hours(days, from, to) : days}`
}

function wallTimeOf(text: string, { site }: View): WallTime {
  if (text.includes('T')) return wallTime(parseTime(text, site.timezone)!, site.timezone)
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number)
  return { year, month, day, hour: 0, minute: 0 }
}

/** A day, or a moment in the site's time zone. */
function when(text: string, view: View): Html {
  if (text.includes('T')) return dayAndTime(parseTime(text, view.site.timezone)!, view)
  const shown = view.messages.day(wallTimeOf(text, view))
  return html`<time datetime="${text}">${shown}</time>`
}

/** Press photos in full size, as an editor takes them: with their credit and measures. */
function pictures(
  { attachments, withdrawn, language }: Release,
  wording: Wording,
  view: View,
): Html {
  const images = withdrawn ? [] : attachments.filter(({ type }) => isShownAsPicture(type))
  if (images.length === 0) return nothing
  const items = images.map(({ path, title, type, size, width, height, credit }) => {
    const format = type
      .replace(/^image\//, '')
      .replace(/\+.*/, '')
      .toUpperCase()
    const measures = width && height ? `, ${width} × ${height}` : ''
    const by = credit ? html`<br>${wording.photo}: ${credit}` : nothing
    return html`<li><a href="${view.addresses.media(path)}" download>${title}</a> (${format}, ${readableSize(size)}${measures})${by}</li>\n`
  })
  return html`<section class="part">
<h2${ours(view, language)}>${view.messages.picturesToDownload}</h2>
<ul>
${items}</ul>
</section>
`
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

/** The feed of what the release is about. */
function subscribe({ topics, language, withdrawn }: Release, view: View): Html {
  if (withdrawn) return nothing
  const { vocabulary, retired, messages } = view
  const present = new Set(topics.map((slug) => vocabulary.resolve(slug)?.slug ?? slug))
  const terms = [...present].filter(
    (slug) => vocabulary.topics.has(slug) && !retired.ended.has(slug),
  )
  const followed = inOrderOfTerms(terms.slice(0, mostTerms))
  const query = {
    ...allReleases(language),
    topics: followed.map((term) => ({ with: [term], without: [] })),
  }
  const words = describeQuery(query, view)
  const about = words ? html`<p><strong>${messages.newOn(words)}</strong></p>\n` : nothing
  return html`<div${ours(view, language)}>
${subscription(query, false, view, about)}
</div>`
}

function forPrograms(release: Release, view: View): Html {
  const { addresses, messages } = view
  return html`<p class="details programs"${ours(view, release.language)}>${messages.forPrograms}: <a href="${addresses.releaseItem(release)}" type="application/json">JSON</a></p>`
}

/** The release in its languages, in the order of the site. */
function versionsOf({ translations, language, url }: Entry, { site }: View): LanguageLink[] {
  const others = new Map(translations.map((one) => [one.language, one.url]))
  return site.languages.flatMap((one) => {
    const address = one === language ? url : others.get(one)
    return address === undefined ? [] : [{ language: one, address, isThis: one === language }]
  })
}
