// The tests of websub.rocks for hubs, the suite of W3C, rebuilt from its code (app/Hub.php, c9e24b8).
import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fetch } from '../platforms.ts'

/**
 * 100 typical, 101 with a secret, 102 with parameters that mean nothing, 103 subscribed again, 104
 * unsubscribed, 106 a topic in JSON. 105 has a topic in plain text, which only open hubs have.
 */
export type RocksNumber = 100 | 101 | 102 | 103 | 104 | 106

/** One test, with the server that a hub asks and pushes to. */
export type RocksTest = {
  /** Asks for a subscription, or for its end; in 103 twice. Answers what the suite says of the hub's answers. */
  ask: (mode?: 'subscribe' | 'unsubscribe') => Promise<string[]>
  /** What the suite says of each verification. */
  verifications: string[]
  /** What the suite says of each push. */
  pushes: string[]
  close: () => Promise<void>
}

/** What the suite says when it has nothing against it. */
export const rocks = {
  queued: 'The hub accepted the subscription request.',
  verified: 'The hub sent the verification request.',
  pushed: 'Great! Your hub sent a valid WebSub notification payload to the subscriber!',
}

/** Starts a test of a topic, whose hub is found by its `Link` header. `fetch` reaches both. */
export async function startRocksTest(
  number: RocksNumber,
  topic: string,
  fetch: Fetch = globalThis.fetch,
): Promise<RocksTest> {
  const found = linksOf((await fetch(topic)).headers.get('link') ?? '')
  const [hub] = found.hub ?? []
  const [self] = found.self ?? []
  if (!hub || !self) throw new Error(`We did not find rel=${hub ? 'self' : 'hub'} at the topic.`)
  const secret = number === 101 ? randomBytes(10).toString('hex') : ''
  const verifications: string[] = []
  const pushes: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[])
    if (request.method === 'POST') {
      pushes.push(await judgePush({ headers: request.headers, body }, { hub, self, secret, fetch }))
      response.end()
      return
    }
    const query = new URL(request.url!, 'http://a').searchParams
    const fault = faultOfVerification(query, self)
    verifications.push(fault ?? rocks.verified)
    response.writeHead(fault ? 404 : 200, { 'Content-Type': 'application/octet-stream' })
    response.end(fault ? '' : query.get('hub.challenge'))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const callback = `http://127.0.0.1:${port}/hub/${number}/sub/${randomBytes(10).toString('hex')}`
  const askOnce = async (mode: string) => {
    const body = new URLSearchParams({
      'hub.mode': mode,
      'hub.topic': self,
      'hub.callback': callback,
      ...(secret && { 'hub.secret': secret }),
      ...(number === 102 && { foo: 'bar', 'hub.foo': 'hub.bar' }),
    })
    const { status } = await fetch(hub, { method: 'POST', body })
    return status === 202 ? rocks.queued : `The hub did not accept the request: ${status}.`
  }
  return {
    async ask(mode = 'subscribe') {
      const first = await askOnce(mode)
      return number === 103 ? [first, await askOnce(mode)] : [first]
    },
    verifications,
    pushes,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function faultOfVerification(query: URLSearchParams, topic: string): string | undefined {
  const mode = query.get('hub.mode')
  if (mode !== 'subscribe' && mode !== 'unsubscribe') return `hub.mode was ${mode}`
  if (query.get('hub.topic') !== topic) return 'The hub.topic parameter was incorrect'
  if (!query.has('hub.challenge')) return 'hub.challenge was missing'
  if (mode === 'subscribe' && !query.has('hub.lease_seconds'))
    return 'hub.lease_seconds was missing'
  return undefined
}

type RocksPush = { headers: IncomingMessage['headers']; body: Buffer }
type RocksHub = { hub: string; self: string; secret: string; fetch: Fetch }

/** Compares a push with the topic as it is when the push comes, and answers what the suite says of it. */
export async function judgePush(
  { headers, body }: RocksPush,
  { hub, self, secret, fetch }: RocksHub,
): Promise<string> {
  const topic = await fetch(self)
  const expected = Buffer.from(await topic.arrayBuffer())
  if (body.toString().trim() === '') return 'The notification body did not include any content.'
  if (!isSimilar(body, expected)) {
    return 'The notification body did not match the contents of the topic URL.'
  }
  if (headers['content-type'] !== topic.headers.get('content-type')) {
    return 'The content-type of the notification sent did not match that of the topic URL.'
  }
  const links = linksOf(String(headers.link ?? ''))
  if (!links.hub) return 'The notification is missing the HTTP Link header with rel=hub.'
  if (links.hub[0] !== hub) return 'The HTTP Link header with rel=hub was not the correct value.'
  if (!links.self) return 'The notification is missing the HTTP Link header with rel=self.'
  const signature = headers['x-hub-signature']
  if (secret === '') {
    return signature ? 'The hub sent a signature, but none was expected.' : rocks.pushed
  }
  if (!signature) return 'The hub did not send a signature, but the subscriber sent a secret.'
  const [algorithm = '', digest] = String(signature).split('=')
  const isKnown = /^sha(1|256|384|512)$/.test(algorithm)
  const isRight = isKnown && createHmac(algorithm, secret).update(body).digest('hex') === digest
  return isRight ? rocks.pushed : 'The signature sent by the hub did not match what we expected.'
}

/** Addresses of a `Link` header by relation. */
function linksOf(header: string): Record<string, string[]> {
  const links: Record<string, string[]> = {}
  for (const [, href = '', rels = ''] of header.matchAll(/<([^>]*)>[^,<]*?rel="?([^";,]+)"?/g)) {
    for (const rel of rels.split(' ')) (links[rel] ??= []).push(href)
  }
  return links
}

/**
 * Whether `similar_text` of PHP finds five per cent in common, which the suite wants of a topic that is not its
 * own. It adds up the longest common pieces; here it stops when they are enough.
 */
export function isSimilar(one: Buffer, other: Buffer): boolean {
  const needed = ((one.length + other.length) / 2) * 0.05
  return similarity(one, other, needed) >= needed
}

function similarity(one: Buffer, other: Buffer, needed: number): number {
  const { length, from, at } = longestPiece(one, other)
  if (length === 0 || length >= needed) return length
  const before = similarity(one.subarray(0, from), other.subarray(0, at), needed - length)
  const sum = length + before
  if (sum >= needed) return sum
  const rest = [one.subarray(from + length), other.subarray(at + length)] as const
  return sum + similarity(...rest, needed - sum)
}

/** The first longest piece that both have. */
function longestPiece(one: Buffer, other: Buffer) {
  // How long what both have is that ends at each place of `other`.
  const lengths = new Uint32Array(other.length)
  let best = { length: 0, from: 0, at: 0 }
  for (let i = 0; i < one.length; i++) {
    let before = 0
    for (let j = 0; j < other.length; j++) {
      const length = one[i] === other[j] ? before + 1 : 0
      before = lengths[j]!
      lengths[j] = length
      if (length > best.length) best = { length, from: i + 1 - length, at: j + 1 - length }
    }
  }
  return best
}
