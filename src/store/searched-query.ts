import { type FeedQuery, phraseIn } from '../domain/feed-query.ts'
import type { Site } from '../domain/site.ts'
import type { StemsOf } from '../domain/text.ts'

/** Brings the stemmers along for the first search: they are as large as all that reads the store. */
export type LoadStems = () => Promise<StemsOf>

/** For a store in which nobody searches by stems. */
export const withoutStems: LoadStems = async () => () => []

/** A question with the stems that each of its words has in the languages that it asks for. */
export type SearchedQuery = FeedQuery & { stems: ReadonlyMap<string, string[]> }

export async function withStems(
  query: FeedQuery,
  site: Site,
  load: LoadStems,
): Promise<SearchedQuery> {
  const words = query.words.filter((item) => phraseIn(item) === undefined)
  if (words.length === 0) return { ...query, stems: new Map() }
  const stemsOf = await load()
  const languages = query.language === 'all' ? site.languages : [query.language]
  const stems = new Map<string, string[]>()
  for (const word of words) {
    const found = languages.flatMap((language) => stemsOf(word, language))
    stems.set(word, [...new Set(found)])
  }
  return { ...query, stems }
}
