// What the hub costs on Workers: its object in workerd with D1, as Miniflare has them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { bundleContent } from '../../src/bundle-content.ts'
import { bundleWorker } from '../../src/bundle-worker.ts'
import { systemClock } from '../../src/clock.ts'
import type { Database } from '../../src/store/database.ts'
import { leaseOfLead } from '../../src/websub/lead.ts'
import { modulesIn, workerSettings } from '../worker-settings.ts'
import { subscribeAll, type Wanted } from '../websub/subscriptions.ts'
import { digits, type Figure, type Found, spreadOf } from './figures.ts'
import { madeFolder } from './folders.ts'
import { countsPath, type HubCounts } from './hub-counts.ts'
import { topics } from './input.ts'
import { publishToken } from './processes.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const baseUrl = 'https://releases.example.org'
const topic = topics[0]!

/** Subscriptions to a host, and milliseconds after which it answers. */
const perHost = 5
const answerAfter = 150

/** Seconds after which a round is over. */
const longestRound = 1800

/** How long the object takes to tell so many subscribers of a release, and what that costs. */
export async function measureWorkerHub({ isQuick, tell }: Setup): Promise<Found> {
  return inFolder(async (folder) => {
    await bundleWorker(folder, join(import.meta.dirname, 'worker-hub-entry.ts'))
    const { problems } = await bundleContent(madeFolder(1000, 'jsonl'), folder)
    if (problems.some(({ warning }) => !warning)) throw new Error('The content is wrong')
    const figures: Figure[] = []
    for (const amount of isQuick ? [1, 100] : [1, 100, 500, 5000]) {
      const { seconds, counts } = await distribute(folder, amount)
      tell(`${amount} subscriptions: ${digits(seconds)} s, ${JSON.stringify(counts)}`)
      figures.push({
        work: `Workers: the last of ${amount} subscribers has a release`,
        spread: spreadOf([seconds]),
        unit: 's',
        limit: undefined,
        detail: `${counts.alarms} alarms, ${counts.calls} calls, ${counts.queries} queries, ${counts.rowsRead} rows read, ${counts.rowsWritten} written; at most ${counts.mostOfAlarm} calls and queries to an alarm`,
      })
    }
    return { figures }
  })
}

/** Tells subscribers of a release, each of whom answers after a moment. */
async function distribute(folder: string, amount: number) {
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const told = new Set<string>()
  let last = 0
  const outside = async (request: Request) => {
    // A connection on which a body was left is not used again.
    await request.arrayBuffer()
    await pause(answerAfter)
    told.add(request.url)
    last = Date.now()
    return new Response(null, { status: 204 })
  }
  const bundle = readFileSync(join(folder, 'worker/content.txt'), 'utf8')
  const text = { type: 'Text' as const, path: join(folder, 'content.txt'), contents: bundle }
  const server = new Miniflare(
    convertV4MiniflareOptions({
      handleStructuredLogs: () => {},
      workers: [
        {
          name: 'tiedote',
          ...workerSettings(join(folder, 'assets')),
          bindings: { BASE_URL: baseUrl, HUB: 'on', PUBLISH_TOKENS: `bench=${publishToken}` },
          durableObjects: { HUB_OBJECT: { className: 'HubObject', useSQLite: true } },
          outboundService: outside as never,
          modulesRoot: folder,
          modules: [...modulesIn(folder), text],
        },
      ],
    }),
  )
  const ask = async (path: string, init: object = {}) =>
    (await server.dispatchFetch(baseUrl + path, init)) as unknown as Response
  try {
    while ((await ask('/feed.rss')).status !== 200) await pause(500)
    const database = (await server.getD1Database('DB')) as unknown as Database
    await subscribeAll(database, wanted(amount), { baseUrl, now: systemClock.now() })
    // The object leads since the content came in, and learns of these feeds when it begins to lead again.
    await pause((leaseOfLead + 1) * 1000)
    const worker = (await server.getWorker('tiedote')) as { scheduled(): Promise<unknown> }
    await worker.scheduled()
    await pause(3000)
    await ask(countsPath)
    const { status } = await ask(`/api/releases/bench-${amount}/en`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${publishToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'News', topics: [topic], body: { markdown: 'A text.' } }),
    })
    if (status !== 201) throw new Error(`The release was answered ${status}`)
    const published = Date.now()
    const end = published + longestRound * 1000
    while (told.size < amount && Date.now() < end) await pause(100)
    if (told.size < amount) throw new Error(`${told.size} of ${amount} were told`)
    // Until the object has nothing more to do.
    await pause(3000)
    const counts = (await (await ask(countsPath)).json()) as HubCounts
    return { seconds: (last - published) / 1000, counts }
  } finally {
    await server.dispose()
  }
}

/** Subscribers of a hundred feeds that all have the topic. */
function wanted(amount: number): Wanted[] {
  return Array.from({ length: amount }, (_, number): Wanted => {
    const without = topics[1 + (number % 33)]!
    const query = {
      language: ['en', 'all'][number % 2]!,
      topics: [{ with: [topic], without: without === topic ? [] : [without] }],
      words: [],
    }
    const callback = `https://host-${Math.floor(number / perHost)}.example/${number}`
    return { query, format: ['atom', 'rss', 'json'][number % 3]!, callback }
  })
}
