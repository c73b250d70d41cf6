import type { JsonFeed } from 'feedsmith'
import { asText, escaped, filled, readFiles } from './entry-fields.ts'
import { webAddress, type ReadEntry, type ReadFeed } from './read-entry.ts'

/** A JSON Feed, as feedsmith reads it. `address` is where it was. */
export function readJsonFeed(feed: JsonFeed.Feed<string>, address?: string): ReadFeed {
  const home = webAddress(feed.home_page_url, address)
  const base = address ?? webAddress(feed.feed_url) ?? home
  return {
    format: 'json',
    title: feed.title && escaped(feed.title),
    description: feed.description && escaped(feed.description),
    language: feed.language,
    home,
    self: webAddress(feed.feed_url, address),
    older: webAddress(feed.next_url, base),
    isPagedByWordPress: false,
    categories: [],
    entries: (feed.items ?? []).map((item) => readJsonItem(item, base)),
    leftOut: [],
  }
}

function readJsonItem(item: JsonFeed.Item<string>, feedBase: string | undefined): ReadEntry {
  const link = webAddress(item.url, feedBase) ?? webAddress(item.external_url, feedBase)
  const base = link ?? feedBase
  const html = asText(item.content_html, true)
  const body = html ?? asText(item.content_text, false)
  const files = (item.attachments ?? []).map(({ url = '', title, mime_type }) => {
    return { url, title, type: mime_type }
  })
  return {
    id: item.id,
    link,
    title: asText(item.title, false),
    summary: body ? asText(item.summary, false) : undefined,
    body: body ?? asText(item.summary, false),
    base,
    published: filled([item.date_published]),
    updated: filled([item.date_modified]),
    language: item.language,
    categories: filled(item.tags ?? []),
    files: readFiles(files, base),
    people: [],
    translations: [],
  }
}
