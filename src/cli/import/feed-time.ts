import { parseTime } from '../../domain/time.ts'

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

/** Hours from UTC of the names in RFC 822 section 5 and of those that feeds use besides. */
const zones: Record<string, string> = {
  ut: '+0000',
  utc: '+0000',
  gmt: '+0000',
  z: '+0000',
  wet: '+0000',
  bst: '+0100',
  west: '+0100',
  cet: '+0100',
  cest: '+0200',
  eet: '+0200',
  eest: '+0300',
  msk: '+0300',
  edt: '-0400',
  est: '-0500',
  cdt: '-0500',
  cst: '-0600',
  mdt: '-0600',
  mst: '-0700',
  pdt: '-0700',
  pst: '-0800',
  jst: '+0900',
}

/**
 * Reads a time as feeds write it, in seconds since 1970: RFC 3339, RFC 822 (and what is made of it:
 * full names, no seconds, no zone), RFC 850, asctime. A time without a zone is local to `timezone`.
 * Answers undefined for anything else, and for zero and what lies before it, which is no date but
 * what programs write for none.
 */
export function readFeedTime(text: string, timezone: string): number | undefined {
  const seconds = readIso(text.trim(), timezone) ?? readRfc822(text, timezone)
  return seconds !== undefined && seconds > 86_400 ? seconds : undefined
}

function readIso(text: string, timezone: string): number | undefined {
  const [, date, time = '', second = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d)(:\d\d)?(?:[.,]\d+)?)? *(z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d\d)?$/i.exec(
      text,
    ) ?? []
  if (!date) return undefined
  if (!time) return parseTime(date, timezone)
  const offset = /^[a-z]/i.test(zone) ? 'Z' : zone.length === 3 ? `${zone}:00` : zone
  return parseTime(`${date}T${time}${second}${offset}`, timezone)
}

function readRfc822(text: string, timezone: string): number | undefined {
  const plain = text
    .replace(/\([^)]*\)/g, ' ')
    .replace(/[,\s]+/g, ' ')
    .trim()
  const [, day, month, year, time = '00:00', after = ''] =
    /^(?:[\p{L}.]+ )?(\d{1,2})[ -]([a-z]{3,9})\.?[ -](\d{4}|\d{2})(?: (\d{1,2}:\d\d(?::\d\d)?)(?:\.\d+)?)?(?: (.+))?$/iu.exec(
      plain,
    ) ?? fromAsctime(plain)
  if (!day || !month || !year) return undefined
  const number = months.indexOf(month.slice(0, 3).toLowerCase()) + 1
  // RFC 2822 section 4.3: years of two digits.
  const full = year.length === 4 ? year : String(Number(year) + (Number(year) < 50 ? 2000 : 1900))
  const offset = offsetOf(after)
  if (number === 0 || offset === undefined) return undefined
  const two = (part: string | number) => String(part).padStart(2, '0')
  const clock = time.length % 3 === 1 ? `0${time}` : time
  return parseTime(`${full}-${two(number)}-${two(day)}T${clock}${offset}`, timezone)
}

/** `Mon Jan 26 16:31:00 GMT 2004`: the same parts in the order of RFC 822. */
function fromAsctime(text: string): string[] {
  const [, month = '', day = '', time = '', zone = '', year = ''] =
    /^[a-z]+ ([a-z]+) (\d{1,2}) (\d\d:\d\d:\d\d)(?: ([a-z]+|[+-]\d{4}))? (\d{4})$/i.exec(text) ?? []
  return ['', day, month, year, time, zone]
}

/** Empty for none; undefined for one that cannot be understood. */
function offsetOf(zone: string): string | undefined {
  if (!zone) return ''
  const [, sign, hours = '', minutes = ''] =
    /^(?:gmt|utc?)? ?([+-])(\d{1,2}):?(\d\d)$/i.exec(zone) ?? []
  if (sign) return `${sign}${hours.padStart(2, '0')}${minutes}`
  return zones[zone.toLowerCase()]
}

/** A date in an address, such as `/2024/01/23/`. */
export function dateInAddress(address: string, timezone: string): number | undefined {
  const [, year, month, day] =
    /[/-]((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/._-]|$)/.exec(address) ??
    []
  return year ? parseTime(`${year}-${month}-${day}`, timezone) : undefined
}
