import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.ts'
import { registerImport } from '../../src/cli/import.ts'
import { serviceInMemory } from '../../src/cli/service.ts'
import { loadContent } from '../../src/content/load-content.ts'
import type { Draft } from '../../src/domain/publishing.ts'
import { walkHistory } from '../../src/import/walk-history.ts'
import { temporaryFolder, writeFiles } from '../content-folder.ts'
import { runCommand } from '../cli/run.ts'

/** A folder that is not there yet, for one test. */
function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'tiedote-import-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'content')
}

/** A file that holds a feed, beside the folder that it is to be imported into. */
function feedFile(text: string | Uint8Array, folder: string, name = 'feed.xml'): string {
  const path = join(dirname(folder), name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

async function importText(text: string | Uint8Array, args: string[] = [], folder = newFolder()) {
  const source = feedFile(text, folder)
  const outcome = await runCommand(registerImport, ['import', source, '--into', folder, ...args])
  return { ...outcome, folder }
}

/** The releases of a folder as the service reads them, in order of time. Fails where it would not start. */
async function releasesIn(folder: string) {
  const drafts: Draft[] = []
  const { problems } = await loadContent(folder, {
    stage: async (more) => void drafts.push(...more),
    now: Math.floor(Date.now() / 1000),
    baseUrl: 'https://x.example',
  })
  expect(problems.filter(({ warning }) => !warning)).toEqual([])
  return drafts.map(({ release }) => release).toSorted((a, b) => a.published - b.published)
}

type Answer = (request: IncomingMessage, response: ServerResponse, origin: string) => void

/** A web server for one test, and what it was asked for. */
async function serve(answer: Answer): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = []
  let origin = ''
  const server = createServer((request, response) => {
    asked.push(request.url!)
    answer(request, response, origin)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, asked }
}

const namespaces =
  'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'

function rss(items: string[], channel = ''): string {
  return `<?xml version="1.0"?><rss version="2.0" ${namespaces}><channel><title>Old office</title>
    <link>https://old.example/</link><description>News of the office</description><language>en</language>${channel}
    ${items.map((item) => `<item>${item}</item>`).join('\n')}</channel></rss>`
}

function item(number: number, more = ''): string {
  const day = String(number).padStart(2, '0')
  return `<title>Release number ${number}</title><link>https://old.example/?p=${number}</link>
    <guid isPermaLink="false">old-${number}</guid><pubDate>${day} Jan 2020 10:00:00 GMT</pubDate>
    <description>Text of release ${number}.</description>${more}`
}

test('a feed becomes a folder that the service serves, with the same identities and dates', async () => {
  const { code, folder, output } = await importText(rss([item(2), item(1)]))
  expect(code).toBe(0)
  expect(output).toContain('2 read, 2 new, 0 changed, 0 as before, 0 left out')
  const service = await serviceInMemory(folder, { baseUrl: 'https://x.example' })
  const feed = await (await service.fetch(new Request('https://x.example/feed.rss'))).text()
  service.close()
  const found = Array.from(
    feed.matchAll(/<item>[^]*?<guid[^>]*>(.*?)<\/guid>[^]*?<pubDate>(.*?)<\/pubDate>/g),
    ([, id, published]) => [id, published],
  )
  expect(found).toEqual([
    ['old-2', 'Thu, 02 Jan 2020 10:00:00 GMT'],
    ['old-1', 'Wed, 01 Jan 2020 10:00:00 GMT'],
  ])
  expect(feed).toContain('<title>Old office</title>')
})

test('Atom, RDF and JSON Feed keep identity, time, language and text as well', async () => {
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fi" xml:base="https://old.example/a/"><title>T</title>
    <entry><id>tag:old.example,2020:1</id><title type="html">Maa &amp;amp; meri &lt;b&gt;nyt&lt;/b&gt;</title>
    <published>2020-01-01T10:00:00+02:00</published><updated>2020-02-01T10:00:00Z</updated>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p><a href="b">b</a></p></div></content></entry></feed>`
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" ${namespaces}>
    <channel rdf:about="https://old.example/"><title>T</title><link>https://old.example/</link><dc:language>sv</dc:language></channel>
    <item rdf:about="https://old.example/1"><title>Ett</title><link>https://old.example/1</link><dc:date>2020-01-01T08:00:00Z</dc:date></item></rdf:RDF>`
  const json = JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: 'T',
    language: 'en-GB',
    items: [
      {
        id: '1',
        title: 'A < B',
        content_text: 'One\n\nTwo',
        date_published: '2020-01-01T08:00:00Z',
      },
    ],
  })
  const [one] = await releasesIn((await importText(atom)).folder)
  expect(one).toMatchObject({
    id: 'tag:old.example,2020:1',
    language: 'fi',
    title: 'Maa & meri nyt',
    html: '<p><a href="https://old.example/a/b">b</a></p>',
    published: Date.parse('2020-01-01T08:00:00Z') / 1000,
    updated: Date.parse('2020-02-01T10:00:00Z') / 1000,
  })
  const [two] = await releasesIn((await importText(rdf)).folder)
  expect(two).toMatchObject({
    id: 'https://old.example/1',
    language: 'sv',
    title: 'Ett',
    lead: 'Ett',
  })
  const [three] = await releasesIn((await importText(json)).folder)
  expect(three).toMatchObject({ id: '1', language: 'en-gb', title: 'A < B' })
  expect(three!.html).toMatch(/<p>One<\/p>\s*<p>Two<\/p>/)
})

test('importing again writes nothing twice, and takes what changed in its place', async () => {
  const folder = newFolder()
  await importText(rss([item(2), item(1)]), [], folder)
  const again = await importText(rss([item(2), item(1)]), [], folder)
  expect(again.output).toContain('0 new, 0 changed, 2 as before')
  // Somebody wrote another release beside these.
  const file = join(folder, 'releases/imported/2020.jsonl')
  const own = { slug: 'own', language: 'en', title: 'Own', published: '2020-01-09' }
  appendFileSync(file, `${JSON.stringify({ ...own, body: { markdown: 'Own.' } })}\n`)
  const changed = item(1).replace('Text of', 'New text of').replace('number 1', 'number one')
  const third = await importText(rss([item(3), item(2), changed]), [], folder)
  expect(third.output).toContain('1 new, 1 changed, 1 as before')
  const [first, ...others] = await releasesIn(folder)
  expect(first).toMatchObject({
    id: 'old-1',
    slug: 'release-number-1',
    title: 'Release number one',
  })
  expect(first!.html).toContain('New text')
  expect(others.map(({ slug }) => slug)).toEqual(['release-number-2', 'release-number-3', 'own'])
})

test('what the folder has in other files is not touched, and its slugs are not taken', async () => {
  const folder = temporaryFolder({
    'releases/release-number-2.en.md':
      '---\ntitle: Kept\npublished: 2020-01-02\nid: old-2\n---\n\nKept.\n',
    'releases/release-number-1.fi.md': '---\ntitle: Other\npublished: 2020-01-05\n---\n\nOther.\n',
  })
  const { output } = await importText(rss([item(2), item(1)]), [], folder)
  expect(output).toContain('1 are in other files')
  const releases = await releasesIn(folder)
  expect(releases.map(({ id, slug, title }) => [title, slug, id.slice(0, 5)])).toEqual([
    ['Release number 1', 'release-number-1-2', 'old-1'],
    ['Kept', 'release-number-2', 'old-2'],
    ['Other', 'release-number-1', 'urn:u'],
  ])
})

test('what has no date, no text or too much of it is left out with its reason, and the rest is there', async () => {
  const { code, output, errors, folder } = await importText(
    rss([
      item(1),
      '<title>No date</title><guid>a</guid>',
      '<title>Odd date</title><guid>b</guid><pubDate>soon</pubDate>',
      '<guid>c</guid><pubDate>01 Jan 2020 10:00:00 GMT</pubDate>',
      `<title>Long</title><guid>d</guid><pubDate>01 Jan 2020 10:00:00 GMT</pubDate><description>${'word '.repeat(210_000)}</description>`,
      '<title>Deep</title><guid>e</guid><pubDate>01 Jan 2020 10:00:00 GMT</pubDate><description><![CDATA[' +
        `${'<b>'.repeat(900)}]]></description>`,
      item(1).replace('Text of', 'Another text of'),
    ]),
  )
  expect(code).toBe(1)
  expect(errors).toMatch(/^6 left out, as .*import-report\.txt says\. All else was taken\.$/)
  expect(output).toContain('7 read, 1 new, 0 changed, 0 as before, 6 left out')
  expect(output).toContain('No date: It has no date.')
  expect(output).toContain('Odd date: “soon” is no date.')
  expect(output).toContain('c: It has neither a title nor a text.')
  expect(output).toContain('Long: body: The text is longer than 1000000 characters.')
  expect(output).toContain('Deep: body: The HTML is nested deeper than 200 elements.')
  expect(output).toContain('Release number 1: A newer one has the same identity, old-1.')
  expect(await releasesIn(folder)).toHaveLength(1)
  expect(readFileSync(join(folder, 'import-report.txt'), 'utf8')).toContain('Odd date')
})

test('a date is found where feeds hide it, and one to come is kept and told', async () => {
  const entry = (id: string, more: string) => `<title>Title ${id}</title><guid>${id}</guid>${more}`
  const { output, folder } = await importText(
    rss([
      entry('a', '<dc:date>2020-01-01</dc:date>'),
      entry('b', '<pubDate>0000-00-00</pubDate><atom:updated>2020-01-02T00:00:00Z</atom:updated>'),
      entry('c', '<link>https://old.example/2020/01/03/c</link>'),
      entry('d', '<pubDate>Sat, 4 January 2020 2:00 EET</pubDate>'),
      entry('e', '<pubDate>Sun Jan  5 00:00:00 2020</pubDate>'),
      entry('f', '<pubDate>2190-01-01T00:00:00Z</pubDate>'),
    ]),
  )
  expect(output).toContain('2 had no date of publication')
  expect(output).toContain('1 have a time in the future')
  const dates = (await releasesIn(folder)).map(({ id, published }) => {
    return `${id} ${new Date(published * 1000).toISOString().slice(0, 16)}`
  })
  expect(dates).toEqual([
    'a 2020-01-01T00:00',
    'b 2020-01-02T00:00',
    'c 2020-01-03T00:00',
    'd 2020-01-04T00:00',
    'e 2020-01-05T00:00',
    'f 2190-01-01T00:00',
  ])
})

test('slugs come from the address or the title, and no two releases share one', async () => {
  const entry = (day: number, title: string, link: string) =>
    `<title>${title}</title><link>${link}</link><guid isPermaLink="false">${day}</guid><pubDate>0${day} Jan 2020 10:00:00 GMT</pubDate>`
  const { folder } = await importText(
    rss([
      entry(6, 'Same', 'https://old.example/?p=6'),
      entry(5, 'Same', 'https://old.example/?p=5'),
      entry(4, '移民政策', 'https://old.example/?p=4'),
      entry(3, 'Пограничная служба', 'https://old.example/3'),
      entry(2, 'Ääkköset ja ß', 'https://old.example/node/2'),
      entry(1, 'Whatever', 'https://old.example/News/New-Border-Station_opens.html'),
    ]),
  )
  expect((await releasesIn(folder)).map(({ slug }) => slug)).toEqual([
    'new-border-station-opens',
    'aakkoset-ja-ss',
    'pogranichnaya-sluzhba',
    'release-2020-01-04',
    'same',
    'same-2',
  ])
})

test('other languages of a text join it, and texts that are only called the same do not', async () => {
  const entry = (id: string, language: string, path: string, more = '') =>
    `<title>News</title><guid isPermaLink="false">${id}</guid><link>https://old.example/${path}</link>
     <pubDate>01 Jan 2020 10:00:00 GMT</pubDate><dc:language>${language}</dc:language>${more}`
  const toSwedish =
    '<atom:link rel="alternate" hreflang="sv" href="https://old.example/nyheter/2"/>'
  const { folder, output } = await importText(
    rss([
      entry('a', 'en', 'en/a-new-station'),
      entry('b', 'fi', 'fi/a-new-station'),
      entry('c', 'en', 'news/1', toSwedish),
      entry('d', 'sv', 'nyheter/2'),
      entry('e', 'fi', 'uutiset/3'),
    ]),
  )
  expect(output).toContain('to BASE_URL/all/feed.rss')
  const groups = (await releasesIn(folder)).map(
    ({ id, slug, language }) => `${id} ${slug} ${language}`,
  )
  expect(groups.toSorted()).toEqual([
    'a a-new-station en',
    'b a-new-station fi',
    'c news en',
    'd news sv',
    'e news-2 fi',
  ])
})

test('a language that comes later does not take the address of what was written meanwhile', async () => {
  const entry = (language: string) =>
    named(
      'News',
      1,
      `<link>https://old.example/${language}/a-new-station</link><dc:language>${language}</dc:language>`,
    )
  const folder = temporaryFolder()
  await importText(rss([entry('en')]), [], folder)
  writeFiles(folder, {
    'releases/a-new-station.fi.md': '---\ntitle: Uutiset\npublished: 2020-01-05\n---\n\nUutiset.\n',
  })
  await importText(rss([entry('en'), entry('fi')]), [], folder)
  const found = (await releasesIn(folder)).map(({ slug, language }) => `${slug} ${language}`)
  expect(found.toSorted()).toEqual(['a-new-station en', 'a-new-station fi', 'a-new-station-2 fi'])
})

test('categories become topics: joined, counted, the rare ones left out', async () => {
  const named = (...names: string[]) => names.map((name) => `<category>${name}</category>`).join('')
  const { output, folder } = await importText(
    rss([
      item(1, named('Border guard', 'EU', 'Uncategorized')),
      item(2, named('border guards', 'eu', 'eu')),
      item(3, named('Border Guard, EU')),
      item(4, named('Once', 'R&amp;amp;D')),
      item(5, named('R&amp;amp;D', 'Alcohol, tobacco and firearms')),
      item(6, named('Alcohol, tobacco and firearms')),
    ]),
  )
  expect(readFileSync(join(folder, 'topics.yaml'), 'utf8')).toBe(`border-guard: # 3 releases
  label: { en: "Border Guard" }
  aliases: ["border guards"]
eu: # 3 releases
  label: { en: "EU" }
alcohol-tobacco-and-firearms: # 2 releases
  label: { en: "Alcohol, tobacco and firearms" }
r-d: # 2 releases
  label: { en: "R&D" }
`)
  expect(output).toMatch(/too rare.*\n +1 {2}Once\n/)
  expect(output).not.toContain('Uncategorized')
  const service = await serviceInMemory(folder, { baseUrl: 'https://x.example' })
  service.close()
  const topics = service.drafts.map(({ release }) => `${release.id} ${release.topics.join(' ')}`)
  expect(topics.toSorted().slice(0, 4)).toEqual([
    'old-1 border-guard eu',
    'old-2 border-guard eu',
    'old-3 border-guard eu',
    'old-4 r-d',
  ])
})

test('a vocabulary that is there stays as it is, and what it knows by any name is used', async () => {
  const topics = `# Ours.
crime:   # by the police
  label: { en: crime, fi: rikollisuus, sv: brott }
  aliases: [offences]
border-policy: { renamed: crime }
`
  const folder = temporaryFolder({ 'topics.yaml': topics })
  const named = (name: string) => `<category>${name}</category>`
  await importText(
    rss([
      item(1, named('Rikollisuus') + named('Ports')),
      item(2, named('offence') + named('Ports')),
      item(3, named('Border policy')),
    ]),
    [],
    folder,
  )
  const after = readFileSync(join(folder, 'topics.yaml'), 'utf8')
  expect(after).toBe(`${topics}ports: # 2 releases\n  label: { en: "Ports" }\n`)
  expect((await releasesIn(folder)).map((release) => release.topics)).toEqual([
    ['crime', 'ports'],
    ['crime', 'ports'],
    ['crime'],
  ])
})

test('texts: whole addresses, a lead that is no copy of the text, scripts nowhere', async () => {
  const { folder } = await importText(
    rss([
      `<title>&lt;script&gt;alert(1)&lt;/script&gt;AT&amp;amp;T opens</title><guid>1</guid><link>https://old.example/a/b</link>
       <pubDate>01 Jan 2020 10:00:00 GMT</pubDate><description>A summary of its own.</description>
       <author>press@old.example (Press office)</author>
       <content:encoded><![CDATA[<p>Text <a href="c">c</a> <a href="file:///etc/passwd">x</a> <img src="/i.png"></p><script>alert(2)</script>]]></content:encoded>
       <enclosure url="../agenda.pdf" type="application/pdf" length="1"/><enclosure url="file:///etc/passwd" type="text/plain" length="1"/>`,
      `<title>Cut</title><guid>2</guid><pubDate>02 Jan 2020 10:00:00 GMT</pubDate>
       <description>Beginning of the text […]</description><content:encoded>&lt;p&gt;Beginning of the text and more.&lt;/p&gt;</content:encoded>`,
    ]),
    ['--no-media'],
  )
  const [one, two] = await releasesIn(folder)
  expect(one).toMatchObject({
    title: 'AT&T opens',
    lead: 'A summary of its own.',
    html: '<p>Text <a href="https://old.example/a/c">c</a> x <img src="https://old.example/i.png"></p>',
    related: [{ url: 'https://old.example/agenda.pdf', title: 'agenda.pdf' }],
    contacts: [{ name: 'Press office', email: 'press@old.example' }],
  })
  expect(two!.lead).toBe('Beginning of the text and more.')
})

test('encodings: by the declaration, the byte order mark, or as a last resort a guess', async () => {
  const feed = (encoding: string) =>
    rss([item(1).replace('Release number 1', 'Päätös')]).replace('?>', ` encoding="${encoding}"?>`)
  const latin = Buffer.from(feed('iso-8859-1'), 'latin1')
  const wide = Buffer.from(`\ufeff${feed('utf-16')}`, 'utf16le')
  const lying = Buffer.from(feed('utf-8'), 'latin1')
  for (const bytes of [latin, wide, lying, feed('utf-8')]) {
    const [release] = await releasesIn((await importText(bytes)).folder)
    expect(release!.title).toBe('Päätös')
  }
})

const refused: [string, string | Uint8Array, RegExp][] = [
  ['nothing', '', /^There is nothing in it\.$/],
  ['prose', 'Dear all', /neither RSS, Atom, JSON Feed nor an export of WordPress/],
  ['zeros', new Uint8Array(1000), /^There is nothing in it\.$/],
  ['a feed without releases', rss([]), /^There is no release in .*feed\.xml\.$/],
  ['other JSON', '{"a":[1]}', /neither RSS/],
  ['an export that is one text', wordpress(['x'.repeat(18_000_000)]), /a text of more than 16 MB/],
  ['a damaged feed', rss(['<title>A</titel']), /^This feed is damaged/],
  [
    'a page',
    '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="https://old.example/f?a=1&amp;b=2"></head></html>',
    /web page.*names these feeds: https:\/\/old\.example\/f\?a=1&b=2$/,
  ],
]

test.each(refused)(
  '%s is refused in a sentence, and nothing is written',
  async (_, text, sentence) => {
    const { code, errors, folder } = await importText(text)
    expect(code).toBe(1)
    expect(errors).toMatch(sentence)
    expect(existsSync(folder)).toBe(false)
  },
)

test('of a feed that was cut off, only what is whole is taken', async () => {
  const { code, output, folder } = await importText(
    rss([item(3), item(2), item(1)]).replace(/<\/item><\/channel><\/rss>$/, ''),
  )
  expect(code).toBe(1)
  expect(output).toContain('Release number 1: The feed is cut off in it.')
  expect((await releasesIn(folder)).map(({ id }) => id)).toEqual(['old-2', 'old-3'])
})

test('entities that multiply or name files stay what they are', async () => {
  const feed = rss([
    `<title>Bomb &b; &x;</title><guid>1</guid><pubDate>01 Jan 2020 10:00:00 GMT</pubDate>`,
  ]).replace(
    '<rss',
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]><rss',
  )
  const { output, errors, folder } = await importText(feed)
  expect(output + errors).not.toMatch(/root:|aaaa/)
  const written = existsSync(folder) ? (await releasesIn(folder)).map(({ title }) => title) : []
  expect(written.join()).not.toMatch(/root:|aaaa/)
})

/** An export of WordPress with one element of each kind that matters. */
function wordpress(items: string[]): string {
  return `<?xml version="1.0"?><rss version="2.0" ${namespaces} xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/">
    <channel><title>Office</title><link>https://old.example</link><language>fi</language>
    <wp:category><wp:category_nicename>rikos</wp:category_nicename><wp:category_parent></wp:category_parent><wp:cat_name><![CDATA[Rikos]]></wp:cat_name></wp:category>
    <wp:category><wp:category_nicename>huumeet</wp:category_nicename><wp:category_parent>rikos</wp:category_parent><wp:cat_name><![CDATA[Huumeet]]></wp:cat_name></wp:category>
    ${items.map((item) => `<item>${item}</item>`).join('\n')}</channel></rss>`
}

function post(number: number, more = '', status = 'publish', type = 'post'): string {
  return `<title>Tiedote ${number}</title><link>https://old.example/?p=${number}</link><guid isPermaLink="false">https://old.example/?p=${number}</guid>
    <wp:post_id>${number}</wp:post_id><wp:post_date_gmt>2020-01-0${number} 10:00:00</wp:post_date_gmt><wp:post_name>nimi-${number}</wp:post_name>
    <wp:status>${status}</wp:status><wp:post_type>${type}</wp:post_type>${more}`
}

test('a WordPress export gives its public posts, as its feed had them', async () => {
  const content = `Ensimmäinen kappale,
toinen rivi.

[caption id="a" width="3"]<img src="https://old.example/k.jpg" alt="Kuva" /> Kuvateksti[/caption]

[gallery ids="9"]

<ul>
<li>kohta</li>
</ul>
Sanottu [sic] näin. [contact-form-7 id="1" title="x"]\u0000`
  const text = wordpress([
    post(
      1,
      `<content:encoded><![CDATA[${content}]]></content:encoded><excerpt:encoded><![CDATA[Ingressi.]]></excerpt:encoded>
       <category domain="category" nicename="huumeet"><![CDATA[Huumeet]]></category><category domain="post_format"><![CDATA[Aside]]></category>
       <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>8</wp:meta_value></wp:postmeta>
       <wp:comment><wp:comment_content>Ei kuulu tähän</wp:comment_content></wp:comment>`,
    ),
    post(
      2,
      '<category domain="category">Huumeet</category><content:encoded><![CDATA[<!-- wp:paragraph --><p>Lohko</p><!-- /wp:paragraph -->]]></content:encoded>',
    ),
    post(3, '', 'draft'),
    post(4, '', 'private'),
    post(5, '<wp:post_password>salasana</wp:post_password>'),
    post(6, '', 'publish', 'page'),
    post(
      8,
      '<wp:attachment_url>https://old.example/pää.jpg</wp:attachment_url>',
      'inherit',
      'attachment',
    ),
    post(
      9,
      '<wp:attachment_url>https://old.example/g.jpg</wp:attachment_url>',
      'inherit',
      'attachment',
    ),
  ])
  const { code, output, folder } = await importText(text, ['--no-media'])
  // What nobody asked for is told, and not left out.
  expect(code).toBe(0)
  expect(output).toContain('3 pictures and attachments stay at their old addresses')
  expect(output).toContain('1 of the export: not public: its status is draft.')
  expect(output).toContain('1 of the export: not public: its status is private.')
  expect(output).toContain('1 of the export: not public: it has a password.')
  expect(output).toContain('1 of the export: a page. Give --pages')
  expect(output).toContain('https://old.example/feed/ to BASE_URL/feed.rss')
  const [one, two, ...none] = await releasesIn(folder)
  expect(none).toEqual([])
  expect(one).toMatchObject({
    id: 'https://old.example/?p=1',
    slug: 'nimi-1',
    language: 'fi',
    lead: 'Ingressi.',
    published: Date.parse('2020-01-01T10:00:00Z') / 1000,
    topics: ['huumeet'],
  })
  expect(one!.related.map(({ url }) => url)).toEqual(['https://old.example/p%C3%A4%C3%A4.jpg'])
  expect(one!.html.replace(/\n+/g, '\n')).toBe(`<p>Ensimmäinen kappale,<br>
toinen rivi.</p>
<figure><img src="https://old.example/k.jpg" alt="Kuva">
<figcaption>Kuvateksti</figcaption>
</figure>
<p><img src="https://old.example/g.jpg" alt></p>
<ul>
<li>kohta</li>
</ul>
<p>Sanottu [sic] näin.</p>`)
  expect(two!.html).toBe('<p>Lohko</p>')
  expect(readFileSync(join(folder, 'topics.yaml'), 'utf8')).toContain('broader: rikos')
  const withPages = await importText(text, ['--pages', '--no-media'])
  expect(withPages.output).toContain('3 read, 3 new')
})

test('a walk goes through archives and pages to the end, and is told where it was sent', async () => {
  const { origin, asked } = await serve(({ url, headers }, response, at) => {
    expect(headers['user-agent']).toMatch(/^Tiedote\/\d/)
    if (url === '/') return void response.writeHead(301, { location: '/feed' }).end()
    const next: Record<string, [number[], string]> = {
      '/feed': [[4, 3], '<atom:link rel="prev-archive" href="/archive"/>'],
      '/archive': [[3, 2], `<atom:link rel="next" href="${at}/last"/>`],
      '/last': [[1], ''],
    }
    const [numbers, link] = next[url!]!
    response.end(
      rss(
        numbers.map((number) => item(number)),
        link,
      ),
    )
  })
  const folder = newFolder()
  const { output } = await runCommand(registerImport, ['import', `${origin}/`, '--into', folder])
  expect(output).toContain('5 read in 3 documents, 4 new, 0 changed, 0 as before, 0 left out')
  expect(output).toContain('1 stood on several pages and were taken once.')
  expect(output).toContain(`${origin}/ and ${origin}/feed to BASE_URL/feed.rss`)
  expect(asked).toEqual(['/', '/feed', '/archive', '/last'])
  expect((await releasesIn(folder)).map(({ id }) => id)).toEqual([
    'old-1',
    'old-2',
    'old-3',
    'old-4',
  ])
  expect(existsSync(join(folder, '.import'))).toBe(false)
})

test('pages that repeat, lead in a circle or never end do end', async () => {
  let made = 0
  const page = (items: object[], next: string) =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'T',
      next_url: next,
      items,
    })
  const entry = (id: number) => ({
    id: `${id}`,
    title: 'T',
    date_published: '2020-01-01T00:00:00Z',
  })
  const { origin, asked } = await serve(({ url }, response) => {
    made++
    if (url === '/circle') return void response.end(page([entry(1)], '/circle?2'))
    if (url === '/circle?2') return void response.end(page([entry(2)], '/circle'))
    if (url!.startsWith('/same')) return void response.end(page([entry(1)], `/same?${made}`))
    if (url!.startsWith('/endless'))
      return void response.end(page([entry(made)], `/endless?${made}`))
    response.end(rss([item(1)], '<generator>https://wordpress.org/?v=6</generator>'))
  })
  const run = async (path: string, ...more: string[]) => {
    asked.length = 0
    const args = ['import', `${origin}${path}`, '--into', newFolder(), ...more]
    const { output, code } = await runCommand(registerImport, args)
    expect(code).toBe(0)
    return { output, asked: asked.length }
  }
  expect(await run('/circle')).toMatchObject({
    asked: 2,
    output: expect.stringContaining('leads back to'),
  })
  expect((await run('/same')).asked).toBe(4)
  expect(await run('/endless', '--most', '7')).toMatchObject({
    asked: 7,
    output: expect.stringContaining('as --most 7 asks'),
  })
  expect((await run('/wordpress')).asked).toBe(2)
  const endless = await walkHistory('https://old.example/0', {
    async fetchDocument(address) {
      const number = Number(new URL(address).pathname.slice(1))
      if (number > 6000) throw new Error('It comes to no end')
      const bytes = Buffer.from(page([entry(number)], `/${number + 1}`))
      return { address, redirects: [], contentType: 'application/feed+json', bytes }
    },
    kept: { find: async () => undefined, keep: async () => {} },
    most: Infinity,
    types: [],
    progress() {},
  })
  expect([endless.documents, endless.brokenOff]).toEqual([
    5000,
    'The feed goes on after 5000 documents.',
  ])
})

test('a history that breaks off is written as far as it came, and goes on where it was', async () => {
  let isBroken = true
  const { origin, asked } = await serve(({ url }, response) => {
    if (url === '/2' && isBroken) return void response.writeHead(404).end()
    if (url === '/2') return void response.end(rss([item(1)]))
    response.end(rss([item(2)], '<atom:link rel="prev-archive" href="/2"/>'))
  })
  const folder = newFolder()
  const args = ['import', `${origin}/1`, '--into', folder]
  const first = await runCommand(registerImport, args)
  expect(first.code).toBe(1)
  expect(first.errors).toContain(`${origin}/2 was answered 404.`)
  expect(await releasesIn(folder)).toHaveLength(1)
  isBroken = false
  const second = await runCommand(registerImport, args)
  expect(second).toMatchObject({ code: 0, errors: expect.stringContaining('Going on') })
  expect(asked).toEqual(['/1', '/2', '/2'])
  expect(await releasesIn(folder)).toHaveLength(2)
})

test('a busy server is waited for, and one that sends around in a circle or elsewhere is not', async () => {
  let busy = 1
  const { origin } = await serve(({ url }, response) => {
    if (url === '/busy' && busy-- > 0)
      return void response.writeHead(429, { 'retry-after': '1' }).end()
    if (url === '/busy') return void response.end(rss([item(1)]))
    if (url === '/later') return void response.writeHead(503, { 'retry-after': '9999' }).end()
    if (url === '/round') return void response.writeHead(302, { location: '/round2' }).end()
    if (url === '/round2') return void response.writeHead(302, { location: '/round' }).end()
    response.writeHead(302, { location: 'file:///etc/passwd' }).end()
  })
  const run = (path: string) =>
    runCommand(registerImport, ['import', `${origin}${path}`, '--into', newFolder()])
  const began = Date.now()
  expect((await run('/busy')).code).toBe(0)
  expect(Date.now() - began).toBeGreaterThan(950)
  expect((await run('/later')).errors).toContain('asks to be asked again in 9999 seconds')
  expect((await run('/round')).errors).toContain('leads in a circle')
  expect((await run('/file')).errors).toContain(
    'leads to file:///etc/passwd, which is not on the web',
  )
})

test('what may be shown is copied, under names of our own, and the texts show the copies', async () => {
  const { origin, asked } = await serve(({ url }, response) => {
    if (url!.endsWith('.html'))
      return void response.setHeader('content-type', 'text/html').end('<script>')
    if (url!.endsWith('fake.png'))
      return void response.setHeader('content-type', 'text/html').end('x')
    response.setHeader('content-type', url!.endsWith('.pdf') ? 'application/pdf' : 'image/png')
    response.end(url)
  })
  const feed = rss([
    `<title>With files</title><guid>1</guid><pubDate>01 Jan 2020 10:00:00 GMT</pubDate>
     <description><![CDATA[<p><img src="${origin}/a%20b.png" alt="B"><img src="${origin}/fake.png"></p>]]></description>
     <enclosure url="${origin}/..%2F..%2Fsite.yaml/%2e%2e%2fagenda.pdf" type="application/pdf" length="1"/>
     <enclosure url="${origin}/evil.html" type="application/pdf" length="1"/>`,
  ])
  const folder = newFolder()
  const { code, output } = await importText(feed, [], folder)
  expect(code).toBe(1)
  expect(output).toContain(`${origin}/fake.png: It is not copied, because its type (text/html)`)
  expect(output).toContain(`${origin}/evil.html: It is not copied`)
  const [release] = await releasesIn(folder)
  const [attachment] = release!.attachments
  expect(attachment!.path).toMatch(/^media\/imported\/[a-z0-9-]+\.pdf$/)
  expect(release!.html).toMatch(
    /src="https:\/\/tiedote\.invalid\/media\/imported\/a-b-[0-9a-f]{8}\.png"/,
  )
  expect(release!.related.map(({ url }) => url)).toEqual([`${origin}/evil.html`])
  asked.length = 0
  expect((await importText(feed, ['--media'], folder)).output).toContain('1 as before')
  expect(asked.toSorted()).toEqual(['/evil.html', '/fake.png'])
})

const at = (day: number) => `<pubDate>0${day} Jan 2024 10:00:00 GMT</pubDate>`
const named = (title: string, day: number, more: string) =>
  `<title>${title}</title>${at(day)}<description>${title}.</description>${more}`

test('releases that share an identity or an address are several, in one run and in the next', async () => {
  const page = '<link>https://old.example/status</link>'
  const home = '<guid isPermaLink="false">https://old.example/</guid>'
  const items = [
    named('One', 1, '<link>https://old.example/one</link><guid></guid>'),
    named('Two', 2, '<link>https://old.example/two</link><guid> </guid>'),
    named('Three', 3, page),
    named('Four', 4, page),
    named('Five', 5, home),
    named('Six', 6, home),
  ]
  const first = await importText(rss(items))
  expect(first.code).toBe(0)
  expect(first.output).toContain('6 read, 6 new, 0 changed, 0 as before, 0 left out')
  expect(first.output).toContain('2 share their identity or address with others')
  const ids = async () => (await releasesIn(first.folder)).map(({ id, title }) => `${title} ${id}`)
  const expected = [
    'One https://old.example/one',
    'Two https://old.example/two',
    'Three https://old.example/status',
    'Four https://old.example/status#2024-01-04T10:00:00Z',
    'Five https://old.example/',
    'Six https://old.example/#2024-01-06T10:00:00Z',
  ]
  expect(await ids()).toEqual(expected)
  // A feed shows only the newest. What was there before stays what it was.
  const later = rss([
    named('Four, corrected', 4, page),
    named('Six', 6, home),
    named('Seven', 7, home),
  ])
  const second = await importText(later, [], first.folder)
  expect(second.output).toContain('3 read, 1 new, 1 changed, 1 as before, 0 left out')
  expect(await ids()).toEqual([
    ...expected.slice(0, 3),
    'Four, corrected https://old.example/status#2024-01-04T10:00:00Z',
    ...expected.slice(4),
    'Seven https://old.example/#2024-01-07T10:00:00Z',
  ])
  const redirects = readFileSync(join(first.folder, 'redirects.map'), 'utf8')
  expect(redirects.split('\n').filter((line) => line && !line.startsWith('#'))).toEqual([
    '"old.example/one" /releases/one;',
    '"old.example/two" /releases/two;',
  ])
})

test('what is only changed stays one release', async () => {
  const guid = '<guid isPermaLink="false">a</guid>'
  const { folder, output } = await importText(
    rss([named('Same', 5, guid), named('Same', 4, guid), named('Other title', 4, guid)]),
  )
  expect(output).toContain('3 read, 1 new')
  const [release, ...none] = await releasesIn(folder)
  expect(none).toEqual([])
  expect(release).toMatchObject({ id: 'a', title: 'Same' })
  const entry = (updated: string, text: string) =>
    `<entry><id>b</id><title>B</title><published>2020-02-01T10:00:00Z</published><updated>${updated}</updated><content>${text}</content></entry>`
  const versions = async (...entries: string[]) => {
    const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title>${entries.join('')}</feed>`
    return releasesIn((await importText(atom)).folder)
  }
  const [old, newer] = [
    entry('2020-02-02T10:00:00Z', 'Old'),
    entry('2020-03-01T10:00:00Z', 'Newer'),
  ]
  expect((await versions(old, newer))[0]!.html).toContain('Newer')
})

test('after an import, check finds nothing wrong, whatever the identities are', async () => {
  const ids = [
    'news-27',
    '27',
    'a b',
    'http://x y/',
    'tag:old.example,2020:1',
    'Päätös 1',
    'a&amp;b',
  ]
  const items = ids.map((id, day) =>
    named(`Release ${day}`, day + 1, `<guid isPermaLink="false">${id}</guid>`),
  )
  const { code, folder } = await importText(rss(items))
  expect(code).toBe(0)
  const checked = await runCommand(registerCheck, ['check', folder])
  expect(checked.output).toContain('0 wrong, 0 warnings')
  expect(checked.code).toBe(0)
})

test('subscribers of an Atom feed whose identities are no addresses are led to RSS, which keeps them', async () => {
  const atom = (id: string) =>
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title><entry><id>${id}</id><title>One</title>
     <published>2020-01-01T10:00:00Z</published><content>Text</content></entry></feed>`
  const odd = await importText(atom('news-27'))
  expect(odd.output).toContain('to BASE_URL/feed.rss')
  expect((await releasesIn(odd.folder)).map(({ id }) => id)).toEqual(['news-27'])
  expect((await importText(atom('tag:x.example,2020:1'))).output).toContain('to BASE_URL/feed.atom')
})

test('a feed that gave nothing, or not all, ends with 1', async () => {
  const none = await importText(rss(['<title>No date</title><guid>a</guid>']))
  expect(none.code).toBe(1)
  expect(none.errors).toMatch(/^Nothing was taken from .*feed\.xml\.$/)
  expect(none.output).toContain('No date: It has no date.')
  expect(existsSync(join(none.folder, 'site.yaml'))).toBe(false)
  const two = await importText(
    rss([item(1), named('Two dates', 1, '').replace('01 Jan 2024', '3/12/2020')]),
  )
  expect(two.code).toBe(1)
  expect(two.output).toContain('can be two dates, and no other of the feed shows which.')
  const shown = [item(1), named('A', 1, '').replace('01 Jan 2024', '3/12/2020')]
  const third = named('B', 1, '').replace('01 Jan 2024', '3/13/2020')
  expect((await importText(rss([...shown, third]))).code).toBe(0)
  const drafts = await importText(wordpress([post(1, '', 'draft')]))
  expect(drafts.code).toBe(1)
  expect(drafts.errors).toContain('its status is draft')
  const other = await importText(wordpress([post(1), post(2, '', 'publish', 'tiedote')]))
  expect(other.code).toBe(1)
  expect(other.output).toContain('1 of the export: of the type tiedote. Give --type tiedote')
})

test('posts of Polylang and WPML have their languages, and translations are joined', async () => {
  const polylang = (language: string, group: string) =>
    `<category domain="language" nicename="${language}"><![CDATA[${language}]]></category>
     <category domain="post_translations" nicename="${group}"><![CDATA[${group}]]></category><content:encoded>Text</content:encoded>`
  const wpml = (language: string, group: string) =>
    `<wp:postmeta><wp:meta_key>_wpml_import_language_code</wp:meta_key><wp:meta_value>${language}</wp:meta_value></wp:postmeta>
     <wp:postmeta><wp:meta_key>_wpml_import_translation_group</wp:meta_key><wp:meta_value>${group}</wp:meta_value></wp:postmeta><content:encoded>Text</content:encoded>`
  const { code, folder } = await importText(
    wordpress([
      post(1, polylang('fi', 'pll_1')),
      post(2, polylang('en', 'pll_1')),
      post(3, polylang('pt-br', 'pll_2')),
      post(4, wpml('fi', '4')),
      post(5, wpml('sv', '4')),
      // Without marks only the address tells, where the site has that language.
      post(6).replace('https://old.example/?p=6', 'https://old.example/sv/nimi-6/'),
      post(7).replace('https://old.example/?p=7', 'https://old.example/?p=7&amp;lang=en'),
      post(8).replace('https://old.example/?p=8', 'https://old.example/us/nimi-8/'),
    ]),
    ['--no-media'],
  )
  expect(code).toBe(0)
  const releases = await releasesIn(folder)
  expect(releases.map(({ slug, language }) => `${slug} ${language}`)).toEqual([
    'nimi-1 fi',
    'nimi-1 en',
    'nimi-3 pt-br',
    'nimi-4 fi',
    'nimi-4 sv',
    'nimi-6 sv',
    'nimi-7 en',
    'nimi-8 fi',
  ])
})

test('a post that holds several languages is a release in each', async () => {
  const { code, folder } = await importText(
    wordpress([
      post(
        1,
        '<content:encoded><![CDATA[[:en]In English. <a href="a">a</a>[:fi]Suomeksi.[:]<hr>]]></content:encoded>',
      ).replace('Tiedote 1', '[:en]New station[:fi]Uusi asema[:]'),
      post(
        2,
        '<content:encoded><![CDATA[<!--:sv-->På svenska.<!--:-->]]></content:encoded>',
      ).replace('Tiedote 2', '{:sv}Ny station{:}'),
    ]),
  )
  expect(code).toBe(0)
  expect(
    (await releasesIn(folder)).map(({ id, slug, language, title }) => [id, slug, language, title]),
  ).toEqual([
    ['https://old.example/?p=1', 'nimi-1', 'fi', 'Uusi asema'],
    ['https://old.example/?p=1#en', 'nimi-1', 'en', 'New station'],
    ['https://old.example/?p=2', 'nimi-2', 'sv', 'Ny station'],
  ])
  const english = (await releasesIn(folder)).find(({ language }) => language === 'en')
  expect(english!.html).toContain('In English. <a href="https://old.example/a">a</a>')
  expect(english!.html).not.toContain('Suomeksi')
})

test('pictures that an export only numbers are told', async () => {
  const { code, output } = await importText(
    wordpress([
      post(
        1,
        `<content:encoded><![CDATA[Text [gallery ids="5,6"]]]></content:encoded>
         <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value></wp:postmeta>`,
      ),
    ]),
  )
  expect(code).toBe(1)
  expect(output).toContain('1 new')
  expect(output).toContain('3 pictures: the export names only their numbers.')
})

test('a post that is damaged is told by its name, and the others are taken', async () => {
  const { code, output, folder } = await importText(
    wordpress([post(1), post(2).replace('</wp:post_name>', ''), post(3)]),
  )
  expect(code).toBe(1)
  expect(output).toContain('Tiedote 2: It is damaged')
  expect((await releasesIn(folder)).map(({ title }) => title)).toEqual(['Tiedote 1', 'Tiedote 3'])
})

test('no shortcode stands in titles, texts or leads, of exports and of feeds that WordPress made', async () => {
  const { folder } = await importText(
    wordpress([
      post(
        1,
        `<content:encoded><![CDATA[[vc_row][vc_column]Text[/vc_column][/vc_row]]]></content:encoded>
         <excerpt:encoded><![CDATA[[vc_row][vc_column]Lead.[/vc_column][/vc_row]]]></excerpt:encoded>`,
      ).replace('Tiedote 1', '[highlight]Tiedote[/highlight] 1'),
    ]),
  )
  const [release] = await releasesIn(folder)
  expect(release).toMatchObject({ title: 'Tiedote 1', lead: 'Lead.', html: '<p>Text</p>' })
  const feed = rss(
    [item(1).replace('Text of', '[vc_row][vc_column width=&quot;1/2&quot;]Text of')],
    '<generator>https://wordpress.org/?v=6</generator>',
  )
  const [other] = await releasesIn((await importText(feed)).folder)
  expect(other!.html).toBe('<p>Text of release 1.</p>')
})

test('pictures that scripts would show are copied, or keep their whole address', async () => {
  const { origin, asked } = await serve((_, response) => {
    response.setHeader('content-type', 'image/png').end('x')
  })
  const content = `<p><img src="data:image/gif;base64,R0lG" data-src="/a.png"><noscript><img src="/a.png"></noscript>
    <noscript><img src="/b.png"></noscript><img srcset="/c-300.png 300w, /c-900.png 900w">
    <img class="lazy" src="/img/blank.gif" data-lazy-src="d.png"><img src="/e.png" data-src="/other.png"></p>`
  const feed = rss([
    `<title>Lazy</title><guid>1</guid><link>${origin}/news/1</link>${at(1)}<description><![CDATA[${content}]]></description>`,
  ])
  const { code, folder } = await importText(feed)
  expect(code).toBe(0)
  expect(asked.toSorted()).toEqual(['/a.png', '/b.png', '/c-900.png', '/e.png', '/news/d.png'])
  const [release] = await releasesIn(folder)
  expect(release!.html.match(/<img /g)).toHaveLength(5)
  const outside = await importText(feed, ['--no-media'])
  expect(outside.output).toContain('5 pictures and attachments stay at their old addresses')
  expect((await releasesIn(outside.folder))[0]!.html).toContain(`src="${origin}/news/d.png"`)
})

test('a server that is gone is asked for one picture only', async () => {
  const pictures = Array.from(
    { length: 50 },
    (_, number) => `<img src="http://127.0.0.1:9/${number}.png">`,
  )
  const { code, output, errors } = await importText(
    rss([named('Gone', 1, '').replace('Gone.', `<![CDATA[${pictures.join('')}]]>`)]),
  )
  expect(code).toBe(1)
  expect(output).toContain('1 new')
  expect(output).toContain('could not be reached before')
  expect(errors).toContain('50 left out')
})

test('wrong uses are told before anything is read', async () => {
  const run = (...args: string[]) => runCommand(registerImport, ['import', ...args])
  expect(await run('x.xml', '--language', 'English please')).toMatchObject({ code: 2 })
  expect(await run('x.xml', '--timezone', 'Helsinki')).toMatchObject({ code: 2 })
  expect(await run('gopher://x')).toMatchObject({ code: 2 })
  const folder = newFolder()
  expect(await run(join(folder, 'x.xml'), '--into', folder)).toMatchObject({
    code: 1,
    errors: `There is no file ${join(folder, 'x.xml')}.`,
  })
  const broken = temporaryFolder()
  writeFiles(broken, { 'topics.yaml': 'a: { label: ' })
  const { code, errors } = await importText(rss([item(1)]), [], broken)
  expect(code).toBe(1)
  expect(errors).toContain('topics.yaml:1')
})
