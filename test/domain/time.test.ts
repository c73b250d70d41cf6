import { expect, test } from 'vitest'
import { formatUtc, isTimezone, normaliseDate, parseTime } from '../../src/domain/time.ts'

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
