import type { FileProblem, Problem } from '../domain/problem.ts'
import { readFileName } from '../domain/names.ts'
import { beginning } from '../domain/text.ts'
import type { WrittenRelease } from '../domain/written-release.ts'
import { openFolder } from './folder.ts'
import { explainNoFields, splitFrontMatter } from './front-matter.ts'
import { isTooDeep, repeatedName } from './read-body.ts'

/** A release as it stands in a file, taken apart and not checked yet. */
export type WrittenInFile = {
  /** The file, or `file#slug.language` for a line of JSONL. */
  source: string
  /** In a file of JSONL. */
  line?: number
  /** Missing if it cannot be told; then `problems` say why. Otherwise all problems are warnings. */
  written?: WrittenRelease
  problems: FileProblem[]
  /** A problem of a field with the line in which the field stands. */
  inFile: (problem: Problem) => FileProblem
}

/** Every release of a content folder as it is written. Files that cannot be read are passed over. */
export async function* readWrittenReleases(directory: string): AsyncGenerator<WrittenInFile> {
  const folder = await openFolder(directory)
  for (const { path } of folder.releases) {
    const text = await folder.read(path).catch(() => '')
    yield* writtenIn(path, text)
  }
}

/** The releases that one file holds, as they are written. */
function* writtenIn(path: string, text: string): Generator<WrittenInFile> {
  if (path.endsWith('.md')) {
    yield writtenInMarkdown(path, text)
    return
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim()) yield writtenInJsonLine(path, index + 1, line)
  }
}

/** A Markdown file: its fields, slug and language from its name, and the text below the fields. */
export function writtenInMarkdown(path: string, text: string): WrittenInFile {
  const asAWhole = (message: string, line = 1) => ({
    source: path,
    problems: [{ file: path, line, field: '', message }],
    inFile: (problem: Problem) => ({ ...problem, file: path, line: 1 }),
  })
  const name = readFileName(path)
  if (!name)
    return asAWhole('The file name has no language. Give the file a name such as my-release.en.md.')
  const split = splitFrontMatter(text)
  if (!split) {
    const { line, message } = explainNoFields(text)
    return asAWhole(message, line)
  }
  const { fields, body, bodyLine } = split
  const inFile = (problem: Problem & { line?: number }): FileProblem => {
    const { line, field } = problem
    if (line !== undefined) return { ...problem, line, file: path }
    if (field === 'slug' || field === 'language')
      return { ...problem, field: 'file name', line: 1, file: path }
    return {
      ...problem,
      line: field.startsWith('body') ? bodyLine : fields.lineOf(field),
      file: path,
    }
  }
  const failed = (problems: (Problem & { line?: number })[]) => {
    return { source: path, problems: problems.map(inFile), inFile }
  }
  if (fields.problems.some(({ warning }) => !warning)) return failed(fields.problems)
  if (typeof fields.value !== 'object' || fields.value === null || Array.isArray(fields.value)) {
    if (fields.problems.length > 0) {
      return failed(fields.problems.map(({ line, field, message }) => ({ line, field, message })))
    }
    return asAWhole(
      'These are no fields. Write each as name: value, with an ordinary space after the colon.',
    )
  }
  const doubled = ['slug', 'language', 'body'].filter((name) =>
    Object.hasOwn(fields.value as object, name),
  )
  if (doubled.length > 0) {
    const message = 'The file name and the text below the fields say this. Remove the field.'
    return failed(doubled.map((field) => ({ field, line: fields.lineOf(field), message })))
  }
  const written = { ...fields.value, ...name, body: { markdown: body } }
  return { source: path, written, problems: fields.problems.map(inFile), inFile }
}

/** A line of JSONL. What it holds may be anything. */
export function writtenInJsonLine(path: string, line: number, text: string): WrittenInFile {
  const inFile = (problem: Problem): FileProblem => ({ ...problem, file: path, line })
  if (isTooDeep(text)) {
    const message = 'Fields are nested too deeply. Write them more plainly.'
    return { source: `${path}#${line}`, line, problems: [inFile({ field: '', message })], inFile }
  }
  try {
    const written = JSON.parse(text) as WrittenRelease
    const { slug, language } = Object(written) as Record<string, unknown>
    const source = `${path}#${String(slug)}.${String(language)}`
    const name = repeatedName(text)
    const problems = name === undefined ? [] : [inFile(standsTwice(name))]
    return { source, line, written, problems, inFile }
  } catch (error) {
    const message = `This line is not JSON (${(error as Error).message}). Write one whole release on it.`
    return { source: `${path}#${line}`, line, problems: [inFile({ field: '', message })], inFile }
  }
}

/** Earlier versions silently took the last of the two. */
function standsTwice(name: string): Problem {
  const message = `"${beginning(name, 100)}" stands twice in one set of fields, and only the last counts. Remove one.`
  return { field: '', message, warning: true, tolerated: true }
}
