import type { FileProblem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import { parseTime } from '../domain/time.ts'
import { telephoneParts } from '../feeds/telephone.ts'
import { placeholders } from './placeholders.ts'
import { placeInFile } from './place-in-file.ts'

type Surroundings = { directory: string; site: Site; now: number }

/** `near`: what stands in the line of the file that it is about. */
type Fault = { field: string; message: string; near?: string; warning?: true }

/**
 * What should not go out although the service takes it. What is a draft, or was archived as the history of an office,
 * is only warned about.
 */
export function findFaults(
  drafts: Draft[],
  unfinished: Draft[],
  surroundings: Surroundings,
): FileProblem[] {
  const standing = drafts.filter(({ release }) => !release.withdrawn)
  const problems: FileProblem[] = []
  const tell = (draft: Draft, faults: Fault[], isWarning = false) => {
    const placed = faults.map((fault) => placedFault(draft, fault, surroundings.directory))
    problems.push(...placed.map((one) => (isWarning ? { ...one, warning: true as const } : one)))
  }
  for (const draft of standing) {
    tell(draft, faultsOf(draft.release, surroundings), draft.release.archived)
  }
  for (const draft of unfinished) tell(draft, faultsOf(draft.release, surroundings), true)
  for (const [draft, fault] of repeatedTitles(standing)) tell(draft, [fault])
  for (const [draft, fault] of lessThanSisters(standing)) tell(draft, [fault])
  return problems
}

function placedFault(
  { source }: Draft,
  { near, ...problem }: Fault,
  directory: string,
): FileProblem {
  const name = problem.field.split('.')[0]!
  const hasIt = (line: string) =>
    near === undefined ? line.startsWith(`${name}:`) : line.includes(near)
  // The text stands below everything else.
  const which = name === 'body' ? 'last' : 'first'
  return { ...problem, ...placeInFile(source, directory, hasIt, which) }
}

function faultsOf(release: Release, { site, now }: Surroundings): Fault[] {
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
function untouched({ lead, html, contacts }: Release): Fault[] {
  const faults: Fault[] = []
  const replace = (field: string, near: string) => {
    const message = `"${near}" stands here since the file was made. Write your own, or remove it.`
    faults.push({ field, near, message })
  }
  if (html.includes(placeholders.text)) replace('body', placeholders.text)
  if (lead === placeholders.lead) replace('lead', placeholders.lead)
  contacts.forEach(({ email, phone }, index) => {
    if (email === placeholders.email) replace(`contacts.${index}.email`, email)
    if (phone === placeholders.phone) replace(`contacts.${index}.phone`, phone)
  })
  return faults
}

function withoutText({ html }: Release): Fault[] {
  const text = html.replace(/<(?!img\b)[^>]*>|&nbsp;|\s/g, '')
  if (text) return []
  return [{ field: 'body', message: 'There is no text. Write it below the fields.', near: '---' }]
}

function picturesWithoutWords({ html, attachments }: Release): Fault[] {
  const say = 'Say what it shows, for those who cannot see it.'
  const inText = Array.from(html.matchAll(/<img\b[^>]*>/g), ([tag]) => tag)
    .filter((tag) => !/\salt="[^"]*\S[^"]*"/.test(tag))
    .map((tag) => /\ssrc="[^"]*?([^"/]+)"/.exec(tag)?.[1] ?? '')
    .map((name): Fault => {
      const message = `The picture ${name} has no words between the brackets ![]. ${say}`
      return { field: 'body', near: `${name})`, message }
    })
  const attached = attachments.flatMap(({ path, type, alt }, index): Fault[] => {
    if (!type.startsWith('image/') || alt) return []
    const name = path.split('/').at(-1)!
    return [
      { field: `attachments.${index}.alt`, near: name, message: `${name} has no alt. ${say}` },
    ]
  })
  return [...inText, ...attached]
}

function unreachable({ contacts }: Release): Fault[] {
  return contacts.flatMap(({ email, phone }, index): Fault[] => {
    const faults: Fault[] = []
    if (email && !canBeReached(email)) {
      const message = `"${email}" is no mail address. Write one such as press@office.example.`
      faults.push({ field: `contacts.${index}.email`, near: email, message })
    }
    if (phone && phone !== placeholders.phone && !isTelephone(phone)) {
      const message = `"${phone}" is no telephone number. Write one such as +358 295 421 600.`
      faults.push({ field: `contacts.${index}.phone`, near: phone, message })
    }
    return faults
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

function oddTimes(release: Release, site: Site, now: number): Fault[] {
  const { published, authored, updated, changes, event } = release
  const times: [field: string, second: number][] = [
    ['published', published],
    ...(authored === published ? [] : [['authored', authored] as [string, number]]),
    ...changes.map(({ at }, index): [string, number] => [`changes.${index}.at`, at]),
  ]
  if (!times.some(([, second]) => second === updated)) times.push(['updated', updated])
  const faults = times.flatMap(([field, second]) => oddTime(field, second, now))
  // Some events are known years before.
  const days = event ? [event.start, event.end ?? event.start] : []
  const ofEvent = days.flatMap((day) => oddTime('event', parseTime(day, site.timezone)!, now))
  return [
    ...faults,
    ...ofEvent.slice(0, 1).map((fault) => {
      return fault.message === longAhead ? { ...fault, warning: true as const } : fault
    }),
  ]
}

const longAhead = 'This is more than two years ahead. Write the right year.'

function oddTime(field: string, second: number, now: number): Fault[] {
  if (second < firstYear) {
    return [{ field, message: 'This is before the year 1900. Write the right year.' }]
  }
  return second > now + twoYears ? [{ field, message: longAhead }] : []
}

/** Longer ones are told of when they are read. */
const [longTitle, longestTitle, longLead, longestLead] = [150, 500, 2000, 5000]

function tooLong({ title, lead }: Release): Fault[] {
  const faults: Fault[] = []
  const warn = (field: string, length: number, most: number) => {
    const message = `This has ${length} characters, and is cut in many places. Write at most ${most}.`
    faults.push({ field, message, warning: true })
  }
  if (title.length > longTitle && title.length <= longestTitle) {
    warn('title', title.length, longTitle)
  }
  if (lead.length > longLead && lead.length <= longestLead) warn('lead', lead.length, longLead)
  return faults
}

const week = 7 * 86_400

/** Of two with the same title the later one is told of. */
function repeatedTitles(drafts: Draft[]): [Draft, Fault][] {
  const titleOf = ({ release }: Draft) => `${release.language} ${release.title.toLowerCase()}`
  const groups = [...Map.groupBy(drafts, titleOf).values()]
  return groups.flatMap((group) => {
    const inOrder = group.toSorted((a, b) => a.release.published - b.release.published)
    return inOrder.flatMap((draft, index): [Draft, Fault][] => {
      const before = inOrder[index - 1]?.release
      if (!before || draft.release.published - before.published > week) return []
      const message = `${before.slug} has the same title, and is not a week older. Readers take the two for one: write another title.`
      return [[draft, { field: 'title', message, warning: true }]]
    })
  })
}

/** Language versions that have fewer contacts or files than another one. */
function lessThanSisters(drafts: Draft[]): [Draft, Fault][] {
  const groups = [...Map.groupBy(drafts, ({ release }) => release.slug).values()]
  return groups.flatMap((group) =>
    (['attachments', 'contacts'] as const).flatMap((field) => {
      const counts = group.map(({ release }) => release[field].length)
      const most = Math.max(...counts)
      const fullest = group[counts.indexOf(most)]!.release.language
      return group.flatMap((draft, index): [Draft, Fault][] => {
        if (counts[index] === most) return []
        const message = `This version has ${counts[index]} ${field}, and the one in ${fullest} has ${most}. Add what is missing, unless it is meant.`
        return [[draft, { field, message, warning: true }]]
      })
    }),
  )
}
