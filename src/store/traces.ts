import type { Place } from '../domain/publishing.ts'
import { chunks } from './chunks.ts'
import type { Database, Statement } from './database.ts'
import type { Placed } from './placing.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** A release that readers see before a change that concerns it. */
export type Touched = Omit<Place, 'isHistory'> & { slug: string; language: string }

/**
 * What a change leaves behind beside the releases themselves: the seconds from which the validators of
 * feeds and pages around them are computed.
 */
export function createTraces(database: Database) {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)

  return { findTouched, touch, touchRelated, noteArrivals }

  /** The public releases that a change alters or removes, as they are before it. */
  async function findTouched(batch: string, removed: string[], now: number): Promise<Touched[]> {
    const found = [
      await prepare(
        `select published, updated, id, slug, language from release
         where published <= ?2 and (id in (select id from incoming where batch = ?1)
           or source in (select source from incoming where batch = ?1))`,
        batch,
        now,
      ).all<Touched>(),
    ]
    for (const chunk of chunks(removed)) {
      found.push(
        await prepare(
          `select published, updated, id, slug, language from release
           where published <= ? and source in (select value from json_each(?))`,
          now,
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
  function touch(
    touched: Touched[],
    { placed, reweighed }: Placed,
    now: number,
    moment: number,
  ): Statement[] {
    const places = new Map(placed.map((one) => [one.id, one]))
    // Where a release is no longer, or no longer in the same archive.
    const leaving = touched.filter(({ id, updated }) => {
      const stays = places.get(id)
      const isMoved = !stays || stays.published > now || stays.updated !== updated
      return isMoved || reweighed.includes(id)
    })
    return [
      prepare(
        'update release set changed = max(changed, ?) where slug in (select value from json_each(?))',
        moment,
        JSON.stringify(touched.map(({ slug }) => slug)),
      ),
      noteTopics(touched, moment),
      prepare(
        `insert or replace into departure (topic, language, since)
         select '', value, ? from json_each(?)`,
        moment,
        JSON.stringify([...new Set(leaving.map(({ language }) => language))]),
      ),
    ]
  }

  /**
   * What is said about others changes with them: a release that corrects one, is corrected by one, or
   * takes the place of one. Called before and after the change, because it may name others.
   */
  function touchRelated(places: { id: string }[], moment: number): Statement[] {
    if (places.length === 0) return []
    const ids = JSON.stringify(places.map(({ id }) => id))
    const them = 'select published from release where id in (select value from json_each(?2))'
    return [
      prepare(
        `update release set changed = max(changed, ?1) where published in (
           select published from correction where (corrected, language) in (
             select slug, language from release where published in (${them})
           )
         )`,
        moment,
        ids,
      ),
      prepare(
        // Asked for as pairs, they are looked for along the whole table.
        `update release set changed = max(changed, ?1) where published in (
           select named.published from release as one cross join release as named
             on named.language = one.language
             and named.slug in (one.document ->> '$.corrects', one.document ->> '$.withdrawn.replacedBy')
           where one.published in (${them})
         )`,
        moment,
        ids,
      ),
      prepare(
        `update release set changed = max(changed, ?1)
         where withdrawn = 1 and (document ->> '$.withdrawn.replacedBy', language) in (
           select slug, language from release where published in (${them})
         )`,
        moment,
        ids,
      ),
    ]
  }

  function noteTopics(touched: Touched[], moment: number): Statement {
    return prepare(
      `insert or replace into departure (topic, language, since)
       select distinct broader, language, ? from ${releasesUnderTopics}
       where published in (select value from json_each(?))`,
      moment,
      JSON.stringify(touched.map(({ published }) => published)),
    )
  }

  /**
   * A topic that a release has come under takes it out of the feeds without that topic, and what comes
   * from the past changes archives.
   */
  function noteArrivals(touched: Touched[], history: Place[], moment: number): Statement[] {
    const ids = (places: { id: string }[]) => JSON.stringify(places.map(({ id }) => id))
    return [
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct broader, language, ? from ${releasesUnderTopics}
         where release.id in (select value from json_each(?))`,
        moment,
        ids([...touched, ...history]),
      ),
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct '', language, ? from release where id in (select value from json_each(?))`,
        moment,
        ids(history),
      ),
    ]
  }
}
