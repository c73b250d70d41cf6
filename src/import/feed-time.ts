import { isTimezone, parseTime } from '../domain/time.ts'
import { monthNamed } from './month-names.ts'

/** What is known of a feed that helps to understand its times. */
export type TimeContext = {
  /** Of times that name none. */
  timezone: string
  language?: string | undefined
  /** How the feed writes `3/12/2020`, where other dates of it show that. */
  order?: DayOrder | undefined
}

export type DayOrder = 'day first' | 'month first'

/** Offsets of the names in RFC 822 section 5 and of those that feeds use besides. None with two meanings. */
const zones: Record<string, string> = {
  ...Object.fromEntries('ut utc gmt z wet'.split(' ').map((name) => [name, '+00:00'])),
  ...Object.fromEntries('bst west cet mez met wat'.split(' ').map((name) => [name, '+01:00'])),
  ...Object.fromEntries('cest mesz mest eet cat sast'.split(' ').map((name) => [name, '+02:00'])),
  ...Object.fromEntries('eest msk trt eat'.split(' ').map((name) => [name, '+03:00'])),
  ...Object.fromEntries('awst hkt sgt'.split(' ').map((name) => [name, '+08:00'])),
  jst: '+09:00',
  kst: '+09:00',
  acst: '+09:30',
  acdt: '+10:30',
  aest: '+10:00',
  aedt: '+11:00',
  nzst: '+12:00',
  nzdt: '+13:00',
  nst: '-03:30',
  ndt: '-02:30',
  adt: '-03:00',
  brt: '-03:00',
  edt: '-04:00',
  est: '-05:00',
  cdt: '-05:00',
  cst: '-06:00',
  mdt: '-06:00',
  mst: '-07:00',
  pdt: '-07:00',
  pst: '-08:00',
  akdt: '-08:00',
  akst: '-09:00',
  hst: '-10:00',
}

/** Words between and around dates and times, in the languages of the EU. */
const particles = new Set(
  'at on of the klo kl um uhr à a as à las le les la el los de del den der die dne o od ob ore alle il i h hrs hours heures godz r t год года г в о'.split(
    ' ',
  ),
)

/**
 * Reads a time as feeds write it, in seconds since 1970: RFC 3339, RFC 822, asctime, what programs and
 * people of many languages write. A time without a zone is local to `timezone`. Answers undefined for
 * what has no meaning, or two, and for what programs write for no date, such as 1970-01-01.
 */
export function readFeedTime(text: string, context: TimeContext): number | undefined {
  const plain = plainly(text)
  const epoch = /^(\d{10}(?=\d{3}$)|\d{9,10}$)/.exec(plain)?.[1]
  if (epoch) return isNone(Number(epoch)) ? undefined : Number(epoch)
  const date = isoDate(plain) ?? namedDate(plain, context) ?? numericDate(plain, context)
  if (!date) return undefined
  const time = readClock(date.rest)
  if (!time) return undefined
  const { hour, minute, second, zone } = time
  // The end of a day is the beginning of the next.
  const day = new Date(Date.UTC(date.year, date.month - 1, date.day + (hour === 24 ? 1 : 0)))
  const isDay = parseTime(`${date.year}-${two(date.month)}-${two(date.day)}`, 'UTC') !== undefined
  if (!isDay || (hour === 24 && (minute !== 0 || second !== 0))) return undefined
  // What is written of a leap second is still the day before (RFC 3339 section 5.7).
  const clock = `${two(hour % 24)}:${two(minute)}:${two(second === 60 ? 59 : second)}`
  const isNamed = zone !== undefined && isTimezone(zone)
  const seconds = parseTime(
    `${day.toISOString().slice(0, 10)}T${clock}${isNamed ? '' : (zone ?? '')}`,
    isNamed ? zone : context.timezone,
  )
  return seconds === undefined || isNone(seconds) ? undefined : seconds
}

/** Days that programs write for none: their zero, in any zone. */
function isNone(seconds: number): boolean {
  const zeros = ['1970-01-01', '1900-01-01', '1899-12-31', '1899-12-30', '1753-01-01', '1601-01-01']
  return zeros.some((zero) => {
    const since = seconds - Date.parse(zero) / 1000
    return since > -86_400 && since <= 86_400
  })
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function plainly(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Nd}/gu, digit)
    .replace(/\([^)]*\)/g, ' ')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/(?<=\d) ?[年년月월] ?/g, '-')
    .replace(/(?<=\d) ?[日일]/g, ' ')
    .replace(/[\s\u200e\u200f]+/g, ' ')
    .trim()
}

/** Digits of every script stand in tens. */
function digit(character: string): string {
  const code = character.codePointAt(0)!
  let zero = code
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String(code - zero)
}

type FoundDate = { year: number; month: number; day: number; rest: string }

/** `2024-01-24`, `2020/1/10`, `2024. 1. 24.`, `20240124`, with a time behind or nothing. */
function isoDate(text: string): FoundDate | undefined {
  const [all, year, month, day] =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/.exec(text) ??
    /^(\d{4})\/(\d{1,2})\/(\d{1,2})(?!\d)/.exec(text) ??
    /^(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\b\.?/.exec(text) ??
    /^(\d{4})(\d\d)(\d\d)(?=$|[T ]|\d{6}(?!\d)|\d{4}(?!\d))/i.exec(text) ??
    []
  if (!all) return undefined
  const rest = text
    .slice(all.length)
    .replace(/^T(?=\d)/i, ' ')
    .replace(/^ ?(\d\d)(\d\d)(\d\d)?(?!\d|:)/, (_, hour: string, minute: string, second = '00') => {
      return ` ${hour}:${minute}:${second as string}`
    })
  return { year: Number(year), month: Number(month), day: Number(day), rest }
}

const word = String.raw`(?<month>\p{L}[\p{L}\p{M}.'’]{2,})`
const day = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th|er|[.ºª])*`
const year = String.raw`(?<year>\d{4}(?!\d)|'?\d{2}(?![\d:.]))`
const gap = String.raw`(?:[\s,./-]|(?<=\s)(?:de|del|d'|of|the)(?=\s))+`
const named = [
  new RegExp(`${day}${gap}${word}${gap}${year}`, 'iu'),
  new RegExp(`${word}${gap}${day}${gap}${year}`, 'iu'),
  new RegExp(`(?<year>\\d{4})${gap}${word}${gap}${day}(?!\\d)`, 'iu'),
  // As C, Java and date(1) write it: the year comes last.
  new RegExp(
    `${word} +${day} (?<clock>\\d{1,2}:\\d\\d(?::\\d\\d)?)(?<zone> [A-Z]+| [+-]\\d{4})? ${year}`,
    'iu',
  ),
]

/** `24 January 2024`, `Jan 24, 2024`, `24. tammikuuta 2024`, `2024 Jan 24`, before or behind a time. */
function namedDate(text: string, { language }: TimeContext): FoundDate | undefined {
  for (const pattern of named) {
    const match = pattern.exec(text)
    const { year = '', month = '', day = '', clock = '', zone = '' } = match?.groups ?? {}
    const number = match && monthNamed(month, language)
    if (!number) continue
    const rest = `${text.slice(0, match.index)} ${clock}${zone} ${text.slice(match.index + match[0].length)}`
    return { year: fullYear(year.replace("'", '')), month: number, day: Number(day), rest }
  }
  return undefined
}

/** RFC 2822 section 4.3: years of two digits. */
function fullYear(year: string): number {
  return year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900)
}

const numeric = /(?<!\d)(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4})(?![\d:])/

/** Points stand behind a day. Whether a day or a month stands before a stroke only the numbers can tell. */
function numericDate(text: string, { language, order }: TimeContext): FoundDate | undefined {
  const match = numeric.exec(text)
  if (!match) return undefined
  const [all, first, sign, second, year] = match
  const shown = dayOrder(text)
  const usual = language?.toLowerCase() === 'en-us' ? 'month first' : undefined
  const found = sign === '.' ? 'day first' : (shown ?? order ?? usual)
  const isSame = first === second
  if (!found && !isSame) return undefined
  const [day, month] = found === 'month first' ? [second, first] : [first, second]
  const rest = `${text.slice(0, match.index)} ${text.slice(match.index + all.length)}`
  return { year: Number(year), month: Number(month), day: Number(day), rest }
}

/** Whether a date such as `13/02/2020` shows by itself what comes first. */
export function dayOrder(text: string): DayOrder | undefined {
  const [, first, sign, second] = numeric.exec(text) ?? []
  if (!first || sign === '.') return undefined
  const [isDayFirst, isMonthFirst] = [Number(first) > 12, Number(second) > 12]
  if (isDayFirst === isMonthFirst) return undefined
  return isDayFirst ? 'day first' : 'month first'
}

type Clock = { hour: number; minute: number; second: number; zone: string | undefined }

const clock =
  /(?<![\d.:])(\d{1,2})(?:[:.h] ?(\d{1,2})(?:[:.m](\d{1,2})(?:[.,]\d+)?)?)?(?: ?([ap])\.? ?m\b\.?| ?h\b)?(?![\d:])/i

/** What stands around a date: a time or none, its zone, the name of a day, words that say nothing. */
function readClock(text: string): Clock | undefined {
  const plain = text.replace(/^[\s,T:|@-]+(?=\d)/i, ' ')
  const match = /\d/.test(plain) ? clock.exec(plain) : undefined
  if (!match) return isSaying(plain) ? nothing : undefined
  const [all, hour = '', minute, second = '0', half] = match
  const before = plain.slice(0, match.index)
  // A number alone is a time only where a word or a half of the day says so.
  const isTime =
    minute !== undefined || half || /h\b/i.test(all) || /\bkl(o\.?|\.?)\s*$/i.test(before)
  const number = Number(hour)
  if (!isTime || number > (half ? 12 : 24) || (half && number === 0 && minute === undefined)) {
    return undefined
  }
  const zone = readZone(plain.slice(match.index + all.length))
  if (zone === undefined || !isSaying(before)) return undefined
  const inHalf = half ? (number % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : number
  return {
    hour: inHalf,
    minute: Number(minute ?? 0),
    second: Number(second),
    zone: zone || undefined,
  }
}

/** The midnight of a date alone. */
const nothing: Clock = { hour: 0, minute: 0, second: 0, zone: undefined }

/** Whether words beside a date can be passed over: names of days, and particles. */
function isSaying(text: string): boolean {
  const words = text.split(/[\s,;:|@/.-]+/).filter(Boolean)
  const others = words.filter((one) => !particles.has(one.toLowerCase()))
  // Which day of the week it was, the date says.
  return others.length <= 1 && others.every((one) => /^\p{L}[\p{L}\p{M}'’]*$/u.test(one))
}

/** Empty for none; undefined for one that cannot be understood. */
function readZone(text: string): string | undefined {
  const plain = text
    .replace(/^[\s,]+|[\s,.]+$/g, '')
    .split(' ')
    .filter((one) => !particles.has(one.toLowerCase()))
    .join(' ')
  if (!plain) return ''
  const [, sign, hours = '', minutes = '00', name] =
    /^(?:gmt|utc?)? ?([+-])(\d{1,2})(?::?(\d\d|0))?(?: ?([a-z]{1,5}))?$/i.exec(plain) ?? []
  if (sign && (!name || zones[name.toLowerCase()]))
    return `${sign}${hours.padStart(2, '0')}:${minutes.padEnd(2, '0')}`
  const known = zones[plain.toLowerCase()]
  if (known) return known
  return /^[a-z]+(\/[\w+-]+)+$/i.test(plain) && isTimezone(plain) ? plain : undefined
}

/** A date in an address, such as `/2024/01/23/`. */
export function dateInAddress(address: string, timezone: string): number | undefined {
  const [, year, month, day] =
    /[/-]((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/._-]|$)/.exec(address) ??
    []
  return year ? parseTime(`${year}-${month}-${day}`, timezone) : undefined
}
