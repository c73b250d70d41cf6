import type { Release } from '../domain/release.ts'
import type { ReleaseStore, StoredRelease, TopicCount, Version } from '../domain/release-store.ts'
import type { Database } from './database.ts'
import { selectLastModified, selectPublished } from './query-sql.ts'
import { createStateReader } from './state.ts'

/** Answers readers in SQL, on node:sqlite and on D1. */
export function createReleaseStore(database: Database): ReleaseStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  return {
    state: createStateReader(database),

    async find(query, state, limit) {
      const { text, values } = selectPublished(query, state.horizon, limit)
      const { results } = await prepare(
        `select ${columns} from release as one where published in (select published from (${text})) order by published desc`,
        state.horizon,
        ...values,
      ).all<ReleaseRow>()
      return results.map(toRelease)
    },

    async lastModified(query, state, limit) {
      // The text of a release may change so that a search no longer finds it.
      if (query.words.length > 0) return state.since
      const { text, values } = selectLastModified(query, state.horizon, limit)
      const row = await prepare(text, ...values).first<{ changed: number }>()
      return Math.max(row?.changed ?? 0, state.frameSince)
    },

    async findRelease(slug, language, { horizon }) {
      const row = await prepare(
        `select ${columns} from release as one
         where language = ?2 and published <= ?1
           and (slug = ?3 or published = (select published from former_slug where slug = ?3 and language = ?2))
         order by slug = ?3 desc limit 1`,
        horizon,
        language,
        slug,
      ).first<ReleaseRow>()
      return row ? toRelease(row) : undefined
    },

    async findVersions(slugs, { horizon, site }) {
      const { results } = await prepare(
        `select slug, language, document ->> 'title' as title from release
         where slug in (select value from json_each(?)) and published <= ?`,
        JSON.stringify(slugs),
        horizon,
      ).all<Version>()
      const order = new Map(site.languages.map((language, index) => [language, index]))
      results.sort((a, b) => (order.get(a.language) ?? 0) - (order.get(b.language) ?? 0))
      return Map.groupBy(results, ({ slug }) => slug)
    },

    async countByTopic({ horizon }) {
      const { results } = await prepare(
        'select topic, language, count(*) as count, max(published) as newest from release_topic where published <= ? group by topic, language',
        horizon,
      ).all<TopicCount>()
      return results
    },
  }
}

/** A version that becomes public changes the releases it belongs to. The first value is the horizon. */
const columns = `published, updated, document, (
  select max(version.changed) from release as version
  where version.slug = one.slug and version.published <= ?1
) as changed`

type ReleaseRow = { published: number; updated: number; changed: number; document: string }

function toRelease({ published, updated, changed, document }: ReleaseRow): StoredRelease {
  const release = JSON.parse(document) as Omit<Release, 'published' | 'updated'>
  return { ...release, published, updated, changed }
}
