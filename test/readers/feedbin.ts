import { readLeniently } from './documents.ts'
import { retryAfterOf } from './exchange.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { conditions, noValidators, renewed, type Validators, validatorsOf } from './validators.ts'

type Memory = { validators: Validators; body: string; failures: number; nextCheck: number }

const hour = 3600
const day = 24 * hour

/**
 * Feedbin (FeedCrawler, EntryFilter, CrawlData). Sends no Accept and both validators as they came; what
 * a 304 leaves out stays. The same body as before is not parsed. Reads the first 300 entries, known by
 * the sha1 of feed and id, or of the id without scheme and host. **Entries more than a day old are
 * compared again only every 12 to 24 hours**, when the document is fetched anyway; the date never
 * changes. One error silences the feed for at least 4096 seconds, longer if Retry-After says so, up to eight
 * hours.
 */
export const feedbin: Program<Memory> = {
  name: 'Feedbin',
  formats: ['rss', 'atom', 'json'],
  isGlobal: false,
  begin: () => ({ validators: noValidators, body: '', failures: 0, nextCheck: 0 }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'Feedbin feed-id:1373711 - 142 subscribers',
      'Accept-Encoding': 'gzip, deflate',
      ...conditions(memory.validators),
    },
  }),

  receive({ memory }, answer) {
    refuse(answer)
    memory.failures = 0
    if (answer.status === 304) {
      memory.validators = renewed(memory.validators, answer)
      return undefined
    }
    memory.validators = validatorsOf(answer)
    if (answer.body === memory.body) return undefined
    const { items } = readLeniently(answer.body)
    memory.body = answer.body
    return items.slice(0, 300)
  },

  keep(items, shelf, poll) {
    const { memory, now } = poll
    const checksAll = now >= memory.nextCheck
    // The longest it may take, which is the worst for the user.
    if (checksAll) memory.nextCheck = now + day
    for (const item of items) {
      const entry = shownAs(item, poll)
      const key = entry.id.replace(/^https?:\/\/[^/]+/, '')
      const known = keepNew(shelf, key, entry)
      const isRecent = now - (entry.published ?? now) < day
      if (known && (isRecent || checksAll)) overwrite(known, entry)
    }
  },

  interval: () => hour,

  afterError({ memory }, answer) {
    memory.failures++
    const wait = Math.max(memory.failures, 8) ** 4
    const asked = Math.min(retryAfterOf(answer) ?? 0, 8 * hour)
    return { seconds: Math.max(wait, asked), of: 'feed' }
  },
}
