import { Feed as FeedPackage } from 'feed'
import { escapeText } from '../domain/text.ts'
import { programVersion } from '../domain/output-version.ts'
import { formatUtc } from '../domain/time.ts'
import type { Entry, Feed, File } from './feed.ts'
import { archiveMark, type Attributes, below, element, isReplacedBy, replaces } from './xml.ts'

/** Minutes for which readers need not ask again (R-07). */
const timeToLive = 5

const namespaces = [
  'xmlns:atom="http://www.w3.org/2005/Atom"',
  'xmlns:content="http://purl.org/rss/1.0/modules/content/"',
  'xmlns:dc="http://purl.org/dc/elements/1.1/"',
  'xmlns:media="http://search.yahoo.com/mrss/"',
].join(' ')

/**
 * RSS 2.0. The `feed` package makes the channel, whose root element is written again because the
 * package does not declare the namespaces of extensions. Items are ours: it would write CDATA sections,
 * a single enclosure and authors without addresses, and takes twice the time.
 */
export function renderRss(feed: Feed): string {
  const document = new FeedPackage({
    title: plain(feed.title),
    description: text(feed.description),
    link: feed.page,
    language: feed.language,
    updated: new Date(feed.updated * 1000),
    ttl: timeToLive,
    generator: `Tiedote ${programVersion}`,
    feedLinks: { rss: feed.self('rss') },
    ...(feed.logo && { image: text(feed.logo) }),
    ...(feed.rights && { copyright: text(feed.rights) }),
  })
  for (const { label } of feed.categories) document.addCategory(text(label))
  const channel = finish(document.rss2(), channelLinks(feed))
  const lines = below(feed.entries.map(item))
  return `${channel.slice(0, -end.length)}${lines}${end}`
}

const end = '</channel>\n</rss>\n'

/** Core elements come first, because some readers take the first element of a name (X-06). */
function item(entry: Entry): string {
  const { image, files, correctionLinks } = entry
  const enclosed = image ?? files[0]
  const lines = [
    `<title>${title(entry.title)}</title>`,
    textNode('link', entry.url),
    `<guid isPermaLink="false">${guid(entry.id)}</guid>`,
    textNode('pubDate', new Date(entry.published * 1000).toUTCString()),
    textNode('description', summary(entry.summary)),
    textNode('content:encoded', entry.html),
    ...entry.categories.map(({ label }) => textNode('category', label)),
    ...(enclosed ? [enclosure(enclosed)] : []),
    textNode('dc:creator', entry.author.name),
    textNode('dc:language', entry.language),
    textNode('atom:updated', formatUtc(entry.updated)),
    ...entry.translations.map(({ language, url }) =>
      pageLink({ rel: translation, hreflang: language }, url),
    ),
    ...(correctionLinks.corrects ? [correctionLinks.corrects] : []).map(({ url }) =>
      pageLink({ rel: replaces }, url),
    ),
    ...[
      ...correctionLinks.correctedBy,
      ...(correctionLinks.replacedBy ? [correctionLinks.replacedBy] : []),
    ].map(({ url }) => pageLink({ rel: isReplacedBy }, url)),
    ...files.filter((file) => file !== enclosed).map(media),
  ]
  return element('item', {}, '\n', below(lines))
}

/** Not "alternate", which SimplePie and tt-rss would take for the item's own link (R-06). */
const translation = 'https://schema.org/workTranslation'

function pageLink(attributes: Attributes, url: string): string {
  return element('atom:link', { ...attributes, type: 'text/html', href: url })
}

function enclosure({ url, size, type }: File): string {
  return element('enclosure', { url, length: size, type })
}

function media({ url, size, type, title, alt, credit }: File): string {
  const plain = { type: 'plain' }
  const children = [
    element('media:title', plain, escapeText(title)),
    ...(alt ? [element('media:description', plain, escapeText(alt))] : []),
    ...(credit ? [textNode('media:credit', credit)] : []),
  ]
  return element('media:content', { url, fileSize: size, type }, '\n', children.join('\n'), '\n')
}

/** A text element in which quotes stand as they are. */
function textNode(name: string, content: string): string {
  return `<${name}>${escapeText(content)}</${name}>`
}

/** Titles have `&` and `<` as numbers (R-09). */
function title(plainText: string): string {
  return escapeText(plainText).replaceAll('&amp;', '&#x26;').replaceAll('&lt;', '&#x3C;')
}

/** Readers take a description for HTML, so plain text is written as HTML that shows it. */
function summary(plainText: string): string {
  return plainText.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** The package has written `&` for `&amp;` in identities, and readers know them in that form. */
function guid(id: string): string {
  return escapeText(id.replaceAll('&amp;', '&'))
}

/** The package writes the link to the document itself; the others stand behind it. */
function channelLinks(feed: Feed): string {
  const { hub, current, previous, next, alternates, license, author } = feed
  const archives = Object.entries({ 'prev-archive': previous, current, 'next-archive': next })
  const links = [
    ...archives.flatMap(([rel, document]) => (document ? [{ rel, href: document('rss') }] : [])),
    ...alternates
      .filter(({ language }) => language !== 'all')
      .map(({ language, self }) => ({ rel: translation, hreflang: language, href: self('rss') })),
  ]
  const elements = links.map(({ href, ...rest }) =>
    element('atom:link', { ...rest, type: 'application/rss+xml', href }),
  )
  return [
    ...(hub ? [element('atom:link', { rel: 'hub', href: hub })] : []),
    ...elements,
    ...(license ? [element('atom:link', { rel: 'license', href: license })] : []),
    ...(author.email ? [textNode('managingEditor', `${author.email} (${author.name})`)] : []),
    ...(current ? [archiveMark] : []),
  ].join('\n')
}

/** The package turns a literal `&amp;` back into `&` before it escapes, so one more is needed. */
function text(content: string): string {
  return content.replaceAll('&amp;', '&amp;amp;')
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
