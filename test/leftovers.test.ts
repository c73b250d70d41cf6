// What loads leave that were killed, and who takes it away.
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { wordsOf } from '../src/content/words.ts'
import { systemClock } from '../src/clock.ts'
import { bringInLine } from '../src/content/bring-in-line.ts'
import { createContentStore } from '../src/store/content-store.ts'
import { openStore } from '../src/store/open-store.ts'
import { temporaryFolder } from './content-folder.ts'
import { databaseFile, spawnServer, start, until } from './server.ts'
import { startHere } from './start-here.ts'
import { amount, isTrial } from './trials.ts'

/** Enough that a load takes a while, and that what it leaves is not taken away at once. */
const releases = amount(250, 3000)

/** The database as a load leaves it that is cut off when all is staged: a killed process leaves the files as they are. */
async function cutOffLoad(directory: string): Promise<string> {
  const [written, left] = [databaseFile(), databaseFile()]
  mkdirSync(dirname(left))
  const database = await openStore(written, { mayBeMadeAnew: true })
  const beforeChange = () => {
    for (const ending of ['', '-wal']) copyFileSync(written + ending, left + ending)
  }
  const options = { batch: randomUUID(), program: '', clock: systemClock, beforeChange }
  await bringInLine(directory, createContentStore(database, { wordsOf }), options)
  database.close()
  return left
}

/** The same of a real service, again and again. */
async function killedLoads(directory: string): Promise<string> {
  const DATABASE = databaseFile()
  let left = 0
  for (let kill = 0; kill < 6; kill++) {
    const server = await spawnServer(directory, { DATABASE })
    await until(() => draftsIn(DATABASE) > left)
    server.process.kill('SIGKILL')
    await server.exit
    left = draftsIn(DATABASE)
  }
  return DATABASE
}

test(
  'drafts of loads that were killed are gone at a start, once nobody touched them for ten minutes',
  async () => {
    const directory = temporaryFolder({ 'releases/many.jsonl': lines(releases) })
    const DATABASE = await (isTrial ? killedLoads(directory) : cutOffLoad(directory))
    expect(draftsIn(DATABASE)).toBeGreaterThan(0)
    change(DATABASE, 'update incoming set staged = staged - 601')
    change(
      DATABASE,
      `insert into incoming (batch, id, number, staged, dates, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
       select 'of another service', id, number, unixepoch() - 500, dates, slug, language, source, origin, hash,
         authored, wanted, document, words, weight, media
       from incoming group by id limit 100`,
    )
    change(
      DATABASE,
      `update incoming set staged = unixepoch() - 3000 where batch = 'of another service'
       and id in (select id from incoming where batch = 'of another service' limit 99)`,
    )
    // The durability test holds that a real start does so.
    const here = isTrial ? undefined : await startHere(directory, { DATABASE })
    if (!here) await start(directory, { DATABASE })
    await here?.content.removeAbandoned()
    // Perhaps another service is at work on these.
    await until(() => draftsIn(DATABASE) === 100)
    expect(countIn(DATABASE, 'release')).toBe(releases)
    here?.close()
  },
  amount(60_000, 300_000),
)

test('a load that was taken for dead is begun anew, and nothing of it is missing', async () => {
  const directory = temporaryFolder({ 'releases/many.jsonl': lines(releases) })
  const DATABASE = databaseFile()
  const database = await openStore(DATABASE, { mayBeMadeAnew: false })
  const load = (beforeChange: () => void) => {
    const options = { batch: randomUUID(), program: '', clock: systemClock, beforeChange }
    return bringInLine(directory, createContentStore(database, { wordsOf }), options)
  }
  const takeAway = () => {
    expect(draftsIn(DATABASE)).toBe(releases)
    change(DATABASE, 'delete from incoming where id in (select id from incoming limit 50)')
  }
  await expect(load(takeAway)).rejects.toThrow('is read again')
  expect(countIn(DATABASE, 'release')).toBe(0)
  expect(draftsIn(DATABASE)).toBe(0)
  expect(await load(() => {})).toEqual([])
  expect(countIn(DATABASE, 'release')).toBe(releases)
  database.close()
})

function draftsIn(path: string): number {
  return countIn(path, 'incoming')
}

/** Rows of a table; none as long as there is no such table. */
function countIn(path: string, table: string): number {
  try {
    return change(path, `select count(*) as count from ${table}`)[0]!.count as number
  } catch {
    return 0
  }
}

function change(path: string, sql: string) {
  const database = new DatabaseSync(path, { timeout: 5000 })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

function lines(count: number): string {
  const release = (number: number) => ({
    slug: `release-${number}`,
    language: 'en',
    title: `Release ${number}`,
    published: new Date(Date.UTC(2024, 0, 24, 9) + (number % 40) * 1000).toISOString(),
    topics: ['eu'],
    body: { markdown: `The text of release ${number}. ${'It has some words. '.repeat(50)}` },
  })
  return Array.from({ length: count }, (_, number) => `${JSON.stringify(release(number))}\n`).join(
    '',
  )
}
