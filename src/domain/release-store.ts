import type { Clock } from './clock.ts'
import type { Edition } from './edition.ts'
import type { FeedQuery } from './feed-query.ts'
import type { ContentUpdate, Draft, KnownContent } from './publishing.ts'
import type { Release } from './release.ts'
import type { Retired } from './retirement.ts'
import type { Site } from './site.ts'
import type { Month } from './time.ts'
import type { Vocabulary } from './topic.ts'

/** All that answers depend on, at one moment. Two equal states give the same bytes. */
export type State = {
  /** Grows with every change of the store. */
  revision: number
  /**
   * Second of the newest release that is public; later ones are under embargo. 0 without any. What was once
   * shown stays public, also when the clock is set back.
   */
  horizon: number
  /**
   * Second since when all that is public is as it is: of the last change of the store that anybody
   * can see, or of the newest release. It grows with everything that readers may notice, and with
   * nothing else, so that an embargoed release leaves no trace (H-21).
   */
  since: number
  /** Second of the last change of what every document depends on: site, topics, program. */
  frameSince: number
  /**
   * Second from which the state may be another although nothing is written: of the next release to come,
   * or of the next topic to end. Infinity without any. Nothing that is answered may depend on it (H-21).
   */
  until: number
  site: Site
  vocabulary: Vocabulary
  /** Numbers of topics, by which the full-text index of the store marks the releases that are found under them. */
  marks: ReadonlyMap<string, number>
  retired: Retired
}

/** A release as the store answers it. */
export type StoredRelease = Release & {
  /** Key of its last material change. */
  updatedKey: number
  /** Second of the last change of it or of a language version beside it. */
  changed: number
}

/**
 * Where a release stands: its keys of publication and of the last material change, and how many bytes it
 * takes in a document at the most.
 */
export type Place = { key: number; updatedKey: number; weight: number }

/** A walk along the releases that answer a question. Its bounds are keys. */
export type Walk = {
  /** Along the keys of publication, or of the last material change. */
  by: 'key' | 'updatedKey'
  /** Towards older ones unless it says otherwise. */
  towards?: 'older' | 'newer'
  /** Withdrawn releases instead of those that stand. */
  withdrawn?: boolean
  /** Without those that came with the past of an office (C-06). */
  onlyNews?: boolean
  /** The lowest key. */
  from?: number
  /** The key after the highest one. */
  below?: number
  limit: number
}

/** A language version of a release. */
export type Version = Pick<Release, 'slug' | 'language' | 'title'> & { isWithdrawn: boolean }

/** The releases around some others, each list by slug. */
export type Relations = {
  /** Language versions, in the order of the site's languages. */
  versions: ReadonlyMap<string, Version[]>
  /** Releases that correct one of this slug, in its own language, oldest first. */
  corrections: ReadonlyMap<string, Version[]>
}

/** A release that stands, as lists of addresses name it, with the languages that it stands in. */
export type Listed = Pick<Release, 'slug' | 'language' | 'updated'> & { languages: string[] }

/** How many public releases a topic has in a language, and the second of the newest. */
export type TopicCount = { topic: string; language: string; count: number; newest: number }

/** What the service asks of its storage to answer readers. All answers hold only what is public. */
export interface ReleaseStore {
  /** The state at a second. Throws DomainError `unavailable` while nothing was ever brought in. */
  state(now: number): Promise<State>
  /** `State.revision` as it is now. */
  revision(): Promise<number>
  /** Releases that answer a question and stand, newest first. */
  find(query: FeedQuery, state: State, limit: number): Promise<StoredRelease[]>
  /** Where the releases stand that each of some walks finds, in its order. */
  places(query: FeedQuery, state: State, walks: Walk[]): Promise<Place[][]>
  /** The months of the site's time zone in which releases stand that answer a question, newest first. */
  months(query: FeedQuery, state: State): Promise<Month[]>
  /** Releases by their keys, newest first. */
  load(keys: number[], state: State): Promise<StoredRelease[]>
  /**
   * Second of the last change of the releases that some walks find, or of what stands around them; or
   * when a release left or came under a topic that the question names. It grows by every change of
   * that, and by few others.
   */
  lastModified(query: FeedQuery, state: State, walks: Walk[]): Promise<number>
  /** One release by its slug, also a withdrawn one. A former slug finds it too: compare `slug`. */
  findRelease(slug: string, language: string, state: State): Promise<StoredRelease | undefined>
  /** What is public around some releases. */
  findRelations(releases: Release[], state: State): Promise<Relations>
  /**
   * What becomes of a file below `media/`: it is public as long as a release that stands speaks of it,
   * and no sooner.
   */
  mediaStatus(path: string, state: State): Promise<'public' | 'withdrawn' | 'hidden'>
  countByTopic(state: State): Promise<TopicCount[]>
  /**
   * The releases that stand, cut into parts of this size along the key of the last material change: the
   * first and the last key of each part, oldest first.
   */
  parts(state: State, size: number): Promise<{ first: number; last: number }[]>
  /** Releases that stand, from a key of the last material change on, oldest first. */
  list(state: State, from: number, limit: number): Promise<Listed[]>
}

/** Which bundle of content it was, and the second when it was made. */
export type BundleMark = { fingerprint: string; made: number }

/** What bringing content in asks of the storage. */
export interface ContentStore {
  /** What the store holds of the content folder. */
  known(): Promise<KnownContent>
  /** With which program; nothing before anything was brought in. */
  program(): Promise<string | undefined>
  /** Which bundle of content the store was last brought in line with. */
  bundle(): Promise<BundleMark | undefined>
  /**
   * Puts drafts aside, under a name for the change they belong to, behind those that are there. Nobody sees
   * them yet.
   */
  stage(batch: string, drafts: Draft[], now: number): Promise<void>
  /** Which drafts wait under that name: source → hash. */
  staged(batch: string): Promise<Map<string, string>>
  /**
   * Makes everything staged under a name public at once, with the rest of what a folder says.
   * Several processes may do so at the same time. Waits while something else was shown in the same
   * second, because no reader could tell the two apart (H-10). Throws DomainError `unavailable` while the
   * clock is far behind what was shown. Nothing changes while the store is in line
   * with a bundle that was made later than `bundle`. Throws an Error when drafts are missing that were staged for it.
   */
  apply(batch: string, update: ContentUpdate, clock: Clock, bundle?: BundleMark): Promise<void>
  /** Names of changes that nobody goes on with: nothing was staged under them for ten minutes. */
  abandoned(now: number): Promise<string[]>
  /**
   * Forgets what was staged under a name, or the first `portions` of it, so that others can write in between.
   * Answers whether anything was there.
   */
  discard(batch: string, portions?: number): Promise<boolean>
}

/** What addresses answered last, so that a process that has just begun knows what readers have. */
export interface EditionStore {
  last(address: string): Promise<Edition | undefined>
  note(address: string, edition: Edition): Promise<void>
}
