// What readers get on Node is tested elsewhere. Here Workers are held to answer the same: every kind of
// address, in every way of asking, with the same status, headers and bytes, before and after every kind of change.
import { renameSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { walk } from '../archive-walker.ts'
import { markdown, siteYaml, topicsYaml, writeFiles, writeFolder } from '../content-folder.ts'
import { type Fetch, nodePress, workerService } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { homeHeader, secondHeader } from '../worker-controls.ts'

const start = Date.UTC(2026, 2, 2, 6) / 1000
const long = 'A sentence that takes some room in a document. '.repeat(1600)

const release = (title: string, published: string, topics: string, ...more: string[]) =>
  markdown([`title: ${title}`, `published: ${published}`, `topics: [${topics}]`, ...more])

/** Something of every kind: archives, versions, files, corrections, withdrawals, topics that end, an embargo. */
function content(): Record<string, string> {
  const history = Array.from({ length: 4 }, (_, number) => [
    `releases/old-${number}.en.md`,
    markdown([`title: Old ${number}`, `published: 20${10 + number}-03-01`, 'topics: [eu]'], long),
  ])
  return {
    ...(Object.fromEntries(history) as Record<string, string>),
    ...oddNames(),
    'site.yaml': `${siteYaml.replace('[en, fi, sv]', '[en, fi, sv, es-419, zh-Hant]')}  police: { name: { en: The Police } }
  army: { renamed: ministry }
  marines: { name: { en: Marines }, retired: { at: 2024-02-01, until: 2199-01-01, replacedBy: [ministry] } }
  coastguard: { name: { en: Coast Guard }, retired: { at: 2024-02-01, until: 2024-03-01 } }
`,
    'topics.yaml': `${topicsYaml}
border_control: { label: { en: border control } }
5g: { label: { en: 5G } }
x-: { label: { en: X } }
ports:
  label: { en: ports }
  retired: { at: 2024-02-01, until: 2199-01-01, replacedBy: [drugs], note: { en: All done. } }
canals:
  label: { en: canals }
  retired: { at: 2024-02-01, until: 2024-03-01, replacedBy: [drugs] }
`,
    'robots.txt': 'User-agent: *\nDisallow: /media/\n',
    'media/agenda.pdf': '%PDF-1.4 agenda',
    'media/plan.pdf': '%PDF-1.4 plan',
    'media/secret.pdf': '%PDF-1.4 secret',
    'media/a port, seen.png': 'port',
    'media/figures.csv': 'ä;1',
    'media/speech.docx': 'speech',
    'media/speech.m4a': 'speech',
    // Some systems write letters of names in two parts.
    'media/pa\u0308iva\u0308.pdf': 'day',
    'releases/meeting.en.md': release(
      'Ministers\' "meeting" & <more>',
      '2024-01-24T09:00',
      'migration, organised-crime',
      'attachments: [{ file: agenda.pdf, title: Agenda }, { file: "a port, seen.png", alt: A port }, { file: figures.csv }, { file: speech.docx }, { file: speech.m4a }, { file: päivä.pdf }]',
      'contacts: [{ name: Press office, phone: "+358 1", for: interviews }]',
      'event: { start: 2024-01-24, end: 2024-01-25, place: Antwerp }',
      'changes: [{ at: 2024-01-25T09:00, kind: correction, note: The date was wrong. }]',
      'formerly: [meet]',
    ),
    'releases/meeting.fi.md': release('Ministerit tapaavat', '2024-01-24T10:00', 'migration'),
    'releases/wrong.en.md': release(
      'Wrong',
      '2024-01-24T11:00',
      'eu, drugs',
      'attachments: [{ file: plan.pdf }]',
      'withdrawn: { at: 2024-01-26T09:00, reason: It was wrong. }',
    ),
    'releases/right.en.md': release('Right', '2024-01-26T10:00', 'eu, drugs', 'corrects: wrong'),
    'releases/port.en.md': release('Port', '2024-01-20T10:00', 'ports'),
    'releases/secret.en.md': release(
      'Secret plan',
      '2199-01-01T09:00',
      'space-travel',
      'attachments: [{ file: secret.pdf }]',
    ),
  }
}

const oddSlugs = ['new_border_station', '1', '2024', 'a--b', 'ends_', 'feed']

/** Names with signs that addresses give a meaning, in languages with a script or a region. */
function oddNames(): Record<string, string> {
  const files = oddSlugs.flatMap((slug, index) =>
    ['en', 'es-419', 'zh-Hant'].map((language) => [
      `releases/#${index} ä?%/${slug}.${language}.md`,
      markdown(
        [`title: ${slug}`, 'published: 2023-01-24T09:00', 'topics: [border_control, 5g, x-]'],
        `[Next](../x/${oddSlugs[(index + 1) % oddSlugs.length]}.${language}.md)`,
      ),
    ]),
  )
  return Object.fromEntries(files) as Record<string, string>
}

const odd = words('/topics/border_control.rss /zh-hant/topics/5g.json /ES-419/topics/x-.atom')
  .concat(oddSlugs.map((slug) => `/releases/${slug}`))
  .concat(words('/zh-hant/releases/ends_ /es-419/releases/1 /zh-Hant/releases/feed /all/topics/5g'))
const feeds =
  words(`/feed /fi/feed /all/feed /withdrawals /topics/eu /topics/migration /topics/ports
  /topics/migration,organised-crime+-drugs /fi/topics/migration /topics/space-travel /topics/-eu
  /topics/eu+by:ministry /fi/topics/-by:customs+kind:press-release /topics/by:marines`)
    // The first two in every format, the others in one.
    .flatMap((path, index) => {
      const all = ['rss', 'atom', 'json']
      const formats = index < 2 ? all : [all[index % 3]!]
      return formats.map((format) => `${path}.${format}`)
    })
    .concat(
      words(`/feed.rss?q=ministers /topics/eu.json?q=sentence /topics/eu.atom?q=nothing /all/feed.json?q=sentences
  /feed.json?q=%22ministers+meet%22 /feed.rss?q=bordering /fi/feed.json?q=ministerien /all/feed.json?q=meeting+port`),
    )
const calendars = words(`/feed.ics /fi/feed.ics /all/feed.ics /topics/migration.ics /withdrawals.ics
  /topics/organised-crime+-eu.ics /publishers/ministry.ics /feed.ics?q=ministers /topics/space-travel.ics /topics/ports.ics`)
const spellings = words(`/feed /feed.xml /rss.xml /atom.xml /index.xml /topics/EU.rss /feed.rss/
  /topics/movement-of-people.atom /topics/eu%2Bdrugs.rss /topics/drugs+eu.rss?x=y /feed.rss?q=
  /publishers/tulli.json /en/kinds/Press-Release.atom?topic=eu /feed.rss?publisher=ministry&kind=speech,statement
  /topics/eu.json?topic=drugs&topic=migration&match=any&without=crime&kind=`)
const errors =
  words(`/topics/border-policy.rss /topics/migraton.rss /topics/migraton /topics/canals.rss
  /topics/a+b+c+d+e+f+g+h+i.rss /publishers/army.atom /feed.json?publisher=army /fi/kinds/talk /feed.rss?kind=talk
  /feed.rss?match=most /withdrawals.rss?kind=speech /publishers/coastguard.json /topics/border-policy.ics
  /publishers/army.ics /topics/canals.ics /nothing /%25 /feed.pdf /api/x /topics/eu/archive/24-1.atom
  /feed/archive/nonsense.atom /releases/none /releases/meet /releases/secret /topics/canals /feed.json?q=a+b+c+d+e+f+g+h+i`)
const pages =
  words(`/ /fi /sv /all /api /topics/eu /fi/topics/migration /?q=ministers /?q=migration /all/?q=nothing+sentences+the /?q=ministers+unicorns+old /fi/?q=muuttoliike /withdrawals
  /releases/meeting /fi/releases/meeting /releases/wrong /releases/right /topics/ports
  /publishers/ministry /fi/?kind=press-release&topic=eu /topics/by:marines`)
const items =
  words(`/releases/meeting.json /fi/releases/meeting.json /releases/wrong.json /releases/meet.json
  /all/releases/meeting.json /releases/secret.json /releases/none.json`)
const documents = words(`/topics.json /fi/topics.json /all/topics.json /feeds.opml /sv/feeds.opml
  /feeds.opml?topic=eu /sitemap.xml /news-sitemap.xml /sitemap-topics-1.xml /sitemap-releases-1.xml
  /robots.txt /style.css /script.js /favicon.svg /favicon.ico /openapi.json`)
const media = words(`/media/agenda.pdf /media/a%20port,%20seen.png /media/plan.pdf /media/secret.pdf
  /media/nothing.pdf /media/p%C3%A4iv%C3%A4.pdf /media/pa%CC%88iva%CC%88.pdf /media/ /media/figures.csv /media/speech.docx /media/speech.m4a`)

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}

type Answer = { status: number; headers: Record<string, string>; body: string }
type Ask = (
  path: string,
  headers?: Record<string, string>,
  method?: string,
  body?: string,
) => Promise<Answer>

const opened = {
  Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
}

describe('on Node and on Workers', () => {
  let directory: string
  let fetch: Fetch
  let node: Ask
  let workers: Ask
  let takeUp: () => Promise<void>
  let close = async () => {}
  const clock = createSimulatedClock(start)
  let second = start

  /** Both are in the same second again, also if one of them had to wait for the next. */
  function goOn(seconds = 60) {
    second += seconds
    clock.moveTo(second)
  }

  beforeAll(async () => {
    directory = writeFolder(content())
    const press = await nodePress(directory, clock)
    fetch = press.fetch
    const worker = await workerService(directory, { clock })
    const url = await worker.url()
    node = (path, headers = {}, method = 'GET', body?) =>
      askApp(fetch, path, { headers, method, ...(body !== undefined && { body }) })
    workers = (path, headers = {}, method = 'GET', body?) => {
      const ofTests = { [secondHeader]: String(second), [homeHeader]: 'yes' }
      return askServer(new URL(path, url), { ...headers, ...ofTests }, method, body)
    }
    takeUp = async () => {
      await press.takeUp()
      await worker.takeUp()
      // Another isolate has changed it.
      await workers('/healthz', { 'Cache-Control': 'no-cache' })
    }
    close = async () => {
      await worker.close()
      await press.close()
    }
  })
  afterAll(async () => {
    await close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Asks for addresses in one way on both, a few at once, and answers what Node said. */
  async function expectSame(paths: string[], headers: Record<string, string> = {}, method = 'GET') {
    const answers = new Map<string, Answer>()
    const compare = async (path: string) => {
      const one = await node(path, headers, method)
      const other = await workers(path, headers, method)
      expect(other, `${method} ${path} ${JSON.stringify(headers)}`).toEqual(one)
      answers.set(path, one)
    }
    for (let index = 0; index < paths.length; index += 8) {
      await Promise.all(paths.slice(index, index + 8).map(compare))
    }
    return answers
  }

  test('feeds, archives and other documents are the same, also for HEAD (H-02, H-17)', async () => {
    const archives = (await walk(fetch, '/topics/eu.atom')).map(({ address }) => address)
    expect(archives.length).toBeGreaterThan(1)
    const paths = [...feeds, ...archives, ...spellings, ...odd, ...calendars, ...documents]
    const answers = await expectSame(paths)
    for (const [path, { status }] of answers) expect(status, path).toBe(200)
    const some = [...feeds.slice(0, 6), ...archives.slice(-1), ...calendars.slice(0, 2)]
    await expectSame([...some, ...documents], {}, 'HEAD')
  })

  test('pages, redirects, errors and files are the same', async () => {
    await expectSame([...pages, ...errors, ...media], { Accept: 'text/html' })
    await expectSame([...errors, ...media, ...items])
    await expectSame([...pages.slice(0, 3), ...media.slice(0, 3)], {}, 'HEAD')
    await expectSame(['/feed.rss', '/', '/releases/meeting'], {}, 'POST')
    await expectSame(
      words(`/feed.rss /topics.json /nothing /releases/meeting.json /openapi.json /api
        /api/releases/meeting/en`),
      { Origin: 'https://x.example' },
      'OPTIONS',
    )
  })

  test('a link to what is to come shows the same page and files, and its errors are the same', async () => {
    const headers = {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': 'application/json',
    }
    const body = JSON.stringify({ name: 'The aide', languages: ['all'] })
    const secretOn = async (ask: Ask) => {
      const { body: made } = await ask('/api/releases/secret/en/previews', headers, 'POST', body)
      return /\/preview\/([0-9a-f]{32})/.exec(made)![1]!
    }
    const secrets = [await secretOn(node), await secretOn(workers)]
    const ways: [string, Record<string, string>][] = [
      ['GET', { Accept: 'text/html' }],
      ['GET', {}],
      ['HEAD', {}],
      ['PUT', {}],
    ]
    const paths = words(
      'preview/no preview preview/media/secret.pdf preview/media/agenda.pdf preview/fi',
    )
    for (const path of paths) {
      for (const [method, way] of ways) {
        const [one, other] = await Promise.all(
          [node, workers].map(async (ask, index) => {
            const secret = secrets[index]!
            const answer = await ask(
              `/${path.replace('preview', `preview/${secret}`)}`,
              way,
              method,
            )
            return { ...answer, body: answer.body.replaceAll(secret, 'secret') }
          }),
        )
        expect(other, `${method} ${path} ${JSON.stringify(way)}`).toEqual(one)
        const isShown = /^preview(\/media\/secret.pdf)?$/.test(path) && method !== 'PUT'
        expect(one!.status === 200, `${method} ${path}`).toBe(isShown)
      }
    }
    // To nobody else.
    const hidden = await expectSame(words('/media/secret.pdf /releases/secret /media/nothing.pdf'))
    expect(Array.from(hidden.values(), ({ status }) => status)).toEqual([404, 404, 404])
  })

  test('a browser that opens a feed gets the same page (V-03)', async () => {
    const answers = await expectSame(
      words('/feed.rss /topics/eu.atom /fi/feed.json /nothing.rss'),
      opened,
    )
    expect(answers.get('/feed.rss')?.headers['content-type']).toMatch(/^text\/html/)
  })

  test('who has the current document is told so, and who has another gets it (H-06, H-11, H-14)', async () => {
    const paths = words(
      '/feed.rss /topics/eu.atom /fi/feed.json / /topics.json /feeds.opml /sitemap.xml',
    )
    for (const path of [
      ...paths,
      '/feed.rss?q=ministers',
      '/releases/meeting',
      '/releases/meeting.json',
      '/all/feed.ics',
    ]) {
      const { etag, 'last-modified': modified } = (await node(path)).headers
      const ways = [
        { 'If-None-Match': etag! },
        { 'If-None-Match': `"x", ${etag!.replace('W/', '')}` },
        { 'If-None-Match': '"x"', 'If-Modified-Since': modified! },
        { 'If-Modified-Since': modified! },
        { 'If-Modified-Since': new Date(Date.parse(modified!) - 1000).toUTCString() },
        { 'If-None-Match': etag!, 'A-IM': 'feed' },
      ]
      const statuses = []
      for (const way of ways) statuses.push((await expectSame([path], way)).get(path)?.status)
      expect(statuses, path).toEqual([304, 304, 200, 304, 200, 304])
    }
  })

  test('a body has the coding that the client likes best, with the same text (H-22, H-23)', async () => {
    for (const path of ['/feed.atom', '/topics/eu.json', '/', '/sitemap.xml']) {
      for (const accepted of ['br', 'zstd', 'gzip', 'deflate', 'br;q=0, zstd', 'identity']) {
        const answers = await expectSame([path], { 'Accept-Encoding': accepted })
        const coding = ['deflate', 'identity'].includes(accepted)
          ? undefined
          : accepted.split(' ').at(-1)
        expect(answers.get(path)?.headers['content-encoding'], `${path} ${accepted}`).toBe(coding)
      }
    }
  })

  /** What shows a change: documents of every kind, and whether those have it who ask with what they had before. */
  const watched = words(`/all/feed.atom /topics/migration.json /fi/feed.rss /topics/drugs.json
    /withdrawals.atom /releases/meeting /releases/right /releases/port /topics/eu.json?q=old /topics.json
    /news-sitemap.xml /media/plan.pdf /releases/soon /topics/moving.rss /topics/by:customs+kind:speech.json
    /topics/by:duties.atom /?publisher=ministry&q=old /feed.ics /all/topics/migration.ics`)

  async function expectSameAfter(before: Map<string, Answer>) {
    const after = await expectSame(watched)
    for (const path of words('/all/feed.atom /topics/migration.json /fi/feed.rss')) {
      const { etag, 'last-modified': modified } = before.get(path)!.headers
      await expectSame([path], { 'If-None-Match': etag!, 'A-IM': 'feed' })
      await expectSame([path], { 'If-Modified-Since': modified! })
    }
    return after
  }

  test('every kind of change of the folder shows in the same documents, with the same validators (H-05, H-10, C-07, D-01)', async () => {
    const write = (files: Record<string, string>) => writeFiles(directory, files)
    const { 'site.yaml': site = '', 'topics.yaml': topics = '' } = content()
    const right = (...more: string[]) =>
      release('Right', '2024-01-26T10:00', 'eu, drugs', 'corrects: wrong', ...more)
    const soon = new Date((start + 260) * 1000).toISOString()
    const change = (kind: string) =>
      `changes: [{ at: 2026-03-02T07:00, kind: ${kind}, note: It was not so. }]`
    const withdrawn = 'withdrawn: { at: 2026-03-02T07:00, reason: Wrong as well. }'
    const changes = [
      () =>
        write({
          'releases/new.en.md': release('New', '2026-03-02T07:00', 'eu'),
          'releases/right.en.md': right(change('minor')),
          'releases/meeting.sv.md': release('Ministrarna möts', '2024-01-24T10:00', 'migration'),
        }),
      () =>
        write({
          'releases/new.en.md': release('New', '2026-03-02T07:00', 'drugs', change('correction')),
          'releases/right.en.md': right(withdrawn),
          'releases/wrong.en.md': release('Wrong', '2024-01-24T11:00', 'eu, drugs'),
          'releases/soon.en.md': release('Soon', soon, 'space-travel'),
        }),
      () => {
        rmSync(join(directory, 'releases/port.en.md'))
        const old = (index: number) => join(directory, `releases/old-${index}.en.md`)
        renameSync(old(0), old(9))
        const end = markdown(['title: Old 1', 'published: 2011-03-01'], `${long}The end.`)
        write({ 'releases/old-1.en.md': end })
        // What releases are found under has other names, and comes under other terms (`terms.test.ts`).
        const renamed = (text: string, from: string, to: string) =>
          `${text.replace(`${from}:`, `${to}:`)}\n`
        write({
          'topics.yaml': `${renamed(topics, 'migration', 'moving')}migration: { renamed: moving }\n`,
          'site.yaml': `${renamed(site, '  customs', '  duties')}  customs: { renamed: duties }\n`,
          'releases/new.en.md': release(
            'New',
            '2026-03-02T07:00',
            'migration, eu',
            'publisher: customs',
            'kind: speech',
          ),
        })
      },
    ]
    let before = await expectSame(watched)
    for (const change of changes) {
      change()
      goOn()
      await takeUp()
      const after = await expectSameAfter(before)
      const shown = [...after].filter(([path, { body }]) => body !== before.get(path)?.body)
      expect(shown.length).toBeGreaterThan(0)
      before = after
    }
    write({ 'site.yaml': site, 'topics.yaml': topics })
    await takeUp()
    goOn(start + 259 - second)
    before = await expectSame(watched)
    expect(before.get('/releases/soon')?.status).toBe(404)
    goOn(1)
    const out = await expectSameAfter(before)
    expect(out.get('/releases/soon')?.status).toBe(200)
  })

  test('what is sent to the API is answered the same, and shows the same, whoever sends it', async () => {
    const future = '2199-01-01T09:00:00Z'
    const by = (publisher: string, more = {}) => ({
      title: `Title of ${publisher}`,
      topics: ['eu'],
      publisher,
      body: { markdown: 'Words.' },
      ...more,
    })
    const send = async (who: string, request: string, written?: unknown) => {
      const [method, path] = words(request)
      const body = Array.isArray(written)
        ? written.map((line) => JSON.stringify(line)).join('\n')
        : written && JSON.stringify(written)
      const type = Array.isArray(written) ? 'application/x-ndjson' : 'application/json'
      const headers = {
        Authorization: `Bearer a-secret-of-${who}`,
        ...(written !== undefined && { 'Content-Type': type }),
      }
      goOn()
      const one = await node(`/api/${path}`, headers, method, body as string | undefined)
      const other = await workers(`/api/${path}`, headers, method, body as string | undefined)
      for (const answer of [one, other]) answer.body = answer.body.replace(ofBundles, '')
      expect(other, `${who} ${request} ${JSON.stringify(written)}`).toEqual(one)
      return one
    }
    const expectStatus = async (status: number, ...asked: Parameters<typeof send>) => {
      expect([asked, (await send(...asked)).status]).toEqual([asked, status])
    }
    const { body: made } = await send('customs', 'PUT releases/one/en', by('customs'))
    const { id } = JSON.parse(made) as { id: string }
    const lines = [
      { ...by('customs', { formerly: ['one'] }), slug: 'two', language: 'en' },
      { ...by('customs', { published: future }), slug: 'to-come', language: 'en' },
      { ...by('police', { corrects: 'meeting' }), slug: 'trick', language: 'en' },
      { ...by('customs', { topics: ['nothing'] }), slug: 'wrong-topic', language: 'en' },
    ]
    const { body: told } = await send('customs', 'POST releases', lines)
    expect(told.match(/"status":\d+/g)).toHaveLength(4)
    await expectStatus(201, 'the-police', 'PUT releases/ours/en', by('police'))

    // How far a token reaches (`limited-tokens.test.ts`).
    const taken = words('one/fi to-come/fi right/en')
    for (const address of taken) {
      await expectStatus(403, 'the-police', `PUT releases/${address}`, by('police'))
    }
    for (const slug of ['meet', 'to-come']) {
      const named = by('police', { formerly: [slug] })
      await expectStatus(403, 'the-police', 'PUT releases/by-trick/en', named)
      const corrects = by('police', { corrects: slug })
      await expectStatus(403, 'the-police', 'PUT releases/by-trick/en?dry-run', corrects)
    }
    await expectStatus(409, 'the-police', 'PUT releases/by-trick/en', by('police', { id }))
    await expectStatus(
      422,
      'the-police',
      'PUT releases/early/en',
      by('police', { corrects: 'not-yet' }),
    )
    await expectStatus(403, 'the-police', 'PUT releases/ours/en', by('customs'))
    await expectStatus(403, 'the-police', 'POST releases/two/en/withdraw', { reason: 'No.' })
    await expectStatus(403, 'the-police', 'PUT topics/mine', { label: 'mine' })
    for (const who of ['the-police', 'customs', 'the-newsroom']) {
      const status = who === 'the-police' ? 404 : 200
      await expectStatus(status, who, 'GET releases/to-come/en')
      await expectStatus(status, who, 'GET releases/to-come/en/history')
      await expectStatus(200, who, 'GET releases?limit=5')
      await expectStatus(who === 'the-newsroom' ? 200 : 404, who, 'GET media/secret.pdf')
    }

    // What a release becomes, and what is refused (`publishing.test.ts`, `limits.test.ts`).
    const unknownFields = Object.fromEntries(
      Array.from({ length: 60 }, (_, number) => [`unknown-${number}`, 1]),
    )
    const fate = (more = {}) => by('ministry', { topics: ['migration'], ...more })
    const change = (kind: string) => ({ change: { kind, note: 'The day was wrong.' } })
    const withdrawn = { at: '2024-02-01T10:00', reason: 'The call has ended.' }
    for (const [status, request, written] of [
      [201, 'PUT releases/fate/en', fate()],
      [200, 'PUT releases/fate/en', fate()],
      [200, 'PUT releases/fate/en', fate({ title: 'Corrected', ...change('correction') })],
      [200, 'PUT releases/fate/en', fate({ title: 'Reworded', ...change('minor') })],
      [200, 'GET releases/fate/en/history'],
      [422, 'PUT releases/fate/en', fate({ withdrawn: { ...withdrawn, at: future } })],
      [200, 'PUT releases/fate/en', fate({ withdrawn })],
      [409, 'PUT releases/fate/en', fate()],
      [409, 'PUT releases/right/en', fate()],
      [200, 'PUT releases/fate/en', fate({ withdrawn: null })],
      [200, 'PUT releases/moved/en', fate({ formerly: ['fate', 'fate'] })],
      [200, 'GET releases/moved/EN'],
      [
        422,
        'PUT releases/bad/en',
        fate({ title: '', topics: ['migrtion'], lede: 'x', kind: 'blog' }),
      ],
      [422, 'PUT releases/bad/en', fate(unknownFields)],
      [201, 'PUT releases/kept/en?dates=keep', fate({ published: '2019-03-01T09:00:00Z' })],
      [201, 'PUT releases/archived/en?dates=archive', fate({ published: '2018-03-01T09:00:00Z' })],
      [201, 'PUT releases/news/en', fate({ published: '2018-03-01T09:00:00Z' })],
      [400, 'PUT releases/x/en?dates=never', fate()],
      [201, 'PUT topics/borders', { label: { en: 'borders', fi: 'rajat' }, broader: 'migration' }],
      [201, 'PUT topics/frontiers', { renamed: 'borders' }],
      [201, 'PUT releases/at-the-border/en', fate({ topics: ['borders'] })],
      [200, 'PUT topics/borders', { label: { en: 'borders', fi: 'rajat' }, broader: 'eu' }],
      [422, 'PUT topics/union', { label: { en: 'union', fi: 'Eu!' } }],
      [200, 'GET topics/borders'],

      // What nobody sees yet, and who asks for what (`drafts.test.ts`, `previews.test.ts`, `list.test.ts`).
      [201, 'PUT releases/draft/en', fate({ draft: true })],
      [200, 'PUT releases/draft/en', fate({ draft: true, title: 'Another' })],
      [422, 'PUT releases/moved/en', fate({ draft: true })],
      [200, 'GET releases/draft/en'],
      [200, 'GET releases?state=draft'],
      [422, 'POST releases/draft/en/previews', { name: '', languages: ['de'] }],
      [200, 'GET releases/draft/en/previews'],
      [404, 'DELETE releases/draft/en/previews/no-such-link'],
      [200, 'PUT releases/draft/en', fate({ title: 'Finished' })],
      [200, 'GET releases/draft/en/history'],
      [409, 'POST releases/draft/en/previews', { name: 'The aide' }],
      [
        200,
        `GET releases?topic=eu,migration&publisher=ministry,customs&kind=press-release&language=en,fi&from=2018-01-01&before=2199-01-01&state=public,scheduled,withdrawn&limit=3`,
      ],
      [200, 'GET releases?topic=eu&state=withdrawn&limit=1000'],
      [400, 'GET releases?topics=eu'],
      [404, 'GET releases?publisher=nobody'],
    ] as [number, string, unknown?][]) {
      await expectStatus(status, 'the-newsroom', request, written)
    }

    // What a release may be called (`names.test.ts`).
    for (const address of words('sent_one/en 7/es-419 sent-/zh-Hant')) {
      await expectStatus(201, 'the-newsroom', `PUT releases/${address}`, by('ministry'))
    }
    for (const slug of words('Sent s%C3%A4nt')) {
      await expectStatus(422, 'the-newsroom', `PUT releases/${slug}/en`, by('ministry'))
    }
    await expectStatus(200, 'customs', 'POST releases/two/en/withdraw', { reason: 'Too early.' })
    await expectStatus(200, 'customs', 'GET releases/two/en/history')
    await expectSame([
      ...watched,
      ...words(
        `/releases/one /releases/two /zh-hant/releases/sent- /releases/fate /releases/moved
        /topics/migration.atom /topics/eu.json?q=title /topics/frontiers.rss /releases/archived /releases/news`,
      ),
    ])
  })

  test('a Worker knows who guesses tokens by what Cloudflare says, and by nothing else', async () => {
    const guess = async (client: string, forwarded: number) => {
      const headers = {
        Authorization: 'Bearer a-guess-of-a-stranger',
        'CF-Connecting-IP': client,
        'X-Forwarded-For': `198.51.100.${forwarded}`,
      }
      return (await workers('/api/releases', headers)).status
    }
    const statuses = []
    for (let times = 0; times < 12; times++) statuses.push(await guess('192.0.2.1', times))
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    expect(await guess('192.0.2.2', 1)).toBe(401)
  })

  test('a draft with a file behind links, its second and its withdrawal are the same, and nothing shows before (H-21)', async () => {
    const token = { Authorization: 'Bearer a-secret-of-the-newsroom' }
    const inJson = { ...token, 'Content-Type': 'application/json' }
    const page = { Accept: 'text/html' }
    const path = '/api/releases/station/en'
    /** Of each link its secret and its name in the API, on Node and on Workers. */
    const links: [secret: string, id: string][][] = []

    const onBoth = async (request: string, headers: Record<string, string>, body?: unknown) => {
      const [method, asked] = words(request) as [string, string]
      const sent = typeof body === 'string' || !body ? body : JSON.stringify(body)
      const [one, other] = await Promise.all(
        [node, workers].map(async (ask, runtime) => {
          const own = (text: string) =>
            text.replace(/<(\d)-(\d)>/g, (_, link, part) => links[runtime]![link]![part]!)
          const answer = await ask(own(asked), headers, method, sent as string | undefined)
          let told = JSON.stringify(answer)
          links[runtime] ??= []
          if (method === 'POST' && asked.endsWith('/previews')) {
            const { url, id } = JSON.parse(answer.body) as { url: string; id: string }
            links[runtime].push([url.slice(-32), id])
          }
          for (const parts of links[runtime])
            for (const part of parts) told = told.replaceAll(part, '')
          return JSON.parse(told) as Answer
        }),
      )
      expect(other, request).toEqual(one)
      return one!
    }
    const expectStatus = async (status: number, ...asked: Parameters<typeof onBoth>) => {
      const answer = await onBoth(...asked)
      expect([asked[0], answer.status]).toEqual([asked[0], status])
      return answer
    }

    goOn()
    const file = { ...token, 'Content-Type': 'application/octet-stream' }
    await expectStatus(201, 'PUT /api/media/station.txt', file, 'Two lanes.')
    await expectStatus(201, 'PUT /api/media/empty.txt', file)
    const station = {
      title: 'New border station',
      topics: ['space-travel'],
      attachments: [{ file: 'station.txt', title: 'Facts and figures' }, { file: 'empty.txt' }],
      body: { markdown: 'The station opens on 3 April.' },
    }
    // A Worker that is asked for the first time may have taken this second for its content.
    goOn()
    const open = words(
      '/feed.rss /topics/space-travel.json /topics/space-travel /feed.ics /media/station.txt',
    ).concat(watched, documents)
    const before = await expectSame(open)
    await expectStatus(201, `PUT ${path}`, inJson, { ...station, draft: true })
    for (const name of ['Aide', 'Minister']) {
      // Those of one second are listed in the order of their identities, which are random.
      goOn()
      await expectStatus(201, `POST ${path}/previews`, inJson, { name, languages: ['all'] })
    }
    const draft = await expectStatus(200, 'GET /preview/<0-0>', page)
    expect(draft.body).toContain('This is a draft')
    const attached = await expectStatus(200, 'GET /preview/<0-0>/media/station.txt', page)
    expect(attached.body).toBe('Two lanes.')
    await expectStatus(404, 'GET /media/station.txt', page)
    await expectStatus(200, `GET ${path}/previews`, token)
    await expectStatus(200, `DELETE ${path}/previews/<0-1>`, token)
    expect((await onBoth('GET /preview/<0-0>', page)).body).toContain('This link has ended.')

    goOn()
    const lift = second + 300
    const published = new Date(lift * 1000).toISOString()
    await expectStatus(200, `PUT ${path}`, inJson, { ...station, published })
    expect((await onBoth('GET /preview/<1-0>', page)).body).toContain('It comes out on')
    goOn(lift - 1 - second)
    await expectStatus(404, 'GET /releases/station', page)
    expect(await expectSame(open)).toEqual(before)
    const told = await Promise.all(words('/healthz /metrics').map((one) => workers(one)))
    expect(JSON.stringify(told)).not.toMatch(/preview|station/i)
    goOn(1)
    await expectStatus(308, 'GET /preview/<1-0>', page)
    await expectStatus(200, 'GET /releases/station', page)
    await expectStatus(200, 'GET /media/station.txt', page)
    const partOf = async (range: string, request = 'GET /media/station.txt', more = {}) => {
      const { status, headers, body } = await onBoth(request, { Range: `bytes=${range}`, ...more })
      return [status, headers['content-range'], body]
    }
    const far = '9'.repeat(20)
    for (const range of ['4-', '4-99', `4-${far}`, '-6']) {
      expect(await partOf(range), range).toEqual([206, 'bytes 4-9/10', 'lanes.'])
    }
    for (const range of ['0-', '-99', `-${far}`]) {
      expect(await partOf(range), range).toEqual([206, 'bytes 0-9/10', 'Two lanes.'])
    }
    // As who has all of it goes on with a download.
    for (const range of ['10-', '99-100', `${far}-`, '-0', '3-1']) {
      expect(await partOf(range), range).toEqual([416, 'bytes */10', ''])
    }
    for (const range of ['0-', '-6']) {
      const none = await partOf(range, 'GET /media/empty.txt')
      expect(none, range).toEqual([416, 'bytes */0', ''])
    }
    // Parts are of bodies, and of what is still the same.
    for (const range of ['4-', '10-']) {
      expect(await partOf(range, 'HEAD /media/station.txt')).toEqual([200, undefined, ''])
      const old = { 'If-Range': 'Tue, 01 Jan 2019 00:00:00 GMT' }
      const whole = await partOf(range, 'GET /media/station.txt', old)
      expect(whole).toEqual([200, undefined, 'Two lanes.'])
    }
    await expectStatus(200, 'GET /topics/space-travel.atom', {})
    goOn()
    await expectStatus(200, `POST ${path}/withdraw`, inJson, { reason: 'It was never decided.' })
    await expectStatus(410, 'GET /releases/station', page)
    await expectStatus(410, 'GET /media/station.txt', page)
    await expectStatus(200, `GET ${path}/history`, token)
  })
})

/** Headers of connections (a Worker's answers may come in chunks), of moments, and of what stands in front of a Worker. */
const ofTheWay = words(
  `date age connection keep-alive transfer-encoding content-length cf-cache-status ${secondHeader}`,
)

/** A bundle has no fingerprints of the files that its releases came from. */
const ofBundles = /"fingerprint":"\w*","from":"content"/g

/** Node knows a file by its time, and Workers by its content. */
const ofFiles = ['etag', 'last-modified']

function answerOf(status: number, headers: Headers, body: Buffer): Answer {
  const isFile = headers.get('accept-ranges') === 'bytes'
  const others = isFile ? [...ofTheWay, ...ofFiles] : ofTheWay
  const shown = [...headers].filter(([name]) => !others.includes(name))
  const coding = headers.get('content-encoding') ?? ''
  return {
    status,
    headers: Object.fromEntries(shown),
    body: decode(body, coding).toString('latin1'),
  }
}

/** Each runtime has a Zstandard of its own. */
function decode(body: Buffer, coding: string): Buffer {
  return coding === 'zstd' && body.length > 0 ? zstdDecompressSync(body) : body
}

async function askApp(fetch: Fetch, path: string, asked: RequestInit): Promise<Answer> {
  const response = await fetch(path, asked)
  return answerOf(response.status, response.headers, Buffer.from(await response.arrayBuffer()))
}

/** Asks as it stands: `fetch` would decode bodies, and write Fetch Metadata of its own. */
function askServer(
  url: URL,
  headers: Record<string, string>,
  method: string,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const received = new Headers(response.headers as Record<string, string>)
        resolve(answerOf(response.statusCode!, received, Buffer.concat(chunks)))
      })
    })
    asked.on('error', reject).end(body)
  })
}
