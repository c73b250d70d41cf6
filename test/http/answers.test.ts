// What is remembered of answers, and when it may be answered again: by one process and by several over one
// database, near to it and far from it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { compose, type Composed, type Parts } from '../../src/compose.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import type { ReleaseStore } from '../../src/domain/release-store.ts'
import { createEdge } from '../../src/http/answers/edge.ts'
import { NearState } from '../../src/http/answers/near-state.ts'
import type { Current, StateQuestion } from '../../src/http/answers/state.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { markdown, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { baseUrl, breakStore, nodePress, requestFor } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { newDatabase } from '../new-database.ts'
import { amount } from '../trials.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

const release = (title: string, topics = 'eu', ...more: string[]) =>
  markdown([`title: ${title}`, 'published: 2026-03-01', `topics: [${topics}]`, ...more])

/** Services that share a database. Without anything said they are far from it, as isolates are. */
async function shared(files: Record<string, string> = { 'releases/a.en.md': release('Before') }) {
  const clock = createSimulatedClock(start)
  const directory = temporaryFolder(files)
  const database = await newDatabase()
  const content = createContentStore(database, { wordsOf })
  const takeUp = async (changed: Record<string, string> = {}) => {
    writeFiles(directory, changed)
    const batch = crypto.randomUUID()
    const problems = await bringInLine(directory, content, { batch, program: 'test', clock })
    expect(problems.filter(({ warning }) => !warning)).toEqual([])
  }
  await takeUp()
  const service = (more: Partial<Parts> = {}) =>
    compose({
      database,
      hasChanged: undefined,
      baseUrl,
      memory: 32_000_000,
      hasFeedPages: true,
      later: (work) => void work(),
      media: async (c) => c.text('a file'),
      problems: () => [],
      clock,
      write: () => {},
      ...more,
    })
  return { clock, directory, database, takeUp, service }
}

/** A cache that isolates of a data centre share. */
function dataCentre() {
  const kept = new Map<string, Response>()
  return createEdge(async () => ({
    match: async (address) => kept.get(address)?.clone(),
    async put(address, response) {
      // What nobody comes back for within a week is to go.
      const [, seconds] = /^max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? []
      if (Number(seconds) <= 7 * 86_400) kept.set(address, response)
    },
    delete: async (address) => kept.delete(address),
  }))
}

const ask = async ({ fetch }: Composed, path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(requestFor(path, { headers }))
  const text = await answer.text()
  await settled()
  return { status: answer.status, headers: answer.headers, text }
}

/** Asks for so many addresses of the same feed that nobody comes back to. */
async function flood({ fetch }: Composed, count: number) {
  for (let number = 0; number < count; number++) {
    await (await fetch(requestFor(`/topics/crime.json?q=w${number}`))).text()
  }
  await settled()
}

/** What goes on after an answer is done. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

test.each([false, true])(
  'a name that another topic takes leads there, also where it was asked for before (far: %s)',
  async (isFar) => {
    const clock = createSimulatedClock(start)
    const directory = temporaryFolder({
      'releases/a.en.md': release('On migration', 'migration'),
      'releases/b.en.md': release('On the EU', 'eu'),
    })
    const press = await nodePress(directory, clock, undefined, { isFar })
    const titlesAt = async (path: string) => (await press.fetch(path)).text()
    expect(await titlesAt('/topics/movement-of-people.atom')).toContain('On migration')
    clock.moveTo(start + 400)
    const eu = 'eu:\n  label: { en: EU, fi: EU, sv: EU }\n'
    const moved = topicsYaml
      .replace('  aliases: [movement-of-people]\n', '')
      .replace(eu, `${eu}  aliases: [movement-of-people]\n`)
    writeFiles(directory, { 'topics.yaml': moved })
    await press.takeUp()
    expect(await titlesAt('/topics/migration.atom')).toContain('On migration')
    expect(await titlesAt('/topics/movement-of-people.atom')).toContain('On the EU')
  },
)

test('what another process made never stands over the bytes of an older edition (H-05)', async () => {
  const { clock, takeUp, service } = await shared()
  const [one, other] = [service({ memory: 60_000 }), service()]
  const feed = '/topics/eu.atom'
  await ask(one, feed)
  // Until of this feed as much was given up as ever is.
  await flood(one, 60)
  clock.moveTo(start + 400)
  await takeUp({ 'releases/a.en.md': release('After') })
  clock.moveTo(start + 800)
  const known = { 'If-None-Match': (await ask(other, feed)).headers.get('etag')! }
  await ask(other, feed, known)
  clock.moveTo(start + 900)
  expect((await ask(one, feed, known)).status).toBe(304)
  expect((await ask(one, feed)).text).toContain('After')
})

test('a state that comes late does not stand before a newer one', async () => {
  const coming: ((current: Current) => void)[] = []
  const question = { ask: () => new Promise<Current>((resolve) => void coming.push(resolve)) }
  const clock = createSimulatedClock(start)
  const state = new NearState(question as StateQuestion, clock, () => false)
  const asked = [state.read(), state.read()]
  const [older, newer] = [1, 2].map((revision) => {
    return { revision, until: Infinity, isFailing: false } as Current
  })
  coming[1]!(newer!)
  coming[0]!(older!)
  await Promise.all(asked)
  expect(state.atHand()).toBe(newer)
})

test('a document that never came keeps nobody from it who asks later', async () => {
  const { service, database } = await shared()
  const store = createReleaseStore(database)
  let isHanging = true
  const load: typeof store.load = (...asked) =>
    isHanging ? new Promise(() => {}) : store.load(...asked)
  const one = service({ store: { ...store, load } })
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
    logged.mockRestore()
  })
  const first = one.fetch(requestFor('/feed.atom'))
  await vi.advanceTimersByTimeAsync(5000)
  expect((await first).status).toBe(503)
  isHanging = false
  vi.useRealTimers()
  expect((await ask(one, '/feed.atom')).text).toContain('Before')
})

test('while the database fails, nobody gets an older answer from the data centre than what is known here (H-10)', async () => {
  const { clock, takeUp, service, database } = await shared()
  const here = dataCentre()
  await ask(service({ edge: here }), '/feed.atom')
  clock.moveTo(start + 400)
  await takeUp({ 'releases/a.en.md': release('After') })
  clock.moveTo(start + 800)
  const there = service({ edge: dataCentre() })
  const known = { 'If-None-Match': (await ask(there, '/feed.atom')).headers.get('etag')! }
  await ask(there, '/feed.atom', known)
  clock.moveTo(start + 900)
  const isolate = service({ edge: here })
  expect((await ask(isolate, '/feed.atom', known)).status).toBe(304)
  await breakStore(database)
  clock.moveTo(start + 1300)
  expect((await ask(isolate, '/feed.atom')).text).toContain('Before')
  expect((await ask(isolate, '/feed.atom', known)).status).toBe(304)
})

test('an answer while the database fails says how long ago its state was read (H-20)', async () => {
  const { clock, takeUp, service, database } = await shared()
  const isolate = service()
  const known = { 'If-None-Match': (await ask(isolate, '/feed.atom')).headers.get('etag')! }
  clock.moveTo(start + 1)
  await takeUp({ 'releases/a.en.md': release('After') })
  clock.moveTo(start + 299)
  expect((await ask(isolate, '/feed.atom', known)).headers.get('age')).toBe('299')
  await breakStore(database)
  clock.moveTo(start + 301)
  expect((await ask(isolate, '/feed.atom')).headers.get('age')).toBe('300')
})

test('what was answered is there when the database fails, however many other addresses came since (H-29)', async () => {
  const { clock, service, database } = await shared()
  // A fiftieth of what a process has, and of the addresses that fit into it.
  const one = service({ memory: 1_280_000 })
  await ask(one, '/topics/eu.atom')
  await flood(one, 200)
  await breakStore(database)
  clock.moveTo(start + 900)
  expect((await ask(one, '/topics/eu.atom')).status).toBe(200)
})

test('a flood of addresses that nobody comes back to leaves what is polled at hand', async () => {
  const { clock, service, database } = await shared()
  const one = service({ memory: 640_000 })
  const polled = ['/feed.atom', '/feed.rss', '/topics/eu.atom', '/topics/eu.json']
  const renders = async () => {
    const { body } = await one.metrics.document()
    return Array.from(body.matchAll(/^tiedote_renders_total\{.*\} (\d+)/gm), ([, n]) =>
      Number(n),
    ).reduce((sum, count) => sum + count, 0)
  }
  for (let number = 0; number < 350; number++) {
    await one.fetch(requestFor(`/topics/crime.json?q=w${number}`))
    if (number % 40 === 0) for (const path of polled) await ask(one, path)
  }
  const before = await renders()
  for (let times = 0; times < 5; times++) for (const path of polled) await ask(one, path)
  expect(await renders()).toBe(before)
  await breakStore(database)
  clock.moveTo(start + 900)
  for (const path of polled) expect((await ask(one, path)).status, path).toBe(200)
})

test('a redirect says how long ago it was known, so that nobody keeps it longer than promised (H-18, H-20)', async () => {
  const { clock, service } = await shared()
  const isolate = service()
  const path = '/topics/border-policy.atom'
  expect((await ask(isolate, path)).headers.get('age')).toBeNull()
  clock.moveTo(start + 290)
  const { status, headers } = await ask(isolate, path)
  expect([status, headers.get('age')]).toEqual([308, '290'])
})

test('a reader whose clock is ahead changes nothing for those that come after it (H-10)', async () => {
  const { clock, takeUp, service } = await shared()
  const isolate = service()
  const path = '/topics/border-policy.atom'
  const dated = (second: number) => ({ 'If-Modified-Since': new Date(second * 1000).toUTCString() })
  await ask(isolate, path, dated(start + 600))
  clock.moveTo(start + 50)
  const renamed = 'border-policy: { renamed: migration }'
  expect(topicsYaml).toContain(renamed)
  await takeUp({
    'topics.yaml': topicsYaml.replace(renamed, 'border-policy: { label: { en: border policy } }'),
  })
  const elsewhere = await ask(service(), path)
  expect(elsewhere.status).toBe(200)
  const date = Date.parse(elsewhere.headers.get('last-modified')!) / 1000
  clock.moveTo(clock.now() + 20)
  expect((await ask(isolate, path, dated(date))).status).toBe(304)
})

test('a database that fails after its state was read is left alone as well', async () => {
  const { clock, takeUp, service, database } = await shared()
  let isFailing = false
  const store = createReleaseStore(database)
  const questions: string[] = []
  const failing = Object.fromEntries(
    Object.entries(store).map(([name, question]) => [
      name,
      async (...what: never[]) => {
        if (!isFailing) return (question as (...what: never[]) => unknown)(...what)
        questions.push(name)
        throw new Error('no answer')
      },
    ]),
  ) as unknown as ReleaseStore
  const isolate = service({ store: failing })
  await ask(isolate, '/feed.rss')
  await takeUp({ 'releases/a.en.md': release('After') })
  clock.moveTo(start + 2)
  await ask(isolate, '/feed.atom', { 'If-None-Match': '"x"' })
  isFailing = true
  for (let times = 0; times < 5; times++) {
    expect((await ask(isolate, '/feed.rss')).text).toContain('Before')
  }
  expect(questions).toEqual(['lastModified', 'state'])
})

test('who polls an address that has moved, or that is not there, costs no question and does not wait', async () => {
  const { clock, service, database } = await shared()
  const questions: string[] = []
  const listening = {
    prepare: (sql: string) => (questions.push(sql), database.prepare(sql)),
    batch: database.batch.bind(database),
  }
  const isolate = service({ database: listening })
  const tag = { 'If-None-Match': 'W/"of the new address"' }
  const both = { ...tag, 'If-Modified-Since': new Date((start - 60) * 1000).toUTCString() }
  for (const path of ['/topics/border-policy.atom', '/wp-login.php']) {
    for (const headers of [{}, tag, both]) {
      const { status } = await ask(isolate, path, headers)
      questions.length = 0
      const from = clock.now()
      for (let second = 1; second <= 20; second++) {
        clock.moveTo(from + second)
        expect((await ask(isolate, path, headers)).status).toBe(status)
      }
      expect(clock.now()).toBe(from + 20)
      expect(questions).toEqual([])
    }
  }
})

const paths = [
  '/feed.atom',
  '/topics/eu.atom',
  '/topics/EU.atom',
  '/topics/migration.json',
  '/topics/migration+eu.rss',
  '/',
  '/releases/a',
  '/topics/movement-of-people.json',
]

type Truth = { at: number; etag: string; date: number; text: string }

/** A reader of several services that share a database never gets something older, or what was never there. */
async function randomReaders(
  random: () => number,
  { memory, isFar }: { memory: number; isFar: boolean },
) {
  const pick = <T>(list: T[]) => list[Math.floor(random() * list.length)]!
  const { clock, directory, takeUp, service } = await shared()
  const near = isFar ? {} : { hasChanged: () => true }
  const edge = dataCentre()
  const services = [{ edge }, { edge }, {}].map((more) => service({ memory, ...more, ...near }))
  const truths = new Map<string, Truth[]>(paths.map((path) => [path, []]))
  const note = async () => {
    const fresh = service({ hasChanged: () => true, isReadOnly: true, later: () => {} })
    for (const path of paths) {
      const { headers, text } = await ask(fresh, path)
      const date = Date.parse(headers.get('last-modified') ?? '')
      truths.get(path)!.push({ at: clock.now(), etag: headers.get('etag')!, date, text })
    }
  }
  await note()
  const held = Array.from({ length: 6 }, () => new Map<string, { etag: string; date: string }>())
  const complaints: string[] = []
  for (let step = 0; step < amount(70, 150); step++) {
    const dice = random()
    if (dice < 0.12) {
      const name = pick(['a', 'b', 'c'])
      const isGone = random() < 0.2 && name !== 'a'
      if (isGone) rmSync(join(directory, `releases/${name}.en.md`), { force: true })
      const withdrawn =
        random() < 0.3 ? ['withdrawn: { at: 2026-03-01T12:00, reason: Wrong. }'] : []
      const topics = pick(['eu', 'migration', 'migration, eu'])
      const text = release(`Title ${step}`, topics, ...withdrawn)
      await takeUp(isGone ? {} : { [`releases/${name}.en.md`]: text })
      await note()
    } else if (dice < 0.3) clock.moveTo(clock.now() + pick([1, 2, 20, 150, 320]))
    else complaints.push(...(await poll(step)))
  }
  return complaints

  async function poll(step: number): Promise<string[]> {
    const [has, path, asked] = [pick(held), pick(paths), pick(services)]
    const [way, before] = [pick(['etag', 'date', 'both', 'nothing']), has.get(path)]
    if (way === 'nothing') await ask(asked, `/topics/crime.json?q=x${Math.floor(random() * 40)}`)
    const headers = {
      ...(before && /etag|both/.test(way) && { 'If-None-Match': before.etag }),
      ...(before && /date|both/.test(way) && { 'If-Modified-Since': before.date }),
    }
    const { status, headers: said, text } = await ask(asked, path, headers)
    const [etag, date] = [said.get('etag')!, said.get('last-modified') ?? '']
    if (status !== 304) has.set(path, { etag, date })
    // Who comes with a tag for what is gone is given no date.
    if (status === 410) return []
    const list = truths.get(path)!
    const match = list.find((one) => one.etag === etag && one.date === Date.parse(date))
    const due = list.findLast(({ at }) => at < clock.now() - Number(said.get('age'))) ?? list[0]!
    const wrong = [
      !match && 'an edition that never was',
      match && status === 200 && text !== match.text && 'not the text of the tag',
      match && match.date < due.date && 'older than its age says',
      match && before && way !== 'nothing' && match.date < Date.parse(before.date) && 'goes back',
      status === 304 && before && before.etag !== etag && '304 for what it does not have',
    ]
    return wrong.filter(Boolean).map((what) => `step ${step}: ${path} ${way} ${status}: ${what}`)
  }
}

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let last = seed
  return () => (last = (last * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
}

test.each([
  { memory: 30_000_000, isFar: true },
  { memory: 120_000, isFar: true },
  { memory: 120_000, isFar: false },
])('readers of several processes get no older and no foreign text: %o', async (how) => {
  for (let seed = 1; seed <= amount(1, 25); seed++) {
    const complaints = await randomReaders(numbers(seed * 7919), how)
    expect(complaints, `seed ${seed}`).toEqual([])
  }
})
