import { isNeverShown } from '../../domain/embargo.ts'
import { createAddresses } from '../../domain/addresses.ts'
import { isOfClock } from '../../domain/clock.ts'
import { DomainError, refusable } from '../../domain/errors.ts'
import {
  apiSource,
  type SiteAndTopics,
  type HistoryEntry,
  type ReleaseForAuthors,
  type Viewer,
} from '../../domain/publishing-store.ts'
import { formatUtc } from '../../domain/time.ts'
import { asAuthored, writeDown } from '../../domain/written-release.ts'
import { maySee } from '../../publishing/permission.ts'
import { publish } from '../../publishing/publish.ts'
import type { PublishRequest, Receipt } from '../../publishing/request.ts'
import { tagOf } from '../../publishing/revise.ts'
import { toFailure } from '../problem.ts'
import { readLines, taken } from './bodies.ts'
import {
  addressOf,
  type Ask,
  conditionOf,
  readFields,
  sizing,
  surroundings,
  toRequest,
  viewer,
} from './request.ts'
import { readListQuery } from './list-query.ts'
import { parse, withdrawalSchema } from './schemas.ts'
import { statusOf } from './status.ts'

const mostEntries = 200

/** Releases that the author may see and asks for, in pages. */
export async function listReleases(c: Ask): Promise<Response> {
  const { store, baseUrl } = c.get('publishing')
  const asked = readListQuery(new URL(c.req.url).searchParams, await store.siteAndTopics())
  const { after, limit, filter } = asked
  const found = await store.list(after, limit, viewer(c), filter)
  const last = found.length === limit ? found.at(-1) : undefined
  return c.json({
    releases: found.map(({ slug, language, title, source, hash, origin, state, ...one }) => ({
      slug,
      language,
      title,
      state,
      published: formatUtc(isNeverShown(one.published) ? one.wished : one.published),
      updated: formatUtc(isNeverShown(one.published) ? one.wished : one.updated),
      etag: tagOf({ hash, release: one }),
      fingerprint: origin,
      from: source.startsWith(apiSource) ? 'api' : 'content',
      withdrawn: one.isWithdrawn,
    })),
    ...(last && { next: `${baseUrl}/api/releases?${asked.nextAfter(last)}` }),
  })
}

/** Many releases, one a line. Each is told for itself. */
export async function publishReleases(c: Ask): Promise<Response> {
  const lines = await readLines(c.req.raw, c.get('publishing').reading.bodies, sizing(c))
  const asked = await Promise.all(
    lines.map(({ body }) => refusable(() => toRequest(c, taken(body)))),
  )
  const requests = asked.flatMap((one) => (one instanceof DomainError ? [] : [one]))
  // What is committed is answered for, whatever cannot be asked afterwards.
  const addresses = await addressesFor(c)
  const results = await publish(c.get('publishing').ports, requests)
  // What keeps every line is told as what keeps one: whoever sent them is to wait, and not to look at each.
  const refused = results.find(isOfClock)
  if (refused !== undefined && !results.some(isWritten)) throw refused
  const told = asked.map((one, index) => {
    const result = one instanceof DomainError ? one : results.shift()!
    return JSON.stringify({ line: lines[index]!.line, ...lineOf(result, addresses) })
  })
  return c.body(told.map((one) => `${one}\n`).join(''), 200, {
    'Content-Type': 'application/x-ndjson',
  })
}

/** A new release, or a new version of one. */
export async function putRelease(c: Ask): Promise<Response> {
  const fields = await readFields(c)
  return answerReceipt(c, { ...toRequest(c, fields, addressOf(c)), condition: conditionOf(c) })
}

/** Takes a release back, with a reason that readers are told. */
export async function withdrawRelease(c: Ask): Promise<Response> {
  const withdrawal = parse(withdrawalSchema, (await readFields(c)).value)
  const { by, dates, isDryRun } = surroundings(c)
  const condition = conditionOf(c)
  return answerReceipt(c, { ...addressOf(c), by, dates, isDryRun, withdrawal, condition })
}

/** A release as it was written, and whether it is out. */
export async function getRelease(c: Ask): Promise<Response> {
  const { stored, siteAndTopics } = await findVisible(c)
  const { site, vocabulary } = siteAndTopics
  const { baseUrl, clock } = c.get('publishing')
  const addresses = createAddresses(baseUrl, site)
  const release = asAuthored(stored)
  c.header('ETag', `"${tagOf(stored)}"`)
  return c.json({
    ...writeDown(release, site, stored.markdown),
    status: statusOf(release, clock.now(), { addresses, site, vocabulary }),
  })
}

/** What was done to a release, and by whom. */
export async function getReleaseHistory(c: Ask): Promise<Response> {
  const { stored } = await findVisible(c)
  return answerHistory(c, stored.release.id)
}

/** The history of a release or a topic, as far as the author may see it. */
export async function answerHistory(c: Ask, subject: string): Promise<Response> {
  const history = await c.get('publishing').store.history(subject, mostEntries)
  const told = history.filter((entry) => mayRead(viewer(c), entry))
  return c.json({ history: told.map(({ at, ...entry }) => ({ at: formatUtc(at), ...entry })) })
}

async function answerReceipt(c: Ask, request: PublishRequest): Promise<Response> {
  const { ports, baseUrl } = c.get('publishing')
  // What is committed is answered for, whatever cannot be asked afterwards.
  const addresses = await addressesFor(c)
  const [result] = await publish(ports, [request])
  if (result instanceof DomainError) throw result
  const { status, ...told } = lineOf(result!, addresses)
  if (!request.isDryRun) {
    c.header('ETag', `"${result!.tag}"`)
    if (status === 201) c.header('Location', `${baseUrl}${c.req.path}`)
  }
  return c.json(told, request.isDryRun ? 200 : (status as 200))
}

async function addressesFor(c: Ask) {
  const { store, baseUrl } = c.get('publishing')
  return createAddresses(baseUrl, (await store.siteAndTopics()).site)
}

/** The release at an address, as far as its author may know of it. Throws DomainError `not-found`. */
export async function findVisible(
  c: Ask,
): Promise<{ stored: ReleaseForAuthors; siteAndTopics: SiteAndTopics }> {
  const { store } = c.get('publishing')
  const [siteAndTopics, [stored]] = await Promise.all([
    store.siteAndTopics(),
    store.findReleases([addressOf(c)], []),
  ])
  if (stored && maySee(viewer(c), stored.release)) return { stored, siteAndTopics }
  throw new DomainError('not-found', 'There is no release at this address.')
}

function isWritten(result: Receipt | DomainError): boolean {
  return !(result instanceof DomainError) && result.change !== 'unchanged'
}

/** What a release was before it came out stays with its publisher when it has. */
function mayRead({ publishers }: Viewer, { at, replaced }: HistoryEntry): boolean {
  const { publisher, published, draft } = Object(replaced) as Partial<Record<string, string>>
  if (publisher === undefined || published === undefined) return true
  // A draft never came out, whatever time it had.
  if (draft !== undefined) return !publishers || publishers.includes(publisher)
  return maySee({ publishers, now: at }, { publisher, published: Date.parse(published) / 1000 })
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
