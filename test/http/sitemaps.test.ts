// The parts of a sitemap, where there is more than one, and what is particular to Google News.
import { expect, test } from 'vitest'
import { renderNewsSitemap } from '../../src/feeds/sitemap.ts'
import { temporaryFolder } from '../content-folder.ts'
import { baseUrl, nodeService } from '../platforms.ts'

test('pages of thousands of topics, and of releases, come in parts that hold each of them once', async () => {
  const names = Array.from({ length: 2010 }, (_, number) => `topic-${number}`)
  // The last of them share a second, and the second part begins at one of those.
  const published = (number: number) =>
    new Date(Date.UTC(2020, 0, 1) + Math.min(number, 1990) * 3_600_000).toISOString()
  const lines = names.map((slug, number) =>
    JSON.stringify({
      slug,
      language: 'en',
      title: slug,
      published: published(number),
      topics: [slug],
      body: { html: '<p>x</p>' },
    }),
  )
  const fetch = await nodeService(
    temporaryFolder({
      'topics.yaml': names.map((slug) => `${slug}: { label: { en: ${slug} } }\n`).join(''),
      'releases/all.jsonl': lines.join('\n'),
    }),
  )
  const read = async (path: string) => {
    const text = await (await fetch(path)).text()
    return Array.from(text.matchAll(/<loc>([^<]*)/g), ([, address]) => {
      return address!.replace(baseUrl, '')
    })
  }
  const index = await read('/sitemap.xml')
  const parts = index.filter((path) => path.includes('topics'))
  expect(parts).toEqual([1, 2].map((part) => `/sitemap-topics-${part}.xml`))
  const pages = await Promise.all(parts.map(read))
  expect(pages.map(({ length }) => length)).toEqual([2000, 11])
  expect(pages.flat()).toEqual(['/', ...names.map((name) => `/topics/${name}`)])
  expect((await fetch('/sitemap-topics-3.xml')).status).toBe(404)

  const ofReleases = index.filter((path) => path.includes('releases'))
  expect(ofReleases).toEqual([1, 2].map((part) => `/sitemap-releases-${part}.xml`))
  const releases = await Promise.all(ofReleases.map(read))
  expect(releases.map(({ length }) => length)).toEqual([2000, 10])
  expect(releases.flat()).toEqual(names.map((name) => `/releases/${name}`))
  // What the index says of a part is its last change, which is that of its last release.
  const times = async (path: string) => {
    const text = await (await fetch(path)).text()
    return Array.from(text.matchAll(/<lastmod>([^<]*)/g), ([, time]) => time)
  }
  const last = await Promise.all(ofReleases.map(async (path) => (await times(path)).at(-1)))
  expect((await times('/sitemap.xml')).slice(parts.length)).toEqual(last)
  expect(last[0]).toBe('2020-03-23T22:00:00Z')
})

test('Google News is told languages as it knows them', () => {
  const names = { en: 'en', 'es-419': 'es', smn: 'smn', 'zh-hant': 'zh-tw', 'zh-mo': 'zh-tw' }
  for (const [language, expected] of Object.entries({ ...names, 'zh-hans-hk': 'zh-cn' })) {
    const page = { address: baseUrl, title: 'A', language, publication: 'B', published: 0 }
    expect(renderNewsSitemap([page])).toContain(`<news:language>${expected}<`)
  }
})
