import type { FormatName } from '../domain/addresses.ts'
import type { FeedQuery } from '../domain/feed-query.ts'
import { fingerprint } from '../domain/identity.ts'
import type { StoredRelease } from '../domain/release-store.ts'
import { beforeAnyChange, createFeed } from '../feeds/feed.ts'
import { formats } from '../feeds/formats.ts'
import type { Current, Services } from './services.ts'
import type { Document } from './kept-documents.ts'

/** Releases in a feed: readers look at no fewer (C-08). */
const newest = 50
/** Beyond those, everything of this long before the newest, in seconds: nobody polls more rarely. */
const week = 7 * 86_400
/** Feedbin reads no more (C-04). */
const most = 300
/** Characters of text beyond which only the 50 newest stay (H-38). */
const target = 250_000

/** The document of a question in a format, made anew only when the store has changed. */
export async function feedDocument(
  query: FeedQuery,
  format: FormatName,
  current: Current,
  { store, documents }: Services,
): Promise<Document> {
  const { revision, horizon } = current
  const address = current.addresses.feed(query, format)
  const kept = documents.get(address)
  if (kept?.revision === revision && kept.horizon === horizon) return kept

  const releases = headOf(await store.find(query, current, most))
  const slugs = [...new Set(releases.map(({ slug }) => slug))]
  const versions = await store.findVersions(slugs, current)
  const feed = await createFeed(query, releases, versions, current)
  const { contentType, render } = formats[format]
  const body = render(feed)
  const etag = `W/"${await fingerprint(body)}"`
  const lastModified = moveOn(kept, etag, Math.max(lastChange(releases), current.changed))
  const document = { body, contentType, etag, lastModified, revision, horizon }
  documents.put(address, document)
  return document
}

/** The releases that stand in a feed: enough that nobody who polls once a week misses one. */
function headOf(releases: StoredRelease[]): StoredRelease[] {
  const oldest = (releases[0]?.published ?? 0) - week
  let size = 0
  return releases.filter(({ published, html }, index) => {
    size += html.length
    return index < newest || (published >= oldest && size <= target)
  })
}

function lastChange(releases: StoredRelease[]): number {
  return releases.reduce((latest, { changed }) => Math.max(latest, changed), beforeAnyChange)
}

/** Last-Modified must rise with every change, or libcurl takes the new document for the old (H-10). */
function moveOn(kept: Document | undefined, etag: string, lastModified: number): number {
  if (!kept) return lastModified
  if (kept.etag === etag) return kept.lastModified
  return Math.max(lastModified, kept.lastModified + 1)
}
