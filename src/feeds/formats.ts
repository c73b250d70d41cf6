import { identityInAtom, renderAtom } from './atom.ts'
import type { Feed } from './feed.ts'
import { renderJsonFeed } from './json-feed.ts'
import { renderRss } from './rss.ts'

/** A format, with everything that the service knows of it. */
export type Format = {
  /** As people call it. */
  label: string
  /** As a link's `type` says it. */
  mediaType: string
  /** As the response says it (H-25). */
  contentType: string
  /** Place among links to the same feed: readers take the first that they know. */
  rank: number
  /** Spellings of the main feed that readers try beside its address (O-04). */
  wellKnown: string[]
  /** How it writes the identity of a release, if not as it is. */
  writeIdentity?: (id: string) => string
  /** Whether the hub sends the whole document, because a part of it would not be one (WebSub section 7). */
  isPushedWhole?: boolean
  /** The whole document. The same feed gives the same bytes, always (H-17). */
  render: (feed: Feed) => string
}

/** One row for each format. The name of a row ends the addresses of its documents. */
const rows = {
  rss: {
    label: 'RSS',
    mediaType: 'application/rss+xml',
    contentType: 'application/rss+xml; charset=utf-8',
    rank: 2,
    wellKnown: ['feed', 'feed.xml', 'rss.xml', 'index.xml'],
    render: renderRss,
  },
  atom: {
    label: 'Atom',
    mediaType: 'application/atom+xml',
    contentType: 'application/atom+xml; charset=utf-8',
    rank: 1,
    wellKnown: ['atom.xml'],
    writeIdentity: identityInAtom,
    render: renderAtom,
  },
  json: {
    label: 'JSON Feed',
    mediaType: 'application/feed+json',
    contentType: 'application/feed+json',
    rank: 3,
    wellKnown: [],
    isPushedWhole: true,
    render: renderJsonFeed,
  },
} satisfies Record<string, Format>

/**
 * The calendar of a question, at the addresses of its feeds. It is no feed: nothing announces it as one, or readers
 * would offer it for news.
 */
export const calendar = {
  ending: 'ics',
  label: 'iCalendar',
  mediaType: 'text/calendar',
  contentType: 'text/calendar; charset=utf-8',
} as const

export type FormatName = keyof typeof rows

export const formats: Record<FormatName, Format> = rows

export const formatNames = Object.keys(formats) as FormatName[]

/** In the order of links to the same feed. */
export const rankedFormats = formatNames.toSorted((a, b) => formats[a].rank - formats[b].rank)

/** For clients that do not ask for a format. */
export const preferredFormat = rankedFormats[0]!

/** Something for each format, by its name. */
export function inEachFormat<T>(make: (format: FormatName) => T): Record<FormatName, T> {
  const made = formatNames.map((format) => [format, make(format)])
  return Object.fromEntries(made) as Record<FormatName, T>
}

/** What the address of a question may end in. */
export type Ending = FormatName | typeof calendar.ending

/** Takes the name of a format, or that of the calendar, off the end of an address: `eu.atom` is `eu` in Atom. */
export function splitFormat(text: string): { name: string; format?: Ending } {
  const dot = text.lastIndexOf('.')
  const ending = text.slice(dot + 1).toLowerCase()
  const isKnown = ending === calendar.ending || Object.hasOwn(formats, ending)
  if (dot < 0 || !isKnown) return { name: text }
  return { name: text.slice(0, dot), format: ending as Ending }
}
