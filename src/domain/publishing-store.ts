import type { Clock } from './clock.ts'
import type { Dates, Draft } from './publishing.ts'
import type { Release } from './release.ts'
import type { Site } from './site.ts'
import type { TopicExpression } from './topic-expression.ts'
import type { Vocabulary, VocabularySource, WrittenTopic } from './topic.ts'

/** The beginning of the source of a release that came through the API; slug and language follow. */
export const apiSource = 'api:'

/** A release as authors see it: also under embargo, and also withdrawn. */
export type ReleaseForAuthors = {
  /** Its key of publication. */
  key: number
  /** `published` and `updated` are those that feeds show. */
  release: Release
  /** The second of publication that was asked for. */
  wished: number
  source: string
  /** Fingerprint of the release without its seconds. */
  hash: string
  /** Fingerprint of what was written. */
  origin: string
  /** The text as Markdown, if it was written so and came through the API. */
  markdown: string | null
  /** Whether only archives have it (C-06). */
  isHistory: boolean
}

/**
 * A release that has or had a slug or an identity, with its publisher; null where the publisher is not known
 * any more.
 */
export type Holder = { slug: string; id: string; publisher: string | null }

/**
 * Who asks, and when. Releases under embargo are shown to their publishers, or to everybody if `publishers` is
 * undefined.
 */
export type Viewer = { publishers: string[] | undefined; now: number }

/** A line of the list of all releases. */
export type ReleaseSummary = Pick<
  Release,
  'slug' | 'language' | 'title' | 'published' | 'updated'
> &
  Omit<ReleaseForAuthors, 'release' | 'isHistory' | 'markdown'> & {
    state: ReleaseState
    isWithdrawn: boolean
  }

/** Where a release stands: not finished, under embargo, out, or taken back. */
export const releaseStates = ['draft', 'scheduled', 'public', 'withdrawn'] as const
export type ReleaseState = (typeof releaseStates)[number]

/** Which releases are listed. What is left out lets every release pass. */
export type ReleaseFilter = {
  topics?: TopicExpression | undefined
  languages?: string[] | undefined
  states?: ReleaseState[] | undefined
  /** First second of publication. */
  from?: number | undefined
  /** The second before which they are published. */
  before?: number | undefined
}

export type Action = 'draft' | 'publish' | 'revise' | 'correct' | 'retag' | 'withdraw' | 'reinstate'

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

/** Everything that releases are read with. */
export type SiteAndTopics = {
  site: Site
  vocabulary: Vocabulary
  /** Topics of the content folder. */
  content: VocabularySource
  /** Topics that came in through the API. */
  published: VocabularySource
}

/** The port that publishing needs from a store. */
export interface PublishingStore {
  /** Throws DomainError `unavailable` while no content was ever brought in. */
  siteAndTopics(): Promise<SiteAndTopics>
  /** The releases that have one of these addresses or identities. */
  findReleases(
    addresses: Pick<Release, 'slug' | 'language'>[],
    ids: string[],
  ): Promise<ReleaseForAuthors[]>
  /** The releases with these identities that were just committed, which nobody is refused to read. */
  findCommitted(ids: string[]): Promise<ReleaseForAuthors[]>
  /**
   * The releases that have or had one of these slugs, in any language, or one of these identities: a row for
   * each slug. Also those that are gone or lost the slug, with the publisher that they had.
   */
  holders(slugs: string[], ids: string[]): Promise<Holder[]>
  /** The releases after one that somebody may see and asks for, in the order of slugs and languages. */
  list(
    after: Pick<Release, 'slug' | 'language'>,
    limit: number,
    viewer: Viewer,
    filter?: ReleaseFilter,
  ): Promise<ReleaseSummary[]>
  /** Of some files those that releases mention, but none that this viewer may see. */
  hiddenFiles(paths: string[], viewer: Viewer): Promise<Set<string>>
  /** What was done to a subject through the API, the last first. */
  history(subject: string, limit: number): Promise<HistoryEntry[]>
  /**
   * Makes the changes that `decide` chooses for a second, all at once. When this resolves, they are on disk;
   * when it rejects, nothing has changed. `decide` is asked again if another process changed the store
   * meanwhile.
   */
  publish(
    batch: string,
    clock: Clock,
    decide: (now: number) => Promise<ReadyChange[]>,
  ): Promise<void>
  /**
   * The same with one topic. Throws DomainError `unavailable` while releases are prepared that come under other topics
   * by it: whoever sends it again has that go on.
   */
  publishTopic(
    slug: string,
    clock: Clock,
    decide: (
      now: number,
    ) => Promise<{ written: WrittenTopic; historyEntry: HistoryEntry } | undefined>,
  ): Promise<void>
}
