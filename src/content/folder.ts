import { readFileSync, type Stats, statSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lookup } from 'mrmime'
import { isMediaPath } from '../domain/names.ts'
import type { FileProblem } from '../domain/problem.ts'
import type { MediaFile } from '../domain/reading.ts'

/** A file of a content folder. Paths are below the folder, with `/` on every system. */
export type FolderFile = {
  path: string
  size: number
  modified: string
  /** Millisecond of the last change, by the clock of the disk. */
  changed: number
}

/** The content folder on disk. */
export type Folder = {
  /** Releases: `releases/**` ending in `.md` or `.jsonl`, in order of their paths. */
  releases: FolderFile[]
  /** Everything below `media/`. */
  media: Map<string, MediaFile & FolderFile>
  /** `site.yaml`, `topics.yaml` and `robots.txt`, as far as they are there. */
  frame: Map<string, FolderFile>
  /** Problems of files as such, whatever they contain. */
  problems: FileProblem[]
  /** The text of a file in UTF-8. Rejects when it is not there or cannot be read. */
  read(path: string): Promise<string>
}

/**
 * Lists the files of a content folder without reading them. `isServing`: requests are answered meanwhile, so
 * the process must not block on a disk. Blocking takes half the time.
 */
export async function openFolder(
  directory: string,
  { isServing = false }: { isServing?: boolean } = {},
): Promise<Folder> {
  const look = isServing ? stat : statSync
  const releases = await list(directory, await listPaths(directory, 'releases'), look)
  const media = await list(directory, await listPaths(directory, 'media'), look)
  const frame = await list(directory, ['site.yaml', 'topics.yaml', 'robots.txt'], look)
  const isRead = ({ path }: FolderFile) => /\.(md|jsonl)$/.test(path)
  return {
    releases: releases.files.filter(isRead),
    media: new Map(media.files.map((file) => [file.path, { ...file, type: mediaType(file.path) }])),
    frame: new Map(frame.files.map((file) => [file.path, file])),
    problems: [
      ...releases.problems,
      ...media.problems,
      ...releases.files.filter((file) => !isRead(file)).map(({ path }) => notRead(path)),
    ],
    read: async (path) => {
      const file = join(directory, path)
      const bytes = isServing ? await readFile(file) : readFileSync(file)
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    },
  }
}

/** Files that are looked at together: more at once keep whoever waits for this thread from his turn. */
const lookedAtOnce = 500

type Look = (path: string) => Stats | Promise<Stats>

async function list(
  directory: string,
  paths: string[],
  look: Look,
): Promise<{ files: FolderFile[]; problems: FileProblem[] }> {
  const sorted = paths.toSorted()
  const found: (FolderFile | FileProblem | undefined)[] = []
  for (let first = 0; first < sorted.length; first += lookedAtOnce) {
    const some = sorted.slice(first, first + lookedAtOnce)
    found.push(...(await Promise.all(some.map((path) => lookAt(directory, path, look)))))
  }
  return {
    files: found.filter((one) => one !== undefined && 'path' in one),
    problems: found.filter((one) => one !== undefined && 'message' in one),
  }
}

/** A file, or what is wrong with it; undefined for what is neither a file nor a folder. */
async function lookAt(
  directory: string,
  path: string,
  look: Look,
): Promise<FolderFile | FileProblem | undefined> {
  try {
    const status = await look(`${directory}/${path}`)
    if (status.isDirectory()) return notFollowed(path)
    if (!status.isFile()) return undefined
    // A copy may have the modification time of the original, but never its change time.
    const modified = `${status.mtimeMs}-${status.ctimeMs}`
    const changed = Math.max(status.mtimeMs, status.ctimeMs)
    return { path, size: status.size, modified, changed }
  } catch (error) {
    return unreadable(path, error)
  }
}

/** The files below a folder of the content folder, at any depth. */
async function listPaths(directory: string, below: string): Promise<string[]> {
  const entries = await readdir(`${directory}/${below}`, { withFileTypes: true }).catch(absent)
  const paths: string[][] = []
  for (const entry of entries ?? []) {
    if (isLeftBehind(entry.name)) continue
    const path = `${below}/${entry.name}`
    if (entry.isDirectory()) paths.push(await listPaths(directory, path))
    else paths.push([path])
  }
  return paths.flat()
}

/**
 * Whether it is a name of files that programs and systems leave behind: hidden or deleted files, copies by
 * editors, locks of open documents, thumbnails.
 */
export function isLeftBehind(name: string): boolean {
  return /^\.|^~\$|~$|^#.*#$/.test(name) || leftBehind.has(name.toLowerCase())
}

const leftBehind = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '__macosx',
  'lost+found',
  '$recycle.bin',
  'system volume information',
  '#recycle',
  '@recycle',
  '@eadir',
])

/** A file below `media/`, without listing the folder. */
export async function findMediaFile(
  directory: string,
  path: string,
): Promise<MediaFile | undefined> {
  if (!isMediaPath(path)) return undefined
  const status = await stat(join(directory, path)).catch(nowhere)
  return status?.isFile() ? { size: status.size, type: mediaType(path) } : undefined
}

/** It is not there either if a part of the path is a file or the name is too long. */
function nowhere(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error
}

/** Why a file could not be read, and what to do. */
export function unreadable(file: string, error: unknown): FileProblem {
  const message =
    error instanceof TypeError
      ? 'The file is not written in UTF-8. Save it as UTF-8.'
      : `The file cannot be read (${(error as Error).message}). Remove it, or give the service the right to read it.`
  return { file, line: 1, field: '', message }
}

/** Bytes of a written release. Its text may have a tenth of that. */
export const largestRelease = 10_000_000
/** Bytes of a JSONL file: Node has no longer strings. */
const largestFile = 500_000_000

/** The problem of a file that is too large to be read; undefined if it is not. */
export function tooLarge(path: string, size: number): FileProblem | undefined {
  const most = path.endsWith('.md') ? largestRelease : largestFile
  return size > most ? tooLong(path, size, most) : undefined
}

/** The same of a file, or of a line of one, by its size in bytes. */
export function tooLong(file: string, size: number, most: number): FileProblem {
  const [here, atMost] = [size, most].map((bytes) => Math.ceil(bytes / 1_000_000))
  const instead =
    most === largestFile
      ? 'Split it into several files.'
      : 'Attach what is long as a file from media/ instead.'
  const message = `This has ${here} MB, and at most ${atMost} MB are read. ${instead}`
  return { file, line: 1, field: '', message }
}

/** Links to folders are not followed: their author may not mean everything in there to be public. */
function notFollowed(file: string): FileProblem {
  const message =
    'This is a link to a folder, and links to folders are not followed. Put the folder itself here, or links to its files.'
  return { file, line: 1, field: '', message, warning: true }
}

function notRead(file: string): FileProblem {
  const message =
    'This file is not read. Give it a name such as my-release.en.md, or move it elsewhere.'
  return { file, line: 1, field: '', message, warning: true }
}

/** For `catch`: undefined for a file that is not there; any other error is thrown on. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function mediaType(path: string): string {
  return lookup(path) ?? 'application/octet-stream'
}
