import { expect, test } from 'vitest'
import {
  formatUtc,
  isTimezone,
  monthsBetween,
  normaliseDate,
  parseMonth,
  parseTime,
  wallTime,
  yearsBetween,
} from '../../src/domain/time.ts'
import { isTrial } from '../trials.ts'

const helsinki = (text: string) => {
  const seconds = parseTime(text, 'Europe/Helsinki')
  return seconds === undefined ? undefined : formatUtc(seconds)
}

test('a time with an offset is taken at its word', () => {
  expect(helsinki('2024-01-24T09:00:00+02:00')).toBe('2024-01-24T07:00:00Z')
  expect(helsinki('2018-04-12T00:00:00-04:00')).toBe('2018-04-12T04:00:00Z')
  expect(helsinki('2024-01-24T09:00:00.123Z')).toBe('2024-01-24T09:00:00Z')
  expect(helsinki('2024-01-24 09:00 +0530')).toBe('2024-01-24T03:30:00Z')
})

test('a time without an offset is local to the site, in winter and in summer', () => {
  expect(helsinki('2024-01-24T09:00')).toBe('2024-01-24T07:00:00Z')
  expect(helsinki('2024-07-24 09:00')).toBe('2024-07-24T06:00:00Z')
  expect(helsinki('2024-07-24')).toBe('2024-07-23T21:00:00Z')
})

test('times around the change of clocks exist', () => {
  expect(helsinki('2024-03-31T02:59:59')).toBe('2024-03-31T00:59:59Z')
  expect(helsinki('2024-03-31T04:00:00')).toBe('2024-03-31T01:00:00Z')
  expect(helsinki('2024-10-27T05:00:00')).toBe('2024-10-27T03:00:00Z')
})

/** Where and when, and what clocks show then. */
const skipped: [string, string, string][] = [
  ['America/New_York', '2024-03-10T02:30', '2024-03-10T03:30'],
  ['Europe/Helsinki', '2024-03-31T03:30', '2024-03-31T04:30'],
  ['Atlantic/Azores', '2024-03-31T00:30', '2024-03-31T01:30'],
  ['Australia/Sydney', '2024-10-06T02:30', '2024-10-06T03:30'],
  ['Australia/Lord_Howe', '2024-10-06T02:15', '2024-10-06T02:45'],
  ['America/Santiago', '2024-09-08T00:30', '2024-09-08T01:30'],
  ['America/Santiago', '2024-09-08', '2024-09-08T01:00'],
  ['Africa/Cairo', '2024-04-26', '2024-04-26T01:00'],
  // A whole day, when the date line was moved.
  ['Pacific/Apia', '2011-12-30T12:00', '2011-12-31T12:00'],
]

test.each(skipped)('in %s what clocks skip (%s) comes after they did', (zone, written, shown) => {
  const { year, month, day, hour, minute } = wallTime(parseTime(written, zone)!, zone)
  const at = Date.UTC(year, month - 1, day, hour, minute)
  expect(new Date(at).toISOString().slice(0, 16)).toBe(shown)
})

const repeated: [string, string, string][] = [
  ['America/New_York', '2024-11-03T01:30', '2024-11-03T06:30:00Z'],
  ['Europe/Helsinki', '2024-10-27T03:30', '2024-10-27T01:30:00Z'],
  ['Atlantic/Azores', '2024-10-27T00:30', '2024-10-27T01:30:00Z'],
  ['Australia/Lord_Howe', '2024-04-07T01:45', '2024-04-06T15:15:00Z'],
  ['America/Santiago', '2024-04-06T23:30', '2024-04-07T03:30:00Z'],
  ['America/Havana', '2020-11-01T00:00', '2020-11-01T05:00:00Z'],
  // A day begins once.
  ['America/Havana', '2020-11-01', '2020-11-01T04:00:00Z'],
  ['Atlantic/Azores', '2024-10-27', '2024-10-27T00:00:00Z'],
]

test.each(repeated)('in %s what clocks show twice (%s) is the second time', (zone, written, at) => {
  expect(formatUtc(parseTime(written, zone)!)).toBe(at)
})

test('no time is read as one before it, in any zone and any hour of years', () => {
  const zones = [...skipped, ...repeated].map(([zone]) => zone)
  const { parse } = Date
  const hour = 3_600_000
  for (const zone of new Set([...zones, 'Africa/Casablanca', 'Asia/Kathmandu', 'UTC'])) {
    const hourAt = (instant: number) => wallTime(instant / 1000, zone).hour
    const [first, last] = [parse('2023-12-20T00:15Z'), parse('2025-01-10')]
    for (let day = first, number = 0; day < last; day += 24 * hour, number++) {
      // Of days on which no clock is changed, and none was or will be, one hour after the other takes its turn.
      const isChanging = hourAt(day - 48 * hour) !== hourAt(day + 72 * hour)
      const hours = Array.from({ length: 24 }, (_, one) => one)
      const tried = isTrial || isChanging ? hours : [number % 24]
      for (const instant of tried.map((one) => day + one * hour)) {
        const written = new Date(instant).toISOString().slice(0, 16)
        const { year, month, day: date, ...clock } = wallTime(parseTime(written, zone)!, zone)
        const shown = Date.UTC(year, month - 1, date, clock.hour, clock.minute)
        expect(shown, `${zone} ${written}`).toBeGreaterThanOrEqual(instant)
        expect(shown, `${zone} ${written}`).toBeLessThanOrEqual(instant + hour)
      }
    }
  }
}, 30_000)

test('what is no date is refused', () => {
  for (const text of [
    '',
    '24.1.2024',
    '2024-02-30',
    '2024-13-01',
    '2024-01-24T25:00',
    'soon',
    '2024-01-24T09:61',
  ]) {
    expect(helsinki(text)).toBeUndefined()
  }
})

test('an event keeps a date a date', () => {
  expect(normaliseDate('2024-01-24', 'Europe/Helsinki')).toBe('2024-01-24')
  expect(normaliseDate('2024-01-24T10:00', 'Europe/Helsinki')).toBe('2024-01-24T08:00:00Z')
})

test('time zones are known by their IANA names', () => {
  expect(isTimezone('Europe/Helsinki')).toBe(true)
  expect(isTimezone('Europe/Helsingfors')).toBe(false)
})

test('a month begins and ends at local midnight, also where summer time begins in it', () => {
  const march = parseMonth('2024-03', 'Europe/Helsinki')!
  expect(formatUtc(march.from)).toBe('2024-02-29T22:00:00Z')
  expect(formatUtc(march.below)).toBe('2024-03-31T21:00:00Z')
  for (const wrong of ['2024-13', '2024-00', '2024-3', '24-03', '2024-03-01', '', 'march']) {
    expect(parseMonth(wrong, 'Europe/Helsinki'), wrong).toBeUndefined()
  }
})

test('the months between two seconds follow each other without a gap, newest first', () => {
  const first = parseTime('2023-11-30T23:59:59+02:00', 'UTC')!
  const last = parseTime('2024-02-01T00:00:00+02:00', 'UTC')!
  const months = monthsBetween(first, last, 'Europe/Helsinki')
  expect(months.map(({ name }) => name)).toEqual(['2024-02', '2024-01', '2023-12', '2023-11'])
  for (const [index, { from }] of months.slice(0, -1).entries()) {
    expect(months[index + 1]!.below).toBe(from)
  }
})

test('the years between two seconds follow each other without a gap, also long ago', () => {
  const first = parseTime('1066-10-14', 'UTC')!
  const last = parseTime('2024-12-31T23:00:00Z', 'UTC')!
  const years = yearsBetween(first, last, 'Europe/Helsinki')
  expect(years).toHaveLength(2025 - 1066 + 1)
  expect(years[0]!.from).toBe(parseTime('2025-01-01', 'Europe/Helsinki'))
  for (const [index, { from }] of years.slice(0, -1).entries()) {
    expect(years[index + 1]!.below).toBe(from)
  }
})

test('clocks show what they show in a time zone', () => {
  const second = parseTime('2024-12-31T22:05:00Z', 'UTC')!
  expect(wallTime(second, 'Europe/Helsinki')).toEqual({
    year: 2025,
    month: 1,
    day: 1,
    hour: 0,
    minute: 5,
  })
})
