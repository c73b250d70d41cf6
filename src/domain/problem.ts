import * as v from 'valibot'
import { nearest } from './nearest.ts'

/** Something wrong with what somebody wrote: where, what, and what to write instead. */
export type Problem = {
  /** Path of the field, such as `contacts.0.name`; empty for the whole. */
  field: string
  /** Two sentences: what is wrong, and what to write instead. */
  message: string
  /** The value is taken as it is, but some readers will show it badly. */
  warning?: true
}

/** A problem in a file of a content folder. `line` counts from 1. */
export type FileProblem = Problem & {
  file: string
  line: number
  /** From which second everybody may know of it: that of the release that the file holds. */
  published?: number | undefined
}

/**
 * Problems as lines for everybody (H-21): of a release that is not public, or of which that is not
 * known, only that there is one. Its name alone might tell what is to come.
 */
export function formatInPublic(problems: FileProblem[], now: number): string[] {
  const isOfRelease = ({ file }: FileProblem) => file.startsWith('releases/')
  const mayBeTold = (problem: FileProblem) =>
    !isOfRelease(problem) || (problem.published ?? Infinity) <= now
  const told = problems.filter(mayBeTold).map(formatProblem)
  // A warning keeps nobody from anything, so that not even its being there need be told.
  if (problems.every((problem) => problem.warning || mayBeTold(problem))) return told
  return [...told, 'Something is wrong with a release that is not public. The log says what.']
}

/** One line a person can act on: `releases/x.en.md:4  topics  "migrtion" is not a topic. Write …` */
export function formatProblem({ file, line, field, message, warning }: FileProblem): string {
  return [
    `${file}:${line}`,
    ...(field ? [countedFromOne(field)] : []),
    `${warning ? 'Warning: ' : ''}${message}`,
  ].join('  ')
}

/** `contacts.0.name` as `contacts 1.name`: people count from one. */
function countedFromOne(field: string): string {
  return field.replace(/\.(\d+)(?=\.|$)/g, (_, index: string) => ` ${Number(index) + 1}`)
}

/** What to write in a field that is missing or is no text at all, by the last name in its path. */
export type Advice = Record<string, string>

/**
 * Checks what somebody wrote against a schema. Everything that is wrong is told at once: valibot
 * stops at the first field that it does not know, so such fields are told and taken out one by one.
 */
export function checkWritten<Schema extends v.GenericSchema>(
  schema: Schema,
  written: unknown,
  advice: Advice,
): { output: v.InferOutput<Schema> } | { problems: Problem[] } {
  const problems: Problem[] = []
  let value = written
  for (;;) {
    const result = v.safeParse(schema, value)
    if (result.success && problems.length === 0) return { output: result.output }
    const issues = result.issues ?? []
    const unknown = issues.filter(isUnknownField)
    problems.push(...unknown.map((issue) => toProblem(issue, advice)))
    if (unknown.length === 0) {
      return { problems: [...issues.map((issue) => toProblem(issue, advice)), ...problems] }
    }
    value = structuredClone(value)
    for (const { path = [] } of unknown)
      removeField(
        value,
        path.map(({ key }) => key),
      )
  }
}

function isUnknownField(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never'
}

function removeField(value: unknown, path: unknown[]) {
  let holder = value as Record<string, unknown>
  for (const key of path.slice(0, -1)) holder = holder[String(key)] as Record<string, unknown>
  delete holder[String(path.at(-1))]
}

function toProblem(issue: v.BaseIssue<unknown>, advice: Advice): Problem {
  const path = (issue.path ?? []).map((item) => String(item.key))
  return { field: path.join('.'), message: describe(issue, path, advice) }
}

function describe(issue: v.BaseIssue<unknown>, path: string[], advice: Advice): string {
  const name = path.findLast((key) => !/^\d+$/.test(key)) ?? ''
  const instead = advice[name] ? ` ${advice[name]}` : ''
  if (issue.kind === 'validation' || issue.kind === 'transformation') return issue.message
  if (isUnknownField(issue)) {
    const [similar] = nearest(name, Object.keys(advice), 1)
    return `There is no field "${name}". ${similar ? `Write ${similar} instead, or remove it.` : 'Remove it.'}`
  }
  if (issue.received === 'undefined') return `The field is missing.${instead}`
  if (issue.type === 'picklist') return issue.message
  return `This must be ${article(issue)}, not ${shorten(issue.received)}.${instead}`
}

function article(issue: v.BaseIssue<unknown>): string {
  const kinds: Record<string, string> = {
    string: 'text',
    array: 'a list',
    strict_object: 'a set of fields',
    object: 'a set of fields',
    record: 'a set of fields',
  }
  return kinds[issue.type] ?? issue.expected ?? 'something else'
}

function shorten(received: string): string {
  const names: Record<string, string> = {
    Object: 'a set of fields',
    Array: 'a list',
    null: 'nothing',
  }
  return names[received] ?? (received.length > 60 ? `${received.slice(0, 60)}…` : received)
}
