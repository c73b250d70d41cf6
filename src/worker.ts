import type {
  D1Database,
  ExecutionContext,
  ExportedHandler,
  Fetcher,
} from '@cloudflare/workers-types'
import { waitUntil } from 'cloudflare:workers'
import bundleText from './content.txt'
import { systemClock } from './clock.ts'
import { compose } from './compose.ts'
import { readWorkerConfig, unknownPublishers, type WorkerConfig } from './config.ts'
import { bringBundleInLine, type Bundle, readBundle } from './content/bundle.ts'
import { answerFromBucket, type Bucket, createMediaBucket } from './content/media-bucket.ts'
import { fingerprint } from './domain/identity.ts'
import { formatProblem } from './domain/problem.ts'
import type { MediaFile } from './domain/reading.ts'
import type { State } from './domain/release-store.ts'
import { retiredAt } from './domain/retirement.ts'
import { createVocabulary } from './domain/topic.ts'
import type { Api } from './http/api/api.ts'
import { createKeptState } from './http/kept-state.ts'
import { createEdgeReserve, type EdgeCache } from './http/reserve.ts'
import { problemResponse, toFailure } from './http/problem.ts'
import { within } from './http/services.ts'
import { createContentStore } from './store/content-store.ts'
import { migrate } from './store/migrate.ts'
import { createReleaseStore } from './store/release-store.ts'

declare const caches: { open(name: string): Promise<EdgeCache> }

type Env = {
  DB: D1Database
  ASSETS: Fetcher
  /** For files that come through the API. */
  MEDIA?: Bucket
  BASE_URL?: string
  PUBLISH_TOKENS?: string
  FEED_PAGES?: string
}

/** Cloudflare's free plan allows 50 queries to a request, and answering takes some as well. */
const stepsPerRequest = 20

/** Milliseconds that the first request of an isolate waits for the database to be brought in line. */
const patienceForContent = 8000
/** Milliseconds after which a run that says nothing counts as one that never will. */
const longestRun = 60_000
/** Seconds for which a database is left alone that could not be brought in line. */
const rest = 5
let restUntil = 0
/** Revision of the database that was found in line. Another may come of the version before. */
let inLine: number | undefined
/** The last revision that was seen. */
let seen: number | undefined
let isFirst = true
let bringing: Promise<void> | undefined
let bundle: Bundle | undefined
let isMigrated = false
let config: WorkerConfig | undefined
let service: ReturnType<typeof createService> | undefined

/** Works on bringing the database in line. What is not done yet is gone on with by later requests. */
async function bringInLine({ DB }: Env, baseUrl: string): Promise<void> {
  bundle ??= readBundle(bundleText)
  if (!isMigrated) await migrate(DB, bundle.header.migrations)
  isMigrated = true
  const store = createReleaseStore(DB)
  const revision = await store.revision()
  const isDone = await bringBundleInLine(bundle, createContentStore(DB), {
    program: await fingerprint(`${bundle.header.program} ${baseUrl}`),
    clock: systemClock,
    steps: stepsPerRequest,
  })
  if (!isDone) return
  if ((await store.revision()) === revision) inLine = seen = revision
  else service?.lookAgain()
}

/**
 * Sees to it that the database is in line, one run at a time. Only the first request of an isolate
 * waits for that, and not for long: the database may hang, or a burst of releases be waited out.
 */
async function seeToContent(env: Env, baseUrl: string): Promise<void> {
  if ((inLine !== undefined && inLine === seen) || systemClock.now() < restUntil) return
  bringing ??= within(bringInLine(env, baseUrl), longestRun)
    .catch(goOn)
    .finally(() => (bringing = undefined))
  waitUntil(bringing)
  if (!isFirst) return
  await within(bringing, patienceForContent).catch(goOn)
  isFirst = inLine === undefined && restUntil === 0
}

/** A database that does not answer now must not keep us from what we have. */
function goOn(error: unknown) {
  restUntil = systemClock.now() + rest
  console.error(`The database is not brought in line: ${(error as Error).message}`)
}

/** What is known without the database, to find what other isolates answered (H-29). */
function spareState(): State | undefined {
  if (!bundle) return undefined
  const { site, vocabulary } = bundle.header
  const retired = retiredAt(vocabulary.topics, systemClock.now())
  const nothing = { revision: 0, horizon: 0, since: 0, frameSince: 0, until: 0 }
  return { ...nothing, retired, site, vocabulary: createVocabulary(vocabulary) }
}

/** A file of the content, by what its asset says of itself. */
async function findAsset(env: Env, path: string): Promise<MediaFile | undefined> {
  const url = assetAddress(path.split('/'))
  const { ok, headers } = await env.ASSETS.fetch(url, { method: 'HEAD' })
  if (!ok) return undefined
  const type = headers.get('content-type') ?? 'application/octet-stream'
  return { type, size: Number(headers.get('content-length') ?? 0) }
}

/** Assets have one spelling, and every other is redirected to it. */
function assetAddress(names: string[]): string {
  return `https://assets.invalid/${names.map(encodeURIComponent).join('/')}`
}

/** Answers a path below `/media/` that can be decoded. A separator that is encoded separates nothing. */
async function answerMedia(env: Env, request: Request): Promise<Response> {
  const names = new URL(request.url).pathname.slice(1).split('/').map(decodeURIComponent)
  const asked = new Request(assetAddress(names), request)
  const asset = (await env.ASSETS.fetch(asked as never)) as unknown as Response
  if (asset.status !== 404 || !env.MEDIA) return asset
  const path = decodeURIComponent(new URL(request.url).pathname.slice(1))
  return (await answerFromBucket(env.MEDIA, path, request.headers)) ?? asset
}

function createService(env: Env, { baseUrl, hasFeedPages, tokens }: WorkerConfig) {
  const state = createKeptState(createReleaseStore(env.DB), systemClock, (revision) => {
    seen = revision
  })
  let api: Promise<Api> | undefined
  const loadApi = async () => {
    const unknown = bundle ? unknownPublishers(tokens, bundle.header.site) : []
    for (const problem of unknown) console.error(formatProblem(problem))
    const { composeApi } = await import('./compose-api.ts')
    return composeApi(
      {
        database: env.DB,
        media: createMediaBucket((path) => findAsset(env, path), env.MEDIA),
        clock: systemClock,
        tokens,
        clientOf: (c) => c.req.header('cf-connecting-ip') ?? '',
        baseUrl,
      },
      { isShared: false },
    )
  }
  // What could not be loaded may be the next time.
  const forgetApi = (error: unknown) => {
    api = undefined
    throw error
  }
  const { app } = compose({
    database: env.DB,
    store: state.store,
    hasChanged: () => state.hasChanged(),
    baseUrl,
    memory: 32_000_000,
    reserve: createEdgeReserve(() => caches.open('documents')),
    spare: spareState,
    // Cloudflare's own cache stands behind us, and only another one in front would say so.
    isDirect: (headers) => !headers.has('via'),
    hasFeedPages,
    later: (work) => waitUntil(work()),
    media: (c) => answerMedia(env, c.req.raw),
    api: () => (api ??= loadApi().catch(forgetApi)),
    problems: () => [],
    clock: systemClock,
    write: (line) => console.log(line),
  })
  return {
    answer: (request: Request, context: ExecutionContext) =>
      state.answer(request, async () => app.fetch(request, env, context)),
    lookAgain: () => state.lookAgain(),
  }
}

/**
 * The request with the codings that the client takes. Cloudflare writes its own into the header, and
 * would answer a client that named none with what we wrote for Cloudflare (H-23).
 */
function asTheClientSent(request: Request): Request {
  const { cf } = request as Request & { cf?: { clientAcceptEncoding?: string } }
  if (!cf) return request
  const { clientAcceptEncoding = '' } = cf
  if (clientAcceptEncoding === (request.headers.get('accept-encoding') ?? '')) return request
  const headers = new Headers(request.headers)
  headers.set('Accept-Encoding', clientAcceptEncoding)
  return new Request(request, { headers })
}

export default {
  async fetch(request, env, context) {
    try {
      // An isolate keeps its settings for as long as it lives.
      config ??= readWorkerConfig(env, request.url)
      await seeToContent(env, config.baseUrl)
      service ??= createService(env, config)
      const asked = asTheClientSent(request as unknown as Request)
      return (await service.answer(asked, context)) as never
    } catch (error) {
      console.error(error)
      return problemResponse(toFailure(error)) as never
    }
  },
} satisfies ExportedHandler<Env>
