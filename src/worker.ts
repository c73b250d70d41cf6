import type { D1Database, ExportedHandler, Fetcher } from '@cloudflare/workers-types'
import { DurableObject, waitUntil } from 'cloudflare:workers'
import type { Context } from 'hono'
import bundleText from './content.txt'
import { createClockReport, systemClock } from './clock.ts'
import { clientFrom } from './domain/attempts.ts'
import { compose, loadStems } from './compose.ts'
import { isAtHome, readWorkerConfig, unknownPublishers, type WorkerConfig } from './config.ts'
import { bringBundleInLine, type Bundle, readBundle } from './content/bundle.ts'
import { answerFromBucket, type Bucket, createMediaBucket } from './content/media-bucket.ts'
import { clockProblem, isOfClock } from './domain/clock.ts'
import { DomainError, isOtherVersion } from './domain/errors.ts'
import { outputName, programVersion } from './domain/output-version.ts'
import { formatProblem } from './domain/problem.ts'
import { withMeasures } from './content/picture-size.ts'
import { spellings } from './domain/media-types.ts'
import { formatUtc } from './domain/time.ts'
import type { MediaFile } from './domain/reading.ts'
import type { ReleaseStore, State } from './domain/release-store.ts'
import { retiredAt } from './domain/retirement.ts'
import { createVocabulary } from './domain/topic.ts'
import type { Api } from './http/api/api.ts'
import { createEdge, type EdgeCache } from './http/answers/edge.ts'
import { within } from './http/answers/state.ts'
import { publicProblemResponse, toFailure } from './http/problem.ts'
import type { HubWork } from './hub-object.ts'
import type { Database } from './store/database.ts'
import { revisionInLine } from './store/in-line.ts'
import { createReleaseStore } from './store/release-store.ts'
import { checkSchemaVersion } from './store/schema-version.ts'

declare const caches: { open(name: string): Promise<EdgeCache> }

type Env = {
  DB: D1Database
  ASSETS: Fetcher
  /** For files that come through the API. */
  MEDIA?: Bucket
  BASE_URL?: string
  PUBLISH_TOKENS?: string
  FEED_PAGES?: string
  HUB?: string
  HUB_ALLOW?: string
  /** The object that is clock and leader of the hub; without it there is none. */
  HUB_OBJECT?: { idFromName(name: string): object; get(id: object): Pick<HubObject, 'wake'> }
}

/** Cloudflare's free plan allows 50 queries to a request, and answering takes some as well. */
const stepsPerRequest = 20
/** The same for portions of releases of an earlier version, or that come under other topics: each takes nine. */
const portionsPerRequest = 4
/** How releases are marked for other topics: few queries, each far from what D1 takes. */
const largePortions = { portions: portionsPerRequest, characters: 200_000 }

/** Milliseconds that the first request of an isolate waits for the database to be brought in line. */
const patienceForContent = 8000
/** Milliseconds after which a run that has not ended counts as dead. */
const longestRun = 60_000
/** Seconds for which a database is left alone that could not be brought in line. */
const rest = 5
/** Seconds for which an isolate keeps a state while the hub is on: whoever was pushed something may ask for it. */
const longestStateWithHub = 5
const reportClock = createClockReport(systemClock)
/** The same while nothing can be published because of the clock. */
const restForClock = 30
let restUntil = 0
/** Revision of the database that was found in line. Another may come of the version before. */
let inLine: number | undefined
/** The last revision that was seen. */
let seen: number | undefined
let isFirst = true
let bringing: Promise<void> | undefined
let config: WorkerConfig | undefined
let bundle: Bundle | undefined
let service: ReturnType<typeof createService> | undefined
/** What answers at any other host than that of BASE_URL. */
let readingService: ReturnType<typeof createService> | undefined

const ownBundle = () => (bundle ??= readBundle(bundleText))
/** The last migration of the tables that this version works with. */
const newestMigration = () => ownBundle().header.migrations.at(-1)!.name

/** Brings the database in line step by step. Later requests go on with what is left. */
async function bringInLine(env: Env, { baseUrl, hasHub }: WorkerConfig): Promise<void> {
  const { DB } = env
  const { migrations, made, fingerprint } = ownBundle().header
  const program = outputName(baseUrl, hasHub)
  const line = { newest: newestMigration(), fingerprint, program }
  const there = await revisionInLine(DB, line)
  if (there !== undefined) {
    inLine = seen = there
    return
  }
  const [{ wordsOf }, { migrateForVersion }, { createContentStore }] = await Promise.all([
    import('./content/words.ts'),
    import('./store/migrate.ts'),
    import('./store/content-store.ts'),
  ])
  const isBroughtOver = await migrateForVersion(DB, migrations, {
    made,
    upgrading: { wordsOf },
    portions: portionsPerRequest,
  })
  if (!isBroughtOver) return
  const store = createReleaseStore(DB)
  const revision = await store.revision()
  const content = createContentStore(DB, { wordsOf, ...largePortions }, newestMigration())
  const isDone = await bringBundleInLine(ownBundle(), content, {
    program,
    clock: systemClock,
    steps: stepsPerRequest,
  })
  if (!isDone) return
  await wakeHub(env, baseUrl)
  const mark = await content.bundle()
  if (mark && mark.made > made && clockProblem(systemClock.now(), mark.made) !== undefined) {
    console.error(
      `The content of a deployment before is dated ${formatUtc(mark.made)}, so that of this one is not taken up before then. If a clock was ahead, send POST /api/mend-clock.`,
    )
  }
  if ((await store.revision()) === revision) inLine = seen = revision
  else service?.state.lookAgain()
}

/**
 * Has the database brought in line, by one run at a time. Only the first request of an isolate waits for it,
 * and not for long: the database may hang, or a burst of releases may have to be waited for.
 */
async function seeToContent(env: Env, settings: WorkerConfig): Promise<void> {
  // A clock that is set back must not make it longer.
  const left = restUntil - systemClock.now()
  if ((inLine !== undefined && inLine === seen) || (left > 0 && left <= restForClock)) return
  bringing ??= within(bringInLine(env, settings), longestRun)
    .catch(goOn)
    .finally(() => (bringing = undefined))
  waitUntil(bringing)
  if (!isFirst) return
  await within(bringing, patienceForContent).catch(goOn)
  isFirst = inLine === undefined && restUntil === 0
}

/** If the database does not answer, what we have is still served. */
function goOn(error: unknown) {
  restUntil = systemClock.now() + (isOfClock(error) ? restForClock : rest)
  // Every isolate says once what is wrong with the clock.
  if (isOfClock(error)) return
  console.error(`The database is not brought in line: ${(error as Error).message}`)
}

/** The state as far as it is known without the database, to find what other isolates answered (H-29). */
function spareState(): State {
  const { site, vocabulary } = ownBundle().header
  const retired = retiredAt(site, vocabulary.topics, systemClock.now())
  const nothing = { revision: 0, horizon: 0, since: 0, frameSince: 0, until: 0 }
  const frame = { site, vocabulary: createVocabulary(vocabulary), marks: new Map() }
  return { ...nothing, retired, ...frame }
}

/** A file of the content folder, as its asset describes it. */
async function findAsset(env: Env, path: string): Promise<MediaFile | undefined> {
  const url = assetAddress(path.split('/'))
  const { ok, headers } = await env.ASSETS.fetch(url, { method: 'HEAD' })
  if (!ok) return undefined
  const read = async () => new Uint8Array(await (await env.ASSETS.fetch(url)).arrayBuffer())
  const type = headers.get('content-type') ?? 'application/octet-stream'
  const length = headers.get('content-length')
  // Some answers to HEAD do not say how long the body would be.
  const size = length === null ? (await read()).length : Number(length)
  return withMeasures({ size, type }, read)
}

/** Assets have one spelling, and every other is redirected to it. */
function assetAddress(names: string[]): string {
  return `https://assets.invalid/${names.map(encodeURIComponent).join('/')}`
}

/** Answers a path below `/media/` that can be decoded. A separator that is encoded separates nothing. */
async function answerMedia(env: Env, request: Request): Promise<Response> {
  const names = new URL(request.url).pathname.slice(1).split('/').map(decodeURIComponent)
  let answer: Response | undefined
  for (const path of spellings(names.join('/'))) {
    const asked = new Request(assetAddress(path.split('/')), request)
    answer = (await env.ASSETS.fetch(asked as never)) as unknown as Response
    if (answer.status !== 404) return answer
    const kept = env.MEDIA && (await answerFromBucket(env.MEDIA, path, request.headers))
    if (kept) return kept
  }
  return answer!
}

/** The store, which has the database brought in line again when its tables turn out to be of another version. */
function openStore({ DB }: Env, isHome: boolean): ReleaseStore {
  const store = createReleaseStore(isHome ? DB : onlyReading(DB), {
    newest: newestMigration(),
    loadStems,
  })
  const state = async (now: number) => {
    try {
      const read = await store.state(now)
      seen = read.revision
      reportClock(read.since)
      return read
    } catch (error) {
      if (isOtherVersion(error)) seen = undefined
      throw error
    }
  }
  return { ...store, state }
}

function onlyReading(database: D1Database): Database {
  return {
    prepare: (sql) => database.prepare(sql),
    batch: async (statements) => database.batch(statements as never),
    readOnly: true,
  }
}

/** Cloudflare writes this header itself, and nobody else can. */
function clientOf(c: Context): string {
  return clientFrom(c.req.header('cf-connecting-ip') ?? '')
}

/**
 * Publishing, loaded when somebody asks for it. Every request looks whether the tables are ours, and
 * so does every change in the second in which it is made.
 */
function createApiLoader(env: Env, { baseUrl, tokens }: WorkerConfig): () => Promise<Api> {
  let api: Promise<Api> | undefined
  const checkDatabase = () => checkSchemaVersion(env.DB, newestMigration())
  const load = async () => {
    const unknown = bundle ? unknownPublishers(tokens, bundle.header.site) : []
    for (const problem of unknown) console.error(formatProblem(problem))
    const { composeApi } = await import('./compose-api.ts')
    return composeApi({
      database: env.DB,
      checkStore: checkDatabase,
      media: createMediaBucket((path) => findAsset(env, path), env.MEDIA),
      clock: systemClock,
      tokens,
      portions: largePortions,
      clientOf,
      baseUrl,
    })
  }
  // Loading may succeed the next time.
  const forget = (error: unknown) => {
    api = undefined
    throw error
  }
  return async () => {
    await checkDatabase()
    return (api ??= load().catch(forget))
  }
}

/** Everything that answers at home, or at other hosts, where a version reads and never writes. */
function createService(env: Env, config: WorkerConfig, isHome: boolean) {
  const { baseUrl, hasFeedPages, hasHub, hubAllow } = config
  const refuse = () => {
    throw new DomainError(
      'forbidden',
      `At this address nothing is published: it may be that of a preview. Send it to ${baseUrl}.`,
    )
  }
  return compose({
    database: env.DB,
    store: openStore(env, isHome),
    newest: newestMigration(),
    hasChanged: undefined,
    baseUrl,
    memory: isHome ? 32_000_000 : 8_000_000,
    isReadOnly: !isHome,
    ...(isHome && {
      edge: createEdge(() => caches.open('documents')),
      spare: spareState,
    }),
    hasFeedPages,
    clientOf,
    hasHub,
    ...(hasHub && { longestState: longestStateWithHub }),
    ...(isHome &&
      env.HUB_OBJECT && {
        hub: {
          rules: async () => (await import('./hub-object.ts')).rulesOf(baseUrl, hubAllow),
          writer: env.DB,
          onRequest: () => waitUntil(wakeHub(env, baseUrl)),
        },
      }),
    later: (work) => waitUntil(work()),
    media: (c) => answerMedia(env, c.req.raw),
    api: isHome ? createApiLoader(env, config) : refuse,
    onPublished: () => waitUntil(wakeHub(env, baseUrl)),
    problems: () => [],
    clock: systemClock,
    write: (line) => console.log(line),
    version: programVersion,
  })
}

/** What answers at the host that was asked. */
async function serviceFor(request: Request, env: Env, config: WorkerConfig) {
  if (isAtHome(request.url, config.baseUrl)) {
    await seeToContent(env, config)
    return (service ??= createService(env, config, true))
  }
  if (!readingService) {
    const { host } = new URL(request.url)
    const advice = 'Under wrangler dev leave BASE_URL out: npm run dev -- --var BASE_URL:'
    console.warn(
      `Asked at ${host}, and BASE_URL is ${config.baseUrl}: there nothing is written. ${advice}`,
    )
  }
  return (readingService ??= createService(env, config, false))
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

/** The settings. There is a hub only with its object. */
function readConfig(env: Env, requestUrl: string): WorkerConfig {
  const read = readWorkerConfig(env, requestUrl)
  return { ...read, hasHub: read.hasHub && env.HUB_OBJECT !== undefined }
}

/** Has the hub look at once whether there is something to do. It must not fail. */
async function wakeHub({ HUB_OBJECT }: Env, baseUrl: string): Promise<void> {
  if (!HUB_OBJECT) return
  try {
    await HUB_OBJECT.get(HUB_OBJECT.idFromName('hub')).wake(baseUrl)
  } catch (error) {
    console.error(`The hub is not woken: ${(error as Error).message}`)
  }
}

/** Clock and leader of the hub (W-70): one object, whose work is loaded where it runs. */
export class HubObject extends DurableObject<Env> {
  #work: Promise<HubWork> | undefined

  /** Has it look at once. `baseUrl` is the public origin. */
  async wake(baseUrl: string): Promise<void> {
    await (await this.#load()).wake(baseUrl)
  }

  async alarm(): Promise<void> {
    await (await this.#load()).alarm()
  }

  async #load(): Promise<HubWork> {
    const load = async () => {
      const { HubWork: Loaded } = await import('./hub-object.ts')
      const settings = (baseUrl: string) => readConfig(this.env, baseUrl)
      return new Loaded(this.ctx.storage, this.env.DB, settings)
    }
    return (this.#work ??= load())
  }
}

export default {
  /** Once a minute, where a cron trigger is set: an alarm may be lost. */
  async scheduled(_, env) {
    if (env.BASE_URL) await wakeHub(env, new URL(env.BASE_URL).origin)
  },
  async fetch(request, env, context) {
    try {
      if (!env.DB) throw new DomainError('unavailable', 'No D1 database is bound as DB.')
      // An isolate keeps its settings for as long as it lives.
      config ??= readConfig(env, request.url)
      const asked = asTheClientSent(request as unknown as Request)
      const { fetch } = await serviceFor(asked, env, config)
      return (await fetch(asked, env, context)) as never
    } catch (error) {
      console.error(error)
      return publicProblemResponse(toFailure(error)) as never
    }
  },
} satisfies ExportedHandler<Env>
