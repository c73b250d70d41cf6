// What is wrong between topics, and what a large vocabulary costs, counted in looks at its topics.
import { expect, test } from 'vitest'
import {
  checkVocabulary,
  createVocabulary,
  joinVocabularies,
  type Topic,
  type VocabularySource,
} from '../../src/domain/topic.ts'

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

const topic = (slug: string, more: Partial<Topic> = {}): Topic => {
  return { slug, label: { en: slug }, aliases: [], exactMatch: [], closeMatch: [], ...more }
}
const retired = (replacedBy: string[]) => ({ at: 0, until: 1, replacedBy })
const messages = (source: VocabularySource) =>
  checkVocabulary(source).map(({ field, message, tolerated }) => {
    return `${field}${tolerated ? ' (tolerated)' : ''}: ${message}`
  })

test('a name that was changed again and again leads to the topic that there is', () => {
  const source = {
    topics: [
      topic('crime', { retired: retired(['policy', 'control', 'customs']) }),
      topic('customs', { broader: 'security' }),
      topic('control'),
    ],
    renamed: { security: 'policy', policy: 'control' },
  }
  expect(messages(source)).toEqual([])
  const vocabulary = createVocabulary(source)
  expect(vocabulary.resolve('security')).toEqual({ slug: 'control', renamed: true })
  expect(vocabulary.resolve('Policy')).toEqual({ slug: 'control', renamed: true })
  expect(vocabulary.withBroader('customs')).toEqual(['customs', 'control'])
  expect(vocabulary.narrower('control').map(({ slug }) => slug)).toEqual(['customs'])
  expect(vocabulary.topics.get('crime')?.retired?.replacedBy).toEqual(['control', 'customs'])
})

test('names that lead nowhere, or to themselves, are told where they go wrong', () => {
  const renamed = { a: 'b', b: 'gone', c: 'd', d: 'c', e: 'c', f: 'f', g: 'x' }
  expect(
    messages({ topics: [topic('x', { broader: 'g' }), topic('y', { broader: 'a' })], renamed }),
  ).toMatchInlineSnapshot(`
    [
      "x.broader: This topic is broader than itself, by way of others. Remove one "broader".",
      "y.broader: "a" is not a topic. Write x or y, or add it.",
      "b.renamed: "gone" is not a topic. Add it, or remove this.",
      "c.renamed: This name leads back to itself, by way of others. Write the slug of a topic.",
      "d.renamed: This name leads back to itself, by way of others. Write the slug of a topic.",
      "e.renamed: This name leads back to itself, by way of others. Write the slug of a topic.",
      "f.renamed: This name leads back to itself, by way of others. Write the slug of a topic.",
    ]
  `)
})

test('a long chain of names is gone through once', () => {
  const renamed = Object.fromEntries(
    Array.from({ length: 50_000 }, (_, at) => [`name-${at}`, `name-${at + 1}`]),
  )
  const vocabulary = createVocabulary({ topics: [topic('name-50000')], renamed })
  expect(vocabulary.resolve('name-0')?.slug).toBe('name-50000')
})

test('names of two topics that are compared as the same are told', () => {
  const topics = [
    topic('eu', { label: { en: 'EU', fi: 'EU' } }),
    topic('immigration', { label: { en: 'immigration', fi: 'maahanmuutto' } }),
    topic('entry', { label: { en: 'entry to the country', fi: 'Maahanmuutto' } }),
    topic('crime', { label: { en: 'crime', fi: 'EU' } }),
    topic('c', { label: { en: 'C' } }),
    topic('c-plus-plus', { label: { en: 'C++' } }),
    topic('ports', { label: { en: 'Crime' }, aliases: ['harbours'] }),
    topic('havens', { label: { en: 'Harbours' } }),
    topic('c_plus_plus', { label: { en: 'another' } }),
    topic('police', { label: { en: 'Old police', fi: 'Poliisi!' } }),
    topic('old', { label: { en: 'Policing' } }),
    topic('signs', { label: { en: '+++' } }),
    topic('more-signs', { label: { en: '***' } }),
  ]
  const renamed = { 'old-police': 'police', policing: 'police' }
  expect(messages({ topics, renamed })).toMatchInlineSnapshot(`
    [
      "entry.label.fi (tolerated): "Maahanmuutto" is a name of immigration already; capitals, accents and signs make no difference. Write another one.",
      "crime.label.fi (tolerated): "EU" is a name of eu already; capitals, accents and signs make no difference. Write another one.",
      "c-plus-plus.label.en (tolerated): "C++" is a name of c already; capitals, accents and signs make no difference. Write another one.",
      "ports.label.en (tolerated): "Crime" is a name of crime already; capitals, accents and signs make no difference. Write another one.",
      "havens.label.en (tolerated): "Harbours" is a name of ports already; capitals, accents and signs make no difference. Write another one.",
      "c_plus_plus (tolerated): "c_plus_plus" is a name of c-plus-plus already; capitals, accents and signs make no difference. Write another one.",
      "old.label.en (tolerated): "Policing" is a name of police already; capitals, accents and signs make no difference. Write another one.",
    ]
  `)
})
