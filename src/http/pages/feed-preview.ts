import { html } from 'hono/html'
import { type FeedQuery, textLanguage } from '../../domain/feed-query.ts'
import { type FormatName, formats } from '../../feeds/formats.ts'
import type { Current } from '../answers/state.ts'
import type { Contents } from './contents.ts'
import { listPage } from './list.ts'
import { questionMetadata } from './metadata.ts'
import { copyButton } from './subscribe.ts'
import { type Html, viewIn } from './view.ts'

/** A feed document that a person opened. */
export type Opened = {
  query: FeedQuery
  format: FormatName
  /** Address of this document. */
  address: string
  /** Address of the feed, if the document is one of its archives. */
  head?: string | undefined
}

/** The page of a question, with metadata for search engines. */
export function questionPage(query: FeedQuery, contents: Contents, current: Current): Html {
  return listPage(query, contents, current, { head: questionMetadata(query, current) })
}

/**
 * The page for a person who opens a feed in a browser: the page of its question. On top it explains what a
 * feed is and how to subscribe (V-02, V-03).
 */
export function feedPreview(opened: Opened, contents: Contents, current: Current): Html {
  const { query } = opened
  const head = questionMetadata(query, current)
  return listPage(query, contents, current, { head, top: explanation(opened, current) })
}

function explanation({ query, format, address, head }: Opened, current: Current): Html {
  const language = textLanguage(query, current.site)
  const view = viewIn(language, current)
  const { isArchive, isFeed, toSubscribe } = view.messages
  const { label } = formats[format]
  const what = head ? isArchive(label) : isFeed(label)
  return html`<div class="notice">
<p>${what} ${toSubscribe}</p>
<p><code>${head ?? address}</code> ${copyButton(format, view)}</p>
</div>
`
}
