import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createTestHarness } from 'wrangler'
import { buildWorker } from '../worker-build.ts'
import { type Figure, type Found, digits, spreadOf } from './figures.ts'
import { contentFolder } from './folders.ts'
import { baseUrl } from './in-process.ts'
import { press } from './load.ts'
import { processorTime } from './processes.ts'
import { feedPaths } from './serving.ts'
import type { Setup } from './setup.ts'

/** The Worker as it is deployed: its size without the content that it carries, and what answers cost. */
export async function measureWorker(setup: Setup): Promise<Found> {
  const build = await buildWorker(contentFolder(setup, 1000, 'jsonl'))
  try {
    if (build.status !== 0) throw new Error(`The Worker could not be built: ${build.log}`)
    const script = readdirSync(build.output).find((name) => name.endsWith('.js'))!
    const size = gzipSync(readFileSync(join(build.output, script))).length / 1000
    const figure: Figure = {
      work: 'the Worker, compressed, without content',
      spread: spreadOf([size]),
      unit: 'KB',
      limit: { atMost: 100 },
      detail: 'minified, as it is deployed',
    }
    return { figures: [figure, ...(await measureProcessor(build.output, setup))] }
  } finally {
    build.remove()
  }
}

/** Processor time of workerd for an answer, with all that stands around the Worker in it. */
async function measureProcessor(built: string, { isQuick, tell }: Setup): Promise<Figure[]> {
  const configPath = join(built, '../wrangler.toml')
  const vars = { BASE_URL: baseUrl }
  const server = createTestHarness({ workers: [{ configPath, prebuiltWorkerDir: built, vars }] })
  try {
    const { url } = await server.listen()
    const address = (path: string) => new URL(path, url).href
    // The first requests fill the database.
    let first = await fetch(address('/feed.rss'))
    for (; !first.ok; first = await fetch(address('/feed.rss'))) {
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    const etag = first.headers.get('etag')!
    const workerds = descendants(process.pid, 'workerd')
    const used = () => workerds.reduce((sum, id) => sum + processorTime(id), 0)
    const rounds = isQuick ? 3 : 7
    const kept: Record<200 | 304, number[]> = { 200: [], 304: [] }
    for (let round = 0; round < rounds; round++) {
      for (const status of [304, 200] as const) {
        const before = used()
        const headers: Record<string, string> = status === 304 ? { 'if-none-match': etag } : {}
        const addresses = [address('/feed.rss')]
        const { total } = await press({ addresses, headers, seconds: 2, status })
        kept[status].push((used() - before) / total)
      }
      tell(`the Worker, round ${round + 1} of ${rounds}`)
    }
    const before = used()
    const floor = await press({ addresses: [address('/robots.txt')], seconds: 2, status: 200 })
    const around = (used() - before) / floor.total
    const unkept: number[] = []
    const paths = feedPaths(rounds * 20)
    for (let round = 0; round < rounds; round++) {
      const before = used()
      for (const path of paths.slice(20 * round, 20 * round + 20)) {
        await (await fetch(address(path))).arrayBuffer()
      }
      unkept.push((used() - before) / 20)
    }
    const work = 'processor time of workerd for'
    return [
      figureOf(`${work} a 304 of a kept document`, kept[304], 1, around),
      figureOf(`${work} a kept document`, kept[200], 1, around),
      figureOf(`${work} an unkept document`, unkept, 10, around),
    ]
  } finally {
    await server.close()
  }
}

function figureOf(work: string, milliseconds: number[], atMost: number, around: number): Figure {
  const detail = `more than it is: wrangler's own Worker in front and D1 are in the same process, and /robots.txt, which asks nothing, takes ${digits(around)} ms`
  return { work, spread: spreadOf(milliseconds), unit: 'ms', limit: { atMost }, detail }
}

/** Processes of a name that one started, itself or through others; Linux only. */
function descendants(id: number, name: string): number[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const [, command, parent] = /\((.*)\) \S (\d+)/.exec(
          readFileSync(`/proc/${entry}/stat`, 'utf8'),
        )!
        return [{ id: Number(entry), command, parent: Number(parent) }]
      } catch {
        return []
      }
    })
  const children = (of: number): typeof all =>
    all.filter(({ parent }) => parent === of).flatMap((one) => [one, ...children(one.id)])
  return children(id)
    .filter(({ command }) => command === name)
    .map((one) => one.id)
}
