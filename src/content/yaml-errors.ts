import type { LineCounter, YAMLError } from 'yaml'
import { mostProblems } from '../domain/limits.ts'
import {
  findOddSpace,
  indentation,
  lineAround,
  lineStart,
  type Mistake,
  readLine,
  readTokens,
  type YamlToken,
  writeLineQuoted,
  writeQuoted,
} from './yaml-lines.ts'

/**
 * Why a text is not YAML, in words for somebody who only wants to write a value. One mistake for each line,
 * because others in it follow from the first. `comments` may be the cause of an error.
 */
export function explainErrors(
  errors: YAMLError[],
  comments: Mistake[],
  { text, lines }: { text: string; lines: LineCounter },
): Mistake[] {
  if (errors.length === 0) return []
  const tokens = readTokens(text)
  const mistakes: Mistake[] = []
  const told = new Set<number>()
  let explained = 0
  const lineOf = (at: number) => lines.linePos(at).line
  // Errors that the parser has behind its first one mean nothing to an author.
  const first = errors.filter(({ message }) => !message.includes('in YAML stream'))
  for (const error of first.length > 0 ? first : errors) {
    const line = lineOf(error.pos[0])
    if (told.has(line) || ++explained > mostProblems) continue
    const isCause = ({ at, tolerated }: Mistake) =>
      tolerated && [line, line - 1].includes(lineOf(at))
    const { at, message } = comments.find(isCause) ?? explain(error, tokens, text)
    if (!told.has(lineOf(at))) mistakes.push({ at, message })
    told.add(line).add(lineOf(at))
  }
  return mistakes
}

function explain(
  { code, pos: [at], message }: YAMLError,
  tokens: YamlToken[],
  text: string,
): Mistake {
  const odd = findOddSpace(lineAround(text, at))
  if (odd) return { at, message: odd }
  if (/^Missing closing ["']quote/.test(message)) return openQuote(tokens, at, text)
  const open = openBracket(tokens, at)
  if (open && /end with a [\]}]$/.test(message)) return notClosed(open)
  const fixed = byCode[code]
  if (fixed) return { at, message: fixed }
  if (open) return { at, message: inBraces(open, tokens, at, text) }
  return explainLine({ code, at, message }, text)
}

const byCode: Record<string, string> = {
  TAB_AS_INDENT: 'A tab stands at the beginning of this line. Write spaces instead.',
  MULTIPLE_DOCS: 'A line of three hyphens or dots stands among the fields. Remove it.',
  RESOURCE_EXHAUSTION: 'These fields are nested too deeply. Write them more plainly.',
  BAD_DQ_ESCAPE:
    'In double quotes a backslash changes what follows it. Write the value in single quotes.',
}

/** The quotation mark that was never closed stands where its value begins, not where the parser gave up. */
function openQuote(tokens: YamlToken[], end: number, text: string): Mistake {
  const isQuoted = ({ at, type }: YamlToken) => at < end && type.endsWith('quoted-scalar')
  const { at } = tokens.findLast(isQuoted) ?? { at: end }
  const line = lineAround(text, at)
  const mark = text[at]
  const { label, value = '' } = readLine(line) ?? {}
  const instead = writeQuoted(label, mark === '"' ? value.replace(/^"/, '') : value)
  const isWhole = value.startsWith(mark ?? '')
  return {
    at,
    message: `The quotation mark ${mark} is opened here and not closed. ${isWhole ? instead : 'Write it once more at the end of the value'}.`,
  }
}

/** The innermost brace or bracket that is open at a place. */
function openBracket(tokens: YamlToken[], before: number): YamlToken | undefined {
  const open: YamlToken[] = []
  for (const token of tokens) {
    if (token.at >= before) break
    if (/^flow-(map|seq)-start$/.test(token.type)) open.push(token)
    if (/^flow-(map|seq)-end$/.test(token.type)) open.pop()
  }
  return open.at(-1)
}

function notClosed({ at, source }: YamlToken): Mistake {
  const closing = source === '{' ? '}' : ']'
  const message = `The ${source} is opened here and not closed. Write ${closing} at the end, or the value in double quotes if it is text.`
  return { at, message }
}

/** Within braces or brackets more characters end a value than in a line of its own. */
function inBraces(open: YamlToken, tokens: YamlToken[], at: number, text: string): string {
  const mark = tokens.findLastIndex((token) => {
    return token.type === 'map-value-ind' && token.at > open.at && token.at < at
  })
  const name = tokens[mark - 1]
  const end = text.slice(at).search(open.source === '{' ? /[,}\n]/ : /[,\]\n]/)
  const value = text.slice((tokens[mark]?.at ?? -1) + 1, end === -1 ? undefined : at + end)
  const instead = writeQuoted(name?.type === 'plain' ? `${name.source}: ` : undefined, value)
  return `Between ${open.source === '{' ? 'braces' : 'brackets'} this value needs quotes. ${instead}.`
}

const curlyQuote = /[“”„‟‘’‚‛«»‹›]/
const wrongColon = /^[ -]*([\p{L}\p{N}_-]+) *[：﹕∶꞉=;] *(.*)$/u
const noSpaceBehindColon = /^[ -]*([\p{L}\p{N}_-]+):(?!\/\/)(\S.*)$/u
const noSpaceBehindHyphen = /^ *-([^\s-].*)$/

function explainLine(error: { code: string; at: number; message: string }, text: string): Mistake {
  const { code, at } = error
  const line = lineAround(text, at)
  const here = (message: string) => ({ at, message })
  const { label, value } = readLine(line) ?? {}
  if (value === undefined || label === undefined) return here(noField(line))
  const first = value[0] ?? ''
  if (code !== 'BAD_INDENT' && /^["']/.test(first)) {
    const whole = isQuotedAsAWhole(value) ? value.slice(1, -1) : value
    return here(
      `The value goes on behind its closing quotation mark. ${writeQuoted(label, whole)}.`,
    )
  }
  if (code !== 'BAD_INDENT' && /^[-?@`%*&!|>[\]{},]/.test(first)) {
    return here(`A value that begins with ${first} needs quotes. ${writeLineQuoted(line)}.`)
  }
  const isColon = /:(\s|$)/.test(value)
  if (isColon && curlyQuote.test(first)) {
    const plain = isInOnePairOfCurlyQuotes(value) ? value.slice(1, -1) : value
    return here(
      `Curly quotation marks do not protect the colon in this value. ${writeQuoted(label, plain)}.`,
    )
  }
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && isColon) {
    return here(`A value that contains a colon and a space needs quotes. ${writeLineQuoted(line)}.`)
  }
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && !error.message.startsWith('A block sequence')) {
    return wrongIndentation(text, nextLine(text, at))
  }
  const isAtBeginning = at - lineStart(text, at) <= indentation(line)
  if (isAtBeginning || code === 'BAD_INDENT' || code === 'BLOCK_AS_IMPLICIT_KEY') {
    return wrongIndentation(text, at)
  }
  return here(`${error.message.replace(/\.?$/, '.')} ${writeLineQuoted(line)}.`)
}

/** Whether the marks around a value belong together, with others in between that open something or are apostrophes. */
function isQuotedAsAWhole(value: string): boolean {
  const mark = value[0]!
  if (value.length < 2 || !value.endsWith(mark)) return false
  const next = value.indexOf(mark, 1)
  const isClosing = /\S/.test(value[next - 1]!) && !/\p{L}/u.test(value[next + 1] ?? '')
  return next === value.length - 1 || !isClosing
}

/** Whether curly marks stand for straight ones, and do not set apart some of the words: `„Ja“: so der Minister`. */
function isInOnePairOfCurlyQuotes(value: string): boolean {
  const [first, last] = [value[0]!, value.at(-1)!]
  const inner = value.slice(1, -1)
  return curlyQuote.test(last) && !inner.includes(first) && !inner.includes(last)
}

/** A line that is neither a field nor an item. */
function noField(line: string): string {
  const [, name, text] = wrongColon.exec(line) ?? []
  if (name)
    return `A colon and a space are missing behind ${name}. ${writeQuoted(`${name}: `, text ?? '')}.`
  const [, label, value] = noSpaceBehindColon.exec(line) ?? []
  if (label)
    return `A space is missing behind the colon. ${writeQuoted(`${label}: `, value ?? '')}.`
  const [, item] = noSpaceBehindHyphen.exec(line) ?? []
  if (item) return `A space is missing behind the hyphen. ${writeQuoted('- ', item)}.`
  return 'This is neither a field nor part of one. Begin it with more spaces than the field above, or write a line --- before it if the text begins here.'
}

/** The mistake is told at the line with the wrong indentation. */
function wrongIndentation(text: string, at: number): Mistake {
  const line = lineAround(text, at)
  const isItem = /^ *- /.test(line)
  const spaces = /^ */.exec(line)![0].length
  const above = text.slice(0, lineStart(text, at)).trimEnd().split('\n')
  const beside = isItem ? above.findLast((one) => /^ *- /.test(one)) : above.at(-1)
  const column = isItem ? /^ */.exec(beside ?? '')![0].length : indentation(beside ?? '')
  if (beside === undefined || column === spaces) {
    const message =
      'The spaces at the beginning of this line do not fit. Write as many as the lines around it have, and a hyphen before each item.'
    return { at: lineStart(text, at), message }
  }
  const what = isItem ? 'the item' : 'the field'
  const otherwise =
    spaces > column && !isItem ? ', or write that value in double quotes if it goes on here' : ''
  const message = `This line begins with ${counted(spaces)}. Begin it with ${counted(column)} if it belongs beside ${what} above it${otherwise}.`
  return { at: lineStart(text, at), message }
}

function counted(spaces: number): string {
  return spaces === 0 ? 'no space' : spaces === 1 ? '1 space' : `${spaces} spaces`
}

function nextLine(text: string, at: number): number {
  const found = /\n\s*(?=\S)/g
  found.lastIndex = at
  return found.exec(text) ? found.lastIndex : at
}
