import { html } from 'hono/html'
import { isMailAddress } from '../../domain/text.ts'
import { allReleases, type FeedQuery } from '../../domain/feed-query.ts'
import { directionOf } from '../../feeds/direction.ts'
import { titleOf } from '../../feeds/question-in-words.ts'
import { calendar, formats, rankedFormats } from '../../feeds/formats.ts'
import { languageName } from './language.ts'
import { type Html, label, nothing, pathOf, langAttributes, type View } from './view.ts'

/** What stands around every page. */
export type PageParts = {
  title: string
  main: Html
  /** Canonical address of the page; errors have none. */
  address?: string
  /** The question whose feeds the page announces. */
  feeds?: FeedQuery
  /** The question whose calendar the page announces. */
  calendar?: FeedQuery | undefined
  /** The same page in the languages of the site. */
  versions?: LanguageLink[]
  /** The versions are not the same page. Search engines are not told of them. */
  differ?: boolean
  /** The main part has the form that makes a question. */
  hasFilter?: boolean
  /** Further elements of `<head>`. They come after the feeds, which must be first (O-01). */
  head?: Html
  /** What stands above everything on a page that is not public. Such a page has no script. */
  notice?: Html
}

/** A link to the page in another language. `all` is a language, too. */
export type LanguageLink = { language: string; address: string; isThis: boolean }

export function layout(page: PageParts, view: View): Html {
  const { title, main, address, feeds, versions = [], differ = false, head = nothing } = page
  const { language, messages, interfaceLanguage } = view
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${feeds ? feedLinks(feeds, view) : nothing}${page.calendar ? calendarLink(page.calendar, view) : nothing}${differ ? nothing : languageLinks(versions)}${address ? html`<link rel="canonical" href="${address}">\n` : nothing}<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/style.css">
${page.notice ? nothing : html`<script src="/script.js" defer></script>\n`}${head}</head>
<body${interfaceLanguage === language ? nothing : html` lang="${interfaceLanguage}"`}>
<a class="skip" href="#content">${messages.toContent}</a>
${page.hasFilter ? html`<a class="skip" href="#filter">${messages.toFilter}</a>\n` : nothing}${page.notice ?? nothing}${masthead(page, view)}
<main id="content" tabindex="-1">
${main}
</main>
<p id="announcement" class="unseen" role="status"></p>
${colophon(view)}
</body>
</html>
`
}

function feedLinks(feeds: FeedQuery, view: View): Html {
  const { addresses } = view
  const title = titleOf(feeds, view)
  const links = rankedFormats.map((format) => {
    const { label, mediaType } = formats[format]
    return html`<link rel="alternate" type="${mediaType}" title="${title} (${label})" href="${addresses.feed(feeds, format)}">\n`
  })
  return html`${links}`
}

/** Behind the feeds: readers take the first that they know (O-01). */
function calendarLink(query: FeedQuery, view: View): Html {
  const { ending, label, mediaType } = calendar
  return html`<link rel="alternate" type="${mediaType}" title="${titleOf(query, view)} (${label})" href="${view.addresses.feed(query, ending)}">\n`
}

/** Without a type, or SimplePie would look for feeds there (O-02). */
function languageLinks(versions: LanguageLink[]): Html {
  const languages = versions.filter(({ language }) => language !== 'all')
  if (languages.length < 2) return nothing
  return html`${languages.map(({ language, address }) => html`<link rel="alternate" hreflang="${language}" href="${address}">\n`)}`
}

function masthead({ versions = [] }: PageParts, view: View): Html {
  const { site, addresses, language, messages } = view
  return html`<header class="masthead">
<div class="frame">
<a class="name" href="${addresses.home(language)}">${site.logo ? html`<img src="${addresses.media(site.logo)}" alt="" width="40" height="40">` : nothing}<span>${label(site.title, view)}</span></a>
<form class="search" action="${pathOf(addresses.home(language))}" role="search">
<label class="unseen" for="search">${messages.searchLabel}</label>
<input id="search" type="search" name="q" placeholder="${messages.searchLabel}" autocomplete="off">
<button>${messages.search}</button>
</form>
${languages(versions, view)}
</div>
</header>`
}

function languages(versions: LanguageLink[], view: View): Html {
  if (versions.length < 2) return nothing
  const { messages } = view
  const links = versions.map(({ language, address, isThis }) => {
    const current = isThis ? html` aria-current="page"` : nothing
    if (language === 'all') {
      return html`<li><a href="${address}"${current}>${messages.allLanguages}</a></li>\n`
    }
    return html`<li><a href="${address}" hreflang="${language}"${langAttributes(language, view)}${current}>${languageName(language)}</a></li>\n`
  })
  return html`<nav class="languages" aria-label="${messages.languages}">
<ul>
${links}</ul>
</nav>`
}

function colophon(view: View): Html {
  const { site, addresses, language, messages } = view
  const withdrawals = addresses.page({ ...allReleases(language), withdrawn: true })
  return html`<footer class="colophon">
<div class="frame">
${rights(view)}<p>${messages.timesOf(site.timezone)} ${messages.privacy}</p>
<p><a href="${addresses.home(language)}">${messages.toHome}</a> · <a href="${withdrawals}">${messages.withdrawals}</a> · <a href="${addresses.developers()}">${messages.forDevelopers}</a>${office(view)}</p>
</div>
</footer>`
}

/** Who may do what with the releases. */
function rights(view: View): Html {
  const { license, rights } = view.site
  if (license === undefined && rights === undefined) return nothing
  const words = rights === undefined ? license! : label(rights, view)
  return html`<p>${license === undefined ? words : html`<a rel="license" href="${license}">${words}</a>`}</p>\n`
}

/** The office itself: its own site, and whom to ask. */
function office({ site, messages }: View): Html {
  const { homepage, contact } = site
  const own = homepage ? html` · <a href="${homepage}">${new URL(homepage).hostname}</a>` : nothing
  if (contact === undefined) return own
  const who = isMailAddress(contact) ? html`<a href="mailto:${contact}">${contact}</a>` : contact
  return html`${own} · ${messages.contact} ${who}`
}

/** A question in every language of the site, and in all of them at once. */
export function versionsOf(
  query: FeedQuery,
  { site, addresses }: View,
  addressOf = addresses.page,
): LanguageLink[] {
  if (site.languages.length === 1) return []
  return [...site.languages, 'all'].map((language) => ({
    language,
    address: addressOf({ ...query, language }),
    isThis: language === query.language,
  }))
}
