import { expect, test } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { systemClock } from '../../src/clock.ts'
import { compose } from '../../src/compose.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { ReleaseStore } from '../../src/domain/release-store.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate, migrateForVersion } from '../../src/store/migrate.ts'
import { openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { upgrading } from '../../src/upgrading.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { newDatabase } from '../new-database.ts'
import { applyEarlier, earlierMigrations } from '../store/earlier-versions.ts'
import { baseUrl, nodePress, publishTokens, requestFor } from '../platforms.ts'

const migrations = readMigrations()
const newest = migrations.at(-1)!.name
const later = { name: '9000_later.sql', sql: 'alter table release rename to communication;' }
const files = {
  'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24', 'topics: [eu]']),
}

/** A version of the service over a database that another version may change under it. */
async function version(
  database: Database,
  {
    isReadOnly = false,
    around = (store) => store,
  }: { isReadOnly?: boolean; around?: (store: ReleaseStore) => ReleaseStore } = {},
) {
  const asked: string[] = []
  const listening: Database = {
    prepare: (sql) => (asked.push(sql), database.prepare(sql)),
    batch: (statements) => database.batch(statements),
  }
  let ahead = 0
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const service = compose({
    database: listening,
    store: around(createReleaseStore(listening, { newest })),
    baseUrl,
    memory: 1_000_000,
    isReadOnly,
    hasFeedPages: true,
    hasChanged: () => true,
    later: (work) => void work(),
    media: async (c) => c.text('a file'),
    problems: () => [],
    clock,
    write: () => {},
  })
  return {
    fetch: async (path: string, headers: Record<string, string> = {}) =>
      service.fetch(requestFor(path, { headers })),
    /** What the database was asked since the last time. */
    asked: () => asked.splice(0),
    /** Until a database that could not be read is looked at again. */
    wait: () => void (ahead += 5),
  }
}

async function filled() {
  const database = await newDatabase()
  const content = createContentStore(database, { wordsOf })
  const options = { batch: 'first', program: 'test', clock: systemClock }
  expect(await bringInLine(temporaryFolder(files), content, options)).toEqual([])
  return database
}

const isAboutTables = (sql: string) => /sqlite_master|d1_migrations/.test(sql)

test('a version that meets tables of a newer one answers what it kept, and reads nothing but whose they are', async () => {
  const database = await filled()
  const service = await version(database)
  const feed = await service.fetch('/feed.atom')
  const text = await feed.text()
  const etag = { 'If-None-Match': feed.headers.get('etag')! }
  expect((await service.fetch('/media/a.pdf')).status).toBe(404)
  await migrate(database, [...migrations, later])
  service.asked()
  // The first to come may find out by asking for the state.
  expect(await (await service.fetch('/feed.atom')).text()).toBe(text)
  for (let round = 0; round < 3; round++) {
    service.asked()
    service.wait()
    const kept = await service.fetch('/feed.atom')
    expect([kept.status, await kept.text()]).toEqual([200, text])
    expect((await service.fetch('/feed.atom', etag)).status).toBe(304)
    for (const path of ['/feed.rss', '/releases/a', '/', '/topics.json', '/media/a.pdf']) {
      const unkept = await service.fetch(path)
      expect(unkept.status, path).toBe(503)
      expect(unkept.headers.get('retry-after'), path).toMatch(/^\d+$/)
    }
    expect((await service.fetch('/healthz')).status).toBe(503)
    const asked = service.asked()
    expect(asked.filter((sql) => !isAboutTables(sql))).toEqual([])
    // As seldom as a database that does not answer.
    expect(asked.length).toBeLessThan(10)
  }
})

test('a page is not said to be gone because its tables became others while it was looked for', async () => {
  const database = await filled()
  const emptied = { ...later, sql: 'delete from release;' }
  const around = (store: ReleaseStore): ReleaseStore => ({
    ...store,
    async findRelease(...what) {
      await migrate(database, [...migrations, emptied])
      return store.findRelease(...what)
    },
  })
  const service = await version(database, { around })
  expect((await service.fetch('/releases/a')).status).toBe(503)
})

test('a version goes on once the tables are its own again', async () => {
  const database = await filled()
  const service = await version(database)
  await service.fetch('/feed.json')
  const add = "insert into d1_migrations (name) values ('9000_later.sql')"
  await database.batch([database.prepare(add)])
  expect((await service.fetch('/releases/a')).status).toBe(503)
  await database.batch([
    database.prepare("delete from d1_migrations where name = '9000_later.sql'"),
  ])
  service.wait()
  expect((await service.fetch('/releases/a')).status).toBe(200)
})

test.each([
  ['of an older version', earlierMigrations],
  ['without tables', []],
])('over a database %s a version answers 503 with the reason', async (_, applied) => {
  const database = openDatabase(':memory:')
  await applyEarlier(database, applied)
  const service = await version(database, { isReadOnly: true })
  for (const path of ['/feed.json', '/releases/a', '/topics.json']) {
    const answer = await service.fetch(path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.text()).toContain('does not have the tables of this version yet')
  }
  expect((await service.fetch('/robots.txt')).status).toBe(200)
})

test('who only reads notes no edition, and who may write does', async () => {
  const database = await filled()
  const count = async () =>
    (await database.prepare('select count(*) as count from edition').first<{ count: number }>())!
      .count
  for (const isReadOnly of [true, false]) {
    const service = await version(database, { isReadOnly })
    const { headers } = await service.fetch('/feed.json')
    await service.fetch('/feed.json', { 'If-None-Match': headers.get('etag')! })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await count()).toBe(isReadOnly ? 0 : 1)
  }
})

test('a migration is a change of the store, so that whoever works with the tables of before looks again', async () => {
  const database = await filled()
  const store = createReleaseStore(database, { newest })
  const { revision } = await store.state(systemClock.now())
  await migrate(database, [...migrations, later])
  expect(await store.revision()).toBeGreaterThan(revision)
  await expect(store.state(systemClock.now())).rejects.toMatchObject({ code: 'unavailable' })
})

test('a version never migrates a database that has seen what it does not know', async () => {
  const database = await filled()
  const ours = { name: '9001_ours.sql', sql: 'create table ours (id integer);' }
  await migrate(database, [...migrations, later])
  const error = {
    code: 'unavailable',
    message: expect.stringContaining('9000_later.sql') as string,
  }
  await expect(migrate(database, [...migrations, ours])).rejects.toMatchObject(error)
  expect(
    await database.prepare("select 1 from sqlite_master where name = 'ours'").first(),
  ).toBeNull()
})

test('among versions at home one that was made earlier does not take the tables from a later one', async () => {
  const database = await filled()
  await database.batch([database.prepare("insert into state values ('made', 2000)")])
  const more = [...migrations, later]
  const options = { upgrading, portions: 1 }
  await expect(migrateForVersion(database, more, { ...options, made: 1000 })).rejects.toMatchObject(
    {
      code: 'unavailable',
    },
  )
  const store = createReleaseStore(database, { newest })
  expect((await store.state(systemClock.now())).revision).toBeGreaterThan(0)
  await migrateForVersion(database, more, { ...options, made: 3000 })
  await expect(store.state(systemClock.now())).rejects.toMatchObject({ code: 'unavailable' })
})

test('on Node the API takes nothing into tables of a newer version, and reads nothing of them', async () => {
  const press = await nodePress(temporaryFolder({}))
  const add = "insert into d1_migrations (name) values ('9000_later.sql')"
  press.database().prepare(add).run()
  const [, token = ''] = /newsroom=([^,]+)/.exec(publishTokens)!
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const body = JSON.stringify({ title: 'Late', body: { html: '<p>Late.</p>' } })
  const asked: [string, RequestInit][] = [
    ['/api/releases', {}],
    ['/api/releases/late/en', { method: 'PUT', body }],
    ['/api/releases/late/en?dry-run', { method: 'PUT', body }],
  ]
  for (const [path, init] of asked) {
    const answer = await press.fetch(path, { ...init, headers })
    expect(answer.status, path).toBe(503)
    expect(await answer.text(), path).toContain('those of a newer version')
  }
})
