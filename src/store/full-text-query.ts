import { type FeedQuery, phraseIn } from '../domain/feed-query.ts'
import { lastKeyOf } from '../domain/key.ts'
import type { State, Walk } from '../domain/release-store.ts'
import { partTerm, type Term, withFormerTerms } from '../domain/term.ts'
import { searchTokens, stemMark } from '../domain/text.ts'
import type { Group } from '../domain/topic-expression.ts'
import type { SearchedQuery } from './searched-query.ts'

/** The values bound to a statement; equal ones share a parameter, because D1 binds at most 100. */
export class BoundValues {
  readonly values: (string | number)[] = []

  /** Answers the parameter that stands for a value, as `?3`. */
  bind(value: string | number): string {
    if (!this.values.includes(value)) this.values.push(value)
    return `?${this.values.indexOf(value) + 1}`
  }
}

/**
 * The query for the keys, of publication or of the last material change, of the public releases that answer a
 * question, as a column `found` in the order of a walk. The rowids of the full-text index are those keys, so
 * SQLite goes along it from one release that has all that is asked for to the next.
 */
export function selectKeys(
  query: SearchedQuery,
  state: Pick<State, 'horizon' | 'marks' | 'site'>,
  walk: Walk,
  bound: BoundValues,
): string {
  const { below = Infinity } = walk
  const shown = lastKeyOf(state.horizon)
  const last = Math.min(shown, below - 1)
  if (walk.by === 'key') {
    const table = walk.onlyEvents ? 'event_words' : 'release_words'
    return selectRowids(table, fullTextQuery(query, state, walk), { walk, last, bound })
  }
  const unmovedQuery = fullTextQuery(query, state, { ...walk, isUnmoved: true })
  const unmoved = selectRowids('release_words', unmovedQuery, { walk, last, bound })
  // A release that is public by its key of publication may have changed after the horizon.
  const moved = selectRowids('moved_words', fullTextQuery(query, state, walk), {
    walk,
    last: below - 1,
    bound,
    shown,
  })
  return `select found from (select * from (${unmoved}) union all select * from (${moved})) order by found ${orderOf(walk, bound)}`
}

/** `last` is the last rowid. With `shown`, the last public key, only releases that are public are found. */
type Range = { walk: Walk; last: number; bound: BoundValues; shown?: number }

function selectRowids(
  table: 'release_words' | 'moved_words' | 'event_words',
  matching: string,
  { walk, last, bound, shown }: Range,
): string {
  const match = bound.bind(matching)
  // FTS5 takes whole numbers as bounds, one from above and one from below. Bound ones are floating.
  const bounds = [
    ...(walk.from === undefined ? [] : [` and rowid >= cast(${bound.bind(walk.from)} as integer)`]),
    ...(last === Infinity ? [] : [` and rowid <= cast(${bound.bind(last)} as integer)`]),
  ]
  const isPublic =
    shown === undefined
      ? ''
      : ` and exists (select 1 from release where updated_key = ${table}.rowid and key <= ${bound.bind(shown)})`
  return `select rowid as found from ${table}
      where ${table} match ${match}${bounds.join('')}${isPublic} order by rowid ${orderOf(walk, bound)}`
}

function orderOf({ towards, limit }: Walk, bound: BoundValues): string {
  return `${towards === 'newer' ? 'asc' : 'desc'} limit ${bound.bind(limit)}`
}

/** Which releases a query asks for beside what the question says. `isUnmoved`: those whose two keys are the same. */
type Kind = Pick<Walk, 'withdrawn' | 'onlyNews'> & { isUnmoved?: boolean }

/** The mark of the releases that name a topic so, whatever that means by now. */
export function nameMark(name: string): string {
  return quoted(`\u{e000}m${hex(name)}`)
}

/** The mark of the releases that come under a topic or leave it: see the table `topic_move`. */
export function moveMark(number: number): string {
  return quoted(`\u{e000}x${number}`)
}

/** What all marks of one query have in common. */
type MarkScope = { isWithdrawn: boolean; language: string; state: Pick<State, 'marks' | 'site'> }

/**
 * A question in the query language of FTS5 (its documentation, section 3): marks, which the comment on the view
 * `release_marks` explains, and words. A topic without any mark finds nothing.
 */
export function fullTextQuery(
  {
    language,
    topics,
    words,
    stems = new Map(),
    withdrawn: isOfWithdrawn = false,
  }: FeedQuery & Partial<SearchedQuery>,
  state: Pick<State, 'marks' | 'site'>,
  { withdrawn = isOfWithdrawn, onlyNews = false, isUnmoved = false }: Kind = {},
): string {
  const scope = { isWithdrawn: withdrawn, language, state }
  const kind = isUnmoved ? 'u' : onlyNews ? 'n' : 'p'
  const conditions = [
    topics.length > 0
      ? anyOf(topics.map((one) => groupQuery(one, kind, scope)))
      : mark(kind, scope),
    ...(isUnmoved && onlyNews ? [mark('n', scope)] : []),
    ...wordQueries(words, stems, mark(kind, scope)),
  ]
  return conditions.join(' AND ')
}

/** With this in it, a word is one to the index as well. */
const isSurelyWord = /[a-z0-9]/

/**
 * The conditions that words make. Where a word has stems, these find as much as the word does. `everything` finds all
 * that is asked for otherwise.
 */
function wordQueries(items: string[], stems: SearchedQuery['stems'], everything: string): string[] {
  const stemmed = items.filter((item) => stems.get(item)?.length)
  const plain = items.filter((item) => !stemmed.includes(item))
  const alternatives = stemmed.map((word) => {
    const found = stems.get(word)!
    // Some words are the stem of others and have another one themselves: Swedish gräns, the stem of gränser.
    const marked = [word, ...found].map((stem) => stemMark + stem)
    return anyOf(Array.from(new Set([word, ...found, ...marked]), quoted))
  })
  if (plain.length === 0) return alternatives
  // Side by side all must be found, and what the index takes for no word at all counts for nothing.
  const phrases = plain.map((item) => quoted(searchTokens(phraseIn(item) ?? item)))
  const needsOther = stemmed.length > 0 && !plain.some((item) => isSurelyWord.test(item))
  const others = needsOther ? [everything] : []
  return [...alternatives, `(${[...others, ...phrases].join(' ')})`]
}

function groupQuery({ with: wanted, without }: Group, kind: string, scope: MarkScope): string {
  const under = (term: Term) => underTerm(kind, scope, term)
  // NOT needs something to take away from.
  const all = wanted.length > 0 ? wanted.map(under).join(' AND ') : mark(kind, scope)
  return without.length > 0 ? `((${all}) NOT ${anyOf(without.map(under))})` : `(${all})`
}

function underTerm(kind: string, scope: MarkScope, term: Term): string {
  const { sort, name } = partTerm(term)
  if (sort === 'topic') return underTopic(kind, scope, term)
  if (sort === 'kind') return mark(kind, scope, `k${hex(name)}`)
  // Releases that came through the API keep the name that their publisher had then.
  const publishers = withFormerTerms(term, scope.state.site).map((one) => partTerm(one).name)
  const found = publishers.map((publisher) => mark(kind, scope, `o${hex(publisher)}`))
  return found.length > 1 ? anyOf(found) : found[0]!
}

/** After a topic was moved, some of its releases are marked for that alone: see `removeOldMarks`. */
function underTopic(kind: string, scope: MarkScope, topic: string): string {
  const { number, joining = [], leaving = [] } = scope.state.marks.get(topic) ?? {}
  const marked = mark(kind, scope, `t${number ?? ''}`)
  const joined = `(${mark(kind, scope)} AND ${anyOf(joining.map(moveMark))})`
  const all = joining.length > 0 ? `(${marked} OR ${joined})` : marked
  return leaving.length > 0 ? `(${all} NOT ${anyOf(leaving.map(moveMark))})` : all
}

function mark(kind: string, { isWithdrawn, language }: MarkScope, subject = ''): string {
  const inLanguage = language === 'all' ? '' : hex(language)
  return quoted(`\u{e000}${kind}${isWithdrawn ? 'w' : 's'}${inLanguage}${subject}`)
}

/** The question for what any of some find. */
export function anyOf(alternatives: string[]): string {
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
