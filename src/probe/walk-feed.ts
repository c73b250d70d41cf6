import { examineFeed, type Trouble } from './examine-feed.ts'
import { isReadBack } from './read-feed.ts'

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

/**
 * Reads a feed as a client does that has never seen it, from its head to its oldest archive. `seen` has
 * the identities of all releases in it; undefined where documents of its format are not read back.
 */
export async function walkFeed(
  fetch: (request: Request) => Promise<Response>,
  address: string,
  format: string,
): Promise<{ walked: Walked; seen: Set<string> | undefined }> {
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
    const response = await fetch(new Request(at))
    if (response.status !== 200) {
      complain({ message: `is answered ${response.status}` })
      break
    }
    const body = new Uint8Array(await response.arrayBuffer())
    walked.largest = Math.max(walked.largest, body.length)
    const { document, troubles } = examineFeed(format, body, Math.floor(Date.now() / 1000))
    troubles.forEach(complain)
    if (!isReadBack(format)) return { walked: { ...walked, documents: 1 }, seen: undefined }
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
  return { walked, seen }
}
