// Ordinary texts of press offices, through files, loader and service: the words that went in come out of every
// feed and page, in their order, with their numbers. Nobody thinks of Markdown when writing these.
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter as tree, parseFragment } from 'parse5'
import { expect, test } from 'vitest'
import { serviceInMemory } from '../../src/cli/service.ts'
import { temporaryFolder } from '../content-folder.ts'
import { amount } from '../trials.ts'

const baseUrl = 'https://news.example'

const dates = {
  fi: [
    '24. tammikuuta 2024',
    '1. toukokuuta',
    '24.–25. tammikuuta',
    '3. ja 4. maaliskuuta',
    '17.1.2024',
  ],
  sv: ['den 24 januari 2024', '1 maj', '24–25 januari', '1.2.2024'],
  da: ['1. maj', '24. januar 2024', '1. og 2. maj', 'den 5. juni'],
  de: ['24. Januar 2024', '1. Mai', '24. und 25. Dezember', '3. Jan. 2024'],
  et: ['24. jaanuaril', '1. mail', '2024. aasta', '2. veebruar 2024'],
}
type Language = keyof typeof dates
const languages = Object.keys(dates) as Language[]

/** What may stand anywhere. */
const phrases = (
  'ministeri|tapaa|Helsingissä|och|naisia|ärenden|#SafeBorders|#turva2024|klo 9.30|kl. 14|9:30|5 €|1 250,50 €|€5|$5|' +
  '5 000 kr|50~80 €|9~11|9–11|9-11|8—9|Lehrer*innen|Kolleg*innen|5*3*2|2 * 3|a_b_c|etu_suku|__init__x|x*|+358 (0)295 421 600|' +
  '0295 421 600|1-800-CUSTOMS|“quoted”|”citat”|„Zitat“|»sitaatti»|«mot»|"straight"|it’s|it\'s|< 5 %|5 > 3|a < b|a<b|R&D|AT&T|a & b|' +
  '<nimi>|<Name of the office>|https://example.org/a_b_c?x=1&y=2_z|www.example.org/x_y|etu.suku_nimi@example.org|' +
  'press@ministry.example|(c)|(R)|(1)|[sic]|[1]|…|§ 5|C#|A/B|50 %|-5 °C|+5 %|~10|{x}|$x$|100%|50 000|24/7|1.5.|2. luokka|' +
  'No. 5|&c.|;-)|:)|!|?|...|--|==|10^6|CO2|H~2~O|!important|a) |1) |@office|x=y|C:|1:0|½|(*)|*)|*.pdf|5*|#1|№ 5|->|<3|__|~5|T&Cs|(https://example.org)|https://example.org/a(b)_c|[x] (y)|50²'
).split('|')

const word = fc.constantFrom(...phrases).map((phrase) => phrase.trim())

/** What a paragraph may begin with. */
const beginnings = [
  '#SafeBorders',
  '+358 295 421 600',
  '-5 °C',
  '+5 %',
  '9.30',
  '5 €',
  '2024',
  '(c)',
  '1.5.2024',
  '50. vuosipäivä',
  '2024. gads',
  '§ 5',
  '<nimi>',
  '9~11',
  'Ministeri',
  '“Hyvä”',
]

type Block = { markdown: string; words: string }

function textIn(language: Language): fc.Arbitrary<Block[]> {
  const date = fc.constantFrom(...dates[language])
  const some = fc
    .array(fc.oneof({ arbitrary: word, weight: 5 }, { arbitrary: date, weight: 1 }), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join(' '))
  const begin = fc.oneof(date, fc.constantFrom(...beginnings))
  const line = fc.tuple(begin, some).map((parts) => parts.join(' '))
  const plainLine = some.map((text) => `Kohta ${text}`)
  const paragraph = line.map((text): Block => ({ markdown: text, words: text }))
  const wrapped = fc.tuple(line, line).map(([first, second]): Block => {
    return { markdown: `${first}\nja ${second}`, words: `${first} ja ${second}` }
  })
  const items = fc.array(plainLine, { minLength: 2, maxLength: 4 })
  const numbered = fc.tuple(fc.nat({ max: 30 }), items).map(([start, texts]): Block => {
    const all = texts.map((text, at) => `${start + at}. ${text}`)
    return { markdown: all.join('\n'), words: all.join(' ') }
  })
  const bullets = items.map((texts): Block => {
    return {
      markdown: texts.map((text) => `- ${text}`).join('\n'),
      words: texts.map((text) => `• ${text}`).join(' '),
    }
  })
  const dated = fc.array(fc.tuple(date, some), { minLength: 2, maxLength: 3 }).map((all): Block => {
    const texts = all.map((parts) => parts.join(' '))
    return { markdown: texts.join('\n\n'), words: texts.join(' ') }
  })
  const heading = plainLine.map((text): Block => ({ markdown: `## ${text}.`, words: `${text}.` }))
  return fc.array(fc.oneof(paragraph, wrapped, numbered, bullets, dated, heading), {
    minLength: 1,
    maxLength: 6,
  })
}

/** With a line between lists, which Markdown would join. */
function written(blocks: Block[]): string {
  return blocks.map(({ markdown }) => markdown).join('\n\nVäliin.\n\n')
}

function wordsOf(blocks: Block[]): string[] {
  return split(blocks.map(({ words }) => words).join(' Väliin. '))
}

function split(text: string): string[] {
  return text.split(/\s+/).filter((one) => one !== '')
}

/** The words of HTML as a browser shows them, with the numbers of its lists. */
function shown(html: string): string[] {
  return split(textOf(parseFragment(html)))
}

function textOf(node: DefaultTreeAdapterTypes.ParentNode): string {
  let number = 0
  const isOrdered = tree.isElementNode(node) && node.tagName === 'ol'
  const attribute = (of: DefaultTreeAdapterTypes.Element, name: string) =>
    of.attrs.find((one) => one.name === name)?.value
  if (isOrdered) number = Number(attribute(node, 'start') ?? 1) - 1
  return node.childNodes
    .map((child) => {
      if (tree.isTextNode(child)) return child.value
      if (!tree.isElementNode(child)) return ''
      if (child.tagName !== 'li')
        return isInline.test(child.tagName) ? textOf(child) : ` ${textOf(child)} `
      number = Number(attribute(child, 'value') ?? number + 1)
      return ` ${isOrdered ? `${number}.` : '•'} ${textOf(child)} `
    })
    .join('')
}

const isInline = /^(a|b|em|strong|code|s|i|span)$/

function unescaped(xml: string): string {
  const signs: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&', apos: "'" }
  return xml.replace(
    /&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi,
    (_, hex: string, decimal: string, name: string) => {
      return name
        ? signs[name]!
        : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal))
    },
  )
}

function insideOf(document: string, pattern: RegExp): string[] {
  return Array.from(document.matchAll(pattern), ([, inner]) => unescaped(inner!))
}

const site = `id: 0c0f5b1e-3d0c-4a7e-9c55-1f1f6a0d7a10
title: { fi: Virasto }
languages: [${languages.join(', ')}]
timezone: Europe/Helsinki
publishers: { office: { name: { fi: Virasto } } }
`

async function outputs(texts: { language: Language; markdown: string }[]) {
  const files = texts.map(({ language, markdown }, index) => {
    const minute = String(59 - index).padStart(2, '0')
    return [
      `releases/text-${index}.${language}.md`,
      `---\ntitle: "Teksti ${index}"\nlead: "Johdanto."\npublished: 2024-01-10T13:${minute}\n---\n\n${markdown}\n`,
    ]
  })
  const folder = temporaryFolder({
    'site.yaml': site,
    'topics.yaml': '',
    ...Object.fromEntries(files),
  })
  const service = await serviceInMemory(folder, { baseUrl })
  expect(service.problems.filter(({ warning }) => !warning)).toEqual([])
  const ask = async (path: string) => (await service.fetch(new Request(`${baseUrl}${path}`))).text()
  const json = JSON.parse(await ask('/all/feed.json')) as {
    items: { content_html: string; url: string }[]
  }
  const pages = await Promise.all(json.items.map(async ({ url }) => ask(url.slice(baseUrl.length))))
  const result = {
    rss: insideOf(await ask('/all/feed.rss'), /<content:encoded>([^<]*)</g),
    atom: insideOf(await ask('/all/feed.atom'), /<content [^>]*>([^<]*)</g),
    json: json.items.map(({ content_html: html }) => html),
    pages: pages.map((page) => /<div class="body">\n([^]*)\n<\/div>\n<\/div>/.exec(page)![1]!),
  }
  service.close()
  return result
}

test('the words of ordinary texts come out as they went in, in every feed and page', async () => {
  const text = fc.constantFrom(...languages).chain((language) => {
    return textIn(language).map((blocks) => ({
      language,
      markdown: written(blocks),
      words: wordsOf(blocks),
    }))
  })
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 15, maxLength: 15 }), async (texts) => {
      const lead = ['Johdanto.']
      const all = await outputs(texts)
      for (const [index, { words }] of texts.entries()) {
        for (const format of ['rss', 'atom', 'json'] as const) {
          expect(shown(all[format][index]!), format).toEqual([...lead, ...words])
        }
        expect(shown(all.pages[index]!), 'page').toEqual(words)
      }
    }),
    { numRuns: amount(8, 200), endOnFailure: true },
  )
})
