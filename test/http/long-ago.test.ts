// Releases of before 1970, whose seconds are negative: found by every link that leads to them.
import { expect, test } from 'vitest'
import { releasesOf, walk } from '../archive-walker.ts'
import { markdown, writeFolder } from '../content-folder.ts'
import { baseUrl, type Fetch, onNode } from '../platforms.ts'

const long = `Squares that take some room: ${'■■■■ '.repeat(5800)}`

/** One of each year, and three of the seconds around 1970. */
const years = Array.from({ length: 11 }, (_, index) => 1955 + index)
const seconds = ['1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z', '1970-01-01T00:00:01Z']
const times = [...years.map((year) => `${year}-06-15T12:00`), '1066-10-14T09:00', ...seconds]

function folder(times: string[]): string {
  return writeFolder(
    Object.fromEntries(
      times.map((published, number) => [
        `releases/r${number}.en.md`,
        markdown([`title: Of ${published}`, `published: ${published}`, 'topics: [asylum]'], long),
      ]),
    ),
  )
}

/** What an address of ours answers, which a link had in it. */
async function follow(fetch: Fetch, link: string) {
  const response = await fetch(link.replaceAll('&amp;', '&').replace(baseUrl, ''))
  return { status: response.status, text: await response.text() }
}

const alone = times.slice(0, -2)
const among = [...times, '2024-01-24T09:00', '2025-01-24T09:00']
onNode(
  'releases of before 1970 alone',
  () => folder(alone),
  areFound(alone, ['atom', 'rss', 'json']),
)
onNode('releases of before 1970 among others', () => folder(among), areFound(among, ['json']))

function areFound(written: string[], formats: string[]) {
  return (fetch: Fetch) => {
    test.each(formats)('are all reached through archives in %s', async (format) => {
      // The same archives in each format.
      const others = format === 'atom' ? ['/feed', '/all/topics/asylum'] : []
      for (const feed of ['/topics/migration', ...others]) {
        const documents = await walk(fetch, `${feed}.${format}`)
        expect([...releasesOf(documents).values()].toSorted()).toEqual(
          written.map((time) => `Of ${time}`).toSorted(),
        )
        expect(documents.some(({ address }) => /archive\/-?\d+--\d+\./.test(address))).toBe(true)
      }
    })

    test('are on the pages of their months, in sitemaps and on pages of their own', async () => {
      const home = await follow(fetch, '/')
      const months = new Set(home.text.match(/\/\?month=\d{4}-\d\d/g))
      let found = ''
      for (const month of months) {
        const page = await follow(fetch, month)
        expect(page.status, month).toBe(200)
        found += page.text
      }
      for (const time of written) expect(found, time).toContain(`Of ${time}`)
      const { text: index } = await follow(fetch, '/sitemap.xml')
      let sitemaps = ''
      for (const [, part] of index.matchAll(/<loc>([^<]+)/g)) {
        sitemaps += (await follow(fetch, part!)).text
      }
      for (const path of ['/topics/asylum', '/topics/migration', ...written.keys()]) {
        const address = typeof path === 'number' ? `/releases/r${path}` : path
        expect(sitemaps).toContain(`<loc>${baseUrl}${address}</loc>`)
        expect((await follow(fetch, address)).status).toBe(200)
      }
    })

    test('are answered 304 to who has them', async () => {
      const first = await fetch('/feed.atom')
      const lastModified = first.headers.get('last-modified')!
      const again = await fetch('/feed.atom', { headers: { 'If-Modified-Since': lastModified } })
      expect(again.status).toBe(304)
    })
  }
}
