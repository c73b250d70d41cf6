// What somebody wrote in a field comes out as it was written, or is told.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readReleases } from '../../src/content/read-release.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { writtenInMarkdown } from '../../src/content/written-file.ts'
import type { Problem } from '../../src/domain/problem.ts'
import { siteYaml, topicsYaml } from '../content-folder.ts'
import { amount } from '../trials.ts'

const site = readSite(siteYaml).site!
const { vocabulary } = readTopics(topicsYaml, site.languages, site.timezone)

/** What a press office writes, as far as a sign of it means something in YAML. */
const pieces = [
  // Dates, numbers, prices.
  '24.1.2024|24. tammikuuta|2024-01-24|2024-01-24T09:00|12:30:00|klo 9.00|1.10|0295421600|012|0x1F',
  '1e3|-1|+358 (0)295 421 600|.5|1_000|€1,500|12 %|9~11|1–3|10-12',
  // Words that other readers of YAML take for something else.
  'yes|No|null|~|true|off|.inf|.nan|=|<<',
  // Signs that begin something, in the text and before it.
  '#SafeBorders|#4|# 4|C#|bus #3|#|&|&c.|R&D|*|**bold**|*fi|%|5 > 3|>|>5|<b>|@minister|`|!|!Now',
  '?|? why|-|- a|--|---|...|–|[Draft]|[|]|{|}|{x}|{a: b}|\\',
  'Ministers:|Ministers: a meeting|a:b|:|::|: x|Explainer : what|x,|, y|Antwerp, Belgium|a, b: c',
  '"Yes"|“Yes”|”Kyllä”|„Ja“|«Oui»|"tis|it’s|"|“a: b”|C:\\new|AC\\DC|\\u0041|https://x.org/a,b#c|a@b.fi',
  "'tis|it's|'|''|'a: b'",
  '\u00a0|a\u00a0b|\u2009|ääkköset|日本|😀|(a)|a; b|A/B',
  'Minister|joins|the campaign|on Monday|Maahanmuuttovirasto|text  text',
]
  .flatMap((line) => line.split('|'))
  .concat('|', '|-', 'a | b')

const words = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(' ', ' ', ' ', '', '  ', ', ')), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => clean(parts.flat().join('')))
  .filter((text) => text !== '')

/** Space alone makes no difference. */
function clean(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

type Style = (text: string) => string
const single: Style = (text) => `'${text.replaceAll("'", "''")}'`
const double: Style = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
/** As those write who know YAML: these always come out. */
const quoted: Record<string, Style> = {
  single,
  double,
  literal: (text) => `|\n      ${text}`,
  folded: (text) => `>\n      ${text.replaceAll(/ (?=\S)/g, '\n      ')}`,
}
/** As everybody else writes, also over several lines. */
const plain: Record<string, Style> = {
  plain: (text) => text,
  'with spaces behind': (text) => `${text}  `,
  // Not behind a first sign, which would make a list or a block of the rest.
  broken: (text) => text.replaceAll(/(?<!^\S*) (?=\S)/g, '\n      '),
}

/** A text in all fields of a release that take any. */
function releaseWith(style: Style, text: string): string {
  const value = style(text)
  return `---
title: ${value}
lead: ${value}
published: 2024-01-24T09:00
event:
  start: 2024-01-24
  place: ${value}
contacts:
  - name: ${value}
    role: ${value}
    phone: ${value}
    for: ${value}
related:
  - title: ${value}
    url: https://example.org/
changes:
  - kind: minor
    note: ${value}
    at: 2024-01-25T09:00
---

Text.
`
}

/** The same between braces. */
function releaseInBraces(style: Style, text: string): string {
  const value = style(text)
  return `---
title: A
published: 2024-01-24T09:00
event: { start: 2024-01-24, place: ${value} }
contacts: [{ name: ${value}, role: ${value}, for: ${value} }]
related:
  - { title: ${value}, url: "https://example.org/" }
---

Text.
`
}

type Outcome = { texts: string[]; problems: Problem[] }

async function readRelease(source: string): Promise<Outcome> {
  const { written, problems } = writtenInMarkdown('releases/a.en.md', source)
  if (!written) return { texts: [], problems }
  const origin = { source: '', origin: '' }
  const [read] = await readReleases(
    [{ written, origin, isNew: false, now: Date.UTC(2026, 0, 1) / 1000 }],
    { site, vocabulary },
  )
  const { title, lead, event, contacts, related, changes } = read!.draft?.release ?? {}
  const { name, role, phone, for: about } = contacts?.[0] ?? {}
  const own = title === 'A' ? [] : [title, lead, phone, changes?.[0]?.note]
  const texts = [...own, event?.place, name, role, about, related?.[0]?.title]
  return {
    texts: texts.map((one) => clean(one ?? '')),
    problems: [...problems, ...read!.problems.filter(({ message }) => !isOfReaders(message))],
  }
}

/** What some feed readers do to a text is told whatever its form. */
function isOfReaders(message: string): boolean {
  return message.startsWith('Some readers')
}

function readFrame(style: Style, text: string): Outcome {
  const value = style(text)
  const ofSite = readSite(`id: ${site.id}
title:
  en: ${value}
  fi: ${value}
rights: ${value}
contact: ${value}
languages: [en, fi]
timezone: Europe/Helsinki
publishers:
  office:
    name: ${value}
`)
  const ofTopics = readTopics(
    `eu:
  label: ${value}
  aliases:
    - ${value}
  description: ${value}
  retired:
    at: 2024-01-24
    note: ${value}
`,
    ['en'],
    'UTC',
  )
  const { title, rights, contact, publishers } = ofSite.site ?? {}
  const { label, aliases, description, retired } = ofTopics.vocabulary.topics[0] ?? {}
  const texts = [title?.en, title?.fi, rights?.en, contact, publishers?.office?.name.en]
  texts.push(label?.en, aliases?.[0], description?.en, retired?.note?.en)
  return {
    texts: texts.map((one) => clean(one ?? '')),
    problems: [...ofSite.problems, ...ofTopics.problems].filter(
      ({ message }) => !isOfReaders(message),
    ),
  }
}

/** Each of these is read in each style. */
const places: ((style: Style, text: string) => Outcome | Promise<Outcome>)[] = [
  async (style, text) => readRelease(releaseWith(style, text)),
  readFrame,
]

test('what is written in quotes or below a sign for text comes out as it is', async () => {
  await fc.assert(
    fc.asyncProperty(words, async (text) => {
      for (const read of places) {
        for (const style of Object.values(quoted)) {
          const { texts, problems } = await read(style, text)
          expect(problems).toEqual([])
          expect(new Set(texts)).toEqual(new Set([text]))
        }
      }
      for (const style of [single, double]) {
        const { texts, problems } = await readRelease(releaseInBraces(style, text))
        expect(problems).toEqual([])
        expect(new Set(texts)).toEqual(new Set([text]))
      }
    }),
    { numRuns: amount(20, 3000) },
  )
})

test('what is written without quotes comes out as it is, or is told', async () => {
  await fc.assert(
    fc.asyncProperty(words, async (text) => {
      // Whoever puts all of a text into quotes means what is in them.
      fc.pre(!/^(["']).*\1$/.test(text))
      for (const style of Object.values(plain)) {
        const outcomes = [await readRelease(releaseInBraces(style, text))]
        for (const read of places) outcomes.push(await read(style, text))
        for (const { texts, problems } of outcomes) {
          if (problems.length === 0) expect(new Set(texts)).toEqual(new Set([text]))
        }
      }
    }),
    { numRuns: amount(40, 6000) },
  )
})

test('a text without a sign that means something is never complained of', async () => {
  const harmless = words.filter(
    (text) => !/[#:,[\]{}&*!|>'"%@`?\\\u00a0\u2009-]|^=|^\.\.\./.test(text),
  )
  await fc.assert(
    fc.asyncProperty(harmless, async (text) => {
      for (const style of Object.values(plain)) {
        const { texts, problems } = await readRelease(releaseWith(style, text))
        expect(problems).toEqual([])
        expect(new Set(texts)).toEqual(new Set([text]))
      }
    }),
    { numRuns: amount(20, 3000) },
  )
})

test('what a message says is to be written means the text', async () => {
  await fc.assert(
    fc.asyncProperty(words, async (text) => {
      const fields = (title: string) => `---\n${title}\npublished: 2024-01-24T09:00\n---\n\nText.\n`
      const { problems } = await readRelease(fields(`title: ${text}`))
      for (const { message } of problems) {
        const instead = /Write (title: .*?)(?:, or, if it is a comment.*)?\.$/.exec(message)?.[1]
        if (!instead) continue
        const again = await readRelease(fields(instead))
        expect(again.problems).toEqual([])
        expect(unquoted(again.texts[0]!)).toBe(unquoted(text))
      }
    }),
    { numRuns: amount(60, 20_000) },
  )
})

/** Quotation marks around a whole text may have been meant as those of YAML. */
function unquoted(text: string): string {
  return clean(text.replaceAll(/["'“„«»”]/g, ''))
}
