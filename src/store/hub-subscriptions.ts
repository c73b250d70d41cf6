import type {
  Delivered,
  HubFeed,
  HubHost,
  HubTopic,
  Owed,
  PendingRequest,
  Subscription,
} from '../domain/hub-store.ts'
import type { Term } from '../domain/term.ts'
import { type Database, statement, type Statement } from './database.ts'
import { deleteRequest, type TopicRow, toTopic } from './hub-requests.ts'

type FeedRow = TopicRow & { id: number; altered: number }

/** Feeds that have an anchor among some terms, in a language or in all. */
export async function findFeedsAt(
  database: Database,
  terms: Term[],
  language: string,
): Promise<HubFeed[]> {
  return readFeeds(
    database,
    `where id in (
       select feed from hub_anchor
       where term in (select value from json_each(?)) and language in (?, 'all')
     )`,
    JSON.stringify(terms),
    language,
  )
}

/** All feeds, or those that meet a condition. */
export async function readFeeds(
  database: Database,
  condition = '',
  ...values: unknown[]
): Promise<HubFeed[]> {
  const { results } = await statement(
    database,
    `select id, address, query, format, altered from hub_feed ${condition}`,
    ...values,
  ).all<FeedRow>()
  return results.map(({ id, altered, ...row }) => ({ id, altered, ...toTopic(database, row) }))
}

/** Writes a feed with its anchors, if it is not there. */
function insertFeed(database: Database, topic: HubTopic, anchors: Term[]): Statement[] {
  return [
    // News that came in before count as being in it: whether they are is found when they are sent.
    statement(
      database,
      `insert or ignore into hub_feed (address, query, format, altered)
       select ?, ?, ?, number from hub`,
      topic.address,
      JSON.stringify(topic.query),
      topic.format,
    ),
    insertAnchors(database, topic, anchors),
    statement(database, 'update hub set feeds = feeds + 1'),
  ]
}

function insertAnchors(database: Database, topic: HubTopic, anchors: Term[]): Statement {
  return statement(
    database,
    `insert or ignore into hub_anchor (term, language, feed)
     select value, ?, (select id from hub_feed where address = ?) from json_each(?)`,
    topic.query.language,
    topic.address,
    JSON.stringify(anchors),
  )
}

/** Somebody subscribes, or goes on to, from now on. */
export async function confirmSubscription(
  database: Database,
  request: PendingRequest,
  anchors: Term[],
  { leaseUntil, servedAt }: { leaseUntil: number; servedAt: number },
): Promise<Owed | undefined> {
  const { id, address, callback } = request
  await database.batch([
    ...insertFeed(database, request, anchors),
    statement(
      database,
      `insert into hub_subscription
         (feed, asked, callback, host, secret, verify_token, lease_until, delivered)
       select hub_feed.id, asked, callback, host, secret, verify_token, ?1,
         coalesce((select number from hub_news where at < ?2 order by number desc limit 1), 0)
       from hub_request join hub_feed using (address) where hub_request.id = ?3
       on conflict (feed, callback) do update set asked = excluded.asked, host = excluded.host,
         secret = excluded.secret, verify_token = excluded.verify_token,
         lease_until = excluded.lease_until, attempts = 0, due = null, failing_since = null`,
      leaseUntil,
      servedAt,
      id,
    ),
    deleteRequest(database, request),
  ])
  const found = await statement(
    database,
    `select one.id, feed, host from hub_subscription as one join hub_feed on hub_feed.id = feed
     where address = ? and callback = ?`,
    address,
    callback,
  ).first<Owed>()
  return found ?? undefined
}

/** Somebody subscribes no longer. */
export async function confirmEnd(database: Database, request: PendingRequest): Promise<void> {
  await database.batch([
    statement(
      database,
      `delete from hub_subscription where callback = ?1
       and feed = (select id from hub_feed where address = ?2)
       and exists (select 1 from hub_request where id = ?3)`,
      request.callback,
      request.address,
      request.id,
    ),
    deleteRequest(database, request),
  ])
}

/** What is owed in all feeds or in some and did not fail, or, with `isDue`, what failed before and is due. */
export async function findOwed(
  database: Database,
  now: number,
  { feeds, isDue = false }: { feeds?: number[] | undefined; isDue?: boolean } = {},
): Promise<Owed[]> {
  const { results } = await statement(
    database,
    `select one.id, feed, host from hub_subscription as one join hub_feed on hub_feed.id = feed
     where altered > max(delivered, given_up) and lease_until > ?1
       and due ${isDue ? '<= ?1' : 'is null'}
       ${feeds ? 'and feed in (select value from json_each(?2))' : ''}`,
    now,
    ...(feeds ? [JSON.stringify(feeds)] : []),
  ).all<Owed>()
  return results
}

type SubscriptionRow = Omit<Subscription, 'secret' | 'failingSince'> & {
  secret: string | null
  failingSince: number | null
}

/** Subscriptions by their numbers. */
export async function readSubscriptions(
  database: Database,
  ids: number[],
): Promise<Subscription[]> {
  const { results } = await statement(
    database,
    `select id, feed, host, callback, secret, lease_until as leaseUntil, delivered,
       given_up as givenUp, attempts, failing_since as failingSince
     from hub_subscription where id in (select value from json_each(?))`,
    JSON.stringify(ids),
  ).all<SubscriptionRow>()
  return results.map(({ secret, failingSince, ...row }) => ({
    ...row,
    secret: secret ?? undefined,
    failingSince: failingSince ?? undefined,
  }))
}

/** Writes what became of deliveries, in one statement. */
export function settleDeliveries(database: Database, results: Delivered[]): Statement {
  const rows = results.map((one) => [
    one.id,
    one.delivered,
    one.givenUp,
    one.attempts,
    one.due ?? null,
    one.failingSince ?? null,
    one.status,
  ])
  return statement(
    database,
    `update hub_subscription set delivered = max(delivered, value ->> 1),
       given_up = max(given_up, value ->> 2), attempts = value ->> 3, due = value ->> 4,
       failing_since = value ->> 5, last_status = value ->> 6
     from json_each(?) as one where hub_subscription.id = one.value ->> 0`,
    JSON.stringify(rows),
  )
}

/** Nothing of what is owed up to a number is sent to a host any more. */
export function giveUpHost(database: Database, host: string, number: number): Statement {
  return statement(
    database,
    `update hub_subscription set given_up = ?1, attempts = 0, due = null, failing_since = null
     where host = ?2 and delivered < ?1`,
    number,
    host,
  )
}

/** A feed is at another address by now. If one is there already, it takes the subscribers that it does not have. */
export function moveFeed(
  database: Database,
  id: number,
  topic: HubTopic,
  anchors: Term[],
): Statement[] {
  return [
    statement(
      database,
      'update or ignore hub_feed set address = ?, query = ? where id = ?',
      topic.address,
      JSON.stringify(topic.query),
      id,
    ),
    statement(
      database,
      `update hub_feed set altered = max(altered, (select altered from hub_feed where id = ?1))
       where address = ?2`,
      id,
      topic.address,
    ),
    statement(
      database,
      `update or ignore hub_subscription set feed = (select id from hub_feed where address = ?2)
       where feed = ?1`,
      id,
      topic.address,
    ),
    statement(database, 'delete from hub_feed where id = ? and address <> ?', id, topic.address),
    statement(database, 'delete from hub_anchor where feed = ?', id),
    insertAnchors(database, topic, anchors),
    statement(database, 'update hub set feeds = feeds + 1'),
  ]
}

/** A feed is no more. What its subscribers are to be told is remembered. */
export function endFeed(database: Database, id: number, now: number): Statement[] {
  return [
    statement(
      database,
      `insert or replace into hub_request (address, query, format, asked, callback, host, mode,
         verify_token, lease, at, due)
       select address, query, format, asked, callback, host, 'denied', verify_token, 0, ?2, ?2
       from hub_subscription join hub_feed on hub_feed.id = feed
       where feed = ?1 and lease_until > ?2`,
      id,
      now,
    ),
    statement(database, 'delete from hub_feed where id = ?', id),
    statement(database, 'update hub set feeds = feeds + 1'),
  ]
}

type HostRow = Omit<HubHost, 'isVerified' | 'retryAt' | 'failingSince'> & {
  verified: number
  retryAt: number | null
  failingSince: number | null
}

/** What is remembered of some hosts. */
export async function readHosts(database: Database, names: string[]): Promise<HubHost[]> {
  const { results } = await statement(
    database,
    `select host, slow_until as slowUntil, attempts, retry_at as retryAt,
       failing_since as failingSince, verified, failed_verifications as failedVerifications,
       refused_until as refusedUntil
     from hub_host where host in (select value from json_each(?))`,
    JSON.stringify(names),
  ).all<HostRow>()
  return results.map(({ verified, retryAt, failingSince, ...row }) => ({
    ...row,
    isVerified: verified === 1,
    retryAt: retryAt ?? undefined,
    failingSince: failingSince ?? undefined,
  }))
}

export function writeDeliveries(database: Database, hosts: HubHost[]): Statement {
  const rows = hosts.map((one) => [
    one.host,
    one.slowUntil,
    one.attempts,
    one.retryAt ?? null,
    one.failingSince ?? null,
  ])
  return statement(
    database,
    `insert into hub_host (host, slow_until, attempts, retry_at, failing_since)
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?)
     where true on conflict (host) do update set slow_until = excluded.slow_until,
       attempts = excluded.attempts, retry_at = excluded.retry_at,
       failing_since = excluded.failing_since`,
    JSON.stringify(rows),
  )
}

export function writeVerification(
  database: Database,
  { host, isVerified, failedVerifications, refusedUntil }: HubHost,
): Statement {
  return statement(
    database,
    `insert into hub_host (host, verified, failed_verifications, refused_until)
     values (?, ?, ?, ?) on conflict (host) do update set verified = excluded.verified,
       failed_verifications = excluded.failed_verifications, refused_until = excluded.refused_until`,
    host,
    Number(isVerified),
    failedVerifications,
    refusedUntil,
  )
}
