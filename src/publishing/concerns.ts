import { placeholders } from '../domain/placeholders.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import { telephoneParts } from '../domain/telephone.ts'
import { parseTime } from '../domain/time.ts'

/**
 * What should not go out, although it is taken. `near`: words of the line in a file that it is about. A `warning` is
 * only unwise.
 */
export type Concern = { field: string; message: string; near?: string; warning?: true }

/** What is wrong with a release by itself, at the second `now`. */
export function concernsOf(
  release: Release,
  { site, now }: { site: Site; now: number },
): Concern[] {
  return [
    ...untouched(release),
    ...withoutText(release),
    ...picturesWithoutWords(release),
    ...unreachable(release),
    ...oddTimes(release, site, now),
    ...tooLong(release),
  ]
}

/** What `new` writes for its author to replace. */
function untouched({ lead, html, contacts }: Release): Concern[] {
  const concerns: Concern[] = []
  const replace = (field: string, near: string) => {
    const message = `"${near}" stands here since the file was made. Write your own, or remove it.`
    concerns.push({ field, near, message })
  }
  if (html.includes(placeholders.text)) replace('body', placeholders.text)
  if (lead === placeholders.lead) replace('lead', placeholders.lead)
  contacts.forEach(({ email, phone }, index) => {
    if (email === placeholders.email) replace(`contacts.${index}.email`, email)
    if (phone === placeholders.phone) replace(`contacts.${index}.phone`, phone)
  })
  return concerns
}

function withoutText({ html }: Release): Concern[] {
  const text = html.replace(/<(?!img\b)[^>]*>|&nbsp;|\s/g, '')
  if (text) return []
  return [{ field: 'body', message: 'There is no text. Write it.', near: '---' }]
}

function picturesWithoutWords({ html, attachments }: Release): Concern[] {
  const say = 'Say what it shows, for those who cannot see it.'
  const tags = Array.from(html.matchAll(/<img\b[^>]*>/g), ([tag]) => tag)
  const silent = tags.filter((tag) => !/\salt="([^"]*)"/.exec(tag)?.[1]?.trim())
  // However often a text shows one.
  const names = new Set(
    silent.map((tag) => /\ssrc="([^"]*)"/.exec(tag)?.[1]?.split('/').at(-1) ?? ''),
  )
  const inText = [...names].map((name): Concern => {
    const message = `The picture ${name} has no words between the brackets ![]. ${say}`
    return { field: 'body', near: `${name})`, message }
  })
  const attached = attachments.flatMap(({ path, type, alt }, index): Concern[] => {
    if (!type.startsWith('image/') || alt) return []
    const name = path.split('/').at(-1)!
    return [
      { field: `attachments.${index}.alt`, near: name, message: `${name} has no alt. ${say}` },
    ]
  })
  return [...inText, ...attached]
}

function unreachable({ contacts }: Release): Concern[] {
  return contacts.flatMap(({ email, phone }, index): Concern[] => {
    const concerns: Concern[] = []
    if (email && !canBeReached(email)) {
      const message = `"${email}" is no mail address. Write one such as press@office.example.`
      concerns.push({ field: `contacts.${index}.email`, near: email, message })
    }
    if (phone && phone !== placeholders.phone && !isTelephone(phone)) {
      const message = `"${phone}" is no telephone number. Write one such as +358 295 421 600.`
      concerns.push({ field: `contacts.${index}.phone`, near: phone, message })
    }
    return concerns
  })
}

/** More than `isMailAddress` asks: an address on the public internet, and one alone. */
function canBeReached(email: string): boolean {
  return /^[^\s@<>(),;]+@[^\s@<>(),;.]+(?:\.[^\s@<>(),;.]+)+$/.test(email)
}

/** Letters may be dialled, as in 1-800-CUSTOMS, and emergency numbers have three digits. */
function isTelephone(phone: string): boolean {
  if (telephoneParts(phone).some(({ address }) => address !== undefined)) return true
  return phone.replace(/\D/g, '').length >= 4
}

const firstYear = Date.UTC(1900, 0, 1) / 1000
const twoYears = 731 * 86_400

function oddTimes(release: Release, site: Site, now: number): Concern[] {
  const { published, authored, updated, changes, event } = release
  const times: [field: string, second: number][] = [
    ['published', published],
    ...(authored === published ? [] : [['authored', authored] as [string, number]]),
    ...changes.map(({ at }, index): [string, number] => [`changes.${index}.at`, at]),
  ]
  if (!times.some(([, second]) => second === updated)) times.push(['updated', updated])
  const concerns = times.flatMap(([field, second]) => oddTime(field, second, now))
  // Some events are known years before.
  const days = event ? [event.start, event.end ?? event.start] : []
  const ofEvent = days.flatMap((day) => oddTime('event', parseTime(day, site.timezone)!, now))
  return [
    ...concerns,
    ...ofEvent.slice(0, 1).map((concern) => {
      return concern.message === longAhead ? { ...concern, warning: true as const } : concern
    }),
  ]
}

const longAhead = 'This is more than two years ahead. Write the right year.'

function oddTime(field: string, second: number, now: number): Concern[] {
  if (second < firstYear) {
    return [{ field, message: 'This is before the year 1900. Write the right year.' }]
  }
  return second > now + twoYears ? [{ field, message: longAhead }] : []
}

/** Longer ones are told of when they are read. */
const [longTitle, longestTitle, longLead, longestLead] = [150, 500, 2000, 5000]

function tooLong({ title, lead }: Release): Concern[] {
  const concerns: Concern[] = []
  const warn = (field: string, length: number, most: number) => {
    const message = `This has ${length} characters, and is cut in many places. Write at most ${most}.`
    concerns.push({ field, message, warning: true })
  }
  if (title.length > longTitle && title.length <= longestTitle) {
    warn('title', title.length, longTitle)
  }
  if (lead.length > longLead && lead.length <= longestLead) warn('lead', lead.length, longLead)
  return concerns
}

/** That a release has fewer contacts or files than another version of it. */
export function lessThanSisters(release: Release, sisters: Release[]): Concern[] {
  return (['attachments', 'contacts'] as const).flatMap((field): Concern[] => {
    const count = release[field].length
    const fullest = sisters.toSorted((a, b) => b[field].length - a[field].length)[0]
    const most = fullest?.[field].length ?? 0
    if (!fullest || count >= most) return []
    const message = `This version has ${count} ${field}, and the one in ${fullest.language} has ${most}. Add what is missing, unless it is meant.`
    return [{ field, message, warning: true }]
  })
}
