import { storedOrigin } from './addresses.ts'
import { decoded } from './names.ts'
import { fingerprint } from './identity.ts'
import { mostProblems } from './limits.ts'
import type { ErrorCode } from './errors.ts'
import type { Problem } from './problem.ts'
import type { Draft, FileStamp } from './publishing.ts'
import { type Attachment, type Release, type ReleaseInput, weigh } from './release.ts'
import type { Site } from './site.ts'
import type { VocabularySource } from './topic.ts'

/** What is known of a file below `media/`. */
export type MediaFile = {
  type: string
  size: number
  /** Of a picture that browsers show, in pixels. */
  width?: number
  height?: number
}

/** Everything that a release is read with: plain JSON, because another thread reads it. */
export type Surroundings = {
  site: Site
  vocabulary: VocabularySource
  /** BASE_URL, if it is known: addresses that begin with it are our own. */
  baseUrl?: string | undefined
}

/** Finds a file below the content folder, such as `media/agenda.pdf`. */
export type FindMedia = (path: string) => MediaFile | undefined | Promise<MediaFile | undefined>

/** Where the release was written. */
export type Origin = Pick<Draft, 'source' | 'origin'>

/**
 * A release that is to be read. A new one has to keep within all limits. For one that an earlier version
 * accepted, a later limit is only a warning.
 */
export type ReleaseToRead = {
  written: unknown
  origin: Origin
  isNew: boolean
  /** Second at which it is read: a withdrawal in the future does not count. */
  now: number
  /** Readers see it as withdrawn already. */
  isWithdrawn?: boolean
}

/** A written release that was read, before anybody looked for the files that it mentions. */
export type ReadText = {
  /** Missing when something was wrong. */
  text?: ReleaseText
  /** The finished draft, if it mentions no file. */
  draft?: Draft
  /** The second that its author gave, as far as it can be told. */
  published: number | undefined
  /** Files below `media/`, in the order in which it mentions them. */
  mentions: Mention[]
  problems: PlacedProblem[]
  /** Its author wrote `draft: true`. */
  isUnfinished?: true
}

/** A release without its attachments, and those as they are written. */
export type ReleaseText = {
  origin: Origin
  release: Release
  attachments: ReleaseInput['attachments']
  /** All its words, folded, for the search. */
  words: string
  /** Languages of the site. */
  languages: number
}

/** A file that a release mentions, and in which field. With `warning` it may be missing. */
export type Mention = { path: string; field: string; warning?: true; line?: number }

/** A problem with the line of its field, where there are lines. */
type PlacedProblem = Problem & { line?: number }

/** A written release that was read. Without `draft` something was wrong. */
export type ReadRelease = {
  draft?: Draft
  published: number | undefined
  /** Files below `media/` that it mentions, with their sizes; null for a missing one. */
  media: FileStamp['media']
  problems: PlacedProblem[]
}

/** A file of the content folder, or a line of JSONL in it with the fingerprint of what was written. */
export type FileToRead = {
  path: string
  text: string
  line?: number
  origin?: string
  /** Sources in this file that are withdrawn already. */
  withdrawn?: string[]
}

/** The release in it. */
export type FileText = ReadText & {
  source: string
  line?: number
  /** Reading it took so long, or so much memory, that it was given up. */
  isGivenUp?: true
}

/** The fields of a body in JSON, or why it is refused. `origin`: fingerprint of all but `change`. */
export type ReadBody =
  | { value: Record<string, unknown>; origin: string }
  | { refusal: { code: ErrorCode; message: string; details: Record<string, unknown> } }

/** Looks up the files that a release mentions, and finishes it. */
export async function withMedia(
  { text, draft, published, mentions, problems: found }: ReadText,
  findMedia: FindMedia,
): Promise<ReadRelease> {
  if (draft || mentions.length === 0)
    return { ...(draft && { draft }), published, media: {}, problems: found }
  const files: Record<string, MediaFile> = {}
  const media: FileStamp['media'] = {}
  for (const { path } of mentions) {
    if (path in media) continue
    const file = await findMedia(path)
    media[path] = file?.size ?? null
    if (file) files[path] = file
  }
  const missing = mentions.filter(({ path }) => media[path] === null).map(missingFile)
  const problems = [...found, ...firstOf(missing)]
  if (!text || problems.some(({ warning }) => !warning)) return { published, media, problems }
  const shown = Object.keys(media).filter((path) => media[path] !== null)
  return { draft: draftOf(text, files, shown), published, media, problems }
}

/** A release with its attachments. `media` are the paths of all files that it shows. */
export function draftOf(
  { origin, release: read, attachments: written, words, languages }: ReleaseText,
  files: Record<string, MediaFile>,
  media: string[],
): Draft {
  const attachments = written.map(({ file, title, ...rest }): Attachment => {
    return { ...rest, ...files[file]!, path: file, title: title || file.split('/').at(-1)! }
  })
  const release = { ...read, html: withPictureMeasures(read.html, files), attachments }
  const hash = fingerprint(JSON.stringify([release, media]))
  return { ...origin, hash, release, words, weight: weigh(release, languages), media }
}

/** Adds width and height to own pictures, so that the page does not move while they load. */
function withPictureMeasures(html: string, files: Record<string, MediaFile>): string {
  if (!Object.values(files).some(({ width }) => width !== undefined)) return html
  return html.replace(/<img ([^>]*)>/g, (tag, attributes: string) => {
    const source = /(?:^|\s)src="([^"?#]*)/.exec(attributes)?.[1] ?? ''
    if (!source.startsWith(`${storedOrigin}/`)) return tag
    const path = decoded(source.slice(storedOrigin.length + 1)).replaceAll('&amp;', '&')
    const { width, height } = files[path] ?? {}
    if (width === undefined || /(?:^|\s)(?:width|height)\b/.test(attributes)) return tag
    return `<img ${attributes} width="${width}" height="${height}">`
  })
}

function firstOf(missing: PlacedProblem[]): PlacedProblem[] {
  const left = missing.length - mostProblems
  if (left <= 0) return missing
  const { message: _, ...where } = missing[mostProblems]!
  return [
    ...missing.slice(0, mostProblems),
    { ...where, message: `${left} more files are missing. Mend these first.` },
  ]
}

function missingFile({ path, ...where }: Mention): PlacedProblem {
  const message = `There is no file ${path}. Put it there, or write the name of one that is.`
  return { ...where, message, ...(where.warning && { tolerated: true }) }
}
