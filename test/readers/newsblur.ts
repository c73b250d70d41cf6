import { readLeniently } from './documents.ts'
import { keepNew, overwrite, type Program, shownAs } from './reader.ts'
import { httpDate, secondOf } from './validators.ts'

type Memory = { etag: string | undefined; lastModified: number | undefined }

const browser =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 Safari/605.1.15'
const agent = `NewsBlur Feed Fetcher - 12 subscribers - https://www.newsblur.com/site/7/press ("${browser}")`

/**
 * NewsBlur (utils/feed_fetcher.py). Always sends `A-IM: feed`, the ETag cut at 255 characters, and
 * Last-Modified parsed and written again. One poll in a hundred has `?_=` and a number at its address.
 * From 400 on it asks at once again as a browser. Reads the first hundred entries; JSON Feed only where
 * the address says json. An entry is known by its feed and guid, and overwritten.
 */
export const newsBlur: Program<Memory> = {
  name: 'NewsBlur',
  formats: ['rss', 'atom', 'json'],
  isGlobal: false,
  begin: () => ({ etag: undefined, lastModified: undefined }),

  request({ memory, address }, chance) {
    const number = Math.floor(chance() * 10_000)
    const separator = address.includes('?') ? '&' : '?'
    return {
      address: chance() <= 0.01 ? `${address}${separator}_=${number}` : address,
      headers: {
        'User-Agent': agent,
        Accept:
          'application/atom+xml, application/rss+xml, application/xml;q=0.8, text/xml;q=0.6, */*;q=0.2',
        'Accept-Encoding': 'gzip, deflate',
        'A-IM': 'feed',
        ...(memory.etag !== undefined && { 'If-None-Match': memory.etag }),
        ...(memory.lastModified !== undefined && {
          'If-Modified-Since': httpDate(memory.lastModified),
        }),
      },
    }
  },

  async receive({ memory, address, again }, first) {
    const isRefused = first.status >= 400
    const answer = isRefused ? await again({ 'User-Agent': browser, Accept: '*/*' }) : first
    if (answer.status === 304) return undefined
    if (answer.status >= 400) throw new Error(`The status is ${answer.status}.`)
    if (answer.body.startsWith('{') && !address.includes('json')) {
      throw new Error('JSON where the address does not say json.')
    }
    memory.etag = answer.headers.get('etag')?.slice(0, 255)
    memory.lastModified = secondOf(answer.headers.get('last-modified') ?? undefined)
    return readLeniently(answer.body).items.slice(0, 100)
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const entry = shownAs(item, poll)
      const known = keepNew(shelf, entry.id, entry)
      if (known) overwrite(known, entry)
    }
  },

  interval: () => 3600,
  afterError: () => ({ seconds: 3600, of: 'feed' }),
}
