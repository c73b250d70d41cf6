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
  /**
   * What a release must all contain: folded words, and words in quotation marks that must stand side by side in
   * these very forms (see `phraseIn`). Sorted, without repetition.
   */
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

/** As they are typed in the languages of Europe, and by telephones. */
const quotationMarks = /["“”„‟«»″＂]/

/**
 * What `?q=` asks for, in canonical form. A quotation mark that is never closed counts for nothing. Throws `invalid`
 * for more than eight words.
 */
export function parseSearch(text: string): string[] {
  const pieces = text.slice(0, 2000).split(quotationMarks)
  const asked = pieces.flatMap((piece, index) => {
    const words = searchWords(piece)
    const isQuoted = index % 2 === 1 && index < pieces.length - 1
    return isQuoted && words.length > 0 ? [`"${words.join(' ')}"`] : words
  })
  const different = [...new Set(asked)].toSorted()
  const count = searchWords(different.join(' ')).length
  if (count > mostWords) {
    throw new DomainError(
      'invalid',
      `A search takes at most ${mostWords} words, and this one has ${count}. Leave some out.`,
      { reason: 'too-many-words' },
    )
  }
  return different
}

/**
 * The questions that have a word less, for each word, and do not ask for everything. Words in quotation marks lose the
 * marks first.
 */
export function withOneLess(query: FeedQuery): FeedQuery[] {
  return query.words
    .map((item) => {
      const others = query.words.filter((other) => other !== item)
      return { ...query, words: parseSearch([...others, phraseIn(item) ?? ''].join(' ')) }
    })
    .filter((one) => !isUnfiltered(one))
}

/** The words between the quotation marks, if an item of a search has them. */
export function phraseIn(item: string): string | undefined {
  return item.startsWith('"') ? item.slice(1, -1) : undefined
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
