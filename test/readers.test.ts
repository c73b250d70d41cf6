import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { baseUrl, type Fetch, nodeService } from './platforms.ts'

const run = promisify(execFile)
const content = join(import.meta.dirname, '../content')
const corpora = join(import.meta.dirname, '../../shared/corpus')
const newsboat = ['/usr/bin/newsboat', '/usr/local/bin/newsboat'].find(existsSync)

/** Puts a service on a port of this machine, as real readers need. */
async function listen(service: Fetch): Promise<string> {
  const server = createAdaptorServer({ fetch: (request) => service(request.url, request) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

if (!newsboat) console.warn('Skipped: the tests with newsboat, which is not installed')
if (!existsSync(corpora))
  console.warn(
    'Skipped: the tests with collections of real releases, which are not beside the project',
  )

type Item = { id: string; title: string; url: string; content_html: string; date_published: string }

async function items(service: Fetch, path: string): Promise<Item[]> {
  const document = (await (await service(path)).json()) as { items: Item[] }
  return document.items
}

describe.skipIf(!newsboat)('newsboat (skipped where it is not installed)', () => {
  let service: Fetch
  beforeAll(async () => {
    service = await nodeService(content)
  })

  for (const format of ['rss', 'atom']) {
    test(`subscribes to ${format} and holds every release once, as it was sent`, async () => {
      const url = await listen(service)
      const folder = mkdtempSync(join(tmpdir(), 'tiedote-newsboat-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      writeFileSync(join(folder, 'urls'), `${url}/all/feed.${format}\n`)
      const cache = join(folder, 'cache.db')
      const options = ['-u', join(folder, 'urls'), '-c', cache, '-C', '/dev/null', '-x', 'reload']
      await run(newsboat!, options, { env: { ...process.env, HOME: folder } })
      await run(newsboat!, options, { env: { ...process.env, HOME: folder } })
      const database = new DatabaseSync(cache)
      const rows = database.prepare('select guid, title, url, pubDate, content from rss_item').all()
      database.close()
      const sent = await items(service, '/all/feed.json')
      const byId = new Map(sent.map((item) => [item.id, item]))
      expect(rows).toHaveLength(sent.length)
      for (const row of rows) {
        const item = byId.get(String(row.guid))!
        expect(row.title).toBe(item.title)
        expect(row.url).toBe(item.url)
        expect(row.pubDate).toBe(Date.parse(item.date_published) / 1000)
        expect(row.content).toBe(item.content_html)
      }
    })
  }
})

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
          expect(times).toEqual([...new Set(times)].toSorted().toReversed())
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
