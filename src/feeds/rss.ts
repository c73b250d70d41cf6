import { type Extension, Feed as FeedPackage } from 'feed'
import { formatUtc } from '../domain/time.ts'
import type { Around, Link } from './body.ts'
import type { Entry, Feed, File } from './feed.ts'
import { archiveMark, element, isReplacedBy, replaces } from './xml.ts'

/** Of the documents, in minutes: how long readers need not ask again (R-07). */
const timeToLive = 5

const namespaces = [
  'xmlns:atom="http://www.w3.org/2005/Atom"',
  'xmlns:content="http://purl.org/rss/1.0/modules/content/"',
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
  'xmlns:media="http://search.yahoo.com/mrss/"',
].join(' ')

/**
 * RSS 2.0 by the `feed` package. Item extensions take the place of its CDATA sections, its single
 * enclosure and its authors; the root element is written again because the package does not
 * declare the namespaces of extensions.
 */
export function renderRss(feed: Feed): string {
  const document = new FeedPackage({
    title: plain(feed.title),
    description: text(feed.description),
    link: feed.page,
    language: feed.language,
    updated: new Date(feed.updated * 1000),
    ttl: timeToLive,
    generator: 'Tiedote',
    feedLinks: { rss: feed.self.rss },
    ...(feed.logo && { image: text(feed.logo) }),
    ...(feed.rights && { copyright: text(feed.rights) }),
  })
  for (const { label } of feed.categories) document.addCategory(text(label))
  for (const entry of feed.entries) {
    document.addItem({
      title: entry.title,
      link: entry.url,
      guid: entry.id,
      date: new Date(entry.published * 1000),
      extensions: elements(entry),
    })
  }
  return finish(document.rss2(), channelLinks(feed))
}

/** The rest of an item: core elements first, because some readers take the first of a name (X-06). */
function elements(entry: Entry): Extension[] {
  const { image, files } = entry
  const enclosed = image ?? files[0]
  const all: Record<string, unknown> = {
    title: { _text: plain(entry.title) },
    description: { _text: text(summary(entry.summary)) },
    'content:encoded': { _text: text(entry.html) },
    category: entry.categories.map(({ label }) => ({ _text: text(label) })),
    ...(enclosed && { enclosure: enclosure(enclosed) }),
    'dc:creator': { _text: text(entry.author.name) },
    'dc:language': { _text: entry.language },
    'atom:updated': { _text: formatUtc(entry.updated) },
    'atom:link': [
      ...entry.translations.map(({ language, url }) =>
        atomLink({ rel: translation, hreflang: language, type: 'text/html', href: url }),
      ),
      ...versionLinks(entry.around),
    ],
    'media:content': files.filter((file) => file !== enclosed).map(media),
  }
  return Object.entries(all).map(([name, objects]) => ({ name, objects }) as Extension)
}

/** Not "alternate", which SimplePie and tt-rss would take for the item's own link (R-06). */
const translation = 'https://schema.org/workTranslation'

function atomLink({ href, ...attributes }: Record<string, string> & { href: string }) {
  return { _attributes: { ...attributes, href: attribute(href) } }
}

function versionLinks({ corrects, correctedBy, replacedBy }: Around) {
  const html = (rel: string) => (to: Link) => atomLink({ rel, type: 'text/html', href: to.url })
  return [
    ...(corrects ? [corrects] : []).map(html(replaces)),
    ...[...correctedBy, ...(replacedBy ? [replacedBy] : [])].map(html(isReplacedBy)),
  ]
}

/** The package writes the link to the document itself; the others stand behind it. */
function channelLinks({ current, previous, next, sisters }: Feed): string {
  const chain = Object.entries({ 'prev-archive': previous, current, 'next-archive': next })
  const links = [
    ...chain.flatMap(([rel, document]) => (document ? [{ rel, href: document.rss }] : [])),
    ...sisters
      .filter(({ language }) => language !== 'all')
      .map(({ language, self }) => ({ rel: translation, hreflang: language, href: self.rss })),
  ]
  const elements = links.map(({ href, ...rest }) =>
    element('atom:link', { ...rest, type: 'application/rss+xml', href }),
  )
  return [...elements, ...(current ? [archiveMark] : [])].join('\n')
}

function enclosure({ url, size, type }: File) {
  return { _attributes: { url: attribute(url), length: size, type: attribute(type) } }
}

function media({ url, size, type, title, alt, credit }: File) {
  return {
    _attributes: { url: attribute(url), fileSize: size, type: attribute(type) },
    'media:title': { _attributes: { type: 'plain' }, _text: text(title) },
    ...(alt && { 'media:description': { _attributes: { type: 'plain' }, _text: text(alt) } }),
    ...(credit && { 'media:credit': { _text: text(credit) } }),
  }
}

/** Readers take a description for HTML, so plain text is written as HTML that shows it. */
function summary(plainText: string): string {
  return plainText.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** The package turns a literal `&amp;` back into `&` before it escapes, so one more is needed. */
function text(content: string): string {
  return content.replaceAll('&amp;', '&amp;amp;')
}

/** The package leaves all but quotes of an attribute as it is. */
function attribute(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

// Titles are to have `&` and `<` as numbers (R-09), which the package would escape. Controls cannot
// occur in clean text, so two of them carry the characters past it.
const ampersand = '\u0001'
const lessThan = '\u0002'

function plain(content: string): string {
  return content.replaceAll('&', ampersand).replaceAll('<', lessThan)
}

function finish(document: string, links: string): string {
  return `${document
    .replace(/<rss [^>]*>/, `<rss version="2.0" ${namespaces}>`)
    .replace(/<atom:link [^>]*rel="self"[^>]*\/>/, (self) => (links ? `${self}\n${links}` : self))
    // Indentation between elements only: no text holds a `<`.
    .replace(/\n +(?=<)/g, '\n')
    .replaceAll(ampersand, '&#x26;')
    .replaceAll(lessThan, '&#x3C;')}\n`
}
