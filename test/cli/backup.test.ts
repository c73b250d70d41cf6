import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { registerBackup } from '../../src/cli/backup.ts'
import { registerRestore } from '../../src/cli/restore.ts'
import { copyDatabase } from '../../src/store/backup.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { systemClock } from '../../src/clock.ts'
import { temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { runCommand } from './run.ts'

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-backup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
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
  const data = dirname(press.databaseFile)
  writeFiles(data, { 'media/a.txt': 'A text.' })
  const backup = join(temporary(), 'monday')
  expect(await runCommand(registerBackup, ['backup', backup], { environment })).toMatchObject({
    code: 0,
  })
  rmSync(join(data, 'media/a.txt'))
  await ask('DELETE', `${path}/${revoked.id}`)
  const later = await ask('POST', path, { name: 'Minister' })
  expect(await runCommand(registerRestore, ['restore', backup], { environment })).toMatchObject({
    code: 0,
  })
  const statuses = [revoked, later].map(async ({ url }) => (await press.fetch(url)).status)
  expect(await Promise.all(statuses)).toEqual([410, 200])
  // The files are there again, and nothing else is left.
  expect(readdirSync(join(data, 'media'))).toEqual(['a.txt'])
  expect(readdirSync(data).filter((name) => name.includes('restoring'))).toEqual([])
})

test('a backup ends, and is of one moment, however often somebody writes meanwhile', async () => {
  const folder = temporary()
  const live = join(folder, 'live.db')
  const database = openDatabase(live)
  await migrate(database, readMigrations())
  // It takes several steps to copy.
  await database.prepare('create table large as select zeroblob(40000000) as bytes').all()
  const write = (value: number) =>
    database.prepare("insert or replace into state (key, value) values ('written', ?)").bind(value)
  await write(0).all()
  let steps = 0
  await copyDatabase(live, join(folder, 'copy.db'), () => {
    if (++steps > 100) throw new Error('It began again with each write.')
    write(steps).run()
  })
  expect(steps).toBeGreaterThan(2)
  const copy = openDatabase(join(folder, 'copy.db'))
  const found = await copy.prepare("select value from state where key = 'written'").all()
  expect(found.results).toEqual([{ value: 0 }])
  copy.close()
  database.close()
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
