// The threads that read: what they do when something takes too long in spite of all limits.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Readers } from '../src/content/reading.ts'
import { readInThreads } from '../src/read-in-threads.ts'
import { loadContent } from '../src/content/load-content.ts'
import { readSite, readTopics } from '../src/content/read-site.ts'
import { formatProblem } from '../src/domain/problem.ts'
import type { Draft, KnownContent } from '../src/domain/publishing.ts'
import { knownOf } from './known-content.ts'
import { Pool, TooCostly } from '../src/pool.ts'
import { copyOfProgram } from './program-copy.ts'
import { siteYaml, temporaryFolder, topicsYaml, writeFiles } from './content-folder.ts'

const site = readSite(siteYaml).site!
const { vocabulary } = readTopics(topicsYaml, site.languages, site.timezone)
const surroundings = { site, vocabulary }

const fields = '---\ntitle: A\npublished: 2024-01-24\n---\n'
/** What an earlier version would have read for hours. */
const endless = `${fields}${'*'.repeat(300_000)}a${'*'.repeat(300_000)}`
const good = { path: 'releases/good.en.md', text: `${fields}Text.\n` }
const bad = { path: 'releases/bad.en.md', text: endless }
const pool = new Pool()
/**
 * Milliseconds of processor time in which a good text is read many times over, on any machine: those that it
 * takes to start a thread and read one there.
 */
const quick = await measure()
/** One that gives up soon. */
const hasty = new Pool(quick)

async function measure(): Promise<number> {
  const before = process.cpuUsage()
  await readInThreads(pool).files({ basis: '', now: 0, files: [good] }, surroundings)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

test('a short release does not wait for all of many long ones that came before', async () => {
  const { bodies } = readInThreads(pool)
  const order: string[] = []
  const read = async (what: string, length: number) => {
    await bodies([new TextEncoder().encode(JSON.stringify({ title: 'a'.repeat(length) }))])
    order.push(what)
  }
  const long = Array.from({ length: 8 }, () => read('long', 200_000))
  await Promise.all([...long, read('short', 10)])
  expect(order.indexOf('short')).toBeLessThan(6)
})

test('a thread that has work again is not ended because it had none before', async () => {
  const rested = new Pool()
  const read = () => rested.run('readFiles', { basis: '', now: 0, files: [good] }, 1, surroundings)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await read()
  vi.advanceTimersByTime(20_000)
  const again = read()
  vi.advanceTimersByTime(20_000)
  expect(await again).toMatchObject([{ draft: { release: { title: 'A' } } }])
}, 10_000)

test('threads know what is shared with them in whatever order it is used', async () => {
  const one = new Pool()
  const shared = Array.from({ length: 3 }, () => ({ ...surroundings }))
  const read = (which: number) =>
    one.run('readFiles', { basis: '', now: 0, files: [good] }, 1, shared[which])
  for (const which of [0, 1, 0, 2, 2, 1, 0, 2]) {
    expect(await read(which)).toMatchObject([{ draft: { release: { title: 'A' } } }])
  }
})

test('a thread is given up for what it does at once, and not for all that it has done', async () => {
  const files = Array.from({ length: 400 }, () => good)
  const read = (by: Pool) => by.run('readFiles', { basis: '', now: 0, files }, 1, surroundings)
  const patient = new Pool()
  await read(patient)
  const before = process.cpuUsage()
  await read(patient)
  const { user, system } = process.cpuUsage(before)
  const limited = new Pool(quick + (3 * (user + system)) / 1000)
  for (let round = 0; round < 12; round++) expect(await read(limited)).toHaveLength(files.length)
})

test('what is to be done where no thread can start fails, and does not wait for ever', async () => {
  const program = copyOfProgram('no-thread')
  rmSync(join(program, 'src/thread.ts'))
  const { Pool: Broken } = (await import(join(program, 'src/pool.ts'))) as { Pool: typeof Pool }
  await expect(new Broken().run('readFiles', {}, 1)).rejects.toThrow('thread.ts')
}, 10_000)

test('what takes too long is given up, and what waits for it is done by another thread', async () => {
  const run = (file: typeof good, size: number) =>
    hasty.run('readFiles', { basis: '', now: 0, files: [file] }, size, surroundings)
  // The largest is done last.
  const results = await Promise.allSettled([run(bad, 1), run(bad, 1), run(good, 2)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(TooCostly)
})

test('of files that are read together only those are given up that take too long', async () => {
  const readers = readInThreads(hasty)
  const texts = await readers.files({ basis: '', now: 0, files: [good, bad, good] }, surroundings)
  expect(texts.map(({ draft }) => draft?.release.title)).toEqual(['A', undefined, 'A'])
  expect(texts[1]?.problems[0]?.message).toMatch(/^Reading this takes more than 10 seconds/)
})

test('threads read the same as the thread that asks', async () => {
  const file = { path: 'releases/a.en.md', text: `${fields}![A map](media/map.png) *and* text.\n` }
  const read = async (readers: Partial<Readers>) =>
    readers.files!({ basis: '', now: 0, files: [file, good] }, surroundings)
  const { reading } = await import('../src/content/reading.ts')
  expect(await read(readInThreads(pool))).toEqual(await read(reading))
})

test('the last version of a file stays that can no longer be read, and the rest is taken up', async () => {
  const directory = temporaryFolder()
  const readers = readInThreads(hasty)
  const load = async (known: KnownContent) => {
    const drafts: Draft[] = []
    const stage = async (more: Draft[]) => void drafts.push(...more)
    return {
      ...(await loadContent(directory, { known, stage, now: 0, readers, isServing: true })),
      drafts,
    }
  }
  const files = { 'site.yaml': siteYaml, 'topics.yaml': topicsYaml }
  writeFiles(directory, { ...files, [bad.path]: good.text, [good.path]: good.text })
  const { content, drafts } = await load(knownOf(new Map(), []))

  writeFileSync(join(directory, bad.path), endless)
  writeFileSync(join(directory, good.path), good.text.replace('Text', 'Another text'))
  const again = await load(knownOf(content!.files, drafts))
  expect(again.drafts.map(({ source }) => source)).toEqual([good.path])
  expect(again.content?.removed).toEqual([])
  expect(again.problems.map(formatProblem)).toEqual([
    expect.stringMatching(
      /^releases\/bad\.en\.md:1 {2}Warning: Reading this takes more than 10 seconds/,
    ),
  ])
})
