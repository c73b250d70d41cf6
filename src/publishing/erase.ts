import type { ReleaseForAuthors } from '../domain/publishing-store.ts'
import { formatUtc } from '../domain/time.ts'
import type { WrittenRelease } from '../domain/written-release.ts'

/**
 * What stays of a release that is erased: how it is found, when it was out, and why it is gone. `title` stands in the
 * place of its own. Identity, times and earlier addresses stay without being named.
 */
export function erased(
  { release }: ReleaseForAuthors,
  { title, reason, now }: { title: string; reason: string; now: number },
): WrittenRelease {
  const { topics, publisher, kind, archived, withdrawn } = release
  return {
    title,
    topics,
    publisher,
    kind,
    changes: [],
    ...(archived && { archived }),
    withdrawn: { at: formatUtc(withdrawn?.at ?? now), reason },
    body: { html: '' },
  }
}
