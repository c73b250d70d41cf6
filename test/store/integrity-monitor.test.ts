import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { systemClock } from '../../src/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { StoreDamaged } from '../../src/domain/errors.ts'
import { allReleases } from '../../src/domain/feed-query.ts'
import { adviceForDamage, IntegrityMonitor } from '../../src/store/integrity-monitor.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { findDamage } from '../../src/store/integrity-check.ts'
import type { NodeDatabase } from '../../src/store/node-sqlite.ts'
import { openStore, reopen } from '../../src/store/open-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { writeFolder } from '../content-folder.ts'
import { damagePages } from '../damaged-database.ts'
import { databaseFile } from '../server.ts'

let folder: string
/** A database with releases, of which some need more than one page. */
let whole: string
beforeAll(async () => {
  const lines = Array.from({ length: 60 }, (_, index) => {
    const published = new Date(Date.UTC(2024, 0, 1, 0, index)).toISOString()
    const body = { markdown: `Number ${index}. `.repeat(index % 10 === 0 ? 1000 : 20) }
    return JSON.stringify({ slug: `r-${index}`, language: 'en', title: 'R', published, body })
  })
  folder = writeFolder({ 'releases/many.jsonl': lines.join('\n') })
  whole = join(folder, 'whole.db')
  const database = await openStore(whole, { mayBeMadeAnew: false })
  const options = { batch: 'first', program: 'test', clock: systemClock }
  expect(await bringInLine(folder, createContentStore(database, { wordsOf }), options)).toEqual([])
  database.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function copy(): string {
  const path = databaseFile()
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(whole, path)
  return path
}

/** A copy of the database as a service has it open, and what the log says of it. */
async function watched(beforeReopening = async (_database: NodeDatabase) => {}) {
  const path = copy()
  const database = await openStore(path, { mayBeMadeAnew: false })
  const monitor = new IntegrityMonitor(database, path, {
    advice: adviceForDamage(false),
    async reopenAll() {
      await beforeReopening(database)
      await reopen(database)
    },
  })
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(async () => {
    await monitor.close()
    database.close()
    log.mockRestore()
  })
  return { path, database, monitor, told: () => log.mock.calls.map(([line]) => String(line)) }
}

/** What a reader's question comes to, asked by one who knows nothing yet. */
async function ask(database: NodeDatabase): Promise<unknown> {
  const store = createReleaseStore(database)
  try {
    const state = await store.state(systemClock.now())
    const query = allReleases('en')
    return (await store.find(query, state, 60)).length
  } catch (error) {
    return error
  }
}

test.each([
  ['release', ['leaf']],
  ['release', ['overflow']],
  ['release_words_data', ['leaf']],
  ['sqlite_autoindex_release_4', ['leaf']],
  ['sqlite_schema', ['leaf']],
  ['state', ['leaf']],
])(
  'random bytes in the pages of %s (%s) are found when the file is looked through',
  (name, kinds) => {
    const path = copy()
    expect(findDamage(path)).toBeUndefined()
    damagePages(path, name, kinds)
    expect(findDamage(path)).toEqual(expect.any(String))
  },
)

test.each(['release', 'release_words_data', 'state'])(
  'damage of %s that a question meets is thrown with the sentence what to do, and told once',
  async (name) => {
    const { path, database, monitor, told } = await watched()
    expect([await ask(database), monitor.damage()]).toEqual([60, undefined])
    damagePages(path, name)
    const error = await ask(database)
    expect(error).toBeInstanceOf(StoreDamaged)
    const sentence = monitor.damage()
    expect(sentence).toMatch(/^DATABASE at .* is damaged.* the API takes nothing.* -- restore/)
    expect((error as Error).message).toBe(sentence)
    await ask(database)
    await monitor.check()
    expect([monitor.damage(), told()]).toEqual([sentence, [sentence]])
  },
)

test.each([
  ['update release set document = substr(document, 1, 50)', 'malformed JSON'],
  [
    "update state set value = substr(value, 1, 20) where key = 'site'",
    'a stored text cannot be read',
  ],
])(
  'a stored text that is no JSON any more is a damage, though SQLite reads it: %s',
  async (sql, reason) => {
    const { path, database, monitor } = await watched()
    await database.prepare(sql).all()
    expect(findDamage(path)).toMatch(/^a text in the table (release|state) cannot be read$/)
    expect(await ask(database)).toBeInstanceOf(StoreDamaged)
    expect(monitor.damage()).toContain(`(${reason})`)
  },
)

test('what a question can bring about by itself is no damage, and neither is a busy or full disk', async () => {
  const { database, monitor } = await watched()
  const sql = 'select rowid from release_words where release_words match ?'
  const wrong = await database
    .prepare(sql)
    .bind('"')
    .all()
    .catch((error: Error) => error)
  expect(wrong).toMatchObject({ code: 'ERR_SQLITE_ERROR' })
  for (const errcode of [5, 8, 13, 14, 19, 3082]) {
    const error = Object.assign(new Error('no'), { code: 'ERR_SQLITE_ERROR', errcode })
    expect(database.failed(error)).toBe(error)
  }
  expect(monitor.damage()).toBeUndefined()
})

test('a disk that fails is told, until the whole file can be read again', async () => {
  const { database, monitor, told } = await watched()
  const error = Object.assign(new Error('disk I/O error'), {
    code: 'ERR_SQLITE_ERROR',
    errcode: 522,
  })
  expect(database.failed(error)).toBeInstanceOf(StoreDamaged)
  expect(monitor.damage()).toContain('the disk under it (disk I/O error)')
  await monitor.check()
  expect([await ask(database), monitor.damage()]).toEqual([60, undefined])
  expect(told()).toHaveLength(2)
})

test('a look through the whole file finds what no question met, and takes it back when it is mended', async () => {
  const { path, database, monitor } = await watched()
  await monitor.check()
  expect(monitor.damage()).toBeUndefined()
  damagePages(path, 'sqlite_autoindex_release_4')
  await monitor.check()
  expect(monitor.damage()).toContain('is damaged')
  rmSync(path)
  copyFileSync(whole, path)
  expect(monitor.damage()).toContain('is damaged')
  await monitor.checkAgain()
  expect([await ask(database), monitor.damage()]).toEqual([60, undefined])
})

test('damage that no look finds stays until another file is there', async () => {
  const { path, database, monitor } = await watched()
  const error = Object.assign(new Error('malformed'), { code: 'ERR_SQLITE_ERROR', errcode: 267 })
  database.failed(error)
  await monitor.check()
  await monitor.checkAgain()
  expect(monitor.damage()).toContain('(malformed)')
  copyFileSync(whole, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  await monitor.checkAgain()
  expect(monitor.damage()).toBeUndefined()
})

test('a file that is gone is told at once, and is fine again when it is back', async () => {
  const { path, monitor } = await watched()
  renameSync(path, `${path}.away`)
  expect(monitor.damage()).toContain('The database file is no longer there.')
  renameSync(`${path}.away`, path)
  expect(monitor.damage()).toBeUndefined()
  renameSync(`${path}-wal`, `${path}.log`)
  expect(monitor.damage()).toMatch(/-wal is no longer there.* start it again/)
  renameSync(`${path}.log`, `${path}-wal`)
  expect(monitor.damage()).toBeUndefined()
})

test('what somebody meets in a damaged file while a good one is being opened is not said of that one', async () => {
  const { path, database, monitor } = await watched(async (old) => {
    expect(await ask(old)).toBeInstanceOf(StoreDamaged)
  })
  damagePages(path, 'state')
  expect(await ask(database)).toBeInstanceOf(StoreDamaged)
  await monitor.checkAgain()
  copyFileSync(whole, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  await monitor.check()
  expect(monitor.damage()).toBeUndefined()
  expect(await ask(database)).toBe(60)
})

test('another file in its place is looked through first, and the log of the one before is kept apart', async () => {
  const { path, database, monitor } = await watched()
  await database.batch([database.prepare("insert into state values ('last', 'in the log')")])
  renameSync(path, `${path}.mine`)
  writeFileSync(path, 'This is no database. '.repeat(500))
  expect(monitor.damage()).toContain('Another file lies at')
  await monitor.checkAgain()
  expect(monitor.damage()).toContain('file is not a database')
  expect(await ask(database)).toBe(60)
  rmSync(path)
  copyFileSync(whole, path)
  await monitor.checkAgain()
  expect(monitor.damage()).toBeUndefined()
  const last = () => database.prepare("select value from state where key = 'last'").first()
  expect([await ask(database), await last()]).toEqual([60, null])
  const log = readdirSync(dirname(path)).find((name) => /replaced-.*-wal$/.test(name))
  renameSync(join(dirname(path), log!), `${path}.mine-wal`)
  const before = await openStore(`${path}.mine`, { mayBeMadeAnew: false })
  expect(await before.prepare("select value from state where key = 'last'").first()).toEqual({
    value: 'in the log',
  })
  before.close()
})
