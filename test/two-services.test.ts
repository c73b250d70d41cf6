// Two services over one database: several writers and pollers at once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { markdown, writeFiles, writeFolder } from './content-folder.ts'
import { createClockAhead, type Server, spawnServer, titles, until } from './server.ts'
import { amount } from './trials.ts'

const token = 'a-secret-of-the-newsroom'
const writers = amount(4, 8)
const pollers = amount(4, 8)
const duration = amount(1000, 20_000)
/** Milliseconds. In a trial they ask as often as they can. */
const betweenPolls = amount(20, 0)

const data = mkdtempSync(join(tmpdir(), 'tiedote-data-'))
let directory: string
let services: Server[]

beforeAll(async () => {
  directory = writeFolder({
    'topics.yaml': 'eu: { label: EU }\ndrugs: { label: Drugs }\n',
    'releases/a.en.md': markdown([
      'title: A',
      'published: 2024-01-24T09:00:00+02:00',
      'topics: [drugs]',
    ]),
  })
  const settings = {
    ...createClockAhead().environment,
    DATABASE: join(data, 'tiedote.db'),
    PUBLISH_TOKENS: `newsroom=${token}`,
  }
  // Both find a database that is not there yet.
  services = await Promise.all([spawnServer(directory, settings), spawnServer(directory, settings)])
  for (const { output } of services) await until(() => output().includes('Serving'))
})

afterAll(() => {
  for (const { process } of services) process.kill('SIGKILL')
  for (const folder of [data, directory]) rmSync(folder, { recursive: true, force: true })
})

test('two services on one database file bring in the same content without harm', async () => {
  const both = async () =>
    Promise.all(services.map(async ({ url }) => (await titles(`${url}/feed.json`)).join()))
  expect(await both()).toEqual(['A', 'A'])
  writeFiles(directory, {
    'releases/b.en.md': markdown(['title: B', 'published: 2024-01-25', 'topics: [drugs]']),
  })
  await until(async () => (await both()).join(' ') === 'B,A B,A')
})

test('two services on one database lose nothing, and pollers see whole states alone', async () => {
  const urls = services.map(({ url }) => url)
  const end = Date.now() + duration
  const answered = new Map<string, string>()
  const wrong: string[] = []

  const writing = Array.from({ length: writers }, async (_, writer) => {
    for (let count = 1; Date.now() < end; count++) {
      const slug = `writer-${writer}-${count}`
      // Both versions at once, in a request each, to either service.
      const both = await Promise.all(urls.map((url, at) => put(url, slug, `Title ${at}`)))
      for (const { status } of both) if (status >= 300) wrong.push(`PUT ${slug}: ${status}`)
      const read = await get(urls[count % 2]!, slug)
      answered.set(slug, read.etag)
      const change = await Promise.all(
        urls.map((url, at) => put(url, slug, `Changed ${at}`, { 'If-Match': read.etag })),
      )
      const statuses = change.map(({ status }) => status).toSorted((a, b) => a - b)
      if (statuses.join() !== '200,412') wrong.push(`If-Match ${slug}: ${statuses.join()}`)
    }
  })
  const polling = Array.from({ length: pollers }, async (_, poller) => {
    const url = `${urls[poller % 2]}/${poller % 4 < 2 ? 'feed.json' : 'topics/eu.json'}`
    let last = 0
    let seen = new Set<string>()
    while (Date.now() < end) {
      const response = await fetch(url)
      const modified = Date.parse(response.headers.get('last-modified') ?? '')
      if (response.status !== 200) wrong.push(`${url}: ${response.status}`)
      if (modified < last) wrong.push(`${url}: Last-Modified went back`)
      last = modified
      const { items } = (await response.json()) as { items: { id: string; title: string }[] }
      const ids = new Set(items.map(({ id }) => id))
      if (items.length < 50) {
        for (const id of seen) if (!ids.has(id)) wrong.push(`${url}: ${id} has gone`)
      }
      seen = ids
      await new Promise((resolve) => setTimeout(resolve, betweenPolls))
      for (const { title } of items) {
        if (!/^([AB]|(Title|Changed) [01])$/.test(title)) wrong.push(`${url}: ${title}`)
      }
    }
  })
  await Promise.all([...writing, ...polling])
  expect(wrong).toEqual([])
  expect(answered.size).toBeGreaterThanOrEqual(writers)
  for (const slug of answered.keys()) {
    const [one, other] = await Promise.all(urls.map((url) => get(url, slug)))
    expect(one!.title).toMatch(/^Changed [01]$/)
    expect(other).toEqual(one)
  }
})

async function put(url: string, slug: string, title: string, headers = {}) {
  const answer = await fetch(`${url}/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ title, topics: ['eu'], body: { markdown: title } }),
  })
  await answer.text()
  return { status: answer.status }
}

async function get(url: string, slug: string): Promise<{ title: string; etag: string }> {
  const answer = await fetch(`${url}/api/releases/${slug}/en`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  const { title } = (await answer.json()) as { title: string }
  return { title, etag: answer.headers.get('etag') ?? '' }
}
