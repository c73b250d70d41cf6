import { DomainError } from '../domain/errors.ts'
import { partWord, termFor, type Terms } from '../domain/term.ts'
import {
  allOf,
  anyOf,
  parseTerm,
  parseTopicExpression,
  type ReadExpression,
  type TopicExpression,
  wantedTerms,
} from '../domain/topic-expression.ts'

// Query parameters are one more spelling of an expression, on every address of a question. A form sends them.

const matches = ['any', 'all']

/**
 * What the parameters `topic`, `without`, `publisher`, `kind` and `match` ask for. All of them must be true, and of one
 * name any value; of topics all, if `match` says so. An empty value counts for nothing.
 *
 * Throws DomainError `not-found` for a value that is not known, so that nobody takes everything for what was asked.
 */
export function readFilters(fields: URLSearchParams, terms: Terms): ReadExpression {
  const topics = valuesOf('topic', fields).map((text) => parseTopicExpression(text, terms))
  const publishers = readNames('publisher', fields, terms)
  const kinds = readNames('kind', fields, terms)
  const without = valuesOf('without', fields)
    .flatMap((text) => partsOf(text, /[,+\s]+/))
    .map((word) => parseTerm(word, terms))
  const expressionsOf = (some: ReadExpression[]) => some.map(({ expression }) => expression)
  const wanted = expressionsOf(topics)
  return {
    expression: allOf([
      ...(isOfAll(fields) ? wanted : [anyOf(wanted)]),
      withoutAny(expressionsOf(without)),
      anyOf(expressionsOf(publishers)),
      anyOf(expressionsOf(kinds)),
    ]),
    renamed: [...topics, ...without, ...publishers, ...kinds].some(({ renamed }) => renamed),
  }
}

/** Publishers or kinds, by their names or as terms. */
function readNames(
  sort: 'publisher' | 'kind',
  fields: URLSearchParams,
  terms: Terms,
): ReadExpression[] {
  const wordFor = (name: string) => (partWord(name).sort === sort ? name : termFor(sort, name))
  return (
    valuesOf(sort, fields)
      // The name of a publisher may have a comma.
      .flatMap((text) => (terms.resolve(wordFor(text)) ? [text] : partsOf(text, /\s*,\s*/)))
      .map((name) => parseTerm(wordFor(name), terms))
  )
}

function withoutAny(expressions: TopicExpression[]): TopicExpression {
  const without = expressions.flatMap(wantedTerms)
  return without.length > 0 ? anyOf([[{ with: [], without }]]) : []
}

function isOfAll(fields: URLSearchParams): boolean {
  const values = valuesOf('match', fields).map((text) => text.toLowerCase())
  const unknown = values.find((one) => !matches.includes(one))
  if (unknown === undefined) return values[0] === 'all'
  throw new DomainError(
    'not-found',
    `There is no way to match topics that is called "${unknown.slice(0, 80)}". Did you mean any or all?`,
  )
}

/** The values of a parameter that are not empty. */
function valuesOf(name: string, fields: URLSearchParams): string[] {
  return fields
    .getAll(name)
    .map((text) => text.trim())
    .filter(Boolean)
}

/** The parts of a value. If it has none, it is no name either. */
function partsOf(text: string, separator: RegExp): string[] {
  const parts = text.split(separator).filter(Boolean)
  return parts.length > 0 ? parts : [text]
}
