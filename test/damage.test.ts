// A database that is backed up, put back, damaged, moved away or replaced under a real service, one after the other.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { registerBackup } from '../src/cli/backup.ts'
import { registerRestore } from '../src/cli/restore.ts'
import { runCommand } from './cli/run.ts'
import { markdown, temporaryFolder, writeFiles } from './content-folder.ts'
import { damagePages } from './damaged-database.ts'
import { type Server, startForAll, titles, until } from './server.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'
const authorization = 'Bearer a-secret-of-the-newsroom'

async function put({ url }: Server, slug: string) {
  const answer = await fetch(`${url}/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { Authorization: authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: slug, topics: ['eu'], body: { markdown: 'Text.' } }),
  })
  const { detail } = (await answer.json()) as { detail?: string }
  return { status: answer.status, detail }
}

async function health({ url }: Server) {
  const answer = await fetch(`${url}/healthz`)
  const { status, problems } = (await answer.json()) as { status: string; problems: string[] }
  return { code: answer.status, status, problems }
}

/** What the state table of a database says. */
function stateOf(path: string): Record<string, number> {
  const sqlite = new DatabaseSync(path, { readOnly: true })
  const rows = sqlite
    .prepare("select key, value from state where key in ('revision', 'changed', 'framed')")
    .all()
  sqlite.close()
  return Object.fromEntries(rows.map(({ key, value }) => [key as string, Number(value)]))
}

/** Polls a feed with hardly a pause. Answers how to stop, and what was answered. */
function poll(url: string) {
  const statuses: number[] = []
  const modified: number[] = []
  const contents = new Set<string>()
  const over = new AbortController()
  const polling = (async () => {
    while (!over.signal.aborted) {
      const response = await fetch(url)
      statuses.push(response.status)
      modified.push(Date.parse(response.headers.get('last-modified')!))
      const { items } = (await response.json()) as { items: { title: string }[] }
      contents.add(items.map(({ title }) => title).join())
      await pause(10)
    }
  })()
  return async () => {
    over.abort()
    await polling
    return { statuses, modified, contents: [...contents] }
  }
}

const well = { code: 200, status: 'ok', problems: [] }

const started = startForAll(
  { 'releases/a.en.md': markdown(['title: Old', published, 'topics: [eu]']) },
  { PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom' },
)

test('a backup is made and put back under a running service, and pollers see the one or the other', async () => {
  const { url, directory, database: DATABASE } = started()
  const environment = { DATABASE }
  mkdirSync(join(dirname(DATABASE), 'media/deeper'), { recursive: true })
  writeFileSync(join(dirname(DATABASE), 'media/deeper/a.txt'), 'old')
  const backup = join(temporaryFolder(), 'monday')

  const made = await runCommand(registerBackup, ['backup', backup], { environment })
  expect(made).toMatchObject({
    code: 0,
    errors: '',
    output: expect.stringContaining('holds 1 releases'),
  })
  expect(readdirSync(backup).toSorted()).toEqual(['media', 'tiedote.db'])

  writeFiles(directory, {
    'releases/a.en.md': markdown(['title: New', published]),
    'releases/b.en.md': markdown(['title: B', published]),
  })
  await until(async () => (await titles(`${url}/feed.json`)).includes('New'))
  writeFileSync(join(dirname(DATABASE), 'media/deeper/a.txt'), 'new')
  const before = stateOf(DATABASE)
  const validators = (await fetch(`${url}/feed.json`)).headers

  const stops = ['/feed.json', '/all/feed.json', '/feed.json'].map((path) => poll(`${url}${path}`))
  const restored = await runCommand(registerRestore, ['restore', backup], { environment })
  const polled = await Promise.all(stops.map((stop) => stop()))
  expect(restored).toMatchObject({ code: 0, errors: '' })
  expect(await titles(`${url}/feed.json`)).toEqual(['Old'])
  for (const { statuses, modified, contents } of polled) {
    expect(statuses.every((status) => status === 200)).toBe(true)
    expect(modified).toEqual(modified.toSorted((a, b) => a - b))
    expect(contents.toSorted()).toEqual(['B,New', 'Old'])
  }
  const after = stateOf(DATABASE)
  for (const key of ['revision', 'changed', 'framed'] as const) {
    expect(after[key]).toBeGreaterThan(
      Math.max(before[key] ?? 0, stateOf(join(backup, 'tiedote.db'))[key] ?? 0),
    )
  }
  const since = { 'If-Modified-Since': validators.get('last-modified')! }
  expect((await fetch(`${url}/feed.json`, { headers: since })).status).toBe(200)
  expect(readFileSync(join(dirname(DATABASE), 'media/deeper/a.txt'), 'utf8')).toBe('old')

  const kept = /kept in (\S+)\./.exec(restored.output)![1]!
  expect(readFileSync(join(kept, 'media/deeper/a.txt'), 'utf8')).toBe('new')
  expect(readdirSync(dirname(DATABASE)).filter((name) => name.includes('restoring'))).toEqual([])
  // What the folder says is brought in again, at the seconds that readers know.
  writeFiles(directory, { 'releases/c.en.md': markdown(['title: C', published]) })
  await until(async () => (await titles(`${url}/feed.json`)).includes('C'))
  expect((await titles(`${url}/feed.json`)).toSorted()).toEqual(['B', 'C', 'New'])
})

test('a database that is damaged or gone is told to everybody who must know, and a backup is taken up', async () => {
  const server = started()
  const { url, directory, database: path } = server
  const environment = { DATABASE: path }
  for (const name of ['b', 'c']) rmSync(join(directory, `releases/${name}.en.md`))
  writeFiles(directory, {
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  await until(async () => (await titles(`${url}/feed.json`)).join() === 'A')
  const backup = join(temporaryFolder(), 'backup')
  expect(await put(server, 'kept')).toMatchObject({ status: 201 })
  expect(await runCommand(registerBackup, ['backup', backup], { environment })).toMatchObject({
    code: 0,
  })
  expect(await put(server, 'lost')).toMatchObject({ status: 201 })
  expect(await titles(`${url}/feed.json`)).toEqual(['lost', 'kept', 'A'])
  expect(await health(server)).toEqual(well)

  // What was asked for before is answered as before. What was not is a problem, and no stack.
  damagePages(path, 'release_words_data')
  const unknown = await fetch(`${url}/topics/eu.rss`)
  expect(unknown.status).toBe(503)
  expect(unknown.headers.get('content-type')).toBe('application/problem+json')
  expect(await titles(`${url}/feed.json`)).toEqual(['lost', 'kept', 'A'])
  const sentence = expect.stringMatching(/^DATABASE at .* is damaged.*bring a backup back with/)
  const damaged = { code: 503, status: 'database has problems', problems: [sentence] }
  expect(await health(server)).toEqual(damaged)
  expect(await put(server, 'more')).toEqual({ status: 503, detail: sentence })
  const media = await fetch(`${url}/api/media/2026/agenda.txt`, {
    method: 'PUT',
    headers: { Authorization: authorization },
    body: 'Agenda.',
  })
  expect([media.status, await media.json()]).toMatchObject([503, { detail: sentence }])
  await fetch(`${url}/topics/eu.rss`)
  expect(server.log().match(/is damaged/g)).toHaveLength(1)

  const restored = await runCommand(registerRestore, ['restore', backup], { environment })
  expect(restored).toMatchObject({ code: 0, output: expect.stringContaining('It is kept as') })
  await until(async () => (await health(server)).code === 200)
  expect(await health(server)).toEqual(well)
  expect(await titles(`${url}/feed.json`)).toEqual(['kept', 'A'])
  expect(await put(server, 'again')).toMatchObject({ status: 201 })

  // It is told by the first who asks.
  renameSync(path, `${path}.away`)
  const gone = expect.stringContaining('The database file is no longer there.')
  expect(await health(server)).toEqual({ ...damaged, problems: [gone] })
  expect(await put(server, 'more')).toEqual({ status: 503, detail: gone })
  expect((await fetch(`${url}/feed.json`)).status).toBe(200)
  renameSync(`${path}.away`, path)
  expect(await health(server)).toEqual(well)
  expect(await put(server, 'there')).toMatchObject({ status: 201 })

  // The log of the database that was there is not taken for one of the copy.
  renameSync(path, `${path}.away`)
  copyFileSync(join(backup, 'tiedote.db'), path)
  await until(async () => (await health(server)).code === 200)
  expect(await titles(`${url}/feed.json`)).toEqual(['kept', 'A'])
  expect(await put(server, 'more')).toMatchObject({ status: 201 })
  expect(await titles(`${url}/feed.json`)).toEqual(['more', 'kept', 'A'])

  expect(server.log()).not.toMatch(/^\s+at /m)
  server.process.kill('SIGTERM')
  expect(await server.exit).toBe(0)
})
