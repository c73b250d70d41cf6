// The real server on a disk that is full, and without its database.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openStore } from '../src/store/open-store.ts'
import { markdown, temporaryFolder, writeFolder } from './content-folder.ts'
import { createClockAhead, type Server, spawnServer, start, until } from './server.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'
const secret = 'a-secret-of-the-newsroom'
const { environment } = createClockAhead()
const pdf = '%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n'

/** A folder with a disk of some KB in it, if one can be mounted, for whoever removes it. */
function mountDisk(kilobytes: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-disk-'))
  const options = ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]
  const isMounted = spawnSync('mount', options).status === 0
  const remove = () => {
    if (isMounted) spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  }
  return { folder, isMounted, remove }
}

/** The disk for one test; undefined where none can be mounted. */
function disk(kilobytes: number): string | undefined {
  const { folder, isMounted, remove } = mountDisk(kilobytes)
  onTestFinished(remove)
  return isMounted ? folder : undefined
}

async function put({ url }: Server, path: string, body: string | Uint8Array, type: string) {
  const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': type }
  const answer = await fetch(`${url}/api/${path}`, { method: 'PUT', body, headers })
  return { status: answer.status, told: (await answer.json()) as { detail?: string } }
}

const putFile = (server: Server, name: string) =>
  put(server, `media/${name}.pdf`, pdf, 'application/pdf')
const putRelease = (server: Server, slug: string) =>
  put(
    server,
    `releases/${slug}/en`,
    JSON.stringify({ title: slug, published: '2024-01-25T09:00:00Z', body: { markdown: 'Text.' } }),
    'application/json',
  )

test('a first start on a full disk says that it is full', async ({ skip }) => {
  const text = Array.from({ length: 40_000 }, (_, number) => `word${number}`).join(' ')
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published], text),
  })
  // There is no room for a database, or none for its tables.
  for (const size of [4, 120]) {
    const folder = disk(size)
    if (!folder) return skip('No disk can be mounted here.')
    const opening = openStore(join(folder, 'data/tiedote.db'), { mayBeMadeAnew: true })
    await expect(opening, `${size} KB`).rejects.toThrow(/(full|no space).* Make room on its disk/)
  }
  const DATABASE = join(disk(900)!, 'data/tiedote.db')
  const server = await start(directory, { ...environment, DATABASE })
  expect(await server.exit).toBe(1)
  expect(server.log()).toMatch(/full|no space/)
  expect(server.log()).toContain('Make room on its disk')
  expect(server.log()).not.toMatch(/^\s+at |move the file away/m)
})

/** Leaves no room on a disk. */
function fill(folder: string) {
  const file = join(folder, 'filler')
  for (let size = 1_000_000; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch {
      continue
    }
  }
}

describe('on one disk', () => {
  const { folder: whole, isMounted, remove } = mountDisk(6000)
  const folder = join(whole, 'deeper')
  const directory = writeFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
  let server: Server
  beforeAll(async () => {
    const settings = { ...environment, PUBLISH_TOKENS: `newsroom=${secret}` }
    server = await spawnServer(directory, { DATABASE: join(folder, 'tiedote.db'), ...settings })
    await until(() => server.output().includes('Serving'))
  })
  afterAll(async () => {
    server.process.kill('SIGKILL')
    await server.exit
    remove()
    rmSync(directory, { recursive: true, force: true })
  })

  test('while it is full nothing is taken, which is told, and readers are answered', async ({
    skip,
  }) => {
    if (!isMounted) return skip('No disk can be mounted here.')
    expect((await putFile(server, 'before')).status).toBe(201)
    fill(whole)
    const file = await putFile(server, 'during')
    expect(file).toMatchObject({
      status: 503,
      told: { detail: expect.stringContaining('The disk of the service is full') },
    })
    expect((await putRelease(server, 'during')).status).toBe(503)
    expect((await fetch(`${server.url}/feed.rss`)).status).toBe(200)
    rmSync(join(whole, 'filler'))
    expect((await putFile(server, 'during')).status).toBe(201)
    expect((await putRelease(server, 'during')).status).toBe(201)
  })

  test('a file that is sent while the database is gone is not taken, and no folder is made for it', async () => {
    expect((await putFile(server, 'there')).status).toBe(201)
    renameSync(folder, `${folder}-away`)
    for (const name of ['there', 'gone']) {
      expect(await putFile(server, name)).toMatchObject({
        status: 503,
        told: { detail: expect.stringContaining('The database file is no longer there') },
      })
    }
    expect(readdirSync(whole)).not.toContain('deeper')
    expect(server.log()).toContain('The database file is no longer there')
    renameSync(`${folder}-away`, folder)
    // What was moved away is looked through before it is taken up again.
    await until(async () => (await putFile(server, 'gone')).status === 201)
  })

  test('a release that is as long as a book is told by its size, in a file of its own and in a line', async () => {
    const text = 'Some words here. '.repeat(700_000)
    // Writing takes so long that the service would see a part.
    const write = (path: string, content: string) => {
      writeFileSync(join(directory, 'being-written'), content)
      renameSync(join(directory, 'being-written'), join(directory, path))
    }
    mkdirSync(join(directory, 'media'))
    write('media/big.txt', text)
    write('releases/big.en.md', markdown(['title: Big', published], text))
    const line = { slug: 'line', language: 'en', title: 'Line', body: { markdown: text } }
    write('releases/lines.jsonl', `\n${JSON.stringify(line)}\n`)
    await until(() => server.log().includes('lines.jsonl'))
    expect(server.log()).toContain(
      'releases/big.en.md:1  This has 12 MB, and at most 10 MB are read.',
    )
    expect(server.log()).toContain(
      'releases/lines.jsonl:2  This has 12 MB, and at most 10 MB are read.',
    )
    expect((await fetch(`${server.url}/feed.rss`)).status).toBe(200)
  })
})
