import {
  type Draft,
  type FileStamp,
  type Frame,
  type KnownDraft,
  place,
  type Placement,
} from '../domain/publishing.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Clock } from '../domain/clock.ts'
import type { ContentStore } from '../domain/release-store.ts'
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import type { Database, Statement } from './database.ts'
import { type Position, readPosition, setState } from './state.ts'

/** Rows to a statement. They go in as one JSON array, because D1 binds at most 100 values. */
const jsonChunk = 5000

/** How often a change is tried again because another process changed the store meanwhile. */
const mostAttempts = 5

/** Takes content in, in SQL, on node:sqlite and on D1. */
export function createContentStore(database: Database): ContentStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)

  return {
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

    program: () => readValue('program'),

    bundle: () => readValue('bundle'),

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

    async apply(batch, frame, clock, bundle) {
      for (let attempt = 1; ; attempt++) {
        const { now, position } = await secondOfItsOwn(frame, clock)
        try {
          await database.batch(await changes(position, batch, frame, now, bundle))
          return
        } catch (error) {
          const { revision } = await readPosition(database, now)
          if (revision === position.revision || attempt === mostAttempts) throw error
        }
      }
    },

    async discard(batch) {
      await prepare('delete from incoming where batch = ?', batch).all()
    },
  }

  /**
   * Waits for a second in which nothing else becomes visible: two states of one second could not be
   * told apart. A burst of releases is waited out. A clock that was set back is not waited for.
   */
  async function secondOfItsOwn(
    { vocabulary }: Frame,
    clock: Clock,
  ): Promise<{ now: number; position: Position }> {
    const read = async (now: number) => {
      const position = await readPosition(database, now)
      const since = Math.max(position.since, retiredAt(vocabulary.topics, now).since)
      return { ...position, since }
    }
    for (let before = await read(clock.now()); ;) {
      await clock.passed(before.since)
      const now = clock.now()
      const position = await read(now)
      if (position.since < now || now <= before.since) return { now, position }
      before = position
    }
  }

  async function readValue(key: string): Promise<string | undefined> {
    const row = await prepare('select value from state where key = ?', key).first<{
      value: string
    }>()
    return row?.value
  }

  /**
   * Everything that makes a staged change public, as one transaction. It is refused as a whole when
   * the store is no longer at its revision, because all here was decided for that.
   */
  async function changes(
    { revision, since }: Position,
    batch: string,
    frame: Frame,
    now: number,
    bundle: string | undefined,
  ): Promise<Statement[]> {
    const placed = await placeStaged(batch)
    const touched = await findTouched(batch, frame.removed, now)
    const vocabularyText = JSON.stringify(frame.vocabulary)
    const vocabularyIsNew = (await readValue('vocabulary')) !== vocabularyText
    const siteText = JSON.stringify(frame.site)
    const frameIsNew =
      vocabularyIsNew ||
      (await readValue('site')) !== siteText ||
      (await readValue('program')) !== frame.program ||
      touched.length > jsonChunk
    const isVisible =
      frameIsNew || touched.length > 0 || placed.some(({ published }) => published <= now)
    // Later than anything that was sent out before (H-10), also when the clock was set back.
    const moment = Math.max(now, since + 1)
    return [
      // Null is refused, and with it everything, if another process changed the store meanwhile.
      prepare("insert or ignore into state (key, value) values ('revision', 0)"),
      prepare(
        "update state set value = case when value = ? then value + 1 else null end where key = 'revision'",
        revision,
      ),
      ...(isVisible ? [setState(database, 'changed', moment)] : []),
      ...(frameIsNew ? [setState(database, 'framed', moment)] : []),
      ...(frameIsNew ? [] : touch(touched, placed, now, moment)),
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
      ...insertStaged(batch, isVisible ? moment : 0),
      ...(vocabularyIsNew ? replaceVocabulary(frame.vocabulary) : []),
      insertTopics(batch),
      ...(frameIsNew ? [] : [noteNewTopics(touched, moment)]),
      prepare('delete from content_file'),
      ...chunks([...frame.files]).map((chunk) =>
        prepare(
          `insert into content_file (path, stamp, media)
           select value ->> 0, value ->> '$[1].stamp', value -> '$[1].media' from json_each(?)`,
          JSON.stringify(chunk),
        ),
      ),
      setState(database, 'site', siteText),
      setState(database, 'vocabulary', vocabularyText),
      setState(database, 'program', frame.program),
      ...(bundle ? [setState(database, 'bundle', bundle)] : []),
      prepare('delete from placement where batch = ?', batch),
      prepare('delete from incoming where batch = ? or staged < ?', batch, now - 86_400),
    ]
  }

  /** The public releases that a change alters or removes, as they are before it. */
  async function findTouched(batch: string, removed: string[], now: number): Promise<Touched[]> {
    const found = [
      await prepare(
        `select published, id, slug, language from release
         where published <= ?2 and (id in (select id from incoming where batch = ?1)
           or source in (select source from incoming where batch = ?1))`,
        batch,
        now,
      ).all<Touched>(),
    ]
    for (const chunk of chunks(removed)) {
      found.push(
        await prepare(
          `select published, id, slug, language from release
           where published <= ? and source in (select value from json_each(?))`,
          now,
          JSON.stringify(chunk),
        ).all<Touched>(),
      )
    }
    return found.flatMap(({ results }) => results)
  }

  /**
   * Moves the clocks of what a change touches: of the language versions beside the releases, and of
   * the topics the releases may leave.
   */
  function touch(
    touched: Touched[],
    placed: { id: string; published: number }[],
    now: number,
    moment: number,
  ): Statement[] {
    const staying = new Set(placed.flatMap(({ id, published }) => (published <= now ? [id] : [])))
    const leaving = touched.filter(({ id }) => !staying.has(id))
    return [
      prepare(
        'update release set changed = max(changed, ?) where slug in (select value from json_each(?))',
        moment,
        JSON.stringify(touched.map(({ slug }) => slug)),
      ),
      noteTopics(touched, moment),
      prepare(
        `insert or replace into departure (topic, language, since)
         select '', value, ? from json_each(?)`,
        moment,
        JSON.stringify([...new Set(leaving.map(({ language }) => language))]),
      ),
    ]
  }

  function noteTopics(touched: Touched[], moment: number): Statement {
    return prepare(
      `insert or replace into departure (topic, language, since)
       select distinct topic, language, ? from release_topic
       where published in (select value from json_each(?))`,
      moment,
      JSON.stringify(touched.map(({ published }) => published)),
    )
  }

  /** A topic that a release has come under takes it out of the feeds without that topic. */
  function noteNewTopics(touched: Touched[], moment: number): Statement {
    return prepare(
      `insert or replace into departure (topic, language, since)
       select distinct topic, language, ? from release_topic
       where published in (
         select published from release where id in (select value from json_each(?))
       )`,
      moment,
      JSON.stringify(touched.map(({ id }) => id)),
    )
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

  /** `moment` is when the change became visible, 0 if it did not; what is to come changes then. */
  function insertStaged(batch: string, moment: number): Statement[] {
    return [
      prepare(
        `insert into release (published, updated, changed, id, slug, language, source, origin, hash, authored, wanted, document)
         select published, updated, max(?2, published), id, slug, language, source, origin, hash, authored, wanted, document
         from incoming join placement using (batch, id) where batch = ?1 order by published`,
        batch,
        moment,
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
  function replaceVocabulary(source: VocabularySource): Statement[] {
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
}

type FileRow = { path: string; stamp: string; media: string }

/** A release that readers see before a change that concerns it. */
type Touched = { published: number; id: string; slug: string; language: string }

type StagedRow = {
  id: string
  authored: number
  updated: number
  published: number | null
  keptAuthored: number
  keptUpdated: number
  keptWanted: number
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
