// The parts of a sitemap, where there is more than one.
import { expect, test } from 'vitest'
import { temporaryFolder } from '../content-folder.ts'
import { baseUrl, nodeService } from '../platforms.ts'

test('pages of thousands of topics come in parts that hold each of them once', async () => {
  const names = Array.from({ length: 2010 }, (_, number) => `topic-${number}`)
  const lines = names.map((slug) =>
    JSON.stringify({
      slug,
      language: 'en',
      title: slug,
      published: '2024-01-24T09:00:00Z',
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

  // All of them share a second: a part begins at one of them.
  const releases = await Promise.all(index.filter((path) => path.includes('releases')).map(read))
  expect(releases.map(({ length }) => length)).toEqual([2000, 10])
  expect(releases.flat()).toEqual(names.map((name) => `/releases/${name}`))
})
