import type { Clock } from './clock.ts'
import type { Edition } from './edition.ts'
import type { FeedQuery } from './feed-query.ts'
import type { ContentUpdate, Draft, KnownContent } from './publishing.ts'
import type { Release } from './release.ts'
import type { Retired } from './retirement.ts'
import type { Site } from './site.ts'
import type { Month } from './time.ts'
import type { Vocabulary } from './topic.ts'

/** Everything that answers depend on at one moment. Two equal states give the same bytes. */
export type State = {
  /** Grows with every change of the store. */
  revision: number
  /**
   * Second of the newest release that is public; later ones are under embargo. 0 without any. What was once
   * shown stays public, also when the clock is set back.
   */
  horizon: number
  /**
   * Second since when everything public is as it is: of the last change that readers can see, or of the newest
   * release. It grows with everything that readers may notice, and with nothing else, so that nothing shows a
   * release under embargo (H-21).
   */
  since: number
  /** Second of the last change of what every document depends on: site, topics, program. */
  frameSince: number
  /**
   * Second from which the state may be another although nothing is written: of the next release whose embargo
   * ends, or of the next topic to end. Infinity without any. No answer may depend on it (H-21).
   */
  until: number
  site: Site
  vocabulary: Vocabulary
  /** The marks that releases have in the full-text index for each topic. */
  marks: ReadonlyMap<string, TopicMarks>
  retired: Retired
}

/**
 * The number of a topic's mark, and numbers of marks that count beside it: of releases that came under the topic when
 * it was moved, and of those that left it.
 */
export type TopicMarks = { number: number; joining?: number[]; leaving?: number[] }

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
  /** Without the history of an office (C-06). */
  onlyNews?: boolean
  /** Releases with an event alone, along the keys of publication. */
  onlyEvents?: boolean
  /** The lowest key. */
  from?: number
  /** The key after the highest one. */
  below?: number
  limit: number
}

/** A language version of a release. */
export type Version = Pick<Release, 'slug' | 'language' | 'title' | 'url'> & {
  isWithdrawn: boolean
}

/** The releases that some others are linked to, each list by slug. */
export type Relations = {
  /** Language versions, in the order of the site's languages. */
  versions: ReadonlyMap<string, Version[]>
  /** Releases that correct one of this slug, in its own language, oldest first. */
  corrections: ReadonlyMap<string, Version[]>
}

/** A release that stands and lives here, as lists of addresses name it, with the languages of which that is true. */
export type Listed = Pick<Release, 'slug' | 'language' | 'updated'> & { languages: string[] }

/** How many public releases a term has in a language, and the second of the newest. */
export type TopicCount = { topic: string; language: string; count: number; newest: number }

/** The port that answering readers needs from a store. It returns only what is public. */
export interface ReleaseStore {
  /** The state at a second. Throws DomainError `unavailable` while nothing was ever brought in. */
  state(now: number): Promise<State>
  /** `State.revision` as it is now. */
  revision(): Promise<number>
  /** Releases that answer a question and stand, newest first. */
  find(query: FeedQuery, state: State, limit: number): Promise<StoredRelease[]>
  /** The places of the releases that each of some walks finds, in its order. */
  places(query: FeedQuery, state: State, walks: Walk[]): Promise<Place[][]>
  /** The months of the site's time zone in which releases stand that answer a question, newest first. */
  months(query: FeedQuery, state: State): Promise<Month[]>
  /** Releases by their keys, newest first. */
  load(keys: number[], state: State): Promise<StoredRelease[]>
  /**
   * Second of the last change of the releases that some walks find, or of those they are linked to; or the
   * second in which a release left or joined a term of the question. It grows with every such change, and
   * with few others.
   */
  lastModified(query: FeedQuery, state: State, walks: Walk[]): Promise<number>
  /** One release by its slug, also a withdrawn one. A former slug finds it too: compare `slug`. */
  findRelease(slug: string, language: string, state: State): Promise<StoredRelease | undefined>
  /** The public releases that some releases are linked to. */
  findRelations(releases: Release[], state: State): Promise<Relations>
  /**
   * Whether readers may have a file below `media/`: it is public as long as a public release that stands
   * mentions it.
   */
  mediaStatus(path: string, state: State): Promise<'public' | 'withdrawn' | 'hidden'>
  /** What is found under each term that has any. */
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

/** The port that bringing content in needs from a store. */
export interface ContentStore {
  /** What the store holds of the content folder. */
  known(): Promise<KnownContent>
  /** The program that the store was last brought in line with; undefined before. */
  program(): Promise<string | undefined>
  /**
   * Has every document count as changed if they are made by another program than before. It is a change of its own,
   * so that nobody gets other bytes under a Last-Modified that they know (H-10). Throws DomainError `unavailable`
   * while the clock is far behind what was shown.
   */
  changeProgram(program: string, clock: Clock): Promise<void>
  /** Which bundle of content the store was last brought in line with. */
  bundle(): Promise<BundleMark | undefined>
  /**
   * Stages drafts under the name of a batch, beside those that are there. No reader sees them yet. `first` is the
   * number of the first, which the others count on from: of equal times, theirs is the order of numbers.
   */
  stage(batch: string, drafts: Draft[], now: number, first: number): Promise<void>
  /** The drafts that are staged in a batch: source → hash. */
  staged(batch: string): Promise<Map<string, string>>
  /**
   * Makes everything staged under a name public at once, with the rest of what a folder says.
   * Several processes may do so at the same time. Waits while something else was shown in the same
   * second, because no reader could tell the two apart (H-10). Throws DomainError `unavailable` while the
   * clock is far behind what was shown. Nothing changes while the store is in line
   * with a bundle that was made later than `bundle`. Throws DomainError `changed` when the store was brought in line
   * since all this was decided, and an Error when drafts are missing that were staged for it.
   * Returns false if only a part of the releases is marked that come under other topics, where the platform allows no
   * more at a time: call again.
   */
  apply(batch: string, update: ContentUpdate, clock: Clock, bundle?: BundleMark): Promise<boolean>
  /**
   * Removes what is left of topics that were moved, or a part of it, so that others can write in between. No answer
   * changes by it. Returns whether all is removed; if not, call again.
   */
  tidy(now: number): Promise<boolean>
  /** Batches that nobody goes on with: nothing was staged in them for ten minutes. */
  abandoned(now: number): Promise<string[]>
  /**
   * Deletes the drafts of a batch, or its first `portions`, so that others can write in between. Returns
   * whether there were any.
   */
  discard(batch: string, portions?: number): Promise<void>
}

/** The port for the editions of addresses, so that a process that has just started knows what readers have. */
export interface EditionStore {
  last(address: string): Promise<Edition | undefined>
  note(address: string, edition: Edition): Promise<void>
}
