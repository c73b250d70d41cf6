import { Script } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { textsOf } from '../../src/feeds/languages.ts'
import { markdown, siteYaml, topicsYaml, writeFolder } from '../content-folder.ts'
import { attribute, type Page, readPage, send, textOf } from '../page.ts'
import { baseUrl, type Fetch, onNode } from '../platforms.ts'

const release = (title: string, published: string, topics: string, ...more: string[]) =>
  markdown(
    [`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more],
    `The text of ${title}.`,
  )

/** As many bytes as a picture may have in front of its end, with its measures. */
function picture(bytes: number): Uint8Array {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000000400000003', 'hex')
  return Buffer.concat([header, Buffer.alloc(bytes - header.length)])
}

function press() {
  const many = Array.from({ length: 60 }, (_, index) => [
    `releases/2023/drug-${index}.en.md`,
    release(
      `Drug case ${index}`,
      `2023-05-${String((index % 28) + 1).padStart(2, '0')}T09:${String(index).padStart(2, '0')}:00+03:00`,
      'drugs',
    ),
  ])
  return writeFolder({
    ...Object.fromEntries(many),
    'site.yaml': `${siteYaml.replace('[en, fi, sv]', '[en, fi, sv, ar]')}rights: { en: "Free to use", fi: "Vapaasti käytettävissä" }\n`,
    'topics.yaml': `${topicsYaml.replace('  broader: migration', '  broader: migration\n  description: { en: People who seek protection }')}canals:
  label: { en: canals, fi: kanavat }
  retired: { at: 2020-01-01, until: 2021-01-01, replacedBy: [drugs] }
boats:
  label: { en: boats, fi: veneet }
  retired: { at: 2020-01-01, until: 2199-01-01, replacedBy: [drugs] }
`,
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'media/table.png': Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    'media/heavy.png': picture(300_001),
    'media/light.png': picture(300_000),
    'releases/2024/meeting.en.md': markdown(
      [
        'title: "Ministers meet: <borders> & \\"drugs\\""',
        'lead: They meet.',
        'published: 2024-01-24T09:00:00+02:00',
        'topics: [migration, eu]',
        'attachments: [{ file: agenda.pdf, title: Agenda }, { file: table.png, title: The table, alt: A round table, credit: P. Hoto }]',
        'contacts: [{ name: Press office, phone: "+358 1 23", email: press@ministry.example }]',
        'event: { start: 2024-01-24, end: 2024-01-25, place: Antwerp }',
        'related: [{ url: "https://council.example/", title: The Council }]',
        'changes: [{ at: 2024-01-25T09:00:00+02:00, kind: correction, note: The place was wrong }]',
      ],
      '# A heading\n\nText with ![a map](https://maps.example/map.png).\n\n[![a plan](https://maps.example/plan.png)](https://maps.example/)\n\n#### Far below\n\n```\nwide\n```',
    ),
    'releases/2024/meeting.fi.md': release(
      'Ministerit tapaavat',
      '2024-01-24T08:30:00+02:00',
      'migration, eu',
    ),
    'releases/2024/new-year.en.md': release(
      'New year, old borders',
      '2024-02-01T00:30:00+02:00',
      'asylum',
    ),
    'releases/2022/title.en.md': markdown(['title: A title alone', 'published: 2022-01-01'], ''),
    'releases/2024/seizure.en.md': release(
      'Seizure',
      '2024-01-26T09:00:00+02:00',
      'drugs, eu',
      'event: { start: 2026-12-03T10:00, end: 2026-12-05T12:00 }',
      'attachments: [{ file: heavy.png, alt: Heavy }, { file: light.png, alt: Light }]',
    ),
    'releases/2024/visit.ar.md': release('زيارة الوزير', '2024-01-27T09:00:00+02:00', 'eu'),
    'releases/2024/wrong.en.md': release(
      'Wrong',
      '2024-01-28T09:00:00+02:00',
      'eu',
      'withdrawn: { at: 2024-01-29T09:00:00+02:00, reason: It was not so }',
    ),
    'releases/2024/tomorrow.en.md': release('Embargoed', '2199-01-01T09:00:00+02:00', 'eu'),
  })
}

const everyKind = [
  '/',
  '/fi/',
  '/sv/',
  '/ar/',
  '/all/',
  '/topics/migration',
  '/fi/topics/organised-crime',
  '/topics/migration+eu,drugs+-eu',
  '/?q=ministers',
  '/?q=nowhere',
  '/topics/drugs?month=2023-05',
  '/withdrawals',
  '/developers',
  '/releases/meeting',
  '/fi/releases/meeting',
  '/ar/releases/visit',
  '/releases/wrong',
  '/topics/migrtion',
  '/topics/canals',
  '/sv/nothing',
  '/topics/drugs?month=1999-01',
]

async function open(
  fetch: Fetch,
  path: string,
  status = 200,
): Promise<Page & { response: Response }> {
  const response = await fetch(path, { headers: { Accept: 'text/html' } })
  expect(response.status, path).toBe(status)
  return { response, ...readPage(await response.text()) }
}

function titlesOn(page: Page): string[] {
  return page
    .all('h3')
    .filter(({ parentNode }) => parentNode?.nodeName === 'div')
    .map(textOf)
}

function feedsOf(page: Page): string[] {
  return page
    .all('link')
    .filter((link) => attribute(link, 'rel') === 'alternate')
    .filter((link) => !['text/calendar', undefined].includes(attribute(link, 'type')))
    .map((link) => attribute(link, 'href')!)
}

function builderOn(page: Page) {
  return page.ofClass('builder')[0]!
}

onNode('pages', press, (fetch) => {
  test.each(everyKind)('%s is well formed, and says its language and what it is', async (path) => {
    const response = await fetch(path, { headers: { Accept: 'text/html' } })
    expect(response.headers.get('content-type')).toMatch(/^text\/html/i)
    const page = readPage(await response.text())
    const root = page.one('html')
    const language = /^\/(fi|sv|ar)\//.exec(path)?.[1] ?? 'en'
    expect(attribute(root, 'lang')).toBe(language)
    expect(attribute(root, 'dir')).toBe(language === 'ar' ? 'rtl' : 'ltr')
    expect(textOf(page.one('h1'))).not.toBe('')
    expect(textOf(page.one('title'))).not.toBe('')
    for (const landmark of ['main', 'footer']) page.one(landmark)
    const ids = page.elements.flatMap((one) => attribute(one, 'id') ?? [])
    expect(ids).toEqual([...new Set(ids)])
    const labelled = new Set(page.all('label').map((label) => attribute(label, 'for')))
    const wrapped = new Set(page.all('label').flatMap((label) => label.childNodes))
    for (const field of [...page.all('input'), ...page.all('select')]) {
      const isLabelled =
        labelled.has(attribute(field, 'id')) || wrapped.has(field) || attribute(field, 'aria-label')
      expect(isLabelled, attribute(field, 'name')).toBeTruthy()
    }
    for (const one of page.elements) {
      for (const name of ['aria-labelledby', 'aria-describedby', 'for']) {
        const target = attribute(one, name)
        if (target) expect(ids).toContain(target)
      }
      expect(one.attrs.filter(({ name }) => /^(style|on)/.test(name))).toEqual([])
    }
    // Where there are several, their names tell them apart.
    const navigations = page.all('nav').map((nav) => {
      const heading = attribute(nav, 'aria-labelledby')
      const named = page.elements.find((one) => heading && attribute(one, 'id') === heading)
      return attribute(nav, 'aria-label') ?? (named && textOf(named))
    })
    expect(navigations).not.toContain(undefined)
    expect(navigations).toEqual([...new Set(navigations)])
    expect(page.all('style')).toEqual([])
    const scripts = page.all('script').filter((one) => attribute(one, 'type') === undefined)
    expect(scripts.map((one) => attribute(one, 'src'))).toEqual(['/script.js'])
  })

  test('headings go down one level at a time', async () => {
    for (const path of everyKind) {
      const response = await fetch(path, { headers: { Accept: 'text/html' } })
      const page = readPage(await response.text())
      let before = 0
      for (const { tagName } of page.elements) {
        const level = Number(/^h([1-6])$/.exec(tagName)?.[1] ?? 0)
        if (level === 0) continue
        expect(level, `${path} ${tagName}`).toBeLessThanOrEqual(before + 1)
        before = level
      }
    }
  })

  test('nothing inline runs, nothing comes from elsewhere, and nothing is remembered', async () => {
    for (const path of everyKind) {
      const { headers } = await fetch(path, { headers: { Accept: 'text/html' } })
      const policy = headers.get('content-security-policy')!
      expect(policy, path).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'",
      )
      expect(policy).not.toMatch(/unsafe|https?:|\*|data:/)
      expect(headers.get('set-cookie')).toBeNull()
    }
    const page = await open(fetch, '/releases/meeting')
    for (const image of page.all('img'))
      expect(attribute(image, 'src')).toMatch(`${baseUrl}/media/`)
    expect(page.link('a map')).toBe('https://maps.example/map.png')
  })

  test('a page with everything it needs takes at most 30 KB', async () => {
    const size = async (path: string) => {
      const response = await fetch(path, {
        headers: { Accept: 'text/html', 'Accept-Encoding': 'identity' },
      })
      return gzipSync(new Uint8Array(await response.arrayBuffer())).length
    }
    const parts = ['/style.css', '/script.js', '/favicon.svg', '/favicon.ico']
    const shared = (await Promise.all(parts.map(size))).reduce((sum, bytes) => sum + bytes, 0)
    for (const path of everyKind) expect(shared + (await size(path)), path).toBeLessThan(30_000)
  })

  test('the home page shows the newest releases, topics with counts, search and languages', async () => {
    const page = await open(fetch, '/')
    expect(titlesOn(page).slice(0, 3)).toEqual([
      'New year, old borders',
      'Seizure',
      'Ministers meet: <borders> & "drugs"',
    ])
    const topics = page.ofClass('topics')[0]!
    expect(textOf(topics)).toContain('migration 2 releases, last release 1 February 2024')
    expect(textOf(topics)).toContain('space travel 0 releases')
    expect(page.link('Suomi')).toBe(`${baseUrl}/fi/`)
    expect(page.link('العربية')).toBe(`${baseUrl}/ar/`)
    const search = page.ofClass('search')[0]!
    const found = await open(fetch, send(search, { q: ['ministers'] }))
    expect(textOf(found.one('h1'))).toBe('Releases containing “ministers”')
    expect(feedsOf(found)[0]).toBe(`${baseUrl}/feed.atom?q=ministers`)
  })

  test('somebody ticks two topics, and gets the page and the feeds of either (V-02)', async () => {
    const form = builderOn(await open(fetch, '/'))
    const page = await open(fetch, send(form, { topic: ['migration', 'drugs'] }))
    const address = `${baseUrl}/topics/drugs,migration`
    expect(page.response.headers.get('content-location')).toBe(address)
    expect(textOf(page.one('h1'))).toBe('Drugs or migration')
    expect(textOf(page.one('title'))).toBe('Drugs or migration – Ministry: releases')
    expect(feedsOf(page)).toEqual(['atom', 'rss', 'json'].map((format) => `${address}.${format}`))
    expect(page.ofClass('feeds').map(textOf).join()).toContain('RSS Copy JSON Feed Copy')
    const fields = page.all('input').map((one) => attribute(one, 'value'))
    expect(fields).toContain(`${address}.rss`)
    expect(page.link('Feedly')).toContain(encodeURIComponent(`${address}.atom`))
    expect(page.link('These topics as a feed each')).toBe(
      `${baseUrl}/feeds.opml?topics=drugs,migration`,
    )
    const canonical = await open(fetch, address.slice(baseUrl.length))
    expect(canonical.response.headers.get('content-location')).toBeNull()
    expect(canonical.response.headers.get('etag')).toBe(page.response.headers.get('etag'))
  })

  test('the form shows its question, and goes on from it: all of them, without one, in another language, with words', async () => {
    const both = await open(fetch, '/topics/drugs,migration')
    const ticked = (page: Page) =>
      page
        .all('input')
        .filter((one) => attribute(one, 'checked') !== undefined)
        .map((one) => attribute(one, 'value'))
    expect(ticked(both)).toEqual(['any', 'migration', 'drugs'])
    const all = await open(
      fetch,
      send(builderOn(both), { match: ['all'], topic: ['migration', 'eu'] }),
    )
    expect(textOf(all.one('h1'))).toBe('EU and migration')
    expect(titlesOn(all)).toEqual(['Ministers meet: <borders> & "drugs"'])
    expect(ticked(all)).toEqual(['all', 'migration', 'eu'])
    const without = await open(fetch, send(builderOn(all), { match: ['any'], without: ['drugs'] }))
    expect(without.response.headers.get('content-location')).toBe(
      `${baseUrl}/topics/eu+-drugs,migration+-drugs`,
    )
    expect(textOf(without.one('h1'))).toBe('(EU or migration) without drugs')
    expect(ticked(without)).toEqual(['any', 'migration', 'eu', 'drugs'])
    expect(textOf(without.one('main'))).not.toContain('cannot show')
    const finnish = await open(
      fetch,
      send(builderOn(without), { language: ['fi'], q: ['Ministerit'] }),
    )
    expect(finnish.response.headers.get('content-location')).toBe(
      `${baseUrl}/fi/topics/eu+-drugs,migration+-drugs?q=ministerit`,
    )
    expect(titlesOn(finnish)).toEqual(['Ministerit tapaavat'])
    expect(attribute(finnish.one('html'), 'lang')).toBe('fi')
    const nothing = await open(
      fetch,
      send(builderOn(finnish), { topic: [], without: [], q: [''], language: ['en'] }),
    )
    expect(nothing.response.headers.get('content-location')).toBe(`${baseUrl}/`)
  })

  test('the form says how many releases it finds, what is chosen, and offers few topics to leave out', async () => {
    const page = await open(fetch, '/topics/drugs+-eu')
    expect(page.ofClass('matches').map(textOf)).toEqual(['60 releases match'])
    expect(page.ofClass('chosen').map(textOf)).toEqual(['drugs', 'EU', '', '', ''])
    const values = (name: string) =>
      page
        .all('input')
        .filter((one) => attribute(one, 'name') === name)
        .map((one) => attribute(one, 'value'))
    expect(values('without')).toContain('eu')
    expect(values('without')).not.toContain('drugs')
    expect(values('without').length).toBeLessThanOrEqual(15)
    expect(
      attribute(
        page.elements.find((one) => attribute(one, 'href') === '#filter')!,
        'class',
      ),
    ).toBe('skip')
  })

  test('a question that the form cannot show says so', async () => {
    const page = await open(fetch, '/topics/migration+eu,drugs+-eu')
    expect(page.ofClass('notice').map(textOf).join()).toContain('in a way the form cannot show')
  })

  test('only the form’s own address takes a language, and every question the other fields', async () => {
    const home = await fetch('/?topic=drugs&language=fi')
    expect(home.headers.get('content-location')).toBe(`${baseUrl}/topics/drugs`)
    const feed = await fetch('/topics/eu.atom?topic=drugs&month=2024-01')
    expect(feed.headers.get('content-location')).toBe(`${baseUrl}/topics/drugs+eu.atom`)
    expect((await fetch('/topics?topic=nothing')).status).toBe(404)
    expect((await fetch('/topics?topic=%2B%2C&match=all')).status).toBe(404)
  })

  test('what programs need stands on a page of its own, which every page leads to', async () => {
    const home = await open(fetch, '/')
    expect(textOf(home.one('body'))).not.toContain('_tiedote')
    expect(home.link('For developers')).toBe(`${baseUrl}/developers`)
    const page = await open(fetch, '/developers')
    expect(page.link('topics.json')).toBe(`${baseUrl}/topics.json`)
    for (const word of ['_tiedote', 'correctedBy', 'at:deleted-entry', 'prev-archive', '.ics']) {
      expect(textOf(page.one('main')), word).toContain(word)
    }
    const feed = await (await fetch('/feed.json')).text()
    const [, address, part = ''] = /"about":"([^"#]+)#([^"]+)"/.exec(feed) ?? []
    expect(address).toBe(`${baseUrl}/developers`)
    expect(page.elements.map((one) => attribute(one, 'id'))).toContain(part)
  })

  test('a topic has its description, its place among others, and an archive by month in local time', async () => {
    const page = await open(fetch, '/topics/migration')
    expect(page.link('asylum')).toBe(`${baseUrl}/topics/asylum`)
    // Half an hour into February in Helsinki is still January elsewhere.
    expect(page.link('February')).toBe(`${baseUrl}/topics/migration?month=2024-02`)
    const february = await open(fetch, '/topics/migration?month=2024-02')
    expect(titlesOn(february)).toEqual(['New year, old borders'])
    expect(textOf(february.one('h1'))).toBe('Migration, February 2024')
    const everything = await open(fetch, '/?month=2024-02')
    expect(textOf(everything.one('h1'))).toBe('February 2024')
    expect(feedsOf(february)[0]).toBe(`${baseUrl}/topics/migration.atom`)
    const asylum = await open(fetch, '/topics/asylum')
    expect(asylum.link('migration')).toBe(`${baseUrl}/topics/migration`)
    expect(textOf(asylum.one('main'))).toContain('People who seek protection')
    expect(asylum.link('Suomi')).toBe(`${baseUrl}/fi/topics/asylum`)
  })

  test('a month with many releases goes on on further pages, and ends', async () => {
    const first = await open(fetch, '/topics/drugs?month=2023-05')
    const older = first.link('Older releases')!
    expect(older).toBe(`${baseUrl}/topics/drugs?month=2023-05&page=2`)
    const second = await open(fetch, older.slice(baseUrl.length))
    const titles = [...titlesOn(first), ...titlesOn(second)]
    expect(new Set(titles).size).toBe(60)
    expect(second.link('Older releases')).toBeUndefined()
    expect(second.link('Newer releases')).toBe(`${baseUrl}/topics/drugs?month=2023-05`)
    const relations = [first, second].map((page) =>
      page.all('a').flatMap((one) => attribute(one, 'rel')?.match(/^(?:prev|next)$/)?.[0] ?? []),
    )
    expect(relations).toEqual([['next'], ['prev']])
    expect((await fetch('/topics/drugs?month=2023-05&page=3')).status).toBe(404)
    expect((await fetch('/topics/drugs?month=2023-04')).status).toBe(404)
    const odd = await fetch('/topics/drugs?month=2023-13&page=2')
    expect(odd.headers.get('content-location')).toBe(`${baseUrl}/topics/drugs`)
    const all = await open(fetch, '/topics/drugs')
    expect(titlesOn(all)).toHaveLength(25)
  })

  test('a list loads no picture that is heavy', async () => {
    const page = await open(fetch, '/topics/drugs+eu')
    const shown = page.all('img').filter((one) => attribute(one, 'loading') === 'lazy')
    const measures = shown.map((one) =>
      ['src', 'width', 'height'].map((name) => attribute(one, name)),
    )
    expect(measures).toEqual([[`${baseUrl}/media/light.png`, '4', '3']])
  })

  test('a period is written as each language does', () => {
    const at = (text: string) => {
      const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
      return { year, month, day, hour: 0, minute: 0 }
    }
    const periods = ['2026-12-03 2026-12-03', '2026-12-03 2026-12-05', '2026-03-30 2026-04-01']
    const written = (language: string) =>
      [...periods, '2026-12-30 2027-01-02'].map((period) => {
        const [from = '', to = ''] = period.split(' ')
        return textsOf(language).pages.days(at(from), at(to))
      })
    expect(written('en')).toEqual([
      '3 December 2026',
      '3 to 5 December 2026',
      '30 March to 1 April 2026',
      '30 December 2026 to 2 January 2027',
    ])
    expect(written('fi')).toEqual([
      '3.12.2026',
      '3.–5.12.2026',
      '30.3.–1.4.2026',
      '30.12.2026–2.1.2027',
    ])
    expect(written('sv')).toEqual([
      '3 december 2026',
      '3–5 december 2026',
      '30 mars–1 april 2026',
      '30 december 2026–2 januari 2027',
    ])
  })

  test('a topic that is ending says where to go on, and promises nothing', async () => {
    const page = await open(fetch, '/topics/boats')
    const text = textOf(page.one('main'))
    expect(text).toContain('This feed has ended.')
    expect(page.link('drugs')).toBe(`${baseUrl}/topics/drugs`)
    expect(text).not.toContain('will appear in the feed')
  })

  test('withdrawals are a feed, and no list of feeds has it', async () => {
    const page = await open(fetch, '/withdrawals')
    const addresses = page.all('a').map((one) => attribute(one, 'href') ?? '')
    expect(addresses).toContain(`${baseUrl}/withdrawals.rss`)
    expect(addresses.filter((one) => one.includes('.opml'))).toEqual([])
  })

  test('no month tells of what is not public or no longer stands', async () => {
    const page = await open(fetch, '/topics/eu')
    expect(page.ofClass('archive').map(textOf)).toEqual(['Archive by month 2024 January'])
    expect(textOf(page.one('main'))).not.toContain('Embargoed')
    const { count } = { count: titlesOn(await open(fetch, '/topics/eu?month=2024-01')) }
    expect(count).not.toContain('Wrong')
  })

  test('a release shows whom to ask, what is attached, when and where, and what was corrected', async () => {
    const page = await open(fetch, '/releases/meeting')
    expect(page.link('+358 1 23')).toBe('tel:+358123')
    expect(page.link('press@ministry.example')).toBe('mailto:press@ministry.example')
    expect(page.link('Agenda')).toBe(`${baseUrl}/media/agenda.pdf`)
    const text = textOf(page.one('article'))
    for (const part of [
      '(PDF, 15 B)',
      '24 January 2024, 09:00',
      '24 to 25 January 2024',
      'Antwerp',
      'Correction 25 January 2024, 09:00: The place was wrong',
      'The table. Photo: P. Hoto',
    ]) {
      expect(text).toContain(part)
    }
    expect(page.all('img').map((one) => attribute(one, 'alt'))).toContain('A round table')
    expect([page.link('a map'), page.link('a plan')]).toEqual([
      'https://maps.example/map.png',
      'https://maps.example/',
    ])
    expect(page.link('Suomi')).toBe(`${baseUrl}/fi/releases/meeting`)
    expect(attribute(page.one('pre'), 'tabindex')).toBe('0')
    expect(page.link('The Council')).toBe('https://council.example/')
    expect(page.link('EU')).toBe(`${baseUrl}/topics/eu`)
    const event = textOf((await open(fetch, '/releases/seizure')).one('article'))
    expect(event).toContain('3 to 5 December 2026, 10:00–12:00')
    const finnish = await open(fetch, '/fi/releases/meeting')
    expect(textOf(finnish.one('article'))).toContain('24.1.2024 klo 8.30')
  })

  test('a release has its pictures to download with credit, and the feed of its topics to copy', async () => {
    const page = await open(fetch, '/releases/meeting')
    expect(textOf(page.one('article'))).toContain('The table (PNG, 8 B)Photo: P. Hoto')
    const fields = page.all('input').map((one) => attribute(one, 'value'))
    expect(fields).toContain(`${baseUrl}/topics/eu,migration.atom`)
    expect(textOf(page.ofClass('subscribe')[0]!)).toContain('New releases: EU or migration')
    const withdrawn = await open(fetch, '/releases/wrong', 410)
    expect(withdrawn.ofClass('subscribe')).toEqual([])
    expect(withdrawn.ofClass('facts').map(textOf).join()).toContain(
      'Withdrawn 29 January 2024, 09:00',
    )
  })

  test('a release that is a title and nothing else says it once', async () => {
    for (const path of ['/releases/title', '/?month=2022-01']) {
      const text = textOf((await open(fetch, path)).one('main'))
      expect(text.split('A title alone'), path).toHaveLength(2)
    }
  })

  test('each language speaks for itself, and English where there are no texts of ours', async () => {
    expect(textOf((await open(fetch, '/fi/')).one('h1'))).toBe('Uusimmat tiedotteet')
    const search = await open(fetch, '/fi/?q=raja')
    expect(textOf(search.one('h1'))).toBe('Tiedotteet, joissa on ”raja”')
    expect(textOf((await open(fetch, '/sv/')).one('h1'))).toBe('Senaste meddelanden')
    expect(textOf((await open(fetch, '/all/')).one('h1'))).toBe('Newest releases, all languages')
    const arabic = await open(fetch, '/ar/')
    expect(textOf(arabic.one('h1'))).toBe('Newest releases')
    expect(attribute(arabic.one('body'), 'lang')).toBe('en')
    const title = arabic.all('h3').find((one) => textOf(one) === 'زيارة الوزير')!
    const around = title.parentNode as typeof title
    expect(attribute(around, 'lang')).toBe('ar')
    expect(attribute(around, 'dir')).toBe('rtl')
    // Our English texts within it are marked, and still stand where an Arabic reader begins.
    const release = await open(fetch, '/ar/releases/visit')
    for (const part of [...release.ofClass('facts'), ...release.all('nav')]) {
      expect(attribute(part, 'lang')).toBe('en')
      expect(attribute(part, 'dir')).toBeUndefined()
    }
  })

  test('errors are pages that say what to do, in the language of the address', async () => {
    const unknown = await open(fetch, '/fi/topics/muutoliike', 404)
    expect(textOf(unknown.one('main'))).toContain('Tämännimistä aihetta ei ole.')
    expect(unknown.link('muuttoliike')).toBe(`${baseUrl}/fi/topics/migration`)
    expect(textOf(unknown.one('main'))).toContain('Pyysit osoitetta /fi/topics/muutoliike')
    // Who looks for it from there finds Finnish releases.
    const finnish = await open(fetch, '/fi/asylums', 404)
    expect(send(finnish.ofClass('search')[1]!, {})).toMatch(/^\/fi/)
    const nowhere = await open(fetch, '/asylums', 404)
    expect(nowhere.link('asylum')).toBe(`${baseUrl}/topics/asylum`)
    const found = await open(fetch, send(nowhere.ofClass('search')[1]!, {}))
    expect(feedsOf(found)[0]).toBe(`${baseUrl}/feed.atom?q=asylums`)
    const ended = await open(fetch, '/sv/topics/canals', 410)
    expect(textOf(ended.one('main'))).toContain('Prenumerera i stället på')
    expect(ended.link('narkotika')).toBe(`${baseUrl}/sv/topics/drugs`)
    const slugs =
      'migration,asylum,immigration,crime,organised-crime,drugs,eu,space-travel,-by:customs'
    const impossible = await open(fetch, `/topics/${slugs}`, 400)
    expect(textOf(impossible.one('main'))).toContain('at most eight topics')
    // Without a script the form was sent, and what was ticked is still there.
    const ticked = slugs.split(',').slice(0, 8)
    const fields = [...ticked.map((slug) => `topic=${slug}`), 'kind=speech', 'match=any', 'q=port']
    const kept = await open(fetch, `/topics?${fields.join('&')}`, 400)
    const again = await open(fetch, send(kept.ofClass('kept')[0]!, { kind: [] }))
    expect(feedsOf(again)[0]).toBe(`${baseUrl}/topics/${ticked.toSorted().join(',')}.atom?q=port`)
    expect(textOf((await open(fetch, '/%E0%A4%A', 400)).one('main'))).toContain(
      'not written as it must be',
    )
    const withdrawn = await open(fetch, '/releases/wrong', 410)
    expect(textOf(withdrawn.one('article'))).toContain('It was not so')
    for (const page of [unknown, nowhere, ended, impossible]) {
      expect(page.all('link').filter((one) => attribute(one, 'rel') === 'canonical')).toEqual([])
      expect(feedsOf(page)).toEqual([])
    }
  })

  test('the script and the style are files of their own that are kept', async () => {
    for (const [path, type] of Object.entries({
      '/script.js': 'text/javascript; charset=utf-8',
      '/style.css': 'text/css; charset=utf-8',
    })) {
      const { headers, status } = await fetch(path)
      expect([status, headers.get('content-type')]).toEqual([200, type])
      expect(headers.get('etag')).toBeTruthy()
    }
    // A mistake in it would be seen by no other test.
    const text = await (await fetch('/script.js')).text()
    expect(() => new Script(text)).not.toThrow()
  })
})
