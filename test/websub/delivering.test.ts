// How pushes reach subscribers that answer, answer late, refuse, or are not there.
import { expect, onTestFinished, test, vi } from 'vitest'
import type { CallAnswer, CallRequest } from '../../src/websub/caller.ts'
import { Hosts, unknownHost } from '../../src/websub/hosts.ts'
import { readRetryAfter, waitAfter } from '../../src/websub/retries.ts'
import { release, startHub, titlesIn } from './hub-service.ts'

const first = release('first', ['eu'])
const hour = 3600
const day = 24 * hour

type Pushed = { host: string; path: string; at: number; body: string }

/** A hub whose subscribers are functions: `answer` says what a push to a host and path is answered. */
async function hubWith(
  answer: (host: string, path: string, times: number) => CallAnswer | Promise<CallAnswer>,
) {
  const pushed: Pushed[] = []
  const call = async ({ method, address, body }: CallRequest): Promise<CallAnswer> => {
    const { hostname: host, pathname: path, searchParams } = new URL(address)
    if (method === 'GET') return { status: 200, body: searchParams.get('hub.challenge') ?? '' }
    pushed.push({ host, path, at: hub.clock.now(), body: new TextDecoder().decode(body) })
    const times = pushed.filter((one) => one.host === host && one.path === path).length
    return answer(host, path, times)
  }
  const hub = await startHub({ files: first, caller: { call } })
  return {
    ...hub,
    pushed,
    count: async (table: string) =>
      (await hub.database().prepare(`select count(*) as n from ${table}`).first<{ n: number }>())!
        .n,
  }
}

const ok = { status: 200, body: '' }

test('failures are tried again after a minute, five, half an hour, two hours, six and every twelve, for two days (W-18, W-63)', async () => {
  let isDown = true
  const hub = await hubWith(() => (isDown ? { status: 500, body: '' } : ok))
  await hub.subscribe('/topics/eu.atom', 'https://one.example/push')
  await hub.publish(release('second', ['eu']))
  await hub.wait(3)
  let count = 1
  for (const minutes of [1, 5, 30, 120, 360, 720, 720, 720]) {
    hub.sleep(minutes * 60 - 30)
    await hub.work()
    expect(hub.pushed, `before ${minutes} minutes`).toHaveLength(count)
    hub.sleep(60)
    await hub.work()
    expect(hub.pushed, `after ${minutes} minutes`).toHaveLength(++count)
  }
  await hub.pass(3 * day, hour)
  expect(hub.pushed.length).toBeLessThanOrEqual(count + 1)
  // It is still subscribed: the next change brings all that was missed.
  isDown = false
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  expect(titlesIn(hub.pushed.at(-1)!.body)).toEqual(['About third', 'About second'])
})

test('410 ends a subscription, and a redirect is a failure (W-18)', async () => {
  const hub = await hubWith((host) => ({ status: host === 'gone.example' ? 410 : 301, body: '' }))
  await hub.subscribe('/topics/eu.atom', 'https://gone.example/')
  await hub.subscribe('/topics/eu.atom', 'https://moved.example/')
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  expect(await hub.count('hub_subscription')).toBe(1)
  expect(hub.pushed).toHaveLength(2)
  await hub.wait(100)
  expect(hub.pushed.map(({ host }) => host).toSorted()).toEqual([
    'gone.example',
    'moved.example',
    'moved.example',
  ])
})

test('who asks for time gets it (W-63)', async () => {
  const hub = await hubWith((host, _, times) => {
    if (times > 1) return ok
    return {
      status: host === 'a.example' ? 429 : 503,
      body: '',
      ...(host === 'a.example' ? {} : { retryAfter: '200' }),
    }
  })
  await hub.subscribe('/topics/eu.atom', 'https://a.example/')
  await hub.subscribe('/topics/eu.atom', 'https://b.example/')
  await hub.publish(release('second', ['eu']))
  await hub.wait(300)
  const waited = (host: string) => {
    const [one, two] = hub.pushed.filter((push) => push.host === host)
    return two!.at - one!.at
  }
  expect(waited('a.example')).toBeGreaterThanOrEqual(60)
  expect(waited('a.example')).toBeLessThan(75)
  expect(waited('b.example')).toBeGreaterThanOrEqual(200)
  expect(waited('b.example')).toBeLessThan(210)
})

test('who asks for a second again and again gets a minute (W-63)', async () => {
  const hub = await hubWith(() => ({ status: 429, body: '', retryAfter: '1' }))
  await hub.subscribe('/topics/eu.atom', 'https://a.example/')
  await hub.publish(release('second', ['eu']))
  await hub.wait(200)
  expect(hub.pushed.length).toBeGreaterThan(3)
  expect(hub.pushed.length).toBeLessThan(7)
})

test('Retry-After may be seconds or a date, and asks for twelve hours at the most', () => {
  const now = Date.UTC(2026, 5, 1) / 1000
  expect(readRetryAfter('120', now)).toBe(120)
  expect(readRetryAfter(new Date((now + 90) * 1000).toUTCString(), now)).toBe(90)
  expect(readRetryAfter('9999999', now)).toBe(12 * hour)
  expect(readRetryAfter('soon', now)).toBeUndefined()
  expect(readRetryAfter(undefined, now)).toBeUndefined()
  expect([waitAfter(1, 0), waitAfter(1, 1), waitAfter(40, 0.5)]).toEqual([48, 72, 12 * hour])
})

test('a host that is down is asked by one push at a time, and the others wait for it (W-62)', async () => {
  let isDown = true
  const hub = await hubWith((host) =>
    host === 'down.example' && isDown ? { failed: 'no route' } : ok,
  )
  for (let number = 0; number < 8; number++) {
    await hub.subscribe('/topics/eu.atom', `https://down.example/${number}`)
    await hub.subscribe('/topics/eu.atom', `https://up.example/${number}`)
  }
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  const to = (name: string) => hub.pushed.filter(({ host }) => host === name)
  expect(to('up.example')).toHaveLength(8)
  expect(to('down.example')).toHaveLength(2)
  await hub.wait(2 * 60)
  expect(to('down.example').length).toBeLessThanOrEqual(3)
  await hub.pass(10 * 60)
  expect(to('down.example').length).toBeLessThanOrEqual(5)
  isDown = false
  await hub.pass(60 * 60)
  const reached = new Set(to('down.example').map(({ path }) => path))
  expect(reached.size).toBe(8)
  expect(hub.events.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(16)
  // Days later that counts for nothing.
  hub.sleep(3 * day)
  isDown = true
  const before = hub.pushed.length
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  isDown = false
  await hub.pass(5 * 60)
  expect(new Set(hub.pushed.slice(before).map(({ host, path }) => host + path)).size).toBe(16)
})

test('who waits for a push until its lease has ended is sent none (W-14)', async () => {
  const answer = Promise.withResolvers<CallAnswer>()
  const hub = await hubWith(() => answer.promise)
  for (const path of ['1', '2']) {
    await hub.subscribe('/topics/eu.atom', `https://a.example/${path}`)
  }
  hub.sleep(10 * day - 4)
  const publishing = hub.publish(release('second', ['eu']))
  await vi.waitFor(() => expect(hub.pushed).toHaveLength(1))
  hub.sleep(10)
  answer.resolve(ok)
  await publishing
  expect(hub.pushed).toHaveLength(1)
})

test('a host that is down for three days is given up and keeps its subscriptions (W-18)', async () => {
  let isDown = true
  const hub = await hubWith(() => (isDown ? { failed: 'no route' } : ok))
  for (let number = 0; number < 5; number++) {
    await hub.subscribe('/topics/eu.atom', `https://down.example/${number}`, {
      'hub.lease_seconds': String(20 * day),
    })
  }
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  await hub.pass(3 * day, 600)
  expect(hub.pushed.length).toBeLessThanOrEqual(20)
  const before = hub.pushed.length
  isDown = false
  await hub.publish(release('third', ['eu']))
  await hub.wait(10)
  const after = hub.pushed.slice(before)
  expect(new Set(after.map(({ path }) => path)).size).toBe(5)
  for (const { body } of after) expect(titlesIn(body)).toEqual(['About third', 'About second'])
})

test('a slow host keeps nobody else waiting, and no host gets more than four pushes at a time (W-62)', async () => {
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  let all = 0
  let mostAtOnce = 0
  const hub = await hubWith(async (host) => {
    running.set(host, (running.get(host) ?? 0) + 1)
    most.set(host, Math.max(most.get(host) ?? 0, running.get(host)!))
    mostAtOnce = Math.max(mostAtOnce, ++all)
    await new Promise((resolve) => setTimeout(resolve, host === 'slow.example' ? 100 : 5))
    running.set(host, running.get(host)! - 1)
    all--
    return ok
  })
  for (let number = 0; number < 12; number++) {
    await hub.subscribe('/topics/eu.atom', `https://slow.example/${number}`)
    await hub.subscribe('/topics/eu.atom', `https://quick.example/${number}`)
  }
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  const places = hub.pushed.map(({ host }) => host)
  expect(places.filter((host) => host === 'quick.example')).toHaveLength(12)
  // Of the slow one there were only a few before the last of the quick one.
  const before = places
    .slice(0, places.lastIndexOf('quick.example'))
    .filter((host) => host === 'slow.example')
  expect(before.length).toBeLessThan(6)
  expect(most.get('quick.example')).toBe(4)
  expect(mostAtOnce).toBeLessThanOrEqual(8)
})

test('hosts that are slow or fail share a quarter of what is sent at a time, and come last (W-62)', () => {
  const hosts = new Hosts(20)
  const now = 1000
  const isKnown = (host: string) => ({
    ...unknownHost(host),
    slowUntil: host.startsWith('slow') ? now + 600 : 0,
    retryAt: host.startsWith('failing') ? now : undefined,
  })
  const takeAll = () => {
    const taken: string[] = []
    for (let turn = hosts.take(now); turn; turn = hosts.take(now)) taken.push(turn.owed.host)
    return taken.map((host) => host.replace(/\d+/, ''))
  }
  for (const kind of ['slow', 'failing']) {
    for (let number = 0; number < 10; number++) {
      hosts.know(isKnown(`${kind}${number}`))
      hosts.add({ id: number, feed: 1, host: `${kind}${number}` }, now)
    }
  }
  expect(takeAll()).toEqual(Array(5).fill(expect.stringMatching(/slow|failing/)))
  for (let number = 0; number < 30; number++) {
    hosts.know(isKnown(`quick${number}`))
    hosts.add({ id: number, feed: 1, host: `quick${number}` }, now)
  }
  expect(takeAll()).toEqual(Array(15).fill('quick'))
})

test('what waited for the next group and may not be sent any more keeps nobody waiting (W-62)', async () => {
  const later = (milliseconds: number) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  let count = 0
  const hub = await hubWith(async () => {
    count++
    if (count === 1) await later(10)
    // The first of the last group is taken, and then the host fails.
    return count < 5 || count > 7 ? ok : { failed: 'no route' }
  })
  for (let number = 0; number < 8; number++) {
    await hub.subscribe('/topics/eu.atom', `https://a.example/${number}`)
  }
  await hub.publish(release('second', ['eu']))
  hub.sleep(3)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isOver = false
  void hub.work().then(() => (isOver = true))
  for (let passed = 0; passed < 500; passed++) {
    await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(hub.pushed).toHaveLength(7)
  expect(isOver).toBe(true)
})

test('pushes with a secret are signed, by SHA-1 for Superfeedr alone (W-17)', async () => {
  const signatures = new Map<string, string>()
  const call = async ({ method, address, headers }: CallRequest): Promise<CallAnswer> => {
    const { hostname, searchParams } = new URL(address)
    if (method === 'POST') signatures.set(hostname, headers['x-hub-signature']!)
    return { status: 200, body: searchParams.get('hub.challenge') ?? '' }
  }
  const hub = await startHub({ files: first, caller: { call } })
  const others = ['superfeedr.com.example', 'notsuperfeedr.com', 'a.example']
  for (const host of ['push.superfeedr.com', ...others]) {
    await hub.subscribe('/feed.json', `https://${host}/`, { 'hub.secret': 'ä secret' })
  }
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  expect(signatures.get('push.superfeedr.com')).toMatch(/^sha1=[0-9a-f]{40}$/)
  for (const host of others) expect(signatures.get(host)).toMatch(/^sha256=[0-9a-f]{64}$/)
})

test('what is over is forgotten: leases, feeds, hosts (W-14)', async () => {
  const hub = await hubWith(() => ok)
  await hub.subscribe('/topics/eu.atom', 'https://a.example/')
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  for (const days of [11, 8, 1, 30]) {
    hub.sleep(days * day)
    await hub.work()
  }
  hub.sleep(2 * hour)
  await hub.work()
  const tables = ['hub_subscription', 'hub_feed', 'hub_anchor', 'hub_host']
  const counts: number[] = []
  for (const table of tables) counts.push(await hub.count(table))
  expect(counts).toEqual([0, 0, 0, 0])
})
