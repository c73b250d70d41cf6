import { isWithdrawnBefore } from '../domain/embargo.ts'
import { keyAt } from '../domain/key.ts'
import {
  type Dates,
  earliest,
  type Moment,
  chooseKeys,
  type Placement,
  type ReleaseKeys,
} from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import { partTerm, presentTerm, type Term, termFor } from '../domain/term.ts'
import { createVocabulary, type Vocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, statement } from './database.ts'
import { inBatches } from './staging.ts'

/** The keys of staged releases, and the identities of those whose weight counts anew. */
export type AssignedKeys = { assigned: (ReleaseKeys & { batch: string })[]; reweighed: string[] }

/** Assigns keys to all releases of some batches, in the order in which they were staged. */
export async function assignKeys(
  database: Database,
  batches: string[],
  { site, vocabulary }: { site: Site; vocabulary: VocabularySource },
  moment: Moment,
): Promise<AssignedKeys> {
  const rows = await readStaged(database, batches)
  if (rows.length === 0) return { assigned: [], reweighed: [] }
  const topics = createVocabulary(vocabulary)
  const placements = rows.map((row, number) =>
    resolveTerms(toPlacement(row, number, site), site, topics),
  )
  const taken = await readTakenKeys(database, batches, earliest(placements, moment))
  const assigned = chooseKeys(placements, taken, moment).map((one, index) => ({
    ...one,
    batch: rows[index]!.batch,
  }))
  // Neighbours in an archive may move for a release that no longer fits into it.
  const reweighed = rows
    .filter(({ weight, keptWeight }) => weight > 2 * keptWeight)
    .map(({ id }) => id)
  return { assigned, reweighed }
}

/** Staged releases, each beside what the store has or had under its identity. */
async function readStaged(database: Database, batches: string[]): Promise<StagedRow[]> {
  // Without the conditions inside, SQLite copies the whole store before it joins.
  const { results } = await statement(
    database,
    `select one.id, one.batch, one.dates, one.document -> '$.archived' is not null as archived, one.authored, one.wanted, ${termsOf('one')} as terms,
       kept.key, kept.updated_key as updatedKey, kept.authored as keptAuthored, kept.wanted as keptWanted,
       ${termsOf('kept')} as keptTerms,
       one.document ->> '$.withdrawn.at' as withdrawnAt, one.document ->> '$.authored' as meant,
       one.document -> '$.draft' is not null as unfinished,
       kept.document ->> '$.withdrawn.at' as keptWithdrawnAt, kept.document ->> '$.authored' as keptMeant,
       ${countCorrections('one')} as corrections, ${countCorrections('kept')} as keptCorrections,
       one.weight, kept.weight as keptWeight, kept.history as keptHistory
     from incoming as one left join (
       select id, key, updated_key, authored, wanted, document, weight, history from release
       where id in (select id from incoming where ${inBatches('?1')})
       union all
       select id, key, updated_key, authored, wanted, null, 0, 0 from departed
       where id in (select id from incoming where ${inBatches('?1')})
     ) as kept on kept.id = one.id
     where one.${inBatches('?1')}
     order by (select key from json_each(?1) where value = one.batch), one.number`,
    JSON.stringify(batches),
  ).all<StagedRow>()
  return results
}

/** The keys from a second on that other releases have, or had before they departed. */
async function readTakenKeys(
  database: Database,
  batches: string[],
  second: number,
): Promise<number[]> {
  const { results } = await statement(
    database,
    `select key, updated_key as updatedKey from (
       select id, key, updated_key from release union all select id, key, updated_key from departed
     ) where (key >= ?1 or updated_key >= ?1)
       and id not in (select id from incoming where ${inBatches('?2')})`,
    keyAt(second),
    JSON.stringify(batches),
  ).all<{ key: number; updatedKey: number }>()
  return results.flatMap(({ key, updatedKey }) => [key, updatedKey])
}

/** What was renamed or merged is not gained by a release that had it under its former name. */
function resolveTerms(placement: Placement, site: Site, vocabulary: Vocabulary): Placement {
  const { before } = placement
  if (!before?.terms) return placement
  const terms = before.terms.map((term) => {
    const isTopic = partTerm(term).sort === 'topic'
    return (isTopic && vocabulary.resolve(term)?.slug) || presentTerm(term, site)
  })
  return { ...placement, before: { ...before, terms } }
}

/** What the terms of a release are made of, as JSON; null for one that is not there. */
function termsOf(table: string): string {
  const [topics, publisher, kind] = ['topics', 'publisher', 'kind'].map(
    (field) => `${table}.document -> '$.${field}'`,
  )
  return `iif(${table}.document is null, null, json_array(json(${topics}), json(${publisher}), json(${kind})))`
}

function readTerms(written: string): Term[] {
  const [topics, publisher, kind] = JSON.parse(written) as [string[], string, string]
  return [...topics, termFor('publisher', publisher), termFor('kind', kind)]
}

type StagedRow = {
  id: string
  batch: string
  dates: Dates
  archived: number
  authored: number
  wanted: number
  terms: string
  key: number | null
  updatedKey: number
  keptAuthored: number
  keptWanted: number
  keptTerms: string | null
  withdrawnAt: number | null
  /** The time that its author gave it, also where it was exported with the later one that it was published at. */
  meant: number
  unfinished: number
  keptWithdrawnAt: number | null
  keptMeant: number
  corrections: number
  keptCorrections: number
  weight: number
  keptWeight: number
  keptHistory: number
}

function countCorrections(table: string): string {
  return `(
    select count(*) from json_each(${table}.document, '$.changes') as change
    where change.value ->> 'kind' = 'correction'
  )`
}

function toPlacement(
  { id, batch, authored, wanted, meant, withdrawnAt, ...kept }: StagedRow,
  number: number,
  { timezone }: Site,
): Placement {
  const dates = kept.archived === 1 ? 'archive' : kept.dates
  const placement = {
    id,
    batch,
    number,
    authored,
    wanted,
    dates,
    terms: readTerms(kept.terms),
    withdrawn: withdrawnAt !== null,
    isWithdrawnBefore: isBefore(Math.min(authored, meant), withdrawnAt, timezone),
    isUnfinished: kept.unfinished === 1,
    corrections: kept.corrections,
  }
  const { key, updatedKey, keptAuthored, keptWanted, keptMeant, keptWithdrawnAt, keptTerms } = kept
  if (key === null) return placement
  const before = { key, updatedKey, authored: keptAuthored, wanted: keptWanted }
  if (keptTerms === null) return { ...placement, before }
  const was = {
    withdrawn: keptWithdrawnAt !== null,
    corrections: kept.keptCorrections,
    isHistory: kept.keptHistory === 1,
  }
  return {
    ...placement,
    // Neither another time zone nor a day in place of a time says so.
    isSaidToHaveBeenPublic:
      withdrawnAt !== null &&
      withdrawnAt !== keptWithdrawnAt &&
      withdrawnAt >= authored &&
      isBefore(Math.min(keptAuthored, keptMeant), keptWithdrawnAt, timezone),
    before: { ...before, ...was, terms: readTerms(keptTerms) },
  }
}

function isBefore(published: number, withdrawnAt: number | null, timezone: string): boolean {
  return withdrawnAt !== null && isWithdrawnBefore(published, withdrawnAt, timezone)
}
