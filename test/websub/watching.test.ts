// What an operator sees of the hub.
import { expect, test } from 'vitest'
import { release, startHub, startSubscriber } from './hub-service.ts'

const nothing = { deliveries: [], verifications: [], isLeading: true, oldestOwed: undefined }

async function healthOf(hub: Awaited<ReturnType<typeof startHub>>) {
  const response = await hub.fetch('/healthz')
  return {
    status: response.status,
    ...((await response.json()) as { hub?: object; problems: string[] }),
  }
}

test('/healthz says how many subscribe, and is unhealthy when nobody distributes for two minutes (W-75)', async () => {
  const hub = await startHub({ files: release('first', ['eu']) })
  const subscriber = await startSubscriber()
  await hub.subscribe('/topics/eu.atom', subscriber.url())
  expect(await healthOf(hub)).toMatchObject({ status: 'ok', hub: { subscriptions: 1, pending: 0 } })
  hub.sleep(100)
  expect((await hub.fetch('/healthz')).status).toBe(200)
  hub.sleep(200)
  const failing = await hub.fetch('/healthz')
  expect([failing.status, await failing.json()]).toMatchObject([
    503,
    { status: 'hub has problems', problems: [expect.stringContaining('No process of the hub')] },
  ])
  await hub.work()
  expect((await hub.fetch('/healthz')).status).toBe(200)
})

test('/healthz is unhealthy while something is owed or waits to be verified, and nothing is done about it (W-75)', async () => {
  const hub = await startHub({ files: release('first', ['eu']) })
  const problems = async () => {
    const { problems: told } = (await (await hub.fetch('/healthz')).json()) as {
      problems: string[]
    }
    return told.map((sentence) => sentence.replace(/ since .*/, ''))
  }
  const began = hub.clock.now()
  hub.hubReported({ ...nothing, oldestOwed: began })
  await hub.post({
    'hub.mode': 'subscribe',
    'hub.topic': 'https://releases.example.org/feed.rss',
    'hub.callback': 'https://reader.example/',
  })
  await hub.takeOver()
  await hub.post({
    'hub.mode': 'subscribe',
    'hub.topic': 'https://releases.example.org/feed.rss',
    'hub.callback': 'http://127.0.0.1:1/',
  })
  hub.sleep(130)
  // Somebody leads, and does nothing.
  await hub
    .database()
    .prepare(`update hub set leader_until = ${hub.clock.now() + 10}`)
    .all()
  expect(await problems()).toEqual([
    'The hub sends nothing of what it owes',
    'The hub verifies nothing of what was asked for',
  ])
  hub.hubReported({ ...nothing, verifications: [{ mode: 'subscribe', outcome: 'refused' }] })
  expect(await problems()).toEqual([])
})

test('the metrics count deliveries and verifications and how long news take, without a callback or a secret (W-60, W-75)', async () => {
  const hub = await startHub({ files: release('first', ['eu']) })
  const subscriber = await startSubscriber()
  await hub.subscribe('/topics/eu.atom', subscriber.url('/secret-path'), {
    'hub.secret': 'very-secret',
  })
  hub.hubReported({
    ...nothing,
    deliveries: [
      { outcome: 'delivered', after: 2.4 },
      { outcome: 'refused', after: undefined },
    ],
    verifications: [{ mode: 'subscribe', outcome: 'confirmed' }],
  })
  const text = await (await hub.fetch('/metrics')).text()
  for (const line of [
    'tiedote_hub_deliveries_total{outcome="delivered"} 1',
    'tiedote_hub_deliveries_total{outcome="refused"} 1',
    'tiedote_hub_delivery_seconds_bucket{le="3"} 1',
    'tiedote_hub_delivery_seconds_count 1',
    'tiedote_hub_verifications_total{mode="subscribe",outcome="confirmed"} 1',
    'tiedote_hub_subscriptions 1',
    'tiedote_hub_pending_requests 0',
  ]) {
    expect(text).toContain(`\n${line}\n`)
  }
  for (const path of ['/metrics', '/healthz']) {
    expect(await (await hub.fetch(path)).text()).not.toMatch(/secret|127\.0\.0\.1/)
  }
})
