// What the programs that subscribe make of the hub, and what the test suite of W3C says of it.
import { expect, onTestFinished, test } from 'vitest'
import { baseUrl } from '../platforms.ts'
import { release, startHub } from '../websub/hub-service.ts'
import { startSubscriber, subscriberPrograms } from './subscribers.ts'
import { rocks, type RocksNumber, startRocksTest } from './websub-rocks.ts'

const topic = `${baseUrl}/topics/eu.atom`
const hubAddress = `${baseUrl}/hub`
const first = release('first', ['eu'])
const names = Object.keys(subscriberPrograms) as (keyof typeof subscriberPrograms)[]

test('every program is told of each item once, and finds nothing wrong (W-40, W-41, W-48, W-72)', async () => {
  const hub = await startHub({ files: first })
  const options = { fetch: hub.fetch, now: () => hub.clock.now(), handling: 50 }
  const programs = await Promise.all(names.map((name) => startSubscriber(name, options)))
  onTestFinished(async () => void (await Promise.all(programs.map((one) => one.close()))))
  for (const one of programs) await one.subscribe(hubAddress, topic)
  await hub.work()
  const expectEach = async (items: number) => {
    await hub.wait(6)
    for (const one of programs) {
      await one.settled()
      const counts = [...one.entries.values()]
      expect([one.name, one.complaints, counts]).toEqual([one.name, [], Array(items).fill(1)])
    }
  }
  await hub.publish(release('second', ['eu']))
  await expectEach(1)
  // Another process made other documents in between.
  await hub.switchHub(false)
  await hub.switchHub(true)
  hub.sleep(70)
  await hub.publish({ ...release('third', ['eu']), ...release('other', ['crime']) })
  await expectEach(2)
  hub.sleep(70)
  await hub.takeOver()
  await hub.publish(release('fourth', ['eu']))
  await expectEach(3)
  // FreshRSS would trust the hub no more if it found anything by polling.
  for (const one of programs) await one.poll(topic)
  for (const one of programs) expect([one.name, one.complaints]).toEqual([one.name, []])
})

test('NewsBlur, which refuses a push within a minute of the last, gets the second one later (W-45, W-63)', async () => {
  const hub = await startHub({ files: first })
  const newsBlur = await startSubscriber('newsBlur', {
    fetch: hub.fetch,
    now: () => hub.clock.now(),
  })
  onTestFinished(() => newsBlur.close())
  await newsBlur.subscribe(hubAddress, topic)
  await hub.work()
  for (const slug of ['a', 'b']) {
    await hub.publish(release(slug, ['eu']))
    await hub.wait(10)
  }
  expect(newsBlur.statuses).toEqual([200, 429])
  await hub.wait(90)
  await newsBlur.settled()
  expect(newsBlur.statuses).toEqual([200, 429, 200])
  expect([...newsBlur.entries.values()]).toEqual([1, 1])
})

test('a month of leases: who renews is told of everything, and who does not is told nothing after its end (W-14, W-44)', async () => {
  const hub = await startHub({ files: first })
  const options = { fetch: hub.fetch, now: () => hub.clock.now() }
  const programs = await Promise.all(names.map((name) => startSubscriber(name, options)))
  const gone = await startSubscriber('bot', options)
  onTestFinished(
    async () => void (await Promise.all([...programs, gone].map((one) => one.close()))),
  )
  for (const one of [...programs, gone]) await one.subscribe(hubAddress, topic)
  await hub.work()
  const day = 86_400
  for (let days = 0; days < 24; days += 3) {
    hub.sleep(3 * day)
    for (const one of programs) {
      const { leaseEnd = 0 } = one.subscription(topic)
      // FreshRSS below 23 hours, Feedbin after half of it, and some too late.
      if (leaseEnd - hub.clock.now() < 5 * day) await one.subscribe(hubAddress, topic)
    }
    await hub.work()
    await hub.publish(release(`item-${days}`, ['eu']))
    await hub.wait(6)
  }
  for (const one of programs) {
    await one.settled()
    expect([one.name, one.complaints, one.entries.size]).toEqual([one.name, [], 8])
  }
  expect([gone.complaints, gone.entries.size]).toEqual([[], 3])
  hub.sleep(60 * day)
  await hub.work()
  const left = await hub
    .database()
    .prepare('select count(*) as n from hub_subscription')
    .first<{ n: number }>()
  expect(left!.n).toBe(0)
})

test.each<[RocksNumber, string]>([
  [100, 'atom'],
  [101, 'rss'],
  [102, 'atom'],
  [103, 'rss'],
  [104, 'atom'],
  [106, 'json'],
])(
  'the hub passes test %i of websub.rocks with %s (W-10, W-12, W-16, W-17)',
  async (number, format) => {
    const hub = await startHub({ files: first })
    const one = await startRocksTest(number, `${baseUrl}/topics/eu.${format}`, hub.fetch)
    onTestFinished(() => one.close())
    const queued = await one.ask()
    await hub.work()
    expect(new Set(queued)).toEqual(new Set([rocks.queued]))
    expect(new Set(one.verifications)).toEqual(new Set([rocks.verified]))
    await hub.publish(release('second', ['eu']))
    await hub.wait(6)
    expect(one.pushes).toEqual([rocks.pushed])
    if (number !== 104) return
    expect(await one.ask('unsubscribe')).toEqual([rocks.queued])
    await hub.work()
    await hub.publish(release('third', ['eu']))
    await hub.wait(6)
    expect(one.pushes).toEqual([rocks.pushed])
  },
)
