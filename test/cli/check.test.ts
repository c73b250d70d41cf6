import { expect, onTestFinished, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { checkFeed } from '../../src/cli/check-feed.ts'
import { serviceInMemory } from '../../src/cli/service.ts'
import { createAddresses } from '../../src/domain/addresses.ts'
import { allReleases } from '../../src/domain/feed-query.ts'
import type { FormatName } from '../../src/feeds/formats.ts'
import type { Walked } from '../../src/probe/walk-feed.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { runCommand } from './run.ts'

const published = 'published: 2024-01-24T09:00'
const baseUrl = 'https://releases.example.org'
const everything = allReleases('en')
const toCome = `published: ${new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10)}`

test('a folder without fault is checked in every language, topic and format, and is fine', async () => {
  const folder = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [asylum]']),
    'releases/a.fi.md': markdown(['title: Ä', published, 'topics: [asylum]']),
  })
  const { code, output, errors } = await runCommand(registerCheck, ['check', folder, '--verbose'])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output).toMatch(/\n\/fi\/topics\/migration +1 +0 +3 +\d KB {2}ok\n/)
  expect(output).toMatch(/\n\/all\/feed +2 +0 +3 +\d KB {2}ok\n/)
  expect(output).toContain(
    'Topics without releases: immigration, crime, organised-crime, drugs, eu, space-travel',
  )
  // Four languages with that of all, eight topics, everything and withdrawals, three formats.
  expect(output).toContain('120 feeds, 120 documents')
  expect(output.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})

test('feeds of publishers and kinds are checked where there are several', async () => {
  const folder = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published]),
    'releases/b.en.md': markdown(['title: B', published, 'publisher: customs', 'kind: speech']),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder, '--verbose'])
  expect(code).toBe(0)
  expect(output).toMatch(/\n\/topics\/by:customs +1 +0 +3 +\d KB {2}ok\n/)
  expect(output).toMatch(/\n\/all\/topics\/kind:press-release +1 +0 +3 +\d KB {2}ok\n/)
})

test('every problem of a folder is told with file, line and field, and the exit code is 1', async () => {
  const folder = temporaryFolder({
    'releases/a.en.md': markdown(['title: A', published, 'topics: [migrtion]']),
    'releases/b.en.md': markdown(['title: B', 'published: tomorrow']),
    'releases/notes.txt': 'x',
  })
  const { code, output, errors } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(1)
  expect(output).toContain('releases/a.en.md:4  topics 1  "migrtion" is not a topic.')
  expect(output).toContain('releases/b.en.md:3  published  "tomorrow" is not a date')
  expect(output).toContain('releases/notes.txt:1  Warning: This file is not read.')
  expect(output).toContain('The feeds are looked at once this is mended.')
  expect(errors).toBe(`Something is wrong with ${folder}.`)
})

test('a text that YAML cuts, or a label of two topics, is wrong here and only a warning where it loads', async () => {
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\ncrime: { label: { en: crime, fi: EU } }\n',
    'releases/a.en.md': markdown(['title: The campaign #SafeBorders', published]),
    'releases/b.en.md': markdown([
      'title: B # perhaps a comment',
      published,
      'event: { start: 2024-01-24, place: Antwerp, Belgium }',
    ]),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(1)
  expect(output).toContain('topics.yaml:2  crime.label.fi  "EU" is a name of eu already;')
  expect(output).toContain('releases/a.en.md:2  "#SafeBorders" is taken for a comment')
  expect(output).toContain('releases/b.en.md:2  Warning: "# perhaps a comment" is taken')
  expect(output).toContain('releases/b.en.md:4  "Belgium" is left out, because a comma')
  expect(output).toContain('3 wrong, 1 warnings')
  const service = await serviceInMemory(folder, { baseUrl })
  onTestFinished(() => service.close())
  expect(service.problems.every(({ warning }) => warning)).toBe(true)
  expect(service.drafts).toHaveLength(2)
})

test('what a service takes for its age alone is wrong where it is written', async () => {
  const withdrawn = 'withdrawn: { at: 2099-01-01T10:00, reason: The call has ended. }'
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': markdown(['title: A', published, withdrawn]),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(1)
  expect(output).toContain('releases/a.en.md:4  withdrawn.at  This time lies in the future.')
})

test('the folder is CONTENT_DIR unless another is named, and one that is not there is said so', async () => {
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': markdown(['title: A', published]),
  })
  const environment = { CONTENT_DIR: folder }
  expect((await runCommand(registerCheck, ['check'], { environment })).code).toBe(0)
  const { code, output } = await runCommand(registerCheck, ['check', '/nowhere'])
  expect(code).toBe(1)
  expect(output).toContain('site.yaml:1  There is no such file in /nowhere.')
})

test('a link whose address is no UTF-8 leads nowhere, and stops nothing', async () => {
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': markdown(['title: A', published], '[Old page](/p%E4iv%E4.html)'),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect({ code, output }).toEqual({
    code: 0,
    output: expect.stringContaining('releases/a.en.md:6  body  Warning: There is nothing at '),
  })
})

test('links that lead nowhere are warnings, and those to what comes out later are wrong', async () => {
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': markdown(
      ['title: A', published],
      '[Here](b.en.md), [gone](gone.en.md),\n[to come](c.en.md), [a topic](/topics/eu).',
    ),
    'releases/b.en.md': markdown(['title: B', published], '[No topic](/topics/nothing)'),
    'releases/c.en.md': markdown(['title: C', toCome], '[To come](d.en.md)'),
    'releases/d.en.md': markdown(['title: D', toCome]),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(1)
  const told = output.split('\n').filter((line) => line.includes('body'))
  expect(told).toEqual([
    expect.stringMatching(/^releases\/a\.en\.md:6 {2}body {2}Warning: There is nothing at .*gone/),
    expect.stringMatching(/^releases\/a\.en\.md:7 {2}body {2}The link to .*\/c leads/),
    expect.stringMatching(
      /^releases\/b\.en\.md:6 {2}body {2}Warning: There is nothing at .*nothing/,
    ),
  ])
})

test('slugs that publishers share are warnings, because limited tokens may not do that', async () => {
  const by = (publisher: string, more: string[] = []) =>
    markdown(['title: A', published, `publisher: ${publisher}`, ...more])
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/a.en.md': by('ministry', ['formerly: [old-a]']),
    'releases/a.fi.md': by('customs'),
    'releases/b.en.md': by('customs', ['formerly: [old-b, old-a]', 'corrects: a']),
    'releases/c.en.md': by('ministry', ['formerly: [old-c]', 'corrects: old-b']),
    'releases/c.fi.md': by('ministry', ['formerly: [old-c, old-a]', 'corrects: a']),
    'releases/d.en.md': by('customs', ['formerly: [a]', 'corrects: b']),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(0)
  const warnings = output.split('\n').filter((line) => line.includes('A token that is limited'))
  const told = warnings.map((line) =>
    line.replace(/ {2}Warning: /, ' ').replace(/\. A token.*/, ''),
  )
  expect(told).toEqual([
    'releases/a.fi.md:1  slug a.fi (customs) shares the slug a with a.en (ministry)',
    'releases/b.en.md:5  formerly b.en (customs) shares the slug old-a with a.en (ministry)',
    'releases/b.en.md:6  corrects b.en (customs) corrects a.en (ministry)',
    'releases/c.en.md:6  corrects c.en (ministry) corrects b.en (customs)',
    'releases/c.fi.md:5  formerly c.fi (ministry) shares the slug old-a with b.en (customs)',
    'releases/c.fi.md:6  corrects c.fi (ministry) corrects a.fi (customs)',
    'releases/d.en.md:5  formerly d.en (customs) shares the slug a with a.en (ministry)',
  ])
  expect((await runCommand(registerCheck, ['check', folder, '--strict'])).code).toBe(1)
})

test('a hundred releases are all reached, and the report for programs says through how many documents', async () => {
  const lines = Array.from({ length: 120 }, (_, index) => {
    const day = new Date(Date.UTC(2020, 0, 1 + index * 5)).toISOString()
    const body = { markdown: 'Text. '.repeat(20) }
    return JSON.stringify({ slug: `r-${index}`, language: 'en', title: 'R', published: day, body })
  })
  const folder = temporaryFolder({
    'topics.yaml': 'eu: { label: EU }\n',
    'releases/all.jsonl': lines.join('\n'),
  })
  const { code, output } = await runCommand(registerCheck, ['check', folder, '--json'])
  const { ok, feeds } = JSON.parse(output) as { ok: boolean; feeds: Walked[] }
  expect({ code, ok }).toEqual({ code: 0, ok: true })
  const feed = feeds.find(({ address }) => address.endsWith('3000/feed.atom'))
  expect(feed).toMatchObject({ releases: 50, archived: 70, troubles: [] })
  expect(feed!.documents).toBeGreaterThan(1)
})

/** A service with releases enough for archives, whose documents are changed on their way. */
async function troubled() {
  const lines = Array.from({ length: 60 }, (_, index) => {
    const published = new Date(Date.UTC(2024, 0, 1 + index)).toISOString()
    const body = { markdown: 'Text.' }
    return JSON.stringify({ slug: `r-${index}`, language: 'en', title: 'R', published, body })
  })
  const folder = temporaryFolder({ 'releases/all.jsonl': lines.join('\n') })
  const service = await serviceInMemory(folder, { baseUrl })
  onTestFinished(() => service.close())
  const state = await service.store.state(Math.floor(Date.now() / 1000))
  const addresses = createAddresses(baseUrl, state.site)
  /** What is found to be wrong with a feed. */
  return async (
    format: FormatName,
    change: (text: string, address: string) => string | Response,
  ): Promise<string> => {
    const fetch = async (request: Request) => {
      const response = await service.fetch(request)
      const changed = change(await response.text(), request.url)
      return typeof changed === 'string' ? new Response(changed, response) : changed
    }
    const walked = await checkFeed({ ...service, fetch }, everything, format, { state, addresses })
    return walked.troubles.map(({ message }) => message).join('\n')
  }
}

test('what is wrong with a feed is found, in each format', async () => {
  const troubles = await troubled()
  const same = (text: string) => text
  expect(await troubles('rss', same)).toBe('')
  const broken: [FormatName, (text: string, address: string) => string | Response, RegExp][] = [
    ['atom', (text) => text.replace('</title>', '</titel>'), /^is not well-formed: \d+:\d+: /],
    ['rss', (text) => text.replace('<item>', '<item>\u0001'), /^is not well-formed/],
    ['json', (text) => text.slice(0, -5), /^is not well-formed/],
    ['rss', (text) => text.replaceAll('rss', 'rdf'), /is <rdf>, and not <rss>/],
    ['atom', () => new Response('', { status: 500 }), /^is answered 500/],
    [
      'rss',
      (text) => text.replace(/\d\d:\d\d:\d\d GMT/, '9 in the morning'),
      /as lastBuildDate, no time/,
    ],
    [
      'json',
      (text) => text.replace(/(?<name>date_published":")20\d\d/, '$<name>2190'),
      /lies in the future/,
    ],
    ['atom', (text) => text.replace(/(<entry[^]*?<\/entry>)/, '$1$1'), /has urn:uuid:\S+ 2 times/],
    ['rss', (text) => text.replace(/<guid[^]*?<\/guid>/, ''), /^has no identity for "R"/],
    [
      'atom',
      (text) => text.replace(/(rel="self"[^>]*?href="https:\/\/)/, '$1www.'),
      /says that its address is https:\/\/www\./,
    ],
    [
      'rss',
      (text) => text.replace('</channel>', `${' '.repeat(250_000)}</channel>`),
      /KB, and should have at most 250 KB/,
    ],
    ['json', (text) => text + ' '.repeat(1_000_000), /readers give up/],
    // Releases that no document leads to: the archives are cut off, or one lacks a release.
    [
      'atom',
      (text) => text.replaceAll('prev-archive', 'archive'),
      /archives lack r-\d\.en, r-\d\.en, r-\d\.en and 7 more/,
    ],
    [
      'json',
      (text, address) =>
        address.includes('archive') ? text.replace(/"id":"urn/g, '"id":"other') : text,
      /archives lack/,
    ],
    [
      'rss',
      (text, address) =>
        address.includes('archive') ? text.replace('rel="current"', 'rel="prev-archive"') : text,
      /leads to itself/,
    ],
  ]
  for (const [format, change, trouble] of broken) {
    expect(await troubles(format, change)).toMatch(trouble)
  }
})
