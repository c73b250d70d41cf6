import type { AtomFeed } from 'feedsmith'
import { webAddress, type OfferedFile, type ReadEntry, type Text } from './read-entry.ts'

type Link = AtomFeed.Link<string>

// What entries of several formats have in common.

export function asText(value: string | undefined, html: boolean): Text | undefined {
  return value?.trim() ? { value, html } : undefined
}

/** RFC 4287, sections 3.1 and 4.1.3: what is neither text nor HTML is no text for people. */
export function textOf(construct: { value?: string; type?: string } | undefined): Text | undefined {
  const type = construct?.type?.toLowerCase() ?? 'text'
  if (type === 'html' || type === 'xhtml' || /^(text\/html|application\/xhtml\+xml)$/.test(type)) {
    return asText(construct?.value, true)
  }
  return type === 'text' || type === 'text/plain' ? asText(construct?.value, false) : undefined
}

/** A text that whoever takes it reads as HTML. */
export function plainOrHtml(construct: AtomFeed.Text): string | undefined {
  const text = textOf(construct)
  return text && (text.html ? text.value : escaped(text.value))
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

export function filled(values: (string | undefined)[]): string[] {
  return values.flatMap((value) => (value?.trim() ? [value.trim()] : []))
}

export function linkTo(
  links: Link[],
  relation: string,
  base: string | undefined,
): string | undefined {
  const fits = ({ rel = 'alternate', hreflang }: Link) =>
    rel.toLowerCase() === relation && !(relation === 'alternate' && hreflang)
  const found =
    links.find(fits) ?? links.find(({ rel = 'alternate' }) => rel.toLowerCase() === relation)
  return webAddress(found?.href, base)
}

/** RFC 5005: archives (section 4) and pages (section 3) lead to what is older. */
export function older(links: Link[], base: string | undefined): string | undefined {
  return linkTo(links, 'prev-archive', base) ?? linkTo(links, 'next', base)
}

export function translationsIn(links: Link[], base: string | undefined): string[] {
  const found = links.filter(({ rel = 'alternate', hreflang }) => {
    return rel === 'https://schema.org/workTranslation' || (rel === 'alternate' && hreflang)
  })
  return filled(found.map(({ href }) => webAddress(href, base)))
}

export function readFiles(
  files: { url?: string | undefined; title?: string | undefined; type?: string | undefined }[],
  base: string | undefined,
): OfferedFile[] {
  const found = files.flatMap(({ url, title, type }) => {
    const whole = webAddress(url, base)
    return whole ? [{ url: whole, ...(title && { title }), ...(type && { type }) }] : []
  })
  return [...new Map(found.map((file) => [file.url, file])).values()]
}

/** `press@example.org (Press office)` and `Press office <press@example.org>` (RSS 2.0, author). */
export function personIn(text: string): { name?: string; email?: string } {
  const email = /[^\s<>()"',;:]+@[^\s<>()"',;:]+\.[a-z]{2,}/i.exec(text)?.[0]
  if (!email) return {}
  const name = text
    .replace(email, '')
    .replace(/mailto:|[<>()"]/gi, '')
    .trim()
  return { email, ...(name && { name }) }
}

export function withAddress({
  name,
  email,
}: {
  name?: string
  email?: string
}): ReadEntry['people'] {
  if (!email || !/^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(email) || /^no-?reply@/i.test(email))
    return []
  return [{ name, email }]
}

export function isWordPress(...generators: (string | undefined)[]): boolean {
  return generators.some((generator) => /wordpress/i.test(generator ?? ''))
}
