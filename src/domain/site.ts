import * as v from 'valibot'
import { languagePattern, longestLanguage, slugPattern } from './names.ts'
import { cleanLine, cleanText } from './text.ts'
import { formatUtc, isTimezone } from './time.ts'
import { timeSchema } from './explain-time.ts'
import type { Advice, Problem } from './problem.ts'

/** A text per language; what is missing falls back to the default language. */
export type Labels = Record<string, string>

/** The end of a topic or a publisher. Seconds since 1970. */
export type Retirement = {
  /** From here on its feeds say that they have ended. */
  at: number
  /** From here on they are gone. */
  until: number
  /** Slugs of those that take its place, if any do. */
  replacedBy: string[]
  /** A sentence for subscribers. */
  note?: Labels | undefined
}

/** The organisation that issues a release. */
export type Publisher = {
  name: Labels
  url?: string | undefined
  email?: string | undefined
  retired?: Retirement | undefined
}

/** What `site.yaml` says: the press office as a whole. */
export type Site = {
  /** UUID: the namespace of every identity. */
  id: string
  title: Labels
  description: Labels
  /** The first is the default. */
  languages: string[]
  timezone: string
  publishers: Record<string, Publisher>
  /** Slugs that publishers had, with those that they have now. */
  formerPublishers?: Record<string, string> | undefined
  /** Path below the content folder, beginning `media/`. */
  logo?: string | undefined
  rights?: Labels | undefined
  /** Address of the license of all releases. */
  license?: string | undefined
  /** Whom to ask, as a mail address or in words. */
  contact?: string | undefined
  /** The office's own site. */
  homepage?: string | undefined
  /** `elsewhere`: a release that lives elsewhere has no page here that stands. */
  pages?: 'here' | 'elsewhere' | undefined
  /** The office's own `robots.txt`, a file of its own beside `site.yaml`. */
  robots?: string | undefined
}

/** First path segments of other addresses, so no language may be called that. */
const reserved = new Set(['all', 'api', 'hub'])

export const line = v.pipe(v.string(), v.transform(cleanLine))
export const filledLine = v.pipe(line, v.nonEmpty('This is empty. Write some text, or remove it.'))
export const paragraph = v.pipe(
  v.string(),
  v.transform((text) =>
    cleanText(text)
      .replace(/[ \t]+/g, ' ')
      .trim(),
  ),
)
export const webAddress = v.pipe(
  line,
  v.check(
    isWebAddress,
    'This is not a web address. Write it whole, such as https://example.org/page.',
  ),
  v.transform((text) => new URL(text).href),
)
const uuid = v.pipe(
  line,
  v.uuid('This is not a UUID. Write one made by a UUID generator and never change it again.'),
  v.toLowerCase(),
)
/** Case does not matter in language tags (RFC 5646 section 2.1.1), so they are stored in lower case (C-14). */
const language = v.pipe(line, v.toLowerCase())
const languageTag = v.pipe(
  language,
  v.regex(languagePattern, 'This is not a language tag. Write one such as en, fi, sv or pt-br.'),
  v.maxLength(
    longestLanguage,
    `This language tag is too long. Write at most ${longestLanguage} characters.`,
  ),
  v.check(
    (tag) => !reserved.has(tag),
    'This word begins other addresses of the service. Use another language tag.',
  ),
)

/** One of the languages of a site. */
export function languageSchema(languages: string[]) {
  return v.pipe(
    language,
    v.picklist(languages, (issue) => {
      return `${issue.received} is not a language of this site. Write one of ${languages.join(', ')}, or add it to languages in site.yaml.`
    }),
  )
}

/** A text in every language, `{ en: …, fi: … }`; plain text means the default language. */
export function labelsSchema(languages: string[]) {
  const fallback = languages[0]!
  return v.pipe(
    v.unknown(),
    v.transform((labels) => (typeof labels === 'string' ? { [fallback]: labels } : labels)),
    v.record(languageSchema(languages), filledLine),
    v.check(
      (labels) => fallback in labels,
      `The default language is missing. Write ${fallback}: and the text.`,
    ),
    v.transform((labels): Labels => ({ ...labels })),
  )
}

/** Seconds for which a feed that has ended says so: some readers poll rarely (H-33). */
const usualEndNotice = 365 * 86_400

/** The end of a topic or a publisher as it may be written: a date, or an object with more. */
export function retirementSchema(
  successor: v.GenericSchema<unknown, string>,
  languages: string[],
  timezone: string,
) {
  const time = timeSchema({ timezone, languages })
  return v.pipe(
    v.unknown(),
    v.transform((written) => (typeof written === 'string' ? { at: written } : written)),
    v.strictObject({
      at: time,
      until: v.optional(time),
      replacedBy: v.optional(v.array(successor), []),
      note: v.optional(labelsSchema(languages)),
    }),
    v.transform(({ until, ...rest }): Retirement => ({
      ...rest,
      until: until ?? rest.at + usualEndNotice,
    })),
    v.check(
      ({ at, until }) => until > at,
      'The feed would be gone before it has ended. Write a later time as until.',
    ),
  )
}

/** A publisher, or the slug of the one that took its place. */
type WrittenPublisher = Publisher | { renamed: string }

function publisherSchema(languages: string[], timezone: string) {
  const renamed = v.strictObject({ renamed: slug })
  const publisher = v.strictObject({
    name: labelsSchema(languages),
    url: v.optional(webAddress),
    email: v.optional(filledLine),
    retired: v.optional(retirementSchema(slug, languages, timezone)),
  })
  return v.lazy((written): v.GenericSchema<unknown, WrittenPublisher> =>
    'renamed' in Object(written) ? renamed : publisher,
  )
}

/**
 * `site.yaml` as it may be written. Languages and time zone are read first, because texts and times need them.
 */
export function siteSchema(languages: string[], timezone: string) {
  const labels = labelsSchema(languages)
  return v.strictObject({
    id: uuid,
    title: labels,
    description: v.optional(labels),
    languages: languagesSchema,
    timezone: timezoneSchema,
    publishers: v.pipe(
      v.record(slug, publisherSchema(languages, timezone)),
      v.check(
        (all) => Object.values(all).some((one) => !('renamed' in one)),
        'There is no publisher. Write at least one.',
      ),
    ),
    logo: v.optional(mediaPath),
    rights: v.optional(labels),
    license: v.optional(webAddress),
    contact: v.optional(filledLine),
    homepage: v.optional(webAddress),
    pages: v.optional(
      v.picklist(['here', 'elsewhere'], ({ received }) => {
        return `${received} is not known here. Write elsewhere, to have the pages of releases with a url lead there, or leave it out.`
      }),
    ),
  })
}

export const timezoneSchema = v.pipe(
  line,
  v.check(isTimezone, 'This is not a time zone. Write one such as Europe/Helsinki.'),
)

type WrittenSite = v.InferOutput<ReturnType<typeof siteSchema>>

/** A site as it was written, with what may be left out. */
export function completeSite({ description, publishers, ...site }: WrittenSite): Site {
  const { formerPublishers, ...parted } = partPublishers(publishers)
  return {
    ...site,
    ...parted,
    description: description ?? site.title,
    ...(Object.keys(formerPublishers).length > 0 && { formerPublishers }),
  }
}

/** Publishers, and the old slugs that lead to one, perhaps by way of others. */
function partPublishers(written: WrittenSite['publishers']): {
  publishers: Site['publishers']
  formerPublishers: Record<string, string>
} {
  const publishers: Record<string, Publisher> = {}
  const renamed = new Map<string, string>()
  for (const [slug, one] of Object.entries(written)) {
    if ('renamed' in one) renamed.set(slug, one.renamed)
    else publishers[slug] = one
  }
  const formerPublishers: Record<string, string> = {}
  for (const old of renamed.keys()) {
    let at: string | undefined = old
    // Renames may lead round in a circle.
    for (let steps = 0; at && !Object.hasOwn(publishers, at) && steps <= renamed.size; steps++) {
      at = renamed.get(at)
    }
    if (at && Object.hasOwn(publishers, at)) formerPublishers[old] = at
  }
  return { publishers, formerPublishers }
}

/** A site as it is written in `site.yaml`, so that reading it again gives the same. */
export function writeSiteDown(written: Site): Record<string, unknown> {
  // It is a file of its own.
  const { formerPublishers = {}, ...site } = { ...written, robots: undefined }
  const publishers = Object.entries(site.publishers).map(([slug, { retired, ...one }]) => [
    slug,
    { ...one, ...(retired && { retired: writeRetirementDown(retired) }) },
  ])
  const former = Object.entries(formerPublishers).map(([old, now]) => [old, { renamed: now }])
  return { ...site, publishers: Object.fromEntries([...publishers, ...former]) }
}

export function writeRetirementDown({ at, until, ...rest }: Retirement): Record<string, unknown> {
  return { at: formatUtc(at), until: formatUtc(until), ...rest }
}

/** What is wrong between publishers: renames that lead nowhere, and successors that are none. */
export function checkPublishers({ publishers }: WrittenSite): Problem[] {
  const { publishers: present, formerPublishers } = partPublishers(publishers)
  const known = Object.keys(present)
  return Object.entries(publishers).flatMap(([slug, one]): Problem[] => {
    if ('renamed' in one) {
      if (Object.hasOwn(formerPublishers, slug)) return []
      const message = `"${one.renamed}" is not a publisher. Write one of ${known.join(', ')}.`
      return [{ field: `publishers.${slug}.renamed`, message }]
    }
    return (one.retired?.replacedBy ?? []).flatMap((successor): Problem[] => {
      const goesOn = Object.hasOwn(present, successor) && !present[successor]!.retired
      if (goesOn) return []
      const message = `"${successor}" is no publisher that goes on. Write another one, or leave it out.`
      return [{ field: `publishers.${slug}.retired.replacedBy`, message }]
    })
  })
}

export const languagesSchema = v.pipe(
  v.array(languageTag),
  v.minLength(1, 'There is no language. Write a list such as [en, fi].'),
  v.check(
    (tags) => new Set(tags).size === tags.length,
    'A language stands here twice. Remove one.',
  ),
)

export const slug = v.pipe(
  line,
  v.regex(
    slugPattern,
    'This is not fit for an address. Write lower-case letters a–z, digits and hyphens.',
  ),
)

/** A file below `media/`, with or without that folder's name in front. */
export const mediaPath = v.pipe(
  line,
  v.transform((path) => `media/${path.replace(/^(\.?\/)*(media\/)?/, '')}`),
  v.check(
    // Other paths that cannot be a file are told as a missing file.
    (path) => !path.split('/').includes('..') && path.length > 'media/'.length,
    'This is not a file in the media folder. Write its name, such as agenda.pdf.',
  ),
)

export const siteAdvice: Advice = {
  id: 'Write a new UUID once and never change it.',
  title: 'Write a text per language: { en: "Ministry: releases" }.',
  description: 'Write a text per language, or leave it out.',
  languages: 'Write a list; the first is the default: [en, fi, sv].',
  timezone: 'Write a time zone such as Europe/Helsinki.',
  publishers: 'Write at least one: my-office: { name: { en: "My office" } }.',
  name: 'Write a name per language: { en: "My office" }.',
  url: 'Write a whole web address.',
  email: 'Write a mail address.',
  renamed: 'Write the short name of the publisher that took its place.',
  retired: 'Write a date such as 2026-11-01, or { at: 2026-11-01, replacedBy: [customs] }.',
  at: 'Write a date and time such as 2026-11-01T09:00.',
  until: 'Write a date and time such as 2027-11-01T09:00, or leave it out.',
  replacedBy: 'Write a list of publishers, or leave it out.',
  note: 'Write a sentence per language, or leave it out.',
  logo: 'Write a file below media, such as media/logo.png.',
  rights: 'Write a text per language.',
  contact: 'Write how to reach the editors.',
  homepage: 'Write a whole web address.',
  license: 'Write a whole web address, such as https://creativecommons.org/licenses/by/4.0/.',
  pages: 'Write here or elsewhere, or leave it out.',
}

/** The text in a language, else in the default language. */
export function inLanguage(labels: Labels, language: string, site: Site): string {
  return labels[language] ?? labels[site.languages[0]!] ?? ''
}

/** The slug that a publisher has now. Undefined for one that the site does not know. */
export function presentPublisher(slug: string, site: Site): string | undefined {
  const { publishers, formerPublishers = {} } = site
  if (Object.hasOwn(publishers, slug)) return slug
  return Object.hasOwn(formerPublishers, slug) ? formerPublishers[slug] : undefined
}

/** The publisher of a release. One that the site does not know any more counts as its first. */
export function publisherOf(slug: string, site: Site): Publisher {
  return site.publishers[presentPublisher(slug, site) ?? ''] ?? Object.values(site.publishers)[0]!
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
