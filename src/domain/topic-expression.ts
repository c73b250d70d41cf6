import { DomainError } from './errors.ts'
import {
  inOrderOfTerms,
  ofSort,
  partWord,
  type SortOfTerm,
  sortsOfTerms,
  type Term,
  type Terms,
} from './term.ts'

/** Terms that must all be true of a release, and terms that must not. Both in the order of expressions. */
export type Group = { with: Term[]; without: Term[] }

/** Groups joined by “or”, sorted and without repetition. No group at all means every release. */
export type TopicExpression = Group[]

/** An expression that was read. `renamed` tells that an old name was used, so that the address moves. */
export type ReadExpression = { expression: TopicExpression; renamed: boolean }

const mostTerms = 8
/** Longer than eight of the longest names, and short enough to be read for nothing. */
const longestText = 2000
/** Long enough for the whole vocabulary of a large office, in an address that servers still accept. */
const longestList = 8000
/** No address has room for a longer expression. */
const longestExpression = 200

/**
 * Reads an expression as a person or a program wrote it: `a+b` both, `a,b` either, `-a` without; `+` binds tighter,
 * and a space stands for `+`. Names are resolved.
 *
 * Throws DomainError `not-found` for an unknown term (with the nearest) and `invalid` for more than eight
 * different ones.
 */
export function parseTopicExpression(text: string, terms: Terms): ReadExpression {
  if (text.length > longestText) throw tooLong()
  let renamed = false
  const unknown: string[] = []
  const groups = text.split(',').map((part): Group => {
    const group: Group = { with: [], without: [] }
    for (const written of part.split(/[+\s]+/)) {
      const word = written.replace(/^-+/, '')
      if (!word) continue
      const found = terms.resolve(word)
      if (!found) unknown.push(word)
      else (written.startsWith('-') ? group.without : group.with).push(found.term)
      renamed ||= found?.renamed ?? false
    }
    return group
  })
  if (unknown.length > 0) throw unknownTerms(unknown, terms)
  const expression = canonical(
    groups.filter((group) => group.with.length + group.without.length > 0),
  )
  if (expression.length === 0)
    throw new DomainError('not-found', 'No topic is named in this address.')
  checkNumber(expression)
  return { expression, renamed }
}

/** Reads one word as an expression. Throws as above. */
export function parseTerm(word: string, terms: Terms): ReadExpression {
  if (word.length > longestText) throw tooLong()
  const found = terms.resolve(word)
  if (!found) throw unknownTerms([word], terms)
  return { expression: [{ with: [found.term], without: [] }], renamed: found.renamed }
}

/**
 * Reads a list of terms, parted by commas or spaces: in the order of expressions, without repetition. `renamed` as
 * above. Throws DomainError `not-found` for an unknown one.
 */
export function parseTopicList(text: string, terms: Terms): { topics: Term[]; renamed: boolean } {
  if (text.length > longestList) {
    throw new DomainError('invalid', 'This address is too long. Leave some topics out.')
  }
  const words = text.split(/[,+\s]+/).filter(Boolean)
  const found = words.map((word) => terms.resolve(word))
  const unknown = words.filter((_, index) => !found[index])
  if (unknown.length > 0) throw unknownTerms(unknown, terms)
  return {
    topics: inOrderOfTerms(found.map((one) => one!.term)),
    renamed: found.some((one) => one!.renamed),
  }
}

/** What answers any of some expressions. */
export function anyOf(expressions: TopicExpression[]): TopicExpression {
  return expressions.some((one) => one.length === 0) ? [] : canonical(expressions.flat())
}

/** What answers all of some expressions. Throws `invalid` if they name too many terms, or too often. */
export function allOf(expressions: TopicExpression[]): TopicExpression {
  // The same may be asked for a thousand times.
  const bySpelling = new Map(expressions.map((one) => [formatTopicExpression(one), one]))
  const asking = [...bySpelling.values()].filter((one) => one.length > 0)
  checkNumber(asking.flat())
  return asking.reduce((all, one) => {
    checkSize(one)
    if (all.length === 0) return one
    const joined = canonical(all.flatMap((group) => one.map((other) => joinGroups(group, other))))
    checkSize(joined)
    return joined
  }, [])
}

function checkSize(expression: TopicExpression) {
  if (formatTopicExpression(expression).length > longestExpression) throw tooLong()
}

function joinGroups(one: Group, other: Group): Group {
  return { with: [...one.with, ...other.with], without: [...one.without, ...other.without] }
}

/**
 * An expression as one of topics, one of publishers and one of kinds, which must all be true; empty ones for what it
 * does not ask for. Undefined if it cannot be parted so.
 */
export function partExpression(
  expression: TopicExpression,
): Record<SortOfTerm, TopicExpression> | undefined {
  const [topic = [], publisher = [], kind = []] = sortsOfTerms.map((sort) =>
    canonical(expression.map((group) => groupOf(sort, group))),
  )
  const isProduct = topic.length * publisher.length * kind.length === expression.length
  const parts = { topic: asked(topic), publisher: asked(publisher), kind: asked(kind) }
  // A group that asks for none of a sort has no place among others that do.
  const isWhole = Object.values(parts).every((part) => part.every((group) => formatGroup(group)))
  return isProduct && isWhole ? parts : undefined
}

function asked(part: TopicExpression): TopicExpression {
  return formatTopicExpression(part) === '' ? [] : part
}

/** The terms that an expression asks for. */
export function wantedTerms(expression: TopicExpression): Term[] {
  return [...new Set(expression.flatMap((group) => group.with))]
}

/** The one spelling of an expression: `eu+migration+by:customs,organised-crime+-drugs`. */
export function formatTopicExpression(expression: TopicExpression): string {
  return expression.map(formatGroup).join(',')
}

function formatGroup(group: Group): string {
  return sortsOfTerms
    .map((sort) => groupOf(sort, group))
    .flatMap((one) => [...one.with, ...one.without.map((term) => `-${term}`)])
    .join('+')
}

function groupOf(sort: SortOfTerm, group: Group): Group {
  return { with: ofSort(sort, group.with), without: ofSort(sort, group.without) }
}

function canonical(groups: Group[]): TopicExpression {
  const bySpelling = new Map(
    groups.map((group) => {
      const one = { with: inOrderOfTerms(group.with), without: inOrderOfTerms(group.without) }
      return [formatGroup(one), one]
    }),
  )
  return [...bySpelling.keys()].toSorted().map((spelling) => bySpelling.get(spelling)!)
}

function checkNumber(expression: TopicExpression) {
  const named = new Set(expression.flatMap((group) => [...group.with, ...group.without]))
  if (named.size <= mostTerms) return
  throw new DomainError(
    'invalid',
    `An address can combine at most ${mostTerms} topics, publishers and kinds, and this one names ${named.size}. Leave some out, or use a broader topic.`,
    { reason: 'too-many-topics' },
  )
}

function tooLong(): DomainError {
  return new DomainError('invalid', 'This address is too long. Leave some topics out.', {
    reason: 'too-long',
  })
}

function unknownTerms(words: string[], terms: Terms): DomainError {
  const told = words.slice(0, 3)
  const nearest = [...new Set(told.flatMap((word) => terms.nearest(word)))]
  const sorts = new Set(told.map((word) => partWord(word).sort))
  const sort = sorts.size === 1 ? [...sorts][0]! : undefined
  const names = told
    .map((word) => (sort ? partWord(word).name : word))
    .map((word) => `"${word.slice(0, 80)}"`)
    .join(', ')
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : ''
  const what = sort ?? 'topic, publisher or kind'
  return new DomainError('not-found', `There is no ${what} ${names}.${advice}`, {
    reason: `unknown-${sort ?? 'topic'}`,
    nearest,
  })
}
