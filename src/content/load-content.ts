import { join } from 'node:path'
import { fingerprint } from '../domain/identity.ts'
import { spellings } from '../domain/media-types.ts'
import { readSource } from '../domain/names.ts'
import { outputVersion } from '../domain/output-version.ts'
import type { FileProblem } from '../domain/problem.ts'
import type {
  ContentFrame,
  Draft,
  FileStamp,
  KnownContent,
  KnownDraft,
} from '../domain/publishing.ts'
import type { FileText, FileToRead, MediaFile, Mention, Surroundings } from '../domain/reading.ts'
import { withMedia } from '../domain/reading.ts'
import {
  absent,
  type Folder,
  type FolderFile,
  largestRelease,
  openFolder,
  tooLarge,
  tooLong,
  unreadable,
} from './folder.ts'
import { withMeasuresOf } from './picture-file.ts'
import { type Reading as Readers, reading } from './reading.ts'
import { type Rest, untilAtRest } from './rest.ts'

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
  /** Second at which the folder is read. */
  now: number
  /** Told now and then how many releases have been looked at, while some of them are new. */
  progress?: (count: number) => void
  /** Somebody else waits for this process, so that it must not stand still. */
  isServing?: boolean
  /**
   * Tells which files may be read while somebody writes into the folder. Nothing is read while it holds, and
   * later the last version stays of those that are not at rest. A start waits for all. Without it, all may.
   */
  rest?: Rest | undefined
  /** Who reads the texts; by itself this thread. */
  readers?: Readers
  /** BASE_URL, so that texts may have our own full addresses. */
  baseUrl?: string | undefined
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

/** What needs no reading any more, or what does, with what is known of it from before. */
type Step = Reading[] | Unread
type Unread = { file: FileToRead; stamp: string; before?: Reading | undefined }

/** What a folder is looked through with. */
type Looking = { folder: Folder; rest: Rest | undefined }

const batchSize = 100
/** Files, and characters in them, that a thread is given at once, and how often before the first is done. */
const mostFiles = 64
const mostCharacters = 400_000
const batchesAtOnce = 4

/**
 * Reads a content folder: `site.yaml`, `topics.yaml`, `releases/**`. Only what changed since the
 * store last saw it is parsed. Every problem of the folder is reported, not only the first.
 */
export async function loadContent(
  directory: string,
  { known, stage, now, progress, isServing = false, rest, readers = reading, baseUrl }: Options,
): Promise<LoadedContent> {
  const open = async () => openFolder(directory, { isServing })
  if (rest && !isServing) await untilAtRest(async () => filesOf(await open()))
  const folder = await open()
  const looking = { folder, rest: isServing ? rest : undefined }
  if (looking.rest && (await isHeld(folder, known, looking.rest))) return { problems: [] }
  const siteText = await folder.read('site.yaml').catch(absent)
  if (siteText === undefined) return { problems: [noSite(directory)] }
  const topicsText = (await folder.read('topics.yaml').catch(absent)) ?? ''
  // At the start nobody waits, and most starts have nothing else to read.
  const { frame: readFrame } = isServing ? readers : reading
  const written = await readAgain({ siteText, topicsText }, readFrame)
  const { site, topics } = written
  const problems: FileProblem[] = [...written.problems]
  if (!topics) return { problems }
  const { vocabulary, problems: topicProblems } = topics
  problems.push(...folder.problems, ...topicProblems)
  // Without a single topic to know, every release would seem wrong.
  const noTopicIsKnown = vocabulary.topics.length === 0 && topicProblems.length > 0
  if (!site || noTopicIsKnown) return { problems }
  if (site.logo && !mediaIn(folder, site.logo)) problems.push(noLogo(site.logo))
  if (folder.releases.length === 0 && known.drafts.size > 0) problems.push(noReleases())

  const basis = await fingerprint(JSON.stringify([outputVersion, siteText, topicsText]))
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
  const surroundings = { site, vocabulary, baseUrl }
  const read = (batch: Step[]) =>
    readBatch(batch, { ...looking, directory, basis, now, surroundings, readers })
  const steps = listSteps({ ...looking, basis, known })
  for await (const readings of inOrder(inBatches(steps), read)) {
    for (const reading of readings) await take(reading)
  }
  if (waiting.length > 0) await stage(waiting)
  const isLost = ({ target, self }: Pointer) => target === self || !owners.has(target)
  problems.push(...pointers.filter(isLost).map(pointsNowhere))
  if (problems.some((problem) => !problem.warning)) return { problems }
  const removed = [...known.drafts.keys()].filter((source) => !sources.has(source))
  return { frame: { site, vocabulary, files, removed }, problems }
}

function filesOf({ releases, media, frame }: Folder): FolderFile[] {
  return [...releases, ...media.values(), ...frame.values()]
}

/**
 * Whether to wait with all that changed, because some of it is still being written: what is copied in
 * together comes out together, and a lot of it is known as the past of an office by its number.
 */
async function isHeld(folder: Folder, known: KnownContent, rest: Rest): Promise<boolean> {
  const isChanged = ({ path, size, modified }: FolderFile) =>
    !known.files.get(path)?.stamp.endsWith(`-${size}-${modified}`)
  const changed = [...folder.releases.filter(isChanged), ...folder.frame.values()]
  const texts = changed
    .filter((file) => rest.mayBeWritten(file))
    .map(async (file) => ({ file, end: await folder.read(file.path).catch(() => '') }))
  return rest.holds(await Promise.all(texts))
}

type Frame = Awaited<ReturnType<Readers['frame']>>
type Texts = Parameters<Readers['frame']>[0]

/** What `site.yaml` and `topics.yaml` came to last: they rarely change, and thousands of topics take seconds. */
let last: { texts: Texts; frame: Frame } | undefined

async function readAgain(texts: Texts, readFrame: Readers['frame']): Promise<Frame> {
  const isSame =
    last?.texts.siteText === texts.siteText && last.texts.topicsText === texts.topicsText
  if (!last || !isSame) last = { texts, frame: await readFrame(texts) }
  return last.frame
}

/** What there is to read, in the order of the files. What the store knows already takes no reading. */
async function* listSteps({
  folder,
  rest,
  basis,
  known,
}: Looking & { basis: string; known: KnownContent }): AsyncGenerator<Step> {
  const knownByFile = Map.groupBy(known.drafts.values(), ({ source }) => fileOf(source))
  // Together, because most of the time nearly all are, and a step costs more than they do.
  let ready: Reading[] = []
  const step = function* (unread: Unread) {
    if (ready.length > 0) yield ready
    ready = []
    yield unread
  }
  for (const file of folder.releases) {
    const { path, size, modified } = file
    const stamp = `${basis}-${size}-${modified}`
    const oversize = tooLarge(path, size)
    if (oversize) {
      ready.push({ stamp, source: path, media: {}, problems: [oversize] })
      continue
    }
    const before = known.files.get(path)
    const all = knownByFile.get(path) ?? []
    const gone = all.filter((draft) => draft.withdrawn).map(({ source }) => source)
    const withdrawn = gone.length > 0 ? { withdrawn: gone } : {}
    const drafts = hasSameMedia(before, folder) ? all : []
    // Known of the file as a whole, so the first of its releases brings it along.
    let knownMedia = before?.media
    const again = ({ source, id }: KnownDraft) => {
      ready.push({ source, id, stamp, media: knownMedia ?? {}, problems: [] })
      knownMedia = undefined
    }
    if (before?.stamp === stamp && drafts.length > 0) {
      drafts.forEach(again)
      continue
    }
    const text = await readText(folder, path)
    // A file may also end within a letter.
    if (rest && !rest.isAtRest(file, 'text' in text ? text.text : '')) {
      // With the stamp that it had, so that it is looked at again.
      for (const { source, id } of before ? all : []) {
        ready.push({ ...before!, source, id, problems: [] })
      }
      continue
    }
    if ('problem' in text) {
      ready.push({ stamp, source: path, media: {}, problems: [text.problem] })
      continue
    }
    if (path.endsWith('.md')) {
      yield* step({
        file: { path, text: text.text, ...withdrawn },
        stamp,
        before: lastRead(before, all),
      })
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
      else yield* step({ file: { path, text: line, line: index + 1, origin, ...withdrawn }, stamp })
    }
  }
  yield ready
}

/** What a file of one release came to when it was last read. */
function lastRead(file: FileStamp | undefined, [draft]: KnownDraft[]): Reading | undefined {
  return file && draft && { source: draft.source, id: draft.id, ...file, problems: [] }
}

/** A file of the folder, however its letters are composed. */
function mediaIn({ media }: Folder, path: string) {
  const name = spellings(path).find((spelling) => media.has(spelling))
  return name === undefined ? undefined : media.get(name)
}

/** The same with its measures, if it is a picture. */
async function measured(
  folder: Folder,
  directory: string,
  path: string,
): Promise<MediaFile | undefined> {
  const file = mediaIn(folder, path)
  if (!file) return undefined
  const { size, type } = file
  return withMeasuresOf(join(directory, file.path), { size, type })
}

/** Whether every file that a release attached is still as it was, and what was missing still is. */
function hasSameMedia(before: FileStamp | undefined, folder: Folder): boolean {
  return Object.entries(before?.media ?? {}).every(([path, size]) => {
    return (mediaIn(folder, path)?.size ?? null) === size
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

/** Steps together, as many as are worth a message to another thread. */
async function* inBatches(steps: AsyncIterable<Step>): AsyncGenerator<Step[]> {
  let batch: Step[] = []
  let characters = 0
  for await (const step of steps) {
    batch.push(step)
    if ('file' in step) characters += step.file.text.length
    if (batch.length < mostFiles && characters < mostCharacters) continue
    yield batch
    batch = []
    characters = 0
  }
  yield batch
}

/** Starts some batches at once, and keeps their order. */
async function* inOrder<Batch>(
  batches: AsyncIterable<Batch>,
  read: (batch: Batch) => Promise<Reading[]>,
): AsyncGenerator<Reading[]> {
  const running: Promise<Reading[]>[] = []
  for await (const batch of batches) {
    await breathe()
    running.push(read(batch))
    if (running.length === batchesAtOnce) yield await running.shift()!
  }
  yield* running
}

/** Lets requests and signals come in between: reading thousands of releases need not wait for anything. */
async function breathe() {
  await new Promise((resolve) => setImmediate(resolve))
}

type ReadWith = Looking & {
  directory: string
  basis: string
  now: number
  surroundings: Surroundings
  readers: Readers
}

async function readBatch(
  batch: Step[],
  { basis, now, surroundings, readers, ...looking }: ReadWith,
): Promise<Reading[]> {
  const files = batch.flatMap((step) => ('file' in step ? [step.file] : []))
  const texts = files.length > 0 ? await readers.files({ basis, now, files }, surroundings) : []
  const readings: Reading[] = []
  for (const step of batch) {
    if ('file' in step) readings.push(...(await found(texts.shift()!, step, looking)))
    else readings.push(...step)
  }
  return readings
}

async function found(
  { source, line, ...text }: FileText,
  { file: { path }, stamp, before }: Unread,
  { folder, rest, directory }: Looking & Pick<ReadWith, 'directory'>,
): Promise<Reading[]> {
  const isWhole = ({ path: name }: Mention) => {
    const file = mediaIn(folder, name)
    return !file || before?.media[name] === file.size || rest!.isAtRest(file)
  }
  // A line of JSONL has no version of its own that could stay.
  if (rest && line === undefined && !text.mentions.every(isWhole)) return before ? [before] : []
  const { draft, published, media, problems } = await withMedia(text, (name) =>
    measured(folder, directory, name),
  )
  const told = problems.map((problem): FileProblem => {
    return { ...problem, file: path, line: problem.line ?? line ?? 1, published }
  })
  // Its last version stays; should there be none, or no telling which, all of the folder stays as it was.
  if (text.isGivenUp && before) {
    return [{ ...before, problems: told.map((problem) => ({ ...problem, warning: true })) }]
  }
  const place = { source, ...(line !== undefined && { line }) }
  return [{ ...place, stamp, ...identified(draft), media, problems: told }]
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

function fileOf(source: string): string {
  return readSource(source).file
}

/** What tells a release from all others in its address: slug and language. */
function addressOf(source: string): string {
  const { file, inLines } = readSource(source)
  const name = inLines ?? file.split('/').at(-1)!.replace(/\.md$/, '')
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
