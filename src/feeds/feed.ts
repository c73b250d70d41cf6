import type { Addresses } from '../domain/addresses.ts'
import { type FeedQuery, textLanguage } from '../domain/feed-query.ts'
import { identity } from '../domain/identity.ts'
import { isShownAsPicture } from '../domain/media-types.ts'
import type { Release } from '../domain/release.ts'
import type { Ending } from '../domain/retirement.ts'
import { inLanguage, publisherOf, type Site } from '../domain/site.ts'
import { ofSort, partTerm } from '../domain/term.ts'
import type { Topic, Vocabulary } from '../domain/topic.ts'
import { type TopicExpression, wantedTerms } from '../domain/topic-expression.ts'
import type { Relations, Version } from '../domain/release-store.ts'
import { escapeMarkup, isMailAddress } from '../domain/text.ts'
import { type CorrectionLinks, fullText, type Link, summaryOf } from './body.ts'
import { textsOf } from './languages.ts'
import { labelOf, titleOf } from './question-in-words.ts'

/** Text with what a machine calls it. */
export type Category = { term: string; label: string }

export type Person = { name: string; url?: string | undefined; email?: string | undefined }

export type File = {
  url: string
  type: string
  /** Bytes. */
  size: number
  title: string
  alt?: string | undefined
  credit?: string | undefined
}

export type Translation = { language: string; url: string; title: string }

/** A release as documents carry it. All addresses are absolute, all times seconds since 1970. */
export type Entry = {
  id: string
  url: string
  title: string
  /** Plain text: what was corrected, and the lead. */
  summary: string
  html: string
  language: string
  published: number
  updated: number
  author: Person
  categories: Category[]
  files: File[]
  /** The first picture among the files that browsers show. */
  image?: File | undefined
  translations: Translation[]
  correctionLinks: CorrectionLinks
  release: Release
}

/** The archives before and after a document (RFC 5005 section 4). Intervals as in addresses. */
export type ArchiveLinks = {
  /** Interval of this document; missing for the head. */
  interval?: string | undefined
  /** Interval of the archive before this document. */
  previous?: string | undefined
  /** Interval of the archive after this one. */
  next?: string | undefined
}

/** The address of a document in a format, by the format's name. */
type InFormat = (format: string) => string

/** The same question in another language. */
export type Alternate = { language: string; page: string; self: InFormat }

/** A question answered: everything that its document says, in whatever format. */
export type Feed = {
  /** That of the Atom document: permanent, and no other feed has it (U-09). */
  id: string
  title: string
  description: string
  language: string
  /** The page that shows the same. */
  page: string
  self: InFormat
  /** Where to subscribe to pushes of it (WebSub). */
  hub?: string | undefined
  /** Address of the head, in an archive. */
  current?: InFormat | undefined
  previous?: InFormat | undefined
  next?: InFormat | undefined
  alternates: Alternate[]
  updated: number
  author: Person
  /** Topics that the question asks for. */
  categories: Category[]
  scheme: string
  extension: string
  logo?: string | undefined
  rights?: string | undefined
  /** Address of the license of all releases. */
  license?: string | undefined
  /** The feed has ended. Its first entry says so. */
  hasEnded: boolean
  entries: Entry[]
}

/** What documents are made with. */
export type FeedContext = { site: Site; vocabulary: Vocabulary; addresses: Addresses }

/** A feed without releases has never changed. Readers refuse dates before 2000-01-02 (H-09). */
export const beforeAnyChange = Date.UTC(2001, 0, 1) / 1000

/**
 * Makes the feed of a question from releases, newest first. `relations` are the releases that they are linked
 * to, `archiveLinks` the documents before and after, `ending` how the feed ends, if it does. Every decision
 * about the document is made here. Renderers only write it.
 */
export function createFeed(
  query: FeedQuery,
  releases: Release[],
  relations: Relations,
  context: FeedContext,
  { archiveLinks = {}, ending }: { archiveLinks?: ArchiveLinks; ending?: Ending | undefined } = {},
): Feed {
  const { site, addresses } = context
  const language = textLanguage(query, site)
  const headOf = (asked: FeedQuery) => (format: string) => addresses.feed(asked, format)
  const archive = (interval: string | undefined): InFormat | undefined =>
    interval === undefined ? undefined : (format) => addresses.archive(query, interval, format)
  const head = headOf(query)
  const endNotice =
    ending && archiveLinks.interval === undefined && createEndNotice(query, ending, context)
  const entries = releases.map((release) => createEntry(release, relations, context))
  const asked = wantedTerms(query.topics)
  const issuer = publisherAsked(query.topics)
  return {
    id: identityOf('feed', head('atom'), site),
    title: titleOf(query, context),
    description: inLanguage(site.description, language, site),
    language,
    page: addresses.page(query),
    self: archive(archiveLinks.interval) ?? head,
    hub: hubOf(query, archiveLinks, addresses),
    current: archiveLinks.interval === undefined ? undefined : head,
    previous: archive(archiveLinks.previous),
    next: archive(archiveLinks.next),
    alternates: [...site.languages, 'all']
      .filter((other) => other !== query.language && site.languages.length > 1)
      .map((other) => ({
        language: other,
        page: addresses.page({ ...query, language: other }),
        self: headOf({ ...query, language: other }),
      })),
    updated: releases.reduce(
      (latest, { updated }) => Math.max(latest, updated),
      ending?.at ?? beforeAnyChange,
    ),
    author: issuer ? personOf(issuer, language, site) : officeOf(language, site),
    categories: ofSort('topic', asked).map((slug) => categoryOf(slug, language, context)),
    scheme: addresses.scheme(),
    extension: addresses.extension(),
    logo: site.logo && addresses.media(site.logo),
    rights: site.rights && inLanguage(site.rights, language, site),
    license: site.license,
    hasEnded: Boolean(endNotice),
    entries: endNotice ? [endNotice, ...entries] : entries,
  }
}

/** The hub that pushes the feed of a question: that of every head, and of no search (W-43). */
export function hubOf(
  { words }: FeedQuery,
  { interval }: ArchiveLinks,
  { hub }: Addresses,
): string | undefined {
  return words.length === 0 && interval === undefined ? hub : undefined
}

/**
 * The last entry of a feed that has ended (H-35). Its identity is that of the feed's end and of
 * nothing else, so that no reader takes it for a release.
 */
function createEndNotice(query: FeedQuery, ending: Ending, context: FeedContext): Entry {
  const { site, addresses } = context
  const language = textLanguage(query, site)
  const wording = textsOf(language).documents
  const page = addresses.page(query)
  const note = ending.note && inLanguage(ending.note, language, site)
  const text = [wording.endedText(titleOf(query, context)), note].filter(Boolean).join(' ')
  const successors = ending.successors.map((term) => ({
    url: addresses.page({ ...query, topics: [{ with: [term], without: [] }] }),
    title: labelOf(term, language, context),
  }))
  const instead = successors.map(({ url, title }) => `<a href="${url}">${escapeMarkup(title)}</a>`)
  const release: Release = {
    id: identityOf('ended', addresses.feed(query, 'atom'), site),
    slug: '',
    language,
    formerly: [],
    title: wording.ended,
    lead: text,
    html: instead.length > 0 ? `<p>${wording.instead}: ${instead.join(', ')}</p>` : '',
    published: ending.at,
    updated: ending.at,
    authored: ending.at,
    topics: ofSort('topic', wantedTerms(query.topics)),
    publisher: Object.keys(site.publishers)[0]!,
    kind: 'advisory',
    contacts: [],
    attachments: [],
    related: [],
    changes: [],
  }
  const nothing = { versions: new Map(), corrections: new Map() }
  return { ...createEntry(release, nothing, context), url: page }
}

/** The identity of a feed, or of its end. It does not depend on the origin. */
function identityOf(what: 'feed' | 'ended', address: string, site: Site): string {
  const { pathname, search } = new URL(address)
  return identity(site.id, `${what} ${pathname}${search}`)
}

/** One release as an entry. It depends on the release and the site alone, never on the feed (C-03). */
export function createEntry(release: Release, relations: Relations, context: FeedContext): Entry {
  const { site, addresses } = context
  const { withdrawn } = release
  const correctionLinks = correctionLinksOf(release, relations, addresses)
  const files = (withdrawn ? [] : release.attachments).map(({ path, ...file }) => ({
    ...file,
    url: addresses.media(path),
  }))
  return {
    id: release.id,
    url: addresses.release(release),
    title: headline(release),
    summary: summaryOf(release),
    html: fullText(release, correctionLinks, addresses),
    language: release.language,
    published: release.published,
    updated: release.updated,
    author: personOf(release.publisher, release.language, site),
    categories: categoriesOf(release, context),
    files,
    image: files.find(({ type }) => isShownAsPicture(type)),
    translations: (relations.versions.get(release.slug) ?? [])
      .filter(({ language, isWithdrawn }) => language !== release.language && !isWithdrawn)
      .map((version) => ({
        language: version.language,
        url: addresses.release(version),
        title: version.title,
      })),
    correctionLinks,
    release,
  }
}

function correctionLinksOf(
  { slug, language, corrects, withdrawn }: Release,
  { versions, corrections }: Relations,
  addresses: Addresses,
): CorrectionLinks {
  const toLink = (version: Version): Link => ({
    url: addresses.release(version),
    title: version.title,
  })
  const find = (named: string | undefined) => {
    const found = versions.get(named ?? '')?.find((version) => version.language === language)
    return found && toLink(found)
  }
  return {
    corrects: find(corrects),
    correctedBy: (corrections.get(slug) ?? [])
      .filter((version) => version.language === language)
      .map(toLink),
    replacedBy: find(withdrawn?.replacedBy),
  }
}

/** A withdrawal shows in the title, which every reader shows. The identity stays (D-01). */
export function headline({ title, withdrawn, language }: Release): string {
  return withdrawn ? `${textsOf(language).documents.withdrawn}: ${title}` : title
}

/** C-13: an entry without any category would be given those of the feed by Miniflux. */
export function categoriesOf(
  { topics, language, kind }: Release,
  context: FeedContext,
): Category[] {
  if (topics.length === 0) return [{ term: kind, label: textsOf(language).documents.kinds[kind] }]
  const categories = topics.map((slug) => categoryOf(slug, language, context))
  const labels = categories.map(({ label }) => label.toLowerCase())
  return categories.filter((_, index) => labels.indexOf(labels[index]!) === index)
}

function categoryOf(slug: string, language: string, { vocabulary, site }: FeedContext): Category {
  const topic: Topic | undefined = vocabulary.topics.get(vocabulary.resolve(slug)?.slug ?? slug)
  return topic
    ? { term: topic.slug, label: inLanguage(topic.label, language, site) }
    : { term: slug, label: slug }
}

/** The publisher that all of a feed is of, if it is of one. */
function publisherAsked(expression: TopicExpression): string | undefined {
  const [first, ...others] = new Set(
    expression.map((group) => ofSort('publisher', group.with).join()),
  )
  return first && others.length === 0 ? partTerm(first).name : undefined
}

function personOf(publisher: string, language: string, site: Site): Person {
  const { name, url } = publisherOf(publisher, site)
  return { name: inLanguage(name, language, site), ...(url && { url }) }
}

/** The first publisher, with the contact of the site if that is a mail address. */
function officeOf(language: string, site: Site): Person {
  const person = personOf(Object.keys(site.publishers)[0]!, language, site)
  const { contact } = site
  return contact !== undefined && isMailAddress(contact) ? { ...person, email: contact } : person
}
