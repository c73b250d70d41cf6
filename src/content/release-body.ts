import { DomainError } from '../domain/errors.ts'
import { mostElements, mostElementsEver } from '../domain/limits.ts'
import { decoded } from '../domain/names.ts'
import { type Problem, writtenAnew } from '../domain/problem.ts'
import type { Mention } from '../domain/reading.ts'
import type { Release, ReleaseInput } from '../domain/release.ts'
import { beginning } from '../domain/text.ts'
import { type AddressContext, isPlainMediaAddress, meaningOf } from './body-addresses.ts'

/** Loaded for the first release that is read: most starts find nothing new, and do without. */
const loadParsers = async () => ({
  ...(await import('./html.ts')),
  ...(await import('./markdown.ts')),
  ...(await import('./markup-limits.ts')),
  ...(await import('./words.ts')),
})
type Parsers = Awaited<ReturnType<typeof loadParsers>>

let parsers: Promise<Parsers> | undefined

/** The text of a release as HTML and as plain text. Without `html` something was wrong with it. */
export type ReleaseBody = {
  html?: string
  text: string
  /** Files below `media/` that it shows or links to. */
  mentions: Mention[]
  problems: Problem[]
}

/** The words of a release for the search. */
export async function wordsOfRelease(
  release: Pick<Release, 'title' | 'lead' | 'html' | 'language'>,
): Promise<string> {
  const { wordsOf } = await (parsers ??= loadParsers())
  return wordsOf(release)
}

/**
 * Reads the Markdown or HTML of a release. `isNew` as in `ReleaseToRead`: what is new has to keep within all
 * limits, and what an earlier version took is only warned about.
 */
export async function readReleaseBody(
  input: ReleaseInput,
  context: AddressContext,
  isNew: boolean,
): Promise<ReleaseBody> {
  // In HTML from another system such an address may never have worked.
  const isForeign = input.body.html !== undefined
  const addresses = new BodyAddresses(context, (address) => {
    return isForeign || (!isNew && !isPlainMediaAddress(address))
  })
  const body = clean(input, addresses, isNew, await (parsers ??= loadParsers()))
  const mentions = addresses.mentions()
  return {
    ...body,
    mentions,
    problems: [...body.problems, ...addresses.problems(isNew && !isForeign)],
  }
}

/** Resolves the addresses in a text. Notes the files that it speaks of, and what is wrong with addresses. */
class BodyAddresses {
  #context: AddressContext
  #mayBeMissing: (address: string) => boolean
  #files = new Map<string, { isWarning: boolean }>()
  #wrong = new Map<string, { what: string; use: 'link' | 'image' }>()

  /** `mayBeMissing`: whether it is only a warning when there is no file at an address. */
  constructor(context: AddressContext, mayBeMissing: (address: string) => boolean) {
    this.#context = context
    this.#mayBeMissing = mayBeMissing
  }

  /** The absolute address, or undefined to leave it out. */
  resolve(address: string, use: 'link' | 'image'): string | undefined {
    const { url, media, wrong } = meaningOf(address, use, this.#context)
    // If one address requires the file, it is required for all of them.
    if (media && this.#files.get(media)?.isWarning !== false) {
      this.#files.set(media, { isWarning: this.#mayBeMissing(address) })
    }
    if (wrong) this.#wrong.set(address, { what: wrong, use })
    return url
  }

  mentions(): Mention[] {
    return Array.from(this.#files, ([path, { isWarning }]): Mention => {
      return { path, field: 'body', ...(isWarning && { warning: true }) }
    })
  }

  /** Pictures and links that nobody would see: they are left out, or lead nowhere. */
  problems(isRefused: boolean): Problem[] {
    return Array.from(this.#wrong, ([address, { what, use }]): Problem => {
      const message = `"${beginning(decoded(address), 60)}" ${what}`
      if (isRefused) return { field: 'body', message }
      const tolerated = use === 'image' && { tolerated: true as const }
      return { field: 'body', message, warning: true, ...tolerated }
    }).slice(0, mostTold)
  }
}

type CleanBody = Pick<ReleaseBody, 'html' | 'text' | 'problems'>

function clean(
  { body, language }: ReleaseInput,
  addresses: BodyAddresses,
  isNew: boolean,
  {
    cleanHtml,
    markdownToHtml,
    labelsWithoutUse,
    cellsWithoutColumn,
    htmlBeyondLimits,
    markdownBeyondLimits,
  }: Parsers,
): CleanBody {
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
    const read = cleanHtml(written, (address, use) => addresses.resolve(address, use), most)
    const titles = html === undefined ? titlesOfPictures(written).slice(0, mostTold) : []
    problems.push(...titles.map(untold).map((one) => (isNew ? writtenAnew(one) : one)))
    problems.push(...read.leftOut.map(leftOut))
    if (read.html.length <= largestBody) return { html: read.html, text: read.text, problems }
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

/** Problems of one kind that are told at once. */
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
  const message = `"${beginning(cells, 60)}" is left out, because its row has more cells than the first row of its table. Write \\| for a vertical bar that separates no cells, or give the first row as many.`
  return { field: 'body', message, warning: true, tolerated: true }
}

/** C-09: titles need a mouse, and few readers let them through. */
function titlesOfPictures(html: string): string[] {
  return Array.from(html.matchAll(/<img [^>]*\stitle="([^"]+)"/g), ([, title]) => title!)
}

function untold(title: string): Problem {
  const message = `"${beginning(title, 60)}" behind the address of a picture is not shown. Write it as text below the picture.`
  return { field: 'body', message, warning: true, tolerated: true }
}

function wrongBody(message: string): CleanBody {
  return { text: '', problems: [{ field: 'body', message }] }
}

/** D1 keeps at most 2 MB in a row, and no reader takes a longer release (H-38). */
const largestBody = 1_000_000
