import { serveStatic } from '@hono/node-server/serve-static'
import type { Context, MiddlewareHandler } from 'hono'
import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { contentTypeOf } from '../domain/media-types.ts'
import { isMediaPath } from '../domain/names.ts'
import type { ReleaseStore } from '../domain/release-store.ts'
import { cacheSizes, createRemembered } from '../domain/remembered.ts'
import { noteWithoutDocument } from './answers/answers.ts'
import { askedBy } from './answers/asked.ts'
import { brieflyKept, caching, longestKept } from './answers/caching.ts'
import { notAnswering } from './answers/find.ts'
import { always } from './answers/record.ts'
import type { Current, StateSource } from './answers/state.ts'
import type { AnswerStore } from './answers/store.ts'
import { isNotModified } from './answers/validators.ts'

/** Answers paths below `/media/` from the first of some folders on disk that has the file. */
export function serveFolders(roots: string[]): MiddlewareHandler {
  const folders = roots.map((root) => serveFolder(root, asWritten))
  let otherwise: MiddlewareHandler[] | undefined
  const spelledOtherwise = () => {
    return (otherwise ??= roots.flatMap((root) => [
      serveFolder(root, composed),
      serveFolder(root, decomposed),
    ]))
  }
  return async (c, next) => {
    // Names in ASCII have one spelling.
    const isPlain = /^[ -$&-~]*$/.test(c.req.path)
    for (const list of [() => folders, ...(isPlain ? [] : [spelledOtherwise])]) {
      for (const folder of list()) {
        const found = await folder(c, async () => {})
        if (found) return found
      }
    }
    await next()
    return undefined
  }
}

// Letters of names may be composed or not on disk, whatever they are in the address (UAX 15).
const asWritten = (path: string) => path
const composed = (path: string) => path.normalize('NFC')
const decomposed = (path: string) => path.normalize('NFD')

function serveFolder(root: string, spell: (path: string) => string): MiddlewareHandler {
  // No folder has a page of its own, and hidden files are never asked for.
  const index = '.none'
  return serveStatic({
    root,
    index,
    allowPercentInPath: true,
    rewriteRequestPath: (path) => spell(decodeSeparators(path)),
  })
}

/** The handler leaves encoded what it takes for separators, and files may have them in their names. */
function decodeSeparators(path: string): string {
  return path.replace(/%(?:2C|2B|26|3D|40|3A|3B|24|23|3F)/gi, decodeURIComponent)
}

/** Whether an address can be that of a file. */
export function isMediaFile(pathname: string): boolean {
  const path = decodePath(pathname)
  return path !== undefined && isMediaPath(path)
}

/**
 * Tells what becomes of a file: it is public no sooner and no longer than the releases that speak of
 * it (H-21, D-03). What the store said last holds while it does not answer; before that, nothing is
 * shown that may be under embargo.
 */
export class MediaStatuses {
  readonly #store: Pick<ReleaseStore, 'mediaStatus'>
  readonly #last = createRemembered<MediaStatus>(cacheSizes.files)

  constructor(store: Pick<ReleaseStore, 'mediaStatus'>) {
    this.#store = store
  }

  async of(pathname: string, current: Current): Promise<MediaStatus> {
    const path = decodePath(pathname)
    if (path === undefined) return 'hidden'
    try {
      // Of a store that cannot be read nothing can be asked.
      if (current.revision === 0) throw notAnswering()
      const status = await this.#store.mediaStatus(path, current)
      // Of what is hidden there is no end, and none of it may be shown.
      if (status === 'hidden') this.#last.delete(path)
      else this.#last.set(path, status)
      return status
    } catch (error) {
      const known = this.#last.get(path)
      if (known) return known
      throw error
    }
  }
}

type MediaStatus = Awaited<ReturnType<ReleaseStore['mediaStatus']>>

/** The path below the content folder that an address asks for; undefined for what is no UTF-8. */
export function decodePath(pathname: string): string | undefined {
  try {
    // As the folder is asked, or a path encoded twice would lead past this.
    return decodeSeparators(decodeURIComponent(pathname.slice(1)))
  } catch {
    return undefined
  }
}

/** What answering requests for files takes. */
type Parts = {
  statuses: MediaStatuses
  /** Answers requests below `/media/`. */
  media: MiddlewareHandler
  state: StateSource
  answers: AnswerStore
  clock: Clock
}

/** A file that releases attach. Throws DomainError for one that is not there, not yet or no longer. */
export async function answerMedia(c: Context, parts: Parts): Promise<Response> {
  const { statuses, media, state, answers, clock } = parts
  const asked = askedBy(c.req.raw)
  const { pathname } = new URL(c.req.url)
  if (!isMediaFile(pathname)) throw noFile()
  const current = await state.read(asked, answers.known(asked.address))
  const status = await statuses.of(pathname, current)
  const found = status === 'public' ? await findMedia(c, media, clock.now()) : undefined
  if (!found) {
    noteWithoutDocument(asked, current, { lifetime: brieflyKept }, parts)
    throw status === 'withdrawn' ? withdrawnFile() : noFile()
  }
  const { headers } = found
  for (const [name, value] of Object.entries({ ...always, 'cache-control': caching })) {
    headers.set(name, value)
  }
  const etag = headers.get('etag') ?? ''
  const lastModified = Date.parse(headers.get('last-modified') ?? '') / 1000 || 0
  noteWithoutDocument(asked, current, { lifetime: longestKept, etag, lastModified }, parts)
  return found
}

function noFile(): DomainError {
  return new DomainError('not-found', 'There is no such file.')
}

function withdrawnFile(): DomainError {
  return new DomainError('gone', 'This file belonged to a release that was withdrawn.')
}

/**
 * The answer of `media` to a request: the file, a part of it, 304 or 416; undefined when there is no
 * such file. Conditions are decided here where `media` does not know them.
 */
export async function findMedia(
  c: Context,
  media: MiddlewareHandler,
  now: number,
): Promise<Response | undefined> {
  const { headers } = c.req.raw
  // A part is only asked for rightly in one way, and with If-Range we would have to know the file first.
  const isPart =
    c.req.method === 'GET' &&
    /^bytes=(\d+-\d*|-\d+)$/.test(headers.get('range') ?? '') &&
    !headers.has('if-range')
  if (headers.has('range') && !isPart) c.req.raw = without(c.req.raw, 'range')
  const found = await media(c, async () => {})
  if (!found || ![200, 206, 304, 416].includes(found.status)) return undefined
  const answer = new Response(found.body, found)
  const modified = Date.parse(answer.headers.get('last-modified') ?? '') / 1000
  if (found.status !== 200 && found.status !== 206) return harmless(answer)
  answer.headers.set('Accept-Ranges', 'bytes')
  // A folder, a bundle and a bucket each know other types.
  const type = contentTypeOf(c.req.path)
  if (type) answer.headers.set('Content-Type', type)
  if (Number.isNaN(modified)) return harmless(answer)
  const range = answer.headers.get('content-range') ?? ''
  const size = /\d+$/.exec(range)?.[0] ?? answer.headers.get('content-length') ?? ''
  const etag = answer.headers.get('etag') ?? `W/"${modified.toString(36)}-${size}"`
  answer.headers.set('ETag', etag)
  if (!isNotModified(headers, { etag, lastModified: modified }, now)) return harmless(answer)
  await answer.body?.cancel()
  for (const name of ['content-length', 'content-type', 'content-range']) {
    answer.headers.delete(name)
  }
  return new Response(null, { status: 304, headers: answer.headers })
}

/** A file must never act as a page of ours, whatever it holds. */
function harmless(answer: Response): Response {
  if (!/html|xml|svg|script/.test(answer.headers.get('content-type') ?? 'html')) return answer
  answer.headers.set('Content-Disposition', 'attachment')
  answer.headers.set('Content-Security-Policy', "default-src 'none'; sandbox")
  return answer
}

function without(request: Request, name: string): Request {
  const headers = new Headers(request.headers)
  headers.delete(name)
  return new Request(request, { headers })
}
