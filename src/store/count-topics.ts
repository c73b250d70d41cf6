import { allReleases } from '../domain/feed-query.ts'
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { State, TopicCount } from '../domain/release-store.ts'
import { type Database, statement } from './database.ts'
import { fullTextQuery } from './full-text-query.ts'
import { releasesUnderTopics } from './under-topics.ts'

type CountRow = Omit<TopicCount, 'newest'> & { newest: number | null }

/** How many public releases each topic has in each language, and the second of the newest. */
export async function countByTopic(
  database: Database,
  { horizon, marks }: State,
): Promise<TopicCount[]> {
  const { results } = await statement(
    database,
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
  ).all<CountRow>()
  const unknown = results.filter(({ newest }) => newest === null)
  const found = await findNewest(database, unknown, horizon, marks)
  return results.map((one) => ({ ...one, newest: secondOf(one.newest ?? found.get(one)!) }))
}

/** The newest public key under each of some topics, from the full-text index. */
async function findNewest(
  database: Database,
  rows: CountRow[],
  horizon: number,
  marks: State['marks'],
): Promise<Map<CountRow, number>> {
  const matches = rows.map(({ topic, language }) => {
    const topics = [{ with: [topic], without: [] }]
    return fullTextQuery({ ...allReleases(language), topics }, marks)
  })
  const { results } = await statement(
    database,
    `select (
       select rowid from release_words
       where release_words match value and rowid <= cast(?1 as integer)
       order by rowid desc limit 1
     ) as newest from json_each(?2) order by key`,
    lastKeyOf(horizon),
    JSON.stringify(matches),
  ).all<{ newest: number }>()
  return new Map(rows.map((one, index) => [one, results[index]!.newest]))
}
