import { expect, test } from 'vitest'
import { createCodedBody } from '../../src/http/coded-body.ts'
import { codings } from '../../src/http/codings.ts'
import {
  createKeptDocuments,
  describeDocument,
  type Document,
  restoreDocument,
} from '../../src/http/kept-documents.ts'

function documentOf(size: number): Document {
  return {
    etag: 'W/"x"',
    lastModified: 1,
    oldest: 0,
    previous: '',
    isGone: false,
    body: createCodedBody(new TextEncoder().encode('a'.repeat(size))),
    contentType: 'application/rss+xml; charset=utf-8',
    frameSince: 0,
    since: 7,
    seen: 7,
    isNoted: false,
  }
}

test('a coding is prepared once per document, however many ask at the same time', async () => {
  const { body } = documentOf(10_000)
  for (const coding of [...codings, undefined]) {
    const [first, second] = await Promise.all([body.in(coding), body.in(coding)])
    expect(second).toBe(first)
    expect(await body.in(coding)).toBe(first)
  }
})

test('a document is held in the codings that were asked for, and in full only when that was', async () => {
  const { body } = documentOf(10_000)
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
  const kept = createKeptDocuments(25_000)
  const both = documentOf(10_000)
  kept.put('other', documentOf(10_000))
  await both.body.in('gzip')
  kept.put('both', both)
  expect(kept.get('other')).toBeDefined()
  expect(kept.get('both')).toBeDefined()
  await both.body.in(undefined)
  expect(kept.get('both')).toBeDefined()
  kept.put('third', documentOf(3000))
  expect(kept.get('other')).toBeUndefined()
})

test('documents that are asked for in another coding are given up in time, without being asked for again', async () => {
  const kept = createKeptDocuments(200_000)
  const documents = Array.from({ length: 20 }, () => documentOf(50_000))
  for (const [index, document] of documents.entries()) {
    kept.put(`${index}`, document)
    await document.body.in('gzip')
  }
  const all = documents.map((_, index) => kept.get(`${index}`))
  expect(all.every(Boolean)).toBe(true)
  for (const document of documents) await document.body.in(undefined)
  const held = documents.filter((_, index) => kept.get(`${index}`)).map(({ body }) => body.held)
  expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(200_000)
})

test('documents are kept within a capacity, and what was not used for longest goes first', () => {
  const kept = createKeptDocuments(15_999)
  for (const address of ['a', 'b', 'c', 'd']) kept.put(address, documentOf(1000))
  expect(kept.get('a')).toBeDefined()
  kept.put('e', documentOf(1000))
  expect(kept.get('b')).toBeDefined()
  kept.put('f', documentOf(1000))
  // `c` was not asked for since it was put there.
  expect(kept.get('c')).toBeUndefined()
  expect(['a', 'b', 'd', 'e', 'f'].every((address) => kept.get(address))).toBe(true)
  for (let number = 0; number < 1000; number++) kept.put(`${number}`, documentOf(1000))
  const found = Array.from({ length: 1000 }, (_, number) => kept.get(`${number}`))
  expect(found.filter(Boolean)).toHaveLength(5)
})

test('what is kept of a coding is its bytes and no more', async () => {
  for (const coding of codings) {
    const coded = await documentOf(1000).body.in(coding)
    expect(coded.buffer.byteLength).toBe(coded.length)
  }
})

test('documents without bytes are given up as well', () => {
  const kept = createKeptDocuments(20_000)
  for (let number = 0; number < 1000; number++) kept.put(`${number}`, documentOf(0))
  expect(kept.get('0')).toBeUndefined()
})

test('a document larger than all capacity is kept alone, to be answered while the store fails', () => {
  const kept = createKeptDocuments(1000)
  kept.put('small', documentOf(100))
  kept.put('large', documentOf(5000))
  expect(kept.get('large')).toBeDefined()
  expect(kept.get('small')).toBeUndefined()
})

test('a document comes out of a reserve as it went in, but belongs to no known state', async () => {
  const { since: _, isNoted: _isNoted, body, ...document } = documentOf(100)
  const headers = new Headers(describeDocument(documentOf(100)))
  const restored = restoreDocument(await body.whole(), headers)
  expect(restored).toMatchObject({ ...document, since: 0 })
  expect(await restored.body.in(undefined)).toEqual(await body.in(undefined))
})
