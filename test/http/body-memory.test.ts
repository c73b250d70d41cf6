// How many bytes of bodies are read and worked on at once, whoever sends them.
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DomainError } from '../../src/domain/errors.ts'
import {
  bytesOf,
  createBodyMemory,
  keepOnly,
  releaseMemory,
  reserveMemory,
} from '../../src/http/api/body-memory.ts'
import { writeFolder } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'

const patience = 30

test('a body takes what it announces, and one that announces nothing as much as any may have', () => {
  const bytes = (method: string, headers: Record<string, string>, body?: string) =>
    bytesOf(new Request('https://a.example', { method, headers, ...(body && { body }) }))
  expect(bytes('GET', {})).toBe(0)
  expect(bytes('PUT', {})).toBe(0)
  expect(bytes('PUT', { 'Content-Length': '3' }, 'abc')).toBe(3)
  expect(bytes('PUT', { 'Content-Length': '99999999999' }, 'abc')).toBe(25_000_000)
  expect(bytes('PUT', {}, 'abc')).toBe(25_000_000)
})

test('whoever comes first is let in first, and never more than fits', async () => {
  const memory = createBodyMemory(10)
  const order: number[] = []
  let most = 0
  const bytes = [4, 10, 1, 5, 5, 2, 10, 3]
  const visits = bytes.map(async (each, index) => {
    const reservation = await reserveMemory(memory, each)
    order.push(index)
    most = Math.max(most, memory.taken)
    await new Promise((resolve) => setTimeout(resolve, 5))
    releaseMemory(reservation)
  })
  await Promise.all(visits)
  expect(order).toEqual(bytes.map((_, index) => index))
  expect(most).toBe(10)
  expect(memory).toMatchObject({ taken: 0, waiting: [] })
})

test('who waits too long is told when to come again, and those behind go on', async () => {
  const memory = createBodyMemory(10)
  await reserveMemory(memory, 8)
  const large = reserveMemory(memory, 10, patience).catch((error: unknown) => error)
  const small = reserveMemory(memory, 2, 10_000)
  expect(memory.taken).toBe(8)
  const error = await large
  await small
  expect(error).toBeInstanceOf(DomainError)
  expect(error).toMatchObject({ code: 'unavailable', details: { retryAfter: 10 } })
  expect(memory).toMatchObject({ taken: 10, waiting: [] })
})

test('what turns out smaller than it might have been gives memory back at once', async () => {
  const memory = createBodyMemory(10)
  const reservation = await reserveMemory(memory, 10)
  const next = reserveMemory(memory, 7)
  keepOnly(reservation, 3)
  await next
  expect(memory.taken).toBe(10)
  keepOnly(reservation, 4)
  expect(memory.taken).toBe(10)
  releaseMemory(reservation)
  releaseMemory(reservation)
  expect(memory.taken).toBe(7)
})

const files = {
  'releases/a.en.md': '---\ntitle: A\npublished: 2024-01-24T09:00\n---\nText.\n',
}

/** A body that comes in parts, and counts in `opened` those of its kind that are being read. */
function countedBody(bytes: Uint8Array, opened: { now: number; most: number }) {
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at === 0) opened.most = Math.max(opened.most, ++opened.now)
        await new Promise((resolve) => setTimeout(resolve, 1))
        controller.enqueue(bytes.subarray(at, at + 1_000_000))
        at += 1_000_000
        if (at < bytes.length) return
        opened.now--
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

test('many large bodies at once wait unread for each other, and each is answered for itself', async () => {
  const directory = writeFolder(files)
  const press = await nodePress(directory, hurriedClock())
  const opened = { now: 0, most: 0 }
  const send = (index: number, token: string, body: string | ReadableStream) =>
    press.fetch(`/api/releases/large-${index}/en?dry-run`, {
      method: 'PUT',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Content-Length': '4000000',
      },
      body,
      duplex: 'half',
    })
  const written = JSON.stringify({ title: 'Large', topics: [], body: { markdown: 'Text.' } })
  const bytes = new TextEncoder().encode(written.padEnd(4_000_000))
  const answers = Array.from({ length: 9 }, (_, index) =>
    send(index, 'a-secret-of-the-newsroom', countedBody(bytes, opened)),
  )
  // Strangers take no memory: they are refused while others wait.
  const stranger = await send(99, 'guessed', 'x')
  expect(stranger.status).toBe(401)
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses).toEqual(statuses.map(() => 200))
  expect(opened).toEqual({ now: 0, most: 7 })
  const broken = () =>
    new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })
  // What breaks off, or is refused, gives its memory back.
  const refused = Array.from({ length: 12 }, (_, index) =>
    send(index, 'a-secret-of-the-newsroom', index < 11 ? broken() : 'not JSON'),
  )
  for (const answer of await Promise.all(refused)) expect(answer.status).toBe(400)
  const after = await send(1, 'a-secret-of-the-newsroom', countedBody(bytes, opened))
  expect(after.status).toBe(200)
  await press.close()
  rmSync(directory, { recursive: true, force: true })
})
