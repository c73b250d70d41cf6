import type { Release } from './release.ts'
import type { Site } from './site.ts'
import type { VocabularySource } from './topic.ts'

/** A release on its way into the store, with what the store needs to recognise it again. */
export type Draft = {
  /** Where it was written: a file, or `file#slug.language` for a line of JSONL. */
  source: string
  /** Fingerprint of what was written and of all it was read with. */
  origin: string
  /** Fingerprint of the release itself. */
  hash: string
  release: Release
  /** All its words, folded, for the search. */
  words: string
  /** Bytes that it takes in a document at the most. */
  weight: number
  /** Paths below the content folder of the files that it shows or attaches. */
  media: string[]
}

/** What the store remembers of a draft. */
export type KnownDraft = { source: string; origin: string; hash: string; id: string }

/** What tells whether a file of the content folder must be read again. */
export type FileStamp = {
  /** Changes whenever the file does, or what it is read with. */
  stamp: string
  /** The files below `media/` that it speaks of, with their sizes; null for a missing one. */
  media: Record<string, number | null>
}

/** What the store holds of the content folder. */
export type KnownContent = {
  files: Map<string, FileStamp>
  drafts: Map<string, KnownDraft>
  /**
   * Whether a release came in through the API, by its identity or as `slug.language`: no file may take it
   * over. Missing where none did.
   */
  isPublished?: ((id: string, address: string) => Promise<boolean>) | undefined
}

/**
 * What becomes of times that are over. `news`: what comes late is published now, unless so much of it
 * comes at once that it is an office's past. `keep`: all keep their times, as when a service that nobody
 * reads yet is filled. `archive`: all keep their times, and only archives have them (C-06).
 */
export const datings = ['news', 'keep', 'archive'] as const
export type Dates = (typeof datings)[number]

/** All that a content folder says beside its releases. */
export type ContentFrame = {
  site: Site
  vocabulary: VocabularySource
  files: Map<string, FileStamp>
  /** Sources that are no longer there. */
  removed: string[]
}

/** A content folder and what makes documents of it. */
export type Frame = ContentFrame & {
  /** Fingerprint of all that documents depend on and is not content: our code, the public origin. */
  program: string
  /** How many drafts were staged for it, where whoever did that cannot look again which are missing. */
  drafts?: number
}

/** A release whose place in the order of publication is being decided. All seconds. */
export type Placement = {
  id: string
  /** Place of its language among the languages of the site: of equal times the original comes first. */
  rank: number
  /** The time its author wrote. */
  authored: number
  /** When it last changed materially, by its author's word; `authored` if it never did. */
  wanted: number
  /** Slugs. */
  topics: string[]
  withdrawn: boolean
  /** How many corrections its author tells of. */
  corrections: number
  dates: Dates
  before?: Former | undefined
}

/** What a release was until now. `topics` are missing for one that was taken away and comes back. */
export type Former = {
  published: number
  updated: number
  authored: number
  wanted: number
  topics?: string[]
  withdrawn?: boolean
  corrections?: number
  isHistory?: boolean
}

/** The seconds a release has: where it stands in feeds, and where it stands in archives. */
export type Place = {
  id: string
  published: number
  updated: number
  /** It came with the past of an office, and is no news in any feed (C-06). */
  isHistory: boolean
}

/** The second of what is withdrawn before anybody saw it: beyond all that a clock will show. */
const never = Date.UTC(9000, 0, 1) / 1000

/** When a change is made. */
export type Moment = {
  now: number
  /** Second of the last event that readers can have seen; undefined while the store is empty. */
  since: number | undefined
}

const week = 7 * 86_400
/** Late releases older than a week that are news; more of them at once are the history of an office. */
const mostLate = 50

/**
 * The publication clock. Every release has a second of its own at which it was published (C-05), and
 * one of its last material change (C-07); whatever readers see for the first time has a later second
 * than all they have seen, because some look at nothing else (Superdesk, the Microsoft connector).
 *
 * What an empty store is filled with keeps the times of its authors, and so does what is published
 * on time or lies in the future; equal times follow each other in the order of languages and identities. A release
 * that comes late is published now. More than fifty that are older than a week are history (C-06).
 * Once public, a release keeps its second. Whoever brings releases in may say otherwise (`Dates`).
 *
 * A correction, a withdrawal and a topic gained move `updated` to now; a minor change moves nothing.
 *
 * `published` and `updated` hold the seconds that other releases have, and are added to.
 */
export function place(
  releases: Placement[],
  published: Set<number>,
  updated: Set<number>,
  { now, since }: Moment,
): Place[] {
  const wasPublic = ({ before }: Placement) => before !== undefined && before.published <= now
  const keeps = (one: Placement) => wasPublic(one) && one.authored <= now
  const kept = releases.filter(keeps)
  const others = inOrder(releases.filter((one) => !keeps(one)))
  const late = lateAmong(others, now, since)
  const changed = new Set(kept.filter((one) => isMaterial(one.before!, one)))
  if (changed.size > mostLate) {
    // A whole topic that gains another is no news, as little as an office's history.
    for (const one of changed) if (isGainAlone(one.before!, one)) changed.delete(one)
  }
  for (const { before } of kept) published.add(before!.published)
  for (const one of kept) if (!changed.has(one)) updated.add(one.before!.updated)

  const places = new Map<string, Place>()
  for (const { id, before } of kept) {
    const { published: second, updated: moment, isHistory = false } = before!
    places.set(id, { id, published: second, updated: moment, isHistory })
  }
  const nextPublished = freeSeconds(published)
  const authored = others.filter((one) => !late.has(one))
  for (const one of authored) {
    const wanted = one.withdrawn && one.authored > now ? never : one.authored
    const keptOne = keptSecond(one, wanted, published)
    const second = keptOne ?? nextPublished(wanted)
    // What is due now is not put off for long because others have the same time.
    if (keptOne === undefined && wanted <= now && second > now) {
      late.add(one)
      continue
    }
    published.add(second)
    // Where nothing was shown yet, nothing is past but what is said to be.
    const shown = since ?? (one.dates === 'archive' ? now : -Infinity)
    const isHistory = second <= shown && one.dates !== 'keep'
    places.set(one.id, { id: one.id, published: second, updated: second, isHistory })
  }
  placeUpdates(
    authored.filter((one) => !late.has(one)),
    places,
    updated,
    now,
  )

  const free = freshSeconds(late.size + changed.size, [published, updated], now, since ?? 0)
  for (const { id } of others.filter((one) => late.has(one))) {
    const second = free.shift()!
    places.set(id, { id, published: second, updated: second, isHistory: false })
  }
  for (const { id } of [...changed].toSorted(
    (a, b) => a.wanted - b.wanted || (a.id < b.id ? -1 : 1),
  )) {
    places.set(id, { ...places.get(id)!, updated: free.shift()!, isHistory: false })
  }
  return releases.map(({ id }) => places.get(id)!)
}

/** The second that a release of the future has already, while its author's time stays the same. */
function keptSecond(
  { authored, before }: Placement,
  wanted: number,
  published: Set<number>,
): number | undefined {
  if (before?.authored !== authored || before.published < wanted) return undefined
  const isElsewhere = before.published >= never !== wanted >= never
  return isElsewhere || published.has(before.published) ? undefined : before.published
}

/** Releases that come later than they say, but those that are history. */
function lateAmong(releases: Placement[], now: number, since: number | undefined): Set<Placement> {
  if (since === undefined) return new Set()
  const late = releases.filter(({ authored, dates }) => {
    return dates === 'news' && authored <= now && authored <= since
  })
  const old = late.filter(({ authored }) => authored < since - week)
  return new Set(old.length > mostLate ? late.filter((one) => !old.includes(one)) : late)
}

/** Whether readers must see that a public release changed. */
function isMaterial(before: Former, release: Placement): boolean {
  const isDated = release.wanted > before.wanted && release.wanted !== before.updated
  if (!before.topics || isDated) return true
  if (release.withdrawn !== before.withdrawn) return true
  return release.corrections > (before.corrections ?? 0) || gainsTopic(before, release)
}

function gainsTopic(before: Former, { topics }: Placement): boolean {
  return topics.some((slug) => !before.topics?.includes(slug))
}

function isGainAlone(before: Former, release: Placement): boolean {
  return !isMaterial(before, { ...release, topics: before.topics ?? [] })
}

/** What never changed keeps its second of publication before changes look for a free one. */
function placeUpdates(
  releases: Placement[],
  places: Map<string, Place>,
  updated: Set<number>,
  now: number,
) {
  const nextUpdated = freeSeconds(updated)
  const wanted = (one: Placement) => {
    const { published } = places.get(one.id)!
    // No author's word makes a change of the future, other than in a release of the future.
    return Math.max(published, Math.min(one.wanted, now))
  }
  const changes = (one: Placement) => Number(wanted(one) !== places.get(one.id)!.published)
  for (const one of releases.toSorted((a, b) => changes(a) - changes(b))) {
    const second = nextUpdated(wanted(one))
    updated.add(second)
    places.set(one.id, { ...places.get(one.id)!, updated: second })
  }
}

/**
 * Seconds that nobody has, later than anything readers have seen, earliest first: up to now as long
 * as there are any, then those to come.
 */
function freshSeconds(count: number, taken: Set<number>[], now: number, since: number): number[] {
  const isFree = (second: number) => taken.every((some) => !some.has(second))
  const seconds: number[] = []
  for (let second = now; second > since && seconds.length < count; second--) {
    if (isFree(second)) seconds.push(second)
  }
  // Every other one, or no correction could get in between until all of them are out.
  for (let second = Math.max(now, since) + 1; seconds.length < count; second += 2) {
    if (isFree(second)) seconds.push(second)
  }
  return seconds.toSorted((a, b) => a - b)
}

/** Translators copy the time of the original, and an office may give many the same. */
function inOrder(releases: Placement[]): Placement[] {
  return releases.toSorted((a, b) => {
    return a.authored - b.authored || a.rank - b.rank || (a.id < b.id ? -1 : 1)
  })
}

/** Finds the first free second from one on, also for thousands of the same. */
function freeSeconds(taken: Set<number>): (from: number) => number {
  const ends = new Map<number, number>()
  return (from) => {
    let free = ends.get(from) ?? from
    while (taken.has(free)) free++
    ends.set(from, free + 1)
    return free
  }
}
