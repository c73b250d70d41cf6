import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { registerNew } from '../../src/cli/new.ts'
import { parseTime } from '../../src/domain/time.ts'
import { markdown, temporaryFolder } from '../content-folder.ts'
import { runCommand } from './run.ts'

/** The release files of a folder, and what stands in them. */
function filesOf(folder: string): Record<string, string> {
  const below = join(folder, 'releases')
  if (!existsSync(below)) return {}
  const paths = readdirSync(below, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    paths.map((path) => [path.slice(below.length + 1), readFileSync(path, 'utf8')]),
  )
}

/** Replaces what stands in new files for the text. */
function writeText(folder: string) {
  for (const [path, text] of Object.entries(filesOf(folder))) {
    const written = text.replace('Write the text here.', 'The station opens.')
    writeFileSync(join(folder, 'releases', path), written)
  }
}

function publishedOf(text: string): string {
  return /^published: (.*)$/m.exec(text)![1]!
}

test('with a title alone a release is begun that comes out tomorrow at nine, and passes check once it is written', async () => {
  const folder = temporaryFolder()
  const title = 'Ministers: "we agree" # on #1 [draft]'
  const { code, output, errors } = await runCommand(registerNew, [
    'new',
    '--title',
    title,
    '--folder',
    folder,
  ])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  const [[path, text] = []] = Object.entries(filesOf(folder))
  expect(path).toMatch(/^20\d\d\/ministers-we-agree-on-1-draft\.en\.md$/)
  expect(publishedOf(text!)).toMatch(/T09:00$/)
  const seconds = parseTime(publishedOf(text!), 'Europe/Helsinki')!
  const hours = (seconds - Date.now() / 1000) / 3600
  expect(hours).toBeGreaterThan(8)
  expect(hours).toBeLessThan(34)
  expect(output).toMatch(
    /\.en\.md: write the text\. It comes out on \S+ at 09:00 \(Europe\/Helsinki\)\.$/,
  )
  writeText(folder)
  const checked = await runCommand(registerCheck, ['check', folder, '--strict'])
  expect(checked).toMatchObject({ code: 0, errors: '' })
  expect(checked.output).toContain('0 wrong, 0 warnings')
})

test('every answer may be an option; topics are understood by label and alias', async () => {
  const folder = temporaryFolder()
  const args = [
    'new',
    '--title',
    'Asema',
    '--language',
    'fi,en',
    '--topics',
    'maahanmuutto,organized-crime',
  ]
  const more = [
    '--publisher',
    'customs',
    '--kind',
    'speech',
    '--published',
    '2031-05-06T10:30',
    '--slug',
    'station',
  ]
  const { code } = await runCommand(registerNew, [...args, ...more, '--folder', folder])
  expect(code).toBe(0)
  const files = filesOf(folder)
  expect(Object.keys(files).toSorted()).toEqual(['2031/station.en.md', '2031/station.fi.md'])
  expect(files['2031/station.fi.md']).toMatch(
    /title: Asema\n[^]*published: 2031-05-06T10:30\ntopics: \[immigration, organised-crime\]\npublisher: customs\nkind: speech\n/,
  )
  writeText(folder)
  const checked = await runCommand(registerCheck, ['check', folder, '--strict'])
  // That is far ahead.
  expect(checked.output).toContain('; 2 wrong, 0 warnings')
})

test('a person is asked for what is not given, and a title for each language', async () => {
  const folder = temporaryFolder()
  const answers = [
    ['fi', 'en'],
    'New station',
    'Uusi asema',
    ['eu'],
    'customs',
    'statement',
    '2031-01-02T03:04',
  ]
  const { code, errors } = await runCommand(registerNew, ['new', '--folder', folder], { answers })
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  const files = filesOf(folder)
  expect(files['2031/new-station.en.md']).toMatch(
    /title: New station\n[^]*topics: \[eu\]\npublisher: customs\nkind: statement\n/,
  )
  expect(files['2031/new-station.fi.md']).toMatch(/title: Uusi asema\n/)
})

test('whoever answers "now" is asked whether that is right, and else it is tomorrow', async () => {
  const args = ['--title', 'A', '--language', 'en', '--topics', '', '--publisher', 'ministry']
  const refused = temporaryFolder()
  await runCommand(registerNew, ['new', ...args, '--folder', refused], { answers: ['now', false] })
  expect(publishedOf(Object.values(filesOf(refused))[0]!)).toMatch(/T09:00$/)
  const meant = temporaryFolder()
  const { output } = await runCommand(registerNew, ['new', ...args, '--folder', meant], {
    answers: ['now', true],
  })
  const seconds = parseTime(publishedOf(Object.values(filesOf(meant))[0]!), 'Europe/Helsinki')!
  expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(120)
  expect(output).toContain('it is public as soon as the service sees the file')
})

test('a release in one language is offered in the others, with what need not be translated filled in', async () => {
  const folder = temporaryFolder()
  const begun = [['en'], 'New station', ['eu'], 'customs', 'statement', '2031-01-02T03:04']
  const answers = [...begun, ['fi', 'sv'], 'Uusi asema', 'Ny station']
  const { code, output, errors } = await runCommand(registerNew, ['new', '--folder', folder], {
    answers,
  })
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  const files = filesOf(folder)
  expect(Object.keys(files).toSorted()).toEqual([
    '2031/new-station.en.md',
    '2031/new-station.fi.md',
    '2031/new-station.sv.md',
  ])
  expect(files['2031/new-station.fi.md']).toBe(`---
title: Uusi asema
# lead: The new station opens on 3 March.
published: 2031-01-02T03:04
topics: [eu]
publisher: customs
kind: statement
---

Write the text here.
`)
  expect(output).toMatch(/new-station\.fi\.md, \S+new-station\.sv\.md: translate what stands there/)
  // Nobody has to take it.
  const alone = temporaryFolder()
  await runCommand(registerNew, ['new', '--folder', alone], { answers: [...begun, []] })
  expect(Object.keys(filesOf(alone))).toEqual(['2031/new-station.en.md'])
})

test('a file that is there is never written over, in whatever year', async () => {
  const there = markdown(['title: Old', 'published: 2020-01-01'])
  const folder = temporaryFolder({ 'releases/2020/new-station.fi.md': there })
  const args = ['new', '--title', 'New station', '--language', 'en,fi', '--folder', folder]
  const { code, errors } = await runCommand(registerNew, args)
  expect(code).toBe(1)
  expect(errors).toBe(
    'There is releases/2020/new-station.fi.md already. Name another address with --slug.',
  )
  expect(filesOf(folder)).toEqual({ '2020/new-station.fi.md': there })
})

test('what is wrong is said at once, as sentences, with exit code 2, and nothing is written', async () => {
  const folder = temporaryFolder()
  const args = [
    '--title',
    'A',
    '--language',
    'de',
    '--topics',
    'migrtion',
    '--kind',
    'rumour',
    '--published',
    'soon',
  ]
  const { code, errors } = await runCommand(registerNew, ['new', ...args, '--folder', folder])
  expect(code).toBe(2)
  expect(errors.split('\n')).toEqual([
    '--language has no de. Write en, fi, sv.',
    '--kind has no rumour. Write press-release, statement, speech, advisory.',
    expect.stringMatching(/^--topics has no migrtion\. Write migration/),
    '--published: "soon" is not a date and time. Write one such as 2024-01-24T09:00.',
  ])
  const unasked = await runCommand(registerNew, ['new', '--folder', folder])
  expect(unasked.code).toBe(2)
  expect(unasked.errors).toContain(
    'Nobody can be asked here. Write the answers as options: --title',
  )
  const nowhere = await runCommand(registerNew, ['new', '--title', 'A', '--folder', '/nowhere'])
  expect(nowhere).toMatchObject({
    code: 1,
    errors: expect.stringContaining('no site.yaml in /nowhere'),
  })
  const chinese = await runCommand(registerNew, ['new', '--title', '新闻', '--folder', folder])
  expect(chinese).toMatchObject({ code: 2, errors: expect.stringContaining('--slug') })
  expect(filesOf(folder)).toEqual({})
})

test.each([
  ['29.11.2027 9:00', '2027-11-29T09:00'],
  ['29. marraskuuta 2027 klo 9.30', '2027-11-29T09:30'],
  ['2027-11-29 09:00', '2027-11-29T09:00'],
  ['November 29, 2027, 4 pm', '2027-11-29T16:00'],
])('a time may be written as people do: %s', async (time, published) => {
  const folder = temporaryFolder()
  const args = ['new', '--title', 'A', '--published', time, '--folder', folder]
  expect(await runCommand(registerNew, args)).toMatchObject({ code: 0 })
  expect(publishedOf(Object.values(filesOf(folder))[0]!)).toBe(published)
})

test('a time that may be another one is asked for again', async () => {
  const folder = temporaryFolder()
  for (const time of ['1/2/2027 9:00', '29.11.2027', '31.2.2027 9:00']) {
    const args = ['new', '--title', 'A', '--published', time, '--folder', folder]
    expect(await runCommand(registerNew, args)).toMatchObject({ code: 2 })
  }
  expect(filesOf(folder)).toEqual({})
})

test('a translation lies beside its original, with what need not be translated filled in', async () => {
  const original = [
    'title: New station',
    '# For everybody.',
    'lead: It opens.',
    'published: 2024-05-06T10:30',
    'topics: [immigration]',
    'contacts:',
    '  - name: Press',
    '    phone: "+358 295 421 600"',
    'changes:',
    '  - { at: 2024-05-07, kind: minor, note: A comma. }',
  ]
  const folder = temporaryFolder({ 'releases/2024/new-station.en.md': markdown(original) })
  const file = join(folder, 'releases/2024/new-station.en.md')
  const args = ['new', '--translation-of', file, '--title', 'Uusi asema', '--folder', folder]
  const { code, errors } = await runCommand(registerNew, [...args, '--language', 'fi'])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(filesOf(folder)['2024/new-station.fi.md']).toBe(`---
title: Uusi asema
# lead: The new station opens on 3 March.
published: 2024-05-06T10:30
topics: [immigration]
# Translate role and for.
contacts:
  - name: Press
    phone: "+358 295 421 600"
---

Write the text here.
`)
  writeText(folder)
  expect((await runCommand(registerCheck, ['check', folder, '--strict'])).code).toBe(0)

  const answers = ['Ny station']
  const asked = ['new', '--translation-of', file, '--folder', folder]
  expect(await runCommand(registerNew, asked, { answers })).toMatchObject({ code: 0 })
  expect(filesOf(folder)['2024/new-station.sv.md']).toContain('title: Ny station\n')
  expect(await runCommand(registerNew, asked, { answers })).toMatchObject({
    code: 1,
    errors: 'new-station is there in every language.',
  })
})
