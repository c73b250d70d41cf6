import { expect, test } from 'vitest'
import { explainTime } from '../../src/domain/explain-time.ts'
import { parseTime } from '../../src/domain/time.ts'

const writer = { timezone: 'Europe/Helsinki', languages: ['fi', 'en', 'sv'] }
const tell = (text: string) => explainTime(text, writer)

test.each([
  ['24.1.2024 klo 9.00', '2024-01-24T09:00:00+02:00'],
  ['24.7.2024 klo 9.00', '2024-07-24T09:00:00+03:00'],
  ['24. 7. 2024 9:00:30', '2024-07-24T09:00:30+03:00'],
  ['24.1.24 9:00', '2024-01-24T09:00:00+02:00'],
  ['9.00 24.1.2024', '2024-01-24T09:00:00+02:00'],
  ['24.1.2024 9 Uhr', '2024-01-24T09:00:00+02:00'],
  ['24/01/2024 09:00', '2024-01-24T09:00:00+02:00'],
  ['1/24/2024 9:00 PM', '2024-01-24T21:00:00+02:00'],
  ['January 24, 2024 9:00', '2024-01-24T09:00:00+02:00'],
  ['July 4th, 2024 at 9 am', '2024-07-04T09:00:00+03:00'],
  ['5 May 2024 12 am', '2024-05-05T00:00:00+03:00'],
  ['12.30pm 5 May 2024', '2024-05-05T12:30:00+03:00'],
  ['24. heinäkuuta 2024 klo 9.00', '2024-07-24T09:00:00+03:00'],
  ['keskiviikkona 24. tammikuuta 2024 klo 9', '2024-01-24T09:00:00+02:00'],
  ['onsdagen den 24 januari 2024 kl. 9.00', '2024-01-24T09:00:00+02:00'],
  ['Wed, 24 Jan 2024 09:00:00 +0200', '2024-01-24T09:00:00+02:00'],
  ['2024-1-24 9:00', '2024-01-24T09:00:00+02:00'],
  ['2024/07/24 9.00', '2024-07-24T09:00:00+03:00'],
  ['20240724T090000', '2024-07-24T09:00:00+03:00'],
  ['2024-01-24T9:00', '2024-01-24T09:00:00+02:00'],
  ['2024-01-24T09:00:00 UTC', '2024-01-24T09:00:00Z'],
  ['2024-01-24T09:00-5', '2024-01-24T09:00:00-05:00'],
  ['31.12.2024 24.00', '2025-01-01T00:00:00+02:00'],
  // Clocks skip this hour.
  ['31.3.2024 klo 3.30', '2024-03-31T04:30:00+03:00'],
])('%s is told to be %s', (written, right) => {
  expect(parseTime(written, 'UTC')).toBeUndefined()
  expect(tell(written)).toBe(
    `"${written}" is not how dates are written here. Write it as ${right}.`,
  )
  expect(parseTime(right, 'UTC')).toBeDefined()
})

test.each([
  ['24.1.2024', '2024-01-24, or with a time such as 2024-01-24T09:00:00+02:00'],
  ['24 heinäkuuta 2024', '2024-07-24, or with a time such as 2024-07-24T09:00:00+03:00'],
  ['24-Jan-2024', '2024-01-24, or with a time such as 2024-01-24T09:00:00+02:00'],
  ['20240124', '2024-01-24, or with a time such as 2024-01-24T09:00:00+02:00'],
])('%s is a day without a time', (written, right) => {
  expect(tell(written)).toBe(
    `"${written}" is not how dates are written here. Write it as ${right}.`,
  )
})

test('where it depends on the country which number is the month, both are told', () => {
  expect(tell('3/4/2024 9:00')).toBe(
    '"3/4/2024 9:00" may be either of two days. Write 2024-04-03T09:00:00+03:00 if it is 3 April 2024, or 2024-03-04T09:00:00+02:00 if it is 4 March 2024.',
  )
})

test('days and times that there are not are told as such', () => {
  expect(tell('2024-02-30')).toBe(
    'There is no such day as in "2024-02-30". February 2024 has 29 days.',
  )
  expect(tell('31.4.2024')).toContain('April 2024 has 30 days.')
  expect(tell('2024-13-01')).toContain('There is no such day')
  expect(tell('0024-01-24')).not.toContain('January')
  expect(tell('2024-01-24T25:00')).toContain('There is no such time of day')
})

test('what nobody can tell gets an example that is right in every zone', () => {
  for (const text of ['', 'soon', '2024', '24.1.', '2024-01-24T09:00 EET', '1.2.2024 - 3.2.2024']) {
    expect(tell(text)).toBe(`"${text}" is not a date and time. Write one such as 2024-01-24T09:00.`)
  }
  expect(tell('2024-01-24T09:00+25:00')).toContain('is not a date and time')
  expect(tell('x'.repeat(10_000)).length).toBeLessThan(200)
})

test('the zone is that of the site', () => {
  const there = { timezone: 'America/New_York', languages: ['en', 'es'] }
  expect(explainTime('24 de julio de 2024 a las 9:00', there)).toContain(
    'Write it as 2024-07-24T09:00:00-04:00.',
  )
})
