// Bodies that once kept everybody waiting, each with the sentence that it is now refused with. What reads
// them goes through all there is for every part, or makes much of little. A little more than is allowed in
// every run, as much as can be sent in a trial.
import { amount } from './trials.ts'

export type CostlyBody = {
  /** What it has too much of. */
  what: string
  method: 'PUT' | 'POST'
  path: string
  type: string
  body: () => string
  /** In the answer. */
  sentence: string
}

function release(extra: object, what: string, sentence: string): CostlyBody {
  const body = () => JSON.stringify({ title: 'T', topics: [], body: { markdown: 'x' }, ...extra })
  return { ...put('/api/releases/costly/en'), what, body, sentence }
}

function put(path: string): Pick<CostlyBody, 'method' | 'path' | 'type'> {
  return { method: 'PUT', path, type: 'application/json' }
}

const inHtml = (html: string, what: string, sentence: string) =>
  release({ body: { html } }, what, sentence)
const inMarkdown = (markdown: string, what: string, sentence: string) =>
  release({ body: { markdown } }, what, sentence)

function fields(count: number): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`unknown-field-${index}`, 1]),
  )
}

function lists(count: number): string {
  return `[${'[],'.repeat(count)}[]]`
}

/** List items, each as deep in the one before as some spaces say. */
function nested(count: number, levels: number): string {
  return Array.from({ length: count }, (_, at) => `${'  '.repeat(at % levels)}- a\n`).join('')
}

export const costlyBodies: CostlyBody[] = [
  release(fields(1_000), '1,000 unknown fields', 'fields in one set. Send at most 200.'),
  release(fields(4_000), '4,000 unknown fields', 'fields in one set. Send at most 200.'),
  release(fields(amount(10_000, 150_000)), 'many unknown fields', 'values. Send at most 10,000.'),
  inHtml('<ul></x><li>'.repeat(16_000), 'stray end tags', 'nested deeper than 200 elements'),
  inHtml('<ul></x><li>'.repeat(33_000), 'more stray end tags', 'more than 50,000 tags'),
  inHtml(
    `<p>${[...Array(190).keys()].map((at) => `<b title=${at}>`).join('')}${'<p>x'.repeat(9_000)}`,
    'elements that are never closed',
    'more than 50,000 elements',
  ),
  inHtml(
    `<p ${Object.keys(fields(amount(300, 100_000))).join(' ')}>`,
    'attributes',
    'more than 200 attributes',
  ),
  inHtml(
    `<p><b ${Object.keys(fields(190)).join(' ')}></p>`.repeat(amount(530, 600)),
    'attributes in all',
    'more than 100,000 attributes',
  ),
  inHtml(
    Array.from({ length: amount(1_001, 20_000) }, (_, at) => `<img src="media/${at}.png">`).join(
      '',
    ),
    'files that are all looked for',
    'files. Show or link to at most 1,000.',
  ),
  inHtml('<b/x='.repeat(amount(300, 300_000)), 'tags that do not end', 'tags that do not end'),
  inMarkdown(
    `${'*'.repeat(32_000)}a${'*'.repeat(32_000)}`,
    'delimiters in a row',
    'More than 500 * stand in a row',
  ),
  inMarkdown(
    '_a '.repeat(30_000),
    'delimiters in a paragraph',
    'in one paragraph, or 50,000 in all',
  ),
  inMarkdown(
    `${'a.'.repeat(32_000)}@`,
    'a word that may be an address',
    'Words longer than 100 characters',
  ),
  inMarkdown(
    `${'a.'.repeat(249)}@ `.repeat(3_000),
    'many words that may be addresses',
    'Words longer than 100 characters',
  ),
  inMarkdown(nested(amount(200, 21_000), 90), 'nested lists', 'nested deeper than 50 levels'),
  inMarkdown(
    `${'|a'.repeat(500)}|\n${'|-'.repeat(500)}|\n${'x\n'.repeat(4_000)}`,
    'short rows of a wide table',
    'more than 50,000 cells',
  ),
  inMarkdown(
    `${'>'.repeat(49)}a\n\n`.repeat(amount(1_100, 20_000)),
    'many nested quotations',
    'more than 50,000 levels together',
  ),
  inMarkdown(
    `${'_a '.repeat(1_600)}\n\u00a0\n`.repeat(4),
    'delimiters in a paragraph with lines of other kinds of space',
    'in one paragraph, or 50,000 in all',
  ),
  inMarkdown(
    `${Array.from({ length: 1_001 }, (_, at) => `[a${at}]: x\n`).join('')}\n${'x\n\n'.repeat(amount(10, 20_000))}`,
    'definitions of links',
    'More than 1,000 addresses of links are defined',
  ),
  inMarkdown('\n'.repeat(amount(50_001, 1_900_000)), 'empty lines', 'more than 50,000 lines'),
  {
    ...put('/api/releases/costly/en'),
    what: 'a million lists as topics',
    body: () =>
      `{"title":"T","body":{"markdown":"x"},"topics":${lists(amount(10_000, 1_000_000))}}`,
    sentence: 'values. Send at most 10,000.',
  },
  release(
    { topics: Array.from({ length: 2_000 }, (_, at) => `migratoin-${at}`) },
    '2,000 unknown topics',
    'This list has 2,000 items. Write at most 100.',
  ),
  release(
    { formerly: Array.from({ length: 9_000 }, (_, at) => `a${at}`) },
    '9,000 earlier slugs',
    'This list has 9,000 items. Write at most 200.',
  ),
  release(
    { title: 'word '.repeat(amount(1_001, 700_000)) },
    'a long title',
    'characters. Write at most 500.',
  ),
  release(
    { lead: 'word '.repeat(amount(1_001, 700_000)) },
    'a long lead',
    'characters. Write at most 5,000.',
  ),
  release(
    { change: { kind: 'minor', note: 'word '.repeat(amount(1_001, 700_000)) } },
    'a long note',
    'characters. Write at most 2,000.',
  ),
  {
    ...put('/api/topics/costly'),
    what: 'a million lists as aliases',
    body: () => `{"label":"a","aliases":${lists(amount(10_000, 1_000_000))}}`,
    sentence: 'values. Send at most 10,000.',
  },
  {
    ...put('/api/topics/costly'),
    what: '4,000 unknown fields of a topic',
    body: () => JSON.stringify({ label: 'a', ...fields(4_000) }),
    sentence: 'fields in one set. Send at most 200.',
  },
  {
    ...put('/api/topics/costly'),
    what: 'a long label',
    body: () => JSON.stringify({ label: 'word '.repeat(amount(1_001, 700_000)) }),
    sentence: 'characters. Write at most 500.',
  },
  {
    method: 'POST',
    path: '/api/releases',
    type: 'application/x-ndjson',
    what: '20 MB of empty lines',
    body: () => '\n'.repeat(amount(1_001, 20_000_000)),
    sentence: 'These are more than 1,000 lines.',
  },
  {
    method: 'POST',
    path: '/api/releases',
    type: 'application/x-ndjson',
    what: '501 releases',
    body: () => '{}\n'.repeat(501),
    sentence: 'These are 501 lines. Send at most 500 at once.',
  },
  {
    method: 'POST',
    path: '/api/releases',
    type: 'application/x-ndjson',
    what: 'a line of 20 MB',
    body: () => `{"title":"${'a'.repeat(amount(4_100_000, 19_000_000))}"}`,
    sentence: 'The line is larger than 4 MB.',
  },
  {
    method: 'POST',
    path: '/api/releases',
    type: 'application/x-ndjson',
    what: '500 lines of 190 unknown fields',
    body: () =>
      `${JSON.stringify({ slug: 'a', language: 'en', ...fields(190) })}\n`.repeat(amount(20, 500)),
    sentence: 'more problems. Mend these first.',
  },
  {
    method: 'POST',
    path: '/api/releases',
    type: 'application/x-ndjson',
    what: 'many values in many lines',
    body: () => {
      const line = `{"slug":"a","language":"en","topics":[${'1,'.repeat(1_700)}1]}\n`
      return line.repeat(amount(20, 500))
    },
    sentence: 'Send at most 20,000 with the lines before.',
  },
  {
    method: 'POST',
    path: '/api/releases/from-a-file/en/withdraw',
    type: 'application/json',
    what: '4,000 unknown fields of a withdrawal',
    body: () => JSON.stringify({ reason: 'x', ...fields(4_000) }),
    sentence: 'fields in one set. Send at most 200.',
  },
]
