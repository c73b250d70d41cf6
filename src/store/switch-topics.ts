import type { VocabularySource } from '../domain/topic.ts'
import { chunks } from './chunks.ts'
import { type Database, statement, type Statement } from './database.ts'
import { endPreparation, findPrepared } from './prepare-topics.ts'
import { requireThat } from './require-that.ts'
import { findTopicChanges, type TopicChange } from './topic-changes.ts'

/**
 * The statements that bring the store in line with another vocabulary: they write which topics include which
 * (`topic_broader`), let the marks count that releases were prepared with (`prepareTopics`), and correct the counts of
 * topics. Throws an Error if releases are not prepared: somebody else has written since they were.
 */
export async function switchTopics(
  database: Database,
  vocabulary: VocabularySource,
): Promise<Statement[]> {
  const changes = await findTopicChanges(database, vocabulary)
  const { isReady, id } = await findPrepared(database, changes)
  if (!isReady) throw new Error('Releases are not marked for these topics yet.')
  return [
    ...(id === undefined
      ? []
      : [requireThat(database, 'exists (select 1 from topic_preparation where id = ?)', id)]),
    ...chunks(changes.all).flatMap((chunk) => writeBroader(database, chunk)),
    ...(id === undefined ? [] : takeUpPrepared(database)),
  ]
}

function writeBroader(database: Database, changes: TopicChange[]): Statement[] {
  const text = JSON.stringify(changes)
  return [
    statement(
      database,
      `insert or ignore into topic_mark (topic, number)
       select topic, last + row_number() over (order by topic)
       from (select distinct value ->> 'broader' as topic from json_each(?) where value ->> 'joins'),
         (select coalesce(max(number), 0) as last from topic_mark)
       where topic not in (select topic from topic_mark)`,
      text,
    ),
    statement(
      database,
      `delete from topic_broader where (topic, broader) in (
         select value ->> 'topic', value ->> 'broader' from json_each(?) where not value ->> 'joins'
       )`,
      text,
    ),
    statement(
      database,
      `insert into topic_broader (topic, broader)
       select value ->> 'topic', value ->> 'broader' from json_each(?) where value ->> 'joins'`,
      text,
    ),
  ]
}

function takeUpPrepared(database: Database): Statement[] {
  return [
    `insert into topic_count (topic, language, count, newest, doubtful)
     select topic, language, difference, newest, doubtful from topic_count_change where true
     on conflict (topic, language) do update set
       count = count + excluded.count,
       newest = max(newest, excluded.newest),
       doubtful = doubtful or excluded.doubtful`,
    "update topic_move set stage = 'current' where stage = 'coming'",
    ...endPreparation,
  ].map((sql) => database.prepare(sql))
}
