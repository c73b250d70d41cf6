// Every endpoint of the OpenAPI document, asked with what it describes and with what nobody would
// send. FUZZ=20000 npm test -- fuzz asks so often.
import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeFolder } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'

const runs = Number(process.env.FUZZ ?? 400)
const secret = 'a-secret-of-the-newsroom'

type Schema = {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  enum?: string[]
  anyOf?: Schema[]
}
type Operation = {
  parameters?: { in: string; name: string }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
}

let directory: string
let press: Awaited<ReturnType<typeof nodePress>>
let operations: { method: string; path: string; operation: Operation }[]

beforeAll(async () => {
  directory = writeFolder({
    'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
`,
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': '---\ntitle: A\npublished: 2024-01-24\n---\nText.\n',
  })
  press = await nodePress(directory, hurriedClock())
  const document = (await (await press.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return { method: method.toUpperCase(), path, operation }
    }),
  )
})
afterAll(async () => {
  await press.close()
  rmSync(directory, { recursive: true, force: true })
})

const strange = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u202e right to left',
    'e\u0301'.repeat(50),
    '../../etc/passwd',
    '%00',
    '%2F..%2F',
    '<script>alert(1)</script>',
    '__proto__',
    'constructor',
    'x'.repeat(5000),
    "'; drop table release; --",
    '1e999',
    '9999-12-31T23:59:59Z',
    '0000-00-00',
    'urn:x:1',
    'en',
    'eu',
    'a',
    'https://example.org/',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

const anything: fc.Arbitrary<unknown> = fc.oneof(
  strange,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(nested(500)),
  fc.array(strange, { maxLength: 5 }),
)

/** What a schema describes, mostly; and now and then anything at all. */
function like(schema: Schema = {}): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: described(schema) }, { weight: 1, arbitrary: anything })
}

function described({
  type,
  properties,
  items,
  enum: values,
  anyOf,
}: Schema): fc.Arbitrary<unknown> {
  if (values) return fc.constantFrom(...values)
  if (anyOf) return fc.oneof(...anyOf.map((one) => like(one)))
  if (items) return fc.array(like(items), { maxLength: 3 })
  if (properties) {
    const fields = Object.entries(properties).map(([name, one]) => [name, like(one)] as const)
    const known = fc.record(Object.fromEntries(fields), { requiredKeys: [] })
    const more = fc.dictionary(strange, anything, { maxKeys: 1 })
    return fc.tuple(known, more, fc.integer({ max: 5, min: 0 })).map(([one, other, dice]) => {
      return dice === 0 ? { ...one, ...other } : one
    })
  }
  if (type === 'string') {
    const plain = fc.constantFrom('Ministers meet', 'eu', 'ministers', '2024-01-24T09:00:00Z')
    return fc.oneof(plain, strange)
  }
  return anything
}

const request = fc
  .tuple(fc.nat(), fc.infiniteStream(fc.nat({ max: 99 })), fc.infiniteStream(strange))
  .chain(([index, dice, words]) => {
    const { method, path, operation } = operations[index % operations.length]!
    const chance = (percent: number) => dice.next().value < percent
    const word = () => encoded(words.next().value)
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (chance(15)) return word()
      const usual = { slug: 'ministers', language: 'en', path: 'a.txt' }[name] ?? 'x'
      return chance(50) ? usual : usual.replace('ministers', 'others')
    })
    const asked = (operation.parameters ?? []).filter(() => chance(15))
    const query = asked.filter((one) => one.in === 'query').map(({ name }) => `${name}=${word()}`)
    const headers = asked.filter((one) => one.in === 'header').map(({ name }) => [name, word()])
    const [[type, content] = ['application/json', {}]] = Object.entries(
      operation.requestBody?.content ?? {},
    )
    return fc.record({
      method: fc.constant(method),
      path: fc.constant(`${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`),
      headers: fc.constant({
        ...(!chance(3) && { Authorization: `Bearer ${secret}` }),
        'Content-Type': chance(5) ? 'text/plain' : type,
        // No test is to be slowed down for what it guesses.
        'X-Forwarded-For': word(),
        ...Object.fromEntries(headers),
      } as Record<string, string>),
      body: method === 'GET' ? fc.constant(undefined) : bodyOf(type, content.schema),
    })
  })

function bodyOf(type: string, schema: Schema | undefined): fc.Arbitrary<string | Uint8Array> {
  const json = like(schema).map((value) => JSON.stringify(value) ?? 'undefined')
  const lines = fc.array(json, { maxLength: 5 }).map((some) => some.join('\n'))
  const usual = type.includes('ndjson') ? lines : json
  const broken = fc.constantFrom(
    '{"title": "a", "title": "b", "body": {"html": "x"}, "__proto__": {"title": "c"}}',
    '{"title": 1e999}',
    '{"title": ',
    '['.repeat(10_000),
    '{"a":'.repeat(10_000),
    'null',
    '""',
    '%PDF-1.4',
  )
  const noText = fc.constant(new Uint8Array([0xff, 0xfe, 0x7b, 0xc0]))
  return fc.oneof({ weight: 8, arbitrary: usual }, broken, noText)
}

test(
  'whatever is sent, there is no 5xx, no change without 2xx, and every error says what it is',
  async () => {
    const statuses = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, headers, body }) => {
        const before = await stateOf()
        const answer = await press.fetch(path, {
          method,
          headers,
          ...(body !== undefined && { body: body as string }),
        })
        const text = await answer.text()
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        expect(answer.status).toBeLessThan(500)
        expect(text).not.toContain(secret)
        if (answer.status >= 400) {
          expect(answer.headers.get('content-type')).toBe('application/problem+json')
          expect(JSON.parse(text)).toMatchObject({ status: answer.status })
          expect(await stateOf()).toBe(before)
        }
        if (/"change":"(created|revised)"/.test(text) && !path.includes('dry-run')) {
          expect(answer.status).toBeLessThan(300)
        } else expect(await stateOf()).toBe(before)
      }),
      { numRuns: runs, seed: 4711, endOnFailure: false },
    )
    if (process.env.FUZZ) console.log(Object.fromEntries(statuses))
    // It is not all refused at the door.
    expect(statuses.get(200)).toBeGreaterThan(runs / 20)
    expect(statuses.get(422)).toBeGreaterThan(runs / 50)
    expect((await press.fetch('/feed.atom')).status).toBe(200)
  },
  30_000 + runs * 50,
)

/** All that the API shows of releases, and the revision of the vocabulary. */
async function stateOf(): Promise<string> {
  const headers = { Authorization: `Bearer ${secret}` }
  const list = await (await press.fetch('/api/releases', { headers })).text()
  return list + (await (await press.fetch('/topics.json')).text())
}

function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { value }
  return value
}

/** As a client can send it at all. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
