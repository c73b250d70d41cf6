import { keyAt, secondOf } from '../domain/key.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { type AssignedKeys, assignKeys } from './assign-keys.ts'
import { chunks, rowsPerStatement } from './chunks.ts'
import { noteCommitted } from './committed.ts'
import { type Database, statement, type Statement } from './database.ts'
import { rememberDeparted } from './departed.ts'
import { recordStagedHistory } from './history.ts'
import { insertReleases } from './insert-releases.ts'
import {
  type AffectedRelease,
  findAffectedReleases,
  touchAffected,
  touchArrivals,
  touchRelated,
} from './last-modified.ts'
import type { Position } from './position.ts'
import { requireThat } from './require-that.ts'
import { hidesWhatWasOut, inBatches } from './staging.ts'
import { readStateValues, setStateValue } from './state-values.ts'
import { switchTopics } from './switch-topics.ts'

/** What becomes public at once with everything that is staged in `batches`. */
export type Change = {
  /** Tells whether it was made, where the answer is lost. */
  name?: string
  batches: string[]
  site: Site
  vocabulary: VocabularySource
  /** Fingerprint of what makes documents of all this. */
  program: string
  /** Sources of the releases that go. */
  removed: string[]
  /** What else is written in the same transaction. */
  others: Statement[]
}

/** What the statements of a change are made of. */
type Plan = AssignedKeys & {
  second: number
  /** The batches as a JSON array. */
  staged: string
  affected: AffectedRelease[]
  /** Public releases before or after the change that it concerns. */
  visible: { id: string }[]
  /** Releases that come with a date before all that readers were shown. */
  fromThePast: AssignedKeys['assigned']
  vocabularyIsNew: boolean
  /** Whether every document counts as changed, so that nothing needs to be said of single ones. */
  frameIsNew: boolean
  /** Whether readers can see anything of the change. */
  isVisible: boolean
}

/**
 * The statements that make a change public as one transaction. It is refused as a whole when the store is no
 * longer at the revision of the position, or when readers were shown anything of the second, because all here
 * was decided for that.
 */
export async function prepareTransaction(
  database: Database,
  position: Position,
  change: Change,
  second: number,
): Promise<Statement[]> {
  const plan = await planChange(database, position, change, second)
  const { staged, visible, frameIsNew, isVisible } = plan
  const { name, site, vocabulary, program, removed, others } = change
  return [
    ...checkRevision(database, position.revision, second),
    // A release may have come out by itself since its author was told that it can be a draft again.
    requireThat(
      database,
      `not exists (select 1 from incoming where ${inBatches('?1')} and ${hidesWhatWasOut('?2')})`,
      staged,
      keyAt(second),
    ),
    ...(isVisible ? [setStateValue(database, 'changed', second)] : []),
    ...(frameIsNew ? [setStateValue(database, 'framed', second)] : []),
    ...(frameIsNew ? [] : touchAffected(database, plan.affected, plan, second)),
    ...writeKeys(database, plan),
    keepWeights(database, plan),
    ...(frameIsNew ? [] : touchRelated(database, visible, second)),
    // Before releases come, so that they are marked with the topics that they are now found under.
    ...(plan.vocabularyIsNew ? await switchTopics(database, vocabulary) : []),
    ...rememberDeparted(database, staged, removed, second),
    ...deleteReplaced(database, staged, removed),
    ...insertReleases(
      database,
      staged,
      isVisible ? second : 0,
      plan.assigned.map(({ key }) => key),
    ),
    ...(frameIsNew ? [] : touchRelated(database, visible, second)),
    ...(frameIsNew ? [] : touchArrivals(database, plan.affected, plan.fromThePast, second)),
    setStateValue(database, 'site', JSON.stringify(site)),
    setStateValue(database, 'vocabulary', JSON.stringify(vocabulary)),
    setStateValue(database, 'program', program),
    noteCommitted(database, { staged, name, revision: position.revision + 1 }),
    ...others,
    recordStagedHistory(database, staged, second),
    statement(database, `delete from placement where ${inBatches('?')}`, staged),
    statement(database, `delete from incoming where ${inBatches('?')}`, staged),
  ]
}

async function planChange(
  database: Database,
  { horizon, since }: Position,
  { batches, site, vocabulary, program, removed }: Change,
  second: number,
): Promise<Plan> {
  // As long as nothing was shown, whatever comes keeps its times.
  const moment = { second, since: horizon === 0 ? undefined : since }
  const keys = await assignKeys(database, batches, { site, vocabulary }, moment)
  const affected = await findAffectedReleases(database, batches, removed, second)
  const before = await readStateValues(database, 'site', 'vocabulary', 'program')
  const vocabularyIsNew = before.vocabulary !== JSON.stringify(vocabulary)
  const frameIsNew =
    vocabularyIsNew ||
    siteInDocuments(before.site) !== siteInDocuments(JSON.stringify(site)) ||
    before.program !== program ||
    affected.length > rowsPerStatement
  const becomePublic = keys.assigned.filter(({ key }) => secondOf(key) <= second)
  const isAffected = new Set(affected.map(({ id }) => id))
  return {
    ...keys,
    second,
    staged: JSON.stringify(batches),
    affected,
    visible: [...affected, ...becomePublic],
    fromThePast: keys.assigned.filter(
      ({ id, key }) => secondOf(key) <= since && !isAffected.has(id),
    ),
    vocabularyIsNew,
    frameIsNew,
    isVisible: frameIsNew || affected.length > 0 || becomePublic.length > 0,
  }
}

/** A site as it is stored, as far as documents with a date depend on it. */
function siteInDocuments(stored = '{}'): string {
  return JSON.stringify({ ...(JSON.parse(stored) as Site), robots: undefined })
}

/** Optimistic concurrency control: null is refused by the table, and with it the whole transaction. */
function checkRevision(database: Database, revision: number, second: number): Statement[] {
  return [
    statement(database, "insert or ignore into state (key, value) values ('revision', 0)"),
    statement(
      database,
      `update state set value = case
         when value = ?1 and coalesce((select value from state where key = 'shown'), 0) < ?2 then value + 1
         else null end
       where key = 'revision'`,
      revision,
      second,
    ),
  ]
}

function writeKeys(database: Database, { assigned }: Plan): Statement[] {
  return chunks(assigned).map((chunk) =>
    statement(
      database,
      `insert into placement (batch, id, key, updated_key, history)
       select value ->> 'batch', value ->> 'id', value ->> 'key', value ->> 'updatedKey', value ->> 'isHistory'
       from json_each(?)`,
      JSON.stringify(chunk),
    ),
  )
}

/** A weight holds for as long as a release stays in its archive, or releases beside it would move. */
function keepWeights(database: Database, { staged, reweighed }: Plan): Statement {
  return statement(
    database,
    `update incoming set weight = (select weight from release where release.id = incoming.id)
     where ${inBatches('?1')} and id not in (select value from json_each(?2)) and id in (
       select release.id from release join placement using (id, updated_key) where ${inBatches('?1')}
     )`,
    staged,
    JSON.stringify(reweighed),
  )
}

/** Deletes the releases that are removed, and those that staged ones take the place of. */
function deleteReplaced(database: Database, staged: string, removed: string[]): Statement[] {
  return [
    ...chunks(removed).map((chunk) =>
      statement(
        database,
        'delete from release where source in (select value from json_each(?))',
        JSON.stringify(chunk),
      ),
    ),
    statement(
      database,
      `delete from release where id in (select id from incoming where ${inBatches('?1')})
         or source in (select source from incoming where ${inBatches('?1')})`,
      staged,
    ),
  ]
}
