import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAddresses } from '../../src/domain/addresses.ts'
import { allReleases, parseSearch, withOneLess } from '../../src/domain/feed-query.ts'
import type { Site } from '../../src/domain/site.ts'

const addresses = createAddresses('https://releases.example', { languages: ['en'] } as Site)

const typed = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '“',
        '”',
        '«',
        ' ',
        ' ',
        '+',
        '&',
        '-',
        'Border',
        'guard',
        'naïve',
        '欧洲',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''))

test('a search has one address, which asks for the same again', () => {
  fc.assert(
    fc.property(typed, (text) => {
      const words = parseSearch(text)
      const address = addresses.page({ ...allReleases('en'), words })
      expect(parseSearch(new URL(address).searchParams.getAll('q').join(' '))).toEqual(words)
      expect(address).not.toContain('%20')
    }),
    { numRuns: 2000, seed: 3 },
  )
})

test('quotation marks hold words together, unless there is only one', () => {
  expect(parseSearch('ports "Border-guard"')).toEqual(['"border guard"', 'ports'])
  expect(parseSearch('”eu” eu "EU"')).toEqual(['"eu"', 'eu'])
  expect(parseSearch('5" pipes')).toEqual(['5', 'pipes'])
  expect(parseSearch('"a b" "c d')).toEqual(['"a b"', 'c', 'd'])
  expect(parseSearch('"" "…"')).toEqual([])
})

test('with a word less there is a question for each word, unless it asks for everything', () => {
  const wordsOf = (text: string, topics = allReleases('en').topics) =>
    withOneLess({ ...allReleases('en'), topics, words: parseSearch(text) }).map(
      ({ words }) => words,
    )
  expect(wordsOf('a b c')).toEqual([
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ])
  expect(wordsOf('a')).toEqual([])
  expect(wordsOf('a', [{ with: ['eu'], without: [] }])).toEqual([[]])
  expect(wordsOf('"a b"')).toEqual([['a', 'b']])
  expect(wordsOf('"b" a')).toEqual([['a', 'b'], ['"b"']])
})
