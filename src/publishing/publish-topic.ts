import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import type { Author } from './permission.ts'
import type { Action, HistoryEntry, PublishingStore } from '../domain/publishing-store.ts'
import { writtenAnew } from '../domain/problem.ts'
import { notWritten, wrong } from './revise.ts'
import {
  checkVocabulary,
  createTopicReader,
  joinVocabularies,
  type VocabularySource,
  withTopic,
  type WrittenTopic,
} from '../domain/topic.ts'

type TopicChange = 'created' | 'revised' | 'unchanged'

/** A topic that comes through the API. */
export type TopicRequest = { slug: string; written: unknown; by: Author; isDryRun: boolean }

/**
 * Publishes a topic beside those of the content folder, which can only be changed there. Throws DomainError `wrong`
 * with every field, `conflict`, `forbidden` or `unavailable`.
 */
export async function publishTopic(
  { store, clock }: { store: PublishingStore; clock: Clock },
  { slug, written, by, isDryRun }: TopicRequest,
): Promise<TopicChange> {
  if (by.publishers) {
    throw new DomainError(
      'forbidden',
      'This token may publish releases of some publishers, and no topics.',
    )
  }
  let change: TopicChange = 'unchanged'
  const decide = async (now: number) => {
    const { site, content, published } = await store.siteAndTopics()
    const isContent =
      Object.hasOwn(content.renamed, slug) || content.topics.some((topic) => topic.slug === slug)
    if (isContent) {
      throw new DomainError(
        'conflict',
        `The topic ${slug} is in topics.yaml, and can only be changed there.`,
      )
    }
    const read = createTopicReader(site.languages, site.timezone, { isNew: true })(slug, written)
    if (!read.written || read.problems.length > 0) throw wrong(read.problems)
    const before = topicOf(published, slug)
    const next = joinVocabularies(content, withTopic(published, slug, read.written))
    const problems = checkVocabulary(lastOf(next, slug))
      .map(writtenAnew)
      .filter(({ field, warning }) => {
        return !warning && (field === slug || field.startsWith(`${slug}.`))
      })
    if (problems.length > 0) throw wrong(problems)
    change = changeOf(before, read.written)
    if (change === 'unchanged' || isDryRun) return undefined
    const action: Action = before ? 'revise' : 'publish'
    const historyEntry: HistoryEntry = {
      at: now,
      by: by.name,
      action,
      note: '',
      ...(before && { replaced: before }),
    }
    return { written: read.written, historyEntry }
  }
  // Nobody waits for another second for what changes nothing.
  if ((await decide(clock.now())) === undefined) return change
  await store.publishTopic(slug, clock, decide).catch((error: unknown) => {
    throw error instanceof DomainError ? error : notWritten(error)
  })
  return change
}

/** With the topic of a slug at the end, so that names that two have are told of it. */
function lastOf({ topics, renamed }: VocabularySource, slug: string): VocabularySource {
  const isOther = (topic: { slug: string }) => topic.slug !== slug
  const one = topics.filter((topic) => !isOther(topic))
  return { topics: [...topics.filter(isOther), ...one], renamed }
}

function topicOf({ topics, renamed }: VocabularySource, slug: string): WrittenTopic | undefined {
  const now = Object.hasOwn(renamed, slug) ? renamed[slug] : undefined
  return now === undefined ? topics.find((topic) => topic.slug === slug) : { renamed: now }
}

function changeOf(before: WrittenTopic | undefined, now: WrittenTopic): TopicChange {
  if (!before) return 'created'
  return JSON.stringify(before) === JSON.stringify(now) ? 'unchanged' : 'revised'
}
