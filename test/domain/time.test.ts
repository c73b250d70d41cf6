import { expect, test } from 'vitest'
import {
  formatUtc,
  isTimezone,
  monthsBetween,
  normaliseDate,
  parseMonth,
  parseTime,
  wallTime,
} from '../../src/domain/time.ts'

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
  const months = monthsBetween(first, last, 'Europe/Helsinki', 100)
  expect(months.map(({ name }) => name)).toEqual(['2024-02', '2024-01', '2023-12', '2023-11'])
  for (const [index, { from }] of months.slice(0, -1).entries()) {
    expect(months[index + 1]!.below).toBe(from)
  }
  expect(monthsBetween(first, last, 'Europe/Helsinki', 2)).toHaveLength(2)
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
