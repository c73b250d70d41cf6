import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { SpawnOptions } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { wordsOf } from '../src/content/words.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { openDatabase } from '../src/store/node-sqlite.ts'
import { markdown, siteYaml, temporaryFolder, writeFiles, writeFolder } from './content-folder.ts'
import { copyOfProgram, edit } from './program-copy.ts'
import { exchange, open } from './raw-client.ts'
import {
  createClockAhead,
  type Server,
  spawnServer,
  start,
  temporaryDatabaseFolder,
  titles,
  until,
} from './server.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'

/** Thousands of releases in lines, with an end of the last: one without would be waited for. */
function manyReleases(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const published = new Date(Date.UTC(2020, 0, 1, 0, 0, index)).toISOString()
    const body = { markdown: 'A text.' }
    return JSON.stringify({ slug: `r-${index}`, language: 'sv', title: 'R', published, body })
  })
  return `${lines.join('\n')}\n`
}

/** The `id` of the sample, which a folder of one's own should not have. */
const [idOfSample] = /^id: .*$/m.exec(
  readFileSync(join(import.meta.dirname, '../content/site.yaml'), 'utf8'),
)!

describe('from start to start on one database', () => {
  const token = '0123456789abcdef'
  const data = temporaryDatabaseFolder()
  const kept = join(data.folder, 'compiled')
  const directory = writeFolder({
    'site.yaml': siteYaml.replace(/^id: .*$/m, idOfSample),
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
    'releases/old.en.md': markdown(['title: Old', published, 'topics: [asylum]']),
    'releases/moving.en.md': markdown(['title: Moving', published, 'topics: [drugs]']),
    'releases/d.fi.md': markdown(['title: D', published]),
    'releases/removed.fi.md': markdown(['title: Removed', published]),
    'releases/many.jsonl': manyReleases(2100),
  })
  const clock = createClockAhead()
  const settings = {
    ...clock.environment,
    DATABASE: join(data.folder, 'tiedote.db'),
    BASE_URL: 'http://localhost:8080',
    PUBLISH_TOKENS: `newsroom=${token}`,
    // All servers of these tests keep what they compiled in one place otherwise.
    NODE_COMPILE_CACHE: '',
  }
  let server: Server
  afterAll(() => {
    server?.process.kill('SIGKILL')
    data.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Starts the next one, whatever became of the one before. */
  const begin = async (more: Record<string, string>, options: SpawnOptions = {}) => {
    server?.process.kill('SIGKILL')
    server = await spawnServer(directory, { ...settings, ...more }, options)
  }
  const ask = async (path: string, headers = {}) => {
    const answer = await fetch(`${server.url}${path}`, { headers })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  type Answer = Awaited<ReturnType<typeof ask>>
  /** What a topic has at present. */
  const under = async (topic: string) => (await titles(`${server.url}/topics/${topic}.json`)).join()
  const put = async (slug: string, release: object) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ topics: [], body: { markdown: 'Text.' }, ...release })
    const path = `${server.url}/api/releases/${slug}/en`
    return (await fetch(path, { method: 'PUT', headers, body })).status
  }
  const since = (answer: Answer) => ({
    'If-Modified-Since': answer.headers.get('last-modified')!,
  })
  const dateOf = ({ headers }: Answer) => Date.parse(headers.get('last-modified')!)
  const knownFiles = async () => {
    const database = openDatabase(settings.DATABASE)
    const { files } = await createContentStore(database, { wordsOf }).known()
    database.close()
    return Object.fromEntries(files)
  }
  const stop = async () => {
    server.process.kill('SIGTERM')
    expect(await server.exit).toBe(0)
  }
  /** What readers were told last. */
  let removed: Answer
  let before: Answer
  let whole: Answer
  let left: Answer
  /** What the database knew of each file then. */
  let known: Awaited<ReturnType<typeof knownFiles>>

  test('a first start of thousands of releases can be stopped while they are read, which does no harm', async () => {
    await begin({})
    // Of the first thousand it is said that they are read.
    await until(() => server.log().includes(' releases read'))
    await stop()
    expect(server.output()).toBe('')
    expect(server.log()).not.toMatch(/Error|^\s+at /m)
  })

  test('a first start of thousands of releases answers 503 from the first moment on, and says how far it is', async () => {
    await begin({})
    const asked = async (path: string) => fetch(server.url + path).catch(() => undefined)
    await until(async () => (await asked('/feed.rss')) !== undefined)
    const first = await asked('/feed.rss')
    expect([first?.status, first?.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await (await asked('/healthz'))?.json()).toMatchObject({ status: 'being set up' })
    await until(async () => /first time: \d/.test((await (await asked('/healthz'))?.text()) ?? ''))
    const [feed, health] = [await asked('/feed.rss'), await asked('/healthz')]
    expect([feed?.status, feed?.headers.get('retry-after')]).toEqual([503, '60'])
    expect([health?.status, health?.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await health?.json()).toMatchObject({
      status: 'being set up',
      problems: [expect.stringMatching(/^The content is read for the first time: \d+ releases/)],
    })
    await until(() => server.log().includes('is the sample'))
    expect((await asked('/feed.rss'))?.status).toBe(200)
    expect((await asked('/healthz'))?.status).toBe(200)
    expect(server.log()).toMatch(
      /^1000 releases read\n2000 releases read\nAll are read. Putting 2105 into the database …\nServing [^\n]*\n[^\n]* is the sample that comes with Tiedote.* init .* CONTENT_DIR=[^\n]*\n$/,
    )
  })

  test('the first request through a proxy is told that BASE_URL is missing', async () => {
    const through = (host: string) => ask('/feed.atom', { 'X-Forwarded-Host': host })
    const told = () => server.log().match(/BASE_URL is not set/g)?.length ?? 0
    for (const host of ['localhost:8080', '127.0.0.1']) await through(host)
    expect(told()).toBe(0)
    for (const host of ['releases.example.org', 'other.example.org']) {
      expect((await through(host)).status).toBe(200)
    }
    await until(() => told() > 0)
    expect(server.log()).toMatch(/begins with http:\/\/localhost:8080\b.* Set BASE_URL to .*\.$/m)
  })

  const later = (topic: string) =>
    markdown(['title: Later', 'published: 2090-01-01T09:00', `topics: [${topic}]`])
  const b = (title: string) =>
    markdown([`title: ${title}`, 'published: 2024-01-25', 'topics: [eu]'])
  const moving = (title: string) =>
    markdown([`title: ${title}`, published, 'topics: [drugs]', 'formerly: [b-before]'])

  test('what is put into the folder is in topic feeds soon after, and so is what became of it that has another identity or goes', async () => {
    whole = await ask('/fi/feed.json')
    writeFiles(directory, {
      'releases/2024/b.en.md': b('B'),
      'releases/moving.en.md': moving('Renamed'),
    })
    rmSync(join(directory, 'releases/removed.fi.md'))
    await until(async () => (await under('eu')) === 'B,A')
    expect(await under('drugs')).toBe('Renamed')
    removed = await ask('/fi/feed.json')
    expect(removed.text).not.toContain('Removed')
  })

  test('the last good state is kept over a broken change, and the log and /healthz say what is wrong', async () => {
    const { log } = server
    writeFiles(directory, {
      'releases/old.en.md': markdown(['title: Broken', published, 'topics: [asylum, ue]']),
      'releases/new.en.md': markdown(['title: New', published, 'topics: [asylum]']),
      'releases/later.en.md': later('crmie'),
    })
    await until(() => log().includes('Until this is mended, what was there before is served'))
    expect(log()).toContain('"ue" is not a topic')
    expect(log()).toContain('"crmie" is not a topic. Write crime')
    expect(await under('asylum')).toBe('Old')
    const { status, text } = await ask('/healthz')
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      {
        status: 'content has problems',
        problems: [
          expect.stringMatching(
            /^releases\/old\.en\.md:4 {2}topics 2 {2}"ue" is not a topic\. Write eu/,
          ),
          expect.stringContaining('a release that is not public'),
        ],
      },
    ])
  })

  test('authors are told what became of a saved file: mended, taken up', async () => {
    const { log } = server
    renameSync(join(directory, 'releases/moving.en.md'), join(directory, 'moving.en.md'))
    rmSync(join(directory, 'releases/a.en.md'))
    writeFiles(directory, {
      'releases/2024/b.en.md': b('Better'),
      'releases/2024/moving.en.md': moving('Moved'),
      'releases/old.en.md': markdown(['title: Mended', published, 'topics: [asylum]']),
      'releases/later.en.md': later('crime'),
    })
    await until(() => log().includes('it comes out at'))
    expect(log()).toMatch(
      /^releases\/later\.en\.md is mended\.\n(?:.*\n)*releases\/later\.en\.md is taken up: it comes out at 2090-01-01T07:00:00Z\.$/m,
    )
    const asylum = (await under('asylum')).split(',')
    expect(asylum.toSorted()).toEqual(['Mended', 'New'])
    expect([await under('eu'), await under('drugs')]).toEqual(['Better', 'Moved'])
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/) as string
    expect(JSON.parse((await ask('/healthz')).text)).toMatchObject({
      status: 'ok',
      version,
      problems: [],
    })
    expect(log()).not.toMatch(/at .*\.ts:\d+/)
  })

  test('what is ready is answered, header by header, as it was made, and in the log it stands alike', async () => {
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

  test('there is another feed for whoever polls as soon as a change was answered for', async () => {
    for (const title of ['One', 'Two']) {
      await titles(`${server.url}/feed.json`)
      await titles(`${server.url}/feed.json`)
      expect(await put(title.toLowerCase(), { title })).toBe(201)
      expect((await titles(`${server.url}/feed.json`))[0]).toBe(title)
    }
  })

  test('a release comes out at its time, and the service ends when it is told to', async () => {
    expect(await put('embargoed', { title: 'Embargoed', published: '2090-01-01T00:00:00Z' })).toBe(
      201,
    )
    const at = clock.now() + 3600
    const published = new Date(at * 1000).toISOString()
    expect(await put('embargoed', { title: 'Embargoed', published })).toBe(200)
    clock.moveTo(at - 60)
    before = await ask('/feed.json')
    expect(before.text).not.toContain('Embargoed')
    expect((await ask('/feed.json', since(before))).status).toBe(304)
    clock.moveTo(at)
    await until(async () => (await titles(`${server.url}/feed.json`))[0] === 'Embargoed')
    left = await ask('/feed.atom')
    await stop()
    known = await knownFiles()
    expect(server.log()).not.toMatch(/Error|^\s+at /m)
    // A stranger chose it.
    expect(server.log()).not.toContain('other.example.org')
    for (const told of [/BASE_URL is not set/g, /is the sample/g]) {
      expect(server.log().match(told)).toHaveLength(1)
    }
  })

  test('a restart, also of code that was edited, reads nothing anew and answers with the same bytes and validators, takes up a change in between, and tells who sends dates alone of an ended embargo and of a removal (H-10, H-12), also if its log cannot be written', async () => {
    writeFiles(directory, { 'releases/e.sv.md': markdown(['title: E', 'published: 2024-01-26']) })
    const cwd = copyOfProgram('edited')
    edit(cwd, 'src/domain/text.ts', (text) => `// A comment.\n${text}`)
    const full = openSync('/dev/full', 'w')
    const { NODE_COMPILE_CACHE = '' } = process.env
    await begin({ NODE_COMPILE_CACHE }, { stdio: ['ignore', full, 'pipe'], cwd })
    const isTakenUp = async () => (await ask('/sv/feed.json')).text.includes('"E"')
    await until(() => isTakenUp().catch(() => false))
    const again = await ask('/feed.atom')
    expect(again.text).toBe(left.text)
    const validators = ({ headers }: Answer) => [headers.get('etag'), headers.get('last-modified')]
    expect(validators(again)).toEqual(validators(left))
    expect((await ask('/feed.json', since(before))).status).toBe(200)
    expect((await ask('/fi/feed.json', since(whole))).status).toBe(200)
    // That is because of the removal: what is new stands elsewhere.
    expect((await ask('/fi/feed.json', since(removed))).status).toBe(304)
    left = await ask('/feed.json')
    for (let poll = 0; poll < 20; poll++) expect((await ask('/feed.json')).status).toBe(200)
    await stop()
    const { 'releases/e.sv.md': added, ...others } = await knownFiles()
    expect([added, others]).toEqual([expect.anything(), known])
  })

  test('what the database has is served at once, and goes on where the folder is wrong; what was kept of the program beside it is no hindrance, whatever became of it', async () => {
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
    writeFiles(directory, {
      'site.yaml': 'nonsense\n',
      'releases/f.en.md': markdown(['title: F', 'published: 2024-01-25']),
    })
    await begin({ BASE_URL: 'http://two.example' })
    await until(() => server.output().includes('What was there before'))
    expect(server.output()).toMatch(/^Reading .*\nWhat was there before is served until .*\n$/)
    // What is no reason to stop is said before that.
    expect(server.log()).toMatch(
      /^BASE_URL is http:.* set BASE_URL to https:\/\/two\.example\.\nReading/,
    )
    const after = await ask('/feed.json')
    expect(after.text).toContain('http://two.example/releases/b')
    expect(after.text).not.toContain('"F"')
    // Other bytes have another date, also before the folder is read (H-10).
    expect(dateOf(after)).toBeGreaterThan(dateOf(left))
    const health = await ask('/healthz')
    expect(health.status).toBe(200)
    expect(health.text).toContain('site.yaml:1')
    writeFiles(directory, { 'site.yaml': siteYaml.replace(/^id: .*$/m, idOfSample) })
    await until(async () => (await titles(`${server.url}/feed.json`)).includes('F'))
  })

  test('Ctrl+C closes idle connections and waits for a body that is being sent, and a second one stops at once', async () => {
    const { port, process } = server
    const busy = await open(port)
    busy.write(
      `PUT /api/releases/half/en HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    )
    const idle = await open(port)
    idle.write('GET /feed.rss HTTP/1.1\r\nHost: a.example\r\n\r\n')
    await new Promise((resolve) => idle.once('data', resolve))
    process.kill('SIGINT')
    // npm passes on what the terminal told us already. Two at the very same moment would come as one.
    await new Promise((resolve) => setTimeout(resolve, 50))
    process.kill('SIGINT')
    if (!idle.destroyed) await new Promise((resolve) => idle.once('close', resolve))
    await expect(open(port)).rejects.toThrow('ECONNREFUSED')
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect([process.exitCode, busy.destroyed]).toEqual([null, false])
    const again = Date.now()
    process.kill('SIGINT')
    expect(await server.exit).toBe(0)
    expect(Date.now() - again).toBeLessThan(1000)
    expect(existsSync(`${settings.DATABASE}-wal`)).toBe(false)
  })

  test('what is wrong with the settings is said where nothing of the program can be kept', async () => {
    rmSync(kept, { recursive: true })
    writeFileSync(kept, 'A file in the place of the folder.')
    // As soon as the settings are read, the program is there.
    await begin({
      BASE_URL: 'releases.example.org',
      FEED_PAGES: 'no',
      PUBLISH_TOKENS: 'police@=a-secret-of-the-police',
    })
    expect(await server.exit).toBe(1)
    expect(server.log()).toContain('BASE_URL must be an origin')
    expect(server.log()).toContain('FEED_PAGES must be on or off')
    expect(server.log()).toContain('PUBLISH_TOKENS limits police to ""')
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

test('a port that is taken stops the start with a sentence', async () => {
  const directory = temporaryFolder()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const { exit, log } = await start(directory, { PORT: String(port) })
  expect(await exit).toBe(1)
  expect(log()).toMatch(
    /^PORT \d+ at HOST 127\.0\.0\.1 cannot be used: .* Another program .* set PORT to another number\.$/m,
  )
})

test('a HUB_ALLOW that is wrong stops the start with a sentence', async () => {
  const { exit, log } = await start(temporaryFolder(), { HUB_ALLOW: '10.0.0.0/99' })
  expect(await exit).toBe(1)
  expect(log()).toMatch(/^HUB_ALLOW names "10\.0\.0\.0\/99", which is neither a host nor a range/m)
})
