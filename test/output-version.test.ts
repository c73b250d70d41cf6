// Holds the version of the output honest. What the service makes of the content below, the libraries that
// read and write it, and the feeds of `feeds/golden.test.ts` lie in `fixtures/golden/`; which version made
// them is told in `fixtures/output-versions.json`. After an intended change this writes them anew, and the next
// run says what to raise: npx vitest run --config test/vitest.config.ts output-version golden -u
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadContent } from '../src/content/load-content.ts'
import { outputVersion, programVersion } from '../src/domain/output-version.ts'
import type { Draft } from '../src/domain/publishing.ts'
import { markdown, siteYaml, temporaryFolder, topicsYaml } from './content-folder.ts'
import { baseUrl, nodePress } from './platforms.ts'
import { createSimulatedClock } from './readers/simulated-clock.ts'

const now = Date.UTC(2024, 0, 31, 8) / 1000
const golden = join(import.meta.dirname, 'fixtures/golden')

/** Something of all that a text may hold. */
const text = `The meeting begins with a **working dinner** & *music*. See the [agenda](media/agenda.pdf), the
[Finnish version](meeting.fi.md), <https://example.org/?a=1&b=2> and press@ministry.example.

## In short

1. first
2. second
   - "quoted", it’s – and so on …
   - \`code\` and ~~wrong~~

> Said, and  
> broken.

| day | topic |
| :-- | ----: |
| 24  | crime |

![Cranes](media/port.png "At night")

\`\`\`
<script>alert(1)</script>
\`\`\`

<details><summary>More</summary><p onclick="x()">Kept <a href="javascript:x">text</a>.</p></details>

***
`

const html = `<h1>Title</h1><p style="color: red">A paragraph <b>without end
<ul><li>one<li>two</ul><iframe src="https://video.example/1"></iframe>
<p>See <a href="https://releases.example.org/releases/meeting">the meeting</a>, <em>H<sub>2</sub>O</em>
<table><tr><td>1<td>2</table><blockquote cite="/releases/meeting">Quoted</blockquote>&nbsp;&hellip;`

const files = {
  'site.yaml': `${siteYaml}logo: media/port.png
homepage: https://ministry.example/
rights: { en: © The Ministry }
`,
  'topics.yaml': `${topicsYaml}
ports:
  label: { en: ports }
  retired: { at: 2024-01-20, until: 2034-01-01, replacedBy: [drugs], note: { en: All done. } }
`,
  'media/agenda.pdf': '%PDF-1.4',
  // A picture of three by two.
  'media/port.png': Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAADElEQVR4nGNgwAQAABQAAVMQmXIAAAAASUVORK5CYII=',
    'base64',
  ),
  'releases/meeting.en.md': markdown(
    [
      'title: Ministers\' "meeting" & <more>',
      'lead: They meet.',
      'published: 2024-01-24T09:00',
      'topics: [migration, organised-crime]',
      'attachments: [{ file: agenda.pdf, title: Agenda }, { file: port.png, alt: A port, credit: E }]',
      'contacts: [{ name: Press office, role: Desk, phone: "+358 1", email: a@b.example, for: all }]',
      'event: { start: 2024-01-24, end: 2024-01-25T13:00+02:00, place: Antwerp }',
      'changes: [{ at: 2024-01-25T09:00, kind: correction, note: The date was wrong. }]',
      'related: [{ url: "https://example.org/", title: More }]',
      'formerly: [meet]',
    ],
    text,
  ),
  'releases/meeting.fi.md': markdown(
    ['title: Ministerit tapaavat', 'published: 2024-01-24T10:00', 'topics: [migration]'],
    'Kokous alkaa.',
  ),
  'releases/wrong.en.md': markdown([
    'title: Wrong',
    'published: 2024-01-24T11:00',
    'topics: [eu]',
    'withdrawn: { at: 2024-01-26T09:00, reason: It was wrong., replacedBy: right }',
  ]),
  'releases/lines.jsonl': [
    {
      slug: 'right',
      language: 'en',
      title: 'Right',
      published: '2024-01-26T10:00',
      topics: ['eu', 'ports'],
      corrects: 'wrong',
      body: { html },
    },
    // More than a head holds, so that there is an archive.
    ...Array.from({ length: 51 }, (_, index) => ({
      slug: `old-${index}`,
      language: 'sv',
      title: `Gammal ${index}`,
      published: `${1970 + index}-03-04T09:00Z`,
      topics: ['drugs'],
      kind: 'speech',
      publisher: 'customs',
      body: { markdown: 'Text.' },
    })),
  ]
    .map((line) => JSON.stringify(line))
    .join('\n'),
}

/** What is asked for, and the file that has the answer. */
const documents = {
  '/': 'home.html',
  '/fi/topics/migration': 'topic.fi.html',
  '/topics/ports': 'topic-that-ended.html',
  '/?q=dinner': 'search.html',
  '/releases/meeting': 'release.html',
  '/fi/releases/meeting': 'release.fi.html',
  '/releases/wrong': 'release-withdrawn.html',
  '/withdrawals.rss': 'withdrawals.rss',
  '/withdrawals.atom': 'withdrawals.atom',
  '/withdrawals.json': 'withdrawals.json',
  '/topics/ports.rss': 'topic-that-ended.rss',
  '/topics/ports.atom': 'topic-that-ended.atom',
  '/topics/ports.json': 'topic-that-ended.json',
  '/all/topics/eu.atom': 'topic-in-all-languages.atom',
  '/feed.ics': 'feed.ics',
  '/all/topics/eu.ics': 'topic-in-all-languages.ics',
  '/releases/wrong.json': 'release-withdrawn.json',
  '/topics.json': 'topics.json',
  '/feeds.opml': 'feeds.opml',
  '/sitemap.xml': 'sitemap.xml',
  '/sitemap-topics-1.xml': 'sitemap-topics.xml',
  '/sitemap-releases-1.xml': 'sitemap-releases.xml',
  '/news-sitemap.xml': 'news-sitemap.xml',
}

/** What makes a text of what somebody wrote, stores what it is found by, or writes documents. */
const libraries =
  'valibot yaml marked parse5 xss porter2 @orama/stemmers image-size mrmime feed ical-generator hono'.split(
    ' ',
  )

/** What to do about a change that is intended. */
const howTo = 'has changed: the first lines of test/output-version.test.ts say what to do'

test('the documents of a site with something of everything are these, byte for byte', async () => {
  const press = await nodePress(temporaryFolder(files), createSimulatedClock(now))
  for (const [path, file] of Object.entries(documents)) {
    const answer = await press.fetch(path, { headers: { 'Accept-Encoding': 'identity' } })
    await expect(unversioned(await answer.text()), `${path} ${howTo}`).toMatchFileSnapshot(
      join(golden, 'service', file),
    )
  }
  const head = await (await press.fetch('/sv/topics/drugs.atom')).text()
  const [, archive] = /rel="prev-archive"[^>]* href="[^"]*org([^"]+)"/.exec(head)!
  const older = unversioned(await (await press.fetch(archive!)).text())
  await expect(older, `${archive} ${howTo}`).toMatchFileSnapshot(
    join(golden, 'service/archive.atom'),
  )
  await press.close()
})

test('what is stored of releases is this', async () => {
  const drafts: Draft[] = []
  const { problems } = await loadContent(temporaryFolder(files), {
    stage: async (some) => void drafts.push(...some),
    now,
    baseUrl,
  })
  expect(problems.filter(({ warning }) => !warning)).toEqual([])
  const stored = drafts
    .filter(({ release }) => !release.slug.startsWith('old-'))
    // The fingerprint of the text is made with the version.
    .map((draft) => ({ ...draft, origin: undefined }))
  const lines = `${JSON.stringify(stored, null, 2)}\n`
  await expect(lines, `What is stored ${howTo}`).toMatchFileSnapshot(join(golden, 'stored.json'))
})

test('libraries that read and write are of these versions', async () => {
  const versions = Object.fromEntries(installed(libraries))
  const lines = `${JSON.stringify(versions, null, 2)}\n`
  await expect(lines, `A version ${howTo}`).toMatchFileSnapshot(join(golden, 'libraries.json'))
})

test('the version of the output is raised when anything of this changes', () => {
  const ledger = 'fixtures/output-versions.json'
  const told = JSON.parse(readFileSync(join(import.meta.dirname, ledger), 'utf8')) as Digests
  const last = Number(Object.keys(told).at(-1))
  const digest = digestOfFolder(golden)
  const next = last === outputVersion ? last + 1 : outputVersion
  const advice = `The golden documents are not those of version ${outputVersion}. Write ${next} as outputVersion in src/domain/output-version.ts, and add "${next}": "${digest}" to test/${ledger}. The lines that are there stay.`
  expect([last, told[outputVersion]], advice).toEqual([outputVersion, digest])
})

test('the program has the version that its package has', () => {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  expect(JSON.parse(text)).toMatchObject({ version: programVersion })
})

/** The golden folder of each version. */
type Digests = Record<string, string>

/** The version of the program moves the dates of documents by itself, and is no reason to read all content anew. */
function unversioned(document: string): string {
  return document.replaceAll(programVersion, '{version}')
}

/** Names and versions of packages with all that they bring along, as package-lock.json has them. */
function installed(names: string[]): Map<string, string> {
  type Package = { version: string; dependencies?: Record<string, string> }
  const { packages } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'),
  ) as { packages: Record<string, Package> }
  const found = new Map<string, string>()
  const waiting = names.map((name) => `node_modules/${name}`)
  for (const path of waiting) {
    const { version, dependencies = {} } = packages[path]!
    found.set(path.slice('node_modules/'.length), version)
    for (const name of Object.keys(dependencies)) {
      const own = `${path}/node_modules/${name}`
      const place = own in packages ? own : `node_modules/${name}`
      if (!waiting.includes(place)) waiting.push(place)
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function digestOfFolder(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name.slice(folder.length)}\n`).update(readFileSync(name))
  return hash.digest('hex').slice(0, 32)
}
