// The hub on Workers: its object in workerd, with subscribers that are a function of this process.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { writeFiles } from './content-folder.ts'
import { baseUrl } from './platforms.ts'
import { createSimulatedClock } from './readers/simulated-clock.ts'
import { until } from './server.ts'
import { amount, isTrial } from './trials.ts'
import { release, titlesIn } from './websub/hub-service.ts'
import { startHubWorker } from './websub/hub-worker.ts'
import { subscribeAll } from './websub/subscriptions.ts'

/**
 * By real time in a trial. Otherwise the clock is behind, and is moved to where something is due: alarms are set for
 * times that are over, so the object looks as often as it may.
 */
const clock = isTrial ? undefined : createSimulatedClock(Math.floor(Date.now() / 1000) - 86_400)
const now = () => (clock ?? systemClock).now()

let worker: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => {
  worker = await startWorker()
})
afterAll(() => worker.close())

/** What is done before a push is answered. */
let onPush = async () => {}

async function startWorker() {
  const started = await startHubWorker({ clock, onPush: () => onPush() })
  return {
    ...started,
    /** Lets time pass, as the object sees it. */
    passes: async (seconds: number) => {
      if (!clock) return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
      for (let second = 0; second < seconds; second++) {
        clock.moveTo(clock.now() + 1)
        await started.fetch('/feed.json')
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
    },
    /**
     * Waits for something, by a clock that runs ten times too fast and stops after a while. Otherwise it would be far
     * ahead on a busy machine, and deliveries that are under way be taken for lost and made again.
     */
    comes: (condition: () => boolean, end = now() + 45) =>
      until(async () => {
        if (clock && clock.now() < end) clock.moveTo(clock.now() + 1)
        await started.fetch('/feed.json')
        await new Promise((resolve) => setTimeout(resolve, 100))
        return condition()
      }),
  }
}

async function subscriptions() {
  const database = await worker.database()
  const found = await database
    .prepare('select count(*) as n from hub_subscription')
    .first<{ n: number }>()
  return found!.n
}

test('on Workers an object verifies, and pushes what is published and what comes out of its embargo (W-47, W-70, W-72)', async () => {
  const { fetch, subscribe, publish, comes, pushes, verifications } = worker
  const feed = await fetch('/topics/eu.atom')
  expect(feed.headers.get('link')).toContain(`<${baseUrl}/hub>; rel="hub"`)
  expect(await subscribe('a.example')).toBe(202)
  expect(await subscribe('b.example')).toBe(202)
  await until(async () => (await subscriptions()) === 2)
  expect(verifications).toHaveLength(2)
  await publish('second')
  await comes(() => pushes.length === 2)
  for (const { body, headers } of pushes) {
    expect(titlesIn(body)).toEqual(['About second'])
    expect(headers.get('x-hub-signature')).toMatch(/^sha256=/)
  }
  expect(titlesIn(await (await fetch('/topics/eu.atom')).text())[0]).toBe('About second')
  // Later than a push that waits for nothing but further news.
  const end = now() + 10
  await publish('third', { published: new Date(end * 1000).toISOString() })
  await comes(() => pushes.length > 2)
  expect(pushes.at(-1)!.at).toBeGreaterThanOrEqual(end)
  await until(() => pushes.length === 4)
  expect(titlesIn(pushes.at(-1)!.body)).toEqual(['About third'])
})

test('what nobody wakes the object for, it finds when the trigger of the next minute does (W-70)', async () => {
  const { pushes, passes, comes, directory, takeUp, trigger } = worker
  const before = pushes.length
  // Until it sleeps.
  await passes(2)
  // An isolate that changes the database and is gone before it can wake the object.
  writeFiles(directory, release('unnoticed', ['eu'], { at: now() - 60 }))
  await takeUp()
  // A push takes six seconds where the object is awake.
  await passes(8)
  expect(pushes).toHaveLength(before)
  await trigger()
  await comes(() => pushes.length === before + 2)
  expect(titlesIn(pushes.at(-1)!.body)).toEqual(['About unnoticed'])
})

test('who fetches the feed because of a push finds it at an isolate that looked just before the change (W-72)', async () => {
  const { pushes, comes, publish, askSecond } = worker
  const path = '/topics/eu.atom'
  const first = await askSecond(path)
  const etag = first.headers.get('etag')!
  const found: (string | undefined)[] = []
  onPush = async () => {
    // NewsBlur has what it got before, and somebody else asks for the first time.
    for (const headers of [{ 'if-none-match': etag }, {}] as Record<string, string>[]) {
      const response = await askSecond(path, { headers })
      found.push(response.status === 200 ? titlesIn(await response.text())[0] : 'nothing new')
    }
  }
  // Polls keep the isolate warm, until a moment before the change.
  let isPublished = false
  const polling = until(async () => {
    const { status } = await askSecond(path, { headers: { 'if-none-match': etag } })
    expect(status).toBe(304)
    return isPublished
  })
  await publish('fetched')
  isPublished = true
  await polling
  const before = pushes.length
  await comes(() => pushes.length === before + 2)
  onPush = async () => {}
  expect(found).toEqual(Array.from({ length: 4 }, () => 'About fetched'))
})

test('more than an alarm may do is done by the next ones (W-71)', async () => {
  const { database, subscribe, publish, comes, pushes, verifications } = worker
  const hosts = Array.from({ length: 54 }, (_, number) => `host-${number}.example`)
  const all = [...hosts, 'a.example', 'b.example']
  // An alarm verifies four. The others are there already, as it is their deliveries that take more than one.
  const asking = amount(6, hosts.length)
  for (const host of hosts.slice(0, asking)) expect(await subscribe(host)).toBe(202)
  await until(async () => (await subscriptions()) === asking + 2)
  expect(verifications).toHaveLength(asking + 2)
  const query = { language: 'en', topics: [{ with: ['eu'], without: [] }], words: [] }
  const wanted = hosts.slice(asking).map((host) => {
    return { query, format: 'atom', callback: `https://${host}/push` }
  })
  await subscribeAll(await database(), wanted, { baseUrl, now: now() })
  const before = pushes.length
  await publish('fourth')
  await comes(() => pushes.length >= before + all.length)
  await new Promise((resolve) => setTimeout(resolve, 500))
  const told = pushes.slice(before).map(({ host }) => host)
  expect([...new Set(told)].toSorted()).toEqual(all.toSorted())
  // By a clock that runs too fast an alarm may be taken for lost, and done again.
  if (isTrial) expect(told).toHaveLength(all.length)
})
