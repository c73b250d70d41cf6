import type {
  HubLoad,
  HubRequest,
  HubRequestStore,
  HubTopic,
  PendingRequest,
} from '../domain/hub-store.ts'
import { type Database, readStored, statement, type Statement } from './database.ts'

/** The `HubRequestStore` in SQL, on node:sqlite and on D1. Requests are written in `writer`. */
export function createHubRequestStore(database: Database, writer = database): HubRequestStore {
  return {
    load: (host) => readLoad(database, host),
    find: (request, address) => findTopic(database, request, address),
    async ask(request) {
      await writer.batch([insertRequest(writer, request)])
    },
  }
}

async function readLoad(database: Database, host: string): Promise<HubLoad> {
  const load = await statement(
    database,
    `select (select count(*) from hub_request) as pending,
       (select count(*) from hub_request where host = ?1) as pendingOfHost,
       (select count(*) from hub_subscription) as subscriptions,
       (select count(*) from hub_subscription where host = ?1) as subscriptionsOfHost,
       coalesce((select refused_until from hub_host where host = ?1), 0) as refusedUntil,
       coalesce((select verified from hub_host where host = ?1), 0) as verified`,
    host,
  ).first<Omit<HubLoad, 'isVerified'> & { verified: number }>()
  const { verified, ...numbers } = load!
  return { ...numbers, isVerified: verified === 1 }
}

async function findTopic(
  database: Database,
  { callback, host, asked }: Pick<HubRequest, 'callback' | 'host' | 'asked'>,
  address = asked,
): Promise<HubTopic | undefined> {
  // There is an index of hosts, and none of callbacks.
  const row = await statement(
    database,
    `select address, query, format from hub_subscription join hub_feed on hub_feed.id = feed
     where host = ?1 and callback = ?2 and (address = ?3 or asked = ?4)
     order by address = ?3 desc limit 1`,
    host,
    callback,
    address,
    asked,
  ).first<TopicRow>()
  return row ? toTopic(database, row) : undefined
}

/** A topic as it is stored. */
export type TopicRow = { address: string; query: string; format: string }

export function toTopic(database: Database, { address, query, format }: TopicRow): HubTopic {
  return { address, query: readStored(database, query), format }
}

function insertRequest(database: Database, request: HubRequest): Statement {
  return statement(
    database,
    `insert or replace into hub_request (address, query, format, asked, callback, host, mode, secret,
       verify_token, lease, at, due)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)`,
    request.address,
    JSON.stringify(request.query),
    request.format,
    request.asked,
    request.callback,
    request.host,
    request.mode,
    request.secret ?? null,
    request.verifyToken ?? null,
    request.lease,
    request.at,
  )
}

type RequestRow = TopicRow & {
  id: number
  asked: string
  callback: string
  host: string
  mode: HubRequest['mode']
  secret: string | null
  verifyToken: string | null
  lease: number
  at: number
  tries: number
}

/** Requests that are due, the oldest first, and before all those of hosts that verified something. */
export async function readDueRequests(
  database: Database,
  now: number,
  { all, ofHost }: { all: number; ofHost: number },
): Promise<PendingRequest[]> {
  const { results } = await statement(
    database,
    `select id, address, query, format, asked, callback, host, mode, secret,
       verify_token as verifyToken, lease, at, tries
     from hub_request join (
       -- There may be thousands, which are too large to be sorted as a whole.
       select id as chosen, coalesce(verified, 0) as known from (
         select id, host, due, row_number() over (partition by host order by due, id) as place
         from hub_request where due <= ?
       ) left join hub_host using (host)
       where place <= ? order by known desc, due, id limit ?
     ) on id = chosen order by known desc, due, id`,
    now,
    ofHost,
    all,
  ).all<RequestRow>()
  return results.map(({ secret, verifyToken, ...row }) => ({
    ...row,
    ...toTopic(database, row),
    secret: secret ?? undefined,
    verifyToken: verifyToken ?? undefined,
  }))
}

/** A request is over. One that took its place meanwhile has another number. */
export function deleteRequest(database: Database, { id }: PendingRequest): Statement {
  return statement(database, 'delete from hub_request where id = ?', id)
}

export function postponeRequest(
  database: Database,
  { id, tries }: PendingRequest,
  due: number,
): Statement {
  return statement(
    database,
    'update hub_request set due = ?, tries = ? where id = ?',
    due,
    tries + 1,
    id,
  )
}
