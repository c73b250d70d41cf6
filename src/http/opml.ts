import type { ReleaseStore } from '../domain/release-store.ts'
import { renderOpml } from '../feeds/opml.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { ofWholeState, pathOf } from './question.ts'
import { otherTerms } from './vocabulary.ts'

export type OpmlTarget = { language: string; topics: string[]; renamed: boolean }

/** The feeds of all topics, publishers and kinds, or of some, as OPML. */
export function opmlMeaning(
  target: OpmlTarget,
  current: Current,
  store: Pick<ReleaseStore, 'countByTopic'>,
): Meaning {
  const address = current.addresses.opml(target.language, target.topics)
  if (target.renamed) return { movedTo: address }
  return {
    key: address,
    address,
    subject: { kind: 'document', path: pathOf(address) },
    renderedAs: 'opml',
    contentType: 'text/x-opml; charset=utf-8',
    headers: () => ({}),
    ...ofWholeState(current, async () => {
      const others = otherTerms(current, await store.countByTopic(current))
      const modified = Math.max(current.horizon, 0)
      return renderOpml({ ...target, others }, modified, current.retired, current)
    }),
  }
}
