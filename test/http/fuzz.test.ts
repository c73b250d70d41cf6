// Whatever is sent to the API, made of its own OpenAPI document: never a 5xx, never a change without 2xx,
// and every error is a problem document. FUZZ=30000 npm test -- fuzz sends thirty thousand requests.
import { readdirSync, rmSync } from 'node:fs'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyString, anyUnits } from '../any-text.ts'
import { writeFolder } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'
import { amount } from '../trials.ts'

const requests = Number(process.env.FUZZ ?? amount(300, 20_000))
const seed = Number(process.env.FUZZ_SEED ?? 4711)

type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

type Operation = {
  method: string
  path: string
  parameters: { in: string; name: string; schema: Schema }[]
  body?: { type: string; schema: Schema | undefined }
  /** What the document says it answers. */
  statuses: number[]
}

type Sent = {
  operation: Operation
  path: string
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer> | undefined
}

const content = {
  'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry, fi: Ministeriö }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
  customs: { name: { en: Customs } }
`,
  'topics.yaml': 'migration: { label: { en: migration, fi: muuttoliike } }\neu: { label: EU }\n',
  'releases/from-a-file.en.md':
    '---\ntitle: From a file\npublished: 2024-01-24T09:00\ntopics: [eu]\n---\nText.\n',
}

/** What breaks programs: in the place of any value, of a part of an address, or of a header. */
const oddTexts = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'a\udc00b',
    '\u202Eevil\u202C',
    'e\u0301'.repeat(50),
    '\uFEFF',
    '\uFFFF',
    '\u2028',
    '__proto__',
    'constructor',
    'toString',
    ']]>',
    '<script>alert(1)</script>',
    '<![CDATA[',
    '&#0;',
    '../../etc/passwd',
    'a.b.c',
    "' or 1=1 --",
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '2024-02-30T09:00',
    'http://[::1',
    'javascript:alert(1)',
    'data:text/html,x',
  ),
  anyString({ maxLength: 40 }),
  anyUnits(),
  fc.constantFrom('x', '🇫🇮', '<b>', '> ', '* ', '[', '&').map((text) => text.repeat(5000)),
)

/** JSON, as text: some of it cannot be said by values. */
const oddValues = fc.oneof(
  oddTexts.map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', '0', '-0', '1e999', '-1e-999', '1e308', '9007199254740993'),
  fc.constantFrom('{}', '[]', '[[]]', '[null]', '{"__proto__":{"title":"x"}}', '{"constructor":1}'),
  fc.constantFrom(1000, 10_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constant(10_000).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  fc.json({ maxDepth: 3 }),
)

/** Text that stands where a schema says string, mostly such as is taken. */
const texts: Record<string, fc.Arbitrary<string>> = {
  slug: fc.integer({ min: 0, max: 30 }).map((number) => `release-${number}`),
  language: fc.constantFrom('en', 'fi', 'EN'),
  published: fc.constantFrom('2024-01-24T09:00:00+02:00', '2019-06-01', '2031-01-01T00:00:00Z'),
  topics: fc.constantFrom('migration', 'eu'),
  publisher: fc.constantFrom('ministry', 'customs'),
  kind: fc.constantFrom('press-release', 'statement', 'minor', 'correction'),
  url: fc.constantFrom('https://example.org/', 'https://example.org/ä?b=c&d'),
  id: fc.constantFrom('8d0f6c2b7a915e34', '0'.repeat(16)),
  expires: fc.constantFrom(new Date(Date.now() + 86_400_000).toISOString(), '2019-06-01'),
  at: fc.constantFrom('2024-01-25T09:00:00Z', '2020-01-01'),
  start: fc.constant('2024-01-25'),
  end: fc.constant('2024-01-26'),
  formerly: fc.integer({ min: 0, max: 30 }).map((number) => `release-${number}`),
  file: fc.constant('agenda.txt'),
  corrects: fc.integer({ min: 0, max: 30 }).map((number) => `release-${number}`),
  html: fc.constantFrom('<p>Text.</p>', '<div>'.repeat(5000), '<table><td><b><p>x'),
  markdown: fc.constantFrom('Text.', '> '.repeat(3000) + 'x', '*'.repeat(2000), '[a](b "c'),
}

/** Some are too long for a disk only in UTF-8, some want a folder where a file is, or the reverse. */
const filePaths = fc.oneof(
  fc.constantFrom('agenda.txt', '2026/a.pdf', 'agenda.txt/b.txt', '2026/d.txt/e.txt', '2026/d.txt'),
  fc.integer({ min: 1, max: 190 }).map((length) => `${encodeURIComponent('ä').repeat(length)}.txt`),
)

const plainText = fc.constantFrom('Ministers meet', 'Ministeriö', 'a', '日本')

/** Fields as one text, which may name one of them twice. */
function written(fields: [name: string, value: string][]): string {
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

function valueOf(schema: Schema, name: string, isOdd: number): fc.Arbitrary<string> {
  const usual = usualValue(schema, name, isOdd)
  return isOdd === 0
    ? usual
    : fc.oneof({ arbitrary: usual, weight: 100 - isOdd }, { arbitrary: oddValues, weight: isOdd })
}

function usualValue(schema: Schema, name: string, isOdd: number): fc.Arbitrary<string> {
  const { anyOf, oneOf, allOf, properties, items, additionalProperties } = schema
  const choices = anyOf ?? oneOf ?? allOf
  if (choices) return fc.oneof(...choices.map((one) => valueOf(one, name, isOdd)))
  if (schema.const !== undefined) return fc.constant(JSON.stringify(schema.const))
  if (schema.enum) return fc.constantFrom(...schema.enum.map((one) => JSON.stringify(one)))
  if (properties || additionalProperties) return fieldsOf(schema, isOdd).map(written)
  if (items || schema.type === 'array') {
    const list = fc.array(valueOf(items ?? {}, name, isOdd), { maxLength: 3 })
    return list.map((values) => `[${values.join(',')}]`)
  }
  if (schema.type === 'null') return fc.constant('null')
  if (schema.type === 'boolean') return fc.constantFrom('true', 'false')
  if (schema.type === 'number' || schema.type === 'integer') return fc.constantFrom('0', '7')
  return (texts[name] ?? plainText).map((text) => JSON.stringify(text))
}

function fieldsOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  isOdd: number,
): fc.Arbitrary<[string, string][]> {
  const known = Object.entries(properties).map(([name, schema]) => {
    const field = valueOf(schema, name, isOdd).map((value): [string, string][] => [[name, value]])
    return required.includes(name) && isOdd < 10
      ? field
      : fc.oneof({ arbitrary: field, weight: 1 }, { arbitrary: fc.constant([]), weight: 3 })
  })
  const schema = typeof additionalProperties === 'object' ? additionalProperties : {}
  const named = fc.tuple(fc.constantFrom('en', 'fi'), valueOf(schema, '', isOdd))
  const more = additionalProperties ? fc.array(named, { maxLength: 2 }) : fc.constant([])
  const odd = fc.tuple(
    fc.oneof(oddTexts, fc.constantFrom(...Object.keys(properties), 'x')),
    oddValues,
  )
  const extra = fc.array(odd, { maxLength: isOdd > 5 ? 1 : 0 })
  return fc
    .tuple(fc.tuple(...known), more, extra)
    .map(([fields, others, odds]) => [...fields.flat(), ...others, ...odds])
}

const oddBytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  oddValues.map((text) => new TextEncoder().encode(text)),
  fc
    .constantFrom(
      '',
      '{',
      '{"title":"\xff"}',
      '\xef\xbb\xbf{}',
      '{}{}',
      '{"a":1,}',
      '\n\n\n',
      'null',
    )
    .map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0))),
)

function bodyOf({ body }: Operation): fc.Arbitrary<Uint8Array | undefined> {
  if (!body) return fc.constant(undefined)
  if (!body.schema) {
    const files = fc.constantFrom('Agenda.', '%PDF-1.7\n', '<html><script>', 'GIF89a', 'PK\x03\x04')
    return fc.oneof(
      files.map((text) => new TextEncoder().encode(text)),
      oddBytes,
    )
  }
  // All of it right, a little wrong, and much.
  const values = [0, 3, 25].map((isOdd) => valueOf(body.schema!, '', isOdd))
  const one = fc.oneof(...values)
  const many = fc.array(one, { maxLength: 4 }).map((lines) => lines.join('\n'))
  const text = body.type.includes('ndjson') ? many : one
  return fc.oneof(
    { arbitrary: text.map((sent) => new TextEncoder().encode(sent)), weight: 12 },
    { arbitrary: oddBytes, weight: 1 },
  )
}

const oddParts = fc.oneof(
  oddTexts.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 3000)),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%00',
    '%2F',
    'a%2Fb',
    '%',
    '%zz',
    '%ff',
    '%ed%a0%80',
    'a;b',
    'A',
  ),
)

function pathOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const parts = path.split('/').map((part) => {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? []
    if (!name) return fc.constant(part)
    const usual = name === 'path' ? filePaths : texts[name]!
    const names = path.includes('topics') ? fc.constantFrom('new-topic', 'eu', 'other') : usual
    return fc.oneof({ arbitrary: names, weight: 8 }, { arbitrary: oddParts, weight: 1 })
  })
  const queries = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, schema }) => {
      const usual = schema.enum
        ? fc.constantFrom(...(schema.enum as string[]))
        : fc.constantFrom('', '1')
      const value = fc.oneof({ arbitrary: usual, weight: 4 }, { arbitrary: oddParts, weight: 1 })
      const query = value.map((text) => `${name}=${text}`)
      return fc.oneof({ arbitrary: fc.constant(''), weight: 4 }, { arbitrary: query, weight: 1 })
    })
  return fc.tuple(fc.tuple(...parts), fc.tuple(...queries)).map(([names, asked]) => {
    const query = asked.filter(Boolean).join('&')
    return names.join('/') + (query && `?${query}`)
  })
}

function headersOf({ body, parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const type = body?.type ?? 'application/json'
  const types = fc.oneof(
    { arbitrary: fc.constantFrom(type, `${type}; charset=utf-8`), weight: 20 },
    {
      arbitrary: fc.constantFrom('', 'text/html', 'multipart/form-data', 'application/', '*/*'),
      weight: 1,
    },
  )
  const conditions = parameters.some(({ name }) => name === 'If-Match')
    ? fc.constantFrom<Record<string, string>>(
        {},
        {},
        {},
        {},
        { 'If-Match': '*' },
        { 'If-Match': '"x"' },
        { 'If-Match': 'W/"x", "' },
        { 'If-Match': ',,,' },
        { 'If-None-Match': '*' },
        { 'If-None-Match': '"x"' },
        { 'If-Match': '*', 'If-None-Match': '*' },
        { 'If-Match': '"'.repeat(5000) },
      )
    : fc.constant<Record<string, string>>({})
  return fc.tuple(types, conditions).map(([sent, others]) => ({ 'Content-Type': sent, ...others }))
}

const newsroom = 'Bearer a-secret-of-the-newsroom'

/** Who nobody knows; from elsewhere each time, or they would be slowed down. */
const strangers = fc
  .tuple(
    fc.constantFrom(
      '',
      'Bearer',
      'Bearer ',
      'Bearer a-secret-of-the-newsroo',
      'Bearer a-secret-of-the-newsroom x',
      'Bearer a-secret-of-the-newsroom\xe4',
      'Basic a-secret-of-the-newsroom',
      'a-secret-of-the-newsroom',
      'Bearer undefined',
      'Bearer __proto__',
      `Bearer ${'x'.repeat(10_000)}`,
    ),
    fc.nat(),
  )
  .map(([Authorization, from]) => ({ Authorization, 'X-Forwarded-For': String(from) }))

const senders = fc.oneof(
  {
    arbitrary: fc.constantFrom<Record<string, string>>(
      { Authorization: newsroom },
      { Authorization: 'bearer   a-secret-of-the-newsroom ' },
    ),
    weight: 30,
  },
  { arbitrary: strangers, weight: 1 },
)

function requestTo(operation: Operation): fc.Arbitrary<Sent> {
  return fc
    .tuple(pathOf(operation), headersOf(operation), senders, bodyOf(operation))
    .map(([path, headers, sender, body]) => ({
      operation,
      path,
      headers: { ...headers, ...sender },
      body: body as Uint8Array<ArrayBuffer> | undefined,
    }))
}

describe('the API', () => {
  let directory: string
  let press: Awaited<ReturnType<typeof nodePress>>

  beforeAll(async () => {
    directory = writeFolder(content)
    press = await nodePress(directory, hurriedClock())
  })

  afterAll(async () => {
    await press.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function send(
    method: string,
    path: string,
    headers = {},
    body?: string | Uint8Array<ArrayBuffer>,
  ) {
    const answer = await press.fetch(path, {
      method,
      headers: { Authorization: newsroom, ...headers },
      ...(body !== undefined && { body }),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  async function operations(): Promise<Operation[]> {
    const document = JSON.parse((await send('GET', '/openapi.json')).text) as {
      paths: Record<string, Record<string, Described>>
    }
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
        const [type, described] = Object.entries(requestBody?.content ?? {})[0] ?? []
        const body = type && { type, schema: described?.schema }
        const statuses = Object.keys(responses).map(Number)
        return { method: method.toUpperCase(), path, parameters, statuses, ...(body && { body }) }
      }),
    )
  }

  test(
    'whatever is sent to it, it answers clearly, and changes nothing that it does not say',
    { timeout: 60_000 + requests * 100 },
    async () => {
      const all = await operations()
      expect(all.length).toBeGreaterThan(9)
      const writing = all.filter(({ method }) => method !== 'GET')
      const statuses: Record<number, number> = {}
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(...[...all, ...writing, ...writing].map(requestTo)),
          async (sent) => {
            const before = await standing()
            const { method } = sent.operation
            const answer = await send(method, sent.path, sent.headers, sent.body)
            statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
            const told = JSON.stringify([...answer.headers]) + answer.text
            expect(told).not.toContain('a-secret-of')
            // An odd address may be that of something else, or of nothing.
            expect([...sent.operation.statuses, 404, 405]).toContain(answer.status)
            if (answer.status >= 400) expectProblem(answer)
            const isKnown = /^bearer +a-secret-of-the-newsroom *$/i.test(
              sent.headers.Authorization!,
            )
            expect([401, 429].includes(answer.status)).toBe(!isKnown)
            const { searchParams } = new URL(sent.path, 'https://releases.example.org')
            const isDryRun = (searchParams.get('dry-run') ?? 'false') !== 'false'
            const lines = linesOf(answer)
            const isTaken = lines ? lines.some(isFine) : isFine(answer)
            const after = await standing()
            if (!isTaken || method === 'GET' || isDryRun) expect(after).toEqual(before)
            else if (lines) await expectAllToBeThere(lines)
            else await expectToBeThere(sent)
            if (!sent.operation.path.includes('media')) expect(after.files).toEqual(before.files)
            if (/media|previews/.test(sent.operation.path)) {
              expect(after.revision).toBe(before.revision)
            }
            expect(after.revision - before.revision).toBeLessThanOrEqual(lines?.length ?? 1)
          },
        ),
        { numRuns: requests, seed },
      )
      await expectFeeds()
      // Or it was all refused, and nothing was tried.
      expect((statuses[200] ?? 0) + (statuses[201] ?? 0)).toBeGreaterThan(requests / 10)
      expect(statuses[422]).toBeGreaterThan(requests / 50)
      if (process.env.FUZZ) console.log(JSON.stringify(statuses))
    },
  )

  test('every method that the document does not name is answered with those it does', async () => {
    const byPath = Map.groupBy(await operations(), ({ path }) => path)
    for (const [path, described] of [...byPath, ['/api', []], ['/openapi.json', []]] as const) {
      const named = new Set(described.map(({ method }) => method))
      if (named.size === 0 || named.has('GET')) for (const one of ['GET', 'HEAD']) named.add(one)
      // Whoever publishes may ask what an address takes; no browser does so for a program of another site.
      named.add('OPTIONS')
      const address = path.replace(/\{\w+\}/g, 'name')
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        if (named.has(method)) continue
        const answer = await send(method, address)
        expect([method, address, answer.status]).toEqual([method, address, 405])
        expectProblem(answer)
        expect(answer.headers.get('allow')!.split(', ').toSorted()).toEqual([...named].toSorted())
      }
    }
    for (const nothing of ['/api/nothing', '/api/', '/openapi.json/', '/api/releases/']) {
      const answer = await send('GET', nothing)
      expect([nothing, answer.status]).toEqual([nothing, 404])
      expectProblem(answer)
    }
  })

  /** All that a request may change. */
  async function standing() {
    const files = readdirSync(press.uploads, { recursive: true })
    return { revision: await press.revision(), files: files.map(String).toSorted() }
  }

  async function expectToBeThere({ operation, path, body }: Sent) {
    const [address = ''] = path.split('?')
    if (operation.path.endsWith('/withdraw')) {
      const { text } = await send('GET', address.replace(/\/withdraw$/, ''))
      const { withdrawn } = JSON.parse(text) as { withdrawn?: { reason: string } }
      expect(withdrawn?.reason).toBeTruthy()
    } else if (operation.path.includes('previews')) {
      const { status } = await send('GET', address.replace(/(previews)\/.*/, '$1'))
      expect(status).toBe(200)
    } else if (operation.path.includes('releases')) {
      await expectReleaseToBeThere(address)
    } else {
      const read = await send('GET', address)
      expect(read.status).toBe(200)
      if (operation.path.includes('topics')) return
      expect(JSON.parse(read.text)).toMatchObject({ size: body!.length })
    }
  }

  async function expectAllToBeThere(lines: Line[]) {
    for (const { slug, language } of lines.filter(isFine)) {
      const address = `/api/releases/${slug}/${language}`
      // A later line may have given it another address.
      const isMoved = lines.filter(isFine).length > 1
      if (!isMoved) await expectReleaseToBeThere(address)
    }
  }

  /** What is read can be sent again and stays the same, however often. */
  async function expectReleaseToBeThere(address: string) {
    const read = await send('GET', address)
    expect(read.status).toBe(200)
    const sendAgain = async () => {
      const { text } = await send('PUT', address, { 'Content-Type': 'application/json' }, read.text)
      expect((await send('GET', address)).text).toBe(read.text)
      return (JSON.parse(text) as { change?: string }).change
    }
    await sendAgain()
    expect(await sendAgain(), read.text).toBe('unchanged')
  }

  async function expectFeeds() {
    for (const feed of ['/all/feed.atom', '/all/feed.rss', '/withdrawals.atom', '/feeds.opml']) {
      const { status, text } = await send('GET', feed)
      expect(status).toBe(200)
      new SaxesParser({ xmlns: true }).write(text).close()
    }
    for (const feed of ['/all/feed.json', '/topics.json']) {
      JSON.parse((await send('GET', feed)).text)
    }
  }
})

type Described = {
  parameters?: Operation['parameters']
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: object
}

type Line = { status: number; slug: string; language: string }

function isFine({ status }: { status: number }): boolean {
  return status >= 200 && status < 300
}

function expectProblem({
  status,
  headers,
  text,
}: {
  status: number
  headers: Headers
  text: string
}) {
  expect(status, text).toBeLessThan(500)
  expect(headers.get('content-type')).toBe('application/problem+json')
  const problem = JSON.parse(text) as { status: number; title: string; detail: string }
  expect(problem.status).toBe(status)
  expect(problem.title && problem.detail).toBeTruthy()
}

/** The lines of an answer that has some, each as clear as an answer of its own. */
function linesOf({ headers, text }: { headers: Headers; text: string }): Line[] | undefined {
  if (headers.get('content-type') !== 'application/x-ndjson') return undefined
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const told = JSON.parse(line) as Line & { detail?: string; etag?: string }
      expect(told.status, line).toBeLessThan(500)
      expect(isFine(told) ? told.etag : told.detail).toBeTruthy()
      return told
    })
}
