// Calendars as programs read them: with two parsers that know nothing of each other.
import { rmSync } from 'node:fs'
import ICAL from 'ical.js'
import nodeIcal from 'node-ical'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdown, siteYaml, writeFiles, writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000

function release(title: string, published: string, topics: string, ...more: string[]) {
  const fields = [`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more]
  return markdown(fields, `The text of ${title}.`)
}

const long = 'Ministerit tapaavat Antwerpenissä; 欧洲, “huumeet” ja satamat \\ : '.repeat(4).trim()

function content(): Record<string, string> {
  return {
    'site.yaml': siteYaml,
    'releases/meeting.en.md': release(
      '"Ministers, police; and \\\\ ports"',
      '2024-01-24T09:00',
      'migration, organised-crime',
      `lead: '${long}'`,
      'event: { start: 2024-02-24, end: 2024-02-25, place: "Antwerp, Brussels; and online" }',
    ),
    'releases/meeting.fi.md': release(
      'Ministerit tapaavat',
      '2024-01-24T10:00',
      'migration',
      'event: { start: 2024-02-24, end: 2024-02-25, place: Antwerpen }',
    ),
    'releases/briefing.en.md': release(
      'Briefing',
      '2024-01-25T09:00',
      'eu',
      'event: { start: 2024-07-01T09:30, end: 2024-07-01T10:15 }',
      'changes: [{ at: 2024-01-25T10:00, kind: correction, note: The time was wrong. }]',
    ),
    'releases/day.en.md': release(
      'One day',
      '2024-01-26T09:00',
      'drugs',
      'event: { start: 2024-12-31 }',
    ),
    'releases/moment.en.md': release(
      'A moment',
      '2024-01-26T10:00',
      'drugs',
      'id: "press;2024,1"',
      'url: "https://press.example/moment;1,2"',
      'event: { start: 2024-03-31T12:00, end: 2024-03-31T12:00 }',
    ),
    'releases/mixed.en.md': release(
      'From a day to a moment',
      '2024-01-26T11:00',
      'drugs',
      'event: { start: 2024-03-30, end: 2024-03-31T13:00 }',
    ),
    'releases/called-off.en.md': release(
      'Called off',
      '2024-01-23T09:00',
      'eu',
      'event: { start: 2024-02-01, place: Helsinki }',
      'withdrawn: { at: 2024-01-27T09:00, reason: Nobody can come. }',
    ),
    'releases/plain.en.md': release('Without an event', '2024-01-28T09:00', 'eu, migration'),
    'releases/secret.en.md': release(
      'Secret summit',
      '2026-03-02T10:00:00Z',
      'eu',
      'event: { start: 2026-04-01 }',
    ),
  }
}

type Found = {
  uid: string
  start: string
  end: string | undefined
  summary: string
  description: string
  location: string | undefined
  url: string
  status: string
  sequence: number
  stamp: string
  modified: string
  categories: string[]
}

/** As Thunderbird's parser reads it. */
function readWithIcalJs(text: string): { name: unknown; events: Found[] } {
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[])
  const events = calendar.getAllSubcomponents('vevent').map((component) => {
    const value = (name: string) => component.getFirstPropertyValue(name)
    const time = (name: string) => {
      const found = value(name) as ICAL.Time | null
      if (!found) return undefined
      return found.isDate ? found.toString() : found.toJSDate().toISOString()
    }
    return {
      uid: String(value('uid')),
      start: time('dtstart')!,
      end: time('dtend'),
      summary: String(value('summary')),
      description: String(value('description')),
      location: (value('location') as string | null) ?? undefined,
      url: String(value('url')),
      status: String(value('status')),
      sequence: Number(value('sequence')),
      stamp: time('dtstamp')!,
      modified: time('last-modified')!,
      categories: component.getFirstProperty('categories')!.getValues() as string[],
    }
  })
  // It does not know that this is text.
  const name = String(calendar.getFirstPropertyValue('x-wr-calname'))
  return { name: name.replace(/\\([\\;,])/g, '$1'), events }
}

/** As another parser does. */
function readWithNodeIcal(text: string): { name: unknown; events: Found[] } {
  const parsed = nodeIcal.sync.parseICS(text)
  const events = Object.values(parsed).flatMap((found): Found[] => {
    if (found?.type !== 'VEVENT') return []
    const time = (date: (Date & { dateOnly?: true }) | undefined) => {
      if (!date) return undefined
      if (!date.dateOnly) return date.toISOString()
      const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
      return local.toISOString().slice(0, 10)
    }
    return [
      {
        uid: found.uid,
        start: time(found.start)!,
        end: hasEnd(text, found.uid) ? time(found.end) : undefined,
        summary: textOf(found.summary),
        description: textOf(found.description),
        location: found.location ? textOf(found.location) : undefined,
        url: textOf(found.url),
        status: String(found.status),
        sequence: Number(found.sequence),
        stamp: time(found.dtstamp)!,
        modified: time(found.lastmodified)!,
        categories: found.categories ?? [],
      },
    ]
  })
  const name = (parsed.vcalendar as { 'WR-CALNAME'?: string } | undefined)?.['WR-CALNAME']
  return { name, events }
}

/** It keeps the parameters of a property beside its value. */
function textOf(value: unknown): string {
  return typeof value === 'object' && value && 'val' in value ? String(value.val) : String(value)
}

/** That parser makes up an end where there is none. */
function hasEnd(text: string, uid: string): boolean {
  const unfolded = text.replaceAll('\r\n ', '')
  const written = uid.replace(/[\\;,]/g, '\\$&')
  const event = unfolded.split('BEGIN:VEVENT').find((one) => one.includes(`UID:${written}\r\n`))!
  return event.includes('DTEND')
}

describe('calendars', () => {
  const clock = createSimulatedClock(start)
  let directory: string
  let press: Awaited<ReturnType<typeof nodePress>>
  const get = (path: string, init?: RequestInit) => press.fetch(path, init)

  beforeAll(async () => {
    directory = writeFolder(content())
    press = await nodePress(directory, clock)
  })
  afterAll(async () => {
    await press.close()
    rmSync(directory, { recursive: true })
  })

  /** What both parsers read, which must be the same. */
  async function read(path: string) {
    const answer = await get(path)
    expect([path, answer.status]).toEqual([path, 200])
    const text = await answer.text()
    const found = readWithIcalJs(text)
    expect(readWithNodeIcal(text)).toEqual(found)
    return { text, ...found }
  }

  const summaries = async (path: string) => (await read(path)).events.map(({ summary }) => summary)

  test('have the events of the releases that answer a question, the newest release first', async () => {
    for (const [path, expected] of [
      [
        '/feed.ics',
        [
          'From a day to a moment',
          'A moment',
          'One day',
          'Briefing',
          'Ministers, police; and \\ ports',
          'Withdrawn: Called off',
        ],
      ],
      ['/topics/drugs.ics', ['From a day to a moment', 'A moment', 'One day']],
      ['/topics/eu+-drugs.ics', ['Briefing', 'Withdrawn: Called off']],
      ['/topics/migration.ics', ['Ministers, police; and \\ ports']],
      ['/fi/feed.ics', ['Ministerit tapaavat']],
      ['/fi/topics/migration.ics', ['Ministerit tapaavat']],
      ['/feed.ics?q=briefing', ['Briefing']],
      ['/topics/drugs.ics?q=moment', ['From a day to a moment', 'A moment']],
      ['/withdrawals.ics', ['Withdrawn: Called off']],
      ['/topics/space-travel.ics', []],
    ] as const) {
      expect(await summaries(path), path).toEqual(expected)
    }
  })

  test('say of an event what its release says', async () => {
    const { name, events } = await read('/feed.ics')
    expect(name).toBe('Ministry: releases')
    const [mixed, moment, day, briefing, meeting, calledOff] = events
    expect(meeting).toMatchObject({
      uid: expect.stringMatching(/^urn:uuid:/) as string,
      start: '2024-02-24',
      // The day after the last one.
      end: '2024-02-26',
      description: `${long.replace(/\s+/g, ' ')}\n\n${baseUrl}/releases/meeting`,
      location: 'Antwerp, Brussels; and online',
      url: `${baseUrl}/releases/meeting`,
      status: 'CONFIRMED',
      sequence: 0,
      stamp: '2024-01-24T07:00:00.000Z',
      modified: '2024-01-24T07:00:00.000Z',
      categories: ['migration', 'organised crime'],
    })
    // Helsinki is three hours ahead in July, and two or three on the day when clocks are put forward.
    expect(briefing).toMatchObject({
      start: '2024-07-01T06:30:00.000Z',
      end: '2024-07-01T07:15:00.000Z',
      location: undefined,
      // It was corrected an hour later, which every program sees.
      sequence: 3600,
      stamp: '2024-01-25T08:00:00.000Z',
      modified: '2024-01-25T08:00:00.000Z',
      status: 'CONFIRMED',
    })
    expect(day).toMatchObject({ start: '2024-12-31', end: '2025-01-01' })
    expect(moment).toMatchObject({ start: '2024-03-31T09:00:00.000Z', end: undefined })
    expect(moment!.uid).toBe('press;2024,1')
    expect(moment!.url).toBe('https://press.example/moment%3B1%2C2')
    expect(mixed).toMatchObject({
      start: '2024-03-29T22:00:00.000Z',
      end: '2024-03-31T10:00:00.000Z',
    })
    expect(calledOff).toMatchObject({
      status: 'CANCELLED',
      start: '2024-02-01',
      location: undefined,
      description: `Nobody can come.\n\n${baseUrl}/releases/called-off`,
      stamp: '2024-01-27T07:00:00.000Z',
      sequence: 4 * 86_400,
    })
  })

  test('have one version of each release in all languages', async () => {
    expect(await summaries('/all/topics/migration.ics')).toEqual([
      'Ministers, police; and \\ ports',
    ])
    const one = await read('/all/feed.ics')
    expect(one.events).toHaveLength(6)
    expect(one.name).toBe('All languages – Ministry: releases')
    const same = (await read('/feed.ics')).events.map(({ uid }) => uid)
    expect(one.events.map(({ uid }) => uid)).toEqual(same)
  })

  test('are written as RFC 5545 and RFC 7986 want it', async () => {
    const { text } = await read('/topics/migration,eu.ics')
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const lines = text.replaceAll('\r\n ', '').split('\r\n')
    for (const line of [
      'VERSION:2.0',
      'PRODID:-//Tiedote//Tiedote//EN',
      String.raw`NAME:EU or migration – Ministry: releases`,
      String.raw`X-WR-CALNAME:EU or migration – Ministry: releases`,
      `URL:${baseUrl}/topics/eu,migration`,
      `SOURCE;VALUE=URI:${baseUrl}/topics/eu,migration.ics`,
      'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
      'DTSTART;VALUE=DATE:20240224',
      'TRANSP:TRANSPARENT',
    ]) {
      expect(lines).toContain(line)
    }
    const all = (await read('/all/topics/eu.ics')).text
    expect(all).toContain(String.raw`X-WR-CALNAME:EU\, all languages – `)
  })

  test('have validators, one canonical address, and may be read by programs of other sites', async () => {
    const answer = await get('/feed.ics')
    const { headers } = answer
    expect(headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('x-robots-tag')).toBe('noindex')
    expect(headers.get('link')).toBe(
      `<${baseUrl}/>; rel="alternate"; type="text/html", <${baseUrl}/>; rel="canonical"`,
    )
    const etag = headers.get('etag')!
    const since = headers.get('last-modified')!
    for (const condition of [{ 'If-None-Match': etag }, { 'If-Modified-Since': since }]) {
      const again = await get('/feed.ics', { headers: condition as Record<string, string> })
      expect(again.status).toBe(304)
    }
    const head = await get('/feed.ics', { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', etag])
    const opened = {
      Accept: 'text/html,*/*;q=0.8',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    }
    const inBrowser = await get('/feed.ics', { headers: opened })
    expect(inBrowser.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    for (const [spelling, canonical] of [
      ['/EN/Feed.ICS', '/feed.ics'],
      ['/topics/EU%2Bmigration.ics', '/topics/eu+migration.ics'],
      ['/fi/topics/Muuttoliike.ics', '/fi/topics/migration.ics'],
    ] as const) {
      const spelled = await get(spelling)
      expect([spelled.status, spelled.headers.get('content-location')]).toEqual([
        200,
        baseUrl + canonical,
      ])
    }
    const moved = await get('/topics/border-policy.ics')
    expect(moved.status).toBe(308)
    expect(moved.headers.get('location')).toBe(`${baseUrl}/topics/migration.ics`)
    for (const path of ['/topics/migraton.ics', '/nothing.ics', '/feed/archive/21-812.ics']) {
      const missing = await get(path, { headers: { Accept: 'text/html' } })
      expect([path, missing.status]).toEqual([path, 404])
      expect(missing.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  test('are announced to people where there are events, and as no feed anywhere', async () => {
    const webcal = (path: string) => `href="${baseUrl.replace('https:', 'webcal:')}${path}"`
    for (const [path, calendar] of [
      ['/', '/feed.ics'],
      ['/topics/drugs', '/topics/drugs.ics'],
      ['/fi/topics/migration', '/fi/topics/migration.ics'],
      ['/?q=briefing', '/feed.ics?q=briefing'],
      ['/releases/meeting', '/feed.ics'],
    ] as const) {
      const [head = '', body = ''] = (await (await get(path)).text()).split('</head>')
      expect(body, path).toContain(webcal(calendar))
      expect(body, path).toContain(`href="${baseUrl}${calendar}" type="text/calendar"`)
      if (path.startsWith('/releases')) continue
      const links = Array.from(head.matchAll(/<link rel="alternate" [^>]*>/g), ([link]) => link)
      const place = links.findIndex((link) => link.includes(`href="${baseUrl}${calendar}"`))
      expect(links[place]).toContain('type="text/calendar"')
      // Readers take the first that they know (O-01).
      expect(place).toBeGreaterThan(2)
    }
    for (const path of [
      '/topics/space-travel',
      '/sv/',
      '/releases/plain',
      '/releases/called-off',
    ]) {
      expect(await (await get(path)).text(), path).not.toContain('.ics')
    }
    expect(await (await get('/feeds.opml')).text()).not.toContain('.ics')
    for (const feed of ['/feed.rss', '/feed.atom', '/feed.json']) {
      const answer = await get(feed)
      expect(await answer.text()).not.toContain('.ics')
      expect(answer.headers.get('link')).not.toContain('.ics')
    }
    const { calendar, topics } = (await (await get('/topics.json')).json()) as {
      calendar: string
      topics: { slug: string; calendar: string }[]
    }
    expect(calendar).toBe(`${baseUrl}/feed.ics`)
    expect(topics.find(({ slug }) => slug === 'eu')!.calendar).toBe(`${baseUrl}/topics/eu.ics`)
  })

  // These change what is there, one after the other.

  test('know nothing of a release before its time', async () => {
    const states = async () =>
      Promise.all(
        ['/feed.ics', '/all/feed.ics', '/topics/eu.ics', '/feed.ics?q=summit'].map(async (path) => {
          const answer = await get(path)
          return [await answer.text(), answer.headers.get('last-modified')] as const
        }),
      )
    const before = await states()
    expect(before.join()).not.toContain('Secret summit')
    clock.moveTo(Date.UTC(2026, 2, 2, 9, 59, 59) / 1000)
    expect(await states()).toEqual(before)
    clock.moveTo(Date.UTC(2026, 2, 2, 10) / 1000)
    for (const [text, date] of await states()) {
      expect(text).toContain('SUMMARY:Secret summit')
      expect(date).toBe('Mon, 02 Mar 2026 10:00:00 GMT')
    }
  })

  test('change with every change of an event, whoever asks with a date alone (H-10)', async () => {
    const paths = ['/feed.ics', '/topics/drugs.ics', '/topics/-eu.ics', '/feed.ics?q=day']
    let dates = paths.map(() => '')
    let texts = paths.map(() => '')
    const look = async () => {
      for (const [index, path] of paths.entries()) {
        const before = { 'If-Modified-Since': dates[index]! }
        const answer = await get(path, dates[index] ? { headers: before } : {})
        const text = await (await get(path)).text()
        const isSame = text === texts[index]
        expect([path, answer.status === 304]).toEqual([path, isSame])
        dates[index] = (await get(path)).headers.get('last-modified')!
        texts[index] = text
      }
    }
    const change = async (files: Record<string, string>) => {
      clock.moveTo(clock.now() + 60)
      writeFiles(directory, files)
      await press.takeUp()
      const before = texts
      texts = [...texts]
      dates = [...dates]
      await look()
      return texts.map((text, index) => text !== before[index])
    }
    await look()
    const day = (...event: string[]) => ({
      'releases/day.en.md': release('One day', '2024-01-26T09:00', 'drugs', ...event),
    })
    // Another day, silently; none any more; and one again.
    expect(await change(day('event: { start: 2024-12-30 }'))).toEqual([true, true, true, true])
    expect(await change(day())).toEqual([true, true, true, true])
    expect(texts.join()).not.toContain('One day')
    expect(await change(day('event: { start: 2024-12-29 }'))).toEqual([true, true, true, true])
    // A release without an event is nothing to a calendar, unless it is a search that may find it.
    clock.moveTo(clock.now() + 60)
    const asked = { headers: { 'If-Modified-Since': dates[0]! } }
    writeFiles(directory, {
      'releases/plain.en.md': release('Another title', '2024-01-28T09:00', 'eu, migration'),
    })
    await press.takeUp()
    expect((await get('/feed.ics', asked)).status).toBe(304)
    const called = 'withdrawn: { at: 2026-03-02T10:01:00Z, reason: Rain. }'
    expect(await change(day('event: { start: 2024-12-29 }', called))).toEqual([
      true,
      true,
      true,
      true,
    ])
    const found = (await read('/topics/drugs.ics')).events.find(({ status }) => {
      return status === 'CANCELLED'
    })
    expect(found).toMatchObject({ summary: 'Withdrawn: One day', start: '2024-12-29' })
  })
})

test('hold the 300 newest releases with an event, however many come after them', async () => {
  const directory = writeFolder({
    'releases/lines.jsonl': Array.from({ length: 700 }, (_, index) =>
      JSON.stringify({
        slug: `release-${index}`,
        language: 'en',
        title: `Release ${index}`,
        published: new Date((start - 86_400 * (index + 1)) * 1000).toISOString(),
        topics: [index % 2 ? 'eu' : 'drugs'],
        ...(index >= 350 && { event: { start: '2026-05-01' } }),
        body: { html: '<p>Text.</p>' },
      }),
    ).join('\n'),
  })
  const press = await nodePress(directory, createSimulatedClock(start))
  const titles = async (path: string) =>
    readWithIcalJs(await (await press.fetch(path)).text()).events.map(({ summary }) => summary)
  const newest = Array.from({ length: 300 }, (_, index) => `Release ${350 + index}`)
  expect(await titles('/feed.ics')).toEqual(newest)
  expect(await titles('/topics/eu.ics')).toHaveLength(175)
  await press.close()
  rmSync(directory, { recursive: true })
})

test('in all languages an event is on as long as one of its versions stands', async () => {
  const event = 'event: { start: 2024-02-01 }'
  const called = 'withdrawn: { at: 2024-01-27T09:00, reason: The text was wrong. }'
  const directory = writeFolder({
    'releases/day.en.md': release('Day', '2024-01-24T09:00', 'eu', event, called),
    'releases/day.fi.md': release('Päivä', '2024-01-23T09:00', 'eu', event),
  })
  const press = await nodePress(directory, createSimulatedClock(start))
  const { events } = readWithIcalJs(await (await press.fetch('/all/feed.ics')).text())
  expect(events.map(({ summary, status }) => [summary, status])).toEqual([['Päivä', 'CONFIRMED']])
  await press.close()
  rmSync(directory, { recursive: true })
})

test('whatever a site is called and said to be for, its calendar says so', async () => {
  const title = 'Home, abroad; and \\\\ elsewhere'
  const directory = writeFolder({
    'site.yaml': siteYaml
      .replace(/title: .*/, `title: { en: '${title}' }`)
      .replace(/description: .*/, 'description: { en: "Meetings, visits; and\\nEND:VCALENDAR" }'),
    'releases/day.en.md': release('Day', '2024-01-24T09:00', 'eu', 'event: { start: 2024-02-01 }'),
  })
  const press = await nodePress(directory, createSimulatedClock(start))
  const text = await (await press.fetch('/feed.ics')).text()
  for (const { name, events } of [readWithIcalJs(text), readWithNodeIcal(text)]) {
    expect([name, events.length]).toEqual([title, 1])
  }
  expect(text.match(/^END:VCALENDAR/gm)).toHaveLength(1)
  await press.close()
  rmSync(directory, { recursive: true })
})
