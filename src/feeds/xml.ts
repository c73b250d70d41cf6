import { escapeMarkup } from '../domain/text.ts'

/** An attribute that is undefined is left out. */
export type Attributes = Record<string, string | number | undefined>

/** Writes an element. Children are XML already; use `text` for text. Without children it is empty. */
export function element(name: string, attributes: Attributes = {}, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeMarkup(String(value))}"`)
    .join('')
  return children.length > 0
    ? `<${name}${written}>${children.join('')}</${name}>`
    : `<${name}${written}/>`
}

/** Writes an element that holds text. */
export function textElement(name: string, content: string, attributes: Attributes = {}): string {
  return element(name, attributes, escapeMarkup(content))
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
