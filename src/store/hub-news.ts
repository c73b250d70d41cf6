import {
  endedTerm,
  type HubChange,
  type HubNews,
  type HubPosition,
  type HubRelease,
  type NewsRange,
} from '../domain/hub-store.ts'
import { keyAt, lastKeyOf, placesOfSecond, secondOf } from '../domain/key.ts'
import type { State } from '../domain/release-store.ts'
import type { Term } from '../domain/term.ts'
import { type Database, readStored, statement } from './database.ts'

/** Releases that are looked at together: more may change at once when a folder is rewritten. */
const mostReleases = 2000
/** Seconds for which the journal is kept: longer than a lease, and the time after it when a position still counts. */
const kept = 40 * 86_400
/** Seconds for which what a subscriber had counts after its lease: see W-44. */
const keptSubscription = 7 * 86_400

/**
 * Takes or renews the lead. Answers where the distribution stands, or undefined while another process leads. One that
 * leads for longer than anybody may did so while the clock was ahead.
 */
export async function takeLead(
  database: Database,
  name: string,
  now: number,
  until: number,
): Promise<HubPosition | undefined> {
  const position = await statement(
    database,
    `insert into hub (one, leader, leader_until, looked, number, feeds) values (1, ?1, ?2, 0, 0, 0)
     on conflict (one) do update set leader = ?1, leader_until = ?2
       where leader = ?1 or leader_until <= ?3 or leader_until > ?2
     returning looked, number, feeds`,
    name,
    until,
    now,
  ).first<HubPosition>()
  return position ?? undefined
}

export async function giveLeadBack(database: Database, name: string): Promise<void> {
  await statement(database, 'update hub set leader_until = 0 where leader = ?', name).all()
}

/** Has the journal hold what changed after a second, as if everybody had been told of it. */
export async function seedJournal(
  database: Database,
  { horizon, since, retired }: State,
  after: number,
): Promise<HubPosition> {
  const ended = Array.from(retired.ended, ([term, { at }]) => [endedTerm(term), at])
  await database.batch([
    statement(
      database,
      `insert or ignore into hub_news (subject, updated, at)
       select id, updated_key / ${placesOfSecond}, 0 from release where updated_key >= ? and key <= ?`,
      keyAt(after + 1),
      lastKeyOf(horizon),
    ),
    statement(
      database,
      `insert or ignore into hub_news (subject, updated, at)
       select value ->> 0, value ->> 1, 0 from json_each(?)`,
      JSON.stringify(ended),
    ),
    statement(
      database,
      'update hub set looked = ?, number = coalesce((select max(number) from hub_news), number)',
      since,
    ),
  ])
  const sql = 'select looked, number, feeds from hub'
  return (await database.prepare(sql).first<HubPosition>())!
}

type ReleaseRow = Pick<HubRelease, 'id' | 'language' | 'publisher' | 'kind'> & {
  withdrawn: number
  updatedKey: number
  topics: string
}

/** Public releases that changed materially after a second and are not in the journal, in the order of that. */
export async function findUnknownReleases(
  database: Database,
  { horizon }: State,
  after: number,
): Promise<HubRelease[]> {
  const { results } = await statement(
    database,
    `select id, language, withdrawn, updated_key as updatedKey, document -> '$.topics' as topics,
       document ->> '$.publisher' as publisher, document ->> '$.kind' as kind
     from release where updated_key >= ?1 and key <= ?2 and not exists (
       select 1 from hub_news where subject = id and updated = updated_key / ${placesOfSecond}
     ) order by updated_key limit ${mostReleases}`,
    keyAt(after + 1),
    lastKeyOf(horizon),
  ).all<ReleaseRow>()
  return results.map(({ withdrawn, updatedKey, topics, ...release }) => ({
    ...release,
    topics: readStored(database, topics),
    updated: secondOf(updatedKey),
    isWithdrawn: withdrawn === 1,
  }))
}

/** Terms of which the journal has that they ended, by their names of then, with the second. */
export async function readEndings(database: Database): Promise<{ term: Term; at: number }[]> {
  const { results } = await statement(
    database,
    'select subject, updated from hub_news where subject > ? and subject < ?',
    endedPrefix,
    `${endedPrefix}\u{10ffff}`,
  ).all<HubNews>()
  return results.map(({ subject, updated }) => ({ term: endedIn(subject)!, at: updated }))
}

/** See `HubStore.record`. */
export async function recordNews(
  database: Database,
  { name, position, looked, news, altered, now }: HubChange,
): Promise<void> {
  const { number } = position
  const rows = news.map(({ subject, updated }, index) => [number + 1 + index, subject, updated])
  await database.batch([
    // The table refuses null, so that all of it fails if another process leads or was first.
    statement(
      database,
      `update hub set looked = ?1,
         number = iif(leader = ?2 and number = ?3 and feeds = ?4, ?5, null)`,
      looked,
      name,
      number,
      position.feeds,
      number + rows.length,
    ),
    statement(
      database,
      `insert into hub_news (number, subject, updated, at)
       select value ->> 0, value ->> 1, value ->> 2, ?2 from json_each(?1)`,
      JSON.stringify(rows),
      now,
    ),
    statement(
      database,
      `update hub_feed set altered = max(altered, value ->> 1) from json_each(?) as one
       where hub_feed.id = one.value ->> 0`,
      JSON.stringify([...altered]),
    ),
  ])
}

/** Keys of the public releases, and the terms that ended, of which there are news in some ranges. */
export async function readNews(
  database: Database,
  { horizon }: State,
  ranges: NewsRange[],
): Promise<{ keys: number[]; ended: Term[] }> {
  const { results } = await statement(
    database,
    `select subject, release.key from json_each(?1) as range
     join hub_news on number > range.value ->> 0 and number <= range.value ->> 1
     left join release on release.id = subject and release.key <= ?2`,
    JSON.stringify(ranges),
    lastKeyOf(horizon),
  ).all<{ subject: string; key: number | null }>()
  return {
    keys: [...new Set(results.flatMap(({ key }) => key ?? []))],
    ended: results.flatMap(({ subject }) => endedIn(subject) ?? []),
  }
}

const endedPrefix = endedTerm('')

function endedIn(subject: string): Term | undefined {
  return subject.startsWith(endedPrefix) ? subject.slice(endedPrefix.length) : undefined
}

/** Forgets what is over for long: news, subscriptions, feeds and hosts that nobody has anything to do with. */
export async function tidyHub(database: Database, now: number): Promise<void> {
  await database.batch([
    // What may be met again by looking stays: what ended is met at each look.
    statement(
      database,
      `delete from hub_news where at < ?1 and updated < min(?1, (select looked from hub))
       and subject not like ?2`,
      now - kept,
      `${endedPrefix}%`,
    ),
    statement(
      database,
      'delete from hub_subscription where lease_until < ?',
      now - keptSubscription,
    ),
    statement(
      database,
      'delete from hub_feed where not exists (select 1 from hub_subscription where feed = hub_feed.id)',
    ),
    statement(
      database,
      `delete from hub_host where refused_until < ?
       and not exists (select 1 from hub_subscription as one where one.host = hub_host.host)
       and not exists (select 1 from hub_request as one where one.host = hub_host.host)`,
      now,
    ),
  ])
}
