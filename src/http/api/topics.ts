import { DomainError } from '../../domain/errors.ts'
import { writeTopicDown } from '../../domain/topic.ts'
import { publishTopic } from '../../publishing/publish-topic.ts'
import { answerHistory } from './releases.ts'
import { type Ask, readFields, surroundings } from './request.ts'

/** A topic as it was written, or its new name. */
export async function getTopic(c: Ask): Promise<Response> {
  const { content, published } = await c.get('publishing').store.siteAndTopics()
  const slug = c.req.param('slug')!
  for (const { topics, renamed } of [content, published]) {
    if (Object.hasOwn(renamed, slug)) return c.json({ renamed: renamed[slug] })
    const found = topics.find((topic) => topic.slug === slug)
    if (found) return c.json(writeTopicDown(found))
  }
  throw new DomainError('not-found', 'There is no topic of this name.')
}

/** A new topic, or a new version of one. */
export async function putTopic(c: Ask): Promise<Response> {
  const { by, isDryRun } = surroundings(c)
  const slug = c.req.param('slug')!
  const { ports, inTurn } = c.get('publishing')
  const { value: written } = await readFields(c)
  // Each is checked against all topics there are, which may be thousands.
  const change = await inTurn(() => publishTopic(ports, { slug, written, by, isDryRun }))
  return c.json({ change, slug }, change === 'created' && !isDryRun ? 201 : 200)
}

/** What was done to a topic, and by whom. */
export async function getTopicHistory(c: Ask): Promise<Response> {
  return answerHistory(c, `topic:${c.req.param('slug')}`)
}
