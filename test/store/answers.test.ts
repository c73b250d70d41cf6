import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Place } from '../../src/domain/release-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import {
  end,
  fill,
  newDatabase,
  questions,
  readAll,
  releases,
  topicsInTheEnd,
  walks,
  walkThrough,
} from './stores.ts'

test('every walk finds what a naive filter over all releases does, in its order', async () => {
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
        const store = createReleaseStore(database)
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
    { numRuns: 20, seed: 5 },
  )
})

test('the months of a question are those in which releases stand that answer it', async () => {
  await fc.assert(
    fc.asyncProperty(
      releases,
      fc.array(questions, { minLength: 5, maxLength: 5 }),
      async (written, queries) => {
        const database = await newDatabase()
        await fill(database, written)
        const store = createReleaseStore(database)
        const state = await store.state(end)
        const all = await readAll(database, written)
        for (const query of queries) {
          const answers = walkThrough(all, query, state, { by: 'published', limit: 1000 })
          const times = answers.map(({ published }) => published)
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
    { numRuns: 10, seed: 6 },
  )
})

test('counts by topic are the numbers of releases that the topics’ feeds would hold', async () => {
  await fc.assert(
    fc.asyncProperty(releases, async (written) => {
      const database = await newDatabase()
      await fill(database, written)
      const store = createReleaseStore(database)
      const state = await store.state(end)
      const all = await readAll(database, written)
      const counts = await store.countByTopic(state)
      const expected = topicsInTheEnd.flatMap((topic) => {
        return ['en', 'fi', 'sv'].flatMap((language) => {
          const query = { language, topics: [{ with: [topic], without: [] }], words: [] }
          const found = walkThrough(all, query, state, { by: 'published', limit: 1000 })
          if (found.length === 0) return []
          return [{ topic, language, count: found.length, newest: found[0]!.published }]
        })
      })
      expect(counts.toSorted(byName)).toEqual(expected.toSorted(byName))
      database.close()
    }),
    { numRuns: 15, seed: 7 },
  )
})

function placesOf(places: Place[]): Place[] {
  return places.map(({ published, updated, weight }) => ({ published, updated, weight }))
}

function byName(a: { topic: string; language: string }, b: { topic: string; language: string }) {
  return `${a.topic} ${a.language}` < `${b.topic} ${b.language}` ? -1 : 1
}
