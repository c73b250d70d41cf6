import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'

const release = (title: string, topics: string, day = 24) =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, `topics: [${topics}]`])

async function press() {
  const directory = temporaryFolder({
    'releases/a.en.md': release('A', 'migration'),
    'releases/b.en.md': release('B', 'drugs', 25),
    'releases/c.en.md': release('C', 'eu, drugs', 26),
  })
  return { directory, ...(await nodePress(directory)) }
}

type Press = Awaited<ReturnType<typeof press>>

const feeds = ['/feed.atom', '/topics/migration.atom', '/topics/drugs.atom', '/topics/eu.atom']

async function validators({ fetch }: Press) {
  const all = feeds.map(async (feed) => {
    const { headers } = await fetch(feed)
    return [feed, { etag: headers.get('etag')!, since: headers.get('last-modified')! }] as const
  })
  return Object.fromEntries(await Promise.all(all))
}

test('a change moves the validators of the feeds it alters and of no other (H-05, H-10)', async () => {
  const service = await press()
  const changes: [() => void, string[]][] = [
    [
      () => writeFiles(service.directory, { 'releases/d.en.md': release('D', 'eu', 27) }),
      ['/feed.atom', '/topics/eu.atom'],
    ],
    [
      () => writeFiles(service.directory, { 'releases/b.en.md': release('Better', 'drugs', 25) }),
      ['/feed.atom', '/topics/drugs.atom'],
    ],
    [
      () => writeFiles(service.directory, { 'releases/d.en.md': release('D', 'migration', 27) }),
      ['/feed.atom', '/topics/eu.atom', '/topics/migration.atom'],
    ],
    [
      () => rmSync(join(service.directory, 'releases/d.en.md')),
      ['/feed.atom', '/topics/migration.atom'],
    ],
  ]
  for (const [change, altered] of changes) {
    const before = await validators(service)
    change()
    await service.takeUp()
    const after = await validators(service)
    for (const feed of feeds) {
      const [old, now] = [before[feed]!, after[feed]!]
      if (!altered.includes(feed)) {
        expect(now, feed).toEqual(old)
        continue
      }
      expect(now.etag, feed).not.toBe(old.etag)
      expect(Date.parse(now.since), feed).toBeGreaterThan(Date.parse(old.since))
      expect(Date.parse(now.since), feed).toBeLessThanOrEqual(Date.now())
    }
  }
})

test('an embargoed release moves no validator (H-21)', async () => {
  const service = await press()
  const before = await validators(service)
  writeFiles(service.directory, {
    'releases/e.en.md': markdown(['title: E', 'published: 2199-01-01', 'topics: [eu]']),
  })
  await service.takeUp()
  service.restart()
  expect(await validators(service)).toEqual(before)
})

test('after a restart whoever has the edition is told so without rendering (H-16)', async () => {
  const service = await press()
  const etag = (await service.fetch('/feed.atom')).headers.get('etag')!
  const poll = () => service.fetch('/feed.atom', { headers: { 'If-None-Match': etag } })
  expect((await poll()).status).toBe(304)
  const before = (await service.metrics.document()).body
  service.restart()
  expect((await poll()).status).toBe(304)
  const renders = /^tiedote_renders_total.*$/gm
  expect((await service.metrics.document()).body.match(renders)).toEqual(before.match(renders))
})

test('whoever asks for the difference gets the releases that changed (I-01, I-02, I-03)', async () => {
  const service = await press()
  const first = await service.fetch('/feed.atom')
  const headers = { 'If-None-Match': first.headers.get('etag')!, 'A-IM': 'feed' }
  expect((await service.fetch('/feed.atom', { headers })).status).toBe(304)
  writeFiles(service.directory, { 'releases/b.en.md': release('Better', 'drugs', 25) })
  await service.takeUp()
  const difference = await service.fetch('/feed.atom', { headers })
  expect(difference.status).toBe(226)
  expect(difference.headers.get('im')).toBe('feed')
  expect(difference.headers.get('cache-control')).toBe('no-store, im')
  const text = await difference.text()
  expect(text.match(/<entry/g)).toHaveLength(1)
  expect(text).toContain('<title>Better</title>')
  const whole = await service.fetch('/feed.atom', {
    headers: { 'If-None-Match': headers['If-None-Match'] },
  })
  expect(whole.status).toBe(200)
  expect(difference.headers.get('etag')).toBe(whole.headers.get('etag'))
  const foreign = await service.fetch('/feed.atom', {
    headers: { ...headers, 'If-None-Match': '"x"' },
  })
  expect(foreign.status).toBe(200)
})

test('a store that fails keeps nobody from what was answered before (H-29, H-30)', async () => {
  const service = await press()
  const addresses = [...feeds, '/', '/topics.json', '/feeds.opml', '/releases/a', '/feed.json?q=b']
  const bodies = await Promise.all(
    addresses.map(async (address) => (await service.fetch(address)).text()),
  )
  service.breakStore()
  for (let poll = 0; poll < 1000; poll++) {
    const index = poll % addresses.length
    const response = await service.fetch(addresses[index]!)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(bodies[index])
    expect(Number(response.headers.get('age'))).toBeLessThanOrEqual(300)
  }
})
