import type { AtomFeed } from 'feedsmith'
import {
  filled,
  isWordPress,
  linkTo,
  older,
  plainOrHtml,
  readFiles,
  textOf,
  translationsIn,
  withAddress,
} from './entry-fields.ts'
import { webAddress, type ReadEntry, type ReadFeed } from './read-entry.ts'

/** A feed in Atom, as feedsmith reads it. `address` is where it was. */
export function readAtom(feed: AtomFeed.Feed<string>, address?: string): ReadFeed {
  const base = webAddress(feed.xml?.base, address) ?? address
  const links = feed.links ?? []
  const home = linkTo(links, 'alternate', base)
  return {
    format: 'atom',
    title: feed.title && plainOrHtml(feed.title),
    description: feed.subtitle && plainOrHtml(feed.subtitle),
    language: feed.xml?.lang ?? feed.dc?.languages?.[0],
    home,
    self: linkTo(links, 'self', base),
    older: older(links, base),
    isPagedByWordPress: isWordPress(feed.generator?.text, feed.generator?.uri),
    categories: [],
    entries: (feed.entries ?? []).map((entry) =>
      readAtomEntry(entry, base ?? home, feed.xml?.base),
    ),
    leftOut: [],
  }
}

function readAtomEntry(
  entry: AtomFeed.Entry<string>,
  feedBase: string | undefined,
  hasBase: string | undefined,
): ReadEntry {
  const ownBase = webAddress(entry.xml?.base, feedBase) ?? (hasBase ? feedBase : undefined)
  const links = entry.links ?? []
  const link = linkTo(links, 'alternate', ownBase ?? feedBase)
  const { content, summary } = entry
  const contentBase = webAddress(
    content?.xml?.base ?? summary?.xml?.base,
    ownBase ?? link ?? feedBase,
  )
  const body = textOf(content)
  const elsewhere = content?.src ? [{ url: content.src, type: content.type }] : []
  const enclosures = links.filter(({ rel }) => rel === 'enclosure')
  return {
    id: entry.id,
    link,
    title: textOf(entry.title),
    summary: body ? textOf(summary) : undefined,
    body: body ?? textOf(summary),
    base: contentBase ?? ownBase ?? link ?? feedBase,
    published: filled([entry.published, entry.dcterms?.issued?.[0], entry.dc?.dates?.[0]]),
    updated: filled([entry.updated, entry.dcterms?.modified?.[0]]),
    language:
      content?.xml?.lang ?? entry.xml?.lang ?? entry.title?.xml?.lang ?? entry.dc?.languages?.[0],
    categories: filled([
      ...(entry.categories ?? []).map(({ label, term }) => label ?? term),
      ...(entry.dc?.subjects ?? []),
    ]),
    files: readFiles(
      [
        ...enclosures.map(({ href = '', title, type }) => ({ url: href, title, type })),
        ...elsewhere,
      ],
      ownBase ?? link ?? feedBase,
    ),
    people: (entry.authors ?? []).flatMap(withAddress),
    translations: translationsIn(links, ownBase ?? feedBase),
  }
}
