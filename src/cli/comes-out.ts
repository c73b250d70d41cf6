import { isUnderEmbargo } from '../domain/embargo.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import { wallTime } from '../domain/time.ts'

/** Releases that come out together. */
export type ComingOut = { at: number; releases: Release[] }

/** The releases that are to come, by their time. */
export function comingOut(drafts: Draft[], now: number): ComingOut[] {
  const releases = drafts
    .map(({ release }) => release)
    .filter(({ published, withdrawn }) => !withdrawn && isUnderEmbargo(published, now))
    .toSorted((a, b) => a.published - b.published)
  const together = Map.groupBy(releases, ({ published }) => published)
  return Array.from(together, ([at, some]) => ({ at, releases: some }))
}

/** Times that are told; of more only how many releases are left. */
const mostTold = 5

/** What comes out when, in sentences for people: `2 releases come out tomorrow at 09:00.` */
export function sayComingOut(coming: ComingOut[], site: Site, now: number): string[] {
  if (coming.length === 0) return ['No release is to come.']
  const sentences = coming.slice(0, mostTold).map(({ at, releases }) => {
    return `${countOf(releases.length)} out ${whenInWords(at, site, now)}.`
  })
  const left = coming.slice(mostTold).reduce((sum, { releases }) => sum + releases.length, 0)
  return left === 0 ? sentences : [...sentences, `${countOf(left)} out later.`]
}

function countOf(releases: number): string {
  return releases === 1 ? '1 release comes' : `${releases} releases come`
}

/** `tomorrow at 09:00`, where the office is. */
export function whenInWords(second: number, { timezone }: Site, now: number): string {
  const { hour, minute } = wallTime(second, timezone)
  const time = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
  return `${dayInWords(second, timezone, now)} at ${time}`
}

function dayInWords(second: number, timezone: string, now: number): string {
  const days = dayOf(second, timezone) - dayOf(now, timezone)
  if (days === 0) return 'today'
  if (days === 1) return 'tomorrow'
  const date = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  return `on ${date.format(second * 1000).replace(',', '')}`
}

/** Counts days as calendars do. */
function dayOf(second: number, timezone: string): number {
  const { year, month, day } = wallTime(second, timezone)
  return Date.UTC(year, month - 1, day) / 86_400_000
}
