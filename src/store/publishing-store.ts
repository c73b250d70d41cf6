import type { Clock } from '../domain/clock.ts'
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type {
  HistoryEntry,
  Holder,
  PublishingStore,
  ReadyChange,
  ReleaseForAuthors,
  Viewer,
} from '../domain/publishing-store.ts'
import { DomainError } from '../domain/errors.ts'
import type { Release } from '../domain/release.ts'
import { joinVocabularies, withTopic, type WrittenTopic } from '../domain/topic.ts'
import type { Change } from './change-transaction.ts'
import { chunks } from './chunks.ts'
import { commitChange } from './commit-change.ts'
import { type Database, readStored, statement } from './database.ts'
import { isShown, listKept, publisherOf } from './list-kept.ts'
import { readSiteAndTopics, readUnchangedFrame } from './site-and-topics.ts'
import { commitStaged } from './group-commit.ts'
import { readHistory, recordTopicHistory } from './history.ts'
import type { Marking } from './rewrite-words.ts'
import { slugsOf } from './slugs.ts'
import { stageTogether } from './staging.ts'

/** Seconds after which whoever publishes is told to come again: servers and proxies cut off at thirty. */
const patience = 20
/** Seconds for which releases are prepared for a topic before its author is told to come again. */
const longestMarking = 4

type CheckStore = () => void | Promise<void>

/**
 * The `PublishingStore` in SQL, on node:sqlite and on D1: it takes in what comes through the API. It takes
 * nothing while `checkStore` throws what is wrong with the database: what was answered for might not be found
 * again. `patientDatabase` is the same one where nothing is refused because something large is being written, and
 * `reader` the same where what is committed can be read meanwhile.
 */
export function createPublishingStore(
  database: Database,
  marking: Marking,
  checkStore: CheckStore = () => {},
  patientDatabase = database,
  reader = patientDatabase,
): PublishingStore {
  return {
    siteAndTopics: () => readSiteAndTopics(database),
    findReleases: (addresses, ids) => findReleases(database, addresses, ids),
    findCommitted: (ids) => findReleases(reader, [], ids),
    holders: (slugs, ids) => findHolders(database, slugs, ids),
    hiddenFiles: (paths, viewer) => findHiddenFiles(database, paths, viewer),
    list: async (after, limit, viewer, filter = {}) =>
      listKept(database, {
        after,
        limit,
        viewer,
        filter,
        site: (await readSiteAndTopics(database)).site,
      }),
    history: (subject, limit) => readHistory(database, subject, limit),
    publish: (batch, clock, decide) =>
      publish(database, checkStore, { batch, clock, decide, patientDatabase, reader }),
    async publishTopic(slug, clock, decide) {
      const isMade = await commitChange(database, clock, {
        marking,
        patience,
        longestMarking,
        async decide(now) {
          const decided = await decide(now)
          if (!decided) return undefined
          await checkStore()
          return topicChange(database, slug, decided)
        },
      })
      if (!isMade) throw stillMarking()
    },
  }
}

/** Nothing is public of it yet. */
function stillMarking(): DomainError {
  return new DomainError(
    'unavailable',
    'Releases are being prepared to come under other topics, which takes a while. Nothing has changed yet. Send it again in ten seconds: it goes on from there.',
    { retryAfter: 10 },
  )
}

type PublishRequest = {
  batch: string
  clock: Clock
  decide: (now: number) => Promise<ReadyChange[]>
  patientDatabase: Database
  reader: Database
}

async function publish(
  database: Database,
  checkStore: CheckStore,
  { batch, clock, decide, patientDatabase, reader }: PublishRequest,
): Promise<void> {
  await commitStaged(database, clock, {
    batch,
    patience,
    patientDatabase,
    reader,
    async stage(staging) {
      await checkStore()
      const changes = await decide(staging.now)
      if (changes.length === 0) return false
      const drafts = changes.map(({ draft, ...rest }) => ({ ...draft, ...rest }))
      await stageTogether(database, staging, drafts)
      return true
    },
    readRest: async () => ({ ...(await readUnchangedFrame(database)), others: [] }),
  })
}

async function topicChange(
  database: Database,
  slug: string,
  { written, historyEntry }: { written: WrittenTopic; historyEntry: HistoryEntry },
): Promise<Change> {
  const { content, published } = await readSiteAndTopics(database)
  return {
    ...(await readUnchangedFrame(database)),
    batches: [],
    vocabulary: joinVocabularies(content, withTopic(published, slug, written)),
    others: [
      statement(
        database,
        'insert into published_topic (slug, document) values (?1, ?2) on conflict (slug) do update set document = ?2',
        slug,
        JSON.stringify(written),
      ),
      recordTopicHistory(database, slug, historyEntry),
    ],
  }
}

type ReleaseForAuthorsRow = Omit<ReleaseForAuthors, 'release' | 'isHistory'> & {
  updatedKey: number
  document: string
  history: number
}

async function findReleases(
  database: Database,
  addresses: Pick<Release, 'slug' | 'language'>[],
  ids: string[],
): Promise<ReleaseForAuthors[]> {
  const { results } = await statement(
    database,
    `select key, updated_key as updatedKey, authored as wished, source, hash, origin, markdown,
       document, history
     from release
     where id in (select value from json_each(?2))
       or (slug, language) in (select value ->> 0, value ->> 1 from json_each(?1))`,
    JSON.stringify(addresses.map(({ slug, language }) => [slug, language])),
    JSON.stringify(ids),
  ).all<ReleaseForAuthorsRow>()
  return results.map((row) => toReleaseForAuthors(database, row))
}

function toReleaseForAuthors(
  database: Database,
  { updatedKey, document, history, ...row }: ReleaseForAuthorsRow,
): ReleaseForAuthors {
  const release = readStored<Omit<Release, 'published' | 'updated'>>(database, document)
  const isHistory = history === 1
  const [published, updated] = [secondOf(row.key), secondOf(updatedKey)]
  return { ...row, isHistory, release: { ...release, published, updated } }
}

async function findHolders(database: Database, slugs: string[], ids: string[]): Promise<Holder[]> {
  const { results } = await statement(
    database,
    `select slug, id, ${publisherOf('release')} as publisher from release
     where slug in (select value from json_each(?1)) or id in (select value from json_each(?2))
     union all
     select former_slug.slug, id, ${publisherOf('release')}
     from former_slug cross join release using (key)
     where former_slug.slug in (select value from json_each(?1))
     union all
     select lost_slug.slug, lost_slug.id, lost_slug.publisher
     from lost_slug left join release using (id)
     where lost_slug.slug in (select value from json_each(?1)) and (
       release.id is null
       or lost_slug.slug not in (select value from json_each(${slugsOf('release')}))
     )
     union all
     select '', id, publisher from departed where id in (select value from json_each(?2))`,
    JSON.stringify(slugs),
    JSON.stringify(ids),
  ).all<Holder>()
  return results
}

async function findHiddenFiles(
  database: Database,
  paths: string[],
  { publishers, now }: Viewer,
): Promise<Set<string>> {
  const hidden = new Set<string>()
  for (const chunk of chunks(paths)) {
    const { results } = await statement(
      database,
      `select value as path from json_each(?3)
       where exists (select 1 from release_media where path = value)
         and not exists (
           select 1 from release_media cross join release using (key)
           where path = value and ${isShown}
         )`,
      publishers ? JSON.stringify(publishers) : null,
      lastKeyOf(now),
      JSON.stringify(chunk),
    ).all<{ path: string }>()
    for (const { path } of results) hidden.add(path)
  }
  return hidden
}
