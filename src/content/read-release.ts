import * as v from 'valibot'
import { type Addresses, createAddresses, storedOrigin } from '../domain/addresses.ts'
import { beyondBounds } from '../domain/bounds.ts'
import { identity } from '../domain/identity.ts'
import { formatCount, mostFiles, releaseBounds } from '../domain/limits.ts'
import { checkWritten, type Problem, writtenAnew } from '../domain/problem.ts'
import {
  draftOf,
  type FindMedia,
  type Mention,
  type Origin,
  type ReadText,
  type ReleaseText,
  type ReleaseToRead,
  type Surroundings,
  withMedia,
} from '../domain/reading.ts'
import {
  completeRelease,
  identityName,
  isUnfinished,
  releaseAdvice,
  type ReleaseInput,
  releaseSchema,
} from '../domain/release.ts'
import { mediaPath, type Site } from '../domain/site.ts'
import { beginning } from '../domain/text.ts'
import { formatUtc, parseTime } from '../domain/time.ts'
import { createVocabulary, type Vocabulary } from '../domain/topic.ts'
import { readReleaseBody, type ReleaseBody, wordsOfRelease } from './release-body.ts'

/**
 * Reads written releases, without looking for the files that they speak of: all of this is pure, so that it
 * can be done in another thread. One reader serves every file of a folder.
 */
export class TextReader {
  #surroundings: Surroundings
  #vocabulary: Vocabulary
  #schema: ReturnType<typeof releaseSchema>
  #addresses: Addresses

  constructor(surroundings: Surroundings) {
    const { site, vocabulary } = surroundings
    this.#surroundings = surroundings
    this.#vocabulary = createVocabulary(vocabulary)
    this.#schema = releaseSchema(site, this.#vocabulary)
    this.#addresses = createAddresses(storedOrigin, site)
  }

  async read(release: ReleaseToRead): Promise<ReadText> {
    if (!isUnfinished(release.written)) return this.#read(release)
    const written = withTime(release.written, release.now)
    return { ...(await this.#read({ ...release, written })), isUnfinished: true }
  }

  async #read({ written, origin, isNew, ...when }: ReleaseToRead): Promise<ReadText> {
    const published = publishedOf(written, this.#surroundings.site)
    const beyond = beyondBounds(written, releaseBounds)
    if (isNew && beyond.length > 0) return { published, mentions: [], problems: beyond }
    const tolerated = beyond.map((problem): Problem => ({ ...problem, warning: true }))
    const checked = checkWritten(this.#schema, written, releaseAdvice)
    if ('problems' in checked) {
      const mentions = attachedFiles(written).map((path) => ({ path, field: 'attachments' }))
      return { published, mentions, problems: [...checked.problems, ...tolerated] }
    }
    const ahead = futureTimes(checked.output, when)
    if (isNew && ahead.some((problem) => problem.tolerated)) {
      return { published, mentions: [], problems: ahead.map(writtenAnew) }
    }
    const input = withoutFutureWithdrawal(checked.output, when)
    const body = await this.#readBody(input, isNew)
    const tooMany = tooManyFiles(body.mentions.length, isNew)
    if (isNew && tooMany.length > 0) return { published, mentions: [], problems: tooMany }
    const problems: Problem[] = [
      ...body.problems,
      ...tooMany,
      ...ahead,
      ...awkwardTitle(input.title),
      ...endedTopics(input, this.#vocabulary),
      ...tolerated,
    ]
    const { html, text: plainText } = body
    if (html === undefined) return { published, mentions: body.mentions, problems }
    const mentions = [...body.mentions, ...attachmentMentions(input)]
    if (problems.some(({ warning }) => !warning)) return { published, mentions, problems }
    const text = await this.#complete(input, { html, text: plainText }, origin)
    if (mentions.length > 0) return { text, published, mentions, problems }
    return { draft: draftOf(text, {}, []), published, mentions, problems }
  }

  #readBody(input: ReleaseInput, isNew: boolean): Promise<ReleaseBody> {
    const { baseUrl } = this.#surroundings
    const { release } = this.#addresses
    return readReleaseBody(input, { page: release(input), baseUrl, release }, isNew)
  }

  /** The release with all that its author may leave out. */
  async #complete(
    input: ReleaseInput,
    { html, text }: { html: string; text: string },
    origin: Origin,
  ): Promise<ReleaseText> {
    const { site } = this.#surroundings
    const id = input.id ?? identity(site.id, identityName(input))
    const release = completeRelease(input, { id, html, text, attachments: [] }, site)
    // The words of a withdrawn one, too: whoever subscribed to a search for them must be told.
    const words = await wordsOfRelease(release)
    return {
      origin,
      release,
      attachments: input.attachments,
      words,
      languages: site.languages.length,
    }
  }
}

/** Readers for what was last read with, because a vocabulary of thousands takes a while to learn. */
const readers = new WeakMap<Surroundings, TextReader>()

export function readerFor(surroundings: Surroundings): TextReader {
  let reader = readers.get(surroundings)
  if (!reader) readers.set(surroundings, (reader = new TextReader(surroundings)))
  return reader
}

export async function readReleases(
  releases: ReleaseToRead[],
  surroundings: Surroundings,
): Promise<ReadText[]> {
  const reader = readerFor(surroundings)
  const texts: ReadText[] = []
  for (const release of releases) texts.push(await reader.read(release))
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
  const reader = new TextReader(surroundings)
  // Nothing lies in the future where no time is known.
  return async (written: unknown, origin: Origin, isNew = false) =>
    withMedia(await reader.read({ written, origin, isNew, now: Infinity }), findMedia)
}

/** When something comes out that is not finished need not be known. */
function withTime(written: unknown, now: number): unknown {
  const { published } = written as { published?: unknown }
  return published === undefined && Number.isFinite(now)
    ? { ...(written as object), published: formatUtc(now) }
    : written
}

type When = Pick<ReleaseToRead, 'now' | 'isWithdrawn'>

/** A withdrawal that lies in the future is none yet, unless readers were told of it already. */
function withoutFutureWithdrawal(input: ReleaseInput, { now, isWithdrawn }: When): ReleaseInput {
  if (isWithdrawn || !input.withdrawn || input.withdrawn.at <= now) return input
  const { withdrawn: _, ...rest } = input
  return rest
}

/** Warnings about times of withdrawals and changes that lie in the future: neither is done in advance. */
function futureTimes(
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

/** Attachments have a limit of their own. */
function tooManyFiles(count: number, isNew: boolean): Problem[] {
  if (count <= mostFiles) return []
  const message = `The text speaks of ${formatCount(count)} files. Show or link to at most ${formatCount(mostFiles)}.`
  return [{ field: 'body', message, ...(!isNew && { warning: true }) }]
}

function publishedOf(written: unknown, site: Site): number | undefined {
  const { published } = Object(written) as { published?: unknown }
  return typeof published === 'string' ? parseTime(published, site.timezone) : undefined
}

/** The attached files of a release, each with its field. */
function attachmentMentions({ attachments }: ReleaseInput): Mention[] {
  return attachments.map(({ file }, index) => {
    return { path: file, field: `attachments.${index}.file` }
  })
}

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
