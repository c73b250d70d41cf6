// What the API says of itself: to programs that are generated from it, and to people.
import { safeParse, type GenericSchema } from 'valibot'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import openapiTypescript from 'openapi-typescript'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { openApiDocument } from '../../src/http/api/openapi.ts'
import type { JsonSchema, Operation } from '../../src/http/api/operations.ts'
import { createSamples } from '../../src/http/api/samples.ts'
import { describeSchemas } from '../../src/http/api/schemas.ts'
import { asCommand, createWalk } from '../../src/http/api/walk.ts'
import { siteYaml, temporaryFolder, topicsYaml } from '../content-folder.ts'
import { nodePress, publishTokens } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

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

test('the page for people begins with five requests, which are answered as it says', async () => {
  const start = Date.UTC(2026, 10, 30, 7) / 1000
  const clock = createSimulatedClock(start)
  const press = await nodePress(temporaryFolder(), clock)
  onTestFinished(press.close)
  const page = unescaped(await (await press.fetch('/api')).text())
  const walk = createWalk(siteAndTopics, baseUrl)
  expect(walk).toHaveLength(5)
  const [, secret = ''] = /^newsroom=([^,]+)/.exec(publishTokens)!
  for (const step of walk) {
    clock.moveTo(start + step.after)
    // What the page shows is what a shell would run.
    expect(page).toContain(asCommand(step, baseUrl))
    expect(page).toContain(JSON.stringify(step.answer, undefined, 2))
    const answer = await press.fetch(step.path, {
      method: step.method,
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      ...(step.body && { body: JSON.stringify(step.body) }),
    })
    expect(answer.status, step.path).toBe(step.status)
    expect(alike(await answer.json()), step.path).toEqual(alike(step.answer))
  }
})

const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc')

function unescaped(html: string): string {
  const signs = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' }
  return html.replaceAll(/&\S{2,4};/g, (sign) => signs[sign as keyof typeof signs] ?? sign)
}

/** Identities and tags are others at each site. */
function alike(answer: unknown): unknown {
  const { id, etag, ...rest } = answer as Record<string, unknown>
  return { ...rest, has: [typeof id, typeof etag] }
}

test('openapi-typescript makes types of the document, none of them unknown, that the walk fits', async () => {
  const document = openApiDocument(siteAndTopics, baseUrl)
  const types = await openapiTypescript(document as never)
  const withoutComments = types.replace(/\/\*[^]*?\*\//g, '')
  expect(withoutComments).toContain('putRelease: {')
  expect(withoutComments).not.toMatch(/\b(unknown|any)\b(?!")/)

  const folder = mkdtempSync(join(tmpdir(), 'tiedote-types-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [, put, , correction] = createWalk(siteAndTopics, baseUrl)
  const client = (body: unknown) => `import type { operations } from './api.ts'
type Put = operations['putRelease']
export const release: Put['requestBody']['content']['application/json'] = ${JSON.stringify(body)}
export const receipt: Put['responses'][201]['content']['application/json'] = ${JSON.stringify(put!.answer)}
`
  writeFileSync(join(folder, 'api.ts'), types)
  writeFileSync(join(folder, 'client.ts'), client(correction!.body))
  writeFileSync(join(folder, 'wrong.ts'), client({ ...correction!.body, kind: 'speach' }))
  const files = ['client.ts', 'wrong.ts'].map((name) => join(folder, name))
  const options = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--skipLibCheck']
  const compiled = spawnSync(tsc, [...options, '--ignoreConfig', ...files], { encoding: 'utf8' })
  const lines = compiled.stdout.split('\n').filter((line) => line.includes('error TS'))
  expect(lines).toEqual([expect.stringMatching(/wrong\.ts.*"speach"/)])
})
