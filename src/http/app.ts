import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { DomainError } from '../domain/errors.ts'
import type { PreviewStore } from '../domain/preview.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import type { Site } from '../domain/site.ts'
import type { Api } from './api/api.ts'
import { answer, type Answered, fixedDocument, type Meaning } from './answers/answers.ts'
import { type Asked, askedBy, isOpenedInBrowser } from './answers/asked.ts'
import type { Finder } from './answers/find.ts'
import { always, type KeptWhole, onlyForPersons, preflight } from './answers/record.ts'
import { type Reply, reply } from './answers/reply.ts'
import type { Current } from './answers/state.ts'
import type { AnswerStore } from './answers/store.ts'
import { archiveMeaning } from './archive.ts'
import { calendarMeaning } from './calendar.ts'
import { developersPageMeaning } from './developers-page.ts'
import { feedMeaning } from './feed.ts'
import { feedPageMeaning } from './feed-page.ts'
import { healthDocument, type HealthParts } from './health.ts'
import { answerMedia, MediaStatuses } from './media.ts'
import type { Metrics } from './metrics.ts'
import { opmlMeaning } from './opml.ts'
import { errorPage } from './pages/error.ts'
import { errorHeaders, logError, publicProblemResponse, toFailure } from './problem.ts'
import { pagePolicy } from './question.ts'
import { questionPageMeaning } from './question-page.ts'
import { releaseItemMeaning } from './release-item.ts'
import { releasePageMeaning } from './release-page.ts'
import { answered, type LoggedRequest, previewPath, type Subject } from './request-log.ts'
import { sitemapMeaning } from './sitemap.ts'
import { isForPrograms, readAddress } from './urls.ts'
import { vocabularyMeaning } from './vocabulary.ts'

/** What the addresses of the service are answered by. */
export type AppParts = HealthParts & {
  store: ReleaseStore
  answers: AnswerStore
  finder: Finder
  /** Public origin, without a slash at its end. */
  baseUrl: string
  /** Whether a person who opens a feed in a browser sees a page. */
  hasFeedPages: boolean
  /** Answers requests below `/media/`. */
  media: MiddlewareHandler
  /** Publishing over HTTP, brought in when somebody asks for it; without it there is no API. */
  api?: (() => Api | Promise<Api>) | undefined
  /** Told that somebody may have published something. */
  onPublished?: (() => void) | undefined
  /** What answers `/hub`, brought in when somebody asks for it. */
  askHub?: ((request: Request, client: string) => Promise<Response>) | undefined
  /** Who asks, as far as that is known: those who ask too often are refused. */
  clientOf?: ((c: Context) => string) | undefined
  /** Whether a request has the token of somebody who may know of every release. */
  isTrusted?: ((c: Context) => Promise<boolean>) | undefined
  /** What links to releases before their time are kept in, brought in when somebody follows one. */
  previews: () => Promise<PreviewStore>
  metrics: Metrics
  /** Told of every answer. */
  record: (logged: LoggedRequest) => void
}

type Environment = { Variables: { subject: Subject } }
export type App = Hono<Environment>

/** Every address of the service on HTTP. The same app runs on Node, on Workers and in tests. */
export function createApp(parts: AppParts): App {
  const { store, state, metrics, record, api } = parts
  const statuses = new MediaStatuses(store)
  const app = new Hono<Environment>({ strict: false })

  app.use(async (c, next) => {
    const at = Date.now()
    c.set('subject', { kind: 'error', path: c.req.path })
    await next()
    const { headers, status } = c.res
    const bytes = c.req.method === 'HEAD' ? 0 : Number(headers.get('content-length') ?? 0)
    const coding = headers.get('content-encoding') ?? undefined
    record(answered(askedBy(c.req.raw), c.get('subject'), { at, status, bytes, coding }))
  })

  for (const path of api ? ['/api', '/api/*', '/openapi.json'] : []) {
    app.all(path, async (c) => {
      c.set('subject', { kind: 'api', path: c.req.path })
      const response = await (await api!()).fetch(c.req.raw, c.env)
      // Whoever publishes sees it here at once.
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
        state.lookAgain()
        parts.onPublished?.()
      }
      return response
    })
  }

  app.all('/preview/*', async (c) => {
    c.set('subject', { kind: 'preview', path: previewPath })
    const { answerPreview } = await import('./preview.ts')
    return answerPreview(c, parts)
  })

  if (parts.askHub) {
    app.all('/hub', async (c) => {
      c.set('subject', { kind: 'hub', path: c.req.path })
      return parts.askHub!(c.req.raw, parts.clientOf?.(c) ?? '')
    })
  }

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(always)) c.header(name, value)
    if (c.req.method === 'OPTIONS') return c.body(null, 204, preflight)
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    throw new DomainError('not-allowed', 'This address can only be read: with GET or HEAD.')
  })

  app.get('/healthz', async (c) => {
    const isTrusted = c.req.header('authorization') !== undefined && (await parts.isTrusted?.(c))
    const { healthy, document } = await healthDocument(parts, askedBy(c.req.raw), isTrusted)
    if (!healthy) c.header('Retry-After', '60')
    return operations(c, `${JSON.stringify(document)}\n`, 'application/json', healthy ? 200 : 503)
  })

  app.get('/metrics', async (c) => {
    // It adds its numbers when it is looked at. What keeps it from that is told elsewhere.
    await parts.hub?.(0).catch(() => {})
    const { contentType, body } = await metrics.document()
    return operations(c, body, contentType, 200)
  })

  for (const [path, [contentType, text]] of Object.entries(fixedDocuments())) {
    let document: Promise<KeptWhole> | undefined
    app.get(path, async (c) => {
      document ??= text().then((content) => fixedDocument(content, contentType, path))
      return answerFixed(c, await document, parts)
    })
  }

  app.get('/robots.txt', async (c) => {
    // A program that is answered 503 here asks for nothing else.
    const current = await state.read(askedBy(c.req.raw)).catch(() => undefined)
    const text = robotsText(current?.site, parts.baseUrl)
    const document = fixedDocument(text, 'text/plain; charset=utf-8', c.req.path)
    return answerFixed(c, document, parts)
  })

  app.get('/media/*', async (c) => {
    const response = await answerMedia(c, { ...parts, statuses })
    c.set('subject', { kind: 'media', path: c.req.path })
    return response
  })

  app.get('*', async (c) => {
    const asked = askedBy(c.req.raw)
    const url = new URL(c.req.url)
    const found = await answer(asked, (current) => meaningOf(url, asked, current, parts), parts)
    return answeredTo(c, found)
  })

  app.onError(async (error, c) => answerError(error, c, parts))

  return app
}

/** What an address asks for in a state. Throws DomainError for what is no address of ours. */
function meaningOf(
  url: URL,
  { headers }: Asked,
  current: Current,
  { store, hasFeedPages }: AppParts,
): Meaning {
  const target = readAddress(url, current.site, current.vocabulary)
  const isForPerson = hasFeedPages && isOpenedInBrowser(headers)
  switch (target.kind) {
    case 'feed':
      return isForPerson
        ? feedPageMeaning(target, current, store)
        : feedMeaning(target, current, store)
    case 'archive':
      return isForPerson
        ? feedPageMeaning(target, current, store)
        : archiveMeaning(target, current, store)
    case 'calendar':
      return calendarMeaning(target, current, store)
    case 'page':
      return questionPageMeaning(target, current, store)
    case 'release':
      return releasePageMeaning(target, current, store)
    case 'item':
      return releaseItemMeaning(target, current, store)
    case 'developers':
      return developersPageMeaning(current)
    case 'vocabulary':
      return vocabularyMeaning(target, current, store)
    case 'opml':
      return opmlMeaning(target, current, store)
    case 'sitemap':
      return sitemapMeaning(target.of, current, store)
  }
}

/**
 * Documents that no release changes: path → content type and content. Programs, which are most readers, never ask for
 * what pages are shown with.
 */
function fixedDocuments(): Record<string, [string, () => Promise<string | Uint8Array>]> {
  return {
    '/style.css': [
      'text/css; charset=utf-8',
      async () => (await import('./pages/style.ts')).styleSheet,
    ],
    '/script.js': [
      'text/javascript; charset=utf-8',
      async () => (await import('./pages/script.ts')).script,
    ],
    '/favicon.svg': ['image/svg+xml', async () => (await import('./pages/icon.ts')).vectorIcon],
    '/favicon.ico': ['image/x-icon', async () => (await import('./pages/icon.ts')).bitmapIcon()],
  }
}

/** What crawlers are told (RFC 9309): the office's own words, or that they may read everything (H-42). */
function robotsText(site: Site | undefined, baseUrl: string): string {
  const text = site?.robots ?? 'User-agent: *\nDisallow:\n'
  if (/^sitemap:/im.test(text)) return text
  const sitemaps = ['sitemap', 'news-sitemap'].map((name) => `Sitemap: ${baseUrl}/${name}.xml\n`)
  return `${text.trimEnd()}\n\n${sitemaps.join('')}`
}

async function answerFixed(
  c: Context<Environment>,
  kept: Awaited<ReturnType<typeof fixedDocument>>,
  { clock }: Pick<AppParts, 'clock'>,
): Promise<Response> {
  c.set('subject', kept.record.subject)
  const particulars = { location: undefined, age: 0 }
  return toResponse(await reply(askedBy(c.req.raw).headers, kept, particulars, clock.now()))
}

function operations(
  c: Context<Environment>,
  text: string,
  contentType: string,
  status: 200 | 503,
): Response {
  c.set('subject', { kind: 'operations', path: c.req.path })
  const body = new TextEncoder().encode(text)
  return c.body(body, status, {
    'Content-Type': contentType,
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
  })
}

function answeredTo(c: Context<Environment>, found: Answered): Response {
  if ('movedTo' in found) {
    const { movedTo: location, age } = found
    throw new DomainError('moved', 'This has moved for good.', { location, age })
  }
  c.set('subject', found.subject)
  return toResponse(found.reply)
}

/** An answer as the web platform has it. */
export function toResponse({ status, headers, body, coding }: Reply): Response {
  const pairs = Array.from({ length: headers.length / 2 }, (_, index): [string, string] => [
    headers[2 * index]!,
    headers[2 * index + 1]!,
  ])
  // What is coded already must not be coded again by workerd.
  const options = { status, headers: pairs, encodeBody: coding ? 'manual' : 'automatic' }
  return new Response((body ?? null) as Uint8Array<ArrayBuffer> | null, options)
}

/** A page for persons, a problem document for programs, which ask for feeds whatever they accept. */
async function answerError(
  error: Error,
  c: Context<Environment>,
  { state, hasFeedPages }: AppParts,
): Promise<Response> {
  const failure = toFailure(error)
  if (!(error instanceof DomainError)) logError(error)
  const dependsOnAccept = !isForPrograms(new URL(c.req.url).pathname)
  const isOpened = hasFeedPages && isOpenedInBrowser(c.req.raw.headers)
  if (!isOpened && (!dependsOnAccept || !acceptsPage(c))) {
    const response = publicProblemResponse(failure)
    if (dependsOnAccept) response.headers.set('Vary', 'Accept')
    return response
  }
  const current = await state.read().catch(() => undefined)
  return c.html(errorPage(failure, new URL(c.req.url), current), failure.status as 400, {
    ...always,
    ...errorHeaders(failure),
    ...(dependsOnAccept ? { Vary: 'Accept' } : onlyForPersons),
    'Content-Security-Policy': pagePolicy,
  })
}

function acceptsPage(c: Context): boolean {
  return /text\/html/.test(c.req.header('accept') ?? '')
}
