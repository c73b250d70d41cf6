import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress, onNodePress } from '../platforms.ts'

const release = (title: string, topics: string, day = 24, fields: string[] = []) =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, `topics: [${topics}]`, ...fields])
const corrected = ['changes: [{ at: 2024-02-01, kind: correction, note: The sum was wrong }]']
const withdrawn = ['withdrawn: { at: 2024-02-01, reason: The figures were made up }']

const files = {
  'releases/a.en.md': release('A', 'migration'),
  'releases/b.en.md': release('B', 'drugs', 25),
  'releases/c.en.md': release('C', 'eu, drugs', 26),
}

const feeds = ['/feed.atom', '/topics/migration.atom', '/topics/drugs.atom', '/topics/eu.atom']
const addresses = [...feeds, '/', '/topics.json', '/feeds.opml', '/releases/a', '/feed.json?q=b']

// What is told of changes is held to be the same by `both-runtimes.test.ts`, and what a D1 that fails does by
// `worker-versions.test.ts`.
onNodePress('editions', files, (press) => {
  const { fetch } = press
  const write = (changed: Record<string, string>) => writeFiles(press.directory(), changed)

  async function validators() {
    const all = feeds.map(async (feed) => {
      const { headers } = await fetch(feed)
      return [feed, { etag: headers.get('etag')!, since: headers.get('last-modified')! }] as const
    })
    return Object.fromEntries(await Promise.all(all))
  }

  test('a change moves the validators of the feeds it alters and of no other (H-05, H-10, D-04)', async () => {
    const changes: [() => void, string[]][] = [
      [
        () => write({ 'releases/d.en.md': release('D', 'eu', 27) }),
        ['/feed.atom', '/topics/eu.atom'],
      ],
      [
        () => write({ 'releases/b.en.md': release('Better', 'drugs', 25) }),
        ['/feed.atom', '/topics/drugs.atom'],
      ],
      [
        () => write({ 'releases/d.en.md': release('D', 'migration', 27) }),
        ['/feed.atom', '/topics/eu.atom', '/topics/migration.atom'],
      ],
      [
        () => write({ 'releases/d.en.md': release('D', 'migration', 27, corrected) }),
        ['/feed.atom', '/topics/migration.atom'],
      ],
      [
        () => write({ 'releases/d.en.md': release('D', 'migration', 27, withdrawn) }),
        ['/feed.atom', '/topics/migration.atom'],
      ],
      // The newest release goes, and with it the newest date.
      [
        () => rmSync(join(press.directory(), 'releases/d.en.md')),
        ['/feed.atom', '/topics/migration.atom'],
      ],
    ]
    for (const [change, altered] of changes) {
      const before = await validators()
      change()
      await press.takeUp()
      const after = await validators()
      for (const feed of feeds) {
        const [old, now] = [before[feed]!, after[feed]!]
        if (!altered.includes(feed)) {
          expect(now, feed).toEqual(old)
          continue
        }
        expect(now.etag, feed).not.toBe(old.etag)
        expect(Date.parse(now.since), feed).toBeGreaterThan(Date.parse(old.since))
        expect(Date.parse(now.since) / 1000, feed).toBeLessThanOrEqual(press.clock.now())
      }
    }
  })

  test('two changes as quick as can be are seen by a client that knows only dates (H-10, S-06)', async () => {
    const seen: number[] = []
    for (const title of ['One', 'Two', 'Three']) {
      write({ 'releases/quick.en.md': release(title, 'crime') })
      await press.takeUp()
      const since = new Date(seen.at(-1) ?? 0).toUTCString()
      const { status, headers } = await fetch('/topics/crime.rss', {
        headers: { 'If-Modified-Since': since },
      })
      expect(status).toBe(200)
      seen.push(Date.parse(headers.get('last-modified')!))
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(new Set(seen).size).toBe(3)
  })

  test('an embargoed release moves no validator and no header of any address (H-21)', async () => {
    const snapshot = async () => {
      const all = [...addresses, '/topics/space-travel.rss', '/releases/e'].map(async (address) => {
        const { status, headers } = await fetch(address)
        const { date: _, age: _age, ...rest } = Object.fromEntries(headers)
        return [address, status, rest]
      })
      return Promise.all(all)
    }
    const before = await snapshot()
    write({
      'releases/e.en.md': markdown(['title: E', 'published: 2199-01-01', 'topics: [space-travel]']),
    })
    await press.takeUp()
    expect(await snapshot()).toEqual(before)
  })

  test('after a restart the same address has the same bytes and validators, also when the store then fails (H-10, H-17, H-29)', async () => {
    const texts = async () => {
      return Promise.all(addresses.map(async (address) => (await fetch(address)).text()))
    }
    const before = await texts()
    const validatorsBefore = await validators()
    const headers = { 'If-None-Match': validatorsBefore['/topics/drugs.atom']!.etag }
    await fetch('/topics/drugs.atom', { headers })
    await press.restart()
    expect((await fetch('/topics/drugs.atom', { headers })).status).toBe(304)
    // Enough for whatever goes on after the answer.
    await new Promise((resolve) => setTimeout(resolve, 200))
    await press.breakStore()
    const after = await fetch('/topics/drugs.atom')
    await press.mendStore()
    expect(after.status).toBe(200)
    expect(await after.text()).toBe(before[addresses.indexOf('/topics/drugs.atom')])
    // A store that failed is left alone for a while.
    await press.clock.passed(press.clock.now() + 10)
    expect(await validators()).toEqual(validatorsBefore)
    expect(await texts()).toEqual(before)
  })

  test('who asks for differences gets 304 or the whole feed, as feedparser does and rss2email wants it', async () => {
    const first = await fetch('/feed.atom')
    const headers = { 'If-None-Match': first.headers.get('etag')!, 'A-IM': 'feed' }
    expect((await fetch('/feed.atom', { headers })).status).toBe(304)
    write({ 'releases/b.en.md': release('Best', 'drugs', 25) })
    await press.takeUp()
    const asked = await fetch('/feed.atom', { headers })
    const unasked = await fetch('/feed.atom')
    expect([asked.status, asked.headers.get('im')]).toEqual([200, null])
    expect(await asked.text()).toBe(await unasked.text())
    // Age goes on with the real time, also between two requests.
    const withoutAge = ({ headers }: Response) => [...headers].filter(([name]) => name !== 'age')
    expect(withoutAge(asked)).toEqual(withoutAge(unasked))
  })

  test('what was removed does not come back while the store fails', async () => {
    const file = 'releases/removed.en.md'
    const attached = 'attachments: [{ file: removed.pdf }]'
    write({ 'media/removed.pdf': '%PDF-1.4', [file]: release('Removed', 'drugs', 24, [attached]) })
    await press.takeUp()
    const statuses = async () => {
      const answers = await Promise.all(
        ['/releases/removed', '/media/removed.pdf'].map((path) => fetch(path)),
      )
      return answers.map(({ status }) => status)
    }
    expect(await statuses()).toEqual([200, 200])
    rmSync(join(press.directory(), file))
    await press.takeUp()
    expect(await statuses()).toEqual([404, 404])
    await press.breakStore()
    try {
      expect(await statuses()).toEqual([503, 503])
    } finally {
      await press.mendStore()
    }
    await press.clock.passed(press.clock.now() + 10)
  })

  test('a store that fails keeps nobody from what was answered before (H-20, H-29, H-30, H-32)', async () => {
    const bodies = await Promise.all(
      addresses.map(async (address) => (await fetch(address)).text()),
    )
    const { etag } = (await validators())['/feed.atom']!
    await press.breakStore()
    try {
      const poll = async (index: number) => {
        const response = await fetch(addresses[index]!)
        expect(response.status).toBe(200)
        expect(await response.text()).toBe(bodies[index])
        expect(Number(response.headers.get('age'))).toBeLessThanOrEqual(300)
      }
      for (let polls = 0; polls < 200; polls += addresses.length) {
        await Promise.all(addresses.map((_, index) => poll(index)))
      }
      const known = await fetch('/feed.atom', { headers: { 'If-None-Match': etag } })
      expect(known.status).toBe(304)
      const health = await fetch('/healthz')
      expect([health.status, health.headers.get('retry-after')]).toEqual([503, '60'])
      // What nobody ever asked for has no good answer, and says when to come again.
      const unknown = await fetch('/topics/immigration.rss')
      expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '60'])
      expect(unknown.headers.get('content-type')).toBe('application/problem+json')
      expect(unknown.headers.get('access-control-allow-origin')).toBe('*')
    } finally {
      await press.mendStore()
    }
  })

  test('when the store answers again, so does the service with what changed meanwhile', async () => {
    await fetch('/topics/drugs.json')
    await press.breakStore()
    expect((await fetch('/topics/drugs.json')).status).toBe(200)
    await press.mendStore()
    write({ 'releases/f.en.md': release('After the failure', 'drugs', 28) })
    await press.takeUp()
    await expect
      .poll(async () => (await fetch('/topics/drugs.json')).text(), { timeout: 10_000 })
      .toContain('After the failure')
  })

  test('a change at the end of a long text is another edition (H-05)', async () => {
    const long = (end: string) => `${'A sentence of a long text. '.repeat(2000)}${end}`
    const fields = ['title: Long', 'published: 2024-01-24T09:00', 'topics: [asylum]']
    const tags = []
    for (const end of ['before', 'after']) {
      write({ 'releases/long.en.md': markdown(fields, long(end)) })
      await press.takeUp()
      for (const format of ['rss', 'atom', 'json']) {
        tags.push((await fetch(`/topics/asylum.${format}`)).headers.get('etag'))
      }
    }
    expect(new Set(tags).size).toBe(6)
  })
})

test('after a restart whoever has the edition is told so without waiting for a document (H-16)', async () => {
  const directory = temporaryFolder(files)
  const press = await nodePress(directory)
  const etag = (await press.fetch('/feed.atom')).headers.get('etag')!
  const poll = () => press.fetch('/feed.atom', { headers: { 'If-None-Match': etag } })
  const renders = async () => {
    const { body } = await press.metrics().document()
    return Number(/^tiedote_renders_total\{format="atom"\} (\d+)/m.exec(body)?.[1] ?? 0)
  }
  expect((await poll()).status).toBe(304)
  expect(await renders()).toBe(1)
  await press.restart()
  expect((await poll()).status).toBe(304)
  // Afterwards, and once, so that there is an answer should the store fail.
  await expect.poll(renders, { timeout: 10_000 }).toBe(1)
  for (let times = 0; times < 10; times++) expect((await poll()).status).toBe(304)
  expect(await renders()).toBe(1)
})
