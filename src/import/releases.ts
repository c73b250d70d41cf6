import { slugOf } from '../content/slug.ts'
import { rewriteAddresses } from '../content/html.ts'
import { DomainError } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { beginning, cleanLine } from '../domain/text.ts'
import { formatUtc } from '../domain/time.ts'
import { dateInAddress, dayOrder, type DayOrder, readFeedTime } from './feed-time.ts'
import { type LeftOut, type ReadEntry, type ReadFeed, webAddress } from './read-entry.ts'
import { withRealPictures } from './lazy-pictures.ts'
import { languageTag, nearestLanguage } from './site-file.ts'
import { freeSlug, slugInAddress } from './slugs.ts'
import { leadOf, plainLine, plainText, toHtml } from './text.ts'

/** What an earlier import made of an entry. */
export type ImportedRelease = { slug: string; title: string; published: string }

/** An entry of which it is known what release it becomes. */
export type Settled = {
  entry: ReadEntry
  id: string
  title: string
  language: string
  published: number
  updated: number | undefined
}

/** A release as a line of JSONL: the object of `releaseSchema`. */
export type WrittenRelease = {
  slug: string
  language: string
  id: string
  published: string
} & Record<string, unknown>

type Options = {
  site: Site
  /** Of every release, whatever the feed says. */
  language?: string | undefined
  /** The second of now, to tell what is to come. */
  now: number
  /** Releases that were imported before, by their identity. */
  imported: Map<string, ImportedRelease>
  digest: (text: string) => Promise<string>
}

/**
 * Finds out identity, title, language and times of every entry. What has none is left out with its
 * reason; of several with the same identity the newest counts, unless they are different releases.
 * `told` says what else is remarkable.
 */
export async function settle(
  feeds: ReadFeed[],
  { site, language, now, imported, digest }: Options,
): Promise<{ settled: Settled[]; leftOut: LeftOut[]; told: string[] }> {
  const found: Settled[] = []
  const leftOut: LeftOut[] = []
  const counts = { again: 0, own: 0, untitled: 0, guessedDate: 0, future: 0, unreadable: 0 }
  const order = orderIn(feeds)
  for (const feed of feeds) {
    for (const entry of feed.entries) {
      const title = titleOf(entry)
      const what = title?.text || entry.link || entry.id || 'An entry without a title'
      if (!title) {
        leftOut.push({ what, reason: 'It has neither a title nor a text.' })
        continue
      }
      const tag = languageTag(language) ?? languageOf(entry, feed, site.languages)
      const read = createReader({ timezone: site.timezone, language: tag, order })
      const date = dateOf(entry, read, site.timezone)
      if (date.published === undefined) {
        leftOut.push({ what, reason: date.reason })
        continue
      }
      const id = cleanLine(
        entry.id ?? entry.link ?? `urn:sha256:${await digest(`${title.text}\n${date.published}`)}`,
      )
      const updated = read(entry.updated)
      counts.untitled += title.isMade ? 1 : 0
      counts.guessedDate += date.isGuess ? 1 : 0
      counts.unreadable += hasUnreadable(entry) ? 1 : 0
      found.push({
        entry,
        id,
        title: title.text,
        language: tag ? nearestLanguage(tag, site.languages) : site.languages[0]!,
        published: date.published,
        updated: updated !== undefined && updated > date.published ? updated : undefined,
      })
    }
  }
  const before = Map.groupBy(imported, ([id]) => id.replace(ownEnd, ''))
  const settled: Settled[] = []
  for (const [id, same] of Map.groupBy(found, (one) => one.id)) {
    const releases = apart(same).map((versions) => {
      const newest = versions.reduce((best, one) => (clockOf(one) > clockOf(best) ? one : best))
      for (const version of versions) {
        if (version === newest) continue
        if (isSame(version.entry, newest.entry)) counts.again++
        else {
          const reason = `A newer one has the same identity, ${id}.`
          leftOut.push({ what: version.title, reason })
        }
      }
      return newest
    })
    const own = withOwnIdentities(releases, before.get(id) ?? [])
    counts.own += own.filter((one) => one.id !== id).length
    settled.push(...own)
  }
  counts.future = settled.filter(({ published }) => published > now).length
  return { settled, leftOut, told: remarks(counts) }
}

/** Entries with one identity, by the release they are: versions of one have its title or its date. */
function apart(same: Settled[]): Settled[][] {
  const releases: Settled[][] = []
  for (const one of same.toSorted((a, b) => a.published - b.published)) {
    const release = releases.find((versions) =>
      versions.some(({ title, published }) => title === one.title || published === one.published),
    )
    if (release) release.push(one)
    else releases.push([one])
  }
  return releases
}

/** What an identity ends with that others had before. */
const ownEnd = /#\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** Addresses that several releases have, by the identities that these were given, without `https://`. */
export function sharedAddresses(ids: Iterable<string>): Set<string> {
  const shared = Array.from(ids).filter((id) => ownEnd.test(id))
  return new Set(shared.map((id) => id.replace(ownEnd, '').replace(/^https?:\/\//, '')))
}

/**
 * Gives every release of one identity its own: the one that it was imported with, else the shared one,
 * which only one can have, else one with its time.
 */
function withOwnIdentities(releases: Settled[], before: [string, ImportedRelease][]): Settled[] {
  const taken = new Set(before.map(([id]) => id))
  return releases.map((one) => {
    const time = formatUtc(one.published)
    const known =
      before.find(([, { published }]) => published === time) ??
      before.find(([, { title }]) => title === one.title)
    const id = known?.[0] ?? (taken.has(one.id) ? `${one.id}#${time}` : one.id)
    taken.add(id)
    return { ...one, id }
  })
}

/** What one date shows of itself holds for all, unless they differ. */
function orderIn(feeds: ReadFeed[]): DayOrder | undefined {
  const entries = feeds.flatMap((feed) => feed.entries)
  const orders = new Set(
    entries.flatMap(({ published, updated }) => {
      return [...published, ...updated].flatMap((time) => dayOrder(time) ?? [])
    }),
  )
  return orders.size === 1 ? [...orders][0] : undefined
}

/** Plugins keep the language of a post where exports do not go. Its address may still tell. */
function languageOf(entry: ReadEntry, feed: ReadFeed, languages: string[]): string | undefined {
  const inAddress =
    feed.format === 'wordpress' && entry.link ? languageInAddress(entry.link, languages) : undefined
  return languageTag(entry.language) ?? inAddress ?? languageTag(feed.language)
}

function languageInAddress(address: string, languages: string[]): string | undefined {
  const { pathname, searchParams } = new URL(address)
  const tags = [searchParams.get('lang'), pathname.split('/')[1]].map((tag) => tag?.toLowerCase())
  return languages.find((language) => tags.includes(language))
}

type ReadTimes = (times: string[]) => number | undefined

/** Reads the first of several times that can be read. */
function createReader(context: Parameters<typeof readFeedTime>[1]): ReadTimes {
  return (times) =>
    times.map((time) => readFeedTime(time, context)).find((time) => time !== undefined)
}

type Counts = {
  again: number
  own: number
  untitled: number
  guessedDate: number
  future: number
  unreadable: number
}

function remarks({ again, own, untitled, guessedDate, future, unreadable }: Counts): string[] {
  return [
    ...(again ? [`${again} stood on several pages and were taken once.`] : []),
    ...(own
      ? [
          `${own} share their identity or address with others, differ in title and date, and have an identity of their own.`,
        ]
      : []),
    ...(untitled ? [`${untitled} had no title and have the beginning of their text as one.`] : []),
    ...(guessedDate
      ? [
          `${guessedDate} had no date of publication and have that of their last change or their address.`,
        ]
      : []),
    ...(future ? [`${future} have a time in the future and stay invisible until then.`] : []),
    ...(unreadable
      ? [`${unreadable} have letters that could not be read. Look for \ufffd and write them.`]
      : []),
  ]
}

function hasUnreadable({ title, summary, body }: ReadEntry): boolean {
  return [title, summary, body].some((text) => text?.value.includes('\ufffd'))
}

function clockOf({ published, updated }: Settled): number {
  return updated ?? published
}

/** Pages of a feed overlap, which is nothing to tell of. */
function isSame(one: ReadEntry, other: ReadEntry): boolean {
  return one.title?.value === other.title?.value && one.body?.value === other.body?.value
}

function titleOf({ title, body }: ReadEntry): { text: string; isMade: boolean } | undefined {
  const written = title && plainLine(title)
  if (written) return { text: written, isMade: false }
  const made = body && beginning(cleanLine(plainText(body)), 80)
  return made ? { text: made, isMade: true } : undefined
}

type FoundDate = { published: number; isGuess: boolean } | { published: undefined; reason: string }

/** Nothing is made up: a release without a time is in no feed. */
function dateOf(
  { published, updated, link, id }: ReadEntry,
  read: ReadTimes,
  timezone: string,
): FoundDate {
  const stated = read(published)
  if (stated !== undefined) return { published: stated, isGuess: false }
  const guess = read(updated) ?? dateInAddress(link ?? id ?? '', timezone)
  if (guess !== undefined) return { published: guess, isGuess: true }
  const [wrong] = [...published, ...updated]
  if (!wrong) return { published: undefined, reason: 'It has no date.' }
  const isTwo = readFeedTime(wrong, { timezone, order: 'day first' }) !== undefined
  const why = isTwo ? 'can be two dates, and no other of the feed shows which' : 'is no date'
  return { published: undefined, reason: `“${beginning(wrong, 40)}” ${why}.` }
}

/** Addresses that are taken: `slug/language`, with the identity of the release there. */
export type TakenAddresses = Map<string, string>

/**
 * Gives every release its slug: the one it has already, else that of its address or its title. Other
 * languages of the same text share it; other texts never do, in whatever language.
 */
export function assignSlugs(
  settled: Settled[],
  taken: TakenAddresses,
  imported: Map<string, ImportedRelease>,
): Map<string, string> {
  const slugs = new Map<string, string>()
  const links = Map.groupBy(settled, ({ entry }) => entry.link)
  const used = new Set([...taken.keys()].map((address) => address.split('/')[0]!))
  const groups = versionGroups(settled).toSorted((a, b) => inOrder(a[0]!, b[0]!))
  for (const group of groups) {
    const before = group.map(({ id }) => imported.get(id)?.slug).find((slug) => slug !== undefined)
    const isFree = (slug: string) =>
      group.every(({ id, language }) => (taken.get(`${slug}/${language}`) ?? id) === id)
    const first = group[0]!
    const slug =
      before && isFree(before)
        ? before
        : freeSlug(wantedSlug(first, links.get(first.entry.link)!.length > 1), (candidate) =>
            used.has(candidate),
          )
    used.add(slug)
    for (const { id, language } of group) {
      const own = imported.get(id)?.slug ?? slug
      slugs.set(id, own)
      taken.set(`${own}/${language}`, id)
      used.add(own)
    }
  }
  return slugs
}

function inOrder(one: Settled, other: Settled): number {
  return one.published - other.published || (one.id < other.id ? -1 : 1)
}

/** An address that several have names none of them. */
function wantedSlug({ entry, title, published }: Settled, isShared: boolean): string {
  return (
    (entry.slug && slugOf(decodedSlug(entry.slug))) ||
    (entry.link && !isShared && slugInAddress(entry.link)) ||
    slugOf(title) ||
    `release-${formatUtc(published).slice(0, 10)}`
  )
}

function decodedSlug(slug: string): string {
  try {
    return decodeURIComponent(slug)
  } catch {
    return slug
  }
}

/**
 * Releases that are one text in several languages, each group in order of time: those that name each
 * other, and those whose addresses differ in the language alone. Two in the same language never are.
 */
function versionGroups(settled: Settled[]): Settled[][] {
  const byLink = new Map(settled.flatMap((one) => (one.entry.link ? [[one.entry.link, one]] : [])))
  const byPath = Map.groupBy(
    settled,
    ({ entry, language, id }) => pathWithoutLanguage(entry, language) ?? id,
  )
  const groupOf = new Map<Settled, Set<Settled>>(settled.map((one) => [one, new Set([one])]))
  const join = (one: Settled, other: Settled) => {
    const group = groupOf.get(one)!
    const more = groupOf.get(other)!
    const languages = new Set(Array.from(group, ({ language }) => language))
    if (group === more || [...more].some(({ language }) => languages.has(language))) return
    for (const member of more) {
      group.add(member)
      groupOf.set(member, group)
    }
  }
  for (const one of settled) {
    for (const link of one.entry.translations) {
      const other = byLink.get(link)
      if (other) join(one, other)
    }
  }
  for (const group of Map.groupBy(settled, ({ entry }) => entry.translationGroup)) {
    const [name, [first, ...others]] = group
    if (name !== undefined) for (const other of others) join(first!, other)
  }
  for (const [first, ...others] of byPath.values()) for (const other of others) join(first!, other)
  return Array.from(new Set(groupOf.values()), (group) => [...group].toSorted(inOrder))
}

/** `https://x.example/fi/a-b` and `/sv/a-b` are the same place. */
function pathWithoutLanguage({ link }: ReadEntry, language: string): string | undefined {
  if (!link || !slugInAddress(link)) return undefined
  const { host, pathname, search } = new URL(link)
  const tags = [language, language.split('-')[0]!]
  const parts = pathname.split('/').filter((part) => !tags.includes(part.toLowerCase()))
  return `${host}${parts.join('/')}${search}`
}

/** Files of the media folder by the addresses they were at. */
export type KeptFiles = Map<string, string>

type Composition = { slug: string; topics: string[]; files: KeptFiles }

/** The release that an entry becomes. */
export function composeRelease(
  { entry, id, title, language, published, updated }: Settled,
  { slug, topics, files }: Composition,
): WrittenRelease {
  const html = entry.body ? toHtml(entry.body) : ''
  const lead = leadOf(entry.summary, entry.body ? plainText({ value: html, html: true }) : '')
  const kept = entry.files.flatMap(({ url, title }) => {
    const file = files.get(url)
    return file ? [{ file, ...(title && { title: cleanLine(title) }) }] : []
  })
  const related = entry.files
    .filter(({ url }) => !files.has(url))
    .map(({ url, title }) => ({ url, title: cleanLine(title ?? '') || nameIn(url) }))
  // An entry without a text is a pointer to a page.
  if (!html && entry.link) related.unshift({ url: entry.link, title })
  const contacts = [
    ...new Map(entry.people.map((person) => [person.email.toLowerCase(), person])).values(),
  ]
  return {
    slug,
    language,
    id,
    title,
    ...(lead && { lead }),
    published: formatUtc(published),
    ...(updated !== undefined && { updated: formatUtc(updated) }),
    ...(topics.length > 0 && { topics }),
    ...(contacts.length > 0 && {
      contacts: contacts.map(({ name, email }) => ({
        name: cleanLine(name ?? '') || email,
        email,
      })),
    }),
    ...(kept.length > 0 && { attachments: kept }),
    ...(related.length > 0 && { related }),
    body: { html: withWholeAddresses(withRealPictures(html), entry.base, files) },
  }
}

/** Pictures that a text shows. */
export function picturesIn({ body, base }: ReadEntry): string[] {
  const found: string[] = []
  if (!body?.html || !/<img\b/i.test(body.value)) return found
  rewritten(withRealPictures(body.value), (address, isImage) => {
    const url = isImage && webAddress(address, base)
    if (url) found.push(url)
    return address
  })
  return found
}

/** C-10. Where it is not known what an address is relative to, it is made one that is left out. */
function withWholeAddresses(html: string, base: string | undefined, files: KeptFiles): string {
  if (!/\b(href|src|cite)\s*=/i.test(html)) return html
  return rewritten(html, (address) => {
    const whole = webAddress(address, base)
    const file = whole && files.get(whole)
    if (file) return `../../media/${file.split('/').map(encodeURIComponent).join('/')}`
    if (whole) return whole
    return /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : 'about:invalid'
  })
}

function rewritten(html: string, rewrite: Parameters<typeof rewriteAddresses>[1]): string {
  try {
    return rewriteAddresses(html, rewrite)
  } catch (error) {
    // Whoever reads the release refuses it, and says why.
    if (error instanceof DomainError || error instanceof RangeError) return html
    throw error
  }
}

function nameIn(url: string): string {
  const last = new URL(url).pathname.split('/').findLast((part) => part !== '') ?? ''
  return cleanLine(decodedSlug(last)) || url
}
