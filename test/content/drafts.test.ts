// Releases that say `draft: true`: nobody sees them, and nothing depends on them.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleContent } from '../../src/bundle-content.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

const meeting = ['title: Ministers meet', 'published: 2026-01-24T09:00', 'topics: [migration]']
const zeppelin = ['title: Zeppelin', 'published: 2026-02-01T09:00', 'topics: [space-travel]']
const draft = ['draft: true', ...zeppelin, 'attachments: [{ file: contract.pdf }]']

const addresses = [
  '/feed.json',
  '/feed.atom',
  '/topics/space-travel.rss',
  '/topics.json',
  '/sitemap.xml',
  '/',
  '/feed.json?q=zeppelin',
  '/releases/zeppelin',
  '/media/contract.pdf',
  '/healthz',
]

async function pressOver(files: Record<string, string>) {
  const directory = temporaryFolder(files)
  const clock = createSimulatedClock(start)
  const press = await nodePress(directory, clock)
  const answers = async () => {
    const all: string[] = []
    for (const address of addresses) {
      const { status, headers, body } = await answerOf(press.fetch, address)
      all.push(`${address} ${status} ${headers}\n${body}`)
    }
    return all
  }
  return { directory, clock, press, answers }
}

async function answerOf(fetch: (path: string) => Promise<Response>, path: string) {
  const answer = await fetch(path)
  const named = ['etag', 'last-modified', 'cache-control']
  const headers = named.map((name) => answer.headers.get(name)).join(' ')
  return { status: answer.status, headers, body: await answer.text() }
}

test('no byte, header or count shows a draft, and saving one is no change of the store', async () => {
  const { directory, press, answers } = await pressOver({
    'releases/meeting.en.md': markdown(meeting),
    'media/contract.pdf': '%PDF-1.4',
  })
  const before = await answers()
  const revision = await press.revision()
  writeFiles(directory, { 'releases/zeppelin.en.md': markdown(draft) })
  await press.takeUp()
  writeFiles(directory, { 'releases/zeppelin.en.md': markdown(draft, 'Another text.') })
  await press.takeUp()
  rmSync(join(directory, 'releases/zeppelin.en.md'))
  await press.takeUp()
  expect(await press.revision()).toBe(revision)
  expect(await answers()).toEqual(before)
})

test('a draft beside others in a file of JSONL is left out, and they come out as ever', async () => {
  const line = (slug: string, more: object) =>
    JSON.stringify({
      slug,
      language: 'en',
      title: slug,
      published: '2026-02-01T09:00',
      body: { markdown: 'Text.' },
      ...more,
    })
  const { directory, press } = await pressOver({
    'releases/all.jsonl': [line('one', {}), line('two', { draft: true })].join('\n'),
  })
  expect((await press.fetch('/releases/one')).status).toBe(200)
  expect((await press.fetch('/releases/two')).status).toBe(404)
  const finished = [line('one', {}), line('two', { draft: false })].join('\n')
  writeFiles(directory, { 'releases/all.jsonl': finished })
  await press.takeUp()
  expect((await press.fetch('/releases/two')).status).toBe(200)
})

test('what is wrong with a draft keeps nothing from coming out, and is told to its author alone', async () => {
  const { press } = await pressOver({
    'releases/meeting.en.md': markdown(meeting),
    'releases/zeppelin.en.md': markdown(['draft: true', 'titel: Zeppelin', 'topics: [air]']),
  })
  expect((await press.fetch('/releases/meeting')).status).toBe(200)
  const health = async (secret: string) => {
    const headers = { Authorization: `Bearer ${secret}` }
    return (await press.fetch('/healthz', { headers })).text()
  }
  expect(await (await press.fetch('/healthz')).text()).not.toContain('eppelin')
  expect(await health('a-secret-of-customs')).not.toContain('eppelin')
  expect(await health('a-secret-of-nobody-at-all')).not.toContain('eppelin')
  expect(await health('a-secret-of-the-newsroom')).toContain('zeppelin.en.md:3  titel')
})

test('a draft needs no time, and comes out with the one that is written when it is finished', async () => {
  const { directory, press } = await pressOver({
    'releases/meeting.en.md': markdown(meeting),
    'releases/zeppelin.en.md': markdown(['draft: true', 'title: Zeppelin']),
  })
  writeFiles(directory, { 'releases/zeppelin.en.md': markdown(zeppelin) })
  await press.takeUp()
  expect(await (await press.fetch('/feed.json')).text()).toContain('Zeppelin')
})

test('a release to come may become a draft again, one that was public may not', async () => {
  const later = ['title: Later', 'published: 2026-06-01T09:00']
  const { directory, press, clock } = await pressOver({
    'releases/meeting.en.md': markdown(meeting),
    'releases/later.en.md': markdown(later),
  })
  writeFiles(directory, { 'releases/later.en.md': markdown(['draft: true', ...later]) })
  await press.takeUp()
  clock.moveTo(Date.UTC(2026, 6, 1) / 1000)
  expect((await press.fetch('/releases/later')).status).toBe(404)

  writeFiles(directory, { 'releases/meeting.en.md': markdown(['draft: true', ...meeting]) })
  await expect(press.takeUp()).rejects.toThrow(
    /meeting\.en\.md:1 {2}draft {2}.*withdraw the release/,
  )
  expect((await press.fetch('/releases/meeting')).status).toBe(200)
})

test('the bundle of a Worker holds no draft', async () => {
  const directory = temporaryFolder({
    'releases/meeting.en.md': markdown(meeting),
    'releases/zeppelin.en.md': markdown(['draft: true', ...zeppelin]),
  })
  const output = temporaryFolder()
  expect(await bundleContent(directory, output)).toMatchObject({ count: 1 })
  expect(readFileSync(join(output, 'worker/content.txt'), 'utf8')).not.toContain('Zeppelin')
})

test('a file in the place of a draft of the API tells nobody that there is one (H-21)', async () => {
  const { directory, press, answers } = await pressOver({
    'releases/meeting.en.md': markdown(meeting),
  })
  const before = await answers()
  const sent = await press.fetch('/api/releases/zeppelin/en', {
    method: 'PUT',
    headers: {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ title: 'Zeppelin', draft: true, body: { markdown: 'It takes off.' } }),
  })
  expect(sent.status).toBe(201)
  writeFiles(directory, { 'releases/zeppelin.en.md': markdown(zeppelin) })
  await press.takeUp()
  expect(await answers()).toEqual(before)
  const token = { headers: { Authorization: 'Bearer a-secret-of-the-newsroom' } }
  expect(await (await press.fetch('/healthz', token)).text()).toContain('came in through the API')
})
