// Looks at a folder that the store knows, which the service does every half minute.
import { renameSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { bringInLine } from '../../src/content/bring-in-line.ts'
import { wordsOf } from '../../src/content/words.ts'
import { formatProblem } from '../../src/domain/problem.ts'
import type { ContentStore } from '../../src/domain/release-store.ts'
import { createContentStore } from '../../src/store/content-store.ts'
import { markdown, siteYaml, temporaryFolder, writeFiles } from '../content-folder.ts'
import { hurriedClock, nodePress } from '../platforms.ts'
import { interruptedLook } from './interrupted-look.ts'

const fields = ['title: A', 'published: 2024-01-24T09:00', 'topics: [migration]']

function filesOf(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `releases/release-${index}.en.md`)
  return Object.fromEntries(names.map((name) => [name, markdown(fields)]))
}

const sent = {
  method: 'PUT',
  headers: { authorization: 'Bearer a-secret-of-the-newsroom', 'content-type': 'application/json' },
  body: JSON.stringify({ title: 'b', topics: ['migration'], body: { html: '<p>Text.</p>' } }),
}

/** A folder that was taken up beside a release of the API, and what a look asks the store. */
async function known(files: Record<string, string>) {
  const directory = temporaryFolder(files)
  const clock = hurriedClock()
  const press = await nodePress(directory, clock)
  expect((await press.fetch('/api/releases/sent/en', sent)).status).toBe(201)
  const asked: string[] = []
  const database = press.database()
  const listening = {
    prepare: (sql: string) => (asked.push(sql), database.prepare(sql)),
    batch: (all: Parameters<typeof database.batch>[0]) => database.batch(all),
  }
  const store = createContentStore(listening, { wordsOf })
  const look = async (program = 'test', as: ContentStore = store) => {
    asked.length = 0
    const options = { batch: crypto.randomUUID(), program, clock, isServing: true }
    const problems = await bringInLine(directory, as, options)
    return { asked: [...asked], told: problems.map(formatProblem) }
  }
  const titles = async () => {
    const feed = await (await press.fetch('/feed.json')).json()
    return (feed as { items: { id: string; title: string }[] }).items.map(({ title }) => title)
  }
  return { directory, store, look, titles, press }
}

test('a look that finds nothing new asks as much of two hundred releases as of two, also beside the API', async () => {
  const [few, many] = await Promise.all([known(filesOf(2)), known(filesOf(200))])
  const asked = (await few.look()).asked
  expect((await many.look()).asked).toEqual(asked)
  expect(asked.filter((sql) => sql.includes('hash'))).toEqual([])
  // Nor does one new release among them ask anything of each of the others.
  for (const one of [few, many]) {
    writeFiles(one.directory, {
      'releases/new.en.md': markdown(['title: New', ...fields.slice(1)]),
    })
  }
  const single = ({ asked: all }: { asked: string[] }) =>
    all.filter((sql) => /^\s*select 1 from release/.test(sql))
  expect(single(await many.look())).toEqual(single(await few.look()))
  expect(await many.titles()).toContain('New')
})

test('what the API takes in meanwhile is left out of a look, also where its change is decided again', async () => {
  const { directory, store, look, titles, press } = await known(filesOf(1))
  const named = (title: string) => markdown([`title: ${title}`, ...fields.slice(1)])
  writeFiles(directory, {
    'releases/taken.en.md': named('Taken'),
    'releases/new.en.md': named('New'),
  })
  const other = interruptedLook(store, 'program', async () => {
    expect((await press.fetch('/api/releases/taken/en', sent)).status).toBe(201)
    const database = press.database()
    const commit = database.batch.bind(database)
    vi.spyOn(database, 'batch').mockImplementationOnce(async (statements) => {
      await database.prepare("update state set value = value + 1 where key = 'revision'").all()
      return commit(statements)
    })
  })
  expect((await look('test', other)).told).toEqual([])
  expect((await titles()).toSorted()).toEqual(['A', 'New', 'b', 'b'])
})

test('what is wrong is told at every look, whatever else has changed or not', async () => {
  const { directory, look } = await known({
    ...filesOf(2),
    'releases/notes.txt': 'Notes.',
    'releases/draft.en.md': markdown(['title: Draft', 'draft: true']),
  })
  writeFiles(directory, { 'releases/sent.en.md': markdown(fields) })
  const told = [
    expect.stringMatching(/^releases\/notes\.txt/),
    expect.stringMatching(/^releases\/sent\.en\.md.*came in through the API/),
  ]
  expect((await look()).told).toEqual(told)
  expect((await look()).told).toEqual(told)
  writeFiles(directory, { 'releases/new.en.md': markdown(fields) })
  expect((await look()).told).toEqual(told)
  expect((await look()).told).toEqual(told)
})

test('while something is wrong beside the releases, nothing of the store changes', async () => {
  const { directory, look, press } = await known({
    ...filesOf(2),
    'site.yaml': `${siteYaml}logo: media/logo.png\n`,
    'media/logo.png': 'A picture',
  })
  rmSync(join(directory, 'media/logo.png'))
  const before = await press.revision()
  expect((await look('another')).told).toEqual([expect.stringMatching(/^site\.yaml.*logo/)])
  expect(await press.revision()).toBe(before)
})

const lines = (...slugs: string[]) =>
  slugs
    .map((slug) => {
      const body = { markdown: 'Text.' }
      const release = { slug, language: 'en', title: slug, topics: ['eu'], body }
      return `${JSON.stringify({ ...release, published: '2024-01-24T09:00' })}\n`
    })
    .join('')

/** When a file was changed, in seconds: no copy loses a part of that. */
const longAgo = 1_000_000_000

/** A text of a release that mentions a file. */
const map = '[Map](../media/map.pdf)'

const changes: [string, (directory: string) => void, string[]][] = [
  ['a file goes', (directory) => rmSync(join(directory, 'releases/a.en.md')), ['b', 'one', 'two']],
  [
    'the last file of a kind goes',
    (directory) => rmSync(join(directory, 'releases/lines.jsonl')),
    ['a', 'b'],
  ],
  [
    'a file is written anew',
    (directory) => {
      const text = markdown(['title: another', ...fields.slice(1)])
      writeFiles(directory, { 'releases/a.en.md': text })
    },
    ['another', 'b', 'one', 'two'],
  ],
  [
    'a file is replaced by one of its size and its time',
    (directory) => {
      const path = join(directory, 'releases/a.en.md')
      writeFiles(directory, { 'releases/a.en.md': markdown(['title: c', ...fields.slice(1)], map) })
      utimesSync(path, longAgo, longAgo)
    },
    ['b', 'c', 'one', 'two'],
  ],
  [
    'a line of many goes and another comes',
    (directory) => writeFiles(directory, { 'releases/lines.jsonl': lines('two', 'three') }),
    ['a', 'b', 'three', 'two'],
  ],
  [
    'a file is renamed',
    (directory) => {
      const [before, now] = ['a', 'd'].map((name) => join(directory, `releases/${name}.en.md`))
      renameSync(before!, now!)
    },
    ['a', 'b', 'one', 'two'],
  ],
  [
    'the rules for crawlers change',
    (directory) => writeFiles(directory, { 'robots.txt': 'User-agent: *\nDisallow: /search' }),
    ['a', 'b', 'one', 'two'],
  ],
  [
    'a file changes that a release attaches',
    (directory) => writeFiles(directory, { 'media/map.pdf': 'A larger map' }),
    ['a', 'b', 'one', 'two'],
  ],
]

test.each(changes)(
  'when %s, it is taken up, and the next look is small',
  async (_, change, titles) => {
    const folder = await known({
      'releases/a.en.md': markdown(['title: a', ...fields.slice(1)], map),
      'releases/lines.jsonl': lines('one', 'two'),
      'media/map.pdf': 'A map',
      'robots.txt': 'User-agent: *\nDisallow: /fi/search\n',
    })
    utimesSync(join(folder.directory, 'releases/a.en.md'), longAgo, longAgo)
    await folder.look()
    const small = (await folder.look()).asked.length
    change(folder.directory)
    expect((await folder.look()).asked.length).toBeGreaterThan(small)
    expect((await folder.titles()).toSorted()).toEqual(titles)
    expect((await folder.look()).asked).toHaveLength(small)
    expect((await folder.titles()).toSorted()).toEqual(titles)
  },
)

test('a new file with the identity of a release that has not changed is told, and nothing is taken up', async () => {
  const { directory, look, titles } = await known({
    'releases/a.en.md': markdown([...fields, 'id: urn:of:a']),
  })
  writeFiles(directory, { 'releases/b.en.md': markdown([...fields, 'id: urn:of:a']) })
  expect((await look()).told).toEqual([
    expect.stringContaining('The same release is in releases/a.en.md already'),
  ])
  expect(await titles()).toEqual(['b', 'A'])
})
