// The real server with its hub: subscribers are servers of this process, which HUB_ALLOW lets it call.
import { expect, onTestFinished, test, vi } from 'vitest'
import { readNodeConfig } from '../src/config.ts'
import { RunningHub } from '../src/running-hub.ts'
import { createReleaseStore } from '../src/store/release-store.ts'
import { temporaryFolder } from './content-folder.ts'
import { nodePress } from './platforms.ts'
import { createClockAhead, start, until } from './server.ts'
import { release, startSubscriber, titlesIn } from './websub/hub-service.ts'

const token = '0123456789abcdef'
const settings = {
  HUB: 'on',
  HUB_ALLOW: '127.0.0.0/8',
  BASE_URL: 'https://releases.example.org',
  PUBLISH_TOKENS: `newsroom=${token}`,
}

const first = release('first', ['eu'], { at: Date.UTC(2024, 0, 1) / 1000 })

async function subscribe(url: string, callback: string): Promise<number> {
  const form = {
    'hub.mode': 'subscribe',
    'hub.topic': `${settings.BASE_URL}/topics/eu.atom`,
    'hub.callback': callback,
  }
  const { status } = await fetch(`${url}/hub`, { method: 'POST', body: new URLSearchParams(form) })
  return status
}

async function publish(url: string, slug: string, more: object = {}) {
  const body = { title: `About ${slug}`, topics: ['eu'], body: { markdown: 'Text.' }, ...more }
  const { status } = await fetch(`${url}/api/releases/${slug}/en`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(status).toBe(201)
  return Date.now()
}

test('what is published is pushed within seconds, and at the second when its embargo ends (W-45, W-47, W-72)', async () => {
  // It goes on by itself, and is moved to where something is to happen that would be waited for.
  const clock = createClockAhead()
  const { url } = await start(temporaryFolder(first), { ...settings, ...clock.environment })
  const subscriber = await startSubscriber()
  const asked = Date.now()
  expect(await subscribe(url, subscriber.url())).toBe(202)
  // Long before any subscriber gives up; mostly it takes milliseconds (W-54).
  expect(Date.now() - asked).toBeLessThan(5000)
  await until(() => subscriber.verifications().length === 1)
  const end = clock.now() + 3600
  await publish(url, 'third', { published: new Date(end * 1000).toISOString() })
  const published = await publish(url, 'second')
  await until(() => subscriber.pushes().length === 1)
  // On a machine that has nothing else to do it takes two seconds.
  expect(Date.now() - published).toBeLessThan(15_000)
  expect(titlesIn(subscriber.pushes()[0]!.body)).toEqual(['About second'])

  clock.moveTo(end - 1)
  await until(() => subscriber.pushes().length === 2)
  expect(clock.now() - end).toBeGreaterThanOrEqual(0)
  expect(clock.now() - end).toBeLessThan(15)
  expect(titlesIn(subscriber.pushes()[1]!.body)).toEqual(['About third'])
  // Whoever fetches the feed because of it finds what was pushed (W-72).
  expect(titlesIn(await (await fetch(`${url}/topics/eu.atom`)).text())[0]).toBe('About third')
})

test('what keeps the hub from working is told once, and again after it has worked', async () => {
  const press = await nodePress(temporaryFolder(first))
  const database = press.database()
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const hub = new RunningHub({
    database,
    releases: createReleaseStore(database),
    config: readNodeConfig({ HUB: 'on', BASE_URL: settings.BASE_URL }),
    onReport: () => {},
  })
  const prepare = database.prepare.bind(database)
  let isBroken = true
  let asked = 0
  vi.spyOn(database, 'prepare').mockImplementation((sql) => {
    asked++
    if (isBroken) throw new Error('broken')
    return prepare(sql)
  })
  const running = hub.run()
  onTestFinished(async () => {
    await hub.stop()
    await running
    told.mockRestore()
    await press.close()
  })
  /** Has it look three times. */
  const look = async () => {
    for (let time = 0; time < 3; time++) {
      const before = asked
      hub.wake()
      await until(() => asked > before)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await look()
  expect(told.mock.calls).toEqual([['The hub does not get on: broken']])
  isBroken = false
  await look()
  isBroken = true
  await look()
  expect(told.mock.calls).toHaveLength(2)
  isBroken = false
})
