import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../content-folder.ts'
import { type Fetch, nodePress, nodeService } from '../platforms.ts'
import {
  absentFrom,
  createNewsroom,
  keyIn,
  keyOf,
  marksOf,
  type New,
  surroundingsOf,
  textOf,
  titleOf,
} from './newsroom.ts'
import { createSimulatedClock } from './simulated-clock.ts'

const run = promisify(execFile)
const content = join(import.meta.dirname, '../../content')
const newsboat = ['/usr/bin/newsboat', '/usr/local/bin/newsboat'].find(existsSync)

if (!newsboat) console.warn('Skipped: the tests with newsboat, which is not installed')

/** Puts a service on a port of this machine, as real readers need. */
async function listen(service: Fetch): Promise<string> {
  const server = createAdaptorServer({ fetch: (request) => service(request.url, request) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

type Row = {
  guid: string
  title: string
  url: string
  pubDate: number
  content: string
  feedurl: string
}

/** Real newsboat with subscriptions. */
function subscribe(urls: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tiedote-newsboat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'urls'), urls.map((url) => `${url}\n`).join(''))
  const cache = join(folder, 'cache.db')
  const options = ['-u', join(folder, 'urls'), '-c', cache, '-C', '/dev/null', '-x', 'reload']
  return {
    reload: () => run(newsboat!, options, { env: { ...process.env, HOME: folder } }),
    held(): Row[] {
      const database = new DatabaseSync(cache)
      const rows = database
        .prepare('select guid, title, url, pubDate, content, feedurl from rss_item')
        .all()
      database.close()
      return rows as Row[]
    },
  }
}

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
      const reader = subscribe([`${url}/all/feed.${format}`])
      await reader.reload()
      await reader.reload()
      const sent = await items(service, '/all/feed.json')
      const byId = new Map(sent.map((item) => [item.id, item]))
      const rows = reader.held()
      expect(rows).toHaveLength(sent.length)
      for (const row of rows) {
        const item = byId.get(row.guid)!
        expect(row.title).toBe(item.title)
        expect(row.url).toBe(item.url)
        expect(row.pubDate).toBe(Date.parse(item.date_published) / 1000)
        expect(row.content).toBe(item.content_html)
      }
    })
  }

  test('holds every release once with its newest text, through edits, other topics, restarts and changes within one second (H-10, C-03)', async () => {
    const directory = temporaryFolder()
    const clock = createSimulatedClock(Date.UTC(2026, 2, 2, 6) / 1000)
    const newsroom = createNewsroom(directory)
    const publish = (slug: string, named: string[], language = 'en') =>
      newsroom.publish({ slug, language, authored: clock.now(), topics: named })
    const release = (slug: string) => newsroom.releases().find((one) => one.slug === slug)!
    publish('first', ['eu'])
    publish('second', ['asylum'])
    const press = await nodePress(directory, clock)
    const statuses: number[] = []
    const url = await listen(async (path, init) => {
      const response = await press.fetch(path, init)
      statuses.push(response.status)
      return response
    })
    const feeds = [`${url}/topics/migration.rss`, `${url}/all/feed.atom`, `${url}/topics/eu.atom`]
    const reader = subscribe(feeds)

    const expectEverything = () => {
      const rows = reader.held()
      const name = ({ title }: Row) => title.split(':')[0]!
      const written = newsroom.releases().toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      expect(rows.map(name).toSorted()).toEqual(written.map(keyOf))
      for (const one of written) {
        const row = rows.find((row) => name(row) === keyOf(one))!
        expect(row.title).toBe(titleOf(one))
        expect(row.content).toContain(textOf(one))
      }
    }
    const changes = [
      () => publish('third', ['migration']),
      () => newsroom.edit(release('third')),
      () => newsroom.edit(release('first'), clock.now()),
      () => newsroom.retag(release('second'), ['eu']),
      () => press.restart(),
      () => publish('third', ['migration'], 'fi'),
      () => ['fourth', 'fifth', 'sixth'].forEach((slug) => publish(slug, ['eu', 'asylum'])),
      () => newsroom.takeBack(release('third')),
      () => newsroom.retag(release('second'), ['asylum']),
      () => press.restart('another version'),
      () => newsroom.edit(release('fifth')),
    ]
    clock.moveTo(clock.now() + 60)
    await reader.reload()
    expectEverything()
    // The clock moves only as far as the service itself waits, so all this is within seconds.
    for (const change of changes) {
      change()
      await press.takeUp()
      await reader.reload()
    }
    clock.moveTo(clock.now() + 60)
    await reader.reload()
    expectEverything()
    await reader.reload()
    expect(statuses.slice(-feeds.length)).toEqual(feeds.map(() => 304))
    expect(statuses.filter((status) => ![200, 304].includes(status))).toEqual([])
  })

  test('overwrites what it stored with a correction, a notice of withdrawal and what is reinstated, and doubles nothing when the database is rebuilt (C-07, D-01, D-05)', async () => {
    for (const format of ['rss', 'atom']) {
      const directory = temporaryFolder()
      const clock = createSimulatedClock(Date.UTC(2026, 2, 2, 6) / 1000)
      const newsroom = createNewsroom(directory)
      const publish = (slug: string, more: Partial<New> = {}) =>
        newsroom.publish({ slug, language: 'en', authored: clock.now(), topics: ['eu'], ...more })
      publish('corrected')
      publish('withdrawn', { attachment: 'agenda.pdf' })
      publish('other')
      const press = await nodePress(directory, clock)
      newsroom.isTakenUp(clock.now())
      const [corrected, withdrawn] = newsroom.releases()
      const url = await listen(press.fetch)
      const reader = subscribe([`${url}/topics/eu.${format}`])
      /** Lets readers see a change, and answers what newsboat holds of a release. */
      const after = async (change: () => void | Promise<void>) => {
        clock.moveTo(clock.now() + 3600)
        await change()
        await press.takeUp()
        newsroom.isTakenUp(clock.now())
        await reader.reload()
        const rows = reader.held()
        const written = newsroom.releases()
        expect(rows.map(({ title }) => keyIn(title)).toSorted()).toEqual(
          written.map(keyOf).toSorted(),
        )
        for (const one of written) {
          const { title, content } = rows.find((row) => keyIn(row.title) === keyOf(one))!
          expect(title).toBe(titleOf(one))
          const marks = [...marksOf(one), ...surroundingsOf(one, written, clock.now())]
          for (const mark of marks) expect(content).toContain(mark)
          for (const mark of absentFrom(one)) expect(content).not.toContain(mark)
        }
        return new Map(rows.map((row) => [keyIn(row.title), row]))
      }
      const before = await after(() => {})
      // It keeps enclosures of sound alone, so that the text is where readers find others.
      expect(before.get('withdrawn.en')!.content).toContain('/media/agenda.pdf')
      await after(() => newsroom.edit(corrected!, clock.now()))
      await after(() => publish('correction', { corrects: 'corrected' }))
      const notice = await after(() => {
        publish('replacement')
        newsroom.withdraw(withdrawn!, clock.now(), 'replacement')
      })
      expect(notice.get('withdrawn.en')!.guid).toBe(before.get('withdrawn.en')!.guid)
      expect(notice.get('withdrawn.en')!.pubDate).toBe(before.get('withdrawn.en')!.pubDate)
      await after(() => publish('late', { authored: clock.now() - 3 * 86_400 }))
      await after(async () => {
        await press.rebuild()
        newsroom.isRebuilt()
      })
      await after(() => newsroom.reinstate(withdrawn!))
    }
  })
})
