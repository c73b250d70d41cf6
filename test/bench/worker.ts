import { readdirSync } from 'node:fs'
import { buildWorker, compressedSize, importedBy } from '../worker-build.ts'
import { type Figure, type Found, digits, spreadOf } from './figures.ts'
import { contentFolder } from './folders.ts'
import { press } from './load.ts'
import { processorTime, type Server } from './processes.ts'
import { feedPaths } from './serving.ts'
import type { Setup } from './setup.ts'
import { startNothing, startWorkerd } from './workerd.ts'
import { inFolder } from './workplace.ts'

const feed = '/feed.rss'

/** The Worker as it is deployed: its size without the content that it carries, and what answers cost. */
export async function measureWorker(setup: Setup): Promise<Found> {
  const build = await buildWorker(contentFolder(setup, 1000, 'jsonl'))
  try {
    if (build.status !== 0) throw new Error(`The Worker could not be built: ${build.log}`)
    const all = readdirSync(build.output).filter((name) => name.endsWith('.js'))
    const loaded = importedBy(build.output, 'worker.js')
    const rest = all.filter((name) => !loaded.has(name))
    const figures: Figure[] = [
      {
        work: 'the Worker that answers readers, compressed, without content',
        spread: spreadOf([compressedSize(build.output, loaded)]),
        unit: 'KB',
        limit: { atMost: 100 },
        detail: `minified; ${digits(compressedSize(build.output, rest))} KB more are loaded when somebody publishes or asks for a calendar`,
      },
      {
        work: 'the whole Worker as it is uploaded, compressed, without content',
        spread: spreadOf([compressedSize(build.output, all)]),
        unit: 'KB',
        limit: { atMost: 100 },
        detail: 'with all that publishing needs',
      },
    ]
    return { figures: [...figures, ...(await measureProcessor(build.output, setup))] }
  } finally {
    build.remove()
  }
}

/** Processor time of workerd for an answer. D1 is in another process, as it is where Workers run. */
async function measureProcessor(built: string, { isQuick, tell }: Setup): Promise<Figure[]> {
  const worker = await startWorkerd(built)
  const first = await fetch(worker.url + feed, { headers: { 'accept-encoding': 'gzip' } })
  const headers = { 'if-none-match': first.headers.get('etag')! }
  const text = await first.text()
  return inFolder(async (folder) => {
    const nothing = await startNothing(folder, text)
    try {
      const rounds = isQuick ? 3 : 7
      const ours: Costs = { 304: [], 200: [] }
      const theirs: Costs = { 304: [], 200: [] }
      // What is compiled, brought in line and noted at first is nothing that a later one pays for.
      for (const server of [worker, nothing]) {
        await cost(server, 304, headers, 1)
        await cost(server, 200, {}, 1)
      }
      const before = await worker.queries()
      for (let round = 0; round < rounds; round++) {
        for (const status of [304, 200] as const) {
          const sent = status === 304 ? headers : {}
          ours[status].push(await cost(worker, status, sent, 2))
          theirs[status].push(await cost(nothing, status, sent, 2))
        }
        tell(`the Worker, round ${round + 1} of ${rounds}`)
      }
      const asked = (await worker.queries()) - before
      const unkept: number[] = []
      const paths = feedPaths(rounds * 20)
      for (let round = 0; round < rounds; round++) {
        const used = processorTime(worker.process.pid!)
        for (const path of paths.slice(20 * round, 20 * round + 20)) {
          await (await fetch(worker.url + path)).arrayBuffer()
        }
        unkept.push((processorTime(worker.process.pid!) - used) / 20)
      }
      const work = 'processor time of workerd for'
      const beside = (status: 304 | 200) =>
        `a Worker that does nothing takes ${digits(spreadOf(theirs[status]).median)} ms`
      return [
        figureOf(`${work} a 304 of a kept document`, ours[304], 1, beside(304)),
        figureOf(`${work} a kept document`, ours[200], 1, `${beside(200)}; 190 KB, not coded`),
        figureOf(`${work} an unkept document`, unkept, 10, 'asked for one after the other'),
        {
          work: 'queries to D1 while a feed was polled at an isolate as fast as it answers',
          spread: spreadOf([asked]),
          unit: 'queries',
          limit: { atMost: 1 },
          detail: 'less than max-age',
        },
      ]
    } finally {
      await nothing.stop()
      await worker.stop()
    }
  })
}

type Costs = Record<200 | 304, number[]>

/** Milliseconds of processor time for an answer, under load. */
async function cost(
  { url, process }: Server,
  status: 200 | 304,
  headers: Record<string, string>,
  seconds: number,
): Promise<number> {
  const before = processorTime(process.pid!)
  const { total } = await press({ addresses: [url + feed], headers, seconds, status })
  return (processorTime(process.pid!) - before) / total
}

function figureOf(work: string, milliseconds: number[], atMost: number, detail: string): Figure {
  return { work, spread: spreadOf(milliseconds), unit: 'ms', limit: { atMost }, detail }
}
