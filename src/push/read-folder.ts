import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadContent } from '../content/load-content.ts'
import { openFolder } from '../content/folder.ts'
import { readSite, readTopics } from '../content/read-site.ts'
import type { Readers } from '../content/reading.ts'
import { readWrittenReleases, writtenInMarkdown } from '../content/written-file.ts'
import { fingerprint } from '../domain/identity.ts'
import { type FileProblem, formatProblem, type Problem, writtenAnew } from '../domain/problem.ts'
import { readSource } from '../domain/names.ts'
import type { Draft } from '../domain/publishing.ts'
import { isUnfinished } from '../domain/release.ts'
import type { Site } from '../domain/site.ts'
import type { VocabularySource } from '../domain/topic.ts'
import { NotDone } from '../domain/tool.ts'

/** A release of the folder that can be sent. */
export type FolderRelease = {
  file: string
  /** Of the whole file, or of a line of JSONL. */
  line: number
  id: string
  slug: string
  language: string
  formerly: string[]
  publisher: string
  topics: string[]
  /** Seconds, as they are written. */
  published: number
  updated: number
  isWithdrawn: boolean
  /** Paths of the files that it speaks of. */
  media: string[]
  /** What is sent: the release as it is written, as one line of JSON. */
  text: string
  /** The service has the same of what it was sent last. */
  fingerprint: string
}

/** A content folder that is to be sent somewhere. */
export type PushFolder = {
  directory: string
  site: Site
  vocabulary: VocabularySource
  /** Those without mistakes, oldest first. */
  releases: FolderRelease[]
  /** Addresses of all, also of those with mistakes: `slug.language`. */
  addresses: Set<string>
  problems: FileProblem[]
}

type Options = {
  /** The second of now. */
  now: number
  reading: Readers
  /** Told now and then how many releases were read. */
  progress: (count: number) => void
}

const notSent: Problem = {
  field: 'draft',
  message:
    'This is a draft, and is not sent. If the service has the release already, withdraw it there.',
  warning: true,
}

/**
 * Reads a content folder as the service does, and keeps what is written. Throws NotDone when the
 * folder as a whole cannot be understood.
 */
export async function readPushFolder(
  directory: string,
  { now, reading, progress }: Options,
): Promise<PushFolder> {
  const { site, vocabulary } = await readFrame(directory)
  const drafts = new Map<string, Omit<FolderRelease, 'text' | 'fingerprint' | 'file' | 'line'>>()
  const loaded = await loadContent(directory, {
    async stage(some) {
      for (const draft of some) drafts.set(draft.source, summary(draft))
    },
    now,
    progress,
    readers: reading,
  })
  // What earlier versions cut in silence is not sent anywhere.
  const problems = loaded.problems.map(writtenAnew)
  const wrong = new Set(
    problems.filter(({ warning }) => !warning).map(({ file, line }) => placeOf(file, line)),
  )
  const releases: FolderRelease[] = []
  const addresses = new Set<string>()
  for await (const { source, line, written, inFile } of readWrittenReleases(directory)) {
    if (!written) continue
    if (isUnfinished(written)) {
      problems.push(inFile(notSent))
      continue
    }
    const { slug, language } = Object(written) as Record<string, unknown>
    addresses.add(`${String(slug)}.${String(language).toLowerCase()}`)
    const draft = drafts.get(source)
    const { file } = readSource(source)
    if (!draft || wrong.has(placeOf(file, line ?? 1))) continue
    const text = JSON.stringify(written)
    releases.push({ ...draft, file, line: line ?? 1, text, fingerprint: fingerprint(text) })
  }
  // Of equal times they stay in the order of the files, which the service keeps.
  releases.sort((a, b) => a.published - b.published)
  return { directory, site, vocabulary, releases, addresses, problems }
}

/** A problem of a release that the service told of, with its line in the file. */
export async function problemInFile(
  directory: string,
  { file, line }: FolderRelease,
  problem: Problem,
): Promise<FileProblem> {
  if (!file.endsWith('.md')) return { ...problem, file, line }
  const text = await readFile(join(directory, file), 'utf8').catch(() => '')
  return writtenInMarkdown(file, text).inFile(problem)
}

async function readFrame(directory: string): Promise<{ site: Site; vocabulary: VocabularySource }> {
  const folder = await openFolder(directory)
  const siteText = await folder.read('site.yaml').catch(() => undefined)
  if (siteText === undefined)
    throw new NotDone(`${directory} has no site.yaml. Name a content folder.`)
  const { site, languages = ['en'], problems } = readSite(siteText)
  const topicsText = await folder.read('topics.yaml').catch(() => '')
  const topics = readTopics(topicsText, languages, site?.timezone ?? 'UTC')
  const wrong = [...problems, ...topics.problems].filter(({ warning }) => !warning)
  if (site && wrong.length === 0) return { site, vocabulary: topics.vocabulary }
  throw new NotDone(
    `Nothing is sent until ${directory} is mended:\n${wrong.map(formatProblem).join('\n')}`,
  )
}

/** A mistake in a Markdown file is one of its only release, in whichever line it is. */
function placeOf(file: string, line: number): string {
  return file.endsWith('.md') ? file : `${file}:${line}`
}

function summary({ release, media }: Draft) {
  const { id, slug, language, formerly, publisher, topics, published, updated } = release
  const isWithdrawn = release.withdrawn !== undefined
  return { id, slug, language, formerly, publisher, topics, published, updated, isWithdrawn, media }
}
