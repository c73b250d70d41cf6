import * as v from 'valibot'
import { beginning, cleanText } from './text.ts'
import { dateSchema, timeSchema } from './explain-time.ts'
import { longestSlug } from './names.ts'
import { parseTime, timeExample } from './time.ts'
import {
  filledLine,
  languageSchema,
  line,
  mediaPath,
  paragraph,
  presentPublisher,
  type Site,
  slug,
  webAddress,
} from './site.ts'
import { type Kind, kinds } from './kind.ts'
import type { Vocabulary } from './topic.ts'
import type { Advice } from './problem.ts'

/** A release as somebody may write it: in front matter, in a line of JSONL, in a request to the API. */
export type ReleaseFields = v.InferInput<ReturnType<typeof releaseSchema>>

/** The same once the schema has checked it and read its times and topics. */
export type ReleaseInput = v.InferOutput<ReturnType<typeof releaseSchema>>

/**
 * One press release in one language. All text is clean, all times are seconds since 1970. A field of the
 * schema is a field of this, unless reading makes something else of it.
 */
export type Release = Omit<ReleaseInput, 'body' | 'draft' | keyof Completed> & Completed

/** What reading makes of the text and of the fields that an author may leave out. */
type Completed = {
  /** `urn:uuid:…`, or the one it had in an earlier feed; the same in every feed, for ever. */
  id: string
  /** Plain text. */
  lead: string
  /** The body: sanitised HTML whose own addresses begin with `storedOrigin`. */
  html: string
  /** When it became public. Others may have the same second that became public together with it. */
  published: number
  /** When it last changed in a way that readers must see; never before `published`. */
  updated: number
  /** The time its author wrote. */
  authored: number
  publisher: string
  kind: Kind
  attachments: Attachment[]
  /** Its author is not done with it, and sent it through the API: it has no second until that changes. */
  draft?: true | undefined
}

/** A file below `media/`, as it was when the release was read. */
export type Attachment = Omit<ReleaseInput['attachments'][number], 'file' | 'title'> & {
  path: string
  title: string
  /** Media type, such as `application/pdf`. */
  type: string
  /** Bytes. */
  size: number
  /** Of a picture that browsers show, in pixels. */
  width?: number | undefined
  height?: number | undefined
}

export type Contact = Release['contacts'][number]
export type NotedChange = Release['changes'][number]
export type Event = NonNullable<Release['event']>

/** The one schema of a release. It knows the site and the vocabulary, so it can name mistakes. */
export function releaseSchema(site: Site, vocabulary: Vocabulary) {
  const time = timeSchema(site)
  return v.strictObject({
    slug: v.pipe(slug, v.maxLength(longestSlug, tooLong(longestSlug))),
    language: languageSchema(site.languages),
    title: filledLine,
    lead: v.optional(paragraph),
    published: time,
    updated: v.optional(time),
    authored: v.optional(time),
    id: v.optional(v.pipe(filledLine, v.maxLength(longestId, tooLong(longestId)))),
    /** Slugs, in the author's order. */
    topics: v.optional(v.pipe(v.array(topicSchema(vocabulary)), v.transform(withoutRepeated)), []),
    publisher: v.optional(publisherSchema(site)),
    kind: v.optional(kindSchema),
    contacts: v.optional(v.array(contactSchema), []),
    attachments: v.optional(v.array(attachmentSchema), []),
    event: v.optional(eventSchema(site)),
    related: v.optional(v.array(relatedSchema), []),
    /** Where it lives, if that is a page of the office's own. */
    url: v.optional(webAddress),
    /** Earlier slugs, oldest first. */
    formerly: v.optional(v.pipe(v.array(slug), v.transform(withoutRepeated)), []),
    changes: v.optional(v.array(changeSchema(site)), []),
    /** Slug of the release in the same language that this one corrects (D-05). */
    corrects: v.optional(slug),
    /** When and why it was withdrawn, and the slug of the release in its language that replaces it. */
    withdrawn: v.optional(
      v.strictObject({ at: time, reason: filledLine, replacedBy: v.optional(slug) }),
    ),
    /** Whether its author says that it belongs to the history of an office (C-06). */
    archived: v.optional(yes),
    /** Whether its author is not done with it: then no reader sees it. */
    draft: v.optional(yesOrNo),
    body: bodySchema,
  })
}

/** Characters. */
const longestId = 500

function tooLong(most: number): string {
  return `This is too long. Write at most ${most} characters.`
}

function withoutRepeated(slugs: string[]): string[] {
  return [...new Set(slugs)]
}

/** A topic by any of its names. Its slug comes out. */
function topicSchema(vocabulary: Vocabulary) {
  return v.pipe(
    line,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const found = vocabulary.resolve(dataset.value)
      if (found) return found.slug
      const similar = vocabulary.nearest(dataset.value).slice(0, 2).join(' or ')
      const instead = similar
        ? `Write ${similar}, or add it to topics.yaml.`
        : 'Add it to topics.yaml.'
      addIssue({ message: `"${dataset.value}" is not a topic. ${instead}` })
      return NEVER
    }),
  )
}

/** A publisher by its slug, or by one that it had. Its present slug comes out. */
function publisherSchema(site: Site) {
  const names = Object.keys(site.publishers)
  return v.pipe(
    line,
    v.transform((slug) => presentPublisher(slug, site) ?? slug),
    v.picklist(names, ({ received }) => {
      return `${received} is not a publisher. Write one of ${names.join(', ')}, or add it to publishers in site.yaml.`
    }),
  )
}

const kindSchema = v.picklist(
  kinds,
  ({ received }) => `${received} is not a kind. Write one of ${kinds.join(', ')}.`,
)

const contactSchema = v.strictObject({
  name: filledLine,
  role: v.optional(line),
  phone: v.optional(line),
  email: v.optional(line),
  /** What to ask this contact about. */
  for: v.optional(line),
})

const attachmentSchema = v.strictObject({
  file: mediaPath,
  title: v.optional(line),
  alt: v.optional(line),
  credit: v.optional(line),
})

/** Dates as `2024-01-24`, or times as RFC 3339 in UTC. */
function eventSchema(site: Site) {
  const date = dateSchema(site)
  return v.pipe(
    v.strictObject({ start: date, end: v.optional(date), place: v.optional(line) }),
    v.check(
      ({ start, end }) =>
        !end || parseTime(start, site.timezone)! <= lastSecond(end, site.timezone),
      'The event ends before it starts. Write the earlier date as start.',
    ),
  )
}

const relatedSchema = v.pipe(
  v.strictObject({ url: webAddress, title: v.optional(line) }),
  v.transform(({ url, title }) => ({ url, title: title || url })),
)

function changeSchema(site: Site) {
  return v.strictObject({
    at: timeSchema(site),
    kind: v.picklist(['minor', 'correction'], ({ received }) => {
      return `${received} is not a kind of change. Write minor or correction.`
    }),
    note: filledLine,
  })
}

const text = v.pipe(v.string(), v.transform(cleanText))

const bodySchema = v.pipe(
  v.strictObject({ html: v.optional(text), markdown: v.optional(text) }),
  v.check(
    ({ html, markdown }) => (html === undefined) !== (markdown === undefined),
    'The text must be in one form. Write either html or markdown.',
  ),
)

/** In front matter every value is text. */
const yes = v.pipe(
  v.union([v.literal(true), v.literal('true')]),
  v.transform(() => true),
)

const yesOrNo = v.pipe(
  v.union([v.literal(true), v.literal('true'), v.literal(false), v.literal('false')]),
  v.transform((said) => saysYes(said)),
)

function saysYes(value: unknown): boolean {
  return value === true || value === 'true'
}

/** Whether a release says `draft: true`, whatever else is wrong with it. */
export function isUnfinished(written: unknown): boolean {
  return saysYes((Object(written) as { draft?: unknown }).draft)
}

/** The last second of a date, or the second of a time. */
function lastSecond(date: string, timezone: string): number {
  return parseTime(date, timezone)! + (date.includes('T') ? 0 : 86_399)
}

export const releaseAdvice = {
  slug: 'Write lower-case letters a–z, digits and hyphens.',
  language: 'Write a language tag such as en.',
  title: 'Write one line, such as title: Ministers to discuss migration.',
  lead: 'Write one paragraph, or leave it out.',
  published: `Write a date and time such as ${timeExample}.`,
  updated: `Write a date and time such as ${timeExample}, or leave it out.`,
  authored: `Write a date and time such as ${timeExample}, or leave it out.`,
  id: 'Write the identity that the release had in an earlier feed, or leave it out.',
  topics: 'Write a list such as [migration, organised-crime].',
  publisher: 'Write the short name of a publisher in site.yaml, or leave it out.',
  kind: `Write one of ${kinds.join(', ')}, or leave it out.`,
  contacts: 'Write a list such as - { name: Communications Unit, phone: "+358 …" }.',
  attachments: 'Write a list such as - { file: agenda.pdf, title: Agenda }.',
  event: 'Write { start: 2024-01-24, end: 2024-01-25, place: Antwerp }.',
  related: 'Write a list such as - { url: "https://…", title: … }.',
  formerly: 'Write a list of the earlier slugs, oldest first.',
  changes: `Write a list such as - { at: ${timeExample}, kind: correction, note: What was wrong }.`,
  corrects: 'Write the slug of the release that this one corrects, or leave it out.',
  withdrawn: `Write { at: ${timeExample}, reason: Why }.`,
  replacedBy: 'Write the slug of the release that takes its place, or leave it out.',
  archived: 'Write true, or leave it out.',
  draft: 'Write true, or leave it out.',
  body: 'Write the text of the release.',
  html: 'Write the text as HTML.',
  markdown: 'Write the text as Markdown.',
  name: 'Write a name.',
  role: 'Write a role, or leave it out.',
  phone: 'Write a telephone number, or leave it out.',
  email: 'Write a mail address, or leave it out.',
  for: 'Write what to ask this contact about, or leave it out.',
  file: 'Write the name of a file in the media folder, such as agenda.pdf.',
  alt: 'Write what the image shows.',
  credit: 'Write who made the image.',
  start: 'Write a date such as 2024-01-24.',
  end: 'Write a date such as 2024-01-25, or leave it out.',
  place: 'Write a place, or leave it out.',
  url: 'Write a whole web address.',
  at: `Write a date and time such as ${timeExample}.`,
  note: 'Write one sentence for readers.',
  reason: 'Write one sentence for readers.',
} satisfies Advice & Record<keyof ReleaseInput, string>

/** The name that a release's identity is made of: its first slug and its language. */
export function identityName({
  slug,
  language,
  formerly,
}: Pick<ReleaseInput, 'slug' | 'language' | 'formerly'>) {
  return `${formerly[0] ?? slug}/${language}`
}

/** What reading added to what the author wrote. */
export type Findings = { id: string; html: string; text: string; attachments: Attachment[] }

/** Seconds by which a written `updated` may lie before the change that it belongs to. */
const together = 600

/** A written release with everything filled in that its author may leave out. */
export function completeRelease(input: ReleaseInput, found: Findings, site: Site): Release {
  const {
    body: _,
    id: __,
    draft: ___,
    lead,
    publisher,
    kind,
    published,
    updated,
    authored,
    ...rest
  } = input
  const corrections = input.changes.filter((change) => change.kind === 'correction')
  const changes = [...(input.withdrawn ? [input.withdrawn] : []), ...corrections]
  // Changes that are made together get seconds that follow each other. Some lie before the time that the
  // author wrote.
  const isTold = ({ at }: { at: number }) => updated === undefined || at > updated + together
  return {
    ...rest,
    id: found.id,
    lead: lead || beginning(found.text.replace(/\s+/g, ' ').trim(), 300) || input.title,
    html: found.html,
    published,
    authored: authored ?? published,
    updated: Math.max(
      published,
      updated ?? published,
      ...changes.filter(isTold).map(({ at }) => at),
    ),
    publisher: publisher ?? Object.keys(site.publishers)[0]!,
    kind: kind ?? 'press-release',
    attachments: found.attachments,
  }
}

/**
 * The most bytes that a release takes in a document of any format: its text with every character escaped that
 * may be, its lead, which is also in the text, and everything around it. Links to its versions depend on the
 * number of languages.
 */
export function weigh(release: Release, languages: number): number {
  const { id, slug, html, lead, title, withdrawn, contacts, attachments, related, changes } =
    release
  const address = slug.length + escapedSize(release.url ?? '')
  const frame = 900 + 3 * id.length + 3 * address + 150 * release.topics.length
  const versions = (languages - 1) * (180 + slug.length + title.length)
  const around = escapedSize(JSON.stringify([contacts, attachments, related, changes]))
  // The summary has the notes of corrections, too.
  const notes = escapedSize(JSON.stringify(changes))
  const body = withdrawn
    ? escapedSize(withdrawn.reason)
    : escapedSize(html) + 2 * around + (changes.length > 0 ? notes : 0)
  return frame + versions + 2 * escapedSize(title) + 2 * escapedSize(lead) + body
}

/** Bytes of a text in UTF-8 after `<`, `>`, `&` and quotes became entities. */
function escapedSize(text: string): number {
  let size = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // Each half of a surrogate pair takes two bytes.
    if (code > 0x7f) size += code > 0x7ff && (code & 0xf800) !== 0xd800 ? 2 : 1
    else if (code === 0x22 || code === 0x26 || code === 0x3c || code === 0x3e) size += 5
  }
  return size
}
