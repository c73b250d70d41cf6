import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTopics } from '../../src/content/read-site.ts'
import type { DomainError } from '../../src/domain/errors.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { formatTopicExpression, parseTopicExpression } from '../../src/domain/topic-expression.ts'
import { topicsYaml } from '../content-folder.ts'
import { expressions, spellings } from '../questions.ts'

const vocabulary = createVocabulary(readTopics(topicsYaml, ['en', 'fi', 'sv'], 'UTC').vocabulary)

function canonical(text: string): string {
  return formatTopicExpression(parseTopicExpression(text, vocabulary).expression)
}

function failure(text: string): DomainError {
  try {
    canonical(text)
  } catch (error) {
    return error as DomainError
  }
  throw new Error(`${text} was understood`)
}

test('terms are sorted, resolved and not repeated (U-03)', () => {
  expect(canonical('migration+eu,organised-crime+-drugs')).toBe(
    'eu+migration,organised-crime+-drugs',
  )
  expect(canonical('drugs,crime,drugs')).toBe('crime,drugs')
  expect(canonical('MIGRATION')).toBe('migration')
})

test('a space stands for a plus, and stray separators do no harm', () => {
  expect(canonical('eu migration')).toBe('eu+migration')
  expect(canonical(' eu + migration , drugs ,')).toBe('drugs,eu+migration')
})

test('names in any language and aliases are understood', () => {
  expect(canonical('maahanmuutto')).toBe('immigration')
  expect(canonical('järjestäytynyt-rikollisuus')).toBe('organised-crime')
  expect(canonical('jarjestaytynyt-rikollisuus')).toBe('organised-crime')
  expect(canonical('organized-crime')).toBe('organised-crime')
})

test('a renamed topic is found and said to be renamed', () => {
  expect(parseTopicExpression('border-policy', vocabulary)).toEqual({
    expression: [{ with: ['migration'], without: [] }],
    renamed: true,
  })
})

test('an unknown topic is not found, and the nearest names are told', () => {
  expect(failure('migrtion')).toMatchObject({
    code: 'not-found',
    details: { nearest: ['migration', 'immigration'] },
  })
  expect(failure('')).toMatchObject({ code: 'not-found' })
  expect(failure('-')).toMatchObject({ code: 'not-found' })
})

test('at most eight terms are combined (U-08)', () => {
  const eight = 'asylum+eu,crime+eu,drugs+eu,eu+immigration'
  expect(canonical(eight)).toBe(eight)
  expect(failure(`${eight},migration`)).toMatchObject({ code: 'invalid' })
  expect(canonical(`${eight},eu+asylum`)).toBe(eight)
})

test('an endless expression is refused without being read', () => {
  expect(failure('a+'.repeat(100_000))).toMatchObject({ code: 'invalid' })
})

test('every spelling of a question has the same canonical form', () => {
  fc.assert(
    fc.property(
      expressions.chain((expression) => fc.tuple(fc.constant(expression), spellings(expression))),
      ([expression, spelling]) => {
        expect(canonical(spelling)).toBe(canonical(formatTopicExpression(expression)))
      },
    ),
  )
})
