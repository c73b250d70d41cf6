import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { serveFolders } from '../../src/http/media.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'

test('a file is served whether its letters are composed in the address and on disk, or not', async () => {
  const composed = 'k\u00e4ynti kartta.pdf'
  const decomposed = composed.normalize('NFD')
  const folder = temporaryFolder({
    [`media/a/${composed}`]: 'first',
    [`media/b/${decomposed}`]: 'second',
  })
  const app = new Hono().use(serveFolders(['/nowhere', folder]))
  for (const name of [composed, decomposed]) {
    const ask = async (path: string) => (await app.request(path)).text()
    expect(await ask(`/media/a/${encodeURIComponent(name)}`)).toBe('first')
    expect(await ask(`/media/b/${encodeURIComponent(name)}`)).toBe('second')
  }
  expect((await app.request(`/media/c/${encodeURIComponent(composed)}`)).status).toBe(404)
})

test('a file of the content folder stands before one of that name that was uploaded', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown([
      'title: A',
      'published: 2026-03-01',
      'attachments: [{ file: a.txt }]',
    ]),
    'media/a.txt': 'of the folder',
  })
  const press = await nodePress(directory, undefined, undefined, { isOnDisk: true })
  writeFiles(press.uploads, { 'media/a.txt': 'uploaded' })
  expect(await (await press.fetch('/media/a.txt')).text()).toBe('of the folder')
})
