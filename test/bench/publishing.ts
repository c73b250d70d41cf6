import { curveOf } from './asking.ts'
import { type Figure, type Found, digits, ratios, spreadOf } from './figures.ts'
import { startFilled } from './in-process.ts'
import type { Setup } from './setup.ts'
import { inFolder } from './workplace.ts'

/** Every feed in memory that a release on these topics alters, and one of each kind beside. */
const named = ['migration', 'budget']
const altered = [
  '/feed',
  '/topics/migration',
  '/topics/budget',
  '/topics/economy',
  '/topics/budget,migration',
  '/all/feed',
  '/topics/migration+-drugs',
].flatMap((path) => ['rss', 'atom', 'json'].map((format) => `${path}.${format}`))

/** Publishing one release through the API, and all feeds that it alters served anew. */
export async function measurePublishing(setup: Setup): Promise<Found> {
  const { sizes, isQuick, tell } = setup
  return inFolder(async (folder) => {
    const services = await startFilled(sizes, folder, tell)
    try {
      const changes = sizes.map((): number[] => [])
      const wholes = sizes.map((): number[] => [])
      const rounds = isQuick ? 6 : 25
      for (let round = -2; round < rounds; round++) {
        for (const place of services.keys()) {
          const index = (place + round + 2) % services.length
          const service = services[index]!
          const { status, text, milliseconds } = await service.publish(`new-${round + 2}`, named)
          if (status !== 201) throw new Error(`Publishing is answered ${status}: ${text}`)
          let whole = milliseconds
          for (const path of altered) whole += (await service.ask(path)).milliseconds
          if (round < 0) continue
          changes[index]!.push(milliseconds)
          wholes[index]!.push(whole)
        }
      }
      const detail = (times: number[][]) =>
        times.map((own) => `${digits(spreadOf(own).median)} ms`).join(' → ')
      const beside = `${sizes.at(-1)} releases beside ${sizes[0]}`
      const figures: Figure[] = [
        {
          work: `publishing one release, with ${altered.length} feeds served anew: ${beside}`,
          spread: ratios(wholes.at(-1)!, wholes[0]!),
          unit: '×',
          limit: { atMost: 1.5 },
          detail: `${detail(wholes)}, without the wait for another second (up to 1 s)`,
        },
        {
          work: `the change alone: ${beside}`,
          spread: ratios(changes.at(-1)!, changes[0]!),
          unit: '×',
          limit: undefined,
          detail: detail(changes),
        },
      ]
      return {
        figures,
        curves: [
          curveOf('publishing and serving', wholes, sizes),
          curveOf('publishing', changes, sizes),
        ],
      }
    } finally {
      for (const service of services) service.close()
    }
  })
}
