// `export`: everything that a database holds as a content folder, from which the same feeds are made.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerExport } from '../../src/cli/export.ts'
import { markdown, siteYaml, temporaryFolder, writeFiles } from '../content-folder.ts'
import { type Fetch, hurriedClock, nodePress } from '../platforms.ts'
import { runCommand } from './run.ts'

const token = 'a-secret-of-the-newsroom'

/** A service with a database file, for one test. */
async function running(files: Record<string, string> = {}) {
  const directory = temporaryFolder(files)
  const clock = hurriedClock()
  const press = await nodePress(directory, clock, undefined, { isOnDisk: true })
  onTestFinished(press.close)
  const send = async (method: string, path: string, body: object | string) => {
    const isText = typeof body === 'string'
    const { status } = await press.fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': isText ? 'application/x-ndjson' : 'application/json',
      },
      body: isText ? body : JSON.stringify(body),
    })
    expect(status).toBeLessThan(300)
  }
  const exported = async (folder: string) =>
    runCommand(registerExport, ['export', folder], {
      environment: { DATABASE: press.databaseFile, CONTENT_DIR: directory },
    })
  return { ...press, clock, directory, send, exported }
}

function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'tiedote-export-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'content')
}

/** Every document that readers can reach from some addresses, archives included. */
async function documents(fetch: Fetch): Promise<Map<string, string>> {
  const { topics } = (await (await fetch('/topics.json')).json()) as { topics: { slug: string }[] }
  const lists = ['feed', ...topics.map(({ slug }) => `topics/${slug}`), 'withdrawals']
  const waiting = ['', '/fi', '/sv', '/all'].flatMap((language) => [
    ...lists.flatMap((list) =>
      ['rss', 'atom', 'json'].map((format) => `${language}/${list}.${format}`),
    ),
    `${language}/topics.json`,
    `${language}/feeds.opml`,
    `${language}/`,
  ])
  waiting.push(
    '/robots.txt',
    '/releases/a',
    '/releases/moved-away',
    '/releases/gone',
    '/fi/releases/a',
    '/media/2026/b.txt',
    '/media/a.txt',
    '/sitemap.xml',
  )
  const found = new Map<string, string>()
  for (const path of waiting) {
    if (found.has(path)) continue
    const response = await fetch(path)
    const text = await response.text()
    found.set(path, `${response.status} ${response.headers.get('location')} ${text}`)
    const before =
      /"next_url":"([^"]+)"/.exec(text) ?? /rel="prev-archive" href="([^"]+)"/.exec(text)
    if (before)
      waiting.push(before[1]!.replace('https://releases.example.org', '').replaceAll('&amp;', '&'))
  }
  return found
}

const release = (title: string, published: string, ...fields: string[]) =>
  markdown([`title: "${title}"`, `published: ${published}`, ...fields])

const history = Array.from({ length: 60 }, (_, index) => {
  const published = `2015-03-04T09:00:${String(index).padStart(2, '0')}Z`
  const body = { markdown: 'Old.' }
  return `${JSON.stringify({ slug: `old-${index}`, language: 'en', title: `Old ${index}`, published, topics: ['eu'], body })}\n`
}).join('')

test('what is exported makes the same documents byte for byte, whatever happened to the releases', async () => {
  const service = await running({
    'robots.txt': 'User-agent: *\nDisallow: /media/\n',
    'site.yaml': `${siteYaml}  toll: { renamed: customs }
  ports: { name: { en: Ports }, retired: { at: 2024-02-01, replacedBy: [customs], note: { en: Over. } } }
`,
    'releases/port.en.md': release('Port', '2024-01-20T09:00', 'publisher: ports'),
    'releases/a.en.md': release(
      "A: 'quoted' & <b>",
      '2024-01-24T09:00',
      'topics: [asylum]',
      'attachments: [{ file: a.txt, title: One }]',
      'contacts: [{ name: Press, phone: "+358 1" }]',
    ),
    'releases/a.fi.md': release(
      'A suomeksi',
      '2024-01-24T09:00',
      'topics: [asylum]',
      'event: { start: 2024-02-01, place: Antwerp }',
    ),
    'releases/b.en.md': release(
      'B',
      '2024-01-24T09:00',
      'corrects: a',
      'related: [{ url: "https://example.org/" }]',
    ),
    'releases/imported.en.md': release(
      'From elsewhere',
      '2021-01-24T09:00',
      'id: "https://old.example.org/?p=1"',
    ),
    'releases/rebuilt.en.md': release('Rebuilt', '2021-02-24T09:00', 'formerly: [moved-away]'),
    'media/a.txt': 'A text.',
  })
  const { send } = service
  const written = {
    title: 'From the API',
    topics: ['ports'],
    body: {
      markdown:
        'See [A](/releases/a) and ![b](/media/2026/b.txt).\n\n<p>`https://tiedote.invalid/x`</p>',
    },
  }
  await send('PUT', '/api/topics/ports', {
    label: { en: 'no', fi: 'satamat' },
    broader: 'crime',
    aliases: ['2024'],
  })
  await send('PUT', '/api/media/2026/b.txt', 'An uploaded text.')
  await send('PUT', '/api/releases/from-api/en', written)
  await send('PUT', '/api/releases/gone/en', { ...written, title: 'Gone' })
  await send('PUT', '/api/releases/gone/fi', { ...written, title: 'Mennyt', topics: ['eu'] })
  await Promise.all([
    send('POST', '/api/releases/gone/en/withdraw', { reason: 'A mistake.', replacedBy: 'a' }),
    send('POST', '/api/releases/gone/fi/withdraw', { reason: 'Virhe.' }),
    send('PUT', '/api/releases/from-api/en', {
      ...written,
      change: { kind: 'correction', note: 'The day.' },
    }),
  ])
  await send('PUT', '/api/releases/late/sv', { ...written, published: '2023-05-01T09:00' })
  // It came late, and was withdrawn before it came, but after the time that its author gave it.
  await send('PUT', '/api/releases/hasty/en', {
    ...written,
    title: 'Hasty',
    published: '2024-01-26T09:00',
    withdrawn: { at: '2024-01-26T10:00', reason: 'Too soon.' },
  })
  // Two at once have seconds that follow each other, the first before the time that is told.
  await service.clock.passed(service.clock.now() + 20)
  const change = { kind: 'correction', note: 'The hour.' }
  const corrected = [
    { ...written, slug: 'from-api', language: 'en', title: 'Corrected', change },
    { ...written, slug: 'late', language: 'sv', title: 'Rättad', change },
  ]
  await send('POST', '/api/releases', corrected.map((one) => JSON.stringify(one)).join('\n'))
  await send('PUT', '/api/releases/secret/en', {
    ...written,
    title: 'Not yet',
    published: '2090-05-01T09:00',
  })
  // Nobody saw it before it was withdrawn, and its time is over.
  await send('PUT', '/api/releases/never-out/en', { ...written, title: 'Never out', draft: true })
  await send('POST', '/api/releases/never-out/en/withdraw', { reason: 'Never decided.' })
  const planned = '2091-05-01T09:00:00Z'
  const unfinished = { ...written, title: 'Not finished', published: planned, draft: true }
  await send('PUT', '/api/releases/unfinished/en', unfinished)
  writeFiles(service.directory, {
    'releases/b.en.md': release(
      'B again',
      '2024-01-24T09:00',
      'corrects: a',
      'changes: [{ at: 2024-01-25T10:00, kind: minor, note: A comma. }]',
      'topics: [migration]',
    ),
    'releases/old.jsonl': history,
  })
  await service.takeUp()

  const folder = newFolder()
  const outcome = await service.exported(folder)
  expect(outcome).toMatchObject({ code: 0, errors: '' })
  expect(outcome.output).toContain('of them are not public yet')
  const draft = readFileSync(join(folder, 'releases/2091.jsonl'), 'utf8')
  expect(JSON.parse(draft)).toMatchObject({ slug: 'unfinished', published: planned, draft: true })
  const again = await nodePress(folder, service.clock)
  const [before, after] = [await documents(service.fetch), await documents(again.fetch)]
  expect(before.get('/releases/moved-away')).toMatch(/^308/)
  expect(before.get('/feed.json')).not.toContain('Old 59')
  expect(before.get('/feed.json')).toContain('Withdrawn: Hasty')
  expect([...after.keys()]).toEqual([...before.keys()])
  for (const [path, text] of before) expect(after.get(path), path).toBe(text)
  await again.close()
})

test('an export takes the place of nothing, and leaves nothing half', async () => {
  const service = await running({ 'releases/a.en.md': release('A', '2024-01-24T09:00') })
  const folder = newFolder()
  mkdirSync(folder)
  expect((await service.exported(folder)).code).toBe(0)
  const before = readdirSync(folder).toSorted()
  expect(before).toEqual(['releases', 'site.yaml', 'topics.yaml'])
  expect(await service.exported(folder)).toMatchObject({
    code: 1,
    errors: `${folder} is not empty. Name a new folder.`,
  })
  expect(readdirSync(folder).toSorted()).toEqual(before)
  const environment = { DATABASE: join(folder, '../none.db') }
  const missing = await runCommand(registerExport, ['export', join(folder, '../b')], {
    environment,
  })
  expect(missing).toMatchObject({
    code: 1,
    errors: expect.stringContaining('There is no database at'),
  })
  expect(readdirSync(join(folder, '..'))).toEqual(['content'])
})

test('what the service could not read again is told', async () => {
  const service = await running({
    'releases/a.en.md': release('A', '2024-01-24T09:00', 'attachments: [{ file: a.txt }]'),
    'media/a.txt': 'A text.',
  })
  rmSync(join(service.directory, 'media/a.txt'))
  const outcome = await service.exported(newFolder())
  expect(outcome.code).toBe(1)
  expect(outcome.errors).toContain(
    'releases/2024.jsonl:1  attachments 1.file  There is no file media/a.txt.',
  )
  expect(outcome.errors).toContain('until this is mended')
})

test('files come as the service has them, and none that is only half there', async () => {
  const service = await running({
    'releases/a.en.md': release('A', '2024-01-24T09:00'),
    'media/both.txt': 'Of the folder.',
  })
  writeFiles(dirname(service.databaseFile), {
    'media/both.txt': 'Uploaded before.',
    'media/uploaded.txt': 'Uploaded.',
    'media/.half.txt.0c0f5b1e': 'Uplo',
  })
  const folder = newFolder()
  expect((await service.exported(folder)).code).toBe(0)
  const media = join(folder, 'media')
  expect(readdirSync(media).toSorted()).toEqual(['both.txt', 'uploaded.txt'])
  expect(readFileSync(join(media, 'both.txt'), 'utf8')).toBe('Of the folder.')
})
