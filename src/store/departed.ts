import { lastKeyOf } from '../domain/key.ts'
import { chunks } from './chunks.ts'
import { type Database, statement, type Statement } from './database.ts'
import { slugsOf } from './slugs.ts'
import { inBatches } from './staging.ts'

/**
 * The statements that keep what a change takes away: the keys of public releases that go, should they come back
 * (C-07), and the slugs that releases lose. `staged` are batches as a JSON array, `removed` sources.
 */
export function rememberDeparted(
  database: Database,
  staged: string,
  removed: string[],
  second: number,
): Statement[] {
  const last = lastKeyOf(second)
  const isRemoved = 'source in (select value from json_each(?2))'
  return [
    ...chunks(removed).flatMap((chunk) => {
      const sources = JSON.stringify(chunk)
      return [
        statement(database, `${insertDeparted} where key <= ?1 and ${isRemoved}`, last, sources),
        statement(database, `${insertLostSlugs} and ${isRemoved}`, staged, sources),
      ]
    }),
    statement(
      database,
      `${insertDeparted} where key <= ?1 and source in (select source from incoming where ${inBatches('?2')})
       and id not in (select id from incoming where ${inBatches('?2')})`,
      last,
      staged,
    ),
    statement(
      database,
      `${insertLostSlugs} and (release.id in (select id from incoming where ${inBatches('?1')})
         or source in (select source from incoming where ${inBatches('?1')}))`,
      staged,
    ),
    statement(
      database,
      `delete from departed where id in (select id from incoming where ${inBatches('?')})`,
      staged,
    ),
  ]
}

const insertDeparted = `
  insert or replace into departed (id, key, updated_key, authored, wanted, publisher)
  select id, key, updated_key, authored, wanted, document ->> '$.publisher' from release`

/** Of releases that go or change: the slugs that they do not have in the batches ?1. */
const insertLostSlugs = `
  insert or replace into lost_slug (slug, id, publisher)
  select name.value, release.id, document ->> '$.publisher'
  from release, json_each(${slugsOf('release')}) as name
  where not exists (
    select 1 from incoming, json_each(${slugsOf('incoming')}) as kept
    where ${inBatches('?1')} and incoming.id = release.id and kept.value = name.value
  )`
