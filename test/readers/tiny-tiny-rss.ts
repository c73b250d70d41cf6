import { readStrictly } from './documents.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { secondOf } from './validators.ts'

type Memory = { lastModified: string | undefined; unconditional: number }

const hour = 3600

/**
 * Tiny Tiny RSS (RSSUtils, UrlHelper). Sends no Accept and **If-Modified-Since alone**, as it came; once
 * in twelve hours nothing at all. The document must be well-formed. An entry is known by its guid
 * across all feeds of a user and stays in the feed where it was seen first. It is overwritten when the
 * hash of all its fields, dates included, changes. Of Atom it shows `updated`, of RSS `pubDate`, and
 * puts what is in the future at now. 429 makes it wait for one to two hours.
 */
export const tinyTinyRss: Program<Memory> = {
  name: 'Tiny Tiny RSS',
  formats: ['rss', 'atom'],
  isGlobal: true,
  begin: () => ({ lastModified: undefined, unconditional: 0 }),

  request({ memory, now }) {
    const isConditional = now - memory.unconditional < 12 * hour
    if (!isConditional) memory.unconditional = now
    return {
      headers: {
        'User-Agent': 'Tiny Tiny RSS/25.08-b72ea117 (https://tt-rss.org/)',
        'Accept-Encoding': 'deflate, gzip, br, zstd',
        ...(isConditional &&
          memory.lastModified !== undefined && { 'If-Modified-Since': memory.lastModified }),
      },
    }
  },

  receive({ memory }, answer) {
    refuse(answer)
    if (answer.status === 304) return undefined
    const { items } = readStrictly(answer.body)
    memory.lastModified = answer.headers.get('last-modified') ?? undefined
    return items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const date = secondOf(item.format === 'atom' ? item.updated : item.published)
      const published = Math.min(date ?? poll.now, poll.now)
      const entry = {
        ...shownAs(item, poll),
        published,
        fingerprint: JSON.stringify({ ...item, date }),
      }
      const known = keepNew(shelf, entry.id, entry)
      if (!known || known.fingerprint === entry.fingerprint) continue
      overwrite(known, entry)
      known.published = published
    }
  },

  interval: () => hour / 2,
  afterError: (_, answer) => ({
    seconds: answer?.status === 429 ? 1.5 * hour : hour / 2,
    of: 'feed',
  }),
}
