import * as v from 'valibot'
import { createAddresses, storedOrigin } from '../domain/addresses.ts'
import { DomainError } from '../domain/errors.ts'
import { fingerprint, identity } from '../domain/identity.ts'
import { checkWritten, type Problem } from '../domain/problem.ts'
import type { FileStamp } from '../domain/publishing.ts'
import type { Origin, ReadRelease, Surroundings } from '../domain/reading.ts'
import {
  type Attachment,
  completeRelease,
  identityName,
  releaseAdvice,
  type ReleaseInput,
  releaseSchema,
  weigh,
} from '../domain/release.ts'
import { mediaPath, type Site } from '../domain/site.ts'
import { beginning, searchTokens, searchWords } from '../domain/text.ts'
import { parseTime } from '../domain/time.ts'
import type { Vocabulary } from '../domain/topic.ts'
import type { ResolveAddress } from './html.ts'

/** Loaded for the first release that is read: most starts find nothing new, and do without. */
const loadParsers = async () => ({
  ...(await import('./html.ts')),
  ...(await import('./markdown.ts')),
})
type Parsers = Awaited<ReturnType<typeof loadParsers>>

/** Makes written releases into drafts. One reader serves every file of a folder. */
export function createReleaseReader({ site, vocabulary, findMedia }: Surroundings) {
  const schema = releaseSchema(site, vocabulary)
  const addresses = createAddresses(storedOrigin, site)
  let parsers: Promise<Parsers> | undefined

  return async function readRelease(written: unknown, origin: Origin): Promise<ReadRelease> {
    const published = publishedOf(written, site)
    const media: FileStamp['media'] = {}
    const lookUp = (path: string) => {
      const found = findMedia(path)
      media[path] = found?.size ?? null
      return found
    }
    const checked = checkWritten(schema, written, releaseAdvice)
    if ('problems' in checked) {
      const missing = attachedFiles(written).filter((file) => !lookUp(file))
      const files = missing.map((file) => missingFile('attachments', file))
      return { published, media, problems: [...checked.problems, ...files] }
    }
    const input = checked.output
    const problems: Problem[] = [...awkwardTitle(input.title), ...endedTopics(input, vocabulary)]

    const resolve: ResolveAddress = (address, use) => {
      const path = mediaInFolder(address)
      // In HTML from elsewhere such an address may always have led nowhere, as far as we can know.
      if (path && !lookUp(path)) {
        problems.push({
          ...missingFile('body', path),
          ...(input.body.html !== undefined && { warning: true }),
        })
      }
      return resolveAddress(address, use, addresses.release(input), (target) =>
        addresses.release(target),
      )
    }
    const body = readBody(input, resolve, await (parsers ??= loadParsers()))
    if ('problem' in body) return { published, media, problems: [body.problem, ...problems] }

    const attachments = input.attachments.flatMap((attachment, index): Attachment[] => {
      const { file, title, ...rest } = attachment
      const found = lookUp(file)
      if (found) return [{ ...rest, ...found, path: file, title: title || file.split('/').at(-1)! }]
      problems.push(missingFile(`attachments.${index}.file`, file))
      return []
    })
    if (problems.some((problem) => !problem.warning)) return { published, media, problems }

    const id = input.id ?? (await identity(site.id, identityName(input)))
    const release = completeRelease(input, { id, ...body, attachments }, site)
    // Those of a withdrawn one, too: whoever subscribed to a search for them must be told.
    const words = wordsOf([release.title, release.lead, body.text])
    const shown = Object.keys(media).filter((path) => media[path] !== null)
    const hash = await fingerprint(JSON.stringify([release, shown]))
    const draft = {
      ...origin,
      hash,
      release,
      words,
      weight: weigh(release, site.languages.length),
      media: shown,
    }
    return { draft, published, media, problems }
  }
}

function publishedOf(written: unknown, site: Site): number | undefined {
  const { published } = Object(written) as { published?: unknown }
  return typeof published === 'string' ? parseTime(published, site.timezone) : undefined
}

function readBody(
  { body }: ReleaseInput,
  resolve: ResolveAddress,
  { cleanHtml, markdownToHtml }: Parsers,
): { html: string; text: string } | { problem: Problem } {
  try {
    const read = cleanHtml(body.html ?? markdownToHtml(body.markdown ?? ''), resolve)
    if (read.html.length <= largestBody) return read
    const message = `The text is longer than ${largestBody} characters. Attach it as a file instead.`
    return { problem: { field: 'body', message } }
  } catch (error) {
    // RangeError: nesting so deep that the parser itself gave up.
    if (!(error instanceof DomainError || error instanceof RangeError)) throw error
    const message =
      error instanceof DomainError
        ? error.message
        : 'The text is nested too deeply. Write it more plainly.'
    return { problem: { field: 'body', message } }
  }
}

/** D1 keeps at most 2 MB in a row, and no reader takes a longer release (H-38). */
const largestBody = 1_000_000

/**
 * An address in a body, absolute (C-10). Files of the media folder and other releases may be
 * written as links between files, as editors and code hosts show them.
 */
export function resolveAddress(
  address: string,
  use: 'link' | 'image',
  page: string,
  release: (target: { slug: string; language: string }) => string,
): string | undefined {
  const media = mediaInFolder(address)
  if (media) return `${storedOrigin}/${media.split('/').map(encodeURIComponent).join('/')}`
  const markdown = /^(?![a-z]+:|\/\/)(?:.*\/)?([a-z0-9-]+)\.([A-Za-z-]{2,35})\.md$/i.exec(
    address.trim(),
  )
  if (markdown) return release({ slug: markdown[1]!, language: markdown[2]!.toLowerCase() })
  if (!URL.canParse(address, page)) return undefined
  const url = new URL(address, page)
  const protocols = use === 'image' ? ['http:', 'https:'] : ['http:', 'https:', 'mailto:', 'tel:']
  return protocols.includes(url.protocol) ? url.href : undefined
}

/** `../../media/a b.png` and `/media/a%20b.png` are both `media/a b.png`. */
function mediaInFolder(address: string): string | undefined {
  const path = /^(?:\.{0,2}\/)*(media\/[^?#]+)$/.exec(address.trim())?.[1]
  if (!path || path.split('/').includes('..')) return undefined
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** What a release attaches, as far as it can be told when something else is wrong with it. */
function attachedFiles(written: unknown): string[] {
  const attached = v.looseObject({ attachments: v.array(v.looseObject({ file: mediaPath })) })
  const result = v.safeParse(attached, written)
  return result.success ? result.output.attachments.map(({ file }) => file) : []
}

function missingFile(field: string, path: string): Problem {
  return {
    field,
    message: `There is no file ${path}. Put it there, or write the name of one that is.`,
  }
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

function wordsOf(texts: string[]): string {
  return searchTokens(texts.flatMap(searchWords).join(' '))
}
