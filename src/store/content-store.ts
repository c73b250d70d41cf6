import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { lastKeyOf } from '../domain/key.ts'
import type {
  ContentUpdate,
  FileStamp,
  KnownContent,
  KnownDraft,
  KnownFile,
} from '../domain/publishing.ts'
import type { BundleMark, ContentStore } from '../domain/release-store.ts'
import { joinVocabularies } from '../domain/topic.ts'
import type { Change } from './change-transaction.ts'
import { chunks, rowsPerStatement } from './chunks.ts'
import { commitChange } from './commit-change.ts'
import { type Database, readStored, statement, type Statement } from './database.ts'
import { readPublishedTopics } from './published-topics.ts'
import { removeOldMarks } from './remove-old-marks.ts'
import type { Marking } from './rewrite-words.ts'
import { checkSchemaVersion } from './schema-version.ts'
import {
  checkStaged,
  discardBatch,
  findAbandonedBatches,
  readStagedHashes,
  stageDrafts,
} from './staging.ts'
import { readStateValues, setStateValue } from './state-values.ts'

/**
 * The `ContentStore` in SQL, on node:sqlite and on D1. Nothing is made public while the last migration of
 * the database is another than `newest`, where that is named.
 */
export function createContentStore(
  database: Database,
  marking: Marking,
  newest?: string,
): ContentStore {
  return {
    known: () => readKnownContent(database),
    program: async () => (await readStateValues(database, 'program')).program,
    changeProgram: (program, clock) => changeProgram(database, program, clock, marking),
    bundle: () => readBundleMark(database),
    stage: (batch, drafts, now, first) => stageDrafts(database, { batch, now, first }, drafts),
    staged: (batch) => readStagedHashes(database, batch),
    apply: (batch, update, clock, bundle) =>
      applyContent(database, newest, { batch, update, clock, bundle, marking }),
    tidy: (now) => removeOldMarks(database, now, marking),
    abandoned: (now) => findAbandonedBatches(database, now),
    discard: (batch, portions) => discardBatch(database, batch, portions),
  }
}

async function readKnownContent(database: Database): Promise<KnownContent> {
  // Before all else: if this is still so at the end, so is what was read in between.
  const lastChange = await readLastChange(database)
  const published = `select 1 from release where ${isFromApi} limit 1`
  const hasPublished = (await statement(database, published).first()) !== null
  return {
    lastChange,
    files: await readKnownFiles(database),
    drafts: () => readKnownDrafts(database),
    isPublished: hasPublished
      ? (id, address) => isPublishedByApi(database, id, address)
      : undefined,
    isShown: (id, address, now) => isShown(database, id, address, now),
  }
}

async function readLastChange(database: Database): Promise<string> {
  return (await readStateValues(database, 'content_change')).content_change ?? ''
}

type FileRow = { path: string; stamp: string; media: string; hasReleases: number }

async function readKnownFiles(database: Database): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>()
  // The source of a release in a file of many is that file, `#` and more.
  const portions = readInPortions<FileRow>((after) =>
    statement(
      database,
      `select path, stamp, media, exists (
         select 1 from release where source = path or (source > path || '#' and source < path || '$')
       ) as hasReleases
       from content_file where path > ?1 order by path limit ?2`,
      after?.path ?? '',
      rowsPerStatement,
    ),
  )
  for await (const { path, stamp, media, hasReleases } of portions) {
    const read = readStored<FileStamp['media']>(database, media)
    files.set(path, { stamp, media: read, hasReleases: hasReleases === 1 })
  }
  return files
}

async function readKnownDrafts(database: Database): Promise<Map<string, KnownDraft>> {
  const drafts = new Map<string, KnownDraft>()
  // As two stretches of the index: there may be a million releases beside those of the folder.
  for (const stretch of ["source < 'api:'", "source >= 'api;'"]) {
    const portions = readInPortions<KnownDraft>((after) =>
      statement(
        database,
        `select source, origin, hash, id, withdrawn from release
         where ${stretch} and source > ?1 order by source limit ?2`,
        after?.source ?? '',
        rowsPerStatement,
      ),
    )
    for await (const draft of portions) drafts.set(draft.source, draft)
  }
  return drafts
}

/** Reads rows so many at a time, each time those after the last one, so that others can write in between. */
async function* readInPortions<Row>(ask: (after?: Row) => Statement): AsyncGenerator<Row> {
  for (let after: Row | undefined; ;) {
    const { results } = await ask(after).all<Row>()
    yield* results
    if (results.length < rowsPerStatement) return
    after = results.at(-1)
    await new Promise((resolve) => setTimeout(resolve))
  }
}

async function isShown(
  database: Database,
  id: string,
  address: string,
  now: number,
): Promise<boolean> {
  const [slug = '', language = ''] = address.split('.')
  const found = await statement(
    database,
    'select 1 from release where (id = ?1 or (slug = ?2 and language = ?3)) and key <= ?4',
    id,
    slug,
    language,
    lastKeyOf(now),
  ).first()
  return found !== null
}

async function isPublishedByApi(database: Database, id: string, address: string): Promise<boolean> {
  const [slug = '', language = ''] = address.split('.')
  const found = await statement(
    database,
    `select 1 from release where ${isFromApi} and (id = ?1 or (slug = ?2 and language = ?3))`,
    id,
    slug,
    language,
  ).first()
  return found !== null
}

async function readBundleMark(database: Database): Promise<BundleMark | undefined> {
  const { bundle, made } = await readStateValues(database, 'bundle', 'made')
  return bundle === undefined ? undefined : { fingerprint: bundle, made: Number(made ?? 0) }
}

/** Moves the frame and nothing else. */
async function changeProgram(
  database: Database,
  program: string,
  clock: Clock,
  marking: Marking,
): Promise<void> {
  const decide = async () => {
    const values = await readStateValues(database, 'site', 'vocabulary', 'program')
    if (values.program === program || values.site === undefined) return undefined
    return {
      batches: [],
      site: readStored<Change['site']>(database, values.site),
      vocabulary: readStored<Change['vocabulary']>(database, values.vocabulary!),
      program,
      removed: [],
      others: [],
    }
  }
  await commitChange(database, clock, { decide, marking })
}

type Applied = {
  batch: string
  update: ContentUpdate
  clock: Clock
  bundle: BundleMark | undefined
  marking: Marking
}

async function applyContent(
  database: Database,
  newest: string | undefined,
  { batch, update, clock, bundle, marking }: Applied,
): Promise<boolean> {
  let staged = update.drafts
  const decide = async (now: number) => {
    if (newest !== undefined) await checkSchemaVersion(database, newest)
    const { decidedFor } = update
    if (decidedFor !== undefined && (await readLastChange(database)) !== decidedFor) {
      throw new DomainError('changed', 'Another process was first to take up content.')
    }
    // Another version may have been first meanwhile.
    if (bundle && ((await readBundleMark(database))?.made ?? 0) > bundle.made) {
      await discardBatch(database, batch)
      return undefined
    }
    // Marking releases may have taken long, so it is looked each time.
    if (staged !== undefined) await checkStaged(database, batch, staged, now)
    const leftOut = await leaveOutPublished(database, batch)
    if (staged !== undefined) staged -= leftOut
    return contentChange(database, batch, update, bundle)
  }
  return commitChange(database, clock, { decide, marking })
}

async function contentChange(
  database: Database,
  batch: string,
  { site, vocabulary, files, removed, program }: ContentUpdate,
  bundle: BundleMark | undefined,
): Promise<Change> {
  return {
    batches: [batch],
    site,
    vocabulary: joinVocabularies(vocabulary, await readPublishedTopics(database)),
    program,
    removed,
    others: [
      ...writeFiles(database, files),
      // A number would be the same again after a backup was put back.
      setStateValue(database, 'content_change', crypto.randomUUID()),
      setStateValue(database, 'content_vocabulary', JSON.stringify(vocabulary)),
      ...(bundle
        ? [
            setStateValue(database, 'bundle', bundle.fingerprint),
            setStateValue(database, 'made', bundle.made),
          ]
        : []),
    ],
  }
}

function writeFiles(database: Database, files: Map<string, FileStamp>): Statement[] {
  return [
    statement(database, 'delete from content_file'),
    ...chunks([...files]).map((chunk) =>
      statement(
        database,
        `insert into content_file (path, stamp, media)
         select value ->> 0, value ->> '$[1].stamp', value -> '$[1].media' from json_each(?)`,
        JSON.stringify(chunk),
      ),
    ),
  ]
}

/** What came in through the API is not touched by files (`loadContent` tells of them). Returns how many drafts go. */
async function leaveOutPublished(database: Database, batch: string): Promise<number> {
  const { results } = await statement(
    database,
    `delete from incoming where batch = ?1 and exists (
       select 1 from release where ${isFromApi}
     ) and exists (
       select 1 from release where +source glob 'api:*' and (
         release.id = incoming.id
         or (release.slug = incoming.slug and release.language = incoming.language)
       )
     ) returning 1`,
    batch,
  ).all()
  return results.length
}

/** That a source begins with `apiSource`, as a stretch of the index of sources. */
const isFromApi = "source >= 'api:' and source < 'api;'"
