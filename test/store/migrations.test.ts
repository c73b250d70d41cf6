import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { composeNode } from '../../src/compose-node.ts'
import { readTokens } from '../../src/config.ts'
import { wordsOf } from '../../src/content/words.ts'
import { keyAt } from '../../src/domain/key.ts'
import type { Release } from '../../src/domain/release.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { Database, Row } from '../../src/store/database.ts'
import { findDamage } from '../../src/store/integrity-check.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type NodeDatabase, openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { temporaryFolder } from '../content-folder.ts'
import { walk } from '../archive-walker.ts'
import { baseUrl, type Fetch, publishTokens, requestFor } from '../platforms.ts'
import { amount } from '../trials.ts'
import {
  answersOf,
  digestOf,
  earlierVersions,
  fillAsEarlier,
  fillWithMany,
  inOrder,
  rowsOf,
  secondOfAnswers,
  wordsIn,
} from './earlier-versions.ts'
import { after, databaseWith, end, fill, releases, site } from './stores.ts'

const upgrading = { wordsOf }

test('whoever staged drafts before their table was made anew is told so, and releases keep their marks', async () => {
  const samples = fc.sample(releases, { numRuns: 30, seed: 3 })
  const written = samples.toSorted((a, b) => a.length - b.length).at(-1)!
  const database = await databaseWith(readMigrations().filter(({ name }) => name < '0015'))
  onTestFinished(() => database.close())
  await fill(database, written)
  const marks = 'select * from release_marks order by key'
  const before = await database.prepare(marks).all()
  expect(before.results.length).toBeGreaterThan(5)
  const words = await wordsIn(database)
  const frame = { site, vocabulary: after, files: new Map(), removed: [], program: '' }
  const content = createContentStore(database, { wordsOf })
  const still = { now: () => end, passed: async () => {} }
  const apply = () => content.apply('waits', { ...frame, drafts: 1 }, still)
  const slug = 'comes-again'
  const release = {
    ...(JSON.parse(String(await documentIn(database))) as Release),
    id: `urn:uuid:${slug}`,
    slug,
    published: end,
    updated: end,
  }
  const hashes = { source: `${slug}.en.md`, origin: slug, hash: slug }
  const draft = { ...hashes, release, words: wordsOf(release), weight: 1, media: [] }
  await content.stage('waits', [draft], end, 0)

  await migrate(database, readMigrations(), upgrading)
  expect(await database.prepare(marks).all()).toEqual(before)
  expect(await wordsIn(database)).toEqual(words)
  await expect(apply()).rejects.toThrow('is read again')
  await content.stage('waits', [draft], end, 0)
  expect(await apply()).toBe(true)
  const [all] = await wordsIn(database)
  expect(all).toHaveLength(before.results.length + 1)
})

describe.each(earlierVersions)('a database whose last migration was %s', (version) => {
  /** When it is asked: what it answered then is still news. */
  const now = secondOfAnswers(version) + 5

  async function earlier(file = ':memory:') {
    const database = openDatabase(file)
    onTestFinished(() => database.close())
    await fillAsEarlier(database, version)
    return database
  }

  async function broughtOver() {
    const database = await earlier()
    expect(await migrate(database, readMigrations(), upgrading)).toBe(true)
    return database
  }

  test('keeps every row, with seconds as keys', async () => {
    const database = await earlier()
    const before = await rowsOf(database)
    await migrate(database, readMigrations(), upgrading)
    const after = await rowsOf(database)
    const releases = before.release!.map(({ published, updated, document, ...row }) => ({
      ...row,
      key: keyAt(Number(published)),
      updated_key: keyAt(Number(updated)),
      document,
      markdown: null,
      weight: row.weight ?? Math.floor((String(document).length * 5) / 4) + 2000,
      withdrawn: Number(JSON.parse(String(document)).withdrawn !== undefined),
      history: row.history ?? 0,
    }))
    expect(after.release).toEqual(inOrder(releases))
    const departed = (before.departed ?? []).map(({ published, updated, ...row }) => ({
      publisher: null,
      ...row,
      key: keyAt(Number(published)),
      updated_key: keyAt(Number(updated)),
    }))
    expect(after.departed).toEqual(inOrder(departed))
    const state = before.state!.map(({ key, value }) => {
      return { key, value: key === 'revision' ? Number(value) + 1 : value }
    })
    expect(after.state).toEqual(inOrder(state))
    for (const table of [
      'topic_broader',
      'content_file',
      'departure',
      'published_topic',
      'history',
      'lost_slug',
    ]) {
      expect(after[table], table).toEqual(before[table] ?? [])
    }
    const withSecond = ({ published, ...row }: Row) => ({ ...row, key: keyAt(Number(published)) })
    for (const table of ['former_slug', 'correction', 'release_media']) {
      const rows =
        before[table] ?? (table === 'release_media' ? attachmentsOf(before.release!) : [])
      expect(after[table], table).toEqual(inOrder(rows.map(withSecond)))
    }
    expect(after.release_media).not.toEqual([])
    expect(after.topic_count).not.toEqual([])
    if (before.topic_count) {
      const counts = before.topic_count.map(({ newest, ...row }) => ({
        ...row,
        newest: keyAt(Number(newest)),
      }))
      const ofTopics = after.topic_count!.filter(({ topic }) => !String(topic).includes(':'))
      expect(ofTopics).toEqual(inOrder(counts))
    }
  })

  test('has the tables of a new one, and they are whole', async () => {
    const database = await broughtOver()
    const fresh = openDatabase(':memory:')
    await migrate(fresh, readMigrations())
    expect(await schemaOf(database)).toEqual(await schemaOf(fresh))
    fresh.close()
    await expectWhole(database)
  })

  test('answers as that version did', async () => {
    const service = serviceOf(await broughtOver(), now)
    for (const [path, expected] of Object.entries(answersOf(version))) {
      expect(await answerOf(service, path), path).toEqual(expected)
      const paths = expected.map(([one]) => one)
      const [address, search = ''] = path.split('.json')
      for (const [format, link] of [
        ['rss', /<item>.*?<link>(.*?)<\/link>/gs],
        ['atom', /<entry\b.*?<link [^>]*?href="([^"]*)"/gs],
      ] as const) {
        const text = await (await follow(service, `${address}.${format}${search}`)).text()
        const found = Array.from(text.matchAll(link), ([, url]) => url!.replace(baseUrl, ''))
        expect(found, `${address}.${format}`).toEqual(paths)
      }
    }
  })

  test('leads from addresses that moved, says what was withdrawn, and hides what is to come', async () => {
    const service = serviceOf(await broughtOver(), now)
    const moved = await service('/releases/moving')
    expect([moved.status, moved.headers.get('location')]).toEqual([
      308,
      `${baseUrl}/releases/moved`,
    ])
    expect(await (await service('/releases/third')).text()).toContain('It was wrong.')
    expect((await service('/releases/embargoed')).status).toBe(404)
    expect((await service('/releases/gone')).status).toBe(404)
    expect((await service('/media/agenda.txt')).status).not.toBe(404)
    expect((await service('/media/secret.txt')).status).toBe(404)
    if (version < '0003') return
    expect(await (await service('/releases/first')).text()).toContain('/releases/late')
    const met = await walk(service, '/feed.atom')
    expect(met.at(-1)!.ids).not.toEqual([])
  })

  test('goes on: times come later, and what comes back has its own again', async () => {
    const database = await broughtOver()
    const service = serviceOf(database, now)
    const put = async (slug: string, publisher: string) => {
      const answer = await service(`/api/releases/${slug}/en`, {
        method: 'PUT',
        headers: {
          Authorization: 'Bearer a-secret-of-the-newsroom',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({
          title: `Again ${slug}`,
          topics: ['asylum'],
          publisher,
          published: '2024-01-26T07:00:00Z',
          body: { html: '<p>Regained</p>' },
        }),
      })
      expect([answer.status, await answer.text()]).toEqual([201, expect.anything()])
    }
    const departed = await database.prepare('select key from departed').first<{ key: number }>()
    await put('fresh', 'ministry')
    await put('gone', 'customs')
    const { results } = await database
      .prepare("select slug, key from release where slug in ('fresh', 'gone')")
      .all<{ slug: string; key: number }>()
    const keys = Object.fromEntries(results.map(({ slug, key }) => [slug, key]))
    expect(keys.fresh).toBeGreaterThan(keyAt(now - 1))
    if (version >= '0003') expect(keys.gone).toBe(departed?.key)
    expect(await answerOf(service, '/topics/migration.json?q=regained')).toHaveLength(2)
    await expectWhole(database)
  })
})

describe('a database with many releases', () => {
  // Few that are long make as many portions as many that are short.
  const [count, length] = [amount(24, 1000), amount(25_000, 0)]

  const folder = mkdtempSync(join(tmpdir(), 'tiedote-many-'))
  beforeAll(async () => {
    const database = openDatabase(join(folder, 'tiedote.db'))
    await fillWithMany(database, count, length)
    // One is longer than a portion.
    await database
      .prepare(
        `update release set document = json_set(document, '$.html', (document ->> '$.html') || ?)
         where published = (select min(published) from release)`,
      )
      .bind(' '.repeat(300_000))
      .all()
    database.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function withMany() {
    const file = `${temporaryFolder()}/tiedote.db`
    copyFileSync(join(folder, 'tiedote.db'), file)
    return { file, database: openDatabase(file) }
  }

  test('is brought over in portions, and until the last is there it is being set up', async () => {
    const { database } = withMany()
    const before = await database.prepare('select count(*) as count from release').first()
    expect(before).toEqual({ count })
    const service = serviceOf(database, now)
    let rounds = 0
    const told: [number, number][] = []
    const progress = (done: number, total: number) => void told.push([done, total])
    while (!(await migrate(database, readMigrations(), { wordsOf, progress }, 1))) {
      rounds++
      const answer = await service('/feed.json')
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      const sent = await service('/api/releases/x/en', publishing)
      expect(sent.status).toBe(503)
      if (rounds > 1000) throw new Error('It comes to no end')
    }
    expect(rounds).toBeGreaterThan(2)
    expect(told.at(-1)).toEqual([count, count])
    expect((await service('/feed.json')).status).toBe(200)
    await expectWhole(database)
    database.close()
  })

  test('holds the same wherever it was interrupted, and whoever helped', async () => {
    const whole = withMany()
    await migrate(whole.database, readMigrations(), upgrading)
    const expected = await digestOf(whole.database)
    whole.database.close()

    const { file, database } = withMany()
    database.close()
    // Each batch fails once before it is done, and is lost sight of once after it was done.
    for (let times = 0; ; times++) {
      const again = openDatabase(file)
      const isDone = await migrate(
        failing(again, times % 2 === 0),
        readMigrations(),
        upgrading,
      ).catch(() => false)
      again.close()
      if (isDone) break
      if (times > 1000) throw new Error('It comes to no end')
    }
    const interrupted = openDatabase(file)
    expect(await digestOf(interrupted)).toEqual(expected)
    interrupted.close()

    const shared = withMany()
    const others = [openDatabase(shared.file), openDatabase(shared.file)]
    // From here on they go in step, and take the same portions.
    await migrate(shared.database, readMigrations(), upgrading, 1)
    const all = await Promise.all(
      [shared.database, ...others].map((one) => migrate(one, readMigrations(), upgrading)),
    )
    expect(all).toEqual([true, true, true])
    expect(await digestOf(shared.database)).toEqual(expected)
    expect(findDamage(shared.file)).toBeUndefined()
    for (const one of [shared.database, ...others]) one.close()
  })

  test('is not opened by who cannot bring it over', async () => {
    const { database } = withMany()
    await expect(migrate(database, readMigrations())).rejects.toThrow('of an earlier version')
    await migrate(database, readMigrations(), upgrading, 1)
    await expect(migrate(database, readMigrations())).rejects.toThrow('of an earlier version')
    database.close()
  })
})

const now = Date.UTC(2026, 10, 29) / 1000

const publishing = {
  method: 'PUT',
  headers: { Authorization: 'Bearer a-secret-of-the-newsroom', 'Content-Type': 'application/json' },
  body: JSON.stringify({ title: 'X', body: { html: '<p>X</p>' } }),
}

/** A database on which the second batch throws: without it, or after it. */
function failing(database: NodeDatabase, isBefore: boolean): Database {
  let batches = 0
  return {
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      const isLast = ++batches === 2
      if (!(isLast && isBefore)) await database.batch(statements)
      if (isLast) throw new Error('killed')
    },
  }
}

/** The service at a second, as its clock does not let anybody wait. */
function serviceOf(database: NodeDatabase, second: number): Fetch {
  let at = second
  const clock = {
    now: () => at,
    async passed(over: number) {
      at = Math.max(at, over + 1)
    },
  }
  const directory = temporaryFolder({ 'media/agenda.txt': 'An agenda', 'media/secret.txt': 'No' })
  const { fetch } = composeNode({
    database,
    contentDirectory: directory,
    uploads: undefined,
    baseUrl,
    tokens: readTokens(publishTokens),
    clock,
    problems: () => [],
    write: () => {},
  })
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const socket = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }
  return async (path, init) => fetch(requestFor(path, init), socket)
}

async function follow(service: Fetch, path: string): Promise<Response> {
  const answer = await service(path)
  const location = answer.headers.get('location')
  return location ? service(location.replace(baseUrl, '')) : answer
}

/** Paths and times of what a JSON Feed holds. */
async function answerOf(service: Fetch, path: string) {
  const answer = await follow(service, path)
  expect(answer.status, path).toBe(200)
  const { items } = (await answer.json()) as {
    items: { url: string; date_published: string; date_modified?: string }[]
  }
  return items.map(({ url, date_published: published, date_modified: modified = published }) => [
    url.replace(baseUrl, ''),
    Date.parse(published) / 1000,
    Date.parse(modified) / 1000,
  ])
}

function attachmentsOf(releases: Row[]): Row[] {
  return releases.flatMap(({ document, published }) => {
    const { attachments } = JSON.parse(String(document)) as Pick<Release, 'attachments'>
    return attachments.map(({ path }) => ({ path, published }))
  })
}

async function documentIn(database: Database) {
  const found = await database
    .prepare('select document from release where withdrawn = 0 limit 1')
    .first()
  return found!.document
}

async function schemaOf(database: Database) {
  const { results } = await database
    .prepare("select type, name, sql from sqlite_master where name <> 'd1_migrations'")
    .all()
  const ledger = await database.prepare('select name from d1_migrations').all()
  return [inOrder(results), ledger.results]
}

/** Nothing is broken, and each release is in the index exactly once. */
async function expectWhole(database: Database) {
  const answers = async (sql: string) => (await database.prepare(sql).all()).results
  expect(await answers('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  expect(await answers('pragma foreign_key_check')).toEqual([])
  for (const table of ['release_words', 'moved_words', 'event_words']) {
    await answers(`insert into ${table} (${table}) values ('integrity-check')`)
  }
  const releases = await database
    .prepare(
      'select key, updated_key, document, marks from release join release_marks using (key, updated_key) order by key',
    )
    .all<{ key: number; updated_key: number; document: string; marks: string }>()
  const all = releases.results.map(({ document, marks, ...keys }) => {
    const words = `${wordsOf(JSON.parse(document) as Release)} ${marks}`.toLowerCase()
    return { ...keys, words }
  })
  const [words, moved, events] = await wordsIn(database)
  expect(words).toEqual(all.map((one) => [one.key, one.words]))
  expect(moved).toEqual(
    all
      .filter((one) => one.updated_key !== one.key)
      .toSorted((a, b) => a.updated_key - b.updated_key)
      .map((one) => [one.updated_key, one.words]),
  )
  const withEvents = await answers(
    "select key from release where document -> '$.event' is not null",
  )
  expect(events).toEqual(
    all
      .filter(({ key }) => withEvents.some((one) => one.key === key))
      .map((one) => [one.key, one.words]),
  )
}
