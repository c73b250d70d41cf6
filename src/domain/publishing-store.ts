import type { Clock } from './clock.ts'
import type { Dates, Draft } from './publishing.ts'
import type { Release } from './release.ts'
import type { Site } from './site.ts'
import type { Vocabulary, VocabularySource, WrittenTopic } from './topic.ts'

/** What releases that come in through the API have as their source, before slug and language. */
export const apiSource = 'api:'

/** A release as those see it who publish: whatever its time, and also withdrawn. */
export type ReleaseForAuthors = {
  /** Where it stands among all releases. */
  key: number
  /** With the seconds that it has in feeds. */
  release: Release
  /** The second of publication that was asked for. */
  wished: number
  source: string
  /** Fingerprint of the release without its seconds. */
  hash: string
  /** Fingerprint of what was written. */
  origin: string
  /** Whether only archives have it (C-06). */
  isHistory: boolean
}

/** A release that has or had a slug or an identity, and whose it is; null where nobody knows any more. */
export type Holder = { slug: string; id: string; publisher: string | null }

/** Who asks, and when: releases to come are shown to their publishers, to all where there are none. */
export type Viewer = { publishers: string[] | undefined; now: number }

/** A line of the list of all releases. */
export type ReleaseSummary = Pick<
  Release,
  'slug' | 'language' | 'title' | 'published' | 'updated'
> &
  Omit<ReleaseForAuthors, 'release' | 'wished' | 'isHistory'> & { isWithdrawn: boolean }

export type Action = 'publish' | 'revise' | 'correct' | 'retag' | 'withdraw' | 'reinstate'

/** Who did what to a release or a topic, and what it was before, as it was written down. */
export type HistoryEntry = {
  at: number
  by: string
  action: Action
  note: string
  replaced?: unknown
}

/** A change of a release that is ready to be made. */
export type ReadyChange = { draft: Draft; dates: Dates; historyEntry: HistoryEntry }

/** All that releases are read with. */
export type Frame = {
  site: Site
  vocabulary: Vocabulary
  /** Topics of the content folder. */
  content: VocabularySource
  /** Topics that came in through the API. */
  published: VocabularySource
}

/** What publishing asks of the storage. */
export interface PublishingStore {
  /** Throws DomainError `unavailable` while no content was ever brought in. */
  frame(): Promise<Frame>
  /** The releases that have one of these addresses or identities. */
  findReleases(
    addresses: Pick<Release, 'slug' | 'language'>[],
    ids: string[],
  ): Promise<ReleaseForAuthors[]>
  /**
   * The releases that have or had one of these slugs, in whatever language, or one of these identities:
   * a row for each slug. Also those that are gone or lost the slug, with the publisher of then.
   */
  holders(slugs: string[], ids: string[]): Promise<Holder[]>
  /** The releases after one that somebody may see, in the order of slugs and languages. */
  list(
    after: Pick<Release, 'slug' | 'language'>,
    limit: number,
    viewer: Viewer,
  ): Promise<ReleaseSummary[]>
  /** Whether releases speak of a file, and none that somebody may see. */
  isFileHidden(path: string, viewer: Viewer): Promise<boolean>
  /** What was done to a subject through the API, the last first. */
  history(subject: string, limit: number): Promise<HistoryEntry[]>
  /**
   * Makes the changes that `decide` chooses for a second, all at once. They are on disk when this
   * resolves, or nothing has changed. `decide` is asked again if another process changed the store.
   */
  publish(
    batch: string,
    clock: Clock,
    decide: (now: number) => Promise<ReadyChange[]>,
  ): Promise<void>
  /** The same with one topic. */
  publishTopic(
    slug: string,
    clock: Clock,
    decide: (
      now: number,
    ) => Promise<{ written: WrittenTopic; historyEntry: HistoryEntry } | undefined>,
  ): Promise<void>
}
