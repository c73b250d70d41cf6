import type { D1Database, ExportedHandler, Fetcher } from '@cloudflare/workers-types'
import type { Hono } from 'hono'
import bundleText from '../.generated/content.txt'
import { readWorkerConfig } from './config.ts'
import { bringBundleInLine, type Bundle, readBundle } from './content/bundle.ts'
import { createApp } from './http/app.ts'
import { createKeptDocuments } from './http/kept-documents.ts'
import { problemResponse, toFailure } from './http/problem.ts'
import { migrate } from './store/migrate.ts'
import { createReleaseStore } from './store/release-store.ts'

type Env = { DB: D1Database; ASSETS: Fetcher; BASE_URL?: string; PUBLISH_TOKENS?: string }

/** Cloudflare's free plan allows 50 queries to a request, and answering takes some as well. */
const stepsPerRequest = 20

const now = () => Math.floor(Date.now() / 1000)
/** Seconds after which an isolate looks again: one of the version before may have come last. */
const lookAgain = 60
let inLineUntil = 0
let bundle: Bundle | undefined
let app: Hono | undefined

/** Works on bringing the database in line. What is not done yet is gone on with by later requests. */
async function bringInLine({ DB }: Env): Promise<void> {
  if (now() < inLineUntil) return
  if (!bundle) {
    const read = readBundle(bundleText)
    await migrate(DB, read.header.migrations)
    bundle = read
  }
  if (await bringBundleInLine(bundle, createReleaseStore(DB), now(), stepsPerRequest)) {
    inLineUntil = now() + lookAgain
  }
}

function createWorkerApp(env: Env, requestUrl: string): Hono {
  const { baseUrl } = readWorkerConfig(env, requestUrl)
  return createApp({
    store: createReleaseStore(env.DB),
    baseUrl,
    documents: createKeptDocuments(),
    media: (c) => env.ASSETS.fetch(c.req.raw as never) as unknown as Promise<Response>,
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
