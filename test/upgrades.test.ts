// Databases of earlier versions, met by the service as it is started and deployed.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { registerBackup } from '../src/cli/backup.ts'
import { registerExport } from '../src/cli/export.ts'
import { registerRestore } from '../src/cli/restore.ts'
import { systemClock } from '../src/clock.ts'
import { composeNode } from '../src/compose-node.ts'
import { bringInLine } from '../src/content/bring-in-line.ts'
import { wordsOf } from '../src/content/words.ts'
import { programVersion } from '../src/domain/output-version.ts'
import type { Database } from '../src/store/database.ts'
import { findDamage } from '../src/store/integrity-check.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { migrate } from '../src/store/migrate.ts'
import { type NodeDatabase, openDatabase, readMigrations } from '../src/store/node-sqlite.ts'
import { openStore } from '../src/store/open-store.ts'
import { upgrading } from '../src/upgrading.ts'
import { siteYaml, topicsYaml } from './bench/input.ts'
import { runCommand } from './cli/run.ts'
import { markdown, temporaryFolder, writeFolder } from './content-folder.ts'
import { baseUrl, requestFor, workerService } from './platforms.ts'
import { copyOfProgram, edit } from './program-copy.ts'
import { databaseFile, type Server, spawnServer, start, temporaryDatabaseFolder } from './server.ts'
import { startHere } from './start-here.ts'
import { digestOf, earlierVersions, fillAsEarlier, fillWithMany } from './store/earlier-versions.ts'
import { amount, isTrial } from './trials.ts'

/** A folder with the site and the topics of the releases that databases are filled with. */
function frame(): string {
  return temporaryFolder({ 'site.yaml': siteYaml, 'topics.yaml': topicsYaml })
}

const release = markdown(['title: From the folder', 'published: 2024-10-01', 'topics: [crime]'])

test(
  'the server brings a database over while it starts, tells how far it is, and is killed meanwhile',
  async () => {
    const count = amount(1100, 100_000)
    const file = databaseFile()
    const database = openDatabase(file)
    await fillWithMany(database, count)
    const all = await database
      .prepare('select id from release order by published desc limit 50')
      .all<{ id: string }>()
    await database.prepare('pragma wal_checkpoint(truncate)').all()
    database.close()
    const sizeBefore = statSync(file).size
    const directory = frame()

    const killed = await spawnServer(directory, { DATABASE: file })
    // At the first word of how far it is, before it is any further.
    killed.process.stderr!.on(
      'data',
      () => /1\d\d\d of/.test(killed.log()) && killed.process.kill('SIGKILL'),
    )
    await killed.exit
    const began = performance.now()
    const server = await spawnServer(directory, { DATABASE: file })
    onTestFinished(() => void server.process.kill('SIGKILL'))
    // In a trial it takes longer than servers are waited for elsewhere.
    while (!server.output().includes('Serving') && server.process.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const seconds = (performance.now() - began) / 1000
    const told = server.log().match(/of an earlier version\. \d+ of \d+ releases/g)!
    expect(told.at(-1)).toContain(`${count} of ${count} releases`)
    expect(told.length).toBeLessThanOrEqual(count / 1000 + 1)
    expect(server.log()).toContain('Serving')
    expect((await fetch(`${server.url}/feed.json`)).status).toBe(200)
    const inDatabase = openDatabase(file)
    const now = await inDatabase
      .prepare('select id from release order by key desc limit 50')
      .all<{ id: string }>()
    expect(now.results).toEqual(all.results)
    const counted = await inDatabase.prepare('select count(*) as count from release').first()
    expect(counted).toEqual({ count })
    inDatabase.close()
    expect(findDamage(file)).toBeUndefined()
    if (!isTrial) return
    const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
    const [, memory] = /VmHWM:\s+(\d+) kB/.exec(status)!
    const log = statSync(`${file}-wal`).size
    console.info(
      `${count} releases: ${seconds.toFixed(1)} s, ${Math.round(Number(memory) / 1024)} MB of memory, ` +
        `told ${told.length} times, ${Math.round(sizeBefore / 1e6)} MB before, ` +
        `${Math.round(statSync(file).size / 1e6)} MB after, ${Math.round(log / 1e6)} MB of log`,
    )
  },
  amount(60_000, 900_000),
)

const ofWorkers = writeFolder({
  'site.yaml': siteYaml,
  'topics.yaml': topicsYaml,
  'releases/kept.en.md': release,
})
let started: ReturnType<typeof workerService> | undefined

/** One Worker for the tests of this file. */
function startedWorker() {
  started ??= workerService(ofWorkers, { others: 1 })
  return started
}

afterAll(async () => {
  await (await started)?.close()
  rmSync(ofWorkers, { recursive: true, force: true })
})

test('a Worker brings a database over in several requests, and answers nobody from a part of it', async () => {
  const count = 420
  const worker = await startedWorker()
  const before = await worker.database()
  const kept = await (await worker.fetch('/topics/crime.atom')).text()
  expect(kept).toContain('From the folder')
  await empty(before)
  await fillWithMany(before, count)
  worker.useNext()

  let refused = 0
  const seen: string[] = []
  for (;;) {
    const answer = await worker.fetch('/feed.json')
    if (answer.status === 200) break
    refused++
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    const feed = await worker.fetch('/topics/crime.atom')
    if (feed.status === 200) seen.push(await feed.text())
    expect(refused).toBeLessThan(100)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(refused).toBeGreaterThan(0)
  // From what the data centre kept of before, until all is there, which may be just then.
  expect(seen[0]).toBe(kept)
  const whole = await (await worker.fetch('/topics/crime.atom')).text()
  for (const text of seen) expect([kept, whole]).toContain(text)
  const database = await worker.database()
  const counted = await database.prepare('select count(*) as count from release').first()
  expect(counted).toEqual({ count: count + 1 })
  const left = await database
    .prepare("select 1 from sqlite_master where name like 'earlier%'")
    .first()
  expect(left).toBeNull()
})

/** One that had no API, and the last; each is brought over in `store/migrations.test.ts`. */
const tried = isTrial ? earlierVersions : ['0003', '0007']

test.each(tried)('what %s left is exported, served and put back', async (version) => {
  const file = await fileOf(version)
  const before = timesIn(file, 'published * 4096 as key, updated * 4096 as updated_key')
  const exported = join(dirname(file), 'exported')
  const written = await runCommand(registerExport, ['export', exported], {
    environment: { DATABASE: file, CONTENT_DIR: temporaryFolder(media) },
  })
  expect(written).toMatchObject({ errors: '', code: 0 })

  const served = await openStore(file, { mayBeMadeAnew: false, upgrading })
  const options = { batch: randomUUID(), program: 'another', clock: systemClock }
  const problems = await bringInLine(exported, createContentStore(served, { wordsOf }), options)
  expect(problems.filter(({ warning }) => !warning)).toEqual([])
  const feed = await serviceOn(served, exported).fetch(requestFor('/feed.json'))
  expect(await feed.text()).toContain('/releases/moved')
  served.close()
  // The folder says nothing that is new to the database.
  expect(timesIn(file, 'key, updated_key')).toEqual(before)

  const other = await fileOf('0003')
  const restored = await runCommand(registerRestore, ['restore', await fileOf(version)], {
    environment: { DATABASE: other },
  })
  expect(restored).toMatchObject({ errors: '', code: 0 })
  const database = openDatabase(other)
  const { results } = await database
    .prepare("select slug from lost_slug where slug in ('n40', 'n5') order by slug")
    .all()
  const isGone = !['0003', '0007'].includes(version)
  expect(results).toEqual(isGone ? [{ slug: 'n40' }] : [])
  const counts = await database
    .prepare(
      'select (select count(*) from release) as releases, (select count(*) from departed) as departed',
    )
    .first<Record<'releases' | 'departed', number>>()
  expect(counts!.releases + (isGone ? counts!.departed : 0)).toBeGreaterThan(60)
  database.close()
  expect(findDamage(other)).toBeUndefined()
})

/** The service that reads a database, in this process. */
function serviceOn(database: NodeDatabase, contentDirectory: string) {
  return composeNode({
    database,
    contentDirectory,
    uploads: undefined,
    baseUrl,
    tokens: [],
    clock: systemClock,
    problems: () => [],
    write: () => {},
  })
}

/** Files that the releases of those versions show and attach. */
const media = {
  'media/agenda.txt': 'An agenda',
  'media/secret.txt': 'Not yet',
  'media/photo.png': Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
}

/** The identities of the releases in a database file, with columns of theirs. */
function timesIn(file: string, columns: string) {
  const sqlite = new DatabaseSync(file)
  const rows = sqlite.prepare(`select id, ${columns} from release order by id`).all()
  sqlite.close()
  return rows
}

/** A database file that a version left. */
async function fileOf(version: string): Promise<string> {
  const file = databaseFile()
  const database = openDatabase(file)
  await fillAsEarlier(database, version)
  database.close()
  return file
}

test('D1 makes the same of what each version left as Node does', async () => {
  const database = await (await startedWorker()).database()
  // The newest has rows in the most tables.
  for (const version of isTrial ? earlierVersions : ['0007']) {
    const onNode = openDatabase(':memory:')
    for (const one of [onNode, database]) {
      await empty(one)
      await fillAsEarlier(one, version)
      expect(await migrate(one, readMigrations(), { wordsOf })).toBe(true)
    }
    expect(await digestOf(database), version).toEqual(await digestOf(onNode))
    onNode.close()
  }
})

const token = 'a-secret-of-the-newsroom'

/** The program as a later version, whose migrations may be more. */
function laterProgram(version: string, migration?: string): string {
  const copy = copyOfProgram(version)
  edit(copy, 'src/domain/output-version.ts', (text) =>
    text.replace(/(programVersion =) '[^']+'/, `$1 '${version}'`),
  )
  if (migration) writeFileSync(join(copy, 'src/store/migrations/0999_later.sql'), migration)
  return copy
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** Asks a server. */
function asking({ url }: Server): Ask {
  return (path, init) => fetch(`${url}${path}`, init)
}

async function publish(ask: Ask, slug: string) {
  const { status } = await ask(`/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: slug, topics: ['crime'], body: { markdown: 'Text.' } }),
  })
  expect(status).toBe(201)
}

function titlesIn(feed: string): string[] {
  const { items } = JSON.parse(feed) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}

/** What a reader of the feed was told last, and what the database knows of the files. */
async function lastAnswer(ask: Ask, database: Database) {
  const { headers } = await ask('/feed.json')
  const feed = await (await ask('/feed.atom')).text()
  const items = titlesIn(await (await ask('/feed.json')).text())
  const { files } = await createContentStore(database, { wordsOf }).known()
  const [, version] = /<generator version="([^"]+)"/.exec(feed)!
  const identities = Array.from(feed.matchAll(/<id>(.+)<\/id>/g), ([, id]) => id)
  return {
    etag: headers.get('etag'),
    dated: Date.parse(headers.get('last-modified')!),
    items,
    version,
    identities,
    files,
  }
}

type Answered = Awaited<ReturnType<typeof lastAnswer>>

describe('from version to version on one database', () => {
  const data = temporaryDatabaseFolder()
  const file = join(data.folder, 'tiedote.db')
  const backup = join(data.folder, 'backup')
  const directory = writeFolder({ 'releases/kept.en.md': release })
  const settings = {
    DATABASE: file,
    BASE_URL: 'https://releases.example.org',
    PUBLISH_TOKENS: `newsroom=${token}`,
  }
  const environment = settings
  /** What this version answered before the next one came. */
  let before: Answered
  afterAll(() => {
    data.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Stops a server, and answers what it said last. */
  async function stop(server: Server): Promise<Answered> {
    const database = openDatabase(file)
    const answered = await lastAnswer(asking(server), database)
    database.close()
    server.process.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    return answered
  }

  /** Starts this version in this process for as long as `use` takes, and answers what it said last. */
  async function here(use: (ask: Ask) => Promise<void>): Promise<Answered> {
    const { database, fetch: ask, close } = await startHere(directory, settings)
    await use(ask)
    const answered = await lastAnswer(ask, database)
    close()
    return answered
  }

  test('a program that is replaced while it runs goes on publishing, also if its code was away for a moment; a version with the same tables reads nothing anew and goes back without a backup, and nothing is missing', async () => {
    const first = await here(async () => {})
    expect(first).toMatchObject({ items: ['From the folder'], version: programVersion })

    const cwd = laterProgram('1.0.1')
    const replaced = await start(directory, settings, { cwd })
    writeFileSync(
      join(cwd, 'src/store/migrations/0999_later.sql'),
      'create table later (number);\n',
    )
    const code = join(cwd, 'src/compose-api.ts')
    renameSync(code, `${code}.away`)
    const { status } = await fetch(`${replaced.url}/api`)
    expect(status).toBe(503)
    renameSync(`${code}.away`, code)
    await publish(asking(replaced), 'sent-by-later')
    const later = await stop(replaced)
    expect(later).toMatchObject({ version: '1.0.1', items: ['sent-by-later', ...first.items] })
    expect(later.files).toEqual(first.files)

    before = await here(async (ask) => {
      const answered = await ask('/feed.json')
      // Every version is another document, so none has the date of another.
      const dated = Date.parse(answered.headers.get('last-modified')!)
      expect(first.dated).toBeLessThan(later.dated)
      expect(later.dated).toBeLessThan(dated)
      expect(titlesIn(await answered.text())).toEqual(later.items)
      await publish(ask, 'sent-before')
      const kept = await runCommand(registerBackup, ['backup', backup], { environment })
      expect(kept).toMatchObject({ code: 0 })
    })
    expect(before).toMatchObject({
      items: ['sent-before', ...later.items],
      version: programVersion,
      files: first.files,
    })
    expect(before.identities).toEqual(expect.arrayContaining(later.identities))
  }, 60_000)

  test('an upgrade to the next version, which makes other documents and reads all files anew, and the way back are as the guide says', async () => {
    const migration = 'create table later (number integer);\n\ninsert into later values (1);\n'
    const cwd = laterProgram('1.1.0', migration)
    edit(cwd, 'src/domain/output-version.ts', (text) =>
      text.replace(/(outputVersion =) \d+/, '$1 999'),
    )
    const later = await start(directory, settings, { cwd })
    await publish(asking(later), 'sent-after')
    const after = await stop(later)
    expect(after).toMatchObject({ version: '1.1.0', items: ['sent-after', ...before.items] })
    expect(after.identities).toEqual(expect.arrayContaining(before.identities))
    expect(after.dated).toBeGreaterThan(before.dated)
    expect(after.files.size).toBe(before.files.size)
    expect(after.files).not.toEqual(before.files)

    await expect(openStore(file, { mayBeMadeAnew: false, upgrading })).rejects.toThrow(
      /those of a newer version \(0999_later\.sql\)\. Start that version, or/,
    )

    for (const ending of ['', '-wal', '-shm'].filter((one) => existsSync(file + one)))
      renameSync(file + ending, `${file}.later${ending}`)
    const broughtBack = await runCommand(registerRestore, ['restore', backup], { environment })
    expect(broughtBack).toMatchObject({ code: 0, errors: '' })
    const back = await here(async (ask) => {
      expect(titlesIn(await (await ask('/feed.json')).text())).toEqual(before.items)
      // What came in between is sent again, and keeps its identity.
      await publish(ask, 'sent-after')
    })
    expect(back.items).toEqual(['sent-after', ...before.items])
    expect(back.identities).toEqual(after.identities)
    expect(back).toMatchObject({ version: programVersion })
    expect(back.dated).toBeGreaterThan(after.dated)
  }, 60_000)
})

/** Takes away all that is in a database. */
async function empty(database: Database) {
  const { results } = await database
    .prepare(
      `select type, name from sqlite_master
       where type in ('table', 'view') and name not like 'sqlite%' and name not like '\\_cf%' escape '\\'
         and name not like '%\\_words\\_%' escape '\\'
       order by type = 'view' desc, name like '%_place' desc, sql like 'create virtual%' desc, sql like '%references%' desc`,
    )
    .all<{ type: string; name: string }>()
  const dropped = results.map(({ type, name }) => database.prepare(`drop ${type} ${name}`))
  if (dropped.length > 0) await database.batch(dropped)
}
