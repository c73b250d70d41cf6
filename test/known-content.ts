// What the store would remember of a content folder, for tests that read folders without one.
import type { Draft, FileStamp, KnownContent } from '../src/domain/publishing.ts'
import { fileOf } from '../src/content/sources.ts'

/** As it is after these files and drafts were brought in. */
export function knownOf(files: Map<string, FileStamp>, drafts: Draft[]): KnownContent {
  const withReleases = new Set(drafts.map(({ source }) => fileOf(source)))
  const known = [...files].map(([path, file]) => {
    return [path, { ...file, hasReleases: withReleases.has(path) }] as const
  })
  const draftOf = (draft: Draft) => ({ ...draft, id: draft.release.id })
  return {
    lastChange: '',
    files: new Map(known),
    drafts: async () => new Map(drafts.map((draft) => [draft.source, draftOf(draft)])),
  }
}
