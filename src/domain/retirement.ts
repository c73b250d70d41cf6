import type { Labels } from './site.ts'
import type { Topic, Vocabulary } from './topic.ts'
import type { TopicExpression } from './topic-expression.ts'

/** Which topics have ended at one moment. */
export type Retired = {
  /** Slugs of topics whose feeds say that they have ended. */
  ended: ReadonlySet<string>
  /** Those among them whose feeds are gone. */
  gone: ReadonlySet<string>
  /** Second of the last of these events; 0 without any. */
  since: number
  /** Second of the next event; Infinity without any. */
  until: number
}

/** How a feed ends. */
export type Ending = {
  /** Second since when its last entry says so. */
  at: number
  /** Second from which it is gone. */
  until: number
  isGone: boolean
  /** Slugs of the topics to subscribe to instead. */
  successors: string[]
  note?: Labels | undefined
}

/** What has ended at a second. */
export function retiredAt(topics: Iterable<Topic>, now: number): Retired {
  const ended = new Set<string>()
  const gone = new Set<string>()
  let since = 0
  let until = Infinity
  for (const { slug, retired } of topics) {
    if (!retired) continue
    for (const second of [retired.at, retired.until])
      if (second > now) until = Math.min(until, second)
    if (retired.at > now) continue
    ended.add(slug)
    if (retired.until <= now) gone.add(slug)
    since = Math.max(since, retired.until <= now ? retired.until : retired.at)
  }
  return { ended, gone, since, until }
}

/**
 * How the feed of an expression ends. It ends when every alternative requires a topic that has ended. Of
 * several in one alternative the first to end decides. While one alternative goes on, the feed goes on as a
 * whole (U-06).
 */
export function endingOf(
  expression: TopicExpression,
  { ended, gone }: Retired,
  vocabulary: Vocabulary,
): Ending | undefined {
  if (expression.length === 0) return undefined
  const firsts = expression.map(({ with: wanted }) => {
    const topics = wanted.flatMap((slug) => (ended.has(slug) ? vocabulary.topics.get(slug)! : []))
    return topics.toSorted((a, b) => a.retired!.at - b.retired!.at)[0]
  })
  const topics = firsts.filter((topic) => topic !== undefined)
  if (topics.length < firsts.length) return undefined
  const retirements = topics.map(({ retired }) => retired!)
  return {
    at: Math.max(...retirements.map(({ at }) => at)),
    until: Math.max(...retirements.map(({ until }) => until)),
    isGone: topics.every(({ slug }) => gone.has(slug)),
    successors: [...new Set(retirements.flatMap(({ replacedBy }) => replacedBy))],
    note: retirements.find(({ note }) => note)?.note,
  }
}
