import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { keyAt, placesOfSecond, secondOf } from '../../src/domain/key.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import { releasesOf, type Visited, visit, walk } from '../archive-walker.ts'
import { markdown, temporaryFolder, writeFiles, writeFolder } from '../content-folder.ts'
import { nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { amount, isTrial } from '../trials.ts'

const start = Date.UTC(2026, 0, 5, 8) / 1000
const day = 86_400
/** Milliseconds that a random test may take. */
const timeLimit = amount(60_000, 1_800_000)
const utc = (seconds: number) => new Date(seconds * 1000).toISOString()

/** Three of these fill a document: a square takes three bytes, and no longer to read than a letter. */
const long = `Squares that take some room: ${'■■■■ '.repeat(5800)}`

type Written = {
  language: string
  title: string
  authored: number
  topics: string[]
  /** Seconds of corrections. */
  corrections: number[]
  withdrawn?: number
}

function text({ title, authored, topics, corrections, withdrawn }: Written): string {
  const changes = corrections.map((at) => `{ at: ${utc(at)}, kind: correction, note: Wrong }`)
  return markdown(
    [
      `title: ${title}`,
      `published: ${utc(authored)}`,
      `topics: [${topics.join(', ')}]`,
      `changes: [${changes.join(', ')}]`,
      ...(withdrawn ? [`withdrawn: { at: ${utc(withdrawn)}, reason: A mistake }`] : []),
    ],
    title.endsWith('short') ? 'Short.' : long,
  )
}

/** Questions with what they ask of a release, the slow and obvious way. */
const questions: Record<string, (release: Written) => boolean> = {
  '/feed': ({ language }) => language === 'en',
  '/all/feed': () => true,
  '/fi/topics/eu': ({ language, topics }) => language === 'fi' && topics.includes('eu'),
  '/topics/crime': ({ language, topics }) =>
    language === 'en' && topics.some((topic) => ['drugs', 'crime'].includes(topic)),
  '/topics/eu+migration': ({ language, topics }) =>
    language === 'en' && topics.includes('eu') && topics.includes('migration'),
  '/topics/-eu': ({ language, topics }) => language === 'en' && !topics.includes('eu'),
  '/all/topics/drugs,migration+-eu': ({ topics }) =>
    topics.includes('drugs') || (topics.includes('migration') && !topics.includes('eu')),
}

/** What happens, and how long after what happened before. */
type Step = {
  kind: 'publish' | 'late' | 'many' | 'edit' | 'correct' | 'retag' | 'withdraw'
  wait: number
  pick: number
  topics: string[]
  short: boolean
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind'][]>(
      'publish',
      'publish',
      'publish',
      'late',
      'many',
      'edit',
      'correct',
      'retag',
      'withdraw',
    ),
    wait: fc.constantFrom(1, 60, 3600, day, 9 * day, 45 * day),
    pick: fc.nat(1000),
    topics: fc.subarray(['eu', 'migration', 'drugs'], { minLength: 1 }),
    short: fc.boolean(),
  }),
  { minLength: 10, maxLength: 16 },
)

test(
  'at every moment, a feed and its archives are exactly the releases that stand (P-04)',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('atom', 'rss', 'json'), async (all, format) => {
        const clock = createSimulatedClock(start)
        const directory = writeFolder()
        const releases = new Map<string, Written>()
        const put = (name: string, release: Written) => {
          releases.set(name, release)
          writeFiles(directory, { [`releases/${name}.md`]: text(release) })
        }
        put('first.en', {
          language: 'en',
          title: 'First',
          authored: start - 3600,
          topics: ['eu'],
          corrections: [],
        })
        const press = await nodePress(directory, clock)
        for (const [index, step] of all.entries()) {
          clock.moveTo(clock.now() + step.wait)
          const name = [...releases.keys()][step.pick % releases.size]!
          const release = releases.get(name)!
          const now = clock.now()
          if (step.kind === 'publish' || step.kind === 'late') {
            const language = step.pick % 3 === 0 ? 'fi' : 'en'
            const authored = step.kind === 'late' ? now - step.pick * 3600 : now
            const title = `Release ${index}${step.short ? ' short' : ''}`
            put(`r${index}.${language}`, {
              language,
              title,
              authored,
              topics: step.topics,
              corrections: [],
            })
          }
          if (step.kind === 'many') {
            for (let number = 0; number < 2 + (step.pick % 6); number++) {
              put(`r${index}-${number}.en`, {
                language: 'en',
                title: `Release ${index} of many ${number}${number % 2 ? ' short' : ''}`,
                authored: now,
                topics: step.topics,
                corrections: [],
              })
            }
          }
          if (step.kind === 'edit') put(name, { ...release, title: `Edited ${index}` })
          if (step.kind === 'correct') {
            put(name, {
              ...release,
              title: `Corrected ${index}`,
              corrections: [...release.corrections, now],
            })
          }
          if (step.kind === 'retag') put(name, { ...release, topics: step.topics })
          if (step.kind === 'withdraw') put(name, { ...release, withdrawn: now })
          await press.takeUp()
          const asked = Object.entries(questions).filter((_, which) => (which + index) % 2 === 0)
          for (const [path, asks] of asked) {
            const documents = await walk(press.fetch, `${path}.${format}`)
            const standing = [...releases.values()].filter((one) => !one.withdrawn && asks(one))
            const found = [...releasesOf(documents).values()].filter(
              (title) => !/^(Withdrawn|Peruttu): /.test(title),
            )
            expect(found.toSorted(), path).toEqual(standing.map(({ title }) => title).toSorted())
          }
        }
        rmSync(directory, { recursive: true, force: true })
      }),
      { numRuns: amount(1, 100) },
    )
  },
  timeLimit,
)

test('publishing never changes a document of the past, and no document is too long (P-02, H-38)', async () => {
  const clock = createSimulatedClock(start)
  const directory = temporaryFolder()
  const press = await nodePress(directory, clock)
  const seen = new Map<string, Visited>()
  for (let number = 0; number < amount(20, 72); number++) {
    clock.moveTo(clock.now() + (number % 7 === 0 ? 40 * day : 3600))
    const release = {
      language: 'en',
      title: `Release ${number}`,
      authored: clock.now(),
      topics: ['eu'],
      corrections: [],
    }
    writeFiles(directory, { [`releases/r${number}.en.md`]: text(release) })
    await press.takeUp()
    if (number % 5 !== 2) continue
    const documents = await walk(press.fetch, '/topics/eu.atom')
    for (const document of documents) {
      expect(document.bytes).toBeLessThanOrEqual(250_000 + 100_000)
      expect(new Set(document.ids).size).toBe(document.ids.length)
    }
    for (const [address, before] of seen) {
      const now = await visit(press.fetch, address)
      expect(now.ids, address).toEqual(before.ids)
    }
    for (const document of documents.slice(1)) seen.set(document.address, document)
  }
  expect(seen.size).toBeGreaterThan(6)
})

test('a sparse topic has few archives, however long ago its releases are', async () => {
  const releases = Array.from({ length: 200 }, (_, number) => {
    const release = {
      language: 'en',
      title: `Release ${number} short`,
      authored: start - number * 30 * day,
      topics: number % 10 === 0 ? ['eu'] : ['drugs'],
      corrections: [],
    }
    return [`releases/r${number}.en.md`, text(release)]
  })
  const press = await nodePress(
    temporaryFolder(Object.fromEntries(releases)),
    createSimulatedClock(start),
  )
  expect(await walk(press.fetch, '/topics/eu.atom')).toHaveLength(1)
  const documents = await walk(press.fetch, '/topics/drugs.json')
  expect(documents.length).toBeLessThanOrEqual(8)
  expect(releasesOf(documents).size).toBe(180)
})

test('archives say what they are in every format, and lead to the head (P-01, P-05, J-05, H-39)', async () => {
  const releases = Array.from({ length: 18 }, (_, number) => {
    const authored = start - number * 40 * day
    const release = {
      language: 'en',
      title: `Release ${number}`,
      authored,
      topics: ['eu'],
      corrections: [],
    }
    return [`releases/r${number}.en.md`, text(release)]
  })
  const { fetch } = await nodePress(
    temporaryFolder(Object.fromEntries(releases)),
    createSimulatedClock(start),
  )
  for (const format of ['atom', 'rss', 'json']) {
    const documents = await walk(fetch, `/topics/eu.${format}`)
    expect(documents.length).toBeGreaterThan(4)
    const head = `https://releases.example.org/topics/eu.${format}`
    for (const [index, { address, previous }] of documents.entries()) {
      const response = await fetch(address)
      const link = response.headers.get('link')!
      const body = await response.text()
      if (previous) expect(link).toContain(`<${previous}>; rel="prev-archive"`)
      expect(/rel="current"/.test(link)).toBe(index > 0)
      expect(body).toContain(address)
      if (format === 'json') continue
      expect(body.includes('<fh:archive')).toBe(index > 0)
      expect(body).not.toMatch(/rel="next"/)
      if (index > 0) expect(body).toMatch(new RegExp(`rel="current"[^>]*href="${head}"`))
      // From the second archive on there is one after it.
      expect(/rel="next-archive"/.test(body)).toBe(index > 1)
      const known = await fetch(address, {
        headers: { 'If-None-Match': response.headers.get('etag')! },
      })
      expect(known.status).toBe(304)
    }
  }
  expect((await fetch('/topics/eu/archive/10-9999999.atom')).status).toBe(404)
  expect((await fetch('/topics/eu/archive/10-01.atom')).status).toBe(404)
  expect((await fetch('/topics/eu/archive/33-0.atom')).status).toBe(404)
})

test('a correction leads an old release back into the head, and a minor change does not (P-03)', async () => {
  const clock = createSimulatedClock(start)
  const names = Array.from({ length: 18 }, (_, number) => number)
  const written = (number: number): Written => {
    const authored = start - (28 - number) * 40 * day
    return { language: 'en', title: `Release ${number}`, authored, topics: ['eu'], corrections: [] }
  }
  const files = names.map((number) => [`releases/r${number}.en.md`, text(written(number))])
  const directory = temporaryFolder(Object.fromEntries(files))
  const press = await nodePress(directory, clock)
  const head = async () => [...(await walk(press.fetch, '/topics/eu.atom'))[0]!.titles.values()]
  const before = await press.fetch('/topics/eu.atom')
  expect(await head()).not.toContain('Release 1')
  clock.moveTo(start + day)
  writeFiles(directory, {
    'releases/r1.en.md': text({ ...written(1), title: 'Release 1, reworded' }),
  })
  await press.takeUp()
  expect(await (await press.fetch('/topics/eu.atom')).text()).toBe(await before.text())
  const all = releasesOf(await walk(press.fetch, '/topics/eu.atom'))
  expect([...all.values()]).toContain('Release 1, reworded')
  clock.moveTo(start + 2 * day)
  const corrected = { ...written(1), title: 'Release 1, corrected', corrections: [start + 2 * day] }
  writeFiles(directory, { 'releases/r1.en.md': text(corrected) })
  await press.takeUp()
  expect(await head()).toContain('Release 1, corrected')
  const entry = /<entry(?:(?!<entry)[^])*?Release 1, corrected[^]*?<\/entry>/.exec(
    await (await press.fetch('/topics/eu.atom')).text(),
  )![0]
  expect(entry).toContain(`<updated>${utc(start + 2 * day).replace('.000', '')}</updated>`)
  expect(entry).toContain('Correction 2026-01-07:')
})

test('however many releases share a second, and also before 1970, archives lead to all of them', async () => {
  const clock = createSimulatedClock(start)
  const lines = (count: number, name: string, published: string) => {
    const line = (_: unknown, index: number) =>
      JSON.stringify({
        slug: `${name}-${index}`,
        language: 'en',
        title: `${name} ${index}`,
        published,
        topics: ['eu'],
        body: { html: '<p>x</p>' },
      })
    return Array.from({ length: count }, line).join('\n')
  }
  const directory = writeFolder({
    'releases/day.jsonl': lines(121, 'day', '2025-11-03'),
    'releases/old.jsonl': lines(130, 'old', '1968-05-01T12:00:00Z'),
    'releases/older.jsonl': lines(3, 'older', '1917-12-06'),
  })
  const press = await nodePress(directory, clock)
  // A document holds 300 at most.
  const [ofBurst, ofEmbargo] = [amount(310, 500), amount(130, 260)]
  const counts = { day: 121, old: 130, older: 3, burst: 0, embargo: 0 }
  const check = async (feeds = ['/feed.json', '/topics/-crime.atom']) => {
    for (const feed of feeds) {
      const documents = await walk(press.fetch, feed)
      const titles = [...releasesOf(documents).values()]
      for (const [name, count] of Object.entries(counts)) {
        const found = titles.filter((title) => title.startsWith(`${name} `))
        expect(found.length, `${name} in ${feed}`).toBe(count)
      }
      // The last line is the newest.
      const days = titles.filter((title) => title.startsWith('day '))
      expect(days).toEqual(days.toSorted((a, b) => numberIn(b) - numberIn(a)))
      for (const { address, ids } of documents) {
        expect(ids.length, address).toBeLessThanOrEqual(300)
        expect(new Set(ids).size, address).toBe(ids.length)
      }
    }
  }
  await check(['/feed.json'])
  clock.moveTo(start + day)
  writeFiles(directory, { 'releases/burst.jsonl': lines(ofBurst, 'burst', '2026-01-06T08:00:00Z') })
  counts.burst = ofBurst
  await press.takeUp()
  await check()
  const embargo = lines(ofEmbargo, 'embargo', utc(start + 2 * day))
  writeFiles(directory, { 'releases/embargo.jsonl': embargo })
  await press.takeUp()
  await check(['/topics/-crime.atom'])
  clock.moveTo(start + 2 * day)
  counts.embargo = ofEmbargo
  await check(['/feed.json', '/feed.atom', '/feed.rss', '/all/feed.rss', '/topics/eu.json'])
  // The head and what it leads to never overlap without need, and stay as they are while nothing happens.
  const before = await walk(press.fetch, '/feed.atom')
  clock.moveTo(start + 40 * day)
  expect(await walk(press.fetch, '/feed.atom')).toEqual(before)
  rmSync(directory, { recursive: true })
}, 60_000)

function numberIn(title: string): number {
  return Number(title.split(' ')[1])
}

test('a feed that changed much within a week has all of that, and leads on from there (C-08)', async () => {
  const clock = createSimulatedClock(start)
  const old = Array.from({ length: 40 }, (_, number) => number)
  const lines = (numbers: number[], name: string, at: (number: number) => number) =>
    numbers
      .map((number) =>
        JSON.stringify({
          slug: `${name}-${number}`,
          language: 'en',
          title: `${name} ${number}`,
          published: utc(at(number)),
          topics: ['eu'],
          body: { html: '<p>x</p>' },
        }),
      )
      .join('\n')
  for (const count of [...(isTrial ? [99, 140] : []), 100, 101, 310]) {
    const recent = Array.from({ length: count }, (_, number) => number)
    const directory = temporaryFolder({
      'releases/old.jsonl': lines(old, 'old', (number) => start - (20 + number) * day),
      'releases/recent.jsonl': lines(recent, 'recent', (number) => start - number * 60),
    })
    const press = await nodePress(directory, clock)
    const documents = await walk(press.fetch, '/topics/eu.json')
    const head = [...documents[0]!.titles.values()]
    const held = head.filter((title) => title.startsWith('recent')).length
    // Of the longest there is no room for all (H-38).
    expect(held, `${count} in a week`).toBeGreaterThanOrEqual(Math.min(count, 140))
    expect(releasesOf(documents).size).toBe(count + old.length)
    const before = await press.fetch('/topics/eu.json')
    const changed = { slug: 'recent-98', language: 'en', title: 'recent 98, reworded' }
    const written = { published: utc(start - 98 * 60), topics: ['eu'], body: { html: '<p>y</p>' } }
    clock.moveTo(clock.now() + 60)
    writeFiles(directory, {
      'releases/recent.jsonl': [
        ...lines(recent, 'recent', (number) => start - number * 60)
          .split('\n')
          .filter((line) => !line.includes('"recent-98"')),
        JSON.stringify({ ...changed, ...written }),
      ].join('\n'),
    })
    await press.takeUp()
    const after = await press.fetch('/topics/eu.json')
    expect(Date.parse(after.headers.get('last-modified')!)).toBeGreaterThan(
      Date.parse(before.headers.get('last-modified')!),
    )
    expect(await after.text()).toContain('recent 98, reworded')
  }
})

test('also what found no place in the second of its change is reached at once', async () => {
  const clock = createSimulatedClock(start)
  // Filling a second takes long: but for a trial, others that are gone again have most of its places.
  const free = amount(20, placesOfSecond)
  const count = free + amount(320, 700)
  const lines = (changes: unknown[]) => {
    const line = (_: unknown, index: number) =>
      JSON.stringify({
        slug: `r-${index}`,
        language: 'en',
        title: `Release ${index}`,
        published: utc(start - 30 * day - index),
        topics: ['eu'],
        body: { html: '' },
        changes,
      })
    return { 'releases/all.jsonl': Array.from({ length: count }, line).join('\n') }
  }
  const directory = temporaryFolder(lines([]))
  const press = await nodePress(directory, clock, undefined, { isOnDisk: true })
  onTestFinished(() => press.close())
  clock.moveTo(start + 100)
  const database = openDatabase(press.databaseFile)
  const last = keyAt(start + 100, placesOfSecond - free) - 1
  await database
    .prepare('insert into departed (id, key, updated_key, authored, wanted) values (?, ?, ?, ?, ?)')
    .bind('urn:gone', last, last, start, start)
    .all()
  writeFiles(directory, lines([{ at: utc(start + 50), kind: 'correction', note: 'Wrong.' }]))
  await press.takeUp()
  const { results } = await database
    .prepare('select updated_key as key from release')
    .all<{ key: number }>()
  const seconds = Map.groupBy(results, ({ key }) => secondOf(key) - start)
  expect([...seconds].map(([second, { length }]) => [second, length])).toEqual([
    [100, free],
    [101, count - free],
  ])
  database.close()
  expect(releasesOf(await walk(press.fetch, '/feed.json')).size).toBe(count)
}, 60_000)
