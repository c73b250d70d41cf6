import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildWorker } from '../worker-build.ts'
import { frameFolder } from './filled-store.ts'
import type { Found } from './figures.ts'

/** The size of the Worker as it is deployed, compressed, without the content that it carries. */
export async function measureWorker(): Promise<Found> {
  const build = await buildWorker(frameFolder())
  try {
    if (build.status !== 0) throw new Error(`The Worker could not be built: ${build.log}`)
    const script = readdirSync(build.output).find((name) => name.endsWith('.js'))!
    const size = gzipSync(readFileSync(join(build.output, script))).length / 1000
    const told = /gzip: ([\d.]+) KiB/.exec(build.log)?.[1] ?? '?'
    return {
      figures: [
        {
          work: 'the Worker, compressed, without content',
          spread: { median: size, least: size, most: size },
          unit: 'KB',
          limit: { atMost: 100 },
          detail: `wrangler says ${told} KiB with the frame of a site of 60 topics`,
        },
      ],
    }
  } finally {
    build.remove()
  }
}
