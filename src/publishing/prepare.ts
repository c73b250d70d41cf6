// What would become of requests, as things stand.
import type { Clock } from '../domain/clock.ts'
import { DomainError, refusable } from '../domain/errors.ts'
import { fingerprint, keyOf } from '../domain/identity.ts'
import type { Problem } from '../domain/problem.ts'
import type { Draft } from '../domain/publishing.ts'
import {
  apiSource,
  type Holder,
  type PublishingStore,
  type ReleaseForAuthors,
  type SiteAndTopics,
} from '../domain/publishing-store.ts'
import {
  type MediaFile,
  type ReadText,
  type ReleaseToRead,
  type Surroundings,
  withMedia,
} from '../domain/reading.ts'
import { formatUtc } from '../domain/time.ts'
import { joinVocabularies } from '../domain/topic.ts'
import type { WrittenRelease } from '../domain/written-release.ts'
import {
  type Author,
  checkPublisher,
  checkSlug,
  hiddenFiles,
  isOwn,
  takenSlug,
  withinReach,
} from './permission.ts'
import type { PublishRequest, Receipt } from './request.ts'
import {
  asUnfinished,
  checkCondition,
  checkMayBeUnfinished,
  formerSlugs,
  fromContent,
  identityElsewhere,
  isAsRead,
  isRepeated,
  isWithdrawnAlready,
  merge,
  otherIdentity,
  withdrawn,
  wrong,
} from './revise.ts'

/** What publishing asks of the world around it. */
export type PublishingPorts = {
  store: PublishingStore
  /** Reads releases, perhaps in another thread. */
  readReleases: (releases: ReleaseToRead[], surroundings: Surroundings) => Promise<ReadText[]>
  /** The file below `media/`, wherever it is. */
  findMedia: (path: string) => Promise<MediaFile | undefined>
  clock: Clock
  createBatch: () => string
  /** BASE_URL, where it is known: what begins with it is ours. */
  baseUrl?: string
}

/** A request that was looked at, and what would become of it as things stand. */
export type Prepared = {
  request: PublishRequest
  before: ReleaseForAuthors | undefined
  siteAndTopics: SiteAndTopics
  draft: Draft
  warnings: Problem[]
  change: Receipt['change']
}

/**
 * Looks at requests: what would become of each as things stand, or why it is refused. `now` is one for all: those
 * without a time would lose their order if the next second began meanwhile.
 */
export async function prepare(
  ports: PublishingPorts,
  requests: PublishRequest[],
  now = ports.clock.now(),
): Promise<(Prepared | DomainError)[]> {
  const { store } = ports
  const siteAndTopics = await store.siteAndTopics()
  const addresses = requests.flatMap(({ slug, language, written }) => {
    return [slug, ...formerSlugs(written)].map((one) => ({ slug: one, language }))
  })
  const stored = byAddress(await store.findReleases(addresses, []))
  const limited = requests.filter(({ by }) => by.publishers)
  const slugs = limited.map(({ slug }) => slug)
  const holders = slugs.length > 0 ? await store.holders(slugs, []) : []
  const opened = await Promise.all(
    requests.map((request) =>
      refusable(() => openOne(ports, request, siteAndTopics, { stored, holders, now })),
    ),
  )
  const hidden = await findHidden(store, opened, now)
  const all = opened.map(async (one) => {
    return one instanceof DomainError ? one : refusable(() => finishOne(ports, one, hidden, now))
  })
  const read = await withinReach(await Promise.all(all), store)
  const ids = read.flatMap((one) => {
    if (one instanceof DomainError || one.before?.release.id === one.draft.release.id) return []
    return [one.draft.release.id]
  })
  const owners = new Map(
    (ids.length > 0 ? await store.findReleases([], ids) : []).map((one) => [one.release.id, one]),
  )
  return Promise.all(
    read.map(async (one) => {
      if (one instanceof DomainError) return one
      const owner = owners.get(one.draft.release.id)
      if (!owner || owner === one.before) return one
      if (keyOf(owner.release) !== keyOf(one.request)) return identityElsewhere(owner.release)
      // It came between the two questions.
      const [again] = await prepare(ports, [one.request], now)
      return again!
    }),
  )
}

/** A request whose text was read, before anybody looked for the files that it mentions. */
type Opened = Pick<Prepared, 'request' | 'before' | 'siteAndTopics'> & {
  merged: WrittenRelease
  text: ReadText
}

async function openOne(
  ports: PublishingPorts,
  request: PublishRequest,
  siteAndTopics: SiteAndTopics,
  {
    stored,
    holders,
    now,
  }: { stored: Map<string, ReleaseForAuthors>; holders: Holder[]; now: number },
): Promise<Opened> {
  const { slug, language, by, written, condition } = request
  checkSlug(by, slug, holders)
  const there = stored.get(keyOf(request))
  const formerly = formerSlugs(written).map((one) => stored.get(keyOf({ slug: one, language })))
  const before = there ?? formerly.find((one) => one !== undefined)
  if (before && !isOwn(by, before.release.publisher)) throw takenSlug(by, before.release.slug)
  checkCondition(condition, there)
  if (before && !before.source.startsWith(apiSource)) throw fromContent(before)
  const merged = request.withdrawal
    ? withdrawn(before, request.withdrawal, siteAndTopics, now)
    : merge(request, before, now)
  const opened = { request, before, siteAndTopics, merged }
  return { ...opened, text: await readText(ports, opened, now) }
}

/** Reads what became of the release that a request speaks of. */
async function readText(
  { readReleases, baseUrl }: PublishingPorts,
  { request, before, siteAndTopics, merged }: Omit<Opened, 'text'>,
  now: number,
): Promise<ReadText> {
  const { slug, language, written } = request
  const origin = {
    source: `${apiSource}${slug}.${language}`,
    origin: request.origin ?? fingerprint(JSON.stringify(written ?? merged)),
  }
  // What is withdrawn may be from before there were limits.
  const isWithdrawn = before?.release.withdrawn !== undefined
  const release = { written: merged, origin, isNew: written !== undefined, now, isWithdrawn }
  const [text] = await readReleases([release], surroundingsOf(siteAndTopics, baseUrl))
  return text!
}

/** Files that these mention and their authors may not know of, asked once for all that an author sends. */
async function findHidden(
  store: PublishingStore,
  opened: (Opened | DomainError)[],
  now: number,
): Promise<Map<Author, Set<string>>> {
  const hidden = new Map<Author, Set<string>>()
  for (const [by, theirs] of Map.groupBy(accepted(opened), ({ request }) => request.by)) {
    const paths = theirs.flatMap(({ text }) => text.mentions.map(({ path }) => path))
    hidden.set(by, await hiddenFiles(store, paths, by, now))
  }
  return hidden
}

async function finishOne(
  ports: PublishingPorts,
  opened: Opened,
  hidden: Map<Author, Set<string>>,
  now: number,
): Promise<Prepared> {
  const { request, before, siteAndTopics, merged } = opened
  const { by, written } = request
  const finish = async (text: ReadText) => {
    const result = await withMedia(text, async (path) => {
      return hidden.get(by)?.has(path) ? undefined : ports.findMedia(path)
    })
    if (!result.draft) throw wrong(result.problems)
    if (!text.isUnfinished) return { ...result, draft: result.draft }
    checkMayBeUnfinished(result.draft, before, now)
    return { ...result, draft: asUnfinished(result.draft) }
  }
  let result = await finish(opened.text)
  if (request.change && !isRepeated(request.change, before, result.draft)) {
    const changes = [
      ...((merged.changes as unknown[] | undefined) ?? []),
      { at: formatUtc(now), ...request.change },
    ]
    // It mentions the same files.
    const noted = { ...opened, merged: { ...merged, changes } }
    result = await finish(await readText(ports, noted, now))
  }
  const { problems } = result
  const draft = { ...result.draft, markdown: markdownOf(written) }
  checkPublisher(by, draft.release.publisher)
  if (before && before.release.id !== draft.release.id) throw otherIdentity(before.release)
  const isSame = before?.hash === draft.hash && keyOf(before.release) === keyOf(request)
  const isUnchanged =
    isSame || isWithdrawnAlready(request, before) || isAsRead(before, draft, siteAndTopics)
  const change = !before ? 'created' : isUnchanged ? 'unchanged' : 'revised'
  return { request, before, siteAndTopics, draft, warnings: problems, change }
}

const surroundings = new WeakMap<SiteAndTopics, Surroundings>()

/** The same object for the same site and topics, so that threads are sent it once. */
function surroundingsOf(siteAndTopics: SiteAndTopics, baseUrl: string | undefined): Surroundings {
  let found = surroundings.get(siteAndTopics)
  if (!found) {
    const { site, content, published } = siteAndTopics
    found = { site, vocabulary: joinVocabularies(content, published), baseUrl }
    surroundings.set(siteAndTopics, found)
  }
  return found
}

function byAddress(stored: ReleaseForAuthors[]): Map<string, ReleaseForAuthors> {
  return new Map(stored.map((one) => [keyOf(one.release), one]))
}

/** A text that was written in Markdown. While the HTML stays, the store keeps the one it was made of. */
function markdownOf(written: WrittenRelease | undefined): string | undefined {
  const { markdown } = Object(written?.body) as { markdown?: unknown }
  return typeof markdown === 'string' ? markdown : undefined
}

/** What was not refused. */
export function accepted<One>(looked: (One | DomainError)[]): One[] {
  return looked.flatMap((one) => (one instanceof DomainError ? [] : [one]))
}
