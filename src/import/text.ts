import { cleanHtml } from '../content/html.ts'
import { DomainError } from '../domain/errors.ts'
import { cleanLine, escapeMarkup } from '../domain/text.ts'
import type { Text } from './read-entry.ts'

/** A text without markup, a line for each block. Entities are decoded once, scripts are gone. */
export function plainText({ value, html }: Text): string {
  if (!html || !/[<&]/.test(value)) return value
  try {
    return cleanHtml(value, () => undefined).text
  } catch (error) {
    if (!(error instanceof DomainError || error instanceof RangeError)) throw error
    return value.replace(/<[^>]*>/g, ' ')
  }
}

export function plainLine(text: Text): string {
  return cleanLine(plainText(text))
}

/** A text as HTML. Empty lines part paragraphs where no markup does. */
export function toHtml({ value, html }: Text): string {
  if (!html) return paragraphs(escapeMarkup(value))
  return value.includes('<') ? value : paragraphs(value)
}

const blocks =
  'address|article|aside|blockquote|caption|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|script|section|style|summary|table|tbody|td|tfoot|th|thead|tr|ul'
const opening = new RegExp(`(<(?:${blocks})(?:\\s[^<>]*)?>)`, 'gi')
const closing = new RegExp(`(</(?:${blocks})>)`, 'gi')
const startsWithBlock = new RegExp(`^</?(?:${blocks})[\\s>/]`, 'i')

/**
 * Paragraphs from lines, as WordPress's `wpautop` makes them: an empty line ends a paragraph, a
 * single line end is a break, and blocks stay as they are.
 */
export function paragraphs(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split(/(<pre[\s>][^]*?<\/pre>)/i)
    .map((part, index) => (index % 2 === 1 ? part : paragraphsIn(part)))
    .join('\n')
    .trim()
}

function paragraphsIn(text: string): string {
  return text
    .replace(opening, '\n\n$1')
    .replace(closing, '$1\n\n')
    .split(/\n\s*\n/)
    .map((piece) => piece.trim())
    .filter(Boolean)
    .map((piece) => {
      if (startsWithBlock.test(piece)) return piece
      return `<p>${piece.replace(/(?<!<br ?\/?>)\s*\n\s*/g, '<br>\n')}</p>`
    })
    .join('\n')
}

/** What feeds end a summary with that they cut, and what WordPress puts below it. */
const cutEnd =
  /\s*(\[?\s*(…|\.\.\.)\s*\]?|(continue reading|read more|lue lisää|läs mer)\b.{0,200}|the post .{1,300} (first )?appeared (first )?on .{1,200})$/i

/**
 * The lead: what a feed gives as summary, unless it is the text itself or merely where it was cut.
 */
export function leadOf(summary: Text | undefined, body: string): string | undefined {
  if (!summary) return undefined
  const told = plainText(summary).replace(/\s+/g, ' ').trim()
  let lead = told
  for (let round = 0; round < 3; round++) lead = lead.replace(cutEnd, '')
  const text = body.replace(/\s+/g, ' ').trim()
  const isCut = lead !== told && text.startsWith(lead.slice(0, 60))
  if (!lead || isCut || text === lead || lead.length > 1000) return undefined
  return lead
}
