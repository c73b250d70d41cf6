import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../clock.ts'
import { openFolder } from '../content/folder.ts'
import { readTopics } from '../content/read-site.ts'
import { createAddresses } from '../domain/addresses.ts'
import { fingerprint } from '../domain/identity.ts'
import { formatProblem } from '../domain/problem.ts'
import { withMedia } from '../domain/reading.ts'
import type { Site } from '../domain/site.ts'
import { isTimezone } from '../domain/time.ts'
import { createVocabulary } from '../domain/topic.ts'
import { readingInThreads } from '../read-in-threads.ts'
import { identityInAtom } from '../feeds/atom.ts'
import type { FormatName } from '../feeds/formats.ts'
import { createFetcher, type FetchDocument } from './import/fetch-document.ts'
import {
  type ImportFolder,
  mergeReleases,
  readImportFolder,
  readSiteFile,
  type ReleaseLine,
  writeFiles,
} from './import/import-folder.ts'
import { keepFiles } from './import/keep-files.ts'
import { keepDocuments } from './import/kept-documents.ts'
import { type LeftOut, NotImported, type ReadFeed } from './import/read-entry.ts'
import { readFeedFile } from './import/read-file.ts'
import {
  assignSlugs,
  composeRelease,
  type KeptFiles,
  picturesIn,
  settle,
  sharedAddresses,
  type Settled,
} from './import/releases.ts'
import { languagesOf, languageTag, siteFile } from './import/site-file.ts'
import { redirectsFile, redirectsFor } from './import/redirects.ts'
import { type Proposal, proposeTopics, withTopics } from './import/topics.ts'
import { type Walk, walkHistory } from './import/walk-history.ts'
import { NotDone } from './not-done.ts'
import { type Context, explain, list, positiveNumber, type Register } from './program.ts'
import type { Terminal } from './terminal.ts'

type Options = {
  into: string
  language?: string
  timezone: string
  least: number
  most?: number
  media?: boolean
  pages?: true
  type?: string[]
}

/** `import`: the releases of a feed or of an export of WordPress into a content folder. */
export const registerImport: Register = (program, context) => {
  const command = program
    .command('import')
    .description(
      'Take the releases of a feed, or of an export of WordPress, into a content folder.',
    )
    .argument('<source>', 'the address of a feed, or a file')
    .option('--into <folder>', 'the content folder; made if it is not there', 'content')
    .option('--language <tag>', 'the language of every release, whatever the feed says')
    .option('--timezone <name>', 'of a new folder, and of times that name none', 'UTC')
    .option(
      '--least <count>',
      'releases that a category must have to become a topic',
      positiveNumber,
      2,
    )
    .option('--most <count>', 'releases to read at most, the newest first', positiveNumber)
    .option('--media', 'copy pictures and attachments into media/ (unless told otherwise)')
    .option('--no-media', 'leave pictures and attachments where they are')
    .option('--pages', 'take the pages of an export of WordPress, too')
    .option('--type <names>', 'further types of posts to take from such an export', list)
    .action(async (source: string, options: Options) => importSource(source, options, context))
  explain(
    command,
    [
      'import https://old.example.org/feed/',
      'import wordpress-export.xml --into content --timezone Europe/Helsinki',
    ],
    'Reads RSS, Atom, RDF, JSON Feed and WordPress exports, with all archives and pages that a feed leads to.\n' +
      'Every release keeps its date and its identity, so that nobody who subscribed sees it twice. Writes\n' +
      'releases/imported/, proposes topics at the end of topics.yaml, copies pictures into media/imported/,\n' +
      'writes to redirects.map where old pages are now, and lists in import-report.txt what was left out.\n' +
      'Ends with 1 when anything was left out, although the rest is there. Run it again to go on after an\n' +
      'interruption, or to take what changed.',
  )
}

async function importSource(source: string, options: Options, { terminal }: Context) {
  try {
    await importInto(source, options, terminal)
  } catch (error) {
    if (error instanceof NotImported) throw new NotDone(error.message)
    throw error
  }
}

async function importInto(source: string, options: Options, terminal: Terminal) {
  checkOptions(options)
  const { into } = options
  const address = addressOf(source)
  const fetchDocument = createFetcher({
    userAgent: userAgent(),
    tell: (text) => terminal.tell(text),
  })
  const kept = address === undefined ? undefined : await keepDocuments(into, address)
  if (kept?.isResumed) terminal.tell('Going on with an import that broke off within the last day.')
  const walk: Walk =
    kept && address
      ? await walkHistory(address, {
          fetchDocument,
          kept,
          most: options.most ?? Infinity,
          types: typesOf(options),
          progress: createTeller(terminal),
        })
      : await readLocal(source, options)
  refuseEmpty(source, walk)
  const { feeds } = walk
  const siteText = await siteTextFor(into, feeds, options, walk)
  const folder = await readImportFolder(into, siteText.text)
  const found = await settle(feeds, {
    site: folder.site,
    language: options.language,
    now: Math.floor(Date.now() / 1000),
    imported: folder.imported,
    digest: fingerprint,
  })
  const entries = found.settled.filter(({ id }) => !folder.elsewhere.has(id))
  const slugs = assignSlugs(entries, folder.taken, folder.imported)
  const media =
    (options.media ?? true)
      ? await copyFiles(into, entries, { fetchDocument, terminal })
      : { files: new Map<string, string>(), leftOut: [] }
  const proposal = proposeTopics(
    entries.map(({ language, entry }) => ({ language, categories: entry.categories })),
    {
      vocabulary: createVocabulary(folder.vocabulary),
      hierarchy: feeds.flatMap(({ categories }) => categories),
      languages: folder.site.languages,
      least: options.least,
    },
  )
  const topicsText = withTopics(folder.topicsText, proposal.topics)
  const { releases, refused } = await compose(entries, {
    into,
    folder,
    slugs,
    topicsText,
    proposal,
    files: media.files,
    terminal,
  })
  const difference = mergeReleases(folder, releases)
  const accepted = new Set(releases.map(({ id }) => id))
  const taken = entries.filter(({ id }) => accepted.has(id))
  const report: Report = {
    source,
    address,
    into,
    walk,
    site: folder.site,
    languages: new Set(entries.map(({ language }) => language)),
    told: [
      ...walk.told,
      ...feeds.flatMap(({ told = [] }) => told),
      ...siteText.told,
      ...found.told,
      ...(options.media === false ? leftWhereTheyAre(entries) : []),
    ],
    leftOut: [
      ...feeds.flatMap(({ leftOut }) => leftOut),
      ...found.leftOut,
      ...refused,
      ...media.leftOut,
    ],
    elsewhere: found.settled.length - entries.length,
    proposal,
    counts: difference,
    hasOldPages: taken.some(({ entry }) => entry.link !== undefined),
  }
  const files = new Map(difference.files)
  if (siteText.isNew && !isNothing(report)) {
    files.set('site.yaml', siteText.text)
    if (!existsSync(join(into, 'topics.yaml'))) files.set('topics.yaml', '{}\n')
  }
  if (topicsText !== folder.topicsText) files.set('topics.yaml', topicsText)
  const redirects = redirectsFor(folder.redirects, taken, {
    slugs,
    site: folder.site,
    shared: sharedAddresses([...folder.imported.keys(), ...accepted]),
  })
  if (redirects !== folder.redirects) files.set(redirectsFile, redirects)
  files.set('import-report.txt', `${inWords(report, Infinity)}\n`)
  writeFiles(into, files)
  terminal.say(inWords(report, 10))
  if (!walk.brokenOff) await kept?.forget()
  complain(report)
}

function refuseEmpty(source: string, { feeds, brokenOff }: Walk) {
  if (feeds.some(({ entries, leftOut }) => entries.length + leftOut.length > 0)) return
  const why = [`There is no release in ${source}.`, ...feeds.flatMap(({ told = [] }) => told)]
  throw new NotImported(brokenOff ?? why.join('\n'))
}

/** Throws a NotDone about what an import did not do. What it did is written by then. */
function complain(report: Report) {
  const { source, into, walk, leftOut } = report
  if (walk.brokenOff) {
    throw new NotDone(
      `The history is not complete: ${walk.brokenOff} Run the same command again to go on.`,
    )
  }
  if (isNothing(report)) throw new NotDone(`Nothing was taken from ${source}.`)
  if (leftOut.length > 0) {
    const place = join(into, 'import-report.txt')
    throw new NotDone(`${leftOut.length} left out, as ${place} says. All else was taken.`)
  }
}

function isNothing({ counts: { added, changed, same }, elsewhere }: Report): boolean {
  return added + changed + same + elsewhere === 0
}

function checkOptions({ language, timezone }: Options) {
  if (language !== undefined && !languageTag(language)) {
    throw new NotDone(`${language} is not a language tag. Write one such as en, fi or pt-br.`, 2)
  }
  if (!isTimezone(timezone)) {
    throw new NotDone(`${timezone} is not a time zone. Write one such as Europe/Helsinki.`, 2)
  }
}

/** The address of a feed; undefined for a file. */
function addressOf(source: string): string | undefined {
  const text = source.replace(/^feed:(\/\/)?(?=https?:)/i, '').replace(/^feed:\/\//i, 'http://')
  if (/^https?:\/\//i.test(text)) {
    if (URL.canParse(text)) return new URL(text).href
    throw new NotDone(`${source} is not a web address.`, 2)
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !/^file:/i.test(text)) {
    throw new NotDone(
      `${source} can be neither an address nor a file. Write one that begins with https://.`,
      2,
    )
  }
  return undefined
}

function userAgent(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return `${name[0]!.toUpperCase()}${name.slice(1)}/${version} (import of releases)`
}

function typesOf({ pages, type = [] }: Options): string[] {
  return ['post', ...(pages ? ['page'] : []), ...type]
}

async function readLocal(source: string, options: Options): Promise<Walk> {
  const path = /^file:/i.test(source) ? fileURLToPath(source) : source
  const feed = await readFeedFile(path, typesOf(options))
  const { most = Infinity } = options
  const told = [
    ...(feed.older ? [`The file leads to older releases at ${feed.older}. Import that, too.`] : []),
    ...(feed.entries.length > most ? [`Others were left out, as --most ${most} asks.`] : []),
  ]
  return {
    feeds: [{ ...feed, entries: feed.entries.slice(0, most) }],
    documents: 1,
    redirects: [],
    told,
  }
}

/** Milliseconds between two lines about how far a walk has come. */
const between = 5000

/** Nobody knows how long a history is before its end. */
function createTeller(terminal: Terminal): (documents: number, entries: number) => void {
  let told = Date.now()
  return (documents, entries) => {
    if (Date.now() - told < between) return
    told = Date.now()
    terminal.tell(`${documents} documents read, ${entries} releases`)
  }
}

/** What `site.yaml` says, or is to say in a folder that has none. */
async function siteTextFor(
  into: string,
  feeds: ReadFeed[],
  { language, timezone }: Options,
  { feeds: [first] }: Walk,
): Promise<{ text: string; isNew: boolean; told: string[] }> {
  const before = await readSiteFile(into)
  if (before !== undefined) return { text: before, isNew: false, told: [] }
  const tag = languageTag(language)
  const languages = tag ? [tag] : languagesOf(feeds)
  const told =
    languages.length === 0
      ? ['The feed does not say its language. English was taken; --language sets another.']
      : []
  const text = siteFile(first!, {
    id: randomUUID(),
    languages: languages.length > 0 ? languages : ['en'],
    timezone,
  })
  return { text, isNew: true, told }
}

function filesOf(entries: Settled[]): string[] {
  return entries.flatMap(({ entry }) => [
    ...entry.files.map(({ url }) => url),
    ...picturesIn(entry),
  ])
}

function leftWhereTheyAre(entries: Settled[]): string[] {
  const { size } = new Set(filesOf(entries))
  if (size === 0) return []
  return [`${size} pictures and attachments stay at their old addresses, as --no-media asks.`]
}

async function copyFiles(
  into: string,
  entries: Settled[],
  { fetchDocument, terminal }: { fetchDocument: FetchDocument; terminal: Terminal },
) {
  const urls = filesOf(entries)
  const progress = terminal.progress('Files', new Set(urls).size)
  try {
    return await keepFiles(into, urls, { fetchDocument, progress: () => progress.step() })
  } finally {
    progress.end()
  }
}

type Composition = {
  into: string
  folder: ImportFolder
  slugs: Map<string, string>
  topicsText: string
  proposal: Proposal
  files: KeptFiles
  terminal: Terminal
}

/** Makes the releases, and reads each as the service will, so that what it would refuse is left out. */
async function compose(
  entries: Settled[],
  { into, folder, slugs, topicsText, proposal, files, terminal }: Composition,
): Promise<{ releases: ReleaseLine[]; refused: LeftOut[] }> {
  const { site } = folder
  const { vocabulary, problems } = readTopics(topicsText, site.languages, site.timezone)
  const wrong = problems.filter(({ warning }) => !warning)
  if (wrong.length > 0) {
    throw new NotImported(
      `topics.yaml cannot take the new topics:\n${wrong.map(formatProblem).join('\n')}`,
    )
  }
  const { media } = await openFolder(into)
  const surroundings = { site, vocabulary }
  const now = systemClock.now()
  const releases: ReleaseLine[] = []
  const refused: LeftOut[] = []
  const progress = terminal.progress('Releases', entries.length)
  try {
    for (const settled of entries) {
      const release = composeRelease(settled, {
        slug: slugs.get(settled.id)!,
        topics: proposal.slugsOf(settled.entry.categories),
        files,
      })
      // Of what an office published once, later limits are only warnings.
      const asWritten = { written: release, origin: { source: '', origin: '' }, isNew: false, now }
      const [text] = await readingInThreads.releases([asWritten], surroundings)
      const { problems: found } = await withMedia(text!, (path) => media.get(path))
      const grave = found.find(({ warning }) => !warning)
      if (grave) refused.push({ what: settled.title, reason: `${grave.field}: ${grave.message}` })
      else {
        const { id, published } = release
        releases.push({ id, published, text: JSON.stringify(release) })
      }
      progress.step()
    }
  } finally {
    progress.end()
  }
  return { releases, refused }
}

type Report = {
  source: string
  address: string | undefined
  into: string
  walk: Walk
  site: Site
  /** Of the releases. */
  languages: Set<string>
  told: string[]
  leftOut: LeftOut[]
  /** Releases that are in other files of the folder already. */
  elsewhere: number
  proposal: Proposal
  counts: { added: number; changed: number; same: number }
  /** Whether releases had pages of their own. */
  hasOldPages: boolean
}

/** What an import came to; of each kind at most `most` lines. */
function inWords(report: Report, most: number): string {
  const { source, into, walk, told, leftOut, elsewhere, proposal, counts } = report
  const read = walk.feeds.reduce((sum, { entries }) => sum + entries.length, 0)
  const documents = walk.documents === 1 ? '' : ` in ${walk.documents} documents`
  const topics = proposal.topics.map(({ slug, label, count, aliases }) => {
    const names = [...new Set([...Object.values(label), ...aliases])].join(', ')
    return `  ${String(count).padStart(6)}  ${slug}  (${names})`
  })
  const rare = proposal.rare.map(({ name, count }) => `  ${String(count).padStart(6)}  ${name}`)
  return [
    `${source}: ${read} read${documents}, ${counts.added} new, ${counts.changed} changed, ${counts.same} as before, ${leftOut.length} left out`,
    ...(elsewhere
      ? [`${elsewhere} are in other files of ${into} already and were not touched.`]
      : []),
    ...told,
    ...section(
      'Left out:',
      leftOut.map(({ what, reason }) => `  ${oneLine(what)}: ${reason}`),
      most,
    ),
    ...section('New topics, at the end of topics.yaml:', topics, most),
    ...section('Categories that are too rare to be topics (--least):', rare, most),
    '',
    ...nextSteps(report).map((step, index) => `${index + 1}. ${step}`),
  ].join('\n')
}

function section(title: string, lines: string[], most: number): string[] {
  if (lines.length === 0) return []
  const more = lines.length - most
  const shown =
    more > 0 ? [...lines.slice(0, most), `  and ${more} more, see import-report.txt`] : lines
  return ['', title, ...shown]
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

function nextSteps(report: Report): string[] {
  const { into, walk, site, languages, address, hasOldPages } = report
  if (isNothing(report)) return []
  const [feed] = walk.feeds
  const { home, self, format } = feed!
  const [first = site.languages[0]!, ...others] = languages
  const language = others.length > 0 ? 'all' : first
  const addresses = createAddresses('', site)
  const own = addresses.feed({ language, topics: [], words: [] }, formatFor(walk.feeds))
  const old = new Set(
    [address, self, ...walk.redirects.map(({ to }) => to)].filter((url) => url !== undefined),
  )
  if (format === 'wordpress' && home)
    old.add(new URL('feed/', home.endsWith('/') ? home : `${home}/`).href)
  return [
    `Look through ${join(into, 'site.yaml')} and ${join(into, 'topics.yaml')}.`,
    `npm run tiedote -- check ${into}`,
    old.size > 0
      ? `Once the service runs, redirect for good (301) ${[...old].join(' and ')} to BASE_URL${own}, so that subscribers move along.`
      : `Once the service runs, redirect the old address of the feed for good (301) to BASE_URL${own}, so that subscribers move along.`,
    ...(hasOldPages
      ? [
          `Redirect the old pages as well: ${join(into, redirectsFile)} is a map for nginx, see the README.`,
        ]
      : []),
  ]
}

/** Readers know releases by what a feed said. Where Atom cannot say that, as it has addresses alone, RSS can. */
function formatFor(feeds: ReadFeed[]): FormatName {
  const { format } = feeds[0]!
  if (format === 'wordpress') return 'rss'
  const isKept = feeds.every(({ entries }) =>
    entries.every(({ id }) => id === undefined || identityInAtom(id) === id),
  )
  return format === 'atom' && !isKept ? 'rss' : format
}
