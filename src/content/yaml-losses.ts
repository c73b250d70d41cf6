import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type visitor,
} from 'yaml'
import { mostProblems } from '../domain/limits.ts'
import { beginning } from '../domain/text.ts'
import {
  findOddSpace,
  indentation,
  lineAround,
  lineStart,
  type Mistake,
  readTokens,
  type YamlToken,
  writeLineQuoted,
  writeQuoted,
} from './yaml-lines.ts'

/**
 * What YAML leaves out of a text, or understands differently than its author. Nothing may be lost silently.
 * Earlier versions did lose it, so most of it is only a warning in files (`tolerated`).
 */
export function findLosses(document: Document, text: string): Mistake[] {
  const names = namesOfValues(document)
  const losses: Mistake[] = []
  const byNode: visitor = {
    Node(position, node, path) {
      if (losses.length >= mostProblems) return visit.BREAK
      const pair = position === 'key' ? path.at(-1) : undefined
      losses.push(...lossesAt(node, isPair(pair) ? pair : undefined, names, text))
      return undefined
    },
  }
  visit(document, byNode)
  return losses
}

/** Names that the author gave to values with `&name`, and those that stand for such a value as `*name`. */
type ValueNames = { anchors: Set<string>; repeated: Set<string> }

function namesOfValues(document: Document): ValueNames {
  const anchors = new Set<string>()
  const repeated = new Set<string>()
  const byNode: visitor = {
    Alias: (_, { source }) => void repeated.add(source),
    Value: (_, { anchor }) => void (anchor && anchors.add(anchor)),
  }
  visit(document, byNode)
  return { anchors, repeated }
}

/** What is lost in one node. `pair` is the field if the node is its name. */
function lossesAt(
  node: Node,
  pair: Pair | undefined,
  { anchors, repeated }: ValueNames,
  text: string,
): Mistake[] {
  if (isAlias(node)) {
    return anchors.has(node.source) ? [] : [starOfText(node.range?.[0] ?? 0, text)]
  }
  const losses: Mistake[] = []
  const { anchor, tag, range } = node
  const from = range?.[0] ?? 0
  if (anchor && !repeated.has(anchor)) losses.push(signBefore(`&${anchor}`, from, text))
  if (tag === '!') losses.push(signBefore('!', from, text))
  if (isMap(node)) {
    losses.push(...alikeKeys(node.items).slice(0, mostProblems))
    losses.push(...withoutValue(node.items, node.flow, text).slice(0, mostProblems))
  }
  if (isScalar(node)) losses.push(...changedText(node, text))
  if (isScalar(node) && pair) losses.push(...oddSpaceIn(node, pair))
  return losses
}

/** A no-break space in a name. Earlier versions silently dropped a name with nothing behind it. */
function oddSpaceIn({ value, range }: Scalar, { value: named }: Pair): Mistake[] {
  const odd = findOddSpace(String(value))
  const at = range?.[0] ?? 0
  if (!odd) return []
  return [named === null ? tolerated(at, odd) : { at, message: odd }]
}

function tolerated(at: number, message: string): Mistake {
  return { at, message, warning: true, tolerated: true }
}

/** Fields that occur twice in their map. */
export function findDoubledKeys(document: Document): Mistake[] {
  const mistakes: Mistake[] = []
  const byNode: visitor = {
    Map: (_, { items }) => void mistakes.push(...doubledKeys(items).slice(0, mostProblems)),
  }
  visit(document, byNode)
  return mistakes
}

function doubledKeys(items: Pair[]): Mistake[] {
  const seen = new Set<unknown>()
  return items.flatMap(({ key }): Mistake[] => {
    if (!isScalar(key)) return []
    const isDoubled = seen.has(key.value)
    seen.add(key.value)
    const message = 'This field stands here twice. Remove one.'
    return isDoubled ? [{ at: key.range?.[0] ?? 0, message }] : []
  })
}

/** Names of fields that differ only in case: tags of languages mean the same. */
function alikeKeys(items: Pair[]): Mistake[] {
  const seen = new Map<string, string>()
  return items.flatMap(({ key }): Mistake[] => {
    if (!isScalar(key)) return []
    const name = String(key.value)
    const at = key.range?.[0] ?? 0
    const before = seen.get(name.toLowerCase())
    seen.set(name.toLowerCase(), name)
    if (before === undefined || before === name) return []
    return [tolerated(at, `This stands here twice, as ${before} and as ${name}. Remove one.`)]
  })
}

const noSpace = /^(\p{L}[\p{L}_-]*):(?!\/\/)(\S[^\n]*)$/u

/** Names without a value: what follows a comma in braces, or a question mark. */
function withoutValue(items: Pair[], isFlow: boolean | undefined, text: string): Mistake[] {
  return items.flatMap(({ key, value }, index): Mistake[] => {
    if (value !== null || !isNode(key) || (isScalar(key) && findOddSpace(String(key.value))))
      return []
    const [at, keyEnd] = key.range!
    if (!isFlow) return [signBefore('?', at, text)]
    const [, name, rest] = noSpace.exec(text.slice(at, keyEnd)) ?? []
    if (name !== undefined) {
      const message = `A space is missing behind ${name}:, and the value is left out. ${writeQuoted(`${name}: `, rest ?? '')}.`
      return [tolerated(at, message)]
    }
    const before = items[index - 1]
    // The first of several in a row tells of all.
    if (before?.value === null) return []
    const lost = beginning(text.slice(at, keyEnd), 60)
    if (!before || !isScalar(before.key) || !isScalar(before.value)) {
      const message = `"${lost}" has no value and is left out. Write name: value in braces, or the whole text in double quotes.`
      return [tolerated(at, message)]
    }
    let last = index
    while (items[last + 1]?.value === null) last++
    const lastKey = items[last]!.key
    const end = isNode(lastKey) ? lastKey.range![1] : keyEnd
    const whole = `${String(before.value.value)}${text.slice(before.value.range![1], end)}`
    const message = `"${lost}" is left out, because a comma ends the value before it. ${writeQuoted(`${String(before.key.value)}: `, whole)}.`
    return [tolerated(at, message)]
  })
}

/** A sign before a value that YAML has a meaning for, although it was meant as text. */
function signBefore(sign: string, from: number, text: string): Mistake {
  const at = Math.max(0, text.lastIndexOf(sign, from))
  const instead = writeLineQuoted(lineAround(text, at))
  return tolerated(
    at,
    `"${beginning(sign, 60)}" at the beginning of a value is left out. ${instead}.`,
  )
}

/** An alias (`*name`) for a value that does not exist. */
function starOfText(at: number, text: string): Mistake {
  const instead = writeLineQuoted(lineAround(text, at))
  return { at, message: `A value that begins with * needs quotes. ${instead}.` }
}

const escapes: Record<string, string> = { n: 'a line break', t: 'a tab' }

function changedText({ type, range, value }: Scalar, text: string): Mistake[] {
  const at = range?.[0] ?? 0
  if (type === 'QUOTE_DOUBLE') {
    const [, letter] = /[\p{L}\p{N}:]\\([abefnrtv])\p{L}/u.exec(text.slice(at, range?.[1])) ?? []
    if (!letter) return []
    const meaning = escapes[letter] ?? 'a control character'
    const message = `In double quotes \\${letter} is ${meaning}. Write the value in single quotes if a backslash is meant.`
    return [{ at, message, warning: true }]
  }
  const isHeader = type === 'BLOCK_FOLDED' || type === 'BLOCK_LITERAL'
  const lost = isHeader && value === '' && /^[|>]\d\S*/.exec(text.slice(at, at + 20))?.[0]
  if (!lost) return []
  return [tolerated(at, `"${lost}" is left out. ${writeLineQuoted(lineAround(text, at))}.`)]
}

/**
 * Comments that may be meant as text. A comment that is meant has a line of its own, or two spaces before `#`
 * and one behind it, as in the guide for authors.
 */
export function findCommentsInText(text: string): Mistake[] {
  const comments: Mistake[] = []
  if (!text.includes('#')) return comments
  const tokens = readTokens(text)
  let braces = 0
  // A block scalar belongs to the line of its `|` or `>`.
  let above: YamlToken | undefined
  for (const [index, token] of tokens.entries()) {
    const { at, source, type } = token
    if (/^flow-(map|seq)-start$/.test(type)) braces++
    if (/^flow-(map|seq)-end$/.test(type)) braces--
    if (!['space', 'newline', 'comment', 'block'].includes(type)) above = token
    if (type !== 'comment' || comments.length >= mostProblems) continue
    const before = text.slice(lineStart(text, at), at)
    const isAlone = before.trim() === ''
    const hasSpace = /^#(\s|$)/.test(source)
    const isComment = isAlone
      ? !goesOn(above, before.length, text, hasSpace)
      : isMeant(tokens, index, above!)
    if (isComment) continue
    const end = braces > 0 ? source.search(/\s*[,}\]]/) : -1
    const instead = isAlone
      ? 'Write the whole value in double quotes, or, if it is a comment, begin its line with as many spaces as the field has.'
      : `${quotedBefore(tokens, index, end === -1 ? source : source.slice(0, end))}, or, if it is a comment, two spaces before # and one behind.`
    const message = `"${beginning(source, 60)}" is taken for a comment and left out. ${instead}`
    comments.push({ at, message, warning: true, ...(!hasSpace && { tolerated: true }) })
  }
  return comments
}

/** Whether a line with this indentation that begins with `#` continues the value above it. */
function goesOn(
  above: YamlToken | undefined,
  columns: number,
  text: string,
  hasSpace: boolean,
): boolean {
  if (!above || !(isText(above) || above.type === 'block-scalar-header')) return false
  // A value ends with its quotes, unless they are those of a quotation at its beginning.
  if (above.type !== 'plain' && isText(above) && hasSpace) return false
  const line = lineAround(text, above.at)
  const isItem = /^[ -]*- +[^:]*$/.test(line)
  return columns > indentation(line) - (isItem ? 2 : 0)
}

/** Whether a comment at the end of a line is certainly meant as one. */
function isMeant(tokens: YamlToken[], index: number, before: YamlToken): boolean {
  const { at, source } = tokens[index]!
  const hasSpace = /^#(\s|$)/.test(source)
  if (isText(before) || before.type === 'block-scalar-header')
    return hasSpace && at > before.at + before.source.length + 1
  if (before.type === 'map-value-ind' || before.type === 'seq-item-ind') {
    return isFollowedBySet(tokens, index)
  }
  return hasSpace
}

function isText({ type }: YamlToken): boolean {
  return type === 'plain' || type.endsWith('quoted-scalar')
}

/** Whether the fields or items of a value follow below its line. */
function isFollowedBySet(tokens: YamlToken[], index: number): boolean {
  let first = index
  while (first > 0 && tokens[first - 1]!.type !== 'newline') first--
  const columns = tokens[first]!.type === 'space' ? tokens[first]!.source.length : 0
  let next = index + 1
  while (['space', 'newline', 'comment'].includes(tokens[next]?.type ?? '')) next++
  const indent = tokens[next - 1]?.type === 'space' ? tokens[next - 1]!.source.length : 0
  const after = tokens[next + 1]?.type === 'space' ? tokens[next + 2] : tokens[next + 1]
  if (tokens[next]?.type === 'seq-item-ind') return indent >= columns
  return indent > columns && after?.type === 'map-value-ind'
}

/** How to quote a value that a comment cuts off. */
function quotedBefore(tokens: YamlToken[], index: number, comment: string): string {
  const before = tokens.slice(Math.max(0, index - 6), index).filter(({ type }) => type !== 'space')
  const last = before.at(-1)
  const value = last && isText(last) ? before.pop() : undefined
  const mark = before.pop()
  const isApart = value && value.at + value.source.length < tokens[index]!.at
  const whole = `${value?.source ?? ''}${isApart ? ' ' : ''}${comment}`
  if (mark?.type === 'seq-item-ind') return writeQuoted('- ', whole)
  const name = before.pop()
  if (mark?.type !== 'map-value-ind' || name?.type !== 'plain') return writeQuoted(undefined, '')
  return writeQuoted(`${name.source}: `, whole)
}
