// Which documents announce the hub, and what the service has of it where it is switched off.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubOf } from '../../src/feeds/feed.ts'
import { writeFolder } from '../content-folder.ts'
import { baseUrl, hurriedClock, nodePress } from '../platforms.ts'
import { release, rules } from '../websub/hub-service.ts'

let directory: string
let press: Awaited<ReturnType<typeof nodePress>>

beforeAll(async () => {
  const files = Array.from({ length: 60 }, (_, index) =>
    release(`number-${index}`, ['eu'], { at: Date.UTC(2024, 0, 1 + index) / 1000 }),
  )
  directory = writeFolder(Object.assign({}, ...files))
  press = await nodePress(directory, hurriedClock(), (store) => store, { hasHub: true, rules })
})

afterAll(async () => {
  await press.close()
  rmSync(directory, { recursive: true, force: true })
})

const hub = `${baseUrl}/hub`
const feeds = [
  '/feed.rss',
  '/topics/eu.atom',
  '/fi/topics/eu+-crime.json',
  '/all/feed.atom',
  '/withdrawals.rss',
]

/** What a document says about hubs. */
function hubsIn(body: string): string[] {
  if (body.startsWith('{')) {
    return ((JSON.parse(body) as { hubs?: { type: string; url: string }[] }).hubs ?? []).map(
      ({ type, url }) => `${type} ${url}`,
    )
  }
  return Array.from(
    body.matchAll(/<(?:atom:)?link rel="hub" href="([^"]*)"\/>/g),
    ([, url]) => `WebSub ${url}`,
  )
}

test.each(feeds)(
  '%s names the hub first, on 200, 304 and HEAD, and in the document (W-01, W-74)',
  async (path) => {
    const whole = await press.fetch(path)
    const body = await whole.text()
    expect(hubsIn(body)).toEqual([`WebSub ${hub}`])
    const etag = whole.headers.get('etag')!
    const same = await press.fetch(path, { headers: { 'If-None-Match': etag } })
    const head = await press.fetch(path, { method: 'HEAD' })
    expect([whole.status, same.status, head.status]).toEqual([200, 304, 200])
    for (const { headers } of [whole, same, head]) {
      const link = headers.get('link')!
      expect(link.startsWith(`<${hub}>; rel="hub", <`)).toBe(true)
      expect(link.match(/rel="self"/g)).toHaveLength(1)
      expect(link.match(/rel="hub"/g)).toHaveLength(1)
    }
    // A subscriber that reads only the document finds one address of its own there.
    if (!body.startsWith('{')) expect(body.match(/rel="self"/g)).toHaveLength(1)
  },
)

test('searches, archives and pages announce no hub (W-43)', async () => {
  const archive = /rel="prev-archive"[^>]*href="([^"]*)"/.exec(
    await (await press.fetch('/topics/eu.atom')).text(),
  )![1]!
  for (const path of [
    '/feed.rss?q=number',
    '/topics/eu.json?q=number',
    new URL(archive).pathname,
    '/topics/eu',
    '/topics/eu.ics',
  ]) {
    const response = await press.fetch(path)
    expect([path, response.status]).toEqual([path, 200])
    expect(response.headers.get('link') ?? '').not.toContain('hub')
    expect(await response.text()).not.toContain(hub)
  }
  expect(hubOf({ language: 'en', topics: [], words: ['a'] }, {}, { hub } as never)).toBeUndefined()
})

test('switched off, no document names a hub and nobody can subscribe (W-74)', async () => {
  const before = await press.fetch('/topics/eu.atom')
  await press.switchHub(false)
  for (const path of feeds) {
    const response = await press.fetch(path)
    expect(response.headers.get('link')).not.toContain('hub')
    expect(hubsIn(await response.text())).toEqual([])
  }
  // Whoever knows the document of before gets the other one.
  const date = before.headers.get('last-modified')!
  const dated = await press.fetch('/topics/eu.atom', { headers: { 'If-Modified-Since': date } })
  expect(dated.status).toBe(200)
  const form = {
    'hub.mode': 'subscribe',
    'hub.topic': `${baseUrl}/topics/eu.atom`,
    'hub.callback': 'https://reader.example/',
  }
  const subscribed = await press.fetch('/hub', { method: 'POST', body: new URLSearchParams(form) })
  expect([subscribed.status, subscribed.headers.get('content-type')]).toEqual([
    404,
    'text/plain; charset=utf-8',
  ])
  const ended = await press.fetch('/hub', {
    method: 'POST',
    body: new URLSearchParams({ ...form, 'hub.mode': 'unsubscribe' }),
  })
  expect(ended.status).toBe(202)
  await press.switchHub(true)
})
