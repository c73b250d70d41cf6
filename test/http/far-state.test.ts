import { expect, onTestFinished, test } from 'vitest'
import type { ReleaseStore } from '../../src/domain/release-store.ts'
import { longestKept } from '../../src/http/answers/caching.ts'
import { markdown, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { nodePress, publishTokens } from '../platforms.ts'
import { amount } from '../trials.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000
const feed = '/topics/eu.atom'

const release = (title: string, at = start - 3600) =>
  markdown([`title: ${title}`, `published: ${new Date(at * 1000).toISOString()}`, 'topics: [eu]'])

const files = { 'releases/a.en.md': release('A') }

/** A process that keeps the state as an isolate does. Whatever it asks of the store is counted. */
async function isolate(content: Record<string, string> = files, memory = 32_000_000) {
  const clock = createSimulatedClock(start)
  const directory = temporaryFolder(content)
  let asked = 0
  let slow = Promise.resolve()
  const around = (store: ReleaseStore) => {
    const counted = Object.entries(store).map(([name, ask]) => {
      return [
        name,
        (...what: never[]) => (asked++, (ask as (...what: never[]) => unknown)(...what)),
      ]
    })
    const inner = Object.fromEntries(counted) as ReleaseStore
    const state: ReleaseStore['state'] = async (now) => {
      const found = await inner.state(now)
      await slow
      return found
    }
    return { ...inner, state }
  }
  const press = await nodePress(directory, clock, around, { isFar: true, memory })
  const { fetch } = press
  return {
    clock,
    fetch,
    takeUp: async (changed: Record<string, string>) => {
      writeFiles(directory, changed)
      await press.takeUp()
    },
    /** How often the store was asked since the last time. */
    questions: () => [asked, (asked = 0)][0],
    /** Lets states take until the promise is kept. */
    slowDown: (until: Promise<void>) => void (slow = until),
    poll: async (headers: Record<string, string>, path = feed) => {
      const answer = await fetch(path, { headers })
      return [answer.status, answer.headers.get('age')]
    },
    text: async (path = feed, headers: Record<string, string> = {}) =>
      (await fetch(path, { headers })).text(),
  }
}

async function polled(service: Awaited<ReturnType<typeof isolate>>, path = feed) {
  const { headers } = await service.fetch(path)
  const etag = { 'If-None-Match': headers.get('etag')! }
  await service.poll(etag, path)
  await new Promise((resolve) => setTimeout(resolve, 20))
  service.questions()
  return { etag, since: { 'If-Modified-Since': headers.get('last-modified')! } }
}

test('a feed that is polled within max-age costs no question, and after it one', async () => {
  const service = await isolate()
  const { etag, since } = await polled(service)
  for (const second of [0, 100, 299]) {
    service.clock.moveTo(start + second)
    const age = second === 0 ? null : String(second)
    expect(await service.poll(etag)).toEqual([304, age])
    expect(await service.poll(since)).toEqual([304, age])
    // As fetch in Node and in browsers polls.
    expect(await service.poll({ ...etag, 'Cache-Control': 'no-cache' })).toEqual([304, age])
    expect(await service.poll({})).toEqual([200, age])
  }
  expect(service.questions()).toBe(0)
  service.clock.moveTo(start + longestKept)
  expect(await service.poll(etag)).toEqual([304, null])
  expect(service.questions()).toBe(1)
  service.clock.moveTo(start + longestKept + 200)
  expect(await service.poll(etag)).toEqual([304, '200'])
  expect(service.questions()).toBe(0)
})

test('a cache that keeps an answer as long as its Age leaves shows a correction no later than max-age says (H-18, H-20)', async () => {
  const service = await isolate()
  await polled(service)
  await service.takeUp({ 'releases/a.en.md': release('Corrected') })
  const corrected = service.clock.now()
  for (let second = corrected; second < corrected + 2 * longestKept; second += 37) {
    service.clock.moveTo(second)
    const { headers, ...answer } = await service.fetch(feed).then(async (found) => {
      return { headers: found.headers, text: await found.text() }
    })
    const age = Number(headers.get('age') ?? 0)
    expect(headers.get('cache-control')).toContain(`max-age=${longestKept},`)
    expect(age).toBeLessThanOrEqual(longestKept)
    const goodUntil = second + longestKept - age
    if (!answer.text.includes('Corrected')) {
      expect(goodUntil).toBeLessThanOrEqual(corrected + longestKept)
    }
  }
})

test('a release comes out at its second, and a topic ends at its own, however lately a feed was polled (H-21)', async () => {
  const coming = { 'releases/b.en.md': release('Coming', start + 100) }
  const topics = `${topicsYaml}ports:
  label: { en: ports }
  retired: { at: ${new Date((start + 200) * 1000).toISOString()}, until: ${new Date((start + 250) * 1000).toISOString()}, replacedBy: [eu] }
`
  const service = await isolate({ ...files, ...coming, 'topics.yaml': topics })
  const { etag } = await polled(service)
  service.clock.moveTo(start + 99)
  expect(await service.poll(etag)).toEqual([304, '99'])
  expect(service.questions()).toBe(0)
  service.clock.moveTo(start + 100)
  expect(await service.text()).toContain('Coming')
  expect(await service.text('/topics/ports.json')).not.toContain('expired')
  service.clock.moveTo(start + 199)
  expect(await service.text('/topics/ports.json')).not.toContain('expired')
  service.clock.moveTo(start + 200)
  expect(await service.text('/topics/ports.json')).toContain('"expired":true')
  service.clock.moveTo(start + 249)
  expect((await service.fetch('/topics/ports.json')).status).toBe(200)
  service.clock.moveTo(start + 250)
  expect((await service.fetch('/topics/ports.json')).status).toBe(410)
})

test('a reader who has something else is answered from what there is now, and so never gets something older', async () => {
  const ways: Record<string, string>[] = [
    { 'If-None-Match': 'W/"from another isolate"' },
    { 'If-Modified-Since': new Date((start + 10) * 1000).toUTCString() },
    { 'Cache-Control': 'no-cache' },
    { 'Cache-Control': 'max-age=0' },
    { Pragma: 'no-cache' },
  ]
  for (const headers of ways) {
    const service = await isolate()
    await polled(service)
    await service.takeUp({ 'releases/a.en.md': release('Newer') })
    expect(await service.text()).not.toContain('Newer')
    expect(await service.text(feed, headers), JSON.stringify(headers)).toContain('Newer')
    expect(await service.text()).toContain('Newer')
  }
})

test('a person sees what there is now, also at the address of a feed', async () => {
  const browser = {
    Accept: 'text/html,application/xhtml+xml',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  }
  for (const path of ['/topics/eu', feed]) {
    const service = await isolate()
    await polled(service, path)
    await service.text(path, browser)
    await service.takeUp({ 'releases/a.en.md': release('Newer') })
    expect(await service.text(path), path).not.toContain('Newer')
    expect(await service.text(path, browser), path).toContain('Newer')
  }
})

test('what was not there, or is gone, is looked for again as soon as caches would (H-28)', async () => {
  const lines = ['title: C', 'published: 2026-03-01', 'topics: [eu]']
  const withdrawn = markdown([...lines, 'withdrawn: { at: 2026-03-02, reason: Wrong. }'])
  for (const [path, status] of [['/releases/b', 404] as const, ['/releases/c', 410] as const]) {
    const service = await isolate({ ...files, 'releases/c.en.md': withdrawn })
    expect(await service.poll({}, path)).toEqual([status, null])
    await service.takeUp({ 'releases/b.en.md': release('B'), 'releases/c.en.md': markdown(lines) })
    service.clock.moveTo(start + 31)
    expect(await service.poll({}, path)).toEqual([200, null])
  }
})

test('a state that was being read while something was published here is not kept', async () => {
  const service = await isolate()
  const [, token = ''] = /newsroom=([^,]+)/.exec(publishTokens)!
  const put = (more = '') =>
    service.fetch(`/api/releases/b/en${more}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ title: 'Published', topics: ['eu'], body: { html: '<p>Here.</p>' } }),
    })
  // Whoever publishes first waits for the code of it, and whoever reads waits no longer than three seconds.
  await put('?dry-run')
  await polled(service)
  service.clock.moveTo(start + longestKept)
  let goOn = () => {}
  service.slowDown(new Promise<void>((resolve) => (goOn = resolve)))
  const slow = service.text()
  await new Promise((resolve) => setTimeout(resolve, 20))
  service.slowDown(Promise.resolve())
  expect((await put()).status).toBe(201)
  goOn()
  await slow
  expect(await service.text()).toContain('Published')
})

const many = amount(60, 1000)

/** How many of each answer many readers got, one after the other, in ten seconds. */
async function manyReaders(
  service: Awaited<ReturnType<typeof isolate>>,
  ask: (number: number) => [Record<string, string>, string?],
) {
  const statuses = new Map<number, number>()
  for (let number = 0; number < many; number++) {
    if (number % (many / 10) === 0) service.clock.moveTo(service.clock.now() + 1)
    const [headers, path] = ask(number)
    const { status } = await service.fetch(path ?? feed, { headers })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  return Object.fromEntries(statuses)
}

test('many readers that come back after a release get it and cost no question of their own', async () => {
  const service = await isolate()
  const older = await polled(service)
  await service.takeUp({ 'releases/b.en.md': release('B') })
  service.clock.moveTo(start + longestKept + 1)
  await polled(service)
  expect(await manyReaders(service, () => [older.etag])).toEqual({ 200: many })
  expect(await manyReaders(service, () => [older.since])).toEqual({ 200: many })
  expect(await manyReaders(service, () => [{ ...older.etag, ...older.since }])).toEqual({
    200: many,
  })
  expect(service.questions()).toBe(0)
})

test('an isolate that has just begun learns from the first which tags are older', async () => {
  const service = await isolate()
  await polled(service)
  const foreign = { 'If-None-Match': 'W/"from before it began"' }
  expect(await manyReaders(service, () => [foreign])).toEqual({ 200: many })
  expect(service.questions()).toBe(1)
  // What it learned stays through another state.
  await service.takeUp({ 'releases/b.en.md': release('B') })
  service.clock.moveTo(service.clock.now() + longestKept)
  await polled(service)
  expect(await manyReaders(service, () => [foreign])).toEqual({ 200: many })
  expect(service.questions()).toBe(0)
})

test('spellings and tags that nobody knows have an isolate look once in a second', async () => {
  const service = await isolate()
  await polled(service)
  const began = service.clock.now()
  expect(await manyReaders(service, (number) => [{}, `${feed}?_=${number}`])).toEqual({ 200: many })
  expect(service.questions()).toBeLessThanOrEqual(10)
  expect(service.clock.now() - began).toBe(10)
  const all = await Promise.all(
    Array.from({ length: many }, (_, number) =>
      service.poll({ 'If-None-Match': `W/"unknown ${number}"` }),
    ),
  )
  expect(all.every(([status]) => status === 200)).toBe(true)
  expect(service.questions()).toBeLessThanOrEqual(1 + service.clock.now() - began - 10)
})

test('spellings that nobody comes back to do not make an isolate forget what readers have', async () => {
  const service = await isolate(files, 1_000_000)
  const older = await polled(service)
  await service.takeUp({ 'releases/b.en.md': release('B') })
  service.clock.moveTo(start + longestKept + 1)
  // As long as what is remembered may be, they take more room than there is.
  for (let number = 0; number < 500; number++) {
    await service.fetch(`/topics/eu.rss?_=${number}`.padEnd(260, 'x'))
    if (number % 50 === 0) await service.fetch(feed)
  }
  service.questions()
  expect((await service.poll(older.etag))[0]).toBe(200)
  expect(service.questions()).toBe(0)
})

test('who has something that was published elsewhere in the second of the last look does not get something older (H-10)', async () => {
  const service = await isolate()
  await polled(service)
  service.clock.moveTo(start + longestKept + 10)
  expect(await service.text()).not.toContain('Newer')
  await service.takeUp({ 'releases/a.en.md': release('Newer') })
  expect(service.clock.now()).toBe(start + longestKept + 10)
  const elsewhere = { 'If-None-Match': 'W/"from another isolate"' }
  expect(await service.text(feed, elsewhere)).toContain('Newer')
})

test('a list of tags is answered from what is kept only when all of them are known', async () => {
  const service = await isolate()
  const first = await polled(service)
  await service.takeUp({ 'releases/a.en.md': release('Second') })
  service.clock.moveTo(start + longestKept)
  const second = await polled(service)
  const list = (...tags: string[]) => ({ 'If-None-Match': tags.join(', ') })
  const [older, ours] = [first.etag['If-None-Match'], second.etag['If-None-Match']]
  await service.takeUp({ 'releases/a.en.md': release('Newer') })
  expect((await service.poll(list(older, ours)))[0]).toBe(304)
  expect(service.questions()).toBe(0)
  expect(await service.text(feed, list('W/"newer"', ours))).toContain('Newer')
})

test('who has what a change was taken back to does not get what was in between, as its date tells', async () => {
  const service = await isolate()
  const { etag, since } = await polled(service)
  await service.takeUp({ 'releases/a.en.md': release('Mistaken') })
  service.clock.moveTo(start + longestKept)
  await polled(service)
  service.clock.moveTo(start + longestKept + 10)
  await service.takeUp(files)
  const back = new Date((start + longestKept + 10) * 1000).toUTCString()
  expect(await service.text(feed, { ...etag, ...since })).toContain('Mistaken')
  const answer = await service.fetch(feed, { headers: { ...etag, 'If-Modified-Since': back } })
  expect(await answer.text()).not.toContain('Mistaken')
})

test('nor does he where what was in between was answered at another spelling of the address', async () => {
  const service = await isolate()
  const { etag } = await polled(service)
  await service.takeUp({ 'releases/a.en.md': release('Mistaken') })
  service.clock.moveTo(start + longestKept)
  expect(await service.text(`${feed}?other`)).toContain('Mistaken')
  service.clock.moveTo(start + longestKept + 10)
  await service.takeUp(files)
  const back = new Date((start + longestKept + 10) * 1000).toUTCString()
  const answer = await service.fetch(feed, { headers: { ...etag, 'If-Modified-Since': back } })
  expect(await answer.text()).not.toContain('Mistaken')
})

test('a person does not wait for the second to end', async () => {
  const service = await isolate()
  await polled(service)
  service.clock.moveTo(start + longestKept)
  await service.fetch(feed)
  for (const dest of ['document', 'style']) {
    const mode = dest === 'document' ? 'navigate' : 'no-cors'
    await service.fetch(dest === 'style' ? '/style.css' : '/topics/eu', {
      headers: {
        Accept: 'text/html',
        'Sec-Fetch-Mode': mode,
        'Sec-Fetch-Dest': dest,
        'If-None-Match': 'W/"from last week"',
      },
    })
    expect(service.clock.now(), dest).toBe(start + longestKept)
  }
})

test('who waits for a question whose asker went away asks again', async () => {
  const service = await isolate()
  await polled(service)
  service.clock.moveTo(start + longestKept)
  let goOn = () => {}
  service.slowDown(new Promise<void>((resolve) => (goOn = resolve)))
  const left = service.text()
  onTestFinished(async () => {
    goOn()
    await left
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  service.slowDown(Promise.resolve())
  service.questions()
  const answers = await Promise.all(Array.from({ length: 50 }, () => service.poll({})))
  expect(answers).toEqual(Array.from({ length: 50 }, () => [200, null]))
  expect(service.questions()).toBe(1)
})
