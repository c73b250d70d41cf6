// Drafts that come through the API: kept, seen by their authors, public when they are finished.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdown, siteYaml, writeFolder } from '../content-folder.ts'
import { baseUrl, nodePress, type Press } from '../platforms.ts'
import { createSimulatedClock, type SimulatedClock } from '../readers/simulated-clock.ts'

const day = 86_400
const start = Date.UTC(2026, 2, 2, 6) / 1000
const utc = (second: number) => new Date(second * 1000).toISOString().replace('.000', '')

const fields = { title: 'The plan', topics: ['eu'], body: { markdown: 'The zeppelin takes off.' } }

type Answered = {
  change: string
  published: string
  state: string
  etag: string
  detail: string
  url: string
  draft?: boolean
  authored?: string
  body: unknown
  status: { state: string; since: string }
  errors: { field: string; message: string }[]
  warnings: { field: string; message: string }[]
  releases: { slug: string; state: string; published: string; etag: string }[]
  history: { action: string; by: string; replaced?: { draft?: boolean } }[]
}

describe('drafts through the API', () => {
  let clock: SimulatedClock
  let press: Press
  beforeAll(async () => {
    clock = createSimulatedClock(start)
    const files = {
      'site.yaml': siteYaml,
      'releases/out.en.md': markdown([
        'title: Out',
        `published: ${utc(start - day)}`,
        'topics: [eu]',
      ]),
    }
    press = await nodePress(writeFolder(files), clock)
    clock.moveTo(start + 60)
  })
  afterAll(() => press.close())

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ) {
    const headers = {
      Authorization: 'Bearer a-secret-of-the-newsroom',
      'Content-Type': 'application/json',
      ...more,
    }
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await press.fetch(`/api/releases${path}`, { method, headers, ...text })
    const json = (await response.json()) as Answered
    return { status: response.status, json, etag: response.headers.get('etag') }
  }

  /** Everything that readers could see it in. */
  async function seen() {
    const paths =
      '/feed.atom /all/feed.json /topics/eu.rss /topics.json /sitemap-releases-1.xml /feeds.opml / /?q=zeppelin /releases/plan /releases/plan.json'
    const answers = await Promise.all(
      paths.split(' ').map(async (path) => {
        const answer = await press.fetch(path)
        const { headers, status } = answer
        const validators = ['etag', 'last-modified'].map((name) => headers.get(name))
        return [path, status, ...validators, await answer.text()].join(' ')
      }),
    )
    return answers.join('\n')
  }

  test('a draft is kept, seen by its authors alone, and changes nothing that readers see (H-21)', async () => {
    const before = await seen()
    const { status, json } = await ask('PUT', '/plan/en', { ...fields, draft: true })
    expect([status, json.change]).toEqual([201, 'created'])
    expect(json.published).toBe(utc(clock.now()))
    expect(await seen()).toBe(before)
    clock.moveTo(clock.now() + 100 * day)
    expect(await seen()).toBe(before)
    const read = await ask('GET', '/plan/en')
    expect(read.json).toMatchObject({ draft: true, body: fields.body, status: { state: 'draft' } })
    const { releases } = (await ask('GET', '?state=draft')).json
    const { published } = json
    expect(releases).toMatchObject([
      { slug: 'plan', state: 'draft', published, updated: published },
    ])
    expect(`"${releases[0]!.etag}"`).toBe(read.etag)
    const all = (await ask('GET', '')).json.releases
    expect(all.map(({ slug, state }) => [slug, state])).toEqual([
      ['out', 'public'],
      ['plan', 'draft'],
    ])
    expect((await ask('GET', '?state=scheduled')).json.releases).toEqual([])
    // Others do not even learn that there is one.
    const customs = { Authorization: 'Bearer a-secret-of-customs' }
    expect((await ask('GET', '/plan/en', undefined, customs)).status).toBe(404)
    expect((await ask('GET', '', undefined, customs)).json.releases).toHaveLength(1)
    expect(
      (await ask('PUT', '/plan/fi', { ...fields, publisher: 'customs' }, customs)).status,
    ).toBe(403)
  })

  test('what is read of a draft can be sent again and changes nothing, and its tag holds', async () => {
    const { json, etag } = await ask('GET', '/plan/en')
    expect((await ask('PUT', '/plan/en', json)).json.change).toBe('unchanged')
    expect((await ask('PUT', '/plan/en', { ...fields, draft: true })).json.change).toBe('unchanged')
    const other = { ...fields, draft: true, title: 'Another plan' }
    const stale = await ask('PUT', '/plan/en', other, { 'If-Match': '"stale"' })
    expect(stale.status).toBe(412)
    const revised = await ask('PUT', '/plan/en', other, { 'If-Match': etag! })
    expect([revised.status, revised.json.change]).toEqual([200, 'revised'])
  })

  test('a link shows a draft to somebody, and says that it is one', async () => {
    const { json, status } = await ask('POST', '/plan/en/previews', { name: 'The aide' })
    expect(status).toBe(201)
    const page = await (await press.fetch(json.url.replace(baseUrl, ''))).text()
    expect(page).toContain('<h1>Another plan</h1>')
    expect(page).toContain('Not public.</strong> This is a draft, and may still change.')
    expect(page).not.toMatch(/<time|9000/)
  })

  test('a draft that is finished is published now, and has the time of nothing before', async () => {
    const before = clock.now()
    const { json } = await ask('PUT', '/plan/en', fields)
    expect(json.change).toBe('revised')
    expect(Date.parse(json.published) / 1000).toBeGreaterThanOrEqual(before)
    const read = (await ask('GET', '/plan/en')).json
    expect(read.draft).toBeUndefined()
    expect(read.authored).toBeUndefined()
    expect(read.status).toMatchObject({ state: 'public', since: json.published })
    expect(await (await press.fetch('/feed.json')).text()).toContain('The zeppelin takes off.')
    const { history } = (await ask('GET', '/plan/en/history')).json
    expect(history.map(({ action }) => action)).toEqual(['publish', 'draft', 'draft'])
    // What it was before it came out stays with its publisher.
    const customs = { Authorization: 'Bearer a-secret-of-customs' }
    const others = (await ask('GET', '/plan/en/history', undefined, customs)).json.history
    expect(others.filter(({ replaced }) => replaced)).toEqual([])
  })

  test('what was public cannot be a draft again, and is to be withdrawn', async () => {
    for (const path of ['/plan/en', '/plan/en?dry-run']) {
      const { status, json } = await ask('PUT', path, { ...fields, draft: true })
      expect([status, json.errors[0]!.field]).toEqual([422, 'draft'])
      expect(json.errors[0]!.message).toContain('withdraw')
    }
    expect((await ask('GET', '/plan/en')).json.status.state).toBe('public')
    await ask('POST', '/plan/en/withdraw', { reason: 'It was wrong.' })
    const again = await ask('PUT', '/plan/en', { ...fields, draft: true, withdrawn: null })
    expect(again.status).toBe(422)
  })

  test('a release to come can be a draft again, and a draft to come keeps its time when it is finished', async () => {
    const published = utc(clock.now() + day)
    await ask('PUT', '/later/en', { ...fields, published })
    expect((await ask('PUT', '/later/en', { ...fields, draft: true })).json).toMatchObject({
      change: 'revised',
      published,
    })
    clock.moveTo(clock.now() + 2 * day)
    expect((await press.fetch('/releases/later')).status).toBe(404)
    const planned = utc(clock.now() + day)
    await ask('PUT', '/later/en', { ...fields, draft: true, published: planned })
    expect((await ask('GET', '/later/en')).json).toMatchObject({ published: planned, draft: true })
    const finished = await ask('PUT', '/later/en', { ...fields, draft: false })
    expect(finished.json.published).toBe(planned)
    expect((await ask('GET', '/later/en')).json.status.state).toBe('scheduled')
    clock.moveTo(clock.now() + day)
    expect((await press.fetch('/releases/later')).status).toBe(200)
  })

  test('drafts take no second from releases that are published beside them', async () => {
    clock.moveTo(clock.now() + 10)
    const now = utc(clock.now())
    await ask('PUT', '/aside-1/en', { ...fields, draft: true })
    await ask('PUT', '/aside-2/en', { ...fields, draft: true, published: now })
    const { json } = await ask('PUT', '/beside/en', fields)
    expect(json.published).toBe(now)
    expect((await ask('GET', '?state=draft')).json.releases.map(({ slug }) => slug)).toEqual([
      'aside-1',
      'aside-2',
    ])
  })

  test('a draft that is withdrawn never comes out, and one that says both is refused', async () => {
    const planned = (await ask('GET', '/aside-1/en')).json.published
    const withdrawn = { at: utc(clock.now()), reason: 'Never decided' }
    const both = await ask('PUT', '/aside-1/en', { ...fields, draft: true, withdrawn })
    expect([both.status, both.json.errors[0]!.field]).toEqual([422, 'draft'])
    expect((await ask('POST', '/aside-1/en/withdraw', { reason: 'Never decided' })).status).toBe(
      200,
    )
    clock.moveTo(clock.now() + day)
    expect((await press.fetch('/releases/aside-1')).status).toBe(404)
    expect(await (await press.fetch('/withdrawals.json')).text()).not.toContain('Never decided')
    const read = (await ask('GET', '/aside-1/en')).json
    expect(read.draft).toBeUndefined()
    expect(read.status).toMatchObject({ state: 'withdrawn' })
    expect(read.published).toBe(planned)
    expect((await ask('PUT', '/aside-1/en', read)).json.change).toBe('unchanged')
  })

  test('a dry run and a link warn of what `check` stops, and publishing does not', async () => {
    const careless = {
      title: 'Careless',
      published: utc(clock.now() + day),
      body: { markdown: 'Write the text here.\n\n![](https://office.example/port.jpg)' },
      contacts: [{ name: 'Press', email: 'press(at)office.example' }],
    }
    const fields = ['body', 'body', 'contacts.0.email']
    const dry = await ask('PUT', '/careless/en?dry-run', careless)
    expect([dry.status, dry.json.warnings.map(({ field }) => field)]).toEqual([200, fields])
    expect(dry.json.warnings[0]!.message).toContain('"Write the text here." stands here')
    expect((await ask('GET', '/careless/en')).status).toBe(404)
    const sent = await ask('PUT', '/careless/en', { ...careless, draft: true })
    expect([sent.status, sent.json.warnings]).toEqual([201, []])
    const again = await ask('PUT', '/careless/en?dry-run', { ...careless, draft: true })
    expect(again.json).toMatchObject({ change: 'unchanged', warnings: dry.json.warnings })
    const link = await ask('POST', '/careless/en/previews', { name: 'The aide' })
    expect(link.json.warnings).toEqual(dry.json.warnings)
    // A version that lacks what its sister has.
    const finnish = { title: 'Huoleton', body: { markdown: 'Teksti.' } }
    const { json } = await ask('PUT', '/careless/fi?dry-run', finnish)
    expect(json.warnings).toMatchObject([
      { field: 'contacts', message: expect.stringContaining('the one in en has 1') as string },
    ])
    const reason = { reason: 'Never decided' }
    expect((await ask('POST', '/careless/en/withdraw?dry-run', reason)).json.warnings).toEqual([])
  })

  test('many lines may hold drafts, and each is told for itself', async () => {
    const lines = [
      { slug: 'line-1', language: 'en', ...fields, draft: true },
      { slug: 'plan', language: 'en', ...fields, draft: true, withdrawn: null },
    ]
    const response = await press.fetch('/api/releases', {
      method: 'POST',
      headers: {
        Authorization: 'Bearer a-secret-of-the-newsroom',
        'Content-Type': 'application/x-ndjson',
      },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    })
    const told = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(told).toMatchObject([{ status: 201, change: 'created' }, { status: 422 }])
  })
})
