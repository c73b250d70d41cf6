import { digestOf } from './digest.ts'
import { isUnderEmbargo } from './embargo.ts'
import type { Release } from './release.ts'
import type { Relations } from './release-store.ts'
import type { Site } from './site.ts'
import type { Vocabulary } from './topic.ts'

const day = 86_400

/** Seconds for which a link works unless it says otherwise, and the most. */
export const usualLifetime = 7 * day
export const longestLifetime = 60 * day
/** Seconds for which an ended link is told from one that never was. */
export const remembered = 60 * day
/** Links that work at once: to one release, and to all. */
export const mostOfRelease = 50
export const mostPreviews = 1000
/** Those that ended are remembered as far as all together are no more than this. */
export const mostRemembered = 10_000

/** In place of languages: every language in which there is a version when somebody looks. */
export const everyLanguage = 'all'

/** A link that shows one release to one person before it is public. Times are seconds since 1970. */
export type Preview = {
  /** What authors call it by. It tells nothing of the secret. */
  id: string
  /** Identity of the release. */
  release: string
  /** For whom it was made. Only authors see it. */
  name: string
  /** Other languages that are shown, or `everyLanguage` alone. */
  languages: string[]
  /** The publishers of whoever made it; undefined for all. */
  publishers: string[] | undefined
  /** Who made it. */
  by: string
  created: number
  expires: number
  revoked?: number | undefined
}

/**
 * What becomes of a link. `public`: its release is out. `gone`: the release is not there any more, was withdrawn before
 * its time, or belongs to a publisher for whom whoever made the link does not publish.
 */
export const previewStates = ['open', 'revoked', 'gone', 'public', 'expired'] as const
export type PreviewState = (typeof previewStates)[number]

/** What becomes of a link to a release at the second `now`. Without a release it is not there any more. */
export function stateOfPreview(
  { publishers, expires, revoked }: Preview,
  release: Pick<Release, 'publisher' | 'published' | 'withdrawn'> | undefined,
  now: number,
): PreviewState {
  if (revoked !== undefined) return 'revoked'
  if (!release || !isShownTo(publishers, release)) return 'gone'
  if (!isUnderEmbargo(release.published, now)) return 'public'
  if (release.withdrawn) return 'gone'
  return expires > now ? 'open' : 'expired'
}

function isShownTo(publishers: string[] | undefined, { publisher }: Pick<Release, 'publisher'>) {
  return !publishers || publishers.includes(publisher)
}

/** Whether a link shows a version of its release. What is public is seen elsewhere. */
export function isShownBy(preview: Preview, version: Release, now: number): boolean {
  const { languages, publishers, release } = preview
  const { id, language, published, withdrawn } = version
  const isAsked =
    id === release || languages.includes(everyLanguage) || languages.includes(language)
  const isToCome = isUnderEmbargo(published, now) && !withdrawn
  return isAsked && isToCome && isShownTo(publishers, version)
}

/** A new secret for an address: 128 random bits in hex, which survive every mail program. */
export function createSecret(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}

/** A new name for a link that is made at a millisecond. Names are in the order of their time. */
export function createPreviewId(at: number): string {
  return at.toString(16).padStart(12, '0') + toHex(crypto.getRandomValues(new Uint8Array(8)))
}

/** The secret that an address holds, in its one spelling; undefined for what can be none. */
export function readSecret(text: string): string | undefined {
  return /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : undefined
}

/** What is kept of a secret. So many random bits need no salt. */
export function digestOfSecret(secret: string): string {
  return toHex(digestOf('SHA-256', secret))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A link, with the release that it leads to as far as that is there. */
export type FoundPreview = {
  preview: Preview
  release: Release | undefined
  /** The last second that readers were shown: what was public then stays public, whatever the clock says. */
  shown: number
}

/** What a page is made of that shows a release before its time. */
export type PreviewContents = {
  site: Site
  vocabulary: Vocabulary
  /** The releases that the link shows, in the order of the site's languages. */
  releases: Release[]
  /** Versions and corrections that are public, and the releases above. */
  relations: Relations
}

/** The port that links to releases before their time need from a store. Nothing that readers see depends on it. */
export interface PreviewStore {
  /** The link with a secret, by its digest, unless it ended too long ago to be remembered at `now`. */
  find(digest: string, now: number): Promise<FoundPreview | undefined>
  /** What an open link shows. */
  contents(found: FoundPreview, now: number): Promise<PreviewContents>
  /** Whether one of some releases mentions a file below `media/`. */
  isMentioned(path: string, releases: Pick<Release, 'id'>[]): Promise<boolean>
  /** Keeps a link. Throws DomainError `conflict` where there are as many as there may be. */
  create(preview: Preview, digest: string): Promise<void>
  /** Links to a release, the newest first: all that work at `now`, and the last of those that have ended. */
  list(release: Pick<Release, 'id'>, now: number): Promise<Preview[]>
  /** Ends a link to a release, or all links to it. Those that were revoked before stay as they are. */
  revoke(release: Pick<Release, 'id'>, now: number, id?: string): Promise<void>
}
