import { CST, Lexer } from 'yaml'

/** Something in a YAML text that does not mean what its author meant: where it is, and what to write. */
export type Mistake = {
  at: number
  message: string
  warning?: true
  /** As in `Problem`. */
  tolerated?: true
}

/** A piece of YAML. `plain` is a text without quotes, `block` one below `|` or `>`. */
export type YamlToken = { at: number; source: string; type: string }

/** The pieces of a text, without the marks that the lexer puts between them. */
export function readTokens(text: string): YamlToken[] {
  const tokens: YamlToken[] = []
  let at = 0
  let scalar: string | undefined
  let isBelowHeader = false
  for (const source of new Lexer().lex(text)) {
    if (source === CST.DOCUMENT || source === CST.FLOW_END) continue
    if (source === CST.SCALAR) {
      scalar = isBelowHeader ? 'block' : 'plain'
      continue
    }
    const type = scalar ?? CST.tokenType(source) ?? 'plain'
    tokens.push({ at, source, type })
    at += source.length
    if (type === 'block-scalar-header') isBelowHeader = true
    else if (scalar) isBelowHeader = false
    scalar = undefined
  }
  return tokens
}

/** The line around an offset, without its end. */
export function lineAround(text: string, at: number): string {
  const end = text.indexOf('\n', at)
  return text.slice(lineStart(text, at), end === -1 ? undefined : end).replace(/\r$/, '')
}

export function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
}

/** A line that begins with a field, perhaps the first of an item: what stands before it, its name, its value. */
const fieldLine = /^([ -]*)([\p{L}\p{N}_][\p{L}\p{N}_-]*) *:(?:[ \t]+([^\n]*))?$/u
const itemLine = /^[ -]*- +(.*)$/

/** What a line says: the value of a field, or an item of a list. `label` is what stands before it. */
export function readLine(line: string): { label: string; value: string } | undefined {
  const [, , name, value = ''] = fieldLine.exec(line) ?? []
  if (name !== undefined) return { label: `${name}: `, value: value.trim() }
  const item = itemLine.exec(line)?.[1]
  return item === undefined ? undefined : { label: '- ', value: item.trim() }
}

/** Columns before the field or text of a line, with the hyphens of its item. */
export function indentation(line: string): number {
  return /^[ -]*/.exec(line)![0].length
}

const longestSuggestion = 200

/** How to quote a value so that it means itself: the end of a sentence. */
export function writeQuoted(label: string | undefined, value: string): string {
  const text = value.replace(/\s+/g, ' ').trim()
  if (label === undefined || text === '' || text.length > longestSuggestion) {
    return 'Write the value in double quotes'
  }
  return `Write ${label}${inQuotes(text)}`
}

/** The same for the value of a line, unless it is in brackets and may hold several values. */
export function writeLineQuoted(line: string): string {
  const { label, value } = readLine(line) ?? { value: '' }
  return /^[[{].*[\]}]$/.test(value) ? writeQuoted(undefined, '') : writeQuoted(label, value)
}

function inQuotes(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`
}

/** Characters that look like spaces and are none for YAML. Word processors and web pages are full of them. */
const oddSpace = String.raw`(?:[^\S \t\r\n]|[\u200b\u2060])`
const oddSpaces: [RegExp, string][] = [
  [new RegExp(String.raw`^[ -]*[^\s:]+:${oddSpace}`), 'behind a colon'],
  [new RegExp(`^ *-${oddSpace}`), 'behind a hyphen'],
  [new RegExp(`^[ -]*${oddSpace}`), 'at the beginning of a line'],
]

/** A sentence about a space in a line or name that YAML does not take for one; undefined if there is none. */
export function findOddSpace(line: string): string | undefined {
  const where = oddSpaces.find(([pattern]) => pattern.test(line))?.[1]
  return (
    where &&
    `A no-break space (or another special one) stands ${where}. Write an ordinary space in its place.`
  )
}
