import { Hono, type MiddlewareHandler } from 'hono'
import { DomainError, StoreDamaged } from '../../domain/errors.ts'
import { withFormerPublishers } from '../../publishing/permission.ts'
import { always, preflight } from '../answers/record.ts'
import { logError, problemResponse, toFailure } from '../problem.ts'
import { discard } from './bodies.ts'
import { bytesOf, releaseMemory, reserveMemory } from './body-memory.ts'
import { getFile, putFile } from './media.ts'
import { mendClock } from './mend-clock.ts'
import { openApiDocument } from './openapi.ts'
import { createWalk } from './walk.ts'
import { apiPage } from './page.ts'
import { createPreview, listPreviews, revokePreview, revokePreviews } from './previews.ts'
import type { Publishing } from './publishing.ts'
import {
  getRelease,
  getReleaseHistory,
  listReleases,
  publishReleases,
  putRelease,
  withdrawRelease,
} from './releases.ts'
import type { ApiEnvironment, Ask } from './request.ts'
import { getTopic, getTopicHistory, putTopic } from './topics.ts'

/** Publishing over HTTP. */
export type Api = Hono<ApiEnvironment>

type Middleware = MiddlewareHandler<ApiEnvironment>

/** The API: publishing from a newsroom system. `publishingFor` makes what one request is answered with. */
export function createApi(publishingFor: () => Publishing): Api {
  const api = new Hono<ApiEnvironment>()

  api.use(async (c, next) => {
    c.set('publishing', publishingFor())
    await next()
    // Nothing of this is for caches.
    c.header('Cache-Control', 'no-store')
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('X-Robots-Tag', 'noindex')
  })
  for (const path of ['/openapi.json', '/api']) {
    api.use(path, openToBrowsers)
    api.options(path, (c) => c.body(null, 204, preflight))
  }
  api.get('/openapi.json', async (c) => c.json(await documentFor(c)))
  api.get('/api', async (c) => getApiPage(c))

  for (const one of [authenticate, withMemoryForBody]) api.use('/api/*', unlessAskedWhat(one))
  api.get('/api/releases', listReleases)
  api.post('/api/releases', publishReleases)
  api.put('/api/releases/:slug/:language', putRelease)
  api.post('/api/releases/:slug/:language/withdraw', withdrawRelease)
  api.get('/api/releases/:slug/:language', getRelease)
  api.get('/api/releases/:slug/:language/history', getReleaseHistory)
  const previews = '/api/releases/:slug/:language/previews'
  api.get(previews, listPreviews)
  api.post(previews, createPreview)
  api.delete(previews, revokePreviews)
  api.delete(`${previews}/:id`, revokePreview)
  api.get('/api/topics/:slug', getTopic)
  api.put('/api/topics/:slug', putTopic)
  api.get('/api/topics/:slug/history', getTopicHistory)
  api.get('/api/media/*', getFile)
  api.put('/api/media/*', putFile)
  api.post('/api/mend-clock', mendClock)

  // Whatever comes this far asks with another method than the address takes (RFC 9110 section 15.5.6).
  for (const [path, methods] of methodsOf(api)) {
    const allow = [...methods, 'OPTIONS'].join(', ')
    // Without more, a browser lets no program of another site publish.
    api.options(path, (c) => c.body(null, 204, { Allow: allow }))
    api.all(path, () => {
      throw otherMethod(allow)
    })
  }
  api.notFound(() => {
    throw new DomainError('not-found', 'The API has nothing here. /api says what it has.')
  })
  api.onError(answerError)
  return api
}

/** What describes the API may be read by programs of other sites, as everything public (H-36). */
const openToBrowsers: Middleware = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(always)) c.header(name, value)
}

/** Anybody may ask which methods an address takes. The OpenAPI document says it as well. */
function unlessAskedWhat(middleware: Middleware): Middleware {
  return (c, next) => (c.req.method === 'OPTIONS' ? next() : middleware(c, next))
}

const authenticate: Middleware = async (c, next) => {
  const { authentication, clientOf, checkStore, store } = c.get('publishing')
  const author = authentication.authenticate(c.req.header('authorization'), clientOf(c))
  await checkStore?.()
  // Of nobody else it matters what publishers were called.
  const site = author.publishers && (await store.siteAndTopics()).site
  c.set('author', site ? withFormerPublishers(author, site) : author)
  await next()
}

/** Has a request with a body wait until there is memory for it. */
const withMemoryForBody: Middleware = async (c, next) => {
  const { bodyMemory } = c.get('publishing')
  const bytes = bodyMemory ? bytesOf(c.req.raw) : 0
  if (!bodyMemory || bytes === 0) return next()
  const reservation = await reserveMemory(bodyMemory, bytes).catch(async (error: unknown) => {
    await discard(c.req.raw)
    throw error
  })
  c.set('reservation', reservation)
  try {
    return await next()
  } finally {
    releaseMemory(reservation)
  }
}

async function getApiPage(c: Ask): Promise<Response> {
  const { store, baseUrl } = c.get('publishing')
  const siteAndTopics = await store.siteAndTopics()
  const document = openApiDocument(siteAndTopics, baseUrl)
  c.header(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  return c.html(apiPage(document, createWalk(siteAndTopics, baseUrl)))
}

async function documentFor(c: Ask) {
  const { store, baseUrl } = c.get('publishing')
  return openApiDocument(await store.siteAndTopics(), baseUrl)
}

/** Who may GET may ask with HEAD. */
function methodsOf(api: Hono<ApiEnvironment>): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { path, method } of api.routes) {
    if (method === 'ALL' || method === 'OPTIONS') continue
    const more = method === 'GET' ? ['GET', 'HEAD'] : [method]
    methods.set(path, [...(methods.get(path) ?? []), ...more])
  }
  return methods
}

function otherMethod(allow: string): DomainError {
  const message = `This address takes ${allow}, and no other method.`
  return new DomainError('not-allowed', message, { allow })
}

function answerError(error: Error): Response {
  if (!(error instanceof DomainError)) logError(error)
  // Who publishes may know what is told to the operator.
  const told = error instanceof StoreDamaged ? new DomainError('unavailable', error.message) : error
  const response = problemResponse(toFailure(told))
  response.headers.set('Cache-Control', 'no-store')
  response.headers.set('X-Content-Type-Options', 'nosniff')
  return response
}
