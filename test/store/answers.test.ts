import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { createReleaseReader } from '../../src/content/read-release.ts'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import { parseSearch } from '../../src/domain/feed-query.ts'
import type { Draft } from '../../src/domain/publishing.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase, readMigrations } from '../../src/store/node-sqlite.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'
import { expressions, topics } from '../questions.ts'

const site = readSite(siteYaml).site!
const source = readTopics(topicsYaml, site.languages, site.timezone).vocabulary
const vocabulary = createVocabulary(source)
const readRelease = createReleaseReader({ site, vocabulary, findMedia: () => undefined })

/** Written with diacritics, in upper case, in Greek and in Chinese, and never part of one another. */
const words = ['Naïve', 'ÅLAND', 'rajavalvonta', 'άλφα', 'Йод', '欧洲', 'ports', 'x1']
const asked = ['naive', 'Aland', 'RAJAVALVONTA', 'αλφα', 'йод', '欧洲', 'pörts', 'X1', 'missing']

const releases = fc.uniqueArray(
  fc.record({
    slug: fc.integer({ min: 0, max: 30 }).map((number) => `release-${number}`),
    language: fc.constantFrom('en', 'fi', 'sv'),
    minute: fc.integer({ min: 0, max: 40 }),
    topics: fc.subarray(topics),
    words: fc.subarray(words),
  }),
  { selector: ({ slug, language }) => `${slug}.${language}`, maxLength: 30 },
)
type Written = { slug: string; language: string; minute: number; topics: string[]; words: string[] }

const questions: fc.Arbitrary<FeedQuery> = fc.record({
  language: fc.constantFrom('en', 'fi', 'sv', 'all'),
  topics: fc.oneof(fc.constant<FeedQuery['topics']>([]), expressions),
  words: fc.subarray(asked, { maxLength: 2 }).map((some) => parseSearch(some.join(' '))),
})

/** Half an hour before a month begins in Helsinki. */
const start = Date.UTC(2024, 0, 31, 21, 30) / 1000

async function fill(written: Written[]) {
  const database = openDatabase(':memory:')
  await migrate(database, readMigrations())
  const store = createReleaseStore(database)
  const drafts: Draft[] = []
  for (const { slug, language, minute, topics, words } of written) {
    const { draft } = await readRelease(
      {
        slug,
        language,
        title: `Title ${words.slice(1).join(' ')}`,
        published: new Date((start + minute * 60) * 1000).toISOString(),
        topics,
        body: { html: `<p>Text <b>${words.slice(0, 1).join(' ')}</b></p>` },
      },
      { source: `${slug}.${language}`, origin: '' },
    )
    drafts.push(draft!)
  }
  const batch = randomUUID()
  const content = createContentStore(database)
  await content.stage(batch, drafts, start)
  const frame = { site, vocabulary: source, files: new Map(), removed: [], program: 'test' }
  await content.apply(batch, frame, { now: () => start, passed: async () => {} })
  return { store, database }
}

/** The same question asked of every release, the slow and obvious way. */
function answers(query: FeedQuery, { language, topics, words }: Written): boolean {
  const under = new Set(topics.flatMap((slug) => vocabulary.withBroader(slug)))
  const folded = words.map((word) => parseSearch(word)[0])
  const inLanguage = query.language === 'all' || query.language === language
  const onTopic =
    query.topics.length === 0 ||
    query.topics.some((group) => {
      return (
        group.with.every((slug) => under.has(slug)) &&
        !group.without.some((slug) => under.has(slug))
      )
    })
  return inLanguage && onTopic && query.words.every((word) => folded.includes(word))
}

test('the answer to any question is that of a naive filter over all releases, newest first', async () => {
  await fc.assert(
    fc.asyncProperty(
      releases,
      fc.array(questions, { minLength: 5, maxLength: 5 }),
      async (written, queries) => {
        const { store, database } = await fill(written)
        const state = await store.state(start + 30 * 60 + 59)
        for (const query of queries) {
          const found = await store.find(query, state, 1000)
          const expected = written.filter((one) => one.minute <= 30 && answers(query, one))
          const name = ({ slug, language }: { slug: string; language: string }) =>
            `${slug}.${language}`
          expect(found.map(name).toSorted()).toEqual(expected.map(name).toSorted())
          const times = found.map(({ published }) => published)
          expect(times).toEqual(times.toSorted((a, b) => b - a))
          const [first] = await store.find(query, state, 1)
          expect(first?.id).toBe(found[0]?.id)
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
    { numRuns: 60 },
  )
})

test('counts by topic are the numbers of releases that the topics’ feeds would hold', async () => {
  await fc.assert(
    fc.asyncProperty(releases, async (written) => {
      const { store, database } = await fill(written)
      const state = await store.state(start + 30 * 60 + 59)
      const counts = await store.countByTopic(state)
      for (const topic of topics) {
        const query = { language: 'fi', topics: [{ with: [topic], without: [] }], words: [] }
        const found = await store.find(query, state, 1000)
        const count = counts.find((one) => one.topic === topic && one.language === 'fi')
        expect(count?.count ?? 0).toBe(found.length)
        expect(count?.newest).toBe(found[0]?.published)
      }
      database.close()
    }),
    { numRuns: 20 },
  )
})
