import { openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { markdown, temporaryFolder, topicsYaml, writeFiles } from './content-folder.ts'
import { exchange } from './raw-client.ts'
import { databaseFile, spawnServer, start, titles, until } from './server.ts'

const published = 'published: 2024-01-24T09:00:00+02:00'

test('a file put into the folder of a running service is in its topic feed soon after', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const { url } = await start(directory)
  expect(await titles(`${url}/topics/eu.json`)).toEqual(['A'])
  writeFiles(directory, {
    'releases/2024/b.en.md': markdown(['title: B', 'published: 2024-01-25', 'topics: [eu]']),
  })
  await until(async () => (await titles(`${url}/topics/eu.json`)).join() === 'B,A')
  writeFiles(directory, {
    'releases/2024/b.en.md': markdown(['title: Better', 'published: 2024-01-25', 'topics: [eu]']),
  })
  await until(async () => (await titles(`${url}/topics/eu.json`)).join() === 'Better,A')
  rmSync(join(directory, 'releases/a.en.md'))
  await until(async () => (await titles(`${url}/topics/eu.json`)).join() === 'Better')
})

test('a broken change keeps the last good state, and the log and /healthz say what is wrong', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const { url, log } = await start(directory)
  writeFiles(directory, {
    'releases/a.en.md': markdown(['title: Broken', published, 'topics: [ue]']),
    'releases/b.en.md': markdown(['title: B', published, 'topics: [eu]']),
  })
  await until(() => log().includes('"ue" is not a topic'))
  expect(await titles(`${url}/feed.json`)).toEqual(['A'])
  const health = await fetch(`${url}/healthz`)
  expect(health.status).toBe(200)
  expect(await health.json()).toMatchObject({
    status: 'content has problems',
    problems: [
      expect.stringMatching(/^releases\/a\.en\.md:4 {2}topics 1 {2}"ue" is not a topic\. Write eu/),
    ],
  })
  writeFiles(directory, { 'topics.yaml': `${topicsYaml}ue: { label: { en: UE } }\n` })
  await until(async () => (await titles(`${url}/feed.json`)).includes('Broken'))
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'ok', problems: [] })
})

test('an answer that is ready is, header by header, the one that was made, and stands in the log like it', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const { port, output } = await start(directory)
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
  await until(() => output().split('"status":').length === 1 + 4 * 4 * 3)
  const lines = output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => ({ ...JSON.parse(line), at: '', milliseconds: 0 }) as Record<string, unknown>)
  for (let first = 0; first < lines.length; first += 3) {
    expect(lines[first + 1]).toEqual(lines[first])
    expect(lines[first + 2]).toMatchObject({ status: 304, bytes: 0, conditional: true })
  }
})

test('a log that cannot be written keeps nobody from reading', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const full = openSync('/dev/full', 'w')
  const settings = { DATABASE: databaseFile() }
  const server = await spawnServer(directory, settings, { stdio: ['ignore', full, 'pipe'] })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  const ask = () => fetch(`${server.url}/feed.json`).catch(() => undefined)
  await until(async () => (await ask())?.status === 200)
  for (let poll = 0; poll < 20; poll++) expect((await ask())?.status).toBe(200)
  expect(server.process.exitCode).toBeNull()
})

test('a feed that is polled is another one as soon as a change was answered for', async () => {
  const directory = temporaryFolder({})
  const settings = { PUBLISH_TOKENS: 'newsroom=0123456789abcdef' }
  const { url } = await start(directory, settings)
  for (const title of ['One', 'Two', 'Three']) {
    await titles(`${url}/feed.json`)
    await titles(`${url}/feed.json`)
    const { status } = await fetch(`${url}/api/releases/${title.toLowerCase()}/en`, {
      method: 'PUT',
      headers: {
        Authorization: 'Bearer 0123456789abcdef',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ title, topics: [], body: { markdown: 'Text.' } }),
    })
    expect(status).toBe(201)
    expect((await titles(`${url}/feed.json`))[0]).toBe(title)
  }
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

test('a wrong setting stops the start with a sentence that names it', async () => {
  const directory = temporaryFolder()
  const { exit, log } = await start(directory, {
    BASE_URL: 'releases.example.org',
    DATABASE: '',
    FEED_PAGES: 'no',
  })
  expect(await exit).toBe(1)
  expect(log()).toContain('BASE_URL must be an origin')
  expect(log()).toContain('DATABASE is empty')
  expect(log()).toContain('FEED_PAGES must be on or off')
})

test('a restart answers with the same bytes and validators, and a change in between is taken up', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
    'releases/b.en.md': markdown(['title: B', published, 'topics: [eu]']),
  })
  const settings = { DATABASE: databaseFile(), BASE_URL: 'https://releases.example.org' }
  const first = await start(directory, settings)
  const before = await fetch(`${first.url}/feed.atom`)
  first.process.kill('SIGTERM')
  expect(await first.exit).toBe(0)

  const second = await start(directory, settings)
  const after = await fetch(`${second.url}/feed.atom`)
  expect(await after.text()).toBe(await before.text())
  expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
  expect(after.headers.get('last-modified')).toBe(before.headers.get('last-modified'))
  second.process.kill('SIGTERM')
  await second.exit

  writeFiles(directory, {
    'releases/c.en.md': markdown(['title: C', 'published: 2024-01-26', 'topics: [eu]']),
  })
  const third = await start(directory, settings)
  expect(await titles(`${third.url}/topics/eu.json`)).toEqual([
    'C',
    expect.any(String),
    expect.any(String),
  ])
})

test('after a restart, whoever sends dates alone still learns of an ended embargo and of a removal (H-10, H-12)', async () => {
  const soon = new Date(Date.now() + 4000).toISOString()
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published]),
    'releases/b.en.md': markdown(['title: B', `published: ${soon}`]),
    'releases/c.en.md': markdown(['title: C', 'published: 2024-01-25']),
  })
  const settings = { DATABASE: databaseFile() }
  const first = await start(directory, settings)
  const before = await fetch(`${first.url}/feed.json`)
  const since = { 'If-Modified-Since': before.headers.get('last-modified')! }
  expect((await fetch(`${first.url}/feed.json`, { headers: since })).status).toBe(304)
  await until(async () => (await titles(`${first.url}/feed.json`)).join() === 'B,C,A')
  first.process.kill('SIGTERM')
  await first.exit

  const second = await start(directory, settings)
  const lifted = await fetch(`${second.url}/feed.json`, { headers: since })
  expect(lifted.status).toBe(200)
  const sinceLifted = { 'If-Modified-Since': lifted.headers.get('last-modified')! }
  rmSync(join(directory, 'releases/c.en.md'))
  await until(async () => (await titles(`${second.url}/feed.json`)).join() === 'B,A')
  second.process.kill('SIGTERM')
  await second.exit

  const third = await start(directory, settings)
  expect((await fetch(`${third.url}/feed.json`, { headers: sinceLifted })).status).toBe(200)
})

test('a release may get another identity or move to another folder under a running service', async () => {
  const directory = temporaryFolder({ 'releases/b.en.md': markdown(['title: B', published]) })
  const { url, log } = await start(directory)
  writeFiles(directory, { 'releases/b.en.md': markdown(['title: B2', published, 'formerly: [a]']) })
  await until(async () => (await titles(`${url}/feed.json`)).join() === 'B2')
  renameSync(join(directory, 'releases/b.en.md'), join(directory, 'b.en.md'))
  writeFiles(directory, {
    'releases/2024/b.en.md': markdown(['title: B3', published, 'formerly: [a]']),
  })
  await until(async () => (await titles(`${url}/feed.json`)).join() === 'B3')
  expect(log()).not.toMatch(/at .*\.ts:\d+/)
})

test('who starts a service with thousands of releases sees how far it has come', async () => {
  const lines = Array.from({ length: 2100 }, (_, index) => {
    const published = new Date(Date.UTC(2024, 0, 1, 0, 0, index)).toISOString()
    const body = { markdown: 'A text.' }
    return JSON.stringify({ slug: `r-${index}`, language: 'en', title: 'R', published, body })
  })
  const directory = temporaryFolder({ 'releases/many.jsonl': lines.join('\n') })
  const settings = { DATABASE: databaseFile() }
  const first = await start(directory, settings)
  expect(first.output()).toMatch(/^Serving .*\n$/)
  expect(first.log().replace(first.output(), '')).toBe(
    '1000 releases read\n2000 releases read\nAll are read. Putting 2100 into the database …\n',
  )
  first.process.kill('SIGTERM')
  await first.exit
  const second = await start(directory, settings)
  expect(second.log()).toMatch(/^Serving [^\n]*\n$/)
})

test('what is kept of the program beside the database hinders no start, whatever became of it', async () => {
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(['title: A', published]) })
  const database = databaseFile()
  const kept = join(dirname(database), 'compiled')
  // All servers of these tests keep it in one place otherwise.
  const settings = { DATABASE: database, NODE_COMPILE_CACHE: '' }
  const restart = async () => {
    const { url, process, exit } = await start(directory, settings)
    expect(await titles(`${url}/feed.json`)).toEqual(['A'])
    process.kill('SIGTERM')
    await exit
  }
  await restart()
  const files = readdirSync(kept, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  expect(files.length).toBeGreaterThan(100)
  await restart()
  for (const file of files) writeFileSync(file, 'This is no program. '.repeat(50))
  await restart()
  rmSync(kept, { recursive: true })
  writeFileSync(kept, 'A file in the place of the folder.')
  await restart()
})

test('a port that is taken stops the start with a sentence', async () => {
  const directory = temporaryFolder()
  const { url } = await start(directory)
  const { exit, log } = await start(directory, { PORT: new URL(url).port })
  expect(await exit).toBe(1)
  expect(log()).toMatch(/^PORT \d+ at HOST 127\.0\.0\.1 cannot be used/m)
})

test('two services on one database file bring in the same content without harm', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [eu]']),
  })
  const settings = { DATABASE: databaseFile() }
  const [one, other] = await Promise.all([start(directory, settings), start(directory, settings)])
  expect(await titles(`${one.url}/feed.json`)).toEqual(['A'])
  expect(await titles(`${other.url}/feed.json`)).toEqual(['A'])
  writeFiles(directory, { 'releases/b.en.md': markdown(['title: B', 'published: 2024-01-25']) })
  await until(async () => (await titles(`${one.url}/feed.json`)).join() === 'B,A')
  await until(async () => (await titles(`${other.url}/feed.json`)).join() === 'B,A')
})
