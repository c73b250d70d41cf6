// Whose token it is, and how those are slowed down who guess.
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { DomainError, refusable } from '../../src/domain/errors.ts'
import { Authentication } from '../../src/http/api/authentication.ts'
import { clientAtSocket } from '../../src/http/client.ts'

const tokens = [{ name: 'newsroom', secret: 'a-secret-of-the-newsroom' }]

test('who sends a hundred guesses at once is answered for ten of them', async () => {
  let now = 1000
  const authentication = new Authentication(tokens, { now: () => now, passed: async () => {} })
  const guess = async (secret: string, client: string) => {
    const author = await refusable(() => authentication.authenticate(`Bearer ${secret}`, client))
    return author instanceof DomainError ? author.code : author.name
  }
  const guesses = Array.from({ length: 100 }, (_, index) => guess(`guess-${index}`, 'stranger'))
  const told = await Promise.all(guesses)
  expect(told.filter((one) => one === 'unknown')).toHaveLength(10)
  expect(told.filter((one) => one === 'too-often')).toHaveLength(90)
  expect(await guess('a-secret-of-the-newsroom', 'stranger')).toBe('too-often')
  expect(await guess('a-secret-of-the-newsroom', 'somebody else')).toBe('newsroom')
  now += 60
  expect(await guess('a-secret-of-the-newsroom', 'stranger')).toBe('newsroom')
  // Nobody waits for as long as a clock was ahead.
  for (let times = 0; times < 10; times++) await guess('guess', 'stranger')
  expect(await guess('a-secret-of-the-newsroom', 'stranger')).toBe('too-often')
  now -= 3600
  expect(await guess('a-secret-of-the-newsroom', 'stranger')).toBe('newsroom')
})

test('the scheme is read in any case, and nothing but a token behind it (RFC 9110 section 11.1)', async () => {
  const { secret } = tokens[0]!
  const authentication = new Authentication(tokens, { now: () => 0, passed: async () => {} })
  const isKnown = async (header: string) =>
    !((await refusable(() => authentication.authenticate(header, ''))) instanceof DomainError)
  for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
    expect(await isKnown(`${scheme} ${secret}`), scheme).toBe(true)
  }
  for (const header of [secret, `Basic ${secret}`, `Bearer ${secret} x`, `Bearer ${secret}x`]) {
    expect(await isKnown(header), header).toBe(false)
  }
})

test('who asks without a proxy stays the same client, whatever the request says', async () => {
  const app = new Hono().get('/', (c) => c.text(clientAtSocket(c)))
  const clientOf = async (remoteAddress: string, forwarded: string) => {
    const environment = { incoming: { socket: { remoteAddress } } }
    const headers = { 'X-Forwarded-For': forwarded }
    return (await app.request('/', { headers }, environment)).text()
  }
  for (const stranger of [
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '2001:db8::7',
    '11.0.0.1',
    '100.128.0.1',
    '172.32.0.1',
    '192.169.0.1',
    'ff02::1',
  ]) {
    expect(await clientOf(stranger, '10.0.0.1')).toBe(await clientOf(stranger, '10.0.0.2'))
  }
  for (const proxy of [
    '127.0.0.1',
    '::ffff:10.1.2.3',
    '100.64.0.9',
    '172.20.0.2',
    '192.168.1.1',
    '::1',
    'fd00::2',
    'fe80::2',
  ]) {
    expect(await clientOf(proxy, '1.1.1.1')).not.toBe(await clientOf(proxy, '2.2.2.2'))
    // What stands before the last one was written by whoever asked.
    expect(await clientOf(proxy, '1.1.1.1, 2.2.2.2')).toBe(
      await clientOf(proxy, '3.3.3.3, 2.2.2.2'),
    )
  }
})

test('of IPv6 a client is a network, of which one customer has all addresses', async () => {
  const app = new Hono().get('/', (c) => c.text(clientAtSocket(c)))
  const clientOf = async (remoteAddress: string, forwarded = '') => {
    const environment = { incoming: { socket: { remoteAddress } } }
    const headers = { 'X-Forwarded-For': forwarded }
    return (await app.request('/', { headers }, environment)).text()
  }
  const [one, other, elsewhere] = ['2001:db8:0:2::7', '2001:db8::2:f:0:0:1', '2001:db8:0:3::7']
  for (const proxy of [undefined, '127.0.0.1', 'fd00::2']) {
    const seen = (address: string) =>
      proxy === undefined ? clientOf(address) : clientOf(proxy, address)
    expect(await seen(one)).toBe(await seen(other))
    expect(await seen(one)).not.toBe(await seen(elsewhere))
    expect(await seen('192.0.2.1')).not.toBe(await seen('192.0.2.2'))
  }
  // IPv4 as IPv6 writes it is no network of IPv6, and what is no address stays as it is.
  for (const [first, second] of [
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['a:b', 'a:c'],
  ] as const) {
    expect(await clientOf('127.0.0.1', first)).not.toBe(await clientOf('127.0.0.1', second))
  }
})

test('a proxy may write the port of a client, which is another with every connection', async () => {
  const app = new Hono().get('/', (c) => c.text(clientAtSocket(c)))
  const environment = { incoming: { socket: { remoteAddress: '10.0.0.2' } } }
  const clientOf = async (forwarded: string) => {
    const headers = { 'X-Forwarded-For': forwarded }
    return (await app.request('/', { headers }, environment)).text()
  }
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8:0:2::7']) {
    const plain = await clientOf(address)
    const isIPv4 = address === '192.0.2.1'
    for (const port of [1, 443, 65_535]) {
      const written = isIPv4 ? `${address}:${port}` : `[${address}]:${port}`
      expect(await clientOf(`203.0.113.9:5, ${written}`)).toBe(plain)
    }
    expect(await clientOf(`[${address}]`)).toBe(plain)
  }
  expect(await clientOf('192.0.2.1:443')).not.toBe(await clientOf('192.0.2.2:443'))
})

test('who writes a long name for itself is remembered by the beginning of it', async () => {
  const app = new Hono().get('/', (c) => c.text(clientAtSocket(c)))
  const environment = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }
  const headers = { 'X-Forwarded-For': `1.1.1.1, ${'x'.repeat(15_000)}` }
  const client = await (await app.request('/', { headers }, environment)).text()
  expect(client.length).toBeLessThan(100)
})
