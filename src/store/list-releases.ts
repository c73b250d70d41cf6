// Public releases along the key of the last material change, as sitemaps list them.
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { Listed, State } from '../domain/release-store.ts'
import { type Database, statement } from './database.ts'

/** The first and the last key of each part of `size` releases, oldest first. */
export async function cutIntoParts(
  database: Database,
  { horizon }: State,
  size: number,
): Promise<{ first: number; last: number }[]> {
  // The sign keeps SQLite on the index of the key of change, which alone has all that is asked.
  // Bound numbers are floating ones, and dividing by one would not cut anything off.
  const { results } = await statement(
    database,
    `select min(updated_key) as first, max(updated_key) as last from (
       select updated_key, row_number() over (order by updated_key) - 1 as place
       from release where withdrawn = 0 and +key <= ?1
     ) group by place / cast(?2 as integer) order by first`,
    lastKeyOf(horizon),
    size,
  ).all<{ first: number; last: number }>()
  return results
}

type ListedRow = Omit<Listed, 'languages' | 'updated'> & {
  languages: string | null
  updatedKey: number
  url: string | null
}

/** Releases that stand and live here, from a key on, oldest first. */
export async function listReleases(
  database: Database,
  { horizon, site }: State,
  from: number,
  limit: number,
): Promise<Listed[]> {
  // The signs keep it on the index of slugs.
  const { results } = await statement(
    database,
    `select slug, language, updated_key as updatedKey, document ->> 'url' as url, (
       select group_concat(language) from release as other
       where other.slug = one.slug and +other.withdrawn = 0 and +other.key <= ?1
         and other.document ->> 'url' is null
     ) as languages
     from release as one
     where withdrawn = 0 and +key <= ?1 and updated_key >= ?2 order by updated_key limit ?3`,
    lastKeyOf(horizon),
    from,
    limit,
  ).all<ListedRow>()
  const ours = results.filter(({ url }) => url === null)
  return ours.map(({ slug, language, languages, updatedKey }) => {
    const found = languages?.split(',') ?? []
    return {
      slug,
      language,
      updated: secondOf(updatedKey),
      languages: site.languages.filter((one) => found.includes(one)),
    }
  })
}
