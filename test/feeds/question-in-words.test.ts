import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { allReleases } from '../../src/domain/feed-query.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import {
  allOf,
  anyOf,
  formatTopicExpression,
  partExpression,
} from '../../src/domain/topic-expression.ts'
import { describeQuery, labelOf } from '../../src/feeds/question-in-words.ts'
import { textsOf } from '../../src/feeds/languages.ts'
import { kindIn } from '../../src/domain/term.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'
import { expressions } from '../questions.ts'

const site = readSite(siteYaml).site!
const names = {
  site,
  vocabulary: createVocabulary(readTopics(topicsYaml, site.languages, site.timezone).vocabulary),
}

test('whatever is asked for or left out is named in the title, in every language', () => {
  fc.assert(
    fc.property(expressions, fc.constantFrom(...site.languages), (some, language) => {
      const title = describeQuery({ language, topics: anyOf([some]), words: [] }, names)
      expect(title).not.toMatch(/^[, ]|,,| {2}|undefined|[, ]$/)
      const { withoutKinds } = textsOf(language).documents
      const wanted = some
        .flatMap((group) => group.with)
        .map((term) => labelOf(term, language, names))
      const unwanted = some
        .flatMap((group) => group.without)
        .map((term) => {
          const kind = kindIn(term)
          return kind ? withoutKinds[kind] : labelOf(term, language, names)
        })
      for (const label of [...wanted, ...unwanted]) {
        expect(title.toLowerCase()).toContain(label.toLowerCase())
      }
    }),
  )
})

test('what can be parted into topics, publishers and kinds is the same when it is joined again', () => {
  let parted = 0
  fc.assert(
    fc.property(expressions, (some) => {
      const expression = anyOf([some])
      const parts = partExpression(expression)
      if (!parts) return
      parted++
      expect(formatTopicExpression(allOf(Object.values(parts)))).toBe(
        formatTopicExpression(expression),
      )
    }),
  )
  expect(parted).toBeGreaterThan(0)
})

test('where there is one language, no title speaks of all of them', () => {
  const query = { ...allReleases('all'), words: ['ports'] }
  expect(describeQuery(query, names)).toBe('Releases containing “ports”, all languages')
  const english = { ...names, site: { ...site, languages: ['en'] } }
  expect(describeQuery(query, english)).toBe('Releases containing “ports”')
})
