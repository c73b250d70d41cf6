import { type Topic, type VocabularySource, writeTopicDown } from '../domain/topic.ts'
import { type Connection, detailOf, eachAtOnce, type ServiceAnswer } from './connection.ts'

/** A topic as it is sent. */
export type SentTopic = {
  slug: string
  written: Record<string, unknown>
  /** Topics that it names, and that must be there before it. */
  names: string[]
}

/** Topics that are looked up at the same time. */
const atOnce = 8

/** The topics that the service does not have, or has otherwise; those that others name come first. */
export async function differentTopics(
  { ask }: Connection,
  vocabulary: VocabularySource,
): Promise<SentTopic[]> {
  const different = new Set<SentTopic>()
  const all = inOrder(vocabulary)
  await eachAtOnce(all, atOnce, async (topic) => {
    const { status, text } = await ask('GET', addressOf(topic))
    const isSame = status === 200 && text.trim() === JSON.stringify(topic.written)
    if (!isSame) different.add(topic)
  })
  return all.filter((topic) => different.has(topic))
}

/** Sends a topic. Answers why it is refused, if it is. */
export async function sendTopic(
  { ask }: Connection,
  topic: SentTopic,
  isDryRun: boolean,
): Promise<string | undefined> {
  const content = { type: 'application/json', body: JSON.stringify(topic.written) }
  const answer = await ask('PUT', `${addressOf(topic)}${isDryRun ? '?dry-run' : ''}`, content)
  if (answer.status < 300) return undefined
  return answer.status === 409
    ? 'The service has this topic in its own topics.yaml, and there it is another one. Make them alike.'
    : reasons(answer)
}

function reasons(answer: ServiceAnswer): string {
  const errors = (answer.json?.errors ?? []) as { field: string; message: string }[]
  const told = errors.map(({ field, message }) => [field, message].filter(Boolean).join('  '))
  return told.length > 0 ? told.join('\n  ') : detailOf(answer)
}

function addressOf({ slug }: SentTopic): string {
  return `/api/topics/${slug}`
}

/** Broader before narrower, and what took the place of another before that. */
function inOrder({ topics, renamed }: VocabularySource): SentTopic[] {
  const sent: SentTopic[] = []
  const seen = new Set<string>()
  const bySlug = new Map(topics.map((topic) => [topic.slug, topic]))
  const add = (topic: Topic | undefined) => {
    if (!topic || seen.has(topic.slug)) return
    seen.add(topic.slug)
    const { slug, broader, retired } = topic
    const names = [...(broader ? [broader] : []), ...(retired?.replacedBy ?? [])]
    for (const name of names) add(bySlug.get(name))
    sent.push({ slug, written: writeTopicDown(topic), names })
  }
  for (const topic of topics) add(topic)
  const moved = Object.entries(renamed).map(([slug, now]) => {
    return { slug, written: { renamed: now }, names: [now] }
  })
  return [...sent, ...moved]
}
