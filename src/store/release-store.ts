import { DomainError } from '../domain/errors.ts'
import {
  type ContentFrame,
  type Draft,
  type FileStamp,
  type KnownDraft,
  place,
  type Placement,
} from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import type {
  ContentStore,
  ReleaseStore,
  State,
  StoredRelease,
  TopicCount,
  Version,
} from '../domain/release-store.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import type { Database, Statement } from './database.ts'
import { selectPublished } from './query-sql.ts'

/** Rows to a statement. They go in as one JSON array, because D1 binds at most 100 values. */
const jsonChunk = 5000

/** How often a change is tried again because another process changed the store meanwhile. */
const mostAttempts = 5

/** The store in SQL, for node:sqlite and for D1. */
export function createReleaseStore(database: Database): ReleaseStore & ContentStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  let read: Omit<State, 'horizon'> | undefined

  async function revisionAndHorizon(now: number) {
    const row = await prepare(
      "select (select value from state where key = 'revision') as revision, (select max(published) from release where published <= ?) as horizon",
      now,
    ).first<{ revision: number | null; horizon: number | null }>()
    return { revision: row?.revision ?? 0, horizon: row?.horizon ?? 0 }
  }

  async function readFrame(revision: number) {
    if (read?.revision === revision) return read
    const { results } = await prepare(
      "select key, value from state where key in ('revision', 'changed', 'site', 'vocabulary')",
    ).all<{ key: string; value: string }>()
    const values = new Map(results.map(({ key, value }) => [key, value]))
    const vocabulary = JSON.parse(values.get('vocabulary')!) as VocabularySource
    read = {
      revision: Number(values.get('revision')),
      changed: Number(values.get('changed') ?? 0),
      site: JSON.parse(values.get('site')!) as Site,
      vocabulary: createVocabulary(vocabulary),
    }
    return read
  }

  return {
    async state(now) {
      const { revision, horizon } = await revisionAndHorizon(now)
      if (revision === 0)
        throw new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
      return { ...(await readFrame(revision)), horizon }
    },

    async find(query, state, limit) {
      const { text, values } = selectPublished(query, state.horizon, limit)
      const { results } = await prepare(
        `select published, updated, changed, document from release where published in (select published from (${text})) order by published desc`,
        ...values,
      ).all<ReleaseRow>()
      return results.map(toRelease)
    },

    async findRelease(slug, language, { horizon }) {
      const row = await prepare(
        `select published, updated, changed, document from release
         where language = ?1 and published <= ?2
           and (slug = ?3 or published = (select published from former_slug where slug = ?3 and language = ?1))
         order by slug = ?3 desc limit 1`,
        language,
        horizon,
        slug,
      ).first<ReleaseRow>()
      return row ? toRelease(row) : undefined
    },

    async findVersions(slugs, { horizon, site }) {
      const { results } = await prepare(
        `select slug, language, document ->> 'title' as title from release
         where slug in (select value from json_each(?)) and published <= ?`,
        JSON.stringify(slugs),
        horizon,
      ).all<Version>()
      const order = new Map(site.languages.map((language, index) => [language, index]))
      results.sort((a, b) => (order.get(a.language) ?? 0) - (order.get(b.language) ?? 0))
      return Map.groupBy(results, ({ slug }) => slug)
    },

    async countByTopic({ horizon }) {
      const { results } = await prepare(
        'select topic, language, count(*) as count, max(published) as newest from release_topic where published <= ? group by topic, language',
        horizon,
      ).all<TopicCount>()
      return results
    },

    async known() {
      const [files, drafts] = await Promise.all([
        prepare('select path, stamp, media from content_file').all<FileRow>(),
        prepare('select source, origin, hash, id from release').all<KnownDraft>(),
      ])
      return {
        files: new Map(
          files.results.map(({ path, stamp, media }) => [path, toStamp(stamp, media)]),
        ),
        drafts: new Map(drafts.results.map((draft) => [draft.source, draft])),
      }
    },

    async bundle() {
      const row = await prepare("select value from state where key = 'bundle'").first<{
        value: string
      }>()
      return row?.value
    },

    async stage(batch, drafts, now) {
      await prepare(
        `insert or replace into incoming (batch, id, staged, slug, language, source, origin, hash, authored, wanted, document, words)
         select ?1, value ->> '$.release.id', ?2, value ->> '$.release.slug', value ->> '$.release.language',
           value ->> 'source', value ->> 'origin', value ->> 'hash',
           value ->> '$.release.authored', value ->> '$.release.updated',
           json_remove(value -> 'release', '$.published', '$.updated'), value ->> 'words'
         from json_each(?3)`,
        batch,
        now,
        JSON.stringify(drafts),
      ).all()
    },

    async staged(batch) {
      const { results } = await prepare(
        'select source, hash from incoming where batch = ?',
        batch,
      ).all<Pick<Draft, 'source' | 'hash'>>()
      return new Map(results.map(({ source, hash }) => [source, hash]))
    },

    async apply(batch, frame, now, bundle) {
      for (let attempt = 1; ; attempt++) {
        const { revision } = await revisionAndHorizon(now)
        try {
          await database.batch(await changes(revision, batch, frame, now, bundle))
          return
        } catch (error) {
          const isOurs = (await revisionAndHorizon(now)).revision === revision
          if (isOurs || attempt === mostAttempts) throw error
        }
      }
    },

    async discard(batch) {
      await prepare('delete from incoming where batch = ?', batch).all()
    },
  }

  /**
   * Everything that makes a staged change public, as one transaction. It is refused as a whole when
   * the store is no longer at `revision`, because the places in the order were chosen for that.
   */
  async function changes(
    revision: number,
    batch: string,
    frame: ContentFrame,
    now: number,
    bundle: string | undefined,
  ): Promise<Statement[]> {
    const placed = await placeStaged(batch)
    return [
      // Null is refused, and with it everything, if another process changed the store meanwhile.
      prepare("insert or ignore into state (key, value) values ('revision', 0)"),
      prepare(
        "update state set value = case when value = ? then value + 1 else null end where key = 'revision'",
        revision,
      ),
      // Before the new releases are there, which change now themselves.
      ...(revision > 0 ? [moveChanged(now)] : []),
      ...chunks(placed).map((chunk) =>
        prepare(
          `insert into placement (batch, id, published, updated)
           select ?, value ->> 'id', value ->> 'published', value ->> 'updated' from json_each(?)`,
          batch,
          JSON.stringify(chunk),
        ),
      ),
      ...chunks(frame.removed).map((chunk) =>
        prepare(
          'delete from release where source in (select value from json_each(?))',
          JSON.stringify(chunk),
        ),
      ),
      prepare(
        `delete from release where id in (select id from incoming where batch = ?1)
           or source in (select source from incoming where batch = ?1)`,
        batch,
      ),
      ...insertStaged(batch, revision === 0 ? null : now),
      ...(await replaceVocabulary(frame.vocabulary)),
      insertTopics(batch),
      prepare('delete from content_file'),
      ...chunks([...frame.files]).map((chunk) =>
        prepare(
          `insert into content_file (path, stamp, media)
           select value ->> 0, value ->> '$[1].stamp', value -> '$[1].media' from json_each(?)`,
          JSON.stringify(chunk),
        ),
      ),
      setState('site', JSON.stringify(frame.site)),
      setState('vocabulary', JSON.stringify(frame.vocabulary)),
      ...(bundle ? [setState('bundle', bundle)] : []),
      prepare('delete from placement where batch = ?', batch),
      prepare('delete from incoming where batch = ? or staged < ?', batch, now - 86_400),
    ]
  }

  async function placeStaged(batch: string) {
    const { results } = await prepare(
      `select one.id, one.authored, one.wanted as updated, kept.published, kept.authored as keptAuthored,
         kept.updated as keptUpdated, kept.wanted as keptWanted
       from incoming as one left join release as kept on kept.id = one.id where one.batch = ?`,
      batch,
    ).all<StagedRow>()
    if (results.length === 0) return []
    const staged = results.map(toPlacement)
    const ids = new Set(staged.map(({ id }) => id))
    const from = staged.reduce((least, { authored }) => Math.min(least, authored), Infinity)
    const taken = await prepare(
      'select id, published, updated from release where published >= ?1 or updated >= ?1',
      from,
    ).all<{ id: string; published: number; updated: number }>()
    const others = taken.results.filter(({ id }) => !ids.has(id))
    return place(
      staged,
      new Set(others.map(({ published }) => published)),
      new Set(others.map(({ updated }) => updated)),
    )
  }

  function insertStaged(batch: string, now: number | null): Statement[] {
    return [
      prepare(
        // A store filled for the first time says of every release that it changed when it says so
        // itself, so that two stores of the same content agree. One with a future time changes then.
        `insert into release (published, updated, changed, id, slug, language, source, origin, hash, authored, wanted, document)
         select published, updated, coalesce(max(?2, published), updated), id, slug, language, source, origin, hash, authored, wanted, document
         from incoming join placement using (batch, id) where batch = ?1 order by published`,
        batch,
        now,
      ),
      prepare(
        `insert or ignore into former_slug (slug, language, published)
         select former.value, language, published
         from incoming join placement using (batch, id), json_each(document, '$.formerly') as former
         where batch = ?`,
        batch,
      ),
      prepare(
        `insert into release_words (rowid, words)
         select published, words from incoming join placement using (batch, id)
         where batch = ? order by published`,
        batch,
      ),
    ]
  }

  function insertTopics(batch: string): Statement {
    return prepare(
      `insert or ignore into release_topic (topic, language, published)
       select broader.broader, language, published
       from incoming join placement using (batch, id), json_each(document, '$.topics') as named
         join topic_broader as broader on broader.topic = named.value
       where batch = ?`,
      batch,
    )
  }

  /** When the vocabulary changed, every release is put under its topics anew. */
  async function replaceVocabulary(source: VocabularySource): Promise<Statement[]> {
    const text = JSON.stringify(source)
    const before = await prepare("select value from state where key = 'vocabulary'").first<{
      value: string
    }>()
    if (before?.value === text) return []
    const vocabulary = createVocabulary(source)
    const names = [...source.topics.map(({ slug }) => slug), ...Object.keys(source.renamed)]
    const pairs = names.flatMap((name) => {
      const slug = vocabulary.resolve(name)?.slug ?? name
      return vocabulary.withBroader(slug).map((broader) => [name, broader])
    })
    return [
      prepare('delete from topic_broader'),
      prepare(
        'insert or ignore into topic_broader (topic, broader) select value ->> 0, value ->> 1 from json_each(?)',
        JSON.stringify(pairs),
      ),
      prepare('delete from release_topic'),
      prepare(
        `insert or ignore into release_topic (topic, language, published)
         select broader.broader, one.language, one.published
         from release as one, json_each(one.document, '$.topics') as named
           join topic_broader as broader on broader.topic = named.value`,
      ),
    ]
  }

  /** Later than any second that was sent out as Last-Modified before (H-10). */
  function moveChanged(now: number): Statement {
    return prepare(
      `insert into state (key, value)
       select 'changed', max(?1, 1 + coalesce((select max(changed) from release where published <= ?1), 0))
       where true
       on conflict (key) do update set value = max(excluded.value, value + 1)`,
      now,
    )
  }

  function setState(key: string, value: string | number): Statement {
    return prepare(
      'insert into state (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
      key,
      value,
    )
  }
}

type FileRow = { path: string; stamp: string; media: string }

type ReleaseRow = { published: number; updated: number; changed: number; document: string }

type StagedRow = {
  id: string
  authored: number
  updated: number
  published: number | null
  keptAuthored: number
  keptUpdated: number
  keptWanted: number
}

function toRelease({ published, updated, changed, document }: ReleaseRow): StoredRelease {
  const release = JSON.parse(document) as Omit<Release, 'published' | 'updated'>
  return { ...release, published, updated, changed }
}

function toStamp(stamp: string, media: string): FileStamp {
  return { stamp, media: JSON.parse(media) as FileStamp['media'] }
}

function toPlacement({ id, authored, updated, published, ...kept }: StagedRow): Placement {
  if (published === null) return { id, authored, updated }
  const before = {
    published,
    authored: kept.keptAuthored,
    updated: kept.keptUpdated,
    wanted: Math.max(kept.keptWanted, published),
  }
  return { id, authored, updated, before }
}

function chunks<T>(items: T[]): T[][] {
  const count = Math.ceil(items.length / jsonChunk)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * jsonChunk, (index + 1) * jsonChunk),
  )
}
