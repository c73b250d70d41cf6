// npm run bench: measures the service beside others and says whether it is as fast as it should be.
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureAsking } from './asking.ts'
import { type Curve, type Figure, type Found, isReached, plotOf, tableOf } from './figures.ts'
import { cache } from './filled-store.ts'
import { generator } from './load.ts'
import { measureHub } from './hub.ts'
import { measureMemory } from './memory.ts'
import { measurePolling } from './polling.ts'
import { measurePublishing } from './publishing.ts'
import { measureRendering } from './rendering.ts'
import { measureServing } from './serving.ts'
import type { Setup } from './setup.ts'
import { soak } from './soak.ts'
import { measureStarting } from './starting.ts'
import { measureWaiting } from './waiting.ts'
import { measureWorker } from './worker.ts'
import { measureWorkerHub } from './worker-hub.ts'

const parts: Record<string, (setup: Setup) => Promise<Found>> = {
  serving: measureServing,
  rendering: measureRendering,
  asking: measureAsking,
  publishing: measurePublishing,
  starting: measureStarting,
  memory: measureMemory,
  worker: measureWorker,
  polling: measurePolling,
  waiting: measureWaiting,
  hub: measureHub,
  'worker-hub': measureWorkerHub,
}

const usage = `npm run bench -- [options]          measures, and ends with 1 when a figure is missed
npm run bench -- soak [--minutes 60]  lets everything run at once for so long

  --only name          one of ${Object.keys(parts).join(', ')}; may be repeated
  --quick              fewer rounds and releases: to see whether it runs
  --releases 10000,100000,1000000   numbers of releases to compare (for waiting 12000)
  --content folder     a content folder instead of made up releases, for serving and starting
  --plot file          where the plot of cost against releases goes (bench.svg beside kept databases)`

const tell = (text: string) => void process.stderr.write(`  ${text}\n`)

process.exitCode = await run().catch((error: Error) => {
  console.error(error.stack)
  return 2
})

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      releases: { type: 'string' },
      content: { type: 'string' },
      plot: { type: 'string', default: join(cache, 'bench.svg') },
      minutes: { type: 'string', default: '60' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (positionals[0] === 'soak') return soak(Number(values.minutes), tell)
  const names = values.only ?? Object.keys(parts)
  const unknown = names.filter((name) => !Object.hasOwn(parts, name))
  const sizes = (values.releases ?? (values.quick ? '2000,10000' : '10000,100000,1000000'))
    .split(',')
    .map(Number)
  if (unknown.length > 0 || positionals.length > 0 || sizes.some((size) => !(size >= 1000))) {
    console.error(usage)
    return 2
  }
  const content = values.content && resolve(values.content)
  const namedSizes = values.releases === undefined ? undefined : sizes
  const setup: Setup = { isQuick: values.quick, sizes, namedSizes, content, tell }
  const figures: Figure[] = []
  const curves: Curve[] = []
  for (const name of names) {
    console.error(name)
    const found = await parts[name]!(setup)
    figures.push(...found.figures)
    curves.push(...(found.curves ?? []))
  }
  const day = new Date().toISOString().slice(0, 10)
  const memory = Math.round(totalmem() / 2 ** 30)
  const [processor] = cpus()
  console.log(
    `${day}, ${cpus().length} × ${processor?.model.trim()}, ${memory} GB, Node ${process.versions.node}, load by ${generator}${values.quick ? ', quick: not to be believed' : ''}\n\n${tableOf(figures)}`,
  )
  if (curves.length > 0) {
    writeFileSync(values.plot, plotOf(curves))
    console.error(`\nThe plot is ${values.plot}`)
  }
  const missed = figures.filter((figure) => !isReached(figure))
  if (missed.length > 0) console.error(`\n${missed.length} of ${figures.length} are missed.`)
  return missed.length > 0 ? 1 : 0
}
