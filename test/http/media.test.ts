import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { serveFolders } from '../../src/http/media.ts'
import { temporaryFolder } from '../content-folder.ts'

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
