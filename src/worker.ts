import type { D1Database, ExportedHandler, Fetcher } from '@cloudflare/workers-types'
import type { Hono } from 'hono'
import bundleText from '../.generated/content.txt'
import { readWorkerConfig } from './config.ts'
import { bringBundleInLine, readBundle } from './content/bundle.ts'
import { createApp } from './http/app.ts'
import { createKeptDocuments } from './http/kept-documents.ts'
import { problemResponse, toFailure } from './http/problem.ts'
import { migrate } from './store/migrate.ts'
import { createReleaseStore } from './store/release-store.ts'

type Env = { DB: D1Database; ASSETS: Fetcher; BASE_URL?: string; PUBLISH_TOKENS?: string }

/** Cloudflare's free plan allows 50 queries to a request, and answering takes some as well. */
const stepsPerRequest = 20

const now = () => Math.floor(Date.now() / 1000)
let inLine = false
let app: Hono | undefined

/** Works on bringing the database in line. What is not done yet is gone on with by later requests. */
async function bringInLine({ DB }: Env): Promise<void> {
  if (inLine) return
  const bundle = readBundle(bundleText)
  await migrate(DB, bundle.header.migrations)
  inLine = await bringBundleInLine(bundle, createReleaseStore(DB), now(), stepsPerRequest)
}

function createWorkerApp(env: Env, requestUrl: string): Hono {
  const { baseUrl } = readWorkerConfig(env, requestUrl)
  return createApp({
    store: createReleaseStore(env.DB),
    baseUrl,
    documents: createKeptDocuments(),
    media: (c) => env.ASSETS.fetch(c.req.url) as unknown as Promise<Response>,
    problems: () => [],
    now,
  })
}

export default {
  async fetch(request, env, context) {
    try {
      // A database that does not answer now must not keep us from what we have.
      await bringInLine(env).catch((error: unknown) => console.error(error))
      app ??= createWorkerApp(env, request.url)
      return (await app.fetch(request as unknown as Request, env, context)) as never
    } catch (error) {
      console.error(error)
      return problemResponse(toFailure(error)) as never
    }
  },
} satisfies ExportedHandler<Env>
