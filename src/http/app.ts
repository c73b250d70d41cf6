import { Hono } from 'hono'
import type { Edition } from '../domain/edition.ts'
import { DomainError } from '../domain/errors.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { type Ending, endingOf } from '../domain/retirement.ts'
import { formatUtc } from '../domain/time.ts'
import { formatInterval, type Interval } from '../feeds/archive.ts'
import { renderOpml } from '../feeds/opml.ts'
import {
  always,
  answerWith,
  type Asking,
  caching,
  type Environment,
  longestKept,
  preflight,
  sendWith,
} from './answer.ts'
import { editionToDiffer, isConditional, isNotModified, takesDifference } from './conditional.ts'
import { belongsTo, createDocuments, type Recipe, StoreMoved } from './documents.ts'
import { feedLinks, pageLinks } from './feed-links.ts'
import { archiveRecipe, deltaRecipe, headRecipe, releasesIn } from './feeds.ts'
import { type Document, fixedDocument } from './kept-documents.ts'
import { createMediaStatus, findMedia, isMediaFile } from './media.ts'
import { isOpenedInBrowser, onlyForBrowsers } from './navigation.ts'
import { healthDocument } from './operations.ts'
import { readContents } from './pages/contents.ts'
import { errorPage } from './pages/error.ts'
import { feedPreview, type Opened, questionPage } from './pages/feed-preview.ts'
import { bitmapIcon, vectorIcon } from './pages/icon.ts'
import { releasePage } from './pages/release.ts'
import { script } from './pages/script.ts'
import { styleSheet } from './pages/style.ts'
import { errorHeaders, logError, problemResponse, toFailure } from './problem.ts'
import { readUserAgent } from './reader.ts'
import { type Asked, createReadyAnswers, type ReadyAnswer } from './ready-answers.ts'
import type { Answer } from './request-log.ts'
import { createCurrentReader, type Current, type Services } from './services.ts'
import { sitemapDocument } from './sitemaps.ts'
import { readAddress, type Target } from './urls.ts'
import { vocabularyDocument } from './vocabulary.ts'

/** How often a document is begun anew because another process changed the store while it was made. */
const mostAttempts = 12
/** Milliseconds to wait before, longer each time: whoever writes all the time pauses now and then. */
const betweenAttempts = 5

const documentPolicy = "default-src 'none'; style-src 'self'; img-src https:; sandbox"
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Documents that no release changes: path → content type and content. */
function fixedDocuments(baseUrl: string): Record<string, [string, string | Uint8Array]> {
  const sitemaps = ['sitemap', 'news-sitemap'].map((name) => `Sitemap: ${baseUrl}/${name}.xml\n`)
  return {
    '/robots.txt': [
      'text/plain; charset=utf-8',
      `User-agent: *\nDisallow:\n\n${sitemaps.join('')}`,
    ],
    '/style.css': ['text/css; charset=utf-8', styleSheet],
    '/script.js': ['text/javascript; charset=utf-8', script],
    '/favicon.svg': ['image/svg+xml', vectorIcon],
    '/favicon.ico': ['image/x-icon', bitmapIcon()],
  }
}

/** The service on HTTP, and its answers that are ready, for a server that can ask for them itself. */
export type App = Hono<Environment> & {
  answerReady: (asked: Asked) => ReadyAnswer | undefined
}

/** The service on HTTP. The same app runs on Node, on Workers and in tests. */
export function createApp(services: Services): App {
  const { store, editions, metrics, clock, record } = services
  const { readCurrent, steadyCurrent, lookAgain } = createCurrentReader(services)
  const documents = createDocuments(services)
  const mediaStatus = createMediaStatus(services, readCurrent)
  const readyAnswers = createReadyAnswers(services, steadyCurrent, (...what) =>
    documents.note(...what),
  )
  const app = new Hono<Environment>({ strict: false })

  app.use(async (c, next) => {
    const { method, raw } = c.req
    const ready = readyAnswers.answer({ method, address: addressOf(c), headers: raw.headers })
    if (!ready) return next()
    const { status, headers, body = null, coding } = ready
    const encodeBody = coding ? 'manual' : 'automatic'
    const options = { status, headers: pairs(headers), encodeBody }
    return new Response(body as Uint8Array<ArrayBuffer> | null, options)
  })

  app.use(async (c, next) => {
    const began = Date.now()
    c.set('asked', { kind: 'error', path: c.req.path })
    await next()
    const { headers, status } = c.res
    const coding = headers.get('content-encoding')
    const answer: Answer = {
      at: began,
      method: c.req.method,
      ...c.get('asked'),
      status,
      bytes: c.req.method === 'HEAD' ? 0 : Number(headers.get('content-length') ?? 0),
      ...(coding && { coding }),
      milliseconds: Date.now() - began,
      conditional: isConditional(c.req.raw.headers),
      reader: readUserAgent(c.req.header('user-agent')),
    }
    record(answer)
  })

  const { api } = services
  for (const path of api ? ['/api', '/api/*', '/openapi.json'] : []) {
    app.all(path, async (c) => {
      c.set('asked', { kind: 'api', path: c.req.path })
      return (await api!()).fetch(c.req.raw, c.env)
    })
  }

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(always)) c.header(name, value)
    if (c.req.method === 'OPTIONS') return c.body(null, 204, preflight)
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    throw new DomainError('not-allowed', 'This address can only be read: with GET or HEAD.')
  })

  app.get('/healthz', async (c) => {
    c.set('asked', { kind: 'operations', path: '/healthz' })
    const { healthy, document } = await healthDocument(services)
    const body = new TextEncoder().encode(`${JSON.stringify(document)}\n`)
    c.header('Content-Type', 'application/json')
    c.header('Content-Length', String(body.length))
    c.header('Cache-Control', 'no-store')
    return c.body(body, healthy ? 200 : 503)
  })

  app.get('/metrics', async (c) => {
    c.set('asked', { kind: 'operations', path: '/metrics' })
    const { contentType, body } = await metrics.document()
    const bytes = new TextEncoder().encode(body)
    c.header('Content-Length', String(bytes.length))
    return c.body(bytes, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' })
  })

  for (const [path, [contentType, text]] of Object.entries(fixedDocuments(services.baseUrl))) {
    const document = fixedDocument(text, contentType)
    app.get(path, async (c) => {
      c.set('asked', { kind: 'document', path })
      return answerWith(c, await document, clock.now())
    })
  }

  app.get('/media/*', async (c) => {
    const { pathname } = new URL(c.req.url)
    if (!isMediaFile(pathname)) throw noFile()
    const status = await mediaStatus(pathname)
    if (status === 'hidden') throw noFile()
    if (status === 'withdrawn') throw withdrawnFile()
    const found = await findMedia(c, services.media, clock.now())
    if (!found) throw noFile()
    c.set('asked', { kind: 'media', path: c.req.path })
    for (const [name, value] of Object.entries({ ...always, 'Cache-Control': caching })) {
      found.headers.set(name, value)
    }
    return found
  })

  app.get('*', async (c) => {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      try {
        return await answerTarget(c, await readCurrent())
      } catch (error) {
        if (!(error instanceof StoreMoved)) throw error
        lookAgain()
        if (attempt > 1) await pause((attempt - 1) * betweenAttempts)
      }
    }
    // It changes faster than a document can be made: what there was before is good enough.
    return answerTarget(c, { ...(await readCurrent()), isFailing: true })
  })

  app.onError(async (error, c) => {
    const failure = toFailure(error)
    if (!(error instanceof DomainError)) logError(error)
    const dependsOnAccept = !isFeedAddress(c)
    const isOpened = services.hasFeedPages && isOpenedInBrowser(c.req.raw.headers)
    if (!isOpened && (!dependsOnAccept || !acceptsPage(c))) {
      const response = problemResponse(failure)
      for (const [name, value] of Object.entries(always)) response.headers.set(name, value)
      if (dependsOnAccept) response.headers.set('Vary', 'Accept')
      return response
    }
    const current = await readCurrent().catch(() => undefined)
    return c.html(errorPage(failure, c.req.path, current), failure.status as 400, {
      ...always,
      ...errorHeaders(failure),
      ...(dependsOnAccept ? { Vary: 'Accept' } : onlyForBrowsers),
      'Content-Security-Policy': pagePolicy,
    })
  })

  async function answerTarget(c: Asking, current: Current): Promise<Response> {
    const target = readAddress(new URL(c.req.url), current.site, current.vocabulary)
    const { addresses } = current
    switch (target.kind) {
      case 'feed':
        return answerFeed(c, target, current)
      case 'page':
        return answerList(c, target, current)
      case 'release':
        return answerRelease(c, target.slug, target.language, current)
      case 'vocabulary': {
        const address = addresses.vocabulary(target.language)
        sayWhere(c, address)
        const recipe = stateRecipe(address, 'json', 'application/json', current, async () =>
          vocabularyDocument(target.language, await store.countByTopic(current), current),
        )
        return answerRecipe(c, 'document', recipe, current)
      }
      case 'opml': {
        const address = addresses.opml(target.language, target.topics)
        if (target.renamed) throw moved(address)
        sayWhere(c, address)
        const recipe = stateRecipe(
          address,
          'opml',
          'text/x-opml; charset=utf-8',
          current,
          async () => renderOpml(target, Math.max(current.horizon, 0), current.retired, current),
        )
        return answerRecipe(c, 'document', recipe, current)
      }
      case 'sitemap': {
        const { of } = target
        const address = addresses.sitemap(of.of, 'part' in of ? of.part : 1)
        sayWhere(c, address)
        c.header('Content-Security-Policy', documentPolicy)
        const recipe = stateRecipe(address, 'xml', 'application/xml; charset=utf-8', current, () =>
          sitemapDocument(of, current, services),
        )
        return answerRecipe(c, 'document', recipe, current)
      }
    }
  }

  async function answerFeed(
    c: Asking,
    { query, format, renamed, archive }: Extract<Target, { kind: 'feed' }>,
    current: Current,
  ): Promise<Response> {
    const { addresses } = current
    const making = { query, format, current, services }
    const head = addresses.feed(query, format)
    checkLength(head)
    const interval = archive && formatInterval(archive)
    const address = interval ? addresses.archive(query, interval, format) : head
    if (renamed) throw moved(address)
    const ending = goingOn(query, current)
    if (services.hasFeedPages && isOpenedInBrowser(c.req.raw.headers)) {
      const opened = { query, format, address, head: archive && head }
      return answerPreview(c, opened, archive, current)
    }
    c.set('asked', { kind: 'feed', format, path: new URL(head).pathname })
    if (ending) {
      c.header('Deprecation', `@${ending.at}`)
      c.header('Sunset', new Date(ending.until * 1000).toUTCString())
    }
    c.header('X-Robots-Tag', 'noindex')
    c.header('Content-Security-Policy', documentPolicy)
    sayWhere(c, address)
    const recipe = archive ? archiveRecipe(making, archive) : headRecipe(making)
    const found = await find(c, recipe, current)
    const chain = { interval, previous: found.previous || undefined }
    c.header('Link', feedLinks(query, format, chain, ending, current))
    const isWhole = 'body' in found && !archive
    if (isWhole) documents.note(recipe, found, c.req.raw.headers, current)
    const delta = isWhole && (await answerDelta(c, making, found))
    if (delta) return delta
    const answer = await answerWith(c, found, clock.now())
    if (!('body' in found) || belongsTo(found, current)) {
      readyAnswers.keep(addressOf(c), c.get('asked'), recipe, found, current, answer)
    }
    return answer
  }

  /** A feed for the person who opens it in a browser (V-03). */
  async function answerPreview(
    c: Asking,
    opened: Opened,
    archive: Interval | undefined,
    current: Current,
  ): Promise<Response> {
    const { query, address } = opened
    // No address has a space, so this is never taken for the feed.
    const key = `${address} as page`
    const recipe = stateRecipe(key, 'html', 'text/html; charset=utf-8', current, async () => {
      const contents = await readContents(query, undefined, store, current)
      const shown = archive && (await releasesIn({ query, current, services }, archive))
      // An archive has its own releases, and no others.
      const contained = shown
        ? { ...contents, releases: shown, months: [], hasMore: false }
        : contents
      return String(await feedPreview(opened, contained, current))
    })
    c.header('X-Robots-Tag', 'noindex')
    c.header('Content-Security-Policy', pagePolicy)
    const found = await find(c, recipe, current)
    c.header('Link', pageLinks(query, current.addresses.page(query), current))
    c.set('asked', { kind: 'page', path: new URL(address).pathname })
    return answerWith(c, found, clock.now(), onlyForBrowsers)
  }

  /** What has changed since the edition a client has, if it asks for that and we know it (I-01, I-02). */
  async function answerDelta(
    c: Asking,
    making: Parameters<typeof deltaRecipe>[0],
    document: Document,
  ): Promise<Response | undefined> {
    const { query, format, current } = making
    const { headers } = c.req.raw
    const isAsked =
      takesDifference(headers) &&
      headers.has('if-none-match') &&
      !isNotModified(headers, document, clock.now())
    if (!isAsked || current.isFailing || !services.isDirect(headers)) {
      return undefined
    }
    try {
      const noted = await editions.editions(current.addresses.feed(query, format))
      const known = editionToDiffer(headers, noted)
      // What every document depends on has changed, and with it every release.
      if (!known || known.lastModified < current.frameSince) return undefined
      // It is of a clock that was ahead, noted by who did not know yet that it was set back.
      if (known.lastModified > document.lastModified) return undefined
      const recipe = deltaRecipe(making, known)
      const delta = await documents.find(recipe, current)
      if (!('body' in delta) || delta.body.length === 0) {
        services.documents.forget(recipe.address)
        return undefined
      }
      return sendWith(
        c,
        { ...delta, etag: document.etag, lastModified: document.lastModified },
        226,
        {
          IM: 'feed',
          'Cache-Control': 'no-store, im',
          Vary: 'A-IM, If-None-Match, Accept-Encoding',
        },
      )
    } catch (error) {
      if (error instanceof StoreMoved) throw error
      logError(error, 'A difference is answered with the whole')
      return undefined
    }
  }

  async function answerList(
    c: Asking,
    { query, renamed, stretch }: Extract<Target, { kind: 'page' }>,
    current: Current,
  ) {
    const { addresses } = current
    const address = stretch
      ? addresses.month(query, stretch.name, stretch.page)
      : addresses.page(query)
    checkLength(address)
    if (renamed) throw moved(address)
    goingOn(query, current)
    sayWhere(c, address)
    const recipe = stateRecipe(address, 'html', 'text/html; charset=utf-8', current, async () => {
      const contents = await readContents(query, stretch, store, current)
      return String(await questionPage(query, contents, current))
    })
    c.header('Content-Security-Policy', pagePolicy)
    const noted = { ...recipe, isNoted: query.words.length === 0 && !stretch }
    return answerRecipe(c, 'page', noted, current, pageLinks(query, address, current))
  }

  async function answerRelease(c: Asking, slug: string, language: string, current: Current) {
    const { addresses, site } = current
    const languages = language === 'all' ? site.languages : [language]
    const address = addresses.release({ slug, language: languages[0]! })
    const recipe = stateRecipe(address, 'html', 'text/html; charset=utf-8', current, async () => {
      const release = await findInLanguages(slug, languages, current)
      if (!release)
        throw new DomainError('not-found', 'There is no release at this address.', {
          reason: 'no-release',
        })
      const isElsewhere = release.slug !== slug || release.language !== languages[0]
      if (isElsewhere || language === 'all') throw moved(addresses.release(release))
      const relations = await store.findRelations([release], current)
      const body = String(await releasePage(release, relations, current))
      return { body, isGone: release.withdrawn !== undefined }
    })
    sayWhere(c, address)
    c.header('Content-Security-Policy', pagePolicy)
    const everything = { language: languages[0]!, topics: [], words: [] }
    return answerRecipe(c, 'release', recipe, current, pageLinks(everything, address, current))
  }

  async function findInLanguages(slug: string, languages: string[], current: Current) {
    for (const language of languages) {
      const release = await store.findRelease(slug, language, current)
      if (release) return release
    }
    return undefined
  }

  async function answerRecipe(
    c: Asking,
    kind: Answer['kind'],
    recipe: Recipe,
    current: Current,
    links?: string,
  ): Promise<Response> {
    const found = await find(c, recipe, current)
    if (links) c.header('Link', links)
    c.set('asked', { kind, path: new URL(recipe.address).pathname })
    return answerWith(c, found, clock.now())
  }

  async function find(c: Asking, recipe: Recipe, current: Current): Promise<Document | Edition> {
    const { headers } = c.req.raw
    const isKnown = (edition: Edition) => isNotModified(headers, edition, clock.now())
    const found = await documents.find(
      recipe,
      current,
      isConditional(headers) ? isKnown : undefined,
    )
    if ('body' in found && (current.isFailing || !belongsTo(found, current))) {
      c.header('Age', String(Math.min(Math.max(clock.now() - found.seen, 0), longestKept)))
    }
    return found
  }

  return Object.assign(app, { answerReady: readyAnswers.answer })
}

/** Names and values in turn, as the web platform takes them. */
function pairs(headers: string[]): [string, string][] {
  return Array.from({ length: headers.length / 2 }, (_, index) => [
    headers[2 * index]!,
    headers[2 * index + 1]!,
  ])
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Path and query as they came. The host decides nothing. */
function addressOf(c: Asking): string {
  const { url } = c.req
  return url.slice(url.indexOf('/', 8))
}

/** Of documents that show much of the store: they are looked at anew with every change of it. */
function stateRecipe(
  address: string,
  kind: string,
  contentType: string,
  { since }: Current,
  render: () => Promise<string | { body: string; isGone: boolean }>,
): Recipe {
  return {
    address,
    contentType,
    kind,
    lastModified: async () => since,
    isNoted: false,
    async render() {
      const made = await render()
      const nothing = { oldest: 0, previous: '' }
      return typeof made === 'string' ? { body: made, ...nothing } : { ...made, ...nothing }
    },
  }
}

function moved(location: string): DomainError {
  return new DomainError('moved', 'This has moved for good.', { location })
}

/** An address of another spelling says which one is meant (H-40). */
function sayWhere(c: Asking, address: string) {
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
    { reason: 'too-long' },
  )
}

/** How the feed ends, while it still says so. Throws `gone` for one that is no longer there (H-35). */
function goingOn({ topics }: FeedQuery, { retired, vocabulary }: Current): Ending | undefined {
  const ending = endingOf(topics, retired, vocabulary)
  if (!ending?.isGone) return ending
  const { successors } = ending
  const instead = successors.length > 0 ? ` Subscribe to ${successors.join(' or ')} instead.` : ''
  const day = formatUtc(ending.at).slice(0, 10)
  throw new DomainError('gone', `This feed ended on ${day}.${instead}`, {
    reason: 'ended',
    successors,
  })
}

function withdrawnFile(): DomainError {
  return new DomainError('gone', 'This file belonged to a release that was withdrawn.')
}

function noFile(): DomainError {
  return new DomainError('not-found', 'There is no such file.')
}

/** Feeds are asked for by programs, whatever they accept, and get their errors as problem documents. */
function isFeedAddress(c: Asking): boolean {
  return /(\.(rss|atom|json|opml|xml)|\/feed)\/*$/i.test(new URL(c.req.url).pathname)
}

function acceptsPage(c: Asking): boolean {
  return /text\/html/.test(c.req.header('accept') ?? '')
}
