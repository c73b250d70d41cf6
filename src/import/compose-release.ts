import { rewriteAddresses } from '../content/html.ts'
import { DomainError } from '../domain/errors.ts'
import { cleanLine } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { withRealPictures } from './lazy-pictures.ts'
import { type ReadEntry, webAddress } from './read-entry.ts'
import type { Settled } from './settle.ts'
import { decoded } from './slugs.ts'
import { leadOf, plainText, toHtml } from './text.ts'

/** A release as a line of JSONL: the object of `releaseSchema`. */
export type WrittenRelease = {
  slug: string
  language: string
  id: string
  published: string
} & Record<string, unknown>

/** Files of the media folder by the addresses they were at. */
export type KeptFiles = Map<string, string>

type Composition = { slug: string; topics: string[]; files: KeptFiles }

/** The release that an entry becomes. */
export function composeRelease(
  { entry, id, title, language, published, updated }: Settled,
  { slug, topics, files }: Composition,
): WrittenRelease {
  const html = entry.body ? toHtml(entry.body) : ''
  const lead = leadOf(entry.summary, entry.body ? plainText({ value: html, html: true }) : '')
  const kept = entry.files.flatMap(({ url, title }) => {
    const file = files.get(url)
    return file ? [{ file, ...(title && { title: cleanLine(title) }) }] : []
  })
  const related = entry.files
    .filter(({ url }) => !files.has(url))
    .map(({ url, title }) => ({ url, title: cleanLine(title ?? '') || nameIn(url) }))
  // An entry without a text is a pointer to a page.
  if (!html && entry.link) related.unshift({ url: entry.link, title })
  const contacts = [
    ...new Map(entry.people.map((person) => [person.email.toLowerCase(), person])).values(),
  ]
  return {
    slug,
    language,
    id,
    title,
    ...(lead && { lead }),
    published: formatUtc(published),
    ...(updated !== undefined && { updated: formatUtc(updated) }),
    ...(topics.length > 0 && { topics }),
    ...(contacts.length > 0 && {
      contacts: contacts.map(({ name, email }) => ({
        name: cleanLine(name ?? '') || email,
        email,
      })),
    }),
    ...(kept.length > 0 && { attachments: kept }),
    ...(related.length > 0 && { related }),
    body: { html: withWholeAddresses(withRealPictures(html), entry.base, files) },
  }
}

/** Pictures that a text shows. */
export function picturesIn({ body, base }: ReadEntry): string[] {
  const found: string[] = []
  if (!body?.html || !/<img\b/i.test(body.value)) return found
  rewritten(withRealPictures(body.value), (address, isImage) => {
    const url = isImage && webAddress(address, base)
    if (url) found.push(url)
    return address
  })
  return found
}

/** C-10. Where it is not known what an address is relative to, it is made one that is left out. */
function withWholeAddresses(html: string, base: string | undefined, files: KeptFiles): string {
  if (!/\b(href|src|cite)\s*=/i.test(html)) return html
  return rewritten(html, (address) => {
    const whole = webAddress(address, base)
    const file = whole && files.get(whole)
    if (file) return `../../media/${file.split('/').map(encodeURIComponent).join('/')}`
    if (whole) return whole
    return /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : 'about:invalid'
  })
}

function rewritten(html: string, rewrite: Parameters<typeof rewriteAddresses>[1]): string {
  try {
    return rewriteAddresses(html, rewrite)
  } catch (error) {
    // Whoever reads the release refuses it, and says why.
    if (error instanceof DomainError || error instanceof RangeError) return html
    throw error
  }
}

function nameIn(url: string): string {
  const last = new URL(url).pathname.split('/').findLast((part) => part !== '') ?? ''
  return cleanLine(decoded(last)) || url
}
