// The parts of a sitemap, where there is more than one.
import { expect, test } from 'vitest'
import { createAddresses } from '../../src/domain/addresses.ts'
import type { Site } from '../../src/domain/site.ts'
import { createVocabulary, type VocabularySource } from '../../src/domain/topic.ts'
import type { Current, Services } from '../../src/http/services.ts'
import { sitemapDocument } from '../../src/http/sitemaps.ts'

test('pages of thousands of topics come in parts that hold each of them once', async () => {
  const names = Array.from({ length: 2050 }, (_, number) => `topic-${number}`)
  const topics = names.map((slug) => ({ slug, label: { en: slug }, aliases: [] }))
  const site = { languages: ['en'] } as Site
  const current = {
    site,
    vocabulary: createVocabulary({ topics, renamed: {} } as unknown as VocabularySource),
    retired: { ended: new Set(), gone: new Set() },
    addresses: createAddresses('https://a.example', site),
  } as unknown as Current
  const store = {
    countByTopic: async () =>
      names.map((topic, newest) => ({ topic, language: 'en', count: 1, newest: newest + 1 })),
    places: async () => [[{ published: 5000 }]],
    parts: async () => [],
  }
  const read = (target: Parameters<typeof sitemapDocument>[0]) =>
    sitemapDocument(target, current, { store } as unknown as Services)
  const paths = (text: string) =>
    Array.from(text.matchAll(/<loc>https:\/\/a\.example([^<]*)/g), ([, path]) => path)

  const index = await read({ of: 'index' })
  expect(paths(index)).toEqual([1, 2].map((part) => `/sitemap-topics-${part}.xml`))
  const parts: (string | undefined)[][] = []
  for (const part of [1, 2]) parts.push(paths(await read({ of: 'topics', part })))
  expect(parts.map(({ length }) => length)).toEqual([2000, 51])
  expect(parts.flat()).toEqual(['/', ...names.map((name) => `/topics/${name}`)])
  await expect(read({ of: 'topics', part: 3 })).rejects.toMatchObject({ code: 'not-found' })
})
