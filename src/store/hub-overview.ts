import type { HubCount, HubOverview, HubSubscriber, HubWatched } from '../domain/hub-store.ts'
import { type Database, statement } from './database.ts'

/** The `HubOverview` in SQL, on node:sqlite and on D1. */
export function createHubOverview(database: Database): HubOverview {
  return {
    watched: () => readWatched(database),
    byFeed: (now) => countByFeed(database, now),
    byHost: (now) => countByHost(database, now),
    ofHost: (host, now) => readOfHost(database, host, now),
    remove: (id) => removeSubscription(database, id),
  }
}

type WatchedRow = { [Name in keyof HubWatched]: NonNullable<HubWatched[Name]> | null }

async function readWatched(database: Database): Promise<HubWatched> {
  const row = await statement(
    database,
    `select (select leader_until from hub) as leaderUntil, (select looked from hub) as looked,
       (select count(*) from hub_subscription) as subscriptions, count(*) as pending,
       min(at) as oldestRequest
     from hub_request`,
  ).first<WatchedRow>()
  return {
    leaderUntil: row?.leaderUntil ?? undefined,
    looked: row?.looked ?? 0,
    subscriptions: row?.subscriptions ?? 0,
    pending: row?.pending ?? 0,
    oldestRequest: row?.oldestRequest ?? undefined,
  }
}

const isOwed = 'altered > max(delivered, given_up)'

async function countByFeed(
  database: Database,
  now: number,
): Promise<(HubCount & { address: string })[]> {
  const { results } = await statement(
    database,
    `select address, count(*) as subscriptions, sum(${isOwed}) as owed
     from hub_subscription join hub_feed on hub_feed.id = feed
     where lease_until > ? group by address order by count(*) desc, address`,
    now,
  ).all<HubCount & { address: string }>()
  return results
}

async function countByHost(database: Database, now: number): ReturnType<HubOverview['byHost']> {
  const { results } = await statement(
    database,
    `select one.host, count(*) as subscriptions, sum(${isOwed}) as owed, max(retry_at) as retryAt
     from hub_subscription as one join hub_feed on hub_feed.id = feed
       left join hub_host on hub_host.host = one.host
     where lease_until > ? group by one.host order by count(*) desc, one.host`,
    now,
  ).all<HubCount & { host: string; retryAt: number | null }>()
  return results.map(({ retryAt, ...row }) => ({ ...row, retryAt: retryAt ?? undefined }))
}

type SubscriberRow = Omit<HubSubscriber, 'isOwed' | 'status'> & {
  owed: number
  status: string | null
}

async function readOfHost(database: Database, host: string, now: number): Promise<HubSubscriber[]> {
  const { results } = await statement(
    database,
    `select one.id, address, lease_until as leaseUntil, ${isOwed} as owed, last_status as status
     from hub_subscription as one join hub_feed on hub_feed.id = feed
     where host = ? and lease_until > ? order by address, one.id`,
    host,
    now,
  ).all<SubscriberRow>()
  return results.map(({ owed, status, ...row }) => ({
    ...row,
    isOwed: owed === 1,
    status: status ?? undefined,
  }))
}

async function removeSubscription(database: Database, id: number): Promise<boolean> {
  const removed = await statement(
    database,
    'delete from hub_subscription where id = ? returning id',
    id,
  ).first()
  return removed !== null
}
