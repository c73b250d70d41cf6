import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadStems } from '../../src/compose.ts'
import { allReleases, parseSearch } from '../../src/domain/feed-query.ts'
import { secondOf } from '../../src/domain/key.ts'
import type { Walk } from '../../src/domain/release-store.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/node-sqlite.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { amount } from '../trials.ts'
import { newDatabase } from '../new-database.ts'
import {
  after,
  askedIn,
  byName,
  changeVocabulary,
  countNaively,
  end,
  fill,
  hasEventNow,
  lookingOnly,
  namedQuestions,
  databaseWith,
  placesOf,
  questions,
  readAll,
  releases,
  searches,
  vocabularies,
  walks,
  walkThrough,
  wordsInIndex,
} from './stores.ts'

/** Milliseconds that a random test may take. */
const timeLimit = amount(60_000, 1_800_000)

test(
  'every walk finds what a naive filter over all releases does, in its order',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        fc.array(fc.tuple(questions, fc.array(walks, { minLength: 3, maxLength: 3 })), {
          minLength: 12,
          maxLength: 12,
        }),
        async (written, asked) => {
          const database = await newDatabase()
          await fill(database, written)
          const store = createReleaseStore(database, { loadStems })
          const state = await store.state(end)
          const all = await readAll(database, written)
          for (const [query, several] of asked) {
            const found = await store.places(query, state, several)
            const expected = several.map((walk) => walkThrough(all, query, state, walk))
            expect(found).toEqual(expected.map(placesOf))
          }
          database.close()
        },
      ),
      { numRuns: amount(8, 300), seed: 5 },
    )
  },
  timeLimit,
)

test(
  'words in any form and words in quotation marks find what a naive filter does, in every language',
  async () => {
    await fc.assert(
      fc.asyncProperty(releases, async (written) => {
        const database = await newDatabase()
        await fill(database, written)
        const store = createReleaseStore(database, { loadStems })
        const state = await store.state(end)
        const all = await readAll(database, written)
        const several: Walk[] = [
          { by: 'key', limit: 100 },
          { by: 'updatedKey', limit: 100 },
          { by: 'key', onlyEvents: true, limit: 100 },
        ]
        for (const text of searches) {
          for (const language of ['en', 'fi', 'sv', 'all']) {
            const query = { ...allReleases(language), words: parseSearch(text) }
            const found = await store.places(query, state, several)
            const expected = several.map((walk) => walkThrough(all, query, state, walk))
            expect(found, `${text} in ${language}`).toEqual(expected.map(placesOf))
          }
        }
        database.close()
      }),
      { numRuns: amount(4, 300), seed: 8 },
    )
  },
  timeLimit,
)

test(
  'when the vocabulary changes, releases are found under its topics by the same words',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        fc.array(vocabularies, { minLength: 3, maxLength: 3 }),
        fc.array(fc.tuple(namedQuestions, walks), { minLength: 20, maxLength: 20 }),
        async (written, sources, asked) => {
          const database = await newDatabase()
          await fill(database, written)
          const { all: words } = await wordsInIndex(database)
          for (const source of sources) {
            await changeVocabulary(database, source, written)
            const store = createReleaseStore(lookingOnly(database), { loadStems })
            const state = await store.state(end)
            const all = await readAll(database, written)
            const moved = all.filter(({ key, updatedKey }) => key !== updatedKey)
            const withEvents = all.filter(({ written: one }) => hasEventNow(one))
            expect(await wordsInIndex(database)).toEqual({
              all: words,
              moved: new Map(moved.map(({ key }) => [key, words.get(key)])),
              events: new Map(withEvents.map(({ key }) => [key, words.get(key)])),
            })
            for (const [named, walk] of asked) {
              const query = askedIn(named, state.vocabulary)
              const [found] = await store.places(query, state, [walk])
              expect(found).toEqual(placesOf(walkThrough(all, query, state, walk)))
            }
            expect((await store.countByTopic(state)).toSorted(byName)).toEqual(
              countNaively(all, state).toSorted(byName),
            )
          }
          database.close()
        },
      ),
      { numRuns: amount(6, 300), seed: 9 },
    )
  },
  timeLimit,
)

test('a new topic and another label rewrite nothing in the index', async () => {
  const [written] = fc.sample(releases, { numRuns: 1, seed: 10 })
  const database = await newDatabase()
  await fill(database, written!)
  const entries = async () => {
    const { results } = await database
      .prepare('select * from release_words_docsize union all select * from moved_words_docsize')
      .all()
    return results
  }
  const kept = await entries()
  expect(kept).not.toEqual([])
  const topics = after.topics.map((one) => ({
    ...one,
    label: { en: `${one.slug} as it is called` },
  }))
  const [parent] = topics
  topics.push({ ...parent!, slug: 'new', label: { en: 'new' }, broader: parent!.slug })
  await changeVocabulary(database, { ...after, topics }, [])
  expect(await entries()).toEqual(kept)
  const fewer = topics.map((one) => ({ ...one, broader: undefined }))
  await changeVocabulary(database, { ...after, topics: fewer }, [])
  expect(await entries()).not.toEqual(kept)
  database.close()
})

test(
  'the months of a question are those in which releases stand that answer it',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        fc.array(questions, { minLength: 5, maxLength: 5 }),
        async (written, queries) => {
          const database = await newDatabase()
          await fill(database, written)
          const store = createReleaseStore(database, { loadStems })
          const state = await store.state(end)
          const all = await readAll(database, written)
          for (const query of queries) {
            const answers = walkThrough(all, query, state, { by: 'key', limit: 1000 })
            const times = answers.map(({ key }) => secondOf(key))
            const months = await store.months(query, state)
            const inMonths = (second: number) =>
              months.filter(({ from, below }) => second >= from && second < below)
            expect(times.every((second) => inMonths(second).length === 1)).toBe(true)
            expect(
              months.every(({ from, below }) =>
                times.some((second) => second >= from && second < below),
              ),
            ).toBe(true)
            expect(months).toEqual(months.toSorted((a, b) => b.from - a.from))
          }
          database.close()
        },
      ),
      { numRuns: amount(4, 300), seed: 6 },
    )
  },
  timeLimit,
)

test(
  'counts of terms are the numbers of releases that their feeds would hold',
  async () => {
    await fc.assert(
      fc.asyncProperty(releases, async (written) => {
        const database = await newDatabase()
        await fill(database, written)
        const store = createReleaseStore(database, { loadStems })
        const state = await store.state(end)
        const all = await readAll(database, written)
        const counts = await store.countByTopic(state)
        expect(counts.toSorted(byName)).toEqual(countNaively(all, state).toSorted(byName))
        database.close()
      }),
      { numRuns: amount(5, 300), seed: 7 },
    )
  },
  timeLimit,
)

test('a database of an earlier version counts by publisher and kind as well', async () => {
  const [written] = fc.sample(releases, { numRuns: 1, seed: 12 })
  const database = await databaseWith(
    readMigrations().filter(({ name }) => !name.startsWith('0011')),
  )
  await fill(database, written!)
  await migrate(database, readMigrations())
  const state = await createReleaseStore(database).state(end)
  const counts = await createReleaseStore(database).countByTopic(state)
  expect(counts.filter(({ topic }) => topic.startsWith('by:'))).not.toEqual([])
  const all = await readAll(database, written!)
  expect(counts.toSorted(byName)).toEqual(countNaively(all, state).toSorted(byName))
  database.close()
})
