import { readNodeConfig } from '../config.ts'
import { createAddresses } from '../domain/addresses.ts'
import { allReleases, type FeedQuery } from '../domain/feed-query.ts'
import { keyOf } from '../domain/identity.ts'
import { type FileProblem, formatProblem, writtenAnew } from '../domain/problem.ts'
import type { State, TopicCount } from '../domain/release-store.ts'
import type { Site } from '../domain/site.ts'
import { formatUtc } from '../domain/time.ts'
import { formatNames } from '../feeds/formats.ts'
import { otherTerms } from '../http/vocabulary.ts'
import { kilobytes } from '../probe/examine-feed.ts'
import type { Walked } from '../probe/walk-feed.ts'
import { findBrokenLinks } from './broken-links.ts'
import { checkFeed } from './check-feed.ts'
import { findFaults } from './check-releases.ts'
import { comingOut, sayComingOut } from './comes-out.ts'
import { findMixedPublishers } from './mixed-publishers.ts'
import { NotDone } from '../domain/tool.ts'
import { type Context, explain, type Register } from './program.ts'
import { type Service, serviceInMemory } from './service.ts'
import { table } from './terminal.ts'

/** What a command says of a folder, for programs. */
type Report = {
  folder: string
  /** Whether the service would start, and every feed would be as it should. */
  ok: boolean
  problems: FileProblem[]
  feeds: Walked[]
  topicsWithoutReleases: string[]
  /** What comes out when, and how many drafts there are. */
  toCome: { at: string; releases: string[] }[]
  drafts: string[]
  /** The same in sentences. */
  sentences: string[]
}

type Options = { json?: true; strict?: true; verbose?: true }

/** `check`: what is wrong with a content folder and with the feeds that come of it. */
export const registerCheck: Register = (program, context) => {
  const command = program
    .command('check')
    .description('Check a content folder and every feed that comes of it.')
    .argument('[folder]', 'the content folder (default: CONTENT_DIR, or content)')
    .option('--json', 'write a report for programs')
    .option('--strict', 'take warnings for problems')
    .option('--verbose', 'list also what is well: every feed, and topics without releases')
    .action(async (folder: string | undefined, options: Options) => check(folder, options, context))
  explain(
    command,
    ['check', 'check ../office/content --json'],
    'Every release is read as the service reads it, and every feed and archive is asked for in all\nlanguages, topics and formats. What the service takes and should not go out is a problem here: text\nthat stands for another one, pictures without words, addresses and times that cannot be right, links\nto what is not public. Nothing is written.',
  )
}

async function check(
  folder: string | undefined,
  { json, strict, verbose = false }: { json?: true; strict?: true; verbose?: boolean },
  context: Context,
) {
  const report = await makeReport(folder, context)
  const warnings = [
    ...report.problems.filter(({ warning }) => warning),
    ...report.feeds.flatMap(({ troubles }) => troubles.filter(({ warning }) => warning)),
  ]
  const ok = report.ok && (!strict || warnings.length === 0)
  context.terminal.say(
    json ? JSON.stringify({ ...report, ok }, undefined, 2) : formatReport(report, verbose),
  )
  if (!ok) throw new NotDone(`Something is wrong with ${report.folder}.`)
}

async function makeReport(
  folder: string | undefined,
  { terminal, environment }: Context,
): Promise<Report> {
  const { baseUrl, contentDirectory } = readNodeConfig(environment)
  const directory = folder ?? contentDirectory
  let told = 0
  const service = await serviceInMemory(directory, {
    baseUrl,
    progress(count) {
      if (count - told < 1000) return
      told = count
      terminal.tell(`${count} releases read`)
    },
  })
  const { problems } = service
  // Whoever asks is writing: a text that an earlier version cut in silence is no right one.
  const found = problems.map(writtenAnew)
  const isServed = problems.every(({ warning }) => warning)
  if (!isServed) {
    service.close()
    const nothing = { feeds: [], topicsWithoutReleases: [], toCome: [], drafts: [], sentences: [] }
    return { folder: directory, ok: false, problems: found, ...nothing }
  }
  const now = Math.floor(Date.now() / 1000)
  const state = await service.store.state(now)
  const addresses = createAddresses(baseUrl, state.site)
  const feeds: Walked[] = []
  const counts = await service.store.countByTopic(state)
  const questions = questionsOf(state, counts)
  const progress = terminal.progress('Feeds', questions.length * formatNames.length)
  try {
    for (const query of questions) {
      for (const format of formatNames) {
        feeds.push(await checkFeed(service, query, format, { state, addresses }))
        progress.step()
      }
    }
  } finally {
    progress.end()
  }
  const links = await findBrokenLinks(service, directory, { addresses, baseUrl })
  const used = new Set(counts.map(({ topic }) => topic))
  service.close()
  const { drafts, unfinished } = service
  const faults = findFaults(drafts, unfinished, { directory, site: state.site, now })
  const all = [...found, ...faults, ...findMixedPublishers(drafts, directory), ...links]
  return {
    folder: directory,
    ok: [...all, ...feeds.flatMap(({ troubles }) => troubles)].every(({ warning }) => warning),
    problems: all,
    feeds,
    ...toCome(service, state.site, now),
    topicsWithoutReleases: [...state.vocabulary.topics.keys()].filter((slug) => !used.has(slug)),
  }
}

function toCome({ drafts, unfinished }: Service, site: Site, now: number) {
  const coming = comingOut(drafts, now)
  const count = unfinished.length
  return {
    toCome: coming.map(({ at, releases }) => ({
      at: formatUtc(at),
      releases: releases.map(keyOf),
    })),
    drafts: unfinished.map(({ source }) => source),
    sentences: [
      ...sayComingOut(coming, site, now),
      ...(count > 0 ? [`${count === 1 ? '1 draft is' : `${count} drafts are`} not public.`] : []),
    ],
  }
}

/** Every feed that the service offers by itself. */
function questionsOf(state: State, counts: TopicCount[]): FeedQuery[] {
  const { site, vocabulary, retired } = state
  const topics = [...vocabulary.topics.keys()].filter((slug) => !retired.gone.has(slug))
  return [...site.languages, 'all'].flatMap((language): FeedQuery[] => [
    allReleases(language),
    ...[...topics, ...otherTerms(state, counts)].map((term) => ({
      ...allReleases(language),
      topics: [{ with: [term], without: [] }],
    })),
    { ...allReleases(language), withdrawn: true },
  ])
}

function formatReport(report: Report, isVerbose: boolean): string {
  const { folder, problems, feeds, topicsWithoutReleases, sentences } = report
  const troubles = feeds.flatMap(({ address, troubles }) =>
    troubles.map(({ message, warning }) => `${address}  ${warning ? 'Warning: ' : ''}${message}`),
  )
  const said = [...problems.map(formatProblem), ...troubles]
  if (feeds.length === 0) {
    return [...said, '', 'The feeds are looked at once this is mended.'].join('\n')
  }
  const warnings = said.filter((line) => line.includes('Warning: ')).length
  const documents = feeds.reduce((sum, feed) => sum + feed.documents, 0)
  const largest = Math.max(...feeds.map((feed) => feed.largest))
  return [
    ...said,
    ...(said.length > 0 ? [''] : []),
    ...(isVerbose ? [summary(feeds), ''] : []),
    ...(isVerbose && topicsWithoutReleases.length > 0
      ? [`Topics without releases: ${topicsWithoutReleases.join(', ')}`]
      : []),
    `${folder}: ${feeds.length} feeds, ${documents} documents, the largest of ${kilobytes(largest)}; ${said.length - warnings} wrong, ${warnings} warnings`,
    sentences.join(' '),
  ].join('\n')
}

/** A row for each question, whatever its formats. */
function summary(feeds: Walked[]): string {
  const questions = Map.groupBy(feeds, ({ address }) => address.replace(/\.\w+$/, ''))
  const rows = [...questions].map(([, same]) => {
    const troubles = same.flatMap(({ troubles }) => troubles)
    const isWrong = troubles.some(({ warning }) => !warning)
    const state = isWrong ? 'wrong' : troubles.length > 0 ? 'warning' : 'ok'
    return [
      new URL(same[0]!.address).pathname.replace(/\.\w+$/, ''),
      String(same[0]!.releases),
      String(same[0]!.archived),
      String(same.reduce((sum, { documents }) => sum + documents, 0)),
      kilobytes(Math.max(...same.map(({ largest }) => largest))),
      state,
    ]
  })
  return table([['feed', 'releases', 'in archives', 'documents', 'largest', 'state'], ...rows])
}
