import { readStrictly } from './documents.ts'
import type { Answer } from './exchange.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { httpDate, secondOf } from './validators.ts'

type Memory = { etag: string; lastModified: number }

/**
 * Newsboat over libcurl (rss/parser.cpp, reloader.cpp, cache.cpp). Keeps the ETag as text and
 * Last-Modified as a number, which libcurl writes as a date again (`CURLOPT_TIMECONDITION`). **libcurl
 * takes an answer whose Last-Modified is not later than the stored one for a 304**, whatever its status
 * and ETag; newsboat has stored the new ETag by then, so what the answer held is lost. With an ETag it
 * sends `A-IM: feed`, and what a 226 brings joins what is there. An entry is known by its guid across
 * all feeds, stands in the feed that listed it last, and is overwritten in place.
 */
export const newsboat: Program<Memory> = {
  name: 'newsboat',
  formats: ['rss', 'atom'],
  isGlobal: true,
  begin: () => ({ etag: '', lastModified: 0 }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'Newsboat/2.40.0 (Linux x86_64; https://newsboat.org/)',
      Accept: '*/*',
      'Accept-Encoding': 'deflate, gzip, br, zstd',
      ...(memory.etag && { 'If-None-Match': memory.etag, 'A-IM': 'feed' }),
      ...(memory.lastModified > 0 && { 'If-Modified-Since': httpDate(memory.lastModified) }),
    },
  }),

  receive({ memory }, answer) {
    const isOld = isSimulated(answer, memory.lastModified)
    memory.etag = answer.headers.get('etag') ?? memory.etag
    memory.lastModified = lastModifiedOf(answer) ?? memory.lastModified
    if (isOld || answer.status === 304) return undefined
    refuse(answer)
    return readStrictly(answer.body).items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const entry = shownAs(item, poll)
      const known = keepNew(shelf, entry.id, entry)
      if (!known) continue
      overwrite(known, entry)
      known.feed = poll.address
    }
  },

  interval: () => 4 * 3600,
  afterError: () => ({ seconds: 4 * 3600, of: 'feed' }),
}

/** "Simulate an HTTP 304 response", libcurl's lib/http.c. */
function isSimulated(answer: Answer, stored: number): boolean {
  const lastModified = lastModifiedOf(answer)
  return stored > 0 && lastModified !== undefined && lastModified <= stored
}

function lastModifiedOf({ headers }: Answer): number | undefined {
  return secondOf(headers.get('last-modified') ?? undefined)
}
