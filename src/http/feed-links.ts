import type { FeedQuery } from '../domain/feed-query.ts'
import type { Ending } from '../domain/retirement.ts'
import { type ArchiveLinks, hubOf } from '../feeds/feed.ts'
import { type FormatName, formats, rankedFormats } from '../feeds/formats.ts'
import type { Current } from './answers/state.ts'

/** The Link header of a page: the feeds it announces, in the order of its head, and where it lives (O-05). */
export function pageLinks(query: FeedQuery, page: string, { addresses }: Current): string {
  const feeds = rankedFormats.map((format) => {
    return `<${addresses.feed(query, format)}>; rel="alternate"; type="${formats[format].mediaType}"`
  })
  return [...feeds, `<${page}>; rel="canonical"`].join(', ')
}

/**
 * The Link header of a feed document (RFC 8288): the hub, the links that stand in it, its other formats, the
 * page that search engines are to show instead, and where to go when the feed ends (RFC 5829, RFC
 * 9745) (H-35, H-39, H-43).
 */
export function feedLinks(
  query: FeedQuery,
  format: FormatName,
  { interval, previous }: ArchiveLinks,
  ending: Ending | undefined,
  { addresses, site }: Current,
): string {
  const page = addresses.page(query)
  const hub = hubOf(query, { interval }, addresses)
  const addressIn = (one: FormatName, of: string | undefined) =>
    of === undefined ? addresses.feed(query, one) : addresses.archive(query, of, one)
  const feed = (rel: string, target: string, one = format) =>
    `<${target}>; rel="${rel}"; type="${formats[one].mediaType}"`
  const others = rankedFormats.filter((other) => other !== format)
  const successors = (ending?.successors ?? []).map((slug) => {
    const topics = [{ with: [slug], without: [] }]
    return feed('successor-version', addresses.feed({ ...query, topics }, format))
  })
  const alternates = site.languages
    .filter((language) => language !== query.language)
    .map((language) => {
      const target = addresses.feed({ ...query, language }, format)
      return `${feed('alternate', target)}; hreflang="${language}"`
    })
  return [
    // First, because some subscribers take the first link for it (W-01).
    ...(hub ? [`<${hub}>; rel="hub"`] : []),
    feed('self', addressIn(format, interval)),
    `<${page}>; rel="alternate"; type="text/html"`,
    ...others.map((other) => feed('alternate', addressIn(other, interval), other)),
    ...(previous ? [feed('prev-archive', addressIn(format, previous))] : []),
    ...(interval ? [feed('current', addresses.feed(query, format))] : []),
    ...alternates,
    `<${page}>; rel="canonical"`,
    ...(site.license ? [`<${site.license}>; rel="license"`] : []),
    ...successors,
    ...(ending ? [`<${page}>; rel="deprecation"; type="text/html"`] : []),
  ].join(', ')
}
