import { createEntry } from '../feeds/feed.ts'
import { renderItem } from '../feeds/json-feed.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { documentPolicy, pathOf } from './question.ts'
import {
  findAtAddress,
  keyOf,
  languagesOf,
  type OneReleaseStore,
  type ReleaseTarget,
} from './release.ts'

/**
 * A release as JSON: the item that feeds have of it, and for one that was withdrawn the item that says so, as 410.
 */
export function releaseItemMeaning(
  target: ReleaseTarget,
  current: Current,
  store: OneReleaseStore,
): Meaning {
  const { addresses, since, frameSince } = current
  const named = { slug: target.slug, language: languagesOf(target, current)[0]! }
  const address = addresses.releaseItem(named)
  return {
    key: keyOf(target, address),
    address,
    subject: { kind: 'release', path: pathOf(address) },
    renderedAs: 'json',
    contentType: 'application/json',
    headers: ({ canonical = addresses.releasePage(named) }) => ({
      'x-robots-tag': 'noindex',
      'content-security-policy': documentPolicy,
      link: `<${canonical}>; rel="canonical"`,
    }),
    isToKeep: false,
    async lastModified() {
      const found = await store.findRelease(named.slug, named.language, current)
      return found ? Math.max(found.changed, frameSince) : since
    },
    async render() {
      const { release, isElsewhere } = await findAtAddress(target, store, current)
      if (isElsewhere) return { movedTo: addresses.releaseItem(release) }
      const relations = await store.findRelations([release], current)
      const body = `${renderItem(createEntry(release, relations, current))}\n`
      const canonical = addresses.release(release)
      return { body, isGone: release.withdrawn !== undefined, canonical }
    },
  }
}
