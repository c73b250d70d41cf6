import { lastKeyOf } from '../domain/key.ts'
import type { Place, State, Walk } from '../domain/release-store.ts'
import { cacheSizes, createRemembered } from '../domain/remembered.ts'
import { withFormerTerms } from '../domain/term.ts'
import { type Database, statement } from './database.ts'
import { BoundValues, selectKeys } from './full-text-query.ts'
import { lastChangeOf } from './load-releases.ts'
import type { SearchedQuery } from './searched-query.ts'

/** Characters of a question and its walks, as they are remembered. */
const longestQuestion = 5000
/** Bytes that a place takes in memory. */
const sizeOfPlace = 60

type PlaceRow = Place & { walk: number }

/**
 * A cache of the places that were found last. The validators of a document, the document, and the same in other
 * formats are made of the same walks, one after the other. A revision and a horizon that come again
 * give the same places; a database that was restored may come to the revision, but not in that second.
 */
export class PlacesCache {
  readonly #remembered = createRemembered(
    cacheSizes.places,
    (walks: Place[][]) => walks.flat().length * sizeOfPlace,
    longestQuestion,
  )

  get(query: SearchedQuery, state: State, walks: Walk[]): Place[][] | undefined {
    return this.#remembered.get(keyOf(query, state, walks))
  }

  set(query: SearchedQuery, state: State, walks: Walk[], places: Place[][]) {
    this.#remembered.set(keyOf(query, state, walks), places)
  }
}

/** JSON leaves out what is in the map of stems, which follow from the words. */
function keyOf(query: SearchedQuery, { revision, since, horizon }: State, walks: Walk[]): string {
  return JSON.stringify([revision, since, horizon, query, walks])
}

/** Where the releases stand that each of some walks finds, in its order. */
export async function findPlaces(
  database: Database,
  cache: PlacesCache,
  query: SearchedQuery,
  state: State,
  walks: Walk[],
): Promise<Place[][]> {
  const known = cache.get(query, state, walks)
  if (known) return known
  const bound = new BoundValues()
  const sql = selectPlaces(query, state, walks, bound)
  const { results } = await statement(database, sql, ...bound.values).all<PlaceRow>()
  const places = toPlaces(walks, results)
  cache.set(query, state, walks, places)
  return places
}

/**
 * Second of the last change of the releases that some walks find, or of what stands around them; or when a
 * release left or came under a term that the question names.
 */
export async function findLastModified(
  database: Database,
  cache: PlacesCache,
  query: SearchedQuery,
  state: State,
  walks: Walk[],
): Promise<number> {
  // The text of a release may change so that a search no longer finds it.
  if (query.words.length > 0) return state.since
  const bound = new BoundValues()
  const found = selectPlaces(query, state, walks, bound)
  const departures = bound.bind(JSON.stringify(departureTerms(query, state, walks)))
  const { language } = query
  const inLanguage = language === 'all' ? '' : ` and language = ${bound.bind(language)}`
  // The places come along: a document that has changed is made of them right afterwards.
  const { results } = await statement(
    database,
    `with found as materialized (${found})
    select walk, key, updatedKey, weight, null as changed from found
    union all
    select null, null, null, null, max(
      coalesce((
        select max(${lastChangeOf('one', bound.bind(lastKeyOf(state.horizon)))}) from release as one
        where key in (select key from found)
      ), 0),
      coalesce((
        select max(since) from departure
        where topic in (select value from json_each(${departures}))${inLanguage}
      ), 0)
    )`,
    ...bound.values,
  ).all<PlaceRow & { changed: number | null }>()
  cache.set(query, state, walks, toPlaces(walks, results))
  const last = results.find((row) => row.changed !== null)
  return Math.max(last?.changed ?? 0, state.frameSince)
}

/** Stands in `departure` for the term of all releases with an event. No term has this name. */
export const withEvent = ':event'

/** The terms in the table `departure` by which a release can leave the answer; '' stands for all releases. */
function departureTerms({ topics }: SearchedQuery, { site }: State, walks: Walk[]): string[] {
  const named = topics
    .flatMap((group) => [...group.with, ...group.without])
    .flatMap((term) => withFormerTerms(term, site))
  const isOpen = topics.length === 0 || topics.some((group) => group.with.length === 0)
  if (!isOpen) return named
  return [...named, '', ...(walks.some(({ onlyEvents }) => onlyEvents) ? [withEvent] : [])]
}

/** The query for the places that each of some walks finds, in no order. */
function selectPlaces(
  query: SearchedQuery,
  state: State,
  walks: Walk[],
  bound: BoundValues,
): string {
  const selects = walks.map((walk, index) => {
    const keys = selectKeys(query, state, walk, bound)
    return `select ${index} as walk, key, updated_key as updatedKey, weight from release
      where ${walk.by === 'key' ? 'key' : 'updated_key'} in (${keys})`
  })
  return selects.join(' union all ')
}

function toPlaces(walks: Walk[], rows: PlaceRow[]): Place[][] {
  return walks.map(({ by, towards }, index) => {
    const sign = towards === 'newer' ? 1 : -1
    return rows
      .filter(({ walk }) => walk === index)
      .toSorted((a, b) => sign * (a[by] - b[by]))
      .map(({ key, updatedKey, weight }) => ({ key, updatedKey, weight }))
  })
}
