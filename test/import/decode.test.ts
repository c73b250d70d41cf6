import { expect, test } from 'vitest'
import { decode } from '../../src/import/decode.ts'

const text = 'Päätös uudesta laista – työssä'
const feed = (encoding: string, more = text) =>
  `<?xml version="1.0"${encoding && ` encoding="${encoding}"`}?><rss>${more}</rss>`
const utf8 = (content: string) => new TextEncoder().encode(content)
const latin = (content: string) => new Uint8Array(Buffer.from(content, 'latin1'))
const plain = 'Päätös'

// What the server says, the bytes of the document, and a word of what must come out.
const cases: [string, string, Uint8Array, string][] = [
  ['a server that is wrong about UTF-8', 'text/xml; charset=ISO-8859-1', utf8(feed('UTF-8')), text],
  ['nobody who says UTF-8', 'text/xml; charset=us-ascii', utf8(feed('')), text],
  ['both wrong about UTF-8', 'text/xml; charset=windows-1252', utf8(feed('iso-8859-1')), text],
  ['a name that is none', 'application/rss+xml; charset=utf8mb4', utf8(feed('UTF-8')), text],
  ['a name in quotation marks', 'text/xml; Charset = "utf-8"', utf8(feed('')), text],
  ['UTF-16 that has bytes', 'text/xml; charset=utf-16', utf8(feed('UTF-8')), text],
  ['Latin-1 that is Latin-1', 'text/xml; charset=ISO-8859-1', latin(feed('UTF-8', plain)), plain],
  ['a server that is right', 'text/xml; charset=windows-1251', Buffer.from([0xcf, 0xf0]), 'Пр'],
  [
    'the default of a server over Cyrillic',
    'text/xml; charset=iso-8859-1',
    Buffer.concat([utf8(feed('windows-1251', '')), Buffer.from([0xcf, 0xf0])]),
    'Пр',
  ],
  [
    'Japanese in seven bits',
    'text/xml; charset=iso-2022-jp',
    Buffer.from('\u001b$B$"\u001b(B', 'latin1'),
    'あ',
  ],
  ['one wrong byte in UTF-8', '', Buffer.concat([utf8(feed('', text)), Buffer.from([0xe4])]), text],
  [
    'UTF-8 that ends within a letter',
    'text/xml; charset=utf-8',
    utf8(feed('', text) + 'ä').subarray(0, -1),
    text,
  ],
  ['a mark', 'text/xml; charset=iso-8859-1', Buffer.from(`\ufeff${feed('')}`, 'utf16le'), text],
]

test.each(cases)('a document is read right under %s', (_, contentType, bytes, word) => {
  expect(decode(bytes, contentType)).toContain(word)
})
