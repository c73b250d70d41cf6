// Which events a calendar has, and what it says of them, in no format yet.
import { type FeedQuery, textLanguage } from '../domain/feed-query.ts'
import type { Event, Release } from '../domain/release.ts'
import type { Place, Walk } from '../domain/release-store.ts'
import { inLanguage } from '../domain/site.ts'
import { beginning } from '../domain/text.ts'
import { parseTime } from '../domain/time.ts'
import { summaryOf } from './body.ts'
import { categoriesOf, type FeedContext, headline } from './feed.ts'
import { calendar } from './formats.ts'
import { titleOf } from './question-in-words.ts'

/** The most releases: as many as a feed has at the most (C-04). */
const most = 300

/** The walks that find the events of a question, also those that were called off with their release. */
export function eventWalks({ withdrawn = false }: FeedQuery): Walk[] {
  const walk: Walk = { by: 'key', onlyEvents: true, limit: most }
  return withdrawn ? [walk] : [walk, { ...walk, withdrawn: true }]
}

/** The newest of the releases that these walks found. */
export function newestEvents(found: Place[][]): Place[] {
  return found
    .flat()
    .toSorted((a, b) => b.key - a.key)
    .slice(0, most)
}

/**
 * One of the language versions of each release: of those that stand, that in the first language of the site. Somebody
 * who follows all languages has each event once.
 */
export function oneVersionOfEach<Some extends Release>(
  releases: Some[],
  languages: string[],
): Some[] {
  const rank = ({ withdrawn, language }: Some) =>
    (withdrawn ? languages.length : 0) + languages.indexOf(language)
  return [...Map.groupBy(releases, ({ slug }) => slug).values()].map((versions) => {
    return versions.reduce((best, one) => (rank(one) < rank(best) ? one : best))
  })
}

/** The events that a question finds, with everything that their calendar says. */
export type Calendar = {
  name: string
  description: string
  language: string
  /** The page that shows the same releases. */
  page: string
  self: string
  events: CalendarEvent[]
}

/** An event of a release. Times are seconds since 1970. */
export type CalendarEvent = {
  /** That of the release. */
  id: string
  title: string
  description: string
  url: string
  place?: string | undefined
  categories: string[]
  isCancelled: boolean
  published: number
  updated: number
} & EventTimes

/** Of whole days: the first second, in UTC, of the first day and of the one after the last. */
export type EventTimes = { isOfDays: boolean; start: number; end?: number | undefined }

/** Characters of a description. Calendars show a note, and the link leads to the rest. */
const longestDescription = 1000

/**
 * Makes the calendar of a question from releases, newest first. All of its times are those of releases: a calendar does
 * not know when it was made.
 */
export function createCalendar(
  query: FeedQuery,
  releases: Release[],
  context: FeedContext,
): Calendar {
  const { site, addresses } = context
  const language = textLanguage(query, site)
  return {
    name: titleOf(query, context),
    description: inLanguage(site.description, language, site),
    language,
    page: addresses.page(query),
    self: addresses.feed(query, calendar.ending),
    events: releases.flatMap((release) => eventOf(release, context)),
  }
}

function eventOf(release: Release, context: FeedContext): CalendarEvent[] {
  const { id, event, published, updated, withdrawn } = release
  if (!event) return []
  const url = context.addresses.release(release)
  return [
    {
      id,
      title: headline(release),
      // Google's calendar shows no other link.
      description: `${beginning(summaryOf(release), longestDescription)}\n\n${url}`,
      url,
      place: withdrawn ? undefined : event.place,
      categories: categoriesOf(release, context).map(({ label }) => label),
      isCancelled: withdrawn !== undefined,
      published,
      updated,
      ...timesOf(event, context.site.timezone),
    },
  ]
}

/**
 * Whole days, or moments if one of the times is a moment: a day alone then begins and ends with the day in the time
 * zone of the site. What has no length has no end (RFC 5545 section 3.6.1).
 */
function timesOf({ start, end }: Event, timezone: string): EventTimes {
  if (isDay(start) && isDay(end ?? start)) {
    return {
      isOfDays: true,
      start: parseTime(start, 'UTC')!,
      end: parseTime(dayAfter(end ?? start), 'UTC'),
    }
  }
  const first = parseTime(start, timezone)!
  const last = end && parseTime(isDay(end) ? dayAfter(end) : end, timezone)
  return { isOfDays: false, start: first, end: last && last > first ? last : undefined }
}

function isDay(text: string): boolean {
  return !text.includes('T')
}

/** Not a date, and so no time, after the last day that has four digits for its year. */
function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
}
