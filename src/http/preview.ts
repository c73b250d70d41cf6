import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { type Addresses, createAddresses, storedOrigin } from '../domain/addresses.ts'
import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import {
  digestOfSecret,
  type PreviewContents,
  type PreviewStore,
  readSecret,
  stateOfPreview,
} from '../domain/preview.ts'
import type { Release } from '../domain/release.ts'
import { retiredAt } from '../domain/retirement.ts'
import type { Current, StateSource } from './answers/state.ts'
import { decodePath, findMedia, isMediaFile } from './media.ts'
import { errorPage } from './pages/error.ts'
import { previewPage } from './pages/release.ts'
import { errorHeaders, logError, problemResponse, toFailure } from './problem.ts'
import { pagePolicy } from './question.ts'

// A release before its time, for whoever has the link. Nothing of it is kept, and every answer is made from the store.

/** On every answer: no cache keeps it, no program of another site reads it, and no link from it tells the secret. */
const unlisted = {
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

/** What answering takes. */
type Parts = {
  /** What links are kept in. */
  previews: () => PreviewStore | Promise<PreviewStore>
  /** Answers requests below `/media/`. */
  media: MiddlewareHandler
  /** For the pages that say that something is wrong. */
  state: StateSource
  baseUrl: string
  clock: Clock
}

/** Answers a request below `/preview/`, whatever it is. Never throws. */
export async function answerPreview(c: Context, parts: Parts): Promise<Response> {
  const response = await answer(c, parts).catch(async (error: unknown) => refuse(error, c, parts))
  for (const [name, value] of Object.entries(unlisted)) response.headers.set(name, value)
  return response
}

async function answer(c: Context, parts: Parts): Promise<Response> {
  const { method, url } = c.req
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { Allow: allow } })
  if (method !== 'GET' && method !== 'HEAD') {
    throw new DomainError('not-allowed', 'This address can only be read: with GET or HEAD.')
  }
  const [, , written = '', ...rest] = new URL(url).pathname.split('/')
  const secret = readSecret(written)
  if (secret === undefined) throw nothingShown()
  const [first, ...more] = rest.filter((part, index) => part !== '' || index < rest.length - 1)
  if (first === 'media') return answerFile(c, secret, `/${rest.join('/')}`, parts)
  if (more.length > 0) throw nothingShown()
  return answerPage(await look(secret, parts), secret, first, parts)
}

const allow = 'GET, HEAD, OPTIONS'

/** What a link leads to. */
type Looked = { release: Release; contents: PreviewContents }

/**
 * What an open link shows. Throws DomainError `not-found` for a secret that nobody has, `gone` for a link that has ended,
 * and `moved` once the release is public.
 */
async function look(secret: string, { previews, clock, baseUrl }: Parts): Promise<Looked> {
  const store = await previews()
  const now = clock.now()
  const found = await store.find(digestOfSecret(secret), now)
  if (!found) throw nothingShown()
  const { preview, release, shown } = found
  const state = stateOfPreview(preview, release, Math.max(now, shown))
  if (!release || (state !== 'open' && state !== 'public')) throw ended()
  const contents = await store.contents(found, now)
  if (state === 'open') return { release, contents }
  throw isPublic(release, createAddresses(baseUrl, contents.site))
}

/** The page of the release, or of its version in another language. */
async function answerPage(
  { release, contents }: Looked,
  secret: string,
  language: string | undefined,
  { baseUrl }: Parts,
): Promise<Response> {
  const { releases, relations, site } = contents
  const addresses = createAddresses(baseUrl, site)
  const shown = releases.find((one) => {
    return language === undefined ? one.id === release.id : one.language === language.toLowerCase()
  })
  if (!shown) {
    // A version that is out already has its own page.
    const versions = relations.versions.get(release.slug) ?? []
    const version = versions.find((one) => one.language === language?.toLowerCase())
    throw version ? isPublic(version, addresses) : nothingShown()
  }
  const current = currentAt(
    shown.published,
    contents,
    previewAddresses(addresses, secret, contents),
  )
  const body = new TextEncoder().encode(String(await previewPage(shown, relations, current)))
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(body.length),
    'Content-Security-Policy': policy,
  }
  return new Response(body, { headers })
}

/** Such a page has no script. */
const policy = pagePolicy.replace("script-src 'self'; ", '').replace("connect-src 'self'; ", '')

/** The state in which a release will come out, as far as its page depends on it. */
function currentAt(
  second: number,
  { site, vocabulary }: PreviewContents,
  addresses: Addresses,
): Current {
  return {
    revision: 0,
    horizon: second,
    since: second,
    frameSince: second,
    until: Infinity,
    site,
    vocabulary,
    marks: new Map(),
    retired: retiredAt(site, vocabulary.topics.values(), second),
    addresses,
    isFailing: false,
  }
}

/** Addresses of what is not public yet lead through the link. */
function previewAddresses(
  addresses: Addresses,
  secret: string,
  { releases, site }: PreviewContents,
): Addresses {
  type Address = Pick<Release, 'slug' | 'language'>
  const isShown = ({ slug, language }: Address) =>
    releases.some((one) => one.slug === slug && one.language === language)
  const own = addresses.preview(secret)
  const releasePage = (one: Address) =>
    isShown(one) ? addresses.preview(secret, one.language) : addresses.releasePage(one)
  return {
    ...addresses,
    releasePage,
    release: (one) => (isShown(one) ? releasePage(one) : addresses.release(one)),
    media: (file) =>
      file === site.logo
        ? addresses.media(file)
        : `${own}${new URL(addresses.media(file)).pathname}`,
    publish: (html) =>
      addresses.publish(html.replaceAll(`${storedOrigin}/media/`, `${own}/media/`)),
  }
}

/** A file that the release attaches or shows. */
async function answerFile(
  c: Context,
  secret: string,
  pathname: string,
  parts: Parts,
): Promise<Response> {
  const path = isMediaFile(pathname) ? decodePath(pathname) : undefined
  const { contents } = await look(secret, parts)
  const store = await parts.previews()
  const isMentioned = path !== undefined && (await store.isMentioned(path, contents.releases))
  const found = isMentioned && (await findMedia(c, at(pathname, parts.media), parts.clock.now()))
  if (!found) throw new DomainError('not-found', 'There is no such file.', noPreview)
  return found
}

/** What answers below `/media/`, asked for another path than that of the request. */
function at(pathname: string, media: MiddlewareHandler): MiddlewareHandler {
  return async (c) => {
    const app = new Hono()
    app.get('*', media)
    const url = new URL(pathname, c.req.url)
    return app.fetch(new Request(url, c.req.raw), c.env as object)
  }
}

const noPreview = { reason: 'no-preview' }

function nothingShown(): DomainError {
  return new DomainError('not-found', 'This link shows nothing.', noPreview)
}

function ended(): DomainError {
  const message = 'This link has ended. Ask whoever gave it to you for a new one.'
  return new DomainError('gone', message, { reason: 'preview-ended' })
}

function isPublic(release: Pick<Release, 'slug' | 'language'>, addresses: Addresses): DomainError {
  const location = addresses.releasePage(release)
  return new DomainError('moved', 'This release is public.', { location })
}

/** A page for persons, a problem document for programs. Neither repeats the address. */
async function refuse(error: unknown, c: Context, { state }: Parts): Promise<Response> {
  const failure = toFailure(error)
  if (!(error instanceof DomainError)) logError(error)
  if (!/text\/html/.test(c.req.header('accept') ?? '')) return problemResponse(failure)
  const current = await state.read().catch(() => undefined)
  const page = await errorPage(failure, new URL('/preview', c.req.url), current)
  return c.html(page, failure.status as 400, {
    ...errorHeaders(failure),
    'Content-Security-Policy': pagePolicy,
  })
}
