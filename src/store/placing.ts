import { type Dates, type Moment, place, type Place, type Placement } from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import type { Database } from './database.ts'

/** The places of staged releases, and the identities of those whose weight counts anew. */
export type Placed = { placed: Place[]; reweighed: string[] }

/** Chooses the places of everything that is staged under a name. */
export async function placeStaged(
  database: Database,
  batch: string,
  { site, vocabulary }: { site: Site; vocabulary: VocabularySource },
  moment: Moment,
): Promise<Placed> {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  // Without the conditions inside, SQLite copies the whole store before it joins.
  const { results } = await prepare(
    `select one.id, one.language, one.dates, one.document -> '$.archived' is not null as archived, one.authored, one.wanted, one.document -> '$.topics' as topics,
       kept.published, kept.updated, kept.authored as keptAuthored, kept.wanted as keptWanted,
       kept.document -> '$.topics' as keptTopics,
       one.document -> '$.withdrawn' is not null as withdrawn,
       kept.document -> '$.withdrawn' is not null as keptWithdrawn,
       ${corrections('one')} as corrections, ${corrections('kept')} as keptCorrections,
       one.weight, kept.weight as keptWeight, kept.history as keptHistory
     from incoming as one left join (
       select id, published, updated, authored, wanted, document, weight, history from release
       where id in (select id from incoming where batch = ?1)
       union all
       select id, published, updated, authored, wanted, null, 0, 0 from departed
       where id in (select id from incoming where batch = ?1)
     ) as kept on kept.id = one.id
     where one.batch = ?1`,
    batch,
  ).all<StagedRow>()
  if (results.length === 0) return { placed: [], reweighed: [] }
  const topics = createVocabulary(vocabulary)
  const staged = results.map((row) => {
    const placement = toPlacement(row, site.languages.indexOf(row.language))
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
  const from = staged.reduce(
    (least, { authored }) => Math.min(least, authored),
    moment.since ?? Infinity,
  )
  const taken = await prepare(
    `select published, updated from (
       select id, published, updated from release union all select id, published, updated from departed
     ) where (published >= ?1 or updated >= ?1)
       and id not in (select id from incoming where batch = ?2)`,
    from,
    batch,
  ).all<{ published: number; updated: number }>()
  const placed = place(
    staged,
    new Set(taken.results.map(({ published }) => published)),
    new Set(taken.results.map(({ updated }) => updated)),
    moment,
  )
  return { placed, reweighed }
}

type StagedRow = {
  id: string
  language: string
  dates: Dates
  archived: number
  authored: number
  wanted: number
  topics: string
  published: number | null
  updated: number
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

function toPlacement({ id, authored, wanted, ...kept }: StagedRow, rank: number): Placement {
  const topics = JSON.parse(kept.topics) as string[]
  const withdrawn = kept.withdrawn === 1
  const { corrections } = kept
  const dates = kept.archived === 1 ? 'archive' : kept.dates
  const placement = { id, rank, authored, wanted, topics, withdrawn, corrections, dates }
  const { published, updated, keptAuthored, keptWanted, keptTopics } = kept
  if (published === null) return placement
  const before = { published, updated, authored: keptAuthored, wanted: keptWanted }
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
