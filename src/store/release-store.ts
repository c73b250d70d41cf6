import type { FeedQuery } from '../domain/feed-query.ts'
import { keyAt, lastKeyOf, secondOf } from '../domain/key.ts'
import type { Release } from '../domain/release.ts'
import type {
  Listed,
  Place,
  ReleaseStore,
  State,
  StoredRelease,
  TopicCount,
  Version,
  Walk,
} from '../domain/release-store.ts'
import { createRemembered, rooms } from '../domain/remembered.ts'
import { monthsBetween, type Stretch, yearsBetween } from '../domain/time.ts'
import { type Database, readStored } from './database.ts'
import { type Bind, createBind, match, selectKeys } from './query-sql.ts'
import { createStateReader } from './state.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** A page offers no more months than a century has. Of a longer time the years are looked for first. */
const mostMonths = 1200
/** Characters of a question and its walks, as they are remembered. */
const longestQuestion = 5000
/** Bytes that a place takes in memory. */
const sizeOfPlace = 60

/**
 * Answers readers in SQL, on node:sqlite and on D1. Its state cannot be read while the last migration of
 * the database is another than `newest`, where that is named.
 */
export function createReleaseStore(database: Database, newest?: string): ReleaseStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)

  const recent = createRecentPlaces()

  const store: ReleaseStore = {
    state: createStateReader(database, newest),

    async revision() {
      const row = await prepare("select value from state where key = 'revision'").first<{
        value: number
      }>()
      return row?.value ?? 0
    },

    async find(query, state, limit) {
      const [places] = await store.places(query, state, [{ by: 'key', limit }])
      return store.load(
        places!.map(({ key }) => key),
        state,
      )
    },

    async places(query, state, walks) {
      const known = recent.get(query, state, walks)
      if (known) return known
      const { bind, values } = createBind()
      const sql = selectPlaces(query, state, walks, bind)
      const { results } = await prepare(sql, ...values).all<PlaceRow>()
      return recent.note(query, state, walks, results)
    },

    async months(query, state) {
      const ends = await store.places(query, state, [
        { by: 'key', limit: 1 },
        { by: 'key', towards: 'newer', limit: 1 },
      ])
      const [[newest] = [], [oldest] = []] = ends
      if (!newest || !oldest) return []
      const { timezone } = state.site
      const [first, last] = [secondOf(oldest.key), secondOf(newest.key)]
      const found = async <Some extends Stretch>(stretches: Some[]): Promise<Some[]> => {
        const bounds = stretches.map(({ from, below }) => [
          keyAt(from),
          Math.min(keyAt(below) - 1, newest.key),
        ])
        const { results } = await prepare(
          `select key from json_each(?1) as stretch where exists (
             select 1 from release_words where release_words match ?2
               and rowid >= stretch.value ->> 0 and rowid <= stretch.value ->> 1
           ) order by key`,
          JSON.stringify(bounds),
          match(query, state.marks),
        ).all<{ key: number }>()
        return results.map(({ key }) => stretches[key]!)
      }
      const years = yearsBetween(first, last, timezone)
      const isLong = years.length * 12 > mostMonths
      const months = (isLong ? await found(years) : years).flatMap(({ from, below }) =>
        monthsBetween(Math.max(from, first), Math.min(below - 1, last), timezone),
      )
      return (await found(months)).slice(0, mostMonths)
    },

    async load(keys, { horizon }) {
      const { results } = await prepare(
        `select ${columns}, ${changed('?1')} as changed from release as one
         where key in (select value from json_each(?2)) order by key desc`,
        lastKeyOf(horizon),
        JSON.stringify(keys),
      ).all<ReleaseRow>()
      return results.map((row) => toRelease(database, row))
    },

    async lastModified(query, state, walks) {
      // The text of a release may change so that a search no longer finds it.
      if (query.words.length > 0) return state.since
      const { bind, values } = createBind()
      const found = selectPlaces(query, state, walks, bind)
      const { language, topics } = query
      const named = topics.flatMap((group) => [...group.with, ...group.without])
      const isOpen = topics.length === 0 || topics.some((group) => group.with.length === 0)
      const departures = bind(JSON.stringify(isOpen ? [...named, ''] : named))
      const inLanguage = language === 'all' ? '' : ` and language = ${bind(language)}`
      // The places come along: a document that has changed is made of them right afterwards.
      const { results } = await prepare(
        `with found as materialized (${found})
        select walk, key, updatedKey, weight, null as changed from found
        union all
        select null, null, null, null, max(
          coalesce((
            select max(${changed(bind(lastKeyOf(state.horizon)))}) from release as one
            where key in (select key from found)
          ), 0),
          coalesce((
            select max(since) from departure
            where topic in (select value from json_each(${departures}))${inLanguage}
          ), 0)
        )`,
        ...values,
      ).all<PlaceRow & { changed: number | null }>()
      recent.note(query, state, walks, results)
      const last = results.find((row) => row.changed !== null)
      return Math.max(last?.changed ?? 0, state.frameSince)
    },

    async findRelease(slug, language, { horizon }) {
      const row = await prepare(
        `select ${columns}, ${changed('?1')} as changed from release as one
         where language = ?2 and key <= ?1
           and (slug = ?3 or key = (select min(key) from former_slug where slug = ?3 and language = ?2))
         order by slug = ?3 desc limit 1`,
        lastKeyOf(horizon),
        language,
        slug,
      ).first<ReleaseRow>()
      return row ? toRelease(database, row) : undefined
    },

    async findRelations(releases, { horizon, site }) {
      const slugs = releases.flatMap(({ slug, corrects, withdrawn }) => [
        slug,
        ...(corrects ? [corrects] : []),
        ...(withdrawn?.replacedBy ? [withdrawn.replacedBy] : []),
      ])
      // The cross join keeps SQLite from walking along all that stands.
      const { results } = await prepare(
        `select null as corrected, key, slug, language, withdrawn, document ->> 'title' as title from release
         where slug in (select value from json_each(?1)) and key <= ?2
         union all
         select corrected, key, release.slug, release.language, withdrawn, document ->> 'title'
         from correction cross join release using (key)
         where corrected in (select value from json_each(?1)) and key <= ?2 and withdrawn = 0`,
        JSON.stringify([...new Set(slugs)]),
        lastKeyOf(horizon),
      ).all<
        Omit<Version, 'isWithdrawn'> & {
          corrected: string | null
          key: number
          withdrawn: number
        }
      >()
      const inOrder = results
        .map(({ withdrawn, ...version }) => ({ ...version, isWithdrawn: withdrawn === 1 }))
        .toSorted((a, b) => a.key - b.key)
      const rank = (language: string) => site.languages.indexOf(language)
      const versions = inOrder
        .filter(({ corrected }) => corrected === null)
        .toSorted((a, b) => rank(a.language) - rank(b.language))
      const corrections = inOrder.filter(({ corrected }) => corrected !== null)
      return {
        versions: Map.groupBy(versions, ({ slug }) => slug),
        corrections: Map.groupBy(corrections, ({ corrected }) => corrected!),
      }
    },

    async countByTopic({ horizon, marks }) {
      const { results } = await prepare(
        `with coming as (
           select broader as topic, language, count(distinct release.key) as count
           from ${releasesUnderTopics}
           where release.key > ?1 and withdrawn = 0 group by broader, language
         )
         select one.topic, one.language, one.count - coalesce(coming.count, 0) as count,
           iif(doubtful or newest > ?1, null, newest) as newest
         from topic_count as one left join coming using (topic, language)
         where one.count > coalesce(coming.count, 0)`,
        lastKeyOf(horizon),
      ).all<Omit<TopicCount, 'newest'> & { newest: number | null }>()
      const sought = results.filter(({ newest }) => newest === null)
      const matches = sought.map(({ topic, language }) => {
        const topics = [{ with: [topic], without: [] }]
        return match({ language, topics, words: [] }, marks)
      })
      const found = await prepare(
        `select (
           select rowid from release_words
           where release_words match value and rowid <= cast(?1 as integer)
           order by rowid desc limit 1
         ) as newest from json_each(?2) order by key`,
        lastKeyOf(horizon),
        JSON.stringify(matches),
      ).all<{ newest: number }>()
      const newest = new Map(sought.map((one, index) => [one, found.results[index]!.newest]))
      return results.map((one) => ({ ...one, newest: secondOf(one.newest ?? newest.get(one)!) }))
    },

    // The sign keeps SQLite on the index of the key of change, which alone has all that is asked.
    // Bound numbers are floating ones, and dividing by one would not cut anything off.
    async parts({ horizon }, size) {
      const { results } = await prepare(
        `select min(updated_key) as first, max(updated_key) as last from (
           select updated_key, row_number() over (order by updated_key) - 1 as place
           from release where withdrawn = 0 and +key <= ?1
         ) group by place / cast(?2 as integer) order by first`,
        lastKeyOf(horizon),
        size,
      ).all<{ first: number; last: number }>()
      return results
    },

    // The signs keep it on the index of slugs.
    async list({ horizon, site }, from, limit) {
      const { results } = await prepare(
        `select slug, language, updated_key as updatedKey, (
           select group_concat(language) from release as other
           where other.slug = one.slug and +other.withdrawn = 0 and +other.key <= ?1
         ) as languages
         from release as one
         where withdrawn = 0 and +key <= ?1 and updated_key >= ?2 order by updated_key limit ?3`,
        lastKeyOf(horizon),
        from,
        limit,
      ).all<Omit<Listed, 'languages' | 'updated'> & { languages: string; updatedKey: number }>()
      return results.map(({ languages, updatedKey, ...release }) => {
        const found = languages.split(',')
        const updated = secondOf(updatedKey)
        return {
          ...release,
          updated,
          languages: site.languages.filter((one) => found.includes(one)),
        }
      })
    },

    async mediaStatus(path, { horizon, site }) {
      if (path === site.logo) return 'public'
      const row = await prepare(
        `select max(withdrawn = 0) as stands, count(*) as seen
         from release_media join release using (key) where path = ?1 and key <= ?2`,
        path,
        lastKeyOf(horizon),
      ).first<{ stands: number | null; seen: number }>()
      if (row?.stands) return 'public'
      return row?.seen ? 'withdrawn' : 'hidden'
    },
  }
  return store
}

type PlaceRow = Place & { walk: number }

/** The places that each of some walks finds, in no order. */
function selectPlaces(query: FeedQuery, state: State, walks: Walk[], bind: Bind): string {
  const selects = walks.map((walk, index) => {
    const keys = selectKeys(query, state, walk, bind)
    return `select ${index} as walk, key, updated_key as updatedKey, weight from release
      where ${walk.by === 'key' ? 'key' : 'updated_key'} in (${keys})`
  })
  return selects.join(' union all ')
}

/**
 * The places that were found last. The validators of a document, the document, and the same in other
 * formats are made of the same walks, one after the other. A revision and a horizon that come again
 * give the same places; a database that was put back may come to the revision, but not in that second.
 */
function createRecentPlaces() {
  const recent = createRemembered(
    rooms.places,
    (walks: Place[][]) => walks.flat().length * sizeOfPlace,
    longestQuestion,
  )
  const keyOf = (query: FeedQuery, { revision, since, horizon }: State, walks: Walk[]) =>
    JSON.stringify([revision, since, horizon, query, walks])
  return {
    get: (query: FeedQuery, state: State, walks: Walk[]) => recent.get(keyOf(query, state, walks)),
    note(query: FeedQuery, state: State, walks: Walk[], rows: PlaceRow[]): Place[][] {
      const places = walks.map(({ by, towards }, index) => {
        const sign = towards === 'newer' ? 1 : -1
        return rows
          .filter(({ walk }) => walk === index)
          .toSorted((a, b) => sign * (a[by] - b[by]))
          .map(({ key, updatedKey, weight }) => ({ key, updatedKey, weight }))
      })
      recent.set(keyOf(query, state, walks), places)
      return places
    },
  }
}

/**
 * Second of the last change of the release `one` or of what is said about it beside its own text:
 * language versions, corrections, what it corrects, what replaces it. What becomes public changes it. `last`
 * is the last key that is public.
 */
function changed(last: string): string {
  const latest = (releases: string) =>
    `coalesce((select max(other.changed) from release as other where other.key <= ${last} and ${releases}), 0)`
  return `max(
    ${latest('other.slug = one.slug')},
    ${latest('other.key in (select key from correction where corrected = one.slug and language = one.language)')},
    ${latest("other.slug = one.document ->> '$.corrects' and other.language = one.language")},
    ${latest("other.slug = one.document ->> '$.withdrawn.replacedBy' and other.language = one.language")}
  )`
}

const columns = 'key, updated_key as updatedKey, document'

type ReleaseRow = { key: number; updatedKey: number; changed: number; document: string }

function toRelease(
  database: Database,
  { key, updatedKey, changed, document }: ReleaseRow,
): StoredRelease {
  const release = readStored<Omit<Release, 'published' | 'updated'>>(database, document)
  const [published, updated] = [secondOf(key), secondOf(updatedKey)]
  return { ...release, published, updated, updatedKey, changed }
}
