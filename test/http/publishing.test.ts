// Publishing through the API, as a newsroom's system does it, on both runtimes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../content-folder.ts'
import { baseUrl, nodePress, onBothPresses, type Press } from '../platforms.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'

const files = {
  'site.yaml': `id: 2f1c9a52-1111-4222-8333-444455556666
title: { en: Ministry, fi: Ministeriö }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
  customs: { name: { en: Customs } }
`,
  'topics.yaml': 'migration: { label: { en: migration, fi: muuttoliike } }\neu: { label: EU }\n',
  'releases/from-a-file.en.md':
    '---\ntitle: From a file\npublished: 2024-01-24T09:00\ntopics: [eu]\n---\nText.\n',
}

const release = {
  title: 'Ministers meet',
  topics: ['migration'],
  body: { markdown: 'The meeting begins at *nine*.' },
}

type Options = { token?: string; headers?: Record<string, string> }

onBothPresses('publishing', files, (press) => {
  const ask = asker(press.fetch)

  // What is sent and what it shows is held to be the same by `both-runtimes.test.ts`. On Workers is asked what
  // depends on their database, their bucket, their clock or their clients.
  const onNode = test.skipIf(press.runtime !== 'Node')

  async function idsIn(feed: string): Promise<string[]> {
    const { items } = (await (await press.fetch(feed)).json()) as { items: { id: string }[] }
    return items.map(({ id }) => id)
  }

  async function itemIn(feed: string, id: string) {
    const { items } = (await (await press.fetch(feed)).json()) as {
      items: (Record<string, string> & { id: string })[]
    }
    return items.find((item) => item.id === id)
  }

  /** The identity of a release that is in the feed of everything. */
  async function releaseId(slug: string): Promise<string> {
    const { items } = (await (await press.fetch('/feed.json')).json()) as {
      items: { id: string; url: string }[]
    }
    return items.find(({ url }) => url.endsWith(`/${slug}`))!.id
  }

  onNode('a release is in the feeds of its topics once it is answered for', async () => {
    const put = await ask('PUT', '/api/releases/ministers-meet/en', release)
    expect(put).toMatchObject({
      status: 201,
      json: { change: 'created', slug: 'ministers-meet' },
    })
    expect(put.headers.get('cache-control')).toBe('no-store')
    expect(await idsIn('/topics/migration.json')).toContain(put.json.id)
    expect(await idsIn('/topics/eu.json')).not.toContain(put.json.id)
    expect((await press.fetch(new URL(put.json.url).pathname)).status).toBe(200)
  })

  onNode('a release that lives on a page of the office is answered for with that', async () => {
    const url = 'https://office.example/news/meeting'
    const put = await ask('PUT', '/api/releases/on-our-site/en', { ...release, url })
    expect(put.json.url).toBe(url)
    const read = await ask('GET', '/api/releases/on-our-site/en')
    expect(read.json.status).toMatchObject({ page: url })
    const reason = { reason: 'It was wrong.' }
    const taken = await ask('POST', '/api/releases/on-our-site/en/withdraw', reason)
    expect(taken.json.url).toBe(url)
  })

  onNode('what is sent twice is published once', async () => {
    const first = await ask('PUT', '/api/releases/twice/en', release)
    const before = await (await press.fetch('/feed.atom')).text()
    const again = await ask('PUT', '/api/releases/twice/en', release)
    expect(again).toMatchObject({
      status: 200,
      json: { change: 'unchanged', etag: first.json.etag },
    })
    expect(await (await press.fetch('/feed.atom')).text()).toBe(before)
    expect((await ask('GET', '/api/releases/twice/en/history')).json.history).toHaveLength(1)
  })

  onNode(
    'Markdown comes back as Markdown, with whether the release is out, and all of it can be sent again',
    async () => {
      await ask('PUT', '/api/releases/in-markdown/en', release)
      const { json } = await ask('GET', '/api/releases/in-markdown/en')
      expect(json.body).toEqual(release.body)
      expect(json.status).toMatchObject({
        state: 'public',
        page: expect.stringMatching(/\/releases\/in-markdown$/),
      })
      const feeds = json.status.feeds as { json: string }[]
      for (const { json: feed } of feeds) {
        expect(await idsIn(new URL(feed).pathname)).toContain(await releaseId('in-markdown'))
      }
      expect(feeds.map(({ json: feed }) => new URL(feed).pathname)).toContain(
        '/topics/migration.json',
      )
      expect((await ask('PUT', '/api/releases/in-markdown/en', json)).json.change).toBe('unchanged')
    },
  )

  onNode(
    'a release to come is told as that, and a withdrawn one with the second since when',
    async () => {
      const published = '2090-01-01T09:00:00Z'
      await ask('PUT', '/api/releases/later/en', { ...release, published })
      const later = await ask('GET', '/api/releases/later/en')
      expect(later.json.status).toMatchObject({ state: 'scheduled', since: published })
      await ask('PUT', '/api/releases/taken-back/en', release)
      await ask('POST', '/api/releases/taken-back/en/withdraw', { reason: 'It was wrong.' })
      const { json } = await ask('GET', '/api/releases/taken-back/en')
      expect(json.status).toMatchObject({ state: 'withdrawn', since: json.withdrawn.at })
      // What takes its place may be there only later.
      const withdrawal = { reason: 'It was wrong.', replacedBy: 'later' }
      await ask('POST', '/api/releases/taken-back/en/withdraw', withdrawal)
      const { withdrawn } = (await ask('GET', '/api/releases/taken-back/en')).json
      expect(withdrawn).toEqual({ ...withdrawal, at: json.withdrawn.at })
    },
  )

  onNode(
    'what is withdrawn before its time is told as that, with the time that it had',
    async () => {
      const path = '/api/releases/never-out/en'
      const published = '2090-01-01T09:00:00Z'
      await ask('PUT', path, { ...release, published })
      const sent = await ask('POST', `${path}/withdraw`, { reason: 'It was never decided.' })
      expect(sent.json).toMatchObject({ published, updated: published })
      const read = await ask('GET', path)
      const since = read.json.withdrawn.at
      expect(read.json).toMatchObject({ published, status: { state: 'withdrawn', since } })
      expect(read.json.authored).toBeUndefined()
      expect((await ask('PUT', path, read.json)).json).toMatchObject({
        change: 'unchanged',
        published,
      })
      // As exports have it.
      const exported = { ...read.json, published: '9000-01-01T00:00:00Z', authored: published }
      expect((await ask('PUT', path, exported)).json.change).toBe('unchanged')
      const listed = async (query: string) =>
        (await ask('GET', `/api/releases?${query}`)).json.releases as { slug: string }[]
      expect(await listed('state=withdrawn&from=2090-01-01&before=2090-01-02')).toMatchObject([
        { slug: 'never-out', state: 'withdrawn', published, updated: published },
      ])
      expect(await listed('from=2100-01-01')).toEqual([])
      // Its author thinks better of it.
      const again = await ask('PUT', path, { ...read.json, withdrawn: null })
      expect(again.json.published).toBe(published)
      expect((await ask('GET', path)).json.status).toMatchObject({
        state: 'scheduled',
        since: published,
      })
    },
  )

  onNode('what is read can be sent again and changes nothing', async () => {
    const whole = {
      ...release,
      lead: 'In short.',
      published: '2024-05-01T10:00:00+03:00',
      contacts: [{ name: 'Press office', phone: '+358 1', for: 'interviews' }],
      related: [{ url: 'https://example.org/', title: 'More' }],
      event: { start: '2024-05-02', place: 'Antwerp' },
      body: { html: '<p>See <a href="/releases/twice">the other</a>.</p>' },
    }
    await ask('PUT', '/api/releases/whole/en', whole)
    const read = await ask('GET', '/api/releases/whole/en')
    expect(read.json.body.html).toBe('<p>See <a href="/releases/twice">the other</a>.</p>')
    const feed = await (await press.fetch('/feed.atom')).text()
    const put = await ask('PUT', '/api/releases/whole/en', read.json)
    expect(put).toMatchObject({ status: 200, json: { change: 'unchanged' } })
    expect(await (await press.fetch('/feed.atom')).text()).toBe(feed)
    expect((await ask('GET', '/api/releases/whole/en')).json).toEqual(read.json)
  })

  onNode(
    'a correction marks the release as updated and tells its note, also when it is sent twice',
    async () => {
      const { json: created } = await ask('PUT', '/api/releases/corrected/en', release)
      const change = { kind: 'correction', note: 'The day was wrong.' }
      const corrected = { ...release, body: { markdown: 'It begins on Thursday.' }, change }
      const put = await ask('PUT', '/api/releases/corrected/en', corrected)
      expect(put).toMatchObject({ status: 200, json: { change: 'revised', id: created.id } })
      expect(put.json.published).toBe(created.published)
      expect(put.json.updated > created.updated).toBe(true)
      const item = await itemIn('/feed.json', created.id)
      expect(item).toMatchObject({ date_modified: put.json.updated })
      expect(item!.content_html).toContain('The day was wrong.')
      const again = await ask('PUT', '/api/releases/corrected/en', corrected)
      expect(again.json).toMatchObject({ change: 'unchanged', updated: put.json.updated })
      const minor = {
        ...corrected,
        title: 'Ministers met',
        change: { kind: 'minor', note: 'Tense.' },
      }
      expect((await ask('PUT', '/api/releases/corrected/en', minor)).json.updated).toBe(
        put.json.updated,
      )
      const { history } = (await ask('GET', '/api/releases/corrected/en/history')).json
      expect(
        history.map(({ action, by, note }: Record<string, string>) => [action, by, note]),
      ).toEqual([
        ['revise', 'newsroom', 'Tense.'],
        ['correct', 'newsroom', 'The day was wrong.'],
        ['publish', 'newsroom', ''],
      ])
      expect(history[1].replaced).toMatchObject({ title: release.title, topics: ['migration'] })
      expect((await ask('GET', '/api/releases/corrected/en')).json.changes).toHaveLength(2)
    },
  )

  onNode('D-01 a withdrawal is told in every feed, and silence does not take it back', async () => {
    const { json: created } = await ask('PUT', '/api/releases/too-early/en', release)
    const withdraw = () =>
      ask('POST', '/api/releases/too-early/en/withdraw', { reason: 'Too early.' })
    expect(await withdraw()).toMatchObject({ status: 200, json: { change: 'revised' } })
    expect((await withdraw()).json.change).toBe('unchanged')
    const item = await itemIn('/topics/migration.json', created.id)
    expect(item!.content_html).toContain('Too early.')
    expect((await press.fetch('/releases/too-early')).status).toBe(410)
    expect((await ask('PUT', '/api/releases/too-early/en', release)).status).toBe(409)
    const back = await ask('PUT', '/api/releases/too-early/en', { ...release, withdrawn: null })
    expect(back.status).toBe(200)
    expect((await press.fetch('/releases/too-early')).status).toBe(200)
    const nothing = await ask('POST', '/api/releases/no-such/en/withdraw', { reason: 'None.' })
    expect(nothing.status).toBe(404)
  })

  onNode('a withdrawal of the future is refused, however it comes', async () => {
    const withdrawn = { at: '2099-01-01T10:00', reason: 'The call has ended.' }
    const put = await ask('PUT', '/api/releases/call/en', { ...release, withdrawn })
    expect(put.status).toBe(422)
    expect(put.json.errors).toEqual([
      {
        field: 'withdrawn.at',
        message:
          'This time lies in the future. A release cannot be withdrawn in advance, so it stands: write this when the time has come.',
      },
    ])
    expect((await press.fetch('/releases/call')).status).toBe(404)
    await ask('PUT', '/api/releases/call/en', release)
    const second = await ask('PUT', '/api/releases/call/en', { ...release, withdrawn })
    expect(second.status).toBe(422)
    expect((await press.fetch('/releases/call')).status).toBe(200)
    const past = { ...withdrawn, at: '2024-02-01T10:00' }
    await ask('PUT', '/api/releases/call/en', { ...release, withdrawn: past })
    expect((await press.fetch('/releases/call')).status).toBe(410)
    // Readers were told already, so that nothing happens in advance.
    const third = await ask('PUT', '/api/releases/call/en', { ...release, withdrawn })
    expect(third.status).toBe(200)
    expect((await press.fetch('/releases/call')).status).toBe(410)
  })

  test('of two who change the same release at once one is told', async () => {
    const { headers } = await ask('PUT', '/api/releases/contested/en', release)
    expect(headers.get('location')).toBe(`${baseUrl}/api/releases/contested/en`)
    const tag = headers.get('etag')!
    const weak = { headers: { 'If-Match': `W/${tag}` } }
    expect((await ask('PUT', '/api/releases/contested/en', release, weak)).status).toBe(412)
    const change = (title: string) =>
      ask(
        'PUT',
        '/api/releases/contested/en',
        { ...release, title },
        { headers: { 'If-Match': tag } },
      )
    const answers = await Promise.all(['One', 'Two', 'Three'].map(change))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const won = answers.findIndex(({ status }) => status === 200)
    const kept = await ask('GET', '/api/releases/contested/en')
    expect(kept.json.title).toBe(['One', 'Two', 'Three'][won])
    const onlyNew = { headers: { 'If-None-Match': '*' } }
    expect((await ask('PUT', '/api/releases/contested/en', release, onlyNew)).status).toBe(412)
    expect((await ask('PUT', '/api/releases/new-one/en', release, onlyNew)).status).toBe(201)
  })

  onNode('what is wrong is told field by field, and changes nothing', async () => {
    const wrong = { ...release, title: '', topics: ['migrtion'], lede: 'x', kind: 'blog' }
    const put = await ask('PUT', '/api/releases/wrong/en', wrong)
    expect(put.status).toBe(422)
    expect(put.headers.get('content-type')).toBe('application/problem+json')
    const fields = put.json.errors.map(({ field }: { field: string }) => field)
    expect(fields.toSorted()).toEqual(['kind', 'lede', 'title', 'topics.0'])
    expect((await ask('GET', '/api/releases/wrong/en')).status).toBe(404)
    const other = await ask('PUT', '/api/releases/wrong/en', { ...release, slug: 'right' })
    expect(other).toMatchObject({ status: 422, json: { errors: [{ field: 'slug' }] } })
    expect((await ask('PUT', '/api/releases/wrong/xx', release)).status).toBe(422)
    expect((await ask('PUT', '/api/releases/wrong/en', '{"title": ')).status).toBe(400)
    const text = { headers: { 'Content-Type': 'text/plain' } }
    expect((await ask('PUT', '/api/releases/wrong/en', release, text)).status).toBe(415)
  })

  test('a dry run checks everything and changes nothing', async () => {
    const feed = await (await press.fetch('/feed.atom')).text()
    const put = await ask('PUT', '/api/releases/dry/en?dry-run', release)
    expect(put).toMatchObject({ status: 200, json: { change: 'created' } })
    expect((await ask('PUT', '/api/releases/dry/en?dry-run', { title: 'x' })).status).toBe(422)
    const file = await ask('PUT', '/api/media/dry.txt?dry-run', 'x')
    expect(file).toMatchObject({ status: 200, json: { change: 'created' } })
    expect((await ask('GET', '/api/media/dry.txt')).status).toBe(404)
    expect(await (await press.fetch('/feed.atom')).text()).toBe(feed)
    expect((await ask('PUT', '/api/releases/dry/en?dry-run=false', release)).status).toBe(201)
  })

  onNode('many releases are answered line by line, and a wrong one keeps no other', async () => {
    const line = (slug: string, more = {}) =>
      JSON.stringify({ ...release, slug, language: 'en', ...more })
    const lines = [
      line('line-one'),
      // Empty ones count, also where lines end as on Windows.
      '\r',
      ' \t\r',
      '{"slug": ',
      line('line-two', { topics: ['nothing'] }),
      line('line-one', { title: 'Ministers met' }),
      line('line-three', { language: 'fi' }),
    ]
    const post = await ask('POST', '/api/releases', `${lines.join('\n')}\n`, {
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    const told = post.text
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as Record<string, unknown>)
    expect(told.map(({ line: number, status }) => [number, status])).toEqual([
      [1, 201],
      [4, 400],
      [5, 422],
      [6, 200],
      [7, 201],
    ])
    for (const type of ['application/jsonl', 'application/json-seq; charset=utf-8']) {
      const headers = { 'Content-Type': type }
      const again = await ask('POST', '/api/releases?dry-run', lines[0], { headers })
      expect([again.status, JSON.parse(again.text)], type).toMatchObject([200, { line: 1 }])
    }
    expect((await ask('GET', '/api/releases/line-one/en')).json.title).toBe('Ministers met')
    // A line that takes back what an earlier one does is compared with that.
    const thereAndBack = ['Other', 'Ministers met'].map((title) => line('line-one', { title }))
    await ask('POST', '/api/releases', thereAndBack.join('\n'), {
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    expect((await ask('GET', '/api/releases/line-one/en')).json.title).toBe('Ministers met')
    const listed = async (path: string) =>
      (await ask('GET', path)).json as { releases: { slug: string }[]; next?: string }
    const slugs: string[] = []
    let path: string | undefined = '/api/releases?limit=3'
    for (let pages = 0; path && pages < 20; pages++) {
      const { releases, next } = await listed(path)
      if (next) expect(releases).toHaveLength(3)
      slugs.push(...releases.map(({ slug }) => slug))
      path = next?.replace(/^https:\/\/[^/]+/, '')
    }
    expect(path).toBeUndefined()
    const whole = (await listed('/api/releases')).releases.map(({ slug }) => slug)
    expect(whole.length).toBeGreaterThan(6)
    expect(slugs).toEqual(whole)
    expect(slugs).toEqual(slugs.toSorted())
    expect((await listed(`/api/releases?limit=${whole.length + 1}`)).next).toBeUndefined()
  })

  onNode('C-06 the past of an office keeps its times, in archives alone if it is to', async () => {
    const old = { ...release, published: '2019-03-01T09:00:00Z' }
    const kept = await ask('PUT', '/api/releases/old-kept/en?dates=keep', old)
    expect(kept.json.published).toBe('2019-03-01T09:00:00Z')
    expect(await idsIn('/feed.json')).toContain(kept.json.id)
    const archived = await ask('PUT', '/api/releases/old-archived/en?dates=archive', {
      ...old,
      published: '2018-03-01T09:00:00Z',
    })
    expect(archived.json.published).toBe('2018-03-01T09:00:00Z')
    expect(await idsIn('/feed.json')).not.toContain(archived.json.id)
    expect((await press.fetch('/releases/old-archived')).status).toBe(200)
    const news = await ask('PUT', '/api/releases/old-news/en', old)
    expect(news.json.published > '2026').toBe(true)
    expect((await ask('PUT', '/api/releases/x/en?dates=never', old)).status).toBe(400)
  })

  onNode('a release keeps its identity under a new address, and nobody else gets it', async () => {
    const { json: created } = await ask('PUT', '/api/releases/old-name/en', release)
    const moved = await ask('PUT', '/api/releases/new-name/en', {
      ...release,
      formerly: ['old-name'],
    })
    expect(moved.json).toMatchObject({ change: 'revised', id: created.id })
    expect((await press.fetch('/releases/old-name')).status).toBe(308)
    const again = await ask('PUT', '/api/releases/third-name/en', {
      ...release,
      formerly: ['new-name'],
    })
    expect(again.json.id).toBe(created.id)
    expect((await press.fetch('/releases/old-name')).headers.get('location')).toMatch(/third-name$/)
    const thief = await ask('PUT', '/api/releases/thief/en', { ...release, id: created.id })
    expect(thief.status).toBe(409)
    const other = await ask('PUT', '/api/releases/third-name/en', { ...release, id: 'urn:x:1' })
    expect(other.status).toBe(409)
  })

  onNode(
    'an earlier slug that is written twice is one, and sending it again changes nothing',
    async () => {
      const twice = { ...release, formerly: ['first-name', 'first-name'] }
      await ask('PUT', '/api/releases/named-twice/en', twice)
      const read = await ask('GET', '/api/releases/named-twice/en')
      expect(read.json.formerly).toEqual(['first-name'])
      const again = await ask('PUT', '/api/releases/named-twice/en', twice)
      expect(again.json.change).toBe('unchanged')
    },
  )

  onNode('H-21 a release to come is nowhere but in the API', async () => {
    const feed = await (await press.fetch('/feed.atom')).text()
    const put = await ask('PUT', '/api/releases/to-come/en', {
      ...release,
      published: '2099-01-01T09:00:00Z',
    })
    expect(put.status).toBe(201)
    expect(await (await press.fetch('/feed.atom')).text()).toBe(feed)
    expect((await press.fetch('/releases/to-come')).status).toBe(404)
    expect((await ask('GET', '/api/releases/to-come/en')).json.title).toBe(release.title)
  })

  onNode('what is in a file can only be changed there, and a file takes nothing over', async () => {
    const put = await ask('PUT', '/api/releases/from-a-file/en', release)
    expect(put.status).toBe(409)
    expect(put.json.detail).toContain('releases/from-a-file.en.md')
    const { json: created } = await ask('PUT', '/api/releases/from-the-api/en', release)
    writeFileSync(
      join(press.directory(), 'releases/from-the-api.en.md'),
      files['releases/from-a-file.en.md'].replace('From a file', 'Not this'),
    )
    await press.takeUp()
    expect(await itemIn('/feed.json', created.id)).toMatchObject({ title: release.title })
    expect((await ask('PUT', '/api/topics/eu', { label: 'Europe' })).status).toBe(409)
  })

  onNode('a topic has feeds once it is answered for', async () => {
    expect((await press.fetch('/topics/borders.json')).status).toBe(404)
    const topic = { label: { en: 'borders', fi: 'rajat' }, broader: 'migration' }
    expect((await ask('PUT', '/api/topics/borders', topic)).status).toBe(201)
    expect((await ask('PUT', '/api/topics/borders', topic)).json.change).toBe('unchanged')
    const { json } = await ask('PUT', '/api/releases/at-the-border/en', {
      ...release,
      topics: ['borders'],
    })
    expect(await idsIn('/topics/borders.json')).toEqual([json.id])
    expect(await idsIn('/topics/migration.json')).toContain(json.id)
    expect((await ask('PUT', '/api/topics/borders', { ...topic, broader: 'nothing' })).status).toBe(
      422,
    )
    expect((await ask('GET', '/api/topics/borders')).json).toMatchObject(topic)
    await press.takeUp()
    expect(await idsIn('/topics/borders.json')).toEqual([json.id])
    expect((await ask('PUT', '/api/topics/frontiers', { renamed: 'borders' })).status).toBe(201)
    expect((await press.fetch('/topics/frontiers.json')).status).toBe(308)
    expect((await ask('PUT', '/api/topics/marches', { renamed: 'frontiers' })).status).toBe(201)
    const moved = await press.fetch('/topics/marches.json')
    expect(moved.status).toBe(308)
    expect(moved.headers.get('location')).toContain('/topics/borders.json')
    // A release stays what it is when its topic comes under another one.
    const below = { ...topic, broader: 'eu' }
    expect((await ask('PUT', '/api/topics/borders', below)).status).toBe(200)
    const words = `q=${encodeURIComponent(release.title)}`
    expect(await idsIn(`/topics/eu.json?${words}`)).toContain(json.id)
    expect(await idsIn(`/topics/migration.json?${words}`)).not.toContain(json.id)
  })

  onNode(
    'a label of another topic, and a field that stands twice, are refused with what they cost',
    async () => {
      const refused = async (path: string, body: unknown) => {
        const { status, json } = await ask('PUT', path, body)
        expect(status).toBe(422)
        const { errors } = json as { errors: { field: string; message: string }[] }
        return errors.map(({ field, message }) => [field, message].filter(Boolean).join('  '))
      }
      const same = 'capitals, accents and signs make no difference. Write another one.'
      expect(await refused('/api/topics/union', { label: { en: 'union', fi: 'Eu!' } })).toEqual([
        `union.label.fi  "Eu!" is a name of eu already; ${same}`,
      ])
      // The other comes later in the order of slugs.
      expect((await ask('PUT', '/api/topics/zones', { label: 'zones' })).status).toBe(201)
      expect(await refused('/api/topics/areas', { label: 'Zones' })).toEqual([
        `areas.label.en  "Zones" is a name of zones already; ${same}`,
      ])
      const twice = '{"title":"A","title":"B","body":{"markdown":"\\"title\\": a"}}'
      expect(await refused('/api/releases/twice-a-title/en', twice)).toEqual([
        '"title" stands twice in one set of fields. Send one of the two.',
      ])
      expect(await refused('/api/topics/one', '{"label":{"en":"one","EN":"other"}}')).toEqual([
        '"EN" stands twice in one set of fields. Send one of the two.',
      ])
    },
  )

  onNode('nobody publishes without a token, nor with that of another publisher', async () => {
    for (const token of ['', 'a-secret-of-nobody']) {
      const put = await ask('PUT', '/api/releases/nobody/en', release, { token })
      expect(put.status).toBe(401)
      expect(put.headers.get('www-authenticate')).toContain('Bearer')
      expect(put.headers.get('x-robots-tag')).toBe('noindex')
      expect(put.text).not.toContain('a-secret')
    }
    await ask('PUT', '/api/releases/twice/en', release)
    const customs = { token: 'a-secret-of-customs' }
    expect((await ask('PUT', '/api/releases/nobody/en', release, customs)).status).toBe(403)
    const own = { ...release, publisher: 'customs' }
    expect((await ask('PUT', '/api/releases/by-customs/en', own, customs)).status).toBe(201)
    expect((await ask('PUT', '/api/releases/twice/en', own, customs)).status).toBe(403)
    for (const trick of [
      { publisher: 'ministry' },
      { formerly: ['twice'] },
      { formerly: ['by-customs', 'twice'] },
      { corrects: 'twice' },
    ]) {
      const put = await ask('PUT', '/api/releases/by-trick/en', { ...own, ...trick }, customs)
      expect([trick, put.status]).toEqual([trick, 403])
    }
    const { id } = (await ask('PUT', '/api/releases/twice/en', release)).json
    const taken = await ask('PUT', '/api/releases/by-trick/en', { ...own, id }, customs)
    expect(taken.status).toBe(409)
    const withdrawal = { reason: 'It was wrong.' }
    const path = '/api/releases/twice/en/withdraw'
    expect((await ask('POST', path, withdrawal, customs)).status).toBe(403)
    expect((await ask('PUT', '/api/topics/mine', { label: 'mine' }, customs)).status).toBe(403)
  })

  test('who guesses tokens is slowed down, and nobody else', async () => {
    const guess = { token: 'a-wrong-guess-of-it', headers: clientNamed('10.0.0.1') }
    for (let attempt = 0; attempt < 10; attempt++) {
      expect((await ask('GET', '/api/releases', undefined, guess)).status).toBe(401)
    }
    const slowed = await ask('GET', '/api/releases', undefined, guess)
    expect(slowed.status).toBe(429)
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    const elsewhere = { headers: clientNamed('10.0.0.2') }
    expect((await ask('GET', '/api/releases', undefined, elsewhere)).status).toBe(200)
  })

  test('a file is public once a release speaks of it, and is what its name says', async () => {
    const upload = (path: string, bytes: string) =>
      ask('PUT', `/api/media/${path}`, bytes, {
        headers: { 'Content-Type': 'application/octet-stream' },
      })
    const pdf = '%PDF-1.4 an agenda'
    const early = { ...release, attachments: [{ file: '2026/agenda.pdf', title: 'Agenda' }] }
    expect((await ask('PUT', '/api/releases/attached/en', early)).status).toBe(422)
    expect(await upload('2026/agenda.pdf', pdf)).toMatchObject({ status: 201 })
    expect(await upload('2026/agenda.pdf', pdf)).toMatchObject({
      status: 200,
      json: { change: 'unchanged' },
    })
    expect((await upload('2026/agenda.pdf', '%PDF-1.4 another')).status).toBe(409)
    const racing = await Promise.all(
      ['one', 'two', 'three'].map((text) => upload('race.txt', text)),
    )
    expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
    expect((await press.fetch('/media/2026/agenda.pdf')).status).toBe(404)
    expect((await ask('PUT', '/api/releases/attached/en', early)).status).toBe(201)
    const file = await press.fetch('/media/2026/agenda.pdf')
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/pdf'])
    expect(await file.text()).toBe(pdf)
    for (const [range, text, place] of [
      ['bytes=0-3', '%PDF', 'bytes 0-3/18'],
      ['bytes=12-', 'agenda', 'bytes 12-17/18'],
      ['bytes=-9', 'an agenda', 'bytes 9-17/18'],
    ] as const) {
      const part = await press.fetch('/media/2026/agenda.pdf', { headers: { Range: range } })
      expect([part.status, await part.text()]).toEqual([206, text])
      expect(part.headers.get('content-range')).toBe(place)
    }
    for (const path of [
      'page.html',
      'image.svg',
      'script.js',
      'image.png',
      '../up.pdf',
      '.hidden.pdf',
    ]) {
      expect([400, 404, 415]).toContain((await upload(path, '<script>alert(1)</script>')).status)
    }
    expect((await upload('notes.txt', '<script>alert(1)</script>')).status).toBe(201)
    const odd = { ...release, body: { html: '<img src="/media/%00.png" alt="x">' } }
    expect((await ask('PUT', '/api/releases/odd-file/en', odd)).status).toBe(201)
    const name = { ...release, attachments: [{ file: '%00\u0000.pdf' }] }
    expect((await ask('PUT', '/api/releases/odd-name/en', name)).status).toBe(422)
  })

  // On Node, where bodies wait for each other, it is told after twenty seconds.
  test.skipIf(press.runtime === 'Node')('nobody waits for what others are sending', async () => {
    const cut = new AbortController()
    const sending = Array.from({ length: 3 }, async (_, index) => {
      const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('A')) })
      const headers = { Authorization: 'Bearer a-secret-of-the-newsroom' }
      const path = `/api/media/sent-${index}.txt`
      const { signal } = cut
      await press.fetch(path, { method: 'PUT', headers, body, duplex: 'half', signal })
    })
    // They have come by then.
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await ask('PUT', '/api/releases/meanwhile/en?dry-run', release)).status).toBe(200)
    cut.abort()
    await Promise.allSettled(sending)
  })

  test('a name that no disk can hold is refused, and is no fault of the service', async () => {
    const upload = (path: string) => ask('PUT', `/api/media/${encodeURI(path)}`, 'x')
    const names = [`${'ä'.repeat(99)}.txt`, `${'文'.repeat(66)}.txt`]
    for (const name of [...names, ' a.txt', 'a.txt ', ' /a.txt', `${'a/'.repeat(95)}b.txt`]) {
      expect((await upload(name)).status).toBe(400)
    }
    expect((await upload(`${'ä'.repeat(98)}.txt`)).status).toBe(201)
    expect((await upload(`${'a/'.repeat(95)}.txt`)).status).toBe(400)
    expect((await upload(`${'a/'.repeat(94)}lo.txt`)).status).toBe(201)
  })

  // A bucket has no folders.
  test.skipIf(press.runtime !== 'Node')(
    'a file takes the place of no folder, nor a folder that of a file',
    async () => {
      const upload = (path: string) => ask('PUT', `/api/media/${path}`, 'x')
      expect((await upload('flat.txt')).status).toBe(201)
      expect((await upload('folder.txt/deeper/a.txt')).status).toBe(201)
      for (const query of ['', '?dry-run']) {
        for (const path of ['flat.txt/a.txt', 'flat.txt/deeper/a.txt', 'folder.txt']) {
          expect([path, (await upload(path + query)).status]).toEqual([path, 409])
        }
      }
      expect((await ask('GET', '/api/media/flat.txt')).json.size).toBe(1)
    },
  )

  onNode('a language in capitals is the same one, in a line as in an address', async () => {
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const line = JSON.stringify({ ...release, slug: 'capitals', language: 'EN' })
    for (const change of ['created', 'unchanged']) {
      const { text } = await ask('POST', '/api/releases', line, { headers })
      expect(JSON.parse(text)).toMatchObject({ change, language: 'en' })
    }
    const again = await ask('PUT', '/api/releases/capitals/EN', release)
    expect(again.json).toMatchObject({ change: 'unchanged', language: 'en' })
  })

  onNode('programs and people can read what the API has', async () => {
    const document = (await (await press.fetch('/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, object>
    }
    expect(document.openapi).toMatch(/^3\.1/)
    expect(Object.keys(document.paths)).toContain('/api/releases/{slug}/{language}')
    expect(JSON.stringify(document)).toContain('ministry')
    expect(JSON.stringify(document)).toContain('"required":["title","body"]')
    const page = await press.fetch('/api')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain('Withdraw a release')
    expect((await ask('GET', '/api/no-such')).status).toBe(404)
  })

  // Last, because its releases go on coming out.
  test('many releases of one request are out in one second, in their order, and a correction in the next', async () => {
    const { json: created } = await ask('PUT', '/api/releases/urgent/en', release)
    const line = (_: unknown, index: number) =>
      JSON.stringify({ ...release, slug: `burst-${index}`, language: 'en' })
    const many = await ask('POST', '/api/releases', Array.from({ length: 40 }, line).join('\n'), {
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    const receipts = many.text
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as { id: string; published: string })
    expect(new Set(receipts.map(({ published }) => published)).size).toBe(1)
    const change = { kind: 'correction', note: 'At once.' }
    const { json: corrected } = await ask('PUT', '/api/releases/urgent/en', {
      ...release,
      change,
    })
    expect(corrected.change).toBe('revised')
    expect(corrected.updated > receipts[0]!.published).toBe(true)
    expect((await itemIn('/feed.json', created.id))!.content_html).toContain('At once.')
    const { items } = (await (await press.fetch('/feed.json')).json()) as {
      items: { id: string }[]
    }
    const burst = receipts.map(({ id }) => id)
    const shown = items.map(({ id }) => id).filter((id) => burst.includes(id))
    expect(shown).toEqual(burst.toReversed())
  })

  test('while a release to come is due in every second, what is sent is out in the next one', async () => {
    const line = (_: unknown, index: number) => {
      const published = new Date((press.clock.now() + index + 2) * 1000).toISOString()
      return JSON.stringify({ ...release, slug: `due-${index}`, language: 'en', published })
    }
    const lines = Array.from({ length: 30 }, line).join('\n')
    await ask('POST', '/api/releases', lines, {
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    await press.clock.passed(press.clock.now() + 2)
    for (let round = 0; round < 3; round++) {
      await press.fetch('/feed.json')
      const before = press.clock.now()
      const sent = await ask('PUT', `/api/releases/patient-${round}/en`, release)
      expect(sent.status).toBe(201)
      expect(Date.parse(sent.json.published) / 1000 - before).toBeLessThanOrEqual(2)
    }
  })
})

test('what changes while a request waits for its second is looked at again', async () => {
  const clock = createSimulatedClock(Date.UTC(2026, 2, 2, 6) / 1000)
  let meanwhile = async () => {}
  const directory = temporaryFolder(files)
  const press = await nodePress(directory, {
    now: () => clock.now(),
    async passed(second) {
      const happens = meanwhile
      meanwhile = async () => {}
      await happens()
      await clock.passed(second)
    },
  })
  const ask = asker(press.fetch)
  const put = (slug: string, more: object, headers = {}) =>
    ask('PUT', `/api/releases/${slug}/en`, { ...release, topics: ['eu'], ...more }, { headers })
  /** Asks in a second that another release has, and has something happen before the next one. */
  const putWhile = async (happens: () => Promise<void>, ...asked: Parameters<typeof put>) => {
    await put('before', { title: `Before ${asked[0]}` })
    let hasHappened = false
    meanwhile = async () => {
      await happens()
      hasHappened = true
    }
    const answer = await put(...asked)
    expect(hasHappened).toBe(true)
    return answer
  }

  // It says the same again as when it was read, but readers were told of it since.
  const { headers } = await put('retagged', {})
  const retag = async () => {
    await put('retagged', { topics: ['eu', 'migration'] })
    await put('retagged', {})
  }
  const ifMatch = { 'If-Match': headers.get('etag')! }
  expect((await putWhile(retag, 'retagged', { title: 'Another' }, ifMatch)).status).toBe(412)

  const second = clock.now() + 10
  await put('to-come', { published: new Date(second * 1000).toISOString() })
  const comesOut = async () => {
    clock.moveTo(second + 1)
    await press.fetch('/feed.json')
  }
  const unfinished = await putWhile(comesOut, 'to-come', { draft: true })
  expect([unfinished.status, unfinished.json.errors?.[0].field]).toEqual([422, 'draft'])
  expect((await press.fetch('/releases/to-come')).status).toBe(200)

  const endTopic = async () => {
    writeFiles(directory, { 'topics.yaml': 'eu: { label: EU }\n' })
    await press.takeUp()
  }
  const untopical = await putWhile(endTopic, 'untopical', { topics: ['migration'] })
  expect([untopical.status, untopical.json.errors?.[0].field]).toEqual([422, 'topics.0'])
  await press.close()
})

/** As Cloudflare names the client, and as the proxy nearest to Node does. */
function clientNamed(address: string): Record<string, string> {
  return { 'CF-Connecting-IP': address, 'X-Forwarded-For': address }
}

/** Asks the API as the newsroom does, unless another token is given. */
function asker(fetch: Press['fetch']) {
  return async function ask(method: string, path: string, body?: unknown, options: Options = {}) {
    const { token = 'a-secret-of-the-newsroom', headers = {} } = options
    const response = await fetch(path, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
    // Each test knows what it asked for.
    const json = isJson ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }
}
