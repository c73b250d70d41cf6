import {
  type AtomFeed,
  DetectError,
  type JsonFeed,
  parseFeed,
  ParseError,
  type RdfFeed,
  type RssFeed,
} from 'feedsmith'
import { cleanText } from '../domain/text.ts'
import { reduceShortcodes } from './shortcodes.ts'
import { type Piece, type Pieces, piecesOf } from './entry-pieces.ts'
import {
  type LeftOut,
  NotImported,
  type OfferedFile,
  type ReadEntry,
  type ReadFeed,
  type Text,
  webAddress,
} from './read-entry.ts'

type Item = RssFeed.Item<string> & Pick<RdfFeed.Item<string>, 'rdf'>
type Link = AtomFeed.Link<string>

/**
 * Reads a feed in RSS 0.9x, 1.0 or 2.0, Atom, or JSON Feed. `address` is where it was, unless it was
 * a file. An entry with something in it that is not closed is left out, and the others are taken.
 * Throws NotImported with a sentence for what is no feed.
 */
export function readFeed(text: string, address?: string): ReadFeed {
  const clean = cleanText(text.replace(/^\ufeff/, '')).trim()
  const notAFeed = whyNotAFeed(clean, address)
  if (notAFeed) throw new NotImported(notAFeed)
  try {
    return clean.startsWith('<') ? readXmlFeed(clean, address) : parse(clean, address)
  } catch (error) {
    if (
      clean.startsWith('{') &&
      /"version"\s*:\s*"https?:\/\/(www\.)?jsonfeed\.org\//.test(clean)
    ) {
      throw new NotImported(
        'This JSON Feed is damaged and cannot be read: its JSON is wrong or cut off.',
      )
    }
    throw new NotImported(whyNotRead(error as Error))
  }
}

function parse(text: string, address: string | undefined): ReadFeed {
  const parsed = parseFeed(text)
  if (parsed.format === 'json') return readJsonFeed(parsed.feed, address)
  const feed =
    parsed.format === 'atom' ? readAtom(parsed.feed, address) : readRss(parsed.feed, address)
  return feed.isPagedByWordPress ? { ...feed, entries: feed.entries.map(withoutShortcodes) } : feed
}

/** Those of a plugin that is gone stand in the feeds of WordPress as they do in its pages. */
function withoutShortcodes(entry: ReadEntry): ReadEntry {
  const [title, summary, body] = [entry.title, entry.summary, entry.body].map((text) => {
    const value = text && reduceShortcodes(text.value, { findFile: () => undefined }).trim()
    return text && value ? { ...text, value } : undefined
  })
  return { ...entry, title, summary, body }
}

/** Stands as a title behind the last entry. What is not closed before it swallows it. */
const mark = 'urn:tiedote:end'

/**
 * The parser makes something of every damage, and what follows it is lost in silence. So it is told by
 * a mark behind the last entry and by the number of entries; then each is read by itself.
 */
function readXmlFeed(source: string, address: string | undefined): ReadFeed {
  // The list in which RDF names its items: the parser would leave out others.
  const text = source.replace(/<((?:[\w-]+:)?items)\s*>[^]*?<\/\1\s*>/i, (all) =>
    '\n'.repeat(all.split('\n').length - 1),
  )
  const found = piecesOf(text)
  const { name, pieces } = found
  const [first] = pieces
  const last = pieces.at(-1)
  if (!first || !last) return parse(text, address)
  const tail = /<\/(?:[\w-]+:)?(?:rss|feed|rdf|channel)\s*>/i.test(text.slice(-2000))
  const head = text.slice(0, first.start)
  const end = last.isClosed ? text.slice(last.end) : ''
  const title = name.replace(/\w+$/, 'title')
  const marked = `<${name}><${title}>${mark}</${title}></${name}>`
  const whole = pieces.every(({ isClosed }) => isClosed)
    ? readMarked(text.slice(0, last.end) + marked + end, pieces.length, address)
    : undefined
  if (whole) return tail ? whole : cutOff(whole)
  const damaged = { text, head, end, marked, address }
  const feed = readPieces(found, damaged)
  return tail ? feed : cutOff(feed)
}

/** The feed without its mark, if as many entries stand before that as there are to be. */
function readMarked(
  text: string,
  count: number,
  address: string | undefined,
): ReadFeed | undefined {
  try {
    const feed = parse(text, address)
    const isWhole = feed.entries.length === count + 1 && feed.entries.at(-1)?.title?.value === mark
    return isWhole ? { ...feed, entries: feed.entries.slice(0, -1) } : undefined
  } catch (error) {
    if (error instanceof DetectError) throw error
    return undefined
  }
}

type Damaged = {
  text: string
  head: string
  end: string
  marked: string
  address: string | undefined
}

function readPieces({ pieces }: Pieces, { text, head, end, marked, address }: Damaged): ReadFeed {
  const leftOut: LeftOut[] = []
  // What is damaged before the first entry takes all with it, unless it is left out itself.
  const isRead = (begin: string) => readMarked(begin + marked + end, 0, address) !== undefined
  const start = [head, openingTags(head)].find(isRead)
  if (start === undefined) return parse(text, address)
  if (start !== head) {
    leftOut.push({ what: 'What stands before the first release', reason: damagedAt(text, 0) })
  }
  const isWhole = (own: string, count: number) =>
    readMarked(start + own + marked + end, count, address) !== undefined
  const reasonFor = (piece: Piece, own: string) => {
    if (piece.isClosed) return isWhole(own, 0) ? nothing : damagedAt(text, piece.start)
    return piece === pieces.at(-1) ? 'The feed is cut off in it.' : damagedAt(text, piece.start)
  }
  const good = pieces.filter((piece) => {
    const own = text.slice(piece.start, piece.end)
    if (piece.isClosed && isWhole(own, 1)) return true
    leftOut.push({ what: titleIn(own), reason: reasonFor(piece, own) })
    return false
  })
  const entries = good.map((piece) => text.slice(piece.start, piece.end)).join('\n')
  const feed = readMarked(start + entries + marked + end, good.length, address)
  const isEmpty = leftOut.every(({ reason }) => reason === nothing)
  if (!feed || (good.length === 0 && !isEmpty)) {
    throw new NotImported(`This feed is damaged and cannot be read. ${leftOut.at(-1)!.reason}`)
  }
  return { ...feed, leftOut: [...feed.leftOut, ...leftOut] }
}

const nothing = 'There is nothing in it.'

function titleIn(entry: string): string {
  const title = /<(?:[\w-]+:)?title[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]+)/i.exec(entry)?.[1]?.trim()
  return title || 'A release without a title'
}

function damagedAt(text: string, start: number): string {
  const line = text.slice(0, start).split('\n').length
  return `It is damaged: an element in it is not closed, or closed twice (from line ${line} on).`
}

/** Of what stands before the first entry, only what opens the document. */
function openingTags(head: string): string {
  return (head.match(/<\?xml[^>]*>|<(?:[\w-]+:)?(?:rss|feed|rdf|channel)\b[^>]*>/gi) ?? []).join('')
}

function cutOff(feed: ReadFeed): ReadFeed {
  if (feed.leftOut.some(({ reason }) => reason.startsWith('The feed is cut off'))) return feed
  const what = 'What followed the last release'
  return { ...feed, leftOut: [...feed.leftOut, { what, reason: 'The feed is cut off there.' }] }
}

function whyNotRead(error: Error): string {
  if (error instanceof NotImported) return error.message
  if (error instanceof DetectError) {
    return 'This is neither RSS, Atom, JSON Feed nor an export of WordPress.'
  }
  if (error instanceof ParseError) return 'This begins as a feed and has nothing in it.'
  const { message } = error.cause instanceof Error ? error.cause : error
  return `This feed is damaged and cannot be read (${firstLine(message)}).`
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.replace(/\.$/, '').slice(0, 200)
}

function whyNotAFeed(text: string, address: string | undefined): string | undefined {
  if (!text) return 'There is nothing in it.'
  const start = text.slice(0, 100_000)
  if (/<(rss|feed|channel|[\w-]+:(rss|feed|rdf))[\s>/]/i.test(start)) return undefined
  if (!/<(!doctype\s+html|html|head|body)[\s>]/i.test(start)) return undefined
  const links = start.match(/<link\b[^>]*>/gi) ?? []
  const feeds = links.flatMap((link) => {
    const attribute = (name: string) =>
      new RegExp(`\\b${name}=["']?([^"'\\s>]+)`, 'i').exec(link)?.[1]
    const isFeed = /^application\/(rss\+xml|atom\+xml|feed\+json|rdf\+xml)$/i.test(
      attribute('type') ?? '',
    )
    const found = isFeed && webAddress(attribute('href')?.replaceAll('&amp;', '&'), address)
    return found ? [found] : []
  })
  if (feeds.length === 0) return 'This is a web page, not a feed.'
  return `This is a web page, not a feed. It names these feeds: ${[...new Set(feeds)].slice(0, 5).join(' ')}`
}

function readRss(feed: RssFeed.Feed<string> & RdfFeed.Feed<string>, address?: string): ReadFeed {
  const home = webAddress(feed.link, address)
  const base = webAddress(feed.xml?.base, address ?? home) ?? address ?? home
  const links = feed.atom?.links ?? []
  return {
    format: 'rss',
    title: feed.title ?? feed.dc?.titles?.[0],
    description: feed.description,
    language: feed.language ?? feed.dc?.languages?.[0] ?? feed.xml?.lang,
    home,
    self: linkTo(links, 'self', base),
    older: older(links, base),
    isPagedByWordPress: isWordPress(feed.generator),
    categories: [],
    entries: (feed.items ?? []).map((item) => readItem(item as Item, base)),
    leftOut: [],
  }
}

function readItem(item: Item, feedBase: string | undefined): ReadEntry {
  const ownBase = webAddress(item.xml?.base, feedBase)
  const links = item.atom?.links ?? []
  const guid = item.guid?.value
  const link =
    webAddress(item.link, ownBase ?? feedBase) ??
    linkTo(links, 'alternate', ownBase ?? feedBase) ??
    (item.guid?.isPermaLink === false ? undefined : webAddress(guid))
  // Podcasts and pictures come as Media RSS, where groups hold one file in several sizes.
  const media = [
    ...(item.media?.contents ?? []),
    ...(item.media?.groups?.[0]?.contents?.slice(0, 1) ?? []),
  ]
  const files = [...(item.enclosures ?? []), ...media.map(({ url = '', type }) => ({ url, type }))]
  const description = item.description ?? item.dc?.descriptions?.[0] ?? item.dcterms?.abstracts?.[0]
  const encoded = item.content?.encoded ?? textOf(item.atom?.content)?.value
  const creators = [...(item.dc?.creators ?? []), ...(item.dc?.contributors ?? [])]
  return {
    id: guid ?? item.atom?.id ?? item.rdf?.about,
    link,
    title:
      asText(item.title ?? item.dc?.titles?.[0], true) ?? asText(item.media?.title?.value, true),
    summary: encoded ? asText(description ?? item.itunes?.summary, true) : undefined,
    body: asText(encoded ?? description ?? item.itunes?.summary, true),
    base: ownBase ?? link ?? feedBase,
    published: filled([
      item.pubDate,
      item.atom?.published,
      item.dcterms?.issued?.[0],
      item.dcterms?.available?.[0],
      item.dc?.dates?.[0],
      item.dcterms?.dates?.[0],
      item.dcterms?.created?.[0],
    ]),
    updated: filled([item.atom?.updated, item.dcterms?.modified?.[0]]),
    language: item.dc?.languages?.[0] ?? item.xml?.lang,
    categories: filled([
      ...(item.categories ?? []).map(({ name }) => name),
      ...(item.dc?.subjects ?? []),
      ...(item.dcterms?.subjects ?? []),
    ]),
    files: readFiles(files, ownBase ?? link ?? feedBase),
    people: [...(item.authors ?? []), ...creators.map((text) => personIn(text))].flatMap(
      withAddress,
    ),
    translations: translationsIn(links, ownBase ?? feedBase),
  }
}

function readAtom(feed: AtomFeed.Feed<string>, address?: string): ReadFeed {
  const base = webAddress(feed.xml?.base, address) ?? address
  const links = feed.links ?? []
  const home = linkTo(links, 'alternate', base)
  return {
    format: 'atom',
    title: feed.title && plainOrHtml(feed.title),
    description: feed.subtitle && plainOrHtml(feed.subtitle),
    language: feed.xml?.lang ?? feed.dc?.languages?.[0],
    home,
    self: linkTo(links, 'self', base),
    older: older(links, base),
    isPagedByWordPress: isWordPress(feed.generator?.text, feed.generator?.uri),
    categories: [],
    entries: (feed.entries ?? []).map((entry) =>
      readAtomEntry(entry, base ?? home, feed.xml?.base),
    ),
    leftOut: [],
  }
}

function readAtomEntry(
  entry: AtomFeed.Entry<string>,
  feedBase: string | undefined,
  hasBase: string | undefined,
): ReadEntry {
  const ownBase = webAddress(entry.xml?.base, feedBase) ?? (hasBase ? feedBase : undefined)
  const links = entry.links ?? []
  const link = linkTo(links, 'alternate', ownBase ?? feedBase)
  const { content, summary } = entry
  const contentBase = webAddress(
    content?.xml?.base ?? summary?.xml?.base,
    ownBase ?? link ?? feedBase,
  )
  const body = textOf(content)
  const elsewhere = content?.src ? [{ url: content.src, type: content.type }] : []
  const enclosures = links.filter(({ rel }) => rel === 'enclosure')
  return {
    id: entry.id,
    link,
    title: textOf(entry.title),
    summary: body ? textOf(summary) : undefined,
    body: body ?? textOf(summary),
    base: contentBase ?? ownBase ?? link ?? feedBase,
    published: filled([entry.published, entry.dcterms?.issued?.[0], entry.dc?.dates?.[0]]),
    updated: filled([entry.updated, entry.dcterms?.modified?.[0]]),
    language:
      content?.xml?.lang ?? entry.xml?.lang ?? entry.title?.xml?.lang ?? entry.dc?.languages?.[0],
    categories: filled([
      ...(entry.categories ?? []).map(({ label, term }) => label ?? term),
      ...(entry.dc?.subjects ?? []),
    ]),
    files: readFiles(
      [
        ...enclosures.map(({ href = '', title, type }) => ({ url: href, title, type })),
        ...elsewhere,
      ],
      ownBase ?? link ?? feedBase,
    ),
    people: (entry.authors ?? []).flatMap(withAddress),
    translations: translationsIn(links, ownBase ?? feedBase),
  }
}

function readJsonFeed(feed: JsonFeed.Feed<string>, address?: string): ReadFeed {
  const home = webAddress(feed.home_page_url, address)
  const base = address ?? webAddress(feed.feed_url) ?? home
  return {
    format: 'json',
    title: feed.title && escaped(feed.title),
    description: feed.description && escaped(feed.description),
    language: feed.language,
    home,
    self: webAddress(feed.feed_url, address),
    older: webAddress(feed.next_url, base),
    isPagedByWordPress: false,
    categories: [],
    entries: (feed.items ?? []).map((item) => readJsonItem(item, base)),
    leftOut: [],
  }
}

function readJsonItem(item: JsonFeed.Item<string>, feedBase: string | undefined): ReadEntry {
  const link = webAddress(item.url, feedBase) ?? webAddress(item.external_url, feedBase)
  const base = link ?? feedBase
  const html = asText(item.content_html, true)
  const body = html ?? asText(item.content_text, false)
  const files = (item.attachments ?? []).map(({ url = '', title, mime_type }) => {
    return { url, title, type: mime_type }
  })
  return {
    id: item.id,
    link,
    title: asText(item.title, false),
    summary: body ? asText(item.summary, false) : undefined,
    body: body ?? asText(item.summary, false),
    base,
    published: filled([item.date_published]),
    updated: filled([item.date_modified]),
    language: item.language,
    categories: filled(item.tags ?? []),
    files: readFiles(files, base),
    people: [],
    translations: [],
  }
}

function asText(value: string | undefined, html: boolean): Text | undefined {
  return value?.trim() ? { value, html } : undefined
}

/** RFC 4287, sections 3.1 and 4.1.3: what is neither text nor HTML is no text for people. */
function textOf(construct: { value?: string; type?: string } | undefined): Text | undefined {
  const type = construct?.type?.toLowerCase() ?? 'text'
  if (type === 'html' || type === 'xhtml' || /^(text\/html|application\/xhtml\+xml)$/.test(type)) {
    return asText(construct?.value, true)
  }
  return type === 'text' || type === 'text/plain' ? asText(construct?.value, false) : undefined
}

/** A text that whoever takes it reads as HTML. */
function plainOrHtml(construct: AtomFeed.Text): string | undefined {
  const text = textOf(construct)
  return text && (text.html ? text.value : escaped(text.value))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function filled(values: (string | undefined)[]): string[] {
  return values.flatMap((value) => (value?.trim() ? [value.trim()] : []))
}

function linkTo(links: Link[], relation: string, base: string | undefined): string | undefined {
  const fits = ({ rel = 'alternate', hreflang }: Link) =>
    rel.toLowerCase() === relation && !(relation === 'alternate' && hreflang)
  const found =
    links.find(fits) ?? links.find(({ rel = 'alternate' }) => rel.toLowerCase() === relation)
  return webAddress(found?.href, base)
}

/** RFC 5005: archives (section 4) and pages (section 3) lead to what is older. */
function older(links: Link[], base: string | undefined): string | undefined {
  return linkTo(links, 'prev-archive', base) ?? linkTo(links, 'next', base)
}

function translationsIn(links: Link[], base: string | undefined): string[] {
  const found = links.filter(({ rel = 'alternate', hreflang }) => {
    return rel === 'https://schema.org/workTranslation' || (rel === 'alternate' && hreflang)
  })
  return filled(found.map(({ href }) => webAddress(href, base)))
}

function readFiles(
  files: { url?: string | undefined; title?: string | undefined; type?: string | undefined }[],
  base: string | undefined,
): OfferedFile[] {
  const found = files.flatMap(({ url, title, type }) => {
    const whole = webAddress(url, base)
    return whole ? [{ url: whole, ...(title && { title }), ...(type && { type }) }] : []
  })
  return [...new Map(found.map((file) => [file.url, file])).values()]
}

/** `press@example.org (Press office)` and `Press office <press@example.org>` (RSS 2.0, author). */
function personIn(text: string): { name?: string; email?: string } {
  const email = /[^\s<>()"',;:]+@[^\s<>()"',;:]+\.[a-z]{2,}/i.exec(text)?.[0]
  if (!email) return {}
  const name = text
    .replace(email, '')
    .replace(/mailto:|[<>()"]/gi, '')
    .trim()
  return { email, ...(name && { name }) }
}

function withAddress({ name, email }: { name?: string; email?: string }): ReadEntry['people'] {
  if (!email || !/^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(email) || /^no-?reply@/i.test(email))
    return []
  return [{ name, email }]
}

function isWordPress(...generators: (string | undefined)[]): boolean {
  return generators.some((generator) => /wordpress/i.test(generator ?? ''))
}
