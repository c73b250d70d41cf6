// How soon what is accepted is public, when much comes at once: on the real server, by the time.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { markdown } from './content-folder.ts'
import { type Server, startForAll } from './server.ts'
import { amount } from './trials.ts'

const headers = { Authorization: 'Bearer a-secret-of-the-newsroom' }
const settings = { PUBLISH_TOKENS: 'newsroom=a-secret-of-the-newsroom' }

const release = (fields = {}) => ({
  title: 'A release',
  topics: ['eu'],
  body: { html: '<p>x</p>' },
  ...fields,
})

async function put({ url }: Server, slug: string, fields = {}): Promise<{ published: string }> {
  const path = `${url}/api/releases/${slug}/en`
  const type = { ...headers, 'Content-Type': 'application/json' }
  const body = JSON.stringify(release(fields))
  const answer = await fetch(path, { method: 'PUT', headers: type, body })
  expect([slug, answer.status]).toEqual([slug, 201])
  return answer.json() as Promise<{ published: string }>
}

/** Slugs in a document, the newest first, and where the next one lies. */
async function slugsOf(address: URL): Promise<{ slugs: string[]; next: string | undefined }> {
  const { items, next_url: next } = (await (await fetch(address)).json()) as {
    items: { url: string }[]
    next_url?: string
  }
  return {
    slugs: items.map((item) => item.url.split('/').at(-1)!),
    next: next && new URL(next).pathname,
  }
}

/** Slugs in a feed and its archives, the newest first, each once: an archive may have what the head has. */
async function slugsIn({ url }: Server): Promise<string[]> {
  const all: string[] = []
  for (let path: string | undefined = '/feed.json'; path;) {
    const { slugs, next } = await slugsOf(new URL(path, url))
    all.push(...slugs)
    path = next
  }
  return [...new Set(all)]
}

/** How many seconds after the one in which something was sent its time is. */
const delay = ({ published }: { published: string }, sent: number) =>
  Date.parse(published) / 1000 - Math.floor(sent / 1000)

/** A busy machine may take a while to take things in; what is measured is the wait for a second. */
const longest = 2

const started = startForAll(
  { 'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24']) },
  settings,
)

test('eighty releases sent at once, five hundred in one request and three a second are out within two seconds', async () => {
  const server = started()
  const eighty = Array.from({ length: 80 }, (_, index) => `at-once-${index}`)
  const begun = Date.now()
  const receipts = await Promise.all(eighty.map((slug) => put(server, slug)))
  const ended = Date.now()
  const seconds = new Set(receipts.map(({ published }) => published))
  // As long as they come in they take a second each, and one more.
  expect(seconds.size).toBeLessThanOrEqual(Math.ceil((ended - begun) / 1000) + 1)
  expect((await slugsIn(server)).toSorted()).toEqual(['a', ...eighty].toSorted())

  const lines = Array.from({ length: 500 }, (_, index) =>
    JSON.stringify(release({ slug: `line-${index}`, language: 'en' })),
  )
  const answer = await fetch(`${server.url}/api/releases`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  const told = (await answer.text()).trim().split('\n')
  const published = told.map((line) => (JSON.parse(line) as { published: string }).published)
  expect(new Set(published).size).toBe(1)
  const listed = (await slugsIn(server)).filter((slug) => slug.startsWith('line-'))
  expect(listed).toEqual(lines.map((_, index) => `line-${499 - index}`))

  const sent: Promise<number>[] = []
  for (let index = 0; index < amount(9, 180); index++) {
    const at = Date.now()
    sent.push(put(server, `one-of-many-${index}`).then((receipt) => delay(receipt, at)))
    await pause(1000 / 3)
  }
  for (const waited of await Promise.all(sent)) expect(waited).toBeLessThanOrEqual(longest)
}, 300_000)

test('releases to come, sent one by one for the same second, are out in it, and nobody sees some of them alone', async () => {
  const server = started()
  const at = Math.ceil(Date.now() / 1000) + amount(5, 20)
  const published = new Date(at * 1000).toISOString()
  const slugs = Array.from({ length: amount(8, 20) }, (_, index) => `embargo-${index}`)
  for (const slug of slugs) await put(server, slug, { published })
  expect(Date.now()).toBeLessThan(at * 1000)
  await pause(at * 1000 - 300 - Date.now())
  for (;;) {
    const begun = Date.now()
    // Those of one second are the newest, and in the head.
    const { slugs: head } = await slugsOf(new URL('/feed.json', server.url))
    const found = head.filter((slug) => slug.startsWith('embargo'))
    if (found.length === 0) {
      expect(begun).toBeLessThan((at + 1) * 1000)
      await pause(20)
      continue
    }
    expect(found).toEqual(slugs.toReversed())
    expect(Date.now()).toBeGreaterThanOrEqual(at * 1000)
    break
  }
}, 60_000)
