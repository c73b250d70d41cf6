// What a token may send: however much it is, it is refused with a sentence, and keeps nobody else waiting.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBytes } from '../../src/http/api/bodies.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import { costlyBodies } from '../costly-bodies.ts'
import { writeFolder } from '../content-folder.ts'
import { hurriedClock, nodePress, onNodePress, type Press } from '../platforms.ts'

const files = {
  'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry }
languages: [en]
timezone: Europe/Helsinki
publishers: { ministry: { name: { en: The Ministry } } }
`,
  'topics.yaml': 'migration: { label: { en: migration } }\n',
  'releases/from-a-file.en.md':
    '---\ntitle: From a file\npublished: 2024-01-24T09:00\ntopics: [migration]\n---\nText.\n',
}

const headers = { Authorization: 'Bearer a-secret-of-the-newsroom' }

function send(
  press: Pick<Press, 'fetch'>,
  { method, path, type, body }: (typeof costlyBodies)[number],
) {
  const asJson = { ...headers, 'Content-Type': type }
  return press.fetch(`${path}?dry-run`, { method, headers: asJson, body: body() })
}

function put(press: Pick<Press, 'fetch'>, slug: string, written: object, query = '') {
  return press.fetch(`/api/releases/${slug}/en${query}`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: 'T', topics: [], body: { markdown: 'x' }, ...written }),
  })
}

onNodePress('limits', files, (press) => {
  test('what is too much is refused with the sentence that says how much may be sent', async () => {
    for (const one of costlyBodies) {
      const answer = await send(press, one)
      const text = await answer.text()
      expect.soft(text, one.what).toContain(one.sentence)
      if (one.type === 'application/json') expect.soft(answer.status, one.what).toBe(422)
      expect.soft(text.length, one.what).toBeLessThan(2_000_000)
    }
  })

  test('of many problems the first fifty are told, and how many more there are', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`unknown-${at}`, 1]))
    const answer = await put(press, 'many', { ...unknown, kind: 'novel' }, '?dry-run')
    const { detail, errors } = (await answer.json()) as { detail: string; errors: object[] }
    expect(detail).toBe('More than 50 fields are wrong.')
    expect(errors).toHaveLength(51)
    expect(errors[0]).toMatchObject({ field: 'kind' })
    expect(errors[1]).toEqual({
      field: 'unknown-0',
      message: 'There is no field "unknown-0". Remove it.',
    })
    expect(errors.at(-1)).toEqual({
      field: '',
      message: 'There are 11 more problems. Mend these first.',
    })
  })
})

test('a body of exactly the most bytes is read, and one more is too many', async () => {
  const read = (size: number) =>
    readBytes(new Request('https://a.example', { method: 'PUT', body: 'x'.repeat(size) }), 1000)
  expect(await read(1000)).toHaveLength(1000)
  await expect(read(1001)).rejects.toThrow('The body is larger than')
})

describe('on Node', () => {
  let directory: string
  let press: Awaited<ReturnType<typeof nodePress>>
  beforeAll(async () => {
    directory = writeFolder(files)
    press = await nodePress(directory, hurriedClock(), undefined, { isOnDisk: true })
  })
  afterAll(async () => {
    await press.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('feeds are answered while a long text is read', async () => {
    await press.fetch('/feed.rss')
    const reading = put(press, 'long', { body: { html: '<p>x</p>'.repeat(8_000) } }, '?dry-run')
    const isRead = new AbortController()
    void reading.then(() => isRead.abort())
    let polls = 0
    while (!isRead.signal.aborted) {
      expect((await press.fetch('/feed.rss')).status).toBe(200)
      await new Promise((resolve) => setImmediate(resolve))
      polls++
    }
    const answer = await reading
    expect(await answer.text()).toContain('"change":"created"')
    // Where it is read by the thread that answers, they are answered before and after, not meanwhile.
    expect(polls).toBeGreaterThan(20)
  })

  test('feeds are answered between topics that are sent at once', async () => {
    await press.fetch('/feed.rss')
    const headers = {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': 'application/json',
    }
    const open = new Set(Array.from({ length: 20 }, (_, number) => number))
    const sent = Array.from(open, async (number) => {
      const body = JSON.stringify({ label: { en: `Topic ${number}` } })
      const path = `/api/topics/topic-${number}?dry-run`
      const { status } = await press.fetch(path, { method: 'PUT', body, headers })
      open.delete(number)
      return status
    })
    const openAtPolls = new Set<number>()
    while (open.size > 0) {
      expect((await press.fetch('/feed.rss')).status).toBe(200)
      openAtPolls.add(open.size)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(new Set(await Promise.all(sent))).toEqual(new Set([200]))
    // Done all at once, they would be open together and then none of them.
    expect(openAtPolls.size).toBeGreaterThan(10)
  })

  test('a file that is missing is told once, however often a text shows it', async () => {
    const html = '<img src="media/missing.png">'.repeat(1_500)
    const answer = await put(press, 'missing', { body: { html } }, '?dry-run')
    const { warnings } = (await answer.json()) as { warnings: object[] }
    // And once that it has no words.
    expect(warnings).toHaveLength(2)
  })

  test('attributes that nothing shows are not compared with all before them', async () => {
    const html = Array.from({ length: 40_000 }, (_, at) => `<html a${at}>`).join('')
    const answer = await put(press, 'roots', { body: { html } }, '?dry-run')
    // Comparing takes longer than a text may take.
    expect(await answer.text()).toContain('"change":"created"')
  }, 30_000)

  test('a release that is there is withdrawn although it would be too much today', async () => {
    const title = 'A title as long as there was no limit to it. '.repeat(20).trim()
    expect((await put(press, 'old', { title: 'Short' })).status).toBe(201)
    const database = openDatabase(press.databaseFile)
    const sql = "update release set document = json_set(document, '$.title', ?) where slug = 'old'"
    await database.batch([database.prepare(sql).bind(title)])
    database.close()
    const answer = await press.fetch('/api/releases/old/en/withdraw', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ reason: 'It was not so.' }),
    })
    expect(answer.status).toBe(200)
    expect((await put(press, 'new', { title })).status).toBe(422)
  })
})
