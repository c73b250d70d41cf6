import * as v from 'valibot'
import { mostProblems } from './limits.ts'
import { nearest } from './nearest.ts'
import { beginning } from './text.ts'

/** Something wrong with what somebody wrote: where, what, and what to write instead. */
export type Problem = {
  /** Path of the field, such as `contacts.0.name`; empty for the whole. */
  field: string
  /** Two sentences: what is wrong, and what to write instead. */
  message: string
  /** The value is accepted, but some readers will show it badly. */
  warning?: true
  /** It is a warning only because an earlier version accepted it silently. In new releases it is an error. */
  tolerated?: true
}

/** The same problem in something new, where nothing is tolerated. */
export function writtenAnew<P extends Problem>(problem: P): P {
  if (!problem.tolerated) return problem
  const { tolerated: _, warning: __, ...rest } = problem
  return rest as P
}

/** A problem in a file of a content folder. `line` counts from 1. */
export type FileProblem = Problem & {
  file: string
  line: number
  /** The second of the release in the file: from then on everybody may know of the problem. */
  published?: number | undefined
}

/**
 * Problems as lines that everybody may read (H-21). Of a release under embargo, or whose time is not known, it
 * only says that there is a problem: the name of a file alone might tell what is to come.
 */
export function formatInPublic(problems: FileProblem[], now: number): string[] {
  const isOfRelease = ({ file }: FileProblem) => file.startsWith('releases/')
  const mayBeTold = (problem: FileProblem) =>
    !isOfRelease(problem) || (problem.published ?? Infinity) <= now
  const told = problems.filter(mayBeTold).map(formatProblem)
  // A warning blocks nothing, so even its existence need not be told.
  if (problems.every((problem) => problem.warning || mayBeTold(problem))) return told
  return [...told, 'Something is wrong with a release that is not public. The log says what.']
}

/** One line that a person can act on: `releases/x.en.md:4  topics  "migrtion" is not a topic. Write …` */
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
 * Checks what somebody wrote against a schema. Everything that is wrong is told at once, the first fifty
 * problems and how many more there are. valibot stops at the first field of a set that it does not know, so
 * such fields are told and taken out together.
 */
export function checkWritten<Schema extends v.GenericSchema>(
  schema: Schema,
  written: unknown,
  advice: Advice,
): { output: v.InferOutput<Schema> } | { problems: Problem[] } {
  const unknown: string[][] = []
  let value = written
  for (;;) {
    const result = v.safeParse(schema, value)
    if (result.success && unknown.length === 0) return { output: result.output }
    const issues = result.issues ?? []
    const found = issues.filter(isUnknownField).flatMap((issue) => unknownIn(issue, result.output))
    unknown.push(...found)
    if (found.length === 0) return { problems: firstProblems(issues, unknown, { schema, advice }) }
    value = structuredClone(value)
    for (const path of found) removeField(value, path)
  }
}

function isUnknownField(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never'
}

/** All unknown fields of an object. valibot names only one of them. */
function unknownIn(issue: v.BaseIssue<unknown>, output: unknown): string[][] {
  const path = issue.path ?? []
  const keys = path.map(({ key }) => String(key))
  const around = keys.slice(0, -1)
  let known = output
  for (const key of around) known = Object(known)[key] as unknown
  const set = Object.keys(Object(path.at(-1)?.input) as object)
  const others = set.filter((key) => !Object.hasOwn(Object(known) as object, key))
  return others.includes(keys.at(-1)!) ? others.map((key) => [...around, key]) : [keys]
}

function removeField(value: unknown, path: string[]) {
  let holder = value as Record<string, unknown>
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>
  delete holder[path.at(-1)!]
}

function firstProblems(
  issues: v.BaseIssue<unknown>[],
  unknown: string[][],
  { schema, advice }: { schema: v.GenericSchema; advice: Advice },
): Problem[] {
  const told = issues.slice(0, mostProblems)
  const more = unknown.slice(0, mostProblems - told.length)
  const left = issues.length + unknown.length - told.length - more.length
  return [
    ...told.map((issue) => toProblem(issue, advice)),
    ...more.map((path) => noSuchField(path, fieldsBeside(schema, path), advice)),
    ...(left > 0
      ? [{ field: '', message: `There are ${left} more problems. Mend these first.` }]
      : []),
  ]
}

/** Fields of an object that are named when none of them is like the unknown one. */
const mostNamed = 8

function noSuchField(path: string[], fields: string[], advice: Advice): Problem {
  const name = path.at(-1)!
  const [similar] = nearest(name, fields, 1)
  const belongsElsewhere = !similar && Object.hasOwn(advice, name)
  const instead = belongsElsewhere
    ? 'Indent it below the field that it belongs to, or remove it.'
    : similar
      ? `Write ${similar} instead, or remove it.`
      : fields.length > 0 && fields.length <= mostNamed
        ? `Write ${listed(fields)}, or remove it.`
        : 'Remove it.'
  const message = `There is no field "${beginning(name, 100)}"${belongsElsewhere ? ' here' : ''}. ${instead}`
  return { field: path.join('.'), message }
}

function listed(words: string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** The fields that a schema has at a path. */
function fieldsBeside(schema: v.GenericSchema, path: string[]): string[] {
  let at: Inner | undefined = schema as Inner
  for (const key of path.slice(0, -1)) {
    const { entries, item, value } = setOf(at)
    at = entries ? entries[key] : (item ?? value)
  }
  return Object.keys(setOf(at).entries ?? {})
}

/** The properties of valibot schemas that a path is followed through. */
type Inner = {
  wrapped?: Inner
  pipe?: readonly Inner[]
  entries?: Record<string, Inner>
  item?: Inner
  value?: Inner
}

/** The object or array schema inside one that is optional or transforms its input first. */
function setOf(schema: Inner | undefined): Inner {
  let at = schema
  while (at?.wrapped) at = at.wrapped
  const inPipe = at?.pipe?.findLast(
    (step) => step !== at && (step.entries ?? step.item ?? step.value),
  )
  return inPipe ?? at ?? {}
}

function toProblem(issue: v.BaseIssue<unknown>, advice: Advice): Problem {
  const path = (issue.path ?? []).map((item) => String(item.key))
  const message = describe(issue, path, advice)
  return {
    field: path.join('.'),
    message: message.length > 1000 ? beginning(message, 1000) : message,
  }
}

function describe(issue: v.BaseIssue<unknown>, path: string[], advice: Advice): string {
  const name = path.findLast((key) => !/^\d+$/.test(key)) ?? ''
  const instead = advice[name] ? ` ${advice[name]}` : ''
  if (issue.kind === 'validation' || issue.kind === 'transformation') return issue.message
  if (issue.received === 'undefined') return `The field is missing.${instead}`
  if (issue.type === 'picklist') return issue.message
  const field = /set$|object$|record$/.test(issue.type)
    ? /^"([\w-]+):(?! |\/\/)/.exec(issue.received)
    : null
  if (field) {
    return `This is text, because no ordinary space stands behind the colon of ${field[1]}. Write one there.`
  }
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
