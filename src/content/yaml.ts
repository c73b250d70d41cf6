import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  visit,
} from 'yaml'
import { mostProblems } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import { explainErrors } from './yaml-errors.ts'
import { findCommentsInText, findDoubledKeys, findLosses } from './yaml-losses.ts'

/** A YAML document as plain values, with the means to say in which line a value stands. */
export type YamlSource = {
  value: unknown
  /** Line, from 1, of the field at a path such as `contacts.0.name`, or of what should hold it. */
  lineOf(field: string): number
  /** `value` cannot be relied on if one of them is not a warning. */
  problems: (Problem & { line: number })[]
}

/**
 * Reads YAML 1.2 with every scalar as text, so that nobody has to know that `no`, `2024` and
 * `0401` need quotes. Fields without a value count as missing. `firstLine` is where the text
 * begins in its file.
 */
export function parseYaml(text: string, firstLine = 1): YamlSource {
  const lines = new LineCounter()
  const document = parse(text, lines)
  if (!document) return tooDeep(firstLine)
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1
  const comments = findCommentsInText(text)
  const errors = explainErrors([...document.errors, ...document.warnings], comments, {
    text,
    lines,
  })
  const mistakes =
    errors.length > 0
      ? errors
      : [...findDoubledKeys(document), ...comments, ...findLosses(document, text)]
  const problems = mistakes
    .slice(0, mostProblems)
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, ...rest }) => ({ line: lineAt(at), field: '', ...rest }))
  let value: unknown = {}
  let message: string | undefined
  try {
    if (hasDeepNames(document)) message = nestedTooDeeply
    else value = withoutEmpty(document.toJS()) ?? {}
  } catch (error) {
    message = `${(error as Error).message}. Write the values out.`
  }
  // Problems that were found have said it already.
  if (message && problems.every(({ warning }) => warning)) {
    problems.push({ line: firstLine, field: '', message })
  }
  return {
    value,
    problems,
    lineOf: (field) => lineAt(offsetOf(document.contents, field ? field.split('.') : [])),
  }
}

/** Undefined for what is nested so deeply that the stack overflows. */
function parse(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, {
      schema: 'failsafe',
      lineCounter,
      prettyErrors: false,
      // The library would write to the log itself.
      logLevel: 'error',
      // The library would compare each key with all before it, which takes a minute for fifty thousand.
      uniqueKeys: false,
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const nestedTooDeeply = 'These fields are nested too deeply. Write them more plainly.'

function tooDeep(line: number): YamlSource {
  const problems = [{ line, field: '', message: nestedTooDeeply }]
  return { value: undefined, problems, lineOf: () => line }
}

/** Sets in the place of a name that may lie in each other. */
const mostSetsAsNames = 5

/**
 * Whether sets or lists stand in the place of a name, in each other. The library writes each of them out at every
 * level: three hundred braces in a row would take hours.
 */
function hasDeepNames(document: Document): boolean {
  let isFound = false
  visit(document, {
    Pair(_, pair, path) {
      const around = [...path, pair].filter((one) => isPair(one) && isCollection(one.key))
      isFound = around.length > mostSetsAsNames
      return isFound ? visit.BREAK : undefined
    },
  })
  return isFound
}

/** Writes plain values so that they are read again as they are. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 })
}

function withoutEmpty(value: unknown): unknown {
  if (value === '' || value === null) return undefined
  if (Array.isArray(value)) return value.map(withoutEmpty).filter((item) => item !== undefined)
  if (typeof value !== 'object') return value
  const kept = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const)
  return Object.fromEntries(kept.filter(([, item]) => item !== undefined))
}

function offsetOf(start: Node | null, path: string[]): number {
  let node: unknown = start
  let offset = start?.range?.[0] ?? 0
  for (const key of path) {
    const step = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined
    if (!step) return offset
    const at = isPair(step) ? step.key : step
    if (isNode(at)) offset = at.range?.[0] ?? offset
    node = isPair(step) ? step.value : step
  }
  return offset
}
