import { readStrictly } from './documents.ts'
import { keepNew, type Program, shownAs } from './reader.ts'

/** `absent`: since when entries are no longer in the feed. */
type Memory = { lastModified: string; absent: Map<string, number> }

const day = 86_400

/**
 * Thunderbird (Feed.sys.mjs, FeedItem.sys.mjs, FeedUtils.sys.mjs). **If-Modified-Since alone**, the first
 * time with the year 2000, and always past the cache. **Any status other than 2xx and 304 disables the
 * feed** until the user looks. An entry is known by its id across all feeds of an account, is stored
 * once and **never changed**. What has not been in a feed for a day is forgotten, so that it comes as
 * new if it comes back.
 */
export const thunderbird: Program<Memory> = {
  name: 'Thunderbird',
  formats: ['rss', 'atom'],
  isGlobal: true,
  begin: () => ({ lastModified: 'Sat, 01 Jan 2000 00:00:00 GMT', absent: new Map() }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.2.0',
      Accept:
        'application/atom+xml,application/rss+xml;q=0.9,application/rdf+xml;q=0.8,application/xml;q=0.7,text/xml;q=0.7,*/*;q=0.1',
      'Accept-Encoding': 'gzip, deflate, br, zstd',
      'Accept-Language': 'en-US,en;q=0.5',
      'Cache-Control': 'no-cache',
      Pragma: 'no-cache',
      'If-Modified-Since': memory.lastModified,
    },
  }),

  receive({ memory }, answer) {
    if (answer.status === 304) return undefined
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`The status is ${answer.status}.`)
    }
    const { items } = readStrictly(answer.body)
    memory.lastModified = answer.headers.get('last-modified') ?? memory.lastModified
    return items
  },

  keep(items, shelf, poll) {
    const { absent } = poll.memory
    for (const item of items) {
      const entry = shownAs(item, poll)
      const known = keepNew(shelf, entry.id, entry)
      const since = absent.get(entry.id) ?? poll.now
      absent.delete(entry.id)
      if (known && poll.now - since > day) known.shown.push(poll.now)
    }
    const listed = new Set(items.map((item) => shownAs(item, poll).id))
    for (const { id, feed } of shelf.values()) {
      const isGone = feed === poll.address && !listed.has(id)
      if (isGone && !absent.has(id)) absent.set(id, poll.now)
    }
  },

  interval: () => 100 * 60,
  afterError: () => ({ seconds: Infinity, of: 'feed' }),
}
