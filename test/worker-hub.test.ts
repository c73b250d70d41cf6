// The hub on Workers: its object in workerd, with subscribers that are a function of this process.
import { onTestFinished, expect, test } from 'vitest'
import { temporaryFolder } from './content-folder.ts'
import { baseUrl, publishTokens, workerService } from './platforms.ts'
import { until } from './server.ts'
import { release, titlesIn } from './websub/hub-service.ts'

const token = publishTokens.split(/[=,]/)[1]!

async function startWorker() {
  const pushes: { host: string; body: string; headers: Headers }[] = []
  const verifications: URL[] = []
  const worker = await workerService(
    temporaryFolder(release('first', ['eu'], { at: Date.UTC(2024, 0, 1) / 1000 })),
    {
      variables: { HUB: 'on' },
      async outside(request) {
        const url = new URL(request.url)
        if (request.method === 'POST') {
          pushes.push({ host: url.host, body: await request.text(), headers: request.headers })
          return new Response(null, { status: 204 })
        }
        verifications.push(url)
        return new Response(url.searchParams.get('hub.challenge'))
      },
    },
  )
  onTestFinished(() => worker.close())
  await worker.fetch('/feed.json')
  return {
    ...worker,
    pushes,
    verifications,
    subscribe: async (host: string) => {
      const form = {
        'hub.mode': 'subscribe',
        'hub.topic': `${baseUrl}/topics/eu.atom`,
        'hub.callback': `https://${host}/push`,
        'hub.secret': 'a-secret',
      }
      return (await worker.fetch('/hub', { method: 'POST', body: new URLSearchParams(form) }))
        .status
    },
    publish: async (slug: string, more: object = {}) => {
      const { status } = await worker.fetch(`/api/releases/${slug}/en`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          title: `About ${slug}`,
          topics: ['eu'],
          body: { markdown: 'Text.' },
          ...more,
        }),
      })
      expect(status).toBe(201)
    },
  }
}

test('on Workers an object verifies, and pushes what is published and what comes out of its embargo (W-47, W-70, W-72)', async () => {
  const worker = await startWorker()
  const feed = await worker.fetch('/topics/eu.atom')
  expect(feed.headers.get('link')).toContain(`<${baseUrl}/hub>; rel="hub"`)
  expect(await worker.subscribe('a.example')).toBe(202)
  expect(await worker.subscribe('b.example')).toBe(202)
  await until(() => worker.verifications.length === 2)
  await worker.publish('second')
  await until(() => worker.pushes.length === 2)
  for (const { body, headers } of worker.pushes) {
    expect(titlesIn(body)).toEqual(['About second'])
    expect(headers.get('x-hub-signature')).toMatch(/^sha256=/)
  }
  expect(titlesIn(await (await worker.fetch('/topics/eu.atom')).text())[0]).toBe('About second')
  const end = Math.ceil(Date.now() / 1000) + 5
  await worker.publish('third', { published: new Date(end * 1000).toISOString() })
  expect(worker.pushes).toHaveLength(2)
  await until(() => worker.pushes.length === 4)
  expect(Date.now() / 1000 - end).toBeGreaterThan(0)
  expect(titlesIn(worker.pushes.at(-1)!.body)).toEqual(['About third'])
})

test('more than an alarm may do is done by the next ones (W-71)', async () => {
  const worker = await startWorker()
  const hosts = Array.from({ length: 30 }, (_, number) => `host-${number}.example`)
  for (const host of hosts) expect(await worker.subscribe(host)).toBe(202)
  await until(() => worker.verifications.length === hosts.length)
  await until(async () => {
    const database = await worker.database()
    const found = await database
      .prepare('select count(*) as n from hub_subscription')
      .first<{ n: number }>()
    return found!.n === hosts.length
  })
  await worker.publish('second')
  await until(() => worker.pushes.length >= hosts.length)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(worker.pushes.map(({ host }) => host).toSorted()).toEqual(hosts.toSorted())
})
