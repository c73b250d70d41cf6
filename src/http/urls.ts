import { DomainError } from '../domain/errors.ts'
import { type FeedQuery, findLanguage, parseSearch } from '../domain/feed-query.ts'
import { readSlug } from '../domain/names.ts'
import type { Site } from '../domain/site.ts'
import { parseMonth } from '../domain/time.ts'
import type { Vocabulary } from '../domain/topic.ts'
import { parseTopicExpression, parseTopicList } from '../domain/topic-expression.ts'
import { type Interval, parseInterval } from '../feeds/archive.ts'
import {
  calendar,
  type Ending,
  type FormatName,
  formatNames,
  formats,
  splitFormat,
} from '../feeds/formats.ts'
import type { ArchiveTarget } from './archive.ts'
import type { CalendarTarget } from './calendar.ts'
import type { FeedTarget } from './feed.ts'
import type { OpmlTarget } from './opml.ts'
import type { MonthPage } from './pages/contents.ts'
import type { PageTarget } from './question-page.ts'
import type { ReleaseTarget } from './release.ts'
import type { SitemapTarget } from './sitemap.ts'

/** What an address of the service asks for. `renamed`: an old topic name was used. */
export type Target =
  | ({ kind: 'feed' } & FeedTarget)
  | ({ kind: 'archive' } & ArchiveTarget)
  | ({ kind: 'calendar' } & CalendarTarget)
  | ({ kind: 'page' } & PageTarget)
  | ({ kind: 'release' | 'item' } & ReleaseTarget)
  | { kind: 'vocabulary'; language: string }
  | ({ kind: 'opml' } & OpmlTarget)
  | { kind: 'sitemap'; of: SitemapTarget }

/** Every spelling of the main feed (O-04), and its calendar. */
const mainFeeds = new Map<string, Ending>([
  ...formatNames.flatMap((format) =>
    [`feed.${format}`, ...formats[format].wellKnown].map((name) => [name, format] as const),
  ),
  [`feed.${calendar.ending}`, calendar.ending],
])

/** Documents that are not feeds, but that programs ask for in the same way. */
const otherDocuments = /\.(json|opml|xml)$/

/** Whether a path is one that programs ask for, whatever they accept. */
export function isForPrograms(path: string): boolean {
  const name = path.toLowerCase().replace(/\/+$/, '').split('/').at(-1)!
  return mainFeeds.has(name) || splitFormat(name).format !== undefined || otherDocuments.test(name)
}

/**
 * Reads the path and query of a request. Every spelling of a question gives the same target (U-03);
 * unknown parameters change nothing (U-05).
 *
 * Throws DomainError `not-found` for what is no address of ours or an unknown topic, `invalid` for
 * an impossible question.
 */
export function readAddress(url: URL, site: Site, vocabulary: Vocabulary): Target {
  const segments = url.pathname.split('/').filter(Boolean).map(decode)
  const named = segments[0] === undefined ? undefined : findLanguage(segments[0], site)
  const asked = {
    language: named ?? site.languages[0]!,
    isLanguageNamed: named !== undefined,
    path: named ? segments.slice(1) : segments,
    fields: url.searchParams,
    site,
    vocabulary,
  }
  const target =
    readOneSegment(asked) ?? readTopics(asked) ?? readArchiveTarget(asked) ?? readRelease(asked)
  if (!target) throw new DomainError('not-found', 'There is nothing at this address.')
  return target
}

/** An address taken apart. */
type AskedAddress = {
  /** Of the path, or the first of the site. */
  language: string
  isLanguageNamed: boolean
  /** The decoded segments behind the language. */
  path: string[]
  fields: URLSearchParams
  site: Site
  vocabulary: Vocabulary
}

/** The question for all releases, or for those with the words that are searched for. */
function everything({ language, fields }: AskedAddress): FeedQuery {
  return { language, topics: [], words: parseSearch(fields.getAll('q').join(' ')) }
}

function pageOf(query: FeedQuery, { fields, site }: AskedAddress, renamed = false): Target {
  return { kind: 'page', query, renamed, monthPage: readMonthPage(fields, site) }
}

/** The page of a question, or its feed or calendar where the address names a format. */
function pageOrFeed(
  query: FeedQuery,
  format: Ending | undefined,
  asked: AskedAddress,
  renamed = false,
): Target {
  if (format === calendar.ending) return { kind: 'calendar', query, renamed }
  return format ? { kind: 'feed', query, format, renamed } : pageOf(query, asked, renamed)
}

/** The front page, `/topics.json`, `/feeds.opml`, sitemaps, `/feed.rss` and the feeds of withdrawals. */
function readOneSegment(asked: AskedAddress): Target | undefined {
  const { language, path, fields, vocabulary } = asked
  if (path.length > 1) return undefined
  const name = path[0]?.toLowerCase() ?? ''
  if (name === '') return pageOf(everything(asked), asked)
  if (name === 'topics') return readForm(asked)
  if (name === 'topics.json') return { kind: 'vocabulary', language }
  if (name === 'feeds.opml') {
    // A form with a box for each topic names the parameter once for each.
    const ticked = fields.getAll('topics').join(',')
    return { kind: 'opml', language, ...parseTopicList(ticked, vocabulary) }
  }
  const sitemap = asked.isLanguageNamed ? undefined : readSitemap(name)
  if (sitemap) return { kind: 'sitemap', of: sitemap }
  const mainFormat = mainFeeds.get(name)
  if (mainFormat) return pageOrFeed(everything(asked), mainFormat, asked)
  const { name: part, format } = splitFormat(name)
  if (part !== 'withdrawals') return undefined
  return pageOrFeed({ ...everything(asked), withdrawn: true }, format, asked)
}

/** What the form on the pages sends: one more spelling of a question. */
function readForm(asked: AskedAddress): Target {
  const { fields, site, vocabulary } = asked
  const query = everything(asked)
  const wanted = findLanguage(fields.get('language') ?? '', site)
  if (wanted) query.language = wanted
  const text = writtenAs(fields)
  if (text === '') return pageOf(query, asked)
  const { expression, renamed } = parseTopicExpression(text, vocabulary)
  return pageOf({ ...query, topics: expression }, asked, renamed)
}

/** `/topics/eu+migration` and `/topics/eu+migration.rss`. */
function readTopics(asked: AskedAddress): Target | undefined {
  const [name = '', second, ...more] = asked.path
  if (name.toLowerCase() !== 'topics' || second === undefined || more.length > 0) return undefined
  const { name: text, format } = splitFormat(second)
  const { expression, renamed } = parseTopicExpression(text, asked.vocabulary)
  return pageOrFeed({ ...everything(asked), topics: expression }, format, asked, renamed)
}

function readArchiveTarget(asked: AskedAddress): Target | undefined {
  const archive = readArchive(asked.path)
  if (!archive) return undefined
  const { kind, topics, ...rest } = archive
  const query = everything(asked)
  if (kind === 'feed') return { kind: 'archive', query, renamed: false, ...rest }
  if (kind === 'withdrawals') {
    return { kind: 'archive', query: { ...query, withdrawn: true }, renamed: false, ...rest }
  }
  const { expression, renamed } = parseTopicExpression(topics, asked.vocabulary)
  return { kind: 'archive', query: { ...query, topics: expression }, renamed, ...rest }
}

function readRelease({ language, path }: AskedAddress): Target | undefined {
  const [name = '', second, ...more] = path
  if (name.toLowerCase() !== 'releases' || !second || more.length > 0) return undefined
  const [, written = second, ending] = /^(.*)(\.json)$/i.exec(second) ?? []
  const slug = readSlug(written)
  return slug ? { kind: ending ? 'item' : 'release', slug, language } : undefined
}

/** The topic expression that the fields of the form mean. */
function writtenAs(fields: URLSearchParams): string {
  const wanted = fields.getAll('topic').filter(Boolean)
  const unwanted = fields
    .getAll('without')
    .filter(Boolean)
    .map((topic) => `-${topic}`)
  if (fields.get('match') === 'all' || wanted.length === 0)
    return [...wanted, ...unwanted].join('+')
  return wanted.map((topic) => [topic, ...unwanted].join('+')).join(',')
}

/** `?month=2024-01&page=2`. Anything else changes nothing (U-05). */
function readMonthPage(fields: URLSearchParams, { timezone }: Site): MonthPage {
  const name = fields.get('month') ?? ''
  if (!parseMonth(name, timezone)) return undefined
  const page = /^[1-9]\d{0,2}$/.exec(fields.get('page') ?? '')
  return { name, page: page ? Number(page[0]) : 1 }
}

type ArchiveAddress = {
  kind: 'feed' | 'withdrawals' | 'topics'
  /** The topic expression, or nothing. */
  topics: string
  interval: Interval
  format: FormatName
}

/** `feed/archive/21-812.atom`, `withdrawals/archive/…` or `topics/eu/archive/…`. */
function readArchive(path: string[]): ArchiveAddress | undefined {
  const kind = path[0]?.toLowerCase()
  if (kind !== 'feed' && kind !== 'withdrawals' && kind !== 'topics') return undefined
  const topics = kind === 'topics' ? (path[1] ?? '') : ''
  const [marker, file = '', ...more] = path.slice(kind === 'topics' ? 2 : 1)
  if (marker !== 'archive') return undefined
  const { name, format } = splitFormat(file)
  const interval = parseInterval(name)
  if (!interval || !format || format === calendar.ending || more.length > 0) return undefined
  return { kind, topics, interval, format }
}

function readSitemap(name: string): SitemapTarget | undefined {
  if (name === 'sitemap.xml') return { of: 'index' }
  if (name === 'news-sitemap.xml') return { of: 'news' }
  const [, of, part] = /^sitemap-(topics|releases)-([1-9]\d{0,5})\.xml$/.exec(name) ?? []
  return of && part ? { of: of as 'topics' | 'releases', part: Number(part) } : undefined
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new DomainError(
      'invalid',
      'This address is not written correctly: what follows a percent sign in it is no UTF-8.',
    )
  }
}
