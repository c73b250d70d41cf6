// Many subscriptions at once, written into a database as verified ones are.
import { createAddresses } from '../../src/domain/addresses.ts'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import type { Site } from '../../src/domain/site.ts'
import { type Database, statement } from '../../src/store/database.ts'
import { createHubStore } from '../../src/store/hub-store.ts'
import { anchorsOf } from '../../src/websub/matching.ts'

export type Wanted = { query: FeedQuery; format: string; callback: string }

/** Has callbacks subscribe for ten days from a second on. There must be no news yet that anybody is owed. */
export async function subscribeAll(
  database: Database,
  wanted: Wanted[],
  { baseUrl, now, language = 'en' }: { baseUrl: string; now: number; language?: string },
): Promise<void> {
  const addresses = createAddresses(baseUrl, { languages: [language] } as Site)
  const rows = wanted.map((one) => ({ ...one, address: addresses.feed(one.query, one.format) }))
  const feeds = [...new Map(rows.map((one) => [one.address, one])).values()]
  const store = createHubStore(database)
  await store.lead('a test', now, now + 15)
  await database.batch([
    statement(
      database,
      `insert or ignore into hub_feed (address, query, format, altered)
       select value ->> 0, value -> 1, value ->> 2, number from json_each(?), hub`,
      JSON.stringify(feeds.map(({ address, query, format }) => [address, query, format])),
    ),
    statement(
      database,
      `insert or ignore into hub_anchor (term, language, feed)
       select one.value ->> 0, one.value ->> 1, hub_feed.id
       from json_each(?) as one join hub_feed on address = one.value ->> 2`,
      JSON.stringify(
        feeds.flatMap(({ query, address }) => {
          return anchorsOf(query, () => 0).map((term) => [term, query.language, address])
        }),
      ),
    ),
    statement(
      database,
      `insert into hub_subscription (feed, asked, callback, host, lease_until, delivered)
       select hub_feed.id, address, one.value ->> 1, one.value ->> 2, ?2, altered
       from json_each(?1) as one join hub_feed on address = one.value ->> 0`,
      JSON.stringify(
        rows.map(({ address, callback }) => [address, callback, new URL(callback).hostname]),
      ),
      now + 864_000,
    ),
    statement(database, 'update hub set feeds = feeds + 1'),
  ])
  await store.resign('a test')
}
