import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import type { Database, Row } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/node-sqlite.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { amount } from '../trials.ts'
import {
  askedIn,
  changeVocabulary,
  end,
  fill,
  goOn,
  namedQuestions,
  newDatabase,
  releases,
  vocabularies,
  walks,
  wordsAsWritten,
  wordsInIndex,
} from './stores.ts'

/** Before questions were answered from the full-text index alone. */
const old = readMigrations().filter(({ name }) => name < '0005')

/** Milliseconds that a random test may take. */
const timeLimit = amount(60_000, 1_800_000)

test(
  'a database of the version before answers as one that was filled by this one',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        releases,
        vocabularies,
        fc.array(fc.tuple(namedQuestions, fc.array(walks, { minLength: 3, maxLength: 3 })), {
          minLength: 12,
          maxLength: 12,
        }),
        async (written, source, asked) => {
          const database = await newDatabase()
          await fill(database, written)
          const migrated = await newDatabase(old)
          await bringOver(database, migrated, await wordsAsWritten(written))
          await migrate(migrated, readMigrations())
          const steps = [
            async () => {},
            async (one: Database) => changeVocabulary(one, source, written),
            async (one: Database) => goOn(one, written),
          ]
          for (const step of steps) {
            for (const one of [database, migrated]) await step(one)
            expect(await wordsInIndex(migrated)).toEqual(await wordsInIndex(database))
            const [store, other] = [createReleaseStore(database), createReleaseStore(migrated)]
            const [state, otherState] = [await store.state(end), await other.state(end)]
            for (const [named, several] of asked) {
              const query = askedIn(named, state.vocabulary)
              expect(await other.places(query, otherState, several)).toEqual(
                await store.places(query, state, several),
              )
            }
            expect(await other.countByTopic(otherState)).toEqual(await store.countByTopic(state))
          }
          database.close()
          migrated.close()
        },
      ),
      { numRuns: amount(6, 150), seed: 8 },
    )
  },
  timeLimit,
)

test('earlier slugs lead to their release in a database in which one release alone could have had each', async () => {
  const release = (day: number, formerly: string) =>
    markdown(['title: A', `published: 2024-01-${day}`, 'topics: [eu]', `formerly: ${formerly}`])
  const files = {
    'releases/first.en.md': release(24, '[meet, meeting]'),
    'releases/second.en.md': release(25, '[meeting]'),
  }
  const database = await newDatabase()
  const options = { batch: 'a', program: 'test', clock: systemClock }
  await bringInLine(temporaryFolder(files), createContentStore(database), options)
  const migrated = await newDatabase(readMigrations().filter(({ name }) => name < '0007'))
  await copy(['state', 'topic_broader', 'release'], database, migrated)
  await migrate(migrated, readMigrations())
  const found = []
  for (const one of [database, migrated]) {
    const store = createReleaseStore(one)
    const state = await store.state(end)
    for (const slug of ['meet', 'meeting']) {
      found.push((await store.findRelease(slug, 'en', state))?.slug)
    }
    one.close()
  }
  expect(found).toEqual(['first', 'first', 'first', 'first'])
})

/** Writes what a database holds as the version before did, with the words of releases in several pieces. */
async function bringOver(from: Database, to: Database, words: Map<string, string>) {
  const tables = ['state', 'topic_broader', 'departed', 'departure', 'release', 'correction']
  await copy(tables, from, to)
  const { results } = await from
    .prepare('select published, slug, language from release order by published')
    .all<{ published: number; slug: string; language: string }>()
  for (const { published, slug, language } of results) {
    await insert(to, 'release_words', { rowid: published, words: words.get(`${slug}.${language}`) })
    // One that was there before, and is not any more.
    await insert(to, 'release_words', { rowid: published + 1e9, words: 'ports x1' })
  }
  await to
    .prepare('delete from release_words where rowid not in (select published from release)')
    .all()
}

async function copy(tables: string[], from: Database, to: Database) {
  for (const table of tables) {
    const { results } = await from.prepare(`select * from ${table}`).all()
    const columns = await to.prepare(`select name from pragma_table_info('${table}')`).all()
    const known = new Set(columns.results.map(({ name }) => name))
    for (const row of results) {
      const entries = Object.entries(row).filter(([name]) => known.has(name))
      await insert(to, table, Object.fromEntries(entries))
    }
  }
}

async function insert(to: Database, table: string, row: Row) {
  const names = Object.keys(row)
  const places = names.map(() => '?').join(', ')
  await to
    .prepare(`insert into ${table} (${names.join(', ')}) values (${places})`)
    .bind(...Object.values(row))
    .all()
}
