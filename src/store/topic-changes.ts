// What another vocabulary changes in the table `topic_broader`, and what of that concerns releases.
import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { chunks } from './chunks.ts'
import { type Database, statement } from './database.ts'
import { nameMark } from './full-text-query.ts'

/** That a name comes under a topic, or leaves it (`joins` is 0). A topic is under itself. */
export type TopicChange = { topic: string; broader: string; joins: 0 | 1 }

export type TopicChanges = {
  all: TopicChange[]
  /** Those of names that releases have, in an order of their own. */
  ofReleases: TopicChange[]
}

/** What has to become different for a vocabulary. */
export async function findTopicChanges(
  database: Database,
  vocabulary: VocabularySource,
): Promise<TopicChanges> {
  const { results: before } = await statement(
    database,
    'select topic, broader from topic_broader',
  ).all<Broader>()
  const after = broaderOf(vocabulary)
  const all = [
    ...without(before, after).map((one) => ({ ...one, joins: 0 as const })),
    ...without(after, before).map((one) => ({ ...one, joins: 1 as const })),
  ]
  const used = await findUsed(database, [...new Set(all.map(({ topic }) => topic))])
  return { all, ofReleases: all.filter(({ topic }) => used.has(topic)).toSorted(byName) }
}

type Broader = Pick<TopicChange, 'topic' | 'broader'>

/** Every name, also one that a topic had earlier, with that topic and all that are broader. */
function broaderOf(source: VocabularySource): Broader[] {
  const vocabulary = createVocabulary(source)
  return [...vocabulary.topics.keys(), ...Object.keys(source.renamed)].flatMap((topic) =>
    vocabulary
      .withBroader(vocabulary.resolve(topic)?.slug ?? topic)
      .filter((broader) => vocabulary.topics.has(broader))
      .map((broader) => ({ topic, broader })),
  )
}

function without(some: Broader[], others: Broader[]): Broader[] {
  const keyOf = ({ topic, broader }: Broader) => `${topic} ${broader}`
  const known = new Set(others.map(keyOf))
  return some.filter((one) => !known.has(keyOf(one)))
}

/** The names among some that any release has. */
async function findUsed(database: Database, names: string[]): Promise<Set<string>> {
  const used = new Set<string>()
  for (const chunk of chunks(names)) {
    const { results } = await statement(
      database,
      `select value ->> 0 as name from json_each(?) where exists (
         select 1 from release_words where release_words match value ->> 1
       )`,
      JSON.stringify(chunk.map((name) => [name, nameMark(name)])),
    ).all<{ name: string }>()
    for (const { name } of results) used.add(name)
  }
  return used
}

function byName(a: TopicChange, b: TopicChange): number {
  return `${a.topic} ${a.broader}` < `${b.topic} ${b.broader}` ? -1 : 1
}
