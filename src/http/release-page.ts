import { DomainError } from '../domain/errors.ts'
import { allReleases } from '../domain/feed-query.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { pageLinks } from './feed-links.ts'
import { releasePage } from './pages/release.ts'
import { ofWholeState, pagePolicy, pathOf } from './question.ts'

export type ReleaseTarget = { slug: string; language: string }

type Store = Pick<ReleaseStore, 'findRelease' | 'findRelations'>

/** The page of a release, of a former one, or of one that was withdrawn. */
export function releasePageMeaning(
  { slug, language }: ReleaseTarget,
  current: Current,
  store: Store,
): Meaning {
  const { addresses, site } = current
  const languages = language === 'all' ? site.languages : [language]
  const address = addresses.releasePage({ slug, language: languages[0]! })
  const everything = allReleases(languages[0]!)
  return {
    key: address,
    address,
    subject: { kind: 'release', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    headers: () => ({
      'content-security-policy': pagePolicy,
      link: pageLinks(everything, address, current),
    }),
    ...ofWholeState(current, async () => {
      const release = await findInLanguages(slug, languages, store, current)
      if (!release) {
        throw new DomainError('not-found', 'There is no release at this address.', {
          reason: 'no-release',
        })
      }
      const isElsewhere = release.slug !== slug || release.language !== languages[0]
      if (isElsewhere || language === 'all') return { movedTo: addresses.releasePage(release) }
      const { url, withdrawn } = release
      if (site.pages === 'elsewhere' && url !== undefined && !withdrawn) return { movedTo: url }
      const relations = await store.findRelations([release], current)
      const body = String(await releasePage(release, relations, current))
      return { body, isGone: withdrawn !== undefined }
    }),
  }
}

async function findInLanguages(slug: string, languages: string[], store: Store, current: Current) {
  for (const language of languages) {
    const release = await store.findRelease(slug, language, current)
    if (release) return release
  }
  return undefined
}
