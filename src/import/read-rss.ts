import type { RdfFeed, RssFeed } from 'feedsmith'
import {
  asText,
  filled,
  isWordPress,
  linkTo,
  older,
  personIn,
  readFiles,
  textOf,
  translationsIn,
  withAddress,
} from './entry-fields.ts'
import { webAddress, type ReadEntry, type ReadFeed } from './read-entry.ts'

type Item = RssFeed.Item<string> & Pick<RdfFeed.Item<string>, 'rdf'>

/** A feed in RSS 0.9x, 1.0 or 2.0, as feedsmith reads it. `address` is where it was. */
export function readRss(
  feed: RssFeed.Feed<string> & RdfFeed.Feed<string>,
  address?: string,
): ReadFeed {
  const home = webAddress(feed.link, address)
  const base = webAddress(feed.xml?.base, address ?? home) ?? address ?? home
  const links = feed.atom?.links ?? []
  return {
    format: 'rss',
    title: feed.title ?? feed.dc?.titles?.[0],
    description: feed.description,
    language: feed.language ?? feed.dc?.languages?.[0] ?? feed.xml?.lang,
    home,
    self: linkTo(links, 'self', base),
    older: older(links, base),
    isPagedByWordPress: isWordPress(feed.generator),
    categories: [],
    entries: (feed.items ?? []).map((item) => readItem(item as Item, base)),
    leftOut: [],
  }
}

function readItem(item: Item, feedBase: string | undefined): ReadEntry {
  const ownBase = webAddress(item.xml?.base, feedBase)
  const links = item.atom?.links ?? []
  const guid = item.guid?.value
  const link =
    webAddress(item.link, ownBase ?? feedBase) ??
    linkTo(links, 'alternate', ownBase ?? feedBase) ??
    (item.guid?.isPermaLink === false ? undefined : webAddress(guid))
  // Podcasts and pictures come as Media RSS, where groups hold one file in several sizes.
  const media = [
    ...(item.media?.contents ?? []),
    ...(item.media?.groups?.[0]?.contents?.slice(0, 1) ?? []),
  ]
  const files = [...(item.enclosures ?? []), ...media.map(({ url = '', type }) => ({ url, type }))]
  const description = item.description ?? item.dc?.descriptions?.[0] ?? item.dcterms?.abstracts?.[0]
  const encoded = item.content?.encoded ?? textOf(item.atom?.content)?.value
  const creators = [...(item.dc?.creators ?? []), ...(item.dc?.contributors ?? [])]
  return {
    id: guid ?? item.atom?.id ?? item.rdf?.about,
    link,
    title:
      asText(item.title ?? item.dc?.titles?.[0], true) ?? asText(item.media?.title?.value, true),
    summary: encoded ? asText(description ?? item.itunes?.summary, true) : undefined,
    body: asText(encoded ?? description ?? item.itunes?.summary, true),
    base: ownBase ?? link ?? feedBase,
    published: filled([
      item.pubDate,
      item.atom?.published,
      item.dcterms?.issued?.[0],
      item.dcterms?.available?.[0],
      item.dc?.dates?.[0],
      item.dcterms?.dates?.[0],
      item.dcterms?.created?.[0],
    ]),
    updated: filled([item.atom?.updated, item.dcterms?.modified?.[0]]),
    language: item.dc?.languages?.[0] ?? item.xml?.lang,
    categories: filled([
      ...(item.categories ?? []).map(({ name }) => name),
      ...(item.dc?.subjects ?? []),
      ...(item.dcterms?.subjects ?? []),
    ]),
    files: readFiles(files, ownBase ?? link ?? feedBase),
    people: [...(item.authors ?? []), ...creators.map((text) => personIn(text))].flatMap(
      withAddress,
    ),
    translations: translationsIn(links, ownBase ?? feedBase),
  }
}
