// The hub on Workers: its object in workerd, with subscribers that are a function of this process.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { baseUrl } from './platforms.ts'
import { createSimulatedClock } from './readers/simulated-clock.ts'
import { until } from './server.ts'
import { amount, isTrial } from './trials.ts'
import { titlesIn } from './websub/hub-service.ts'
import { startHubWorker } from './websub/hub-worker.ts'

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

async function startWorker() {
  const started = await startHubWorker({ clock })
  return {
    ...started,
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
  const end = now() + amount(30, 8)
  await publish('third', { published: new Date(end * 1000).toISOString() })
  await comes(() => pushes.length > 2)
  expect(pushes.at(-1)!.at).toBeGreaterThanOrEqual(end)
  await until(() => pushes.length === 4)
  expect(titlesIn(pushes.at(-1)!.body)).toEqual(['About third'])
})

test('more than an alarm may do is done by the next ones (W-71)', async () => {
  const { subscribe, publish, comes, pushes, verifications } = worker
  const hosts = Array.from({ length: 54 }, (_, number) => `host-${number}.example`)
  for (const host of hosts) expect(await subscribe(host)).toBe(202)
  const all = [...hosts, 'a.example', 'b.example']
  await until(async () => (await subscriptions()) === all.length)
  expect(verifications).toHaveLength(all.length)
  const before = pushes.length
  await publish('fourth')
  await comes(() => pushes.length >= before + all.length)
  await new Promise((resolve) => setTimeout(resolve, 500))
  const told = pushes.slice(before).map(({ host }) => host)
  expect([...new Set(told)].toSorted()).toEqual(all.toSorted())
  // By a clock that runs too fast an alarm may be taken for lost, and done again.
  if (isTrial) expect(told).toHaveLength(all.length)
})
