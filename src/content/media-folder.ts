import { link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { DomainError } from '../domain/errors.ts'
import type { MediaStore } from '../domain/media-store.ts'
import { spellings } from '../domain/media-types.ts'
import { findMediaFile } from './folder.ts'
import { withMeasuresOf } from './picture-file.ts'

/**
 * The files on disk: those of the content folder, and uploads beside the database. If the database is in
 * memory, nothing can be uploaded.
 */
export function createMediaFolder(content: string, uploads: string | undefined): MediaStore {
  const folders = uploads === undefined ? [content] : [content, uploads]

  async function find(path: string) {
    for (const folder of folders) {
      const found = await findSpelled(folder, path)
      if (found) return withMeasuresOf(join(folder, found.spelling), found.file)
    }
    return undefined
  }

  return {
    find,
    async put(path, bytes, isDryRun) {
      if (uploads === undefined) {
        throw new DomainError('not-here', 'The database is in memory only, so files have no place.')
      }
      if (await findSpelled(content, path)) {
        throw new DomainError(
          'conflict',
          'The content folder has a file of this name. Use another name.',
        )
      }
      await checkPlace(uploads, path)
      const before = await findSpelled(uploads, path)
      const target = join(uploads, before?.spelling ?? path)
      if (!before && isDryRun) return 'created'
      const isCreated = !before && (await write(target, bytes).catch(notKept))
      // Also if another request has just written the same file.
      await syncFolders(dirname(target), uploads).catch(notKept)
      if (isCreated) return 'created'
      if (Buffer.compare(await readFile(target), bytes) === 0) return 'unchanged'
      throw new DomainError(
        'conflict',
        'There is another file of this name, and files never change. Use another name.',
      )
    },
  }
}

/** A file by its name, in whichever Unicode form. */
async function findSpelled(folder: string, path: string) {
  for (const spelling of spellings(path)) {
    const file = await findMediaFile(folder, spelling)
    if (file) return { spelling, file }
  }
  return undefined
}

/** A name on a disk is a file or a folder. Throws DomainError `conflict` for a name that would be both. */
async function checkPlace(uploads: string, path: string) {
  const isThere = async (place: string) => stat(join(uploads, place)).catch(() => undefined)
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if ((await isThere(folder))?.isFile()) {
      throw new DomainError('conflict', `${folder} is a file. Use another name for the folder.`)
    }
  }
  if ((await isThere(path))?.isDirectory()) {
    throw new DomainError('conflict', 'There is a folder of this name. Use another name.')
  }
}

/** No room or no right to write: nothing is kept. */
function notKept(error: NodeJS.ErrnoException): never {
  console.error(`A file is not kept: ${error.message}`)
  const reason = reasons[error.code ?? ''] ?? 'The file cannot be written at present'
  throw new DomainError(
    'unavailable',
    `${reason}, and nothing has changed. Send it again in a minute.`,
  )
}

const noRoom = 'The disk of the service is full'
const noRight = 'The service may not write where files are kept'

const reasons: Record<string, string> = {
  ENOSPC: noRoom,
  EDQUOT: noRoom,
  EACCES: noRight,
  EPERM: noRight,
  EROFS: noRight,
}

/**
 * Writes a file atomically: to disk under another name, then renamed. Returns false if another request was
 * first.
 */
async function write(target: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  const beside = join(folder, `.${basename(target)}.${randomUUID()}`)
  try {
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(beside, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(beside, { force: true })
  }
}

/** Has the name of a file and of the folders above it written to disk, up to one folder. */
async function syncFolders(from: string, to: string) {
  for (let folder = from; ; folder = dirname(folder)) {
    const entry = await open(folder, 'r')
    try {
      await entry.sync()
    } finally {
      await entry.close()
    }
    if (folder === to || folder === dirname(folder)) return
  }
}

/**
 * Deletes what is left of uploads that ended with a process. If another process is just finishing one of them,
 * that upload is refused and has to be sent again.
 */
export async function removeUnfinished(uploads: string): Promise<void> {
  const folder = join(uploads, 'media')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const unfinished = entries.filter((entry) => entry.isFile() && unfinishedName.test(entry.name))
  for (const { parentPath, name } of unfinished) {
    await rm(join(parentPath, name), { force: true }).catch(() => {})
  }
}

const unfinishedName = /^\..+\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
