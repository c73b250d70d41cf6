import type {
  Deed,
  Frame,
  Holder,
  Kept,
  KeptLine,
  PublishingStore,
} from '../domain/publishing-store.ts'
import { DomainError } from '../domain/errors.ts'
import { lastKeyOf, secondOf } from '../domain/key.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import {
  createVocabulary,
  joinVocabularies,
  type VocabularySource,
  withTopic,
} from '../domain/topic.ts'
import { type Change, createChanges } from './change.ts'
import { type Database, readStored, type Statement } from './database.ts'
import { readPublishedTopics } from './published-topics.ts'
import { slugsOf } from './slugs.ts'
import { readValues } from './state.ts'

/** Bytes of what changes replaced, of which the history of a release tells: a text may have a megabyte. */
const mostTold = 4_000_000

/** Seconds after which whoever publishes is told to come again: servers and proxies cut off at thirty. */
const patience = 20

/**
 * Takes in what comes through the API, in SQL, on node:sqlite and on D1. Nothing while `checkStore`
 * throws what is wrong with the database: what was answered for might not be found again.
 */
export function createPublishingStore(
  database: Database,
  checkStore: () => void | Promise<void> = () => {},
): PublishingStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { stage, makePublic, makeStagedPublic } = createChanges(database)
  let last: { text: string; frame: Frame } | undefined

  return {
    frame: readFrame,

    async kept(addresses, ids) {
      const { results } = await prepare(
        `select ${columns} from release
         where id in (select value from json_each(?2))
           or (slug, language) in (select value ->> 0, value ->> 1 from json_each(?1))`,
        JSON.stringify(addresses.map(({ slug, language }) => [slug, language])),
        JSON.stringify(ids),
      ).all<KeptRow>()
      return results.map((row) => toKept(database, row))
    },

    async holders(slugs, ids) {
      const { results } = await prepare(
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
    },

    async isFileHidden(path, { publishers, now }) {
      const found = await prepare(
        `select 1 where exists (select 1 from release_media where path = ?3)
           and not exists (
             select 1 from release_media cross join release using (key)
             where path = ?3 and ${isShown}
           )`,
        publishers ? JSON.stringify(publishers) : null,
        lastKeyOf(now),
        path,
      ).first()
      return found !== null
    },

    async list({ slug, language }, limit, { publishers, now }) {
      const { results } = await prepare(
        `select slug, language, document ->> '$.title' as title, key, updated_key as updatedKey, source, hash,
           origin, withdrawn
         from release where (slug, language) > (?3, ?4) and ${isShown}
         order by slug, language limit ?5`,
        publishers ? JSON.stringify(publishers) : null,
        lastKeyOf(now),
        slug,
        language,
        limit,
      ).all<KeptLineRow>()
      return results.map(({ withdrawn, updatedKey, ...line }) => {
        const [published, updated] = [secondOf(line.key), secondOf(updatedKey)]
        return { ...line, published, updated, isWithdrawn: withdrawn === 1 }
      })
    },

    async deeds(subject, limit) {
      const { results } = await prepare(
        `select at, by, action, note,
           iif(sum(octet_length(replaced)) over (order by number desc) <= ?3, replaced, null) as replaced
         from (select * from history where subject = ?1 order by number desc limit ?2)
         order by number desc`,
        subject,
        limit,
        mostTold,
      ).all<Omit<Deed, 'replaced'> & { replaced: string | null }>()
      return results.map(({ replaced, ...deed }) => {
        return replaced === null
          ? deed
          : { ...deed, replaced: readStored<unknown>(database, replaced) }
      })
    },

    async publish(batch, clock, decide) {
      const stageDecided = async (name: string, second: number, revision: number) => {
        await checkStore()
        const changes = await decide(second)
        if (changes.length === 0) return false
        const drafts = changes.map(({ draft, ...rest }) => ({ ...draft, ...rest }))
        await stage(name, drafts, second, revision)
        return true
      }
      const frame = async () => ({ ...(await standing()), others: [] })
      await makeStagedPublic(batch, clock, stageDecided, frame, patience)
    },

    async publishTopic(slug, clock, decide) {
      await makePublic(
        clock,
        async (now) => {
          const decided = await decide(now)
          if (!decided) return undefined
          await checkStore()
          const { content, published } = await readFrame()
          const { written, deed } = decided
          return {
            ...(await standing()),
            batches: [],
            vocabulary: joinVocabularies(content, withTopic(published, slug, written)),
            others: [
              prepare(
                'insert into published_topic (slug, document) values (?1, ?2) on conflict (slug) do update set document = ?2',
                slug,
                JSON.stringify(written),
              ),
              note(slug, deed),
            ],
          }
        },
        patience,
      )
    },
  }

  /** The same object as long as nothing in it has changed. */
  async function readFrame(): Promise<Frame> {
    const [{ site, content_vocabulary: own, vocabulary: joined }, published] = await Promise.all([
      readValues(database, 'site', 'content_vocabulary', 'vocabulary'),
      readPublishedTopics(database),
    ])
    // A store of the version before has it without the topics of the API, which there were none of.
    const content = own ?? joined
    if (site === undefined || content === undefined) throw notYet()
    const text = `${site}\n${content}\n${JSON.stringify(published)}`
    if (last?.text === text) return last.frame
    const vocabulary = readStored<VocabularySource>(database, content)
    const frame = {
      site: readStored<Site>(database, site),
      vocabulary: createVocabulary(joinVocabularies(vocabulary, published)),
      content: vocabulary,
      published,
    }
    last = { text, frame }
    return frame
  }

  /** All that stays as it is. */
  async function standing(): Promise<Omit<Change, 'batches' | 'others'>> {
    const { site, vocabulary, program } = await readValues(
      database,
      'site',
      'vocabulary',
      'program',
    )
    if (site === undefined || vocabulary === undefined) throw notYet()
    return {
      site: readStored<Site>(database, site),
      vocabulary: readStored<VocabularySource>(database, vocabulary),
      program: program ?? '',
      removed: [],
    }
  }

  function note(slug: string, { at, by, action, note, replaced }: Deed): Statement {
    return prepare(
      `insert into history (subject, slug, language, at, by, action, note, replaced)
       values ('topic:' || ?1, ?1, '', ?2, ?3, ?4, ?5, ?6)`,
      slug,
      at,
      by,
      action,
      note,
      replaced === undefined ? null : JSON.stringify(replaced),
    )
  }
}

const columns =
  'key, updated_key as updatedKey, authored as wished, source, hash, origin, document, history'

/** That a release is shown to those who publish for the publishers in ?1, up to the key ?2 (see `maySee`). */
const isShown = `(release.key <= ?2 or ?1 is null
  or ${publisherOf('release')} in (select value from json_each(?1)))`

function publisherOf(table: string): string {
  return `${table}.document ->> '$.publisher'`
}

type KeptLineRow = Omit<KeptLine, 'published' | 'updated' | 'isWithdrawn'> & {
  updatedKey: number
  withdrawn: number
}

type KeptRow = Omit<Kept, 'release' | 'isHistory'> & {
  updatedKey: number
  document: string
  history: number
}

function toKept(database: Database, { updatedKey, document, history, ...kept }: KeptRow): Kept {
  const release = readStored<Omit<Release, 'published' | 'updated'>>(database, document)
  const isHistory = history === 1
  const [published, updated] = [secondOf(kept.key), secondOf(updatedKey)]
  return { ...kept, isHistory, release: { ...release, published, updated } }
}

function notYet(): DomainError {
  return new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
}
