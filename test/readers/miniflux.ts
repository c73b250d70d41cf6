import { readLeniently } from './documents.ts'
import { maxAgeOf, retryAfterOf } from './exchange.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { conditions, noValidators, type Validators, validatorsOf } from './validators.ts'

type Memory = { validators: Validators; failures: number; timeToLive: number }

const hour = 3600
/** `POLLING_PARSING_ERROR_LIMIT`. */
const mostFailures = 3

/**
 * Miniflux (reader/fetcher, reader/handler, storage/entry.go). Sends both validators as they came and
 * takes a 200 with the ETag it has for "not modified" without looking at the body. Forgets validators
 * that came with `Expires: 0`. After three errors in a row it does not poll the feed any more. Known
 * entries are overwritten except for their date.
 *
 * Not here: `Connection: close`, which the clients of the tests refuse to send.
 */
export const miniflux: Program<Memory> = {
  name: 'Miniflux',
  formats: ['rss', 'atom', 'json'],
  isGlobal: false,
  begin: () => ({ validators: noValidators, failures: 0, timeToLive: 0 }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'Mozilla/5.0 (compatible; Miniflux/2.2.12; +https://miniflux.app)',
      Accept:
        'application/xml,application/atom+xml,application/rss+xml,application/rdf+xml,application/feed+json,text/html,*/*;q=0.9',
      'Accept-Encoding': 'br,gzip',
      ...conditions(memory.validators),
    },
  }),

  receive({ memory }, answer) {
    refuse(answer)
    const { etag, lastModified } = validatorsOf(answer)
    const isSame = etag ? etag === memory.validators.etag : isSameDate(lastModified, memory)
    if (answer.status === 304 || isSame) {
      if (lastModified) memory.validators = { ...memory.validators, lastModified }
      memory.failures = 0
      return undefined
    }
    if (answer.body === '') throw new Error('The body is empty.')
    const { items, timeToLive } = readLeniently(answer.body)
    const isExpired = answer.headers.get('expires') === '0'
    memory.validators = isExpired ? noValidators : { etag, lastModified }
    memory.timeToLive = timeToLive ?? 0
    memory.failures = 0
    return items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const entry = shownAs(item, poll)
      const known = keepNew(shelf, entry.id, entry)
      if (known) overwrite(known, entry)
    }
  },

  interval({ memory }, answer) {
    const wanted = Math.max(memory.timeToLive, maxAgeOf(answer) ?? 0)
    return Math.max(hour, Math.min(wanted, 24 * hour))
  },

  afterError({ memory }, answer) {
    memory.failures++
    if (memory.failures >= mostFailures) return { seconds: Infinity, of: 'feed' }
    const wait = answer?.status === 429 ? (retryAfterOf(answer) ?? 0) : 0
    return { seconds: Math.max(hour, wait), of: 'feed' }
  },
}

function isSameDate(lastModified: string | undefined, { validators }: Memory): boolean {
  return lastModified !== undefined && lastModified === validators.lastModified
}
