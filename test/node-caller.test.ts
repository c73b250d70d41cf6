// Calls to real servers on this machine, which HUB_ALLOW names, at names that a resolver of the test knows.
import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import {
  type AddressInfo,
  createServer as createPlainServer,
  type Server as PlainServer,
} from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { NodeCaller } from '../src/node-caller.ts'
import { readAllowList } from '../src/websub/callback-address.ts'
import type { CallAnswer, CallRequest } from '../src/websub/caller.ts'
import { answerCall, dripOften, seen } from './called-server.ts'
import certificates from './fixtures/certificates.json' with { type: 'json' }
import { until } from './server.ts'

const { key, certificate, expired } = certificates

const servers = {
  plain: createServer(answerCall),
  secure: createSecureServer({ key, cert: certificate }, answerCall),
  outdated: createSecureServer({ key, cert: expired }, answerCall),
  onlyIpv6: createServer(answerCall),
  /** Accepts connections and says nothing. */
  mute: createPlainServer((socket) => sockets.push(socket)),
  /** Goes on with headers. */
  dripping: createPlainServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = dripOften(() => socket.write('X-Header: a\r\n'))
    socket.on('close', () => clearInterval(timer)).on('error', () => {})
  }),
  /** Closes every connection at once. */
  rude: createPlainServer((socket) => socket.destroy()),
}
const sockets: { destroy(): void }[] = []
/** How many connections came to each server. */
const connections = Object.fromEntries(Object.keys(servers).map((name) => [name, 0]))
const portOf = (server: PlainServer | Server) => (server.address() as AddressInfo).port
const at = (name: keyof typeof servers, path: string, host = '127.0.0.1') =>
  `${/secure|outdated/.test(name) ? 'https' : 'http'}://${host}:${portOf(servers[name])}${path}`

/** What names resolve to, one answer after the other. */
let names: Record<string, string[][]> = {}
let asked: string[] = []
const resolve = async (host: string) => {
  asked.push(host)
  if (/^\d+\.reader/.test(host)) return ['127.0.0.1']
  const [first = [], ...rest] = names[host] ?? []
  if (rest.length > 0) names[host] = rest
  return first
}

let callers: NodeCaller[] = []
function callerFor(allow: string, authorities: string | undefined = certificate): NodeCaller {
  const rules = { ownHost: 'releases.example.org', allowed: readAllowList(allow) }
  const caller = new NodeCaller(rules, { resolve, ...(authorities && { authorities }) })
  callers.push(caller)
  return caller
}

const get = (address: string): CallRequest => ({
  method: 'GET',
  address,
  headers: {},
  wholeBodyLimit: 1024,
})
const post = (address: string, body = 'news'): CallRequest => ({
  method: 'POST',
  address,
  headers: { 'Content-Type': 'application/atom+xml; charset=utf-8', 'X-Hub-Signature': 'sha256=a' },
  body: new TextEncoder().encode(body),
  wholeBodyLimit: 4096,
})
const ok = (body: string): CallAnswer => ({ status: 200, body })

beforeAll(async () => {
  for (const [name, server] of Object.entries(servers)) {
    server.on('connection', () => connections[name]!++)
    await new Promise<void>((resolve) =>
      server.listen(0, name === 'onlyIpv6' ? '::1' : '0.0.0.0', resolve),
    )
  }
})
beforeEach(() => {
  names = {}
  asked = []
  seen.served = []
  for (const name of Object.keys(connections)) connections[name] = 0
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  for (const caller of callers) caller.end()
  callers = []
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of Object.values(servers)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})

const noConnections = () => expect(Object.values(connections).some(Boolean)).toBe(false)

test('a push arrives as it is, and its answer comes back', async () => {
  const caller = callerFor('127.0.0.1')
  expect(await caller.call(post(at('plain', '/echo?k=a%2Fb+c&%7E')))).toEqual(ok('news'))
  expect(seen.served).toEqual(['/echo?k=a%2Fb+c&%7E'])
  const { body } = (await caller.call(post(at('plain', '/headers')))) as { body: string }
  expect(JSON.parse(body)).toEqual({
    'content-type': 'application/atom+xml; charset=utf-8',
    'x-hub-signature': 'sha256=a',
    'content-length': '4',
    host: `127.0.0.1:${portOf(servers.plain)}`,
    connection: 'keep-alive',
  })
  expect(await caller.call(get(at('plain', '/busy')))).toEqual({
    status: 429,
    retryAfter: '60',
    body: 'Later',
  })
  expect(await caller.call(post(at('plain', '/gone')))).toEqual({ status: 410, body: '' })
})

test('a subscriber is called by https, and its certificate has to be right (W-61)', async () => {
  names = { 'reader.example': [['127.0.0.1']], 'other.example': [['127.0.0.1']] }
  const caller = callerFor('127.0.0.1')
  expect(await caller.call(post(at('secure', '/echo', 'reader.example')))).toEqual(ok('news'))
  expect(await caller.call(post(at('secure', '/echo', 'other.example')))).toEqual({
    failed: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  expect(await caller.call(post(at('outdated', '/echo', 'reader.example')))).toEqual({
    failed: 'CERT_HAS_EXPIRED',
  })
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const trusting = callerFor('127.0.0.1', '')
  expect(await trusting.call(post(at('secure', '/echo', 'reader.example')))).toEqual({
    failed: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  vi.unstubAllEnvs()
  expect(seen.served).toEqual(['/echo'])
})

test('a subscriber that has only IPv6 is reached, and one of whose addresses one is dead (W-61)', async () => {
  names = { 'reader.example': [['::1']], 'both.example': [['127.0.0.1', '::1']] }
  const caller = callerFor('127.0.0.1, ::1')
  expect(await caller.call(post(at('onlyIpv6', '/echo', 'reader.example')))).toEqual(ok('news'))
  expect(await caller.call(post(at('onlyIpv6', '/echo', '[::1]')))).toEqual(ok('news'))
  // Nothing listens at this port of 127.0.0.1.
  expect(await caller.call(post(at('onlyIpv6', '/echo', 'both.example')))).toEqual(ok('news'))
})

test('where HUB_ALLOW is set, names are found that only this machine knows (W-69)', async () => {
  for (const allow of ['localhost', '127.0.0.1, ::1']) {
    const rules = { ownHost: 'releases.example.org', allowed: readAllowList(allow) }
    const caller = new NodeCaller(rules)
    callers.push(caller)
    expect(await caller.call(post(at('plain', '/echo', 'localhost'))), allow).toEqual(ok('news'))
    expect(await caller.call(post(at('plain', '/echo', 'reader.invalid')))).toEqual({
      failed: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    })
  }
})

/** One address of each range of W-67. */
const forbidden = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.168.0.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
]

test('nothing that is not public is connected to, as literal or by name (W-22, W-67)', async () => {
  const caller = callerFor('')
  const refused = { failed: 'the callback must be at a public host' }
  for (const address of forbidden) {
    const literal = address.includes(':') ? `[${address}]` : address
    expect(await caller.call(post(at('plain', '/echo', literal))), literal).toEqual(refused)
    names = { 'reader.example': [[address]], 'both.example': [['93.184.216.34', address]] }
    for (const host of ['reader.example', 'reader.example.', 'both.example']) {
      names[host] ??= [[address]]
      expect(await caller.call(post(at('plain', '/echo', host))), address).toEqual(refused)
      expect(await caller.call(post(at('secure', '/echo', host))), address).toEqual(refused)
    }
  }
  noConnections()
})

test('no spelling of 127.0.0.1 is connected to (W-67)', async () => {
  const caller = callerFor('')
  for (const host of [
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '127.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::7f00:1]',
    'localhost',
    'localhost.',
    'a.localhost',
    'LocalHost',
  ]) {
    for (const name of ['plain', 'secure'] as const) {
      expect(await caller.call(post(at(name, '/echo', host))), host).toEqual({
        failed: 'the callback must be at a public host',
      })
    }
  }
  expect(asked).toEqual([])
  noConnections()
})

test('the connection goes to the addresses that were checked, whatever the name resolves to next (W-67)', async () => {
  const caller = callerFor('127.0.0.1')
  names = { 'reader.example': [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']] }
  const push = () => caller.call(post(at('mute', '/echo', 'reader.example')))
  const first = push()
  await until(() => connections.mute === 1)
  expect(asked).toEqual(['reader.example'])
  expect(await push()).toEqual({ failed: 'the callback must be at a public host' })
  expect(connections.mute).toBe(1)
  caller.end()
  await first
})

test('a redirect is an answer, and nobody goes there (W-22, W-61)', async () => {
  const caller = callerFor('127.0.0.1')
  expect(await caller.call(post(at('plain', '/elsewhere')))).toMatchObject({ status: 307 })
  expect(seen.served).toEqual(['/elsewhere'])
})

test('proxies that the environment names are not asked (W-67)', async () => {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
    vi.stubEnv(name, at('mute', ''))
  }
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  const caller = callerFor('127.0.0.1')
  expect(await caller.call(post(at('plain', '/echo')))).toEqual(ok('news'))
  expect(await caller.call(post(at('secure', '/echo')))).toEqual(ok('news'))
  vi.unstubAllEnvs()
  expect(connections.mute).toBe(0)
})

test('the hub is not called, nor what no port of the web is, nor what is no address', async () => {
  const caller = callerFor('')
  for (const [address, failed] of [
    ['https://releases.example.org/hub', 'the callback must not be at the host of the hub itself'],
    ['http://reader.example:25/', 'the callback must have the port 80, 443, or one from 1024 on'],
    ['ftp://reader.example/', 'the callback must begin with http:// or https://'],
    ['reader.example', 'the callback is no address'],
  ]) {
    expect(await caller.call(post(address!))).toEqual({ failed })
  }
  expect(asked).toEqual([])
})

test('of an answer no more is read than was wanted (W-61)', async () => {
  const caller = callerFor('127.0.0.1')
  for (const name of ['plain', 'secure'] as const) {
    expect(await caller.call(post(at(name, '/endless')))).toEqual(ok('a'.repeat(4096)))
    expect(await caller.call(get(at(name, '/endless')))).toEqual(ok('a'.repeat(1024)))
    expect(await caller.call(post(at(name, '/exactly')))).toEqual(ok('a'.repeat(4096)))
  }
  // Nor is the rest of it read away: only what the connections hold was written.
  expect(seen.written).toBeLessThan(100_000_000)
  expect(await caller.call(post(at('plain', '/large-headers')))).toEqual({
    failed: 'HPE_HEADER_OVERFLOW',
  })
})

test('an answer that goes over to another protocol ends the call', async () => {
  const caller = callerFor('127.0.0.1')
  const failed = { failed: 'no answer in HTTP' }
  expect(await caller.call(get(at('plain', '/upgrade')))).toEqual(failed)
  expect(await caller.call(post(at('secure', '/upgrade')))).toEqual(failed)
})

test('an answer that breaks off counts as far as it came', async () => {
  const caller = callerFor('127.0.0.1')
  expect(await caller.call(post(at('plain', '/cut')))).toEqual(ok('cut'))
})

/**
 * Makes the clock stand, and returns how many limits of calls run. A timer counts when the caller started it, as
 * requests that other files left behind in this process have timers, too.
 */
function stopClock(): () => number {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { setTimeout: start, clearTimeout: stop } = globalThis
  const running = new Set<unknown>()
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback: () => void, delay?: number) => {
    const timer = start(() => {
      running.delete(timer)
      callback()
    }, delay)
    if (new Error().stack!.includes('/src/node-caller.ts')) running.add(timer)
    return timer
  })
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    running.delete(timer)
    stop(timer)
  })
  return () => running.size
}

/** Waits where the clock stands. */
async function come(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

test('who is silent or slow is given up after fifteen seconds, and after ten when it is to verify (W-57, W-61)', async () => {
  const limitsRunning = stopClock()
  const caller = callerFor('127.0.0.1')
  const came: [number, CallAnswer][] = []
  const calls = [
    get(at('plain', '/silent')),
    get(at('secure', '/dripping')),
    get(at('dripping', '/')),
    post(at('secure', '/silent')),
    post(at('plain', '/dripping')),
    post(at('dripping', '/')),
  ].map(async (request, index) => came.push([index, await caller.call(request)]))
  // Each is connected, so that only the limit of the whole runs, and answers have begun.
  await come(() => seen.served.length === 4 && connections.dripping === 2 && limitsRunning() === 6)
  seen.drips = 0
  await come(() => seen.drips > 20)
  const begun = { status: 200, body: expect.stringMatching(/^a*$/) as string }
  const sorted = () => came.toSorted(([one], [other]) => one - other).map(([, answer]) => answer)
  await vi.advanceTimersByTimeAsync(9999)
  expect(came).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  await come(() => came.length === 3)
  const late = { failed: 'no answer within 10 seconds' }
  expect(sorted()).toEqual([late, begun, late])
  await vi.advanceTimersByTimeAsync(4999)
  expect(came).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all(calls)
  const later = { failed: 'no answer within 15 seconds' }
  expect(sorted().slice(3)).toEqual([later, begun, later])
  expect(limitsRunning()).toBe(0)
})

test('who does not finish to connect, or whose name is not found, is given up after five seconds (W-61)', async () => {
  const limitsRunning = stopClock()
  const rules = { ownHost: 'releases.example.org', allowed: readAllowList('127.0.0.1') }
  const unresolved = new NodeCaller(rules, { resolve: () => new Promise(() => {}) })
  callers.push(unresolved)
  const calls = [
    callerFor('127.0.0.1').call(post(`https://127.0.0.1:${portOf(servers.mute)}/`)),
    unresolved.call(post('http://reader.example/')),
  ]
  await come(() => connections.mute === 1 && limitsRunning() === 4)
  await vi.advanceTimersByTimeAsync(5000)
  const failed = { failed: 'no connection within 5 seconds' }
  expect(await Promise.all(calls)).toEqual([failed, failed])
})

test('what fails is told in a few words, without the address of the callback (W-60)', async () => {
  const caller = callerFor('127.0.0.1')
  const closed = createPlainServer()
  await new Promise<void>((resolve) => closed.listen(0, resolve))
  const port = portOf(closed)
  await new Promise((resolve) => closed.close(resolve))
  names = { 'dead.example': [['127.0.0.1']] }
  for (const [address, failed] of [
    [`http://127.0.0.1:${port}/secret-path`, 'ECONNREFUSED'],
    [`https://dead.example:${port}/secret-path`, 'ECONNREFUSED'],
    ['http://unknown.example/secret-path', 'the host has no address'],
    [at('rude', '/secret-path'), 'ECONNRESET'],
  ]) {
    expect(await caller.call(post(address!)), address).toEqual({ failed })
  }
})

test('the next call to a host goes over the same connection (W-61)', async () => {
  names = { 'reader.example': [['127.0.0.1']] }
  const caller = callerFor('127.0.0.1')
  for (let call = 0; call < 5; call++) {
    expect(await caller.call(post(at('plain', '/echo', 'reader.example')))).toEqual(ok('news'))
    expect(await caller.call(post(at('secure', '/echo', 'reader.example')))).toEqual(ok('news'))
  }
  expect(connections).toMatchObject({ plain: 1, secure: 1 })
})

test('a connection that the subscriber has closed in the meantime is replaced by another', async () => {
  const caller = callerFor('127.0.0.1')
  let isTired = false
  const server = createServer((_, response) => {
    response.end('here')
    isTired = true
  })
  // Resets the second request on each connection, before the caller could see that it is closed.
  server.on('connection', (socket) => {
    let requests = 0
    socket.on('data', () => {
      if (++requests > 1) socket.resetAndDestroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${portOf(server)}/`
  for (let call = 0; call < 3; call++) expect(await caller.call(post(address))).toEqual(ok('here'))
  expect(isTired).toBe(true)
  server.close()
})

test('there are never more than eighty connections, and few that wait for the next call (W-62)', async () => {
  const caller = callerFor('127.0.0.1')
  let open = 0
  let most = 0
  const waiting: ServerResponse[] = []
  const server = createServer((_, response) => void waiting.push(response))
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => {
    most = Math.max(most, ++open)
    socket.on('close', () => open--)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const callAll = (group: number, hosts: number) =>
    Array.from({ length: hosts }, (_, index) =>
      caller.call(post(`http://${index}.reader${group}.example:${portOf(server)}/`)),
    )
  const first = callAll(1, 100)
  await until(() => waiting.length === 80)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([waiting.length, open]).toEqual([80, 80])
  server.on('request', () => {
    for (const response of waiting.splice(0)) response.end('done')
  })
  for (const response of waiting.splice(0)) response.end('done')
  const answers = [...(await Promise.all(first)), ...(await Promise.all(callAll(2, 100)))]
  expect(answers).toEqual(Array(200).fill(ok('done')))
  // The other side hears a moment later that one was closed.
  expect(most).toBeLessThan(100)
  const ended = Date.now()
  expect(await caller.call(post(`http://1.reader3.example:${portOf(server)}/`))).toEqual(ok('done'))
  await until(() => open <= 31)
  // All are closed after 15 seconds.
  expect(Date.now() - ended).toBeLessThan(12_000)
  server.closeAllConnections()
  server.close()
})

test('when the service stops, calls end and no others begin', async () => {
  const caller = callerFor('127.0.0.1')
  const calls = [
    caller.call(post(at('plain', '/silent'))),
    caller.call(post(at('mute', '/'))),
    caller.call(post(`https://127.0.0.1:${portOf(servers.mute)}/`)),
  ]
  await until(() => seen.served.length === 1 && connections.mute === 2)
  // Of these most wait for their turn.
  const more = Array.from({ length: 700 }, () => caller.call(post(at('mute', '/'))))
  caller.end()
  const stopped = { failed: 'the service stops' }
  expect(await Promise.all([...calls, ...more])).toEqual(Array.from({ length: 703 }, () => stopped))
  expect(await caller.call(post(at('plain', '/echo')))).toEqual(stopped)
  expect(seen.served).toEqual(['/silent'])
})
