import { createVocabulary, type VocabularySource } from '../domain/topic.ts'
import type { Database, Statement } from './database.ts'

/** A name of a topic, and a topic that releases with that name are found under. */
type Broader = { topic: string; broader: string }

/**
 * Releases whose words are read back at once. All words of the index are gone through for that, and those
 * of these releases are sorted in memory, some 30 KB for each.
 */
const portion = 5000

/** The two tables of the index, the keys that they are in order of, and where each tells its words. */
const tables = [
  { table: 'moved_words', key: 'updated_key', places: 'moved_word_place' },
  { table: 'release_words', key: 'key', places: 'word_place' },
] as const

type Table = (typeof tables)[number]

/** Keeps up with the vocabulary what says under which topics releases are found. */
export function createMarking(database: Database) {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)

  return { replaceBroader }

  /**
   * Writes down the topics that names are found under, and marks those releases anew that have a name
   * which is now found under others. The marks of a release cannot be changed without its words.
   */
  async function replaceBroader(source: VocabularySource): Promise<Statement[]> {
    const { results: before } = await prepare(
      'select topic, broader from topic_broader',
    ).all<Broader>()
    const after = broaderOf(source)
    const names = JSON.stringify(differing(before, after))
    const marked = await Promise.all(tables.map((one) => markAnew(one, names)))
    return [...writeBroader(after), ...marked.flat()]
  }

  function writeBroader(broader: Broader[]): Statement[] {
    const topics = [...new Set(broader.map((one) => one.broader))]
    return [
      prepare(
        `insert or ignore into topic_mark (topic, number)
         select value, last + row_number() over (order by key)
         from json_each(?), (select coalesce(max(number), 0) as last from topic_mark)
         where value not in (select topic from topic_mark)`,
        JSON.stringify(topics),
      ),
      prepare('delete from topic_broader'),
      prepare(
        `insert into topic_broader (topic, broader)
         select value ->> 'topic', value ->> 'broader' from json_each(?)`,
        JSON.stringify(broader),
      ),
    ]
  }

  async function markAnew(one: Table, names: string): Promise<Statement[]> {
    const { table, key, places } = one
    const { results: portions } = await prepare(
      `select min(named) as first, max(named) as last from (
         select named, row_number() over (order by named) - 1 as place
         from (${keysOf(one)})
       ) group by place / ${portion}`,
      names,
    ).all<{ first: number; last: number }>()
    return portions.map(({ first, last }) =>
      prepare(
        // All is read before anything is written: the words come from what is replaced.
        `insert or replace into ${table} (rowid, words)
         with found as materialized (
           ${keysOf(one)}
             and ${table}.rowid between cast(?2 as integer) and cast(?3 as integer)
         ), worded as materialized (
           select doc, group_concat(term, ' ' order by offset) as words from ${places}
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
}

/**
 * The releases in a table of the index that name one of the topics `?1`. Those that name a narrower one are
 * among them: what is above that has changed as well.
 */
function keysOf({ table }: Table): string {
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
function differing(before: Broader[], after: Broader[]): string[] {
  const keyOf = ({ topic, broader }: Broader) => `${topic} ${broader}`
  const without = (some: Broader[], others: Broader[]) => {
    const known = new Set(others.map(keyOf))
    return some.filter((one) => !known.has(keyOf(one)))
  }
  const changed = [...without(before, after), ...without(after, before)]
  return [...new Set(changed.map(({ topic }) => topic))]
}
