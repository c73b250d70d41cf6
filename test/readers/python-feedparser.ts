import { readLeniently } from './documents.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { httpDate, secondOf } from './validators.ts'

type Memory = { etag: string | undefined; lastModified: number | undefined }

/** Media types that do not make it set `bozo`. */
const mediaTypes = /^application\/(rss|atom|rdf)\+xml|^(application|text)\/xml;.*charset|json/

/**
 * A script over Python's feedparser 6.0 (http.py, encodings.py), as its documentation advises: it
 * hands `etag` and `modified_parsed` of the last answer on, so that the date is written again.
 * feedparser sends `A-IM: feed` always, also on the first request, and the script adds what a 226
 * brings to what it has. A media type that is not one of XML, or not well-formed XML, sets `bozo`,
 * and the script lets the document go. Of several alternate links feedparser takes the last.
 */
export const pythonFeedparser: Program<Memory> = {
  name: "Python's feedparser",
  formats: ['rss', 'atom'],
  isGlobal: false,
  begin: () => ({ etag: undefined, lastModified: undefined }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'feedparser/6.0.11 +https://github.com/kurtmckee/feedparser/',
      Accept:
        'application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1',
      'Accept-Encoding': 'gzip, deflate',
      'A-IM': 'feed',
      ...(memory.etag !== undefined && { 'If-None-Match': memory.etag }),
      ...(memory.lastModified !== undefined && {
        'If-Modified-Since': httpDate(memory.lastModified),
      }),
    },
  }),

  receive({ memory }, answer) {
    refuse(answer)
    memory.etag = answer.headers.get('etag') ?? memory.etag
    const lastModified = secondOf(answer.headers.get('last-modified') ?? undefined)
    memory.lastModified = lastModified ?? memory.lastModified
    if (answer.status === 304) return undefined
    if (!mediaTypes.test(answer.headers.get('content-type') ?? '')) throw new Error('bozo')
    return readLeniently(answer.body).items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const entry = { ...shownAs(item, poll), link: item.lastLink }
      const known = keepNew(shelf, entry.id, entry)
      if (known) overwrite(known, entry)
    }
  },

  interval: () => 3600,
  afterError: () => ({ seconds: 3600, of: 'feed' }),
}
