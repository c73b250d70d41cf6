import { expect, test } from 'vitest'
import { releasesOf, walk } from '../archive-walker.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import { formatInPublic } from '../../src/domain/problem.ts'
import { baseUrl, nodePress, onNodePress } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const released = (title: string, fields: string[] = [], body = `The text of ${title}.`) =>
  markdown([`title: ${title}`, 'published: 2024-01-24T09:00:00Z', 'topics: [eu]', ...fields], body)

const files = {
  'media/plan.pdf': '%PDF-1.4 plan',
  'media/shared.pdf': '%PDF-1.4 shared',
  'media/free.pdf': '%PDF-1.4 free',
  'releases/a.en.md': released('Alpha', [
    'attachments: [{ file: plan.pdf }, { file: shared.pdf }]',
  ]),
  'releases/a.fi.md': released('Alfa'),
  'releases/b.en.md': released('Beta', ['attachments: [{ file: shared.pdf }]']),
  'releases/c.en.md': released('Gamma'),
}

type Item = {
  id: string
  title: string
  content_html: string
  date_published: string
  date_modified: string
  attachments?: unknown[]
  _tiedote: Record<string, unknown>
}

onNodePress('corrections and withdrawals', files, (press) => {
  const { fetch } = press
  const write = (changed: Record<string, string>) => writeFiles(press.directory(), changed)
  const items = async (path: string) => {
    return ((await (await fetch(path)).json()) as { items: Item[] }).items
  }
  const item = async (path: string, title: string) => {
    return (await items(path)).find((one) => one.title.includes(title))!
  }

  test('a minor change is silent: the text changes in place, and nothing is news (C-07)', async () => {
    const before = await item('/topics/eu.json', 'Gamma')
    const validators = (await fetch('/topics/eu.json')).headers
    const change = ['changes: [{ at: 2024-01-25T09:00:00Z, kind: minor, note: A comma }]']
    write({ 'releases/c.en.md': released('Gamma', change, 'The text of Gamma, reworded.') })
    await press.takeUp()
    const after = await item('/topics/eu.json', 'Gamma')
    expect(after.content_html).toContain('reworded')
    expect(after.content_html).not.toContain('Correction')
    expect(after.date_modified).toBe(before.date_modified)
    const { headers } = await fetch('/topics/eu.json')
    expect(headers.get('etag')).not.toBe(validators.get('etag'))
    expect(Date.parse(headers.get('last-modified')!)).toBeGreaterThan(
      Date.parse(validators.get('last-modified')!),
    )
  })

  test('a correction is dated now, and says at the top and in the data what was wrong (C-07)', async () => {
    const before = await item('/topics/eu.json', 'Gamma')
    const newest = (await items('/all/feed.json')).map(({ date_modified }) => date_modified)
    const change = [
      'changes: [{ at: 2024-01-26T09:00:00Z, kind: correction, note: The sum was wrong }]',
    ]
    write({ 'releases/c.en.md': released('Gamma', change) })
    await press.takeUp()
    const after = await item('/topics/eu.json', 'Gamma')
    expect(after.id).toBe(before.id)
    expect(after.date_published).toBe(before.date_published)
    // Later than whatever a newsroom's system has seen: Superdesk passes over anything else.
    for (const one of newest) expect(after.date_modified > one).toBe(true)
    expect(after.content_html).toMatch(
      /^<p><strong>Correction 2024-01-26:<\/strong> The sum was wrong/,
    )
    expect(after['_tiedote']).toMatchObject({
      status: 'corrected',
      changes: [{ at: '2024-01-26T09:00:00Z', kind: 'correction', note: 'The sum was wrong' }],
    })
    const atom = await (await fetch('/topics/eu.atom')).text()
    expect(atom).toContain(`<updated>${after.date_modified}</updated>`)
  })

  test('a correction issued as a new release and the release it corrects point at each other (D-05)', async () => {
    const anew = (title: string) =>
      markdown([`title: ${title}`, 'published: 2024-01-27', 'topics: [eu]', 'corrects: c'])
    write({
      'releases/c.fi.md': released('Gamma suomeksi'),
      'releases/c.sv.md': released('Gamma på svenska'),
      'releases/c-corrected.en.md': anew('Gamma anew'),
      'releases/c-corrected.fi.md': anew('Uusi gamma'),
      'releases/c-corrected.sv.md': anew('Nya gamma'),
    })
    await press.takeUp()
    const said = {
      '/fi/releases/c': 'Korjattu tiedotteella:',
      '/fi/releases/c-corrected': 'Korjaa tiedotteen:',
      '/sv/releases/c': 'Rättat av:',
      '/sv/releases/c-corrected': 'Rättar:',
    }
    for (const [path, words] of Object.entries(said)) {
      expect(await (await fetch(path)).text(), path).toContain(`<strong>${words}</strong>`)
    }
    const inFinnish = await item('/fi/feed.json', 'Uusi gamma')
    const itsOwn = { url: `${baseUrl}/fi/releases/c`, title: 'Gamma suomeksi' }
    expect(inFinnish['_tiedote'].corrects).toEqual(itsOwn)
    const corrected = `${baseUrl}/releases/c`
    const correcting = `${baseUrl}/releases/c-corrected`
    const old = (await items('/topics/eu.json')).find(({ title }) => title === 'Gamma')!
    expect(old['_tiedote'].correctedBy).toEqual([{ url: correcting, title: 'Gamma anew' }])
    expect(old.content_html).toContain(`Corrected by:</strong> <a href="${correcting}">`)
    const fresh = await item('/topics/eu.json', 'Gamma anew')
    expect(fresh['_tiedote'].corrects).toEqual({ url: corrected, title: 'Gamma' })
    expect(fresh.id).not.toBe(old.id)
    for (const format of ['atom', 'rss']) {
      const text = await (await fetch(`/topics/eu.${format}`)).text()
      expect(text).toContain(
        `rel="http://purl.org/dc/terms/replaces" type="text/html" href="${corrected}"`,
      )
      expect(text).toContain(
        `rel="http://purl.org/dc/terms/isReplacedBy" type="text/html" href="${correcting}"`,
      )
    }
    expect(await (await fetch('/releases/c')).text()).toContain(`href="${correcting}"`)
  })

  test('a withdrawn release keeps its identity and place, and says why instead of its text (D-01, D-02, D-07)', async () => {
    const before = await item('/topics/eu.json', 'Alpha')
    expect((await fetch('/media/plan.pdf')).status).toBe(200)
    const withdrawn = [
      'withdrawn: { at: 2024-02-01T09:00:00Z, reason: The figures were made up, replacedBy: b }',
    ]
    const attachments = ['attachments: [{ file: plan.pdf }, { file: shared.pdf }]']
    write({ 'releases/a.en.md': released('Alpha', [...attachments, ...withdrawn]) })
    await press.takeUp()
    const after = await item('/topics/eu.json', 'Alpha')
    expect(after).toMatchObject({ id: before.id, title: 'Withdrawn: Alpha' })
    expect(after.date_modified > before.date_modified).toBe(true)
    expect(after.content_html).toBe(
      `<p>The figures were made up</p>\n<p><strong>Replaced by:</strong> <a href="${baseUrl}/releases/b">Beta</a></p>`,
    )
    expect(after.attachments).toBeUndefined()
    expect(after['_tiedote'].status).toBe('withdrawn')
    const { headers } = await fetch('/topics/eu.json')
    const document = (await (await fetch('/topics/eu.json')).json()) as {
      _tiedote: { withdrawn: unknown[] }
    }
    expect(document['_tiedote'].withdrawn).toEqual([
      { id: before.id, at: after.date_modified, reason: 'The figures were made up' },
    ])
    expect(headers.get('last-modified')).toBe(new Date(after.date_modified).toUTCString())
    const atom = await (await fetch('/topics/eu.atom')).text()
    expect(atom).toMatch(
      new RegExp(
        `<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="${before.id}" when="${after.date_modified}">\\s*<at:comment>The figures were made up</at:comment>\\s*</at:deleted-entry>\\s*</feed>`,
      ),
    )
    expect(atom).not.toContain('The text of Alpha')
    // Heads alone list what was deleted.
    const archive = `/withdrawals/archive/0-${Date.parse(after.date_modified) / 1000}`
    for (const [format, mark] of [
      ['atom', 'deleted-entry'] as const,
      ['json', '"withdrawn":['] as const,
    ]) {
      const text = await (await fetch(`${archive}.${format}`)).text()
      expect(text, format).toContain('Withdrawn: Alpha')
      expect(text, format).not.toContain(mark)
    }
  })

  test('a withdrawn release is gone from pages, counts and search, and its files with it (D-03)', async () => {
    const page = await fetch('/releases/a', { headers: { Accept: 'text/html' } })
    expect(page.status).toBe(410)
    expect(page.headers.get('cache-control')).toMatch(/max-age=([1-5]?\d|60)$/)
    const text = await page.text()
    expect(text).toContain('The figures were made up')
    expect(text).toContain(`href="${baseUrl}/releases/b"`)
    expect(text).not.toContain('The text of Alpha')
    expect(await (await fetch('/topics/eu')).text()).not.toContain('Alpha')
    expect(await (await fetch('/?q=alpha')).text()).not.toContain('Withdrawn:')
    const { topics } = (await (await fetch('/topics.json')).json()) as {
      topics: { slug: string; releases: number }[]
    }
    // Beta, Gamma and what corrects it.
    expect(topics.find(({ slug }) => slug === 'eu')?.releases).toBe(3)
    const gone = await fetch('/media/plan.pdf')
    expect(gone.status).toBe(410)
    expect(await gone.text()).not.toContain('%PDF')
    // Another release still attaches this one, and none ever spoke of that one.
    expect((await fetch('/media/shared.pdf')).status).toBe(200)
    expect((await fetch('/media/free.pdf')).status).toBe(404)
    // The Finnish version stands, and leads nobody to this one.
    expect((await fetch('/fi/releases/a')).status).toBe(200)
    const finnish = await item('/fi/feed.json', 'Alfa')
    expect(finnish['_tiedote'].translations).toBeUndefined()
  })

  test('whoever must know of withdrawals subscribes to them', async () => {
    for (const format of ['rss', 'atom', 'json']) {
      const response = await fetch(`/withdrawals.${format}`)
      expect(response.status).toBe(200)
      const text = await response.text()
      expect(text).toContain('Withdrawn: Alpha')
      expect(text).toContain(`${baseUrl}/withdrawals.${format}`)
      expect(text).not.toContain('Beta</title>')
    }
    expect(await items('/all/withdrawals.json')).toHaveLength(1)
    expect(await items('/fi/withdrawals.json')).toEqual([])
    expect((await fetch('/withdrawals')).status).toBe(200)
  })

  test('a release that is reinstated is news again, under its old identity', async () => {
    const notice = await item('/topics/eu.json', 'Alpha')
    write({ 'releases/a.en.md': files['releases/a.en.md'] })
    await press.takeUp()
    const after = await item('/topics/eu.json', 'Alpha')
    expect(after).toMatchObject({ id: notice.id, title: 'Alpha' })
    expect(after.date_modified > notice.date_modified).toBe(true)
    expect(await items('/withdrawals.json')).toEqual([])
    expect((await fetch('/releases/a')).status).toBe(200)
    expect((await fetch('/media/plan.pdf')).status).toBe(200)
  })

  test('a translation that comes days later is news in its language, and keeps its date in the text (C-05)', async () => {
    const newest = (await items('/all/feed.json')).map(({ date_published }) => date_published)
    const before = await fetch('/topics/eu.json')
    write({ 'releases/b.sv.md': released('Beta på svenska') })
    await press.takeUp()
    const late = await item('/sv/topics/eu.json', 'Beta')
    for (const one of newest) expect(late.date_published > one).toBe(true)
    expect(late.content_html).toContain('Daterat:</strong> <time datetime="2024-01-24T09:00:00Z">')
    expect(late['_tiedote'].authored).toBe('2024-01-24T09:00:00Z')
    // The English version now links to it.
    const english = await fetch('/topics/eu.json')
    expect(english.headers.get('etag')).not.toBe(before.headers.get('etag'))
    expect((await item('/topics/eu.json', 'Beta'))['_tiedote'].translations).toEqual([
      { language: 'sv', url: `${baseUrl}/sv/releases/b`, title: 'Beta på svenska' },
    ])
  })

  test('language versions and sister feeds link to each other in every format', async () => {
    const atom = await (await fetch('/topics/eu.atom')).text()
    expect(atom).toContain(`hreflang="fi" href="${baseUrl}/fi/releases/a"`)
    expect(atom).toContain(
      `<link rel="alternate" type="application/atom+xml" hreflang="sv" href="${baseUrl}/sv/topics/eu.atom"/>`,
    )
    const rss = await (await fetch('/fi/topics/eu.rss')).text()
    expect(rss).toContain(
      `hreflang="en" type="application/rss+xml" href="${baseUrl}/topics/eu.rss"`,
    )
    expect(rss).toContain(`hreflang="en" type="text/html" href="${baseUrl}/releases/a"`)
    const json = (await (await fetch('/topics/eu.json')).json()) as {
      _tiedote: { languages: { language: string; feed: string }[] }
    }
    expect(json['_tiedote'].languages).toContainEqual({
      language: 'sv',
      page: `${baseUrl}/sv/topics/eu`,
      feed: `${baseUrl}/sv/topics/eu.json`,
    })
  })
})

test('a withdrawal is told for thirty days, and then it is in no document but its own feed (D-01, D-08)', async () => {
  const day = 86_400
  const start = Date.UTC(2026, 0, 5) / 1000
  const clock = createSimulatedClock(start)
  const at = (seconds: number) => new Date(seconds * 1000).toISOString()
  const release = (title: string, seconds: number, more: string[] = []) =>
    markdown([`title: ${title}`, `published: ${at(seconds)}`, 'topics: [eu]', ...more])
  const directory = temporaryFolder({
    'releases/a.en.md': release('Alpha', start - day),
    'releases/b.en.md': release('Beta', start - 2 * day),
  })
  const press = await nodePress(directory, clock)
  const titles = async () => [...releasesOf(await walk(press.fetch, '/topics/eu.atom')).values()]
  writeFiles(directory, {
    'releases/a.en.md': release('Alpha', start - day, [
      `withdrawn: { at: ${at(start)}, reason: No }`,
    ]),
  })
  await press.takeUp()
  for (const days of [1, 15, 29, 31]) {
    clock.moveTo(start + days * day)
    writeFiles(directory, {
      [`releases/after-${days}.en.md`]: release(`After ${days}`, clock.now()),
    })
    await press.takeUp()
    expect((await titles()).includes('Withdrawn: Alpha'), `${days} days`).toBe(days < 30)
  }
  expect(await (await press.fetch('/withdrawals.atom')).text()).toContain('Withdrawn: Alpha')
})

test('a release that names one that is not there is warned about', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': released('Alpha', ['corrects: nothing']),
  })
  const { fetch } = await nodePress(directory)
  const { problems } = (await (await fetch('/healthz')).json()) as { problems: string[] }
  expect(problems).toEqual([expect.stringContaining('There is no release nothing.en.')])
})

test('the health page is silent of what is not public, as long as nothing is broken (H-21)', async () => {
  const secret = markdown([
    'title: "<Merger> of agencies"',
    'published: 2199-01-01',
    'corrects: nothing',
  ])
  const directory = temporaryFolder({
    'releases/a.en.md': released('Alpha'),
    'releases/secret-merger.en.md': secret,
  })
  const { fetch } = await nodePress(directory)
  expect(await (await fetch('/healthz')).json()).toMatchObject({ status: 'ok', problems: [] })
})

test('what is broken with a release that is not public is told without its name (H-21)', () => {
  const problem = { file: 'releases/secret.en.md', line: 3, field: 'title', message: 'Wrong.' }
  const now = 1000
  const told = (published: number | undefined) => formatInPublic([{ ...problem, published }], now)
  expect(told(999)).toEqual(['releases/secret.en.md:3  title  Wrong.'])
  for (const published of [1001, undefined]) {
    expect(told(published)).toEqual([
      'Something is wrong with a release that is not public. The log says what.',
    ])
  }
})
