import type { FeedQuery } from '../domain/feed-query.ts'
import type { Walk } from '../domain/release-store.ts'
import { searchTokens } from '../domain/text.ts'
import type { Group } from '../domain/topic-expression.ts'

/** Gives a value its place among those bound to a statement; equal values share one. */
export type Bind = (value: string | number) => string

/** An expression of the statement around. */
type Sql = { sql: string }

/** A walk whose bounds may come from the statement around it. */
type BoundWalk = Omit<Walk, 'from' | 'below'> & {
  from?: number | Sql | undefined
  below?: number | Sql | undefined
}

/** D1 binds at most 100 values to a statement, and most of a question's values repeat. */
export function createBind(): { bind: Bind; values: (string | number)[] } {
  const values: (string | number)[] = []
  const bind = (value: string | number) => {
    if (!values.includes(value)) values.push(value)
    return `?${values.indexOf(value) + 1}`
  }
  return { bind, values }
}

/**
 * The seconds, of publication or of the last material change, of the releases that answer a question
 * and were published no later than `horizon`, in the order of a walk. Each group walks the index of
 * its first topic and asks for the rest as it goes; several groups are merged on the way.
 */
export function selectSeconds(
  query: FeedQuery,
  horizon: number,
  walk: BoundWalk,
  bind: Bind,
): string {
  const parts = selectGroups(query, horizon, walk, bind)
  const unions = [parts.slice(0, mostInUnion), parts.slice(mostInUnion)]
    .filter((some) => some.length > 0)
    .map((some) => some.join(' union '))
  const [first = '', second] = unions
  const both = second ? `select * from (${first}) union select * from (${second})` : first
  const order = walk.towards === 'newer' ? 'asc' : 'desc'
  return `${both} order by second ${order} limit ${bind(walk.limit)}`
}

/** Whether any release answers a question between two seconds that the statement around names. */
export function answersBetween(
  query: FeedQuery,
  horizon: number,
  bounds: { from: Sql; below: Sql },
  bind: Bind,
): string {
  const walk = { by: 'published' as const, limit: 1, ...bounds }
  const parts = selectGroups(query, horizon, walk, bind)
  return parts.map((part) => `exists (${part})`).join(' or ')
}

function selectGroups(query: FeedQuery, horizon: number, walk: BoundWalk, bind: Bind): string[] {
  const groups = query.topics.length > 0 ? query.topics : [{ with: [], without: [] }]
  return groups.map((group) => selectGroup(group, query, horizon, walk, bind))
}

/** D1 allows no more to a compound select. An expression has at most eight groups. */
const mostInUnion = 5

function selectGroup(
  group: Group,
  { language, words, withdrawn: isOfWithdrawn = false }: FeedQuery,
  horizon: number,
  { by, withdrawn = isOfWithdrawn, onlyNews, from, below }: BoundWalk,
  bind: Bind,
): string {
  const [first, ...others] = group.with
  const bound = (second: number | Sql) => (typeof second === 'number' ? bind(second) : second.sql)
  const table = first === undefined ? 'release' : 'release_topic'
  // Without a language no index has the second of publication behind `withdrawn`: the key itself has.
  const isAlongKey = by === 'published' && first === undefined && language === 'all'
  const conditions = [
    `${isAlongKey ? '+' : ''}one.withdrawn = ${bind(Number(withdrawn))}`,
    // The sign keeps SQLite from walking along the wrong second, and sorting all it finds.
    `${by === 'updated' ? '+' : ''}one.published <= ${bind(horizon)}`,
  ]
  if (first !== undefined) conditions.push(`one.topic = ${bind(first)}`)
  if (language !== 'all') conditions.push(`one.language = ${bind(language)}`)
  if (from !== undefined) conditions.push(`one.${by} >= ${bound(from)}`)
  if (below !== undefined) conditions.push(`one.${by} < ${bound(below)}`)
  if (onlyNews && table === 'release') conditions.push('one.history = 0')
  else if (onlyNews) conditions.push(`not exists (${ofHistory})`)
  for (const topic of others) conditions.push(`exists (${withTopic(bind(topic))})`)
  for (const topic of group.without) conditions.push(`not exists (${withTopic(bind(topic))})`)
  if (words.length > 0) conditions.push('one.published in (select published from found)')
  return `select one.${by} as second from ${table} as one where ${conditions.join(' and ')}`
}

const ofHistory = 'select 1 from release where release.published = one.published and history = 1'

function withTopic(topic: string): string {
  return `select 1 from release_topic as other where other.topic = ${topic} and other.published = one.published`
}

/**
 * What stands before a statement with `selectSeconds`: the releases with the words of the question,
 * found once for all its walks.
 */
export function withFound({ words }: FeedQuery, bind: Bind): string {
  if (words.length === 0) return ''
  const found = `select rowid as published from release_words where release_words match ${bind(match(words))}`
  return `with found as materialized (${found}) `
}

/** FTS5 section 3: strings side by side must all be found; a string of several tokens is a phrase. */
function match(words: string[]): string {
  return words.map((word) => `"${searchTokens(word)}"`).join(' ')
}
