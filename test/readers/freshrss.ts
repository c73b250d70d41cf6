import { readStrictly } from './documents.ts'
import { retryAfterOf } from './exchange.ts'
import { keepNew, overwrite, type Program, refuse, shownAs } from './reader.ts'
import { conditions, noValidators, type Validators, validatorsOf } from './validators.ts'

type Memory = { validators: Validators; body: string }

/**
 * FreshRSS with its SimplePie. Sends both validators as they came; **the headers of a 304 replace the
 * stored ones**, so what a 304 leaves out is not sent again. A body that differs in dates alone
 * (`SimplePie::clean_hash`) counts as unchanged. Known entries are overwritten when the md5 of link,
 * title, authors, content and tags changes. 410 mutes the feed; since 1.27 the Retry-After of 429 and
 * 503 holds for the whole host.
 */
export const freshRss: Program<Memory> = {
  name: 'FreshRSS',
  formats: ['rss', 'atom'],
  isGlobal: false,
  begin: () => ({ validators: noValidators, body: '' }),

  request: ({ memory }) => ({
    headers: {
      'User-Agent': 'FreshRSS/1.29.1 (Linux; https://freshrss.org)',
      Accept:
        'application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.7, unknown/unknown;q=0.1, application/unknown;q=0.1, */*;q=0.1',
      'Accept-Encoding': 'deflate, gzip, br, zstd',
      ...conditions(memory.validators),
    },
  }),

  receive({ memory }, answer) {
    refuse(answer)
    memory.validators = validatorsOf(answer)
    if (answer.status === 304) return undefined
    const { items } = readStrictly(answer.body)
    const body = withoutDates(answer.body)
    if (body === memory.body) return undefined
    memory.body = body
    return items
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const shown = shownAs(item, poll)
      const { link, title, content, tags } = shown
      const fingerprint = JSON.stringify([link, title, item.author, content, tags])
      const entry = { ...shown, fingerprint }
      // Whatever is not ASCII is taken out of ids.
      const key = entry.id.replace(/[^\x20-\x7e]/g, '')
      const known = keepNew(shelf, key, entry)
      if (known && known.fingerprint !== fingerprint) overwrite(known, entry)
    }
  },

  interval: () => 3600,

  afterError(_, answer) {
    if (answer?.status === 410) return { seconds: Infinity, of: 'feed' }
    const isBusy = answer?.status === 429 || answer?.status === 503
    if (isBusy) return { seconds: Math.max(3600, retryAfterOf(answer) ?? 0), of: 'host' }
    return { seconds: 3600, of: 'feed' }
  },
}

function withoutDates(body: string): string {
  return body.replace(
    /<((?:\w+:)?(?:lastBuildDate|pubDate|updated|modified|date))\b[^>]*>[^<]*<\/\1>/g,
    '',
  )
}
