// How Miniflare is told of a Worker that was built.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What `wrangler.toml` says of a Worker, in the words of Miniflare: `worker.test.ts` holds that wrangler reads
 * the same there. It has a bucket, as whoever uploads files takes the marks of comments away.
 */
export function workerSettings(assets: string) {
  const config = readFileSync(join(import.meta.dirname, '../wrangler.toml'), 'utf8')
  const compatibilityDate = /^compatibility_date = "(.*)"/m.exec(config)![1]!
  const compatibilityFlags = ['nodejs_compat', 'global_fetch_strictly_public']
  return {
    compatibilityDate,
    compatibilityFlags,
    d1Databases: { DB: { id: 'DB' } },
    r2Buckets: { MEDIA: { id: 'tiedote-media' } },
    assets: {
      directory: assets,
      binding: 'ASSETS',
      run_worker_first: true,
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      assetConfig: {
        html_handling: 'none' as const,
        compatibility_date: compatibilityDate,
        compatibility_flags: compatibilityFlags,
      },
    },
  }
}

/** The modules of a Worker that was built, of which the first is its entry. */
export function modulesIn(folder: string) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return names
    .toSorted((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'))
    .map((name) => ({ type: 'ESModule' as const, path: join(folder, name) }))
}
