import {
  type Draft,
  type FileStamp,
  type Frame,
  type KnownDraft,
  type Moment,
  place,
  type Place,
  type Placement,
} from '../domain/publishing.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Clock } from '../domain/clock.ts'
import type { BundleMark, ContentStore } from '../domain/release-store.ts'
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

    async bundle() {
      const [mark, made] = await Promise.all([readValue('bundle'), readValue('made')])
      return mark === undefined ? undefined : { fingerprint: mark, made: Number(made ?? 0) }
    },

    async stage(batch, drafts, now) {
      await prepare(
        `insert or replace into incoming (batch, id, staged, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
         select ?1, value ->> '$.release.id', ?2, value ->> '$.release.slug', value ->> '$.release.language',
           value ->> 'source', value ->> 'origin', value ->> 'hash',
           value ->> '$.release.published', value ->> '$.release.updated',
           json_remove(value -> 'release', '$.published', '$.updated'), value ->> 'words',
           value ->> 'weight', value -> 'media'
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
    const before = await readValue('vocabulary')
    const topicsBefore = before ? (JSON.parse(before) as VocabularySource).topics : []
    const read = async (now: number) => {
      const position = await readPosition(database, now)
      const retired = [vocabulary.topics, topicsBefore].map(
        (topics) => retiredAt(topics, now).since,
      )
      return { ...position, since: Math.max(position.since, ...retired) }
    }
    for (let last = await read(clock.now()); ;) {
      await clock.passed(last.since)
      const now = clock.now()
      const position = await read(now)
      if (position.since < now || now <= last.since) return { now, position }
      last = position
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
    bundle: BundleMark | undefined,
  ): Promise<Statement[]> {
    // An empty store has shown nothing yet: what fills it keeps its times.
    const moment = { now, since: revision === 0 ? undefined : since }
    const { placed, reweighed } = await placeStaged(batch, frame, moment)
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
    const history = placed.filter(({ id, isHistory }) => {
      return isHistory && !touched.some((one) => one.id === id)
    })
    const seen = [...touched, ...placed.filter(({ published }) => published <= now)]
    // Later than anything that was sent out before (H-10), also when the clock was set back.
    const second = Math.max(now, since + 1)
    return [
      // Null is refused, and with it everything, if another process changed the store meanwhile.
      prepare("insert or ignore into state (key, value) values ('revision', 0)"),
      prepare(
        "update state set value = case when value = ? then value + 1 else null end where key = 'revision'",
        revision,
      ),
      ...(isVisible ? [setState(database, 'changed', second)] : []),
      ...(frameIsNew ? [setState(database, 'framed', second)] : []),
      ...(frameIsNew ? [] : touch(touched, { placed, reweighed }, now, second)),
      ...chunks(placed).map((chunk) =>
        prepare(
          `insert into placement (batch, id, published, updated, history)
           select ?, value ->> 'id', value ->> 'published', value ->> 'updated', value ->> 'isHistory'
           from json_each(?)`,
          batch,
          JSON.stringify(chunk),
        ),
      ),
      // A weight holds for as long as a release stays in its archive, or releases beside it would move.
      prepare(
        `update incoming set weight = (select weight from release where release.id = incoming.id)
         where batch = ?1 and id not in (select value from json_each(?2)) and id in (
           select release.id from release join placement using (id, updated) where batch = ?1
         )`,
        batch,
        JSON.stringify(reweighed),
      ),
      ...(frameIsNew ? [] : touchRelated(seen, second)),
      ...remember(batch, frame.removed, now),
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
      ...insertStaged(batch, isVisible ? second : 0),
      ...(vocabularyIsNew ? replaceVocabulary(frame.vocabulary) : []),
      insertTopics(batch),
      ...(frameIsNew ? [] : touchRelated(seen, second)),
      ...(frameIsNew ? [] : noteArrivals(touched, history, second)),
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
      ...(bundle
        ? [
            setState(database, 'bundle', bundle.fingerprint),
            setState(database, 'made', bundle.made),
          ]
        : []),
      prepare('delete from placement where batch = ?', batch),
      prepare('delete from incoming where batch = ? or staged < ?', batch, now - 86_400),
    ]
  }

  /** The public releases that a change alters or removes, as they are before it. */
  async function findTouched(batch: string, removed: string[], now: number): Promise<Touched[]> {
    const found = [
      await prepare(
        `select published, updated, id, slug, language from release
         where published <= ?2 and (id in (select id from incoming where batch = ?1)
           or source in (select source from incoming where batch = ?1))`,
        batch,
        now,
      ).all<Touched>(),
    ]
    for (const chunk of chunks(removed)) {
      found.push(
        await prepare(
          `select published, updated, id, slug, language from release
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
    { placed, reweighed }: Placed,
    now: number,
    moment: number,
  ): Statement[] {
    const places = new Map(placed.map((one) => [one.id, one]))
    // Where a release is no longer, or no longer in the same archive.
    const leaving = touched.filter(({ id, updated }) => {
      const stays = places.get(id)
      const isMoved = !stays || stays.published > now || stays.updated !== updated
      return isMoved || reweighed.includes(id)
    })
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

  /**
   * What is said about others changes with them: a release that corrects one, is corrected by one, or
   * takes the place of one. Called before and after the change, because it may name others.
   */
  function touchRelated(places: { id: string }[], moment: number): Statement[] {
    if (places.length === 0) return []
    const ids = JSON.stringify(places.map(({ id }) => id))
    const them = 'select published from release where id in (select value from json_each(?2))'
    return [
      prepare(
        `update release set changed = max(changed, ?1) where published in (
           select published from correction where (corrected, language) in (
             select slug, language from release where published in (${them})
           )
         )`,
        moment,
        ids,
      ),
      prepare(
        `update release set changed = max(changed, ?1) where (slug, language) in (
           select document ->> '$.corrects', language from release where published in (${them})
           union
           select document ->> '$.withdrawn.replacedBy', language from release where published in (${them})
         )`,
        moment,
        ids,
      ),
      prepare(
        `update release set changed = max(changed, ?1)
         where withdrawn = 1 and (document ->> '$.withdrawn.replacedBy', language) in (
           select slug, language from release where published in (${them})
         )`,
        moment,
        ids,
      ),
    ]
  }

  /** What goes away keeps its seconds, should it come back (C-07). */
  function remember(batch: string, removed: string[], now: number): Statement[] {
    const columns = 'id, published, updated, authored, wanted'
    return [
      ...chunks(removed).map((chunk) =>
        prepare(
          `insert or replace into departed (${columns}) select ${columns} from release
           where published <= ? and source in (select value from json_each(?))`,
          now,
          JSON.stringify(chunk),
        ),
      ),
      prepare(
        `insert or replace into departed (${columns}) select ${columns} from release
         where published <= ?2 and source in (select source from incoming where batch = ?1)
           and id not in (select id from incoming where batch = ?1)`,
        batch,
        now,
      ),
      prepare('delete from departed where id in (select id from incoming where batch = ?)', batch),
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

  /**
   * A topic that a release has come under takes it out of the feeds without that topic, and what comes
   * from the past changes archives.
   */
  function noteArrivals(touched: Touched[], history: Place[], moment: number): Statement[] {
    const ids = (places: { id: string }[]) => JSON.stringify(places.map(({ id }) => id))
    return [
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct topic, language, ? from release_topic where published in (
           select published from release where id in (select value from json_each(?))
         )`,
        moment,
        ids([...touched, ...history]),
      ),
      prepare(
        `insert or replace into departure (topic, language, since)
         select distinct '', language, ? from release where id in (select value from json_each(?))`,
        moment,
        ids(history),
      ),
    ]
  }

  async function placeStaged(
    batch: string,
    { site, vocabulary }: Frame,
    moment: Moment,
  ): Promise<Placed> {
    const { results } = await prepare(
      `select one.id, one.language, one.authored, one.wanted, one.document -> '$.topics' as topics,
         kept.published, kept.updated, kept.authored as keptAuthored, kept.wanted as keptWanted,
         kept.document -> '$.topics' as keptTopics,
         one.document -> '$.withdrawn' is not null as withdrawn,
         kept.document -> '$.withdrawn' is not null as keptWithdrawn,
         ${corrections('one')} as corrections, ${corrections('kept')} as keptCorrections,
         one.weight, kept.weight as keptWeight, kept.history as keptHistory
       from incoming as one left join (
         select id, published, updated, authored, wanted, document, weight, history from release
         union all
         select id, published, updated, authored, wanted, null, 0, 0 from departed
       ) as kept on kept.id = one.id
       where one.batch = ?`,
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

  /** `moment` is when the change became visible, 0 if it did not; what is to come changes then. */
  function insertStaged(batch: string, moment: number): Statement[] {
    return [
      prepare(
        `insert into release (published, updated, changed, id, slug, language, source, origin, hash, authored, wanted, document, weight, withdrawn, history)
         select published, updated, max(?2, published), id, slug, language, source, origin, hash, authored, wanted, document,
           weight, document -> '$.withdrawn' is not null, history
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
        `insert or ignore into correction (corrected, language, published)
         select document ->> '$.corrects', language, published
         from incoming join placement using (batch, id)
         where batch = ? and document ->> '$.corrects' is not null`,
        batch,
      ),
      prepare(
        `insert or ignore into release_media (path, published)
         select file.value, published
         from incoming join placement using (batch, id), json_each(media) as file
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
      `insert or ignore into release_topic (topic, published, language, updated, withdrawn)
       select broader.broader, published, language, updated, document -> '$.withdrawn' is not null
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
        `insert or ignore into release_topic (topic, published, language, updated, withdrawn)
         select broader.broader, one.published, one.language, one.updated, one.withdrawn
         from release as one, json_each(one.document, '$.topics') as named
           join topic_broader as broader on broader.topic = named.value`,
      ),
    ]
  }
}

type FileRow = { path: string; stamp: string; media: string }

/** A release that readers see before a change that concerns it. */
type Touched = Omit<Place, 'isHistory'> & { slug: string; language: string }

type StagedRow = {
  id: string
  language: string
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

/** The places of staged releases, and the identities of those whose weight counts anew. */
type Placed = { placed: Place[]; reweighed: string[] }

function corrections(table: string): string {
  return `(
    select count(*) from json_each(${table}.document, '$.changes') as change
    where change.value ->> 'kind' = 'correction'
  )`
}

function toStamp(stamp: string, media: string): FileStamp {
  return { stamp, media: JSON.parse(media) as FileStamp['media'] }
}

function toPlacement({ id, authored, wanted, ...kept }: StagedRow, rank: number): Placement {
  const topics = JSON.parse(kept.topics) as string[]
  const withdrawn = kept.withdrawn === 1
  const placement = { id, rank, authored, wanted, topics, withdrawn, corrections: kept.corrections }
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

function chunks<T>(items: T[]): T[][] {
  const count = Math.ceil(items.length / jsonChunk)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * jsonChunk, (index + 1) * jsonChunk),
  )
}
