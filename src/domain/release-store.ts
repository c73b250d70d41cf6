import type { Clock } from './clock.ts'
import type { Edition } from './edition.ts'
import type { FeedQuery } from './feed-query.ts'
import type { Draft, Frame, KnownContent } from './publishing.ts'
import type { Release } from './release.ts'
import type { Retired } from './retirement.ts'
import type { Site } from './site.ts'
import type { Vocabulary } from './topic.ts'

/** All that answers depend on, at one moment. Two equal states give the same bytes. */
export type State = {
  /** Grows with every change of the store. */
  revision: number
  /** Second of the newest release that is public; later ones are still to come. 0 without any. */
  horizon: number
  /**
   * Second since when all that is public is as it is: of the last change of the store that anybody
   * can see, or of the newest release. It grows with everything that readers may notice, and with
   * nothing else, so that an embargoed release leaves no trace (H-21).
   */
  since: number
  /** Second of the last change of what every document depends on: site, topics, program. */
  frameSince: number
  site: Site
  vocabulary: Vocabulary
  retired: Retired
}

/** A release as the store answers it. */
export type StoredRelease = Release & {
  /** Second of the last change of it or of a language version beside it. */
  changed: number
}

/** A language version of a release. */
export type Version = Pick<Release, 'slug' | 'language' | 'title'>

/** How many public releases a topic has in a language, and the second of the newest. */
export type TopicCount = { topic: string; language: string; count: number; newest: number }

/** What the service asks of its storage to answer readers. All answers hold only what is public. */
export interface ReleaseStore {
  /** The state at a second. Throws DomainError `unavailable` while nothing was ever brought in. */
  state(now: number): Promise<State>
  /** Releases that answer a question, newest first. */
  find(query: FeedQuery, state: State, limit: number): Promise<StoredRelease[]>
  /**
   * Second of the last change of what `find` answers with the same arguments. It grows by every
   * change of that, also when a release leaves, and by few others.
   */
  lastModified(query: FeedQuery, state: State, limit: number): Promise<number>
  /** One release by its slug. A former slug finds it too: compare `slug`. */
  findRelease(slug: string, language: string, state: State): Promise<StoredRelease | undefined>
  /** Every public language version of some releases, by slug, in the order of the site's languages. */
  findVersions(slugs: string[], state: State): Promise<Map<string, Version[]>>
  countByTopic(state: State): Promise<TopicCount[]>
}

/** What bringing content in asks of the storage. */
export interface ContentStore {
  /** What the store holds of the content folder. */
  known(): Promise<KnownContent>
  /** With which program; nothing before anything was brought in. */
  program(): Promise<string | undefined>
  /** Which bundle of content the store was last brought in line with. */
  bundle(): Promise<string | undefined>
  /** Puts drafts aside, under a name for the change they belong to. Nobody sees them yet. */
  stage(batch: string, drafts: Draft[], now: number): Promise<void>
  /** Which drafts wait under that name: source → hash. */
  staged(batch: string): Promise<Map<string, string>>
  /**
   * Makes everything staged under a name public at once, with the rest of what a folder says.
   * Several processes may do so at the same time. Waits while the change before is of the same
   * second, because no reader could tell the two apart (H-10).
   */
  apply(batch: string, frame: Frame, clock: Clock, bundle?: string): Promise<void>
  /** Forgets what was staged under a name. */
  discard(batch: string): Promise<void>
}

/** What addresses answered lately, for as long as somebody may ask what changed since. */
export interface EditionStore {
  /** Editions of an address, the last noted first. */
  editions(address: string): Promise<Edition[]>
  note(address: string, edition: Edition): Promise<void>
}
