import type { FeedQuery } from '../domain/feed-query.ts'
import { lastKeyOf } from '../domain/key.ts'
import type { State, Walk } from '../domain/release-store.ts'
import { searchTokens } from '../domain/text.ts'
import type { Group } from '../domain/topic-expression.ts'

/** Gives a value its place among those bound to a statement; equal values share one. */
export type Bind = (value: string | number) => string

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
 * The keys, of publication or of the last material change, of the releases that answer a question
 * and are public, as a column `found` in the order of a walk. The full-text index is walked along
 * its rowids, which are those keys, and goes from one release that has all that is asked for to
 * the next.
 */
export function selectKeys(
  query: FeedQuery,
  { horizon, marks }: Pick<State, 'horizon' | 'marks'>,
  walk: Walk,
  bind: Bind,
): string {
  const { by, from, below = Infinity, limit, towards } = walk
  const order = `${towards === 'newer' ? 'asc' : 'desc'} limit ${bind(limit)}`
  const select = (table: string, last: number, isUnmoved: boolean, condition = '') => {
    const matching = match(query, marks, { ...walk, isUnmoved })
    // The index takes whole numbers, one from above and one from below. Bound ones are floating.
    const bounds = [
      ...(from === undefined ? [] : [` and rowid >= cast(${bind(from)} as integer)`]),
      ...(last === Infinity ? [] : [` and rowid <= cast(${bind(last)} as integer)`]),
    ]
    return `select rowid as found from ${table}
      where ${table} match ${bind(matching)}${bounds.join('')}${condition} order by rowid ${order}`
  }
  const shown = lastKeyOf(horizon)
  const last = Math.min(shown, below - 1)
  if (by === 'key') return select('release_words', last, false)
  const unmoved = select('release_words', last, true)
  // What was published may have been changed after the horizon.
  const moved = select(
    'moved_words',
    below - 1,
    false,
    ` and exists (select 1 from release where updated_key = moved_words.rowid and key <= ${bind(shown)})`,
  )
  return `select found from (select * from (${unmoved}) union all select * from (${moved})) order by found ${order}`
}

/**
 * A question in the language of FTS5 (its section 3): marks, which the view of them explains, and words.
 * A walk may ask for those that are withdrawn, that are news, and whose two keys are the same. `marks` are
 * the numbers of topics; one without a number finds nothing.
 */
export function match(
  { language, topics, words, withdrawn: isOfWithdrawn = false }: FeedQuery,
  marks: State['marks'],
  {
    withdrawn = isOfWithdrawn,
    onlyNews = false,
    isUnmoved = false,
  }: Pick<Walk, 'withdrawn' | 'onlyNews'> & { isUnmoved?: boolean } = {},
): string {
  const mark = (kind: string, topic?: string) => {
    const tongue = language === 'all' ? '' : hex(language)
    const subject = topic === undefined ? '' : `t${marks.get(topic) ?? ''}`
    return quoted(`\u{e000}${kind}${withdrawn ? 'w' : 's'}${tongue}${subject}`)
  }
  const kind = isUnmoved ? 'u' : onlyNews ? 'n' : 'p'
  const under = (topic: string) => mark(kind, topic)
  const group = ({ with: wanted, without }: Group) => {
    // Nothing can be taken away from nothing.
    const all = wanted.length > 0 ? wanted.map(under).join(' AND ') : mark(kind)
    return without.length > 0 ? `((${all}) NOT ${anyOf(without.map(under))})` : `(${all})`
  }
  const conditions = [
    topics.length > 0 ? anyOf(topics.map(group)) : mark(kind),
    ...(isUnmoved && onlyNews ? [mark('n')] : []),
    // Side by side all must be found, and what the index takes for no word at all counts for nothing.
    ...(words.length > 0 ? [`(${words.map((word) => quoted(searchTokens(word))).join(' ')})`] : []),
  ]
  return conditions.join(' AND ')
}

function anyOf(alternatives: string[]): string {
  return `(${alternatives.join(' OR ')})`
}

function hex(name: string): string {
  const bytes = Array.from(new TextEncoder().encode(name))
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A string of several tokens is a phrase. */
function quoted(tokens: string): string {
  return `"${tokens}"`
}
