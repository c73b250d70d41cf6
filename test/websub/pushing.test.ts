// What subscribers are told, and of what they are not.
import { expect, onTestFinished, test, vi } from 'vitest'
import { wordsOf } from '../../src/content/words.ts'
import { mendClock } from '../../src/store/mend-clock.ts'
import { topicsYaml } from '../content-folder.ts'
import { baseUrl } from '../platforms.ts'
import {
  confirming,
  type HubService,
  plainCaller,
  release,
  start,
  startHub,
  startSubscriber,
  titlesIn,
} from './hub-service.ts'

const formats = ['atom', 'rss', 'json']
const first = release('first', ['eu', 'crime'])

/** A subscriber of each of some feeds, who does not have to be told of what was there before. */
async function subscribed(hub: HubService, paths: string[]) {
  const subscriber = await startSubscriber()
  for (const path of paths) await hub.subscribe(path, subscriber.url(path))
  return {
    ...subscriber,
    /** What came to the callback of a feed, as titles of its entries. */
    told: (path: string) =>
      subscriber
        .pushes()
        .filter(({ url }) => url.pathname + url.search === path)
        .map(({ body }) => titlesIn(body)),
  }
}

test('a push in RSS and Atom has only what the subscriber was not told of, and in JSON the whole feed (W-40)', async () => {
  const hub = await startHub({ files: first })
  const paths = formats.map((format) => `/topics/eu.${format}`)
  const { told } = await subscribed(hub, paths)
  await hub.publish(release('second', ['eu']))
  await hub.wait(5)
  // In another language it is not in this feed, and it moves what is said beside the second.
  await hub.publish(release('second', ['eu'], { language: 'sv' }))
  await hub.wait(5)
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  for (const path of paths.slice(0, 2)) {
    expect([path, told(path)]).toEqual([path, [['About second'], ['About third']]])
  }
  expect(told(paths[2]!)).toEqual([
    ['About second', 'About first'],
    ['About third', 'About second', 'About first'],
  ])
})

test('beside its entries a push says what the feed says, byte for byte (W-16, W-41)', async () => {
  const many = Array.from({ length: 70 }, (_, index) =>
    release(`old-${index}`, ['eu', 'crime'], { at: start - 86_400 * (100 + index) }),
  )
  const hub = await startHub({ files: Object.assign({}, first, ...many) })
  const questions = [
    '/feed',
    '/topics/eu',
    '/all/topics/crime+eu',
    '/topics/-drugs',
    '/publishers/ministry',
  ]
  const paths = questions.flatMap((question) => formats.map((format) => `${question}.${format}`))
  const { pushes } = await subscribed(hub, paths)
  await hub.publish(release('second', ['eu', 'organised-crime']))
  await hub.wait(5)
  expect(pushes()).toHaveLength(paths.length)
  const withoutEntries = (body: string) => body.replace(/\n<(entry|item)[ >][^]*<\/\1>/, '')
  for (const { url, headers, body } of pushes()) {
    const response = await hub.fetch(url.pathname)
    const document = await response.text()
    const isWhole = url.pathname.endsWith('.json')
    expect(titlesIn(body)).toHaveLength(isWhole ? titlesIn(document).length : 1)
    expect(isWhole ? body : withoutEntries(body)).toBe(
      isWhole ? document : withoutEntries(document),
    )
    expect(headers['content-type']).toBe(response.headers.get('content-type'))
    expect(headers.link).toBe(response.headers.get('link'))
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['x-hub-signature']).toBeUndefined()
  }
})

test('a correction, a withdrawal and a further topic are news, and what readers need not see again is not (W-04)', async () => {
  const hub = await startHub({ files: { ...first, ...release('second', ['crime']) } })
  const { told } = await subscribed(hub, [
    '/topics/eu.atom',
    '/topics/crime.atom',
    '/topics/-drugs.rss',
  ])
  const news = async (changes: Record<string, string>) => {
    const paths = ['/topics/eu.atom', '/topics/crime.atom', '/topics/-drugs.rss']
    const before = paths.map((path) => told(path).length)
    await hub.publish(changes)
    await hub.wait(6)
    return paths.map((path, index) => told(path).slice(before[index]))
  }
  const more = (...lines: string[]) => ({ more: lines })
  const note = 'changes: [{ at: 2026-06-01T08:50:00Z, kind: correction, note: A figure }]'
  expect(await news(release('second', ['crime'], more('lead: Another one.')))).toEqual([[], [], []])
  expect(await news(release('second', ['crime', 'eu']))).toEqual([
    [['About second']],
    [['About second']],
    [['About second']],
  ])
  // It leaves one feed, and comes into none.
  expect(await news(release('second', ['eu']))).toEqual([[], [], []])
  expect(await news(release('first', ['eu', 'crime', 'drugs'], more()))).toEqual([
    [['About first']],
    [['About first']],
    [],
  ])
  // It comes into the feed without drugs because it loses a topic: nothing could be sent that a bot would not repeat.
  expect(await news(release('first', ['eu', 'crime']))).toEqual([[], [], []])
  expect(await news(release('second', ['eu'], more(note)))).toEqual([
    [['About second']],
    [],
    [['About second']],
  ])
  const withdrawn = 'withdrawn: { at: 2026-06-01T08:55:00Z, reason: Wrong. }'
  expect(await news(release('first', ['eu', 'crime'], more(withdrawn)))).toEqual([
    [['Withdrawn: About first']],
    [['Withdrawn: About first']],
    [['Withdrawn: About first']],
  ])
  // Another program makes other documents, of which nothing is news.
  await hub.switchHub(false)
  await hub.switchHub(true)
  expect(await news(release('third', ['eu']))).toEqual([[['About third']], [], [['About third']]])
})

test('a subscriber is told at once of what came while it read the feed, or when its lease had ended (W-44)', async () => {
  const hub = await startHub({ files: first })
  await hub.publish(release('old', ['eu']))
  hub.sleep(1000)
  await hub.publish(release('just-now', ['eu']))
  hub.sleep(600)
  const { told } = await subscribed(hub, ['/topics/eu.atom'])
  expect(told('/topics/eu.atom')).toEqual([['About just-now']])
  await hub.wait(5)
  // The lease ends after ten days, and nothing is sent after that.
  hub.sleep(10 * 86_400)
  await hub.publish(release('later', ['eu']))
  await hub.wait(5)
  expect(told('/topics/eu.atom')).toHaveLength(1)
  hub.sleep(5 * 86_400)
  await subscribe(hub, '/topics/eu.atom')
  expect(told('/topics/eu.atom').slice(1)).toEqual([['About later']])

  async function subscribe(service: HubService, path: string) {
    const known = await service
      .database()
      .prepare('select callback from hub_subscription')
      .first<{ callback: string }>()
    await service.subscribe(path, known!.callback)
  }
})

test('news that follow each other are one push, and none waits for more than five seconds (W-45)', async () => {
  const hub = await startHub({ files: first })
  const { told } = await subscribed(hub, ['/feed.atom'])
  const began = hub.clock.now()
  for (const slug of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    await hub.publish(release(slug, ['eu']))
    await hub.wait(1)
    if (told('/feed.atom').length > 0) break
  }
  expect(hub.clock.now() - began).toBeGreaterThan(2)
  expect(hub.clock.now() - began).toBeLessThanOrEqual(6)
  await hub.wait(5)
  const [one = [], two = []] = told('/feed.atom')
  expect(one.length).toBeGreaterThan(1)
  expect(told('/feed.atom').length).toBeLessThanOrEqual(2)
  expect(new Set([...one, ...two]).size).toBe(one.length + two.length)
})

test('what is under embargo is pushed when that ends, and nothing before (W-47)', async () => {
  const hub = await startHub({
    files: { ...first, ...release('planned', ['eu'], { at: start + 300 }) },
  })
  const { told, received } = await subscribed(hub, ['/topics/eu.rss'])
  const before = received.length
  const end = hub.clock.now() + 100
  await hub.publish(release('secret', ['eu'], { at: end }))
  await hub.wait(90)
  expect(received).toHaveLength(before)
  await hub.wait(end + 5 - hub.clock.now())
  expect(told('/topics/eu.rss')).toEqual([['About secret']])
  await hub.wait(start + 305 - hub.clock.now())
  expect(told('/topics/eu.rss')).toEqual([['About secret'], ['About planned']])
})

test('what is put off again is in no push that is late (W-47)', async () => {
  const hub = await startHub({ files: first })
  let refuses = true
  const subscriber = await startSubscriber((received) =>
    received.method === 'POST' && refuses ? { status: 500 } : confirming(received),
  )
  await hub.subscribe('/topics/eu.rss', subscriber.url())
  await hub.publish({ ...release('second', ['eu']), ...release('third', ['eu']) })
  await hub.wait(5)
  const before = subscriber.pushes().length
  await hub.publish(release('second', ['eu'], { at: start + 86_400 }))
  refuses = false
  await hub.wait(100)
  const late = subscriber.pushes().slice(before)
  expect(late.map(({ body }) => titlesIn(body))).toEqual([['About third']])
})

test('a topic that ends is told by its last entry, and at its end subscribers are told that there is no feed any more (W-20, W-42)', async () => {
  const hub = await startHub({ files: first })
  const end = new Date((start + 100) * 1000).toISOString()
  const gone = new Date((start + 3 * 86_400) * 1000).toISOString()
  const { told, received } = await subscribed(hub, ['/topics/crime.atom', '/topics/crime,eu.atom'])
  const retired = topicsYaml.replace(
    '  label: { en: crime,',
    `  retired: { at: ${end}, until: ${gone} }\n  label: { en: crime,`,
  )
  await hub.publish({ 'topics.yaml': retired })
  await hub.wait(110)
  expect(told('/topics/crime.atom')).toEqual([['This feed has ended']])
  expect(told('/topics/crime,eu.atom')).toEqual([])
  // It goes on to be told of what changes, without its end once more.
  await hub.publish(release('second', ['crime']))
  await hub.wait(5)
  expect(told('/topics/crime.atom').slice(1)).toEqual([['About second']])
  const before = received.length
  hub.clock.moveTo(start + 3 * 86_400 - 5)
  await hub.work()
  expect(received).toHaveLength(before)
  await hub.wait(10)
  const denials = received.slice(before).map(({ url }) => url)
  expect(denials.map(({ pathname }) => pathname)).toEqual(['/topics/crime.atom'])
  expect(denials[0]!.searchParams.get('hub.mode')).toBe('denied')
  expect(denials[0]!.searchParams.get('hub.topic')).toBe(`${baseUrl}/topics/crime.atom`)
  // The lease that was asked for was longer than the feed was to be there.
  await hub.publish({
    'topics.yaml': topicsYaml.replace(
      '  label: { en: drugs,',
      `  retired: { at: ${new Date((start + 4 * 86_400) * 1000).toISOString()}, until: ${new Date((start + 6 * 86_400) * 1000).toISOString()} }\n  label: { en: drugs,`,
    ),
  })
  const one = await startSubscriber()
  await hub.subscribe('/topics/drugs.rss', one.url())
  const lease = Number(one.verifications()[0]!.url.searchParams.get('hub.lease_seconds'))
  expect(lease).toBeLessThanOrEqual(3 * 86_400)
})

test('a feed that has ended is not told to end once more when another of its topics does (W-40, W-42)', async () => {
  const hub = await startHub({ files: first })
  const paths = ['/topics/crime+eu.atom', '/topics/crime+eu.json', '/topics/crime,eu.atom']
  const { told } = await subscribed(hub, paths)
  const ending = (text: string, slug: string, after: number) => {
    const at = new Date((start + after) * 1000).toISOString()
    return text.replace(new RegExp(`^${slug}:\n`, 'm'), `$&  retired: { at: ${at} }\n`)
  }
  const once = ending(topicsYaml, 'crime', 100)
  await hub.publish({ 'topics.yaml': once })
  await hub.wait(110)
  await hub.publish({ 'topics.yaml': ending(once, 'eu', 200) })
  await hub.wait(110)
  expect(told('/topics/crime+eu.atom')).toEqual([['This feed has ended']])
  expect(told('/topics/crime+eu.json')).toHaveLength(1)
  // Of a feed with alternatives the last of them ends it.
  expect(told('/topics/crime,eu.atom')).toEqual([['This feed has ended']])
})

test('a topic that has ended is not told to end once more when it is renamed, nor when that is long ago (W-40, W-42)', async () => {
  const hub = await startHub({ files: first })
  const paths = ['/topics/crime.atom', '/all/topics/crime.json']
  const { told, url } = await subscribed(hub, paths)
  const renew = async () => {
    for (const path of paths) {
      await hub.subscribe(path, url(path), { 'hub.lease_seconds': String(30 * 86_400) })
    }
  }
  const retired = (until: number) =>
    topicsYaml.replace(
      /^crime:\n/m,
      `$&  retired: { at: ${new Date((start + 100) * 1000).toISOString()}, until: ${new Date((start + until) * 1000).toISOString()} }\n`,
    )
  const ended = retired(200 * 86_400)
  await hub.publish({ 'topics.yaml': ended })
  await hub.wait(110)
  const renamed = `${ended.replace(/^crime:/m, 'offences:').replaceAll('broader: crime', 'broader: offences')}crime: { renamed: offences }\n`
  await hub.publish({ 'topics.yaml': renamed })
  await hub.wait(10)
  await renew()
  for (const days of [20, 25, 10]) {
    hub.sleep(days * 86_400)
    await hub.work()
    await renew()
    await hub.publish(release(`after-${days}`, ['eu'], { at: hub.clock.now() - 10 }))
    await hub.wait(10)
  }
  expect(told('/topics/crime.atom')).toEqual([['This feed has ended']])
  expect(told('/all/topics/crime.json')).toHaveLength(1)
})

test('an end that is owed is told although the topic has another name by then (W-42, W-48)', async () => {
  let isDown = false
  const hub = await startHub({
    files: first,
    caller: {
      call: async (request) => (isDown ? { failed: 'no route' } : plainCaller.call(request)),
    },
  })
  const { told } = await subscribed(hub, ['/topics/crime.atom'])
  const at = new Date((start + 100) * 1000).toISOString()
  const ended = topicsYaml.replace(/^crime:\n/m, `$&  retired: { at: ${at} }\n`)
  isDown = true
  await hub.publish({ 'topics.yaml': ended })
  await hub.wait(110)
  const renamed = `${ended.replace(/^crime:/m, 'offences:').replaceAll('broader: crime', 'broader: offences')}crime: { renamed: offences }\n`
  await hub.publish({ 'topics.yaml': renamed })
  isDown = false
  await hub.wait(1000)
  expect(told('/topics/crime.atom')).toEqual([['This feed has ended']])
})

test('after a topic was renamed its subscribers are told under its new address, and can name the old one (W-59)', async () => {
  const hub = await startHub({ files: first })
  const { told, pushes, verifications, url } = await subscribed(hub, [
    '/topics/eu.atom',
    '/topics/eu+-drugs.rss',
  ])
  const renamed = topicsYaml.replace(/^eu:/m, 'union:') + 'eu: { renamed: union }\n'
  await hub.publish({ 'topics.yaml': renamed })
  await hub.publish(release('second', ['union']))
  await hub.wait(5)
  expect(told('/topics/eu.atom')).toEqual([['About second']])
  expect(pushes()[0]!.headers.link).toContain(`<${baseUrl}/topics/union.atom>; rel="self"`)
  // A renewal under the old name is that of the same subscription.
  await hub.subscribe('/topics/eu.atom', url('/topics/eu.atom'))
  expect(verifications().at(-1)!.url.searchParams.get('hub.topic')).toBe(
    `${baseUrl}/topics/eu.atom`,
  )
  await hub.publish(release('third', ['union']))
  await hub.wait(5)
  expect(told('/topics/eu.atom')).toEqual([['About second'], ['About third']])
  expect(told('/topics/eu+-drugs.rss')).toEqual([['About second'], ['About third']])
})

test('a language that is removed ends its feeds (W-20)', async () => {
  const { siteYaml } = await import('../content-folder.ts')
  const hub = await startHub({ files: first })
  const { received } = await subscribed(hub, ['/sv/topics/eu.atom', '/topics/eu.atom'])
  const before = received.length
  await hub.publish({
    'site.yaml': siteYaml
      .replace('languages: [en, fi, sv]', 'languages: [en, fi]')
      .replace(/, sv: [^}]*/g, ''),
    'topics.yaml': topicsYaml.replace(/, sv: [^}]*/g, ' '),
  })
  await hub.wait(5)
  expect(
    received.slice(before).map(({ url }) => [url.pathname, url.searchParams.get('hub.mode')]),
  ).toEqual([['/sv/topics/eu.atom', 'denied']])
})

test('nothing is lost and little is told twice when a process dies or another one takes over (W-46, W-48)', async () => {
  const hub = await startHub({ files: first })
  const { told } = await subscribed(hub, ['/topics/eu.atom'])
  await hub.publish(release('second', ['eu']))
  await hub.crash()
  expect(told('/topics/eu.atom')).toEqual([['About second']])
  await hub.takeOver()
  await hub.publish(release('third', ['eu']))
  await hub.takeOver(false)
  expect(told('/topics/eu.atom')).toEqual([['About second'], ['About third']])
})

test.each([
  [
    'cannot be read',
    'alter table hub_news rename to hidden',
    'alter table hidden rename to hub_news',
  ],
  [
    'takes no results',
    "create trigger broken before update on hub_subscription begin select raise(abort, 'broken'); end",
    'drop trigger broken',
  ],
])(
  'what is owed while the store %s is sent a minute later (W-48)',
  async (_, breaking, mending) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const hub = await startHub({ files: first })
    let refuses = true
    const subscriber = await startSubscriber((received) =>
      received.method === 'POST' && refuses ? { status: 500 } : confirming(received),
    )
    await hub.subscribe('/topics/eu.atom', subscriber.url())
    await hub.publish(release('second', ['eu']))
    await hub.database().prepare(breaking).all()
    await hub.wait(4)
    await hub.database().prepare(mending).all()
    const before = subscriber.pushes().length
    refuses = false
    await hub.wait(59)
    expect(subscriber.pushes()).toHaveLength(before + 1)
    expect(told).toHaveBeenCalledOnce()
    await hub.wait(120)
    expect(subscriber.pushes()).toHaveLength(before + 1)
  },
)

test('a clock that was ahead and is set back keeps nothing from being told (W-46, W-47)', async () => {
  const hub = await startHub({ files: first })
  const { told } = await subscribed(hub, ['/topics/eu.atom'])
  await hub.publish(release('second', ['eu']))
  hub.clock.setBack(600)
  await hub.wait(1)
  expect(told('/topics/eu.atom')).toEqual([['About second']])
  const other = hub.another()
  await other.work()
  expect(other.isLeading).toBe(false)
  hub.sleep(87_000)
  await hub.work()
  hub.clock.setBack(86_400)
  await hub.crash()
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  expect(told('/topics/eu.atom')).toEqual([['About second'], ['About third']])
  hub.sleep(90_000)
  await hub.publish(release('fourth', ['eu']))
  hub.clock.setBack(86_400)
  await mendClock(hub.database(), hub.clock.now(), wordsOf)
  await hub.publish(release('fifth', ['eu']))
  await hub.wait(5)
  expect(told('/topics/eu.atom').flat()).toContain('About fifth')
})

test('a process that is stopped while it begins to lead sends nothing, and lets another lead (W-23)', async () => {
  const hub = await startHub({ files: first })
  const { told, pushes } = await subscribed(hub, ['/topics/eu.atom'])
  await hub.publish(release('second', ['eu']))
  const stopped = hub.another()
  await hub.stop()
  const working = stopped.work()
  await stopped.stop()
  await working
  await stopped.work()
  expect([stopped.isLeading, pushes()]).toEqual([false, []])
  await hub.takeOver()
  await hub.wait(5)
  expect(told('/topics/eu.atom')).toEqual([['About second']])
})

test('a hub that is switched on tells nothing of what was there (W-46)', async () => {
  const hub = await startHub({
    files: { ...first, ...release('just', ['crime'], { at: start - 60 }) },
  })
  await hub.publish(release('second', ['eu']))
  const { results } = await hub
    .database()
    .prepare('select subject from hub_news where at > 0')
    .all()
  expect(results).toHaveLength(1)
  const { pushes } = await subscribed(hub, ['/topics/crime.atom'])
  expect(pushes()).toHaveLength(0)
  await hub.publish(release('third', ['eu']))
  await hub.wait(5)
  expect(pushes()).toHaveLength(0)
})

test('a hub that nobody used for a day tells nothing of what came meanwhile (W-46)', async () => {
  const hub = await startHub({ files: first })
  await hub.stop()
  hub.sleep(2 * 86_400)
  await hub.publish(release('second', ['crime'], { at: hub.clock.now() - 3600 }))
  await hub.takeOver()
  const { pushes } = await subscribed(hub, ['/topics/crime.atom'])
  expect(pushes()).toHaveLength(0)
})

test('while one push is on its way, a further one waits for it and then has only what is new (W-19, W-48)', async () => {
  const hub = await startHub({ files: first })
  let letGo = () => {}
  const held = new Promise<void>((resolve) => (letGo = resolve))
  let atOnce = 0
  let most = 0
  const subscriber = await startSubscriber(async (received) => {
    if (received.method === 'GET') return confirming(received)
    most = Math.max(most, ++atOnce)
    if (subscriber.pushes().length === 1) await held
    atOnce--
    return { status: 200 }
  })
  await hub.subscribe('/topics/eu.atom', subscriber.url())
  await hub.publish(release('second', ['eu']))
  const waiting = hub.wait(3)
  while (subscriber.pushes().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await Promise.race([
    hub.publish(release('third', ['eu'])),
    new Promise((resolve) => setTimeout(resolve, 200)),
  ])
  letGo()
  await waiting
  await hub.wait(6)
  expect(subscriber.pushes().map(({ body }) => titlesIn(body))).toEqual([
    ['About second'],
    ['About third'],
  ])
  expect(most).toBe(1)
})
