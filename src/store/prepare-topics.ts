// Before a change puts releases under other topics, they are marked and counted for that in portions, a short
// transaction each. No reader is told of these marks until the change is made (`switch-topics.ts`).
import type { Clock } from '../domain/clock.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { chunks } from './chunks.ts'
import { type Database, statement, type Statement } from './database.ts'
import { anyOf, nameMark } from './full-text-query.ts'
import { requireThat } from './require-that.ts'
import { type Marking, readPortion, type Words, writeWords } from './rewrite-words.ts'
import { readStateValues } from './state-values.ts'
import { findTopicChanges, type TopicChange, type TopicChanges } from './topic-changes.ts'

/** Seconds for which a preparation is left alone that somebody is at work on, or will come back to. */
const pauseOfOthers = 30

/** What `done` is when all releases are marked: later than any key. */
const allDone = Number.MAX_SAFE_INTEGER

/** Where the store stands with what a vocabulary changes for its releases. */
type Standing = {
  revision: number
  changes: TopicChanges
  preparation: Preparation | undefined
}

/** What is there. It may be for these changes, or for others that are not wanted with them. */
type Preparation = {
  id: number
  done: number
  touched: number
  isForThese: boolean
  isForOthers: boolean
}

/** How far to go on: no further than the second `until`. */
type Limits = Marking & { until: number }

/**
 * Marks the releases that a vocabulary puts under other topics. `ready`: there was nothing to do. `done`: all is
 * marked by now, and other changes may have been made meanwhile. `unfinished`: the portions or the time are over;
 * call again. It goes on from where it was, also in another process.
 */
export async function prepareTopics(
  database: Database,
  clock: Clock,
  vocabulary: VocabularySource,
  { until, portions = Infinity, ...marking }: Limits,
): Promise<'ready' | 'done' | 'unfinished'> {
  if (await isThatOfNow(database, vocabulary)) return 'ready'
  let [hasWorked, left] = [false, portions]
  for (;;) {
    const standing = await readStanding(database, vocabulary)
    if (isPrepared(standing)) return hasWorked ? 'done' : 'ready'
    hasWorked = true
    const now = clock.now()
    if (left === 0 || now >= until) return 'unfinished'
    if (isOfOthers(standing, now)) await clock.passed(now)
    else if (!standing.preparation?.isForThese) await start(database, standing, now)
    else left -= await markWhileUnchanged(database, standing, { ...marking, clock, until, left })
  }
}

/** The identity of the preparation for some changes, if there is one. `isReady`: nothing more is to be marked. */
export async function findPrepared(
  database: Database,
  changes: TopicChanges,
): Promise<{ isReady: boolean; id: number | undefined }> {
  const { preparation } = await compareWith(database, changes)
  const id = preparation?.isForThese ? preparation.id : undefined
  return { isReady: isPrepared({ changes, preparation }), id }
}

/** The statements that give up what is being prepared. A change that relied on it fails, and is decided anew. */
export function dropPreparation(database: Database): Statement[] {
  return [
    "update state set value = value + 1 where key = 'revision' and exists (select 1 from topic_preparation)",
    "update topic_move set stage = 'stale' where stage = 'coming'",
    ...endPreparation,
  ].map((sql) => database.prepare(sql))
}

/** What is written when nothing is prepared any more. */
export const endPreparation = [
  'delete from topic_preparation',
  'delete from topic_change',
  'delete from topic_count_change',
]

async function isThatOfNow(database: Database, vocabulary: VocabularySource): Promise<boolean> {
  const now = await readStateValues(database, 'vocabulary')
  return now.vocabulary === JSON.stringify(vocabulary)
}

async function readStanding(database: Database, vocabulary: VocabularySource): Promise<Standing> {
  // First, because all that is read afterwards is as new or newer.
  const { revision } = await readStateValues(database, 'revision')
  const changes = await findTopicChanges(database, vocabulary)
  return { ...(await compareWith(database, changes)), revision: Number(revision ?? 0) }
}

/**
 * Releases may have lost names meanwhile that were to be moved: the preparation is for the others just as well. If they
 * have got such names, it begins anew.
 */
async function compareWith(
  database: Database,
  changes: TopicChanges,
): Promise<Omit<Standing, 'revision'>> {
  const row = await database
    .prepare('select id, done, touched from topic_preparation')
    .first<{ id: number; done: number; touched: number }>()
  if (!row) return { changes, preparation: undefined }
  const { results } = await database
    .prepare('select topic, broader, joins from topic_change')
    .all<TopicChange>()
  const isForOthers = !isWithin(results, changes.all)
  const isForThese = !isForOthers && isWithin(changes.ofReleases, results)
  return { changes, preparation: { ...row, isForThese, isForOthers } }
}

function isWithin(some: TopicChange[], others: TopicChange[]): boolean {
  const keyOf = ({ topic, broader, joins }: TopicChange) => `${topic} ${broader} ${joins}`
  const known = new Set(others.map(keyOf))
  return some.every((one) => known.has(keyOf(one)))
}

function isPrepared({ changes, preparation }: Omit<Standing, 'revision'>): boolean {
  if (changes.ofReleases.length === 0) return true
  return preparation?.isForThese === true && preparation.done === allDone
}

function isOfOthers({ preparation }: Standing, now: number): boolean {
  if (!preparation?.isForOthers) return false
  return preparation.touched <= now && now < preparation.touched + pauseOfOthers
}

/** Begins a preparation in the place of one that is there. */
async function start(database: Database, standing: Standing, now: number): Promise<void> {
  const { revision, changes, preparation } = standing
  await attempt(database, standing, [
    requireThat(
      database,
      'value = ?1 and (select coalesce(max(id), 0) from topic_preparation) = ?2',
      revision,
      preparation?.id ?? 0,
    ),
    ...dropPreparation(database),
    ...chunks(changes.ofReleases).map((chunk) =>
      statement(
        database,
        `insert into topic_change (topic, broader, joins)
         select value ->> 'topic', value ->> 'broader', value ->> 'joins' from json_each(?)`,
        JSON.stringify(chunk),
      ),
    ),
    database.prepare(
      "insert into topic_move (topic, joins, stage) select distinct broader, joins, 'coming' from topic_change",
    ),
    statement(database, 'insert into topic_preparation (touched) values (?)', now),
  ])
}

/** Marks portions for as long as nobody else writes. Returns how many. */
async function markWhileUnchanged(
  database: Database,
  standing: Standing,
  { clock, until, left, ...marking }: Omit<Limits, 'portions'> & { clock: Clock; left: number },
): Promise<number> {
  const { id } = standing.preparation!
  let { done } = standing.preparation!
  const names = [...new Set(standing.changes.ofReleases.map(({ topic }) => topic))]
  const question = anyOf(names.map(nameMark))
  for (let portion = 1; ; portion++) {
    const words = await readPortion(database, question, done + 1, marking)
    const last = words.at(-1)?.key ?? allDone
    const statements = markPortion(database, { ...standing, id, done }, words, last, clock.now())
    const isDone = await attempt(database, standing, statements)
    done = last
    if (!isDone || done === allDone || portion === left || clock.now() >= until) return portion
    // Others come between.
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/**
 * The statements that mark and count releases, if the store stands where it did when their words were read: so each
 * is counted once, by them or by the triggers.
 */
function markPortion(
  database: Database,
  { revision, id, done }: { revision: number; id: number; done: number },
  words: Words[],
  last: number,
  now: number,
): Statement[] {
  const keys = JSON.stringify(words.map(({ key }) => key))
  return [
    requireThat(
      database,
      'value = ?1 and (select done from topic_preparation where id = ?2) = ?3',
      revision,
      id,
      done,
    ),
    ...(words.length > 0 ? [...writeWords(database, words), countMoves(database, keys)] : []),
    statement(
      database,
      'update topic_preparation set done = ?1, touched = ?2 where id = ?3',
      last,
      now,
      id,
    ),
  ]
}

function countMoves(database: Database, keys: string): Statement {
  return statement(
    database,
    `insert into topic_count_change (topic, language, difference, newest, doubtful)
     select topic, language, sum(iif(joins, 1, -1)), max(iif(joins, key, 0)), max(not joins)
     from (
       select distinct key, language, topic, joins from release_move
       where key in (select value from json_each(?)) and withdrawn = 0
     ) group by topic, language
     on conflict (topic, language) do update set
       difference = difference + excluded.difference,
       newest = max(newest, excluded.newest),
       doubtful = doubtful or excluded.doubtful`,
    keys,
  )
}

/** Runs statements as one transaction. Returns false if they failed because the store is no longer as it was. */
async function attempt(
  database: Database,
  before: Standing,
  statements: Statement[],
): Promise<boolean> {
  try {
    await database.batch(statements)
    return true
  } catch (error) {
    const [{ revision }, row] = await Promise.all([
      readStateValues(database, 'revision'),
      database
        .prepare('select id, done from topic_preparation')
        .first<{ id: number; done: number }>(),
    ])
    const isAsBefore =
      Number(revision ?? 0) === before.revision && row?.id === before.preparation?.id
    if (isAsBefore && row?.done === before.preparation?.done) throw error
    return false
  }
}
