import type { Labels, Retirement, Site } from './site.ts'
import { endingTerms, type Term } from './term.ts'
import type { Topic } from './topic.ts'
import { type TopicExpression, wantedTerms } from './topic-expression.ts'

/** Which topics and publishers have ended at one moment. */
export type Retired = {
  /** Terms whose feeds say that they have ended. */
  ended: ReadonlyMap<Term, Retirement>
  /** Those among them whose feeds are gone. */
  gone: ReadonlySet<Term>
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
  /** What to subscribe to instead. */
  successors: Term[]
  note?: Labels | undefined
}

/** What has ended at a second. */
export function retiredAt(site: Site, topics: Iterable<Topic>, now: number): Retired {
  const ended = new Map<Term, Retirement>()
  const gone = new Set<Term>()
  let since = 0
  let until = Infinity
  for (const { term, retired } of endingTerms(site, topics)) {
    for (const second of [retired.at, retired.until])
      if (second > now) until = Math.min(until, second)
    if (retired.at > now) continue
    ended.set(term, retired)
    if (retired.until <= now) gone.add(term)
    since = Math.max(since, retired.until <= now ? retired.until : retired.at)
  }
  return { ended, gone, since, until }
}

/**
 * How the feed of an expression ends. It ends when every alternative requires a term that has ended. Of
 * several in one alternative the first to end decides. While one alternative goes on, the feed goes on as a
 * whole (U-06).
 */
export function endingOf(
  expression: TopicExpression,
  { ended, gone }: Retired,
): Ending | undefined {
  if (expression.length === 0) return undefined
  const firsts = expression.map(({ with: wanted }) => {
    const ending = wanted.filter((term) => ended.has(term))
    return ending.toSorted((a, b) => ended.get(a)!.at - ended.get(b)!.at)[0]
  })
  const terms = firsts.filter((term) => term !== undefined)
  if (terms.length < firsts.length) return undefined
  const retirements = terms.map((term) => ended.get(term)!)
  return {
    at: Math.max(...retirements.map(({ at }) => at)),
    until: Math.max(...retirements.map(({ until }) => until)),
    isGone: terms.every((term) => gone.has(term)),
    successors: [...new Set(retirements.flatMap(({ replacedBy }) => replacedBy))],
    note: retirements.find(({ note }) => note)?.note,
  }
}

/** Whether it is one of some terms that ended the feed of an expression: what ends in it later ends nothing more. */
export function isEndedBy(
  expression: TopicExpression,
  terms: readonly Term[],
  retired: Retired,
): boolean {
  const ending = endingOf(expression, retired)
  if (!ending) return false
  const wanted = wantedTerms(expression).filter((term) => terms.includes(term))
  return wanted.some((term) => retired.ended.get(term)?.at === ending.at)
}
