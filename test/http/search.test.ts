// Searches as people type them: in any form of a word, in the languages of a site, and word for word.
import { expect, test } from 'vitest'
import { markdown } from '../content-folder.ts'
import { type Page, readPage, textOf } from '../page.ts'
import { baseUrl, type Fetch, onNodePress } from '../platforms.ts'

const release = (title: string, day: number, body = 'Text.') =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, 'topics: [eu]'], body)

const files = {
  'releases/one.en.md': release('The border stays closed', 24, 'A guard of the border.'),
  'releases/two.en.md': release('Ministers talk', 23, 'What the *border guard* says of speeches.'),
  'releases/three.en.md': release('Closing of ports', 22),
  'releases/one.fi.md': release('Rajavalvonnan palautus', 24),
  'releases/two.fi.md': release('Hätätilassa', 23, 'Uusi rajavalvonta alkaa. Border.'),
  'releases/one.sv.md': release('Gränserna hålls stängda', 24),
  // More than are counted.
  'releases/many.jsonl': Array.from({ length: 101 }, (_, index) =>
    JSON.stringify({
      slug: `port-${index}`,
      language: 'fi',
      title: `Satama ${index}`,
      published: `2023-01-01T00:00Z`,
      topics: ['crime'],
      body: { markdown: 'Auki.' },
    }),
  ).join('\n'),
}

async function titles(fetch: Fetch, path: string, words: string): Promise<string[]> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(words)}`)
  expect(answer.status).toBe(200)
  const { items } = (await answer.json()) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}

async function open(fetch: Fetch, path: string, words: string): Promise<Page> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(words)}`)
  expect(answer.status).toBe(200)
  return readPage(await answer.text())
}

/** What the notices of a page say, and the questions that it offers with a word less. */
function offersOn(page: Page) {
  const items = page.all('li').map(textOf)
  return {
    notices: page.ofClass('notice').map(textOf).filter(Boolean),
    less: items.filter(
      (text) => / (\d+ (release|tiedote)|more than)/.test(text) && /“|”/.test(text),
    ),
  }
}

onNodePress('a search', files, ({ fetch }) => {
  test('finds every form of a word, in the language of the feed', async () => {
    const english = ['The border stays closed', 'Ministers talk']
    for (const form of ['border', 'borders', 'BORDERING', 'Börders']) {
      expect(await titles(fetch, '/feed.json', form), form).toEqual(english)
    }
    expect(await titles(fetch, '/feed.json', 'close')).toEqual([
      'The border stays closed',
      'Closing of ports',
    ])
    expect(await titles(fetch, '/topics/eu.json', 'port closes')).toEqual(['Closing of ports'])
    expect(await titles(fetch, '/fi/feed.json', 'rajavalvonnasta')).toEqual([
      'Rajavalvonnan palautus',
      'Hätätilassa',
    ])
    expect(await titles(fetch, '/fi/feed.json', 'hätätila')).toEqual(['Hätätilassa'])
    expect(await titles(fetch, '/sv/feed.json', 'gräns')).toEqual(['Gränserna hålls stängda'])
    // English forms are no forms of a Finnish word.
    expect(await titles(fetch, '/fi/feed.json', 'bordering')).toEqual([])
    expect(await titles(fetch, '/feed.json', 'bored')).toEqual([])
  })

  test('finds in all languages what it finds in any', async () => {
    expect(await titles(fetch, '/all/feed.json', 'rajavalvonnasta')).toHaveLength(2)
    expect(await titles(fetch, '/all/feed.json', 'gräns')).toEqual(['Gränserna hålls stängda'])
    expect(await titles(fetch, '/all/feed.json', 'borders')).toEqual([
      'The border stays closed',
      'Hätätilassa',
      'Ministers talk',
    ])
  })

  test('finds what stands in quotation marks as it stands there', async () => {
    expect(await titles(fetch, '/feed.json', 'border guard')).toHaveLength(2)
    for (const words of ['"border guard"', '”Border  guard”', '«border-guard»', '„Börder guard“']) {
      expect(await titles(fetch, '/feed.json', words), words).toEqual(['Ministers talk'])
    }
    expect(await titles(fetch, '/feed.json', '"guard border"')).toEqual([])
    expect(await titles(fetch, '/feed.json', '"borders"')).toEqual([])
    expect(await titles(fetch, '/feed.json', '"the border" guards')).toEqual([
      'The border stays closed',
      'Ministers talk',
    ])
    expect(await titles(fetch, '/feed.json', 'speech "border guard"')).toEqual(['Ministers talk'])
    // A mark that is never closed, and marks around nothing.
    expect(await titles(fetch, '/feed.json', 'the "borders')).toHaveLength(2)
    expect(await titles(fetch, '/feed.json', '"" border "…"')).toHaveLength(2)
  })

  test('has one address for all spellings of the words that were typed', async () => {
    const canonical = `${baseUrl}/feed.json?q=%22border+guard%22+speeches`
    for (const words of ['speeches "border guard"', '“BORDER guard” Speeches, speeches']) {
      const answer = await fetch(`/feed.json?q=${encodeURIComponent(words)}`)
      expect(answer.headers.get('content-location')).toBe(canonical)
    }
    const own = await fetch(canonical.slice(baseUrl.length))
    expect(own.headers.get('content-location')).toBeNull()
    const { feed_url: address } = (await own.json()) as { feed_url: string }
    expect(address).toBe(canonical)
    const page = await (await fetch('/?q=%22border+guard%22+speeches')).text()
    expect(page).toContain('name="q" value="&quot;border guard&quot; speeches"')
    const stemmed = await fetch('/feed.json?q=borders')
    expect(((await stemmed.json()) as { feed_url: string }).feed_url).toBe(
      `${baseUrl}/feed.json?q=borders`,
    )
  })

  test('counts the words in quotation marks, too', async () => {
    expect((await fetch('/feed.json?q="a+b+c+d+e"+f+g+h')).status).toBe(200)
    const { status } = await fetch('/feed.json?q="a+b+c+d+e"+f+g+h+i')
    expect(status).toBe(400)
  })

  test('for the name of a topic offers the topic, in the language of the page', async () => {
    const named = { notices: ['Releases on EU, 3'], less: [] }
    const eu = await open(fetch, '/', 'eu')
    expect(offersOn(eu)).toEqual({ ...named, less: [] })
    expect(eu.link('Releases on EU')).toBe(`${baseUrl}/topics/eu`)
    expect(offersOn(await open(fetch, '/fi/', 'Eu')).notices).toEqual(['Tiedotteet, aiheena EU, 2'])
    expect(offersOn(await open(fetch, '/all/', '"EU"')).notices).toEqual(['Releases on EU, 6'])
    // By a name in another language, by an alias in another order, and by a former slug.
    for (const words of ['muuttoliike', 'people of Movement', 'policy border']) {
      const page = await open(fetch, '/', words)
      expect(offersOn(page).notices, words).toEqual(['Releases on migration, 0'])
      expect(page.link('Releases on migration')).toBe(`${baseUrl}/topics/migration`)
    }
    for (const words of ['organised', 'organised crime today', 'releases']) {
      expect(offersOn(await open(fetch, '/', words)).notices, words).toEqual([])
    }
    expect(offersOn(await open(fetch, '/topics/eu', 'migration')).notices).toEqual([])
  })

  test('that finds nothing says what it would find with one word less', async () => {
    const page = await open(fetch, '/', 'unicorns dragons ports')
    expect(offersOn(page).less).toEqual([])
    const named = await open(fetch, '/', 'borders ministers ports')
    expect(offersOn(named).less).toEqual(['Releases containing “borders ministers” 1 release'])
    const two = await open(fetch, '/', 'borders talks unicorns')
    expect(offersOn(two).less).toEqual(['Releases containing “borders talks” 1 release'])
    expect(two.link('Releases containing “borders talks”')).toBe(`${baseUrl}/?q=borders+talks`)
    // Words lose their quotation marks before they are left out.
    const quoted = await open(fetch, '/topics/eu', '"guard border" border')
    expect(offersOn(quoted).less).toEqual(['EU, containing “border guard” 2 releases'])
    const one = await open(fetch, '/fi/topics/eu', 'unicorns')
    expect(textOf(one.one('main'))).toContain('Yhtä sanaa vähemmällä: EU 2 tiedotetta')
    const many = await open(fetch, '/fi/', 'satamat unicorns')
    expect(textOf(many.one('main'))).toContain('”satamat” yli 100 tiedotetta')
    const alone = await open(fetch, '/', 'unicorns')
    expect(textOf(alone.one('main'))).not.toContain('With one word less')
    const found = await open(fetch, '/', 'borders talks')
    expect(textOf(found.one('main'))).not.toContain('With one word less')
  })
})
