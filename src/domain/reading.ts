import type { Problem } from './problem.ts'
import type { Draft, FileStamp } from './publishing.ts'
import type { Site } from './site.ts'
import type { Vocabulary } from './topic.ts'

/** What is known of a file below `media/`. */
export type MediaFile = { type: string; size: number }

/** Everything a release is read with. */
export type Surroundings = {
  site: Site
  vocabulary: Vocabulary
  /** The file below the content folder, such as `media/agenda.pdf`. */
  findMedia: (path: string) => MediaFile | undefined
}

/** Where the release was written. */
export type Origin = Pick<Draft, 'source' | 'origin'>

/** What a written release came to. Without `draft` something was wrong. */
export type ReadRelease = {
  draft?: Draft
  /** The second that its author gave, as far as it can be told. */
  published: number | undefined
  /** Files below `media/` that it speaks of, with their sizes; null for a missing one. */
  media: FileStamp['media']
  problems: Problem[]
}

/** Makes written releases into drafts, whoever wrote them where. */
export type CreateReleaseReader = (
  surroundings: Surroundings,
) => (written: unknown, origin: Origin) => Promise<ReadRelease>
