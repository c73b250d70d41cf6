import { Feed as Package } from 'feed'
import { createAddresses } from '../../src/domain/addresses.ts'
import { allReleases } from '../../src/domain/feed-query.ts'
import type { StoredRelease } from '../../src/domain/release-store.ts'
import type { Site } from '../../src/domain/site.ts'
import { createFeed } from '../../src/feeds/feed.ts'
import { formats } from '../../src/feeds/formats.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { copyOf, filledDatabase } from './filled-store.ts'
import { digits, type Figure, type Found, ratios, spreadOf } from './figures.ts'
import { baseUrl } from './in-process.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const limits = { rss: 1.5, atom: 0.6, json: 1.5 }
const query = allReleases('en')

/** Rendering 50 releases of 3 KB, beside what the `feed` package alone needs for the same. */
export async function measureRendering({ sizes, isQuick, tell }: Setup): Promise<Found> {
  return inFolder(async (folder) => {
    const database = await openStore(copyOf(await filledDatabase(sizes[0]!, tell), folder), {
      mayBeMadeAnew: false,
    })
    const store = createReleaseStore(database)
    const state = await store.state(Math.floor(Date.now() / 1000))
    const found = await store.find(query, state, 500)
    // Those of nearly 3 KB, so that the work is what the issue names.
    const releases = found
      .toSorted((a, b) => Math.abs(a.html.length - 3000) - Math.abs(b.html.length - 3000))
      .slice(0, 50)
    const relations = await store.findRelations(releases, state)
    database.close()
    const press = { ...state, addresses: createAddresses(baseUrl, state.site), isFailing: false }
    const figures: Figure[] = []
    for (const format of ['rss', 'atom', 'json'] as const) {
      // As bytes: a string that was put together of pieces becomes one only when it is read.
      const encoder = new TextEncoder()
      const ours = async () => {
        const feed = createFeed(query, releases, relations, press, { archiveLinks: {} })
        return encoder.encode(formats[format].render(feed))
      }
      const theirs = async () => encoder.encode(byPackage(releases, state.site, format))
      const times = await inTurns([ours, theirs], isQuick ? 10 : 60)
      figures.push({
        work: `rendering 50 releases of 3 KB in ${format} beside the feed package`,
        spread: ratios(times[0]!, times[1]!),
        unit: '×',
        limit: { atMost: limits[format] },
        detail: times.map((own) => `${digits(spreadOf(own).median)} ms`).join(' : '),
      })
    }
    return { figures }
  })
}

async function inTurns(works: (() => Promise<Uint8Array>)[], rounds: number): Promise<number[][]> {
  const times = works.map((): number[] => [])
  for (let round = -10; round < rounds; round++) {
    for (const place of works.keys()) {
      const index = (place + round + 10) % works.length
      const began = performance.now()
      for (let again = 0; again < 5; again++) await works[index]!()
      if (round >= 0) times[index]!.push((performance.now() - began) / 5)
    }
  }
  return times
}

/** The same releases as plainly as the package takes them. */
function byPackage(releases: StoredRelease[], site: Site, format: 'rss' | 'atom' | 'json'): string {
  const feed = new Package({ id: baseUrl, title: site.title.en!, link: baseUrl, copyright: '' })
  for (const release of releases) {
    const { id, title, lead, html, published, updated, slug, topics } = release
    feed.addItem({
      id,
      title,
      link: `${baseUrl}/releases/${slug}`,
      description: lead,
      content: html,
      date: new Date(updated * 1000),
      published: new Date(published * 1000),
      category: topics.map((name) => ({ name })),
    })
  }
  return { rss: () => feed.rss2(), atom: () => feed.atom1(), json: () => feed.json1() }[format]()
}
