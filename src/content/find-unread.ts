import { fingerprint } from '../domain/identity.ts'
import { spellings } from '../domain/media-types.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { Draft, FileStamp, KnownDraft, KnownFile } from '../domain/publishing.ts'
import type { FileToRead, MediaFile } from '../domain/reading.ts'
import {
  type Folder,
  type FolderFile,
  largestRelease,
  tooLarge,
  tooLong,
  unreadable,
} from './folder.ts'
import type { Rest } from './rest.ts'
import { addressOf, fileOf } from './sources.ts'

/** A content folder that is being loaded. */
export type FolderToLoad = {
  directory: string
  folder: Folder
  /** Tells which files may be read; without it all may. */
  rest: Rest | undefined
  /** Fingerprint of all that releases are read with. It is part of every stamp. */
  basis: string
}

/** What one release of the folder came to: a Markdown file, or a line of JSONL. */
export type LoadedRelease = {
  source: string
  /** Its line in a file of JSONL. */
  line?: number
  /** Stamp of its file. */
  stamp: string
  id?: string
  /** Missing where nothing changed or something is wrong. */
  draft?: Draft
  media: FileStamp['media']
  problems: FileProblem[]
  /** Its author wrote `draft: true`. */
  isUnfinished?: true
}

/** A text that has to be read, with what its release came to when it was last read. */
export type UnreadRelease = { file: FileToRead; stamp: string; before?: LoadedRelease | undefined }

/** Releases that need no reading, or one that does. */
export type Step = LoadedRelease[] | UnreadRelease

/** A file of releases, and what the store knows of it. */
type ReleaseFile = {
  file: FolderFile
  stamp: string
  before: KnownFile | undefined
  /** The releases that were in it. */
  knownDrafts: KnownDraft[]
  /** The releases that were in a file of its name or address which is gone, where this one was not there before. */
  moved: KnownDraft[] | undefined
}

/**
 * What there is to read, in the order of the files. Releases that the store knows already need no reading: `files` and
 * `drafts` are what it has of them.
 */
export async function* findUnread(
  load: FolderToLoad,
  files: Map<string, KnownFile>,
  drafts: Map<string, KnownDraft>,
): AsyncGenerator<Step> {
  const draftsByFile = Map.groupBy(drafts.values(), ({ source }) => fileOf(source))
  const gone = draftsOfGone(load.folder, draftsByFile)
  // Collected, because most of the time nearly all are known, and a step costs more than they do.
  let settled: LoadedRelease[] = []
  for (const file of load.folder.releases) {
    const { path } = file
    const before = files.get(path)
    const knownDrafts = draftsByFile.get(path) ?? []
    const stamp = stampOf(file, load.basis)
    const moved = before ? undefined : gone.get(addressOf(path))
    const releaseFile = { file, stamp, before, knownDrafts, moved }
    const unopened = settleUnopened(load, releaseFile)
    if (unopened) {
      for (const release of unopened) settled.push(release)
      continue
    }
    for await (const step of openFile(load, releaseFile, files)) {
      if (Array.isArray(step)) {
        for (const release of step) settled.push(release)
        continue
      }
      if (settled.length > 0) yield settled
      settled = []
      yield step
    }
  }
  yield settled
}

/** Whether a file and what its releases attach are as they were when the store took them in. It may still be too large. */
export function isSettled(
  file: FolderFile,
  { folder, basis, before }: { folder: Folder; basis: string; before: KnownFile | undefined },
): boolean {
  const isSame = before?.hasReleases === true && before.stamp === stampOf(file, basis)
  return isSame && hasSameMedia(before, folder)
}

function stampOf({ size, modified }: FolderFile, basis: string): string {
  return `${basis}-${size}-${modified}`
}

/** What a file comes to without opening it: it is too large, or nothing changed. Otherwise undefined. */
function settleUnopened(
  { folder, basis }: FolderToLoad,
  { file, stamp, before, knownDrafts }: ReleaseFile,
): LoadedRelease[] | undefined {
  const oversize = tooLarge(file.path, file.size)
  if (oversize) return [{ stamp, source: file.path, media: {}, problems: [oversize] }]
  if (!before || !isSettled(file, { folder, basis, before })) return undefined
  return knownDrafts.map((draft, index) =>
    unchangedRelease(draft, stamp, index === 0 ? before.media : {}),
  )
}

/** `media` is known of the file as a whole, so the first of its releases brings it along. */
function unchangedRelease(
  { source, id }: KnownDraft,
  stamp: string,
  media: FileStamp['media'],
): LoadedRelease {
  return { source, id, stamp, media, problems: [] }
}

async function* openFile(
  load: FolderToLoad,
  releaseFile: ReleaseFile,
  files: Map<string, KnownFile>,
): AsyncGenerator<Step> {
  const { folder, rest } = load
  const { file, stamp, knownDrafts } = releaseFile
  const { path } = file
  const text = await readText(folder, path)
  // A file that is being written may also end within a character, and cannot be decoded yet.
  if (rest && !rest.isAtRest(file, 'text' in text ? text.text : '')) {
    yield previousReleases(releaseFile, files)
    return
  }
  if ('problem' in text) {
    yield [{ stamp, source: path, media: {}, problems: [text.problem] }]
    return
  }
  if (!path.endsWith('.md')) {
    yield* openLines(text.text, load, releaseFile)
    return
  }
  const [previous] = previousReleases(releaseFile, files)
  yield { file: { path, text: text.text, ...withdrawnIn(knownDrafts) }, stamp, before: previous }
}

/** The releases of a JSONL file. A line that is the same as before needs no reading, wherever it stands. */
async function* openLines(
  text: string,
  { folder, basis }: FolderToLoad,
  { file: { path }, stamp, before, knownDrafts }: ReleaseFile,
): AsyncGenerator<Step> {
  const withdrawn = withdrawnIn(knownDrafts)
  // If a file that they attach has changed, all of them are read again.
  const usableDrafts = hasSameMedia(before, folder) ? knownDrafts : []
  const knownLines = new Map(usableDrafts.map((draft) => [draft.origin, draft]))
  let media = before?.media
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue
    if (index % 100 === 99) await letOthersRun()
    if (line.length > largestRelease) {
      const problem = { ...tooLong(path, line.length, largestRelease), line: index + 1 }
      yield [{ stamp, source: `${path}#${index + 1}`, media: {}, problems: [problem] }]
      continue
    }
    // Where nothing is known, whoever reads the line makes its fingerprint as well.
    const known = knownLines.size > 0 && { origin: fingerprint(`${basis}\n${line}`) }
    const unchanged = known && knownLines.get(known.origin)
    if (unchanged) {
      yield [unchangedRelease(unchanged, stamp, media ?? {})]
      media = undefined
    } else {
      yield { file: { path, text: line, line: index + 1, ...known, ...withdrawn }, stamp }
    }
  }
}

/**
 * What the releases of a file came to when it was last read, where it lay then. Its old stamp has it looked at again. Of
 * several files that may be the one that was moved, the first has them.
 */
function previousReleases(
  { knownDrafts, moved }: ReleaseFile,
  files: Map<string, KnownFile>,
): LoadedRelease[] {
  const drafts = moved?.splice(0) ?? knownDrafts
  return drafts.flatMap(({ source, id }) => {
    const stamp = files.get(fileOf(source))
    return stamp ? [{ ...stamp, source, id, problems: [] }] : []
  })
}

/**
 * The releases of files that are no longer there, each by its address, and all of a file of many by its name: the files may
 * have been moved. Of several files of a name nobody knows which is where.
 */
function draftsOfGone(
  { releases }: Folder,
  draftsByFile: Map<string, KnownDraft[]>,
): Map<string, KnownDraft[]> {
  const there = new Set(releases.map(({ path }) => path))
  const gone = [...draftsByFile].filter(([path]) => !there.has(path))
  const moved = new Map<string, KnownDraft[]>()
  for (const [name, files] of Map.groupBy(gone, ([path]) => addressOf(path))) {
    const drafts = files.flatMap(([, all]) => all)
    for (const draft of drafts) moved.set(addressOf(draft.source), [draft])
    if (files.length === 1) moved.set(name, drafts)
  }
  return moved
}

function withdrawnIn(drafts: KnownDraft[]): Pick<FileToRead, 'withdrawn'> {
  const withdrawn = drafts.filter((draft) => draft.withdrawn).map(({ source }) => source)
  return withdrawn.length > 0 ? { withdrawn } : {}
}

/** A file below `media/`, whichever Unicode form its name has. */
export function mediaIn({ media }: Folder, path: string): (MediaFile & FolderFile) | undefined {
  const name = spellings(path).find((spelling) => media.has(spelling))
  return name === undefined ? undefined : media.get(name)
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

/** Lets requests and signals come in between: loading thousands of releases need not wait for anything. */
export async function letOthersRun() {
  await new Promise((resolve) => setImmediate(resolve))
}
