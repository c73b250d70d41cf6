// Searches as people type them: in any form of a word, in the languages of a site, and word for word.
import { expect, test } from 'vitest'
import { markdown } from '../content-folder.ts'
import { baseUrl, type Fetch, onBothPresses } from '../platforms.ts'

const release = (title: string, day: number, body = 'Text.') =>
  markdown([`title: ${title}`, `published: 2024-01-${day}T09:00`, 'topics: [eu]'], body)

const files = {
  'releases/one.en.md': release('The border stays closed', 24, 'A guard of the border.'),
  'releases/two.en.md': release('Ministers talk', 23, 'What the *border guard* says of speeches.'),
  'releases/three.en.md': release('Closing of ports', 22),
  'releases/one.fi.md': release('Rajavalvonnan palautus', 24),
  'releases/two.fi.md': release('Hätätilassa', 23, 'Uusi rajavalvonta alkaa. Border.'),
  'releases/one.sv.md': release('Gränserna hålls stängda', 24),
}

async function titles(fetch: Fetch, path: string, words: string): Promise<string[]> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(words)}`)
  expect(answer.status).toBe(200)
  const { items } = (await answer.json()) as { items: { title: string }[] }
  return items.map(({ title }) => title)
}

onBothPresses('a search', files, ({ fetch }) => {
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
})
