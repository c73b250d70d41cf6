import type { FeedQuery } from '../domain/feed-query.ts'
import { lastKeyOf } from '../domain/key.ts'
import type { ReleaseStore, State, StoredRelease } from '../domain/release-store.ts'
import type { Month } from '../domain/time.ts'
import { countByTopic } from './count-topics.ts'
import { type Database, statement } from './database.ts'
import { findMonths } from './find-months.ts'
import { findLastModified, findPlaces, PlacesCache } from './find-places.ts'
import { cutIntoParts, listReleases } from './list-releases.ts'
import { findRelations, findRelease, loadReleases } from './load-releases.ts'
import { type LoadStems, type SearchedQuery, withoutStems, withStems } from './searched-query.ts'
import { StateReader } from './state-reader.ts'

export type ReleaseStoreOptions = {
  /** The state cannot be read while the last migration of the database is another. */
  newest?: string
  /** Where it is recorded what readers are shown. */
  writer?: Database
  /** What finds the stems of words. Without it searches go by the words as they are. */
  loadStems?: LoadStems
}

/** The `ReleaseStore` in SQL, on node:sqlite and on D1. */
export function createReleaseStore(
  database: Database,
  { newest, writer = database, loadStems = withoutStems }: ReleaseStoreOptions = {},
): ReleaseStore {
  const states = new StateReader(database, newest, writer)
  const cache = new PlacesCache()
  const searched = (query: FeedQuery, { site }: State) => withStems(query, site, loadStems)
  return {
    state: (now) => states.read(now),
    revision: () => readRevision(database),
    find: async (query, state, limit) =>
      findNewest(database, cache, await searched(query, state), state, limit),
    places: async (query, state, walks) =>
      findPlaces(database, cache, await searched(query, state), state, walks),
    months: async (query, state) =>
      findAllMonths(database, cache, await searched(query, state), state),
    load: (keys, state) => loadReleases(database, keys, state),
    lastModified: async (query, state, walks) =>
      findLastModified(database, cache, await searched(query, state), state, walks),
    findRelease: (slug, language, state) => findRelease(database, slug, language, state),
    findRelations: (releases, state) => findRelations(database, releases, state),
    countByTopic: (state) => countByTopic(database, state),
    parts: (state, size) => cutIntoParts(database, state, size),
    list: (state, from, limit) => listReleases(database, state, from, limit),
    mediaStatus: (path, state) => readMediaStatus(database, path, state),
  }
}

async function readRevision(database: Database): Promise<number> {
  const row = await statement(database, "select value from state where key = 'revision'").first<{
    value: number
  }>()
  return row?.value ?? 0
}

async function findNewest(
  database: Database,
  cache: PlacesCache,
  query: SearchedQuery,
  state: State,
  limit: number,
): Promise<StoredRelease[]> {
  const [places] = await findPlaces(database, cache, query, state, [{ by: 'key', limit }])
  const keys = places!.map(({ key }) => key)
  return loadReleases(database, keys, state)
}

async function findAllMonths(
  database: Database,
  cache: PlacesCache,
  query: SearchedQuery,
  state: State,
): Promise<Month[]> {
  const ends = await findPlaces(database, cache, query, state, [
    { by: 'key', limit: 1 },
    { by: 'key', towards: 'newer', limit: 1 },
  ])
  const [[newest] = [], [oldest] = []] = ends
  return newest && oldest ? findMonths(database, query, state, { oldest, newest }) : []
}

async function readMediaStatus(
  database: Database,
  path: string,
  { horizon, site }: State,
): Promise<'public' | 'withdrawn' | 'hidden'> {
  if (path === site.logo) return 'public'
  const row = await statement(
    database,
    `select max(withdrawn = 0) as stands, count(*) as seen
     from release_media join release using (key) where path = ?1 and key <= ?2`,
    path,
    lastKeyOf(horizon),
  ).first<{ stands: number | null; seen: number }>()
  if (row?.stands) return 'public'
  return row?.seen ? 'withdrawn' : 'hidden'
}
