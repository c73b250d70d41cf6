import { allReleases } from '../domain/feed-query.ts'
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { State, TopicCount } from '../domain/release-store.ts'
import type { Site } from '../domain/site.ts'
import { presentTerm } from '../domain/term.ts'
import { type Database, statement } from './database.ts'
import { fullTextQuery } from './full-text-query.ts'
import { selectTerms } from './under-terms.ts'

type CountRow = Omit<TopicCount, 'newest'> & { newest: number | null }

/** How many public releases each term has in each language, and the second of the newest. */
export async function countByTopic(database: Database, state: State): Promise<TopicCount[]> {
  const { horizon } = state

  // The sign keeps SQLite from going through all that stands.
  const { results } = await statement(
    database,
    `with coming as (
       select term as topic, language, count(distinct key) as count
       from (${selectTerms('release.key > ?1 and +withdrawn = 0')}) group by term, language
     )
     select one.topic, one.language, one.count - coalesce(coming.count, 0) as count,
       iif(doubtful or newest > ?1, null, newest) as newest
     from topic_count as one left join coming using (topic, language)
     where one.count > coalesce(coming.count, 0)`,
    lastKeyOf(horizon),
  ).all<CountRow>()
  const unknown = results.filter(({ newest }) => newest === null)
  const found = await findNewest(database, unknown, state)
  return joinRenamed(
    results.map((one) => ({ ...one, newest: secondOf(one.newest ?? found.get(one)!) })),
    state.site,
  )
}

/** Releases that name a publisher as it was called count for it. */
function joinRenamed(counts: TopicCount[], site: Site): TopicCount[] {
  if (!site.formerPublishers) return counts
  const present = counts.map((one) => ({ ...one, topic: presentTerm(one.topic, site) }))
  const together = Map.groupBy(present, ({ topic, language }) => `${topic} ${language}`)
  return Array.from(together.values(), (some) => ({
    ...some[0]!,
    count: some.reduce((sum, { count }) => sum + count, 0),
    newest: Math.max(...some.map(({ newest }) => newest)),
  }))
}

/** The newest public key under each of some topics, from the full-text index. */
async function findNewest(
  database: Database,
  rows: CountRow[],
  state: State,
): Promise<Map<CountRow, number>> {
  const matches = rows.map(({ topic, language }) => {
    const topics = [{ with: [topic], without: [] }]
    return fullTextQuery({ ...allReleases(language), topics }, state)
  })
  const { results } = await statement(
    database,
    `select (
       select rowid from release_words
       where release_words match value and rowid <= cast(?1 as integer)
       order by rowid desc limit 1
     ) as newest from json_each(?2) order by key`,
    lastKeyOf(state.horizon),
    JSON.stringify(matches),
  ).all<{ newest: number }>()
  return new Map(rows.map((one, index) => [one, results[index]!.newest]))
}
