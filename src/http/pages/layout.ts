import { html } from 'hono/html'
import type { FeedQuery } from '../../domain/feed-query.ts'
import { inLanguage } from '../../domain/site.ts'
import { titleOf } from '../../feeds/feed.ts'
import type { Current } from '../services.ts'

export type Html = ReturnType<typeof html>

/** What stands around every page. `feeds` is the question whose feeds the page announces. */
export type Frame = {
  title: string
  language: string
  /** Canonical address of the page. */
  address: string
  feeds: FeedQuery
  main: Html
  /** What else stands in the head of the document. */
  head?: Html
}

const rightToLeft = /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/

export function layout(
  { title, language, address, feeds, main, head }: Frame,
  current: Current,
): Html {
  const { site, addresses } = current
  const feed = titleOf(feeds, current)
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="alternate" type="application/atom+xml" title="${feed} (Atom)" href="${addresses.feed(feeds, 'atom')}">
<link rel="alternate" type="application/rss+xml" title="${feed} (RSS)" href="${addresses.feed(feeds, 'rss')}">
<link rel="alternate" type="application/feed+json" title="${feed} (JSON Feed)" href="${addresses.feed(feeds, 'json')}">
<link rel="canonical" href="${address}">
<link rel="stylesheet" href="/style.css">
${head ?? ''}</head>
<body>
<header><a href="${addresses.home(language)}">${inLanguage(site.title, language, site)}</a></header>
<main>
${main}
</main>
${site.rights ? html`<footer><p>${inLanguage(site.rights, language, site)}</p></footer>\n` : ''}</body>
</html>
`
}

/** The direction in which a language is written, for `dir`. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.test(language) ? 'rtl' : 'ltr'
}

/** A moment as `2024-01-24 07:00 UTC`, the same on every machine. */
export function moment(seconds: number): Html {
  const iso = new Date(seconds * 1000).toISOString()
  return html`<time datetime="${iso.slice(0, 19)}Z">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
}
