// A press office for the tests of documents: what an author writes goes the way it goes in the
// service, from the written object through the reader to the rendered document. Nothing is faked.
import { createReleaseReader } from '../../src/content/read-release.ts'
import { readSite, readTopics } from '../../src/content/read-site.ts'
import { createAddresses } from '../../src/domain/addresses.ts'
import { allReleases, type FeedQuery } from '../../src/domain/feed-query.ts'
import { formatProblem } from '../../src/domain/problem.ts'
import type { MediaFile } from '../../src/domain/reading.ts'
import type { Release } from '../../src/domain/release.ts'
import { createVocabulary } from '../../src/domain/topic.ts'
import { createFeed, type Feed, type FeedContext } from '../../src/feeds/feed.ts'
import { type FormatName, formats, inEachFormat } from '../../src/feeds/formats.ts'

/** What stands in a file, as plain data. */
export type Written = Record<string, unknown>

export const baseUrl = 'https://news.example'

export const siteWritten = {
  id: '0c0f5b1e-3d0c-4a7e-9c55-1f1f6a0d7a10',
  title: { en: 'Ministry: releases', fi: 'Ministeriö: tiedotteet', sv: 'Ministeriet: meddelanden' },
  description: { en: 'What the ministry publishes', fi: 'Mitä ministeriö julkaisee' },
  languages: ['en', 'fi', 'sv'],
  timezone: 'Europe/Helsinki',
  publishers: {
    ministry: { name: { en: 'The Ministry', fi: 'Ministeriö' }, url: 'https://ministry.example/' },
    customs: { name: { en: 'Customs', fi: 'Tulli' } },
  },
  logo: 'media/logo.png',
  rights: { en: '© The Ministry' },
}

export const topicsWritten = {
  migration: { label: { en: 'migration', fi: 'muuttoliike' } },
  asylum: { label: { en: 'asylum', fi: 'turvapaikka' }, broader: 'migration' },
  'organised-crime': { label: { en: 'organised crime', fi: 'järjestäytynyt rikollisuus' } },
}

export const mediaFiles: Record<string, MediaFile> = {
  'media/agenda.pdf': { type: 'application/pdf', size: 48213 },
  'media/programme.pdf': { type: 'application/pdf', size: 999 },
  'media/port.jpg': { type: 'image/jpeg', size: 1_234_567 },
  'media/harbour at night.png': { type: 'image/png', size: 12345 },
}

/** Every release, in the default language. */
export const everything = allReleases('en')

export function aboutTopics(...slugs: string[]): FeedQuery {
  return { ...everything, topics: [{ with: slugs, without: [] }] }
}

export type PressOffice = {
  press: FeedContext
  /** Throws what an author would be told. */
  read: (written: Written) => Promise<Release>
  /** A feed of these releases in the order given, with all their language versions. */
  feed: (written: Written[], query?: FeedQuery) => Promise<Feed>
}

export function openPressOffice(
  changed: { site?: Written; topics?: Written; media?: Record<string, MediaFile> } = {},
): PressOffice {
  const { site, problems } = readSite(asYaml({ ...siteWritten, ...changed.site }))
  if (!site) throw new Error(problems.map(formatProblem).join('\n'))
  const topics = readTopics(asYaml(changed.topics ?? topicsWritten), site.languages, site.timezone)
  if (!topics.vocabulary) throw new Error(topics.problems.map(formatProblem).join('\n'))
  const vocabulary = createVocabulary(topics.vocabulary)
  const media = changed.media ?? mediaFiles
  const readRelease = createReleaseReader({
    site,
    vocabulary: topics.vocabulary,
    findMedia: (path) => media[path],
  })
  const press = { site, vocabulary, addresses: createAddresses(baseUrl, site) }

  async function read(written: Written) {
    // What stands in a line of JSONL is all that can be written.
    const line: unknown = JSON.parse(JSON.stringify(written))
    const { draft, problems } = await readRelease(line, { source: 'test', origin: 'test' })
    if (!draft) throw new Error(problems.map((one) => `${one.field}: ${one.message}`).join('\n'))
    return draft.release
  }

  async function feed(written: Written[], query = everything) {
    const releases = await Promise.all(written.map(read))
    const versions = Map.groupBy(
      releases.map((one) => ({ ...one, isWithdrawn: Boolean(one.withdrawn) })),
      ({ slug }) => slug,
    )
    const { language } = query
    const asked = releases.filter((one) => language === 'all' || one.language === language)
    return createFeed(query, asked, { versions, corrections: new Map() }, press)
  }

  return { press, read, feed }
}

/** A release that is complete and ordinary, except for what a test says. */
export function writeRelease(changed: Written = {}): Written {
  return {
    slug: 'ministers-meet',
    language: 'en',
    title: 'Ministers meet in Antwerp',
    lead: 'The ministers of the interior meet on Wednesday.',
    published: '2024-01-24T09:00:00+02:00',
    topics: ['migration'],
    publisher: 'ministry',
    body: { html: '<p>The meeting begins at nine.</p>' },
    ...changed,
  }
}

/** The documents of a feed. */
export type Documents = Record<FormatName, string>

export function render(feed: Feed): Documents {
  return inEachFormat((format) => formats[format].render(feed))
}

/** JSON is YAML, once everything outside ASCII is escaped: YAML forbids controls, JSON does not. */
function asYaml(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
