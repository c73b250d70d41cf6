import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { loadStems } from '../../src/compose.ts'
import { wordsOf } from '../../src/content/words.ts'
import { keyAt, placesOfSecond, secondOf } from '../../src/domain/key.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { Database } from '../../src/store/database.ts'
import { mendClock } from '../../src/store/mend-clock.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { amount } from '../trials.ts'
import { newDatabase } from '../new-database.ts'
import {
  end,
  fill,
  lookingOnly,
  questions,
  readAll,
  releases,
  walks,
  walkThrough,
  wordsInIndex,
} from './stores.ts'

/** Milliseconds that a random test may take. */
const timeLimit = amount(60_000, 1_800_000)

async function rows(database: Database, sql: string) {
  return (await database.prepare(sql).all()).results
}

/** What stays, in the order of both keys: of the public releases up to a second, and of those to come. */
async function standing(database: Database, second: number) {
  const last = keyAt(second + 1) - 1
  const of = async (order: string, condition: string) =>
    (await rows(database, `select id from release where ${condition} order by ${order}`)).map(
      ({ id }) => id,
    )
  return {
    published: await of('key', `key <= ${last}`),
    changed: await of('updated_key', `key <= ${last}`),
    toCome: await rows(database, `select id, key, updated_key from release where key > ${last}`),
    departed: await rows(database, `select id from departed order by key`),
    beside: await Promise.all(
      [
        'id, former_slug.slug from former_slug',
        'id, corrected from correction',
        'id, path from release_media',
      ].map((what) => rows(database, `select ${what} join release using (key) order by 1, 2`)),
    ),
    history: await rows(database, 'select id, history, withdrawn from release order by id'),
  }
}

test(
  'whatever happened while the clock was ahead, all is public as it was, in its order, and found by the same words',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        fc.integer({ min: -40, max: 9 }),
        fc.array(fc.tuple(questions, walks), { minLength: 15, maxLength: 15 }),
        async (written, minute, asked) => {
          const database = await newDatabase()
          await fill(database, written)
          const shown = (await createReleaseStore(database).state(end)).since
          const before = await standing(database, shown)
          const { all: words, events } = await wordsInIndex(database)
          const now = end - 30 * 60 + minute * 60
          const mended = await mendClock(database, now, wordsOf)
          expect(mended).toMatchObject({ from: shown, to: now })
          expect(await standing(database, now)).toEqual(before)
          const found = await wordsInIndex(database)
          expect(found.all).toEqual(await byNewKeys(database, words, before))
          expect(found.events.size).toBe(events.size)
          expect(await rows(database, 'pragma foreign_key_check')).toEqual([])
          const dates = await rows(
            database,
            `select max(changed) as changed from release where key <= ${keyAt(now + 1)} union all
             select max(since) from departure union all
             select max(value) from state where key in ('changed', 'framed', 'shown')`,
          )
          for (const { changed } of dates) expect(Number(changed)).toBeLessThanOrEqual(now)

          const store = createReleaseStore(lookingOnly(database), { loadStems })
          const state = await store.state(now)
          expect([state.since, state.frameSince]).toEqual([now, now])
          const all = await readAll(database, written)
          for (const [query, walk] of asked) {
            const [found] = await store.places(query, state, [walk])
            const expected = walkThrough(all, query, state, walk)
            expect(found).toEqual(
              expected.map(({ key, updatedKey, weight }) => ({ key, updatedKey, weight })),
            )
          }
          const counts = await store.countByTopic(state)
          for (const { topic, language, newest } of counts) {
            const query = { language, topics: [{ with: [topic], without: [] }], words: [] }
            const [place] = walkThrough(all, query, state, { by: 'key', limit: 1 })
            expect(newest).toBe(secondOf(place!.key))
          }
          expect(await mendClock(database, now, wordsOf)).toBeUndefined()
          database.close()
        },
      ),
      { numRuns: amount(12, 500), seed: 16 },
    )
  },
  timeLimit,
)

/** The words by the keys that their releases have now. */
async function byNewKeys(
  database: Database,
  words: Map<number, string>,
  { published, toCome }: Awaited<ReturnType<typeof standing>>,
) {
  const now = await rows(database, 'select id, key from release order by key')
  const ids = [...published, ...toCome.map(({ id }) => id)]
  const inOrder = [...words.entries()].toSorted(([one], [other]) => one - other)
  expect(now.map(({ id }) => id)).toEqual(ids)
  return new Map(now.map(({ key }, index) => [key as number, inOrder[index]![1]]))
}

/** Seconds that are full, and nine releases more. */
const full = amount(1, 2)
const many = `with recursive one (number) as (
  select 0 union all select number + 1 from one where number < ${full * placesOfSecond + 9}
)`

test('more than a second has places for go on in the next ones, in their order, also where those are old places', async () => {
  const database = await newDatabase()
  onTestFinished(() => database.close())
  const [written] = fc.sample(releases, { numRuns: 1, seed: 3 })
  await fill(database, written!.slice(0, 1))
  const now = end + 1000
  // The first of them are in the seconds that the others take.
  await database.batch([
    database.prepare(
      `insert into release (key, updated_key, changed, id, slug, language, source, origin, hash, authored, wanted, document, weight, withdrawn, history)
       ${many}
       select ${keyAt(now + 1)} + number * 2, ${keyAt(now + 1)} + number * 2 + (number % 3 = 0), ${now + 900}, 'id' || number,
         'slug' || number, 'en', 'file' || number, '', '', ${end}, ${end}, document, 1, 0, 0
       from one, (select document from release limit 1)`,
    ),
    database.prepare(
      `insert into former_slug select 'same', 'en', key from release where id glob 'id*'`,
    ),
    database.prepare(`update state set value = ${now + 900} where key = 'changed'`),
  ])
  const before = await standing(database, now + 900)
  const mended = await mendClock(database, now, wordsOf)
  expect(mended).toMatchObject({
    from: now + 900,
    to: now + full,
    releases: full * placesOfSecond + 10,
  })
  expect(await standing(database, now + full)).toEqual(before)
  const state = await createReleaseStore(database).state(now)
  expect([state.since, state.horizon]).toEqual([now + full, now + full])
})

test('a transaction that fails changes nothing, and one that comes between is taken in', async () => {
  const database = await newDatabase()
  onTestFinished(() => database.close())
  const [written] = fc.sample(releases, { numRuns: 1, seed: 4 })
  await fill(database, written!)
  const { since } = await createReleaseStore(database).state(end)
  const dump = () =>
    rows(database, 'select key, updated_key, id, changed, document from release order by id')
  const before = await dump()
  const now = end - 30 * 60
  const failing: Database = {
    prepare: (sql) => database.prepare(sql),
    batch: (all) => database.batch([...all, database.prepare('select * from nowhere')]),
  }
  await expect(mendClock(failing, now, wordsOf)).rejects.toThrow('nowhere')
  expect(await dump()).toEqual(before)

  let isFirst = true
  const busy: Database = {
    prepare: (sql) => database.prepare(sql),
    async batch(all) {
      const between = "update state set value = value + 1 where key = 'revision'"
      if (isFirst) await database.prepare(between).all()
      isFirst = false
      return database.batch(all)
    },
  }
  expect(await mendClock(busy, now, wordsOf)).toMatchObject({ from: since, to: now })
})

test('what was deployed by a machine whose clock was ahead keeps no later deployment out', async () => {
  const database = await newDatabase()
  onTestFinished(() => database.close())
  const [written] = fc.sample(releases, { numRuns: 1, seed: 5 })
  await fill(database, written!)
  const before = await standing(database, end)
  const made = end + 30 * 86_400
  await database.prepare(`insert into state (key, value) values ('made', ${made})`).all()
  // A load was killed there.
  await database
    .prepare(
      `insert into incoming (batch, id, number, staged, dates, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
       values ('killed', 'x', 0, ${made}, 'news', 'x', 'en', 'x', 'x', 'x', 0, 0, '{}', '', 0, '[]')`,
    )
    .all()
  // Somebody polled there, and topics were being prepared.
  await database.batch(
    [
      `insert into edition (address, etag, last_modified, previous) values ('/feed.rss', 'x', ${made}, '')`,
      `insert into topic_preparation (touched) values (${made})`,
    ].map((sql) => database.prepare(sql)),
  )
  expect(await mendClock(database, end, wordsOf)).toMatchObject({
    from: made,
    to: end,
    releases: 0,
    newest: undefined,
  })
  expect(await rows(database, "select 1 from edition where address = '/feed.rss'")).toEqual([])
  expect(await rows(database, 'select touched from topic_preparation')).toEqual([])
  expect(await rows(database, "select value from state where key = 'made'")).toEqual([{ value: 0 }])
  expect(await standing(database, end)).toEqual(before)
  expect(await createContentStore(database, { wordsOf }).abandoned(end + 600)).toEqual(['killed'])
})

test('the second is none that readers were shown something of', async () => {
  const database = await newDatabase()
  onTestFinished(() => database.close())
  const [written] = fc.sample(releases, { numRuns: 1, seed: 5 })
  await fill(database, written!)
  const [row] = await rows(database, 'select min(key) as key from release where withdrawn = 0')
  const now = secondOf(row!.key as number)
  expect(await mendClock(database, now, wordsOf)).toMatchObject({ to: now + 1 })
})
