import type { Clock } from './clock.ts'
import { DomainError, refusable } from './errors.ts'
import { fingerprint } from './identity.ts'
import type { Problem } from './problem.ts'
import {
  checkCondition,
  deedOf,
  formerSlugs,
  fromContent,
  identityElsewhere,
  isAsRead,
  isRepeated,
  isWithdrawnAlready,
  keyOf,
  merge,
  notWritten,
  otherIdentity,
  tagOf,
  withdrawn,
  wrong,
} from './revising.ts'
import {
  apiSource,
  type Frame,
  type Holder,
  type Kept,
  type PublishingStore,
} from './publishing-store.ts'
import type { Dates, Draft } from './publishing.ts'
import { type Author, checkPublisher, checkSlug, isOwn, takenSlug, withinReach } from './reach.ts'
import {
  type MediaFile,
  type ReadText,
  type ReleaseToRead,
  type Surroundings,
  withMedia,
} from './reading.ts'
import type { Release } from './release.ts'
import { formatUtc } from './time.ts'
import { joinVocabularies } from './topic.ts'
import type { WrittenRelease } from './written-release.ts'

/** A note for readers that goes with a change. */
export type ChangeNote = { kind: 'minor' | 'correction'; note: string }

/** What somebody wants to become of a release. */
export type PublishRequest = {
  slug: string
  language: string
  by: Author
  /** The release, as it is to be. Without it the one that is there is withdrawn. */
  written?: WrittenRelease
  /** Fingerprint of what was written. */
  origin?: string
  change?: ChangeNote | undefined
  withdrawal?: { reason: string; replacedBy?: string | undefined }
  condition?: Condition | undefined
  dates: Dates
  isDryRun: boolean
}

/** RFC 9110 section 13: the tags of which the release must have one, or that there must be none. */
export type Condition = { isNew: true } | { tags: string[] }

/** What became of it. */
export type Receipt = {
  change: 'created' | 'revised' | 'unchanged'
  id: string
  slug: string
  language: string
  /** Seconds. Of a dry run those that were asked for. */
  published: number
  updated: number
  tag: string
  warnings: Problem[]
}

/** Publishes what comes through the API. */
export type Publisher = {
  /** Each on its own: one that is refused does not keep the others. Resolves when all is on disk. */
  publish(requests: PublishRequest[]): Promise<(Receipt | DomainError)[]>
}

type Ports = {
  store: PublishingStore
  /** Reads releases, perhaps in another thread. */
  readReleases: (releases: ReleaseToRead[], surroundings: Surroundings) => Promise<ReadText[]>
  /** The file below `media/`, wherever it is, unless somebody may not know of it. */
  findMedia: (path: string, by: Author) => Promise<MediaFile | undefined>
  clock: Clock
  createBatch: () => string
}

/** Releases that become public together at most: D1 and memory have their limits. */
const mostAtOnce = 500

/** A request that was looked at, and what would become of it as things stand. */
type Prepared = {
  request: PublishRequest
  before: Kept | undefined
  frame: Frame
  draft: Draft
  warnings: Problem[]
  change: Receipt['change']
}

type Waiting = { prepared: Prepared; settle: (result: Receipt | DomainError) => void }

/**
 * Publishes one second after the other, because every change has a second of its own. What comes
 * in meanwhile becomes public together in the next one.
 */
export function createPublisher({
  store,
  readReleases,
  findMedia,
  clock,
  createBatch,
}: Ports): Publisher {
  const waiting: Waiting[] = []
  let isWorking = false

  return { publish }

  async function publish(requests: PublishRequest[]): Promise<(Receipt | DomainError)[]> {
    const looked = await prepare(requests)
    const seen = new Set<string>()
    const results = looked.map(async (prepared) => {
      if (prepared instanceof DomainError) return prepared
      const key = keyOf(prepared.request)
      // An earlier one of the same request may change what this one was compared with.
      const isDone = prepared.change === 'unchanged' && !seen.has(key)
      seen.add(key)
      const { before, draft } = prepared
      if (isDone) return receipt(prepared, before!.release)
      if (prepared.request.isDryRun) return receipt(prepared, draft.release)
      return new Promise<Receipt | DomainError>((settle) => {
        waiting.push({ prepared, settle })
      })
    })
    if (waiting.length > 0 && !isWorking) void work()
    return Promise.all(results)
  }

  async function work() {
    isWorking = true
    while (waiting.length > 0) await makeNext()
    isWorking = false
  }

  /** Makes what waits public, of each release one change. Never throws: everybody is told. */
  async function makeNext() {
    let group: Waiting[] = []
    let looked: (Prepared | DomainError)[] = []
    try {
      await store.publish(createBatch(), clock, async (now) => {
        // Chosen only now, as more may have come while the second was waited for.
        if (group.length === 0) group = takeGroup()
        looked = await lookAgain(group.map(({ prepared }) => prepared))
        const changing = accepted(looked).filter(({ change }) => change !== 'unchanged')
        return Promise.all(
          changing.map(async (one) => ({
            draft: one.draft,
            dates: one.request.dates,
            deed: await deedOf(one, now),
          })),
        )
      })
      // It is written, also if this can no longer be read.
      const ids = accepted(looked).map(({ draft }) => draft.release.id)
      const kept = await store.kept([], ids).catch(() => [])
      const byId = new Map(kept.map(({ release }) => [release.id, release]))
      for (const [index, { settle }] of group.entries()) {
        const one = looked[index]!
        if (one instanceof DomainError) settle(one)
        else settle(receipt(one, byId.get(one.draft.release.id) ?? one.draft.release))
      }
    } catch (error) {
      const told = error instanceof DomainError ? error : notWritten(error)
      for (const { settle } of group.length > 0 ? group : takeGroup()) settle(told)
    }
  }

  function takeGroup(): Waiting[] {
    const keys = new Set<string>()
    const group: Waiting[] = []
    const rest: Waiting[] = []
    for (const one of waiting.splice(0)) {
      const { request, draft } = one.prepared
      const own = [keyOf(request), draft.release.id]
      const isFree = group.length < mostAtOnce && !own.some((key) => keys.has(key))
      // What has to wait for a change before it keeps others of the same release waiting, too.
      for (const key of own) keys.add(key)
      ;(isFree ? group : rest).push(one)
    }
    waiting.push(...rest)
    return group
  }

  /** What was looked at when it came in holds as long as the release and what it is read with stay. */
  async function lookAgain(prepared: Prepared[]): Promise<(Prepared | DomainError)[]> {
    const frame = await store.frame()
    const kept = await store.kept(
      prepared.map(({ request }) => request),
      prepared.map(({ draft }) => draft.release.id),
    )
    const stillRight = prepared.map((one) => {
      const { request, draft, before } = one
      const here = kept.filter(({ release }) => {
        return release.id === draft.release.id || keyOf(release) === keyOf(request)
      })
      const isAsBefore = before
        ? here.length === 1 && here[0]!.hash === before.hash && tagOf(here[0]!) === tagOf(before)
        : here.length === 0
      return isAsBefore && one.frame === frame
    })
    const others = prepared.filter((_, index) => !stillRight[index]).map(({ request }) => request)
    const again = others.length > 0 ? await prepare(others) : []
    const looked = prepared.map((one, index) => (stillRight[index] ? one : again.shift()!))
    return withinReach(looked, store)
  }

  async function prepare(requests: PublishRequest[]): Promise<(Prepared | DomainError)[]> {
    const frame = await store.frame()
    const addresses = requests.flatMap(({ slug, language, written }) => {
      return [slug, ...formerSlugs(written)].map((one) => ({ slug: one, language }))
    })
    const kept = byAddress(await store.kept(addresses, []))
    const limited = requests.filter(({ by }) => by.publishers)
    const slugs = limited.map(({ slug }) => slug)
    const holders = slugs.length > 0 ? await store.holders(slugs, []) : []
    const all = requests.map((request) =>
      refusable(() => readOne(request, frame, { kept, holders })),
    )
    const read = await withinReach(await Promise.all(all), store)
    const ids = read.flatMap((one) => {
      if (one instanceof DomainError || one.before?.release.id === one.draft.release.id) return []
      return [one.draft.release.id]
    })
    const owners = new Map(
      (ids.length > 0 ? await store.kept([], ids) : []).map((one) => [one.release.id, one]),
    )
    return Promise.all(
      read.map(async (one) => {
        if (one instanceof DomainError) return one
        const owner = owners.get(one.draft.release.id)
        if (!owner || owner === one.before) return one
        if (keyOf(owner.release) !== keyOf(one.request)) return identityElsewhere(owner.release)
        // It came between the two questions.
        const [again] = await prepare([one.request])
        return again!
      }),
    )
  }

  async function readOne(
    request: PublishRequest,
    frame: Frame,
    { kept, holders }: { kept: Map<string, Kept>; holders: Holder[] },
  ): Promise<Prepared> {
    const { slug, language, by, written, condition } = request
    checkSlug(by, slug, holders)
    const there = kept.get(keyOf(request))
    const formerly = formerSlugs(written).map((one) => kept.get(keyOf({ slug: one, language })))
    const before = there ?? formerly.find((one) => one !== undefined)
    if (before && !isOwn(by, before.release.publisher)) throw takenSlug(by, before.release.slug)
    checkCondition(condition, there)
    if (before && !before.source.startsWith(apiSource)) throw fromContent(before)
    const now = clock.now()
    const merged = request.withdrawal
      ? await withdrawn(before, request.withdrawal, frame, now)
      : merge(request, before, now)
    const origin = {
      source: `${apiSource}${slug}.${language}`,
      origin: request.origin ?? (await fingerprint(JSON.stringify(written ?? merged))),
    }
    const read = async (one: WrittenRelease) => {
      // What is withdrawn may be from before there were limits.
      const release = { written: one, origin, isNew: written !== undefined }
      const [text] = await readReleases([release], surroundingsOf(frame))
      const result = await withMedia(text!, (path) => findMedia(path, by))
      if (result.draft) return { ...result, draft: result.draft }
      throw wrong(result.problems)
    }
    let result = await read(merged)
    if (request.change && !isRepeated(request.change, before, result.draft)) {
      const changes = [
        ...((merged.changes as unknown[] | undefined) ?? []),
        { at: formatUtc(now), ...request.change },
      ]
      result = await read({ ...merged, changes })
    }
    const { draft, problems } = result
    checkPublisher(by, draft.release.publisher)
    if (before && before.release.id !== draft.release.id) throw otherIdentity(before.release)
    const isSame = before?.hash === draft.hash && keyOf(before.release) === keyOf(request)
    const isUnchanged =
      isSame || isWithdrawnAlready(request, before) || (await isAsRead(before, draft, frame))
    const change = !before ? 'created' : isUnchanged ? 'unchanged' : 'revised'
    return { request, before, frame, draft, warnings: problems, change }
  }
}

const surroundings = new WeakMap<Frame, Surroundings>()

/** The same for the same frame, so that threads are sent it once. */
function surroundingsOf(frame: Frame): Surroundings {
  let found = surroundings.get(frame)
  if (!found) {
    const { site, content, published } = frame
    found = { site, vocabulary: joinVocabularies(content, published) }
    surroundings.set(frame, found)
  }
  return found
}

function byAddress(kept: Kept[]): Map<string, Kept> {
  return new Map(kept.map((one) => [keyOf(one.release), one]))
}

function accepted(looked: (Prepared | DomainError)[]): Prepared[] {
  return looked.flatMap((one) => (one instanceof DomainError ? [] : [one]))
}

function receipt(
  { change, draft, warnings }: Prepared,
  { published, updated }: Pick<Release, 'published' | 'updated'>,
): Receipt {
  const { id, slug, language } = draft.release
  const tag = tagOf({ hash: draft.hash, release: { published, updated } })
  return { change, id, slug, language, published, updated, tag, warnings }
}
