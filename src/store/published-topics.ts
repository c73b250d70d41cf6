import type { VocabularySource, WrittenTopic } from '../domain/topic.ts'
import { type Database, readStored } from './database.ts'

/** The topics that came in through the API. */
export async function readPublishedTopics(database: Database): Promise<VocabularySource> {
  const { results } = await database
    .prepare('select slug, document from published_topic order by slug')
    .all<{ slug: string; document: string }>()
  const written = results.map(({ slug, document }) => {
    return [slug, readStored<WrittenTopic>(database, document)] as const
  })
  const renamed = written.flatMap(([slug, one]) => ('renamed' in one ? [[slug, one.renamed]] : []))
  return {
    topics: written.flatMap(([, one]) => ('renamed' in one ? [] : [one])),
    renamed: Object.fromEntries(renamed) as Record<string, string>,
  }
}
