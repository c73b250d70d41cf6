import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { baseUrl, type Fetch, nodeService } from './platforms.ts'

const corpora = join(import.meta.dirname, '../../shared/corpus')

if (!existsSync(corpora))
  console.warn(
    'Skipped: the tests with collections of real releases, which are not beside the project',
  )

type Item = { id: string; date_published: string }

async function items(service: Fetch, path: string): Promise<Item[]> {
  const document = (await (await service(path)).json()) as { items: Item[] }
  return document.items
}

describe.skipIf(!existsSync(corpora))(
  'real releases (skipped where the collections are not beside the project)',
  () => {
    for (const name of ['justice', 'debian']) {
      test(`${name}: every feed holds each release once, newest first, in three formats that agree`, async () => {
        const service = await nodeService(join(corpora, name))
        const { topics } = (await (await service('/all/topics.json')).json()) as {
          topics: { feeds: { json: string; atom: string; rss: string } }[]
        }
        const feeds = topics.map(({ feeds }) => feeds)
        expect(feeds.length).toBeGreaterThan(0)
        for (const { json, atom, rss } of feeds) {
          const found = await items(service, json.slice(baseUrl.length))
          const ids = found.map(({ id }) => id)
          expect(new Set(ids).size).toBe(ids.length)
          const times = found.map(({ date_published }) => date_published)
          expect(times).toEqual(times.toSorted().toReversed())
          const inAtom = await (await service(atom.slice(baseUrl.length))).text()
          const inRss = await (await service(rss.slice(baseUrl.length))).text()
          expect(
            Array.from(inAtom.matchAll(/<entry [^]*?<id>(.*?)<\/id>/g), ([, id]) => id),
          ).toEqual(ids)
          expect(Array.from(inRss.matchAll(/<guid [^>]*>(.*?)<\/guid>/g), ([, id]) => id)).toEqual(
            ids,
          )
        }
      })
    }
  },
)
