import { programVersion } from '../domain/output-version.ts'
import { escapeMarkup } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import type { Link } from './body.ts'
import type { Category, Entry, Feed, Person } from './feed.ts'
import {
  archiveMark,
  below,
  declaration,
  element,
  isReplacedBy,
  replaces,
  textElement,
} from './xml.ts'

/**
 * Atom 1.0 (RFC 4287), written by ourselves: the `feed` package leaves out languages, types of
 * links and enclosures, and extensions.
 */
export function renderAtom(feed: Feed): string {
  const head = [
    textElement('id', feed.id),
    textElement('title', feed.title),
    textElement('subtitle', feed.description),
    textElement('updated', formatUtc(feed.updated)),
    // The first link is the page, for readers that take whichever comes first.
    element('link', { rel: 'alternate', type: 'text/html', href: feed.page }),
    element('link', { rel: 'self', type: 'application/atom+xml', href: feed.self('atom') }),
    ...(feed.hub ? [element('link', { rel: 'hub', href: feed.hub })] : []),
    ...archiveLinks(feed),
    // RFC 4946: entries without one of their own are under it, too.
    ...(feed.license ? [element('link', { rel: 'license', href: feed.license })] : []),
    ...feed.alternates
      .filter(({ language }) => language !== 'all')
      .map(({ language, self }) =>
        element('link', {
          rel: 'alternate',
          type: 'application/atom+xml',
          hreflang: language,
          href: self('atom'),
        }),
      ),
    author(feed.author),
    ...feed.categories.map((one) => category(one, feed.scheme)),
    element('generator', { version: programVersion }, 'Tiedote'),
    ...(feed.logo ? [textElement('icon', feed.logo), textElement('logo', feed.logo)] : []),
    ...(feed.rights ? [textElement('rights', feed.rights)] : []),
    ...(feed.current ? [archiveMark] : []),
  ]
  const entries = feed.entries.map((entry) => renderEntry(entry, feed.scheme))
  const attributes = { xmlns: 'http://www.w3.org/2005/Atom', 'xml:lang': feed.language }
  const lines = below([...head, ...entries, ...tombstones(feed)])
  return `${declaration}${element('feed', attributes, '\n', lines)}\n`
}

const deletions = 'http://purl.org/atompub/tombstones/1.0'

/**
 * RFC 5005 section 4. The link to older releases comes first, because some readers follow the first one
 * (P-05).
 */
function archiveLinks({ current, previous, next }: Feed): string[] {
  const links = { 'prev-archive': previous, current, 'next-archive': next }
  return Object.entries(links).flatMap(([rel, document]) => {
    if (!document) return []
    return [element('link', { rel, type: 'application/atom+xml', href: document('atom') })]
  })
}

/** RFC 6721, for programs that know it; all others see the entry itself change (D-02). */
function tombstones({ current, entries }: Feed): string[] {
  if (current) return []
  return entries.flatMap(({ id, updated, release }) => {
    if (!release.withdrawn) return []
    const attributes = { 'xmlns:at': deletions, ref: identityInAtom(id), when: formatUtc(updated) }
    const comment = textElement('at:comment', release.withdrawn.reason)
    return [element('at:deleted-entry', attributes, '\n', comment, '\n')]
  })
}

function renderEntry(entry: Entry, scheme: string): string {
  // Mostly both times are the same.
  const published = formatUtc(entry.published)
  const lines = [
    textElement('id', identityInAtom(entry.id)),
    textElement('title', entry.title),
    ...links(entry),
    textElement('published', published),
    textElement(
      'updated',
      entry.updated === entry.published ? published : formatUtc(entry.updated),
    ),
    author(entry.author),
    ...entry.categories.map((one) => category(one, scheme)),
    textElement('summary', entry.summary),
    element('content', { type: 'html', 'xml:lang': entry.language }, escapeMarkup(entry.html)),
  ]
  return element('entry', { 'xml:lang': entry.language }, '\n', below(lines))
}

/**
 * An identity in Atom. Those from earlier feeds may be any text, and Atom accepts only IRIs (RFC 4287 section
 * 4.2.6).
 */
export function identityInAtom(id: string): string {
  // Identities that we made need no check.
  if (/^urn:uuid:[\da-f-]{36}$/.test(id)) return id
  return URL.canParse(id) && !/[\s<>"{}|\\^`]/.test(id)
    ? id
    : `urn:x-guid:${encodeURIComponent(id)}`
}

/**
 * Most readers take the first alternate link for the release's own, Python's feedparser and
 * so Superdesk the last one. Both find it: the language versions stand between two of them, which
 * RFC 4287 section 4.1.2 allows because only one has a language.
 */
function links({ url, language, translations, files, correctionLinks }: Entry): string[] {
  const alternate = { rel: 'alternate', type: 'text/html' }
  const versions = translations.map((one) => ({
    ...alternate,
    hreflang: one.language,
    href: one.url,
  }))
  const own = versions.length > 0 ? [{ ...alternate, hreflang: language, href: url }] : []
  const enclosures = files.map((file) => ({
    rel: 'enclosure',
    type: file.type,
    length: file.size,
    title: file.title,
    href: file.url,
  }))
  const { corrects, correctedBy, replacedBy } = correctionLinks
  const html = (rel: string) => (to: Link) => ({ rel, type: 'text/html', href: to.url })
  const corrections = [
    ...(corrects ? [corrects] : []).map(html(replaces)),
    ...[...correctedBy, ...(replacedBy ? [replacedBy] : [])].map(html(isReplacedBy)),
  ]
  return [{ ...alternate, href: url }, ...versions, ...own, ...corrections, ...enclosures].map(
    (attributes) => element('link', attributes),
  )
}

function author({ name, url, email }: Person): string {
  return element(
    'author',
    {},
    textElement('name', name),
    url ? textElement('uri', url) : '',
    email ? textElement('email', email) : '',
  )
}

function category({ term, label }: Category, scheme: string): string {
  return element('category', { term, scheme, label })
}
