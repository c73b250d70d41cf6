import * as v from 'valibot'
import { languagePattern, longestLanguage, slugPattern } from './names.ts'
import { cleanLine, cleanText } from './text.ts'
import { isTimezone } from './time.ts'
import type { Advice } from './problem.ts'

/** A text per language; what is missing falls back to the default language. */
export type Labels = Record<string, string>

/** The organisation that issues a release. */
export type Publisher = { name: Labels; url?: string | undefined; email?: string | undefined }

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

/** `site.yaml` as it may be written. The languages are read first because every text needs them. */
export function siteSchema(languages: string[]) {
  const labels = labelsSchema(languages)
  const publisher = v.strictObject({
    name: labels,
    url: v.optional(webAddress),
    email: v.optional(filledLine),
  })
  return v.strictObject({
    id: uuid,
    title: labels,
    description: v.optional(labels),
    languages: languagesSchema,
    timezone: v.pipe(
      line,
      v.check(isTimezone, 'This is not a time zone. Write one such as Europe/Helsinki.'),
    ),
    publishers: v.pipe(
      v.record(slug, publisher),
      v.check((all) => Object.keys(all).length > 0, 'There is no publisher. Write at least one.'),
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

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
