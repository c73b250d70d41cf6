import { longestKept } from '../../src/http/answer.ts'
import { copyOf, filledDatabase } from './filled-store.ts'
import { type Figure, type Found, spreadOf } from './figures.ts'
import { type InProcess, startInProcess } from './in-process.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

const feed = '/topics/migration.atom'

/** How often the database is asked for a feed that is polled and has not changed. */
export async function measurePolling({ sizes, tell }: Setup): Promise<Found> {
  return inFolder(async (folder) => {
    const database = copyOf(await filledDatabase(sizes[0]!, tell), folder)
    const isolate = await startInProcess(database, { keepsState: true })
    const within = await questions(isolate, 1)
    const after = await questions(isolate, longestKept)
    isolate.close()
    const node = await startInProcess(database)
    const onNode = await questions(node, 1)
    node.close()
    const work = 'queries to the database for a poll of a feed that has not changed'
    const figures: Figure[] = [
      {
        work: `${work}, within its max-age, on Workers`,
        spread: spreadOf(within),
        unit: 'queries',
        limit: { atMost: 0 },
        detail:
          'a poll a second for 100 s at one isolate; one more at every release that comes out',
      },
      {
        work: `${work}, after it`,
        spread: spreadOf(after),
        unit: 'queries',
        limit: { atMost: 1 },
        detail: 'five rows',
      },
      {
        work: `${work}, whenever, on Node`,
        spread: spreadOf(onNode),
        unit: 'queries',
        limit: { atMost: 0 },
        detail: 'a poll a second for 100 s: SQLite tells whether anything was written',
      },
    ]
    return { figures }
  })
}

/** For each of a hundred polls, with some seconds before each. */
async function questions(service: InProcess, seconds: number): Promise<number[]> {
  const first = await service.ask(feed)
  const etag = { 'if-none-match': first.headers.get('etag')! }
  // What is written when an address is polled for the first time.
  await service.ask(feed, { headers: etag })
  await new Promise((resolve) => setTimeout(resolve, 50))
  service.queries()
  const counts: number[] = []
  for (let poll = 0; poll < 100; poll++) {
    await service.pass(seconds)
    const { status } = await service.ask(feed, { headers: etag })
    if (status !== 304) throw new Error(`A poll is answered ${status}`)
    counts.push(service.queries())
  }
  return counts
}
