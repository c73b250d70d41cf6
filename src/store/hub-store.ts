import type { HubStore } from '../domain/hub-store.ts'
import { type Database, statement } from './database.ts'
import {
  readEndings,
  findUnknownReleases,
  giveLeadBack,
  readNews,
  recordNews,
  seedJournal,
  takeLead,
  tidyHub,
} from './hub-news.ts'
import { deleteRequest, postponeRequest, readDueRequests } from './hub-requests.ts'
import {
  confirmEnd,
  confirmSubscription,
  endFeed,
  findFeedsAt,
  findOwed,
  giveUpHost,
  moveFeed,
  readFeeds,
  readHosts,
  readSubscriptions,
  settleDeliveries,
  writeDeliveries,
  writeVerification,
} from './hub-subscriptions.ts'

/** The `HubStore` in SQL, on node:sqlite and on D1. */
export function createHubStore(database: Database): HubStore {
  return {
    lead: (name, now, until) => takeLead(database, name, now, until),
    resign: (name) => giveLeadBack(database, name),
    seed: (state, after) => seedJournal(database, state, after),
    unknownReleases: (state, after) => findUnknownReleases(database, state, after),
    endings: () => readEndings(database),
    feedsAt: (terms, language) => findFeedsAt(database, terms, language),
    feeds: (ids) =>
      ids
        ? readFeeds(database, 'where id in (select value from json_each(?))', JSON.stringify(ids))
        : readFeeds(database),
    record: (change) => recordNews(database, change),
    news: (state, ranges) => readNews(database, state, ranges),

    dueRequests: (now, most) => readDueRequests(database, now, most),
    subscribe: (request, anchors, given) => confirmSubscription(database, request, anchors, given),
    unsubscribe: (request) => confirmEnd(database, request),
    drop: (request) => run(deleteRequest(database, request)),
    postpone: (request, due) => run(postponeRequest(database, request, due)),

    owed: (now, feeds) => findOwed(database, now, { feeds }),
    due: (now) => findOwed(database, now, { isDue: true }),
    subscriptions: (ids) => readSubscriptions(database, ids),
    settle: (results) => run(settleDeliveries(database, results)),
    remove: (id) => run(statement(database, 'delete from hub_subscription where id = ?', id)),
    giveUp: (host, number) => run(giveUpHost(database, host, number)),

    hosts: (names) => readHosts(database, names),
    noteDeliveries: (hosts) => run(writeDeliveries(database, hosts)),
    noteVerification: (host) => run(writeVerification(database, host)),

    moveFeed: async (id, topic, anchors) =>
      void (await database.batch(moveFeed(database, id, topic, anchors))),
    endFeed: async (id, now) => void (await database.batch(endFeed(database, id, now))),
    tidy: (now) => tidyHub(database, now),
    nextDue: (now) => readNextDue(database, now),
    isUsed: () => isUsed(database),
  }
}

async function run(one: ReturnType<typeof statement>): Promise<void> {
  await one.all()
}

/** A delivery also waits for its host, and one that nobody subscribes to any more for nothing. */
async function readNextDue(database: Database, now: number): Promise<number | undefined> {
  const row = await statement(
    database,
    `select min(due) as due from (
       select min(due) as due from hub_request
       union all
       select min(max(due, coalesce(retry_at, 0))) from hub_subscription left join hub_host using (host)
       where due is not null and lease_until > ?1
       union all
       select min(retry_at) from hub_host where retry_at is not null and exists (
         select 1 from hub_subscription as one join hub_feed on hub_feed.id = feed
         where one.host = hub_host.host and altered > max(delivered, given_up) and lease_until > ?1
       )
     )`,
    now,
  ).first<{ due: number | null }>()
  return row?.due ?? undefined
}

async function isUsed(database: Database): Promise<boolean> {
  const sql = `select exists (select 1 from hub_subscription)
    or exists (select 1 from hub_request) as used`
  return (await database.prepare(sql).first<{ used: number }>())?.used === 1
}
