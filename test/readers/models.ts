import type { Fetch } from '../platforms.ts'
import { feedbin } from './feedbin.ts'
import { freshRss } from './freshrss.ts'
import { microsoftConnector } from './microsoft-connector.ts'
import { miniflux } from './miniflux.ts'
import { netNewsWire } from './net-news-wire.ts'
import { newsBlur } from './newsblur.ts'
import { newsboat } from './newsboat.ts'
import { pythonFeedparser } from './python-feedparser.ts'
import { createReader, type Program, type Reader } from './reader.ts'
import { rssParser, rssParserWithConditions } from './rss-parser.ts'
import { superdesk } from './superdesk.ts'
import { thunderbird } from './thunderbird.ts'
import { tinyTinyRss } from './tiny-tiny-rss.ts'

/** What the user of a program can count on, beside seeing every release once. */
export type Model = {
  name: string
  /** It asks with conditions, so that a poll without news is a 304. */
  isConditional: boolean
  /** It shows what became of an entry it has: always, only when `updated` says so, or never. */
  seesEdits: 'all' | 'material' | 'none'
  /** It shows what comes into a feed late, such as a release put under a topic afterwards. */
  seesLateComers: boolean
  /** It needs a whole document after a day to see edits of old entries. */
  looksBackDaily: boolean
  create: (fetch: Fetch, chance?: () => number) => Reader
}

const usual = {
  isConditional: true,
  seesEdits: 'all' as Model['seesEdits'],
  seesLateComers: true,
  looksBackDaily: false,
}

export const models: Model[] = [
  model(miniflux),
  model(freshRss),
  model(netNewsWire),
  model(newsboat),
  model(tinyTinyRss),
  model(thunderbird, { seesEdits: 'none' }),
  model(newsBlur),
  model(feedbin, { looksBackDaily: true }),
  model(pythonFeedparser),
  model(rssParser, { isConditional: false }),
  model(rssParserWithConditions),
  model(microsoftConnector, { isConditional: false, seesEdits: 'none', seesLateComers: false }),
  model(superdesk, { isConditional: false, seesEdits: 'material', seesLateComers: false }),
]

function model<Memory>(program: Program<Memory>, differences: Partial<typeof usual> = {}): Model {
  return {
    name: program.name,
    ...usual,
    ...differences,
    create: (fetch, chance) => createReader(program, fetch, chance),
  }
}
