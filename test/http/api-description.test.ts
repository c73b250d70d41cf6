// What the API says of itself: to programs that are generated from it, and to people.
import { safeParse, type GenericSchema } from 'valibot'
import { beforeAll, expect, test } from 'vitest'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { openApiDocument } from '../../src/http/api/openapi.ts'
import type { JsonSchema, Operation } from '../../src/http/api/operations.ts'
import { createSamples } from '../../src/http/api/samples.ts'
import { describeSchemas } from '../../src/http/api/schemas.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'

const site = readSite(siteYaml).site!
const source = readTopics(topicsYaml, site.languages, site.timezone).vocabulary
const vocabulary = createVocabulary(source)
const siteAndTopics = { site, vocabulary, content: source, published: { topics: [], renamed: {} } }
const baseUrl = 'https://releases.example.org'

let operations: Operation[] = []
beforeAll(() => {
  const { paths } = openApiDocument(siteAndTopics, baseUrl)
  operations = Object.values(paths).flatMap((methods) => Object.values(methods))
})

/** Every schema in a value, with those inside. */
function schemasIn(value: unknown, isSchema = false): JsonSchema[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([key, one]) => {
    if (key === 'example') return []
    if (key === 'properties')
      return Object.values(Object(one)).flatMap((each) => schemasIn(each, true))
    if (key === 'anyOf') return (one as unknown[]).flatMap((each) => schemasIn(each, true))
    return schemasIn(one, ['schema', 'items', 'additionalProperties'].includes(key))
  })
  return isSchema ? [value, ...inside] : inside
}

test('every operation has a name as people would write it, and no two the same', () => {
  const names = operations.map(({ operationId }) => operationId)
  expect(names).toContain('putRelease')
  expect(
    names.filter(
      (name) => !/^(get|list|put|withdraw|mend|create|revoke)[A-Z][a-zA-Z]+$/.test(name),
    ),
  ).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})

test('every schema says what it is of, and times and addresses have their formats', () => {
  const schemas = schemasIn(openApiDocument(siteAndTopics, baseUrl))
  expect(schemas.length).toBeGreaterThan(100)
  expect(schemas.filter((one) => Object.keys(one).length === 0)).toEqual([])
  const of = (name: string) => schemas.flatMap(({ properties = {} }) => properties[name] ?? [])
  expect(new Set(of('published').map(({ format }) => format))).toEqual(new Set(['date-time']))
  expect(new Set(of('url').map(({ format }) => format))).toEqual(new Set(['uri']))
  expect(
    of('status')
      .filter(({ type }) => type === 'object')
      .every(({ readOnly }) => readOnly),
  ).toBe(true)
})

test('every operation shows an answer, and each is one of those that the document describes', () => {
  const shown = operations.map(({ operationId, responses }) => {
    const [content] = Object.values(responses[201]?.content ?? responses[200]?.content ?? {})
    return [operationId, content?.example !== undefined]
  })
  expect(shown.filter(([, isShown]) => !isShown)).toEqual([])
  const schemas = describeSchemas(site, vocabulary)
  const { releaseHistory, topicHistory, ...samples } = createSamples(siteAndTopics, baseUrl)
  const all: [GenericSchema, unknown][] = [
    [schemas.history, releaseHistory],
    [schemas.history, topicHistory],
    ...Object.entries(samples).map(([name, sample]): [GenericSchema, unknown] => [
      schemas[name as keyof typeof samples],
      sample,
    ]),
  ]
  for (const [schema, sample] of all) {
    const { issues } = safeParse(schema, sample)
    expect([sample, issues?.map(({ message }) => message)]).toEqual([sample, undefined])
  }
})
