// `push`: what somebody sees who sends a folder to a service that runs elsewhere.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { registerPush } from '../../src/cli/push.ts'
import { portionsOf } from '../../src/push/portions.ts'
import type { FolderRelease } from '../../src/push/read-folder.ts'
import { markdown, siteYaml, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'
import { runCommand } from '../cli/run.ts'

const token = 'a-secret-of-the-newsroom'

/** A request as the service got it. */
type Asked = { method: string; path: string; lines: string[] }
/** What stands in the way between the command and the service: a status, or a cut connection. */
type Hindrance = (
  asked: Asked,
) => { status: number; headers?: Record<string, string>; body?: string } | 'cut' | undefined

/** A service that runs for one test, over a folder of its own. */
async function running(files: Record<string, string> = {}, hinder: Hindrance = () => undefined) {
  const directory = temporaryFolder({ 'topics.yaml': '{}', ...files })
  const press = await nodePress(directory, hurriedClock())
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(parts)
        const { method = '', url: path = '', headers } = request
        const one = { method, path, lines: body.toString().split('\n').filter(Boolean) }
        asked.push(one)
        const hindrance = hinder(one)
        if (hindrance === 'cut') return void request.socket.destroy()
        if (hindrance) {
          return void response.writeHead(hindrance.status, hindrance.headers).end(hindrance.body)
        }
        const answer = await press.fetch(path, {
          method,
          headers: Object.entries(headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]),
          ...(body.length > 0 && { body: new Uint8Array(body) }),
        })
        response.writeHead(answer.status, Object.fromEntries(answer.headers))
        response.end(Buffer.from(await answer.arrayBuffer()))
      })()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    server.close()
    await press.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    ...press,
    asked,
    /** Slugs of releases that were sent since it was last asked, but for dry runs. */
    sent: () =>
      asked
        .splice(0)
        .filter(({ method, path }) => method === 'POST' && !path.includes('dry-run'))
        .flatMap(({ lines }) => lines.map((line) => (JSON.parse(line) as { slug: string }).slug)),
    push: async (folder: string, ...args: string[]) =>
      runCommand(registerPush, ['push', folder, '--to', url, ...args], {
        environment: { PUBLISH_TOKEN: token },
      }),
    text: async (path: string) => (await press.fetch(path)).text(),
    titles: async (path = '/feed.json') => {
      const { items } = (await (await press.fetch(path)).json()) as { items: { title: string }[] }
      return items.map(({ title }) => title)
    },
    publish: async (path: string, body: object, method = 'PUT') =>
      press.fetch(path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

const release = (title: string, published: string, ...fields: string[]) =>
  markdown([`title: ${title}`, `published: ${published}`, ...fields])

/** Has the pauses between attempts, which are whole seconds, last as many milliseconds. */
function hurry() {
  const wait = globalThis.setTimeout
  const hurried = vi.spyOn(globalThis, 'setTimeout')
  hurried.mockImplementation((...given) => {
    const [work, milliseconds = 0] = given
    const isPause = given.length === 2 && [2000, 4000, 6000, 8000].includes(milliseconds)
    return isPause ? wait(work, milliseconds / 1000) : wait(...given)
  })
  onTestFinished(() => hurried.mockRestore())
}

/** Everything that may depend on what came first. */
const whole = {
  'releases/a.en.md': release(
    'A',
    '2024-01-24T09:00',
    'topics: [asylum]',
    'attachments: [{ file: a.txt }]',
  ),
  'releases/a.fi.md': release('A suomeksi', '2024-01-24T09:00', 'topics: [asylum]'),
  'releases/b.en.md': release(
    'B',
    '2024-01-24T09:00',
    'topics: [border-policy, drugs]',
    'corrects: z',
  ),
  'releases/c.en.md': release(
    'C',
    '2023-05-01T10:00',
    'changes: [{ at: 2024-01-24T09:00, kind: correction, note: The day was wrong. }]',
  ),
  'releases/d.en.md': release(
    'D',
    '2022-05-01T10:00',
    'withdrawn: { at: 2024-01-24T09:00:01, reason: Too early., replacedBy: z }',
  ),
  'releases/more.jsonl': `${JSON.stringify({
    slug: 'z',
    language: 'en',
    title: 'Z',
    published: '2024-01-24T09:00',
    body: { html: '<p><img src="/media/deeper/b c.txt"> <a href="/releases/a">A</a></p>' },
  })}\n`,
  'media/a.txt': 'A text.',
  'media/deeper/b c.txt': 'Another text.',
}
const feeds = ['/feed.atom', '/fi/feed.rss', '/all/feed.json', '/topics/migration.atom']

test('what was sent makes the same feeds as a folder of the service, and the same files', async () => {
  const folder = temporaryFolder(whole)
  const service = await running()
  const outcome = await service.push(folder)
  expect(outcome).toMatchObject({ code: 0, output: expect.stringContaining('6 new releases') })
  const direct = await nodePress(folder)
  for (const path of [...feeds, '/withdrawals.atom', '/media/a.txt', '/media/deeper/b%20c.txt']) {
    const expected = await direct.fetch(path)
    expect(expected.status).toBe(200)
    expect(await service.text(path)).toBe(await expected.text())
  }
  await direct.close()
})

test('only what changed is sent, and nothing when nothing did', async () => {
  const folder = temporaryFolder(whole)
  const service = await running()
  await service.push(folder)
  // The oldest first.
  expect(service.sent()).toEqual(['d', 'c', 'a', 'a', 'b', 'z'])
  const again = await service.push(folder)
  expect(again).toMatchObject({ code: 0, output: `${service.url} has everything already.` })
  expect(
    service.asked.filter(({ path, method }) => method !== 'GET' && !path.includes('dry-run')),
  ).toEqual([])
  writeFiles(folder, {
    'releases/a.fi.md': release('Toisin', '2024-01-24T09:00', 'topics: [asylum]'),
  })
  const changed = await service.push(folder)
  expect(changed.output).toContain('0 new releases, 1 changed')
  expect(service.sent()).toEqual(['a'])
  expect(await service.titles('/fi/feed.json')).toEqual(['Toisin'])
  writeFiles(folder, {
    'releases/a.en.md': whole['releases/a.en.md'].replace('title: A', 'title: A again'),
    'media/a.txt': 'A text that is longer.',
  })
  const replaced = await service.push(folder)
  expect(replaced.code).toBe(1)
  expect(replaced.errors).toContain('media/a.txt  The service has another file of this name')
  expect(await service.text('/media/a.txt')).toBe('A text.')
})

test('a draft is told and not sent, and topics go after those that they name', async () => {
  const retired = '{ at: 2024-01-01, until: 2030-01-01, replacedBy: [drugs] }'
  const folder = temporaryFolder({
    'topics.yaml': `alcohol: { label: { en: alcohol }, retired: ${retired} }\ndrugs: { label: { en: drugs } }\n`,
    'releases/a.en.md': release('A', '2024-01-24T09:00', 'topics: [drugs]'),
    'releases/b.en.md': release('B', '2024-01-24T09:00', 'draft: true'),
  })
  const service = await running()
  const { code, errors } = await service.push(folder)
  expect([code, service.sent()]).toEqual([0, ['a']])
  expect(errors).toMatch(
    /^releases\/b\.en\.md:4 {2}draft {2}Warning: This is a draft, and is not sent/,
  )
})

test('a wrong release is told with its line and left out, and the others go', async () => {
  const folder = temporaryFolder({
    ...whole,
    'releases/wrong.en.md': release('Wrong', '2024-01-24T09:00', 'topics: [migrtion]'),
    'releases/lines.jsonl':
      '{"slug": "half"\n{"slug":"y","language":"en","title":"Y","published":"2024-02-01T09:00","body":{"markdown":"Y"}}\n',
  })
  const service = await running()
  const { code, errors } = await service.push(folder)
  expect(code).toBe(1)
  expect(errors).toContain('releases/wrong.en.md:4  topics 1  "migrtion" is not a topic.')
  expect(errors).toContain('releases/lines.jsonl:1  This line is not JSON')
  expect(errors).toContain('2 problems are told above')
  expect(await service.titles()).toContain('Y')
  expect(await service.titles()).not.toContain('Wrong')
})

test('what the service refuses is told with the line in which it stands', async () => {
  const files = {
    'releases/a.en.md': release('A', '2024-01-24T09:00', 'attachments:', '  - file: page.html'),
    'media/page.html': '<p>Not taken.</p>',
    'releases/b.en.md': release('B', '2024-01-24T09:00'),
  }
  const service = await running()
  const { code, errors } = await service.push(temporaryFolder(files))
  expect(code).toBe(1)
  expect(errors).toContain('media/page.html  Files of this kind are not taken.')
  expect(errors).toContain(
    'releases/a.en.md:5  attachments 1.file  There is no file media/page.html.',
  )
  expect(await service.titles()).toEqual(['B'])
})

test('a first fill that breaks off keeps all times when it goes on', async () => {
  const folder = temporaryFolder(whole)
  let isBroken = true
  const service = await running({}, ({ method, path }) => {
    const isCut = isBroken && method === 'POST' && !path.includes('dry-run')
    return isCut ? { status: 503, headers: { 'Retry-After': '600' } } : undefined
  })
  const broken = await service.push(folder)
  expect(broken.code).toBe(1)
  expect(broken.errors).toContain('run the same again to send the rest')
  // A name for every system.
  expect(readdirSync(join(folder, '.push'))).toEqual([expect.stringMatching(/^[\w.-]+$/)])
  // One had arrived.
  const body = {
    slug: 'c',
    language: 'en',
    title: 'C',
    published: '2023-05-01T10:00',
    body: { markdown: 'x' },
  }
  await service.publish('/api/releases/c/en?dates=keep', body)
  isBroken = false
  expect((await service.push(folder)).code).toBe(0)
  expect(existsSync(join(folder, '.push'))).toBe(false)
  expect(await service.text('/feed.json')).toContain('"date_published":"2024-01-24T07:00:00Z"')
  // After that, what is late is news.
  writeFiles(folder, { 'releases/late.en.md': release('Late', '2024-01-01T09:00') })
  await service.push(folder)
  expect((await service.titles())[0]).toBe('Late')
})

test('what fails for a moment is sent again, and too much at once in smaller parts', async () => {
  const troubles: ReturnType<Hindrance>[] = ['cut', { status: 502 }]
  const service = await running({}, ({ method, path, lines }) => {
    if (method !== 'POST' || path.includes('dry-run')) return undefined
    return troubles.length > 0 ? troubles.pop() : lines.length > 2 ? { status: 413 } : undefined
  })
  const outcome = await service.push(temporaryFolder(whole))
  expect(outcome).toMatchObject({ code: 0, output: expect.stringContaining('6 new releases') })
  expect(outcome.errors).toContain('cannot answer (502')
  expect(await service.titles()).toHaveLength(5)
})

test('what the service does not answer for is sent again, and without end a first fill is not done', async () => {
  hurry()
  let silent = 1
  const service = await running({}, ({ method, path }) => {
    const isSent = method === 'POST' && !path.includes('dry-run')
    return isSent && silent-- > 0 ? { status: 200, body: '' } : undefined
  })
  const outcome = await service.push(temporaryFolder(whole))
  expect(outcome).toMatchObject({ code: 0, output: expect.stringContaining('6 new releases') })
  silent = Infinity
  const folder = temporaryFolder({ 'releases/new.en.md': release('New', '2024-02-01') })
  const other = await running({}, ({ method, path }) => {
    const isSent = method === 'POST' && !path.includes('dry-run')
    return isSent ? { status: 200, body: '' } : undefined
  })
  const { code, errors } = await other.push(folder)
  expect([code, errors]).toEqual([1, expect.stringContaining('did not answer for it')])
  expect(existsSync(join(folder, '.push'))).toBe(true)
})

test('no request has more releases than a service takes, and those that share a second go together', () => {
  const one = { text: '{}' } as FolderRelease
  const ofOneSecond = Array.from({ length: 501 }, () => ({ ...one, published: 1, updated: 1 }))
  const portions = portionsOf(ofOneSecond)
  expect(portions.map(({ releases, isAlone }) => [releases.length, isAlone])).toEqual([
    [500, true],
    [1, true],
  ])
  const corrected = Array.from({ length: 126 }, (_, index) => {
    return { ...one, published: index, updated: index % 125 === 0 ? 999 : index }
  })
  const [together] = portionsOf(corrected)
  expect(together!.releases.map(({ published }) => published).slice(0, 2)).toEqual([0, 125])
})

test('old releases come as news only if somebody says so, or they are few', async () => {
  const lines = Array.from({ length: 51 }, (_, index) =>
    JSON.stringify({
      slug: `old-${index}`,
      language: 'en',
      title: `Old ${index}`,
      published: `2019-01-01T09:${index + 1}`.replace(/:(\d)$/, ':0$1'),
      body: { markdown: 'Old.' },
    }),
  )
  const folder = temporaryFolder({ 'releases/new.en.md': release('New', '2024-01-24T09:00') })
  const service = await running()
  await service.push(folder)
  writeFiles(folder, { 'releases/old.jsonl': `${lines.join('\n')}\n` })
  const asked = await service.push(folder)
  expect(asked.code).toBe(2)
  expect(asked.errors).toContain('51 releases are older than a week')
  expect(service.sent()).toEqual(['new'])
  expect((await service.push(folder, '--dates', 'archive')).code).toBe(0)
  expect(await service.titles()).toEqual(['New'])
  expect((await service.push(folder)).output).toContain('has everything already')
  // However many come, what is new is news.
  const published = new Date().toISOString()
  const news = lines.map((line) => line.replace(/old-/, 'new-').replace(/2019[^"]*/, published))
  writeFiles(folder, { 'releases/news.jsonl': `${news.join('\n')}\n` })
  expect((await service.push(folder)).code).toBe(0)
  expect(await service.titles()).toHaveLength(51)
})

test('nothing is withdrawn or stands again by being missing, and that is told', async () => {
  const folder = temporaryFolder(whole)
  const service = await running()
  await service.push(folder)
  rmSync(join(folder, 'releases/b.en.md'))
  expect((await service.push(folder)).output).toMatch(/Only the service has these.*\n {2}b\.en$/)
  await service.publish('/api/releases/a/en/withdraw', { reason: 'A mistake.' }, 'POST')
  const kept = await service.push(folder)
  expect(kept.code).toBe(1)
  expect(kept.errors).toContain('releases/a.en.md:1  This release was withdrawn on the service.')
  expect((await service.fetch('/releases/a')).status).toBe(410)
  expect((await service.push(folder, '--reinstate')).code).toBe(0)
  expect((await service.fetch('/releases/a')).status).toBe(200)
  expect((await service.push(folder)).output).toContain('has everything already')
})

test('what stands in the folder of the service is told and stays', async () => {
  const service = await running({
    'topics.yaml': topicsYaml.replace('label: { en: drugs,', 'label: { en: narcotics,'),
    'releases/b.en.md': release('B of the service', '2024-01-20T09:00'),
  })
  const { code, errors, output } = await service.push(temporaryFolder(whole))
  expect(code).toBe(1)
  expect(errors).toContain(
    'releases/b.en.md:1  The service has this release in its own content folder.',
  )
  expect(errors).toContain('topics.yaml  drugs  The service has this topic in its own topics.yaml')
  expect(errors).not.toContain('migration')
  expect(output).toContain('5 new releases')
})

test('a dry run tells what would be sent and changes nothing', async () => {
  const folder = temporaryFolder(whole)
  const service = await running()
  const before = await service.text('/all/feed.json')
  const outcome = await service.push(folder, '--dry-run')
  expect(outcome).toMatchObject({
    code: 0,
    output: expect.stringContaining('Nothing was changed.'),
  })
  expect(outcome.output).toContain('would take 2 new releases')
  expect(await service.text('/all/feed.json')).toBe(before)
  expect(existsSync(join(folder, '.push'))).toBe(false)
})

test('a site that differs is told before anything is sent', async () => {
  const folder = temporaryFolder(whole)
  const differences = {
    'its id is another one': siteYaml.replace('0c0f5b1e', '0c0f5b1f'),
    'its time zone is not Europe/Helsinki': siteYaml.replace('Europe/Helsinki', 'Europe/Stockholm'),
    'it has no language fi': siteYaml
      .replace('[en, fi, sv]', '[en, sv]')
      .replaceAll(/, fi: [^,}]*/g, ''),
    'it has no publisher ministry': siteYaml.replace('ministry: {', 'office: {'),
  }
  for (const [sentence, site] of Object.entries(differences)) {
    const service = await running({ 'site.yaml': site })
    const { code, errors } = await service.push(folder)
    expect([code, errors]).toEqual([1, expect.stringContaining(sentence)])
    expect(service.sent()).toEqual([])
  }
})

test('who names the wrong service, or may not send, is told why', async () => {
  const folder = temporaryFolder(whole)
  const push = async (to: string, environment: Record<string, string> = { PUBLISH_TOKEN: token }) =>
    runCommand(registerPush, ['push', folder, '--to', to], { environment })
  const service = await running()
  expect(await push(service.url, {})).toMatchObject({
    code: 2,
    errors: expect.stringContaining('There is no token.'),
  })
  expect(await push(service.url, { PUBLISH_TOKEN: 'wrong' })).toMatchObject({
    code: 1,
    errors: expect.stringContaining('does not know this token'),
  })
  expect(await push('http://releases.example.org')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('https://releases.example.org'),
  })
  expect((await push('releases.example.org')).code).toBe(2)
  const closed = await running({}, ({ path }) =>
    path.startsWith('/api') ? { status: 403 } : undefined,
  )
  expect((await push(closed.url)).errors).toContain('status 403')
  const other = await running({}, () => ({ status: 404 }))
  expect((await push(other.url)).errors).toContain('There is no Tiedote with an API at')
  const moved = await running({}, () => ({
    status: 308,
    headers: { Location: 'https://new.example/x' },
  }))
  expect((await push(moved.url)).errors).toContain('sends us on to https://new.example. Name that')
  const file = join(folder, 'token')
  writeFileSync(file, `${token}\n`)
  const args = ['push', folder, '--to', service.url, '--token-file', file]
  expect((await runCommand(registerPush, args)).code).toBe(0)
})
