// The models of subscribers bite: a sender that does what a hub does, and then does it wrongly.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { NodeCaller } from '../../src/node-caller.ts'
import { readAllowList } from '../../src/websub/callback-address.ts'
import {
  denialAddress,
  judgeVerification,
  verificationAddress,
} from '../../src/websub/verification.ts'
import type { Subscriber, SubscriberOptions } from './subscriber.ts'
import { startSubscriber, subscriberPrograms } from './subscribers.ts'
import { isSimilar, rocks, type RocksNumber, startRocksTest } from './websub-rocks.ts'

type Entry = { id: string; updated: string; title: string }

const entry = (id: string, day = 1, title = `Release ${id}`): Entry => ({
  id: `urn:${id}`,
  updated: `2024-01-0${day}T09:00:00Z`,
  title,
})

function atom(entries: Entry[], { self, hub, title }: Record<'self' | 'hub' | 'title', string>) {
  const rows = entries.map(
    (one) =>
      `<entry><id>${one.id}</id><title>${one.title}</title><updated>${one.updated}</updated></entry>`,
  )
  return `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>${self}</id><title>${title}</title><updated>2024-01-01T00:00:00Z</updated><link rel="self" href="${self}"/><link rel="hub" href="${hub}"/>${rows.join('')}</feed>`
}

const json = (entries: Entry[], { self, hub, title }: Record<'self' | 'hub' | 'title', string>) =>
  JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title,
    feed_url: self,
    hubs: [{ type: 'WebSub', url: hub }],
    items: entries.map((one) => ({ id: one.id, title: one.title, date_modified: one.updated })),
  })

/** What a push has, where it is not right. */
type Faults = { self?: string; link?: string; type?: string; sign?: (digest: string) => string }

/** A hub of one subscriber, with a topic in Atom and in JSON. It remembers what it was asked for, and forgets nothing. */
class Sender {
  entries = [entry('old')]
  /** What is answered to a subscription. */
  status = 202
  sendsToken = true
  asked: URLSearchParams[] = []
  #server: Server
  #caller = new NodeCaller({ ownHost: 'hub.example', allowed: readAllowList('127.0.0.1') })

  constructor() {
    this.#server = createServer((request, response) => {
      if (request.method === 'POST') {
        void request.toArray().then((chunks) => {
          this.asked.push(new URLSearchParams(Buffer.concat(chunks as Buffer[]).toString()))
          response.writeHead(this.status).end()
        })
        return
      }
      const isJson = request.url === '/feed.json'
      response.writeHead(200, {
        'Content-Type': typeOf(isJson),
        Link: this.links(this.at(request.url!)),
      })
      response.end(this.document(this.entries, isJson))
    })
  }

  async listen() {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  close() {
    this.#caller.end()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  at(path: string) {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`
  }

  links(self: string) {
    return `<${this.at('/hub')}>; rel="hub", <${self}>; rel="self"`
  }

  document(entries: Entry[], isJson = false, self = this.at(isJson ? '/feed.json' : '/feed.atom')) {
    return (isJson ? json : atom)(entries, { self, hub: this.at('/hub'), title: 'Releases' })
  }

  #last(name: string) {
    return this.asked.at(-1)!.get(name) ?? undefined
  }

  /** Asks the subscriber whether it wants what it last asked for. */
  async verify() {
    const challenge = '0123456789abcdef0123456789abcdef'
    const mode = this.#last('hub.mode') as 'subscribe'
    const address = verificationAddress({
      callback: this.#last('hub.callback')!,
      mode,
      topic: this.#last('hub.topic')!,
      challenge,
      leaseSeconds: mode === 'subscribe' ? 864_000 : undefined,
      verifyToken: this.sendsToken ? this.#last('hub.verify_token') : undefined,
    })
    const answer = await this.#call('GET', address)
    return judgeVerification(answer, challenge)
  }

  async deny() {
    const asked = { callback: this.#last('hub.callback')!, topic: this.#last('hub.topic')! }
    return this.#call('GET', denialAddress({ ...asked, reason: 'It ended.' }))
  }

  /** Publishes entries and pushes them. */
  async publish(...entries: Entry[]) {
    const ids = new Set(entries.map(({ id }) => id))
    this.entries = [...entries, ...this.entries.filter(({ id }) => !ids.has(id))]
    return this.push(entries)
  }

  async push(entries: Entry[], faults: Faults = {}) {
    const isJson = this.#last('hub.topic')!.endsWith('.json')
    const { self = this.#last('hub.topic')! } = faults
    const document = this.document(isJson ? this.entries : entries, isJson, self)
    const body = new TextEncoder().encode(document)
    const secret = this.#last('hub.secret')
    const digest = createHmac('sha256', secret ?? '')
      .update(body)
      .digest('hex')
    const { sign = (right: string) => (secret === undefined ? '' : `sha256=${right}`) } = faults
    return this.#call('POST', this.#last('hub.callback')!, body, {
      'Content-Type': faults.type ?? typeOf(isJson),
      Link: faults.link ?? this.links(self),
      ...(sign(digest) && { 'X-Hub-Signature': sign(digest) }),
    })
  }

  async #call(
    method: 'GET' | 'POST',
    address: string,
    body?: Uint8Array,
    headers: Record<string, string> = {},
  ) {
    const request = { method, address, headers, wholeBodyLimit: 4096, ...(body && { body }) }
    return this.#caller.call(request)
  }
}

const typeOf = (isJson: boolean) =>
  isJson ? 'application/feed+json' : 'application/atom+xml; charset=utf-8'

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

type Name = keyof typeof subscriberPrograms

/** A model that is subscribed to the topic of a sender. */
async function subscribed(name: Name, options: SubscriberOptions = {}, path = '/feed.atom') {
  const sender = await new Sender().listen()
  const subscriber = await startSubscriber(name, options)
  open.push(sender, subscriber)
  const topic = sender.at(path)
  expect(await subscriber.subscribe(sender.at('/hub'), topic)).toBe(202)
  expect(await sender.verify()).toBe('confirmed')
  return { sender, subscriber, topic }
}

const has = ({ entries }: Subscriber) => Object.fromEntries(entries)
const names = Object.keys(subscriberPrograms) as Name[]

test.each(names)('%s subscribes, has what is pushed once, and leaves', async (name) => {
  let second = 1_700_000_000
  const { sender, subscriber, topic } = await subscribed(name, { now: () => second })
  expect(subscriber.verified).toEqual([{ mode: 'subscribe', topic, lease: 864_000 }])
  expect(await sender.publish(entry('new', 2))).toMatchObject({
    status: name === 'bot' ? 204 : 200,
  })
  await subscriber.settled()
  second += 60
  await sender.publish(entry('later', 3), entry('old', 3, 'Corrected'))
  await subscriber.settled()
  expect(has(subscriber)).toEqual({ 'urn:new': 1, 'urn:later': 1, 'urn:old': 1 })
  expect(await subscriber.unsubscribe(topic)).toBe(202)
  expect(await sender.verify()).toBe('confirmed')
  expect(subscriber.complaints).toEqual([])
  await sender.push([entry('new', 2)])
  expect(subscriber.complaints).toContain('A push came to where nothing is subscribed')
})

test('JSON is pushed whole, and only what is new counts', async () => {
  const { sender, subscriber } = await subscribed('lionReader', {}, '/feed.json')
  await sender.publish(entry('new', 2))
  expect(has(subscriber)).toEqual({ 'urn:new': 1 })
  expect(subscriber.complaints).toEqual([])
})

test('an old entry is posted again by a bot, and everybody who reads pushes complains', async () => {
  for (const name of names.filter((one) => one !== 'newsBlur')) {
    const { sender, subscriber } = await subscribed(name)
    await sender.publish(entry('new', 2))
    await sender.push([entry('old')])
    expect(has(subscriber), name).toEqual({ 'urn:new': 1, 'urn:old': 1 })
    expect(subscriber.complaints, name).toEqual(['urn:old came again as it was'])
  }
})

test('another self, hub or title in a push leads Feedbin astray, and a wrong Link WordPress', async () => {
  const { sender, subscriber, topic } = await subscribed('feedbin')
  const other = sender.at('/other.atom')
  await sender.push([entry('new', 2)], { self: other })
  expect(subscriber.complaints).toEqual([`The push changes self from ${topic} to ${other}`])
  await subscriber.subscribe(sender.at('/hub'), topic)
  expect(sender.asked.at(-1)!.get('hub.topic')).toBe(other)

  const { sender: another, subscriber: wordPress } = await subscribed('wordPress')
  await another.push([entry('new', 2)], { link: another.links(other) })
  expect(wordPress.complaints).toEqual([`The push is for ${other}`])
})

test('a push that is signed wrongly is dropped, by Feedbin without a word', async () => {
  const wrong = [
    () => '',
    (digest: string) => `sha256=${digest.toUpperCase()}`,
    (digest: string) => `sha256=${digest.replace(/^./, (first) => (first === '0' ? '1' : '0'))}`,
    (digest: string) => `md5=${digest}`,
  ]
  for (const [name, status] of [
    ['feedbin', 200],
    ['lionReader', 403],
  ] as const) {
    const { sender, subscriber } = await subscribed(name)
    for (const sign of wrong) {
      expect(await sender.push([entry('new', 2)], { sign })).toMatchObject({ status })
    }
    expect(has(subscriber), name).toEqual({})
    expect(subscriber.complaints, name).toHaveLength(wrong.length)
  }
})

test('NewsBlur wants its token, refuses a push within a minute, and sees what a cache still hides', async () => {
  let second = 1_700_000_000
  const { sender, subscriber, topic } = await subscribed('newsBlur', { now: () => second })
  sender.sendsToken = false
  await subscriber.subscribe(sender.at('/hub'), topic)
  expect(await sender.verify()).toBe('refused')
  expect(await sender.push([entry('new', 2)])).toMatchObject({ status: 200 })
  second += 59
  expect(await sender.publish(entry('new', 2))).toMatchObject({ status: 429 })
  second++
  expect(await sender.push([])).toMatchObject({ status: 200 })
  await subscriber.settled()
  expect(subscriber.complaints).toEqual([
    'subscribe was answered 404',
    'A push came, and nothing is new at the topic',
  ])
  expect(has(subscriber)).toEqual({ 'urn:new': 1 })
})

test('FreshRSS distrusts a hub when polling finds news, and takes its time inside a push', async () => {
  const { sender, subscriber, topic } = await subscribed('freshRss', { handling: 200 })
  const pushes = [sender.publish(entry('new', 2)), sender.push([entry('later', 3)])]
  const begun = performance.now()
  await Promise.all(pushes)
  expect(performance.now() - begun).toBeGreaterThan(190)
  sender.entries.unshift(entry('missed', 4))
  await subscriber.poll(topic)
  expect(subscriber.complaints).toEqual([
    'A push came while another was handled',
    'urn:missed was found by polling, and the hub is not trusted any more',
  ])
})

test('a push after the lease, a hub that does not take a request, and a denial are noticed', async () => {
  let second = 1_700_000_000
  const { sender, subscriber, topic } = await subscribed('lionReader', { now: () => second })
  second += 864_001
  await sender.publish(entry('new', 2))
  sender.status = 200
  await subscriber.subscribe(sender.at('/hub'), topic)
  expect(subscriber.complaints).toEqual([
    'A push came after the end of the lease',
    'The hub answered 200',
  ])
  for (const name of ['feedbin', 'wordPress', 'freshRss'] as const) {
    const one = await subscribed(name)
    const status = name === 'freshRss' ? 422 : 200
    expect(await one.sender.deny()).toMatchObject({ status })
    expect(one.subscriber.denied).toEqual([one.topic])
  }
  subscriber.failsWith = 503
  expect(await sender.publish(entry('later', 3))).toMatchObject({ status: 503 })
})

/** A test of websub.rocks with the topic of a sender. */
async function rocksTest(number: RocksNumber, path = '/feed.atom') {
  const sender = await new Sender().listen()
  const suite = await startRocksTest(number, sender.at(path))
  open.push(sender, suite)
  return { sender, suite }
}

test.each<RocksNumber>([100, 101, 102, 103, 104, 106])(
  'test %i of websub.rocks passes',
  async (number) => {
    const { sender, suite } = await rocksTest(number, number === 106 ? '/feed.json' : '/feed.atom')
    expect(new Set(await suite.ask())).toEqual(new Set([rocks.queued]))
    expect(sender.asked).toHaveLength(number === 103 ? 2 : 1)
    expect(sender.asked[0]!.has('hub.foo')).toBe(number === 102)
    expect(await sender.verify()).toBe('confirmed')
    await sender.publish(entry('new', 2))
    if (number === 104) {
      expect(await suite.ask('unsubscribe')).toEqual([rocks.queued])
      expect(await sender.verify()).toBe('confirmed')
    }
    expect(new Set(suite.verifications)).toEqual(new Set([rocks.verified]))
    expect(suite.pushes).toEqual([rocks.pushed])
  },
)

test('websub.rocks says what is wrong with a hub', async () => {
  const { sender, suite } = await rocksTest(100)
  sender.status = 204
  expect(await suite.ask()).toEqual(['The hub did not accept the request: 204.'])
  const news = [entry('new', 2)]
  const at = (path: string) => sender.at(path)
  await sender.push(news, { sign: (digest) => `sha256=${digest}` })
  await sender.push(news, { type: 'application/atom+xml' })
  await sender.push(news, { link: `<${at('/feed.atom')}>; rel="self"` })
  await sender.push(news, { link: `<${at('/other')}>; rel="hub", <${at('/')}>; rel="self"` })
  await sender.push(news, { link: `<${at('/hub')}>; rel="hub"` })
  expect(suite.pushes).toEqual([
    'The hub sent a signature, but none was expected.',
    'The content-type of the notification sent did not match that of the topic URL.',
    'The notification is missing the HTTP Link header with rel=hub.',
    'The HTTP Link header with rel=hub was not the correct value.',
    'The notification is missing the HTTP Link header with rel=self.',
  ])
  const { sender: signing, suite: secret } = await rocksTest(101)
  await secret.ask()
  await signing.push(news, { sign: () => '' })
  await signing.push(news, { sign: (digest) => `sha256=${digest.slice(1)}` })
  expect(secret.pushes).toEqual([
    'The hub did not send a signature, but the subscriber sent a secret.',
    'The signature sent by the hub did not match what we expected.',
  ])
})

test('one entry of a long feed is too little for websub.rocks, of a short one enough', () => {
  const links = { self: 'http://a/feed.atom', hub: 'http://a/hub', title: 'Releases' }
  const feed = (count: number) =>
    Buffer.from(
      atom(
        Array.from({ length: count }, (_, index) => entry(`${index}`)),
        links,
      ),
    )
  expect(isSimilar(feed(1), feed(10))).toBe(true)
  expect(isSimilar(feed(1), feed(300))).toBe(false)
  expect(isSimilar(Buffer.from('ab'), Buffer.from('cd'))).toBe(false)
  expect(isSimilar(Buffer.alloc(0), feed(1))).toBe(false)
})
