// A name means the same to whoever reads it: the loader, the API, addresses, links between files, sitemaps.
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import {
  isMediaPath,
  readFileLink,
  readFileName,
  readSlug,
  readSource,
} from '../../src/domain/names.ts'
import { findMediaFile } from '../../src/content/folder.ts'
import { isMediaFile } from '../../src/http/media.ts'
import { readAddress } from '../../src/http/urls.ts'
import { type Site, slug as slugSchema } from '../../src/domain/site.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { siteYaml, temporaryFolder } from '../content-folder.ts'
import { baseUrl, onNodePress } from '../platforms.ts'

const slugs = ['new_border_station', 'a', '1', '2024', 'a--b', 'ends-', 'ends_', 'feed', 'a_-_b']
const languages = ['en', 'fi', 'es-419', 'zh-hant', 'de-1996', 'sr-latn-rs']
const topics = ['border_control', '5g', 'x-']

const text = (title: string, body: string) =>
  `---\ntitle: ${title}\npublished: 2024-01-24T09:00\ntopics: [${topics.join(', ')}]\n---\n\n${body}\n`

const files = {
  'site.yaml': siteYaml
    .replace('[en, fi, sv]', '[en, fi, es-419, zh-Hant, de-1996, sr-Latn-RS]')
    .replaceAll(/, sv: [^}]*/g, ''),
  'topics.yaml': topics.map((topic) => `${topic}: { label: { en: The ${topic} } }\n`).join(''),
  ...Object.fromEntries(
    slugs.flatMap((slug, index) =>
      languages.map((language) => [
        // In a folder with signs that addresses give a meaning.
        `releases/#${index} ä?%/${slug}.${language === 'zh-hant' ? 'zh-Hant' : language}.md`,
        text(
          `${slug} ${language}`,
          `[Next](../x/${slugs[(index + 1) % slugs.length]}.${language}.md)`,
        ),
      ]),
    ),
  ),
}

onNodePress('names', files, (press) => {
  const get = async (address: string) => press.fetch(address.replace(baseUrl, ''))

  test('every address that is given out is answered', async () => {
    const index = await (await get('/sitemap.xml')).text()
    const parts = [...index.matchAll(/<loc>([^<]*)/g)].map(([, address]) => address!)
    const maps = await Promise.all(parts.map(async (part) => (await get(part)).text()))
    const pages = maps.flatMap((map) => [...map.matchAll(/(?:<loc>|href=")([^<"]*)/g)])
    const links = new Set(pages.map(([, address]) => address!))
    const feed = (await (await get('/all/feed.json')).json()) as {
      items: { url: string; content_html: string }[]
    }
    expect(feed.items).toHaveLength(slugs.length * languages.length)
    for (const { url, content_html: html } of feed.items) {
      links.add(url)
      const [, next = ''] = /href="([^"]*)">Next/.exec(html)!
      expect(next).toContain('/releases/')
      links.add(next)
    }
    expect(links.size).toBeGreaterThan(slugs.length * languages.length)
    for (const topic of topics) {
      for (const language of ['', '/zh-hant', '/ES-419', '/all']) {
        for (const ending of ['', '.rss', '.atom', '.json']) {
          links.add(`${baseUrl}${language}/topics/${topic}${ending}`)
        }
      }
    }
    for (const link of links) expect((await get(link)).status, link).toBe(200)
  })

  test('what comes through the API has the same names', async () => {
    const send = async (path: string) =>
      press.fetch(`/api/${path}`, {
        method: 'PUT',
        headers: {
          Authorization: 'Bearer a-secret-of-the-newsroom',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ title: 'Sent', body: { markdown: 'x' } }),
      })
    for (const slug of ['sent_one', '7', 'sent-']) {
      for (const language of ['en', 'es-419', 'zh-Hant']) {
        const answer = await send(`releases/${slug}/${language}`)
        const { url } = (await answer.json()) as { url: string }
        expect(answer.status, `${slug} ${language}`).toBe(201)
        expect((await get(url)).status, url).toBe(200)
      }
    }
    for (const slug of ['_sent', '-sent', 'Sent', 'sent.one', 'sänt', 'a b']) {
      expect((await send(`releases/${encodeURIComponent(slug)}/en`)).status, slug).toBe(422)
    }
  })
})

const site = { languages: ['en'], timezone: 'UTC' } as Site
const vocabulary = createVocabulary({ topics: [], renamed: {} })

test('what a release may be called is what its address and a link to its file may say', () => {
  const signs = fc.string({ unit: fc.constantFrom(...Array.from('aZ09-_.~%é ü/#')) })
  fc.assert(
    fc.property(signs, (name) => {
      const isSlug = v.safeParse(slugSchema, name).success && name === name.trim()
      expect(readSlug(name) === name).toBe(isSlug)
      const address = new URL(`${baseUrl}/releases/${encodeURIComponent(name)}`)
      let found: unknown
      try {
        found = readAddress(address, site, vocabulary)
      } catch {
        found = undefined
      }
      const isFound =
        JSON.stringify(found) === JSON.stringify({ kind: 'release', slug: name, language: 'en' })
      expect(isFound, name).toBe(isSlug)
      const link = readFileLink(`../${encodeURIComponent(name)}.en.md`)
      expect(link?.slug === name, name).toBe(isSlug)
    }),
  )
})

test('what the address of a file may not be is no file of the folder', async () => {
  const folder = temporaryFolder({ 'media/a/b.pdf': 'x', 'media/.a/b.pdf': 'x', 'media/.b': 'x' })
  const signs = fc.string({ unit: fc.constantFrom(...Array.from('ab./%\\é\0')), maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(signs, async (name) => {
      const path = `media/${name}`
      expect(isMediaFile(`/media/${encodeURIComponent(name)}`), name).toBe(isMediaPath(path))
      if (!isMediaPath(path)) expect(await findMediaFile(folder, path)).toBeUndefined()
    }),
  )
  expect(await findMediaFile(folder, 'media/a/b.pdf')).toBeDefined()
})

test('a link to a file is understood as editors understand it', () => {
  const there = { slug: 'new_station', language: 'es-419', part: '' }
  for (const link of [
    'new_station.es-419.md',
    './new_station.es-419.md',
    '../2023/new_station.ES-419.md',
    '/releases/2023/new%5Fstation.es-419.md',
    'New_Station.es-419.md?plain=1',
  ]) {
    expect(readFileLink(link), link).toEqual(there)
  }
  expect(readFileLink('new_station.es-419.md#contacts')).toEqual({ ...there, part: '#contacts' })
  for (const link of [
    'https://example.org/a.en.md',
    '//example.org/a.en.md',
    'mailto:a.en.md',
    'readme.md',
    'a.b.en.md',
    'a.e.md',
    '.a.en.md',
    'a.en.md/x',
    '#a.en.md',
    '%E0%A4.en.md',
  ]) {
    expect(readFileLink(link), link).toBeUndefined()
  }
})

test('a file names a release, whatever its folder is called', () => {
  expect(readFileName('releases/a.b/#1/x.zh-Hant.md')).toEqual({ slug: 'x', language: 'zh-Hant' })
  expect(readFileName('x.md')).toBeUndefined()
  expect(readSource('releases/#1/x.en.md')).toEqual({ file: 'releases/#1/x.en.md' })
  expect(readSource('releases/#1/all.jsonl#x.en')).toEqual({
    file: 'releases/#1/all.jsonl',
    inLines: 'x.en',
  })
})
