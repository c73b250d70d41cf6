import { DomainError } from './errors.ts'
import type { Vocabulary } from './topic.ts'

/** Topics that a release must all have, and topics it must not have. Sorted slugs. */
export type Group = { with: string[]; without: string[] }

/** Groups joined by “or”, sorted and without repetition. No group at all means every release. */
export type TopicExpression = Group[]

const mostTerms = 8
/** Longer than eight of the longest names, and short enough to be read for nothing. */
const longestText = 2000
/** Long enough for the whole vocabulary of a large office, in an address that servers still accept. */
const longestList = 8000

/**
 * Reads a topic expression as a person or a program wrote it: `a+b` both, `a,b` either, `-a`
 * without; `+` binds tighter, and a space stands for `+`. Names are resolved through the
 * vocabulary. `renamed` tells that an old name was used, so that the address moves.
 *
 * Throws DomainError `not-found` for an unknown topic (with the nearest names) and `invalid` for
 * more than eight terms.
 */
export function parseTopicExpression(
  text: string,
  vocabulary: Vocabulary,
): { expression: TopicExpression; renamed: boolean } {
  if (text.length > longestText) {
    throw new DomainError('invalid', 'This address is too long. Leave some topics out.', {
      reason: 'too-long',
    })
  }
  let renamed = false
  const unknown: string[] = []
  const groups = text.split(',').map((part): Group => {
    const group: Group = { with: [], without: [] }
    for (const term of part.split(/[+\s]+/)) {
      const word = term.replace(/^-+/, '')
      if (!word) continue
      const found = vocabulary.resolve(word)
      if (!found) unknown.push(word)
      else (term.startsWith('-') ? group.without : group.with).push(found.slug)
      renamed ||= found?.renamed ?? false
    }
    return { with: sorted(group.with), without: sorted(group.without) }
  })
  if (unknown.length > 0) throw unknownTopics(unknown, vocabulary)
  const expression = canonical(
    groups.filter((group) => group.with.length + group.without.length > 0),
  )
  if (expression.length === 0)
    throw new DomainError('not-found', 'No topic is named in this address.')
  const terms = expression.reduce((sum, group) => sum + group.with.length + group.without.length, 0)
  if (terms > mostTerms) {
    throw new DomainError(
      'invalid',
      `An address can combine at most ${mostTerms} topics, and this one names ${terms}. Leave some out, or use a broader topic.`,
      { reason: 'too-many-topics' },
    )
  }
  return { expression, renamed }
}

/**
 * Reads a list of topics, parted by commas or spaces: sorted slugs without repetition. `renamed` as
 * above. Throws DomainError `not-found` for an unknown topic.
 */
export function parseTopicList(
  text: string,
  vocabulary: Vocabulary,
): { topics: string[]; renamed: boolean } {
  if (text.length > longestList) {
    throw new DomainError('invalid', 'This address is too long. Leave some topics out.')
  }
  const words = text.split(/[,+\s]+/).filter(Boolean)
  const found = words.map((word) => vocabulary.resolve(word))
  const unknown = words.filter((_, index) => !found[index])
  if (unknown.length > 0) throw unknownTopics(unknown, vocabulary)
  return {
    topics: sorted(found.map((one) => one!.slug)),
    renamed: found.some((one) => one!.renamed),
  }
}

/** The one spelling of an expression: `eu+migration,organised-crime+-drugs`. */
export function formatTopicExpression(expression: TopicExpression): string {
  return expression.map(formatGroup).join(',')
}

function formatGroup(group: Group): string {
  return [...group.with, ...group.without.map((slug) => `-${slug}`)].join('+')
}

function canonical(groups: Group[]): TopicExpression {
  const bySpelling = new Map(groups.map((group) => [formatGroup(group), group]))
  return sorted(bySpelling.keys()).map((spelling) => bySpelling.get(spelling)!)
}

function sorted(words: Iterable<string>): string[] {
  return [...new Set(words)].toSorted()
}

function unknownTopics(words: string[], vocabulary: Vocabulary): DomainError {
  const nearest = [...new Set(words.slice(0, 3).flatMap((word) => vocabulary.nearest(word)))]
  const names = words
    .slice(0, 3)
    .map((word) => `"${word.slice(0, 80)}"`)
    .join(', ')
  const advice = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : ''
  return new DomainError('not-found', `There is no topic ${names}.${advice}`, {
    reason: 'unknown-topic',
    nearest,
  })
}
