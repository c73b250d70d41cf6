// Files that are copied in slowly: half of one is never taken up, and what was there stays meanwhile.
import { appendFileSync, mkdirSync, renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openFolder } from '../../src/content/folder.ts'
import { loadContent } from '../../src/content/load-content.ts'
import { Rest } from '../../src/content/rest.ts'
import type { Draft } from '../../src/domain/publishing.ts'
import { knownOf } from '../known-content.ts'
import { markdown, siteYaml, temporaryFolder, writeFiles } from '../content-folder.ts'

/** As of a file whose last byte was written at a millisecond. */
function file(changed: number, size = 100) {
  return { path: 'releases/a.en.md', size, modified: String(changed), changed }
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ['Date', 'performance', 'setTimeout'] })
})
afterEach(() => void vi.useRealTimers())

const whole = 'The last line.\n'
const half = 'The border closes for lorr'

test('what nobody has changed for a while may be read at once', () => {
  const rest = new Rest()
  expect(rest.isAtRest(file(Date.now() - 1500), whole)).toBe(true)
  expect(rest.isAtRest(file(Date.now() - 10_000), half)).toBe(true)
  expect(rest.takeNext()).toBeUndefined()
})

test('a file that ends with its line is waited for shortly, and one that does not longer', () => {
  const rest = new Rest()
  const written = file(Date.now() - 500)
  expect(rest.isAtRest(written, whole)).toBe(false)
  expect(rest.takeNext()).toBe(1000)
  expect(rest.takeNext()).toBeUndefined()
  vi.advanceTimersByTime(1000)
  expect(rest.isAtRest(written, half)).toBe(false)
  expect(rest.takeNext()).toBe(8500)
  expect(rest.isAtRest(written, whole)).toBe(true)
  vi.advanceTimersByTime(8500)
  expect(rest.isAtRest(written, half)).toBe(true)
})

test('a file that grows is waited for, however long that takes', () => {
  const rest = new Rest()
  for (let size = 1; size < 100; size++) {
    expect(rest.isAtRest(file(Date.now(), size), whole)).toBe(false)
    vi.advanceTimersByTime(1400)
  }
  expect(rest.takeNext()).toBe(1500)
})

test('what came together is waited for together, but not for ever', () => {
  const rest = new Rest()
  const done = { file: { ...file(Date.now() - 1400), path: 'releases/b.en.md' }, end: whole }
  const look = () => {
    const isHeld = rest.holds([done, { file: file(Date.now(), Date.now()), end: half }])
    return { isHeld, next: rest.takeNext() }
  }
  expect(look()).toEqual({ isHeld: true, next: 10_000 })
  vi.advanceTimersByTime(29_000)
  expect(look()).toEqual({ isHeld: true, next: 10_000 })
  vi.advanceTimersByTime(2000)
  expect(look()).toEqual({ isHeld: false, next: 10_000 })
  expect(rest.isAtRest(done.file, done.end)).toBe(true)
  expect(rest.holds([done])).toBe(false)
  expect(look().isHeld).toBe(true)
})

test('a disk whose clock is ahead or behind delays nothing for long', () => {
  const rest = new Rest()
  const ahead = file(Date.now() + 3_600_000)
  expect(rest.isAtRest(ahead, whole)).toBe(false)
  expect(rest.takeNext()).toBe(1500)
  vi.advanceTimersByTime(1500)
  expect(rest.isAtRest(ahead, whole)).toBe(true)
  expect(rest.isAtRest(file(Date.now() - 3_600_000), whole)).toBe(true)
})

test('a start waits until nothing has just changed, and no longer than ten seconds', async () => {
  vi.useRealTimers()
  const begun = performance.now()
  const written = Date.now() - 1000
  await new Rest().untilAtRest(async () => [file(written), file(Date.now() + 60_000), file(0)])
  expect(performance.now() - begun).toBeGreaterThanOrEqual(490)
  expect(performance.now() - begun).toBeLessThan(5000)
  vi.useFakeTimers({ now: 0, toFake: ['Date', 'performance', 'setTimeout'] })
  const waiting = new Rest().untilAtRest(async () => [file(Date.now())])
  await vi.advanceTimersByTimeAsync(11_000)
  await waiting
})

/** The clock of the machine, which wrote the times of the files. */
const machine = Date.now

const good = ['title: A', 'published: 2024-01-24T09:00', 'topics: [migration]']

/** Waits at a start, and meanwhile somebody goes on to write. */
class WrittenMeanwhile extends Rest {
  readonly #write: () => void

  constructor(write: () => void) {
    super()
    this.#write = write
  }

  override async untilAtRest(look: Parameters<Rest['untilAtRest']>[0]) {
    const waiting = super.untilAtRest(look)
    this.#write()
    await waiting
  }
}

test('a start reads a file that is being written when it is at rest', async () => {
  vi.useRealTimers()
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(good, 'Half') })
  const write = () => writeFiles(directory, { 'releases/a.en.md': markdown(good, 'Whole.') })
  const staged: Draft[] = []
  await loadContent(directory, {
    now: Date.now() / 1000,
    stage: async (more) => void staged.push(...more),
    rest: new WrittenMeanwhile(write),
  })
  expect(staged.map(({ release }) => release.html)).toEqual(['<p>Whole.</p>'])
})

/** A folder that is looked at again and again, as the service does. */
function watched(directory: string, rest: Rest) {
  const drafts = new Map<string, Draft>()
  let known = knownOf(new Map(), [])
  const take = async () => {
    const staged: Draft[] = []
    const { content, problems } = await loadContent(directory, {
      known,
      now: Date.now() / 1000,
      stage: async (more) => void staged.push(...more),
      isServing: true,
      rest,
    })
    expect(problems.filter(({ warning }) => !warning)).toEqual([])
    for (const draft of staged) drafts.set(draft.source, draft)
    for (const source of content?.removed ?? []) drafts.delete(source)
    known = knownOf(content?.files ?? known.files, [...drafts.values()])
    return staged.map(({ release }) => [release.title, release.html].join(': '))
  }
  return { take, sources: () => [...drafts.keys()] }
}

/** As it is after half a minute in which something was never at rest. */
class NoLongerHeld extends Rest {
  override holds() {
    return false
  }
}

test.each([
  ['while all is held', new Rest()],
  ['after that', new NoLongerHeld()],
])('of a release that is being written the last version stays, %s', async (_, rest) => {
  vi.useRealTimers()
  vi.useFakeTimers({ toFake: ['Date'] })
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(good, 'Old.') })
  const look = watched(directory, rest).take
  const lookAfter = afterMilliseconds(look)
  expect(await lookAfter(1600)).toEqual(['A: <p>Old.</p>'])
  // Emptied, and its topics and languages as well, as a copy begins.
  writeFiles(directory, {
    'releases/a.en.md': '',
    'releases/b.en.md': markdown(good, 'See [it](../media/a.pdf).'),
    'media/a.pdf': 'half',
  })
  const isHeld = !(rest instanceof NoLongerHeld)
  if (isHeld) {
    writeFiles(directory, { 'topics.yaml': 'migr', 'site.yaml': siteYaml.slice(0, 60) })
  }
  expect(await lookAfter(0)).toEqual([])
  const path = join(directory, 'releases/a.en.md')
  // It ends within a letter.
  appendFileSync(path, Buffer.from(markdown(good, 'Tänä').slice(0, -4)).subarray(0, -1))
  expect(await lookAfter(0)).toEqual([])
  writeFiles(directory, { 'topics.yaml': 'migration: { label: { en: Migration } }\n' })
  writeFiles(directory, { 'site.yaml': siteYaml, 'releases/a.en.md': markdown(good, 'New.') })
  appendFileSync(join(directory, 'media/a.pdf'), 'and the other half')
  expect(await lookAfter(0)).toEqual([])
  const titles = await lookAfter(1600)
  expect(titles[0]).toBe('A: <p>New.</p>')
  expect(titles[1]).toMatch(/See <a href=.*a\.pdf/)
})

test('a file that is copied with its old time is waited for like others', async () => {
  vi.useRealTimers()
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(good) })
  utimesSync(join(directory, 'releases/a.en.md'), 1_000_000_000, 1_000_000_000)
  const { releases } = await openFolder(directory)
  expect(releases.map((copied) => new Rest().isAtRest(copied))).toEqual([false])
})

/** Looks so many milliseconds after the last file was written. */
function afterMilliseconds(look: () => Promise<string[]>) {
  return async (milliseconds: number) => {
    vi.setSystemTime(machine() + milliseconds)
    return look()
  }
}

test.each([
  ['of a release', 'a.en.md', markdown(good), ['a.en.md']],
  ['of many', 'many.jsonl', lines('a', 'b'), ['many.jsonl#a.en', 'many.jsonl#b.en']],
])(
  'what is in a file %s that is moved stays, although what else is written is no longer waited for',
  async (_, name, text, sources) => {
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ['Date'] })
    const directory = temporaryFolder({ [`releases/2023/${name}`]: text })
    const look = watched(directory, new NoLongerHeld())
    const lookAfter = afterMilliseconds(look.take)
    await lookAfter(1600)
    const before = sources.map((source) => `releases/2023/${source}`)
    expect(look.sources()).toEqual(before)
    mkdirSync(join(directory, 'releases/2024'))
    renameSync(join(directory, 'releases/2023', name), join(directory, 'releases/2024', name))
    await lookAfter(0)
    expect(look.sources()).toEqual(before)
    await lookAfter(1600)
    expect(look.sources()).toEqual(sources.map((source) => `releases/2024/${source}`))
  },
)

test('files of the same name that are moved together are not taken for one release written twice', async () => {
  vi.useRealTimers()
  vi.useFakeTimers({ toFake: ['Date'] })
  const years = ['2023', '2024']
  const files = years.map((year) => [`releases/${year}/many.jsonl`, lines(`in-${year}`)])
  const directory = temporaryFolder(Object.fromEntries(files))
  const look = watched(directory, new NoLongerHeld())
  const lookAfter = afterMilliseconds(look.take)
  await lookAfter(1600)
  for (const year of years) {
    mkdirSync(join(directory, 'releases/old', year), { recursive: true })
    const name = `${year}/many.jsonl`
    renameSync(join(directory, 'releases', name), join(directory, 'releases/old', name))
  }
  // `take` holds that there is no problem, nor where only the last of them is still written.
  await lookAfter(0)
  const later = machine() / 1000 + 1.6
  utimesSync(join(directory, 'releases/old/2024/many.jsonl'), later, later)
  await lookAfter(1600)
  expect(look.sources()).toContain('releases/old/2023/many.jsonl#in-2023.en')
  await lookAfter(5000)
  expect(look.sources()).toEqual(
    years.map((year) => `releases/old/${year}/many.jsonl#in-${year}.en`),
  )
})

test('of two files that may be the one that was moved, one keeps the release while both are written', async () => {
  vi.useRealTimers()
  vi.useFakeTimers({ toFake: ['Date'] })
  const directory = temporaryFolder({ 'releases/many.jsonl': lines('a') })
  const look = watched(directory, new NoLongerHeld())
  const lookAfter = afterMilliseconds(look.take)
  await lookAfter(1600)
  mkdirSync(join(directory, 'releases/old'))
  renameSync(join(directory, 'releases/many.jsonl'), join(directory, 'releases/old/many.jsonl'))
  writeFiles(directory, { 'releases/new/many.jsonl': lines('b') })
  await lookAfter(0)
  expect(look.sources()).toEqual(['releases/many.jsonl#a.en'])
  await lookAfter(1600)
  expect(look.sources()).toEqual(['releases/new/many.jsonl#b.en', 'releases/old/many.jsonl#a.en'])
})

function lines(...slugs: string[]): string {
  const rest = { language: 'en', title: 'A', published: '2024-01-24T09:00', topics: ['migration'] }
  const all = slugs.map((slug) => ({ slug, ...rest, body: { markdown: 'Text.' } }))
  return all.map((one) => `${JSON.stringify(one)}\n`).join('')
}
