import type { FeedQuery } from '../domain/feed-query.ts'
import type { HubRelease } from '../domain/hub-store.ts'
import type { State } from '../domain/release-store.ts'
import { presentPublisher } from '../domain/site.ts'
import { type Term, termFor } from '../domain/term.ts'

/** What a release is found under. */
export function termsOf(
  { topics, publisher, kind }: HubRelease,
  { site, vocabulary }: Pick<State, 'site' | 'vocabulary'>,
): Set<Term> {
  const slugs = topics.flatMap((name) => {
    const found = vocabulary.topics.has(name)
      ? { slug: name, renamed: true }
      : vocabulary.resolve(name)
    // The name of a topic that is gone may be another name of one that is there: that is not meant.
    return found?.renamed ? vocabulary.withBroader(found.slug) : []
  })
  return new Set([
    ...slugs,
    termFor('publisher', presentPublisher(publisher, site) ?? publisher),
    termFor('kind', kind),
  ])
}

/** Whether a feed has a release, which is found under some terms. Searches have no pushes. */
export function hasRelease(
  { language, topics, withdrawn = false }: FeedQuery,
  release: HubRelease,
  terms: ReadonlySet<Term>,
): boolean {
  if (language !== 'all' && language !== release.language) return false
  if (withdrawn && !release.isWithdrawn) return false
  return (
    topics.length === 0 ||
    topics.some((group) => {
      return (
        group.with.every((term) => terms.has(term)) &&
        !group.without.some((term) => terms.has(term))
      )
    })
  )
}

/** Stands for an alternative that requires no term. */
export const anything = ''

/**
 * The terms under which the feed of a question is looked for: of each alternative the required one that fewest
 * releases have.
 */
export function anchorsOf({ topics }: FeedQuery, countOf: (term: Term) => number): Term[] {
  if (topics.length === 0) return [anything]
  const anchors = topics.map(({ with: wanted }) => {
    return wanted.toSorted((a, b) => countOf(a) - countOf(b))[0] ?? anything
  })
  return [...new Set(anchors)]
}
