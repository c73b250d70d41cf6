// What a change writes for the Last-Modified of others: the column `changed` of releases beside the changed
// ones, and the table `departure`.
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { ReleaseKeys } from '../domain/publishing.ts'
import type { AssignedKeys } from './assign-keys.ts'
import { chunks } from './chunks.ts'
import { type Database, statement, type Statement } from './database.ts'
import { withEvent } from './find-places.ts'
import { inBatches } from './staging.ts'
import { selectTerms } from './under-terms.ts'

/** A public release that a change alters or removes, as it is before the change. */
export type AffectedRelease = Omit<ReleaseKeys, 'isHistory'> & { slug: string; language: string }

const selectAffected =
  'select key, updated_key as updatedKey, id, slug, language from release where key <= ?1'

/** The releases that are public at `second` and that a change alters or removes. */
export async function findAffectedReleases(
  database: Database,
  batches: string[],
  removed: string[],
  second: number,
): Promise<AffectedRelease[]> {
  const last = lastKeyOf(second)
  const found = [
    await statement(
      database,
      `${selectAffected} and (id in (select id from incoming where ${inBatches('?2')})
         or source in (select source from incoming where ${inBatches('?2')}))`,
      last,
      JSON.stringify(batches),
    ).all<AffectedRelease>(),
  ]
  for (const chunk of chunks(removed)) {
    found.push(
      await statement(
        database,
        `${selectAffected} and source in (select value from json_each(?2))`,
        last,
        JSON.stringify(chunk),
      ).all<AffectedRelease>(),
    )
  }
  return found.flatMap(({ results }) => results)
}

/** Moves the Last-Modified of the language versions beside affected releases, and of feeds that these may leave. */
export function touchAffected(
  database: Database,
  affected: AffectedRelease[],
  { assigned, reweighed }: AssignedKeys,
  second: number,
): Statement[] {
  const keys = new Map(assigned.map((one) => [one.id, one]))
  // Where a release is no longer, or no longer in the same archive.
  const leaving = affected.filter(({ id, updatedKey }) => {
    const stays = keys.get(id)
    const isMoved = !stays || secondOf(stays.key) > second || stays.updatedKey !== updatedKey
    return isMoved || reweighed.includes(id)
  })
  return [
    statement(
      database,
      'update release set changed = max(changed, ?) where slug in (select value from json_each(?))',
      second,
      JSON.stringify(affected.map(({ slug }) => slug)),
    ),
    statement(
      database,
      `insert or replace into departure (topic, language, since)
       select distinct term, language, ?1
       from (${selectTerms('release.key in (select value from json_each(?2))')})`,
      second,
      JSON.stringify(affected.map(({ key }) => key)),
    ),
    // One may stay and lose its event.
    statement(
      database,
      `insert or replace into departure (topic, language, since)
       select distinct '${withEvent}', language, ? from release
       where key in (select value from json_each(?)) and document -> '$.event' is not null`,
      second,
      JSON.stringify(affected.map(({ key }) => key)),
    ),
    statement(
      database,
      `insert or replace into departure (topic, language, since)
       select '', value, ? from json_each(?)`,
      second,
      JSON.stringify([...new Set(leaving.map(({ language }) => language))]),
    ),
  ]
}

/**
 * Moves the Last-Modified of a release that corrects one of these, is corrected by one, or is replaced by one:
 * documents say so beside it. Runs before and after the change, because the relations may change with it.
 */
export function touchRelated(
  database: Database,
  releases: { id: string }[],
  second: number,
): Statement[] {
  if (releases.length === 0) return []
  const ids = JSON.stringify(releases.map(({ id }) => id))
  const them = 'select key from release where id in (select value from json_each(?2))'
  return [
    statement(
      database,
      `update release set changed = max(changed, ?1) where key in (
         select key from correction where (corrected, language) in (
           select slug, language from release where key in (${them})
         )
       )`,
      second,
      ids,
    ),
    statement(
      database,
      // As a row value in (…), SQLite would scan the whole table for them.
      `update release set changed = max(changed, ?1) where key in (
         select named.key from release as one cross join release as named
           on named.language = one.language
           and named.slug in (one.document ->> '$.corrects', one.document ->> '$.withdrawn.replacedBy')
         where one.key in (${them})
       )`,
      second,
      ids,
    ),
    statement(
      database,
      `update release set changed = max(changed, ?1)
       where withdrawn = 1 and (document ->> '$.withdrawn.replacedBy', language) in (
         select slug, language from release where key in (${them})
       )`,
      second,
      ids,
    ),
  ]
}

/**
 * Moves the Last-Modified of feeds without a term that a release has come under, since it leaves them, and of
 * archives that a release from the past comes into. Runs after the change.
 */
export function touchArrivals(
  database: Database,
  affected: AffectedRelease[],
  fromThePast: ReleaseKeys[],
  second: number,
): Statement[] {
  const ids = (releases: { id: string }[]) => JSON.stringify(releases.map(({ id }) => id))
  return [
    statement(
      database,
      `insert or replace into departure (topic, language, since)
       select distinct term, language, ?1
       from (${selectTerms('release.id in (select value from json_each(?2))')})`,
      second,
      ids([...affected, ...fromThePast]),
    ),
    statement(
      database,
      `insert or replace into departure (topic, language, since)
       select distinct '', language, ? from release where id in (select value from json_each(?))`,
      second,
      ids(fromThePast),
    ),
  ]
}
