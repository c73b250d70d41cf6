import { DomainError } from '../../domain/errors.ts'
import { type FeedQuery, isUnfiltered, withOneLess } from '../../domain/feed-query.ts'
import { keyAt } from '../../domain/key.ts'
import type { ReleaseStore, StoredRelease, TopicCount, Walk } from '../../domain/release-store.ts'
import type { Month } from '../../domain/time.ts'
import { parseMonth } from '../../domain/time.ts'
import type { Current } from '../answers/state.ts'

/** What pages of questions ask of a store. */
export type ContentsStore = Pick<
  ReleaseStore,
  'find' | 'places' | 'load' | 'months' | 'countByTopic'
>

/** What the page of a question shows. */
export type Contents = {
  releases: StoredRelease[]
  counts: TopicCount[]
  months: Month[]
  /** How many releases answer the question: one more than `mostMatches` says that there are more. */
  matches: number
  /** There are older releases than these. */
  hasMore: boolean
  /** A release that answers the question has an event. */
  hasEvents: boolean
  /** What a search that finds nothing would find with a word less. */
  less: { query: FeedQuery; count: number }[]
  /** The month that the page is about, if it is about one. */
  month?: { name: string; page: number; pages: number; count: number }
}

/** Which page: of the newest, or of a month. */
export type MonthPage = { name: string; page: number } | undefined

/** The home page has more to show than releases. */
const mostOnHome = 10
const mostOfNewest = 25
const mostOnPage = 50
/** No press office publishes more in a month. */
const mostInMonth = 5000

/** Of what a search with a word less finds, no more are counted. */
export const mostCounted = 100
/** Nobody needs to know how many more there are, and counting them takes time. */
export const mostMatches = 1000

const oneEvent: Walk = { by: 'key', onlyEvents: true, limit: 1 }
const toCount: Walk = { by: 'key', limit: mostMatches + 1 }

/** Throws DomainError `not-found` for a month without releases, and for a page after its last one. */
export async function readContents(
  query: FeedQuery,
  monthPage: MonthPage,
  store: ContentsStore,
  current: Current,
): Promise<Contents> {
  const counts = await store.countByTopic(current)
  const months = await store.months(query, current)
  const [events = [], all = []] = await store.places(query, current, [oneEvent, toCount])
  const found = { counts, months, hasEvents: events.length > 0, matches: all.length, less: [] }
  if (monthPage) return { ...found, ...(await readMonth(query, monthPage, store, current)) }
  const most = isUnfiltered(query) ? mostOnHome : mostOfNewest
  const releases = await store.find(query, current, most + 1)
  const hasMore = releases.length > most
  const less = releases.length === 0 ? await findWithOneLess(query, store, current) : []
  return { ...found, less, hasMore, releases: releases.slice(0, most) }
}

async function findWithOneLess(query: FeedQuery, store: ContentsStore, current: Current) {
  const walk: Walk = { by: 'key', limit: mostCounted + 1 }
  const found = withOneLess(query).map(async (less) => {
    const [places = []] = await store.places(less, current, [walk])
    return { query: less, count: places.length }
  })
  return (await Promise.all(found)).filter(({ count }) => count > 0)
}

async function readMonth(
  query: FeedQuery,
  { name, page }: { name: string; page: number },
  store: ContentsStore,
  current: Current,
) {
  const month = parseMonth(name, current.site.timezone)!
  const [from, below] = [keyAt(month.from), keyAt(month.below)]
  const walk = { by: 'key' as const, from, below, limit: mostInMonth }
  const [places = []] = await store.places(query, current, [walk])
  const pages = Math.ceil(places.length / mostOnPage)
  if (page > pages) {
    throw new DomainError('not-found', `No release was published in ${name}.`, {
      reason: 'empty-month',
    })
  }
  const shown = places.slice((page - 1) * mostOnPage, page * mostOnPage)
  const releases = await store.load(
    shown.map(({ key }) => key),
    current,
  )
  return { releases, hasMore: false, month: { name, page, pages, count: places.length } }
}
