import type { FormatName } from '../domain/addresses.ts'
import { renderAtom } from './atom.ts'
import type { Feed } from './feed.ts'
import { renderJsonFeed } from './json-feed.ts'
import { renderRss } from './rss.ts'

/** A way to write a feed down. */
export type Format = {
  /** As a link's `type` says it. */
  mediaType: string
  /** As the response says it (H-25). */
  contentType: string
  /** The whole document. The same feed gives the same bytes, always (H-17). */
  render: (feed: Feed) => string
}

export const formats: Record<FormatName, Format> = {
  rss: {
    mediaType: 'application/rss+xml',
    contentType: 'application/rss+xml; charset=utf-8',
    render: renderRss,
  },
  atom: {
    mediaType: 'application/atom+xml',
    contentType: 'application/atom+xml; charset=utf-8',
    render: renderAtom,
  },
  json: {
    mediaType: 'application/feed+json',
    contentType: 'application/feed+json',
    render: renderJsonFeed,
  },
}
