import type { FeedQuery } from '../domain/feed-query.ts'
import { searchTokens } from '../domain/text.ts'
import type { Group } from '../domain/topic-expression.ts'

/** SQL with the values for its question marks, in order. */
export type Sql = { text: string; values: (string | number)[] }

/**
 * The seconds of publication of the releases that answer a question, newest first, none later
 * than `horizon`, at most `limit`. Each group walks the index of its first topic from the newest
 * release on and asks for the rest as it goes; several groups are merged on the way.
 */
export function selectPublished(query: FeedQuery, horizon: number, limit: number): Sql {
  const groups = query.topics.length > 0 ? query.topics : [{ with: [], without: [] }]
  const parts = groups.map((group) => selectGroup(group, query, horizon))
  const texts = parts.map(({ text }) => text)
  const unions = [texts.slice(0, mostInUnion), texts.slice(mostInUnion)]
    .filter((some) => some.length > 0)
    .map((some) => some.join(' union '))
  const [first = '', second] = unions
  const both = second ? `select * from (${first}) union select * from (${second})` : first
  return {
    text: `${both} order by published desc limit ?`,
    values: [...parts.flatMap(({ values }) => values), limit],
  }
}

/**
 * The second of the last change of what `selectPublished` answers: of a release in it or of its
 * language versions, or the last time that one left any of the topics the question names.
 */
export function selectLastModified(query: FeedQuery, horizon: number, limit: number): Sql {
  const { text, values } = selectPublished(query, horizon, limit)
  const { language, topics } = query
  const named = topics.flatMap((group) => [...group.with, ...group.without])
  const isOpen = topics.length === 0 || topics.some((group) => group.with.length === 0)
  const departures = JSON.stringify(isOpen ? [...named, ''] : named)
  const inLanguage = language === 'all' ? '' : ' and language = ?'
  return {
    text: `select max(
      coalesce((
        select max(version.changed) from release as version
        where version.published <= ? and version.slug in (
          select slug from release where published in (select published from (${text}))
        )
      ), 0),
      coalesce((
        select max(since) from departure
        where topic in (select value from json_each(?))${inLanguage}
      ), 0)
    ) as changed`,
    values: [horizon, ...values, departures, ...(language === 'all' ? [] : [language])],
  }
}

/** D1 allows no more to a compound select. An expression has at most eight groups. */
const mostInUnion = 5

function selectGroup(group: Group, { language, words }: FeedQuery, horizon: number): Sql {
  const [first, ...others] = group.with
  const table = first === undefined ? 'release' : 'release_topic'
  const conditions: Sql[] = [{ text: 'one.published <= ?', values: [horizon] }]
  if (first !== undefined) conditions.push({ text: 'one.topic = ?', values: [first] })
  if (language !== 'all') conditions.push({ text: 'one.language = ?', values: [language] })
  for (const topic of others) conditions.push({ text: `exists (${withTopic})`, values: [topic] })
  for (const topic of group.without) {
    conditions.push({ text: `not exists (${withTopic})`, values: [topic] })
  }
  if (words.length > 0)
    conditions.push({ text: `one.published in (${withWords})`, values: [match(words)] })
  return {
    text: `select one.published as published from ${table} as one where ${conditions.map(({ text }) => text).join(' and ')}`,
    values: conditions.flatMap(({ values }) => values),
  }
}

const withTopic =
  'select 1 from release_topic as other where other.topic = ? and other.published = one.published'
const withWords = 'select rowid from release_words where release_words match ?'

/** FTS5 section 3: strings side by side must all be found; a string of several tokens is a phrase. */
function match(words: string[]): string {
  return words.map((word) => `"${searchTokens(word)}"`).join(' ')
}
