// Shows that the models bite: against a service with one fault, each rule of a program costs its user
// what it costs in reality. A model that forgave everything would prove nothing.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Fetch } from '../platforms.ts'
import { models } from './models.ts'
import type { Reader } from './reader.ts'

const hour = 3600
/** When polls begin, a week after what they find was published. */
const start = Date.UTC(2024, 0, 31) / 1000

type Said = { status?: number; headers?: Record<string, string>; body?: string | Uint8Array }

/** A server that says one thing after another, the last for ever, and remembers what it was asked. */
function server(...answers: Said[]) {
  const requests: { path: string; headers: Headers }[] = []
  const fetch: Fetch = async (path, init) => {
    const {
      status = 200,
      headers = {},
      body,
    } = answers[Math.min(requests.length, answers.length - 1)]!
    requests.push({ path, headers: new Headers(init?.headers) })
    return new Response(status === 304 ? null : ((body ?? '') as string), { status, headers })
  }
  return { fetch, requests }
}

/** A reader that has subscribed and polled once an hour. */
async function polled(name: string, fetch: Fetch, polls: number, address = '/feed.atom') {
  const reader = begin(name, fetch)
  reader.subscribe(address)
  for (let poll = 0; poll < polls; poll++) await reader.poll(address, start + poll * hour)
  return reader
}

function begin(name: string, fetch: Fetch): Reader {
  return models.find((model) => model.name === name)!.create(fetch)
}

type Told = { id: string; title?: string; text?: string; published?: string; updated?: string }

function atom(...entries: Told[]): string {
  const written = entries.map(
    ({ id, title = id, text = 'Text', published = '2024-01-24T09:00:00Z', updated = published }) =>
      `<entry><id>${id}</id><title>${title}</title><link href="https://example.org/${id}"/><published>${published}</published><updated>${updated}</updated><content>${text}</content></entry>`,
  )
  return `<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title>${written.join('')}</feed>`
}

const early = 'Wed, 24 Jan 2024 09:00:00 GMT'
const late = 'Wed, 24 Jan 2024 10:00:00 GMT'

function said(etag: string, lastModified: string, ...entries: Told[]): Said {
  return {
    headers: { etag, 'last-modified': lastModified, 'content-type': 'application/atom+xml' },
    body: atom(...entries),
  }
}

const titles = (reader: Reader) => reader.all().map(({ title }) => title)

test('newsboat loses an entry when Last-Modified stays while the ETag changes, for good (H-10)', async () => {
  const { fetch, requests } = server(
    said('"1"', early, { id: 'a' }),
    said('"2"', early, { id: 'b' }, { id: 'a' }),
    { status: 304 },
  )
  const reader = await polled('newsboat', fetch, 3)
  expect(titles(reader)).toEqual(['a'])
  expect(requests[2]!.headers.get('if-none-match')).toBe('"2"')
})

test('newsboat, NewsBlur and feedparser write dates anew (H-11)', async () => {
  for (const name of ['newsboat', 'NewsBlur', "Python's feedparser"]) {
    const { fetch, requests } = server(
      said('"1"', 'Wednesday, 24-Jan-24 09:00:00 GMT', { id: 'a' }),
    )
    await polled(name, fetch, 2)
    expect(requests[1]!.headers.get('if-modified-since')).toBe(early)
  }
})

test('Miniflux does not look at a body with the ETag it has (H-05)', async () => {
  const { fetch } = server(said('"1"', early, { id: 'a' }), said('"1"', late, { id: 'b' }))
  expect(titles(await polled('Miniflux', fetch, 2))).toEqual(['a'])
})

test('Miniflux takes a changed ETag over the same body as no more than work (H-05)', async () => {
  const { fetch } = server(said('"1"', early, { id: 'a' }), said('"2"', late, { id: 'a' }))
  const [held] = (await polled('Miniflux', fetch, 2)).all()
  expect(held!.shown).toHaveLength(1)
})

test('Miniflux forgets validators beside Expires: 0 (H-18)', async () => {
  const answer = said('"1"', early, { id: 'a' })
  const { fetch, requests } = server({ ...answer, headers: { ...answer.headers, expires: '0' } })
  await polled('Miniflux', fetch, 2)
  expect(requests[1]!.headers.has('if-none-match')).toBe(false)
})

test('Miniflux gives up after three errors in a row (H-29)', async () => {
  const once = await polled(
    'Miniflux',
    server({ status: 500 }, { status: 500 }, said('"1"', early)).fetch,
    3,
  )
  expect(once.givenUp()).toEqual([])
  const thrice = await polled('Miniflux', server({ status: 500 }).fetch, 3)
  expect(thrice.givenUp()).toEqual(['/feed.atom'])
})

test('Miniflux takes an empty 200 for an error (H-24)', async () => {
  const reader = await polled('Miniflux', server({ body: '' }).fetch, 1)
  expect(reader.errors).toHaveLength(1)
})

for (const name of ['FreshRSS', 'NetNewsWire']) {
  test(`a 304 without validators lets the next poll of ${name} be unconditional (H-14)`, async () => {
    const { fetch, requests } = server(said('"1"', early, { id: 'a' }), { status: 304 })
    await polled(name, fetch, 3)
    expect(requests[1]!.headers.get('if-none-match')).toBe('"1"')
    expect(requests[2]!.headers.has('if-none-match')).toBe(false)
    expect(requests[2]!.headers.has('if-modified-since')).toBe(false)
  })
}

test('Feedbin keeps validators that a 304 leaves out', async () => {
  const { fetch, requests } = server(said('"1"', early, { id: 'a' }), { status: 304 })
  await polled('Feedbin', fetch, 3)
  expect(requests[2]!.headers.get('if-none-match')).toBe('"1"')
})

test('FreshRSS does not see a change of dates alone', async () => {
  const { fetch } = server(
    said('"1"', early, { id: 'a' }),
    said('"2"', late, { id: 'a', updated: '2024-01-24T10:00:00Z' }),
  )
  const reader = await polled('FreshRSS', fetch, 2)
  expect(reader.statuses('/feed.atom')).toEqual([200, 200])
  expect(reader.errors).toEqual([])
})

test('FreshRSS mutes a feed after one 410 (H-30)', async () => {
  const reader = await polled('FreshRSS', server({ status: 410 }).fetch, 1)
  expect(reader.givenUp()).toEqual(['/feed.atom'])
})

test('FreshRSS and NetNewsWire leave the whole host alone after a 429 (H-31)', async () => {
  for (const name of ['FreshRSS', 'NetNewsWire']) {
    const { fetch } = server({ status: 429, headers: { 'retry-after': '9000' } })
    const reader = await polled(name, fetch, 1)
    reader.subscribe('/topics/migration.atom')
    expect(reader.due('/topics/migration.atom')).toBe(start + 9000)
  }
})

test('NetNewsWire does not understand a date in Retry-After (H-31)', async () => {
  const { fetch } = server({ status: 429, headers: { 'retry-after': late } })
  const reader = await polled('NetNewsWire', fetch, 1)
  expect(reader.due('/feed.atom')).toBe(start + 600)
})

test('NetNewsWire stays away for 53 hours after one 404 (H-30)', async () => {
  const reader = await polled('NetNewsWire', server({ status: 404 }).fetch, 1)
  expect(reader.due('/feed.atom')).toBe(start + 53 * hour)
})

test('NetNewsWire drops validators after eight days, and never sends the year 2038', async () => {
  const { fetch, requests } = server(
    said('"1"', 'Tue, 19 Jan 2038 03:14:07 GMT', { id: 'a', text: 'Text '.repeat(30) }),
  )
  const reader = await polled('NetNewsWire', fetch, 2)
  expect(requests[1]!.headers.get('if-none-match')).toBe('"1"')
  expect(requests[1]!.headers.has('if-modified-since')).toBe(false)
  await reader.poll('/feed.atom', start + (2 + 8 * 24) * hour)
  expect(requests[2]!.headers.has('if-none-match')).toBe(false)
})

test('one 503 disables a feed in Thunderbird (H-29)', async () => {
  const reader = await polled('Thunderbird', server({ status: 503 }).fetch, 1)
  expect(reader.givenUp()).toEqual(['/feed.atom'])
})

test('Thunderbird asks with the year 2000 first, then with the date it got (H-13, H-12, H-15)', async () => {
  const { fetch, requests } = server(said('"1"', early, { id: 'a' }))
  await polled('Thunderbird', fetch, 2)
  const dates = requests.map(({ headers }) => headers.get('if-modified-since'))
  expect(dates).toEqual(['Sat, 01 Jan 2000 00:00:00 GMT', early])
  expect(requests[1]!.headers.has('if-none-match')).toBe(false)
  expect(requests[1]!.headers.get('cache-control')).toBe('no-cache')
})

test('Thunderbird never sees an edit (D-05)', async () => {
  const { fetch } = server(
    said('"1"', early, { id: 'a' }),
    said('"2"', late, { id: 'a', title: 'A' }),
  )
  expect(titles(await polled('Thunderbird', fetch, 2))).toEqual(['a'])
})

test('Thunderbird shows an entry twice that was gone for more than a day (D-08)', async () => {
  const { fetch } = server(
    said('"1"', early, { id: 'a' }, { id: 'b' }),
    said('"2"', late, { id: 'b' }),
    said('"3"', late, { id: 'a' }, { id: 'b' }),
  )
  const reader = await polled('Thunderbird', fetch, 2)
  await reader.poll('/feed.atom', start + 30 * hour)
  expect(reader.all().map(({ shown }) => shown.length)).toEqual([2, 1])
})

test('Tiny Tiny RSS sends a date alone, and every twelve hours nothing (H-12)', async () => {
  const { fetch, requests } = server(said('"1"', early, { id: 'a' }))
  await polled('Tiny Tiny RSS', fetch, 14)
  const dates = requests.map(({ headers }) => headers.get('if-modified-since'))
  expect(dates).toEqual([null, ...Array.from({ length: 11 }, () => early), null, early])
  expect(requests.some(({ headers }) => headers.has('if-none-match'))).toBe(false)
})

test('Tiny Tiny RSS and newsboat know an entry once, in the first and in the last of its feeds (C-03)', async () => {
  const places = {
    'Tiny Tiny RSS': '/feed.atom',
    newsboat: '/topics/eu.atom',
    Thunderbird: '/feed.atom',
  }
  for (const [name, place] of Object.entries(places)) {
    const { fetch } = server(said('"1"', early, { id: 'a' }))
    const reader = await polled(name, fetch, 1)
    reader.subscribe('/topics/eu.atom')
    await reader.poll('/topics/eu.atom', start)
    expect(reader.all()).toHaveLength(1)
    expect(reader.held(place)).toHaveLength(1)
  }
})

test('Tiny Tiny RSS flips between entries that differ from feed to feed (C-03)', async () => {
  const { fetch } = server(
    said('"1"', early, { id: 'a', title: 'in all' }),
    said('"2"', early, { id: 'a', title: 'in topic' }),
    said('"1"', early, { id: 'a', title: 'in all' }),
  )
  const reader = await polled('Tiny Tiny RSS', fetch, 1)
  reader.subscribe('/topics/eu.atom')
  await reader.poll('/topics/eu.atom', start)
  expect(titles(reader)).toEqual(['in topic'])
  await reader.poll('/feed.atom', start)
  expect(titles(reader)).toEqual(['in all'])
})

test('Feedbin is silent for more than an hour after one error (H-29)', async () => {
  const reader = await polled('Feedbin', server({ status: 500 }).fetch, 1)
  expect(reader.due('/feed.atom')).toBe(start + 4096)
})

test('Feedbin looks at old entries again only after a day, recent ones always (D-05)', async () => {
  const recent = new Date(start * 1000).toISOString()
  const version = (title: string) =>
    said(`"${title}"`, late, { id: 'a', title }, { id: 'b', title, published: recent })
  const { fetch } = server(version('1'), version('2'), version('3'))
  const reader = await polled('Feedbin', fetch, 2)
  expect(titles(reader)).toEqual(['1', '2'])
  await reader.poll('/feed.atom', start + 30 * hour)
  expect(titles(reader)).toEqual(['3', '3'])
})

test('NewsBlur asks again as a browser when it is refused (H-42)', async () => {
  const { fetch, requests } = server({ status: 403 }, said('"1"', early, { id: 'a' }))
  const reader = await polled('NewsBlur', fetch, 1)
  expect(requests[1]!.headers.get('user-agent')).toMatch(/^Mozilla/)
  expect(titles(reader)).toEqual(['a'])
})

test('NewsBlur cuts long tags, so that they never match (H-04)', async () => {
  const { fetch, requests } = server(said(`"${'x'.repeat(300)}"`, early, { id: 'a' }))
  await polled('NewsBlur', fetch, 2)
  expect(requests[1]!.headers.get('if-none-match')).toHaveLength(255)
})

test('NewsBlur reads a hundred entries and Feedbin three hundred (C-04)', async () => {
  const entries = Array.from({ length: 310 }, (_, index) => ({ id: `e${index}` }))
  const { fetch } = server(said('"1"', early, ...entries))
  expect((await polled('NewsBlur', fetch, 1)).all()).toHaveLength(100)
  expect((await polled('Feedbin', fetch, 1)).all()).toHaveLength(300)
})

test('NewsBlur now and then adds a number to the address (U-05)', async () => {
  const { fetch, requests } = server(said('"1"', early, { id: 'a' }))
  await polled('NewsBlur', fetch, 600)
  const changed = requests.filter(({ path }) => /^\/feed\.atom\?_=\d+$/.test(path))
  expect(changed.length).toBeGreaterThan(0)
  expect(changed.length).toBeLessThan(20)
})

test('NewsBlur takes JSON only from an address that says json (U-04)', async () => {
  const json = {
    body: '{"version":"https://jsonfeed.org/version/1.1","title":"Feed","items":[{"id":"a","title":"a"}]}',
  }
  expect((await polled('NewsBlur', server(json).fetch, 1, '/feed')).errors).toHaveLength(1)
  expect(titles(await polled('NewsBlur', server(json).fetch, 1, '/feed.json'))).toEqual(['a'])
})

test('feedparser frowns upon a media type that is not one of XML (H-25)', async () => {
  const plain = { body: atom({ id: 'a' }), headers: { 'content-type': 'text/plain' } }
  expect((await polled("Python's feedparser", server(plain).fetch, 1)).errors).toEqual([
    `/feed.atom at ${start}: bozo`,
  ])
})

test('readers cannot read a coding that they did not ask for (H-23)', async () => {
  const coded = {
    body: gzipSync(atom({ id: 'a' })),
    headers: { 'content-encoding': 'gzip', etag: '"1"' },
  }
  const reader = await polled('rss-parser', server(coded).fetch, 1)
  expect(reader.errors).toHaveLength(1)
  const brotli = { ...coded, headers: { 'content-encoding': 'br' } }
  expect((await polled('Feedbin', server(brotli).fetch, 1)).errors).toHaveLength(1)
})

test('the Microsoft connector skips what is not later than what it saw (C-05)', async () => {
  const at = (minute: number) => `2024-01-24T09:${minute}:00Z`
  const { fetch } = server(
    said('"1"', early, { id: 'a', published: at(10) }),
    said('"2"', late, { id: 'equal', published: at(10) }, { id: 'late', published: at(20) }),
    said('"3"', late, { id: 'between', published: at(15) }, { id: 'late', published: at(20) }),
  )
  expect(titles(await polled('the Microsoft connector', fetch, 3))).toEqual(['late'])
})

test('the Microsoft connector posts a release twice whose date moves (C-07)', async () => {
  const { fetch } = server(
    said('"1"', early),
    said('"2"', early, { id: 'a', published: '2024-01-24T09:10:00Z' }),
    said('"3"', late, { id: 'a', published: '2024-01-24T09:20:00Z' }),
  )
  const [held] = (await polled('the Microsoft connector', fetch, 3)).all()
  expect(held!.shown).toHaveLength(2)
})

test('a changed id doubles a release in every reader (C-01)', async () => {
  const others = models.filter(({ seesLateComers }) => seesLateComers)
  for (const { name } of others) {
    const { fetch } = server(
      said('"1"', early, { id: 'a' }),
      said('"2"', late, { id: 'b', title: 'a' }),
    )
    expect(titles(await polled(name, fetch, 2)), name).toEqual(['a', 'a'])
  }
})

test('strict readers take nothing from a document that is not well-formed (X-04)', async () => {
  const broken = said('"1"', early, { id: 'a', text: 'AT&T' })
  for (const name of ['FreshRSS', 'newsboat', 'Tiny Tiny RSS', 'Thunderbird']) {
    const reader = await polled(name, server(broken).fetch, 1)
    expect(reader.all(), name).toEqual([])
    expect(reader.errors, name).toHaveLength(1)
  }
})
