// Random stores with a past, random questions to them, and the slow and obvious way to answer those.
import fc from 'fast-check'
import { createReleaseReader } from '../../src/content/read-release.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { stemsOf, wordsOf } from '../../src/content/words.ts'
import { type FeedQuery, parseSearch, phraseIn } from '../../src/domain/feed-query.ts'
import { keyAt, secondOf } from '../../src/domain/key.ts'
import type { Dates, Draft } from '../../src/domain/publishing.ts'
import type { Place, State, TopicCount, Walk } from '../../src/domain/release-store.ts'
import { kinds } from '../../src/domain/kind.ts'
import { createTerms } from '../../src/domain/term.ts'
import { searchWords, stemMark } from '../../src/domain/text.ts'
import { createVocabulary, type Vocabulary, type VocabularySource } from '../../src/domain/topic.ts'
import { commitChange } from '../../src/store/commit-change.ts'
import type { Database } from '../../src/store/database.ts'
import { type Migration, migrate } from '../../src/store/migrate.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import type { Marking } from '../../src/store/rewrite-words.ts'
import { stageDrafts } from '../../src/store/staging.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { expressions, topics } from '../questions.ts'

/** In the end the first of these publishers is called otherwise, and one has taken the place of another. */
export const site = readSite(
  `${siteYaml.replace('  ministry:', '  office:')}  ministry: { renamed: office }\n  toll: { renamed: customs }\n`,
).site!
const siteBefore = readSite(`${siteYaml}  toll: { name: { en: Toll } }\n`).site!
const before = readTopics(topicsYaml, site.languages, site.timezone).vocabulary

/** As it is in the end: one topic has another name, and one has come under another. */
export const after: VocabularySource = {
  topics: before.topics
    .filter(({ slug }) => slug !== 'drugs')
    .map((topic) => (topic.slug === 'eu' ? { ...topic, broader: 'migration' } : topic)),
  renamed: { ...before.renamed, drugs: 'organised-crime' },
}
const vocabulary = createVocabulary(after)

const readRelease = createReleaseReader({
  site: siteBefore,
  vocabulary: before,
  findMedia: () => undefined,
})

/** Written with diacritics, in upper case, in Greek and in Chinese, and never part of one another. */
const words = ['Naïve', 'ÅLAND', 'rajavalvonta', 'άλφα', 'Йод', '欧洲', 'ports', 'x1']
const asked = 'naive Aland RAJAVALVONTA αλφα йод 欧洲 洲欧 pörts X1 missing'.split(' ')

/** Other forms of these words, and words that must stand as they are. */
export const searches = [
  ...asked,
  ...'port porting rajavalvonnan Rajavalvonnasta naives "port" "PORTS" "missing'.split(' '),
  '"ports x1"',
  '“欧洲 ports”',
  '"x1 ports"',
  '"naïve"',
  'port "x1"',
  'porting 欧洲',
  'porting rajavalvonnan',
]

/** Half an hour before a month begins in Helsinki. */
const start = Date.UTC(2024, 0, 31, 21, 30) / 1000
/** When questions are asked: some releases are still to come. */
export const end = start + 30 * 60 + 59

export type Written = {
  slug: string
  language: string
  minute: number
  topics: string[]
  words: string[]
  publisher: string
  kind: string
  /** What becomes of it after it was brought in. */
  fate:
    | 'stays'
    | 'is corrected'
    | 'is edited'
    | 'changes hands'
    | 'is withdrawn'
    | 'goes'
    | 'goes and comes back'
  /** It comes later than others, with the past of an office. */
  isPast: boolean
  /** It tells of an event. One that is edited loses it, or gains one. */
  hasEvent: boolean
}

export const releases: fc.Arbitrary<Written[]> = fc.uniqueArray(
  fc.record({
    slug: fc.integer({ min: 0, max: 30 }).map((number) => `release-${number}`),
    language: fc.constantFrom('en', 'fi', 'sv'),
    minute: fc.integer({ min: 0, max: 40 }),
    topics: fc.subarray(topics),
    words: fc.subarray(words),
    publisher: fc.constantFrom('ministry', 'customs', 'toll'),
    kind: fc.constantFrom('press-release', 'speech', 'advisory'),
    fate: fc.constantFrom<Written['fate'][]>(
      'stays',
      'stays',
      'is corrected',
      'is edited',
      'changes hands',
      'is withdrawn',
      'goes',
      'goes and comes back',
    ),
    isPast: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
    hasEvent: fc.boolean(),
  }),
  { selector: ({ slug, language }) => `${slug}.${language}`, maxLength: 30 },
)

/** Questions with topics by names that they had at some time. */
export const namedQuestions: fc.Arbitrary<FeedQuery> = fc.record({
  language: fc.constantFrom('en', 'fi', 'sv', 'all'),
  topics: fc.oneof(fc.constant<FeedQuery['topics']>([]), expressions),
  words: fc.subarray(searches, { maxLength: 2 }).map((some) => parseSearch(some.join(' '))),
  withdrawn: fc.boolean(),
})

/** A question with the terms that its names stand for now; without those that stand for none. */
export function askedIn({ topics: groups, ...query }: FeedQuery, now: Vocabulary): FeedQuery {
  const terms = createTerms(site, now)
  const named = (names: string[]) => names.flatMap((name) => terms.resolve(name)?.term ?? [])
  const topics = groups.map((group) => ({
    with: named(group.with),
    without: named(group.without),
  }))
  return { ...query, topics: topics.filter((group) => Object.values(group).flat().length > 0) }
}

export const questions = namedQuestions.map((query) => askedIn(query, vocabulary))

/** The same topics in another order above each other, some of them renamed, merged or taken away. */
export const vocabularies: fc.Arbitrary<VocabularySource> = fc
  .tuple(
    fc.shuffledSubarray(topics, { minLength: topics.length, maxLength: topics.length }),
    fc.array(
      fc.record({
        fate: fc.constantFrom('stays', 'stays', 'stays', 'is renamed', 'is merged', 'goes'),
        place: fc.nat(20),
      }),
      { minLength: topics.length, maxLength: topics.length },
    ),
  )
  .map(([slugs, fates]) => {
    const made: VocabularySource = { topics: [], renamed: {} }
    for (const [index, slug] of slugs.entries()) {
      const { fate, place } = fates[index]!
      const above = made.topics[place]?.slug
      const topic = { ...before.topics.find((one) => one.slug === slug)!, broader: above }
      if (fate === 'stays') made.topics.push(topic)
      if (fate === 'is renamed') {
        made.topics.push({ ...topic, slug: `new-${slug}` })
        made.renamed[slug] = `new-${slug}`
      }
      if (fate === 'is merged' && above) made.renamed[slug] = above
    }
    return made
  })

const key = fc
  .tuple(fc.integer({ min: start - 3600, max: end + 1200 }), fc.integer({ min: 0, max: 3 }))
  .map(([second, place]) => keyAt(second, place))

export const walks: fc.Arbitrary<Walk> = fc
  .record(
    {
      by: fc.constantFrom('key' as const, 'updatedKey' as const),
      towards: fc.constantFrom('older' as const, 'newer' as const),
      withdrawn: fc.boolean(),
      onlyNews: fc.boolean(),
      onlyEvents: fc.boolean(),
      from: key,
      below: key,
      limit: fc.integer({ min: 1, max: 12 }),
    },
    { requiredKeys: ['by', 'limit'] },
  )
  .map(({ onlyEvents = false, ...walk }) => {
    return { ...walk, onlyEvents: onlyEvents && walk.by === 'key' }
  })

/** A database as some migrations make it. */
export async function databaseWith(migrations: Migration[]) {
  const database = openDatabase(':memory:')
  await migrate(database, migrations)
  return database
}

/** Who looks ahead of what is still to be changed, without readers being shown anything. */
export function lookingOnly(database: Database): Database {
  return {
    prepare: (sql) => database.prepare(sql),
    batch: (all) => database.batch(all),
    readOnly: true,
  }
}

/** Brings releases in, and lets everything happen to them that is to. */
export async function fill(database: Database, written: Written[]): Promise<void> {
  const past = written.filter(({ isPast }) => isPast)
  const others = written.filter(({ isPast }) => !isPast)
  const change = createChange(database)
  await change(start, others)
  await change(start + 12 * 60, past, { dates: 'archive', source: after })
  const changed = fated(written, 'is corrected', 'is edited', 'changes hands', 'is withdrawn')
  await change(start + 16 * 60, changed, { source: after })
  const gone = written.filter(({ fate }) => fate.startsWith('goes'))
  await change(start + 20 * 60, [], { removed: gone.map(sourceOf), source: after })
  await change(start + 24 * 60, fated(written, 'goes and comes back'), { source: after })
}

/** Takes some away that stood to the end, rewrites the others, and brings the first back. */
export async function goOn(database: Database, written: Written[]): Promise<void> {
  const standing = fated(written, 'stays')
  const gone = standing.filter((_, index) => index % 2 === 0)
  const rewritten = standing
    .filter((_, index) => index % 2 === 1)
    .map((one) => ({ ...one, fate: 'is corrected' as const, topics: [], words: ['x1'] }))
  const change = createChange(database)
  const removed = gone.map(sourceOf)
  await change(start + 26 * 60, rewritten, { removed, source: after })
  await change(start + 28 * 60, gone, { source: after })
}

/** Changes the vocabulary, in the same moment with releases that come again as they were. */
export async function changeVocabulary(
  database: Database,
  source: VocabularySource,
  written: Written[],
): Promise<void> {
  const again = fated(written, 'stays').filter((_, index) => index % 3 === 0)
  await createChange(database)(start + 29 * 60, again, { source })
}

/** The words of each release in their places, without marks, as the tables of the index have them. */
export async function wordsInIndex(database: Database) {
  const words = async (places: string, column: string) => {
    const { results } = await database
      .prepare(
        `select key, group_concat(term, ' ' order by offset) as words
         from ${places} left join release on ${column} = doc
         where substr(term, 1, 1) <> char(57344) group by doc order by key`,
      )
      .all<{ key: number; words: string }>()
    return new Map(results.map((row) => [row.key, row.words]))
  }
  const all = await words('word_place', 'key')
  const moved = await words('moved_word_place', 'updated_key')
  return { all, moved, events: await words('event_word_place', 'key') }
}

/** All that the store holds, as a filter goes through it. */
export async function readAll(database: Database, written: Written[]): Promise<Kept[]> {
  const { results } = await database
    .prepare(
      'select slug, language, key, updated_key as updatedKey, withdrawn, history, weight from release',
    )
    .all<Omit<Kept, 'written'>>()
  return results.map((row) => {
    const one = written.find(({ slug, language }) => slug === row.slug && language === row.language)
    return { ...row, written: one! }
  })
}

export type Kept = Place & {
  slug: string
  language: string
  withdrawn: number
  history: number
  written: Written
}

/** The answer to a walk by asking every release. */
export function walkThrough(
  all: Kept[],
  query: FeedQuery,
  { horizon, vocabulary: now }: State,
  walk: Walk,
): Kept[] {
  const { by, towards, withdrawn = query.withdrawn, onlyNews, from = 0, below = Infinity } = walk
  const sign = towards === 'newer' ? 1 : -1
  return all
    .filter((one) => {
      const isWanted = (one.withdrawn === 1) === Boolean(withdrawn) && !(onlyNews && one.history)
      if (walk.onlyEvents && !hasEventNow(one.written)) return false
      const isWithin = secondOf(one.key) <= horizon && one[by] >= from && one[by] < below
      return isWanted && isWithin && answers(query, one.written, now)
    })
    .toSorted((a, b) => sign * (a[by] - b[by]))
    .slice(0, walk.limit)
}

/** Whether a release tells of an event after its fate. */
export function hasEventNow({ hasEvent, fate }: Written): boolean {
  return hasEvent !== (fate === 'is edited')
}

/** How many releases each term has in each language, and the newest, by asking every release. */
export function countNaively(all: Kept[], state: State): TopicCount[] {
  const publishers = Object.keys(state.site.publishers).map((slug) => `by:${slug}`)
  const terms = [...publishers, ...kinds.map((kind) => `kind:${kind}`)]
  return [...state.vocabulary.topics.keys(), ...terms].flatMap((topic) => {
    return ['en', 'fi', 'sv'].flatMap((language) => {
      const query = { language, topics: [{ with: [topic], without: [] }], words: [] }
      const found = walkThrough(all, query, state, { by: 'key', limit: 1000 })
      if (found.length === 0) return []
      return [{ topic, language, count: found.length, newest: secondOf(found[0]!.key) }]
    })
  })
}

export function placesOf(places: Place[]): Place[] {
  return places.map(({ key, updatedKey, weight }) => ({ key, updatedKey, weight }))
}

export function byName(
  a: { topic: string; language: string },
  b: { topic: string; language: string },
) {
  return `${a.topic} ${a.language}` < `${b.topic} ${b.language}` ? -1 : 1
}

function answers(query: FeedQuery, written: Written, now: Vocabulary): boolean {
  const { language, topics } = written
  const { publisher, kind } = afterFate(written)
  const named = topics.flatMap((name) => now.resolve(name)?.slug ?? [])
  const under = new Set([
    ...named.flatMap((slug) => now.withBroader(slug)),
    `by:${{ ministry: 'office', toll: 'customs' }[publisher] ?? publisher}`,
    `kind:${kind}`,
  ])
  const inLanguage = query.language === 'all' || query.language === language
  const onTopic =
    query.topics.length === 0 ||
    query.topics.some((group) => {
      return (
        group.with.every((slug) => under.has(slug)) &&
        !group.without.some((slug) => under.has(slug))
      )
    })
  return inLanguage && onTopic && query.words.every((item) => isIn(written, item, query.language))
}

/** Whether a release contains a word of a search, or a word of the same stem, or the words in quotation marks. */
function isIn({ words, fate, language }: Written, item: string, askedLanguage: string): boolean {
  const [first = '', ...others] = fate === 'is edited' ? [...words, 'ports'] : words
  const plain = searchWords(`Title ${others.join(' ')} Text ${first}`)
  const phrase = phraseIn(item)
  if (phrase !== undefined) return ` ${plain.join(' ')} `.includes(` ${phrase} `)
  if (plain.includes(item)) return true
  const stems = [first, ...others].flatMap((word) =>
    wordsOf({ title: word, lead: '', html: '', language }).split(' '),
  )
  const languages = askedLanguage === 'all' ? site.languages : [askedLanguage]
  const wanted = languages.flatMap((one) => stemsOf(item, one))
  // What is the stem of a word finds it, whatever its own is.
  const marked = wanted.length > 0 ? [item, ...wanted] : []
  return (
    wanted.some((stem) => plain.includes(stem)) ||
    marked.some((stem) => stems.includes(stemMark + stem))
  )
}

/** Whose it is in the end, and what. */
function afterFate({ publisher, kind, fate }: Written): { publisher: string; kind: string } {
  if (fate !== 'changes hands') return { publisher, kind }
  return { publisher: publisher === 'toll' ? 'ministry' : 'toll', kind: 'statement' }
}

/** The words of each release after its fate, as the index takes them. */
export async function wordsAsWritten(written: Written[]): Promise<Map<string, string>> {
  const drafts = await Promise.all(written.map((one) => toDraft(one, start)))
  return new Map(drafts.map(({ source, words }) => [source, words]))
}

export function sourceOf({ slug, language }: Written): string {
  return `${slug}.${language}`
}

function fated(written: Written[], ...fates: Written['fate'][]): Written[] {
  return written.filter(({ fate }) => fates.includes(fate))
}

type Options = {
  removed?: string[]
  source?: VocabularySource
  dates?: Dates
  marking?: Marking
}

/** Makes changes at the seconds they are to be made at, or soon after. Each answers whether it is made. */
export function createChange(database: Database, clock = createSimulatedClock(0)) {
  return async function change(
    second: number,
    written: Written[],
    { removed = [], source = before, dates = 'news', marking = { wordsOf } }: Options = {},
  ) {
    const isBefore = Math.max(second, clock.now()) < start + 16 * 60
    clock.moveTo(second)
    const now = clock.now()
    const drafts = await Promise.all(written.map((one) => toDraft(one, isBefore ? undefined : now)))
    await stageDrafts(
      database,
      { batch: 'test', now },
      drafts.map((draft) => ({ ...draft, dates })),
    )
    const whole = {
      batches: ['test'],
      site: source === before ? siteBefore : site,
      vocabulary: source,
      program: 'test',
      removed,
      others: [],
    }
    return commitChange(database, clock, { decide: async () => whole, marking })
  }
}

/** As it is when it is brought in first, or at a second after its fate. */
async function toDraft(one: Written, now: number | undefined): Promise<Draft> {
  const { slug, language, minute, topics, words, fate, isPast } = one
  const at = now && new Date(now * 1000).toISOString()
  const [first = '', ...others] = fate === 'is edited' && at ? [...words, 'ports'] : words
  const { draft, problems } = await readRelease(
    {
      slug,
      language,
      title: `Title ${others.join(' ')}`,
      published: new Date((start + (isPast ? -50 : minute) * 60) * 1000).toISOString(),
      topics,
      ...(at ? afterFate(one) : { publisher: one.publisher, kind: one.kind }),
      body: { html: `<p>Text <b>${first}</b></p>` },
      ...((at ? hasEventNow(one) : one.hasEvent) && { event: { start: '2024-02-01' } }),
      ...(fate === 'is corrected' &&
        at && { changes: [{ at, kind: 'correction', note: 'Wrong.' }] }),
      ...(fate === 'is withdrawn' && at && { withdrawn: { at, reason: 'Wrong.' } }),
    },
    { source: sourceOf(one), origin: '' },
  )
  if (!draft) throw new Error(JSON.stringify(problems))
  return draft
}
