import { type Clock, clockIsBehind, clockProblem } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { lastKeyOf, placesOfSecond, secondOf } from '../domain/key.ts'
import type { Deed } from '../domain/publishing-store.ts'
import type { Dates, Draft } from '../domain/publishing.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { chunks, isOf, jsonChunk } from './chunks.ts'
import type { Database, Statement } from './database.ts'
import { createMarking } from './marking.ts'
import { placeStaged } from './placing.ts'
import { type Position, readPosition, readValues, setState } from './state.ts'
import { createTraces } from './traces.ts'
import { slugsOf } from './slugs.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** What becomes public at once with everything that is staged under the names `batches`. */
export type Change = {
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

/** A draft, with what becomes of its times (`news` if nothing is said) and what the history tells of it. */
export type Staged = Draft & { dates?: Dates; deed?: Deed }

/** Seconds after which nobody goes on with a change under which nothing more was staged. */
const longestPause = 600

/** Drafts that are forgotten at once: that takes some milliseconds, in which nobody else writes. */
const rowsOfPortion = 200

/** Identities and slugs of what becomes public at once, about as many as a thousand releases have. */
const mostTogether = 2000

/** Seconds for which others wait for a change that they were faster than. */
const turn = 3

/** How often a change is tried again because another process changed the store meanwhile. */
const mostAttempts = 20

/** Changes what readers see: whole or not at all, in a second in which they were shown nothing else. */
export function createChanges(database: Database) {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { findTouched, touch, touchRelated, noteArrivals } = createTraces(database)
  const { replaceBroader } = createMarking(database)

  return { stage, abandoned, discard, makePublic, makeStagedPublic }

  /**
   * Puts drafts aside, under a name for the change they belong to, behind those that are there. What is
   * `decided` for a revision of the store becomes public with any change that is made at it.
   */
  async function stage(
    batch: string,
    drafts: Staged[],
    now: number,
    decided: number | null = null,
  ): Promise<void> {
    await prepare(
      `insert or replace into incoming (batch, id, number, staged, dates, decided, deed, slug, language, source, origin, hash, authored, wanted, document, markdown, words, weight, media)
       select ?1, value ->> '$.release.id',
         coalesce(
           (select number from incoming where batch = ?1 and id = value ->> '$.release.id'),
           (select coalesce(max(number) + 1, 0) from incoming where batch = ?1) + key
         ),
         ?2, coalesce(value ->> 'dates', 'news'), ?3, value -> 'deed', value ->> '$.release.slug', value ->> '$.release.language',
         value ->> 'source', value ->> 'origin', value ->> 'hash',
         value ->> '$.release.published', value ->> '$.release.updated',
         json_remove(value -> 'release', '$.published', '$.updated'),
         coalesce(value ->> 'markdown', (
           select markdown from release where id = value ->> '$.release.id'
             and document ->> '$.html' = value ->> '$.release.html'
         )),
         value ->> 'words',
         value ->> 'weight', value -> 'media'
       from json_each(?4)`,
      batch,
      now,
      decided,
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
   * would take minutes where there are many. Answers whether anything was there.
   */
  async function discard(batch: string, portions = Infinity): Promise<boolean> {
    let wasThere = false
    for (let portion = 1; portion <= portions; portion++) {
      const { results } = await prepare(
        `delete from incoming where batch = ?1 and id in (
           select id from incoming where batch = ?1 limit ${rowsOfPortion}
         ) returning 1`,
        batch,
      ).all()
      wasThere ||= results.length > 0
      if (results.length < rowsOfPortion) break
      await new Promise((resolve) => setTimeout(resolve))
    }
    return wasThere
  }

  /**
   * Makes a change that `decide` chooses for the second in which it is made; nothing when it chooses
   * none. It is asked again if another process was first, or if readers were shown something else in
   * that second. Throws DomainError `unavailable` when others were first for `patience` seconds or twenty
   * times, or while the clock is far behind what was shown.
   */
  async function makePublic(
    clock: Clock,
    decide: (second: number) => Promise<Change | undefined>,
    patience = Infinity,
  ): Promise<void> {
    const until = clock.now() + patience
    for (let attempt = 1; ; attempt++) {
      const taken = () => askForTurn(clock)
      const { second, position } = await secondOfItsOwn(clock, until, { taken })
      const change = await decide(second)
      if (!change) return
      try {
        const whole = await statements(position, change, second)
        await database.batch([...whole, setState(database, 'awaited', 0)])
        return
      } catch (error) {
        const { revision, shown } = await readPosition(database, second)
        const isAsBefore = revision === position.revision && shown < second
        if (isAsBefore) throw error
        if (attempt === mostAttempts) throw noSecond()
        await askForTurn(clock)
      }
    }
  }

  /** What takes longer to decide would always come second to what is staged already, which waits from now on. */
  async function askForTurn(clock: Clock): Promise<void> {
    await setState(database, 'awaited', clock.now() + turn).all()
  }

  /**
   * Makes what comes through the API public. `decide` chooses and stages it for a revision and a second;
   * nothing when it answers false. Each request may have a process of its own, and there is one change in a
   * second: whoever is first in it makes all that is staged for the revision public, also that of others.
   * `frame` tells the rest of a change. Throws like `makePublic`; nothing is staged any more then.
   */
  async function makeStagedPublic(
    batch: string,
    clock: Clock,
    decide: (name: string, second: number, revision: number) => Promise<boolean>,
    frame: () => Promise<Omit<Change, 'batches'>>,
    patience: number,
  ): Promise<void> {
    const until = clock.now() + patience
    for (let attempt = 1; ; attempt++) {
      // Another name each time: what could not be taken back belongs to no later attempt.
      const name = `${batch}.${attempt}`
      let isStaged = false
      const before = await readPosition(database, clock.now())
      const isLast = async () => {
        if (attempt === mostAttempts || clock.now() >= until) return true
        const { revision, shown } = await readPosition(database, clock.now())
        return revision === before.revision && shown === before.shown
      }
      try {
        isStaged = await decide(name, secondAfter(before, clock.now()), before.revision)
        if (!isStaged) return
        await waitForTurns(clock, before)
        const { second, position } = await secondOfItsOwn(clock, until, {
          revision: before.revision,
        })
        if (position.revision === before.revision) {
          const batches = await decidedWith(name, position.revision, second - patience)
          // Where it was taken for abandoned it is decided anew, and nothing is left to discard.
          if (!batches.includes(name)) continue
          await database.batch(await statements(position, { ...(await frame()), batches }, second))
          return
        }
        // Should this fail, nobody knows whether another made it public, and it is looked at again.
        isStaged = false
        if (!(await discard(name))) return
      } catch (error) {
        const wasThere = await discard(name).catch(() => true)
        // Nothing is left of it where another made it public.
        if (isStaged && !wasThere) return
        if (await isLast().catch(() => true)) throw error
      }
    }
  }

  /**
   * The batches that can be made public together with one: of those that speak of the same release or slug
   * only the first. The others are decided anew. Whoever staged something before the second `from` was told
   * that nothing has changed, or was killed.
   */
  async function decidedWith(batch: string, revision: number, from: number): Promise<string[]> {
    const { results } = await prepare(
      `select batch, json_group_array(id) as ids, json_group_array(json(slugs)) as slugs from (
         select batch, staged, id, ${slugsOf('incoming')} as slugs from incoming
         where decided = ?1 and (staged >= ?2 or batch = ?3)
         order by number
       ) group by batch order by min(staged), batch`,
      revision,
      from,
      batch,
    ).all<{ batch: string; ids: string; slugs: string }>()
    const namesOf = ({ ids, slugs }: { ids: string; slugs: string }) => [
      ...(JSON.parse(ids) as string[]),
      ...(JSON.parse(slugs) as string[][]).flat(),
    ]
    const own = results.find((one) => one.batch === batch)
    const taken = new Set(own ? namesOf(own) : [])
    let count = taken.size
    const together = results.filter((one) => {
      if (one.batch === batch) return true
      const names = namesOf(one)
      count += names.length
      if (count > mostTogether || names.some((name) => taken.has(name))) return false
      for (const name of names) taken.add(name)
      return true
    })
    return together.map((one) => one.batch)
  }

  /** Lets a change go first that others were faster than. */
  async function waitForTurns(clock: Clock, { awaited }: Position): Promise<void> {
    for (let waits = 0; waits < turn && clock.now() < awaited; waits++) {
      await clock.passed(clock.now())
    }
  }

  /**
   * Waits for a second in which readers were shown nothing else: they could not tell two states of one
   * second apart. What becomes public by itself in that second, and nobody was shown yet, becomes public
   * together with the change. A clock that was set back a little is not waited for, but by no more than one
   * change in a second: otherwise each would take it further ahead. `taken` is told each time when the second
   * that was waited for is taken as well. What was decided for a `revision` waits no longer than that is there.
   */
  async function secondOfItsOwn(
    clock: Clock,
    until: number,
    { revision, taken = async () => {} }: { revision?: number; taken?: () => Promise<void> },
  ): Promise<{ second: number; position: Position }> {
    for (let waitedFor: number | undefined; ;) {
      const now = clock.now()
      const position = await readPosition(database, now)
      const { shown } = position
      // A clock that is behind or stands still is waited for once.
      const isAsFree = waitedFor !== undefined && (shown > now || shown === waitedFor)
      const isStale = revision !== undefined && position.revision !== revision
      if (shown < now || isAsFree || isStale) {
        return { second: secondAfter(position, now), position }
      }
      if (now >= until) throw noSecond()
      if (waitedFor !== undefined) await taken()
      await clock.passed(now)
      waitedFor = shown
    }
  }

  /**
   * Everything that makes a staged change public, as one transaction. It is refused as a whole when
   * the store is no longer at its revision, or when readers were shown anything of its second, because
   * all here was decided for that.
   */
  async function statements(
    { revision, horizon, since }: Position,
    { batches, site, vocabulary, program, removed, others }: Change,
    second: number,
  ): Promise<Statement[]> {
    // As long as nothing was shown, whatever comes keeps its times.
    const moment = { second, since: horizon === 0 ? undefined : since }
    const { placed, reweighed } = await placeStaged(database, batches, vocabulary, moment)
    const touched = await findTouched(batches, removed, second)
    const staged = JSON.stringify(batches)
    const isPublic = ({ key }: { key: number }) => secondOf(key) <= second
    const vocabularyText = JSON.stringify(vocabulary)
    const siteText = JSON.stringify(site)
    const before = await readValues(database, 'site', 'vocabulary', 'program')
    const vocabularyIsNew = before.vocabulary !== vocabularyText
    const frameIsNew =
      vocabularyIsNew ||
      before.site !== siteText ||
      before.program !== program ||
      touched.length > jsonChunk
    const isVisible = frameIsNew || touched.length > 0 || placed.some(isPublic)
    const isTouched = new Set(touched.map(({ id }) => id))
    const fromThePast = placed.filter(({ id, key }) => secondOf(key) <= since && !isTouched.has(id))
    const seen = [...touched, ...placed.filter(isPublic)]
    return [
      // Null is refused, and with it everything.
      prepare("insert or ignore into state (key, value) values ('revision', 0)"),
      prepare(
        `update state set value = case
           when value = ?1 and coalesce((select value from state where key = 'shown'), 0) < ?2 then value + 1
           else null end
         where key = 'revision'`,
        revision,
        second,
      ),
      ...(isVisible ? [setState(database, 'changed', second)] : []),
      ...(frameIsNew ? [setState(database, 'framed', second)] : []),
      ...(frameIsNew ? [] : touch(touched, { placed, reweighed }, second)),
      ...chunks(placed).map((chunk) =>
        prepare(
          `insert into placement (batch, id, key, updated_key, history)
           select value ->> 'batch', value ->> 'id', value ->> 'key', value ->> 'updatedKey', value ->> 'isHistory'
           from json_each(?)`,
          JSON.stringify(chunk),
        ),
      ),
      // A weight holds for as long as a release stays in its archive, or releases beside it would move.
      prepare(
        `update incoming set weight = (select weight from release where release.id = incoming.id)
         where ${isOf('?1')} and id not in (select value from json_each(?2)) and id in (
           select release.id from release join placement using (id, updated_key) where ${isOf('?1')}
         )`,
        staged,
        JSON.stringify(reweighed),
      ),
      ...(frameIsNew ? [] : touchRelated(seen, second)),
      // Before releases come, so that they are marked with the topics that they are now found under.
      ...(vocabularyIsNew ? await replaceVocabulary(vocabulary) : []),
      ...remember(staged, removed, second),
      ...chunks(removed).map((chunk) =>
        prepare(
          'delete from release where source in (select value from json_each(?))',
          JSON.stringify(chunk),
        ),
      ),
      prepare(
        `delete from release where id in (select id from incoming where ${isOf('?1')})
           or source in (select source from incoming where ${isOf('?1')})`,
        staged,
      ),
      ...insertStaged(staged, isVisible ? second : 0),
      ...(frameIsNew ? [] : touchRelated(seen, second)),
      ...(frameIsNew ? [] : noteArrivals(touched, fromThePast, second)),
      setState(database, 'site', siteText),
      setState(database, 'vocabulary', vocabularyText),
      setState(database, 'program', program),
      ...others,
      noteDeeds(staged, second),
      prepare(`delete from placement where ${isOf('?')}`, staged),
      prepare(`delete from incoming where ${isOf('?')}`, staged),
    ]
  }

  /** What goes away keeps its keys, should it come back (C-07). Slugs that are lost stay known. */
  function remember(staged: string, removed: string[], second: number): Statement[] {
    const rememberReleases = (condition: string, ...values: unknown[]) =>
      prepare(`${departingReleases} where key <= ?1 and ${condition}`, lastKeyOf(second), ...values)
    const rememberSlugs = (condition: string, ...values: unknown[]) =>
      prepare(`${lostSlugs} and ${condition}`, staged, ...values)
    const isRemoved = 'source in (select value from json_each(?2))'
    return [
      ...chunks(removed).flatMap((chunk) => [
        rememberReleases(isRemoved, JSON.stringify(chunk)),
        rememberSlugs(isRemoved, JSON.stringify(chunk)),
      ]),
      rememberReleases(
        `source in (select source from incoming where ${isOf('?2')})
         and id not in (select id from incoming where ${isOf('?2')})`,
        staged,
      ),
      rememberSlugs(
        `(release.id in (select id from incoming where ${isOf('?1')})
           or source in (select source from incoming where ${isOf('?1')}))`,
      ),
      prepare(
        `delete from departed where id in (select id from incoming where ${isOf('?')})`,
        staged,
      ),
    ]
  }

  /** `moment` is when the change became visible, 0 if it did not; what is to come changes then. */
  function insertStaged(staged: string, moment: number): Statement[] {
    return [
      prepare(
        `insert into release (key, updated_key, changed, id, slug, language, source, origin, hash, authored, wanted, document, markdown, weight, withdrawn, history)
         select key, updated_key, max(?2, key >> ${Math.log2(placesOfSecond)}), id, slug, language, source, origin, hash, authored,
           wanted, document, markdown, weight, document -> '$.withdrawn' is not null, history
         from incoming join placement using (batch, id) where ${isOf('?1')} order by key`,
        staged,
        moment,
      ),
      prepare(
        `insert or ignore into former_slug (slug, language, key)
         select former.value, language, placement.key
         from incoming join placement using (batch, id), json_each(document, '$.formerly') as former
         where ${isOf('?')}`,
        staged,
      ),
      prepare(
        `insert or ignore into correction (corrected, language, key)
         select document ->> '$.corrects', language, key
         from incoming join placement using (batch, id)
         where ${isOf('?')} and document ->> '$.corrects' is not null`,
        staged,
      ),
      prepare(
        `insert or ignore into release_media (path, key)
         select file.value, placement.key
         from incoming join placement using (batch, id), json_each(media) as file
         where ${isOf('?')}`,
        staged,
      ),
      insertWords(staged, 'release_words', 'key'),
      insertWords(staged, 'moved_words', 'updated_key', 'and key <> updated_key'),
    ]
  }

  function insertWords(staged: string, table: string, key: string, condition = ''): Statement {
    return prepare(
      `insert into ${table} (rowid, words)
       select ${key}, words || ' ' || marks
       from incoming join placement using (batch, id)
         join release_marks using (key, updated_key)
       where ${isOf('?')} ${condition} order by ${key}`,
      staged,
    )
  }

  /** Puts what the history tells of staged releases where it is told, as of the second of the change. */
  function noteDeeds(staged: string, second: number): Statement {
    return prepare(
      `insert into history (subject, slug, language, at, by, action, note, replaced)
       select id, slug, language, ?2, deed ->> 'by', deed ->> 'action', deed ->> 'note', deed -> 'replaced'
       from incoming where ${isOf('?1')} and deed is not null
       order by (select key from json_each(?1) where value = batch), number`,
      staged,
      second,
    )
  }

  /** When the vocabulary changed, releases are found under other topics, and are counted anew. */
  async function replaceVocabulary(vocabulary: VocabularySource): Promise<Statement[]> {
    return [
      ...(await replaceBroader(vocabulary)),
      prepare('delete from topic_count'),
      prepare(
        `insert into topic_count (topic, language, count, newest)
         select broader, language, count(*), max(key) from (
           select distinct broader, language, release.key from ${releasesUnderTopics}
           where withdrawn = 0
         ) group by broader, language`,
      ),
    ]
  }
}

const departingReleases = `
  insert or replace into departed (id, key, updated_key, authored, wanted, publisher)
  select id, key, updated_key, authored, wanted, document ->> '$.publisher' from release`

/** Of releases that go or change: the slugs that they do not have in the batches ?1. */
const lostSlugs = `
  insert or replace into lost_slug (slug, id, publisher)
  select name.value, release.id, document ->> '$.publisher'
  from release, json_each(${slugsOf('release')}) as name
  where not exists (
    select 1 from incoming, json_each(${slugsOf('incoming')}) as kept
    where ${isOf('?1')} and incoming.id = release.id and kept.value = name.value
  )`

/** The second of the next change. Throws DomainError `unavailable` while the clock is far behind what was shown. */
function secondAfter({ shown }: Position, now: number): number {
  const problem = clockProblem(now, shown)
  if (problem !== undefined) throw clockIsBehind(problem)
  return Math.max(now, shown + 1)
}

function noSecond(): DomainError {
  return new DomainError(
    'unavailable',
    'Something else becomes public every second at present, and nothing has changed. Send it again in ten seconds.',
    { retryAfter: 10 },
  )
}
