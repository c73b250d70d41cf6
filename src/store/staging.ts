// Drafts that wait in the table `incoming`, under the name of a batch, until one transaction makes them public.
import type { HistoryEntry } from '../domain/publishing-store.ts'
import type { Dates, Draft } from '../domain/publishing.ts'
import { type Database, statement, type Statement } from './database.ts'

/** A draft, with what becomes of its times (`news` if nothing is said) and what the history tells of it. */
export type StagedDraft = Draft & { dates?: Dates; historyEntry?: HistoryEntry }

/** Seconds after which a batch is abandoned under which nothing more was staged. */
const longestPause = 600

/** Drafts that are deleted at once: that takes some milliseconds, in which nobody else writes. */
const rowsOfPortion = 200

/** Drafts that one statement stages: D1 binds a hundred values, and the texts of each draft are two. */
const draftsOfStatement = 45

/** The condition that a row is of one of the batches in a JSON array. */
export function inBatches(batches: string): string {
  return `batch in (select value from json_each(${batches}))`
}

/**
 * `decided` is the revision that a draft of the API was decided for; such drafts are committed together. `first`:
 * as in `ContentStore`.
 */
export type Staging = { batch: string; now: number; decided?: number; first?: number }

/** The condition that a row of `incoming` is not finished, although its release was out before the key `first`. */
export function hidesWhatWasOut(first: string): string {
  // A folder stages none, however many releases it has.
  return `incoming.decided is not null and incoming.document -> '$.draft' is not null and exists (
    select 1 from release where release.id = incoming.id and release.key < ${first}
  )`
}

/** Stages drafts beside those of the same batch that are there. */
export async function stageDrafts(
  database: Database,
  staging: Staging,
  drafts: StagedDraft[],
): Promise<void> {
  for (let start = 0; start < drafts.length; start += draftsOfStatement) {
    await insertDrafts(database, staging, drafts, start).all()
  }
}

/**
 * Stages any number of drafts in one transaction, because others may commit what they find. Writing them down as text
 * takes long, so others are answered in between.
 */
export async function stageTogether(
  database: Database,
  staging: Staging,
  drafts: StagedDraft[],
): Promise<void> {
  const statements: Statement[] = []
  for (let start = 0; start < drafts.length; start += draftsOfStatement) {
    if (start > 0) await new Promise((resolve) => setTimeout(resolve))
    statements.push(insertDrafts(database, staging, drafts, start))
  }
  await database.batch(statements)
}

/**
 * The statement that stages the drafts from one on, as many as it takes. Their texts are values of their own: within JSON,
 * SQLite would read and copy each several times.
 */
function insertDrafts(
  database: Database,
  { batch, now, decided, first = 0 }: Staging,
  drafts: StagedDraft[],
  start: number,
): Statement {
  const some = drafts.slice(start, start + draftsOfStatement)
  const texts = some.map((_, place) => `(${place}, ?${6 + 2 * place}, ?${7 + 2 * place})`)
  return statement(
    database,
    `insert or replace into incoming (batch, id, number, staged, dates, decided, deed, slug, language, source, origin, hash, authored, wanted, document, markdown, words, weight, media)
     with text (place, document, words) as (values ${texts.join(', ')})
     select ?1, value ->> 'id', ?5 + key, ?2, coalesce(value ->> 'dates', 'news'), ?3, value -> 'historyEntry',
       value ->> 'slug', value ->> 'language', value ->> 'source', value ->> 'origin', value ->> 'hash',
       value ->> 'published', value ->> 'updated', text.document,
       coalesce(value ->> 'markdown', (
         select markdown from release where id = value ->> 'id'
           and document ->> '$.html' = text.document ->> '$.html'
       )),
       text.words, value ->> 'weight', value -> 'media'
     from text cross join json_each(?4) on key = place`,
    batch,
    now,
    decided ?? null,
    JSON.stringify(some.map(withoutTexts)),
    first + start,
    ...some.flatMap(textsOf),
  )
}

/** The short values of a draft. */
function withoutTexts({ release, ...rest }: StagedDraft) {
  const { id, slug, language, published, updated } = release
  return { ...rest, words: undefined, id, slug, language, published, updated }
}

/** The document of a release, which has no times, and its words. */
function textsOf({ release, words }: StagedDraft): [string, string] {
  return [JSON.stringify({ ...release, published: undefined, updated: undefined }), words]
}

/** The drafts that are staged in a batch: source → hash. */
export async function readStagedHashes(
  database: Database,
  batch: string,
): Promise<Map<string, string>> {
  const { results } = await statement(
    database,
    'select source, hash from incoming where batch = ?',
    batch,
  ).all<Pick<Draft, 'source' | 'hash'>>()
  return new Map(results.map(({ source, hash }) => [source, hash]))
}

/**
 * Throws an Error unless `count` drafts are staged. The process that staged them may have been asleep for so
 * long that its batch was taken for abandoned. From here on the batch has the whole pause again.
 */
export async function checkStaged(
  database: Database,
  batch: string,
  count: number,
  now: number,
): Promise<void> {
  await statement(
    database,
    `update incoming set staged = max(staged, ?2)
     where batch = ?1 and id = (select min(id) from incoming where batch = ?1)`,
    batch,
    now,
  ).all()
  const found = await statement(
    database,
    'select count(*) as count from incoming where batch = ?',
    batch,
  ).first<{ count: number }>()
  if ((found?.count ?? 0) >= count) return
  throw new Error('what was read before is no longer in the database, and is read again')
}

/** The batches under which nothing was staged for ten minutes: the process that made them was killed. */
export async function findAbandonedBatches(database: Database, now: number): Promise<string[]> {
  // From one name to the next, because there may be a million drafts under each.
  const { results } = await statement(
    database,
    `with recursive name (batch) as (
       select min(batch) from incoming
       union all
       select (select min(batch) from incoming where batch > name.batch)
       from name where batch is not null
     )
     select batch from name where batch is not null and not exists (
       select 1 from incoming where incoming.batch = name.batch and staged > ?
     )`,
    now - longestPause,
  ).all<{ batch: string }>()
  return results.map(({ batch }) => batch)
}

/**
 * Deletes a batch in portions, between which others can read and write: in one transaction a large batch would
 * take minutes.
 */
export async function discardBatch(
  database: Database,
  batch: string,
  portions = Infinity,
): Promise<void> {
  for (let portion = 1; portion <= portions; portion++) {
    const { results } = await statement(
      database,
      `delete from incoming where batch = ?1 and id in (
         select id from incoming where batch = ?1 limit ${rowsOfPortion}
       ) returning 1`,
      batch,
    ).all()
    if (results.length < rowsOfPortion) return
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/** Deletes a batch of a request, so that nobody commits a part of it. Answers whether it was there. */
export async function discardAtOnce(database: Database, batch: string): Promise<boolean> {
  const { results } = await statement(
    database,
    'delete from incoming where batch = ? returning 1',
    batch,
  ).all()
  return results.length > 0
}
