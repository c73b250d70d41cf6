import { readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createMediaFolder } from '../../src/content/media-folder.ts'
import { temporaryFolder } from '../content-folder.ts'

test('a file is on disk before it has its name, and its name is before it is answered for', async () => {
  const content = temporaryFolder()
  const uploads = temporaryFolder()
  const folders = ['media/2026', 'media', ''].map((path) => join(uploads, path))
  const handle = await open(content)
  const kind = Object.getPrototypeOf(handle) as typeof handle
  await handle.close()
  /** What was brought to disk, by its number, and the names that lay in its folder then. */
  const synced: { entry: number; names: string[] }[] = []
  const spy = vi.spyOn(kind, 'sync').mockImplementation(async function (this: typeof handle) {
    synced.push({ entry: (await this.stat()).ino, names: readdirSync(folders[0]!) })
  })
  onTestFinished(() => spy.mockRestore())
  const media = createMediaFolder(content, uploads)
  expect(await media.put('media/2026/a.txt', Buffer.from('Agenda.'), false)).toBe('created')
  const [file, ...named] = synced
  expect(file!.entry).toBe(statSync(join(uploads, 'media/2026/a.txt')).ino)
  expect(file!.names).not.toContain('a.txt')
  expect(named.map(({ entry }) => entry)).toEqual(folders.map((folder) => statSync(folder).ino))
  expect(named.every(({ names }) => names.includes('a.txt'))).toBe(true)
})

test('a file is the same however the letters of its name are composed', async () => {
  const uploads = temporaryFolder()
  const media = createMediaFolder(
    temporaryFolder({ 'media/\u00e4.txt': 'Of the folder.' }),
    uploads,
  )
  const agenda = Buffer.from('Agenda.')
  expect(await media.put('media/\u00f6.txt', agenda, false)).toBe('created')
  expect(await media.put('media/o\u0308.txt', agenda, false)).toBe('unchanged')
  expect(readdirSync(join(uploads, 'media'))).toEqual(['\u00f6.txt'])
  const others = ['media/o\u0308.txt', 'media/a\u0308.txt']
  for (const path of others) {
    await expect(media.put(path, Buffer.from('Another.'), false)).rejects.toThrow(/of this name/)
  }
})
