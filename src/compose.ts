import { Attempts } from './domain/attempts.ts'
import type { Clock } from './domain/clock.ts'
import type { FileProblem } from './domain/problem.ts'
import type { ReleaseStore, State } from './domain/release-store.ts'
import { answerAtOnce } from './http/answers/answers.ts'
import { type Asked, askedBy } from './http/answers/asked.ts'
import type { Edge } from './http/answers/edge.ts'
import { FarState } from './http/answers/far-state.ts'
import { Finder } from './http/answers/find.ts'
import { NearState } from './http/answers/near-state.ts'
import type { Reply } from './http/answers/reply.ts'
import { StateQuestion, type StateSource } from './http/answers/state.ts'
import { AnswerStore } from './http/answers/store.ts'
import type { Api } from './http/api/api.ts'
import { type AppParts, createApp, toResponse } from './http/app.ts'
import type { HubParts } from './http/hub.ts'
import type { HubWatch } from './http/hub-watch.ts'
import { Metrics } from './http/metrics.ts'
import type { Registry } from './http/prometheus.ts'
import { answered, formatRequest, type LoggedRequest } from './http/request-log.ts'
import type { Database } from './store/database.ts'
import { createEditionStore } from './store/edition-store.ts'
import { createReleaseStore } from './store/release-store.ts'
import type { LoadStems } from './store/searched-query.ts'
import type { CallbackRules } from './websub/callback-address.ts'
import type { HubReport } from './websub/hub.ts'

/** What differs between runtimes. */
export type Parts = {
  database: Database
  /** Where it is written what readers were shown, if another thread writes the database. */
  writer?: Database
  /** The store for readers, if it is more than the database itself. */
  store?: ReleaseStore
  /** The last migration that this version works with, where other versions may work on the same database. */
  newest?: string
  /** Whether anything was written since the last call; undefined where asking the database takes too long. */
  hasChanged: (() => boolean) | undefined
  /** Public origin, without a slash at its end. */
  baseUrl: string
  /** Bytes of memory for answers that are kept. */
  memory: number
  /** The cache that the isolates of a data centre share, if there is one. */
  edge?: Edge
  /** The state to answer from while the database has not answered yet, if one is known. */
  spare?: () => State | undefined
  /** Whether nothing may be written, not even in the background. */
  isReadOnly?: boolean
  /** Whether feeds announce our hub. */
  hasHub?: boolean | undefined
  /** Seconds for which a state is kept where the database is far, if not as long as caches keep documents. */
  longestState?: number | undefined
  /** What subscribers need who ask at `/hub`. Without it nothing is there. */
  hub?: HubRequestParts | undefined
  /** Whether a person who opens a feed in a browser sees a page. */
  hasFeedPages: boolean
  /** Runs work that nobody waits for, after the answer. It must not fail. */
  later: (work: () => Promise<void>) => void
  /** Answers requests below `/media/`. */
  media: AppParts['media']
  /** Who asks, as far as that is known. */
  clientOf?: AppParts['clientOf']
  /** Whether a request has the token of somebody who may know of every release. */
  isTrusted?: AppParts['isTrusted']
  /** Told that somebody may have published something. */
  onPublished?: () => void
  /** Publishing over HTTP, loaded for the first request. Without it there is no API. */
  api?: () => Api | Promise<Api>
  /** Says what is wrong with the database file and what to do, where that can be checked. */
  damage?: (() => string | undefined) | undefined
  /** How far a first start is, while nothing can be served yet. */
  progress?: (() => string | undefined) | undefined
  /** Version of the program, where it is known. */
  version?: string | undefined
  /** What is wrong with the content at present. */
  problems: () => FileProblem[]
  clock: Clock
  /** Makes a line of the request log; JSON if it is left out. */
  format?: ((logged: LoggedRequest) => string) | undefined
  /** Takes these lines, without their ends. */
  write: (line: string) => void
}

/** What `/hub` is put together of. */
export type HubRequestParts = {
  /** Which callbacks may be called. */
  rules: () => CallbackRules | Promise<CallbackRules>
  /** The database for those who subscribe. */
  writer: Database
  /** Told that something was asked for. */
  onRequest?: () => void
}

/** A service that is put together. */
export type Composed = {
  /** Answers a request, whatever it takes. */
  fetch: (request: Request, env?: object, context?: object) => Response | Promise<Response>
  /** The answer to a request like one before, if nothing may have changed since. It is recorded. */
  answerAtOnce: (asked: Asked) => Reply | undefined
  /** Answers a request that `answerAtOnce` did not. */
  answerAnew: (request: Request, env?: object, context?: object) => Response | Promise<Response>
  /** Who knows the state, for whoever changes it beside the API. */
  state: StateSource
  /** Takes note of what the hub did. */
  hubReported: (report: HubReport) => void
  metrics: Metrics
  record: (logged: LoggedRequest) => void
}

/** Loads the stemmers, for the first search. */
export const loadStems: LoadStems = async () => (await import('./content/words.ts')).stemsOf

/** Puts the service together: for each runtime, for commands, for the benchmark and for tests. */
export function compose(parts: Parts): Composed {
  const { database, hasChanged, memory, edge, later, clock, baseUrl, spare, write } = parts
  const { writer = database, format = formatRequest } = parts
  const store = parts.store ?? createReleaseStore(database, { writer, loadStems })
  const metrics = new Metrics(parts.version)
  const record = (logged: LoggedRequest) => {
    metrics.record(logged)
    write(format(logged))
  }
  const noted = createEditionStore(database, writer)
  const editions = parts.isReadOnly ? { ...noted, note: async () => {} } : noted
  const hasHub = parts.hasHub ?? false
  const question = new StateQuestion({ store, baseUrl, hasHub, clock, metrics, spare })
  const state = hasChanged
    ? new NearState(question, clock, hasChanged)
    : new FarState(question, clock, parts.longestState)
  const answers = new AnswerStore({ capacity: memory, edge, later })
  const onFailure = () => state.lookAgain()
  const finder = new Finder({ store, editions, answers, clock, metrics, onFailure, later })
  const answering = { state, answers, finder, clock }
  const previews = async () => {
    const { createPreviewStore } = await import('./store/preview-store.ts')
    return createPreviewStore(database, parts.newest)
  }
  const { registry } = metrics
  const hubParts = { ...parts.hub!, database, state, baseUrl, clock, registry, isOn: hasHub }
  const watchHub = parts.hub && createHubWatch(hubParts)
  const app = createApp({
    ...parts,
    ...answering,
    store,
    previews,
    metrics,
    record,
    askHub: parts.hub && createHubLoader(hubParts),
    hub: watchHub && (async (since) => (await watchHub()).look(since)),
  })

  const atOnce = (asked: Asked) => {
    const at = Date.now()
    const found = answerAtOnce(asked, answering)
    if (!found) return undefined
    const { status, body, coding } = found.reply
    record(answered(asked, found.subject, { at, status, bytes: body?.length ?? 0, coding }))
    return found.reply
  }
  const anew: Composed['answerAnew'] = (...asked) => app.fetch(...(asked as [Request]))
  return {
    fetch(request, ...more) {
      const reply = atOnce(askedBy(request))
      return reply ? toResponse(reply) : anew(request, ...more)
    },
    answerAtOnce: atOnce,
    answerAnew: anew,
    state,
    hubReported(report) {
      void watchHub?.().then((watch) => watch.reported(report))
    },
    metrics,
    record,
  }
}

/** Who watches the hub, loaded when somebody looks. */
function createHubWatch({
  database,
  ...parts
}: {
  registry: Registry
  database: Database
  clock: Clock
  isOn: boolean
}) {
  const began = parts.clock.now()
  let watch: Promise<HubWatch> | undefined
  const load = async () => {
    const [{ HubWatch: Watch }, { createHubOverview }] = await Promise.all([
      import('./http/hub-watch.ts'),
      import('./store/hub-overview.ts'),
    ])
    const overview = createHubOverview(database)
    return new Watch({ ...parts, began, watched: () => overview.watched() })
  }
  return () => (watch ??= load())
}

/** Readers never ask the hub anything, so what answers there is loaded when somebody does. */
function createHubLoader({
  database,
  writer,
  rules,
  ...parts
}: HubRequestParts & { database: Database } & Omit<
    HubParts,
    'store' | 'rules' | 'client' | 'attempts'
  >): AppParts['askHub'] {
  const attempts = new Attempts(parts.clock)
  return async (request, client) => {
    const [{ answerHub }, { createHubRequestStore }] = await Promise.all([
      import('./http/hub.ts'),
      import('./store/hub-requests.ts'),
    ])
    const store = createHubRequestStore(database, writer)
    return answerHub(request, { ...parts, rules: await rules(), store, client, attempts })
  }
}
