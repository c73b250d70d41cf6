// Versions of the Worker over one database, in workerd: each restart is a new version, with the bundle of
// what the content folder holds by then.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Clock } from '../src/domain/clock.ts'
import type { Database } from '../src/store/database.ts'
import { markdown, topicsYaml, writeFiles, writeFolder } from './content-folder.ts'
import {
  baseUrl,
  breakStore,
  hurriedClock,
  mendStore,
  publishTokens,
  workerService,
} from './platforms.ts'
import { formatUtc } from '../src/domain/time.ts'
import { exchange } from './raw-client.ts'
import { homeHeader } from './worker-controls.ts'

const month = 30 * 86_400
const preview = 'https://1a2b3c4d-tiedote.ministry.workers.dev'
const [, token = ''] = /newsroom=([^,]+)/.exec(publishTokens)!

const release = (title: string) =>
  markdown([`title: ${title}`, 'published: 2024-01-24', 'topics: [eu]'])

const hurried = hurriedClock()
/** How far it is ahead. */
let wrong = 0
const clock: Clock = {
  now: () => hurried.now() + wrong,
  passed: (second) => hurried.passed(second - wrong),
}
let directory: string
let worker: Awaited<ReturnType<typeof workerService>>

beforeAll(async () => {
  directory = writeFolder({
    'topics.yaml': `${topicsYaml}
canals:
  label: { en: canals }
  retired: { at: 2024-02-01, until: 2024-03-01, replacedBy: [drugs] }
`,
    'releases/kept.en.md': release('Kept'),
    'releases/gone.en.md': release('Gone'),
  })
  worker = await workerService(directory, { clock, variables: { FEED_PAGES: 'off' } })
})

afterAll(async () => {
  await worker.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Every row of every table, and the tables themselves, written down where they are. */
async function contentsOf(database: Database) {
  const { results } = await database
    .prepare(
      `select one.name, sql, group_concat('quote("' || column.name || '")', ' || '','' || ') as row
       from sqlite_master as one left join pragma_table_info(one.name) as column
       where one.name not like '\\_cf%' escape '\\' group by one.name order by one.name`,
    )
    .all<{ name: string; sql: string | null; row: string | null }>()
  const tables = results.filter(({ sql }) => /^create (virtual )?table/i.test(sql ?? ''))
  if (tables.length === 0) return JSON.stringify(results)
  const rows = await database.batch(
    tables.map(({ name, row }) =>
      database.prepare(`select group_concat(${row}, char(10)) as rows from "${name}"`),
    ),
  )
  const contents = (rows as { results: unknown }[]).map((one) => one.results)
  return JSON.stringify([results, contents])
}

const database = () => worker.database()

async function run(...statements: string[]) {
  const there = await database()
  await there.batch(statements.map((sql) => there.prepare(sql)))
}

const publishing = (body: object) => ({
  method: 'PUT',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

async function statusOf(address: string, init: RequestInit = {}) {
  const answer = await worker.fetch(address, init)
  await answer.arrayBuffer()
  return answer.status
}

test('a version that is asked at another host reads what the database has, and writes nothing', async () => {
  // Nobody was at home yet, and whoever comes elsewhere does not fill the database.
  expect(await statusOf(`${preview}/feed.json`)).toBe(503)
  const before = await contentsOf(await database())
  expect(await statusOf(`${preview}/`)).toBe(503)
  expect(await contentsOf(await database())).toBe(before)

  expect(await statusOf('/releases/gone')).toBe(200)
  writeFiles(directory, { 'releases/kept.en.md': release('Changed') })
  rmSync(join(directory, 'releases/gone.en.md'))
  // For the test after this one.
  wrong = month
  expect(
    await statusOf(
      '/api/releases/ahead/en',
      publishing({ title: 'Ahead', topics: ['eu'], body: { html: '' } }),
    ),
  ).toBe(201)
  wrong = 0
  await worker.restart(2)
  const filled = await contentsOf(await database())
  expect(filled).toContain("'gone'")

  const feed = await worker.fetch(`${preview}/topics/eu.json`)
  expect(feed.status).toBe(200)
  const text = await feed.text()
  expect(text).toContain('"title":"Kept"')
  expect(text).toContain(`${baseUrl}/releases/gone`)
  expect(await statusOf(`${preview}/releases/gone`)).toBe(200)
  const etag = { 'If-None-Match': feed.headers.get('etag')! }
  expect(await statusOf(`${preview}/topics/eu.json`, { headers: etag })).toBe(304)
  expect(await statusOf(`${preview}/topics/eu.json`, { method: 'HEAD' })).toBe(200)
  expect(
    await statusOf(`${preview}/topics/eu.json`, { headers: { ...etag, 'A-IM': 'feed' } }),
  ).toBe(304)
  const written = publishing({ title: 'Written', body: { html: '<p>A</p>' } })
  for (const [path, init] of [
    ['/api/releases/written/en', written],
    ['/api/releases/written/en?dry-run', written],
    ['/api/media/a.txt', { ...written, body: 'a' }],
    ['/api/topics/written', publishing({ label: { en: 'written' } })],
    ['/api/releases', { headers: written.headers }],
  ] as [string, RequestInit][]) {
    const answer = await worker.fetch(preview + path, init)
    expect(answer.status, path).toBe(403)
    expect(answer.headers.get('content-type'), path).toBe('application/problem+json')
    expect(await answer.text(), path).toContain(`Send it to ${baseUrl}.`)
  }
  // What nobody waits for would have been written by then.
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await contentsOf(await database())).toBe(filled)
})

test('after a clock that was ahead a version takes nothing, until it is mended', async () => {
  const written = publishing({ title: 'Written', topics: ['eu'], body: { html: '<p>A</p>' } })
  const healthOf = async () => {
    const answer = await worker.fetch('/healthz')
    return [answer.status, ((await answer.json()) as { status: string }).status]
  }
  const mend = (now: string) => {
    const headers = { ...publishing({}).headers }
    return worker.fetch('/api/mend-clock', {
      method: 'POST',
      headers,
      body: JSON.stringify({ now }),
    })
  }
  // The same isolate as before, at home.
  expect(await statusOf('/releases/gone')).toBe(200)
  const refused = await worker.fetch('/api/releases/written/en', written)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
  expect(await refused.text()).toMatch(/The clock says .* mend-clock/)
  expect(await healthOf()).toEqual([503, 'clock is behind'])
  expect(await (await worker.fetch('/topics/eu.json')).text()).toContain('"title":"Ahead"')
  expect((await mend(formatUtc(clock.now() + month))).status).toBe(422)

  const mended = await mend(formatUtc(clock.now()))
  expect(mended.status).toBe(200)
  expect(await mended.text()).toContain('One release was dated later.')
  expect(await healthOf()).toEqual([200, 'ok'])
  const { items } = (await (await worker.fetch('/topics/eu.json')).json()) as {
    items: { title: string; date_published: string }[]
  }
  expect(items.map(({ title }) => title)).toEqual(['Ahead', 'Kept', 'Gone'])
  expect(Date.parse(items[0]!.date_published) / 1000).toBeLessThanOrEqual(clock.now())
  expect(await statusOf('/api/releases/written/en', written)).toBe(201)
  // For so long an isolate does not look whether its own content can be taken up.
  await clock.passed(clock.now() + 30)
  // Nobody waits for it.
  await expect.poll(() => statusOf('/releases/gone'), { interval: 20, timeout: 10_000 }).toBe(404)
  expect(await (await worker.fetch('/releases/kept')).text()).toContain('Changed')
})

test('what was public stays when its file becomes a draft', async () => {
  writeFiles(directory, {
    'releases/kept.en.md': markdown(
      ['draft: true', 'title: Changed', 'published: 2024-01-24', 'topics: [eu]'],
      'Another text.',
    ),
    'releases/later.en.md': markdown(['draft: true', 'title: Later']),
    'releases/new.en.md': release('New'),
  })
  await worker.takeUp()
  await worker.fetch('/healthz', { headers: { 'Cache-Control': 'no-cache' } })
  expect(await statusOf('/releases/new')).toBe(200)
  const kept = await worker.fetch('/releases/kept')
  expect(kept.status).toBe(200)
  expect(await kept.text()).not.toContain('Another text')
})

test('an isolate asks D1 nothing for feeds that are polled, and sees at once what is published through it', async () => {
  const feed = '/topics/eu.atom'
  const failures = async () => {
    const metrics = await (await worker.fetch('/metrics')).text()
    return Number(/^tiedote_store_failures_total (\d+)/m.exec(metrics)?.[1])
  }
  const { headers } = await worker.fetch(feed)
  const etag = { 'If-None-Match': headers.get('etag')! }
  expect(await statusOf(feed, { headers: etag })).toBe(304)
  await clock.passed(clock.now() + 2)
  const failedBefore = await failures()
  // Whoever asks a database without tables is told so.
  await breakStore(await database())
  for (let times = 0; times < 20; times++) {
    const answer = await worker.fetch(feed, { headers: etag })
    expect(answer.status).toBe(304)
    expect(Number(answer.headers.get('age'))).toBeGreaterThanOrEqual(2)
  }
  expect(await failures()).toBe(failedBefore)
  await mendStore(await database())

  const publish = async (slug: string, published?: string) => {
    const written = { title: slug, published, topics: ['eu'], body: { html: '<p>A</p>' } }
    expect(await statusOf(`/api/releases/${slug}/en`, publishing(written))).toBe(201)
  }
  const titles = async () => {
    const { items } = (await (await worker.fetch('/topics/eu.json')).json()) as {
      items: { title: string }[]
    }
    return items.map(({ title }) => title)
  }
  expect(await titles()).not.toContain('at-once')
  await publish('at-once')
  expect(await titles()).toContain('at-once')
  const lift = clock.now() + 60
  await publish('in-time', new Date(lift * 1000).toISOString())
  await clock.passed(lift - 2)
  expect(await titles()).not.toContain('in-time')
  await clock.passed(lift - 1)
  expect(await titles()).toContain('in-time')

  // Readers who come back after those releases have a tag that was answered before.
  expect(await statusOf(feed, { headers: etag })).toBe(200)
  const failed = await failures()
  await breakStore(await database())
  for (let times = 0; times < 20; times++) {
    const answer = await worker.fetch(feed, { headers: etag })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('in-time')
  }
  expect(await failures()).toBe(failed)
  await mendStore(await database())
})

test('where FEED_PAGES is off, a browser gets the feed itself, at home and elsewhere', async () => {
  const { port } = new URL(await worker.url())
  // `fetch` would write Fetch Metadata of its own.
  const opened = 'Accept: text/html\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate'
  for (const host of [`${homeHeader}: yes`, 'X-Elsewhere: yes']) {
    const request = `GET /topics/eu.json HTTP/1.1\r\nHost: localhost\r\n${host}\r\n${opened}\r\n\r\n`
    const { answers } = await exchange(Number(port), request)
    expect(answers[0]?.headers.get('content-type'), host).toMatch(/^application\/feed\+json/)
  }
})

test('what the guide says takes a text out of what is shown, and of all that D1 remembers', async () => {
  const guide = readFileSync(join(import.meta.dirname, '../deploy/README.md'), 'utf8')
  const [, sent = ''] = /-d '(.*"withdrawn".*)'$/m.exec(guide)!
  const [, sql = ''] = /--command "(update history .*)"$/m.exec(guide)!
  const secret = 'Zyxwvutsrq'
  const personal = {
    title: secret,
    lead: `Of ${secret}.`,
    topics: ['eu'],
    contacts: [{ name: secret, email: `${secret}@ministry.example` }],
    event: { start: '2024-01-24', place: `The house of ${secret}` },
    body: { markdown: `A text on ${secret}.` },
  }
  const path = '/api/releases/ministers-meet/en'
  // It had another address before, and was shown to somebody before its time.
  const before = '/api/releases/they-meet/en'
  expect(await statusOf(before, publishing({ ...personal, draft: true }))).toBe(201)
  const link = { ...publishing({ name: `The lawyer of ${secret}` }), method: 'POST' }
  expect(await statusOf(`${before}/previews`, link)).toBe(201)
  expect(await statusOf(before, publishing(personal))).toBe(200)
  const renamed = { ...personal, title: `${secret} meets`, formerly: ['they-meet'] }
  expect(await statusOf(path, publishing(renamed))).toBe(200)
  expect(await statusOf(path, publishing(JSON.parse(sent)))).toBe(200)

  const textOf = async (address: string) =>
    (await worker.fetch(address, { headers: publishing({}).headers })).text()
  /** In which ways the database has the word: indexes are written down in digits. */
  const remembered = async () => {
    const all = (await contentsOf(await database())).toLowerCase()
    const word = secret.toLowerCase()
    return [word, Buffer.from(word).toString('hex')].map((one) => all.includes(one))
  }
  expect(await textOf(path)).not.toContain(secret)
  expect(await textOf(`${path}/history`)).toContain(secret)
  expect(await remembered()).toEqual([true, true])
  await run(...sql.split(';'))
  expect(await textOf(`${path}/history`)).not.toContain(secret)
  expect(await remembered()).toEqual([false, false])
})

test('a D1 that fails keeps nobody from what was answered, also in an isolate that begins meanwhile, nor from what changed once it answers (H-10, H-17, H-20, H-29, H-30, H-32)', async () => {
  const addresses =
    '/feed.atom /topics/eu.atom / /topics.json /feeds.opml /releases/kept /feed.json?q=new'.split(
      ' ',
    )
  const lookAgain = () => statusOf('/healthz', { headers: { 'Cache-Control': 'no-cache' } })
  const takeUp = async () => {
    await worker.takeUp()
    await lookAgain()
  }
  const answers = () =>
    Promise.all(
      addresses.map(async (address) => {
        const { status, headers, ...answer } = await read(address)
        expect([address, status]).toEqual([address, 200])
        expect(Number(headers.get('age'))).toBeLessThanOrEqual(300)
        return [address, headers.get('etag'), headers.get('last-modified'), answer.text]
      }),
    )
  const read = async (address: string) => {
    const answer = await worker.fetch(address)
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  writeFiles(directory, { 'releases/secret.en.md': release('Secret') })
  await takeUp()
  expect(await statusOf('/releases/secret')).toBe(200)
  rmSync(join(directory, 'releases/secret.en.md'))
  await takeUp()
  expect(await statusOf('/releases/secret')).toBe(404)
  const before = await answers()
  const etag = { 'If-None-Match': (await read('/topics/eu.atom')).headers.get('etag')! }
  const told = before.map(([address, , , text]) => [address, text])

  await breakStore(await database())
  expect(await lookAgain()).toBe(503)
  for (let times = 0; times < 5; times++) {
    expect((await answers()).map(([address, , , text]) => [address, text])).toEqual(told)
  }
  expect(await statusOf('/topics/eu.atom', { headers: etag })).toBe(304)
  // What nobody ever asked for has no good answer, and says when to come again.
  const unknown = await read('/topics/immigration.rss')
  expect(unknown.status).toBe(503)
  expect(unknown.headers.get('retry-after')).toBe('60')
  expect(unknown.headers.get('content-type')).toBe('application/problem+json')
  expect(unknown.headers.get('access-control-allow-origin')).toBe('*')

  worker.useNext()
  const kept = await read('/topics/eu.atom')
  const shown = ['/topics/eu.atom', kept.headers.get('etag'), kept.headers.get('last-modified')]
  expect([kept.status, ...shown, kept.text]).toEqual([200, ...before[1]!])
  expect(await statusOf('/topics/eu.atom', { headers: etag })).toBe(304)
  const removed = await read('/releases/secret')
  expect(removed.status).toBe(503)
  expect(removed.text).not.toContain('Secret')
  // What the bundle alone tells is told.
  expect(await statusOf('/topics/canals.rss')).toBe(410)

  await mendStore(await database())
  // A store that failed is left alone for a while.
  await clock.passed(clock.now() + 10)
  expect(await answers()).toEqual(before)
  await breakStore(await database())
  await lookAgain()
  expect(await statusOf('/feed.atom')).toBe(200)
  await mendStore(await database())
  writeFiles(directory, { 'releases/after.en.md': release('After the failure') })
  await takeUp()
  await expect
    .poll(async () => (await read('/topics/eu.atom')).text, { timeout: 10_000 })
    .toContain('After the failure')
})

test('a version that meets tables of a newer one answers what was kept, and takes nothing', async () => {
  const feed = await (await worker.fetch('/topics/eu.atom')).text()
  const etag = { 'If-None-Match': (await worker.fetch('/topics/eu.atom')).headers.get('etag')! }
  await statusOf('/topics/eu.atom', { headers: etag })
  // The newer version has other tables, and says so as ours would.
  await run(
    "insert into d1_migrations (name) values ('9000_later.sql')",
    'alter table release rename to communication',
    "update state set value = value + 1 where key = 'revision'",
  )
  const newer = await contentsOf(await database())
  const meetIt = async () => {
    expect(await (await worker.fetch('/topics/eu.atom')).text()).toBe(feed)
    expect(await statusOf('/topics/eu.atom', { headers: etag })).toBe(304)
    const unkept = await worker.fetch('/topics/eu.rss')
    expect(unkept.status).toBe(503)
    expect(unkept.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await statusOf(`${preview}/topics/migration.rss`)).toBe(503)
    const refused = await worker.fetch('/api/releases/late/en', publishing({ title: 'Late' }))
    expect(refused.status).toBe(503)
    expect(await refused.text()).toContain('those of a newer version')
    expect(await contentsOf(await database())).toBe(newer)
  }
  await meetIt()
  // An isolate that begins now has what others in the data centre answered.
  worker.useNext()
  await meetIt()

  await run(
    'alter table communication rename to release',
    "delete from d1_migrations where name = '9000_later.sql'",
  )
  // For so long a database is left alone.
  await clock.passed(clock.now() + 5)
  expect(await statusOf('/topics/eu.rss')).toBe(200)
})

test('a release that comes out is noted at home, and nowhere else', async () => {
  const published = new Date((clock.now() + 100) * 1000).toISOString()
  const written = publishing({ title: 'Soon', published, body: { html: '<p>Soon.</p>' } })
  expect(await statusOf('/api/releases/soon/en', written)).toBe(201)
  const before = await contentsOf(await database())
  wrong += 101
  expect(await statusOf(`${preview}/releases/soon`)).toBe(200)
  expect(await contentsOf(await database())).toBe(before)
  expect(await statusOf('/releases/soon')).toBe(200)
  expect(await contentsOf(await database())).not.toBe(before)
})
