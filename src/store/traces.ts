import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { Place } from '../domain/publishing.ts'
import { chunks, isOf } from './chunks.ts'
import type { Database, Statement } from './database.ts'
import type { Placed } from './placing.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** A release that readers see before a change that concerns it. */
export type Touched = Omit<Place, 'isHistory'> & { slug: string; language: string }

const touched = 'select key, updated_key as updatedKey, id, slug, language from release'

/**
 * What a change leaves behind beside the releases themselves: the seconds from which the validators of
 * feeds and pages around them are computed.
 */
export function createTraces(database: Database) {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)

  return { findTouched, touch, touchRelated, noteArrivals }

  /** The releases that are public at `second` and that a change alters or removes, as they are before it. */
  async function findTouched(
    batches: string[],
    removed: string[],
    second: number,
  ): Promise<Touched[]> {
    const last = lastKeyOf(second)
    const found = [
      await prepare(
        `${touched} where key <= ?2 and (id in (select id from incoming where ${isOf('?1')})
           or source in (select source from incoming where ${isOf('?1')}))`,
        JSON.stringify(batches),
        last,
      ).all<Touched>(),
    ]
    for (const chunk of chunks(removed)) {
      found.push(
        await prepare(
          `${touched} where key <= ? and source in (select value from json_each(?))`,
          last,
          JSON.stringify(chunk),
        ).all<Touched>(),
      )
    }
    return found.flatMap(({ results }) => results)
  }

  /**
   * Moves the clocks of what a change touches: of the language versions beside the releases, and of
   * the topics the releases may leave.
   */
  function touch(touched: Touched[], { placed, reweighed }: Placed, second: number): Statement[] {
    const places = new Map(placed.map((one) => [one.id, one]))
    // Where a release is no longer, or no longer in the same archive.
    const leaving = touched.filter(({ id, updatedKey }) => {
      const stays = places.get(id)
      const isMoved = !stays || secondOf(stays.key) > second || stays.updatedKey !== updatedKey
      return isMoved || reweighed.includes(id)
    })
    return [
      prepare(
        'update release set changed = max(changed, ?) where slug in (select value from json_each(?))',
        second,
        JSON.stringify(touched.map(({ slug }) => slug)),
      ),
      noteTopics(touched, second),
      prepare(
        `insert or replace into departure (topic, language, since)
         select '', value, ? from json_each(?)`,
        second,
        JSON.stringify([...new Set(leaving.map(({ language }) => language))]),
      ),
    ]
  }

  /**
   * What is said about others changes with them: a release that corrects one, is corrected by one, or
   * takes the place of one. Called before and after the change, because it may name others.
   */
  function touchRelated(places: { id: string }[], second: number): Statement[] {
    if (places.length === 0) return []
    const ids = JSON.stringify(places.map(({ id }) => id))
    const them = 'select key from release where id in (select value from json_each(?2))'
    return [
      prepare(
        `update release set changed = max(changed, ?1) where key in (
           select key from correction where (corrected, language) in (
             select slug, language from release where key in (${them})
           )
         )`,
        second,
        ids,
      ),
      prepare(
        // Asked for as pairs, they are looked for along the whole table.
        `update release set changed = max(changed, ?1) where key in (
           select named.key from release as one cross join release as named
             on named.language = one.language
             and named.slug in (one.document ->> '$.corrects', one.document ->> '$.withdrawn.replacedBy')
           where one.key in (${them})
         )`,
        second,
        ids,
      ),
      prepare(
        `update release set changed = max(changed, ?1)
         where withdrawn = 1 and (document ->> '$.withdrawn.replacedBy', language) in (
           select slug, language from release where key in (${them})
         )`,
        second,
        ids,
      ),
    ]
  }

  function noteTopics(touched: Touched[], second: number): Statement {
    return prepare(
      `insert or replace into departure (topic, language, since)
       select distinct broader, language, ? from ${releasesUnderTopics}
       where release.key in (select value from json_each(?))`,
      second,
      JSON.stringify(touched.map(({ key }) => key)),
    )
  }

  /**
   * A topic that a release has come under takes it out of the feeds without that topic, and what comes
   * from the past changes archives.
   */
  function noteArrivals(touched: Touched[], history: Place[], second: number): Statement[] {
    const ids = (places: { id: string }[]) => JSON.stringify(places.map(({ id }) => id))
    return [
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct broader, language, ? from ${releasesUnderTopics}
         where release.id in (select value from json_each(?))`,
        second,
        ids([...touched, ...history]),
      ),
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct '', language, ? from release where id in (select value from json_each(?))`,
        second,
        ids(history),
      ),
    ]
  }
}
