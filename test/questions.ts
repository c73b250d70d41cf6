// Random questions over the topics and publishers of content-folder.ts, and random ways to spell them.
import fc from 'fast-check'
import type { TopicExpression } from '../src/domain/topic-expression.ts'

/** Other names of each topic. */
const namesOfTopics: Record<string, string[]> = {
  migration: ['migration', 'Migration', 'muuttoliike', 'movement-of-people'],
  asylum: ['asylum', 'ASYLUM', 'turvapaikka', 'asyl'],
  immigration: ['immigration', 'maahanmuutto', 'invandring'],
  crime: ['crime', 'Rikollisuus', 'brottslighet'],
  'organised-crime': [
    'organised-crime',
    'organized-crime',
    'järjestäytynyt-rikollisuus',
    'organiserad-brottslighet',
  ],
  drugs: ['drugs', 'huumeet', 'Narkotika'],
  eu: ['eu', 'EU'],
}

const names: Record<string, string[]> = {
  ...namesOfTopics,
  'by:ministry': ['by:ministry', 'BY:Ministeriö', 'by:the-ministry'],
  'by:customs': ['by:customs', 'by:tulli', 'By:CUSTOMS'],
  'kind:speech': ['kind:speech', 'KIND:Speech'],
  'kind:press-release': ['kind:press-release', 'kind:press_release'],
}

export const topics = Object.keys(namesOfTopics)
const terms = Object.keys(names)

const group = fc
  .record({
    with: fc.subarray(terms, { maxLength: 2 }),
    without: fc.subarray(terms, { maxLength: 1 }),
  })
  .filter((group) => group.with.length + group.without.length > 0)

/** At most six terms, so that every expression is allowed. */
export const expressions: fc.Arbitrary<TopicExpression> = fc.array(group, {
  minLength: 1,
  maxLength: 2,
})

/** A way to write an expression: other names, another order, repetition, spaces. */
export function spellings(expression: TopicExpression): fc.Arbitrary<string> {
  const term = (slug: string, sign: string) =>
    fc.constantFrom(...names[slug]!).map((name) => `${sign}${name}`)
  const groups = expression.map((group) => {
    const terms = [
      ...group.with.map((slug) => term(slug, '')),
      ...group.without.map((slug) => term(slug, '-')),
    ]
    const plus = fc.constantFrom('+', ' ', ' + ')
    return fc
      .tuple(fc.tuple(...terms).chain(shuffled), plus)
      .map(([written, join]) => written.join(join))
  })
  const comma = fc.constantFrom(',', ', ', ',,')
  const repeated = fc.boolean()
  return fc
    .tuple(fc.tuple(...groups).chain(shuffled), comma, repeated)
    .map(([written, join, again]) => [...written, ...(again ? written.slice(0, 1) : [])].join(join))
}

function shuffled<T>(items: T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length })
}
