import { readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadContent } from '../../src/content/load-content.ts'
import { formatProblem } from '../../src/domain/problem.ts'
import type { Draft, KnownContent } from '../../src/domain/publishing.ts'
import { knownOf } from '../known-content.ts'
import { markdown, siteYaml, temporaryFolder, topicsYaml, writeFiles } from '../content-folder.ts'

/** When folders are read. */
const now = Date.UTC(2026, 0, 1) / 1000

async function load(directory: string, known?: KnownContent) {
  const drafts: Draft[] = []
  const loaded = await loadContent(directory, {
    ...(known && { known }),
    now,
    stage: async (more) => void drafts.push(...more),
  })
  return { ...loaded, drafts, lines: loaded.problems.map(formatProblem) }
}

/** What the store would remember after all of it was brought in. */
function remember({ content, drafts }: Awaited<ReturnType<typeof load>>): KnownContent {
  return knownOf(content!.files, drafts)
}

const good = [
  'title: Ministers meet',
  'published: 2024-01-24T09:00:00+02:00',
  'topics: [migration]',
]

test('a release in Markdown is read with all that its author left out', async () => {
  const body = 'First *paragraph* of the text.\n\nSecond paragraph.'
  const directory = temporaryFolder({ 'releases/2024/ministers-meet.en.md': markdown(good, body) })
  const { drafts, problems } = await load(directory)
  expect(problems).toEqual([])
  expect(drafts).toHaveLength(1)
  expect(drafts[0]!.release).toMatchObject({
    slug: 'ministers-meet',
    language: 'en',
    title: 'Ministers meet',
    lead: 'First paragraph of the text. Second paragraph.',
    html: '<p>First <em>paragraph</em> of the text.</p>\n<p>Second paragraph.</p>',
    published: Date.UTC(2024, 0, 24, 7) / 1000,
    topics: ['migration'],
    publisher: 'ministry',
    kind: 'press-release',
  })
})

test('a line of JSONL is the same release as its Markdown file', async () => {
  const release = {
    slug: 'ministers-meet',
    language: 'en',
    title: 'Ministers meet',
    published: '2024-01-24T09:00:00+02:00',
    topics: ['migration'],
    body: { markdown: 'The text of the release.\n' },
  }
  const one = await load(temporaryFolder({ 'releases/ministers-meet.en.md': markdown(good) }))
  const other = await load(
    temporaryFolder({ 'releases/all.jsonl': `${JSON.stringify(release)}\n\n` }),
  )
  expect(other.problems).toEqual([])
  expect(other.drafts[0]!.release).toEqual(one.drafts[0]!.release)
})

test('every problem of a folder is reported at once, with file, line, field and what to write', async () => {
  const directory = temporaryFolder({
    'topics.yaml': `${topicsYaml}lonely:\n  label: { fi: yksinäinen }\n`,
    'releases/a.en.md': markdown([
      'titel: Ministers meet',
      'published: 24.1.2024',
      'topics: [migrtion]',
    ]),
    'releases/b.en.md': markdown(['title: Meeting: today', 'published: 2024-01-24']),
    'releases/c.en.md': 'No fields here\n',
    'releases/d.de.md': markdown(good),
    'releases/Ä.en.md': markdown(good),
    'releases/e.jsonl': '{"slug": "e"}\nnonsense\n',
    'releases/f.en.md': markdown([
      ...good,
      'kind: rumour',
      'publisher: nobody',
      'contacts:',
      '  - { name: Press office }',
      '  - { role: Director }',
      'attachments: [{ file: missing.pdf }]',
    ]),
  })
  const { content, lines } = await load(directory)
  expect(content).toBeUndefined()
  expect(lines).toEqual([
    'topics.yaml:25  lonely.label  The default language is missing. Write en: and the text.',
    'releases/a.en.md:2  title  The field is missing. Write one line, such as title: Ministers to discuss migration.',
    'releases/a.en.md:3  published  "24.1.2024" is not how dates are written here. Write it as 2024-01-24, or with a time such as 2024-01-24T09:00:00+02:00.',
    'releases/a.en.md:4  topics 1  "migrtion" is not a topic. Write migration or immigration, or add it to topics.yaml.',
    'releases/a.en.md:2  titel  There is no field "titel". Write title instead, or remove it.',
    'releases/b.en.md:2  A value that contains a colon and a space needs quotes. Write title: "Meeting: today".',
    'releases/c.en.md:1  The file does not begin with its fields. Write a line ---, the fields, and a line ---.',
    'releases/d.de.md:1  file name  "de" is not a language of this site. Write one of en, fi, sv, or add it to languages in site.yaml.',
    'releases/e.jsonl:1  language  The field is missing. Write a language tag such as en.',
    'releases/e.jsonl:1  title  The field is missing. Write one line, such as title: Ministers to discuss migration.',
    'releases/e.jsonl:1  published  The field is missing. Write a date and time such as 2024-01-24T09:00.',
    'releases/e.jsonl:1  body  The field is missing. Write the text of the release.',
    expect.stringMatching(
      /^releases\/e\.jsonl:2 {2}This line is not JSON \(.*\)\. Write one whole release on it\.$/,
    ),
    'releases/f.en.md:6  publisher  "nobody" is not a publisher. Write one of ministry, customs, or add it to publishers in site.yaml.',
    'releases/f.en.md:5  kind  "rumour" is not a kind. Write one of press-release, statement, speech, advisory.',
    'releases/f.en.md:9  contacts 2.name  The field is missing. Write a name.',
    'releases/f.en.md:10  attachments  There is no file media/missing.pdf. Put it there, or write the name of one that is.',
    'releases/Ä.en.md:1  file name  This is not fit for an address. Write lower-case letters a–z, digits and hyphens.',
  ])
})

test('a missing attachment or image is a problem, in the text and in the fields', async () => {
  const directory = temporaryFolder({
    'media/agenda.pdf': 'PDF',
    'releases/a.en.md': markdown(
      [...good, 'attachments: [{ file: agenda.pdf }, { file: other.pdf }]'],
      'See ![a map](../media/map.png) and [the agenda](../media/agenda.pdf).',
    ),
  })
  expect((await load(directory)).lines).toEqual([
    'releases/a.en.md:7  body  There is no file media/map.png. Put it there, or write the name of one that is.',
    'releases/a.en.md:5  attachments 2.file  There is no file media/other.pdf. Put it there, or write the name of one that is.',
  ])
})

test('wrong topics are told: names used twice, circles, missing and renamed ones', async () => {
  const directory = temporaryFolder({
    'topics.yaml': [
      'one: { label: one, broader: two }',
      'two: { label: two, broader: one }',
      'three: { label: three, aliases: [one] }',
      'four: { label: four, broader: tree }',
      'old: { renamed: gone }',
      'one-two: { label: "One, two" }',
      '',
    ].join('\n'),
  })
  expect((await load(directory)).lines).toEqual([
    'topics.yaml:1  one.broader  This topic is broader than itself, by way of others. Remove one "broader".',
    'topics.yaml:2  two.broader  This topic is broader than itself, by way of others. Remove one "broader".',
    'topics.yaml:3  three.aliases  "one" already means one. Remove it from one of the two.',
    'topics.yaml:4  four.broader  "tree" is not a topic. Write three, or add it.',
    'topics.yaml:6  one-two.label.en  Warning: Some readers split "One, two" at the comma. Write it without a comma.',
    expect.stringMatching(/^topics\.yaml:5 {2}old\.renamed {2}"gone" is not a topic\./),
  ])
})

test('a label with a comma is only a warning (C-12)', async () => {
  const directory = temporaryFolder({
    'topics.yaml': 'fraud:\n  label: { en: "Fraud, waste" }\n',
    'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24', 'topics: [fraud]']),
  })
  const { content, lines } = await load(directory)
  expect(content).toBeDefined()
  expect(lines).toEqual([
    'topics.yaml:2  fraud.label.en  Warning: Some readers split "Fraud, waste" at the comma. Write it without a comma.',
  ])
})

test('a folder without site.yaml, or with a wrong one, says so', async () => {
  const directory = temporaryFolder({
    'site.yaml': siteYaml.replace('Europe/Helsinki', 'Helsinki'),
  })
  expect((await load(directory)).lines).toEqual([
    'site.yaml:5  timezone  This is not a time zone. Write one such as Europe/Helsinki.',
  ])
  rmSync(join(directory, 'site.yaml'))
  expect((await load(directory)).lines[0]).toMatch(
    /^site\.yaml:1 {2}There is no such file in .* CONTENT_DIR/,
  )
})

test('publishers that were renamed lead to one that is there, and those that end to one that goes on', async () => {
  const directory = temporaryFolder({
    'site.yaml': `${siteYaml}  toll: { renamed: old-toll }
  old-toll: { renamed: customs }
  lost: { renamed: nobody }
  round: { renamed: circle }
  circle: { renamed: round }
  ports: { name: { en: Ports }, retired: { at: 2024-02-01, replacedBy: [harbours] } }
  harbours: { name: { en: Harbours }, retired: { at: 2024-02-01, until: 2024-01-01 } }
`,
  })
  expect((await load(directory)).lines).toEqual([
    'site.yaml:15  publishers.harbours.retired  The feed would be gone before it has ended. Write a later time as until.',
  ])
  const text = readFileSync(join(directory, 'site.yaml'), 'utf8')
  writeFiles(directory, { 'site.yaml': text.replace(', until: 2024-01-01', '') })
  const none = (name: string) =>
    `"${name}" is not a publisher. Write one of ministry, customs, ports, harbours.`
  expect((await load(directory)).lines).toEqual([
    `site.yaml:11  publishers.lost.renamed  ${none('nobody')}`,
    `site.yaml:12  publishers.round.renamed  ${none('circle')}`,
    `site.yaml:13  publishers.circle.renamed  ${none('round')}`,
    'site.yaml:14  publishers.ports.retired.replacedBy  "harbours" is no publisher that goes on. Write another one, or leave it out.',
  ])
  const right = text
    .split('\n')
    .filter((line) => !/^ {2}(lost|round|circle|ports|harbours):/.test(line))
  writeFiles(directory, {
    'site.yaml': right.join('\n'),
    'releases/a.en.md': markdown(['title: A', 'published: 2024-01-24', 'publisher: toll']),
  })
  const { content, lines } = await load(directory)
  expect(lines).toEqual([])
  expect(content?.site.formerPublishers).toEqual({ toll: 'customs', 'old-toll': 'customs' })
})

test('the same release written twice is a problem', async () => {
  const directory = temporaryFolder({
    'releases/2023/a.en.md': markdown(good),
    'releases/2024/a.en.md': markdown(good),
    'releases/2024/b.en.md': markdown([...good, 'formerly: [a]']),
  })
  expect((await load(directory)).lines).toEqual([
    'releases/2024/a.en.md:1  slug  The same release is in releases/2023/a.en.md already. Remove one, or change its slug, language or "formerly".',
    'releases/2024/b.en.md:1  slug  The same release is in releases/2023/a.en.md already. Remove one, or change its slug, language or "formerly".',
  ])
})

test('a release keeps its identity under a new slug when it says what it was called', async () => {
  const before = await load(temporaryFolder({ 'releases/a.en.md': markdown(good) }))
  const after = await load(
    temporaryFolder({ 'releases/b.en.md': markdown([...good, 'formerly: [a]']) }),
  )
  expect(after.drafts[0]!.release.id).toBe(before.drafts[0]!.release.id)
})

test('values need no quotes: numbers, yes and no, and telephone numbers stay text', async () => {
  const fields = [
    'title: 2024',
    'published: 2024-01-24',
    'topics: []',
    'contacts: [{ name: No, phone: 0401234 }]',
  ]
  const { drafts } = await load(temporaryFolder({ 'releases/a.en.md': markdown(fields) }))
  expect(drafts[0]!.release).toMatchObject({
    title: '2024',
    contacts: [{ name: 'No', phone: '0401234' }],
  })
})

test('line ends of Windows and a byte order mark are understood', async () => {
  const text = `\ufeff${markdown([...good, 'lead: The lead.'])}`.replaceAll('\n', '\r\n')
  const { drafts, problems } = await load(temporaryFolder({ 'releases/a.en.md': text }))
  expect(problems).toEqual([])
  expect(drafts[0]!.release).toMatchObject({
    lead: 'The lead.',
    html: '<p>The text of the release.</p>',
  })
})

test('links between files become addresses, everything else absolute (C-10)', async () => {
  const body = [
    '[agenda](../../media/the%20agenda.pdf) [other](other-release.fi.md) [own](ministers-meet.en.md)',
    '[root](/about) [relative](next) [far](https://example.org/a?b=1&c=2) [mail](mailto:a@example.org)',
    '[script](javascript:alert(1)) [data](data:text/html,x) ![image](//cdn.example.org/i.png)',
  ].join('\n')
  const directory = temporaryFolder({
    'media/the agenda.pdf': 'PDF',
    'releases/2024/ministers-meet.en.md': markdown(good, body),
  })
  const { drafts, problems } = await load(directory)
  expect(problems).toEqual([])
  const { html } = drafts[0]!.release
  expect(Array.from(html.matchAll(/(?:href|src)="([^"]*)"/g), ([, address]) => address)).toEqual([
    'https://tiedote.invalid/media/the%20agenda.pdf',
    'https://tiedote.invalid/fi/releases/other-release',
    'https://tiedote.invalid/releases/ministers-meet',
    'https://tiedote.invalid/about',
    'https://tiedote.invalid/releases/next',
    'https://example.org/a?b=1&amp;c=2',
    'mailto:a@example.org',
    'https://cdn.example.org/i.png',
  ])
})

test('only what changed is read again', async () => {
  const line = (slug: string, title: string) =>
    JSON.stringify({
      slug,
      language: 'en',
      title,
      published: '2024-01-24',
      body: { html: '<p>Text</p>' },
    })
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(good),
    'releases/many.jsonl': `${line('b', 'B')}\n${line('c', 'C')}\n`,
  })
  const first = await load(directory)
  const known = remember(first)
  expect((await load(directory, known)).drafts).toEqual([])

  writeFiles(directory, { 'releases/many.jsonl': `${line('b', 'B')}\n${line('c', 'Changed')}\n` })
  const second = await load(directory, known)
  expect(second.drafts.map(({ source }) => source)).toEqual(['releases/many.jsonl#c.en'])

  rmSync(join(directory, 'releases/a.en.md'))
  const third = await load(directory, known)
  expect(third.content!.removed).toEqual(['releases/a.en.md'])
})

test('a file that was only touched is read, but nothing is staged', async () => {
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(good) })
  const known = remember(await load(directory))
  utimesSync(join(directory, 'releases/a.en.md'), new Date(), new Date(1_600_000_000_000))
  const again = await load(directory, known)
  expect(again.drafts).toEqual([])
  expect(again.content!.files).not.toEqual(known.files)
})

test('every field that does not exist is told, not only the first', async () => {
  const fields = [
    ...good,
    'Lead: x',
    'contact: y',
    'contacts: [{ name: A, tel: "1" }]',
    'kind: rumour',
  ]
  const { lines } = await load(temporaryFolder({ 'releases/a.en.md': markdown(fields) }))
  expect(lines.map((line) => line.split('  ').slice(0, 2).join(' '))).toEqual([
    'releases/a.en.md:8 kind',
    'releases/a.en.md:7 contacts 1.tel',
    'releases/a.en.md:5 Lead',
    'releases/a.en.md:6 contact',
  ])
})

test('two releases at one address are a problem, whatever their identities', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(good),
    'releases/b/a.en.md': markdown([...good, 'formerly: [z]']),
  })
  expect((await load(directory)).lines).toEqual([
    'releases/b/a.en.md:1  slug  The same release is in releases/a.en.md already. Remove one, or change its slug, language or "formerly".',
  ])
})

test('files that cannot be read are told with their names', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': markdown(good),
    'releases/b.en.md': Uint8Array.from(Buffer.from(markdown(good), 'utf8'), (byte) => byte).fill(
      0xe4,
      20,
      22,
    ),
    'releases/c.markdown': markdown(good),
    'releases/d.en.md': '---\njust text\n---\n',
  })
  symlinkSync('nowhere', join(directory, 'releases/broken.en.md'))
  symlinkSync(directory, join(directory, 'releases/folder.en.md'))
  const { lines } = await load(directory)
  expect(lines).toEqual([
    expect.stringMatching(/^releases\/broken\.en\.md:1 {2}The file cannot be read \(ENOENT/),
    expect.stringMatching(/^releases\/folder\.en\.md:1 {2}Warning: This is a link to a folder/),
    expect.stringMatching(/^releases\/c\.markdown:1 {2}Warning: This file is not read/),
    expect.stringMatching(/^releases\/b\.en\.md:1 {2}The file is not written in UTF-8/),
    expect.stringMatching(/^releases\/d\.en\.md:1 {2}These are no fields/),
  ])
})

test('a folder of releases that was moved away is a problem, not the end of every release', async () => {
  const directory = temporaryFolder({ 'releases/a.en.md': markdown(good) })
  const known = remember(await load(directory))
  rmSync(join(directory, 'releases'), { recursive: true })
  const { content, lines } = await load(directory, known)
  expect(content).toBeUndefined()
  expect(lines).toEqual([expect.stringContaining('There is no release any more')])
})

test('an event may begin and end on one day, with or without times', async () => {
  for (const event of [
    '{ start: 2024-01-24, end: 2024-01-24 }',
    '{ start: "2024-01-24T09:00", end: 2024-01-24 }',
    '{ start: 2024-01-25, end: "2024-01-25T01:00" }',
  ]) {
    const { problems } = await load(
      temporaryFolder({ 'releases/a.en.md': markdown([...good, `event: ${event}`]) }),
    )
    expect(problems).toEqual([])
  }
  const wrong = markdown([...good, 'event: { start: 2024-01-25, end: 2024-01-24 }'])
  expect((await load(temporaryFolder({ 'releases/a.en.md': wrong }))).lines).toEqual([
    'releases/a.en.md:5  event  The event ends before it starts. Write the earlier date as start.',
  ])
})

test('what is struck out stays struck out, and a list of tasks keeps its boxes', async () => {
  const body = '~~500~~ 600 people\n\n- [x] done\n- [ ] open'
  const { drafts } = await load(temporaryFolder({ 'releases/a.en.md': markdown(good, body) }))
  expect(drafts[0]!.release.html).toContain('<s>500</s> 600 people')
  expect(drafts[0]!.release.html).toMatch(/☑ done[^]*☐ open/)
})

test('bodies that would hold a parser for minutes are refused at once, odd names are no danger', async () => {
  const deep = '<div>'.repeat(100_000)
  expect((await load(temporaryFolder({ 'releases/a.en.md': markdown(good, deep) }))).lines).toEqual(
    [
      'releases/a.en.md:6  body  The HTML is nested deeper than 200 elements. Write it more plainly.',
    ],
  )
  const odd = '<constructor a=b>x</constructor> <valueof c=d>y</valueof>'
  const { drafts } = await load(temporaryFolder({ 'releases/a.en.md': markdown(good, odd) }))
  expect(drafts[0]!.release.html).toBe(
    '<p>&lt;constructor a=b&gt;x&lt;/constructor&gt; &lt;valueof c=d&gt;y&lt;/valueof&gt;</p>',
  )
})

test('topics.yaml that is no YAML is told alone, not once more for every topic of every release', async () => {
  const directory = temporaryFolder({
    'topics.yaml': 'migration: { label: migration',
    'releases/a.en.md': markdown(good),
  })
  const { lines } = await load(directory)
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.every((line) => line.startsWith('topics.yaml:'))).toBe(true)
})

test('a file is the same whether its letters are composed or not', async () => {
  const composed = 'k\u00e4yntikartta.pdf'
  const decomposed = composed.normalize('NFD')
  for (const [onDisk, written] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const { lines, drafts } = await load(
      temporaryFolder({
        [`media/${onDisk}`]: 'PDF',
        'releases/a.en.md': markdown(
          [...good, `attachments: [{ file: ${written} }]`],
          `See [it](../media/${written}).`,
        ),
      }),
    )
    expect(lines).toEqual([])
    expect(drafts[0]!.media).toEqual([`media/${written}`])
  }
})

test('pictures that nobody would see are told, and files are found behind any part of an address', async () => {
  const { lines, drafts } = await load(
    temporaryFolder({
      'media/my photo.jpg': 'JPEG',
      'media/b.pdf': 'PDF',
      'releases/a.en.md': markdown(
        good,
        '![a](port.jpg) ![b](../media/my photo.jpg) [c](../media/b.pdf#page=3) [d](../media/no.pdf?v=2) ![e](data:image/png;base64,AA)',
      ),
    }),
  )
  expect(drafts[0]!.media).toEqual(['media/my photo.jpg', 'media/b.pdf'])
  expect(lines).toEqual([
    'releases/a.en.md:6  body  Warning: "port.jpg" is not in the media folder as it is written. Put the file into media/ and write ../../media/ and its name.',
    'releases/a.en.md:6  body  Warning: "data:image/png;base64,AA" is pasted into the text, which readers do not show. Put the file into media/ and write ../../media/ and its name.',
    'releases/a.en.md:6  body  Warning: There is no file media/no.pdf. Put it there, or write the name of one that is.',
  ])
})

const withdrawnAhead = markdown([
  ...good,
  'withdrawn: { at: 2033-01-01T10:00, reason: It has ended. }',
])
const lineAhead = JSON.stringify({
  slug: 'call',
  language: 'en',
  title: 'Call',
  published: '2024-01-24T09:00',
  withdrawn: { at: '2033-01-01T10:00', reason: 'It has ended.' },
  body: { markdown: 'Apply.' },
})

test('a release that is withdrawn in advance stands, and that is told', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': withdrawnAhead,
    'releases/b.jsonl': lineAhead,
  })
  const { drafts, problems } = await load(directory)
  expect(drafts.map(({ release }) => release.withdrawn)).toEqual([undefined, undefined])
  expect(problems).toMatchObject([
    { file: 'releases/a.en.md', line: 5, warning: true, tolerated: true },
    { file: 'releases/b.jsonl', line: 1, warning: true, tolerated: true },
  ])
  expect(problems[0]!.message).toContain('cannot be withdrawn in advance')
})

test('one that readers know to be withdrawn stays so, whatever time is written', async () => {
  const directory = temporaryFolder({
    'releases/a.en.md': withdrawnAhead,
    'releases/b.jsonl': lineAhead,
  })
  const known: KnownContent = {
    lastChange: '',
    files: new Map(),
    drafts: async () =>
      new Map(
        ['releases/a.en.md', 'releases/b.jsonl#call.en'].map((source) => [
          source,
          { source, origin: '', hash: '', id: source, withdrawn: 1 },
        ]),
      ),
  }
  const { drafts, problems } = await load(directory, known)
  expect(drafts.map(({ release }) => release.withdrawn?.at)).toEqual(
    Array(2).fill(Date.UTC(2033, 0, 1, 8) / 1000),
  )
  expect(problems.map(({ warning, tolerated }) => [warning, tolerated])).toEqual([
    [true, undefined],
    [true, undefined],
  ])
})

test('a change that is dated ahead is told', async () => {
  const change = (at: string) => `changes: [{ at: ${at}, kind: correction, note: Wrong day. }]`
  const directory = temporaryFolder({
    'releases/a.en.md': markdown([...good, change('2033-01-01T10:00')]),
    'releases/b.en.md': markdown([...good, change('2025-01-01T10:00')]),
    // Of a release that is still to come.
    'releases/c.en.md': markdown([
      'title: C',
      'published: 2034-01-01T10:00',
      change('2033-01-01T10:00'),
    ]),
  })
  const { lines } = await load(directory)
  expect(lines).toEqual([
    'releases/a.en.md:5  changes 1.at  Warning: This time lies in the future, and the text has changed already. Write when that was done.',
  ])
})

test('what programs leave behind is not read, and nothing is said of it', async () => {
  const release = markdown(good)
  const names = [
    'releases/.trash/a.en.md',
    'releases/2024/.stversions/good.en~20240102-030405.md',
    'releases/2024/.AppleDouble/good.en.md',
    'releases/.git/x/y.en.md',
    'releases/2024/#recycle/a.en.md',
    'releases/@eaDir/good.en.md/thumb.md',
    'releases/__MACOSX/b.en.md',
    'releases/2024/.good.en.md',
    'releases/2024/.good.en.md.swp',
    'releases/2024/~$good.en.md',
    'releases/2024/good.en.md~',
    'releases/2024/#good.en.md#',
    'releases/2024/Thumbs.db',
    'releases/desktop.ini',
    'media/Thumbs.db',
  ]
  const directory = temporaryFolder({
    'releases/2024/good.en.md': release,
    // Other folders may be called as they like.
    'releases/trash/other.en.md': release,
    ...Object.fromEntries(names.map((name) => [name, release])),
  })
  const { drafts, lines } = await load(directory)
  expect(drafts.map(({ source }) => source)).toEqual([
    'releases/2024/good.en.md',
    'releases/trash/other.en.md',
  ])
  expect(lines).toEqual([])
})

test('a link to a file is read, and one to a folder is told', async () => {
  const elsewhere = temporaryFolder({ 'a.en.md': markdown(good), 'b.en.md': markdown(good) })
  const directory = temporaryFolder({ 'releases/c.en.md': markdown(good), 'media/x.pdf': 'x' })
  symlinkSync(elsewhere, join(directory, 'releases/2025'))
  symlinkSync(join(elsewhere, 'b.en.md'), join(directory, 'releases/b.en.md'))
  symlinkSync('..', join(directory, 'releases/round'))
  symlinkSync(elsewhere, join(directory, 'media/share'))
  const { drafts, lines } = await load(directory)
  expect(drafts.map(({ source }) => source)).toEqual(['releases/b.en.md', 'releases/c.en.md'])
  const message =
    'This is a link to a folder, and links to folders are not followed. Put the folder itself here, or links to its files.'
  expect(lines.toSorted()).toEqual(
    ['media/share', 'releases/2025', 'releases/round'].map(
      (file) => `${file}:1  Warning: ${message}`,
    ),
  )
})

test('the folders of releases and media may be links themselves', async () => {
  const elsewhere = temporaryFolder({ 'r/a.en.md': markdown(good) })
  const directory = temporaryFolder()
  symlinkSync(join(elsewhere, 'r'), join(directory, 'releases'))
  const { drafts, lines } = await load(directory)
  expect(drafts.map(({ source }) => source)).toEqual(['releases/a.en.md'])
  expect(lines).toEqual([])
})

test('a file that was touched is the same, and nothing of how it lies on the disk is kept', async () => {
  const directory = temporaryFolder({
    'media/agenda.pdf': 'PDF',
    'releases/a.en.md': markdown([...good, 'attachments: [{ file: agenda.pdf }]']),
  })
  const [before] = (await load(directory)).drafts
  utimesSync(join(directory, 'media/agenda.pdf'), 1000, 1000)
  const [after] = (await load(directory)).drafts
  expect(after!.hash).toBe(before!.hash)
  expect(Object.keys(after!.release.attachments[0]!).toSorted()).toEqual([
    'path',
    'size',
    'title',
    'type',
  ])
})

test.each([
  ['open', (depth: number) => '{'.repeat(depth)],
  ['closed', (depth: number) => `a: ${'{'.repeat(depth)}b${'}'.repeat(depth)}\n`],
])('hundreds of braces in a row take no time, %s', async (_, braces) => {
  for (const depth of [200, 8000]) {
    const directory = temporaryFolder({
      'topics.yaml': braces(depth),
      'releases/a.en.md': `---\n${braces(depth)}\n---\nText.\n`,
    })
    const began = process.cpuUsage()
    expect((await load(directory)).content).toBeUndefined()
    writeFiles(directory, { 'topics.yaml': topicsYaml })
    expect((await load(directory)).content).toBeUndefined()
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1000).toBeLessThan(5000)
  }
})
