// When the object of Workers is woken next, in this process.
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { HubWork } from '../../src/hub-object.ts'
import { writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress } from '../platforms.ts'
import { release } from './hub-service.ts'
import { subscribeAll } from './subscriptions.ts'

const config = { baseUrl, hasHub: true, hubAllow: '', hasFeedPages: true, tokens: [] }

async function startObject() {
  const directory = writeFolder(release('first', ['eu']))
  const press = await nodePress(directory)
  onTestFinished(async () => {
    await press.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const kept = new Map<string, unknown>()
  let alarm: number | null = null
  const storage = {
    get: async <T>(key: string) => kept.get(key) as T | undefined,
    put: async (key: string, value: unknown) => void kept.set(key, value),
    getAlarm: async () => alarm,
    setAlarm: async (time: number) => void (alarm = time),
  }
  const work = new HubWork(storage, press.database(), () => config)
  await work.wake(baseUrl)
  const next = () => (alarm === null ? Infinity : (alarm - Date.now()) / 1000)
  return {
    database: press.database(),
    /** Wakes it, and answers in how many seconds the alarm comes. */
    wake: async () => {
      await work.wake(baseUrl)
      return next()
    },
    /** Lets the alarm come, and answers in how many seconds it comes again. */
    comesAgain: async () => {
      alarm = null
      await work.alarm()
      return next()
    },
  }
}

const wanted = ['gone.example', 'down.example'].map((host) => ({
  query: { language: 'en', topics: [], words: [] },
  format: 'atom',
  callback: `https://${host}/push`,
}))

test('what cannot be done yet, or never, wakes the object no sooner than it can be done (W-70)', async () => {
  const { database, comesAgain, wake } = await startObject()
  const now = systemClock.now()
  await subscribeAll(database, wanted, { baseUrl, now })
  expect(await comesAgain()).toBe(Infinity)
  // Both failed before; the host of one is tried again in an hour, and the lease of the other has ended.
  for (const sql of [
    `update hub_feed set altered = 1`,
    `update hub_subscription set due = ${now - 10}, delivered = 0`,
    `update hub_subscription set lease_until = ${now - 10} where host = 'gone.example'`,
    `insert into hub_host (host, retry_at) values ('gone.example', ${now - 10}), ('down.example', ${now + 3600})`,
  ]) {
    await database.prepare(sql).all()
  }
  expect(await comesAgain()).toBeGreaterThan(3500)
  // Whoever publishes does not wait for that.
  expect(await wake()).toBeLessThan(1)
  const [meanwhile] = await Promise.all([comesAgain(), wake()])
  expect(meanwhile).toBeLessThan(1)
  await database.prepare('delete from hub_subscription').all()
  expect(await comesAgain()).toBe(Infinity)
})

test('an alarm sends to fifty subscribers, and the next one follows at once (W-71)', async () => {
  const called: string[] = []
  vi.stubGlobal('fetch', async (address: string | URL) => {
    called.push(String(address))
    return new Response(null, { status: 204 })
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const { database, comesAgain } = await startObject()
  const many = Array.from({ length: 60 }, (_, number) => ({
    ...wanted[0]!,
    callback: `https://reader-${number}.example/push`,
  }))
  const now = systemClock.now()
  await subscribeAll(database, many, { baseUrl, now })
  for (const sql of [
    `insert into hub_news (number, subject, updated, at) select 1, id, ${now}, ${now} from release`,
    'update hub_feed set altered = 1',
    'update hub_subscription set delivered = 0',
  ]) {
    await database.prepare(sql).all()
  }
  expect(await comesAgain()).toBeLessThan(1)
  expect(called).toHaveLength(50)
  expect(await comesAgain()).toBe(Infinity)
  expect(new Set(called).size).toBe(60)
})

test('a request that has to wait for the next minute of its host is looked at every ten seconds (W-58)', async () => {
  const { database, comesAgain } = await startObject()
  expect(await comesAgain()).toBe(Infinity)
  const sql = `insert into hub_request
    (address, query, format, asked, callback, host, mode, lease, at, due)
    select '${baseUrl}/feed.atom', '{"language":"en","topics":[],"words":[]}', 'atom',
      '${baseUrl}/feed.atom', 'https://127.0.0.1/' || value, '127.0.0.1', 'subscribe', 1000, 0, 0
    from json_each(?)`
  const callbacks = JSON.stringify(Array.from({ length: 30 }, (_, index) => index))
  await database.prepare(sql).bind(callbacks).all()
  const seconds: number[] = []
  for (let times = 0; times < 10; times++) seconds.push(await comesAgain())
  expect(seconds[0]).toBeLessThan(1)
  expect(seconds.at(-1)).toBeGreaterThan(2)
})
