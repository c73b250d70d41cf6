import { openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { wordsOf } from '../src/content/words.ts'
import type { Database } from '../src/store/database.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { openDatabase } from '../src/store/node-sqlite.ts'
import { createReleaseStore } from '../src/store/release-store.ts'
import { markdown, temporaryFolder, topicsYaml, writeFiles, writeFolder } from './content-folder.ts'
import { startHere } from './start-here.ts'
import { copyOfProgram, edit } from './program-copy.ts'
import { exchange } from './raw-client.ts'
import {
  databaseFile,
  type Server,
  spawnServer,
  start,
  temporaryDatabaseFolder,
  titles,
  until,
} from './server.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'

/** Lines of releases, with an end of the last: one without would be waited for. */
function manyReleases(count: number) {
  const lines = Array.from({ length: count }, (_, index) => {
    const published = new Date(Date.UTC(2020, 0, 1, 0, 0, index)).toISOString()
    const body = { markdown: 'A text.' }
    return JSON.stringify({ slug: `r-${index}`, language: 'en', title: 'R', published, body })
  })
  return { 'releases/many.jsonl': `${lines.join('\n')}\n` }
}

describe('a running service', () => {
  const token = '0123456789abcdef'
  let server: Server
  let directory: string
  const data = temporaryDatabaseFolder()
  const kept = join(data.folder, 'compiled')
  const settings = {
    DATABASE: join(data.folder, 'tiedote.db'),
    PUBLISH_TOKENS: `newsroom=${token}`,
    // All servers of these tests keep what they compiled in one place otherwise.
    NODE_COMPILE_CACHE: '',
  }

  beforeAll(async () => {
    directory = writeFolder({
      'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
      'releases/old.en.md': markdown(['title: Old', published, 'topics: [asylum]']),
      'releases/moving.en.md': markdown(['title: Moving', published, 'topics: [drugs]']),
    })
    server = await spawnServer(directory, settings)
    await until(() => server.output().includes('Serving'))
  })

  afterAll(() => {
    server.process.kill('SIGKILL')
    data.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  /** What a topic has at present. */
  const under = async (topic: string) => (await titles(`${server.url}/topics/${topic}.json`)).join()

  test('has a file that is put into its folder in the topic feed soon after', async () => {
    expect(await under('eu')).toBe('A')
    const b = (title: string) => ({
      'releases/2024/b.en.md': markdown([
        `title: ${title}`,
        'published: 2024-01-25',
        'topics: [eu]',
      ]),
    })
    writeFiles(directory, b('B'))
    await until(async () => (await under('eu')) === 'B,A')
    writeFiles(directory, b('Better'))
    await until(async () => (await under('eu')) === 'Better,A')
    rmSync(join(directory, 'releases/a.en.md'))
    await until(async () => (await under('eu')) === 'Better')
  })

  test('keeps the last good state over a broken change, and the log and /healthz say what is wrong', async () => {
    const { url, log } = server
    writeFiles(directory, {
      'releases/old.en.md': markdown(['title: Broken', published, 'topics: [asylum, ue]']),
      'releases/new.en.md': markdown(['title: New', published, 'topics: [asylum]']),
    })
    await until(() => log().includes('"ue" is not a topic'))
    expect(await under('asylum')).toBe('Old')
    const health = await fetch(`${url}/healthz`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({
      status: 'content has problems',
      problems: [
        expect.stringMatching(
          /^releases\/old\.en\.md:4 {2}topics 2 {2}"ue" is not a topic\. Write eu/,
        ),
      ],
    })
    writeFiles(directory, { 'topics.yaml': `${topicsYaml}ue: { label: { en: UE } }\n` })
    await until(async () => (await under('asylum')).includes('Broken'))
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({
      status: 'ok',
      problems: [],
    })
  })

  test('says to authors what became of a saved file: taken up, wrong, mended', async () => {
    const { log } = server
    const later = (topic: string) =>
      markdown(['title: Later', 'published: 2090-01-01T09:00', `topics: [${topic}]`])
    writeFiles(directory, { 'releases/later.en.md': later('crmie') })
    await until(() => log().includes('"crmie" is not a topic. Write crime'))
    expect(log()).toContain('Until this is mended, what was there before is served')
    writeFiles(directory, { 'releases/later.en.md': later('crime') })
    await until(() => log().includes('it comes out at'))
    expect(log()).toMatch(
      /^releases\/later\.en\.md is mended\.\n(?:.*\n)*releases\/later\.en\.md is taken up: it comes out at 2090-01-01T07:00:00Z\.$/m,
    )
  })

  test('takes another identity of a release, and its move to another folder', async () => {
    const moving = (title: string) =>
      markdown([`title: ${title}`, published, 'topics: [drugs]', 'formerly: [b-before]'])
    writeFiles(directory, { 'releases/moving.en.md': moving('Renamed') })
    await until(async () => (await under('drugs')) === 'Renamed')
    renameSync(join(directory, 'releases/moving.en.md'), join(directory, 'moving.en.md'))
    writeFiles(directory, { 'releases/2024/moving.en.md': moving('Moved') })
    await until(async () => (await under('drugs')) === 'Moved')
    expect(server.log()).not.toMatch(/at .*\.ts:\d+/)
  })

  test('answers what is ready, header by header, as it was made, and in the log it stands alike', async () => {
    const { port, output } = server
    const request = (target: string, headers: string[]) =>
      [`GET ${target} HTTP/1.1`, 'Host: a.example', ...headers, 'Connection: close', '', ''].join(
        '\r\n',
      )
    for (const target of ['/feed.rss', '/topics/EU.atom', '/feed.json?q=a', '/fi/feed.rss']) {
      for (const coding of ['gzip', 'br', 'zstd', 'identity']) {
        const headers = [`Accept-Encoding: ${coding}`, 'User-Agent: curl/8']
        const asked = request(target, headers)
        const [made] = (await exchange(port, asked)).answers
        const [ready] = (await exchange(port, asked)).answers
        for (const answer of [made!, ready!]) answer.headers.delete('date')
        expect(ready).toEqual(made)
        expect(ready!.status).toBe(200)
        const known = request(target, [...headers, `If-None-Match: ${made!.headers.get('etag')}`])
        const [unchanged] = (await exchange(port, known)).answers
        expect([unchanged!.status, unchanged!.body]).toEqual([304, ''])
        expect(unchanged!.headers.get('link')).toBe(made!.headers.get('link'))
      }
    }
    const logged = () =>
      output()
        .split('\n')
        .filter((line) => line.includes('"reader":"curl"'))
    await until(() => logged().length === 4 * 4 * 3)
    const lines = logged().map(
      (line) => ({ ...JSON.parse(line), at: '', milliseconds: 0 }) as Record<string, unknown>,
    )
    for (let first = 0; first < lines.length; first += 3) {
      expect(lines[first + 1]).toEqual(lines[first])
      expect(lines[first + 2]).toMatchObject({ status: 304, bytes: 0, conditional: true })
    }
  })

  test('has another feed for whoever polls as soon as a change was answered for', async () => {
    const { url } = server
    for (const title of ['One', 'Two', 'Three']) {
      await titles(`${url}/feed.json`)
      await titles(`${url}/feed.json`)
      const { status } = await fetch(`${url}/api/releases/${title.toLowerCase()}/en`, {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ title, topics: [], body: { markdown: 'Text.' } }),
      })
      expect(status).toBe(201)
      expect((await titles(`${url}/feed.json`))[0]).toBe(title)
    }
  })

  test('ends when it is told to, and content that is being read at that moment does no harm', async () => {
    const { process, exit, log } = server
    const before = log().length
    const database = new DatabaseSync(settings.DATABASE, { readOnly: true })
    const drafts = database.prepare('select count(*) as count from incoming')
    writeFiles(directory, manyReleases(400))
    await until(() => drafts.get()!.count !== 0)
    database.close()
    process.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(log().slice(before)).not.toMatch(/Error|^\s+at /m)
  })

  test('is hindered at no start by what it kept of the program beside the database, whatever became of it', async () => {
    const files = readdirSync(kept, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.length).toBeGreaterThan(100)
    // Threads keep theirs there, too.
    for (const code of ['new NodeService(', 'startWriting()']) {
      expect(files.some((file) => readFileSync(file, 'utf8').includes(code))).toBe(true)
    }
    // Each would be compiled again, so not all of them.
    const someFiles = files.filter((_, index) => index % 10 === 0)
    for (const file of someFiles) writeFileSync(file, 'This is no program. '.repeat(50))
    const { url, process, exit } = await start(directory, settings)
    expect((await titles(`${url}/feed.json`))[0]).toBe('Three')
    process.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  test('says what is wrong with its settings where it can keep nothing of the program', async () => {
    rmSync(kept, { recursive: true })
    writeFileSync(kept, 'A file in the place of the folder.')
    // As soon as the settings are read, the program is there.
    const { exit, log } = await start(directory, {
      ...settings,
      BASE_URL: 'releases.example.org',
      FEED_PAGES: 'no',
      PUBLISH_TOKENS: 'police@=a-secret-of-the-police',
    })
    expect(await exit).toBe(1)
    expect(log()).toContain('BASE_URL must be an origin')
    expect(log()).toContain('FEED_PAGES must be on or off')
    expect(log()).toContain('PUBLISH_TOKENS limits police to ""')
  })
})

test('the server refuses to start on wrong content and says everything that is wrong', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['titel: A', published]),
    'releases/b.en.md': markdown(['title: B', 'published: tomorrow']),
  })
  const { exit, log } = await start(directory)
  expect(await exit).toBe(1)
  expect(log()).toContain('releases/a.en.md:2  titel')
  expect(log()).toContain('releases/b.en.md:3  published')
})

describe('from start to start on one database', () => {
  const token = '0123456789abcdef'
  const data = temporaryDatabaseFolder()
  const directory = writeFolder({
    'releases/a.en.md': markdown(['title: A', published]),
    'releases/c.en.md': markdown(['title: C', 'published: 2024-01-25']),
    'releases/d.fi.md': markdown(['title: D', published]),
    'releases/removed.fi.md': markdown(['title: Removed', published]),
  })
  const settings = {
    DATABASE: join(data.folder, 'tiedote.db'),
    BASE_URL: 'https://releases.example.org',
    PUBLISH_TOKENS: `newsroom=${token}`,
  }
  afterAll(() => {
    data.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  const ask = async ({ url }: Server, path: string, headers = {}) => {
    const answer = await fetch(`${url}${path}`, { headers })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  const validators = ({ headers }: { headers: Headers }) =>
    ['etag', 'last-modified'].map((name) => headers.get(name))
  const since = (answer: { headers: Headers }) => ({
    'If-Modified-Since': answer.headers.get('last-modified')!,
  })
  const stop = async ({ process, exit }: Server) => {
    process.kill('SIGTERM')
    expect(await exit).toBe(0)
  }
  let last: Awaited<ReturnType<typeof ask>>

  test('a restart answers with the same bytes and validators, takes up a change in between, and tells who sends dates alone of an ended embargo and of a removal (H-10, H-12), also if its log cannot be written', async () => {
    const first = await start(directory, settings)
    const publish = async (at: string) => {
      const body = JSON.stringify({ title: 'B', published: at, body: { markdown: 'Text.' } })
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      return (await fetch(`${first.url}/api/releases/b/en`, { method: 'PUT', headers, body }))
        .status
    }
    const whole = await ask(first, '/fi/feed.json')
    rmSync(join(directory, 'releases/removed.fi.md'))
    await until(async () => (await titles(`${first.url}/fi/feed.json`)).join() === 'D')
    const removed = await ask(first, '/fi/feed.json')
    // The first request waits for a thread, which takes long on a busy machine.
    expect(await publish('2090-01-01T00:00:00Z')).toBe(201)
    expect(await publish(new Date(Date.now() + 3000).toISOString())).toBe(200)
    const before = await ask(first, '/feed.json')
    expect(before.text).not.toContain('"B"')
    expect((await ask(first, '/feed.json', since(before))).status).toBe(304)
    await until(async () => (await titles(`${first.url}/feed.json`)).join() === 'B,C,A')
    const left = await ask(first, '/feed.atom')
    await stop(first)

    writeFiles(directory, { 'releases/e.sv.md': markdown(['title: E', 'published: 2024-01-26']) })
    const full = openSync('/dev/full', 'w')
    const second = await spawnServer(directory, settings, { stdio: ['ignore', full, 'pipe'] })
    onTestFinished(() => void second.process.kill('SIGKILL'))
    const isTakenUp = async () => (await ask(second, '/sv/feed.json')).text.includes('"E"')
    await until(() => isTakenUp().catch(() => false))
    const again = await ask(second, '/feed.atom')
    expect(again.text).toBe(left.text)
    expect(validators(again)).toEqual(validators(left))
    expect((await ask(second, '/feed.json', since(before))).status).toBe(200)
    expect((await ask(second, '/fi/feed.json', since(whole))).status).toBe(200)
    // That is because of the removal: what is new stands elsewhere.
    expect((await ask(second, '/fi/feed.json', since(removed))).status).toBe(304)
    last = await ask(second, '/feed.json')
    for (let poll = 0; poll < 20; poll++) {
      expect((await ask(second, '/feed.json')).status).toBe(200)
    }
    await stop(second)
  })

  test('what the database has is served at once, and goes on where the folder is wrong', async () => {
    writeFiles(directory, {
      'topics.yaml': 'nonsense',
      'releases/f.en.md': markdown(['title: F', 'published: 2024-01-25']),
    })
    const server = await start(directory, { ...settings, BASE_URL: 'https://two.example' })
    expect(server.output()).toMatch(/^Reading .*\nWhat was there before is served until .*\n$/)
    const after = await ask(server, '/feed.json')
    expect(after.text).toContain('https://two.example/releases/a')
    expect(after.text).not.toContain('"F"')
    // Other bytes have another date, also before the folder is read (H-10).
    const dateOf = ({ headers }: { headers: Headers }) => Date.parse(headers.get('last-modified')!)
    expect(dateOf(after)).toBeGreaterThan(dateOf(last))
    const health = await ask(server, '/healthz')
    expect(health.status).toBe(200)
    expect(health.text).toContain('topics.yaml:1')
    writeFiles(directory, { 'topics.yaml': topicsYaml })
    await until(async () => (await titles(`${server.url}/feed.json`)).includes('F'))
  })
})

test('a first start of thousands of releases answers 503 from the first moment on, says how far it is, and can be stopped', async () => {
  const directory = temporaryFolder(manyReleases(2100))
  const settings = { DATABASE: databaseFile() }
  const stopped = await spawnServer(directory, settings)
  onTestFinished(() => void stopped.process.kill('SIGKILL'))
  // Of the first thousand it is said that they are read.
  await until(() => stopped.log().includes(' releases read'))
  stopped.process.kill('SIGTERM')
  expect(await stopped.exit).toBe(0)
  expect(stopped.output()).toBe('')

  const server = await spawnServer(directory, settings)
  onTestFinished(() => void server.process.kill('SIGKILL'))
  const ask = async (path: string) => fetch(server.url + path).catch(() => undefined)
  await until(async () => (await ask('/feed.rss')) !== undefined)
  const first = await ask('/feed.rss')
  expect([first?.status, first?.headers.get('retry-after')]).toEqual([503, '60'])
  expect(await (await ask('/healthz'))?.json()).toMatchObject({ status: 'being set up' })
  await until(async () => /first time: \d/.test((await (await ask('/healthz'))?.text()) ?? ''))
  const [feed, health] = [await ask('/feed.rss'), await ask('/healthz')]
  expect([feed?.status, feed?.headers.get('retry-after')]).toEqual([503, '60'])
  expect([health?.status, health?.headers.get('retry-after')]).toEqual([503, '60'])
  expect(await health?.json()).toMatchObject({
    status: 'being set up',
    problems: [expect.stringMatching(/^The content is read for the first time: \d+ releases/)],
  })
  await until(() => server.output().includes('Serving'))
  expect((await ask('/feed.rss'))?.status).toBe(200)
  expect((await ask('/healthz'))?.status).toBe(200)
  expect(server.log()).toMatch(
    /^1000 releases read\n2000 releases read\nAll are read\. Putting 2100 into the database …\nServing [^\n]*\n$/,
  )

  // The next start reads none of them.
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const { database, isUsable } = await startHere(directory, settings)
  database.close()
  expect([isUsable, told.mock.calls]).toEqual([true, []])
})

test('an edit of the code reads nothing anew and moves no Last-Modified, another version of the output does both', async () => {
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
  const settings = { DATABASE: databaseFile(), BASE_URL: 'https://releases.example.org' }
  /** What is known of each file, and what a reader was told. */
  const left = async (database: Database, { headers }: Response) => {
    const { files } = await createContentStore(database, { wordsOf }).known()
    const revision = await createReleaseStore(database).revision()
    return { files, revision, etag: headers.get('etag'), dated: headers.get('last-modified')! }
  }
  const here = await startHere(directory, settings)
  const first = await left(here.database, await here.fetch('/feed.atom'))
  here.database.close()
  expect(first.files.size).toBeGreaterThan(0)

  const copy = copyOfProgram('edited')
  const startAnew = async () => {
    const { url, process, exit } = await start(directory, settings, { cwd: copy })
    const answer = await fetch(`${url}/feed.atom`)
    process.kill('SIGTERM')
    expect(await exit).toBe(0)
    const database = openDatabase(settings.DATABASE)
    const found = await left(database, answer)
    database.close()
    return found
  }
  edit(copy, 'src/domain/text.ts', (text) => `// A comment.\n${text}`)
  expect(await startAnew()).toEqual(first)

  edit(copy, 'src/domain/output-version.ts', (text) =>
    text.replace(/(outputVersion =) \d+/, '$1 999'),
  )
  const raised = await startAnew()
  expect(raised.etag).toBe(first.etag)
  expect(Date.parse(raised.dated)).toBeGreaterThan(Date.parse(first.dated))
  expect(raised.files).not.toEqual(first.files)
})

test('a port that is taken stops the start with a sentence', async () => {
  const directory = temporaryFolder()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const settings = { PORT: String(port), BASE_URL: 'http://releases.example.org' }
  const { exit, log } = await start(directory, settings)
  expect(await exit).toBe(1)
  expect(log()).toMatch(
    /^PORT \d+ at HOST 127\.0\.0\.1 cannot be used: .* Another program .* set PORT to another number\.$/m,
  )
  // What is no reason to stop is said before that.
  expect(log()).toMatch(/^BASE_URL is http:.* set BASE_URL to https:\/\/releases\.example\.org\.$/m)
})

test('the sample says that it is one, and the first request through a proxy that BASE_URL is missing', async () => {
  const { url, log, process } = await start(join(import.meta.dirname, '../content'))
  await until(() => /is the sample that comes with Tiedote.* init .* CONTENT_DIR=/.test(log()))
  const ask = (host: string) => fetch(`${url}/feed.atom`, { headers: { 'X-Forwarded-Host': host } })
  const told = () => log().match(/BASE_URL is not set/g)?.length ?? 0
  for (const host of ['localhost:8080', '127.0.0.1']) await ask(host)
  expect(told()).toBe(0)
  for (const host of ['releases.example.org', 'other.example.org']) {
    expect((await ask(host)).status).toBe(200)
  }
  await until(() => told() > 0)
  process.kill('SIGTERM')
  await once(process, 'close')
  expect(log()).toMatch(/begins with http:\/\/localhost:\d+.* Set BASE_URL to .*\.$/m)
  // A stranger chose it.
  expect(log()).not.toContain('other.example.org')
  expect([told(), log().match(/is the sample/g)]).toEqual([1, ['is the sample']])
})
