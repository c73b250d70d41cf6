// Many subscriptions at once, written into a database as verified ones are.
import { createAddresses } from '../../src/domain/addresses.ts'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import type { Site } from '../../src/domain/site.ts'
import type { Database } from '../../src/store/database.ts'
import { createHubRequestStore } from '../../src/store/hub-requests.ts'
import { createHubStore } from '../../src/store/hub-store.ts'
import { anchorsOf } from '../../src/websub/matching.ts'

export type Wanted = { query: FeedQuery; format: string; callback: string; secret?: string }

/** Subscribes for ten days from a second on. There must be no news yet that anybody is owed. */
export async function subscribeAll(
  database: Database,
  wanted: Iterable<Wanted>,
  { baseUrl, now }: { baseUrl: string; now: number },
): Promise<void> {
  const addresses = createAddresses(baseUrl, { languages: ['en'] } as Site)
  const requests = createHubRequestStore(database)
  const store = createHubStore(database)
  await store.lead('a test', now, now + 15)
  for (const { query, format, callback, secret } of wanted) {
    const address = addresses.feed(query, format)
    const { hostname: host } = new URL(callback)
    const asked = { asked: address, callback, host, secret, verifyToken: undefined }
    const lease = 864_000
    await requests.ask({ mode: 'subscribe', address, query, format, ...asked, lease, at: now })
    const [request] = await store.dueRequests(now, 1)
    const given = { leaseUntil: now + lease, servedAt: now }
    await store.subscribe(
      request!,
      anchorsOf(query, () => 0),
      given,
    )
  }
  await store.resign('a test')
}
