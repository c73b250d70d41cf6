import { copyOf, filledDatabase, frameFolder } from './filled-store.ts'
import { type Found, digits } from './figures.ts'
import { press } from './load.ts'
import { memoryOf, startService } from './processes.ts'
import { feedPaths } from './serving.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** Resident memory over the largest number of releases, while many feeds are asked for. */
export async function measureMemory({ sizes, isQuick, tell }: Setup): Promise<Found> {
  return inFolder(async (folder) => {
    const size = sizes.at(-1)!
    const database = copyOf(await filledDatabase(size, tell), folder)
    const service = await startService(frameFolder(), database)
    try {
      const seconds = isQuick ? 5 : 30
      const headers = { 'accept-encoding': 'gzip' }
      const seen: number[] = [memoryOf(service.process.pid!).now]
      const watching = setInterval(() => seen.push(memoryOf(service.process.pid!).now), 250)
      const addresses = feedPaths(200).map((path) => service.url + path)
      await press({ addresses, headers, seconds, status: 200 })
      await press({ addresses: addresses.slice(0, 1), headers, seconds, status: 200 })
      clearInterval(watching)
      const { most } = memoryOf(service.process.pid!)
      return {
        figures: [
          {
            work: `resident memory with ${size} releases under load`,
            spread: { median: most, least: seen[0]!, most },
            unit: 'MB',
            limit: { atMost: 200 },
            detail: `the peak, over 200 feeds asked for in turn and then one; ${digits(seen[0]!)} MB after the start`,
          },
        ],
      }
    } finally {
      await service.stop()
    }
  })
}
