import { type Context, Hono } from 'hono'
import type { FormatName } from '../domain/addresses.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { DomainError } from '../domain/errors.ts'
import { fingerprint } from '../domain/identity.ts'
import { formats } from '../feeds/formats.ts'
import { renderOpml } from '../feeds/opml.ts'
import { isNotModified, type Validators } from './conditional.ts'
import { feedDocument } from './feeds.ts'
import { healthDocument } from './operations.ts'
import { isMediaFile } from './media.ts'
import { errorPage } from './pages/error.ts'
import { listPage } from './pages/list.ts'
import { releasePage } from './pages/release.ts'
import { styleSheet } from './pages/style.ts'
import { errorHeaders, problemResponse, toFailure } from './problem.ts'
import { createCurrentReader, type Current, type Services } from './services.ts'
import { readAddress } from './urls.ts'
import { vocabularyDocument } from './vocabulary.ts'

/** How long anybody may keep an answer, and go on with it while we do not answer (H-18). */
const caching = 'public, max-age=300, stale-while-revalidate=600, stale-if-error=86400'

/** On everything, so that programs in browsers can read feeds too (H-26, H-36). */
const always = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Link, Retry-After, Content-Location, Deprecation, Sunset, IM, Age',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
}

const preflight = {
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'If-None-Match, If-Modified-Since, A-IM, Accept, Cache-Control',
  'Access-Control-Max-Age': '86400',
  Allow: 'GET, HEAD, OPTIONS',
}

const documentPolicy = "default-src 'none'; style-src 'self'; img-src https:; sandbox"
const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The service on HTTP. The same app runs on Node, on Workers and in tests. */
export function createApp(services: Services): Hono {
  const { store } = services
  const readCurrent = createCurrentReader(services)
  const app = new Hono({ strict: false })

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(always)) c.header(name, value)
    if (c.req.method === 'OPTIONS') return c.body(null, 204, preflight)
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    return c.body(null, 405, { Allow: preflight.Allow })
  })

  app.get('/healthz', async (c) => {
    const { healthy, document } = await healthDocument(services)
    c.header('Cache-Control', 'no-store')
    return c.json(document, healthy ? 200 : 503)
  })

  app.get('/style.css', async (c) => {
    return answer(c, styleSheet, 'text/css; charset=utf-8', {
      etag: `W/"${await fingerprint(styleSheet)}"`,
      lastModified: 0,
    })
  })

  app.get('/media/*', async (c, next) => {
    if (!isMediaFile(new URL(c.req.url).pathname)) throw noFile()
    const found = await services.media(c, next)
    const response = found instanceof Response ? found : c.res
    if (!response.ok && response.status !== 304 && response.status !== 206) {
      throw noFile()
    }
    const answered = new Response(response.body, response)
    for (const [name, value] of Object.entries({ ...always, 'Cache-Control': caching })) {
      answered.headers.set(name, value)
    }
    // A file must never act as a page of ours, whatever it holds.
    if (/html|xml|svg|script/.test(answered.headers.get('content-type') ?? 'html')) {
      answered.headers.set('Content-Disposition', 'attachment')
      answered.headers.set('Content-Security-Policy', "default-src 'none'; sandbox")
    }
    return answered
  })

  app.get('*', async (c) => {
    const current = await readCurrent()
    const target = readAddress(new URL(c.req.url), current.site, current.vocabulary)
    switch (target.kind) {
      case 'feed':
        return answerFeed(c, target.query, target.format, target.renamed, current)
      case 'page':
        return answerList(c, target.query, target.renamed, current)
      case 'release':
        return answerRelease(c, target.slug, target.language, current)
      case 'vocabulary': {
        const body = vocabularyDocument(target.language, await store.countByTopic(current), current)
        return answer(c, body, 'application/json', await validatorsOf(body, current))
      }
      case 'opml': {
        const body = renderOpml(target.language, Math.max(current.horizon, 0), current)
        return answer(c, body, 'text/x-opml; charset=utf-8', await validatorsOf(body, current))
      }
    }
  })

  app.onError(async (error, c) => {
    const failure = toFailure(error)
    if (!(error instanceof DomainError)) console.error(error)
    if (!wantsPage(c)) return withHeaders(problemResponse(failure))
    const current = await readCurrent().catch(() => undefined)
    return c.html(errorPage(failure, current), failure.status as 400, {
      ...always,
      ...errorHeaders(failure.status),
      'Content-Security-Policy': pagePolicy,
    })
  })

  async function answerFeed(
    c: Context,
    query: FeedQuery,
    format: FormatName,
    renamed: boolean,
    current: Current,
  ): Promise<Response> {
    const { addresses } = current
    const address = addresses.feed(query, format)
    checkLength(address)
    if (renamed) return c.redirect(address, 308)
    const document = await feedDocument(query, format, current, services).catch(
      (error: unknown) => {
        const kept = services.documents.get(address)
        if (!kept) throw error
        console.error(error)
        return kept
      },
    )
    c.header('Link', links(address, formats[format].mediaType, addresses.page(query)))
    c.header('X-Robots-Tag', 'noindex')
    c.header('Content-Security-Policy', documentPolicy)
    sayWhere(c, address)
    return answer(c, document.body, document.contentType, document)
  }

  async function answerList(c: Context, query: FeedQuery, renamed: boolean, current: Current) {
    const address = current.addresses.page(query)
    checkLength(address)
    if (renamed) return c.redirect(address, 308)
    const releases = await store.find(query, current, 50)
    const counts = await store.countByTopic(current)
    sayWhere(c, address)
    return answerPage(c, String(await listPage(query, releases, counts, current)), current)
  }

  async function answerRelease(c: Context, slug: string, language: string, current: Current) {
    const release = await findInAnyLanguage(slug, language, current)
    if (!release) throw new DomainError('not-found', 'There is no release at this address.')
    const address = current.addresses.release(release)
    if (release.slug !== slug || (language !== 'all' && release.language !== language)) {
      return c.redirect(address, 308)
    }
    const versions = await store.findVersions([release.slug], current)
    sayWhere(c, address)
    const page = await releasePage(release, versions.get(release.slug) ?? [], current)
    return answerPage(c, String(page), current)
  }

  async function findInAnyLanguage(slug: string, language: string, current: Current) {
    const wanted = language === 'all' ? current.site.languages : [language]
    for (const one of wanted) {
      const release = await store.findRelease(slug, one, current)
      if (release) return release
    }
    return undefined
  }

  return app
}

/** Of documents other than feeds: what they say belongs to the newest release. */
async function validatorsOf(body: string, { horizon, changed }: Current): Promise<Validators> {
  return { etag: `W/"${await fingerprint(body)}"`, lastModified: Math.max(horizon, changed) }
}

async function answerPage(c: Context, body: string, current: Current) {
  c.header('Content-Security-Policy', pagePolicy)
  return answer(c, body, 'text/html; charset=utf-8', await validatorsOf(body, current))
}

/** A 200 with its validators, or a 304 that says all the 200 would but the body (H-14). */
function answer(c: Context, body: string, contentType: string, { etag, lastModified }: Validators) {
  c.header('ETag', etag)
  if (lastModified > 0) c.header('Last-Modified', new Date(lastModified * 1000).toUTCString())
  c.header('Cache-Control', caching)
  c.header('Vary', 'Accept-Encoding')
  if (isNotModified(c.req.raw.headers, { etag, lastModified })) return c.body(null, 304)
  return c.body(body, 200, { 'Content-Type': contentType })
}

/** An address of another spelling says which one is meant (H-40). */
function sayWhere(c: Context, address: string) {
  const canonical = new URL(address)
  const asked = new URL(c.req.url)
  if (asked.pathname !== canonical.pathname || asked.search !== canonical.search) {
    c.header('Content-Location', address)
  }
}

/** NewsBlur subscribes to something else when an address has 200 characters or more (U-02). */
function checkLength(address: string) {
  if (address.length < 200) return
  throw new DomainError(
    'invalid',
    `The address of this question would have ${address.length} characters, and readers take at most 199. Leave some topics or words out.`,
  )
}

function links(self: string, mediaType: string, page: string): string {
  return `<${self}>; rel="self"; type="${mediaType}", <${page}>; rel="alternate"; type="text/html"`
}

function noFile(): DomainError {
  return new DomainError('not-found', 'There is no such file.')
}

/** Only a person in a browser gets an error as a page: feeds and programs get a problem document. */
function wantsPage(c: Context): boolean {
  const { pathname } = new URL(c.req.url)
  return (
    !/\.(rss|atom|json|opml|xml)$/i.test(pathname) &&
    /text\/html/.test(c.req.header('accept') ?? '')
  )
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(always)) response.headers.set(name, value)
  return response
}
