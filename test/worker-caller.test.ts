// Calls from a Worker, in workerd, and where time has to pass in this process.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { bundleWorker } from '../src/bundle-worker.ts'
import { WorkerCaller } from '../src/worker-caller.ts'
import { readAllowList } from '../src/websub/callback-address.ts'
import type { CallAnswer } from '../src/websub/caller.ts'
import { answerCall, seen } from './called-server.ts'
import { workerSettings } from './worker-settings.ts'
import type { ToldCall } from './worker-caller-entry.ts'

let connections = 0
const server = createServer(answerCall)
server.on('connection', () => {
  connections++
})

let workplace: string
let worker: { dispatchFetch: (url: string, init: object) => unknown; dispose: () => Promise<void> }
const at = (path: string, host = '127.0.0.1') =>
  `http://${host}:${(server.address() as AddressInfo).port}${path}`

beforeAll(async () => {
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  await new Promise<void>((resolve) => server.listen(0, resolve))
  workplace = mkdtempSync(join(tmpdir(), 'tiedote-caller-'))
  await bundleWorker(workplace, join(import.meta.dirname, 'worker-caller-entry.ts'))
  const { compatibilityDate, compatibilityFlags } = workerSettings(workplace)
  worker = new Miniflare(
    convertV4MiniflareOptions({
      handleStructuredLogs: () => {},
      modules: true,
      modulesRoot: workplace,
      scriptPath: join(workplace, 'worker.js'),
      compatibilityDate,
      compatibilityFlags,
    }),
  )
})
beforeEach(() => {
  seen.served = []
  connections = 0
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})
afterAll(async () => {
  await worker.dispose()
  server.closeAllConnections()
  server.close()
  rmSync(workplace, { recursive: true, force: true })
})

/** What a Worker gets that calls a path of the server, or another address. */
async function call(path: string, more: Partial<ToldCall> = {}): Promise<CallAnswer> {
  const address = path.startsWith('/') ? at(path) : path
  const told = { method: 'POST', address, headers: {}, wholeBodyLimit: 4096, allow: '127.0.0.1' }
  const body = JSON.stringify({ ...told, ...more })
  const answer = (await worker.dispatchFetch('http://a/', { method: 'POST', body })) as Response
  return (await answer.json()) as CallAnswer
}

test('a push arrives as it is, and its answer comes back', async () => {
  expect(await call('/echo?k=a%2Fb+c&%7E', { body: 'news' })).toEqual({ status: 200, body: 'news' })
  expect(seen.served).toEqual(['/echo?k=a%2Fb+c&%7E'])
  const headers = { 'Content-Type': 'application/rss+xml; charset=utf-8', 'X-Hub-Signature': 'a=b' }
  const { body } = (await call('/headers', { headers, body: 'news' })) as { body: string }
  expect(JSON.parse(body)).toMatchObject({
    'content-type': 'application/rss+xml; charset=utf-8',
    'x-hub-signature': 'a=b',
    'content-length': '4',
  })
  expect(await call('/busy')).toEqual({ status: 429, retryAfter: '60', body: 'Later' })
})

test('a redirect is an answer, and nobody goes there (W-61, W-68)', async () => {
  expect(await call('/elsewhere')).toMatchObject({ status: 307 })
  expect(seen.served).toEqual(['/elsewhere'])
})

test('of an answer no more is read than was wanted (W-61)', async () => {
  expect(await call('/endless')).toEqual({ status: 200, body: 'a'.repeat(4096) })
  expect(await call('/endless', { method: 'GET', wholeBodyLimit: 1024 })).toEqual({
    status: 200,
    body: 'a'.repeat(1024),
  })
  expect(await call('/cut')).toEqual({ status: 200, body: 'cut' })
})

test('literals, names of the local network and the hub itself are not called (W-68)', async () => {
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
  ]) {
    const failed = { failed: 'the callback must be at a public host' }
    expect(await call(at('/echo', host), { allow: '' }), host).toEqual(failed)
  }
  expect(await call('https://8.8.8.8/')).toEqual({
    failed: 'the callback must be at a host with a name',
  })
  expect(await call('https://releases.example.org/hub')).toEqual({
    failed: 'the callback must not be at the host of the hub itself',
  })
  expect(connections).toBe(0)
})

test('what fails is told without the address of the callback (W-60)', async () => {
  for (const address of ['http://127.0.0.1:1024/secret', 'https://unknown.invalid/secret']) {
    expect(await call(address)).toEqual({ failed: 'unreached' })
  }
})

test('who is silent or slow is given up after fifteen seconds, and after ten when it is to verify (W-57, W-61)', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const rules = { ownHost: 'releases.example.org', allowed: readAllowList('127.0.0.1') }
  const caller = new WorkerCaller(rules)
  const fetched = vi.spyOn(globalThis, 'fetch')
  const came: CallAnswer[] = []
  const ask = async (method: 'GET' | 'POST', path: string) => {
    const request = { method, address: at(path), headers: {}, wholeBodyLimit: 4096 }
    came.push(await caller.call(request))
  }
  const come = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }
  const slow = ask('GET', '/dripping')
  const silent = ask('POST', '/silent')
  await come(() => seen.served.length === 2 && seen.drips > 20)
  // On a busy machine its beginning may not have come yet.
  await fetched.mock.results[0]!.value
  await vi.advanceTimersByTimeAsync(9999)
  expect(came).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  await slow
  expect(came).toEqual([{ status: 200, body: expect.stringMatching(/^a*$/) }])
  await vi.advanceTimersByTimeAsync(4999)
  expect(came).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  await silent
  expect(came[1]).toEqual({ failed: 'no answer within 15 seconds' })
})
