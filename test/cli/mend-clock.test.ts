import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { registerMendClock } from '../../src/cli/mend-clock.ts'
import { systemClock } from '../../src/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { formatUtc } from '../../src/domain/time.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { markdown, writeFiles, writeFolder } from '../content-folder.ts'
import { databaseFile, temporaryDatabaseFolder } from '../server.ts'
import { startHere } from '../start-here.ts'
import { runCommand } from './run.ts'

const month = 30 * 86_400

const file = (title: string, second: number) =>
  markdown([`title: ${title}`, `published: ${formatUtc(second)}`, 'topics: [eu]'])

/** Brings content in by a clock that is ahead, as a service does that is stopped then. */
async function bringInAhead(directory: string, path: string, seconds: number) {
  const database = await openStore(path, { mayBeMadeAnew: true })
  const clock = { ...systemClock, now: () => systemClock.now() + seconds }
  const options = { batch: randomUUID(), program: 'another', clock }
  expect(await bringInLine(directory, createContentStore(database, { wordsOf }), options)).toEqual(
    [],
  )
  database.close()
}

/** The program that a database was last brought in line by. */
async function programIn(path: string) {
  const database = await openStore(path, { mayBeMadeAnew: false })
  const found = await createContentStore(database, { wordsOf }).program()
  database.close()
  return found
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1
}

test('where there is no database nothing is made', async () => {
  const environment = { DATABASE: databaseFile() }
  const missing = await runCommand(registerMendClock, ['mend-clock', '--yes'], { environment })
  expect(missing).toMatchObject({ code: 1, errors: `There is no ${environment.DATABASE}.` })
  expect(existsSync(dirname(environment.DATABASE))).toBe(false)
})

describe('under a service', () => {
  const now = systemClock.now()
  const { folder, remove } = temporaryDatabaseFolder()
  const DATABASE = join(folder, 'tiedote.db')
  const directory = writeFolder({ 'releases/a.en.md': file('A', now - 1000) })
  const environment = { DATABASE }
  let service: Awaited<ReturnType<typeof startHere>>
  const told: string[] = []
  const log = () => told.join('\n')
  beforeAll(() => {
    vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line))
  })
  afterAll(() => {
    vi.restoreAllMocks()
    service.close()
    remove()
    rmSync(directory, { recursive: true, force: true })
  })
  const shown = async () => {
    const { items } = (await (await service.fetch('/feed.json')).json()) as {
      items: { title: string }[]
    }
    return items.map(({ title }) => title).toSorted()
  }
  const health = async () => (await service.fetch('/healthz')).status

  test('a database of a clock that was ahead is served, the log says so once, and when it is set back it goes on, with a new version that came meanwhile', async () => {
    await bringInAhead(directory, DATABASE, month)
    writeFiles(directory, { 'releases/b.en.md': file('B', now) })
    service = await startHere(directory, environment)
    expect(service.isUsable).toBe(true)
    expect(await shown()).toEqual(['A'])
    const answer = await service.fetch('/healthz')
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      {
        status: 'clock is behind',
        problems: [expect.stringContaining('The clock says'), expect.stringContaining('wait')],
      },
    ])
    const before = log()
    writeFiles(directory, { 'releases/c.en.md': file('C', now) })
    await service.content.first()
    expect(log()).toBe(before)
    expect(occurrences(before, 'The clock says')).toBe(1)
    expect(occurrences(before, 'Changes of the content wait for the clock')).toBe(1)
    expect(before).not.toContain('could not be read')
    expect(before).not.toMatch(/^\s+at /m)
    // The version that was started is made known once the clock allows it.
    expect(await programIn(DATABASE)).toBe('another')

    const unasked = await runCommand(registerMendClock, ['mend-clock'], { environment })
    expect(unasked).toMatchObject({ code: 2, errors: expect.stringContaining('--yes') })
    const refused = await runCommand(registerMendClock, ['mend-clock'], {
      environment,
      answers: [false],
    })
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('Nothing was done') })
    expect(await health()).toBe(503)
    const mended = await runCommand(registerMendClock, ['mend-clock'], {
      environment,
      answers: [true],
    })
    expect(mended).toMatchObject({ code: 0, errors: '' })
    expect(mended.output).toMatch(/^The store had dates up to .*, and is back at .*\. No release/)
    expect(mended.output).not.toContain('Microsoft')
    // Whoever writes is another process, of which it hears in another turn of the event loop at the earliest.
    await new Promise((resolve) => setImmediate(resolve))
    expect(await health()).toBe(200)
    // A service looks every half minute.
    await service.content.first()
    expect(await shown()).toEqual(['A', 'B', 'C'])
    expect(log()).toContain('The clock is no longer behind')
    expect(await programIn(DATABASE)).not.toBe('another')
    const again = await runCommand(registerMendClock, ['mend-clock', '--yes'], { environment })
    expect(again).toMatchObject({
      code: 0,
      output: expect.stringMatching(/nothing is dated later\. Nothing was changed\.$/),
    })
  })

  test('a clock that jumps is told of', async () => {
    expect(await health()).toBe(200)
    const before = log().length
    // Another process whose clock is ahead does what this one's would have done.
    await bringInAhead(directory, DATABASE, 3600)
    expect(await health()).toBe(503)
    writeFiles(directory, { 'releases/d.en.md': file('D', now) })
    await service.content.first()
    expect(log().slice(before)).toContain('The clock says')
    expect(await shown()).toEqual(['A', 'B', 'C'])
  })
})
