// Databases as earlier versions left them. What they held and what they answered was written down by those
// versions themselves, run over one content folder that was changed once.
import { readdirSync, readFileSync } from 'node:fs'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { wordsOf } from '../../src/content/words.ts'
import { fingerprint, identity } from '../../src/domain/identity.ts'
import type { Site } from '../../src/domain/site.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import type { Database, Row } from '../../src/store/database.ts'
import type { Migration } from '../../src/store/migrate.ts'
import { type Line, releases, siteYaml, topics, topicsYaml } from '../bench/input.ts'
import { isTrial } from '../trials.ts'

const folder = new URL('../fixtures/earlier/', import.meta.url)
const readText = (name: string) => readFileSync(new URL(name, folder), 'utf8')

/** The tables of earlier versions, as their migrations made them. */
export const earlierMigrations: Migration[] = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()
  .map((name) => ({ name, sql: readText(name) }))

/** The last migrations of the versions that there were: the fifth came together with the sixth. */
export const earlierVersions = readdirSync(new URL('rows/', folder))
  .toSorted()
  .map((name) => name.replace('.sql', ''))

/** Does what earlier versions did with a database that had none of these tables. */
export async function applyEarlier(database: Database, migrations: Migration[]): Promise<void> {
  if (migrations.length === 0) return
  const ledger =
    'create table d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)'
  await database.batch([database.prepare(ledger)])
  for (const { name, sql } of migrations) {
    await database.batch([
      ...split(sql).map((statement) => database.prepare(statement)),
      database.prepare('insert into d1_migrations (name) values (?)').bind(name),
    ])
  }
}

/** Makes an empty database the one that a version left. */
export async function fillAsEarlier(database: Database, version: string): Promise<void> {
  await applyEarlier(
    database,
    earlierMigrations.filter(({ name }) => name.slice(0, version.length) <= version),
  )
  const statements = [
    ...split(readText(`rows/${version}.sql`)),
    // Of what is made of the rows, enough for it to be in the way.
    `insert into release_words (rowid, words) select published, document ->> '$.title' from release`,
    ...(version < '0005'
      ? [
          `insert into release_topic (topic, language, published${version < '0003' ? '' : ', updated, withdrawn'})
           select distinct broader, language, published${version < '0003' ? '' : ', updated, withdrawn'}
           from release, json_each(document, '$.topics') as named join topic_broader on topic = named.value`,
        ]
      : []),
  ]
  await database.batch(statements.map((statement) => database.prepare(statement)))
}

/** What a version answered: addresses, paths and times of the releases in a feed or archive, in their order. */
export type Answers = Record<string, [path: string, published: number, updated: number][]>

export function answersOf(version: string): Answers {
  return JSON.parse(readText(`answers/${version}.json`)) as Answers
}

/** A second in which a version answered so. */
export function secondOfAnswers(version: string): number {
  const [, changed] = /'changed', (\d+)/.exec(readText(`rows/${version}.sql`))!
  return Number(changed)
}

/** In our files an empty line parts statements. */
function split(sql: string): string[] {
  return sql
    .split(/\n\s*\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter(Boolean)
}

/**
 * Makes an empty database one of the version before this with many releases: in a trial like those of the benchmark,
 * otherwise with a few words in each, because making and reading up texts takes the longest. `length` makes their
 * texts longer by so many characters, without more words.
 */
export async function fillWithMany(database: Database, count: number, length = 0): Promise<void> {
  await applyEarlier(database, earlierMigrations)
  const { site } = readSite(siteYaml)
  const { vocabulary } = readTopics(topicsYaml, site!.languages, site!.timezone)
  const joined = createVocabulary(vocabulary)
  const broader = [...joined.topics.keys()].flatMap((topic) => {
    return joined.withBroader(topic).map((one) => [topic, one])
  })
  const values = [
    ['revision', 1],
    ['changed', Date.UTC(2024, 10, 1) / 1000],
    ['site', JSON.stringify(site)],
    ['vocabulary', JSON.stringify(vocabulary)],
    ['content_vocabulary', JSON.stringify(vocabulary)],
  ]
  await insertAll(database, 'state (key, value)', values, 2)
  await insertAll(database, 'topic_broader (topic, broader)', broader, 2)
  let portion: unknown[][] = []
  for (const line of isTrial ? releases(count) : shortReleases(count)) {
    const html = `${line.body.html}${' '.repeat(length)}`
    portion.push(await earlierRow({ ...line, body: { html } }, site!))
    if (portion.length < 100) continue
    await insertReleases(database, portion)
    portion = []
  }
  await insertReleases(database, portion)
}

const long = '-'.repeat(4500)

/** As many releases, in the order and the pace of those. */
function* shortReleases(count: number): Generator<Line> {
  for (let number = 0; number < count; number++) {
    const words = Array.from({ length: 40 }, (_, index) => `word${(number * 7 + index) % 500}`)
    yield {
      slug: `release-${number}`,
      language: ['en', 'fi', 'sv'][number % 3]!,
      title: `Release ${number}`,
      lead: `In short, ${number}.`,
      published: new Date(Date.UTC(2024, 10, 1) - (count - number) * 600_000).toISOString(),
      topics: [topics[number % 9]!, topics[number % 40]!].filter(
        (one, at, all) => at === all.indexOf(one),
      ),
      publisher: 'chancellery',
      // As long as others, so that portions hold as many, while an address has no words.
      body: { html: `<p>${words.join(' ')} <a href="https://example.org/${long}">More</a></p>` },
    }
  }
}

async function earlierRow({ body, published, ...line }: Line, site: Site): Promise<unknown[]> {
  const id = identity(site.id, `${line.slug}/${line.language}`)
  const second = Date.parse(published) / 1000
  const lists = { formerly: [], contacts: [], attachments: [], related: [], changes: [] }
  const release = {
    ...line,
    ...lists,
    id,
    kind: 'press-release',
    html: body.html,
    authored: second,
  }
  const source = `api:${line.slug}.${line.language}`
  // Some were corrected later.
  const updated = second % 7 === 0 ? second + 1 : second
  const document = JSON.stringify(release)
  return [second, updated, id, line.slug, line.language, source, document, wordsOf(release)]
}

async function insertReleases(database: Database, rows: unknown[][]) {
  const text = JSON.stringify(rows)
  const index = (table: string, key: string) =>
    database
      .prepare(
        `insert into ${table} (rowid, words)
         select ${key}, (value ->> 7) || ' ' || marks
         from json_each(?) cross join release_marks on published = value ->> 0
         where ${table === 'release_words' ? 'true' : 'false'} or updated <> published order by ${key}`,
      )
      .bind(text)
  await database.batch([
    database
      .prepare(
        `insert into release (published, updated, changed, id, slug, language, source, origin, hash, authored, wanted, document, weight)
         select value ->> 0, value ->> 1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           hex(value ->> 5), hex(value ->> 2), value ->> 0, value ->> 1, value ->> 6, 5000
         from json_each(?)`,
      )
      .bind(text),
    index('release_words', 'published'),
    index('moved_words', 'updated'),
  ])
}

async function insertAll(database: Database, into: string, rows: unknown[][], columns: number) {
  const places = Array.from({ length: columns }, (_, index) => `value ->> ${index}`).join(', ')
  await database
    .prepare(`insert into ${into} select ${places} from json_each(?)`)
    .bind(JSON.stringify(rows))
    .all()
}

/** The rows of all tables that are not made of others, in an order of their own. */
export async function rowsOf(database: Database): Promise<Record<string, Row[]>> {
  const { results } = await database
    .prepare(
      `select name from sqlite_master where type = 'table' and substr(name, 1, 3) not in ('sql', '_cf')
         and name not like '%_words%' and name not like '%word_place' and name <> 'd1_migrations'`,
    )
    .all<{ name: string }>()
  const rows = results.map(async ({ name }) => {
    const all = await database.prepare(`select * from ${name}`).all()
    return [name, inOrder(all.results)] as const
  })
  return Object.fromEntries(await Promise.all(rows))
}

/** What a database holds, each table in a few characters. */
export async function digestOf(database: Database) {
  const all = { ...(await rowsOf(database)), words: await wordsIn(database) }
  const digests = Object.entries(all).map(async ([name, rows]) => {
    return [name, [rows.length, fingerprint(JSON.stringify(rows))]] as const
  })
  return Object.fromEntries(await Promise.all(digests))
}

export function inOrder(rows: Row[]): Row[] {
  const textOf = (row: Row) =>
    JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return rows.map((row) => ({ ...row })).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

/** The words and marks of each release in the order in which the index has them. */
export async function wordsIn(database: Database) {
  const tables = ['word_place', 'moved_word_place', 'event_word_place'].map(async (table) => {
    const { results } = await database
      .prepare(
        `select doc, group_concat(term, ' ' order by offset) as words from ${table} group by doc order by doc`,
      )
      .all<{ doc: number; words: string }>()
    return results.map(({ doc, words }) => [doc, words])
  })
  return Promise.all(tables)
}
