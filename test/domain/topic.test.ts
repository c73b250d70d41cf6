// What a large vocabulary costs, counted in how often its topics are looked at.
import { expect, test } from 'vitest'
import { checkVocabulary, joinVocabularies, type Topic } from '../../src/domain/topic.ts'

const count = 1000
/** Of each topic: a count that grows with the number of topics would be far more. */
const mostLooks = 20

let looks = 0
const counting: ProxyHandler<Topic> = {
  get(topic, name) {
    looks++
    return topic[name as keyof Topic]
  },
}

/** Topics of which each is a part of the one before. */
function chain(name: string): Topic[] {
  return Array.from({ length: count }, (_, at) => {
    const broader = at > 0 ? `${name}-${at - 1}` : undefined
    const topic = { slug: `${name}-${at}`, label: {}, aliases: [], exactMatch: [], closeMatch: [] }
    return new Proxy({ ...topic, broader }, counting)
  })
}

test('each topic is looked at a few times, however many there are and however deep they stand', () => {
  const joined = joinVocabularies(
    { topics: chain('content'), renamed: {} },
    { topics: chain('published'), renamed: {} },
  )
  expect(joined.topics).toHaveLength(2 * count)
  expect(checkVocabulary(joined)).toEqual([])
  expect(looks).toBeLessThan(2 * count * mostLooks)
})
