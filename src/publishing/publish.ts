import { isNeverShown, isUnderEmbargo } from '../domain/embargo.ts'
import { DomainError } from '../domain/errors.ts'
import { keyOf } from '../domain/identity.ts'
import { mostProblems } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import type { PublishingStore, Viewer } from '../domain/publishing-store.ts'
import type { Release } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import { concernsOf, lessThanSisters } from './concerns.ts'
import { maySee, viewerOf, withinReach } from './permission.ts'
import { accepted, prepare, type Prepared, type PublishingPorts } from './prepare.ts'
import type { PublishRequest, Receipt } from './request.ts'
import { historyEntryOf, notWritten, tagOf } from './revise.ts'

/**
 * Publishes what comes through the API: each request on its own, so that one that is refused does not keep the
 * others. What several ask for at once becomes public together, as there is one change in a second: the store sees
 * to that, also where each has a process of its own. Resolves when all is on disk.
 */
export async function publish(
  ports: PublishingPorts,
  requests: PublishRequest[],
): Promise<(Receipt | DomainError)[]> {
  const looked = await withConcerns(ports, await prepare(ports, requests))
  const results = new Map<Prepared | DomainError, Receipt | DomainError>()
  const seen = new Set<string>()
  const changing: Prepared[] = []
  for (const one of looked) {
    if (one instanceof DomainError) {
      results.set(one, one)
      continue
    }
    const key = keyOf(one.request)
    // An earlier one of the same request may change what this one was compared with.
    const isDone = one.change === 'unchanged' && !seen.has(key)
    seen.add(key)
    if (isDone) results.set(one, receipt(one, one.before!.release))
    else if (one.request.isDryRun) results.set(one, receipt(one, one.draft.release))
    else changing.push(one)
  }
  for (const group of groupsOf(changing)) {
    const made = await makePublic(ports, group)
    group.forEach((one, index) => results.set(one, made[index]!))
  }
  return looked.map((one) => results.get(one)!)
}

/** The same, dry runs with all that `check` would tell of such a release. What is withdrawn goes out no more. */
async function withConcerns(
  { store, clock }: Pick<PublishingPorts, 'store' | 'clock'>,
  looked: (Prepared | DomainError)[],
): Promise<(Prepared | DomainError)[]> {
  const dry = accepted(looked).filter(({ request, draft }) => {
    return request.isDryRun && !draft.release.withdrawn
  })
  if (dry.length === 0) return looked
  const now = clock.now()
  const { site } = dry[0]!.siteAndTopics
  const releases = dry.map(({ draft }) => draft.release)
  const versions = await findVersions(store, releases, site)
  return looked.map((one) => {
    if (one instanceof DomainError || !dry.includes(one)) return one
    const viewer = viewerOf(one.request.by, now)
    const told = warningsOf(one.draft.release, versions, { site, viewer })
    return { ...one, warnings: [...one.warnings, ...told] }
  })
}

/** What the store has at the slugs of some releases, in every language. */
export async function findVersions(
  store: Pick<PublishingStore, 'findReleases'>,
  releases: Pick<Release, 'slug'>[],
  { languages }: Site,
): Promise<Release[]> {
  const slugs = [...new Set(releases.map(({ slug }) => slug))]
  const addresses = slugs.flatMap((slug) => languages.map((language) => ({ slug, language })))
  return (await store.findReleases(addresses, [])).map(({ release }) => release)
}

/**
 * What `check` would tell of a release and its versions, as far as that needs no folder and `viewer` may be shown those
 * versions.
 */
export function warningsOf(
  release: Release,
  versions: Release[],
  { site, viewer }: { site: Site; viewer: Viewer },
): Problem[] {
  const sisters = versions.filter((one) => {
    const isOther = one.slug === release.slug && one.language !== release.language
    return isOther && !one.withdrawn && maySee(viewer, one)
  })
  const told = concernsOf(release, { site, now: viewer.now })
  const concerns = [...told, ...lessThanSisters(release, sisters)]
  return concerns
    .slice(0, mostProblems)
    .map(({ field, message }) => ({ field, message, warning: true }))
}

/** Makes a group public, of each release one change. Never throws: what went wrong is told of each. */
async function makePublic(
  ports: PublishingPorts,
  group: Prepared[],
): Promise<(Receipt | DomainError)[]> {
  const { store, clock, createBatch } = ports
  let looked: (Prepared | DomainError)[] = []
  try {
    await store.publish(createBatch(), clock, async (now) => {
      looked = await lookAgain(ports, group, now)
      const changing = accepted(looked).filter(({ change }) => change !== 'unchanged')
      return Promise.all(
        changing.map(async (one) => ({
          draft: one.draft,
          dates: one.request.dates,
          historyEntry: historyEntryOf(one, now),
        })),
      )
    })
  } catch (error) {
    const told = error instanceof DomainError ? error : notWritten(error)
    return group.map(() => told)
  }
  // It is written, also if this can no longer be read.
  const ids = accepted(looked).map(({ draft }) => draft.release.id)
  const stored = await store.findCommitted(ids).catch(() => [])
  const byId = new Map(stored.map(({ release }) => [release.id, release]))
  return looked.map((one) => {
    if (one instanceof DomainError) return one
    return receipt(one, byId.get(one.draft.release.id) ?? one.draft.release)
  })
}

/** What was looked at when it came in holds as long as the release and what it is read with stay. */
async function lookAgain(
  ports: PublishingPorts,
  prepared: Prepared[],
  now: number,
): Promise<(Prepared | DomainError)[]> {
  const { store } = ports
  const siteAndTopics = await store.siteAndTopics()
  const stored = await store.findReleases(
    prepared.map(({ request }) => request),
    prepared.map(({ draft }) => draft.release.id),
  )
  const stillRight = prepared.map((one) => {
    const { request, draft, before } = one
    const here = stored.filter(({ release }) => {
      return release.id === draft.release.id || keyOf(release) === keyOf(request)
    })
    const isAsBefore = before
      ? here.length === 1 && here[0]!.hash === before.hash && tagOf(here[0]!) === tagOf(before)
      : here.length === 0
    // Meanwhile it may have come out by itself.
    const isOut = before !== undefined && !isUnderEmbargo(before.release.published, now)
    const mayBe = !draft.release.draft || !isOut
    return isAsBefore && mayBe && one.siteAndTopics === siteAndTopics
  })
  const others = prepared.filter((_, index) => !stillRight[index]).map(({ request }) => request)
  const again = others.length > 0 ? await prepare(ports, others, now) : []
  const looked = prepared.map((one, index) => (stillRight[index] ? one : again.shift()!))
  return withinReach(looked, store)
}

function receipt(
  { change, draft, warnings }: Prepared,
  { published, updated }: Pick<Release, 'published' | 'updated'>,
): Receipt {
  const { id, slug, language, url } = draft.release
  const tag = tagOf({ hash: draft.hash, release: { published, updated } })
  // What readers are never told of has the time that its author gave it, and no second.
  const isTold = !draft.release.draft && !isNeverShown(published)
  const times = isTold ? { published, updated } : timesOf(draft.release)
  return { change, id, slug, language, url, ...times, tag, warnings }
}

function timesOf({ published }: Release): Pick<Release, 'published' | 'updated'> {
  return { published, updated: published }
}

/** In their order, so that each group has one change of a release. */
function groupsOf(prepared: Prepared[]): Prepared[][] {
  const groups: { keys: Set<string>; members: Prepared[] }[] = []
  for (const one of prepared) {
    const own = [keyOf(one.request), one.draft.release.id]
    let group = groups.at(-1)
    if (!group || own.some((key) => group!.keys.has(key))) {
      group = { keys: new Set(), members: [] }
      groups.push(group)
    }
    for (const key of own) group.keys.add(key)
    group.members.push(one)
  }
  return groups.map(({ members }) => members)
}
