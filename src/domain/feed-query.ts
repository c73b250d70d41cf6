import { DomainError } from './errors.ts'
import { searchWords } from './text.ts'
import type { Site } from './site.ts'
import type { TopicExpression } from './topic-expression.ts'

/** What a feed is about. In canonical form: equal questions are equal values. */
export type FeedQuery = {
  /** A language of the site, or `all`. */
  language: string
  /** Which topics, publishers and kinds. */
  topics: TopicExpression
  /** Words that a release must all contain: folded, sorted, without repetition. */
  words: string[]
  /** Withdrawn releases instead of those that stand. */
  withdrawn?: boolean
}

/** The question for every release that stands, in a language or in `all`. */
export function allReleases(language: string): FeedQuery {
  return { language, topics: [], words: [] }
}

/** Whether a question asks for every release that stands in its language. */
export function isUnfiltered({ topics, words, withdrawn = false }: FeedQuery): boolean {
  return topics.length + words.length === 0 && !withdrawn
}

const mostWords = 8

/** The words of `?q=` in canonical form. Throws `invalid` for more than eight. */
export function parseSearch(text: string): string[] {
  const words = [...new Set(searchWords(text.slice(0, 2000)))].toSorted()
  if (words.length > mostWords) {
    throw new DomainError(
      'invalid',
      `A search takes at most ${mostWords} words, and this one has ${words.length}. Leave some out.`,
      { reason: 'too-many-words' },
    )
  }
  return words
}

/** The language a path segment names, in any case, or undefined. */
export function findLanguage(segment: string, site: Site): string | undefined {
  const wanted = segment.toLowerCase()
  return ['all', ...site.languages].find((language) => language === wanted)
}

/** The language that texts around a list of releases are written in. */
export function textLanguage(query: FeedQuery, site: Site): string {
  return query.language === 'all' ? site.languages[0]! : query.language
}
