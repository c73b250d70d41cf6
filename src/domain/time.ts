const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i

/**
 * Reads an ISO 8601 date or time as seconds since 1970. A time without an offset, or a date
 * alone (its first second), is local to `timezone` (IANA name). What clocks show twice is the second
 * of them, and what they skip is as much later, so that nothing comes out before the time that was written.
 * Answers undefined for anything else, such as 30 February.
 */
export function parseTime(text: string, timezone: string): number | undefined {
  const match = pattern.exec(text.trim())
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number]
  const wall = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(wall)
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined
  if (year < 1000 || hour > 23 || minute > 59 || second > 59) return undefined
  const offset = match[7]
  const isDate = match[4] === undefined
  if (!offset) return localToUtc(wall, timezone, isDate ? Math.min : Math.max) / 1000
  if (offset.toUpperCase() === 'Z') return wall / 1000
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  if (minutes > 14 * 60) return undefined
  return wall / 1000 - (offset.startsWith('-') ? -1 : 1) * minutes * 60
}

/** An example for messages. It is right in every time zone, summer and winter. */
export const timeExample = '2024-01-24T09:00'

/** Reads a date, or a time with or without offset, and gives back its text in one spelling. */
export function normaliseDate(text: string, timezone: string): string | undefined {
  const seconds = parseTime(text, timezone)
  if (seconds === undefined) return undefined
  return /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? text.trim() : formatUtc(seconds)
}

/** Seconds since 1970 as RFC 3339 in UTC without fraction, which every reader understands. */
export function formatUtc(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Seconds since 1970 as local time, with its offset from UTC. */
export function formatInZone(seconds: number, timezone: string): string {
  const offset = offsetAt(seconds * 1000, timezone) / 60_000
  // Before there were time zones, each town had an offset of its own with seconds.
  if (!Number.isInteger(offset)) return formatUtc(seconds)
  const local = formatUtc(seconds + offset * 60).slice(0, -1)
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const difference = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':')
  return `${local}${offset < 0 ? '-' : '+'}${difference}`
}

/** A local date and time. Months from 1. */
export type WallTime = { year: number; month: number; day: number; hour: number; minute: number }

/** The local date and time of a second. */
export function wallTime(seconds: number, timezone: string): WallTime {
  const wall = new Date(seconds * 1000 + offsetAt(seconds * 1000, timezone))
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
  }
}

/** Seconds: `from` belongs to the range, `below` does not. */
export type TimeRange = { from: number; below: number }

/** The day that a second is in. In some time zones clocks skip its first hour, or show one of its hours twice. */
export function localDay(second: number, timezone: string): TimeRange | undefined {
  const { year, month, day } = wallTime(second, timezone)
  const [from, below] = [day, day + 1].map((one) => {
    return parseTime(new Date(Date.UTC(year, month - 1, one)).toISOString().slice(0, 10), timezone)
  })
  return from === undefined || below === undefined ? undefined : { from, below }
}

/** A month as `2024-01`, and its seconds in a time zone. */
export type Month = TimeRange & { name: string }

/** Reads `2024-01`; undefined for anything else. */
export function parseMonth(name: string, timezone: string): Month | undefined {
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(name) ?? []
  const from = parseTime(`${name}-01`, timezone)
  if (!year || from === undefined) return undefined
  const below = parseTime(`${monthName(Number(year), Number(month) + 1)}-01`, timezone)
  return below === undefined ? undefined : { name, from, below }
}

/** The years from one second to a later one in a time zone, newest first. */
export function yearsBetween(first: number, last: number, timezone: string): TimeRange[] {
  const [oldest, newest] = [wallTime(first, timezone).year, wallTime(last, timezone).year]
  const beginnings = Array.from({ length: newest - oldest + 2 }, (_, back) => {
    return parseTime(`${newest + 1 - back}-01-01`, timezone)!
  })
  return beginnings.slice(1).map((from, back) => ({ from, below: beginnings[back]! }))
}

/** The months from one second to a later one in a time zone, newest first. */
export function monthsBetween(first: number, last: number, timezone: string): Month[] {
  const { year, month } = wallTime(last, timezone)
  const months: Month[] = []
  for (let back = 0; ; back++) {
    const found = parseMonth(monthName(year, month - back), timezone)
    if (!found || found.below <= first) break
    months.push(found)
  }
  return months
}

/** The name of a month. Months before January and after December belong to other years. */
function monthName(year: number, month: number): string {
  return new Date(Date.UTC(year, month - 1)).toISOString().slice(0, 7)
}

/** Whether the runtime knows a time zone by this IANA name. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>()

const day = 86_400_000

/** The second of a local time. `choose` decides between two, where clocks were put back. */
function localToUtc(wall: number, timezone: string, choose: typeof Math.max): number {
  // No offset is more than a day, and no clock is changed twice within two days.
  const before = offsetAt(wall - day, timezone)
  const after = offsetAt(wall + day, timezone)
  if (before === after) return wall - before
  const shown = [before, after].filter((offset) => offsetAt(wall - offset, timezone) === offset)
  // A local time that is skipped when clocks are put forward: they count on as before.
  if (shown.length === 0) return wall - before
  return choose(...shown.map((offset) => wall - offset))
}

function offsetAt(instant: number, timezone: string): number {
  let formatter = formatters.get(timezone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(timezone, formatter)
  }
  const parts: Record<string, number> = {}
  for (const { type, value } of formatter.formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day, hour, minute, second } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}
