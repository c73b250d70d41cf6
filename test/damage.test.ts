// A database that is damaged, moved away or replaced under a real service, and brought back.
import { copyFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { registerBackup } from '../src/cli/backup.ts'
import { registerRestore } from '../src/cli/restore.ts'
import { runCommand } from './cli/run.ts'
import { markdown, temporaryFolder } from './content-folder.ts'
import { damagePages } from './damaged-database.ts'
import { databaseFile, type Server, start, titles, until } from './server.ts'

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

const well = { code: 200, status: 'ok', problems: [] }

test('a database that is damaged or gone is told to everybody who must know, and a backup is taken up', async () => {
  const published = 'published: 2024-01-24T09:00:00+02:00'
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const path = databaseFile()
  const environment = { DATABASE: path }
  const settings = { ...environment, PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom' }
  const server = await start(directory, settings)
  const { url } = server
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
