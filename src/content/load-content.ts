import { readdir, readFile } from 'node:fs/promises'
import { fingerprint } from '../domain/identity.ts'
import type { FileProblem, Problem } from '../domain/problem.ts'
import type { ContentFrame, Draft, KnownContent, KnownDraft } from '../domain/publishing.ts'
import { createVocabulary } from '../domain/topic.ts'
import { type Folder, type FolderFile, openFolder } from './folder.ts'
import { splitFrontMatter } from './front-matter.ts'
import { createReleaseReader } from './read-release.ts'
import { readSite, readTopics } from './read-site.ts'

/** What loading a folder came to. Without `frame` something was wrong, and nothing may be used. */
export type LoadedContent = {
  frame?: ContentFrame
  problems: FileProblem[]
}

type Options = {
  /** What the store holds already: that is not read again. */
  known: KnownContent
  /** Takes the releases that are new or different, at most a hundred at a time. */
  stage: (drafts: Draft[]) => Promise<void>
  /** Told now and then how many releases have been looked at. */
  progress?: (count: number) => void
}

/** What one file, or one line of JSONL, came to. */
type Reading = { source: string; id?: string; draft?: Draft; problems: FileProblem[] }

type Reader = ReturnType<typeof createReleaseReader>

const batchSize = 100

/**
 * Reads a content folder: `site.yaml`, `topics.yaml`, `releases/**`. Only what changed since the
 * store last saw it is parsed. Every problem of the folder is reported, not only the first.
 */
export async function loadContent(
  directory: string,
  { known, stage, progress }: Options,
): Promise<LoadedContent> {
  const folder = await openFolder(directory)
  const siteText = await folder.read('site.yaml')
  if (siteText === undefined) return { problems: [noSite(directory)] }
  const topicsText = (await folder.read('topics.yaml')) ?? ''
  const { site, languages, problems } = readSite(siteText)
  if (!languages) return { problems }
  const { vocabulary, problems: topicProblems } = readTopics(topicsText, languages)
  problems.push(...topicProblems)
  if (!site) return { problems }

  const readRelease = createReleaseReader({
    site,
    vocabulary: createVocabulary(vocabulary),
    findMedia: (path) => folder.media.get(path),
  })
  const readWith = [await readersVersion(), siteText, topicsText, ...folder.media.entries()]
  const basis = await fingerprint(JSON.stringify(readWith))
  const files = new Map<string, string>()
  const owners = new Map<string, string>()
  const sources = new Set<string>()
  const knownByFile = Map.groupBy(known.drafts.values(), ({ source }) => fileOf(source))
  const waiting: Draft[] = []

  for (const file of folder.releases) {
    const stamp = `${basis}-${file.size}-${file.modified}`
    files.set(file.path, stamp)
    const readings =
      known.files.get(file.path) === stamp
        ? (knownByFile.get(file.path) ?? []).map((draft): Reading => ({ ...draft, problems: [] }))
        : readFileReleases(folder, file, basis, knownByFile.get(file.path) ?? [], readRelease)
    for await (const { source, id, draft, problems: found } of readings) {
      problems.push(...found)
      sources.add(source)
      const owner = id && owners.get(id)
      if (owner) problems.push(writtenTwice(source, owner))
      else if (id) owners.set(id, source)
      if (draft && known.drafts.get(source)?.hash !== draft.hash) waiting.push(draft)
      if (waiting.length < batchSize) continue
      await stage(waiting.splice(0))
      progress?.(sources.size)
    }
  }
  if (waiting.length > 0) await stage(waiting)
  progress?.(sources.size)
  if (problems.some((problem) => !problem.warning)) return { problems }
  const removed = [...known.drafts.keys()].filter((source) => !sources.has(source))
  return { frame: { site, vocabulary, files, removed }, problems }
}

async function* readFileReleases(
  folder: Folder,
  { path }: FolderFile,
  basis: string,
  known: KnownDraft[],
  readRelease: Reader,
): AsyncGenerator<Reading> {
  const text = await folder.read(path)
  if (text === undefined) return
  if (path.endsWith('.md')) {
    yield readMarkdownFile(path, text, basis, readRelease)
    return
  }
  const knownLines = new Map(known.map((draft) => [draft.origin, draft]))
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue
    const origin = await fingerprint(`${basis}\n${line}`)
    const unchanged = knownLines.get(origin)
    if (unchanged) yield { ...unchanged, problems: [] }
    else yield readJsonLine(path, index + 1, line, origin, readRelease)
  }
}

async function readMarkdownFile(
  path: string,
  text: string,
  basis: string,
  readRelease: Reader,
): Promise<Reading> {
  const [, slug = '', language = ''] = /([^/]*?)\.([^./]+)\.md$/.exec(path) ?? []
  const problem = (field: string, message: string): Reading => ({
    source: path,
    problems: [{ file: path, line: 1, field, message }],
  })
  if (!slug)
    return problem('', 'The file name names no language. Call it such as my-release.en.md.')
  const split = splitFrontMatter(text)
  if (!split) {
    return problem(
      '',
      'The file does not begin with its fields. Write a line ---, the fields, and a line ---.',
    )
  }
  const { fields, body, bodyLine } = split
  const inFile = (problem: Problem & { line?: number }): FileProblem => ({
    ...problem,
    file: path,
    line:
      problem.line ?? (problem.field.startsWith('body') ? bodyLine : fields.lineOf(problem.field)),
  })
  if (fields.problems.length > 0) return { source: path, problems: fields.problems.map(inFile) }
  const named = ['slug', 'language', 'body'].filter((name) =>
    Object.hasOwn(fields.value as object, name),
  )
  if (named.length > 0) {
    const message = 'The file name and the text below the fields say this. Remove the field.'
    return { source: path, problems: named.map((field) => inFile({ field, message })) }
  }
  const written = { ...(fields.value as object), slug, language, body: { markdown: body } }
  const { draft, problems } = await readRelease(written, {
    source: path,
    origin: await fingerprint(`${basis}\n${text}`),
  })
  return {
    source: path,
    ...(draft && { draft, id: draft.release.id }),
    problems: problems.map(inFile),
  }
}

async function readJsonLine(
  path: string,
  line: number,
  text: string,
  origin: string,
  readRelease: Reader,
): Promise<Reading> {
  let written: unknown
  try {
    written = JSON.parse(text)
  } catch (error) {
    const message = `This line is not JSON (${(error as Error).message}). Write one whole release on it.`
    return { source: `${path}#${line}`, problems: [{ file: path, line, field: '', message }] }
  }
  const { slug, language } = Object(written) as Record<string, unknown>
  const source = `${path}#${String(slug)}.${String(language)}`
  const { draft, problems } = await readRelease(written, { source, origin })
  return {
    source,
    ...(draft && { draft, id: draft.release.id }),
    problems: problems.map((problem) => ({ ...problem, file: path, line })),
  }
}

/** The file a source is in: `releases/2024.jsonl#slug.en` is a line of `releases/2024.jsonl`. */
function fileOf(source: string): string {
  return source.split('#', 1)[0]!
}

function writtenTwice(source: string, owner: string): FileProblem {
  const message = `The same release is in ${owner} already. Remove one, or change its slug, language or "formerly".`
  return { file: fileOf(source), line: 1, field: 'slug', message }
}

function noSite(directory: string): FileProblem {
  const message = `There is no such file in ${directory}. Write one, or set CONTENT_DIR to a folder that has it.`
  return { file: 'site.yaml', line: 1, field: '', message }
}

/** A new version of the readers reads everything anew, because it may read it differently. */
async function readersVersion(): Promise<string> {
  const folders = [new URL('./', import.meta.url), new URL('../domain/', import.meta.url)]
  const texts = folders.map(async (folder) => {
    const names = (await readdir(folder)).toSorted()
    return Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  })
  return fingerprint((await Promise.all(texts)).flat().join('\n'))
}
