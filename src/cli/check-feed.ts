import type { Addresses } from '../domain/addresses.ts'
import { isUnderEmbargo } from '../domain/embargo.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import type { Draft } from '../domain/publishing.ts'
import type { Release } from '../domain/release.ts'
import type { State } from '../domain/release-store.ts'
import { type Term, termFor } from '../domain/term.ts'
import { type FormatName, formats } from '../feeds/formats.ts'
import { type Walked, walkFeed } from '../probe/walk-feed.ts'
import type { Service } from './service.ts'

type Checked = Pick<Service, 'drafts' | 'store' | 'fetch'>

/** Reads a feed with its archives, and says also which releases of the folder are in none of them. */
export async function checkFeed(
  service: Checked,
  query: FeedQuery,
  format: FormatName,
  { state, addresses }: { state: State; addresses: Addresses },
): Promise<Walked> {
  const { fetch } = service
  const { walked, seen } = await walkFeed(fetch, addresses.feed(query, format), format)
  if (!seen) return walked
  // As this format has them: Atom knows addresses alone.
  const { writeIdentity: written = (id: string) => id } = formats[format]
  const isSeen = (id: string) => seen.has(written(id).trim())
  const lost = await lostReleases(service, query, isSeen, state)
  if (lost.length > 0) {
    const named = lost.slice(0, 3).map(({ release }) => `${release.slug}.${release.language}`)
    const more = lost.length > 3 ? ` and ${lost.length - 3} more` : ''
    walked.troubles.push({ message: `and its archives lack ${named.join(', ')}${more}` })
  }
  return walked
}

/** Releases that stand, answer a question by what their files say, and were met nowhere. */
async function lostReleases(
  { drafts, store }: Checked,
  { language, topics, withdrawn }: FeedQuery,
  isSeen: (id: string) => boolean,
  state: State,
): Promise<Draft[]> {
  if (withdrawn) return []
  const wanted = topics[0]?.with[0]
  const missing = drafts.filter(({ release }) => {
    const isPublic = !release.withdrawn && !isUnderEmbargo(release.authored, state.horizon)
    const isInLanguage = language === 'all' || release.language === language
    const isWanted = !wanted || termsOf(release, state).includes(wanted)
    return isPublic && isInLanguage && isWanted && !isSeen(release.id)
  })
  // More than a second has places for go into the next one, which may be to come.
  const found = await Promise.all(
    missing.map(({ release }) => store.findRelease(release.slug, release.language, state)),
  )
  const isOld = ({ release }: Draft) => release.authored < state.horizon
  return missing.filter((draft, index) => found[index] !== undefined || isOld(draft))
}

/** Everything that a release is found under. */
function termsOf({ topics, publisher, kind }: Release, { vocabulary }: State): Term[] {
  return [
    ...topics.flatMap((slug) => vocabulary.withBroader(slug)),
    termFor('publisher', publisher),
    termFor('kind', kind),
  ]
}
