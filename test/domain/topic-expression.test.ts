import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import type { DomainError } from '../../src/domain/errors.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import {
  allOf,
  formatTopicExpression,
  parseTopicExpression,
} from '../../src/domain/topic-expression.ts'
import { createTerms } from '../../src/domain/term.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'
import { expressions, spellings } from '../questions.ts'

const site = readSite(
  `${siteYaml}  toll: { renamed: old-toll }\n  old-toll: { renamed: customs }\n`,
).site!
const vocabulary = createVocabulary(readTopics(topicsYaml, site.languages, 'UTC').vocabulary)
const terms = createTerms(site, vocabulary)

function canonical(text: string): string {
  return formatTopicExpression(parseTopicExpression(text, terms).expression)
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
  expect(parseTopicExpression('border-policy', terms)).toEqual({
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

test('publishers and kinds are terms, behind topics, and every spelling of them is understood', () => {
  expect(canonical('kind:speech+by:customs+migration+eu')).toBe(
    'eu+migration+by:customs+kind:speech',
  )
  expect(canonical('by:ministry,by:customs')).toBe('by:customs,by:ministry')
  expect(canonical('kind:speech+-eu')).toBe('-eu+kind:speech')
  expect(canonical('-kind:speech+by:customs+-by:ministry+-drugs+crime')).toBe(
    'crime+-drugs+by:customs+-by:ministry+-kind:speech',
  )
  expect(canonical('BY:Tulli')).toBe('by:customs')
  expect(canonical('Kind:Press_Release by:the-ministry')).toBe('by:ministry+kind:press-release')
})

test('a renamed publisher is found and said to be renamed, also after several renames', () => {
  for (const old of ['toll', 'old-toll']) {
    expect(parseTopicExpression(`by:${old}+eu`, terms)).toEqual({
      expression: [{ with: ['eu', 'by:customs'], without: [] }],
      renamed: true,
    })
  }
})

test('of an unknown publisher or kind the nearest are told, of an unknown topic also publishers', () => {
  expect(failure('by:custms')).toMatchObject({
    code: 'not-found',
    message: 'There is no publisher "custms". Did you mean by:customs?',
    details: { reason: 'unknown-publisher', nearest: ['by:customs'] },
  })
  expect(failure('kind:speach')).toMatchObject({
    details: { reason: 'unknown-kind', nearest: ['kind:speech'] },
  })
  expect(failure('kind:x')).toMatchObject({ details: { nearest: { length: 4 } } })
  expect(failure('tulli')).toMatchObject({ details: { nearest: ['by:customs'] } })
  expect(failure('speech+migration')).toMatchObject({ details: { nearest: ['kind:speech'] } })
  expect(failure('by:')).toMatchObject({ code: 'not-found' })
})

test('at most eight different terms are combined (U-08)', () => {
  const eight =
    'asylum+eu,crime+eu,drugs+eu,eu+immigration,eu+migration,eu+organised-crime+by:customs'
  expect(canonical(eight)).toBe(eight)
  expect(failure(`${eight},kind:speech`)).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(
      'at most 8 topics, publishers and kinds, and this one names 9',
    ),
  })
  expect(canonical(`${eight},eu+asylum`)).toBe(eight)
})

test('what must all be true is joined, and refused before it grows without end', () => {
  const read = (text: string) => parseTopicExpression(text, terms).expression
  const all = (...texts: string[]) => formatTopicExpression(allOf(texts.map(read)))
  expect(all('eu,migration', 'by:customs', '-drugs')).toBe(
    'eu+-drugs+by:customs,migration+-drugs+by:customs',
  )
  expect(all('eu,drugs', 'drugs,eu')).toBe('drugs,eu')
  expect(all('eu,drugs', 'drugs,crime')).toBe('crime+drugs,crime+eu,drugs,drugs+eu')
  const long = 'asylum,crime,drugs,eu,immigration,migration,organised-crime'
  expect(() => all(long, `${long},by:customs`)).toThrow(
    expect.objectContaining({ code: 'invalid' }),
  )
  expect(() =>
    all('asylum,crime,drugs,eu', 'immigration,migration,by:customs,by:ministry,kind:speech'),
  ).toThrow(expect.objectContaining({ code: 'invalid' }))
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
