// Topics that are moved: releases are marked for it in portions, while others read and publish.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadStems } from '../../src/compose.ts'
import { wordsOf } from '../../src/content/words.ts'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import type { Walk } from '../../src/domain/release-store.ts'
import type { VocabularySource } from '../../src/domain/topic.ts'
import type { Database, Statement } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/node-sqlite.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { removeOldMarks } from '../../src/store/remove-old-marks.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { topics } from '../questions.ts'
import { amount } from '../trials.ts'
import { wordsIn } from './earlier-versions.ts'
import { newDatabase } from '../new-database.ts'
import {
  after,
  askedIn,
  byName,
  countNaively,
  createChange,
  end,
  fill,
  lookingOnly,
  namedQuestions,
  databaseWith,
  placesOf,
  readAll,
  releases,
  sourceOf,
  vocabularies,
  walks,
  walkThrough,
  type Written,
} from './stores.ts'

const timeLimit = amount(60_000, 1_800_000)

/** Each release is a portion of its own, and after each it is left unfinished. */
const inSteps = { wordsOf, characters: 1, portions: 1 }

type Asked = [FeedQuery, Walk]

const asked = fc.array(fc.tuple(namedQuestions, walks), { minLength: 12, maxLength: 12 })

/** Everything that a store answers is what a filter over all releases does. */
async function expectAnswers(database: Database, written: Written[], some: Asked[]) {
  const store = createReleaseStore(lookingOnly(database), { loadStems })
  const state = await store.state(end)
  const all = await readAll(database, written)
  for (const [named, walk] of some) {
    const query = askedIn(named, state.vocabulary)
    const [found] = await store.places(query, state, [walk])
    expect(found).toEqual(placesOf(walkThrough(all, query, state, walk)))
  }
  const counts = await store.countByTopic(state)
  expect(counts.toSorted(byName)).toEqual(countNaively(all, state).toSorted(byName))
}

/** The index has the marks that it would have if it were made anew, and nothing is left to be done. */
async function expectTidy(database: Database) {
  const { results } = await database
    .prepare('select key, updated_key as updatedKey, marks from release_marks order by key')
    .all<{ key: number; updatedKey: number; marks: string }>()
  const marks = (keys: [number, string][]) =>
    keys
      .toSorted(([a], [b]) => a - b)
      .map(([key, words]) => [key, marksIn(words.toLowerCase())] as const)
  const [words, moved] = (await wordsIn(database)) as [number, string][][]
  const moving = results.filter(({ key, updatedKey }) => key !== updatedKey)
  expect(marks(words!)).toEqual(marks(results.map((one) => [one.key, one.marks])))
  expect(marks(moved!)).toEqual(marks(moving.map((one) => [one.updatedKey, one.marks])))
  for (const table of ['topic_preparation', 'topic_change', 'topic_count_change', 'topic_move']) {
    expect((await database.prepare(`select * from ${table}`).all()).results, table).toEqual([])
  }
}

function marksIn(words: string): string[] {
  return words
    .split(' ')
    .filter((word) => word.startsWith('\u{e000}'))
    .toSorted()
}

/** What another does with a release meanwhile. */
type Meanwhile = {
  place: number
  does: 'rewrites' | 'removes' | 'sends' | 'sends again'
  isWithin: boolean
}

const meanwhile: fc.Arbitrary<Meanwhile[]> = fc.array(
  fc.record({
    place: fc.nat(40),
    does: fc.constantFrom('rewrites' as const, 'removes', 'sends', 'sends again'),
    isWithin: fc.boolean(),
  }),
  { maxLength: 10 },
)

/** Something happens between all that is asked before a transaction, and the transaction. */
function interruptible(database: Database) {
  let next: (() => Promise<void>) | undefined
  const around: Database = {
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      const work = next
      next = undefined
      await work?.()
      return database.batch(statements)
    },
  }
  return { around, beforeNextBatch: (work: () => Promise<void>) => void (next = work) }
}

/** Lets others do something, and returns what is written then. */
async function letOthers(
  change: ReturnType<typeof createChange>,
  source: VocabularySource,
  written: Written[],
  { place, does }: Meanwhile,
): Promise<Written[]> {
  const one = written[place % written.length]
  if (does === 'sends' || !one) {
    const sent: Written = {
      slug: `sent-${written.length}`,
      language: 'fi',
      minute: 20,
      topics: topics.filter((_, index) => (place >> (index % 5)) & 1),
      words: ['ports'],
      publisher: 'customs',
      kind: 'speech',
      fate: 'stays',
      isPast: false,
      hasEvent: false,
    }
    await change(0, [sent], { source })
    return [...written, sent]
  }
  if (does === 'removes') {
    await change(0, [], { source, removed: [sourceOf(one)] })
    return written
  }
  const again =
    does === 'rewrites'
      ? { ...one, topics: topics.filter((_, index) => (place + index) % 3 === 0) }
      : one
  await change(0, [again], { source })
  return written.map((other) => (other === one ? again : other))
}

test(
  'readers see the old vocabulary until all is marked, and then the new one, whatever others do meanwhile',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        fc.array(fc.tuple(vocabularies, meanwhile), { minLength: 2, maxLength: 2 }),
        asked,
        fc.boolean(),
        async (first, changes, some, isTidied) => {
          const database = await newDatabase()
          await fill(database, first)
          let written = first
          const clock = createSimulatedClock(end - 25)
          const { around, beforeNextBatch } = interruptible(database)
          const [change, changeOfOthers] = [around, database].map((one) => createChange(one, clock))
          let present = after
          for (const [source, others] of changes) {
            const left = [...others]
            const letNext = async () => {
              const next = left.pop()
              if (next) written = await letOthers(changeOfOthers!, present, written, next)
            }
            // Some come between a portion that was read and its transaction, or before the very change.
            for (;;) {
              if (left.at(-1)?.isWithin) beforeNextBatch(letNext)
              if (await change!(0, [], { source, marking: inSteps })) break
              await expectAnswers(database, written, some.slice(0, 3))
              await letNext()
            }
            present = source
            await expectAnswers(database, written, some)
            if (!isTidied) continue
            while (!(await removeOldMarks(database, clock.now(), inSteps))) {
              await expectAnswers(database, written, some.slice(0, 3))
            }
          }
          expect(await removeOldMarks(database, clock.now(), { wordsOf })).toBe(true)
          await expectAnswers(database, written, some)
          await expectTidy(database)
          database.close()
        },
      ),
      { numRuns: amount(8, 300), seed: 11, endOnFailure: true },
    )
  },
  timeLimit,
)

/** What readers get of each topic, and the counts. */
async function answersNow(database: Database) {
  const store = createReleaseStore(lookingOnly(database), { loadStems })
  const state = await store.state(end)
  const slugs = [...state.vocabulary.topics.keys()]
  const found = await Promise.all(
    slugs.map(async (slug) => {
      const query = { language: 'all', topics: [{ with: [slug], without: [] }], words: [] }
      const [places] = await store.places(query, state, [{ by: 'key', limit: 100 }])
      return [slug, places]
    }),
  )
  return JSON.stringify([found, (await store.countByTopic(state)).toSorted(byName)])
}

/** A database on which everything fails from a step on: before a statement, and before and after a transaction. */
function killedAt(database: Database, last: number): Database {
  let steps = 0
  const inner = new WeakMap<Statement, Statement>()
  const step = () => {
    if (++steps >= last) throw new Error('killed')
  }
  const around = (statement: Statement): Statement => {
    const self: Statement = {
      bind: (...values) => around(statement.bind(...values)),
      all: async () => (step(), statement.all()),
      first: async () => (step(), statement.first()),
    }
    inner.set(self, statement)
    return self
  }
  return {
    prepare: (sql) => around(database.prepare(sql)),
    async batch(all) {
      step()
      await database.batch(all.map((one) => inner.get(one)!))
      step()
    },
  }
}

/** With other topics above each other, one that is new, and one that is gone. */
const moved: VocabularySource = {
  topics: after.topics
    .filter(({ slug }) => slug !== 'immigration')
    .map((topic) => (topic.slug === 'asylum' ? { ...topic, broader: 'eu' } : topic))
    .map((topic) => (topic.slug === 'eu' ? { ...topic, broader: 'crime' } : topic)),
  renamed: { ...after.renamed, immigration: 'asylum' },
}

async function move(database: Database) {
  const clock = createSimulatedClock(end - 20)
  const marking = { wordsOf, characters: 1 }
  await createChange(database, clock)(0, [], { source: moved, marking })
  await removeOldMarks(database, clock.now(), marking)
}

function byLength(a: Written[], b: Written[]): number {
  return b.length - a.length
}

test(
  'wherever it is interrupted, readers see one vocabulary or the other, and it goes on from there',
  async () => {
    const [written] = fc.sample(releases, { numRuns: 20, seed: 3 }).toSorted(byLength)
    const filled = async () => {
      const database = await newDatabase()
      await fill(database, written!.slice(0, 5))
      return database
    }
    const untouched = await filled()
    const before = await answersNow(untouched)
    await move(untouched)
    const whenMoved = await answersNow(untouched)
    expect(whenMoved).not.toBe(before)
    let isKilled = true
    for (let last = 1; isKilled; last += amount(3, 1)) {
      const database = await filled()
      const error = await move(killedAt(database, last)).catch(String)
      isKilled = error !== undefined
      expect([undefined, 'Error: killed']).toContain(error)
      expect([before, whenMoved]).toContain(await answersNow(database))
      await move(database)
      expect(await answersNow(database)).toBe(whenMoved)
      await expectTidy(database)
      database.close()
      if (!isKilled) expect(last).toBeGreaterThan(50)
    }
  },
  timeLimit,
)

test('in a database of the version before, topics are moved as well', async () => {
  const [written] = fc.sample(releases, { numRuns: 20, seed: 3 }).toSorted(byLength)
  const present = await newDatabase()
  await fill(present, written!)
  const isBefore = ({ name }: { name: string }) => name < '0010'
  const database = await databaseWith(readMigrations().filter(isBefore))
  const tables = ['state', 'topic_broader', 'topic_mark', 'release', 'departed']
  for (const table of tables) await copyRows(present, database, table)
  const [words, moving] = (await wordsIn(present)) as [number, string][][]
  await indexAgain(database, 'release_words', 'release_marks.key', words!)
  await indexAgain(database, 'moved_words', 'updated_key', moving!)
  const before = await answersNow(present)

  await migrate(database, readMigrations())
  expect(await answersNow(database)).toBe(before)
  await expectTidy(database)
  for (const one of [present, database]) await move(one)
  expect(await answersNow(database)).toBe(await answersNow(present))
  await expectTidy(database)
})

async function copyRows(from: Database, to: Database, table: string) {
  const { results } = await from.prepare(`select * from ${table}`).all()
  for (const row of results) {
    const columns = Object.keys(row)
    await to
      .prepare(`insert into ${table} (${columns.join()}) values (${columns.map(() => '?').join()})`)
      .bind(...Object.values(row))
      .all()
  }
}

/** Puts words into a table of the index with the marks of that version. */
async function indexAgain(
  database: Database,
  table: string,
  rowid: string,
  rows: [number, string][],
) {
  for (const [key, all] of rows) {
    const words = all.split(' ').filter((word) => !word.startsWith('\u{e000}'))
    await database
      .prepare(
        `insert into ${table} (rowid, words) select ?1, ?2 || ' ' || marks from release_marks where ${rowid} = ?1`,
      )
      .bind(key, words.join(' '))
      .all()
  }
}
