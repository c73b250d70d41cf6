import { never } from '../domain/embargo.ts'
import { keyAt, lastKeyOf, placesOfSecond, secondOf } from '../domain/key.ts'
import { allReleases } from '../domain/feed-query.ts'
import type { ReleaseFilter, ReleaseSummary, Viewer } from '../domain/publishing-store.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import { type Database, statement } from './database.ts'
import { fullTextQuery } from './full-text-query.ts'
import { readTopicMarks } from './topic-marks.ts'

type ReleaseSummaryRow = Omit<ReleaseSummary, 'published' | 'updated' | 'isWithdrawn'> & {
  updatedKey: number
  withdrawn: number
}

type Asked = {
  after: Pick<Release, 'slug' | 'language'>
  limit: number
  viewer: Viewer
  filter: ReleaseFilter
  site: Site
}

/** Releases of every state, as authors list them. See `PublishingStore.list`. */
export async function listKept(database: Database, asked: Asked): Promise<ReleaseSummary[]> {
  const { after, limit, viewer, filter } = asked
  const { results } = await statement(
    database,
    `select slug, language, document ->> '$.title' as title, key, updated_key as updatedKey,
       authored as wished, source, hash, origin, withdrawn, ${stateOf('release', '?2')} as state
     from release where (slug, language) > (?3, ?4) and ${isShown}
       and (?6 is null or key in (select rowid from release_words where release_words match ?6))
       and (?7 is null or language in (select value from json_each(?7)))
       and (?8 is null or ${stateOf('release', '?2')} in (select value from json_each(?8)))
       and ${timeOf} >= coalesce(?9, 0) and ${timeOf} < coalesce(?10, ${Number.MAX_SAFE_INTEGER})
     order by slug, language limit ?5`,
    json(viewer.publishers),
    lastKeyOf(viewer.now),
    after.slug,
    after.language,
    limit,
    await termsQuery(database, asked),
    json(filter.languages),
    json(filter.states),
    filter.from === undefined ? null : keyAt(filter.from),
    filter.before === undefined ? null : keyAt(filter.before),
  ).all<ReleaseSummaryRow>()
  return results.map(({ withdrawn, updatedKey, ...line }) => {
    const [published, updated] = [secondOf(line.key), secondOf(updatedKey)]
    return { ...line, published, updated, isWithdrawn: withdrawn === 1 }
  })
}

/** The query for the full-text index, of releases that stand and of those that do not. */
async function termsQuery(
  database: Database,
  { filter: { topics = [] }, site }: Asked,
): Promise<string | null> {
  if (topics.length === 0) return null
  const state = { site, marks: await readTopicMarks(database) }
  const query = { ...allReleases('all'), topics }
  const [standing, withdrawn] = [false, true].map((one) => {
    return fullTextQuery(query, state, { withdrawn: one })
  })
  return `(${standing}) OR (${withdrawn})`
}

function json(list: string[] | undefined): string | null {
  return list ? JSON.stringify(list) : null
}

/** That a release is shown to those who publish for the publishers in ?1, up to the key ?2 (see `maySee`). */
export const isShown = `(release.key <= ?2 or ?1 is null
  or ${publisherOf('release')} in (select value from json_each(?1)))`

/** The key of a release, and of one that readers are never told of that of the time which its author gave it. */
const timeOf = `iif(key < ${keyAt(never)}, key, authored * ${placesOfSecond})`

/** The state of a release, as of the key `last` (`ReleaseState`). */
function stateOf(table: string, last: string): string {
  return `iif(${table}.document -> '$.draft' is not null, 'draft',
    iif(${table}.withdrawn, 'withdrawn', iif(${table}.key > ${last}, 'scheduled', 'public')))`
}

export function publisherOf(table: string): string {
  return `${table}.document ->> '$.publisher'`
}
