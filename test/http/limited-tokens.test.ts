// How far a token reaches that may publish for some publishers only.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { composeNode } from '../../src/compose-node.ts'
import { readTokens } from '../../src/config.ts'
import { identity } from '../../src/domain/identity.ts'
import { copyDatabase, replaceDatabase } from '../../src/store/backup.ts'
import { upgrading } from '../../src/upgrading.ts'
import { openDatabase } from '../../src/store/node-sqlite.ts'
import { systemClock } from '../../src/clock.ts'
import { createSimulatedClock } from '../readers/simulated-clock.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'
import {
  baseUrl,
  type Fetch,
  hurriedClock,
  nodePress,
  onNodePress,
  publishTokens,
  requestFor,
} from '../platforms.ts'

const siteId = '2f1c9a52-1111-4222-8333-444455556666'
const published = 'published: 2024-01-24T09:00'
const future = '2099-01-01T09:00:00Z'

/** A file that is renamed, while its release stays the same. */
function renamedFile() {
  return markdown(['title: Renamed', published, 'publisher: customs', 'id: "urn:y"'])
}

function namedFile(...fields: string[]) {
  return markdown(['title: Named', published, 'publisher: customs', ...fields])
}

function draftFile() {
  return markdown(['title: Draft', `published: ${future}`, 'publisher: customs', 'id: "urn:draft"'])
}

const files = {
  'site.yaml': `id: ${siteId}
title: { en: Offices, fi: Virastot }
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  ministry: { name: { en: The Ministry } }
  customs: { name: { en: Customs } }
  police: { name: { en: The Police } }
`,
  'topics.yaml': 'eu: { label: EU }\n',
  'releases/y-old.en.md': renamedFile(),
  'releases/named.en.md': namedFile('formerly: [z-first, z-old]'),
  'releases/named-first.en.md': namedFile('formerly: [z-alone]'),
  'releases/draft-old.en.md': draftFile(),
  'media/embargoed.txt': 'To come',
  'media/shared.txt': 'Shared',
  'media/tärkeä.txt': 'To come as well',
  'releases/in-the-folder.en.md': markdown([
    'title: Customs in the folder',
    published,
    'publisher: customs',
    'formerly: [once-in-the-folder]',
  ]),
  'releases/deleted.en.md': markdown(['title: Deleted', published, 'publisher: customs']),
  'releases/deleted-too.en.md': markdown([
    'title: Deleted too',
    published,
    'publisher: customs',
    'id: "urn:deleted"',
  ]),
  'releases/to-come.en.md': markdown([
    'title: Customs will raid',
    `published: ${future}`,
    'publisher: customs',
    'attachments: [{ file: embargoed.txt }, { file: shared.txt }, { file: tärkeä.txt }]',
  ]),
  'releases/out.en.md': markdown([
    'title: Out',
    published,
    'publisher: customs',
    'attachments: [{ file: shared.txt }]',
  ]),
}

const secrets = {
  newsroom: 'a-secret-of-the-newsroom',
  customs: 'a-secret-of-customs',
  police: 'a-secret-of-the-police',
}
type Who = keyof typeof secrets

/** What a publisher writes; the title is what nobody else may read in an answer. */
function by(publisher: string, more: Record<string, unknown> = {}) {
  const body = { markdown: `Words of ${publisher}.` }
  return { title: `Title of ${publisher}`, topics: ['eu'], publisher, body, ...more }
}

function asker(fetch: Fetch) {
  return async function ask(who: Who, method: string, path: string, body?: unknown) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${secrets[who]}`,
        ...(body !== undefined && {
          'Content-Type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
        }),
      },
      ...(body !== undefined && { body: text }),
    })
    const told = await response.text()
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, text: told, json: isJson ? JSON.parse(told) : undefined }
  }
}

onNodePress('a token of the police', files, (press) => {
  const ask = asker(press.fetch)
  const put = (who: Who, address: string, written: unknown) =>
    ask(who, 'PUT', `/api/releases/${address}`, written)
  const idOf = (name: string) => identity(siteId, name)
  const locationOf = async (path: string) => (await press.fetch(path)).headers.get('location')

  const send = async (who: Who, ...releases: [string, Record<string, unknown>][]) => {
    const lines = releases.map(([address, written]) => {
      const [slug, language] = address.split('/')
      return JSON.stringify({ ...written, slug, language })
    })
    const { text } = await ask(who, 'POST', '/api/releases', lines.join('\n'))
    expect(text.match(/"status":20[01]/g)).toHaveLength(releases.length)
  }

  beforeAll(async () => {
    await send(
      'customs',
      ['old-name/en', by('customs')],
      ['one/en', by('customs')],
      ['embargoed/en', by('customs', { published: future })],
      ['gone/en', by('customs')],
      ['identified/en', by('customs')],
      ['imported/en', by('customs', { id: 'https://old.example/?p=1' })],
      ['edited/en', by('customs', { title: 'A name too many', published: future })],
    )
    await send('police', ['ours/en', by('police')], ['handed-over/en', by('police')])
    await send(
      'customs',
      ['new-name/en', by('customs', { formerly: ['old-name'] })],
      ['gone/en', by('customs', { withdrawn: { at: '2024-01-01', reason: 'Wrong.' } })],
    )
  })

  /** Asks in every way of writing; nothing may be told but that it is taken. */
  async function expectTaken(address: string, written: Record<string, unknown>, refusal = 403) {
    const [slug, language] = address.split('/')
    const line = JSON.stringify({ ...written, slug, language })
    const { text: told } = await ask('police', 'POST', '/api/releases', line)
    const answers = [
      await put('police', address, written),
      { status: (JSON.parse(told) as { status: number }).status, text: told },
      await put('police', `${address}?dry-run`, written),
    ]
    for (const { status, text } of answers) {
      expect([address, status]).toEqual([address, refusal])
      expect(text).not.toMatch(/customs|Title of|Customs|releases\//)
    }
  }

  test('does not get the earlier address of what another publisher has renamed', async () => {
    for (const [old, now] of [
      ['old-name', 'new-name'],
      ['once-in-the-folder', 'in-the-folder'],
    ]) {
      await expectTaken(`${old}/en`, by('police', { id: 'tag:police.example:1' }))
      await expectTaken(`${old}/fi`, by('police'))
      expect(await locationOf(`/releases/${old}`)).toMatch(new RegExp(`/${now}$`))
    }
  })

  test('translates nothing of another publisher, who still can', async () => {
    for (const slug of ['one', 'embargoed', 'gone', 'in-the-folder', 'to-come']) {
      await expectTaken(`${slug}/fi`, by('police'))
      await expectTaken(`${slug}/en`, by('police'))
    }
    expect((await put('customs', 'one/fi', by('customs'))).status).toBe(201)
    expect((await put('police', 'in-the-folder/en', by('police'))).text).not.toContain('.md')
  })

  test('names earlier slugs and corrections of its own alone, and none that do not exist', async () => {
    for (const slug of ['one', ' one ', 'one\n', 'old-name', 'in-the-folder', 'to-come']) {
      await expectTaken('by-trick/en', by('police', { formerly: [slug] }))
      await expectTaken('by-trick/en', by('police', { formerly: ['ours', slug] }))
      await expectTaken('by-trick/en', by('police', { corrects: slug }))
    }
    for (const field of ['formerly', 'corrects']) {
      const slugs = field === 'formerly' ? ['not-yet'] : 'not-yet'
      const answer = await put('police', 'too-early/en', by('police', { [field]: slugs }))
      expect(answer).toMatchObject({ status: 422, json: { errors: [{ field }] } })
    }
  })

  test('names its own earlier slugs, and those it corrects', async () => {
    const correction = by('police', { corrects: 'ours' })
    expect((await put('police', 'correction/en', correction)).status).toBe(201)
    expect((await put('police', 'renamed/en', by('police', { formerly: ['ours'] }))).status).toBe(
      200,
    )
    // What is read can be sent again, also when its earlier slugs are known by it alone.
    const read = await ask('police', 'GET', '/api/releases/renamed/en')
    expect((await put('police', 'renamed/en', read.json)).json.change).toBe('unchanged')
    expect((await put('police', 'renamed/fi', by('police', { formerly: ['ours'] }))).status).toBe(
      201,
    )
    // What somebody else named for it stays.
    const mixed = by('police', { corrects: 'in-the-folder' })
    expect((await put('newsroom', 'mixed/en', mixed)).status).toBe(201)
    expect((await put('police', 'mixed/en', { ...mixed, title: 'Ours' })).status).toBe(200)
  })

  test('does not reach further by another spelling of an address', async () => {
    for (const slug of [
      '%20old-name',
      'old-name%20',
      'old-name%0A',
      'old-name%00',
      'old-name%C2%A0',
    ]) {
      const answer = await put('police', `${slug}/en`, by('police', { id: `tag:x:${slug}` }))
      expect([slug, answer.status]).toEqual([slug, 403])
    }
    expect(await locationOf('/releases/old-name')).toMatch(/new-name$/)
  })

  test('takes no identity that a release of another publisher has, had or will have', async () => {
    const ids = [
      idOf('identified/en'),
      idOf('in-the-folder/en'),
      idOf('once-in-the-folder/en'),
      idOf('to-come/en'),
      idOf('not-there-yet/fi'),
      'https://old.example/?p=1',
    ]
    for (const id of ids) await expectTaken('by-identity/en', by('police', { id }), 409)
  })

  test('gives identities of its own', async () => {
    const own = by('police', { id: 'https://police.example/?p=1' })
    expect((await put('police', 'with-identity/en', own)).status).toBe(201)
    const derived = by('police', { id: idOf('same-identity/en') })
    expect((await put('police', 'same-identity/en', derived)).status).toBe(201)
    const moved = by('police', { formerly: ['with-identity'], id: 'https://police.example/?p=1' })
    expect((await put('police', 'still-identified/en', moved)).status).toBe(200)
  })

  test('does not get what a deleted file of another publisher was', async () => {
    for (const name of ['deleted', 'deleted-too']) {
      rmSync(join(press.directory(), `releases/${name}.en.md`))
    }
    await press.takeUp()
    await expectTaken('elsewhere/en', by('police', { id: 'urn:deleted' }), 409)
    await expectTaken('deleted/en', by('police'))
    await expectTaken('deleted/fi', by('police'))
    await expectTaken('elsewhere/en', by('police', { id: idOf('deleted/en') }), 409)
    // Its publisher moves it from the folder to the API, with the identity that readers know.
    const moved = await put('customs', 'deleted/en', by('customs'))
    expect(moved).toMatchObject({
      status: 201,
      json: { id: identity(siteId, 'deleted/en') },
    })
  })

  test('does not get a slug that a release of another publisher lost and is without', async () => {
    const releases = join(press.directory(), 'releases')
    for (const name of ['y-old', 'draft-old']) {
      renameSync(
        join(releases, `${name}.en.md`),
        join(releases, `${name.replace('old', 'new')}.en.md`),
      )
    }
    writeFiles(press.directory(), {
      'releases/named.en.md': namedFile('formerly: [z-first]'),
      'releases/named-first.en.md': namedFile(),
    })
    await press.takeUp()
    expect((await press.fetch('/releases/y-new')).status).toBe(200)
    const lost = ['y-old', 'draft-old', 'z-old', 'z-alone']
    const expectLost = async () => {
      for (const slug of lost) {
        await expectTaken(`${slug}/en`, by('police'))
        await expectTaken(`${slug}/fi`, by('police'))
        await expectTaken('by-loss/en', by('police', { formerly: [slug] }))
      }
    }
    await expectLost()
    // It goes and returns without the slugs that it lost before.
    rmSync(join(releases, 'y-new.en.md'))
    await press.takeUp()
    await expectTaken('y-new/en', by('police'))
    writeFiles(press.directory(), { 'releases/y-new.en.md': renamedFile() })
    await press.takeUp()
    await expectLost()
    for (const slug of lost) {
      expect((await put('customs', `${slug}/en?dry-run`, by('customs'))).status).toBe(200)
    }
  })

  test('gets a lost slug with the release that lost it, and has it again', async () => {
    const write = async (name: string, publisher: string, ...fields: string[]) => {
      const written = ['title: Handed over', published, `publisher: ${publisher}`, 'id: "urn:h"']
      writeFiles(press.directory(), { [`releases/${name}`]: markdown([...written, ...fields]) })
      await press.takeUp()
    }
    await write('handed.en.md', 'customs', 'formerly: [handed-old]')
    await write('handed.en.md', 'police')
    await expectTaken('handed-old/en', by('police'))
    await write('handed.en.md', 'police', 'formerly: [handed-old]')
    expect((await put('police', 'handed-old/fi?dry-run', by('police'))).status).toBe(200)
    expect((await put('customs', 'handed-old/fi', by('customs'))).status).toBe(403)
    await write('handed.en.md', 'police')
    expect((await put('police', 'handed-old/fi?dry-run', by('police'))).status).toBe(200)
    expect((await put('customs', 'handed-old/fi', by('customs'))).status).toBe(403)
  })

  test('changes no publisher from or to another', async () => {
    expect((await put('police', 'handed-over/en', by('customs'))).status).toBe(403)
    expect((await put('newsroom', 'handed-over/en', by('customs'))).status).toBe(200)
    await expectTaken('handed-over/en', by('police'))
    const withdraw = '/api/releases/handed-over/en/withdraw'
    expect((await ask('police', 'POST', withdraw, { reason: 'No.' })).status).toBe(403)
    expect((await ask('customs', 'POST', withdraw, { reason: 'No.' })).status).toBe(200)
  })

  test('reaches nothing where an unlimited one mixes publishers', async () => {
    await put('newsroom', 'mixed/en', by('police'))
    const mixed = await put('newsroom', 'mixed/fi', by('customs', { formerly: ['not-known'] }))
    expect(mixed.status).toBe(201)
    expect((await put('police', 'mixed/en', by('police', { title: 'New' }))).status).toBe(403)
    expect((await put('customs', 'mixed/fi', by('customs', { title: 'New' }))).status).toBe(403)
  })

  test('and one of customs that write a slug at once do not share it', async () => {
    const slugs = Array.from({ length: 2 }, (_, index) => `at-once-${index}`)
    const both = await Promise.all(
      slugs.map((slug) =>
        Promise.all([
          put('police', `${slug}/en`, by('police')),
          put('customs', `${slug}/fi`, by('customs')),
        ]),
      ),
    )
    for (const answers of both) {
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 403])
    }
  })

  test('may name in one line of many what an earlier line has made', async () => {
    const lines = [
      { ...by('police'), slug: 'line-one', language: 'en' },
      { ...by('police', { corrects: 'line-one' }), slug: 'line-two', language: 'en' },
      { ...by('police', { corrects: 'line-four' }), slug: 'line-three', language: 'en' },
      { ...by('police'), slug: 'in-the-folder', language: 'fi' },
    ]
    const body = lines.map((line) => JSON.stringify(line)).join('\n')
    for (const [query, statuses] of [
      ['?dry-run', [201, 201, 422, 403]],
      ['', [201, 201, 422, 403]],
    ] as const) {
      const { text } = await ask('police', 'POST', `/api/releases${query}`, body)
      const told = text.trim().split('\n')
      expect(told.map((one) => (JSON.parse(one) as { status: number }).status)).toEqual(statuses)
    }
  })

  test('sees what is to come of its own publisher alone', async () => {
    await put('police', 'own-secret/en', by('police', { published: future }))
    const listed = async (who: Who) => {
      let path: string | undefined = '/api/releases?limit=5'
      const slugs: string[] = []
      while (path !== undefined) {
        const answer = await ask(who, 'GET', path)
        const json = answer.json as { releases: { slug: string }[]; next?: string }
        slugs.push(...json.releases.map(({ slug }) => slug))
        path = json.next && `/api/releases${new URL(json.next).search}`
      }
      return slugs
    }
    const [ofPolice, ofNewsroom] = [await listed('police'), await listed('newsroom')]
    expect(ofPolice).toContain('own-secret')
    expect(ofPolice).toContain('in-the-folder')
    for (const slug of ['embargoed', 'to-come']) {
      expect(ofPolice).not.toContain(slug)
      expect(ofNewsroom).toContain(slug)
      for (const what of ['', '/history']) {
        const path = `/api/releases/${slug}/en${what}`
        const there = (await ask('police', 'GET', path)).text
        expect(there).toBe((await ask('police', 'GET', `/api/releases/nothing/en${what}`)).text)
        expect((await ask('customs', 'GET', path)).status).toBe(200)
        expect((await ask('newsroom', 'GET', path)).status).toBe(200)
      }
    }
  })

  test('does not read in the history what another publisher had written before it came out', async () => {
    await put('customs', 'edited/en', { ...by('customs'), published: '2024-01-01T00:00:00Z' })
    await put('customs', 'edited/en', by('customs', { title: 'Edited in public' }))
    const read = async (who: Who) => ask(who, 'GET', '/api/releases/edited/en/history')
    expect((await read('customs')).text).toContain('A name too many')
    const { text, json } = await read('police')
    expect(text).not.toContain('A name too many')
    expect(json.history[0].replaced.title).toBe('Title of customs')
  })

  test('does not show files that only another publisher speaks of, and not yet', async () => {
    for (const [file, status] of [
      ['embargoed.txt', 404],
      // As file systems of a Mac write it, and everybody else.
      ['tärkeä.txt'.normalize('NFD'), 404],
      ['tärkeä.txt'.normalize('NFC'), 404],
      ['shared.txt', 200],
    ] as const) {
      expect((await ask('police', 'GET', `/api/media/${file}`)).status).toBe(status)
      expect((await ask('customs', 'GET', `/api/media/${file}`)).status).toBe(200)
    }
    for (const written of [
      by('police', { attachments: [{ file: 'embargoed.txt' }] }),
      by('police', { body: { markdown: '![x](/media/embargoed.txt)' } }),
      by('police', { attachments: [{ file: 'tärkeä.txt'.normalize('NFD') }] }),
    ]) {
      expect((await put('police', 'too-soon/en', written)).status).toBe(422)
    }
    const html = by('police', { body: { html: '<a href="/media/embargoed.txt">x</a>' } })
    expect((await put('police', 'too-soon/en', html)).status).toBe(201)
    expect((await press.fetch('/media/embargoed.txt')).status).toBe(404)
    const shared = by('police', { attachments: [{ file: 'shared.txt' }] })
    expect((await put('police', 'sharing/en', shared)).status).toBe(201)
  })
})

test('what takes a slug while a token of the police waits for its second is seen at the commit', async () => {
  const clock = createSimulatedClock(systemClock.now())
  let meanwhile: (() => Promise<unknown>) | undefined
  const directory = temporaryFolder(files)
  const press = await nodePress(
    directory,
    {
      now: () => clock.now(),
      async passed(second) {
        const happening = meanwhile
        meanwhile = undefined
        await happening?.()
        await clock.passed(second)
      },
    },
    undefined,
    { isOnDisk: true },
  )
  // As another process on the same database has it.
  const database = openDatabase(press.databaseFile)
  const other = composeNode({
    database,
    contentDirectory: directory,
    uploads: press.uploads,
    baseUrl,
    tokens: readTokens(publishTokens),
    clock,
    problems: () => [],
    write: () => {},
  })
  const ask = asker(press.fetch)
  const askOther = asker(async (path, init) =>
    other.fetch(requestFor(path, init), { incoming: { socket: { remoteAddress: '127.0.0.1' } } }),
  )
  const events: [string, () => Promise<unknown>][] = [
    ['by-process', () => askOther('customs', 'PUT', '/api/releases/by-process/fi', by('customs'))],
    [
      'by-file',
      async () => {
        const fields = ['title: Customs by file', published, 'publisher: customs']
        writeFiles(directory, { 'releases/by-file.fi.md': markdown(fields) })
        await press.takeUp()
      },
    ],
    [
      'by-rename',
      async () => {
        await askOther('customs', 'PUT', '/api/releases/by-rename/en', by('customs'))
        const renamed = by('customs', { formerly: ['by-rename'] })
        await askOther('customs', 'PUT', '/api/releases/by-rename-now/en', renamed)
      },
    ],
  ]
  for (const [slug, happens] of events) {
    let hasHappened = false
    // So that what comes next waits for another second.
    await ask('customs', 'PUT', `/api/releases/before-${slug}/fi`, by('customs'))
    meanwhile = async () => {
      await happens()
      hasHappened = true
    }
    const language = slug === 'by-rename' ? 'fi' : 'en'
    const answer = await ask('police', 'PUT', `/api/releases/${slug}/${language}`, by('police'))
    expect([slug, hasHappened, answer.status]).toEqual([slug, true, 403])
    expect(answer.text).not.toMatch(/customs/i)
  }
  database.close()
  await press.close()
})

test('a backup that is put back gives away no slug that a release has or lost since', async () => {
  const directory = temporaryFolder(files)
  const clock = hurriedClock()
  const press = await nodePress(directory, clock, undefined, { isOnDisk: true })
  const ask = asker(press.fetch)
  const candidate = join(temporaryFolder({}), 'candidate.db')
  await copyDatabase(press.databaseFile, candidate)
  const name = 'releases/named.en.md'
  writeFiles(directory, { [name]: namedFile('formerly: [z-first, since-then]') })
  await press.takeUp()
  writeFiles(directory, { [name]: namedFile('formerly: [z-first]') })
  await press.takeUp()
  expect((await ask('customs', 'PUT', '/api/releases/since/en', by('customs'))).status).toBe(201)
  await replaceDatabase(candidate, press.databaseFile, clock, upgrading)
  expect((await press.fetch('/releases/since')).status).toBe(404)
  for (const slug of ['since-then', 'since', 'z-old']) {
    const path = `/api/releases/${slug}/fi?dry-run`
    expect([slug, (await ask('police', 'PUT', path, by('police'))).status]).toEqual([slug, 403])
    expect([slug, (await ask('customs', 'PUT', path, by('customs'))).status]).toEqual([slug, 200])
  }
  await press.close()
})

test.each(['', '?dry-run'])(
  'a token of the police that sends many lines with many files asks once for all of them (%s)',
  async (query) => {
    const clock = createSimulatedClock(systemClock.now())
    const directory = temporaryFolder(files)
    const press = await nodePress(directory, clock, undefined, { isOnDisk: true })
    const database = openDatabase(press.databaseFile)
    let questions = 0
    const { fetch } = composeNode({
      database,
      publishing: {
        prepare(sql) {
          questions++
          return database.prepare(sql)
        },
        batch: (statements) => database.batch(statements),
      },
      contentDirectory: directory,
      uploads: press.uploads,
      baseUrl,
      tokens: readTokens(publishTokens),
      clock,
      problems: () => [],
      write: () => {},
    })
    const ask = asker(async (path, init) =>
      fetch(requestFor(path, init), { incoming: { socket: { remoteAddress: '127.0.0.1' } } }),
    )
    const send = async (name: string, lines: number, filesOfLine: number) => {
      clock.moveTo(clock.now() + 10)
      questions = 0
      const sent = Array.from({ length: lines }, (_, line) => {
        const links = Array.from({ length: filesOfLine }, (_file, number) => {
          return `<a href="/media/${name}-${line}-${number}.txt">x</a>`
        })
        const file = line === 0 ? 'embargoed.txt' : 'shared.txt'
        const body = { html: `<p>${links.join(' ')}</p>` }
        return by('police', {
          slug: `${name}-${line}`,
          language: 'en',
          body,
          attachments: [{ file }],
        })
      })
      const body = sent.map((one) => JSON.stringify(one)).join('\n')
      const { text } = await ask('police', 'POST', `/api/releases${query}`, body)
      const told = text.trim().split('\n')
      const statuses = told.map((line) => (JSON.parse(line) as { status: number }).status)
      // A file that only another publisher speaks of, and not yet, is not there.
      expect(statuses).toEqual([422, ...Array.from({ length: lines - 1 }, () => 201)])
      return questions
    }
    const few = await send('few', 2, 1)
    expect(few).toBeGreaterThan(5)
    expect(await send('many', 40, 40)).toBe(few)
    database.close()
    await press.close()
  },
)
