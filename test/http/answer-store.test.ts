import { expect, test } from 'vitest'
import { createCodedBody } from '../../src/http/answers/coded-body.ts'
import { codings } from '../../src/http/answers/codings.ts'
import { describe, restore } from '../../src/http/answers/edge.ts'
import { createRecord, type KeptWhole } from '../../src/http/answers/record.ts'
import { AnswerStore } from '../../src/http/answers/store.ts'

function answerOf(size: number, etag = 'W/"x"'): KeptWhole {
  const record = createRecord(
    { etag, lastModified: 1, previous: '' },
    {
      since: 7,
      frameSince: 0,
      seen: 7,
      isGone: false,
      isToKeep: true,
      contentType: 'application/rss+xml; charset=utf-8',
      subject: { kind: 'feed', format: 'rss', path: '/feed.rss' },
      ownHeaders: {},
      isForPersons: false,
    },
  )
  return { record, body: createCodedBody(new TextEncoder().encode('a'.repeat(size))) }
}

function put(store: AnswerStore, key: string, { record, body }: KeptWhole) {
  store.put(key, record, body)
}

/** A store with so much room for entries. */
function storeFor(bytes: number): AnswerStore {
  return new AnswerStore({ capacity: (bytes * 4) / 3, later: () => {} })
}

test('a coding is prepared once per document, however many ask at the same time', async () => {
  const { body } = answerOf(10_000)
  for (const coding of [...codings, undefined]) {
    const [first, second] = await Promise.all([body.in(coding), body.in(coding)])
    expect(second).toBe(first)
    expect(await body.in(coding)).toBe(first)
  }
})

test('a document is held in the codings that were asked for, and in full only when that was', async () => {
  const { body } = answerOf(10_000)
  expect(body.held).toBe(10_000)
  const { length } = await body.in('gzip')
  expect(body.held).toBe(length)
  expect((await body.whole()).length).toBe(10_000)
  expect(body.held).toBe(length)
  expect(new TextDecoder().decode(await body.in(undefined))).toBe('a'.repeat(10_000))
  expect(body.held).toBe(length + 10_000)
  expect((await body.in('br')).length).toBeLessThan(10_000)
})

test('documents are counted as they are held now, coded or not', async () => {
  const kept = storeFor(15_500)
  const both = answerOf(10_000)
  put(kept, 'other', answerOf(10_000))
  await both.body.in('gzip')
  put(kept, 'both', both)
  expect(kept.body('other')).toBeDefined()
  expect(kept.body('both')).toBeDefined()
  await both.body.in(undefined)
  expect(kept.body('both')).toBeDefined()
  put(kept, 'third', answerOf(3000))
  expect(kept.body('other')).toBeUndefined()
})

test('documents that are asked for in another coding are given up in time, without being asked for again', async () => {
  const kept = storeFor(200_000)
  const documents = Array.from({ length: 20 }, () => answerOf(50_000))
  for (const [index, document] of documents.entries()) {
    put(kept, `${index}`, document)
    await document.body.in('gzip')
  }
  const all = documents.map((_, index) => kept.body(`${index}`))
  expect(all.every(Boolean)).toBe(true)
  for (const document of documents) await document.body.in(undefined)
  const held = documents.filter((_, index) => kept.body(`${index}`)).map(({ body }) => body.held)
  expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(200_000)
})

test('bodies are kept within a capacity, and what was not used for longest goes first', () => {
  const kept = storeFor(16_500)
  for (const address of ['a', 'b', 'c', 'd']) put(kept, address, answerOf(1000))
  expect(kept.body('a')).toBeDefined()
  put(kept, 'e', answerOf(1000))
  put(kept, 'f', answerOf(1000))
  // `b` was not asked for since it was put there.
  expect(kept.body('b')).toBeUndefined()
  expect(['a', 'c', 'd', 'e', 'f'].every((address) => kept.body(address))).toBe(true)
  for (let number = 0; number < 1000; number++) put(kept, `${number}`, answerOf(1000))
  const found = Array.from({ length: 1000 }, (_, number) => kept.body(`${number}`))
  expect(found.filter(Boolean).length).toBeLessThan(10)
})

test('bodies are given up before records, which go on answering those who have an edition', () => {
  const kept = storeFor(500_000)
  put(kept, 'first', answerOf(100_000))
  for (let number = 0; number < 10; number++) put(kept, `${number}`, answerOf(100_000))
  expect(kept.body('first')).toBeUndefined()
  expect(kept.record('first')?.etag).toBe('W/"x"')
  for (let number = 0; number < 10_000; number++) put(kept, `${number}`, answerOf(10))
  expect(kept.record('first')).toBeUndefined()
})

test('a record that changes keeps the tags before it, and its body goes with the edition', () => {
  const { record: before } = answerOf(10)
  const making = { ...before, ownHeaders: {}, isForPersons: false, before }
  const after = createRecord({ etag: 'W/"y"', lastModified: 2, previous: '' }, making)
  expect(after.older).toEqual(['W/"x"'])
  const kept = storeFor(10_000)
  const { body } = answerOf(100)
  kept.put('a', before, body)
  kept.put('a', { ...before, since: 8 })
  expect(kept.body('a')).toBe(body)
  kept.put('a', after)
  expect(kept.body('a')).toBeUndefined()
})

test('what is kept of a coding is its bytes and no more', async () => {
  for (const coding of codings) {
    const coded = await answerOf(1000).body.in(coding)
    expect(coded.buffer.byteLength).toBe(coded.length)
  }
})

test('a document larger than all capacity is kept alone, to be answered while the store fails', () => {
  const kept = storeFor(1000)
  put(kept, 'small', answerOf(100))
  put(kept, 'large', answerOf(5000))
  expect(kept.body('large')).toBeDefined()
  expect(kept.body('small')).toBeUndefined()
})

test('an answer comes out of the edge cache as it went in, but belongs to no known state', async () => {
  const { record, body } = answerOf(100)
  const restored = restore(await body.whole(), new Headers(describe(record)))!
  expect(restored.record).toEqual({ ...record, since: 0, isKept: true })
  expect(await restored.body.in(undefined)).toEqual(await body.in(undefined))
})

test('what a version before put into the edge cache is taken for nothing', () => {
  expect(restore(new Uint8Array(), new Headers({ 'X-Document': '{}' }))).toBeUndefined()
})
