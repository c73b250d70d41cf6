import { longestKept } from '../../src/http/answers/caching.ts'
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
    const returning = await questionsOfReturning(isolate)
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
        detail: 'six rows',
      },
      {
        work: 'queries to the database of 1,000 readers that come back after a release, on Workers',
        spread: spreadOf([returning.known]),
        unit: 'queries',
        limit: { atMost: 0 },
        detail: `a hundred a second at one isolate that answered their tag before; ${returning.learned} at one that learns it from the first hundred, ${returning.unknown} in 20 s when no two have the same; ${returning.release} for the release itself`,
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

/**
 * Of a thousand readers that come after a release, a hundred at once in a second: with a tag that was answered
 * before, with one that was not, and each with another that nobody knows.
 */
async function questionsOfReturning(isolate: InProcess) {
  const older = (await isolate.ask(feed)).headers.get('etag')!
  const { status } = await isolate.publish('bench-returning', ['migration'])
  if (status !== 201) throw new Error(`Publishing is answered ${status}`)
  const poll = async (tag: string) => {
    const { status } = await isolate.ask(feed, { headers: { 'if-none-match': tag } })
    if (status !== 200) throw new Error(`Who comes back is answered ${status}`)
  }
  const count = async (tagOf: (reader: number) => string) => {
    isolate.queries()
    for (let second = 0; second < 10; second++) {
      await isolate.pass(1)
      const readers = Array.from({ length: 100 }, (_, reader) => second * 100 + reader)
      await Promise.all(readers.map((reader) => poll(tagOf(reader))))
    }
    return isolate.queries()
  }
  isolate.queries()
  await isolate.ask(feed)
  await poll(older)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const release = isolate.queries()
  const known = await count(() => older)
  const learned = await count(() => 'W/"of another isolate"')
  const unknown = await count((reader) => `W/"unknown ${reader}"`)
  return { release, known, learned, unknown }
}
