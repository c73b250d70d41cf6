import { isUnderEmbargo, never } from './embargo.ts'
import { keyAt, placesOfSecond, secondOf } from './key.ts'
import type { Release } from './release.ts'
import type { Site } from './site.ts'
import type { Term } from './term.ts'
import type { VocabularySource } from './topic.ts'

/** A release that was read and is not in the store yet, with what the store needs to recognise it later. */
export type Draft = {
  /** Where it was written: a file, or `file#slug.language` for a line of JSONL. */
  source: string
  /** Fingerprint of what was written and of everything it was read with. */
  origin: string
  /** Fingerprint of the release itself. */
  hash: string
  release: Release
  /** The Markdown that came through the API. Of files the store keeps no Markdown. */
  markdown?: string | undefined
  /** All its words, folded, for the search. */
  words: string
  /** Bytes that it takes in a document at the most. */
  weight: number
  /** Paths below the content folder of the files that it shows or attaches. */
  media: string[]
}

/** What the store remembers of a draft. */
export type KnownDraft = {
  source: string
  origin: string
  hash: string
  id: string
  /** 1 for a release that is withdrawn. */
  withdrawn?: number
}

/** What tells whether a file of the content folder must be read again. */
export type FileStamp = {
  /** Changes whenever the file does, or what it is read with. */
  stamp: string
  /** The files below `media/` that its releases mention, with their sizes; null for a missing one. */
  media: Record<string, number | null>
}

/** A file of the content folder as it was when the store was last brought in line with it. */
export type KnownFile = FileStamp & {
  /** The store has a release that was in it. */
  hasReleases: boolean
}

/** What the store holds of the content folder. */
export type KnownContent = {
  /** Names the last time that the store was brought in line. What a folder comes to is decided for that. */
  lastChange: string
  files: Map<string, KnownFile>
  /** Reads what the store has of each release: source → draft. Most looks at a folder need none of it. */
  drafts: () => Promise<Map<string, KnownDraft>>
  /**
   * Whether a release came through the API, asked for by its identity or as `slug.language`: a file may not
   * replace it. Undefined if no release did.
   */
  isPublished?: ((id: string, address: string) => Promise<boolean>) | undefined
  /** Whether a release of the folder is public at a second, asked for in the same way. */
  isShown?: ((id: string, address: string, now: number) => Promise<boolean>) | undefined
}

/**
 * What becomes of times that are over. `news`: a late release is published now, unless so many come at once
 * that they are the history of an office. `keep`: all keep their times, as when a new service is filled.
 * `archive`: all keep their times, and only archives have them (C-06).
 */
export const datings = ['news', 'keep', 'archive'] as const
export type Dates = (typeof datings)[number]

/** Everything that a content folder says beside its releases. */
export type FolderContent = {
  site: Site
  vocabulary: VocabularySource
  files: Map<string, FileStamp>
  /** Sources that are no longer there. */
  removed: string[]
}

/** What the store is to make public together with the drafts of a batch. */
export type ContentUpdate = FolderContent & {
  /** Names everything beside the content that documents depend on (`outputName`). */
  program: string
  /** `KnownContent.lastChange` that all this was decided for. Missing where it holds after any other. */
  decidedFor?: string
  /** How many drafts were staged. Missing where the caller can look itself which of them are missing. */
  drafts?: number
}

/** A release whose keys are being chosen. Times are seconds. */
export type Placement = {
  id: string
  /** Names the request or the load that it came with. */
  batch: string
  /** Its number within the change. It decides the order of equal times. */
  number: number
  /** The time its author wrote. */
  authored: number
  /** When it last changed materially, by its author's word; `authored` if it never did. */
  wanted: number
  terms: Term[]
  withdrawn: boolean
  /** It was withdrawn before its time, as its author tells. */
  isWithdrawnBefore?: boolean
  /** Its author told so until now, and now tells of a withdrawal after its time. */
  isSaidToHaveBeenPublic?: boolean
  /** Its author is not done with it. */
  isUnfinished?: boolean
  /** How many corrections its author tells of. */
  corrections: number
  dates: Dates
  before?: Former | undefined
}

/** What a release was until now. `terms` are missing for one that was taken away and comes back. */
export type Former = {
  key: number
  updatedKey: number
  authored: number
  wanted: number
  terms?: Term[]
  withdrawn?: boolean
  corrections?: number
  isHistory?: boolean
}

/** The keys of a release: the first orders feeds, the second orders archives. */
export type ReleaseKeys = {
  id: string
  key: number
  updatedKey: number
  /** It came with the history of an office, and no feed has it as news (C-06). */
  isHistory: boolean
}

/** When a change is made. */
export type Moment = {
  /** The second of the change, later than any that readers were shown. */
  second: number
  /** Second of the last event that readers can have seen; undefined while the store is empty. */
  since: number | undefined
}

const week = 7 * 86_400
/** Late releases older than a week that are news; more of them at once are the history of an office. */
const mostLate = 50

/**
 * The publication clock. Every release has a second of publication (C-05), and one of its last material
 * change (C-07), with a place within each. Only what becomes visible together shares a second: whatever
 * readers see for the first time has a later second than all they have seen, because some look at nothing
 * else (Superdesk, the Microsoft connector).
 *
 * What an empty store is filled with keeps the times of its authors, and so does what is published
 * on time or lies in the future; equal times follow each other as they came in. A release that comes late
 * is published in the second of the change. More than fifty that are older than a week are history (C-06).
 * Once public, a release keeps its key. Whoever brings releases in may say otherwise (`Dates`).
 *
 * A correction, a withdrawal and a term gained (a topic, another publisher, another kind) move `updatedKey` to
 * the second of the change; a minor change moves nothing. What finds no place in its second takes the next one.
 *
 * `taken` are the keys that other releases have.
 */
export function chooseKeys(
  releases: Placement[],
  taken: Iterable<number>,
  { second, since }: Moment,
): ReleaseKeys[] {
  const kept = releases.filter((one) => isKept(one, second))
  const others = inOrder(releases.filter((one) => !isKept(one, second)))
  const late = lateAmong(others, second, since)
  const changed = new Set(kept.filter((one) => isMaterial(one.before!, one)))
  // A topic or publisher that becomes another as a whole is no news, just like the history of an office.
  for (const one of ofManyInBatch([...changed])) {
    if (isGainAlone(one.before!, one)) changed.delete(one)
  }

  const chosen = new Map<string, ReleaseKeys>()
  for (const { id, before } of kept) {
    const { key, updatedKey, isHistory = false } = before!
    chosen.set(id, { id, key, updatedKey, isHistory })
  }
  const used = new Set(taken)
  for (const { key, updatedKey } of chosen.values()) used.add(key).add(updatedKey)
  const onTime = others.filter((one) => !late.has(one))
  const keys = keysOfBefore(onTime, used, second)
  const nextKey = freeKeys(used)
  // In an empty store only what is said to be history is.
  const past = ({ dates }: Placement) => since ?? (dates === 'archive' ? second : -Infinity)
  for (const one of onTime) {
    const key = keys.get(one.id) ?? nextKey(timeOf(one, second))
    const isHistory = secondOf(key) <= past(one) && one.dates !== 'keep'
    chosen.set(one.id, { id: one.id, key, updatedKey: key, isHistory })
  }
  for (const one of onTime) {
    const { key } = chosen.get(one.id)!
    // A change cannot be dated in the future, except in a release that is under embargo itself.
    const wanted = Math.min(one.wanted, second)
    if (wanted > secondOf(key)) chosen.get(one.id)!.updatedKey = nextKey(wanted)
  }
  for (const { id } of others.filter((one) => late.has(one))) {
    const key = nextKey(second)
    chosen.set(id, { id, key, updatedKey: key, isHistory: false })
  }
  for (const { id } of [...changed].toSorted(
    (a, b) => a.wanted - b.wanted || a.number - b.number,
  )) {
    chosen.set(id, { ...chosen.get(id)!, updatedKey: nextKey(second), isHistory: false })
  }
  return releases.map(({ id }) => chosen.get(id)!)
}

/** The earliest second in which `chooseKeys` looks for a free key. It need not know any taken key before it. */
export function earliest(releases: Placement[], { second, since }: Moment): number {
  const others = releases.filter((one) => !isKept(one, second))
  const late = lateAmong(others, second, since)
  return others
    .filter((one) => !late.has(one))
    .reduce((least, { authored }) => Math.min(least, authored), since ?? second)
}

/** Whether it is public and stays public, with the key that it has. */
function isKept({ authored, before, isUnfinished }: Placement, second: number): boolean {
  if (!before || isUnfinished || isUnderEmbargo(authored, second)) return false
  return !isUnderEmbargo(secondOf(before.key), second)
}

/** The second of a release that is not late. */
function timeOf(one: Placement, second: number): number {
  return isUnseen(one, second) ? never : one.authored
}

/** Whether it is not finished, or was withdrawn before its time: readers are never told of it. */
function isUnseen(
  { authored, withdrawn, isWithdrawnBefore, isSaidToHaveBeenPublic, ...one }: Placement,
  second: number,
): boolean {
  if (one.isUnfinished) return true
  if (!withdrawn || isUnderEmbargo(authored, second)) return withdrawn
  const wasUnseen = one.before !== undefined && secondOf(one.before.key) >= never
  return isWithdrawnBefore === true || (wasUnseen && !isSaidToHaveBeenPublic)
}

/** The keys of releases under embargo, which stay the same while their authors' times do. */
function keysOfBefore(
  releases: Placement[],
  used: Set<number>,
  second: number,
): Map<string, number> {
  const keys = new Map<string, number>()
  for (const one of releases) {
    const { id, authored, before } = one
    if (before?.authored !== authored || used.has(before.key)) continue
    const time = timeOf(one, second)
    const had = secondOf(before.key)
    if (had < time || had >= never !== time >= never) continue
    keys.set(id, before.key)
    used.add(before.key)
  }
  return keys
}

/** Releases that come later than their time, except those that are history. */
function lateAmong(
  releases: Placement[],
  second: number,
  since: number | undefined,
): Set<Placement> {
  if (since === undefined) return new Set()
  const late = releases.filter((one) => {
    const isOver = !isUnderEmbargo(one.authored, second) && one.authored <= since
    return one.dates === 'news' && isOver && !isUnseen(one, second)
  })
  const history = ofManyInBatch(late.filter(({ authored }) => authored < since - week))
  return new Set(late.filter((one) => !history.has(one)))
}

/** Those of batches that are too large to be news. What others sent in the same second does not count. */
function ofManyInBatch(releases: Placement[]): Set<Placement> {
  const batches = [...Map.groupBy(releases, ({ batch }) => batch).values()]
  return new Set(batches.filter(({ length }) => length > mostLate).flat())
}

/** Whether readers must see that a public release changed. */
function isMaterial(before: Former, release: Placement): boolean {
  const isDated = release.wanted > before.wanted && release.wanted !== secondOf(before.updatedKey)
  if (!before.terms || isDated) return true
  if (release.withdrawn !== before.withdrawn) return true
  return release.corrections > (before.corrections ?? 0) || gainsTerm(before, release)
}

function gainsTerm(before: Former, { terms }: Placement): boolean {
  return terms.some((term) => !before.terms?.includes(term))
}

function isGainAlone(before: Former, release: Placement): boolean {
  return !isMaterial(before, { ...release, terms: before.terms ?? [] })
}

function inOrder(releases: Placement[]): Placement[] {
  return releases.toSorted((a, b) => a.authored - b.authored || a.number - b.number)
}

/** Returns a function that takes the next free key of a second, or of a later second if that one is full. */
export function freeKeys(used: Iterable<number>): (second: number) => number {
  const places = new Map<number, number>()
  for (const key of used) {
    const second = secondOf(key)
    places.set(second, Math.max(places.get(second) ?? 0, key - keyAt(second) + 1))
  }
  return (from) => {
    let second = from
    while (places.get(second) === placesOfSecond) second++
    const place = places.get(second) ?? 0
    places.set(second, place + 1)
    return keyAt(second, place)
  }
}
