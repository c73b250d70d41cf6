// Rows of the full-text index are written anew: FTS5 replaces a row only as a whole, and the index keeps no text.
import type { Release } from '../domain/release.ts'
import { type Database, readStored, statement, type Statement } from './database.ts'

/** The words of a release as the index has them. */
export type WordsOf = (
  release: Pick<Release, 'title' | 'lead' | 'html' | 'language'>,
) => string | Promise<string>

/** What marking releases anew needs. */
export type Marking = {
  wordsOf: WordsOf
  /** Portions at a time, where the platform limits how many queries a request may make. */
  portions?: number
  /** Characters of releases to a portion. */
  characters?: number
}

/** The words of a release by its key. */
export type Words = { key: number; words: string }

/** That many take ten to twenty milliseconds, in which nobody else writes. */
const usualCharacters = 50_000
/** A release is hardly ever shorter. */
const leastCharacters = 1000

/**
 * The words of the next portion of the releases that answer a question to the full-text index, from a key on. A
 * release that is longer than a portion is one of its own.
 */
export async function readPortion(
  database: Database,
  question: string,
  from: number,
  { wordsOf, characters = usualCharacters }: Marking,
): Promise<Words[]> {
  const { results: found } = await statement(
    database,
    `select rowid as key from release_words
     where release_words match ?1 and rowid >= cast(?2 as integer) order by rowid limit ?3`,
    question,
    from,
    Math.ceil(characters / leastCharacters),
  ).all<{ key: number }>()
  const { results } = await statement(
    database,
    `select key, document from (
       select key, document, row_number() over portion as place,
         sum(length(document)) over portion as characters
       from release where key in (select value from json_each(?1))
       window portion as (order by key)
     ) where place = 1 or characters <= ?2 order by key`,
    JSON.stringify(found.map(({ key }) => key)),
    characters,
  ).all<{ key: number; document: string }>()
  return Promise.all(
    results.map(async ({ key, document }) => ({
      key,
      words: await wordsOf(readStored<Release>(database, document)),
    })),
  )
}

/** The statements that write releases into the tables of the index, with the marks that they have by now. */
export function writeWords(database: Database, words: Words[]): Statement[] {
  const text = JSON.stringify(words)
  const write = (table: string, rowid: string, condition: string) =>
    statement(
      database,
      `insert or replace into ${table} (rowid, words)
       select ${rowid}, (value ->> 'words') || ' ' || marks
       from json_each(?) cross join release_marks on release_marks.key = value ->> 'key'
       where ${condition} order by ${rowid}`,
      text,
    )
  return [
    write('release_words', 'release_marks.key', 'true'),
    write('moved_words', 'updated_key', 'updated_key <> release_marks.key'),
    write(
      'event_words',
      'release_marks.key',
      `exists (
         select 1 from release
         where release.key = release_marks.key and document -> '$.event' is not null
       )`,
    ),
  ]
}
