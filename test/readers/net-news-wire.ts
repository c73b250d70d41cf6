import { readLeniently } from './documents.ts'
import { maxAgeOf, retryAfterOf } from './exchange.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { conditions, noValidators, type Validators, validatorsOf } from './validators.ts'

type Memory = { validators: Validators; since: number; body: string }

const minute = 60
const hour = 3600
const day = 24 * hour

/**
 * NetNewsWire (LocalAccountRefresher, DownloadSession, HTTPConditionalGetInfo). Sends both validators
 * as they came. **A 304 without validators erases them**, they are dropped when they are eight days
 * old, and a Last-Modified with "2038" in it is never sent. The same bytes as before are not parsed.
 * Documents of fewer than 128 bytes are ignored. max-age is honoured up to five hours, nine minutes
 * without. 429 stops the whole host, with a Retry-After in seconds only; another 4xx stops the feed
 * for 53 hours.
 */
export const netNewsWire: Program<Memory> = {
  name: 'NetNewsWire',
  formats: ['rss', 'atom', 'json'],
  isGlobal: false,
  begin: () => ({ validators: noValidators, since: 0, body: '' }),

  request({ memory, now }) {
    if (now - memory.since > 8 * day) memory.validators = noValidators
    const { etag, lastModified } = memory.validators
    const isSent = lastModified !== undefined && !lastModified.includes('2038')
    return {
      headers: {
        'User-Agent': 'NetNewsWire (RSS Reader; https://netnewswire.com/)',
        Accept: '*/*',
        'Accept-Encoding': 'gzip, deflate, br',
        'Accept-Language': 'en-GB,en;q=0.9',
        ...conditions({ etag, lastModified: isSent ? lastModified : undefined }),
      },
    }
  },

  receive({ memory, now }, answer) {
    refuse(answer)
    memory.validators = validatorsOf(answer)
    if (answer.status === 304) return undefined
    memory.since = now
    if (answer.body === memory.body || answer.body.length < 128) return undefined
    const { items } = readLeniently(answer.body)
    memory.body = answer.body
    return items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const shown = shownAs(item, poll)
      const isFuture = (shown.published ?? 0) > poll.now
      const entry = { ...shown, published: isFuture ? undefined : shown.published }
      const known = keepNew(shelf, entry.id, entry)
      if (known) overwrite(known, entry)
    }
  },

  interval(_, answer) {
    const wanted = Math.min(maxAgeOf(answer) ?? 9 * minute, 5 * hour)
    // What the user chose: refresh every hour.
    return Math.max(wanted, hour)
  },

  afterError(_, answer) {
    const status = answer?.status ?? 0
    if (status === 429) return { seconds: retryAfterOf(answer) ?? 10 * minute, of: 'host' }
    if (status >= 400 && status < 500) return { seconds: 53 * hour, of: 'feed' }
    return { seconds: hour, of: 'feed' }
  },
}
