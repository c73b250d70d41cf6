// How long it takes to find which of ten thousand feeds have a release, and to write that down.
import { systemClock } from '../../src/clock.ts'
import type { FeedQuery } from '../../src/domain/feed-query.ts'
import { createHubStore } from '../../src/store/hub-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createReleaseStore } from '../../src/store/release-store.ts'
import { FanOut } from '../../src/websub/fan-out.ts'
import { hasRelease, termsOf } from '../../src/websub/matching.ts'
import { subscribeAll } from '../websub/subscriptions.ts'
import { type Figure, spreadOf } from './figures.ts'
import { copyOf, filledDatabase } from './filled-store.ts'
import { baseUrl, startInProcess } from './in-process.ts'
import { publishers, topics } from './input.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const feeds = 10_000

/** Nobody waits for the seconds of releases that are published in this process. */
const clock = { ...systemClock, now: () => systemClock.now() + 3600 }

/** Questions that are all different, each of two topics, in English and in all languages. */
function questions(groupOf: (one: string, other: string) => FeedQuery['topics'][number]) {
  const found: FeedQuery[] = []
  for (const [index, one] of topics.entries()) {
    for (const other of topics.slice(index + 1)) {
      const group = groupOf(one, other)
      for (const publisher of [undefined, ...publishers]) {
        const more = publisher === undefined ? [] : [`by:${publisher}`]
        const without = group.with.length > 0 ? group.without : [...group.without, ...more]
        const wanted = group.with.length > 0 ? [...group.with, ...more] : []
        for (const language of ['en', 'all']) {
          found.push({ language, topics: [{ with: wanted, without }], words: [] })
        }
      }
    }
  }
  return found.slice(0, feeds)
}

/** Figures of a release that ten thousand different feeds may have. */
export async function measureFanOut({ isQuick, tell }: Setup): Promise<Figure[]> {
  const path = await filledDatabase(isQuick ? 2000 : 12_000, tell)
  const kinds = {
    'most of which have it, and none can be told beforehand not to': questions((one, other) => ({
      with: [],
      without: [one, other],
    })),
    'each found by a topic that it requires': questions((one, other) => ({
      with: [one, other],
      without: [],
    })),
  }
  const figures: Figure[] = []
  for (const [kind, queries] of Object.entries(kinds)) {
    const { looks, altered, comparing } = await inFolder(async (folder) => {
      return measureLooks(copyOf(path, folder), queries, isQuick ? 3 : 9)
    })
    figures.push({
      work: `a release is looked for in ${queries.length} different feeds, ${kind}`,
      spread: spreadOf(looks),
      unit: 'ms',
      limit: { atMost: 100 },
      detail: `processor time; ${altered} have it, which is written in one transaction`,
    })
    figures.push({
      work: `the same ${queries.length} expressions are compared with it in memory`,
      spread: spreadOf(comparing),
      unit: 'ms',
      limit: { atMost: 50 },
      detail: 'processor time; without looking at what they require',
    })
  }
  return figures
}

async function measureLooks(path: string, queries: FeedQuery[], rounds: number) {
  const service = await startInProcess(path)
  const database = await openStore(path, { mayBeMadeAnew: false })
  const wanted = queries.map((query, number) => ({
    query,
    format: 'atom',
    callback: `https://subscriber.example/${number}`,
  }))
  await subscribeAll(database, wanted, { baseUrl, now: clock.now() })
  const releases = createReleaseStore(database)
  const store = createHubStore(database)
  const fanOut = new FanOut({ store, releases, baseUrl, clock }, 'bench')
  fanOut.begin((await store.lead('bench', clock.now(), clock.now() + 1e6))!)
  await fanOut.look()
  const looks: number[] = []
  const comparing: number[] = []
  let altered = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const slug = `fan-out-${round}`
      const { status } = await service.publish(slug, topics.slice(-3))
      if (status !== 201) throw new Error(`${slug} was answered ${status}`)
      const began = process.cpuUsage()
      const look = await fanOut.look()
      looks.push(processorTimeSince(began))
      altered = look.altered.length
      if (look.standing.number !== round + 1) throw new Error(`${slug} was not found`)
      const release = {
        id: slug,
        language: 'en',
        topics: topics.slice(-3),
        publisher: publishers[0]!,
        kind: 'press-release' as const,
        updated: 0,
        isWithdrawn: false,
      }
      const comparingBegan = process.cpuUsage()
      const terms = termsOf(release, look.standing.state)
      const found = queries.filter((query) => hasRelease(query, release, terms)).length
      comparing.push(processorTimeSince(comparingBegan))
      if (found !== altered) throw new Error(`${altered} feeds were altered, and ${found} have it`)
    }
  } finally {
    service.close()
    database.close()
  }
  return { looks, altered, comparing }
}

/** Milliseconds. Others may be at work on the machine. */
function processorTimeSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
