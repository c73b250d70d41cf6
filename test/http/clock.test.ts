// A clock that was wrong: ahead for thirty days and then right again, or set back. Seen from outside, on Node:
// `worker-versions.test.ts` has a Worker that was ahead.
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { isOfClock } from '../../src/domain/clock.ts'
import type { Clock } from '../../src/domain/clock.ts'
import { formatUtc } from '../../src/domain/time.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import { markdown, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { models } from '../readers/models.ts'
import type { Reader } from '../readers/reader.ts'
import { amount } from '../trials.ts'

const month = 30 * 86_400
/** What a Worker is made of has the date of today, which must not be one to come. */
const start = Math.floor(Date.now() / 1000)

const file = (title: string, second: number, ...more: string[]) =>
  markdown([`title: ${title}`, `published: ${formatUtc(second)}`, 'topics: [eu]', ...more])

/** A clock that is whatever it is set to. */
function wrongClock(): Clock & { set: (second: number) => void } {
  let time = start
  return {
    now: () => time,
    passed: async (second) => void (time = Math.max(time, second + 1)),
    set: (second) => void (time = second),
  }
}

type Press = Awaited<ReturnType<typeof nodePress>>

/** A service with the means to ask it. */
async function service(files: Record<string, string>, clock: Clock) {
  const directory = temporaryFolder(files)
  const press = await nodePress(directory, clock)
  onTestFinished(press.close)
  const call = async (
    method: string,
    path: string,
    body: object,
    token = 'a-secret-of-the-newsroom',
    type = 'application/json',
  ) => {
    const response = await press.fetch(path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': type },
      body: JSON.stringify(body),
    })
    const json = (await response.json()) as Record<string, string> & { sentences: string[] }
    return { status: response.status, headers: response.headers, json }
  }
  const itemsOf = async (path = '/feed.json') => {
    const { items } = (await (await press.fetch(path)).json()) as {
      items: { id: string; title: string; url: string; date_published: string }[]
    }
    return items
  }
  return {
    press,
    directory,
    call,
    itemsOf,
    put: (slug: string, more = {}) =>
      call('PUT', `/api/releases/${slug}/en`, {
        title: slug,
        topics: ['eu'],
        body: { markdown: `Text of ${slug}.` },
        ...more,
      }),
    textOf: async (slug: string) => (await press.fetch(`/releases/${slug}`)).text(),
    titles: async (path?: string) => (await itemsOf(path)).map(({ title }) => title),
    mend: (token?: string) =>
      call('POST', '/api/mend-clock', { now: formatUtc(clock.now()) }, token),
    health: async () => {
      const response = await press.fetch('/healthz')
      const { status, problems } = (await response.json()) as { status: string; problems: string[] }
      return { code: response.status, status, problems }
    },
  }
}

/** Every program that is modelled, in each format that it reads. */
function subscribers(press: Press) {
  const readers: { reader: Reader; address: string }[] = models.map(({ create }) => {
    const reader = create((path, init) => press.fetch(path, init))
    const address = `/feed.${reader.formats[0]}`
    reader.subscribe(address)
    return { reader, address }
  })
  /** One that goes by dates alone. */
  let date = ''
  const seenByDate = new Set<string>()
  return {
    async poll(now: number) {
      for (const { reader, address } of readers) await reader.poll(address, now)
      const headers = date ? { 'If-Modified-Since': date } : undefined
      const response = await press.fetch('/feed.json', { ...(headers && { headers }) })
      if (response.status !== 200) return
      date = response.headers.get('last-modified')!
      const { items } = (await response.json()) as { items: { title: string }[] }
      for (const { title } of items) seenByDate.add(title)
    },
    seenByDate: () => [...seenByDate].toSorted(),
    /** Titles that each has, as often as it showed them. */
    seen: () =>
      new Map(
        readers.map(({ reader }) => [
          reader.name,
          reader
            .all()
            .flatMap(({ title, shown }) => shown.map(() => title))
            .toSorted(),
        ]),
      ),
    errors: () => readers.flatMap(({ reader }) => reader.errors),
  }
}

describe('a clock that was ahead', () => {
  test('for one PUT: the service says so and waits, until it is set back; then all is as if it had been right', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => logged.mockRestore())
    const clock = wrongClock()
    const files = { 'releases/a.en.md': file('a', start - 1000) }
    const press = await service(files, clock)
    const readers = subscribers(press.press)
    await readers.poll(start)
    clock.set(start + 400)
    expect((await press.put('b')).status).toBe(201)
    await readers.poll(start + 400)

    clock.set(start + month)
    const future = await press.put('c', { change: { kind: 'minor', note: 'New.' } })
    expect(future).toMatchObject({ status: 201, json: { published: formatUtc(start + month) } })
    await readers.poll(start + 1000)
    clock.set(start + 1010)

    expect(await press.titles()).toEqual(['c', 'b', 'a'])
    await readers.poll(start + 1010)
    const refused = await press.put('d')
    expect(refused).toMatchObject({
      status: 503,
      json: { detail: expect.stringMatching(/^The clock says .* mend-clock/) },
    })
    expect(refused.headers.get('retry-after')).toBe('60')
    const line = { slug: 'd', language: 'en', title: 'd', body: { markdown: 'd' } }
    const lines = await press.call('POST', '/api/releases', line, undefined, 'application/x-ndjson')
    expect([lines.status, lines.headers.get('retry-after'), lines.json.detail]).toEqual([
      503,
      '60',
      expect.stringContaining('mend-clock'),
    ])
    const topic = await press.call('PUT', '/api/topics/new', { label: 'New' })
    expect([topic.status, topic.headers.get('retry-after')]).toEqual([503, '60'])
    // So does a change of the folder.
    writeFiles(press.directory, {
      'releases/a.en.md': `${file('a', start - 1000)}And more text.\n`,
    })
    await expect(press.press.takeUp()).rejects.toThrow()
    expect(await press.textOf('a')).not.toContain('And more text.')
    expect(await press.health()).toMatchObject({
      code: 503,
      status: 'clock is behind',
      problems: [expect.stringMatching(/^The clock says /)],
    })

    expect((await press.mend('a-secret-of-customs')).status).toBe(403)
    for (const now of [undefined, 'today', formatUtc(start + month), formatUtc(start)]) {
      const answer = await press.call('POST', '/api/mend-clock', { now })
      expect([now, answer.status]).toEqual([now, 422])
    }
    const before = await press.itemsOf()
    const mended = await press.mend()
    expect(mended).toMatchObject({ status: 200, json: { change: 'mended' } })
    expect(mended.json.sentences.join('\n')).toContain('One release was dated later.')
    expect(mended.json.sentences.join('\n')).toContain("Microsoft's connector")
    expect(await press.health()).toMatchObject({ code: 200, status: 'ok' })
    const after = await press.itemsOf()
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(Date.parse(after[0]!.date_published) / 1000).toBe(clock.now())
    for (const { url } of after) {
      expect((await press.press.fetch(new URL(url).pathname)).status).toBe(200)
    }
    await readers.poll(clock.now())

    clock.set(start + 1500)
    const next = await press.put('d')
    expect(next.status).toBe(201)
    expect(Date.parse(next.json.published!) / 1000).toBeLessThanOrEqual(start + 1502)
    await press.press.takeUp()
    expect(await press.textOf('a')).toContain('And more text.')
    expect(await press.titles()).toEqual(['d', 'c', 'b', 'a'])
    expect((await press.titles('/feed.json?q=text')).toSorted()).toEqual(['a', 'b', 'c', 'd'])
    // It keeps the time that it has now.
    expect(await press.put('c')).toMatchObject({ json: { change: 'unchanged' } })
    const corrected = { change: { kind: 'correction', note: 'Wrong.' } }
    expect((await press.put('b', corrected)).status).toBe(200)
    clock.set(start + 2000)
    await readers.poll(start + 2000)
    expect(await press.mend()).toMatchObject({ status: 200, json: { change: 'unchanged' } })

    expect(readers.errors()).toEqual([])
    expect(readers.seenByDate()).toEqual(['a', 'b', 'c', 'd'])
    for (const [name, titles] of readers.seen()) {
      // What was there before it is not posted, and it takes nothing until the time that it saw is over.
      const expected = name.includes('Microsoft') ? ['b', 'c'] : ['a', 'b', 'c', 'd']
      expect([name, titles]).toEqual([name, expected])
    }
    clock.set(start + month + 500)
    expect((await press.put('e')).status).toBe(201)
    await readers.poll(clock.now())
    const connector = [...readers.seen()].find(([name]) => name.includes('Microsoft'))![1]
    expect(connector).toEqual(['b', 'c', 'e'])
  })

  test('at the first start: what comes later waits, and is public once it is set back', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => logged.mockRestore())
    const clock = wrongClock()
    clock.set(start + month)
    const files = {
      'releases/a.en.md': file('a', start - 1000),
      'releases/shown.en.md': file('shown', start + 86_400),
      'releases/embargo.en.md': file('embargo', start + 2 * month),
    }
    const press = await service(files, clock)
    const readers = subscribers(press.press)
    await readers.poll(start)
    clock.set(start + 10)
    await readers.poll(start + 10)
    expect(await press.titles()).toEqual(['shown', 'a'])
    writeFiles(press.directory, { 'releases/b.en.md': file('b', start + 10) })
    await expect(press.press.takeUp()).rejects.toThrow()
    expect(await press.titles()).toEqual(['shown', 'a'])

    const mended = await press.mend()
    expect(mended.json.change).toBe('mended')
    expect(mended.json.sentences.join('\n')).toMatch(/releases\/shown\.en\.md says/)
    expect(await press.titles()).toEqual(['shown', 'a'])
    clock.set(start + 400)
    await press.press.takeUp()
    expect(await press.titles()).toEqual(['b', 'shown', 'a'])
    await readers.poll(start + 400)
    expect(readers.seenByDate()).toEqual(['a', 'b', 'shown'])
    for (const [name, titles] of readers.seen()) {
      const expected = name.includes('Microsoft') ? [] : ['a', 'b', 'shown']
      expect([name, titles]).toEqual([name, expected])
    }
    expect(await press.health()).toMatchObject({ code: 200 })
    clock.set(start + 2 * month)
    expect(await press.titles()).toEqual(['embargo', 'b', 'shown', 'a'])
  })
})

test('a clock that was ahead for a new version delays nothing once it is set back, and documents of then are not taken for later ones', async () => {
  const clock = wrongClock()
  const files = { 'releases/a.en.md': file('a', start - 1000) }
  const press = await service(files, clock)
  const readers = subscribers(press.press)
  await readers.poll(start)
  const ahead = start + 700
  clock.set(ahead)
  await press.press.restart('another')
  await press.press.takeUp()
  await readers.poll(start + 10)
  expect(await press.titles('/topics/eu.json')).toEqual(['a'])
  clock.set(start + 20)
  writeFiles(press.directory, { 'releases/b.en.md': file('b', start + 20) })
  await expect(press.press.takeUp()).rejects.toSatisfy(isOfClock)
  expect((await press.mend()).json.sentences[0]).toContain('No release was dated later')
  clock.set(start + 40)
  await press.press.takeUp()
  await readers.poll(start + 40)
  // The very second that documents in memory are of.
  clock.set(ahead)
  expect((await press.put('c')).json.published).toBe(formatUtc(ahead))
  expect(await press.titles('/topics/eu.json')).toEqual(['c', 'b', 'a'])
  await readers.poll(ahead)
  expect(readers.seenByDate()).toEqual(['a', 'b', 'c'])
  for (const [name, titles] of readers.seen()) {
    const expected = name.includes('Microsoft') ? ['b', 'c'] : ['a', 'b', 'c']
    expect([name, titles]).toEqual([name, expected])
  }
})

test('a store that waits for the clock goes on by itself once it gets there', async () => {
  const clock = wrongClock()
  const press = await service({ 'releases/a.en.md': file('a', start - 1000) }, clock)
  clock.set(start + 3600)
  await press.put('b')
  clock.set(start)
  expect((await press.put('c')).status).toBe(503)
  clock.set(start + 3600 - 60)
  expect((await press.health()).code).toBe(200)
  expect((await press.put('c')).status).toBe(201)
  expect(await press.titles()).toEqual(['c', 'b', 'a'])
})

describe('a clock that is set back', () => {
  const ending = topicsYaml.replace(
    'space-travel:\n  label: { en: space travel }',
    `space-travel:\n  label: { en: space travel }\n  retired: ${formatUtc(start + 20)}`,
  )
  const files = {
    'topics.yaml': ending,
    'releases/a.en.md': file('a', start - 1000),
    'releases/embargo.en.md': file('embargo', start + 10),
  }

  test.each([5, 3600, 400 * 86_400])(
    'by %i seconds hides nothing that was public, while it runs and after a restart',
    async (seconds) => {
      const clock = wrongClock()
      const press = await service(files, clock)
      clock.set(start + 30)
      expect(await press.titles()).toEqual(['embargo', 'a'])
      const before = await press.press.fetch('/feed.atom')
      const body = await before.text()
      for (const restart of [false, true]) {
        clock.set(start + 30 - seconds)
        if (restart) await press.press.restart()
        const now = await press.press.fetch('/feed.atom')
        expect(await now.text()).toBe(body)
        for (const name of ['etag', 'last-modified']) {
          expect(now.headers.get(name)).toBe(before.headers.get(name))
        }
        const since = { 'If-Modified-Since': before.headers.get('last-modified')! }
        expect((await press.press.fetch('/feed.atom', { headers: since })).status).toBe(304)
        expect((await press.press.fetch('/releases/embargo')).status).toBe(200)
        expect((await press.press.fetch('/topics/space-travel.json')).headers.has('sunset')).toBe(
          true,
        )
      }
    },
  )

  test('makes no draft of what was public', async () => {
    const clock = wrongClock()
    const press = await service(files, clock)
    clock.set(start + 5)
    await press.put('b', { published: formatUtc(start + 20) })
    clock.set(start + 30)
    expect(await press.titles()).toContain('b')
    clock.set(start + 15)
    expect((await press.put('b', { draft: true })).status).toBe(422)
    expect(await press.titles()).toContain('b')
  })

  test('hides nothing either where the database can only be read, as long as it runs', async () => {
    const clock = wrongClock()
    const directory = temporaryFolder(files)
    const first = await nodePress(directory, clock, undefined, { isOnDisk: true })
    await first.fetch('/feed.json')
    const reading = openDatabase(first.databaseFile)
    onTestFinished(() => reading.close())
    const { createReleaseStore } = await import('../../src/store/release-store.ts')
    const store = createReleaseStore({
      prepare: (sql) => reading.prepare(sql),
      batch: async () => {
        throw new Error('attempt to write a readonly database')
      },
      readOnly: true,
    })
    const shown = await store.state(start + 10)
    const state = await store.state(start - 4000)
    expect([state.since, state.horizon]).toEqual([shown.since, shown.horizon])
  })

  test('does not make any rest longer', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => logged.mockRestore())
    const clock = wrongClock()
    const directory = temporaryFolder(files)
    const press = await nodePress(directory, clock)
    await press.fetch('/feed.json')
    clock.set(start + month)
    await press.breakStore()
    expect((await press.fetch('/feed.json')).status).toBe(200)
    const wrong = { headers: { Authorization: 'Bearer wrong' } }
    for (let attempt = 0; attempt < 12; attempt++) await press.fetch('/api/releases', wrong)
    await press.mendStore()
    clock.set(start + 30)
    writeFiles(directory, { 'releases/c.en.md': file('c', start + 30) })
    await press.takeUp()
    const { items } = (await (await press.fetch('/feed.json')).json()) as { items: object[] }
    expect(items).toHaveLength(3)
    expect((await press.fetch('/api/releases', wrong)).status).toBe(401)
  })
})

test('content that is brought in by a clock far behind is refused with the reason', async () => {
  const clock = wrongClock()
  const directory = temporaryFolder({ 'releases/a.en.md': file('a', start) })
  const press = await nodePress(directory, clock, undefined, { isOnDisk: true })
  await press.fetch('/feed.json')
  const database = openDatabase(press.databaseFile)
  onTestFinished(() => database.close())
  clock.set(start - 3600)
  writeFiles(directory, { 'releases/b.en.md': file('b', start) })
  const options = { batch: 'b', program: 'test', clock }
  const bringing = bringInLine(directory, createContentStore(database, { wordsOf }), options)
  await expect(bringing).rejects.toSatisfy(isOfClock)
})

const events = fc.array(
  fc.record({
    what: fc.constantFrom(
      ...(['put', 'put', 'put', 'correct', 'file', 'embargo', 'poll', 'poll', 'poll'] as const),
      ...(['ahead', 'behind', 'right', 'right', 'mend', 'restart'] as const),
    ),
    wait: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 4, max: 4000 })),
    far: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 601, max: month })),
  }),
  { minLength: 5, maxLength: 30 },
)

test(
  'however a clock goes wrong, what is answered for is public, and once it is right and set back nobody misses anything or sees it twice',
  async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => logged.mockRestore())
    await fc.assert(
      fc.asyncProperty(events, async (history) => {
        const clock = wrongClock()
        const files = { 'releases/a.en.md': file('a', start - 1000) }
        const press = await service(files, clock)
        const readers = subscribers(press.press)
        await readers.poll(start)
        const accepted: string[] = []
        const sent: string[] = []
        let time = start
        let wrong = 0
        const takeUp = () =>
          press.press.takeUp().catch((error: unknown) => expect(error).toSatisfy(isOfClock))
        for (const [index, { what, wait, far }] of history.entries()) {
          time = Math.max(time + wait, wrong === 0 ? clock.now() : 0)
          if (what === 'ahead') wrong = far
          if (what === 'behind') wrong = -far
          if (what === 'right') wrong = 0
          clock.set(time + wrong)
          const before = await press.titles()
          const { code } = await press.health()
          if (what === 'put') {
            const { status } = await press.put(`p${index}`)
            expect(status).toBe(code === 200 ? 201 : 503)
            if (status === 201) {
              expect((await press.titles())[0]).toBe(`p${index}`)
              accepted.push(`p${index}`)
              sent.push(`p${index}`)
            }
          }
          if (what === 'correct' && sent.length > 0) {
            const change = { kind: 'correction', note: `Wrong ${index}.` }
            const { status } = await press.put(sent[index % sent.length]!, { change })
            expect(status).toBe(code === 200 ? 200 : 503)
          }
          if (what === 'file' || what === 'embargo') {
            const second = what === 'file' ? time : time + far
            writeFiles(press.directory, {
              [`releases/f${index}.en.md`]: file(`f${index}`, second),
            })
            if (what === 'file') accepted.push(`f${index}`)
            await takeUp()
          }
          if (what === 'poll') await readers.poll(time)
          if (what === 'restart') await press.press.restart()
          if (what === 'mend' && wrong === 0) {
            expect((await press.mend()).status).toBe(200)
            expect(await press.titles()).toEqual(before)
            expect((await press.health()).code).toBe(200)
          }
          const now = await press.titles()
          expect(now.filter((title) => before.includes(title))).toHaveLength(before.length)
        }
        time = Math.max(time, wrong === 0 ? clock.now() : 0) + 100
        clock.set(time)
        await press.mend()
        await press.press.takeUp()
        await readers.poll(time)
        clock.set((time += 400))
        const last = await press.put('last')
        expect(last.status).toBe(201)
        expect(Date.parse(last.json.published!) / 1000).toBeLessThanOrEqual(time + 2)
        clock.set((time += 400))
        await readers.poll(time)
        const all = (await press.titles()).toSorted()
        expect(all).toEqual(expect.arrayContaining(['a', 'last', ...accepted]))
        expect(readers.seenByDate()).toEqual(all)
        expect(readers.errors()).toEqual([])
        for (const [name, titles] of readers.seen()) {
          const isWatermark = name.includes('Microsoft')
          expect([name, titles]).toEqual([name, isWatermark ? [...new Set(titles)] : all])
        }
      }),
      { numRuns: amount(3, 400), seed: 17 },
    )
  },
  amount(120_000, 3_600_000),
)
