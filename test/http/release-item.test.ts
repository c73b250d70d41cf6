// One release as JSON, for programs that know its address.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdown, writeFolder, writeFiles } from '../content-folder.ts'
import { baseUrl, nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

const release = (title: string, published: string, ...more: string[]) =>
  markdown([`title: ${title}`, `published: ${published}`, 'topics: [eu]', ...more], `Of ${title}.`)

function content() {
  return writeFolder({
    'releases/meeting.en.md': release(
      'Meeting "&" <more>',
      '2024-01-24T09:00',
      'formerly: [meet]',
      'event: { start: 2024-01-24, place: Antwerp }',
      'changes: [{ at: 2024-01-25T09:00, kind: correction, note: The date was wrong. }]',
    ),
    'releases/meeting.fi.md': release('Kokous', '2024-01-24T10:00'),
    'releases/wrong.en.md': release(
      'Wrong',
      '2024-01-23T10:00',
      'withdrawn: { at: 2024-01-26T09:00, reason: It was wrong. }',
    ),
    'releases/other.en.md': release('Other', '2024-01-22T10:00'),
    'releases/secret.en.md': release('Secret', '2199-01-01T09:00'),
  })
}

describe('one release as JSON', () => {
  const clock = createSimulatedClock(start)
  let directory: string
  let press: Awaited<ReturnType<typeof nodePress>>
  const get = (path: string, init?: RequestInit) => press.fetch(path, init)

  beforeAll(async () => {
    directory = content()
    press = await nodePress(directory, clock)
  })
  afterAll(async () => {
    await press.close()
    rmSync(directory, { recursive: true })
  })

  async function itemsOf(feed: string) {
    return ((await (await get(feed)).json()) as { items: { id: string; url: string }[] }).items
  }

  test('is letter for letter the item of every feed that has the release (C-03)', async () => {
    for (const [path, feeds] of [
      [
        '/releases/meeting',
        ['/feed.json', '/topics/eu.json', '/all/feed.json', '/feed.json?q=more'],
      ],
      ['/fi/releases/meeting', ['/fi/feed.json', '/all/topics/eu.json']],
      ['/releases/wrong', ['/feed.json', '/topics/eu.json']],
    ] as const) {
      const text = await (await get(`${path}.json`)).text()
      for (const feed of feeds) expect(await (await get(feed)).text()).toContain(text.trimEnd())
      const item = (await itemsOf(feeds[0])).find(({ url }) => url === `${baseUrl}${path}`)
      expect(JSON.parse(text)).toEqual(item)
    }
  })

  test('has validators, and may be read by programs of other sites (H-14, H-36, H-37)', async () => {
    const path = '/releases/meeting.json'
    const found = await get(path)
    const { headers } = found
    expect(found.status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('link')).toBe(`<${baseUrl}/releases/meeting>; rel="canonical"`)
    const etag = headers.get('etag')!
    const since = headers.get('last-modified')!
    for (const condition of [{ 'If-None-Match': etag }, { 'If-Modified-Since': since }]) {
      const again = await get(path, { headers: condition as Record<string, string> })
      expect(again.status).toBe(304)
      expect(again.headers.get('etag')).toBe(etag)
      expect(again.headers.get('last-modified')).toBe(since)
      expect(again.headers.get('access-control-allow-origin')).toBe('*')
    }
    const head = await get(path, { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', etag])
    const preflight = await get(path, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
  })

  test('answers as the page does: withdrawn, moved, unknown, still to come', async () => {
    const gone = await get('/releases/wrong.json')
    expect(gone.status).toBe(410)
    expect(await gone.json()).toMatchObject({
      title: 'Withdrawn: Wrong',
      summary: 'It was wrong.',
      _tiedote: { status: 'withdrawn' },
    })
    // What is known of an address already must not be answered at another one.
    await get('/releases/meeting')
    for (const [path, target] of [
      ['/releases/meet.json', '/releases/meeting.json'],
      ['/all/releases/meeting.json', '/releases/meeting.json'],
      ['/all/releases/meeting', '/releases/meeting'],
    ] as const) {
      const moved = await get(path)
      expect([moved.status, moved.headers.get('location')]).toEqual([308, baseUrl + target])
    }
    for (const path of ['/releases/none', '/releases/secret', '/sv/releases/meeting']) {
      for (const headers of [{}, { Accept: 'text/html' }]) {
        const missing = await get(`${path}.json`, { headers })
        expect(missing.status).toBe(404)
        expect(missing.headers.get('content-type')).toBe('application/problem+json')
        expect(missing.headers.get('access-control-allow-origin')).toBe('*')
      }
    }
    const spelled = await get('/EN/releases/Meeting.JSON')
    expect(spelled.headers.get('content-location')).toBe(`${baseUrl}/releases/meeting.json`)
  })

  test('is linked from the page, where no reader takes it for a feed (O-02)', async () => {
    const page = await get('/releases/meeting')
    const item = `${baseUrl}/releases/meeting.json`
    expect(page.headers.get('link')).toContain(
      `<${item}>; rel="alternate"; type="application/json"`,
    )
    const [head = '', body = ''] = (await page.text()).split('</head>')
    expect(head).not.toContain(item)
    expect(body).toContain(`<a href="${item}" type="application/json">`)
  })

  test('changes with what it shows, and with nothing else (H-09, H-10)', async () => {
    const paths = ['/releases/meeting.json', '/releases/other.json']
    const read = async () =>
      Promise.all(
        paths.map(async (path) => {
          const { headers } = await get(path)
          return [headers.get('etag'), headers.get('last-modified')]
        }),
      )
    const before = await read()
    clock.moveTo(clock.now() + 60)
    writeFiles(directory, { 'releases/other.en.md': release('Another', '2024-01-22T10:00') })
    await press.takeUp()
    const after = await read()
    expect(after[0]).toEqual(before[0])
    expect(after[1]).not.toEqual(before[1])
    expect(Date.parse(after[1]![1]!)).toBeGreaterThan(Date.parse(before[1]![1]!))
    // A version in another language is named in it.
    clock.moveTo(clock.now() + 60)
    writeFiles(directory, { 'releases/meeting.sv.md': release('Möte', '2024-01-24T11:00') })
    await press.takeUp()
    const [[etag, date]] = (await read()) as [[string, string]]
    expect(etag).not.toBe(before[0]![0])
    expect(Date.parse(date)).toBeGreaterThan(Date.parse(before[0]![1]!))
    expect(await (await get(paths[0]!)).json()).toMatchObject({
      _tiedote: { translations: [{ language: 'fi' }, { language: 'sv' }] },
    })
  })
})

describe('what a browser may do for programs of other sites', () => {
  let press: Awaited<ReturnType<typeof nodePress>>
  let directory: string
  beforeAll(async () => {
    directory = content()
    press = await nodePress(directory, createSimulatedClock(start))
  })
  afterAll(async () => {
    await press.close()
    rmSync(directory, { recursive: true })
  })

  test('it may read everything that is public (H-36)', async () => {
    for (const path of [
      '/',
      '/feed.rss',
      '/releases/meeting',
      '/topics.json',
      '/feeds.opml',
      '/sitemap.xml',
      '/robots.txt',
      '/healthz',
      '/openapi.json',
      '/api',
    ]) {
      const answer = await press.fetch(path)
      expect(answer.status, path).toBe(200)
      expect(answer.headers.get('access-control-allow-origin'), path).toBe('*')
      const preflight = await press.fetch(path, { method: 'OPTIONS' })
      expect(preflight.status, path).toBe(204)
      expect(preflight.headers.get('access-control-allow-origin'), path).toBe('*')
      expect(preflight.headers.get('access-control-allow-methods'), path).toBe('GET, HEAD, OPTIONS')
    }
  })

  test('it may not publish, and the API says which methods there are to whoever asks', async () => {
    for (const [path, allow] of [
      ['/api/releases', 'GET, HEAD, POST, OPTIONS'],
      ['/api/releases/meeting/en', 'PUT, GET, HEAD, OPTIONS'],
      ['/api/releases/meeting/en/withdraw', 'POST, OPTIONS'],
      ['/api/topics/eu', 'GET, HEAD, PUT, OPTIONS'],
    ] as const) {
      const headers = { Origin: 'https://other.example', 'Access-Control-Request-Method': 'PUT' }
      const preflight = await press.fetch(path, { method: 'OPTIONS', headers })
      expect([preflight.status, preflight.headers.get('allow')], path).toEqual([204, allow])
      const refused = await press.fetch(path)
      for (const answer of [preflight, refused]) {
        const names = [...answer.headers.keys()]
        expect(
          names.filter((name) => name.startsWith('access-control-')),
          path,
        ).toEqual([])
      }
    }
    const unknown = await press.fetch('/api/nothing', { method: 'OPTIONS' })
    expect(unknown.status).toBe(404)
  })
})
