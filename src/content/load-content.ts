import { readdir, readFile } from 'node:fs/promises'
import { fingerprint } from '../domain/identity.ts'
import type { FileProblem } from '../domain/problem.ts'
import type {
  ContentFrame,
  Draft,
  FileStamp,
  KnownContent,
  KnownDraft,
} from '../domain/publishing.ts'
import { createVocabulary } from '../domain/topic.ts'
import {
  absent,
  type Folder,
  largestRelease,
  openFolder,
  tooLarge,
  tooLong,
  unreadable,
} from './folder.ts'
import { createReleaseReader } from './read-release.ts'
import { readSite, readTopics } from './read-site.ts'
import { type WrittenInFile, writtenInJsonLine, writtenInMarkdown } from './written-file.ts'

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
  /** Told now and then how many releases have been looked at, while some of them are new. */
  progress?: (count: number) => void
  /** Somebody else waits for this process, so that it must not stand still. */
  isServing?: boolean
}

/** What one file, or one line of JSONL, came to. */
type Reading = {
  source: string
  /** In a file of JSONL. */
  line?: number
  /** Of the file. */
  stamp: string
  id?: string
  draft?: Draft
  media: FileStamp['media']
  problems: FileProblem[]
}
type Read = Omit<Reading, 'stamp'>

/** What needs no reading any more, or one release that does. */
type Step = Reading[] | (() => Promise<Reading>)

type Reader = ReturnType<typeof createReleaseReader>

const batchSize = 100
/** Releases that are read at the same time. */
const atOnce = 16

/**
 * Reads a content folder: `site.yaml`, `topics.yaml`, `releases/**`. Only what changed since the
 * store last saw it is parsed. Every problem of the folder is reported, not only the first.
 */
export async function loadContent(
  directory: string,
  { known, stage, progress, isServing = false }: Options,
): Promise<LoadedContent> {
  const folder = await openFolder(directory, { isServing })
  const siteText = await folder.read('site.yaml').catch(absent)
  if (siteText === undefined) return { problems: [noSite(directory)] }
  const topicsText = (await folder.read('topics.yaml').catch(absent)) ?? ''
  const { site, languages, problems } = readSite(siteText)
  if (!languages) return { problems }
  const { vocabulary, problems: topicProblems } = readTopicsAgain(
    topicsText,
    languages,
    site?.timezone ?? 'UTC',
  )
  problems.push(...folder.problems, ...topicProblems)
  // Without a single topic to know, every release would seem wrong.
  const noTopicIsKnown = vocabulary.topics.length === 0 && topicProblems.length > 0
  if (!site || noTopicIsKnown) return { problems }
  if (site.logo && !folder.media.has(site.logo)) problems.push(noLogo(site.logo))
  if (folder.releases.length === 0 && known.drafts.size > 0) problems.push(noReleases())

  const readRelease = createReleaseReader({
    site,
    vocabulary: createVocabulary(vocabulary),
    findMedia: (path) => folder.media.get(path),
  })
  const basis = await fingerprint(JSON.stringify([await readersVersion(), siteText, topicsText]))
  // Also where there are no releases, what all of them are read with must be known to have changed.
  const files = new Map<string, FileStamp>([['site.yaml', { stamp: basis, media: {} }]])
  const owners = new Map<string, string>()
  const sources = new Set<string>()
  const waiting: Draft[] = []
  const pointers: Pointer[] = []

  const take = async (reading: Reading) => {
    const { source, line, stamp, id, draft, media, problems: found } = reading
    const path = fileOf(source)
    const address = addressOf(source)
    problems.push(...found)
    sources.add(source)
    const file = files.get(path) ?? { stamp, media: {} }
    files.set(path, file)
    Object.assign(file.media, media)
    const owner = owners.get(address) ?? (id && owners.get(id))
    if (owner)
      problems.push({ ...writtenTwice(source, owner, line), published: draft?.release.published })
    if (draft) pointers.push(...pointersOf(draft, line))
    for (const key of [address, id ?? source]) {
      if (!owners.has(key)) owners.set(key, source)
    }
    if (known.isPublished && (await known.isPublished(id ?? '', address))) {
      problems.push({ ...cameThroughApi(source, line), published: draft?.release.published })
      return
    }
    if (draft && known.drafts.get(source)?.hash !== draft.hash) waiting.push(draft)
    if (waiting.length < batchSize) return
    await stage(waiting.splice(0))
    progress?.(sources.size)
  }
  const steps = listSteps(folder, basis, known, readRelease)
  for await (const readings of inOrder(steps, atOnce)) {
    for (const reading of readings) await take(reading)
  }
  if (waiting.length > 0) await stage(waiting)
  const isLost = ({ target, self }: Pointer) => target === self || !owners.has(target)
  problems.push(...pointers.filter(isLost).map(pointsNowhere))
  if (problems.some((problem) => !problem.warning)) return { problems }
  const removed = [...known.drafts.keys()].filter((source) => !sources.has(source))
  return { frame: { site, vocabulary, files, removed }, problems }
}

/** What `topics.yaml` came to when it was read last: it rarely changes, and thousands of topics take seconds. */
let lastTopics: { key: string; read: ReturnType<typeof readTopics> } | undefined

function readTopicsAgain(...written: Parameters<typeof readTopics>): ReturnType<typeof readTopics> {
  const key = JSON.stringify(written)
  if (lastTopics?.key !== key) lastTopics = { key, read: readTopics(...written) }
  return lastTopics.read
}

/** What there is to read, in the order of the files. What the store knows already takes no reading. */
async function* listSteps(
  folder: Folder,
  basis: string,
  known: KnownContent,
  readRelease: Reader,
): AsyncGenerator<Step> {
  const knownByFile = Map.groupBy(known.drafts.values(), ({ source }) => fileOf(source))
  // Together, because most of the time nearly all are, and a step costs more than they do.
  let ready: Reading[] = []
  const step = function* (read: () => Promise<Reading>) {
    if (ready.length > 0) yield ready
    ready = []
    yield read
  }
  for (const { path, size, modified } of folder.releases) {
    const stamp = `${basis}-${size}-${modified}`
    const oversize = tooLarge(path, size)
    if (oversize) {
      ready.push({ stamp, source: path, media: {}, problems: [oversize] })
      continue
    }
    const before = known.files.get(path)
    const drafts = hasSameMedia(before, folder) ? (knownByFile.get(path) ?? []) : []
    // Known of the file as a whole, so the first of its releases brings it along.
    let knownMedia = before?.media
    const again = ({ source, id }: KnownDraft) => {
      ready.push({ source, id, stamp, media: knownMedia ?? {}, problems: [] })
      knownMedia = undefined
    }
    if (before?.stamp === stamp && drafts.length > 0) {
      drafts.forEach(again)
    } else if (path.endsWith('.md')) {
      yield* step(async () => ({
        stamp,
        ...(await readMarkdownFile(folder, path, basis, readRelease)),
      }))
    } else {
      const text = await readText(folder, path)
      if ('problem' in text) {
        ready.push({ stamp, source: path, media: {}, problems: [text.problem] })
        continue
      }
      const knownLines = new Map(drafts.map((draft) => [draft.origin, draft]))
      for (const [index, line] of text.text.split('\n').entries()) {
        if (!line.trim()) continue
        if (index % 100 === 99) await breathe()
        if (line.length > largestRelease) {
          const problem = { ...tooLong(path, line.length, largestRelease), line: index + 1 }
          ready.push({ stamp, source: `${path}#${index + 1}`, media: {}, problems: [problem] })
          continue
        }
        const origin = await fingerprint(`${basis}\n${line}`)
        const unchanged = knownLines.get(origin)
        if (unchanged) again(unchanged)
        else
          yield* step(async () => ({
            stamp,
            ...(await readFound(writtenInJsonLine(path, index + 1, line), origin, readRelease)),
          }))
      }
    }
  }
  yield ready
}

/** Whether every file that a release attached is still as it was, and what was missing still is. */
function hasSameMedia(before: FileStamp | undefined, folder: Folder): boolean {
  return Object.entries(before?.media ?? {}).every(([path, size]) => {
    return (folder.media.get(path)?.size ?? null) === size
  })
}

async function readText(
  folder: Folder,
  path: string,
): Promise<{ text: string } | { problem: FileProblem }> {
  try {
    return { text: await folder.read(path) }
  } catch (error) {
    return { problem: unreadable(path, error) }
  }
}

/** Starts some steps at once, because reading waits for the disk. Keeps their order. */
async function* inOrder(steps: AsyncIterable<Step>, atOnce: number): AsyncGenerator<Reading[]> {
  const running: Promise<Reading[]>[] = []
  for await (const step of steps) {
    await breathe()
    running.push(
      typeof step === 'function' ? step().then((reading) => [reading]) : Promise.resolve(step),
    )
    if (running.length === atOnce) yield await running.shift()!
  }
  yield* running
}

/** Lets requests and signals come in between: reading thousands of releases need not wait for anything. */
async function breathe() {
  await new Promise((resolve) => setImmediate(resolve))
}

async function readMarkdownFile(
  folder: Folder,
  path: string,
  basis: string,
  readRelease: Reader,
): Promise<Read> {
  const read = await readText(folder, path)
  if ('problem' in read) return { source: path, media: {}, problems: [read.problem] }
  const found = writtenInMarkdown(path, read.text)
  return readFound(found, await fingerprint(`${basis}\n${read.text}`), readRelease)
}

async function readFound(
  { source, line, written, problems: found, inFile }: WrittenInFile,
  origin: string,
  readRelease: Reader,
): Promise<Read> {
  const place = { source, ...(line !== undefined && { line }) }
  if (found.length > 0) return { ...place, media: {}, problems: found }
  const { draft, published, media, problems } = await readRelease(written, { source, origin })
  const told = problems.map((problem) => ({ ...inFile(problem), published }))
  return { ...place, ...identified(draft), media, problems: told }
}

function identified(draft: Draft | undefined): Pick<Reading, 'draft' | 'id'> {
  return draft ? { draft, id: draft.release.id } : {}
}

/** A field that names another release. */
type Pointer = Pick<FileProblem, 'file' | 'line' | 'field' | 'published'> & {
  /** The release that is named, and the one that names it: `slug.language`. */
  target: string
  self: string
}

function pointersOf({ source, release }: Draft, line = 1): Pointer[] {
  const { language, published, corrects, withdrawn } = release
  const named = { corrects, 'withdrawn.replacedBy': withdrawn?.replacedBy }
  return Object.entries(named).flatMap(([field, slug]) => {
    if (!slug) return []
    const target = `${slug}.${language}`
    const self = `${release.slug}.${language}`
    return [{ file: fileOf(source), line, field, published, target, self }]
  })
}

function pointsNowhere({ target, self, ...where }: Pointer): FileProblem {
  if (target === self) {
    const message = 'This names the release itself. Write the slug of another one.'
    return { ...where, message, warning: true }
  }
  const message = `There is no release ${target}. Write the slug of one in the same language.`
  return { ...where, message, warning: true }
}

/** The file a source is in: `releases/2024.jsonl#slug.en` is a line of `releases/2024.jsonl`. */
function fileOf(source: string): string {
  const end = source.indexOf('#')
  return end === -1 ? source : source.slice(0, end)
}

/** What tells a release from all others in its address: slug and language. */
function addressOf(source: string): string {
  const name = source.split('#')[1] ?? source.split('/').at(-1)!.replace(/\.md$/, '')
  return name.toLowerCase()
}

function writtenTwice(source: string, owner: string, line = 1): FileProblem {
  const message = `The same release is in ${owner} already. Remove one, or change its slug, language or "formerly".`
  return { file: fileOf(source), line, field: 'slug', message }
}

function cameThroughApi(source: string, line = 1): FileProblem {
  const message =
    'This release came in through the API, which has it. The file is not used. Remove it, or give it another slug.'
  return { file: fileOf(source), line, field: 'slug', message, warning: true }
}

function noLogo(logo: string): FileProblem {
  const message = `There is no file ${logo}. Put it there, or leave the logo out.`
  return { file: 'site.yaml', line: 1, field: 'logo', message }
}

/** A folder that has just been moved away must not empty every feed. */
function noReleases(): FileProblem {
  const message =
    'There is no release any more. Put the folder back; the last release cannot be removed.'
  return { file: 'releases', line: 1, field: '', message }
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
