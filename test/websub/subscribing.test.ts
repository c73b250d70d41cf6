// How programs subscribe to feeds, and how the hub makes sure that they mean it.
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { anyString } from '../any-text.ts'
import { topicsYaml } from '../content-folder.ts'
import { baseUrl } from '../platforms.ts'
import type { CallRequest } from '../../src/websub/caller.ts'
import {
  confirming,
  plainCaller,
  release,
  startHub,
  startSubscriber,
  titlesIn,
} from './hub-service.ts'

const eu = release('first', ['eu'])

test('a subscription is answered 202, verified with everything that was asked for, and lasts ten days (W-10, W-12, W-14)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  const callback = subscriber.url('/push?id=7')
  expect(await hub.subscribe('/topics/eu.atom', callback, { foo: '1', 'hub.foo': '2' })).toBe(202)
  const [asked] = subscriber.verifications()
  expect(Object.fromEntries(asked!.url.searchParams)).toEqual({
    id: '7',
    'hub.mode': 'subscribe',
    'hub.topic': `${baseUrl}/topics/eu.atom`,
    'hub.challenge': expect.stringMatching(/^[0-9a-f]{32,}$/) as string,
    'hub.lease_seconds': String(10 * 86_400),
  })
  expect(subscriber.pushes()).toHaveLength(0)
})

test('verify_token comes back, and leases are between two and thirty days (W-13, W-14)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  const leases = { 60: 2, 864000: 10, 99999999: 30, often: 10 }
  for (const [asked, days] of Object.entries(leases)) {
    const more = { 'hub.lease_seconds': asked, 'hub.verify_token': 'subscribe-7' }
    await hub.subscribe('/feed.rss', subscriber.url(), more)
    const { searchParams } = subscriber.verifications().at(-1)!.url
    expect(searchParams.get('hub.lease_seconds')).toBe(String(days * 86_400))
    expect(searchParams.get('hub.verify_token')).toBe('subscribe-7')
  }
})

test.each([
  [{ 'hub.mode': 'publish' }, 400, 'pings'],
  [{ 'hub.mode': 'sub' }, 400, 'hub.mode'],
  [{ 'hub.topic': '' }, 400, 'hub.topic is missing'],
  [{ 'hub.callback': '' }, 400, 'hub.callback is missing'],
  [{ 'hub.callback': 'http://10.0.0.1/' }, 400, 'public'],
  [{ 'hub.topic': 'https://elsewhere.example/feed.rss' }, 404, 'no feed of this service'],
  [{ 'hub.topic': `${baseUrl}/topics/eu` }, 404, 'no feed'],
  [{ 'hub.topic': `${baseUrl}/topics/eu.ics` }, 404, 'no feed'],
  [{ 'hub.topic': `${baseUrl}/feed.rss?q=border` }, 404, 'Searches'],
  [{ 'hub.topic': `${baseUrl}/topics/eux.rss` }, 404, 'no topic'],
  [{ 'hub.secret': '' }, 400, 'hub.secret'],
  [{ 'hub.secret': 'ä'.repeat(100) }, 400, 'hub.secret'],
  [{ 'hub.topic': `${baseUrl}/?${'x'.repeat(2000)}` }, 400, 'at most 2000 characters'],
  [{ 'hub.verify_token': 'x'.repeat(501) }, 400, 'at most 500 characters'],
  [{ 'hub.callback': `https://reader.example/${'x'.repeat(2048)}` }, 400, 'hub.callback'],
])('%o is refused in plain text (W-10, W-17, W-21, W-43)', async (wrong, status, words) => {
  const hub = await startHub({ files: eu })
  const right = {
    'hub.mode': 'subscribe',
    'hub.topic': `${baseUrl}/topics/eu.rss`,
    'hub.callback': 'https://reader.example/push',
  }
  const response = await hub.post({ ...right, ...wrong })
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(await response.text()).toContain(words)
})

test('what is just not too long is taken, and the first value of what is there twice (W-17, W-54)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  const token = 'x'.repeat(500)
  const form = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.topic': `${baseUrl}/topics/eu.atom`,
    'hub.callback': subscriber.url(),
    'hub.secret': 'x'.repeat(199),
    'hub.verify_token': token,
  })
  form.append('hub.mode', 'publish')
  form.append('hub.verify_token', 'another')
  expect((await hub.fetch('/hub', { method: 'POST', body: form })).status).toBe(202)
  await hub.work()
  expect(subscriber.verifications()[0]!.url.searchParams.get('hub.verify_token')).toBe(token)
})

/** The arbitrary of fast-check takes more than a second to be made. */
const anyAddress = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.oneof({ weight: 4, arbitrary: fc.webAuthority() }, anyString({ maxLength: 5 })),
    anyString(),
    fc.constantFrom('', '?', '?a=', '#'),
    anyString(),
  )
  .map(([scheme, authority, path, sign, rest]) => {
    return `${scheme}://${authority}/${encodeURIComponent(path)}${sign}${encodeURIComponent(rest)}`
  })

test('whatever a form says, the answer is about the form (W-54, W-58)', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const hub = await startHub({ files: eu })
  const text = fc.oneof(anyString(), fc.constantFrom('', '-1', '1e9', '__proto__'))
  const fields = {
    'hub.mode': fc.constantFrom('subscribe', 'unsubscribe', 'denied'),
    'hub.topic': fc.constantFrom(
      `${baseUrl}/topics/eu.atom`,
      `${baseUrl}/feed`,
      'https://a.example',
    ),
    'hub.callback': anyAddress,
    'hub.secret': text,
    'hub.verify_token': text,
    'hub.lease_seconds': text,
  }
  const anyForm = fc.tuple(
    ...Object.entries(fields).map(([name, right]) => {
      return fc.tuple(fc.constant(name), fc.oneof({ weight: 9, arbitrary: right }, text))
    }),
    fc.tuple(text, text),
  )
  const statuses = new Set<number>()
  for (const form of fc.sample(anyForm, 100)) {
    const body = new URLSearchParams(form)
    const response = await hub.fetch('/hub', { method: 'POST', body })
    statuses.add(response.status)
    expect([202, 400, 404, 429], body.toString()).toContain(response.status)
  }
  expect(told).not.toHaveBeenCalled()
  expect(statuses.has(202)).toBe(true)
})

test('other methods, other bodies and large ones are refused (W-54)', async () => {
  const hub = await startHub()
  const get = await hub.fetch('/hub')
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  const { status, headers } = await hub.fetch('/hub', { method: 'OPTIONS' })
  expect([status, headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
  expect(headers.get('access-control-allow-origin')).toBe('*')
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    hub.fetch('/hub', { method: 'POST', body, headers: { 'content-type': type } })
  expect((await send('{}', 'application/json')).status).toBe(415)
  expect((await send(`hub.mode=publish&x=`.padEnd(8193, 'x'))).status).toBe(413)
  const largest = await send(`x=`.padEnd(8175, 'x') + '&hub.mode=publish')
  expect([largest.status, await largest.text()]).toEqual([400, expect.stringContaining('no pings')])
})

test('a form that breaks off is the fault of whoever sends it (W-54)', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const hub = await startHub({ files: eu })
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error('aborted')),
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const init = { method: 'POST', headers, body, duplex: 'half' }
  expect((await hub.fetch('/hub', init as RequestInit)).status).toBe(400)
  expect(told).not.toHaveBeenCalled()
})

test('any spelling of a feed can be subscribed to, and comes back as it was asked for (W-11)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  const spellings = [
    '/topics/border-policy.atom',
    '/topics/organised-crime%2Beu.rss',
    '/feed.rss?topic=eu&amp;kind=press-release',
    '/publishers/customs.json',
    '/all/feed.atom',
  ]
  for (const path of spellings) {
    expect(await hub.subscribe(path, subscriber.url())).toBe(202)
    expect(subscriber.verifications().at(-1)!.url.searchParams.get('hub.topic')).toBe(
      baseUrl + path,
    )
  }
  await hub.publish(release('second', ['eu', 'organised-crime']))
  await hub.wait(5)
  // One for the topic that both spellings and `/all/feed.atom` have, and so on: each feed once.
  const links = subscriber
    .pushes()
    .map(({ headers }) => /<([^>]*)>; rel="self"/.exec(headers.link as string)![1]!)
  expect(links.toSorted()).toEqual([
    `${baseUrl}/all/feed.atom`,
    `${baseUrl}/topics/eu+kind:press-release.rss`,
    `${baseUrl}/topics/eu+organised-crime.rss`,
  ])
})

test.each(['no', '', '"', undefined])(
  'whoever answers %o to the challenge does not subscribe',
  async (body) => {
    const hub = await startHub({ files: eu })
    const subscriber = await startSubscriber(() =>
      body === undefined ? { status: 404 } : { body },
    )
    await hub.subscribe('/topics/eu.atom', subscriber.url())
    expect(subscriber.verifications()).toHaveLength(1)
    await hub.publish(release('second', ['eu']))
    await hub.wait(100)
    expect(subscriber.received).toHaveLength(1)
  },
)

test('who cannot be reached is asked again after five seconds and a minute (W-57)', async () => {
  const failing = { failed: 'no route' }
  const asked: number[] = []
  const hub = await startHub({
    files: eu,
    caller: {
      async call() {
        asked.push(hub.clock.now())
        return failing
      },
    },
  })
  const began = hub.clock.now()
  await hub.subscribe('/topics/eu.atom', 'http://127.0.0.1:9999/')
  await hub.wait(600)
  expect(asked.map((second) => second - began)).toEqual([0, 5, 65])
  asked.length = 0
  for (let number = 0; number < 10; number++) {
    await hub.post({
      'hub.mode': 'subscribe',
      'hub.topic': `${baseUrl}/topics/eu.atom`,
      'hub.callback': `http://127.0.0.1:9999/${number}`,
    })
  }
  await hub.wait(59)
  expect(asked).toHaveLength(10)
})

test('a request survives a restart (W-57)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  await hub.post({
    'hub.mode': 'subscribe',
    'hub.topic': `${baseUrl}/topics/eu.atom`,
    'hub.callback': subscriber.url(),
  })
  await hub.crash()
  expect(subscriber.verifications()).toHaveLength(1)
})

test('a request that a stop cuts off is verified at once by whoever goes on (W-57)', async () => {
  const cut = Promise.withResolvers<void>()
  let calls = 0
  const call = async (request: CallRequest) => {
    if (++calls > 1) return plainCaller.call(request)
    await cut.promise
    return { failed: 'cut off' }
  }
  const hub = await startHub({ files: eu, caller: { call } })
  const subscriber = await startSubscriber()
  const subscribing = hub.subscribe('/topics/eu.atom', subscriber.url())
  await vi.waitFor(() => expect(calls).toBe(1))
  await hub.stop()
  cut.resolve()
  await subscribing
  await hub.takeOver()
  expect(subscriber.verifications()).toHaveLength(1)
})

test('a topic that is renamed or goes while a request for it waits is followed (W-20, W-59)', async () => {
  let isDown = true
  const hub = await startHub({
    files: { ...eu, ...release('other', ['space-travel']) },
    caller: {
      call: async (request) => (isDown ? { failed: 'no route' } : plainCaller.call(request)),
    },
  })
  const subscriber = await startSubscriber()
  await hub.subscribe('/topics/eu.atom', subscriber.url('/eu'))
  await hub.subscribe('/topics/space-travel.atom', subscriber.url('/space'))
  const topics = topicsYaml.replace(/^eu:/m, 'union:').replace(/^space-travel:\n.*\n/m, '')
  await hub.publish({
    'topics.yaml': `${topics}eu: { renamed: union }\n`,
    ...release('other', ['crime']),
  })
  isDown = false
  await hub.wait(6)
  await hub.publish(release('second', ['union']))
  await hub.wait(6)
  expect(subscriber.pushes().map(({ url, body }) => [url.pathname, titlesIn(body)])).toEqual([
    ['/eu', ['About second']],
  ])
  const modes = subscriber.verifications().map(({ url }) => {
    return url.pathname + url.searchParams.get('hub.mode')
  })
  expect(modes.toSorted()).toEqual(['/eusubscribe', '/spacedenied', '/spacesubscribe'])
})

test('a secret counts once the subscriber confirmed it, and goes with a renewal without one (W-15, W-17, W-55)', async () => {
  let confirms = true
  const subscriber = await startSubscriber((received) =>
    received.method === 'GET' && !confirms ? { status: 404 } : confirming(received),
  )
  const hub = await startHub({ files: eu })
  const signatures = () => subscriber.pushes().map(({ headers }) => headers['x-hub-signature'])
  const signed = async (body: string, secret: string) => {
    const { createHmac } = await import('node:crypto')
    return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  }
  const pushed = async (slug: string) => {
    await hub.publish(release(slug, ['eu']))
    await hub.wait(5)
    return subscriber.pushes().at(-1)!.body
  }
  await hub.subscribe('/topics/eu.atom', subscriber.url(), { 'hub.secret': 'one' })
  expect(signatures()).toEqual([])
  expect(signatures().at(-1)).toBe(undefined)
  const first = await pushed('second')
  expect(signatures()).toEqual([await signed(first, 'one')])
  confirms = false
  await hub.subscribe('/topics/eu.atom', subscriber.url(), { 'hub.secret': 'forged' })
  const second = await pushed('third')
  expect(signatures().at(-1)).toBe(await signed(second, 'one'))
  confirms = true
  await hub.subscribe('/topics/eu.atom', subscriber.url())
  await pushed('fourth')
  expect(signatures().at(-1)).toBe(undefined)
  expect(subscriber.pushes()).toHaveLength(3)
})

test('unsubscribing is verified; nobody is asked of what is not subscribed to (W-15, W-55)', async () => {
  let refuses = true
  const subscriber = await startSubscriber((received) => {
    const isEnd = received.url.searchParams.get('hub.mode') === 'unsubscribe'
    return isEnd && refuses ? { status: 422 } : confirming(received)
  })
  const hub = await startHub({ files: eu })
  const unsubscribe = async () => {
    const fields = { 'hub.mode': 'unsubscribe', 'hub.topic': `${baseUrl}/topics/eu.atom` }
    const { status } = await hub.post({
      ...fields,
      'hub.callback': subscriber.url(),
      'hub.verify_token': 'x',
    })
    await hub.work()
    return status
  }
  expect(await unsubscribe()).toBe(202)
  expect(subscriber.received).toHaveLength(0)
  await hub.subscribe('/topics/eu.atom', subscriber.url())
  expect(await unsubscribe()).toBe(202)
  expect(subscriber.verifications().at(-1)!.url.searchParams.get('hub.verify_token')).toBe('x')
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  expect(subscriber.pushes()).toHaveLength(1)
  refuses = false
  await unsubscribe()
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  expect(subscriber.pushes()).toHaveLength(1)
})

test('who unsubscribes while nothing can be read is told to come again (W-55)', async () => {
  const hub = await startHub({ files: eu })
  const fields = { 'hub.mode': 'unsubscribe', 'hub.topic': `${baseUrl}/topics/eu.atom` }
  await hub.database().prepare("update state set value = 0 where key = 'revision'").all()
  const refused = await hub.post({ ...fields, 'hub.callback': 'https://reader.example/' })
  expect(refused.status).toBe(503)
})

test('a host has no more than so many subscriptions, nor has the hub, and each can be renewed (W-58)', async () => {
  const call = async ({ address }: CallRequest) => {
    return { status: 200, body: new URL(address).searchParams.get('hub.challenge') ?? '' }
  }
  const hub = await startHub({ files: eu, caller: { call } })
  const subscribe = (callback: string) => hub.subscribe('/topics/eu.atom', callback)
  const ask = async (callback: string, format = 'atom') => {
    const topic = `${baseUrl}/topics/eu.${format}`
    const fields = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': callback }
    return (await hub.post(fields)).status
  }
  const add = (host: string, count: number) =>
    hub
      .database()
      .prepare(
        `insert into hub_subscription (feed, asked, callback, host, lease_until, delivered)
         with recursive numbers (number) as (
           select 1 union all select number + 1 from numbers where number < ?2
         )
         select feed, asked, ?1 || number, ?1, lease_until, delivered
         from (select * from hub_subscription limit 1) cross join numbers`,
      )
      .bind(host, count)
      .all()
  expect(await subscribe('https://large.example/first')).toBe(202)
  await add('large.example', 9_998)
  expect(await subscribe('https://large.example/last')).toBe(202)
  expect(await ask('https://large.example/further')).toBe(429)
  expect(await ask('https://large.example/first')).toBe(202)
  // In another format it would be one more.
  expect(await ask('https://large.example/first', 'rss')).toBe(429)
  await add('other.example', 89_999)
  expect(await subscribe('https://reader.example/last')).toBe(202)
  expect(await ask('https://reader.example/further')).toBe(503)
  expect(await ask('https://reader.example/last')).toBe(202)
  // So can one that has just ended. Both renewals are verified then.
  hub.sleep(11 * 86_400)
  expect(await subscribe('https://large.example/first')).toBe(202)
  const { results } = await hub
    .database()
    .prepare('select lease_until > ?1 as lasts, count(*) as count from hub_subscription group by 1')
    .bind(hub.clock.now())
    .all()
  expect(results).toEqual([
    { lasts: 0, count: 99_998 },
    { lasts: 1, count: 2 },
  ])
})

test('a host that verified nothing is asked ten times a minute, and after five refusals not for an hour (W-58)', async () => {
  const hub = await startHub({ files: eu })
  const victim = await startSubscriber(() => ({ status: 404 }))
  const ask = (number: number) =>
    hub.post({
      'hub.mode': 'subscribe',
      'hub.topic': `${baseUrl}/topics/eu.atom`,
      'hub.callback': victim.url(`/${number}`),
    })
  const statuses: number[] = []
  for (let number = 0; number < 30; number++) statuses.push((await ask(number)).status)
  expect(statuses.filter((status) => status === 202)).toHaveLength(10)
  expect(statuses.at(-1)).toBe(429)
  await hub.work()
  expect(victim.received.length).toBeLessThanOrEqual(10)
  const refused = await ask(100)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3600'])
  hub.sleep(3601)
  expect((await ask(100)).status).toBe(202)
})

test('who verified something waits behind nobody who did not, and may ask for many feeds at once (W-58)', async () => {
  const asked: string[] = []
  const call = async ({ address }: CallRequest) => {
    const { hostname, searchParams } = new URL(address)
    asked.push(hostname)
    if (hostname.startsWith('silent')) return { failed: 'no route' }
    if (address.includes('/strange')) return { status: 404, body: '' }
    return { status: 200, body: searchParams.get('hub.challenge') ?? '' }
  }
  const hub = await startHub({ files: eu, caller: { call } })
  const ask = (callback: string) =>
    hub.post({
      'hub.mode': 'subscribe',
      'hub.topic': `${baseUrl}/topics/eu.atom`,
      'hub.callback': callback,
    })
  await ask('https://reader.example/first')
  await hub.work()
  asked.length = 0
  for (let number = 0; number < 60; number++) await ask(`https://silent-${number}.example/`)
  const statuses: number[] = []
  for (let number = 0; number < 20; number++) {
    statuses.push((await ask(`https://reader.example/${number}`)).status)
  }
  expect(statuses).toEqual(Array(20).fill(202))
  await hub.work()
  expect(asked[0]).toBe('reader.example')
  // What strangers ask for in its name does not count against it.
  for (let number = 0; number < 6; number++) await ask(`https://reader.example/strange-${number}`)
  await hub.wait(30)
  expect((await ask('https://reader.example/last')).status).toBe(202)
})

test('a client names thirty unknown hosts in a minute, and is kept from nothing that concerns a known one (W-58)', async () => {
  const call = async ({ address }: CallRequest) => {
    const { hostname, searchParams } = new URL(address)
    if (hostname !== 'reader.example') return { failed: 'no route' }
    return { status: 200, body: searchParams.get('hub.challenge') ?? '' }
  }
  const hub = await startHub({ files: eu, caller: { call } })
  const ask = (callback: string, client: string) =>
    hub.post(
      {
        'hub.mode': 'subscribe',
        'hub.topic': `${baseUrl}/topics/eu.atom`,
        'hub.callback': callback,
      },
      client,
    )
  expect((await ask('https://reader.example/first', '192.0.2.1')).status).toBe(202)
  await hub.work()
  const statuses: number[] = []
  for (let number = 0; number < 40; number++) {
    const asked = await ask(`https://silent-${number}.example/`, '192.0.2.2')
    statuses.push(asked.status)
  }
  expect(statuses.filter((status) => status === 202)).toHaveLength(30)
  const refused = await ask('https://silent.example/', '192.0.2.2')
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    429,
    'text/plain; charset=utf-8',
  ])
  expect(await refused.text()).toContain('from here')
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  expect((await ask('https://other.example/', '192.0.2.3')).status).toBe(202)
  expect((await ask('https://reader.example/second', '192.0.2.2')).status).toBe(202)
  hub.sleep(wait)
  expect((await ask('https://silent.example/', '192.0.2.2')).status).toBe(202)
  // One who names the host of a reader leaves room for what that reader asks for.
  const taken: number[] = []
  for (let number = 0; number < 310; number++) {
    taken.push((await ask(`https://reader.example/${number}`, '192.0.2.4')).status)
  }
  expect(taken.filter((status) => status === 202)).toHaveLength(300)
  expect((await ask('https://reader.example/third', '192.0.2.5')).status).toBe(202)
})

test('who is told that thousands of feeds have ended keeps nobody else from subscribing (W-20, W-58)', async () => {
  const hub = await startHub({ files: eu })
  const subscriber = await startSubscriber()
  const sql = `insert into hub_request
    (address, query, format, asked, callback, host, mode, lease, at, due)
    select 'https://releases.example.org/' || value, '{"language":"en","topics":[],"words":[]}', 'atom',
      'https://releases.example.org/' || value, 'http://127.0.0.2:1/', '127.0.0.2', 'denied', 0, 0, 0
    from json_each(?)`
  const numbers = JSON.stringify(Array.from({ length: 1500 }, (_, index) => index))
  await hub.database().prepare(sql).bind(numbers).all()
  await hub.subscribe('/topics/eu.atom', subscriber.url())
  expect(subscriber.verifications()).toHaveLength(1)
})
