import { readStrictly } from './documents.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { secondOf } from './validators.ts'

type Memory = { newest: number }

/**
 * The ingest of Superdesk, the newsroom system of several agencies (io/feeding_services/rss.py, over
 * Python's feedparser). It asks without conditions. **An entry whose `updated` is not later than the
 * newest it has of the feed is skipped**; where RSS has no `atom:updated` it is the date of publication.
 * Dates of the future count as now. A guid that is known, across all feeds, is overwritten when its
 * `updated` is later than that of the copy. Categories are not read.
 */
export const superdesk: Program<Memory> = {
  name: "Superdesk's ingest",
  formats: ['rss', 'atom'],
  isGlobal: true,
  begin: () => ({ newest: 0 }),

  request: () => ({
    headers: {
      'User-Agent': 'python-requests/2.32.3',
      Accept: '*/*',
      'Accept-Encoding': 'gzip, deflate',
    },
  }),

  receive(_, answer) {
    refuse(answer)
    return readStrictly(answer.body).items
  },

  keep(items, shelf, poll) {
    const { memory, now } = poll
    const before = memory.newest
    for (const item of items) {
      const updated = Math.min(secondOf(item.updated ?? item.published) ?? now, now)
      if (updated <= before) continue
      memory.newest = Math.max(memory.newest, updated)
      const entry = { ...shownAs(item, poll), fingerprint: String(updated) }
      const known = keepNew(shelf, entry.id, entry)
      if (known && updated > Number(known.fingerprint)) overwrite(known, entry)
    }
  },

  interval: () => 3600,
  afterError: () => ({ seconds: 3600, of: 'feed' }),
}
