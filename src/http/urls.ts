import { DomainError } from '../domain/errors.ts'
import { type FeedQuery, findLanguage, parseSearch } from '../domain/feed-query.ts'
import { readSlug } from '../domain/names.ts'
import type { Site } from '../domain/site.ts'
import { parseMonth } from '../domain/time.ts'
import type { Vocabulary } from '../domain/topic.ts'
import { createTerms, termFor, type Terms } from '../domain/term.ts'
import {
  allOf,
  parseTerm,
  parseTopicExpression,
  parseTopicList,
  type ReadExpression,
} from '../domain/topic-expression.ts'
import { parseInterval } from '../feeds/archive.ts'
import { calendar, type Ending, formatNames, formats, splitFormat } from '../feeds/formats.ts'
import type { ArchiveTarget } from './archive.ts'
import type { CalendarTarget } from './calendar.ts'
import { readFilters } from './filters.ts'
import type { FeedTarget } from './feed.ts'
import type { OpmlTarget } from './opml.ts'
import type { MonthPage } from './pages/contents.ts'
import type { PageTarget } from './question-page.ts'
import type { ReleaseTarget } from './release.ts'
import type { SitemapTarget } from './sitemap.ts'

/** What an address of the service asks for. `renamed`: an old name of a topic or publisher was used. */
export type Target =
  | ({ kind: 'feed' } & FeedTarget)
  | ({ kind: 'archive' } & ArchiveTarget)
  | ({ kind: 'calendar' } & CalendarTarget)
  | ({ kind: 'page' } & PageTarget)
  | ({ kind: 'release' | 'item' } & ReleaseTarget)
  | { kind: 'vocabulary'; language: string }
  | { kind: 'developers' }
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
 * Throws DomainError `not-found` for what is no address of ours or names something unknown, `invalid`
 * for an impossible question.
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
    terms: createTerms(site, vocabulary),
  }
  const target =
    readOneSegment(asked) ?? readTerms(asked) ?? readArchiveTarget(asked) ?? readRelease(asked)
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
  terms: Terms
}

/** A question as it was read. */
type AskedQuestion = { query: FeedQuery; renamed: boolean }

/** The question of an address: what its path names and what its parameters add must both be true. */
function questionOf(
  { language, fields, terms }: AskedAddress,
  path: ReadExpression = { expression: [], renamed: false },
): AskedQuestion {
  const filters = readFilters(fields, terms)
  const topics = allOf([path.expression, filters.expression])
  const words = parseSearch(fields.getAll('q').join(' '))
  return { query: { language, topics, words }, renamed: path.renamed || filters.renamed }
}

/** The question for withdrawn releases. Its addresses have no place for anything but words. */
function withdrawnOf(asked: AskedAddress): AskedQuestion {
  const { query, renamed } = questionOf(asked)
  if (query.topics.length === 0) return { query: { ...query, withdrawn: true }, renamed }
  throw new DomainError(
    'invalid',
    'Withdrawn releases can be searched for words, and not by topic, publisher or kind. Leave these out.',
  )
}

/** The page of a question, or its feed or calendar where the address names a format. */
function pageOrFeed(
  question: AskedQuestion,
  format: Ending | undefined,
  { fields, site }: AskedAddress,
): Target {
  if (format === calendar.ending) return { kind: 'calendar', ...question }
  if (format) return { kind: 'feed', format, ...question }
  return { kind: 'page', monthPage: readMonthPage(fields, site), ...question }
}

/** The front page, `/topics.json`, `/feeds.opml`, sitemaps, `/feed.rss` and the feeds of withdrawals. */
function readOneSegment(asked: AskedAddress): Target | undefined {
  const { language, path, fields, terms } = asked
  if (path.length > 1) return undefined
  const name = path[0]?.toLowerCase() ?? ''
  if (name === '') return pageOrFeed(questionOf(asked), undefined, asked)
  if (name === 'topics') return readForm(asked)
  if (name === 'topics.json') return { kind: 'vocabulary', language }
  if (name === 'feeds.opml') {
    // A form with a box for each topic names the parameter once for each.
    const ticked = fields.getAll('topics').join(',')
    return { kind: 'opml', language, ...parseTopicList(ticked, terms) }
  }
  if (name === 'developers' && !asked.isLanguageNamed) return { kind: 'developers' }
  const sitemap = asked.isLanguageNamed ? undefined : readSitemap(name)
  if (sitemap) return { kind: 'sitemap', of: sitemap }
  const mainFormat = mainFeeds.get(name)
  if (mainFormat) return pageOrFeed(questionOf(asked), mainFormat, asked)
  const { name: part, format } = splitFormat(name)
  if (part !== 'withdrawals') return undefined
  return pageOrFeed(withdrawnOf(asked), format, asked)
}

/** What the form on the pages sends: one more spelling of a question. */
function readForm(asked: AskedAddress): Target {
  const language = findLanguage(asked.fields.get('language') ?? '', asked.site) ?? asked.language
  return pageOrFeed(questionOf({ ...asked, language }), undefined, asked)
}

/** `/topics/eu+migration`, `/topics/eu+migration.rss`, `/publishers/customs.rss`, `/kinds/speech.rss`. */
function readTerms(asked: AskedAddress): Target | undefined {
  const [section = '', second, ...more] = asked.path
  if (second === undefined || more.length > 0) return undefined
  const { name, format } = splitFormat(second)
  const expression = readExpression(section, name, asked.terms)
  return expression && pageOrFeed(questionOf(asked, expression), format, asked)
}

/** What the second segment of a path names, below the first. */
function readExpression(section: string, text: string, terms: Terms): ReadExpression | undefined {
  const name = section.toLowerCase()
  if (name === 'topics') return parseTopicExpression(text, terms)
  if (name === 'publishers') return parseTerm(termFor('publisher', text), terms)
  return name === 'kinds' ? parseTerm(termFor('kind', text), terms) : undefined
}

/** `feed/archive/21-812.atom`, `withdrawals/archive/…`, or `topics/eu/archive/…` and the like. */
function readArchiveTarget(asked: AskedAddress): Target | undefined {
  const marker = asked.path.length - 2
  const { interval, format } = readInterval(asked.path.slice(marker))
  if (!interval || !format || format === calendar.ending) return undefined
  const question = readArchived(asked, asked.path.slice(0, marker))
  return question && { kind: 'archive', interval, format, ...question }
}

/** The question whose feed an archive is of. */
function readArchived(
  asked: AskedAddress,
  [section = '', text, ...more]: string[],
): AskedQuestion | undefined {
  if (more.length > 0) return undefined
  if (text !== undefined) {
    const expression = readExpression(section, text, asked.terms)
    return expression && questionOf(asked, expression)
  }
  const name = section.toLowerCase()
  if (name === 'withdrawals') return withdrawnOf(asked)
  return name === 'feed' ? questionOf(asked) : undefined
}

/** `archive/21-812.atom`. */
function readInterval([marker, file = '']: string[]) {
  const { name, format } = splitFormat(file)
  return { interval: marker === 'archive' ? parseInterval(name) : undefined, format }
}

function readRelease({ language, path }: AskedAddress): Target | undefined {
  const [name = '', second, ...more] = path
  if (name.toLowerCase() !== 'releases' || !second || more.length > 0) return undefined
  const [, written = second, ending] = /^(.*)(\.json)$/i.exec(second) ?? []
  const slug = readSlug(written)
  return slug ? { kind: ending ? 'item' : 'release', slug, language } : undefined
}

/** `?month=2024-01&page=2`. Anything else changes nothing (U-05). */
function readMonthPage(fields: URLSearchParams, { timezone }: Site): MonthPage {
  const name = fields.get('month') ?? ''
  if (!parseMonth(name, timezone)) return undefined
  const page = /^[1-9]\d{0,2}$/.exec(fields.get('page') ?? '')
  return { name, page: page ? Number(page[0]) : 1 }
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
