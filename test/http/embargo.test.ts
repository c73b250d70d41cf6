// Records every byte and header that the public can ask for, and compares them when there is a release
// of the future, when its time comes, and when it goes away before. On Workers `both-runtimes.test.ts` holds it.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { walk } from '../archive-walker.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { type Fetch, nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const formats = ['rss', 'atom', 'json']
const start = Date.UTC(2026, 2, 2, 6) / 1000
const day = 86_400
const utc = (second: number) => new Date(second * 1000).toISOString()

/** Three of these fill a document. */
const long = 'A sentence that takes some room in a document. '.repeat(1600)

function written(
  title: string,
  second: number,
  topics: string,
  more: string[] = [],
  body?: string,
) {
  const fields = [`title: ${title}`, `published: ${utc(second)}`, `topics: [${topics}]`, ...more]
  return markdown(fields, body)
}

/** What is public: enough for archives, a withdrawn release, and one that will be corrected. */
function publicFiles(): Record<string, string> {
  const history = Array.from({ length: 4 }, (_, number) => {
    const text = written(`Release ${number}`, start - (number + 2) * 40 * day, 'eu', [], long)
    return [`releases/r${number}.en.md`, text]
  })
  return {
    ...Object.fromEntries(history),
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'releases/harbour.en.md': written('Harbour', start - 3 * day, 'drugs', [
      'attachments: [{ file: agenda.pdf, title: Agenda }]',
    ]),
    'releases/harbour.fi.md': written('Satama', start - 2 * day, 'asylum'),
    'releases/gone.en.md': written('Gone', start - 4 * day, 'asylum', [
      `withdrawn: { at: ${utc(start - day)}, reason: It was never decided }`,
    ]),
  }
}

/** Its names, its topic, its words and its file are nobody else's. */
function embargoedFiles(name: string, second: number, corrects: string): Record<string, string> {
  return {
    [`media/${name}.pdf`]: `%PDF-1.4 ${name}`,
    [`releases/${name}.en.md`]: written(
      `Xylophone ${name}`,
      second,
      'space-travel',
      [
        `formerly: [${name}-draft]`,
        `attachments: [{ file: ${name}.pdf, title: The contract }]`,
        `corrects: ${corrects}`,
        'publisher: customs',
        'kind: advisory',
        'event: { start: 2026-04-01, place: Xylophone hall }',
      ],
      'The zeppelin takes off.',
    ),
    [`releases/${name}.fi.md`]: written(`Ksylofoni ${name}`, second, 'space-travel', [
      `formerly: [${name}-draft]`,
    ]),
  }
}

type Question = { path: string; search?: string; shows: (release: Shown) => boolean }
/** What a question may ask of a release. */
type Shown = { language: string; topics: string[]; words: string }

const questions: Question[] = [
  { path: '/feed', shows: ({ language }) => language === 'en' },
  { path: '/fi/feed', shows: ({ language }) => language === 'fi' },
  { path: '/all/feed', shows: () => true },
  { path: '/topics/eu', shows: on('en', 'eu') },
  { path: '/topics/crime', shows: on('en', 'drugs') },
  { path: '/topics/migration', shows: on('en', 'asylum') },
  { path: '/topics/space-travel', shows: on('en', 'space-travel') },
  { path: '/fi/topics/space-travel', shows: on('fi', 'space-travel') },
  { path: '/topics/space-travel+eu', shows: () => false },
  {
    path: '/topics/space-travel,eu',
    shows: (one) => on('en', 'space-travel')(one) || on('en', 'eu')(one),
  },
  {
    path: '/topics/-eu',
    shows: ({ language, topics }) => language === 'en' && !topics.includes('eu'),
  },
  { path: '/feed', search: 'zeppelin', shows: within('en', 'zeppelin') },
  { path: '/topics/space-travel', search: 'xylophone', shows: within('en', 'xylophone') },
]

/** A few of each kind. */
const short = questions.filter(({ path, search }) => {
  return /^\/topics\/eu$|space-travel$/.test(path) || search === 'zeppelin'
})

function on(asked: string, topic: string) {
  return ({ language, topics }: Shown) => language === asked && topics.includes(topic)
}

function within(asked: string, word: string) {
  return ({ language, words }: Shown) => language === asked && words.includes(word)
}

/**
 * The formats that a question is asked in. What holds the long releases in other words than `/feed` and
 * `/topics/eu` has one, as their documents are most of the work here.
 */
function formatsOf(question: Question): string[] {
  const isLong = ['/all/feed', '/topics/space-travel,eu'].includes(question.path)
  return isLong ? [formats[questions.indexOf(question) % 3]!] : formats
}

function feedAddress({ path, search }: Question, format: string): string {
  return `${path}.${format}${search ? `?q=${search}` : ''}`
}

/**
 * Everything there is to ask for, and what only somebody would who knows more than he should. Formats may take
 * turns.
 */
async function publicAddresses(
  fetch: Fetch,
  second: number,
  asked: Question[] = questions,
  takeTurns = false,
): Promise<string[]> {
  const feeds = [...asked, { path: '/withdrawals' }, { path: '/fi/withdrawals' }] as Question[]
  const documents: string[] = []
  for (const [index, feed] of feeds.entries()) {
    for (const format of takeTurns ? [formats[index % 3]!] : formatsOf(feed)) {
      const walked = await walk(fetch, feedAddress(feed, format))
      documents.push(...walked.map(({ address }) => address))
    }
  }
  const archives = [0, 8, 16, 20, 24].flatMap((level) => {
    const interval = `${level}-${Math.floor(second / 2 ** level)}`
    return [`/feed/archive/${interval}.atom`, `/topics/space-travel/archive/${interval}.json`]
  })
  const pages = ['/', '/fi', '/all', '/topics/eu', '/topics/space-travel', '/?q=zeppelin']
  const releases = ['harbour', 'gone', 'r0', 'secret', 'secret-draft', 'secret.en']
  const others =
    '/topics.json /fi/topics.json /all/topics.json /feeds.opml /fi/feeds.opml /sitemap.xml /news-sitemap.xml /sitemap-topics-1.xml /sitemap-releases-1.xml'
  const calendars =
    '/feed.ics /fi/feed.ics /all/feed.ics /topics/space-travel.ics /topics/-eu.ics /feed.ics?q=zeppelin /releases/secret.json /releases/harbour.json'
  const files = '/media/agenda.pdf /media/secret.pdf /media/nothing.pdf /media/'
  const nothing = '/topics/xylophone.rss /nothing /robots.txt'
  return [
    ...documents,
    ...archives,
    ...pages,
    '/withdrawals',
    ...releases.flatMap((slug) => [`/releases/${slug}`, `/fi/releases/${slug}`]),
    ...[others, calendars, files, nothing].flatMap((some) => some.split(' ')),
  ]
}

type Recording = Map<string, string>

/** Ways to ask for the same. */
function requestsOf(known: Recording, address: string): [string, RequestInit][] {
  const first = known.get(`${address} whole`) ?? ''
  const etag = /^etag: (.*)$/m.exec(first)?.[1]
  const modified = /^last-modified: (.*)$/m.exec(first)?.[1]
  return [
    ['whole', {}],
    ['head', { method: 'HEAD' }],
    ['coded', { headers: { 'Accept-Encoding': 'gzip' } }],
    ['a page', { headers: { Accept: 'text/html' } }],
    ...(etag ? ([['known', { headers: { 'If-None-Match': etag } }]] as const) : []),
    ...(modified ? ([['since', { headers: { 'If-Modified-Since': modified } }]] as const) : []),
    ['difference', { headers: { 'A-IM': 'feed', 'If-None-Match': etag ?? 'W/"0"' } }],
  ] as [string, RequestInit][]
}

/** What is answered to everybody who asks for these addresses in these ways. */
async function record(
  fetch: Fetch,
  addresses: string[],
  known: Recording,
  ways: string[] = everyWay,
): Promise<Recording> {
  const recording: Recording = new Map()
  const ask = async (address: string) => {
    for (const [way, init] of requestsOf(known, address)) {
      if (!ways.includes(way)) continue
      const response = await fetch(address, init)
      // The time of an answer, when an isolate last looked, and what connections say, is nothing about
      // what is answered.
      const headers = [...response.headers]
        .filter(([name]) => !['date', 'age', 'connection', 'keep-alive'].includes(name))
        .map(([name, value]) => `${name}: ${value}`)
      const body = Buffer.from(await response.arrayBuffer()).toString('latin1')
      const text = [response.status, ...headers.toSorted(), '', body].join('\n')
      recording.set(`${address} ${way}`, text)
    }
  }
  for (let index = 0; index < addresses.length; index += 8) {
    await Promise.all(addresses.slice(index, index + 8).map(ask))
  }
  return recording
}

const everyWay = ['whole', 'head', 'coded', 'a page', 'known', 'since', 'difference']
/** The others are made of the same documents, and the first test of an embargo asks in all of them. */
const fewWays = ['whole', 'known']

function inWays(recording: Recording, ways: string[]): Recording {
  return new Map([...recording].filter(([name]) => ways.includes(name.replace(/^\S+ /, ''))))
}

/** Addresses, with the way of asking, that are answered otherwise. */
function differences(before: Recording, after: Recording): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name))
}

/** Asks often enough that everything is as it will stay: made, kept, and noted for who has it. */
async function recordSettled(
  fetch: Fetch,
  addresses: string[],
  ways: string[] = everyWay,
): Promise<Recording> {
  const first = await record(fetch, addresses, new Map(), ['whole'])
  await record(fetch, addresses, first, ['known', 'difference'])
  return record(fetch, addresses, first, ways)
}

async function operations(fetch: Fetch): Promise<string> {
  const texts = ['/healthz', '/metrics'].map(async (path) => (await fetch(path)).text())
  return (await Promise.all(texts)).join('\n')
}

const traces = /secret|xylophone|ksylofoni|zeppelin/i

describe('a release under embargo', () => {
  test('leaves no trace in any byte or header until its second, and is everywhere within it (H-21, C-05, D-05)', async () => {
    const clock = createSimulatedClock(start)
    const directory = temporaryFolder(publicFiles())
    const press = await nodePress(directory, clock)
    const { fetch } = press
    const lift = start + 3600
    clock.moveTo(start + 60)
    const addresses = await publicAddresses(fetch, lift)
    expect(addresses.filter((one) => one.includes('/archive/')).length).toBeGreaterThan(16)
    const before = await recordSettled(fetch, addresses)
    expect(before.get('/media/secret.pdf whole')).toBe(before.get('/media/nothing.pdf whole'))

    writeFiles(directory, embargoedFiles('secret', lift, 'harbour'))
    await press.takeUp()
    const during = await record(fetch, addresses, before, fewWays)
    expect(differences(inWays(before, fewWays), during)).toEqual([])
    // What is kept in memory hides what would be made anew.
    await press.restart()
    const anew = await record(fetch, addresses, before, fewWays)
    expect(differences(inWays(before, fewWays), anew)).toEqual([])
    clock.moveTo(lift - 1)
    expect(differences(before, await record(fetch, addresses, before))).toEqual([])
    expect(await publicAddresses(fetch, lift)).toEqual(addresses)
    expect((await operations(fetch)).replaceAll('/topics/space-travel', '')).not.toMatch(traces)

    clock.moveTo(lift)
    const after = await record(fetch, addresses, before, fewWays)
    const secrets = [
      { language: 'en', topics: ['space-travel'], words: 'xylophone zeppelin' },
      { language: 'fi', topics: ['space-travel'], words: 'ksylofoni' },
    ]
    const harbour = { language: 'en', topics: ['drugs'], words: 'harbour' }
    for (const question of questions) {
      for (const format of formatsOf(question)) {
        const address = feedAddress(question, format)
        const whole = after.get(`${address} whole`)!
        // The translation has the second after, for it is a release of the same second.
        const belongs = question.shows(secrets[0]!) || question.shows(secrets[1]!)
        const isChanged = belongs || question.shows(harbour)
        const validator = (text: string, name: string) =>
          new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]
        const was = before.get(`${address} whole`)!
        if (question.shows(secrets[0]!)) expect(whole, address).toMatch(/xylophone secret/i)
        if (question.path.startsWith('/fi/') && belongs) continue
        const moved = (name: string) => validator(was, name) !== validator(whole, name)
        expect(moved('etag'), address).toBe(isChanged)
        // A search says that it changed whenever anything did.
        if (!question.search) expect(moved('last-modified'), address).toBe(isChanged)
        if (isChanged && !question.search) {
          expect(validator(whole, 'last-modified')).toBe(new Date(lift * 1000).toUTCString())
        }
        const known = after.get(`${address} known`)!
        expect(known.slice(0, 3), address).toBe(isChanged ? '200' : '304')
      }
    }
    expect(after.get('/media/secret.pdf whole')).toMatch(/^200[^]*%PDF-1.4 secret/)
    expect(after.get('/releases/secret whole')).toMatch(/^200/)
    expect(after.get('/releases/secret-draft whole')).toMatch(
      /^308[^]*location: .*releases\/secret$/m,
    )
    expect(after.get('/releases/harbour whole')).toMatch(
      /Corrected by[^]*releases\/secret">Xylophone secret/,
    )
    expect(after.get('/releases/secret.json whole')).toMatch(/^200[^]*Xylophone hall/)
    for (const path of ['/feed.ics', '/all/feed.ics', '/topics/space-travel.ics']) {
      expect(after.get(`${path} whole`), path).toMatch(/^200[^]*Xylophone hall/)
    }
    expect(after.get('/feeds.opml whole')).toMatch(/^200/)
    expect(after.get('/topics.json whole')).not.toBe(before.get('/topics.json whole'))
    clock.moveTo(lift + 1)
    for (const format of formats) {
      for (const feed of ['/fi/feed', '/fi/topics/space-travel']) {
        expect(await (await fetch(`${feed}.${format}`)).text()).toMatch(/ksylofoni secret/i)
      }
    }
  })

  test('that is moved, and one that is removed before its time, were never there (H-21)', async () => {
    const clock = createSimulatedClock(start)
    const directory = temporaryFolder(publicFiles())
    const press = await nodePress(directory, clock)
    const { fetch } = press
    const lift = start + 3600
    clock.moveTo(start + 60)
    // Every question in one of the formats, which the test above has all of.
    const addresses = await publicAddresses(fetch, lift, questions, true)
    const before = await recordSettled(fetch, addresses, fewWays)
    const expectNothing = async () => {
      expect(differences(before, await record(fetch, addresses, before, fewWays))).toEqual([])
      await press.restart()
      expect(differences(before, await record(fetch, addresses, before, fewWays))).toEqual([])
      expect((await operations(fetch)).replaceAll('/topics/space-travel', '')).not.toMatch(traces)
    }
    // It names a release that is not there, which its author is warned of.
    const files = embargoedFiles('secret', lift, 'secret-plan')
    writeFiles(directory, files)
    await press.takeUp()
    clock.moveTo(start + 1800)
    const later = embargoedFiles('secret', lift + 1800, 'harbour')
    writeFiles(directory, later)
    await press.takeUp()
    clock.moveTo(lift + 60)
    await expectNothing()
    for (const path of Object.keys(files)) rmSync(join(directory, path))
    await press.takeUp()
    await expectNothing()
    clock.moveTo(lift + day)
    await expectNothing()
  })
})

/** Makes links to a release that is to come, follows each of them in every way, and revokes some. */
async function makeAndFollowLinks(fetch: Fetch): Promise<string[]> {
  const path = '/api/releases/secret/en/previews'
  const headers = {
    Authorization: 'Bearer a-secret-of-the-newsroom',
    'Content-Type': 'application/json',
  }
  const ask = async (init: RequestInit, more = '') => {
    return (await (await fetch(`${path}${more}`, { headers, ...init })).json()) as {
      url: string
      id: string
    }
  }
  const secrets: string[] = []
  for (const languages of [[], ['fi'], ['all']]) {
    const body = JSON.stringify({ name: 'The aide', languages })
    const { url, id } = await ask({ method: 'POST', body })
    const [, secret = ''] = /\/preview\/(.*)$/.exec(url)!
    secrets.push(secret)
    const follow = async () => {
      for (const rest of ['', '/fi', '/media/secret.pdf', '/media/nothing.pdf', '/nothing']) {
        for (const method of ['GET', 'HEAD', 'POST']) {
          const answer = await fetch(`/preview/${secret}${rest}`, { method })
          await answer.arrayBuffer()
        }
      }
    }
    await follow()
    expect(await (await fetch(`/preview/${secret}`)).text()).toMatch(/xylophone secret/i)
    if (languages.length === 0) await ask({ method: 'DELETE' }, `/${id}`)
    await follow()
  }
  await ask({ method: 'GET' })
  await (await fetch(`/preview/${'0'.repeat(32)}`)).arrayBuffer()
  return secrets
}

describe('links that show a release under embargo', () => {
  test('change no public byte, header or count, nor what readers have, and their secrets are kept nowhere (H-21)', async () => {
    const clock = createSimulatedClock(start)
    const lift = start + 3600
    const directory = temporaryFolder({
      ...publicFiles(),
      ...embargoedFiles('secret', lift, 'harbour'),
    })
    const log: string[] = []
    const press = await nodePress(directory, clock, undefined, {
      isOnDisk: true,
      write: (line) => log.push(line),
    })
    onTestFinished(() => press.close())
    const { fetch } = press
    clock.moveTo(start + 60)
    const addresses = await publicAddresses(fetch, lift, short, true)
    const before = await recordSettled(fetch, addresses)
    const [revision, renders] = [await press.revision(), await rendersOf(press)]
    const secrets = await makeAndFollowLinks(fetch)
    expect(differences(before, await record(fetch, addresses, before))).toEqual([])
    // Nobody's document was made anew, and none was taken for another.
    expect(await rendersOf(press)).toBe(renders)
    expect(await press.revision()).toBe(revision)
    const told = await operations(fetch)
    expect(told).not.toMatch(/preview/i)
    await press.restart()
    const anew = await record(fetch, addresses, before, fewWays)
    expect(differences(inWays(before, fewWays), anew)).toEqual([])
    // The log of the database has what was written last.
    const stored = ['', '-wal'].map((end) => readFileSync(`${press.databaseFile}${end}`, 'latin1'))
    expect(log.filter((line) => line.includes(String.raw`"path":"/preview/\u2026"`))).toHaveLength(
      94,
    )
    for (const secret of secrets) {
      expect(log.join('')).not.toContain(secret)
      expect(stored.join('').includes(secret)).toBe(false)
      expect(told).not.toContain(secret)
    }
  })
})

/** How many documents were made since the start. */
async function rendersOf(press: Pick<Awaited<ReturnType<typeof nodePress>>, 'metrics'>) {
  const { body } = await press.metrics().document()
  return body
    .split('\n')
    .filter((line) => line.startsWith('tiedote_renders_total'))
    .join('\n')
}
