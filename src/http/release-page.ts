import { DomainError } from '../domain/errors.ts'
import { allReleases } from '../domain/feed-query.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { pageLinks } from './feed-links.ts'
import { ofWholeState, pagePolicy, pathOf } from './question.ts'
import {
  findAtAddress,
  keyOf,
  languagesOf,
  type OneReleaseStore,
  type ReleaseTarget,
} from './release.ts'
import { readAddress } from './urls.ts'

/** The page of a release, of a former one, or of one that was withdrawn. */
export function releasePageMeaning(
  target: ReleaseTarget,
  current: Current,
  store: OneReleaseStore,
): Meaning {
  const { addresses, site } = current
  const language = languagesOf(target, current)[0]!
  const address = addresses.releasePage({ slug: target.slug, language })
  const item = addresses.releaseItem({ slug: target.slug, language })
  const everything = allReleases(language)
  return {
    key: keyOf(target, address),
    address,
    subject: { kind: 'release', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    headers: ({ canonical = address }) => ({
      'content-security-policy': pagePolicy,
      // Not in the head of the page, where Miniflux would take it for a feed (O-02).
      link: `${pageLinks(everything, canonical, current)}, <${item}>; rel="alternate"; type="application/json"`,
    }),
    ...ofWholeState(current, async () => {
      const { release, isElsewhere } = await findAtAddress(target, store, current)
      if (isElsewhere) return { movedTo: addresses.releasePage(release) }
      const { url, withdrawn } = release
      const isElsewhereAlone = site.pages === 'elsewhere' && !withdrawn
      if (url !== undefined && isElsewhereAlone && !isOurs(url, current)) return { movedTo: url }
      const relations = await store.findRelations([release], current)
      const { releasePage } = await import('./pages/release.ts')
      const body = String(await releasePage(release, relations, current))
      return { body, isGone: withdrawn !== undefined, canonical: addresses.release(release) }
    }),
  }
}

/** Whether an address is that of a page of ours of a release, whose way might lead back. */
function isOurs(address: string, { addresses, site, vocabulary }: Current): boolean {
  const url = new URL(address)
  // Not the scheme: what stands before the service leads from http to https.
  if (url.host !== new URL(addresses.home(site.languages[0]!)).host) return false
  try {
    return readAddress(url, site, vocabulary).kind === 'release'
  } catch (error) {
    if (error instanceof DomainError) return false
    throw error
  }
}
