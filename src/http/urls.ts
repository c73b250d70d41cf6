import { DomainError } from '../domain/errors.ts'
import { type FeedQuery, findLanguage, parseSearch } from '../domain/feed-query.ts'
import { readSlug } from '../domain/names.ts'
import type { Site } from '../domain/site.ts'
import { parseMonth } from '../domain/time.ts'
import type { Vocabulary } from '../domain/topic.ts'
import { parseTopicExpression, parseTopicList } from '../domain/topic-expression.ts'
import { type Interval, parseInterval } from '../feeds/archive.ts'
import { type FormatName, formatNames, formats, partFormat } from '../feeds/formats.ts'
import type { ArchiveTarget } from './archive.ts'
import type { FeedTarget } from './feed.ts'
import type { OpmlTarget } from './opml.ts'
import type { Stretch } from './pages/contents.ts'
import type { PageTarget } from './question-page.ts'
import type { ReleaseTarget } from './release-page.ts'
import type { SitemapTarget } from './sitemap.ts'

/** What an address of the service asks for. `renamed`: an old topic name was used. */
export type Target =
  | ({ kind: 'feed' } & FeedTarget)
  | ({ kind: 'archive' } & ArchiveTarget)
  | ({ kind: 'page' } & PageTarget)
  | ({ kind: 'release' } & ReleaseTarget)
  | { kind: 'vocabulary'; language: string }
  | ({ kind: 'opml' } & OpmlTarget)
  | { kind: 'sitemap'; of: SitemapTarget }

/** Every spelling of the main feed (O-04). */
const mainFeeds = new Map(
  formatNames.flatMap((format) =>
    [`feed.${format}`, ...formats[format].wellKnown].map((name) => [name, format] as const),
  ),
)

/** Documents that are no feeds, and are asked for by programs as feeds are. */
const otherDocuments = /\.(json|opml|xml)$/

/** Whether a path is one that programs ask for, whatever they accept. */
export function isForPrograms(path: string): boolean {
  const name = path.toLowerCase().replace(/\/+$/, '').split('/').at(-1)!
  return mainFeeds.has(name) || partFormat(name).format !== undefined || otherDocuments.test(name)
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
  const language = named ?? site.languages[0]!
  const [first = '', second, ...more] = named ? segments.slice(1) : segments
  const name = first.toLowerCase()
  const everything = (): FeedQuery => ({
    language,
    topics: [],
    words: parseSearch(url.searchParams.getAll('q').join(' ')),
  })
  const page = (query: FeedQuery, renamed = false): Target => {
    return { kind: 'page', query, renamed, stretch: readStretch(url.searchParams, site) }
  }
  /** What the form on the pages sends: one more spelling of a question. */
  const readForm = (fields: URLSearchParams): Target => {
    const query = everything()
    const wanted = findLanguage(fields.get('language') ?? '', site)
    if (wanted) query.language = wanted
    const text = writtenAs(fields)
    if (text === '') return page(query)
    const { expression, renamed } = parseTopicExpression(text, vocabulary)
    return page({ ...query, topics: expression }, renamed)
  }

  if (second === undefined) {
    if (name === '') return page(everything())
    if (name === 'topics') return readForm(url.searchParams)
    if (name === 'topics.json') return { kind: 'vocabulary', language }
    if (name === 'feeds.opml') {
      // A form with a box for each topic names the parameter once for each.
      const ticked = url.searchParams.getAll('topics').join(',')
      return { kind: 'opml', language, ...parseTopicList(ticked, vocabulary) }
    }
    const sitemap = named ? undefined : readSitemap(name)
    if (sitemap) return { kind: 'sitemap', of: sitemap }
    const format = mainFeeds.get(name)
    if (format) return { kind: 'feed', query: everything(), format, renamed: false }
  }
  const ofWithdrawals = partFormat(name)
  if (ofWithdrawals.name === 'withdrawals' && second === undefined) {
    const query = { ...everything(), withdrawn: true }
    const { format } = ofWithdrawals
    return format ? { kind: 'feed', query, format, renamed: false } : page(query)
  }
  if (name === 'topics' && second !== undefined && more.length === 0) {
    const { name: text, format } = partFormat(second)
    const { expression, renamed } = parseTopicExpression(text, vocabulary)
    const query = { ...everything(), topics: expression }
    return format ? { kind: 'feed', query, format, renamed } : page(query, renamed)
  }
  const archive = readArchive(segments.slice(named ? 1 : 0))
  if (archive) {
    const { of, ...rest } = archive
    if (name === 'feed') return { kind: 'archive', query: everything(), renamed: false, ...rest }
    if (name === 'withdrawals') {
      return {
        kind: 'archive',
        query: { ...everything(), withdrawn: true },
        renamed: false,
        ...rest,
      }
    }
    const { expression, renamed } = parseTopicExpression(of, vocabulary)
    return { kind: 'archive', query: { ...everything(), topics: expression }, renamed, ...rest }
  }
  if (name === 'releases' && second && more.length === 0) {
    const slug = readSlug(second)
    if (slug) return { kind: 'release', slug, language }
  }
  throw new DomainError('not-found', 'There is nothing at this address.')
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
function readStretch(fields: URLSearchParams, { timezone }: Site): Stretch {
  const name = fields.get('month') ?? ''
  if (!parseMonth(name, timezone)) return undefined
  const page = /^[1-9]\d{0,2}$/.exec(fields.get('page') ?? '')
  return { name, page: page ? Number(page[0]) : 1 }
}

/** `feed/archive/21-812.atom`, `withdrawals/archive/…` or `topics/eu/archive/…`. */
function readArchive(
  segments: string[],
): { of: string; interval: Interval; format: FormatName } | undefined {
  const kind = segments[0]?.toLowerCase() ?? ''
  const [of = '', marker, file = '', ...more] = kind === 'topics' ? segments.slice(1) : segments
  if (!['feed', 'withdrawals', 'topics'].includes(kind) || marker !== 'archive') return undefined
  const { name, format } = partFormat(file)
  const interval = parseInterval(name)
  if (!interval || !format || more.length > 0) return undefined
  return { of, interval, format }
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
