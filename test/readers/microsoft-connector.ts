import { readStrictly } from './documents.ts'
import { type Program, refuse, shownAs } from './reader.ts'
import { secondOf } from './validators.ts'

type Memory = { newest: number | undefined }

/**
 * Microsoft's RSS connector, behind flows of Power Automate, Logic Apps and Teams. Known from its
 * documentation alone: it polls every half an hour at most, and what headers it sends is not said.
 * **Only an item whose pubDate is strictly later than every one before it is new**; all else is
 * skipped, and nothing is ever posted again or changed. What is there when a flow is made is not
 * posted.
 */
export const microsoftConnector: Program<Memory> = {
  name: 'the Microsoft connector',
  formats: ['rss', 'atom'],
  isGlobal: false,
  begin: () => ({ newest: undefined }),

  request: () => ({
    headers: {
      'User-Agent': 'azure-logic-apps/1.0 (workflow 860ad96c; version 0858) microsoft-flow/1.0',
      'Accept-Encoding': 'gzip, deflate',
    },
  }),

  receive(_, answer) {
    refuse(answer)
    if (answer.body.length > 5_000_000) throw new Error('The document is too large.')
    return readStrictly(answer.body).items
  },

  keep(items, shelf, poll) {
    const { memory } = poll
    const dated = items.map((item) => ({ item, second: secondOf(item.published) ?? 0 }))
    const isFirst = memory.newest === undefined
    const before = memory.newest ?? 0
    for (const { item, second } of dated) {
      if (isFirst || second <= before) continue
      const entry = shownAs(item, poll)
      // It keeps no ids: the same item with a later date is posted once more.
      const known = shelf.get(entry.id)
      if (known) known.shown.push(poll.now)
      else shelf.set(entry.id, entry)
    }
    memory.newest = dated.reduce((latest, { second }) => Math.max(latest, second), before)
  },

  interval: () => 1800,
  afterError: () => ({ seconds: 1800, of: 'feed' }),
}
