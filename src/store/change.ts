import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { Dates, Draft } from '../domain/publishing.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Site } from '../domain/site.ts'
import type { Topic, VocabularySource } from '../domain/topic.ts'
import { chunks, jsonChunk } from './chunks.ts'
import { type Database, readStored, type Statement } from './database.ts'
import { createMarking } from './marking.ts'
import { placeStaged } from './placing.ts'
import { type Position, readPosition, readValues, setState } from './state.ts'
import { createTraces } from './traces.ts'
import { slugsOf } from './slugs.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** What becomes public at once with everything that is staged under the name `batch`. */
export type Change = {
  batch: string
  site: Site
  vocabulary: VocabularySource
  /** Fingerprint of what makes documents of all this. */
  program: string
  /** Sources of the releases that go. */
  removed: string[]
  /** What else is written in the same transaction. */
  others: Statement[]
}

/** Seconds after which nobody goes on with a change under which nothing more was staged. */
const longestPause = 600

/** Drafts that are forgotten at once: that takes some milliseconds, in which nobody else writes. */
const rowsOfPortion = 200

/** How often a change is tried again because another process changed the store meanwhile. */
const mostAttempts = 20

/** Changes what readers see: whole or not at all, in a second of its own. */
export function createChanges(database: Database) {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { findTouched, touch, touchRelated, noteArrivals } = createTraces(database)
  const { replaceBroader } = createMarking(database)

  return { stage, abandoned, discard, makePublic }

  /** Puts drafts aside, under a name for the change they belong to. Nobody sees them yet. */
  async function stage(
    batch: string,
    drafts: Draft[],
    now: number,
    dates: Dates = 'news',
  ): Promise<void> {
    await prepare(
      `insert or replace into incoming (batch, id, staged, dates, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
       select ?1, value ->> '$.release.id', ?2, ?3, value ->> '$.release.slug', value ->> '$.release.language',
         value ->> 'source', value ->> 'origin', value ->> 'hash',
         value ->> '$.release.published', value ->> '$.release.updated',
         json_remove(value -> 'release', '$.published', '$.updated'), value ->> 'words',
         value ->> 'weight', value -> 'media'
       from json_each(?4)`,
      batch,
      now,
      dates,
      JSON.stringify(drafts),
    ).all()
  }

  /** Names of changes under which nothing was staged for a while: whoever made them was killed. */
  async function abandoned(now: number): Promise<string[]> {
    // From one name to the next, because there may be a million drafts under each.
    const { results } = await prepare(
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
   * Forgets what was staged under a name, in portions, between which others can read and write: all at once
   * would take minutes where there are many.
   */
  async function discard(batch: string, portions = Infinity): Promise<void> {
    for (let portion = 1; portion <= portions; portion++) {
      const { results } = await prepare(
        `delete from incoming where batch = ?1 and id in (
           select id from incoming where batch = ?1 limit ${rowsOfPortion}
         ) returning 1`,
        batch,
      ).all()
      if (results.length < rowsOfPortion) return
      await new Promise((resolve) => setTimeout(resolve))
    }
  }

  /**
   * Makes a change that `decide` chooses for the second in which it is made; nothing when it chooses
   * none. It is asked again, if another process was first. `coming` are the topics that the change brings.
   * Throws DomainError `unavailable` when no second was free for `patience` seconds.
   */
  async function makePublic(
    clock: Clock,
    coming: Topic[],
    decide: (now: number) => Promise<Change | undefined>,
    patience = Infinity,
  ): Promise<void> {
    const until = clock.now() + patience
    for (let attempt = 1; ; attempt++) {
      const { now, position } = await secondOfItsOwn(coming, clock, until)
      const change = await decide(now)
      if (!change) return
      try {
        await database.batch(await statements(position, change, now))
        return
      } catch (error) {
        const { revision } = await readPosition(database, now)
        if (revision === position.revision || attempt === mostAttempts) throw error
      }
    }
  }

  /**
   * Waits for a second in which nothing else becomes visible: two states of one second could not be
   * told apart. A burst of releases is waited out. A clock that was set back is not waited for.
   */
  async function secondOfItsOwn(
    coming: Topic[],
    clock: Clock,
    until: number,
  ): Promise<{ now: number; position: Position }> {
    const { vocabulary } = await readValues(database, 'vocabulary')
    const topicsBefore = vocabulary ? readStored<VocabularySource>(database, vocabulary).topics : []
    const read = async (now: number) => {
      const position = await readPosition(database, now)
      const retired = [coming, topicsBefore].map((topics) => retiredAt(topics, now).since)
      return { ...position, since: Math.max(position.since, ...retired) }
    }
    for (let last = await read(clock.now()); ;) {
      await clock.passed(last.since)
      const now = clock.now()
      const position = await read(now)
      if (position.since < now || now <= last.since) return { now, position }
      if (now >= until) throw noSecond()
      last = position
    }
  }

  /**
   * Everything that makes a staged change public, as one transaction. It is refused as a whole when
   * the store is no longer at its revision, because all here was decided for that.
   */
  async function statements(
    { revision, horizon, since }: Position,
    { batch, site, vocabulary, program, removed, others }: Change,
    now: number,
  ): Promise<Statement[]> {
    // As long as nothing was shown, whatever comes keeps its times.
    const moment = { now, since: horizon === 0 ? undefined : since }
    const { placed, reweighed } = await placeStaged(database, batch, { site, vocabulary }, moment)
    const touched = await findTouched(batch, removed, now)
    const vocabularyText = JSON.stringify(vocabulary)
    const siteText = JSON.stringify(site)
    const before = await readValues(database, 'site', 'vocabulary', 'program')
    const vocabularyIsNew = before.vocabulary !== vocabularyText
    const frameIsNew =
      vocabularyIsNew ||
      before.site !== siteText ||
      before.program !== program ||
      touched.length > jsonChunk
    const isVisible =
      frameIsNew || touched.length > 0 || placed.some(({ published }) => published <= now)
    const fromThePast = placed.filter(({ id, published }) => {
      return published <= since && !touched.some((one) => one.id === id)
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
      // Before releases come, so that they are marked with the topics that they are now found under.
      ...(vocabularyIsNew ? await replaceVocabulary(vocabulary) : []),
      ...remember(batch, removed, now),
      ...chunks(removed).map((chunk) =>
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
      ...(frameIsNew ? [] : touchRelated(seen, second)),
      ...(frameIsNew ? [] : noteArrivals(touched, fromThePast, second)),
      setState(database, 'site', siteText),
      setState(database, 'vocabulary', vocabularyText),
      setState(database, 'program', program),
      ...others,
      prepare('delete from placement where batch = ?', batch),
      prepare('delete from incoming where batch = ?', batch),
    ]
  }

  /** What goes away keeps its seconds, should it come back (C-07). Slugs that are lost stay known. */
  function remember(batch: string, removed: string[], now: number): Statement[] {
    const rememberReleases = (condition: string, ...values: unknown[]) =>
      prepare(`${departingReleases} where published <= ?1 and ${condition}`, now, ...values)
    const rememberSlugs = (condition: string, ...values: unknown[]) =>
      prepare(`${lostSlugs} and ${condition}`, batch, ...values)
    const isRemoved = 'source in (select value from json_each(?2))'
    return [
      ...chunks(removed).flatMap((chunk) => [
        rememberReleases(isRemoved, JSON.stringify(chunk)),
        rememberSlugs(isRemoved, JSON.stringify(chunk)),
      ]),
      rememberReleases(
        `source in (select source from incoming where batch = ?2)
         and id not in (select id from incoming where batch = ?2)`,
        batch,
      ),
      rememberSlugs(
        `(release.id in (select id from incoming where batch = ?1)
           or source in (select source from incoming where batch = ?1))`,
      ),
      prepare('delete from departed where id in (select id from incoming where batch = ?)', batch),
    ]
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
      insertWords(batch, 'release_words', 'published'),
      insertWords(batch, 'moved_words', 'updated', 'and published <> updated'),
    ]
  }

  function insertWords(batch: string, table: string, second: string, condition = ''): Statement {
    return prepare(
      `insert into ${table} (rowid, words)
       select ${second}, words || ' ' || marks
       from incoming join placement using (batch, id)
         join release_marks using (published, updated)
       where batch = ? ${condition} order by ${second}`,
      batch,
    )
  }

  /** When the vocabulary changed, releases are found under other topics, and are counted anew. */
  async function replaceVocabulary(vocabulary: VocabularySource): Promise<Statement[]> {
    return [
      ...(await replaceBroader(vocabulary)),
      prepare('delete from topic_count'),
      prepare(
        `insert into topic_count (topic, language, count, newest)
         select broader, language, count(*), max(published) from (
           select distinct broader, language, published from ${releasesUnderTopics}
           where withdrawn = 0
         ) group by broader, language`,
      ),
    ]
  }
}

const departingReleases = `
  insert or replace into departed (id, published, updated, authored, wanted, publisher)
  select id, published, updated, authored, wanted, document ->> '$.publisher' from release`

/** Of releases that go or change: the slugs that they do not have in the change ?1. */
const lostSlugs = `
  insert or replace into lost_slug (slug, id, publisher)
  select name.value, release.id, document ->> '$.publisher'
  from release, json_each(${slugsOf('release')}) as name
  where not exists (
    select 1 from incoming, json_each(${slugsOf('incoming')}) as kept
    where batch = ?1 and incoming.id = release.id and kept.value = name.value
  )`

function noSecond(): DomainError {
  return new DomainError(
    'unavailable',
    'A release comes out every second at present, and nothing has changed. Send it again in ten seconds.',
    { retryAfter: 10 },
  )
}
