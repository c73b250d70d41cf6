import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import { type Database, statement, type Statement } from './database.ts'
import { releasesUnderTopics } from './under-topics.ts'

/** A topic by a name that releases have, and a topic that releases with that name are found under. */
type Broader = { topic: string; broader: string }

/**
 * Releases whose words are read back at once. All words of the index are gone through for that, and those
 * of these releases are sorted in memory, some 30 KB for each.
 */
const releasesOfPortion = 5000

/** The two full-text tables, the keys that they are in order of, and the tables that read their words back. */
const fullTextTables = [
  { table: 'moved_words', key: 'updated_key', instances: 'moved_word_place' },
  { table: 'release_words', key: 'key', instances: 'word_place' },
] as const

type FullTextTable = (typeof fullTextTables)[number]

/**
 * The statements that bring the store in line with another vocabulary: they write which topics include which
 * (`topic_broader`), index those releases again that are now found under other topics, and count all topics
 * anew.
 */
export async function replaceVocabulary(
  database: Database,
  vocabulary: VocabularySource,
): Promise<Statement[]> {
  const { results: before } = await statement(
    database,
    'select topic, broader from topic_broader',
  ).all<Broader>()
  const after = broaderOf(vocabulary)
  const names = JSON.stringify(findDifferences(before, after))
  const reindexed = await Promise.all(fullTextTables.map((one) => reindex(database, one, names)))
  return [...writeBroader(database, after), ...reindexed.flat(), ...countTopics(database)]
}

function writeBroader(database: Database, broader: Broader[]): Statement[] {
  const topics = [...new Set(broader.map((one) => one.broader))]
  return [
    statement(
      database,
      `insert or ignore into topic_mark (topic, number)
       select value, last + row_number() over (order by key)
       from json_each(?), (select coalesce(max(number), 0) as last from topic_mark)
       where value not in (select topic from topic_mark)`,
      JSON.stringify(topics),
    ),
    statement(database, 'delete from topic_broader'),
    statement(
      database,
      `insert into topic_broader (topic, broader)
       select value ->> 'topic', value ->> 'broader' from json_each(?)`,
      JSON.stringify(broader),
    ),
  ]
}

/** Writes the rows of releases anew that name one of some topics: their marks cannot be changed without their words. */
async function reindex(
  database: Database,
  one: FullTextTable,
  names: string,
): Promise<Statement[]> {
  const { table, key, instances } = one
  const { results: portions } = await statement(
    database,
    `select min(named) as first, max(named) as last from (
       select named, row_number() over (order by named) - 1 as place
       from (${selectNaming(one)})
     ) group by place / ${releasesOfPortion}`,
    names,
  ).all<{ first: number; last: number }>()
  return portions.map(({ first, last }) =>
    statement(
      database,
      // All is read before anything is written: the words come from what is replaced.
      `insert or replace into ${table} (rowid, words)
       with found as materialized (
         ${selectNaming(one)}
           and ${table}.rowid between cast(?2 as integer) and cast(?3 as integer)
       ), worded as materialized (
         select doc, group_concat(term, ' ' order by offset) as words from ${instances}
         where doc in (select named from found) and substr(term, 1, 1) <> char(57344)
         group by doc
       )
       select named, coalesce(words || ' ', '') || marks
       from found cross join release_marks on ${key} = named
         left join worded on doc = named
       order by named`,
      names,
      first,
      last,
    ),
  )
}

function countTopics(database: Database): Statement[] {
  return [
    statement(database, 'delete from topic_count'),
    statement(
      database,
      `insert into topic_count (topic, language, count, newest)
       select broader, language, count(*), max(key) from (
         select distinct broader, language, release.key from ${releasesUnderTopics}
         where withdrawn = 0
       ) group by broader, language`,
    ),
  ]
}

/**
 * The releases in a full-text table that name one of the topics `?1`. Those that name a narrower one are
 * among them: what is above that has changed as well.
 */
function selectNaming({ table }: FullTextTable): string {
  return `select distinct ${table}.rowid as named from json_each(?1) cross join ${table}
    where ${table} match '"' || char(57344) || 'm' || hex(value) || '"'`
}

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

/** The names that are found under other topics in one than in the other. */
function findDifferences(before: Broader[], after: Broader[]): string[] {
  const keyOf = ({ topic, broader }: Broader) => `${topic} ${broader}`
  const without = (some: Broader[], others: Broader[]) => {
    const known = new Set(others.map(keyOf))
    return some.filter((one) => !known.has(keyOf(one)))
  }
  const changed = [...without(before, after), ...without(after, before)]
  return [...new Set(changed.map(({ topic }) => topic))]
}
