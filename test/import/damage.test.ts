import { expect, test } from 'vitest'
import { readFeed } from '../../src/import/read-feed.ts'

function rss(items: string[], end = '</channel></rss>'): string {
  return `<?xml version="1.0"?><rss version="2.0" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>\n${items.join('\n')}\n${end}`
}

function item(number: number, more = ''): string {
  return `<item rdf:about="https://old.example/${number}"><title>Release ${number}</title><guid>${number}</guid>${more}</item>`
}

function atom(entries: string[]): string {
  return `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>T</a:title>\n${entries.join('\n')}\n</a:feed>`
}

function entry(number: number, more = ''): string {
  return `<a:entry><a:id>${number}</a:id><a:title>Release ${number}</a:title>${more}</a:entry>`
}

const rdfEnd = '</rdf:RDF>'
const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
  <channel rdf:about="x"><title>T</title><items><rdf:Seq><rdf:li rdf:resource="https://old.example/1"/></rdf:Seq></items></channel>`

// A feed of four entries, of which the second is damaged.
const damaged: [string, string][] = [
  [
    'a title that is not closed',
    rss([item(1), '<item><title>Release 2<guid>2</guid></item>', item(3), item(4)]),
  ],
  ['a date that is not closed', rss([item(1), item(2, '<dc:date>2020-01-01'), item(3), item(4)])],
  ['an author that is not closed', rss([item(1), item(2, '<author>A'), item(3), item(4)])],
  ['an element of nobody', rss([item(1), item(2, '<b>'), item(3), item(4)])],
  ['one that is closed twice', rss([item(1), item(2, '</b>'), item(3), item(4)])],
  ['an item that is not closed', rss([item(1), item(2).replace('</item>', ''), item(3), item(4)])],
  [
    'CDATA that is not closed',
    rss([item(1), item(2, '<description><![CDATA[a</description>'), item(3), item(4)]),
  ],
  [
    'CDATA that is closed in a later item',
    rss([
      item(1),
      item(2, '<description><![CDATA[a</description>'),
      item(3, '<description><![CDATA[b]]></description>'),
      item(4),
    ]),
  ],
  [
    'an attribute that is not closed',
    rss([item(1), item(2, '<enclosure url="a/>'), item(3), item(4)]),
  ],
  ['other capitals', rss([item(1), item(2, '<description>a</Description>'), item(3), item(4)])],
  ['an entry of Atom', atom([entry(1), entry(2, '<a:summary>x'), entry(3), entry(4)])],
  ['RDF', `${rdf}${[item(1), item(2, '<description>x'), item(3), item(4)].join('\n')}${rdfEnd}`],
]

test.each(damaged)('%s is told, and all other releases are taken', (_, text) => {
  const { entries, leftOut, title } = readFeed(text)
  expect(entries.map((entry) => entry.title?.value)).toEqual([
    'Release 1',
    'Release 3',
    'Release 4',
  ])
  expect(title).toBe('T')
  expect(leftOut).toEqual([
    { what: 'Release 2', reason: expect.stringMatching(/is not closed.*from line \d+ on/) },
  ])
})

test('damage in the last release, or where the feed is cut off, is told as well', () => {
  const last = readFeed(rss([item(1), item(2, '<author>A')]))
  expect(last.entries.map(({ id }) => id)).toEqual(['1'])
  expect(last.leftOut).toHaveLength(1)
  const within = readFeed(rss([item(1), '<item><title>Release 2</title><guid>2'], ''))
  expect(within.entries.map(({ id }) => id)).toEqual(['1'])
  expect(within.leftOut).toEqual([{ what: 'Release 2', reason: 'The feed is cut off in it.' }])
  const between = readFeed(rss([item(1), item(2)], ''))
  expect(between.entries.map(({ id }) => id)).toEqual(['1', '2'])
  expect(between.leftOut).toEqual([
    { what: 'What followed the last release', reason: 'The feed is cut off there.' },
  ])
})

test('damage before the first release takes none with it', () => {
  const text = rss([item(1), item(2)]).replace('<title>T</title>', '<title>T<link>x</link>')
  const { entries, leftOut } = readFeed(text)
  expect(entries.map(({ id }) => id)).toEqual(['1', '2'])
  expect(leftOut.map(({ what }) => what)).toEqual(['What stands before the first release'])
})

test('what only looks like damage is none', () => {
  const { entries, leftOut } = readFeed(
    rss([
      item(1, '<description>a<br>b <p>c</description>'),
      item(2, '<description><![CDATA[An <item> and </item>]]></description>'),
      item(3, '<!-- <item> --><description>a & b &nbsp;</description>'),
      '<item/>',
      item(4),
    ]),
  )
  expect(entries.map(({ id }) => id).filter(Boolean)).toEqual(['1', '2', '3', '4'])
  expect(leftOut).toEqual([])
})

test('a JSON Feed that is cut off is told as such', () => {
  const text = '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1"'
  expect(() => readFeed(text)).toThrow('damaged')
})
