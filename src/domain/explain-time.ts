import * as v from 'valibot'
import { beginning, fold } from './text.ts'
import { formatInZone, formatUtc, normaliseDate, parseTime, timeExample } from './time.ts'

/** Where and in which languages somebody writes. */
export type Writer = { timezone: string; languages: string[] }

/** A written time, as seconds since 1970. */
export function timeSchema(writer: Writer) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const seconds = parseTime(dataset.value, writer.timezone)
      if (seconds !== undefined) return seconds
      addIssue({ message: explainTime(dataset.value, writer) })
      return NEVER
    }),
  )
}

/** A written date, or a time, as text in one spelling. */
export function dateSchema(writer: Writer) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const text = normaliseDate(dataset.value, writer.timezone)
      if (text !== undefined) return text
      addIssue({ message: explainTime(dataset.value, writer) })
      return NEVER
    }),
  )
}

/** A date with a time of day as people write it: `29.11.2026 9:00`. Undefined if it may be another one. */
export function readTimeAsMeant(written: string, writer: Writer): number | undefined {
  const meant = readAsPeopleWrite(written, writer)
  if (!meant?.time || !isTimeOfDay(meant.time)) return undefined
  const [day, other] = meant.days.filter(isDay)
  if (!day || other) return undefined
  return parseTime(rightForm(day, meant.time, writer), writer.timezone)
}

/**
 * What to write instead of something that is not a date and time: the right form of what was meant, as far as
 * that can be told.
 */
export function explainTime(written: string, writer: Writer): string {
  const short = beginning(written, 60)
  const meant = readAsPeopleWrite(written, writer)
  if (!meant) return `"${short}" is not a date and time. Write one such as ${timeExample}.`
  const { time } = meant
  if (time && !isTimeOfDay(time)) {
    return `There is no such time of day as in "${short}". Write one from 00:00 to 23:59, such as ${timeExample}.`
  }
  const days = meant.days.filter(isDay)
  const [day, other] = days
  if (!day) {
    const { year, month } = meant.days[0]!
    const isMonth = year >= 100 && month >= 1 && month <= 12
    const last = new Date(Date.UTC(year, month, 0))
    const end = isMonth ? ` ${englishMonth(last)} ${year} has ${last.getUTCDate()} days.` : ''
    return `There is no such day as in "${short}".${end || ' Write year, month and day in this order, such as 2024-01-24.'}`
  }
  if (other) {
    const [one, two] = [day, other].map(
      (date) => `${rightForm(date, time, writer)} if it is ${dayInEnglish(date)}`,
    )
    return `"${short}" may be either of two days. Write ${one}, or ${two}.`
  }
  const form = rightForm(day, time, writer)
  const withTime = rightForm(day, { hour: 9, minute: 0, second: 0, offset: '' }, writer)
  const more = time ? '' : `, or with a time such as ${withTime}`
  return `"${short}" is not how dates are written here. Write it as ${form}${more}.`
}

type Day = { year: number; month: number; day: number }
type TimeOfDay = { hour: number; minute: number; second: number; offset: string }
/** Several days where it depends on the country which number is the month. */
type MeantTime = { days: Day[]; time?: TimeOfDay }

/** A date, and what is left of the text without it. */
type FoundDay = { days: Day[]; rest: string }

function readAsPeopleWrite(written: string, { languages }: Writer): MeantTime | undefined {
  const text = written.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
  if (text.length > 100) return undefined
  const names = namesIn(languages)
  const found = dayInNumbers(text) ?? dayInWords(text, names.months)
  if (!found) return undefined
  const { time, rest } = timeIn(found.rest)
  // No time zone is so far from UTC.
  const isOffset = parseTime(`2024-01-24T09:00${time?.offset ?? ''}`, 'UTC') !== undefined
  if (!isOffset) return undefined
  // A word that we do not know might change the meaning, such as a time zone.
  const words = rest.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const isUnderstood = (word: string) => fillers.has(word) || meaningOf(word, names.weekdays) >= 0
  if (!words.every(isUnderstood)) return undefined
  // The end of a day, as it is often written, is the beginning of the next.
  if (time?.hour === 24 && time.minute === 0 && time.second === 0) {
    return { days: found.days.map(nextDay), time: { ...time, hour: 0 } }
  }
  return { days: found.days, ...(time && { time }) }
}

/** Words and endings that stand between the parts of dates in the languages of Europe. */
const fillers = new Set(
  't klo kello kl klokken den d at on of the o clock um uhr ore ora om de del le la las el alle a à h st nd rd th er os'.split(
    ' ',
  ),
)

function dayInNumbers(text: string): FoundDay | undefined {
  const from = (pattern: RegExp, daysOf: (numbers: number[]) => Day[]) => {
    const match = pattern.exec(text)
    if (!match) return undefined
    const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`
    return { days: daysOf(match.slice(1).map(Number)), rest }
  }
  const yearFirst = ([year, month, day]: number[]) => [{ year: year!, month: month!, day: day! }]
  const dayFirst = ([day, month, year]: number[]): Day[] => {
    return [{ year: wholeYear(year!), month: month!, day: day! }]
  }
  return (
    from(/(?<!\d)(\d{4}) ?[-/.‐-―] ?(\d{1,2}) ?[-/.‐-―] ?(\d{1,2})(?!\d)/, yearFirst) ??
    from(/(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)/, yearFirst) ??
    from(/(?<!\d)(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})(?!\d)/, dayFirst) ??
    from(/(?<!\d)(\d{1,2}) ?[-/‐-―] ?(\d{1,2}) ?[-/‐-―] ?(\d{4}|\d{2})(?!\d)/, (numbers) => {
      const [day] = dayFirst(numbers)
      if (day!.day === day!.month) return [day!]
      return [day!, { ...day!, month: day!.day, day: day!.month }]
    })
  )
}

function dayInWords(text: string, months: NumberedNames): FoundDay | undefined {
  const patterns = [
    /(?<!\d)(?<day>\d{1,2})(?:\.|st|nd|rd|th|er|º)?[ -](?:(?:of|de) )?(?<month>\p{L}[\p{L}\p{M}]+)\.?,?[ -](?:(?:de|del) )?(?<year>\d{4})(?!\d)/u,
    /(?<month>\p{L}[\p{L}\p{M}]+)\.?[ -](?:the )?(?<day>\d{1,2})(?:\.|st|nd|rd|th)?,?[ -](?<year>\d{4})(?!\d)/u,
    /(?<!\d)(?<year>\d{4})[.,]?[ -](?<month>\p{L}[\p{L}\p{M}]+)\.?[ -](?<day>\d{1,2})(?!\d)\.?/u,
  ]
  for (const pattern of patterns) {
    const match = pattern.exec(text)
    if (!match) continue
    const month = meaningOf(match.groups!.month!, months) + 1
    if (month === 0) continue
    const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`
    return {
      days: [{ year: Number(match.groups!.year), month, day: Number(match.groups!.day) }],
      rest,
    }
  }
  return undefined
}

function timeIn(text: string): { time?: TimeOfDay; rest: string } {
  const match =
    /(?<!\d)(?<hour>\d{1,2}) ?[:.h] ?(?<minute>\d{2})(?:[:.](?<second>\d{2})(?:[.,]\d+)?)?(?!\d)(?<after>.*)$/.exec(
      text,
    ) ??
    /(?<!\d)(?<hour>\d{1,2})(?!\d)(?<after> ?(?:[ap]\.?m\b|uhr\b|h\b).*)$/.exec(text) ??
    /(?<!\p{L})t(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})?(?<after>(?!\d).*)$/u.exec(text) ??
    /(?:\b(?:t|klo|kl|at|um)\.? ?)(?<hour>\d{1,2})(?!\d)(?<after>.*)$/.exec(text)
  if (!match) return { rest: text }
  const { hour = '', minute, second, after = '' } = match.groups!
  const [half, letter] = /^ ?([ap])\.? ?m\b\.?/.exec(after) ?? ['']
  const zone =
    /^ ?(?:utc|gmt|z)?(?: ?([+-−])(\d{1,2})(?::?(\d{2}))?)?(?![\p{L}\d])/u.exec(
      after.slice(half.length),
    )?.[0] ?? ''
  return {
    time: {
      hour: (letter ? Number(hour) % 12 : Number(hour)) + (letter === 'p' ? 12 : 0),
      minute: Number(minute ?? 0),
      second: Number(second ?? 0),
      offset: offsetOf(zone),
    },
    rest: `${text.slice(0, match.index)} ${after.slice(half.length + zone.length)}`,
  }
}

/** `utc+2` as `+02:00`. */
function offsetOf(zone: string): string {
  if (!zone.trim()) return ''
  const [, sign, hours, minutes = '00'] = /([+-−])(\d{1,2})(?::?(\d{2}))?/u.exec(zone) ?? []
  return sign ? `${sign === '+' ? '+' : '-'}${hours!.padStart(2, '0')}:${minutes}` : 'Z'
}

/** The form that the service reads, with the offset that holds at that time. */
function rightForm(date: Day, time: TimeOfDay | undefined, { timezone }: Writer): string {
  const dayText = isoDay(date)
  if (!time) return dayText
  const clock = [time.hour, time.minute, time.second].map((part) => String(part).padStart(2, '0'))
  const local = `${dayText}T${clock.join(':')}`
  if (time.offset) return `${local}${time.offset}`
  return formatInZone(parseTime(local, timezone)!, timezone)
}

function isoDay({ year, month, day }: Day): string {
  return formatUtc(Date.UTC(year, month - 1, day) / 1000).slice(0, 10)
}

function isTimeOfDay({ hour, minute, second }: TimeOfDay): boolean {
  return hour <= 23 && minute <= 59 && second <= 59
}

function isDay(date: Day): boolean {
  const { year, month, day } = date
  if (year < 1000 || month < 1 || month > 12) return false
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function nextDay({ year, month, day }: Day): Day {
  const next = new Date(Date.UTC(year, month - 1, day + 1))
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() }
}

function wholeYear(year: number): number {
  return year < 100 ? 2000 + year : year
}

function dayInEnglish({ year, month, day }: Day): string {
  return `${day} ${englishMonth(new Date(Date.UTC(year, month - 1, day)))} ${year}`
}

function englishMonth(date: Date): string {
  return new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(date)
}

/** Folded names, each with the number of its month or day of the week from 0. */
type NumberedNames = [name: string, number: number][]

const known = new Map<string, { months: NumberedNames; weekdays: NumberedNames }>()

/** NumberedNames in the languages of a site, and in English, because examples are mostly in English. */
function namesIn(languages: string[]): { months: NumberedNames; weekdays: NumberedNames } {
  const key = languages.join()
  let names = known.get(key)
  if (!names) {
    const all = [...languages.filter(isKnown), 'en']
    const months = all.flatMap((language) => [
      ...namesOf(language, 'month', 12, { month: 'long' }),
      ...namesOf(language, 'month', 12, { month: 'long', day: 'numeric' }),
      ...namesOf(language, 'month', 12, { month: 'short' }),
    ])
    const weekdays = all.flatMap((language) => [
      ...namesOf(language, 'weekday', 7, { weekday: 'long' }),
      ...namesOf(language, 'weekday', 7, { weekday: 'short' }),
    ])
    known.set(key, (names = { months, weekdays }))
  }
  return names
}

/** A tag may be well-formed and still be unknown to Intl. */
function isKnown(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0
  } catch {
    return false
  }
}

function namesOf(
  language: string,
  part: 'month' | 'weekday',
  count: number,
  options: Intl.DateTimeFormatOptions,
): NumberedNames {
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' })
  return Array.from({ length: count }, (_, number) => {
    const date = part === 'month' ? Date.UTC(2024, number, 1) : Date.UTC(2024, 0, 1 + number)
    const name = format.formatToParts(date).find(({ type }) => type === part)?.value ?? ''
    return [fold(name), number] as [string, number]
  }).filter(([name]) => name !== '')
}

/** The number of the name that a word is, begins (`sept`) or inflects (`tammikuun`); -1 for none or several. */
function meaningOf(word: string, names: NumberedNames): number {
  const folded = fold(word)
  const exact = names.filter(([name]) => name === folded)
  const like = names.filter(([name]) => {
    return folded.length >= 3 && (name.startsWith(folded) || folded.startsWith(name))
  })
  const numbers = new Set((exact.length > 0 ? exact : like).map(([, number]) => number))
  return numbers.size === 1 ? [...numbers][0]! : -1
}
