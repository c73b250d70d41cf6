import * as v from 'valibot'
import { createAddresses, storedOrigin } from '../domain/addresses.ts'
import { DomainError } from '../domain/errors.ts'
import { beyondBounds } from '../domain/bounds.ts'
import { identity } from '../domain/identity.ts'
import {
  inWords,
  mostElements,
  mostElementsEver,
  mostFiles,
  releaseBounds,
} from '../domain/limits.ts'
import { decoded } from '../domain/names.ts'
import { checkWritten, type Problem, writtenAnew } from '../domain/problem.ts'
import {
  draftOf,
  type FindMedia,
  type Mention,
  type Origin,
  type ReadText,
  type ReleaseToRead,
  type Surroundings,
  withMedia,
} from '../domain/reading.ts'
import {
  completeRelease,
  identityName,
  releaseAdvice,
  type ReleaseInput,
  releaseSchema,
} from '../domain/release.ts'
import { mediaPath, type Site } from '../domain/site.ts'
import { beginning } from '../domain/text.ts'
import { parseTime } from '../domain/time.ts'
import { createVocabulary, type Vocabulary } from '../domain/topic.ts'
import { isPlainMediaAddress, meaningOf } from './body-addresses.ts'
import type { ResolveAddress } from './html.ts'

/** Loaded for the first release that is read: most starts find nothing new, and do without. */
const loadParsers = async () => ({
  ...(await import('./html.ts')),
  ...(await import('./markdown.ts')),
  ...(await import('./markup-limits.ts')),
  ...(await import('./words.ts')),
})
type Parsers = Awaited<ReturnType<typeof loadParsers>>

/**
 * Reads written releases, without looking for the files that they speak of: all of this is pure, so that it
 * can be done in another thread. One reader serves every file of a folder.
 */
export function createTextReader({ site, vocabulary: source, baseUrl }: Surroundings) {
  const vocabulary = createVocabulary(source)
  const schema = releaseSchema(site, vocabulary)
  const addresses = createAddresses(storedOrigin, site)
  let parsers: Promise<Parsers> | undefined

  return async function readText({
    written,
    origin,
    isNew,
    ...when
  }: ReleaseToRead): Promise<ReadText> {
    const published = publishedOf(written, site)
    const beyond = beyondBounds(written, releaseBounds)
    if (isNew && beyond.length > 0) return { published, mentions: [], problems: beyond }
    const tolerated = beyond.map((problem): Problem => ({ ...problem, warning: true }))
    const checked = checkWritten(schema, written, releaseAdvice)
    if ('problems' in checked) {
      const mentions = attachedFiles(written).map((path) => ({ path, field: 'attachments' }))
      return { published, mentions, problems: [...checked.problems, ...tolerated] }
    }
    const ahead = ofTheFuture(checked.output, when)
    if (isNew && ahead.some(({ tolerated }) => tolerated)) {
      return { published, mentions: [], problems: ahead.map(writtenAnew) }
    }
    const input = standing(checked.output, when)
    const problems: Problem[] = [
      ...ahead,
      ...awkwardTitle(input.title),
      ...endedTopics(input, vocabulary),
      ...tolerated,
    ]
    const inBody = new Map<string, { isWarning: boolean }>()
    const wrong = new Map<string, string>()
    // In HTML from elsewhere such an address may always have led nowhere, as far as we can know.
    const isForeign = input.body.html !== undefined
    const place = { page: addresses.release(input), baseUrl, release: addresses.release }
    const resolve: ResolveAddress = (address, use) => {
      const meant = meaningOf(address, use, place)
      if (meant.media && inBody.get(meant.media)?.isWarning !== false) {
        inBody.set(meant.media, {
          isWarning: isForeign || (!isNew && !isPlainMediaAddress(address)),
        })
      }
      if (meant.wrong) wrong.set(address, meant.wrong)
      return meant.url
    }
    const { wordsOf, ...ofBody } = await (parsers ??= loadParsers())
    const body = readBody(input, resolve, isNew, ofBody)
    const mentions = Array.from(inBody, ([path, { isWarning }]): Mention => {
      return { path, field: 'body', ...(isWarning && { warning: true }) }
    })
    const excess = tooManyFiles(mentions.length, isNew)
    if (isNew && excess.length > 0) return { published, mentions: [], problems: excess }
    problems.unshift(...body.problems, ...wrongAddresses(wrong, isNew && !isForeign), ...excess)
    if (body.html === undefined) return { published, mentions, problems }
    input.attachments.forEach(({ file }, index) => {
      mentions.push({ path: file, field: `attachments.${index}.file` })
    })
    if (problems.some(({ warning }) => !warning)) return { published, mentions, problems }

    const { attachments } = input
    const id = input.id ?? (await identity(site.id, identityName(input)))
    const release = completeRelease(
      input,
      { id, html: body.html, text: body.text, attachments: [] },
      site,
    )
    // Those of a withdrawn one, too: whoever subscribed to a search for them must be told.
    const words = wordsOf(release)
    const text = { origin, release, attachments, words, languages: site.languages.length }
    if (mentions.length > 0) return { text, published, mentions, problems }
    return { draft: await draftOf(text, {}, []), published, mentions, problems }
  }
}

export type TextReader = ReturnType<typeof createTextReader>

/** Readers for what was last read with, because a vocabulary of thousands takes a while to learn. */
const readers = new WeakMap<Surroundings, TextReader>()

export function readerFor(surroundings: Surroundings): TextReader {
  let reader = readers.get(surroundings)
  if (!reader) readers.set(surroundings, (reader = createTextReader(surroundings)))
  return reader
}

export async function readReleases(
  releases: ReleaseToRead[],
  surroundings: Surroundings,
): Promise<ReadText[]> {
  const read = readerFor(surroundings)
  const texts: ReadText[] = []
  for (const release of releases) texts.push(await read(release))
  return texts
}

/**
 * Reads releases one by one and looks for their files.
 *
 * For tests and commands, where nobody else waits; the service reads through `Readers`.
 */
export function createReleaseReader({
  findMedia,
  ...surroundings
}: Surroundings & { findMedia: FindMedia }) {
  const readText = createTextReader(surroundings)
  // Nothing lies in the future where no time is known.
  return async (written: unknown, origin: Origin, isNew = false) =>
    withMedia(await readText({ written, origin, isNew, now: Infinity }), findMedia)
}

type When = Pick<ReleaseToRead, 'now' | 'isWithdrawn'>

/** A withdrawal that lies in the future is none yet, unless readers were told of it already. */
function standing(input: ReleaseInput, { now, isWithdrawn }: When): ReleaseInput {
  if (isWithdrawn || !input.withdrawn || input.withdrawn.at <= now) return input
  const { withdrawn: _, ...rest } = input
  return rest
}

/** Nothing is withdrawn or changed in advance: nobody would be there to do it at that second. */
function ofTheFuture(
  { withdrawn, changes, published }: ReleaseInput,
  { now, isWithdrawn }: When,
): Problem[] {
  const problems: Problem[] = []
  if (withdrawn && withdrawn.at > now) {
    const message = isWithdrawn
      ? 'This time lies in the future, and the release is withdrawn already. Write when that was done.'
      : 'This time lies in the future. A release cannot be withdrawn in advance, so it stands: write this when the time has come.'
    const tolerated = !isWithdrawn && { tolerated: true as const }
    problems.push({ field: 'withdrawn.at', message, warning: true, ...tolerated })
  }
  changes.forEach(({ at }, index) => {
    if (at <= Math.max(now, published)) return
    const message =
      'This time lies in the future, and the text has changed already. Write when that was done.'
    problems.push({ field: `changes.${index}.at`, message, warning: true })
  })
  return problems
}

/** Pictures and links that nobody would see: they are left out, or lead nowhere. */
function wrongAddresses(wrong: Map<string, string>, isNew: boolean): Problem[] {
  return Array.from(wrong, ([address, what]): Problem => {
    const message = `"${beginning(decoded(address), 60)}" ${what}`
    return { field: 'body', message, ...(!isNew && { warning: true }) }
  }).slice(0, mostTold)
}

/** Attachments have a limit of their own. */
function tooManyFiles(count: number, isNew: boolean): Problem[] {
  if (count <= mostFiles) return []
  const message = `The text speaks of ${inWords(count)} files. Show or link to at most ${inWords(mostFiles)}.`
  return [{ field: 'body', message, ...(!isNew && { warning: true }) }]
}

function publishedOf(written: unknown, site: Site): number | undefined {
  const { published } = Object(written) as { published?: unknown }
  return typeof published === 'string' ? parseTime(published, site.timezone) : undefined
}

/** Without `html` something was wrong with the text. */
type Body = { html?: string; text: string; problems: Problem[] }

function readBody(
  { body, language }: ReleaseInput,
  resolve: ResolveAddress,
  isNew: boolean,
  {
    cleanHtml,
    markdownToHtml,
    labelsWithoutUse,
    cellsWithoutColumn,
    htmlBeyondLimits,
    markdownBeyondLimits,
  }: Omit<Parsers, 'wordsOf'>,
): Body {
  const { html, markdown = '' } = body
  const beyond = html === undefined ? markdownBeyondLimits(markdown) : htmlBeyondLimits(html)
  if (beyond && isNew) return wrongBody(beyond)
  const problems: Problem[] = beyond ? [{ field: 'body', message: beyond, warning: true }] : []
  problems.push(...labelsWithoutUse(markdown).slice(0, mostTold).map(unused))
  const lost = cellsWithoutColumn(markdown).slice(0, mostTold).map(withoutColumn)
  problems.push(...(isNew ? lost.map(writtenAnew) : lost))
  try {
    const most = isNew ? mostElements : mostElementsEver
    const written = html ?? markdownToHtml(markdown, language)
    const read = cleanHtml(written, resolve, most)
    const titles = html === undefined ? titlesOfPictures(written).slice(0, mostTold) : []
    problems.push(...titles.map(untold).map((one) => (isNew ? writtenAnew(one) : one)))
    problems.push(...read.leftOut.map(leftOut))
    if (read.html.length <= largestBody) return { ...read, problems }
    return wrongBody(
      `The text is longer than ${largestBody} characters. Attach it as a file instead.`,
    )
  } catch (error) {
    // RangeError: nesting so deep that the parser itself gave up.
    if (!(error instanceof DomainError || error instanceof RangeError)) throw error
    const isTold = error instanceof DomainError
    return wrongBody(
      isTold ? error.message : 'The text is nested too deeply. Write it more plainly.',
    )
  }
}

/** Of one kind; the others follow when these are mended. */
const mostTold = 20

function leftOut(element: string): Problem {
  const message = `No reader shows what is in <${element}>, so it is left out. Write it as text, or attach it as a file.`
  return { field: 'body', message, warning: true }
}

function unused(label: string): Problem {
  const message = `Nothing refers to [${beginning(label, 40)}], so this line shows nothing. Write it without the brackets and colon, or remove it.`
  return { field: 'body', message, warning: true }
}

function withoutColumn(cells: string): Problem {
  const message = `"${beginning(cells, 60)}" is left out, because its row has more cells than the first row of its table. Write \\| for a line that parts no cells, or give the first row as many.`
  return { field: 'body', message, warning: true, tolerated: true }
}

/** C-09: titles are for the mouse, and few readers let them through. */
function titlesOfPictures(html: string): string[] {
  return Array.from(html.matchAll(/<img [^>]*\stitle="([^"]+)"/g), ([, title]) => title!)
}

function untold(title: string): Problem {
  const message = `"${beginning(title, 60)}" behind the address of a picture is not shown. Write it as text below the picture.`
  return { field: 'body', message, warning: true, tolerated: true }
}

function wrongBody(message: string): Body {
  return { text: '', problems: [{ field: 'body', message }] }
}

/** D1 keeps at most 2 MB in a row, and no reader takes a longer release (H-38). */
const largestBody = 1_000_000

/** What a release attaches, as far as it can be told when something else is wrong with it. */
function attachedFiles(written: unknown): string[] {
  const attached = v.looseObject({ attachments: v.array(v.looseObject({ file: mediaPath })) })
  const result = v.safeParse(attached, written)
  return result.success ? result.output.attachments.map(({ file }) => file) : []
}

/** C-11: several readers drop words in angle brackets from titles. */
function awkwardTitle(title: string): Problem[] {
  const bracketed = /<[^<>]+>/.exec(title)?.[0]
  if (!bracketed) return []
  const message = `Some readers drop "${beginning(bracketed, 40)}". Write it without angle brackets.`
  return [{ field: 'title', message, warning: true }]
}

/** Subscribers of a feed that has ended are not told of anything new. */
function endedTopics({ topics, published }: ReleaseInput, vocabulary: Vocabulary): Problem[] {
  return topics.flatMap((slug, index): Problem[] => {
    const retired = vocabulary.topics.get(slug)?.retired
    if (!retired || published < retired.at) return []
    const instead = retired.replacedBy.join(' or ') || 'a topic that goes on'
    const message = `The topic ${slug} has ended before this release. Write ${instead}.`
    return [{ field: `topics.${index}`, message, warning: true }]
  })
}
