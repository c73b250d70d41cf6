import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { registerBackup } from '../../src/cli/backup.ts'
import { registerRestore } from '../../src/cli/restore.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { systemClock } from '../../src/clock.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { databaseFile, start, titles, until } from '../server.ts'
import { runCommand } from './run.ts'

const published = 'published: 2024-01-24T09:00'

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-backup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
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

/** Polls a feed without a pause. Answers how to stop, and what was answered. */
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
    }
  })()
  return async () => {
    over.abort()
    await polling
    return { statuses, modified, contents: [...contents] }
  }
}

test('a link that was revoked since the backup stays revoked, and one that was made since stays', async () => {
  const press = await nodePress(temporaryFolder(), systemClock, undefined, { isOnDisk: true })
  onTestFinished(press.close)
  const environment = { DATABASE: press.databaseFile }
  const ask = async (method: string, path: string, body?: object) => {
    const headers = {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': 'application/json',
    }
    const sent = body && { body: JSON.stringify(body) }
    const answer = await press.fetch(path, { method, headers, ...sent })
    return (await answer.json()) as { id: string; url: string }
  }
  const release = { title: 'A', topics: [], draft: true, body: { markdown: 'Text.' } }
  await ask('PUT', '/api/releases/a/en', release)
  const path = '/api/releases/a/en/previews'
  const revoked = await ask('POST', path, { name: 'Aide' })
  const backup = join(temporary(), 'monday')
  expect(await runCommand(registerBackup, ['backup', backup], { environment })).toMatchObject({
    code: 0,
  })
  await ask('DELETE', `${path}/${revoked.id}`)
  const later = await ask('POST', path, { name: 'Minister' })
  expect(await runCommand(registerRestore, ['restore', backup], { environment })).toMatchObject({
    code: 0,
  })
  const statuses = [revoked, later].map(async ({ url }) => (await press.fetch(url)).status)
  expect(await Promise.all(statuses)).toEqual([410, 200])
})

test('a backup is made and put back under a running service, and pollers see the one or the other', async () => {
  const folder = temporaryFolder({ 'releases/a.en.md': markdown(['title: Old', published]) })
  const DATABASE = databaseFile()
  const environment = { DATABASE }
  const { url } = await start(folder, { DATABASE })
  mkdirSync(join(dirname(DATABASE), 'media/deeper'), { recursive: true })
  writeFileSync(join(dirname(DATABASE), 'media/deeper/a.txt'), 'old')
  const backup = join(temporary(), 'monday')

  const made = await runCommand(registerBackup, ['backup', backup], { environment })
  expect(made).toMatchObject({
    code: 0,
    errors: '',
    output: expect.stringContaining('holds 1 releases'),
  })
  expect(readdirSync(backup).toSorted()).toEqual(['media', 'tiedote.db'])

  writeFiles(folder, {
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
  writeFiles(folder, { 'releases/c.en.md': markdown(['title: C', published]) })
  await until(async () => (await titles(`${url}/feed.json`)).includes('C'))
  expect((await titles(`${url}/feed.json`)).toSorted()).toEqual(['B', 'C', 'New'])
})

test('a backup never takes the place of what is there, and nothing half is left of one that fails', async () => {
  const folder = temporary()
  const DATABASE = join(folder, 'x.db')
  const environment = { DATABASE }
  const missing = await runCommand(registerBackup, ['backup', join(folder, 'b')], { environment })
  expect(missing).toMatchObject({ code: 1, errors: `There is no database at ${DATABASE}.` })
  const there = await runCommand(registerBackup, ['backup', folder], { environment })
  expect(there).toMatchObject({ code: 1, errors: `There is ${folder} already. Name a new folder.` })
  const memory = { DATABASE: ':memory:' }
  expect(
    (await runCommand(registerBackup, ['backup', join(folder, 'b')], { environment: memory }))
      .errors,
  ).toContain(':memory:')
  writeFileSync(DATABASE, 'this is no database, whatever its name says')
  const damaged = await runCommand(registerBackup, ['backup', join(folder, 'b')], { environment })
  expect(damaged).toMatchObject({
    code: 1,
    errors: expect.stringContaining('is damaged, or no database'),
  })
  expect(readdirSync(folder)).toEqual(['x.db'])
})

test('what is no backup of ours, or of a newer version, is refused and nothing changes', async () => {
  const folder = temporary()
  const environment = { DATABASE: join(folder, 'live.db') }
  const other = join(folder, 'other.db')
  const sqlite = new DatabaseSync(other)
  sqlite.exec('create table bird (name text)')
  const restore = async (path: string) =>
    runCommand(registerRestore, ['restore', path], { environment })
  expect(await restore(other)).toMatchObject({
    code: 1,
    errors: `${other} is a database, and none of Tiedote.`,
  })
  sqlite.exec(
    'create table state (key text primary key, value); create table release (published integer)',
  )
  sqlite.exec(
    "create table d1_migrations (id integer primary key, name text unique); insert into d1_migrations (name) values ('9999_future.sql')",
  )
  sqlite.close()
  expect((await restore(other)).errors).toContain('newer version (9999_future.sql)')
  expect((await restore(join(folder, 'nothing'))).errors).toContain('There is no ')
  expect(existsSync(environment.DATABASE)).toBe(false)
  expect(readdirSync(folder)).toEqual(['other.db'])
})

test('an older backup is brought up to date on its way, and stays as it is itself', async () => {
  const folder = temporary()
  const old = join(folder, 'old.db')
  const live = join(folder, 'live.db')
  const database = openDatabase(old)
  await migrate(database, readMigrations().slice(0, 1))
  database.close()
  const before = readFileSync(old)
  const environment = { DATABASE: live }
  const { code } = await runCommand(registerRestore, ['restore', old], { environment })
  expect(code).toBe(0)
  const sqlite = new DatabaseSync(live, { readOnly: true })
  const applied = sqlite.prepare('select name from d1_migrations order by name').all()
  sqlite.close()
  expect(applied.map(({ name }) => name)).toEqual(readMigrations().map(({ name }) => name))
  expect(readFileSync(old).equals(before)).toBe(true)
})
