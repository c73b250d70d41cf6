import { DomainError } from '../domain/errors.ts'
import type { ReleaseStore, StoredRelease } from '../domain/release-store.ts'
import type { Current } from './answers/state.ts'

// What the page of a release and its JSON have in common.

export type ReleaseTarget = { slug: string; language: string }

/** What the addresses of a release ask of a store. */
export type OneReleaseStore = Pick<ReleaseStore, 'findRelease' | 'findRelations'>

/** The languages in which an address may mean a release, the first of which is its own. */
export function languagesOf({ language }: ReleaseTarget, { site }: Current): string[] {
  return language === 'all' ? site.languages : [language]
}

/** Under what a document of a release is remembered. One in any language is never answered here, but elsewhere. */
export function keyOf({ language }: ReleaseTarget, address: string): string {
  return language === 'all' ? `${address} in any language` : address
}

/**
 * The release at an address, and whether it stands at another one: the slug is a former one, or the address names no
 * language. Throws DomainError `not-found`.
 */
export async function findAtAddress(
  target: ReleaseTarget,
  store: OneReleaseStore,
  current: Current,
): Promise<{ release: StoredRelease; isElsewhere: boolean }> {
  const { slug, language } = target
  for (const one of languagesOf(target, current)) {
    const release = await store.findRelease(slug, one, current)
    if (release) return { release, isElsewhere: release.slug !== slug || language === 'all' }
  }
  throw new DomainError('not-found', 'There is no release at this address.', {
    reason: 'no-release',
  })
}
