import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { lookup } from 'mrmime'
import type { MediaFile } from './read-release.ts'

/** A file of a content folder. Paths are below the folder, with `/` on every system. */
export type FolderFile = { path: string; size: number; modified: number }

/** The content folder on disk. */
export type Folder = {
  /** Releases: `releases/**` ending in `.md` or `.jsonl`, in order of their paths. */
  releases: FolderFile[]
  /** Everything below `media/`. */
  media: Map<string, MediaFile>
  /** The text of a file. Rejects when it is not there or cannot be read. */
  read(path: string): Promise<string>
}

/** Looks a content folder through without reading its files. */
export async function openFolder(directory: string): Promise<Folder> {
  const releases = await list(directory, 'releases')
  const media = await list(directory, 'media')
  return {
    releases: releases.filter(({ path }) => /\.(md|jsonl)$/.test(path)),
    media: new Map(media.map(({ path, size }) => [path, { size, type: mediaType(path) }])),
    read: async (path) => {
      const text = await readFile(join(directory, path), 'utf8')
      return text.replace(/^\ufeff/, '')
    },
  }
}

async function list(directory: string, below: string): Promise<FolderFile[]> {
  const entries = await readdir(join(directory, below), {
    recursive: true,
    withFileTypes: true,
  }).catch(absent)
  const paths = (entries ?? [])
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(join(directory, path))
      return { path, size, modified: mtimeMs }
    }),
  )
}

/** Takes it lightly that something is not there, and nothing else. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function mediaType(path: string): string {
  return lookup(path) ?? 'application/octet-stream'
}
