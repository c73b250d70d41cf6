import RssParser from 'rss-parser'
import type { Item } from './documents.ts'
import { keepNew, overwrite, type Program, shownAs } from './reader.ts'
import { conditions, noValidators, type Validators, validatorsOf } from './validators.ts'

type Memory = { validators: Validators }

/**
 * A bot over the `rss-parser` package, whose own code reads the documents. It asks for
 * `application/rss+xml` whatever the address holds, names no content coding and can decode none, and
 * rejects every status from 300 on. Version 3.13.0 never asks with conditions.
 */
export const rssParser: Program<Memory> = {
  name: 'rss-parser 3.13.0',
  formats: ['rss', 'atom'],
  isGlobal: false,
  begin: () => ({ validators: noValidators }),
  request: () => ({ headers: { 'User-Agent': 'rss-parser', Accept: 'application/rss+xml' } }),

  receive(_, answer) {
    if (answer.status >= 300) throw new Error(`Status code ${answer.status}`)
    return parse(answer.body)
  },

  keep(items, shelf, poll) {
    for (const item of items) {
      const entry = shownAs(item, poll)
      const known = keepNew(shelf, entry.id, entry)
      if (known) overwrite(known, entry)
    }
  },

  interval: () => 2 * 3600,
  afterError: () => ({ seconds: 2 * 3600, of: 'feed' }),
}

/** The same as it is developed now: it keeps both validators of an address in memory. */
export const rssParserWithConditions: Program<Memory> = {
  ...rssParser,
  name: 'rss-parser',

  request: (poll, chance) => ({
    headers: { ...rssParser.request(poll, chance).headers, ...conditions(poll.memory.validators) },
  }),

  receive(poll, answer) {
    if (answer.status === 304) return undefined
    const items = rssParser.receive(poll, answer)
    poll.memory.validators = validatorsOf(answer)
    return items
  },
}

type Fields = Record<string, string | undefined>

const known = new Map<string, Promise<Item[]>>()

/** Several bots read the same documents. */
function parse(body: string): Promise<Item[]> {
  const items = known.get(body) ?? parseAnew(body)
  known.set(body, items)
  return items
}

async function parseAnew(body: string): Promise<Item[]> {
  const { items } = await new RssParser<Fields, Fields>().parseString(body)
  return items.map((item) => ({
    format: item['id'] ? 'atom' : 'rss',
    id: item.guid ?? item['id'],
    title: item.title ?? '',
    link: item.link,
    lastLink: item.link,
    summary: item.summary,
    content: item['content:encoded'] ?? item.content,
    published: item.isoDate,
    updated: item.isoDate,
    author: item.creator ?? item['author'],
    tags: item.categories ?? [],
    // Of Atom it reads no enclosures.
    files: item['id'] ? undefined : [item.enclosure?.url ?? []].flat(),
  }))
}
