import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Readers } from '../content/reading.ts'
import type { Clock } from '../domain/clock.ts'
import { fingerprint } from '../domain/identity.ts'
import type { Output } from '../domain/tool.ts'
import { createVocabulary } from '../domain/topic.ts'
import { composeAll } from './compose-all.ts'
import { fetchDocument, type FetchDocument } from './fetch-document.ts'
import {
  type Difference,
  type ImportFolder,
  mergeReleases,
  readImportFolder,
  readSiteFile,
  type ReleaseLine,
  writeFiles,
} from './import-folder.ts'
import { keepFiles } from './keep-files.ts'
import { keepDocuments } from './kept-documents.ts'
import { type LeftOut, NotImported, type ReadFeed } from './read-entry.ts'
import { readLocal } from './read-file.ts'
import { redirectsFile, redirectsFor } from './redirects.ts'
import { assignSlugs } from './assign-slugs.ts'
import { picturesIn } from './compose-release.ts'
import { settle, sharedAddresses, type Settled } from './settle.ts'
import { complain, describeImport, isNothing, type Report, reportFile } from './report.ts'
import { languagesOf, languageTag, siteFile } from './site-file.ts'
import { type Proposal, proposeTopics, withTopics } from './topics.ts'
import { type Walk, walkHistory } from './walk-history.ts'

/** What is to be imported, and how. */
export type Import = {
  /** As it was asked for. */
  source: string
  /** Of a feed; undefined for a file. */
  address: string | undefined
  /** The content folder. */
  into: string
  /** Of every release, whatever the feed says. */
  language: string | undefined
  /** Of a new folder, and of times that name none. */
  timezone: string
  /** Releases that a category must have to become a topic. */
  least: number
  /** Releases to read at most. */
  most: number
  /** Whether pictures and attachments are copied. */
  media: boolean
  /** Types of posts to take from an export of WordPress. */
  types: string[]
}

/** What an import works with. */
export type Tools = {
  output: Output
  /** `Tiedote/0.1.0 (…)`. */
  userAgent: string
  clock: Clock
  reading: Readers
  /** An identity as our Atom feeds have it. */
  identityInAtom: (id: string) => string
}

/** What becomes of the entries of a source. */
type Made = {
  /** Those that no other file of the folder has. */
  entries: Settled[]
  /** How many others has. */
  elsewhere: number
  slugs: Map<string, string>
  proposal: Proposal
  topicsText: string
  releases: ReleaseLine[]
  leftOut: LeftOut[]
  told: string[]
}

/**
 * Takes the releases of a feed or of an export of WordPress into a content folder: reads all of the
 * source, makes releases and topics of it, writes the files, and says what it came to. Throws NotDone
 * when anything was left out, although the rest is written, and NotImported when nothing could be done.
 */
export async function importInto(wanted: Import, tools: Tools): Promise<void> {
  const { source, address, into } = wanted
  const { output, userAgent } = tools
  const fetching = { userAgent, tell: (text: string) => output.tell(text) }
  const fetch: FetchDocument = async (at, limit) => fetchDocument(at, fetching, limit)
  const kept = address === undefined ? undefined : await keepDocuments(into, address)
  if (kept?.isResumed) output.tell('Going on with an import that broke off within the last day.')
  const walk =
    kept && address
      ? await walkHistory(address, {
          fetchDocument: fetch,
          kept,
          most: wanted.most,
          types: wanted.types,
          progress: createTeller(output),
        })
      : await readLocal(source, wanted)
  refuseEmpty(source, walk)
  const siteText = await siteTextFor(wanted, walk)
  const folder = await readImportFolder(into, siteText.text)
  const made = await makeReleases(walk.feeds, folder, wanted, { ...tools, fetchDocument: fetch })
  const difference = mergeReleases(folder, made.releases)
  const accepted = new Set(made.releases.map(({ id }) => id))
  const taken = made.entries.filter(({ id }) => accepted.has(id))
  const report: Report = {
    source,
    address,
    into,
    walk,
    site: folder.site,
    languages: new Set(made.entries.map(({ language }) => language)),
    told: [
      ...walk.told,
      ...walk.feeds.flatMap(({ told = [] }) => told),
      ...siteText.told,
      ...made.told,
    ],
    leftOut: [...walk.feeds.flatMap(({ leftOut }) => leftOut), ...made.leftOut],
    elsewhere: made.elsewhere,
    proposal: made.proposal,
    counts: difference,
    hasOldPages: taken.some(({ entry }) => entry.link !== undefined),
    identityInAtom: tools.identityInAtom,
  }
  const newSite = siteText.isNew && !isNothing(report) ? siteText.text : undefined
  writeFiles(into, filesOf(wanted, folder, { made, difference, taken, newSite, report }))
  output.say(describeImport(report, 10))
  if (!walk.brokenOff) await kept?.forget()
  complain(report)
}

/** Makes releases and topics of the entries of all feeds, and copies their files. Else writes nothing. */
async function makeReleases(
  feeds: ReadFeed[],
  folder: ImportFolder,
  wanted: Import,
  tools: Tools & { fetchDocument: FetchDocument },
): Promise<Made> {
  const { into, language } = wanted
  const { site, imported } = folder
  const found = await settle(feeds, {
    site,
    language,
    now: tools.clock.now(),
    imported,
    digest: fingerprint,
  })
  const entries = found.settled.filter(({ id }) => !folder.elsewhere.has(id))
  const slugs = assignSlugs(entries, folder.taken, imported)
  const media = wanted.media
    ? await copyFiles(into, entries, tools)
    : { files: new Map<string, string>(), leftOut: [] }
  const proposal = proposeTopics(
    entries.map(({ language, entry }) => ({ language, categories: entry.categories })),
    {
      vocabulary: createVocabulary(folder.vocabulary),
      hierarchy: feeds.flatMap(({ categories }) => categories),
      languages: site.languages,
      least: wanted.least,
    },
  )
  const topicsText = withTopics(folder.topicsText, proposal.topics)
  const { releases, refused } = await composeAll(entries, {
    into,
    site,
    slugs,
    topicsText,
    proposal,
    files: media.files,
    tools,
  })
  return {
    entries,
    elsewhere: found.settled.length - entries.length,
    slugs,
    proposal,
    topicsText,
    releases,
    leftOut: [...found.leftOut, ...refused, ...media.leftOut],
    told: [...found.told, ...(wanted.media ? [] : leftWhereTheyAre(entries))],
  }
}

type Outcome = {
  made: Made
  difference: Difference
  /** Entries that became releases. */
  taken: Settled[]
  /** The text of a `site.yaml` that is not there yet. */
  newSite: string | undefined
  report: Report
}

/** All files that an import writes below the content folder, but for media. */
function filesOf(
  { into }: Import,
  folder: ImportFolder,
  { made, difference, taken, newSite, report }: Outcome,
): Map<string, string> {
  const files = new Map(difference.files)
  if (newSite !== undefined) {
    files.set('site.yaml', newSite)
    if (!existsSync(join(into, 'topics.yaml'))) files.set('topics.yaml', '{}\n')
  }
  if (made.topicsText !== folder.topicsText) files.set('topics.yaml', made.topicsText)
  const redirects = redirectsFor(folder.redirects, taken, {
    slugs: made.slugs,
    site: folder.site,
    shared: sharedAddresses([...folder.imported.keys(), ...made.releases.map(({ id }) => id)]),
  })
  if (redirects !== folder.redirects) files.set(redirectsFile, redirects)
  files.set(reportFile, `${describeImport(report, Infinity)}\n`)
  return files
}

function refuseEmpty(source: string, { feeds, brokenOff }: Walk) {
  if (feeds.some(({ entries, leftOut }) => entries.length + leftOut.length > 0)) return
  const why = [`There is no release in ${source}.`, ...feeds.flatMap(({ told = [] }) => told)]
  throw new NotImported(brokenOff ?? why.join('\n'))
}

/** Milliseconds between two lines about how far a walk has come. */
const between = 5000

/** Nobody knows how long a history is before its end. */
function createTeller(output: Output): (documents: number, entries: number) => void {
  let told = Date.now()
  return (documents, entries) => {
    if (Date.now() - told < between) return
    told = Date.now()
    output.tell(`${documents} documents read, ${entries} releases`)
  }
}

/** What `site.yaml` says, or is to say in a folder that has none. */
async function siteTextFor(
  { into, language, timezone }: Import,
  { feeds }: Walk,
): Promise<{ text: string; isNew: boolean; told: string[] }> {
  const before = await readSiteFile(into)
  if (before !== undefined) return { text: before, isNew: false, told: [] }
  const tag = languageTag(language)
  const languages = tag ? [tag] : languagesOf(feeds)
  const told =
    languages.length === 0
      ? ['The feed does not say its language. English was taken; --language sets another.']
      : []
  const text = siteFile(feeds[0]!, {
    id: crypto.randomUUID(),
    languages: languages.length > 0 ? languages : ['en'],
    timezone,
  })
  return { text, isNew: true, told }
}

function addressesOfFiles(entries: Settled[]): string[] {
  return entries.flatMap(({ entry }) => [
    ...entry.files.map(({ url }) => url),
    ...picturesIn(entry),
  ])
}

function leftWhereTheyAre(entries: Settled[]): string[] {
  const { size } = new Set(addressesOfFiles(entries))
  if (size === 0) return []
  return [`${size} pictures and attachments stay at their old addresses, as --no-media asks.`]
}

async function copyFiles(
  into: string,
  entries: Settled[],
  { fetchDocument, output }: { fetchDocument: FetchDocument; output: Output },
) {
  const urls = addressesOfFiles(entries)
  const progress = output.progress('Files', new Set(urls).size)
  try {
    return await keepFiles(into, urls, { fetchDocument, progress: () => progress.step() })
  } finally {
    progress.end()
  }
}
