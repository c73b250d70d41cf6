import { formatUtc } from '../domain/time.ts'
import type { Category, Entry, Feed, Person } from './feed.ts'
import { declaration, element, textElement } from './xml.ts'

/**
 * Atom 1.0 (RFC 4287), written by ourselves: the `feed` package leaves out languages, types of
 * links and enclosures, and extensions.
 */
export function renderAtom(feed: Feed): string {
  const head = [
    textElement('id', feed.id),
    textElement('title', feed.title),
    textElement('subtitle', feed.description),
    textElement('updated', formatUtc(feed.updated)),
    // The first link is the page, for readers that take whichever comes first.
    element('link', { rel: 'alternate', type: 'text/html', href: feed.page }),
    element('link', { rel: 'self', type: 'application/atom+xml', href: feed.self.atom }),
    author(feed.author),
    ...feed.categories.map((one) => category(one, feed.scheme)),
    textElement('generator', 'Tiedote'),
    ...(feed.logo ? [textElement('icon', feed.logo), textElement('logo', feed.logo)] : []),
    ...(feed.rights ? [textElement('rights', feed.rights)] : []),
  ]
  const entries = feed.entries.map((entry) => renderEntry(entry, feed.scheme))
  const attributes = { xmlns: 'http://www.w3.org/2005/Atom', 'xml:lang': feed.language }
  return `${declaration}${element('feed', attributes, '\n', [...head, ...entries].join('\n'), '\n')}\n`
}

function renderEntry(entry: Entry, scheme: string): string {
  const lines = [
    textElement('id', entry.id),
    textElement('title', entry.title),
    ...links(entry),
    textElement('published', formatUtc(entry.published)),
    textElement('updated', formatUtc(entry.updated)),
    author(entry.author),
    ...entry.categories.map((one) => category(one, scheme)),
    textElement('summary', entry.summary),
    textElement('content', entry.html, { type: 'html', 'xml:lang': entry.language }),
  ]
  return element('entry', { 'xml:lang': entry.language }, '\n', lines.join('\n'), '\n')
}

/**
 * Most readers take the first alternate link for the release's own, Python's feedparser and
 * so Superdesk the last one. Both find it: the language versions stand between two of them, which
 * RFC 4287 section 4.1.2 allows because only one has a language.
 */
function links({ url, language, translations, files }: Entry): string[] {
  const alternate = { rel: 'alternate', type: 'text/html' }
  const versions = translations.map((one) => ({
    ...alternate,
    hreflang: one.language,
    href: one.url,
  }))
  const own = versions.length > 0 ? [{ ...alternate, hreflang: language, href: url }] : []
  const enclosures = files.map((file) => ({
    rel: 'enclosure',
    type: file.type,
    length: file.size,
    title: file.title,
    href: file.url,
  }))
  return [{ ...alternate, href: url }, ...versions, ...own, ...enclosures].map((attributes) =>
    element('link', attributes),
  )
}

function author({ name, url }: Person): string {
  return element('author', {}, textElement('name', name), url ? textElement('uri', url) : '')
}

function category({ term, label }: Category, scheme: string): string {
  return element('category', { term, scheme, label })
}
