import { DomainError } from '../../domain/errors.ts'
import {
  type ReleaseFilter,
  type ReleaseState,
  releaseStates,
  type SiteAndTopics,
} from '../../domain/publishing-store.ts'
import type { Release } from '../../domain/release.ts'
import type { Site } from '../../domain/site.ts'
import { createTerms } from '../../domain/term.ts'
import { parseTime, timeExample } from '../../domain/time.ts'
import { readFilters } from '../filters.ts'

/** Releases to a page of the list. */
const mostListed = 1000

/** What the list can be asked for. */
const known = new Set(
  'after limit topic without publisher kind match language state from before'.split(' '),
)

type Address = Pick<Release, 'slug' | 'language'>

/** What is listed, and the query of the page after this one. */
export type ListQuery = {
  after: Address
  limit: number
  filter: ReleaseFilter
  nextAfter: (last: Address) => string
}

/**
 * Reads what `GET /api/releases` is asked for: terms as in the addresses of feeds, and languages, states and times.
 * Throws DomainError `invalid` for a parameter or a value that is not known, and `not-found` for an unknown term.
 */
export function readListQuery(
  fields: URLSearchParams,
  { site, vocabulary }: SiteAndTopics,
): ListQuery {
  const unknown = [...fields.keys()].find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw wrong(`"${unknown.slice(0, 80)}" is not known here. Ask for ${[...known].join(', ')}.`)
  }
  const [slug = '', language = ''] = (fields.get('after') ?? '').split('.')
  return {
    after: { slug, language },
    limit: readLimit(fields),
    filter: {
      topics: readFilters(fields, createTerms(site, vocabulary)).expression,
      languages: readChoices('language', fields, site.languages),
      states: readChoices('state', fields, releaseStates) as ReleaseState[] | undefined,
      from: readMoment('from', fields, site),
      before: readMoment('before', fields, site),
    },
    nextAfter(last) {
      const next = new URLSearchParams(fields)
      next.set('after', `${last.slug}.${last.language}`)
      return next.toString()
    },
  }
}

/** Any of several values, parted by commas or given one after the other. */
function readChoices(
  name: string,
  fields: URLSearchParams,
  choices: readonly string[],
): string[] | undefined {
  const chosen = fields.getAll(name).flatMap((text) => text.toLowerCase().split(/[,\s]+/))
  const values = chosen.filter(Boolean)
  const unknown = values.find((value) => !choices.includes(value))
  if (unknown !== undefined) {
    throw wrong(`"${name}" is one of ${choices.join(', ')}, and not "${unknown.slice(0, 80)}".`)
  }
  return values.length > 0 ? values : undefined
}

/** Who wants more than a page may have gets that, and the address of the next one. */
function readLimit(fields: URLSearchParams): number {
  const text = fields.get('limit')?.trim()
  if (!text) return mostListed
  const limit = /^\d+$/.test(text) ? Number(text) : 0
  if (limit > 0) return Math.min(limit, mostListed)
  throw wrong(`"limit" is a whole number from 1 to ${mostListed}, and not "${text.slice(0, 80)}".`)
}

function readMoment(name: string, fields: URLSearchParams, { timezone }: Site): number | undefined {
  const text = fields.get(name)?.trim()
  if (!text) return undefined
  const second = parseTime(text, timezone)
  if (second !== undefined) return second
  throw wrong(`"${name}" is a date such as 2026-12-01 or a time such as ${timeExample}.`)
}

function wrong(sentence: string): DomainError {
  return new DomainError('invalid', sentence)
}
