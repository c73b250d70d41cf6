import type { State, TopicMarks } from '../domain/release-store.ts'
import type { Database } from './database.ts'

type MarkRow = { topic: string; number: number; moves: string }

/** The marks of all topics. */
export async function readTopicMarks(database: Database): Promise<State['marks']> {
  const { results } = await database
    .prepare(
      `select topic, number, (
         select json_group_array(json_array(number, joins)) from topic_move
         where topic_move.topic = topic_mark.topic and stage = 'current'
       ) as moves from topic_mark`,
    )
    .all<MarkRow>()
  return new Map(results.map((row) => [row.topic, toMarks(row)]))
}

function toMarks({ number, moves }: MarkRow): TopicMarks {
  if (moves === '[]') return { number }
  const numbers = JSON.parse(moves) as [number: number, joins: number][]
  const withJoins = (wanted: number) =>
    numbers.filter(([, joins]) => joins === wanted).map(([one]) => one)
  return { number, joining: withJoins(1), leaving: withJoins(0) }
}
