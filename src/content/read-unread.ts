import type { FileProblem } from '../domain/problem.ts'
import type { FileText, MediaFile, Mention, Surroundings } from '../domain/reading.ts'
import { withMedia } from '../domain/reading.ts'
import type { Folder } from './folder.ts'
import {
  type FolderToLoad,
  letOthersRun,
  type LoadedRelease,
  mediaIn,
  type Step,
  type UnreadRelease,
} from './find-unread.ts'
import { withMeasuresOf } from './picture-file.ts'
import type { Readers } from './reading.ts'

/** Files, and characters in them, that a thread is given at once. */
const mostFiles = 64
const mostCharacters = 400_000
/** Batches that are given out before the first is done: for four threads at most, and some that wait. */
const batchesAtOnce = 6

type ReadWith = FolderToLoad & {
  /** Second at which the folder is read. */
  now: number
  surroundings: Surroundings
  readers: Readers
}

/** Reads the texts among some steps, several batches at once. The releases come in the order of the steps. */
export async function* readUnread(
  steps: AsyncIterable<Step>,
  readWith: ReadWith,
): AsyncGenerator<LoadedRelease[]> {
  const running: Promise<LoadedRelease[]>[] = []
  for await (const batch of inBatches(steps)) {
    await letOthersRun()
    running.push(readBatch(batch, readWith))
    if (running.length === batchesAtOnce) yield await running.shift()!
  }
  yield* running
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

async function readBatch(batch: Step[], readWith: ReadWith): Promise<LoadedRelease[]> {
  const { basis, now, surroundings, readers } = readWith
  const files = batch.flatMap((step) => ('file' in step ? [step.file] : []))
  const texts = files.length > 0 ? await readers.files({ basis, now, files }, surroundings) : []
  const releases: LoadedRelease[] = []
  for (const step of batch) {
    if ('file' in step) releases.push(...(await withFiles(texts.shift()!, step, readWith)))
    else for (const release of step) releases.push(release)
  }
  return releases
}

/** A text that was read, once the files are looked up that it speaks of. None while they are being written. */
async function withFiles(
  { source, line, ...text }: FileText,
  { file: { path }, stamp, before }: UnreadRelease,
  { folder, rest, directory }: FolderToLoad,
): Promise<LoadedRelease[]> {
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
  // Its last version stays. Without one, or where it is not known which, all of the folder stays as it was.
  if (text.isGivenUp && before) {
    return [{ ...before, problems: told.map((problem) => ({ ...problem, warning: true })) }]
  }
  const place = { source, ...(line !== undefined && { line }), ...unfinishedIf(text) }
  return [{ ...place, stamp, ...(draft && { draft, id: draft.release.id }), media, problems: told }]
}

function unfinishedIf({ isUnfinished }: Pick<FileText, 'isUnfinished'>) {
  return isUnfinished ? { isUnfinished } : {}
}

/** A file below `media/`, with its width and height if it is a picture. */
async function measured(
  folder: Folder,
  directory: string,
  path: string,
): Promise<MediaFile | undefined> {
  const file = mediaIn(folder, path)
  if (!file) return undefined
  const { size, type } = file
  return withMeasuresOf(`${directory}/${file.path}`, { size, type })
}
