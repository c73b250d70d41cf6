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
}

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
}

/** A release whose time in the order of publication is being decided. All seconds. */
export type Placement = {
  id: string
  authored: number
  updated: number
  /** Its place until now, kept while the author's time stays the same. */
  before?: { published: number; authored: number; updated: number; wanted: number } | undefined
}

/**
 * Gives every release its own second in the order of publication (C-05) and its own second of
 * last change (C-07): the author's when it is free, else the next free one. Releases of the same
 * second follow each other in the order of their identities, so the result does not depend on the
 * order of reading.
 *
 * `published` and `updated` hold the seconds that other releases have, and are added to.
 */
export function place(
  releases: Placement[],
  published: Set<number>,
  updated: Set<number>,
): { id: string; published: number; updated: number }[] {
  const publishedEnds = new Map<number, number>()
  const updatedEnds = new Map<number, number>()
  const inOrder = releases.toSorted((a, b) => a.authored - b.authored || (a.id < b.id ? -1 : 1))
  for (const { before, authored } of inOrder) {
    if (before?.authored === authored) published.add(before.published)
  }
  const placed = inOrder.map((release) => {
    const { id, authored, before } = release
    const second =
      before?.authored === authored
        ? before.published
        : firstFree(authored, published, publishedEnds)
    published.add(second)
    return { id, published: second, wanted: Math.max(release.updated, second), release }
  })
  // Releases that never changed keep their own second before changes look for a free one.
  placed.sort((a, b) => Number(a.wanted !== a.published) - Number(b.wanted !== b.published))
  for (const { release, wanted } of placed) {
    if (release.before?.wanted === wanted) updated.add(release.before.updated)
  }
  return placed.map(({ id, published: second, wanted, release }) => {
    const moment =
      release.before?.wanted === wanted
        ? release.before.updated
        : firstFree(wanted, updated, updatedEnds)
    updated.add(moment)
    return { id, published: second, updated: moment }
  })
}

/** `ends` remembers where the search from a second ended, for thousands of the same one. */
function firstFree(second: number, taken: Set<number>, ends: Map<number, number>): number {
  let free = ends.get(second) ?? second
  while (taken.has(free)) free++
  ends.set(second, free + 1)
  return free
}
