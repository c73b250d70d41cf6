// What `check` stops although the service takes it.
import { expect, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { registerNew } from '../../src/cli/new.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { runCommand } from './run.ts'

const published = 'published: 2024-01-24T09:00'
const day = 86_400_000

/** A time in some days from now, where the office is in tests. */
function inDays(days: number, time: string): string {
  const date = new Date(Date.now() + days * day)
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Helsinki' }).format(date)
  return `published: ${local}T${time}`
}

/** What is said of some releases: the exit code, and the lines without their file. */
async function checked(files: Record<string, string>, ...options: string[]) {
  const folder = temporaryFolder({ 'topics.yaml': 'eu: { label: EU }\n', ...files })
  const { code, output } = await runCommand(registerCheck, ['check', folder, ...options])
  return { code, output, lines: output.split('\n').filter((line) => /^[\w/.-]+:\d+ /.test(line)) }
}

/** The same of one release with some more fields. */
async function checkedOne(fields: string[], body?: string) {
  const text = markdown(['title: A', published, ...fields], body)
  return checked({ 'releases/a.en.md': text })
}

test('a release as `new` leaves it may not go out', async () => {
  const folder = temporaryFolder({ 'topics.yaml': 'eu: { label: EU }\n' })
  await runCommand(registerNew, ['new', '--title', 'New station', '--folder', folder])
  const { code, output } = await runCommand(registerCheck, ['check', folder])
  expect(code).toBe(1)
  expect(output).toMatch(/new-station\.en\.md:\d\d {2}body {2}"Write the text here\." stands here/)
})

const wrong: [what: string, fields: string[], body: string | undefined, told: RegExp][] = [
  ['an empty text', [], '', /:4 {2}body {2}There is no text\./],
  [
    'a lead of the example',
    ['lead: The new station opens on 3 March.'],
    undefined,
    /:4 {2}lead {2}"The new/,
  ],
  [
    'a picture without words',
    [],
    'Text.\n\n![](https://office.example/port.jpg)',
    /:8 {2}body {2}The picture port\.jpg has no/,
  ],
  [
    'a picture that is not there',
    [],
    'Text.\n\n![A port](port.jpg)',
    /body {2}"port\.jpg" is not in the media folder/,
  ],
  [
    'a mail address that is none',
    ['contacts: [{ name: Press, email: press(at)office.example }]'],
    undefined,
    /:4 {2}contacts 1\.email {2}"press\(at\)office\.example" is no mail address/,
  ],
  [
    'a telephone number that is none',
    ['contacts:', '  - name: Press', '    phone: ask us'],
    undefined,
    /:6 {2}contacts 1\.phone {2}"ask us" is no telephone number/,
  ],
]

test.each(wrong)('%s is wrong', async (_, fields, body, told) => {
  const { code, lines } = await checkedOne(fields, body)
  expect(lines.join('\n')).toMatch(told)
  expect(lines.join('\n')).not.toContain('Warning')
  expect(code).toBe(1)
})

test('what is wrong in a file of JSONL is told with its line, whatever it is about', async () => {
  const line = (slug: string, more: object) =>
    JSON.stringify({ slug, language: 'en', title: slug, published: '2024-01-24T09:00', ...more })
  const fine = { body: { markdown: 'Text.' } }
  const { lines } = await checked({
    'releases/a.jsonl': [
      line('one', fine),
      '',
      line('two', { body: { markdown: 'Write the text here.' } }),
      line('three', { ...fine, contacts: [{ name: 'Press', email: 'press(at)office.example' }] }),
      line('four', { body: { markdown: 'See [it](/releases/nowhere).' } }),
      line('five', { ...fine, title: 'One' }),
    ].join('\n'),
  })
  const places = lines.map((one) => one.split('  ').slice(0, 2).join(' '))
  expect(places).toEqual([
    'releases/a.jsonl:3 body',
    'releases/a.jsonl:4 contacts 1.email',
    'releases/a.jsonl:6 title',
    'releases/a.jsonl:5 body',
  ])
})

test('an attached picture without alt is wrong, another file needs none', async () => {
  const attachments = 'attachments: [{ file: port.jpg }, { file: agenda.pdf }]'
  const { lines } = await checked({
    'media/port.jpg': 'x',
    'media/agenda.pdf': 'x',
    'releases/a.en.md': markdown(['title: A', published, attachments]),
  })
  expect(lines).toEqual([
    'releases/a.en.md:4  attachments 1.alt  port.jpg has no alt. Say what it shows, for those who cannot see it.',
  ])
})

test('times that cannot be right are wrong, and of an event that is far ahead a warning', async () => {
  const year = new Date().getUTCFullYear()
  const { code, lines } = await checked({
    'releases/a.en.md': markdown(['title: A', 'published: 1824-01-24T09:00']),
    'releases/b.en.md': markdown(['title: B', `published: ${year + 3}-01-24T09:00`]),
    'releases/c.en.md': markdown(['title: C', published, 'event: { start: 1024-01-24 }']),
  })
  expect(code).toBe(1)
  expect(lines).toEqual([
    'releases/a.en.md:3  published  This is before the year 1900. Write the right year.',
    'releases/b.en.md:3  published  This is more than two years ahead. Write the right year.',
    'releases/c.en.md:4  event  This is before the year 1900. Write the right year.',
  ])
  const { code: fine, lines: warned } = await checkedOne([`event: { start: ${year + 4}-01-24 }`])
  expect(fine).toBe(0)
  expect(warned).toEqual([expect.stringContaining('event  Warning: This is more than two years')])
})

test('what is only unwise is a warning, which --strict takes for a problem', async () => {
  const files = {
    'releases/a.en.md': markdown([
      'title: Ministers meet',
      published,
      'contacts: [{ name: Press }, { name: Minister }]',
    ]),
    'releases/a.fi.md': markdown(['title: Ministerit', published, 'contacts: [{ name: Press }]']),
    'releases/b.en.md': markdown(['title: Ministers meet', 'published: 2024-01-30T09:00']),
    'releases/c.en.md': markdown([`title: ${'long '.repeat(40)}`, published]),
    'releases/d.en.md': markdown(['title: D', published, `lead: ${'long '.repeat(500)}`]),
    'releases/e.en.md': markdown(['title: Ministers meet', 'published: 2024-03-30T09:00']),
  }
  const { code, lines } = await checked(files)
  expect(code).toBe(0)
  expect(lines).toEqual([
    expect.stringMatching(/c\.en\.md:2 {2}title {2}Warning: This has 199 characters/),
    expect.stringMatching(/d\.en\.md:4 {2}lead {2}Warning: This has 2499 characters/),
    expect.stringMatching(/b\.en\.md:2 {2}title {2}Warning: a has the same title/),
    expect.stringMatching(/a\.fi\.md:4 {2}contacts {2}Warning: This version has 1 contacts, .* 2/),
  ])
  expect((await checked(files, '--strict')).code).toBe(1)
})

test('a withdrawal of which nobody would be told is a warning', async () => {
  const told = async (published: string, at: string) => {
    const fields = [published, `withdrawn: { at: ${at}, reason: Wrong }`]
    return (await checked({ 'releases/a.en.md': markdown(['title: A', ...fields]) })).lines
  }
  expect(await told(published, '2023-01-25T10:00')).toEqual([
    expect.stringMatching(
      /a\.en\.md:4 {2}withdrawn\.at {2}Warning: This is before the release was/,
    ),
  ])
  expect(await told(published, '2024-01-24')).toEqual([])
  expect(await told(published, '2024-01-25T10:00')).toEqual([])
  // Nobody saw it, and nobody will.
  expect(await told(inDays(2, '09:00'), '2024-01-25T10:00')).toEqual([])
})

test('of a draft, and of what an office archived, everything is a warning', async () => {
  const { code, lines } = await checked({
    'releases/a.en.md': markdown(['title: A', 'draft: true'], 'Write the text here.'),
    'releases/b.en.md': markdown(['title: B', published, 'archived: true'], ''),
    'releases/c.en.md': markdown(['title: C', published], 'See [A](a.en.md).'),
  })
  expect(code).toBe(1)
  expect(lines).toEqual([
    expect.stringMatching(/b\.en\.md:5 {2}body {2}Warning: There is no text/),
    expect.stringMatching(/a\.en\.md:6 {2}body {2}Warning: "Write the text here/),
    expect.stringMatching(/c\.en\.md:6 {2}body {2}The link to .* as long as that release is a dr/),
  ])
})

test('the last sentence says what comes out when, and the feeds are listed only with --verbose', async () => {
  const files = {
    'releases/a.en.md': markdown(['title: A', inDays(1, '09:00')]),
    'releases/a.fi.md': markdown(['title: Ä', inDays(1, '09:00')]),
    'releases/b.en.md': markdown(['title: B', inDays(30, '12:30')]),
    'releases/c.en.md': markdown(['title: C', 'draft: true']),
    'releases/d.en.md': markdown(['title: D', published]),
  }
  const { code, output } = await checked(files)
  expect(code).toBe(0)
  expect(output.split('\n').at(-1)).toMatch(
    /^2 releases come out tomorrow at 09:00\. 1 release comes out on \w+ \d+ \w+ \d{4} at 12:30\. 1 draft is not public\.$/,
  )
  expect(output).not.toContain('/topics/eu')
  expect((await checked(files, '--verbose')).output).toContain('/topics/eu')
  const one = await checked({ 'releases/d.en.md': markdown(['title: D', published]) })
  expect(one.output.split('\n').at(-1)).toBe('No release is to come.')
})
