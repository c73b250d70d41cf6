import { DetectError, parseFeed, ParseError } from 'feedsmith'
import { cleanText } from '../domain/text.ts'
import { type Piece, type Pieces, piecesOf } from './entry-pieces.ts'
import {
  webAddress,
  NotImported,
  type LeftOut,
  type ReadEntry,
  type ReadFeed,
} from './read-entry.ts'
import { readAtom } from './read-atom.ts'
import { readJsonFeed } from './read-json-feed.ts'
import { readRss } from './read-rss.ts'
import { reduceShortcodes } from './shortcodes.ts'

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
