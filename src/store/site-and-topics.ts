import { DomainError } from '../domain/errors.ts'
import type { SiteAndTopics } from '../domain/publishing-store.ts'
import type { Site } from '../domain/site.ts'
import { createVocabulary, joinVocabularies, type VocabularySource } from '../domain/topic.ts'
import type { Change } from './change-transaction.ts'
import { type Database, readStored } from './database.ts'
import { readPublishedTopics } from './published-topics.ts'
import { readStateValues } from './state-values.ts'

/** What was made last, of this text. */
let last: { text: string; siteAndTopics: SiteAndTopics } | undefined

/**
 * Reads what releases of the API are read with, and answers the same object while nothing in it has changed. Throws
 * DomainError `unavailable` while no content was ever brought in.
 */
export async function readSiteAndTopics(database: Database): Promise<SiteAndTopics> {
  const [{ site, content_vocabulary: own, vocabulary: joined }, published] = await Promise.all([
    readStateValues(database, 'site', 'content_vocabulary', 'vocabulary'),
    readPublishedTopics(database),
  ])
  // A store of the version before has it without the topics of the API, which there were none of.
  const content = own ?? joined
  if (site === undefined || content === undefined) throw notFilledYet()
  const text = `${site}\n${content}\n${JSON.stringify(published)}`
  if (last?.text === text) return last.siteAndTopics
  const vocabulary = readStored<VocabularySource>(database, content)
  const siteAndTopics = {
    site: readStored<Site>(database, site),
    vocabulary: createVocabulary(joinVocabularies(vocabulary, published)),
    content: vocabulary,
    published,
  }
  last = { text, siteAndTopics }
  return siteAndTopics
}

/** The site, vocabulary and program of a change that leaves them as they are. */
export async function readUnchangedFrame(
  database: Database,
): Promise<Omit<Change, 'batches' | 'others'>> {
  const { site, vocabulary, program } = await readStateValues(
    database,
    'site',
    'vocabulary',
    'program',
  )
  if (site === undefined || vocabulary === undefined) throw notFilledYet()
  return {
    site: readStored<Site>(database, site),
    vocabulary: readStored<VocabularySource>(database, vocabulary),
    program: program ?? '',
    removed: [],
  }
}

function notFilledYet(): DomainError {
  return new DomainError('unavailable', 'The service is being set up. Ask again in a minute.')
}
