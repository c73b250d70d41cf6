import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNearest, nearest } from '../../src/domain/nearest.ts'
import { createVocabulary } from '../../src/domain/topic.ts'

const syllables = [
  'mi',
  'gra',
  'tion',
  'ko',
  'ta',
  'lo',
  'ver',
  'ny',
  'pol',
  'is',
  'bor',
  'ke',
  '-',
]
const word = fc
  .array(fc.constantFrom(...syllables), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
const words = (size: { minLength: number; maxLength: number }) => fc.uniqueArray(word, size)

/** As it was before there was an index: every name, letter by letter. */
function naive(wanted: string, names: string[], limit: number): string[] {
  const ranked = names.flatMap((name) => {
    const startsAlike = wanted.length > 2 && name.startsWith(wanted)
    const distance = startsAlike ? 0 : distanceBetween(wanted, name)
    const isShort = wanted.length < 4 && name.length > wanted.length
    return distance <= (isShort ? 1 : Math.max(2, name.length / 3)) ? [{ name, distance }] : []
  })
  ranked.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return ranked.slice(0, limit).map(({ name }) => name)
}

function distanceBetween(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of Array.from(from).entries()) {
    const current = [row + 1]
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = previous[column]! + (letter === other ? 0 : 1)
      current.push(Math.min(replaced, previous[column + 1]! + 1, current[column]! + 1))
    }
    previous = current
  }
  return previous.at(-1)!
}

test('the names most like a word are those that need the fewest edits', () => {
  fc.assert(
    fc.property(word, words({ minLength: 0, maxLength: 100 }), (wanted, names) => {
      expect(nearest(wanted, names, 12)).toEqual(naive(wanted, names, 12))
      expect(createNearest(names)(wanted, 12)).toEqual(naive(wanted, names, 12))
    }),
  )
})

test('of more names than are compared, only those are left out that are too far away', () => {
  fc.assert(
    fc.property(word, words({ minLength: 101, maxLength: 200 }), (wanted, names) => {
      const wrong = names.filter((name) => naive(wanted, [name], 1).length > 0)
      // Beyond that the likeliest are compared, and not all.
      if (wrong.length < 20)
        expect(createNearest(names)(wanted, 12)).toEqual(naive(wanted, names, 12))
    }),
    { numRuns: 30 },
  )
})

test('a name with one wrong letter is found among ten thousand that are much alike', () => {
  const names = Array.from({ length: 10_000 }, (_, number) => `european-agency-${number}`)
  const find = createNearest(names)
  for (const wrong of ['european-agncy-4711', 'europaen-agency-4711', 'european-agency-47x11']) {
    expect(find(wrong)).toContain('european-agency-4711')
  }
  expect(find('european-agency-47')).toContain('european-agency-47')
})

test('of a word that never ends only the beginning is looked at', () => {
  const names = Array.from({ length: 500 }, (_, number) => `${'a'.repeat(70)}-${number}`)
  expect(createNearest(names)('a'.repeat(1_000_000))).toHaveLength(3)
  expect(createNearest(names)('b'.repeat(1_000_000))).toEqual([])
})

test('labels and aliases in every language lead to the topic', () => {
  const others = Array.from({ length: 3000 }, (_, number) =>
    topicOf(`other-${number}`, `etwas ${number}`),
  )
  const vocabulary = createVocabulary({
    topics: [
      ...others,
      topicOf('organised-crime', 'järjestäytynyt rikollisuus', ['organized-crime']),
    ],
    renamed: {},
  })
  for (const wrong of [
    'organisd-crime',
    'jarjestaytynyt-rikolisuus',
    'organized-crimes',
    'Organisd Crime',
  ]) {
    expect(vocabulary.nearest(wrong)[0]).toBe('organised-crime')
    expect(vocabulary.nearest(wrong)[0]).toBe('organised-crime')
  }
})

function topicOf(slug: string, label: string, aliases: string[] = []) {
  return {
    slug,
    label: { en: slug.replaceAll('-', ' '), fi: label },
    aliases,
    exactMatch: [],
    closeMatch: [],
  }
}
