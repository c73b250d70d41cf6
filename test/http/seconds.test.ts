import { describe, expect, test, vi } from 'vitest'
import { markdown, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

const release = (title: string, at = '2026-03-02T06:00:00Z') =>
  markdown([`title: ${title}`, `published: ${at}`, 'topics: [eu]'])

test('a change amid releases of one second never shares its Last-Modified, nor has one of the future (H-09, H-10)', async () => {
  const clock = createSimulatedClock(start)
  const slugs = ['a', 'b', 'c', 'd', 'e']
  // They get a second each, so that they become public one after the other.
  const directory = temporaryFolder(
    Object.fromEntries(slugs.map((slug) => [`releases/${slug}.en.md`, release(slug)])),
  )
  const service = await nodePress(directory, clock)
  const bodies = new Map<number, string>()
  const look = async () => {
    const response = await service.fetch('/feed.atom')
    const second = Date.parse(response.headers.get('last-modified')!) / 1000
    expect(second).toBeLessThanOrEqual(clock.now())
    const body = await response.text()
    expect(bodies.get(second) ?? body).toBe(body)
    bodies.set(second, body)
  }
  await look()
  clock.moveTo(start + 1)
  await look()
  writeFiles(directory, { 'releases/old.en.md': release('old', '2026-02-01T06:00:00Z') })
  await service.takeUp()
  await look()
  for (let second = start + 2; second < start + 8; second++) {
    clock.moveTo(second)
    await look()
  }
})

test('after a restart, whoever was told 304 is told so while the store fails, too (H-29)', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const service = await nodePress(temporaryFolder({ 'releases/a.en.md': release('A') }))
  const etag = (await service.fetch('/feed.atom')).headers.get('etag')!
  const poll = async () =>
    (await service.fetch('/feed.atom', { headers: { 'If-None-Match': etag } })).status
  expect(await poll()).toBe(304)
  await service.restart()
  expect(await poll()).toBe(304)
  // It may prepare the document on the side.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await service.breakStore()
  expect(await poll()).toBe(304)
  // Somebody new, as well: the address has been answered by this very process.
  expect((await service.fetch('/feed.atom')).status).toBe(200)
  logged.mockRestore()
})

describe('a change that another process makes while a document is being made', () => {
  for (const moment of ['state', 'lastModified', 'places', 'load', 'findRelations'] as const) {
    test(`right after the store was asked for ${moment}, costs nobody a release (H-10, H-17)`, async () => {
      const clock = createSimulatedClock(start)
      const directory = temporaryFolder({ 'releases/x.en.md': release('X one') })
      let meanwhile: (() => Promise<void>) | undefined
      const press = await nodePress(directory, clock, (store) => {
        const ask = store[moment] as (...asked: unknown[]) => Promise<unknown>
        const interrupted = async (...asked: unknown[]) => {
          const answer = await ask(...asked)
          const work = meanwhile
          meanwhile = undefined
          await work?.()
          return answer
        }
        return { ...store, [moment]: interrupted }
      })
      await press.fetch('/feed.atom')
      clock.moveTo(start + 100)
      writeFiles(directory, { 'releases/x.en.md': release('X two') })
      await press.takeUp()
      clock.moveTo(start + 200)
      writeFiles(directory, {
        'releases/x.en.md': release('X three'),
        'releases/y.en.md': release('Y new', '2026-03-02T06:03:15Z'),
      })
      meanwhile = press.takeUp
      const seen = new Map<string, string>()
      for (const seconds of [201, 300, 90_000]) {
        const response = await press.fetch('/feed.atom')
        const text = await response.text()
        const since = response.headers.get('last-modified')!
        expect(seen.get(since) ?? text).toBe(text)
        seen.set(since, text)
        clock.moveTo(start + seconds)
      }
      expect(meanwhile).toBeUndefined()
      const last = await (await press.fetch('/feed.atom')).text()
      expect(last).toContain('X three')
      expect(last).toContain('Y new')
    })
  }
})

test('a retirement that is taken back in its own second is taken back for all (H-10)', async () => {
  const clock = createSimulatedClock(start)
  const at = new Date((start + 100) * 1000).toISOString()
  const ending = topicsYaml.replace(
    'space-travel:\n  label: { en: space travel }',
    `space-travel:\n  label: { en: space travel }\n  retired: ${at}`,
  )
  const files = { 'releases/x.en.md': release('X'), 'topics.yaml': ending }
  const directory = temporaryFolder(files)
  const press = await nodePress(directory, clock)
  clock.moveTo(start + 100)
  expect(await (await press.fetch('/topics/space-travel.json')).text()).toContain('"expired":true')
  writeFiles(directory, { 'topics.yaml': topicsYaml })
  await press.takeUp()
  expect(await (await press.fetch('/topics/space-travel.json')).text()).not.toContain('expired')
})

test('after a restart each document is made once, however many poll (H-16)', async () => {
  const press = await nodePress(temporaryFolder({ 'releases/x.en.md': release('X') }))
  const paths = ['/feed.rss', '/feed.atom', '/topics/eu.json', '/topics/-eu.atom']
  const tags = await Promise.all(
    paths.map(async (path) => (await press.fetch(path)).headers.get('etag')!),
  )
  const poll = () =>
    Promise.all(
      paths.map((path, index) => press.fetch(path, { headers: { 'If-None-Match': tags[index]! } })),
    )
  const renders = async () => {
    const { body } = await press.metrics().document()
    const counts = body.matchAll(/^tiedote_renders_total\{.*\} (\d+)/gm)
    return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
  }
  await poll()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await press.restart()
  const before = await renders()
  for (let round = 0; round < 20; round++) {
    for (const { status } of await poll()) expect(status).toBe(304)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect((await renders()) - before).toBe(paths.length)
})

test('lines without a time come out in their order, also when the next second begins while they are read', async () => {
  let now = start
  let untilNext = Infinity
  const clock = {
    now: () => (untilNext-- === 0 ? ++now : now),
    passed: async () => void now++,
  }
  const directory = temporaryFolder({ 'releases/a.en.md': release('A') })
  const service = await nodePress(directory, clock)
  const send = async (slugs: string[]) => {
    const fields = { language: 'en', body: { markdown: 'Text.' } }
    const lines = slugs.map((slug) => JSON.stringify({ ...fields, slug, title: slug }))
    const sent = await service.fetch('/api/releases', {
      method: 'POST',
      headers: {
        Authorization: 'Bearer a-secret-of-the-newsroom',
        'Content-Type': 'application/x-ndjson',
      },
      body: lines.join('\n'),
    })
    expect((await sent.text()).match(/"status":201/g)).toHaveLength(slugs.length)
  }
  for (let looks = 0; looks < 12; looks++) {
    // Readers have seen something of this second, so that what is of it comes late.
    await send([`before-${looks}`])
    untilNext = looks
    const slugs = Array.from({ length: 6 }, (_, index) => `line-${looks}-${index}`)
    await send(slugs)
    untilNext = Infinity
    const { items } = (await (await service.fetch('/feed.json')).json()) as {
      items: { title: string }[]
    }
    const newest = items.map(({ title }) => title).slice(0, slugs.length)
    expect(newest).toEqual(slugs.toReversed())
  }
})
