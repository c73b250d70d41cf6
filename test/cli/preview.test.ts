// The whole service on the computer of an author, with what is to come.
import { request } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Preview } from '../../src/cli/preview-server.ts'
import { markdown, temporaryFolder, writeFiles } from '../content-folder.ts'

const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString()

const files = {
  'topics.yaml': 'eu: { label: EU }\n',
  'media/agenda.pdf': '%PDF-1.4 agenda',
  'releases/out.en.md': markdown(['title: Out', 'published: 2024-01-24T09:00']),
  'releases/later.en.md': markdown([
    'title: Later',
    `published: ${tomorrow}`,
    'topics: [eu]',
    'attachments: [{ file: agenda.pdf }]',
  ]),
  'releases/last.fi.md': markdown(['title: Viimeinen', `published: ${inAMonth}`]),
  'releases/idea.en.md': markdown(['title: Idea', 'draft: true'], 'See [it](later.en.md).'),
}

async function previewOf(content: Record<string, string>) {
  const directory = temporaryFolder(content)
  const said: string[] = []
  const output = {
    say: (text: string) => void said.push(text),
    tell: (text: string) => void said.push(text),
  }
  const preview = new Preview(directory, { port: 0, baseUrl: 'https://office.example', output })
  await preview.listen()
  await preview.start()
  onTestFinished(() => preview.stop())
  const ask = async (path: string) => {
    const answer = await fetch(`${preview.address}${path}`)
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return { directory, preview, said, ask }
}

test('what is to come and drafts are seen as the public will see them, and marked', async () => {
  const { ask, said } = await previewOf(files)
  const later = await ask('/releases/later')
  expect(later.status).toBe(200)
  expect(later.text).toMatch(/<strong>Not public:<\/strong> comes out tomorrow at \d\d:\d\d\./)
  expect(later.headers.get('cache-control')).toBe('no-store')
  expect((await ask('/media/agenda.pdf')).text).toBe('%PDF-1.4 agenda')
  expect((await ask('/releases/idea')).text).toContain('<strong>Not public:</strong> a draft.')
  expect((await ask('/fi/releases/last')).text).toContain('<strong>Not public:</strong> comes out')
  expect((await ask('/releases/out')).text).not.toContain('<strong>Not public:')

  const home = await ask('/')
  expect(home.text).toContain('3 releases are not public.')
  expect(home.text).toMatch(/a\[href="\/releases\/later"\]::after\{content:" \(not public: comes/)
  expect(home.text).toContain('href="/releases/later"')
  const { items } = JSON.parse((await ask('/topics/eu.json')).text) as { items: unknown[] }
  expect(items).toHaveLength(1)
  expect(said.join('\n')).toContain('1 release comes out tomorrow')
})

test('a list says what comes out when', async () => {
  const { ask, said } = await previewOf(files)
  const { text } = await ask('/preview')
  expect(text).toMatch(/Later<\/a> \(en\): comes out tomorrow at[^]*Idea<\/a> \(en\): a draft/)
  expect(text).toMatch(/Viimeinen<\/a> \(fi\): comes out on \w+ \d+ \w+ \d{4} at/)
  expect(said.join('\n')).toMatch(/Later \(en\): comes out tomorrow/)
})

test('a saved file is shown, a mistake in it is told, and that it is mended', async () => {
  const { directory, preview, said, ask } = await previewOf(files)
  const version = (await ask('/preview/version')).text
  const later = files['releases/later.en.md']
  writeFiles(directory, { 'releases/later.en.md': later.replace('[eu]', '[nothing]') })
  await vi.waitFor(() => expect(said.join('\n')).toContain('"nothing" is not a topic'), 5000)
  expect((await ask('/preview/version')).text).not.toBe(version)
  const shown = await ask('/releases/later')
  expect(shown.text).toContain('Not public')
  expect(shown.text).toMatch(/releases\/later\.en\.md:4 {2}topics 1 {2}.*is not a topic/)

  writeFiles(directory, { 'releases/later.en.md': later.replace('Later', 'Later still') })
  await vi.waitFor(() => expect(said).toContain('Mended.'), 5000)
  expect((await ask('/releases/later')).text).toContain('Later still')
  expect(preview.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('only what was saved is read again, unless all is read with something else', async () => {
  const { directory, preview, said, ask } = await previewOf(files)
  expect(preview.textsRead).toBe(4)
  const out = files['releases/out.en.md'].replace('Out', 'Out again')
  writeFiles(directory, { 'releases/out.en.md': out })
  await vi.waitFor(async () => expect((await ask('/')).text).toContain('Out again'), 5000)
  expect(preview.textsRead).toBe(5)
  // What was read before is there as before.
  expect((await ask('/releases/later')).text).toContain('comes out tomorrow')
  expect((await ask('/releases/idea')).text).toContain('a draft.')
  const told = said.length
  writeFiles(directory, { 'topics.yaml': 'eu: { label: Union }\n' })
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(told), 5000)
  expect(preview.textsRead).toBe(9)
})

test('a folder that cannot be served yet is told of, and shown once it can be', async () => {
  const { directory, ask } = await previewOf({ ...files, 'topics.yaml': 'eu: { lable: EU }\n' })
  expect(await ask('/')).toMatchObject({ status: 503, text: expect.stringContaining('lable') })
  writeFiles(directory, { 'topics.yaml': 'eu: { label: EU }\n' })
  await vi.waitFor(async () => expect((await ask('/')).status).toBe(200), 5000)
})

test('a page from elsewhere whose name leads to this machine learns nothing', async () => {
  const { preview } = await previewOf(files)
  const status = await new Promise((resolve) => {
    request(`${preview.address}/preview`, { headers: { Host: 'evil.example' } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).end()
  })
  expect(status).toBe(403)
})
