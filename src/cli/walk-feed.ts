import type { Addresses } from '../domain/addresses.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import type { Draft } from '../domain/publishing.ts'
import type { State } from '../domain/release-store.ts'
import { type FormatName, formats } from '../feeds/formats.ts'
import { examineFeed, type Trouble } from './examine-feed.ts'
import { isReadBack } from './read-feed.ts'
import type { Service } from './service.ts'

/** A feed in one format, from its head to its oldest archive. */
export type Walked = {
  address: string
  /** Releases in the head. */
  releases: number
  /** Releases in the archives that are not in the head. */
  archived: number
  documents: number
  /** Bytes of the largest document. */
  largest: number
  troubles: Trouble[]
}

/** Reads a feed as a client does that has never seen it, and looks for what it cannot find. */
export async function walkFeed(
  service: Pick<Service, 'drafts' | 'store' | 'fetch'>,
  query: FeedQuery,
  format: FormatName,
  { state, addresses }: { state: State; addresses: Addresses },
): Promise<Walked> {
  const address = addresses.feed(query, format)
  const walked: Walked = {
    address,
    releases: 0,
    archived: 0,
    documents: 0,
    largest: 0,
    troubles: [],
  }
  const seen = new Set<string>()
  const visited = new Set<string>()
  for (let next: string | undefined = address; next; walked.documents++) {
    const at: string = next
    const complain = (trouble: Trouble) => {
      const message = at === address ? trouble.message : `leads to ${at}, which ${trouble.message}`
      walked.troubles.push({ ...trouble, message })
    }
    visited.add(at)
    const response = await service.fetch(new Request(at))
    if (response.status !== 200) {
      complain({ message: `is answered ${response.status}` })
      break
    }
    const body = new Uint8Array(await response.arrayBuffer())
    walked.largest = Math.max(walked.largest, body.length)
    const { document, troubles } = examineFeed(format, body, Math.floor(Date.now() / 1000))
    troubles.forEach(complain)
    if (!isReadBack(format)) return { ...walked, documents: 1 }
    if (!document) break
    if (document.self !== at) complain({ message: `says that its address is ${document.self}` })
    for (const { id } of document.entries) seen.add(id)
    if (walked.documents === 0) walked.releases = seen.size
    next = document.previous
    if (next && visited.has(next)) {
      complain({ message: 'leads to itself through its archives' })
      break
    }
  }
  walked.archived = seen.size - walked.releases
  const { writeIdentity = (id: string) => id } = formats[format]
  const isSeen = (id: string) => seen.has(writeIdentity(id).trim())
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
  { drafts, store }: Pick<Service, 'drafts' | 'store'>,
  { language, topics, withdrawn }: FeedQuery,
  isSeen: (id: string) => boolean,
  state: State,
): Promise<Draft[]> {
  if (withdrawn) return []
  const wanted = topics[0]?.with[0]
  const missing = drafts.filter(({ release }) => {
    const isPublic = !release.withdrawn && release.authored <= state.horizon
    const isInLanguage = language === 'all' || release.language === language
    const isOnTopic =
      !wanted || release.topics.some((slug) => state.vocabulary.withBroader(slug).includes(wanted))
    return isPublic && isInLanguage && isOnTopic && !isSeen(release.id)
  })
  // More than a second has places for go into the next one, which may be to come.
  const found = await Promise.all(
    missing.map(({ release }) => store.findRelease(release.slug, release.language, state)),
  )
  const isOld = ({ release }: Draft) => release.authored < state.horizon
  return missing.filter((draft, index) => found[index] !== undefined || isOld(draft))
}
