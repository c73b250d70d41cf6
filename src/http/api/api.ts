import { type Context, Hono } from 'hono'
import { agrees, describeMending, isOfClock } from '../../domain/clock.ts'
import { DomainError, refusable, StoreDamaged } from '../../domain/errors.ts'
import type { Condition, PublishRequest, Receipt } from '../../domain/publisher.ts'
import {
  apiSource,
  type Deed,
  type Frame,
  type Kept,
  type Viewer,
} from '../../domain/publishing-store.ts'
import { type Dates, datings } from '../../domain/publishing.ts'
import { type Author, maySee, viewerOf } from '../../domain/reach.ts'
import { tagOf } from '../../domain/revising.ts'
import { cleanLine } from '../../domain/text.ts'
import { formatUtc } from '../../domain/time.ts'
import { writeTopicDown } from '../../domain/topic.ts'
import { writeDown } from '../../domain/written-release.ts'
import { createAddresses } from '../../domain/addresses.ts'
import { logError, problemResponse, toFailure } from '../problem.ts'
import {
  discard,
  type Fields,
  largest,
  type OnSize,
  readBytes,
  readJson,
  readLines,
  taken,
} from './bodies.ts'
import { bytesOf, enterRoom, keepOnly, leaveRoom, type Place } from './body-room.ts'
import { checkFileType } from './file-type.ts'
import { openApiDocument } from './openapi.ts'
import { apiPage } from './page.ts'
import type { Publishing } from './publishing.ts'
import { changeSchema, mendingSchema, parse, withdrawalSchema } from './schemas.ts'

type ApiEnvironment = { Variables: { publishing: Publishing; author: Author; place?: Place } }
type Ask = Context<ApiEnvironment>

/** Publishing over HTTP. */
export type Api = Hono<ApiEnvironment>

/** Releases to a page of the list. */
const mostListed = 1000
const mostDeeds = 200
/** Bytes of a file's name. Disks take 255, of which unfinished files need some for their names. */
const longestName = 200

/** The API: publishing from a newsroom system. */
export function createApi(publishing: Publishing): Api {
  const api = new Hono<ApiEnvironment>()

  api.use(async (c, next) => {
    c.set('publishing', publishing)
    await next()
    // Nothing of this is for caches, nor for programs on other sites.
    c.header('Cache-Control', 'no-store')
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('X-Robots-Tag', 'noindex')
  })

  api.get('/openapi.json', async (c) => c.json(await documentFor(c)))

  api.get('/api', async (c) => {
    const document = await documentFor(c)
    c.header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    return c.html(apiPage(document))
  })

  api.use('/api/*', async (c, next) => {
    const { letIn, clientOf, checkStore } = c.get('publishing')
    c.set('author', await letIn(c.req.header('authorization'), clientOf(c)))
    await checkStore?.()
    await next()
  })

  api.use('/api/*', async (c, next) => {
    const { room } = c.get('publishing')
    const bytes = room ? bytesOf(c.req.raw) : 0
    if (!room || bytes === 0) return next()
    const place = await enterRoom(room, bytes).catch(async (error: unknown) => {
      await discard(c.req.raw)
      throw error
    })
    c.set('place', place)
    try {
      await next()
    } finally {
      leaveRoom(place)
    }
  })

  api.get('/api/releases', async (c) => {
    const [slug = '', language = ''] = (c.req.query('after') ?? '').split('.')
    const asked = Math.trunc(Number(c.req.query('limit'))) || mostListed
    const limit = Math.max(1, Math.min(asked, mostListed))
    const { store, baseUrl } = c.get('publishing')
    const found = await store.list({ slug, language }, limit, viewer(c))
    const last = found.length === limit ? found.at(-1) : undefined
    return c.json({
      releases: found.map(({ slug, language, title, source, hash, origin, ...one }) => ({
        slug,
        language,
        title,
        published: formatUtc(one.published),
        updated: formatUtc(one.updated),
        etag: tagOf({ hash, release: one }),
        fingerprint: origin,
        from: source.startsWith(apiSource) ? 'api' : 'content',
        withdrawn: one.isWithdrawn,
      })),
      ...(last && { next: `${baseUrl}/api/releases?after=${last.slug}.${last.language}` }),
    })
  })

  api.post('/api/releases', async (c) => {
    const lines = await readLines(c.req.raw, c.get('publishing').reading.bodies, sizing(c))
    const asked = await Promise.all(
      lines.map(({ body }) => refusable(() => toRequest(c, taken(body)))),
    )
    const requests = asked.flatMap((one) => (one instanceof DomainError ? [] : [one]))
    const results = await c.get('publishing').publisher.publish(requests)
    // What keeps every line is told as what keeps one: whoever sent them is to wait, and not to look at each.
    const refused = results.find(isOfClock)
    if (refused !== undefined && !results.some(isWritten)) throw refused
    const addresses = await addressesFor(c)
    const told = asked.map((one, index) => {
      const result = one instanceof DomainError ? one : results.shift()!
      return JSON.stringify({ line: lines[index]!.line, ...lineOf(result, addresses) })
    })
    return c.body(told.map((one) => `${one}\n`).join(''), 200, {
      'Content-Type': 'application/x-ndjson',
    })
  })

  api.put('/api/releases/:slug/:language', async (c) => {
    const fields = await readFields(c)
    return answerReceipt(c, { ...toRequest(c, fields, addressOf(c)), condition: conditionOf(c) })
  })

  api.post('/api/releases/:slug/:language/withdraw', async (c) => {
    const withdrawal = parse(withdrawalSchema, (await readFields(c)).value)
    const { by, dates, isDryRun } = surroundings(c)
    const condition = conditionOf(c)
    return answerReceipt(c, { ...addressOf(c), by, dates, isDryRun, withdrawal, condition })
  })

  api.get('/api/releases/:slug/:language', async (c) => {
    const { kept, frame } = await findKept(c)
    c.header('ETag', `"${tagOf(kept)}"`)
    return c.json(await writeDown(kept.release, frame.site))
  })

  api.get('/api/releases/:slug/:language/history', async (c) => {
    const { kept } = await findKept(c)
    return answerHistory(c, kept.release.id)
  })

  api.get('/api/topics/:slug', async (c) => {
    const { content, published } = await c.get('publishing').store.frame()
    const slug = c.req.param('slug')
    for (const { topics, renamed } of [content, published]) {
      if (Object.hasOwn(renamed, slug)) return c.json({ renamed: renamed[slug] })
      const found = topics.find((topic) => topic.slug === slug)
      if (found) return c.json(writeTopicDown(found))
    }
    throw new DomainError('not-found', 'There is no topic of this name.')
  })

  api.put('/api/topics/:slug', async (c) => {
    const { by, isDryRun } = surroundings(c)
    const slug = c.req.param('slug')
    const change = await c.get('publishing').publishTopic({
      slug,
      written: (await readFields(c)).value,
      by,
      isDryRun,
    })
    return c.json({ change, slug }, change === 'created' && !isDryRun ? 201 : 200)
  })

  api.get('/api/topics/:slug/history', async (c) => {
    return answerHistory(c, `topic:${c.req.param('slug')}`)
  })

  api.get('/api/media/*', async (c) => {
    const path = mediaPathOf(c)
    const found = await c.get('publishing').findMedia(path, c.get('author'))
    if (!found) throw new DomainError('not-found', 'There is no such file.')
    return c.json({ file: path, ...found })
  })

  api.put('/api/media/*', async (c) => {
    const path = mediaPathOf(c)
    const { isDryRun } = surroundings(c)
    const bytes = await readBytes(c.req.raw, largest.file, sizing(c))
    await checkFileType(path, bytes)
    const change = await c.get('publishing').media.put(path, bytes, isDryRun)
    return c.json(
      { change, file: path, size: bytes.length },
      change === 'created' && !isDryRun ? 201 : 200,
    )
  })

  api.post('/api/mend-clock', async (c) => {
    if (c.get('author').publishers) {
      throw new DomainError('forbidden', 'This takes a token that may publish for everybody.')
    }
    const { clock, mendClock } = c.get('publishing')
    const told = parse(mendingSchema, (await readFields(c)).value)
    const now = clock.now()
    if (!agrees(Date.parse(told.now) / 1000, now)) throw clocksDiffer(now)
    const mended = await mendClock(now)
    const change = mended ? 'mended' : 'unchanged'
    return c.json({ change, sentences: describeMending(mended, now) })
  })

  // Whatever comes this far asks with another method than the address takes (RFC 9110 section 15.5.6).
  for (const [path, methods] of methodsOf(api)) {
    api.all(path, () => {
      const allow = methods.join(', ')
      throw new DomainError('not-allowed', `This address takes ${allow}, and no other method.`, {
        allow,
      })
    })
  }

  api.notFound(() => {
    throw new DomainError('not-found', 'The API has nothing here. /api says what it has.')
  })

  api.onError((error) => {
    if (!(error instanceof DomainError)) logError(error)
    // Who publishes may know what is told to the operator.
    const told =
      error instanceof StoreDamaged ? new DomainError('unavailable', error.message) : error
    const response = problemResponse(toFailure(told))
    response.headers.set('Cache-Control', 'no-store')
    response.headers.set('X-Content-Type-Options', 'nosniff')
    return response
  })

  return api

  function surroundings(c: Ask): { by: Author; dates: Dates; isDryRun: boolean } {
    const dates = c.req.query('dates') ?? 'news'
    const dryRun = c.req.query('dry-run')
    const known = datings.find((one) => one === dates)
    if (!known) {
      throw new DomainError('invalid', `"dates" is one of ${datings.join(', ')}.`)
    }
    return {
      by: c.get('author'),
      dates: known,
      isDryRun: dryRun !== undefined && dryRun !== 'false',
    }
  }

  function toRequest(
    c: Ask,
    { value, origin }: Fields,
    address?: { slug: string; language: string },
  ): PublishRequest {
    const { change, ...written } = value
    const told = { slug: textOf(written.slug), language: textOf(written.language).toLowerCase() }
    const errors = (['slug', 'language'] as const).flatMap((field) => {
      const isWrong = address && written[field] !== undefined && told[field] !== address[field]
      if (isWrong)
        return [
          {
            field,
            message: `The address says ${address[field]}. Write the same, or leave it out.`,
          },
        ]
      return address || written[field] !== undefined
        ? []
        : [{ field, message: 'The field is missing.' }]
    })
    if (errors.length > 0) throw new DomainError('wrong', 'Something in it is wrong.', { errors })
    return {
      ...surroundings(c),
      ...(address ?? told),
      written,
      origin,
      ...(change !== undefined && { change: parse(changeSchema, change, 'change') }),
    }
  }

  async function readFields(c: Ask): Promise<Fields> {
    return readJson(c.req.raw, c.get('publishing').reading.bodies, sizing(c))
  }

  async function answerReceipt(c: Ask, request: PublishRequest): Promise<Response> {
    const { publisher, baseUrl } = c.get('publishing')
    const [result] = await publisher.publish([request])
    if (result instanceof DomainError) throw result
    const { status, ...told } = lineOf(result!, await addressesFor(c))
    if (!request.isDryRun) {
      c.header('ETag', `"${result!.tag}"`)
      if (status === 201) c.header('Location', `${baseUrl}${c.req.path}`)
    }
    return c.json(told, request.isDryRun ? 200 : (status as 200))
  }

  async function answerHistory(c: Ask, subject: string): Promise<Response> {
    const deeds = await c.get('publishing').store.deeds(subject, mostDeeds)
    const told = deeds.filter((deed) => mayRead(viewer(c), deed))
    return c.json({ history: told.map(({ at, ...deed }) => ({ at: formatUtc(at), ...deed })) })
  }

  async function documentFor(c: Ask) {
    const { store, baseUrl } = c.get('publishing')
    return openApiDocument(await store.frame(), baseUrl)
  }

  async function addressesFor(c: Ask) {
    const { store, baseUrl } = c.get('publishing')
    return createAddresses(baseUrl, (await store.frame()).site)
  }

  async function findKept(c: Ask): Promise<{ kept: Kept; frame: Frame }> {
    const { store } = c.get('publishing')
    const [frame, [kept]] = await Promise.all([store.frame(), store.kept([addressOf(c)], [])])
    if (kept && maySee(viewer(c), kept.release)) return { kept, frame }
    throw new DomainError('not-found', 'There is no release at this address.')
  }

  function viewer(c: Ask): Viewer {
    return viewerOf(c.get('author'), c.get('publishing').clock.now())
  }
}

/** Who may GET may ask with HEAD. */
function methodsOf(api: Hono<ApiEnvironment>): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { path, method } of api.routes) {
    if (method === 'ALL') continue
    const more = method === 'GET' ? ['GET', 'HEAD'] : [method]
    methods.set(path, [...(methods.get(path) ?? []), ...more])
  }
  return methods
}

/** Gives room back that a body does not need which announced no size. */
function sizing(c: Ask): OnSize {
  return (bytes) => {
    const place = c.get('place')
    if (place) keepOnly(place, bytes)
  }
}

function addressOf(c: Ask): { slug: string; language: string } {
  const { slug = '', language = '' } = c.req.param() as Record<string, string>
  return { slug: cleanLine(slug), language: cleanLine(language).toLowerCase() }
}

function isWritten(result: Receipt | DomainError): boolean {
  return !(result instanceof DomainError) && result.change !== 'unchanged'
}

function clocksDiffer(now: number): DomainError {
  const message = `The clock here says ${formatUtc(now)}. If that is not the time, this would do harm; if it is, send it as "now", as it is within a minute.`
  return new DomainError('wrong', 'Something in it is wrong.', {
    errors: [{ field: 'now', message }],
  })
}

/** What a release was before it came out stays with its publisher when it has. */
function mayRead({ publishers }: Viewer, { at, replaced }: Deed): boolean {
  const { publisher, published } = Object(replaced) as { publisher?: string; published?: string }
  if (publisher === undefined || published === undefined) return true
  return maySee({ publishers, now: at }, { publisher, published: Date.parse(published) / 1000 })
}

/** `media/…`, decoded once. Throws DomainError `invalid` for what can be no file of ours. */
function mediaPathOf(c: Ask): string {
  let path = ''
  try {
    path = decodeURIComponent(new URL(c.req.url).pathname).slice('/api/'.length)
  } catch {
    throw new DomainError('invalid', 'The address is not written in UTF-8.')
  }
  const names = path.split('/').slice(1)
  const isFit = names.every((name) => {
    const isShort = new TextEncoder().encode(name).length <= longestName
    return isShort && /^[^./\\\p{C}<>:"|?*][^/\\\p{C}<>:"|?*]*$/u.test(name) && name.trim() === name
  })
  if (names.length > 0 && isFit && path.length <= 200) return path
  throw new DomainError(
    'invalid',
    'This is no name for a file. Write one such as /api/media/2026/agenda.pdf.',
  )
}

/** RFC 9110 sections 13.1.1 and 13.1.2. */
function conditionOf(c: Ask): Condition | undefined {
  const ifNone = c.req.header('if-none-match')
  const ifMatch = c.req.header('if-match')
  if (ifNone !== undefined) {
    if (ifNone.trim() === '*') return { isNew: true }
    throw new DomainError(
      'invalid',
      'If-None-Match is only understood as "*": create, and change nothing.',
    )
  }
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === '*') return { tags: ['*'] }
  // A weak tag never matches here (RFC 9110 section 13.1.1).
  const strong = ifMatch.matchAll(/(?:^|,)\s*"([^"]*)"/g)
  return { tags: Array.from(strong, ([, tag = '']) => tag) }
}

function lineOf(
  result: Receipt | DomainError,
  addresses: ReturnType<typeof createAddresses>,
): { status: number } & Record<string, unknown> {
  if (result instanceof DomainError) {
    const { status, title, detail, details } = toFailure(result)
    return { status, title, detail, ...details }
  }
  const { tag, published, updated, change, ...rest } = result
  return {
    status: change === 'created' ? 201 : 200,
    change,
    ...rest,
    url: addresses.release(result),
    published: formatUtc(published),
    updated: formatUtc(updated),
    etag: tag,
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? cleanLine(value) : ''
}
