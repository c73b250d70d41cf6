// Upgrades a database of an earlier version, in which the key of a release was its second, unique to it.
import { placesOfSecond } from '../domain/key.ts'
import type { Release } from '../domain/release.ts'
import { type Database, readStored, type Statement } from './database.ts'
import type { WordsOf } from './rewrite-words.ts'
import { earlierMigrations, hasEarlierReleases } from './schema-version.ts'

/** What an upgrade of the tables needs. */
export type UpgradeOptions = {
  /** The words of a release as the index has them. */
  wordsOf: WordsOf
  /** Told how many of all releases are moved. */
  progress?: (done: number, total: number) => void
}

/** Releases that are moved at once, and characters in them: D1 takes 2 MB in one value. */
const mostAtOnce = 200
const mostCharacters = 200_000

/** What is made again from the releases, is no longer used, or has a name that is needed. */
const dropped = {
  trigger: ['release_words_deleted', 'moved_words_deleted', 'topic_counted', 'topic_uncounted'],
  view: ['release_marks'],
  table: [
    'word_place',
    'moved_word_place',
    'release_words',
    'moved_words',
    'release_topic',
    'topic_count',
    'former_slug',
    'correction',
    'edition',
    'incoming',
    'placement',
  ],
  index: ['release_media_release', 'history_subject'],
}

/** Tables whose rows stay as they are, with the migration that made them. */
const kept = [
  { table: 'topic_broader', since: '0001', columns: 'topic, broader' },
  { table: 'content_file', since: '0001', columns: 'path, stamp, media' },
  { table: 'departure', since: '0002', columns: 'topic, language, since' },
  { table: 'published_topic', since: '0004', columns: 'slug, document' },
  {
    table: 'history',
    since: '0004',
    columns: 'number, subject, slug, language, at, by, action, note, replaced',
  },
  { table: 'lost_slug', since: '0007', columns: 'slug, id, publisher' },
]

/**
 * The statements that rename the tables of an earlier version and run `made`, which creates the present ones.
 * `applied` are the migrations of the database. Until all releases are moved the database has no state: it counts
 * as one that is being set up, and no reader is answered from a part of it.
 */
export function renameEarlierTables(
  database: Database,
  applied: string[],
  made: Statement[],
): Statement[] {
  const prepare = (sql: string) => database.prepare(sql)
  const has = (since: string) => applied.at(-1)! >= since
  const hasDeparted = has('0003')
  const there = kept.filter(({ since }) => has(since))
  const aside = [
    'state',
    'release',
    ...there.map(({ table }) => table),
    ...(hasDeparted ? ['departed', 'release_media'] : []),
  ]
  return [
    ...Object.entries(dropped).flatMap(([kind, names]) =>
      names.map((name) => prepare(`drop ${kind} if exists ${name}`)),
    ),
    ...aside.map((table) => prepare(`alter table ${table} rename to earlier_${table}`)),
    ...made,
    ...there.flatMap(({ table, columns }) => [
      prepare(`insert into ${table} (${columns}) select ${columns} from earlier_${table}`),
      prepare(`drop table earlier_${table}`),
    ]),
    prepare(
      `insert into topic_mark (topic, number)
       select broader, row_number() over (order by broader) from topic_broader group by broader`,
    ),
    ...(hasDeparted ? moveDeparted(database, has('0007')) : fillMissingColumns(database)),
    prepare('create index earlier_media on earlier_release_media (published)'),
    // A version that does not check for unknown migrations creates its own tables again, and fails.
    prepare('delete from d1_migrations where name in (select value from json_each(?))').bind(
      JSON.stringify(earlierMigrations),
    ),
  ]
}

function moveDeparted(database: Database, hasPublisher: boolean): Statement[] {
  return [
    database.prepare(
      `insert into departed (id, key, updated_key, authored, wanted, publisher)
       select id, published * ${placesOfSecond}, updated * ${placesOfSecond}, authored, wanted,
         ${hasPublisher ? 'publisher' : 'null'} from earlier_departed`,
    ),
    database.prepare('drop table earlier_departed'),
  ]
}

/** What the first versions did not store, as well as it can be computed without reading the content again. */
function fillMissingColumns(database: Database): Statement[] {
  return [
    'alter table earlier_release add column weight integer not null default 0',
    'alter table earlier_release add column history integer not null default 0',
    'update earlier_release set weight = length(document) * 5 / 4 + 2000',
    `create table earlier_release_media as
     select distinct attached.value ->> 'path' as path, published
     from earlier_release, json_each(document, '$.attachments') as attached`,
  ].map((sql) => database.prepare(sql))
}

/**
 * Moves releases of an earlier version into the present tables, in portions, a transaction each. Answers whether
 * all are moved; if not, call again. Two callers at once do no harm.
 */
export async function moveEarlierReleases(
  database: Database,
  upgrading: UpgradeOptions,
  portions = Infinity,
): Promise<boolean> {
  if (!(await hasEarlierReleases(database))) return true
  try {
    return await movePortions(database, upgrading, portions)
  } catch (error) {
    // Another caller may have moved the last ones meanwhile.
    if (await hasEarlierReleases(database)) throw error
    return true
  }
}

async function movePortions(
  database: Database,
  { wordsOf, progress = () => {} }: UpgradeOptions,
  portions: number,
): Promise<boolean> {
  let done = await count(database, 'release')
  const total = done + (await count(database, 'earlier_release'))
  for (let portion = 0; portion < portions; portion++) {
    const rows = await readNextPortion(database)
    if (rows.length === 0) {
      await finishUpgrade(database)
      return true
    }
    const words = await Promise.all(
      rows.map(async ({ published, document }) => {
        return [published, await wordsOf(readStored<Release>(database, document))]
      }),
    )
    const [first, last] = [rows[0]!.published, rows.at(-1)!.published]
    await database.batch(movePortion(database, first, last, JSON.stringify(words)))
    done += rows.length
    progress(done, total)
  }
  return false
}

async function count(database: Database, table: string): Promise<number> {
  const row = await database
    .prepare(`select count(*) as count from ${table}`)
    .first<{ count: number }>()
  return row!.count
}

type EarlierRow = { published: number; document: string }

/** The oldest of the releases that are left. */
async function readNextPortion(database: Database): Promise<EarlierRow[]> {
  const { results } = await database
    .prepare(
      `select published, document from (
         select published, document, row_number() over portion as place,
           sum(length(document)) over portion as characters
         from (select published, document from earlier_release order by published limit ${mostAtOnce})
         window portion as (order by published)
       ) where place = 1 or characters <= ${mostCharacters} order by published`,
    )
    .all<EarlierRow>()
  return results
}

/**
 * The statements that move the releases of the seconds `first` to `last`. `words` are pairs of such a second and
 * the words of its release. All is read from the earlier tables, so it does nothing if another caller was first.
 */
function movePortion(database: Database, first: number, last: number, words: string): Statement[] {
  const inPortion = (sql: string) => database.prepare(sql).bind(first, last)
  const key = `published * ${placesOfSecond}`
  const updatedKey = `updated * ${placesOfSecond}`
  const index = (table: string, rowid: string, condition: string) =>
    database
      .prepare(
        `insert into ${table} (rowid, words)
         select ${rowid}, (worded.value ->> 1) || ' ' || marks
         from json_each(?) as worded cross join earlier_release on published = worded.value ->> 0
           cross join release_marks on release_marks.key = ${key}
         where ${condition} order by ${rowid}`,
      )
      .bind(words)
  return [
    inPortion(
      `insert into release (key, updated_key, changed, id, slug, language, source, origin, hash, authored, wanted, document, weight, withdrawn, history)
       select ${key}, ${updatedKey}, changed, id, slug, language, source, origin, hash, authored, wanted,
         document, weight, document -> '$.withdrawn' is not null, history
       from earlier_release where published between ?1 and ?2 order by published`,
    ),
    inPortion(
      `insert or ignore into former_slug (slug, language, key)
       select former.value, language, ${key}
       from earlier_release, json_each(document, '$.formerly') as former
       where published between ?1 and ?2`,
    ),
    inPortion(
      `insert into correction (corrected, language, key)
       select document ->> '$.corrects', language, ${key} from earlier_release
       where published between ?1 and ?2 and document ->> '$.corrects' is not null`,
    ),
    inPortion(
      `insert into release_media (path, key)
       select path, ${key} from earlier_release_media where published between ?1 and ?2`,
    ),
    index('release_words', 'release_marks.key', 'true'),
    index('moved_words', 'updated_key', 'updated <> published'),
    index('event_words', 'release_marks.key', "document -> '$.event' is not null"),
    inPortion('delete from earlier_release_media where published between ?1 and ?2'),
    inPortion('delete from earlier_release where published between ?1 and ?2'),
  ]
}

async function finishUpgrade(database: Database): Promise<void> {
  await database.batch(
    [
      'insert or replace into state (key, value) select key, value from earlier_state',
      "update state set value = value + 1 where key = 'revision'",
      'drop table earlier_state',
      'drop table earlier_release_media',
      'drop table earlier_release',
    ].map((sql) => database.prepare(sql)),
  )
}
