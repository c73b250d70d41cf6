// What was answered with 2xx is there whole after the process was killed, and nothing is half there.
// npm run trials kills it a hundred times, KILLS=300 npm test -- durability three hundred.
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryFolder } from './content-folder.ts'
import { createClockAhead, databaseFile, type Server, spawnServer, until } from './server.ts'
import { amount } from './trials.ts'

const kills = Number(process.env.KILLS ?? amount(1, 100))
const writers = amount(6, 24)
const { environment } = createClockAhead()
const token = 'a-secret-of-the-newsroom'

/** What a writer knows of its release. */
type Known = {
  slug: string
  /** The version that was last answered for, 0 before the first. */
  answered: number
  /** The version that was last sent. */
  sent: number
  /** Lines that were answered for, each a release of its own. */
  lines: string[]
  /** Releases of which the withdrawal was answered for. */
  withdrawn: string[]
  topics: string[]
  /** Files with their size. */
  files: Map<string, number>
  writes: number
}

test(
  'every change that was answered for is there whole after the process was killed; what an upload or a load leaves that was cut off is gone at the next start, and nothing else; and nothing is answered for while the database file is not where that start looks for it',
  { timeout: 30_000 + kills * 6000 },
  async () => {
    const directory = temporaryFolder({ 'topics.yaml': 'eu: { label: EU }\n' })
    const database = databaseFile()
    const random = numbersFrom(4711)
    const known = Array.from({ length: writers }, (_, index): Known => {
      return {
        slug: `release-${index}`,
        answered: 0,
        sent: 0,
        lines: [],
        withdrawn: [],
        topics: [],
        files: new Map(),
        writes: 0,
      }
    })
    const folder = leaveUpload(database)
    let server = await begin(directory, database)
    try {
      expect(readdirSync(folder).toSorted()).toEqual(['.a.txt.mine', 'a.txt'])
      await isNotAnsweredForWithout(database, server.url)
      for (let kill = 0; kill < kills; kill++) {
        const { url } = server
        const isOver = { value: false }
        const writing = known.map((one) => write(url, one, random, isOver))
        const before = countWrites(known)
        await until(() => countWrites(known) > before + 10)
        await new Promise((resolve) => setTimeout(resolve, random() * amount(150, 1400)))
        server.process.kill('SIGKILL')
        isOver.value = true
        await server.exit
        await Promise.all(writing)
        leaveDraft(database)
        server = await begin(directory, database)
        await until(() => countIn(database, "incoming where batch = 'killed'") === 0)
        for (const one of known) await check(server.url, one)
      }
    } finally {
      server.process.kill('SIGKILL')
      await server.exit
    }
    const sqlite = new DatabaseSync(database)
    expect(sqlite.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    sqlite.close()
    expect(countIn(database, 'placement')).toBe(0)
    // What an upload left that was cut off goes at the next start.
    const left = readdirSync(dirname(database), { recursive: true }) as string[]
    expect(left.filter((path) => path.includes('.txt.'))).toEqual(['media/2026/.a.txt.mine'])
    const writes = countWrites(known)
    expect(writes).toBeGreaterThan(kills * 10)
    console.log(`${kills} kills, ${writes} releases written and answered for`)
  },
)

/** What lies beside a database after an upload was cut off. */
function leaveUpload(database: string): string {
  const folder = join(dirname(database), 'media', '2026')
  mkdirSync(folder, { recursive: true })
  for (const name of ['a.txt', `.a.txt.${randomUUID()}`, '.a.txt.mine']) {
    writeFileSync(join(folder, name), 'Agenda.')
  }
  return folder
}

/** A draft of a load that was cut off long ago. */
function leaveDraft(database: string) {
  const sqlite = new DatabaseSync(database, { timeout: 5000 })
  sqlite.exec(
    `insert into incoming (batch, id, number, staged, dates, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
     values ('killed', 'id', 0, unixepoch() - 601, 'news', 'left', 'en', 'left.en.md', 'folder', '', 0, 0, '{}', '', 1, '[]')`,
  )
  sqlite.close()
}

function countIn(database: string, from: string): number {
  const sqlite = new DatabaseSync(database, { readOnly: true, timeout: 5000 })
  const { count } = sqlite.prepare(`select count(*) as count from ${from}`).get()!
  sqlite.close()
  return Number(count)
}

async function isNotAnsweredForWithout(database: string, url: string) {
  const put = async (slug: string) => {
    const body = JSON.stringify(versionOf(1, []))
    return (await send(url, 'PUT', `/api/releases/${slug}/en`, body)).status
  }
  expect(await put('before')).toBe(201)
  renameSync(database, `${database}.away`)
  expect(await put('meanwhile')).toBe(503)
  expect((await fetch(`${url}/feed.json`)).status).toBe(200)
  renameSync(`${database}.away`, database)
  expect(await put('meanwhile')).toBe(201)
}

function countWrites(known: Known[]): number {
  return known.reduce((sum, one) => sum + one.writes, 0)
}

async function begin(directory: string, database: string): Promise<Server> {
  const server = await spawnServer(directory, {
    ...environment,
    DATABASE: database,
    PUBLISH_TOKENS: `newsroom=${token}`,
  })
  await until(() => server.output().includes('Serving')).catch((error: Error) => {
    throw new Error(`${error.message}: ${server.log()}`)
  })
  return server
}

/** Writes until the process is gone: new versions of one release, corrections, and many new ones. */
async function write(url: string, one: Known, random: () => number, isOver: { value: boolean }) {
  while (!isOver.value) {
    try {
      const chance = random()
      if (chance < 0.1) {
        const slug = `withdrawn-${randomUUID()}`
        await succeed(url, 'PUT', `/api/releases/${slug}/en`, JSON.stringify(versionOf(1)))
        const reason = JSON.stringify({ reason: 'It was wrong.' })
        await succeed(url, 'POST', `/api/releases/${slug}/en/withdraw`, reason)
        one.withdrawn.push(slug)
        one.writes += 2
      } else if (chance < 0.2) {
        const path = `media/${randomUUID().slice(0, 2)}/${randomUUID()}.txt`
        const size = 1 + Math.floor(random() * 2_000_000)
        await succeed(url, 'PUT', `/api/${path}`, 'a'.repeat(size))
        one.files.set(path, size)
        one.writes++
      } else if (chance < 0.22) {
        const slug = `topic-${randomUUID()}`
        await succeed(url, 'PUT', `/api/topics/${slug}`, JSON.stringify({ label: slug }))
        one.topics.push(slug)
        one.writes++
      } else if (chance < 0.6) {
        const slugs = Array.from({ length: 10 }, () => `line-${randomUUID()}`)
        const lines = slugs.map((slug) => {
          const published = new Date(1.5e12 + random() * 1e11).toISOString()
          return JSON.stringify({ slug, language: 'en', published, ...versionOf(1) })
        })
        const type = 'application/x-ndjson'
        const text = await succeed(url, 'POST', '/api/releases?dates=keep', lines.join('\n'), type)
        const told = text.trim().split('\n')
        const statuses = told.map((line) => (JSON.parse(line) as { status: number }).status)
        // On a busy machine somebody is told to come again.
        for (const status of statuses) expect([201, 503]).toContain(status)
        const taken = slugs.filter((_, index) => statuses[index] === 201)
        one.lines.push(...taken)
        one.writes += taken.length
      } else {
        const version = one.sent + 1
        const change = { kind: 'correction', note: `Version ${version}` }
        const written = { ...versionOf(version), ...(version > 1 && { change }) }
        one.sent = version
        const path = `/api/releases/${one.slug}/en`
        await succeed(url, 'PUT', path, JSON.stringify(written))
        one.answered = version
        one.writes++
      }
    } catch (error) {
      // The connection ends with the process. Whatever else is wrong must be seen.
      if (!(error instanceof TypeError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

async function check(url: string, one: Known) {
  if (one.sent > 0) {
    const { status, text } = await send(url, 'GET', `/api/releases/${one.slug}/en`)
    const isThere = status === 200
    expect(isThere || one.answered === 0).toBe(true)
    if (isThere) {
      const release = JSON.parse(text) as {
        title: string
        published: string
        body: { markdown: string }
        changes?: object[]
      }
      const version = Number(release.title.slice('Version '.length))
      // The one that was not answered for may have come through, and no other.
      expect([one.answered, one.sent]).toContain(version)
      expect(release.body.markdown).toBe(`Text of version ${version}.`)
      const history = await send(url, 'GET', `/api/releases/${one.slug}/en/history`)
      const { history: deeds } = JSON.parse(history.text) as { history: { action: string }[] }
      expect(deeds.filter(({ action }) => action === 'publish')).toHaveLength(1)
      // Many at once come out one after the other.
      if (Date.parse(release.published) <= Date.now()) {
        const page = await fetch(`${url}/releases/${one.slug}`)
        expect(await page.text()).toContain(`Text of version ${version}.`)
      }
      one.answered = version
      one.sent = version
    }
  }
  for (const slug of one.lines.splice(0)) {
    const { status, text } = await send(url, 'GET', `/api/releases/${slug}/en`)
    expect([status, text.includes('Text of version 1.')]).toEqual([200, true])
  }
  for (const slug of one.withdrawn.splice(0)) {
    const { text } = await send(url, 'GET', `/api/releases/${slug}/en`)
    expect(JSON.parse(text)).toMatchObject({ withdrawn: { reason: 'It was wrong.' } })
    const { text: deeds } = await send(url, 'GET', `/api/releases/${slug}/en/history`)
    const { history } = JSON.parse(deeds) as { history: { action: string }[] }
    expect(history.map(({ action }) => action)).toEqual(['withdraw', 'publish'])
  }
  for (const slug of one.topics.splice(0)) {
    const { text } = await send(url, 'GET', `/api/topics/${slug}`)
    expect(JSON.parse(text)).toMatchObject({ label: { en: slug } })
  }
  for (const [path, size] of one.files) {
    const { text } = await send(url, 'GET', `/api/${path}`)
    expect(JSON.parse(text)).toMatchObject({ file: path, size })
  }
  one.files.clear()
  const feed = await fetch(`${url}/feed.json`)
  expect(feed.status).toBe(200)
}

function versionOf(version: number, topics = ['eu']) {
  return {
    title: `Version ${version}`,
    topics,
    body: { markdown: `Text of version ${version}.` },
  }
}

/** Sends something again until it is taken, as whoever is told to come again does. */
async function succeed(url: string, method: string, path: string, body: string, type?: string) {
  for (;;) {
    const { status, text } = await send(url, method, path, body, type)
    if (status === 200 || status === 201) return text
    if (status !== 503) throw new Error(`${method} ${path}: ${status} ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
): Promise<{ status: number; text: string }> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type }
  const answer = await fetch(url + path, { method, headers, ...(body !== undefined && { body }) })
  return { status: answer.status, text: await answer.text() }
}

/** The same numbers from 0 to 1 at every run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
