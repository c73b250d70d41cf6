import { nearest } from './nearest.ts'
import { type Kind, kinds } from './kind.ts'
import { presentPublisher, type Retirement, type Site } from './site.ts'
import { fold } from './text.ts'
import type { Vocabulary } from './topic.ts'

/**
 * What an expression names: a topic by its slug, a publisher as `by:customs`, or a kind as `kind:speech`. No
 * slug has a colon.
 */
export type Term = string

/** What sorts of terms there are, in the order in which expressions have them. */
export const sortsOfTerms = ['topic', 'publisher', 'kind'] as const
export type SortOfTerm = (typeof sortsOfTerms)[number]

const prefixes = { topic: '', publisher: 'by:', kind: 'kind:' }

/** The term for what is called so among things of its sort. */
export function termFor(sort: SortOfTerm, name: string): Term {
  return prefixes[sort] + name
}

/** Takes a term apart. */
export function partTerm(term: Term): { sort: SortOfTerm; name: string } {
  const start = term.slice(0, term.indexOf(':') + 1)
  const sort = start && sortsOfTerms.find((one) => prefixes[one] === start)
  return sort ? { sort, name: term.slice(start.length) } : { sort: 'topic', name: term }
}

/** The kind that a term names. */
export function kindIn(term: Term): Kind | undefined {
  const { sort, name } = partTerm(term)
  return sort === 'kind' ? kinds.find((kind) => kind === name) : undefined
}

/** Those of some terms that are of a sort. */
export function ofSort(sort: SortOfTerm, terms: Iterable<Term>): Term[] {
  return [...terms].filter((term) => partTerm(term).sort === sort)
}

/** In the order that expressions have, without repetition. */
export function inOrderOfTerms(terms: Iterable<Term>): Term[] {
  const all = [...new Set(terms)].toSorted()
  return sortsOfTerms.flatMap((sort) => ofSort(sort, all))
}

/** Everything that expressions can name. */
export type Terms = {
  /** The term that a word means: a topic by any of its names, `by:` and a name of a publisher, `kind:` and a kind. */
  resolve(word: string): { term: Term; renamed: boolean } | undefined
  /** Terms with names like this word, nearest first. */
  nearest(word: string): Term[]
}

export function createTerms(site: Site, vocabulary: Vocabulary): Terms {
  // Made for the first publisher that is not asked for by its slug.
  let names: Map<string, string> | undefined
  const publisherNames = () => (names ??= namesOfPublishers(site))

  function resolvePublisher(name: string): { term: Term; renamed: boolean } | undefined {
    const slug = Object.hasOwn(site.publishers, name) ? name : publisherNames().get(fold(name))
    const present = slug && presentPublisher(slug, site)
    return present ? { term: termFor('publisher', present), renamed: present !== slug } : undefined
  }

  function resolve(word: string): { term: Term; renamed: boolean } | undefined {
    const { sort, name } = partWord(word)
    if (sort === 'publisher') return resolvePublisher(name)
    if (sort === 'kind') {
      const kind = kinds.find((one) => one === fold(name))
      return kind && { term: termFor('kind', kind), renamed: false }
    }
    const found = vocabulary.resolve(name)
    return found && { term: found.slug, renamed: found.renamed }
  }

  return {
    resolve,
    nearest(word) {
      const { sort, name } = partWord(word)
      if (sort === 'publisher') {
        const alike = nearest(fold(name.slice(0, longestWord)), publisherNames().keys(), 12)
        const found = alike.flatMap((one) => resolvePublisher(one)?.term ?? [])
        return [...new Set(found)].slice(0, 3)
      }
      if (sort === 'kind') {
        const alike = nearest(fold(name.slice(0, longestWord)), kinds)
        return (alike.length > 0 ? alike : kinds).map((kind) => termFor('kind', kind))
      }
      const ofOtherSorts = (['publisher', 'kind'] as const).flatMap(
        (other) => resolve(termFor(other, name))?.term ?? [],
      )
      return [...ofOtherSorts, ...vocabulary.nearest(name)]
    },
  }
}

/** The longest word for which similar names are searched. */
const longestWord = 200

/** A word taken apart, as somebody wrote it. Whatever stands before another colon belongs to the name. */
export function partWord(word: string): { sort: SortOfTerm; name: string } {
  const start = word.slice(0, word.indexOf(':') + 1)
  const { sort } = partTerm(start.toLowerCase())
  return sort === 'topic' ? { sort, name: word } : { sort, name: word.slice(start.length) }
}

/** Slugs of publishers by their names in the form in which these are compared; a slug wins over a name. */
function namesOfPublishers({ publishers, formerPublishers = {} }: Site): Map<string, string> {
  const slugs = [...Object.keys(publishers), ...Object.keys(formerPublishers)]
  const labels = Object.entries(publishers).flatMap(([slug, { name }]) =>
    Object.values(name).map((text) => [fold(text), slug] as const),
  )
  const names = new Map<string, string>()
  for (const [name, slug] of [...slugs.map((slug) => [fold(slug), slug] as const), ...labels]) {
    if (name && !names.has(name)) names.set(name, slug)
  }
  return names
}

/** The term of a publisher that was renamed, or the same. */
export function presentTerm(term: Term, site: Site): Term {
  const { sort, name } = partTerm(term)
  if (sort !== 'publisher') return term
  return termFor(sort, presentPublisher(name, site) ?? name)
}

/** A term with those that it had before, which releases in the store may still have. */
export function withFormerTerms(term: Term, { formerPublishers = {} }: Site): Term[] {
  const { sort, name } = partTerm(term)
  if (sort !== 'publisher') return [term]
  const former = Object.keys(formerPublishers).filter((old) => formerPublishers[old] === name)
  return [term, ...former.map((old) => termFor(sort, old))]
}

/** The terms that end at some time, or have ended. One by one: each state asks for them, and topics may be thousands. */
export function* endingTerms(
  { publishers }: Site,
  topics: Iterable<{ slug: string; retired?: Retirement | undefined }>,
): Generator<{ term: Term; retired: Retirement }> {
  for (const { slug, retired } of topics) if (retired) yield { term: slug, retired }
  for (const [slug, { retired }] of Object.entries(publishers)) {
    if (!retired) continue
    const replacedBy = retired.replacedBy.map((one) => termFor('publisher', one))
    yield { term: termFor('publisher', slug), retired: { ...retired, replacedBy } }
  }
}
