// The index of releases with an event, which came after the others.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/node-sqlite.ts'
import { removeOldMarks } from '../../src/store/remove-old-marks.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { newDatabase } from '../new-database.ts'
import { end, fill, goOn, hasEventNow, readAll, releases } from './stores.ts'

const name = '0012_events.sql'

/** As a database is that the version before has left. */
async function takeBack(database: Database) {
  await database.batch(
    [
      'drop trigger event_words_deleted',
      'drop table event_word_place',
      'drop table event_words',
      'drop table unindexed_event',
      `delete from d1_migrations where name = '${name}'`,
    ].map((sql) => database.prepare(sql)),
  )
}

async function indexed(database: Database) {
  const { results } = await database
    .prepare(
      `select doc, group_concat(term, ' ' order by offset) as words from event_word_place
       group by doc order by doc`,
    )
    .all()
  return results
}

async function filled() {
  const samples = fc.sample(releases, { numRuns: 30, seed: 3 })
  const written = samples.toSorted((a, b) => a.length - b.length).at(-1)!
  const database = await newDatabase()
  await fill(database, written)
  await removeOldMarks(database, end, { wordsOf })
  const withEvents = (await readAll(database, written)).filter((one) => hasEventNow(one.written))
  expect(withEvents.length).toBeGreaterThan(3)
  return { database, written, withEvents }
}

test('a database of the version before finds the events that it holds', async () => {
  const { database, withEvents } = await filled()
  const before = await indexed(database)
  expect(before).toHaveLength(withEvents.length)
  const store = createReleaseStore(database)
  const { since, revision } = await store.state(end)
  // The first of them is longer than a portion.
  await database
    .prepare(
      `update release set document = json_set(document, '$.html', (document ->> '$.html') || ?)
       where key = (select min(key) from release where document -> '$.event' is not null)`,
    )
    .bind(' '.repeat(500_000))
    .all()
  await takeBack(database)
  // A Worker goes on with what is left in its next request.
  expect(await migrate(database, readMigrations(), { wordsOf }, 0)).toBe(false)
  expect(await indexed(database)).toEqual([])
  expect(await migrate(database, readMigrations(), { wordsOf }, 2)).toBe(false)
  expect(await migrate(database, readMigrations(), { wordsOf }, 1)).toBe(true)
  expect(await indexed(database)).toEqual(before)
  const state = await store.state(end)
  expect(state.since).toBe(since)
  expect(state.revision).toBeGreaterThan(revision)
  database.close()
})

test('what changes or goes before its event is indexed is indexed once or not at all', async () => {
  const { database, written } = await filled()
  await takeBack(database)
  expect(await migrate(database, readMigrations(), { wordsOf }, 0)).toBe(false)
  await goOn(database, written)
  expect(await migrate(database, readMigrations(), { wordsOf })).toBe(true)
  const { results: rows } = await database
    .prepare("select key as doc from release where document -> '$.event' is not null order by key")
    .all()
  expect((await indexed(database)).map(({ doc }) => ({ doc }))).toEqual(rows)
  database.close()
})
