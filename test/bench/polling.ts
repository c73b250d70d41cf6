import { copyOf, filledDatabase } from './filled-store.ts'
import { type Figure, type Found, spreadOf } from './figures.ts'
import { startInProcess } from './in-process.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** How often the database is asked for a feed that has not changed, of one that is at hand and of one that is not. */
export async function measurePolling({ sizes, tell }: Setup): Promise<Found> {
  return inFolder(async (folder) => {
    const database = copyOf(await filledDatabase(sizes[0]!, tell), folder)
    const service = await startInProcess(database)
    const first = await service.ask('/topics/migration.atom')
    const etag = { 'if-none-match': first.headers.get('etag')! }
    // What is written when an address is polled for the first time.
    await service.ask('/topics/migration.atom', { headers: etag })
    await new Promise((resolve) => setTimeout(resolve, 50))
    service.queries()
    const counts: number[] = []
    for (let poll = 0; poll < 100; poll++) {
      const { status } = await service.ask('/topics/migration.atom', { headers: etag })
      if (status !== 304) throw new Error(`A poll is answered ${status}`)
      counts.push(service.queries())
    }
    service.close()
    const work = 'queries to the database for a poll of a feed that has not changed'
    const figures: Figure[] = [
      {
        work: `${work}, within its max-age`,
        spread: spreadOf(counts),
        unit: 'queries',
        limit: { atMost: 0 },
        detail:
          'of every poll that reaches the service: only caches in front of it know of max-age',
      },
      {
        work: `${work}, after it`,
        spread: spreadOf(counts),
        unit: 'queries',
        limit: { atMost: 1 },
        detail: 'four rows',
      },
    ]
    return { figures }
  })
}
