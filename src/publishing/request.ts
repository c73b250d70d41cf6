import type { Problem } from '../domain/problem.ts'
import type { Dates } from '../domain/publishing.ts'
import type { WrittenRelease } from '../domain/written-release.ts'
import type { Author } from './permission.ts'

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
  /** Where it lives, if that is a page of the office's own. */
  url?: string | undefined
  /** Seconds. Of a dry run those that were asked for. */
  published: number
  updated: number
  tag: string
  warnings: Problem[]
}
