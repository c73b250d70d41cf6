import { type Extension, Feed as FeedPackage } from 'feed'
import { formatUtc } from '../domain/time.ts'
import type { Release } from '../domain/release.ts'
import type { Entry, Feed } from './feed.ts'

/**
 * JSON Feed 1.1 by the `feed` package, which knows version 1: extensions bring it up to 1.1 and
 * carry what is particular to press releases in `_tiedote`.
 */
export function renderJsonFeed(feed: Feed): string {
  const document = new FeedPackage({
    title: feed.title,
    link: feed.page,
    feedLinks: { json: feed.self.json },
    description: feed.description,
    author: { name: feed.author.name, ...(feed.author.url && { link: feed.author.url }) },
    ...(feed.logo && { image: feed.logo }),
  })
  const members = {
    version: 'https://jsonfeed.org/version/1.1',
    language: feed.language,
    authors: [feed.author],
    ...(feed.logo && { favicon: feed.logo }),
    ...(feed.hasEnded && { expired: true }),
    ...(feed.previous && { next_url: feed.previous.json }),
    _tiedote: {
      about: feed.extension,
      updated: formatUtc(feed.updated),
      topics: feed.categories,
      rights: feed.rights,
      current: feed.current?.json,
      languages: filled(
        feed.sisters.map(({ language, page, self }) => ({ language, page, feed: self.json })),
      ),
      withdrawn: filled(feed.current ? [] : feed.entries.flatMap(tombstone)),
    },
  }
  for (const extension of extensions(members)) document.addExtension(extension)
  for (const entry of feed.entries) document.addItem(item(entry))
  // The package indents by four spaces, a seventh of the document.
  return `${JSON.stringify(JSON.parse(document.json1()))}\n`
}

function item(entry: Entry) {
  const { image } = entry
  return {
    id: entry.id,
    title: entry.title,
    link: entry.url,
    description: entry.summary,
    content: entry.html,
    date: new Date(entry.updated * 1000),
    published: new Date(entry.published * 1000),
    ...(image && { image: image.url }),
    category: entry.categories.map(({ label }) => ({ name: label })),
    extensions: extensions({
      // RFC 3339 without the fraction of a second, which some programs cannot read.
      date_published: formatUtc(entry.published),
      date_modified: formatUtc(entry.updated),
      language: entry.language,
      authors: [entry.author],
      // Deprecated in 1.1, and the only one that several readers know (C-15).
      author: entry.author,
      ...(entry.files.length > 0 && {
        attachments: entry.files.map(({ url, type, size, title }) => ({
          url,
          mime_type: type,
          size_in_bytes: size,
          title,
        })),
      }),
      _tiedote: details(entry),
    }),
  }
}

/** What a newsroom's program wants to know and JSON Feed has no member for (J-09). */
function details({ release, translations, files, categories, around }: Entry) {
  return {
    status: statusOf(release),
    kind: release.kind,
    authored: formatUtc(release.authored),
    topics: categories,
    contacts: filled(release.contacts),
    event: release.event,
    translations: filled(translations),
    corrects: around.corrects,
    correctedBy: filled(around.correctedBy),
    replacedBy: around.replacedBy,
    related: filled(release.related),
    changes: filled(
      release.changes.map(({ at, kind, note }) => ({ at: formatUtc(at), kind, note })),
    ),
    images: filled(
      files
        .filter(({ type }) => type.startsWith('image/'))
        .map(({ url, title, alt, credit }) => ({ url, title, alt, credit })),
    ),
  }
}

function statusOf({ withdrawn, changes }: Release): 'withdrawn' | 'corrected' | 'current' {
  if (withdrawn) return 'withdrawn'
  return changes.some(({ kind }) => kind === 'correction') ? 'corrected' : 'current'
}

/** The same as Atom's deleted entries (D-02). */
function tombstone({ id, updated, release }: Entry) {
  if (!release.withdrawn) return []
  return [{ id, at: formatUtc(updated), reason: release.withdrawn.reason }]
}

function filled<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined
}

function extensions(members: Record<string, unknown>): Extension[] {
  return Object.entries(members).map(([name, objects]) => ({ name, objects }) as Extension)
}
