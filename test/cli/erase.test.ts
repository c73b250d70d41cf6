// A release that names a person by mistake is erased while a service has its database open to write and to read.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { registerErase } from '../../src/cli/erase.ts'
import { markdown, writeFiles, writeFolder } from '../content-folder.ts'
import { temporaryDatabaseFolder } from '../server.ts'
import { startHere } from '../start-here.ts'
import { runCommand } from './run.ts'

const token = 'a-secret-of-the-newsroom'
/** A word that nothing else has. */
const secret = 'Zyxwvutsrq'

const personal = {
  title: `${secret} is charged`,
  lead: `Of ${secret}.`,
  topics: ['crime'],
  contacts: [{ name: secret, phone: '+358 1', email: `${secret}@ministry.example` }],
  attachments: [{ file: 'letter.txt', title: `From ${secret}` }],
  event: { start: '2024-01-24', place: `The house of ${secret}` },
  related: [{ url: `https://example.org/${secret}`, title: secret }],
  body: { markdown: `A text on ${secret}, who lives in Helsinki.` },
}

describe('under a running service', () => {
  const { folder, remove } = temporaryDatabaseFolder()
  const DATABASE = join(folder, 'tiedote.db')
  const directory = writeFolder({
    'releases/kept.en.md': markdown(['title: Kept', 'published: 2024-01-24', 'topics: [crime]']),
  })
  let service: Awaited<ReturnType<typeof startHere>>
  beforeAll(async () => {
    service = await startHere(directory, { DATABASE, PUBLISH_TOKENS: `newsroom=${token}` })
  })
  afterAll(() => {
    service.close()
    remove()
    rmSync(directory, { recursive: true, force: true })
  })

  const ask = async (path: string, method = 'GET', body?: unknown) => {
    const answer = await service.fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(typeof body === 'object' && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  const erase = (...args: string[]) =>
    runCommand(registerErase, ['erase', ...args], { environment: { DATABASE } })

  /** The files of the service that have a word. */
  const filesWith = (word: string) => {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path, 'latin1').toLowerCase().includes(word.toLowerCase()))
      .map((path) => path.slice(folder.length + 1))
  }

  test('nothing of it is left in answers and files, and readers are told that it is gone', async () => {
    expect((await ask('/api/media/letter.txt', 'PUT', `Dear ${secret}`)).status).toBe(201)
    const path = '/api/releases/charged/en'
    expect((await ask(path, 'PUT', { ...personal, draft: true })).status).toBe(201)
    const link = await ask(`${path}/previews`, 'POST', { name: `The lawyer of ${secret}` })
    expect(link.status).toBe(201)
    expect((await ask(path, 'PUT', personal)).status).toBe(200)
    const change = { kind: 'correction', note: `${secret} is 50.` }
    expect((await ask(path, 'PUT', { ...personal, change })).status).toBe(200)
    const shown = [
      '/feed.rss',
      '/topics/crime.atom',
      '/feed.json',
      '/feed.ics',
      '/releases/charged',
      '/',
      `/feed.json?q=${secret}`,
      path,
      `${path}/history`,
    ]
    for (const address of shown) expect((await ask(address)).text, address).toContain(secret)
    const [, id] = /<id>(\S+)<\/id>\n<title>Zyx/.exec((await ask('/topics/crime.atom')).text)!
    expect(filesWith(secret).length).toBeGreaterThan(1)

    const reason = 'It named a person by mistake.'
    expect(await erase('charged', '--reason', reason)).toMatchObject({ code: 2 })
    const { code, output, errors } = await erase('charged', '--reason', reason, '--yes')
    expect([errors, code]).toEqual(['', 0])
    expect(output).toMatch(/^charged\.en is erased\.$/m)
    expect(output).toMatch(/letter\.txt is removed, as no other release has it\.$/m)

    for (const address of [...shown, '/withdrawals.atom', `/healthz`]) {
      expect((await ask(address)).text, address).not.toContain(secret)
    }
    expect(filesWith(secret)).toEqual([])
    const feed = (await ask('/topics/crime.atom')).text
    expect(feed).toContain(
      `<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="${id}"`,
    )
    expect(feed).toContain(`<title>Withdrawn: press release</title>`)
    expect(feed).toContain(reason)
    expect(await ask('/releases/charged')).toMatchObject({ status: 410 })
    expect((await ask('/media/letter.txt')).status).toBe(404)
    expect((await ask('/feed.json?q=Kept')).text).toContain('Kept')
    // Who did what and when is still known.
    const { history } = JSON.parse((await ask(`${path}/history`)).text) as {
      history: { action: string; by: string }[]
    }
    expect(history.map(({ action, by }) => [action, by])).toEqual([
      ['withdraw', 'erase'],
      ['correct', 'newsroom'],
      ['publish', 'newsroom'],
      ['draft', 'newsroom'],
    ])
    expect(await erase('charged', '--reason', reason, '--yes')).toMatchObject({ code: 0 })
  })

  test('what it was before goes, too: files, remarks, names of links, what a killed process left', async () => {
    const word = 'Mnbvcxylk'
    for (const name of ['first', 'picture', 'second', 'others']) {
      await ask(`/api/media/${name}.txt`, 'PUT', `Dear ${word}, ${name}`)
    }
    const path = '/api/releases/before/en'
    const other = { title: 'Other', topics: [], attachments: [{ file: 'others.txt' }] }
    await ask('/api/releases/other/en', 'PUT', { ...other, body: { markdown: 'Text.' } })
    const attachments = [{ file: 'first.txt' }, { file: 'others.txt' }]
    const body = { markdown: '[See](media/picture.txt)' }
    const first = { title: 'Before', topics: ['crime'], draft: true, attachments, body }
    expect((await ask(path, 'PUT', first)).status).toBe(201)
    const name = { name: `For ${word}` }
    expect((await ask(`${path}/previews`, 'POST', name)).status).toBe(201)
    const second = { ...first, attachments: [{ file: 'second.txt' }] }
    // A text that shows nothing.
    await ask(path, 'PUT', { ...second, draft: false, body: { markdown: `<!-- ${word} -->` } })
    const database = new DatabaseSync(DATABASE)
    onTestFinished(() => database.close())
    database.exec(`insert into incoming (batch, id, number, staged, dates, slug, language, source, origin, hash, authored, wanted, document, words, weight, media)
      select 'killed', id, 0, 1, 'news', slug, language, source, origin, hash, 0, 0, '{"title":"${word}"}', '', 1, '[]'
      from release where slug = 'before'`)

    const { output, code } = await erase('before', '--reason', 'Wrong.', '--yes')
    expect(code).toBe(0)
    for (const file of ['first', 'picture', 'second']) {
      expect(output).toMatch(
        new RegExp(`${file}\\.txt is removed, as no other release has it\\.$`, 'm'),
      )
    }
    expect(filesWith(word)).toEqual(['media/others.txt'])
    expect((await ask(path)).text).not.toContain(word)
  })

  test('a draft is erased without a word to readers', async () => {
    const path = '/api/releases/not-yet/en'
    const { attachments: _, ...release } = personal
    expect((await ask(path, 'PUT', { ...release, draft: true })).status).toBe(201)
    const before = (await ask('/withdrawals.json')).text
    expect(await erase('not-yet', '--reason', 'Wrong.', '--yes')).toMatchObject({ code: 0 })
    expect((await ask(path)).text).not.toContain(secret)
    expect((await ask('/withdrawals.json')).text).toBe(before)
    expect((await ask('/releases/not-yet')).status).toBe(404)
  })

  test('what stands in the content folder is erased there', async () => {
    const { code, errors } = await erase('kept', '--reason', 'Wrong.', '--yes')
    expect([code, errors]).toEqual([1, expect.stringContaining('releases/kept.en.md')])
    const file = markdown([
      'title: press release',
      'published: 2024-01-24',
      'withdrawn: { at: 2024-02-01, reason: Wrong. }',
    ])
    writeFiles(directory, { 'releases/kept.en.md': file })
    expect(await service.content.first()).toBe(true)
    expect(await ask('/releases/kept')).toMatchObject({ status: 410 })
    expect(await erase('kept', '--reason', 'Wrong.', '--yes')).toMatchObject({ code: 0 })
    expect(await erase('unknown', '--reason', 'Wrong.', '--yes')).toMatchObject({
      code: 1,
      errors: 'There is no release unknown.',
    })
  })
})
