import { expect, test } from 'vitest'
import { markdown, temporaryFolder, topicsYaml, writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress, nodeService, onNode } from '../platforms.ts'

const topics = `${topicsYaml}
ports:
  label: { en: ports, fi: satamat }
  retired:
    at: 2024-02-01T09:00:00Z
    until: 2199-01-01T00:00:00Z
    replacedBy: [drugs, organised-crime]
    note: { en: Ports are a matter of customs now. }
canals:
  label: { en: canals }
  retired: { at: 2024-02-01, until: 2024-03-01, replacedBy: [drugs] }
rivers:
  label: { en: rivers }
  retired: 2198-01-01
`

const release = (title: string, topic: string, day: number) =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, `topics: [${topic}]`])

const files = {
  'topics.yaml': topics,
  'releases/a.en.md': release('In the port', 'ports, eu', 10),
  'releases/b.en.md': release('On the canal', 'canals', 11),
  'releases/c.en.md': release('On the river', 'rivers', 12),
}

onNode(
  'topics that end',
  () => writeFolder(files),
  (fetch) => {
    test('the feed of a topic that has ended says so in every format, and where to go (H-35, J-08)', async () => {
      const json = (await (await fetch('/topics/ports.json')).json()) as {
        expired: boolean
        items: { id: string; title: string; url: string; content_html: string }[]
      }
      expect(json.expired).toBe(true)
      const [farewell, ...others] = json.items
      expect(farewell?.title).toBe('This feed has ended')
      expect(farewell?.content_html).toContain('Ports are a matter of customs now.')
      expect(farewell?.content_html).toContain(`<a href="${baseUrl}/topics/organised-crime">`)
      expect(farewell?.url).toBe(`${baseUrl}/topics/ports`)
      expect(others.map(({ title }) => title)).toEqual(['In the port'])
      for (const format of ['rss', 'atom']) {
        const { headers, ...response } = await fetch(`/topics/ports.${format}`).then(
          async (answer) => ({ headers: answer.headers, text: await answer.text() }),
        )
        expect(response.text).toContain('<title>This feed has ended</title>')
        expect(response.text).toContain(farewell!.id)
        expect(headers.get('deprecation')).toBe('@1706778000')
        expect(headers.get('sunset')).toBe('Tue, 01 Jan 2199 00:00:00 GMT')
        expect(headers.get('link')).toContain(
          `<${baseUrl}/topics/drugs.${format}>; rel="successor-version"`,
        )
      }
      const atom = await (await fetch('/topics/ports.atom')).text()
      expect(/<updated>(.*?)</.exec(atom)![1]).toBe('2024-02-01T09:00:00Z')
      for (const path of ['/topics/ports/archive/21-812.atom', '/topics/ports.ics']) {
        const { status, headers } = await fetch(path)
        const sunset = 'Tue, 01 Jan 2199 00:00:00 GMT'
        expect([status, headers.get('sunset')], path).toEqual([200, sunset])
        if (path.endsWith('.ics')) continue
        const link = headers.get('link')
        expect(link).toContain(`<${baseUrl}${path}>; rel="self"`)
        expect(link).toContain(`<${baseUrl}/topics/ports>; rel="deprecation"; type="text/html"`)
      }
      expect(await (await fetch('/topics/ports')).text()).toContain('This feed has ended')
    })

    test('a feed that still has a living alternative goes on (U-06)', async () => {
      for (const path of [
        '/topics/ports,eu.json',
        '/topics/canals,eu.json',
        '/topics/-canals.json',
      ]) {
        const response = await fetch(path)
        expect(response.status, path).toBe(200)
        expect(response.headers.get('deprecation')).toBeNull()
        expect(await response.text()).not.toContain('expired')
      }
      expect((await fetch('/topics/canals+eu.json')).status).toBe(410)
    })

    test('later the feed is gone for good, and names what took its place (H-30, H-35)', async () => {
      const response = await fetch('/topics/canals.rss')
      expect(response.status).toBe(410)
      expect(response.headers.get('cache-control')).toMatch(/max-age=([1-5]?\d|60)$/)
      expect(await response.json()).toMatchObject({ status: 410, successors: ['drugs'] })
      const page = await fetch('/topics/canals', { headers: { Accept: 'text/html' } })
      expect(page.status).toBe(410)
      expect(await page.text()).toContain(`href="${baseUrl}/topics/drugs"`)
    })

    test('only feeds that go on are offered', async () => {
      const opml = await (await fetch('/feeds.opml')).text()
      expect(opml).toContain('/topics/rivers.atom')
      expect(opml).not.toMatch(/topics\/(ports|canals)\.atom/)
      const { topics: all } = (await (await fetch('/topics.json')).json()) as {
        topics: { slug: string; retired?: object }[]
      }
      const found = Object.fromEntries(all.map(({ slug, retired }) => [slug, retired]))
      expect(found).not.toHaveProperty('canals')
      expect(found.rivers).toBeUndefined()
      expect(found.ports).toEqual({
        at: '2024-02-01T09:00:00Z',
        until: '2199-01-01T00:00:00Z',
        replacedBy: ['drugs', 'organised-crime'],
      })
    })
  },
)

test('a feed ends and goes at its seconds, and no other feed notices (H-05, H-10)', async () => {
  const day = 86_400
  let now = Date.UTC(2026, 0, 1) / 1000
  const ending = `rivers:\n  label: { en: rivers }\n  retired: { at: 2026-01-03T00:00:00Z, until: 2026-01-05T00:00:00Z }`
  const directory = temporaryFolder({
    ...files,
    'topics.yaml': topics.replace(/rivers:[^]*$/, ending),
  })
  const { fetch } = await nodePress(directory, { now: () => now, passed: async () => {} })
  const poll = async (path: string) => {
    const { status, headers } = await fetch(path)
    return { status, etag: headers.get('etag'), since: headers.get('last-modified') }
  }
  const before = { rivers: await poll('/topics/rivers.rss'), eu: await poll('/topics/eu.rss') }
  now += day
  expect(await poll('/topics/rivers.rss')).toEqual(before.rivers)
  now += day
  const ended = await poll('/topics/rivers.rss')
  expect(ended.status).toBe(200)
  expect(ended.etag).not.toBe(before.rivers.etag)
  expect(ended.since).toBe('Sat, 03 Jan 2026 00:00:00 GMT')
  expect(await poll('/topics/eu.rss')).toEqual(before.eu)
  now += 2 * day
  expect((await poll('/topics/rivers.rss')).status).toBe(410)
  expect(await poll('/topics/eu.rss')).toEqual(before.eu)
})

test('a feed of two topics ends with the first of them, and says what takes that one’s place', async () => {
  let now = Date.UTC(2026, 0, 1) / 1000
  const two = `${topicsYaml}
first:
  label: { en: first }
  retired: { at: 2026-01-02T00:00:00Z, until: 2027-01-02T00:00:00Z, replacedBy: [drugs] }
second:
  label: { en: second }
  retired: { at: 2026-01-03T00:00:00Z, until: 2026-02-01T00:00:00Z, replacedBy: [eu] }
`
  const clock = { now: () => now, passed: async () => {} }
  const { fetch } = await nodePress(temporaryFolder({ 'topics.yaml': two }), clock)
  now += 86_400
  const first = await fetch('/topics/first+second.json')
  const text = await first.text()
  expect(text).toContain('"expired":true')
  now += 60 * 86_400
  const later = await fetch('/topics/first+second.json')
  expect(later.headers.get('last-modified')).toBe(first.headers.get('last-modified'))
  expect(await later.text()).toBe(text)
  expect(later.headers.get('link')).toBe(first.headers.get('link'))
  expect((await fetch('/topics/second.json')).status).toBe(410)
})

test('mistakes about the end of a topic are explained, and a late release is warned about', async () => {
  const wrong = `${topicsYaml}
ports:
  label: { en: ports }
  retired: { at: 2024-02-01, until: 2024-01-01 }
canals:
  label: { en: canals }
  retired: { at: soon, replacedBy: [migrtion] }
`
  await expect(nodePress(temporaryFolder({ ...files, 'topics.yaml': wrong }))).rejects.toThrow(
    /Write a later time as until[^]*"soon" is not a date and time/,
  )
  const unknown = topics.replace('replacedBy: [drugs] }', 'replacedBy: [migrtion, ports] }')
  await expect(nodePress(temporaryFolder({ ...files, 'topics.yaml': unknown }))).rejects.toThrow(
    /"migrtion" is not a topic[^]*"ports" is retired as well/,
  )
  const late = {
    ...files,
    'releases/d.en.md': release('Late', 'canals', 31).replace('01-31', '04-01'),
  }
  const { fetch } = await nodePress(temporaryFolder(late))
  const { problems } = (await (await fetch('/healthz')).json()) as { problems: string[] }
  expect(problems.join()).toContain('The topic canals has ended before this release. Write drugs.')
})

test('a topic that goes on below one that has ended is not lost to who imports OPML', async () => {
  const topics = `${topicsYaml}
waters:
  label: { en: waters }
  retired: { at: 2024-02-01, until: 2024-03-01 }
lakes:
  label: { en: lakes }
  broader: waters
`
  const fetch = await nodeService(temporaryFolder({ 'topics.yaml': topics }))
  const opml = await (await fetch('/feeds.opml')).text()
  expect(opml).toContain('/topics/lakes.atom')
  expect(opml).not.toContain('/topics/waters.atom')
})
