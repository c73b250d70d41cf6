import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { registerMendClock } from '../../src/cli/mend-clock.ts'
import { systemClock } from '../../src/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { formatUtc } from '../../src/domain/time.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { markdown, writeFiles } from '../content-folder.ts'
import { databaseFile, type Server, startedByFirst, titles, until } from '../server.ts'
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

describe('under a running service', () => {
  const now = systemClock.now()
  const {
    directory,
    database: DATABASE,
    start,
  } = startedByFirst({ 'releases/a.en.md': file('A', now - 1000) })
  const environment = { DATABASE }
  let server: Server

  test('a database of a clock that was ahead is served, the log says so once, and when it is set back it goes on, with a new version that came meanwhile', async () => {
    await bringInAhead(directory, DATABASE, month)
    writeFiles(directory, { 'releases/b.en.md': file('B', now) })
    server = await start()
    await until(() => server.output().includes('Serving'))
    expect(await titles(`${server.url}/feed.json`)).toEqual(['A'])
    const health = await fetch(`${server.url}/healthz`)
    expect([health.status, await health.json()]).toMatchObject([
      503,
      {
        status: 'clock is behind',
        problems: [expect.stringContaining('The clock says'), expect.stringContaining('wait')],
      },
    ])
    const changes = server.log()
    writeFiles(directory, { 'releases/c.en.md': file('C', now) })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(server.log()).toBe(changes)
    expect(occurrences(changes, 'The clock says')).toBe(1)
    expect(occurrences(changes, 'Changes of the content wait for the clock')).toBe(1)
    expect(changes).not.toContain('could not be read')
    expect(changes).not.toMatch(/^\s+at /m)
    // The version that was started is made known once the clock allows it.
    expect(await programIn(DATABASE)).toBe('another')

    const unasked = await runCommand(registerMendClock, ['mend-clock'], { environment })
    expect(unasked).toMatchObject({ code: 2, errors: expect.stringContaining('--yes') })
    const refused = await runCommand(registerMendClock, ['mend-clock'], {
      environment,
      answers: [false],
    })
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('Nothing was done') })
    expect((await fetch(`${server.url}/healthz`)).status).toBe(503)
    const mended = await runCommand(registerMendClock, ['mend-clock'], {
      environment,
      answers: [true],
    })
    expect(mended).toMatchObject({ code: 0, errors: '' })
    expect(mended.output).toMatch(/^The store had dates up to .*, and is back at .*\. No release/)
    expect(mended.output).not.toContain('Microsoft')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    // It is seen within half a minute, and here sooner because something is written.
    writeFiles(directory, { 'releases/d.en.md': file('D', now) })
    await until(async () => (await titles(`${server.url}/feed.json`)).length === 4)
    await until(() => server.log().includes('The clock is no longer behind'))
    await until(async () => (await programIn(DATABASE)) !== 'another')
    const again = await runCommand(registerMendClock, ['mend-clock', '--yes'], { environment })
    expect(again).toMatchObject({
      code: 0,
      output: expect.stringMatching(/nothing is dated later\. Nothing was changed\.$/),
    })
  })

  test('a clock that jumps is told of', async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    const before = server.log().length
    // Another process whose clock is ahead does what this one's would have done.
    await bringInAhead(directory, DATABASE, 3600)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(503)
    writeFiles(directory, { 'releases/e.en.md': file('E', now) })
    await until(() => server.log().slice(before).includes('The clock says'))
    expect((await titles(`${server.url}/feed.json`)).toSorted()).toEqual(['A', 'B', 'C', 'D'])
  })
})
