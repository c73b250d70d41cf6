import { keyAt } from '../domain/key.ts'
import {
  type Dates,
  earliest,
  type Moment,
  place,
  type Place,
  type Placement,
} from '../domain/publishing.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { isOf } from './chunks.ts'
import type { Database } from './database.ts'

/** The places of staged releases, and the identities of those whose weight counts anew. */
export type Placed = { placed: (Place & { batch: string })[]; reweighed: string[] }

/** Chooses the places of everything that is staged under some names, in the order in which it came in. */
export async function placeStaged(
  database: Database,
  batches: string[],
  vocabulary: VocabularySource,
  moment: Moment,
): Promise<Placed> {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  // Without the conditions inside, SQLite copies the whole store before it joins.
  const { results } = await prepare(
    `select one.id, one.batch, one.dates, one.document -> '$.archived' is not null as archived, one.authored, one.wanted, one.document -> '$.topics' as topics,
       kept.key, kept.updated_key as updatedKey, kept.authored as keptAuthored, kept.wanted as keptWanted,
       kept.document -> '$.topics' as keptTopics,
       one.document -> '$.withdrawn' is not null as withdrawn,
       kept.document -> '$.withdrawn' is not null as keptWithdrawn,
       ${corrections('one')} as corrections, ${corrections('kept')} as keptCorrections,
       one.weight, kept.weight as keptWeight, kept.history as keptHistory
     from incoming as one left join (
       select id, key, updated_key, authored, wanted, document, weight, history from release
       where id in (select id from incoming where ${isOf('?1')})
       union all
       select id, key, updated_key, authored, wanted, null, 0, 0 from departed
       where id in (select id from incoming where ${isOf('?1')})
     ) as kept on kept.id = one.id
     where one.${isOf('?1')}
     order by (select key from json_each(?1) where value = one.batch), one.number`,
    JSON.stringify(batches),
  ).all<StagedRow>()
  if (results.length === 0) return { placed: [], reweighed: [] }
  const topics = createVocabulary(vocabulary)
  const staged = results.map((row, number) => {
    const placement = toPlacement(row, number)
    const { before } = placement
    if (!before?.topics) return placement
    // A topic that was renamed or merged is not gained by whatever had it.
    const had = before.topics.map((slug) => topics.resolve(slug)?.slug ?? slug)
    return { ...placement, before: { ...before, topics: had } }
  })
  // Neighbours in an archive may move for a release that no longer fits into it.
  const reweighed = results
    .filter(({ weight, keptWeight }) => weight > 2 * keptWeight)
    .map(({ id }) => id)
  const taken = await prepare(
    `select key, updated_key as updatedKey from (
       select id, key, updated_key from release union all select id, key, updated_key from departed
     ) where (key >= ?1 or updated_key >= ?1)
       and id not in (select id from incoming where ${isOf('?2')})`,
    keyAt(earliest(staged, moment)),
    JSON.stringify(batches),
  ).all<{ key: number; updatedKey: number }>()
  const places = place(
    staged,
    taken.results.flatMap(({ key, updatedKey }) => [key, updatedKey]),
    moment,
  )
  const placed = places.map((one, index) => ({ ...one, batch: results[index]!.batch }))
  return { placed, reweighed }
}

type StagedRow = {
  id: string
  batch: string
  dates: Dates
  archived: number
  authored: number
  wanted: number
  topics: string
  key: number | null
  updatedKey: number
  keptAuthored: number
  keptWanted: number
  keptTopics: string | null
  withdrawn: number
  keptWithdrawn: number
  corrections: number
  keptCorrections: number
  weight: number
  keptWeight: number
  keptHistory: number
}

function corrections(table: string): string {
  return `(
    select count(*) from json_each(${table}.document, '$.changes') as change
    where change.value ->> 'kind' = 'correction'
  )`
}

function toPlacement(
  { id, batch, authored, wanted, ...kept }: StagedRow,
  number: number,
): Placement {
  const topics = JSON.parse(kept.topics) as string[]
  const withdrawn = kept.withdrawn === 1
  const { corrections } = kept
  const dates = kept.archived === 1 ? 'archive' : kept.dates
  const placement = { id, batch, number, authored, wanted, topics, withdrawn, corrections, dates }
  const { key, updatedKey, keptAuthored, keptWanted, keptTopics } = kept
  if (key === null) return placement
  const before = { key, updatedKey, authored: keptAuthored, wanted: keptWanted }
  if (keptTopics === null) return { ...placement, before }
  const was = {
    withdrawn: kept.keptWithdrawn === 1,
    corrections: kept.keptCorrections,
    isHistory: kept.keptHistory === 1,
  }
  return {
    ...placement,
    before: { ...before, ...was, topics: JSON.parse(keptTopics) as string[] },
  }
}
