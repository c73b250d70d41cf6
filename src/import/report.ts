import { join } from 'node:path'
import { createAddresses } from '../domain/addresses.ts'
import { allReleases } from '../domain/feed-query.ts'
import type { Site } from '../domain/site.ts'
import { NotDone } from '../domain/tool.ts'
import type { LeftOut, ReadFeed } from './read-entry.ts'
import { redirectsFile } from './redirects.ts'
import type { Proposal } from './topics.ts'
import type { Walk } from './walk-history.ts'

/** What an import came to. */
export type Report = {
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
  /** An identity as Atom has it. */
  identityInAtom: (id: string) => string
}

/** The list of what was left out, in full, below a content folder. */
export const reportFile = 'import-report.txt'

/** What an import came to; of each kind at most `most` lines. */
export function describeImport(report: Report, most: number): string {
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
    more > 0 ? [...lines.slice(0, most), `  and ${more} more, see ${reportFile}`] : lines
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
  const own = addresses.feed(allReleases(language), formatFor(report))
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
function formatFor({ walk, identityInAtom }: Report): Exclude<ReadFeed['format'], 'wordpress'> {
  const { format } = walk.feeds[0]!
  if (format === 'wordpress') return 'rss'
  const isKept = walk.feeds.every(({ entries }) =>
    entries.every(({ id }) => id === undefined || identityInAtom(id) === id),
  )
  return format === 'atom' && !isKept ? 'rss' : format
}

/** Throws a NotDone about what an import did not do. What it did is written by then. */
export function complain(report: Report) {
  const { source, into, walk, leftOut } = report
  if (walk.brokenOff) {
    throw new NotDone(
      `The history is not complete: ${walk.brokenOff} Run the same command again to go on.`,
    )
  }
  if (isNothing(report)) throw new NotDone(`Nothing was taken from ${source}.`)
  if (leftOut.length > 0) {
    const place = join(into, reportFile)
    throw new NotDone(`${leftOut.length} left out, as ${place} says. All else was taken.`)
  }
}

/** Whether nothing of a source became or is a release of the folder. */
export function isNothing({ counts: { added, changed, same }, elsewhere }: Report): boolean {
  return added + changed + same + elsewhere === 0
}
