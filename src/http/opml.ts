import { renderOpml } from '../feeds/opml.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { ofWholeState, pathOf } from './question.ts'

export type OpmlTarget = { language: string; topics: string[]; renamed: boolean }

/** Every topic feed, or those of some topics, as OPML. */
export function opmlMeaning(target: OpmlTarget, current: Current): Meaning {
  const address = current.addresses.opml(target.language, target.topics)
  if (target.renamed) return { movedTo: address }
  return {
    key: address,
    address,
    subject: { kind: 'document', path: pathOf(address) },
    renderedAs: 'opml',
    contentType: 'text/x-opml; charset=utf-8',
    headers: () => ({}),
    ...ofWholeState(current, async () =>
      renderOpml(target, Math.max(current.horizon, 0), current.retired, current),
    ),
  }
}
