// The thread that writes: nobody who reads waits for it, and nobody who writes is told what is not so.
import { DatabaseSync } from 'node:sqlite'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { composeNode } from '../src/compose-node.ts'
import { readNodeConfig } from '../src/config.ts'
import { DomainError, StoreDamaged } from '../src/domain/errors.ts'
import { type Database, statement } from '../src/store/database.ts'
import { openReader } from '../src/store/node-sqlite.ts'
import { openStore } from '../src/store/open-store.ts'
import { WriterThread } from '../src/writer-thread.ts'
import { markdown, siteYaml, writeFiles, writeFolder } from './content-folder.ts'
import {
  createClockAhead,
  databaseFile,
  type Server,
  spawnServer,
  startedByFirst,
  temporaryDatabaseFolder,
  titles,
  until,
} from './server.ts'
import { startHere } from './start-here.ts'

const path = join(mkdtempSync(join(tmpdir(), 'tiedote-data-')), 'tiedote.db')
const directory = writeFolder({
  'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24', 'topics: [eu]']),
})
const ignore = () => {}
/** The thread, over a database of its own. */
const writer = new WriterThread(
  {
    config: readNodeConfig({ DATABASE: path, CONTENT_DIR: directory }),
    path,
    mayBeMadeAnew: true,
  },
  {
    onContent: ignore,
    onDatabaseError: (error) => error,
    onHub: () => {},
    onDamage: ignore,
    onWritten: ignore,
    onDeath: ignore,
  },
)
beforeAll(() => writer.open())
afterAll(async () => {
  await writer.close()
  for (const folder of [directory, dirname(path)]) rmSync(folder, { recursive: true, force: true })
})

function readDatabase() {
  const reader = openReader(path)
  onTestFinished(() => reader.close())
  return reader
}

/** Keeps the thread at work for about half a second. */
const long = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500000) select count(*) as count from n`

/**
 * Has another connection write for so many milliseconds, for which the thread waits without taking processor time.
 * Answers when it goes on.
 */
async function hold(milliseconds: number): Promise<void> {
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const waiting = writer.forReaders().batch([statement(writer.forReaders(), write, randomUUID())])
  setTimeout(() => other.close(), milliseconds)
  await waiting
}

const write = "insert into state (key, value) values (?1, 'told') on conflict do nothing"

test('what was told to come again was never done, and what follows is', async () => {
  const working = hold(600)
  const impatient = writer.forAuthors(50)
  const refused = impatient.batch([statement(impatient, write, 'first')])
  await expect(refused).rejects.toBeInstanceOf(DomainError)
  await expect(refused).rejects.toMatchObject({ code: 'unavailable', details: { retryAfter: 10 } })
  // Who comes while nothing was heard of the thread is told so at once.
  await expect(statement(impatient, write, 'second').all()).rejects.toBeInstanceOf(DomainError)
  await working
  await impatient.batch([statement(impatient, write, 'third')])
  const sql = "select key from state where key in ('first', 'second', 'third')"
  expect((await readDatabase().prepare(sql).all()).results).toEqual([{ key: 'third' }])
})

test('a damage that is met while a folder is watched is told, and is not that of a start', async () => {
  const own = join(mkdtempSync(join(tmpdir(), 'tiedote-data-')), 'tiedote.db')
  const content = writeFolder({ 'releases/a.en.md': markdown(['title: A', 'draft: true']) })
  let damages = 0
  const watching = new WriterThread(
    {
      config: readNodeConfig({ DATABASE: own, CONTENT_DIR: content }),
      path: own,
      mayBeMadeAnew: true,
    },
    {
      onContent: ignore,
      onDatabaseError: (error) => new StoreDamaged(error.message, { cause: error }),
      onHub: ignore,
      onDamage: () => damages++,
      onWritten: ignore,
      onDeath: ignore,
    },
  )
  onTestFinished(async () => {
    await watching.close()
    for (const folder of [content, dirname(own)]) rmSync(folder, { recursive: true, force: true })
  })
  await watching.open()
  expect(await watching.order('readContent')).toBe(true)
  const other = new DatabaseSync(own)
  other.exec('drop table content_file')
  other.close()
  await watching.order('watchContent')
  await until(() => damages > 0)
  const asking = statement(watching.forAuthors(), 'select * from content_file').all()
  await expect(asking).rejects.toBeInstanceOf(StoreDamaged)
})

test('a request that waits at every step is told to come again after as long as for one', async () => {
  const request = writer.forAuthors(1200).forRequest()
  const working: Promise<void>[] = []
  const steps = async () => {
    // Each waits for less than it may.
    for (let step = 0; step < 6; step++) {
      working.push(hold(600))
      await statement(request, 'select 1').all()
    }
  }
  await expect(steps()).rejects.toBeInstanceOf(DomainError)
  await Promise.all(working)
  await statement(writer.forAuthors().forRequest(), 'select 1').all()
})

test('many short waits for something large are as long as one', async () => {
  const request = writer.forAuthors(1000).forRequest()
  const working: Promise<void>[] = []
  const steps = async () => {
    for (let step = 0; step < 20; step++) {
      working.push(hold(300))
      await statement(request, 'select 1').all()
    }
  }
  await expect(steps()).rejects.toBeInstanceOf(DomainError)
  await Promise.all(working)
})

test('so are those between which many others come whose requests are small', async () => {
  const request = writer.forAuthors(700).forRequest()
  const working: Promise<unknown>[] = []
  const steps = async () => {
    for (let step = 0; step < 10; step++) {
      working.push(hold(300))
      for (let count = 0; count < 500; count++) {
        working.push(statement(writer.forReaders(), 'select 1').all())
      }
      await statement(request, 'select 1').all()
    }
  }
  await expect(steps()).rejects.toBeInstanceOf(DomainError)
  await Promise.all(working)
})

// A busy machine may take longer than the patience for a single step, and hardly ever does so three times.
test(
  'who waits for many others whose requests are small is refused nothing',
  { retry: 2 },
  async () => {
    // About a millisecond long.
    const small = long.replace('2500000', '5000')
    const steps = Array.from({ length: 50 }, async () => {
      const request = writer.forAuthors(800).forRequest()
      for (let step = 0; step < 30; step++) await statement(request, small).all()
    })
    const failed = (await Promise.allSettled(steps)).filter(({ status }) => status === 'rejected')
    expect(failed).toEqual([])
  },
)

test('a request that was given up once is given up for good', async () => {
  const request = writer.forAuthors(100).forRequest()
  const working = hold(600)
  await expect(statement(request, 'select 1').all()).rejects.toBeInstanceOf(DomainError)
  await working
  await expect(statement(request, 'select 1').all()).rejects.toBeInstanceOf(DomainError)
  await statement(writer.forAuthors().forRequest(), 'select 1').all()
})

test('who waits for this process alone, which answers others meanwhile, is refused nothing', async () => {
  const request = writer.forAuthors(600).forRequest()
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  for (let step = 0; step < 10; step++) {
    const answer = statement(request, 'select 1').all()
    Atomics.wait(nothing, 0, 0, 100)
    await answer
  }
})

test('statements of a request that are sent together wait once', async () => {
  const request = writer.forAuthors(1800).forRequest()
  const working = hold(600)
  await Promise.all([1, 2, 3, 4].map(() => statement(request, 'select 1').all()))
  expect((await statement(request, 'select 1 as one').all()).results).toEqual([{ one: 1 }])
  await working
})

test('all that a request of the API asks the thread counts together', async () => {
  expect(await writer.order('readContent')).toBe(true)
  const apart: string[] = []
  let requests = 0
  const authors = writer.forAuthors()
  const publishing: Database = {
    prepare(sql) {
      apart.push(sql)
      return authors.prepare(sql)
    },
    batch: (statements) => authors.batch(statements),
    forRequest() {
      requests++
      return authors.forRequest()
    },
  }
  const { fetch } = composeNode({
    database: readDatabase(),
    publishing,
    writer: writer.forReaders(),
    contentDirectory: directory,
    uploads: undefined,
    baseUrl: 'https://releases.example.org',
    tokens: [{ name: 'newsroom', secret: 'a-secret-of-the-newsroom' }],
    clock: systemClock,
    problems: () => [],
    write: () => {},
  })
  const release = { title: 'B', topics: ['eu'], body: { markdown: 'A text.' } }
  const asked: [string, string, object?][] = [
    ['PUT', 'releases/b/en', { ...release, published: '2099-01-24T09:00' }],
    ['PUT', 'topics/sea', { label: { en: 'The sea' } }],
    ['POST', 'releases/b/en/previews', { name: 'The aide' }],
    ['GET', 'releases'],
    ['GET', 'releases/b/en/history'],
  ]
  for (const [method, path, body] of asked) {
    const request = new Request(`https://releases.example.org/api/${path}`, {
      method,
      headers: {
        authorization: 'Bearer a-secret-of-the-newsroom',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const answer = await fetch(request, { incoming: { socket: { remoteAddress: '127.0.0.1' } } })
    expect(`${path} ${answer.ok} ${answer.ok ? '' : await answer.text()}`).toBe(`${path} true `)
  }
  expect({ apart, requests }).toEqual({ apart: [], requests: asked.length })
})

test('a request whose own work takes long is not told that something else does', async () => {
  const request = writer.forAuthors(300).forRequest()
  await statement(request, long).all()
  expect((await statement(request, 'select 1 as one').all()).results).toEqual([{ one: 1 }])
})

test('errors come back as they were, with the codes of SQLite, and the connection that reads cannot write', async () => {
  const database = writer.forAuthors()
  const twice = [1, 2].map(() => database.prepare("insert into state (key, value) values ('a', 1)"))
  await expect(database.batch(twice)).rejects.toMatchObject({
    code: 'ERR_SQLITE_ERROR',
    errcode: 1555,
  })
  // All or nothing.
  expect(await database.prepare("select 1 from state where key = 'a'").first()).toBeNull()
  const reader = readDatabase()
  expect(reader.readOnly).toBe(true)
  await expect(statement(reader, write, 'any').all()).rejects.toThrow('readonly')
})

/** The priorities of the threads of a process, as Linux tells them: the more, the later it goes. */
function prioritiesOf(pid: number): number[] {
  const threads = `/proc/${pid}/task`
  return readdirSync(threads).map((thread) => {
    const told = readFileSync(`${threads}/${thread}/stat`, 'latin1')
    return Number(told.slice(told.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('over a database in memory', () => {
  const temporary = temporaryDatabaseFolder()
  const directory = writeFolder({
    'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24']),
  })
  let server: Server
  /** Threads that Node began before any of ours. */
  let began = 0

  beforeAll(async () => {
    server = await spawnServer(directory, {
      ...createClockAhead().environment,
      DATABASE: ':memory:',
      TMPDIR: temporary.folder,
    })
    if (process.platform === 'linux') began = prioritiesOf(server.process.pid!).length
    setPriority(server.process.pid!, 12)
    await Promise.race([until(() => server.output().includes('Serving')), server.exit])
  })
  afterAll(() => {
    server.process.kill('SIGKILL')
    temporary.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  test.runIf(process.platform === 'linux')(
    'a service that was started to give way to others does so in all its threads',
    async () => {
      expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
      // The first is the one that answers; those that Node began before are its own.
      const [answering, ...others] = prioritiesOf(server.process.pid!)
      expect(answering).toBe(12)
      expect(Math.min(...others.slice(began - 1))).toBeGreaterThanOrEqual(12)
    },
  )

  test('a database in memory is a file that goes with the process', async () => {
    expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
    expect(readdirSync(temporary.folder)).toHaveLength(1)
    server.process.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    expect(readdirSync(temporary.folder)).toEqual([])
  })
})

test('a start that has to change the tables waits for another process that writes', async () => {
  const path = databaseFile()
  mkdirSync(dirname(path), { recursive: true })
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('pragma journal_mode = wal; begin immediate')
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const opening = openStore(path, { mayBeMadeAnew: true })
  await until(() => told.mock.calls.join().includes('It is waited for'))
  other.exec('rollback')
  const database = await opening
  onTestFinished(() => database.close())
  expect((await database.prepare('select slug from release').all()).results).toEqual([])
})

describe('beside another process on its database', () => {
  const secret = 'a-secret-of-the-newsroom'
  const { directory, database, start } = startedByFirst({
    'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24']),
  })
  const clock = createClockAhead()
  let service: Server

  test('a new version waits for another process that writes, and then serves what was there before', async () => {
    const earlier = await startHere(directory, {
      DATABASE: database,
      BASE_URL: 'https://before.example',
    })
    earlier.close()
    writeFiles(directory, { 'site.yaml': 'nonsense: [\n' })
    const other = new DatabaseSync(database)
    onTestFinished(() => other.close())
    other.exec('begin immediate')
    service = await start({
      ...clock.environment,
      BASE_URL: 'https://after.example',
      PUBLISH_TOKENS: `newsroom=${secret}`,
    })
    await Promise.race([until(() => service.log().includes('It is waited for')), service.exit])
    expect((await fetch(`${service.url}/feed.json`)).status).toBe(503)
    other.exec('rollback')
    await until(() => service.log().includes('What was there before is served'))
    expect(await titles(`${service.url}/feed.json`)).toEqual(['A'])
    writeFiles(directory, { 'site.yaml': siteYaml })
    await until(() => service.log().includes('site.yaml is mended'))
  })

  test('while another process writes, everybody who publishes is told to come again, and not after each other', async () => {
    const { url } = service
    const put = async (slug: string) => {
      const sent = await fetch(`${url}/api/releases/${slug}/en`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ title: slug, body: { markdown: 'Text.' } }),
      })
      return [sent.status, sent.headers.get('Retry-After')]
    }
    const other = new DatabaseSync(database)
    onTestFinished(() => other.close())
    other.exec('begin immediate')
    const slugs = ['b', 'c', 'd', 'e', 'f', 'g', 'h']
    const comeAgain = slugs.map(() => [503, '10'])
    expect(await Promise.all(slugs.map(put))).toEqual(comeAgain)
    other.exec('rollback')
    await until(async () => (await put('last'))[0] === 201)
    expect(await titles(`${url}/feed.json`)).toEqual(['last', 'A'])
  })

  test('while another process writes, readers get what was public before, and an embargo ends when it is done', async () => {
    const { url } = service
    const soon = clock.now() + 3600
    const sent = await fetch(`${url}/api/releases/b/en`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        title: 'B',
        published: new Date(soon * 1000).toISOString(),
        body: { markdown: 'B' },
      }),
    })
    expect(sent.ok).toBe(true)
    const other = new DatabaseSync(database, { timeout: 10_000 })
    onTestFinished(() => other.close())
    other.exec('begin immediate')
    clock.moveTo(soon)
    expect(await titles(`${url}/feed.json`)).toEqual(['last', 'A'])
    other.exec('rollback')
    await until(async () => (await titles(`${url}/feed.json`)).includes('B'))
  })

  test('a service whose database was brought to a newer version goes on answering, and takes nothing', async () => {
    const { url, log } = service
    const newer = new DatabaseSync(database)
    onTestFinished(() => newer.close())
    newer.exec("insert into d1_migrations (name) values ('9999_later.sql')")
    const sent = await fetch(`${url}/api/releases/d/en`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ title: 'D', body: { markdown: 'D' } }),
    })
    expect(sent.status).toBe(503)
    expect(await sent.text()).toContain('those of a newer version')
    const file = markdown(['title: C', 'published: 2024-01-25'])
    writeFiles(directory, { 'releases/c.en.md': file })
    await until(() => log().includes('Changes of the content are not taken up'))
    expect(await titles(`${url}/feed.json`)).not.toContain('C')
    newer.exec("delete from d1_migrations where name = '9999_later.sql'")
    writeFiles(directory, { 'releases/c.en.md': `${file}\n` })
    await until(async () => (await titles(`${url}/feed.json`)).includes('C'))
  })
})
