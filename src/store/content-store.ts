import type { Draft, FileStamp, KnownDraft } from '../domain/publishing.ts'
import type { BundleMark, ContentStore } from '../domain/release-store.ts'
import { joinVocabularies } from '../domain/topic.ts'
import { createChanges } from './change.ts'
import { chunks } from './chunks.ts'
import { type Database, readStored } from './database.ts'
import { readPublishedTopics } from './published-topics.ts'
import { readValues, setState } from './state.ts'
import { checkTables } from './tables.ts'

/**
 * Takes content in, in SQL, on node:sqlite and on D1. Nothing is made public while the last migration of
 * the database is another than `newest`, where that is named.
 */
export function createContentStore(database: Database, newest?: string): ContentStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { stage, abandoned, discard, makePublic } = createChanges(database)

  return {
    async known() {
      const [files, drafts, published] = await Promise.all([
        prepare('select path, stamp, media from content_file').all<FileRow>(),
        // As two stretches of the index: there may be a million releases beside those of the folder.
        prepare(
          `select source, origin, hash, id, withdrawn from release where source < 'api:'
           union all
           select source, origin, hash, id, withdrawn from release where source >= 'api;'`,
        ).all<KnownDraft>(),
        prepare(`select 1 from release where ${isFromApi} limit 1`).all(),
      ])
      return {
        files: new Map(
          files.results.map(({ path, stamp, media }) => [
            path,
            { stamp, media: readStored<FileStamp['media']>(database, media) },
          ]),
        ),
        drafts: new Map(drafts.results.map((draft) => [draft.source, draft])),
        isPublished: published.results.length > 0 ? isPublished : undefined,
      }
    },

    program: async () => (await readValues(database, 'program')).program,

    bundle: readBundleMark,

    stage,

    async staged(batch) {
      const { results } = await prepare(
        'select source, hash from incoming where batch = ?',
        batch,
      ).all<Pick<Draft, 'source' | 'hash'>>()
      return new Map(results.map(({ source, hash }) => [source, hash]))
    },

    async apply(batch, { site, vocabulary, files, removed, program, drafts }, clock, bundle) {
      let isWhole = false
      await makePublic(clock, async (now) => {
        if (newest !== undefined) await checkTables(database, newest)
        // Another version may have been first since somebody looked.
        if (bundle && ((await readBundleMark())?.made ?? 0) > bundle.made) {
          await discard(batch)
          return undefined
        }
        if (!isWhole && drafts !== undefined) await checkDrafts(batch, drafts, now)
        isWhole = true
        await leaveOutPublished(batch)
        return {
          batches: [batch],
          site,
          vocabulary: joinVocabularies(vocabulary, await readPublishedTopics(database)),
          program,
          removed,
          others: [
            prepare('delete from content_file'),
            ...chunks([...files]).map((chunk) =>
              prepare(
                `insert into content_file (path, stamp, media)
                 select value ->> 0, value ->> '$[1].stamp', value -> '$[1].media' from json_each(?)`,
                JSON.stringify(chunk),
              ),
            ),
            setState(database, 'content_vocabulary', JSON.stringify(vocabulary)),
            ...(bundle
              ? [
                  setState(database, 'bundle', bundle.fingerprint),
                  setState(database, 'made', bundle.made),
                ]
              : []),
          ],
        }
      })
    },

    abandoned,
    discard,
  }

  async function readBundleMark(): Promise<BundleMark | undefined> {
    const { bundle, made } = await readValues(database, 'bundle', 'made')
    return bundle === undefined ? undefined : { fingerprint: bundle, made: Number(made ?? 0) }
  }

  /**
   * That all drafts are there. Whoever stood still for long, as a machine that was asleep does, may have
   * been taken for dead. From here on there is time again.
   */
  async function checkDrafts(batch: string, drafts: number, now: number) {
    await prepare(
      `update incoming set staged = max(staged, ?2)
       where batch = ?1 and id = (select min(id) from incoming where batch = ?1)`,
      batch,
      now,
    ).all()
    const found = await prepare(
      'select count(*) as count from incoming where batch = ?',
      batch,
    ).first<{
      count: number
    }>()
    if ((found?.count ?? 0) >= drafts) return
    throw new Error('what was read before is no longer in the database, and is read again')
  }

  async function isPublished(id: string, address: string): Promise<boolean> {
    const [slug = '', language = ''] = address.split('.')
    const found = await prepare(
      `select 1 from release where ${isFromApi} and (id = ?1 or (slug = ?2 and language = ?3))`,
      id,
      slug,
      language,
    ).first()
    return found !== null
  }

  /** What came in through the API is not touched by files (`loadContent` tells of them). */
  async function leaveOutPublished(batch: string) {
    await prepare(
      `delete from incoming where batch = ?1 and exists (
         select 1 from release where +source glob 'api:*' and (
           release.id = incoming.id
           or (release.slug = incoming.slug and release.language = incoming.language)
         )
       )`,
      batch,
    ).all()
  }
}

/** That a source begins with `apiSource`, as a stretch of the index of sources. */
const isFromApi = "source >= 'api:' and source < 'api;'"

type FileRow = { path: string; stamp: string; media: string }
