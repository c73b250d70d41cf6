import { keyAt, secondOf } from '../domain/key.ts'
import type { Place, State } from '../domain/release-store.ts'
import { type Month, monthsBetween, type TimeRange, yearsBetween } from '../domain/time.ts'
import { type Database, statement } from './database.ts'
import { fullTextQuery } from './full-text-query.ts'
import type { SearchedQuery } from './searched-query.ts'

/** A page offers no more months than a century has. Of a longer time the years are looked for first. */
const mostMonths = 1200

/** The months of the site's time zone between two places that have releases which answer a question, newest first. */
export async function findMonths(
  database: Database,
  query: SearchedQuery,
  state: State,
  { oldest, newest }: { oldest: Place; newest: Place },
): Promise<Month[]> {
  const { site } = state
  const [first, last] = [secondOf(oldest.key), secondOf(newest.key)]
  const matching = fullTextQuery(query, state)
  const years = yearsBetween(first, last, site.timezone)
  const isLong = years.length * 12 > mostMonths
  const stretches = isLong ? await keepFilled(database, matching, years, newest) : years
  const months = stretches.flatMap(({ from, below }) =>
    monthsBetween(Math.max(from, first), Math.min(below - 1, last), site.timezone),
  )
  return (await keepFilled(database, matching, months, newest)).slice(0, mostMonths)
}

/** Those of some stretches of time in which something is found up to the newest place. */
async function keepFilled<Some extends TimeRange>(
  database: Database,
  matching: string,
  stretches: Some[],
  newest: Place,
): Promise<Some[]> {
  const bounds = stretches.map(({ from, below }) => [
    keyAt(from),
    Math.min(keyAt(below) - 1, newest.key),
  ])
  const { results } = await statement(
    database,
    `select key from json_each(?1) as stretch where exists (
       select 1 from release_words where release_words match ?2
         and rowid >= stretch.value ->> 0 and rowid <= stretch.value ->> 1
     ) order by key`,
    JSON.stringify(bounds),
    matching,
  ).all<{ key: number }>()
  return results.map(({ key }) => stretches[key]!)
}
