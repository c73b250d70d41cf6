import type { Deed, Frame, Kept, KeptLine, PublishingStore } from '../domain/publishing-store.ts'
import { datings } from '../domain/publishing.ts'
import { DomainError } from '../domain/errors.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import {
  createVocabulary,
  joinVocabularies,
  type VocabularySource,
  withTopic,
} from '../domain/topic.ts'
import { type Change, createChanges } from './change.ts'
import type { Database, Statement } from './database.ts'
import { readPublishedTopics } from './published-topics.ts'
import { readValues } from './state.ts'

/** Bytes of what changes replaced, of which the history of a release tells: a text may have a megabyte. */
const mostTold = 4_000_000

/** Seconds after which whoever publishes is told to come again: servers and proxies cut off at thirty. */
const patience = 20

/**
 * Takes in what comes through the API, in SQL, on node:sqlite and on D1. Nothing while `isInPlace` says
 * that the file is not where the next start will look for it.
 */
export function createPublishingStore(
  database: Database,
  isInPlace: () => boolean = () => true,
): PublishingStore {
  const prepare = (sql: string, ...values: unknown[]) => database.prepare(sql).bind(...values)
  const { stage, discard, makePublic } = createChanges(database)
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
      return results.map(toKept)
    },

    async list({ slug, language }, limit) {
      const { results } = await prepare(
        `select slug, language, document ->> '$.title' as title, published, updated, source, hash,
           origin, withdrawn
         from release where (slug, language) > (?1, ?2) order by slug, language limit ?3`,
        slug,
        language,
        limit,
      ).all<Omit<KeptLine, 'isWithdrawn'> & { withdrawn: number }>()
      return results.map(({ withdrawn, ...line }) => ({ ...line, isWithdrawn: withdrawn === 1 }))
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
        return replaced === null ? deed : { ...deed, replaced: JSON.parse(replaced) as unknown }
      })
    },

    async publish(batch, clock, decide) {
      try {
        await makePublic(
          clock,
          [],
          async (now) => {
            checkPlace()
            await discard(batch)
            const changes = await decide(now)
            if (changes.length === 0) return undefined
            for (const dates of datings) {
              const drafts = changes.filter((one) => one.dates === dates).map(({ draft }) => draft)
              if (drafts.length > 0) await stage(batch, drafts, now, dates)
            }
            const deeds = changes.map(({ draft: { release }, deed }) => {
              const { id, slug, language } = release
              return { ...deed, subject: id, slug, language }
            })
            return { ...(await standing()), batch, others: [note(deeds)] }
          },
          patience,
        )
      } catch (error) {
        await discard(batch).catch(() => {})
        throw error
      }
    },

    async publishTopic(slug, clock, decide) {
      const { vocabulary } = await readFrame()
      await makePublic(
        clock,
        [...vocabulary.topics.values()],
        async (now) => {
          const decided = await decide(now)
          if (!decided) return undefined
          checkPlace()
          const { content, published } = await readFrame()
          const { written, deed } = decided
          const subject = { ...deed, subject: `topic:${slug}`, slug, language: '' }
          return {
            ...(await standing()),
            batch: '',
            vocabulary: joinVocabularies(content, withTopic(published, slug, written)),
            others: [
              prepare(
                'insert into published_topic (slug, document) values (?1, ?2) on conflict (slug) do update set document = ?2',
                slug,
                JSON.stringify(written),
              ),
              note([subject]),
            ],
          }
        },
        patience,
      )
    },
  }

  function checkPlace() {
    if (!isInPlace()) throw new Error('the database file is no longer there')
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
    const vocabulary = JSON.parse(content) as VocabularySource
    const frame = {
      site: JSON.parse(site) as Site,
      vocabulary: createVocabulary(joinVocabularies(vocabulary, published)),
      content: vocabulary,
      published,
    }
    last = { text, frame }
    return frame
  }

  /** All that stays as it is. */
  async function standing(): Promise<Omit<Change, 'batch' | 'others'>> {
    const { site, vocabulary, program } = await readValues(
      database,
      'site',
      'vocabulary',
      'program',
    )
    if (site === undefined || vocabulary === undefined) throw notYet()
    return {
      site: JSON.parse(site) as Site,
      vocabulary: JSON.parse(vocabulary) as VocabularySource,
      program: program ?? '',
      removed: [],
    }
  }

  function note(deeds: (Deed & { subject: string; slug: string; language: string })[]): Statement {
    return prepare(
      `insert into history (subject, slug, language, at, by, action, note, replaced)
       select value ->> 'subject', value ->> 'slug', value ->> 'language', value ->> 'at',
         value ->> 'by', value ->> 'action', value ->> 'note', value -> 'replaced'
       from json_each(?)`,
      JSON.stringify(deeds),
    )
  }
}

const columns = 'published, updated, authored as wished, source, hash, origin, document, history'

type KeptRow = Omit<Kept, 'release' | 'isHistory'> & {
  published: number
  updated: number
  document: string
  history: number
}

function toKept({ published, updated, document, history, ...kept }: KeptRow): Kept {
  const release = JSON.parse(document) as Omit<Release, 'published' | 'updated'>
  const isHistory = history === 1
  return { ...kept, isHistory, release: { ...release, published, updated } }
}

function notYet(): DomainError {
  return new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
}
