import { escapeMarkup } from '../domain/text.ts'

/** An attribute that is undefined is left out. */
export type Attributes = Record<string, string | number | undefined>

/** Writes an element. Children are XML already; use `text` for text. Without children it is empty. */
export function element(name: string, attributes: Attributes = {}, ...children: string[]): string {
  let written = ''
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined) written += ` ${key}="${escapeMarkup(String(value))}"`
  }
  if (children.length === 0) return `<${name}${written}/>`
  let inside = ''
  for (const child of children) inside += child
  return `<${name}${written}>${inside}</${name}>`
}

/** Writes an element that holds text. */
export function textElement(name: string, content: string): string {
  return `<${name}>${escapeMarkup(content)}</${name}>`
}

/**
 * Puts lines below each other. They are added and not joined, so that long texts are not copied before
 * the document is whole.
 */
export function below(lines: string[]): string {
  let text = ''
  for (const line of lines) text += `${line}\n`
  return text
}

/** What every XML document of ours begins with. */
export const declaration = '<?xml version="1.0" encoding="utf-8"?>\n'

/** Marks an archive document (RFC 5005 section 4). */
export const archiveMark = element('fh:archive', {
  'xmlns:fh': 'http://purl.org/syndication/history/1.0',
})

/**
 * From a release to the one it corrects, and back (DCMI Metadata Terms). RFC 5829 has shorter names,
 * which the W3C's validator does not know.
 */
export const replaces = 'http://purl.org/dc/terms/replaces'
export const isReplacedBy = 'http://purl.org/dc/terms/isReplacedBy'
