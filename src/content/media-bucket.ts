import { DomainError } from '../domain/errors.ts'
import type { MediaStore } from '../domain/media-store.ts'
import { contentTypeOf, mediaTypeOf, spellings } from '../domain/media-types.ts'
import { beginningOfPicture, withMeasures } from './picture-size.ts'
import type { MediaFile } from '../domain/reading.ts'

/** The part of Cloudflare's R2 that we use. */
export type Bucket = {
  head(key: string): Promise<{ size: number } | null>
  get(key: string, options?: { range?: Headers | Part }): Promise<StoredFile | null>
  put(
    key: string,
    bytes: Uint8Array,
    options: { onlyIf: Headers; httpMetadata: { contentType: string } },
  ): Promise<object | null>
}

type Part = { offset: number; length: number }

type StoredFile = {
  size: number
  httpEtag: string
  uploaded: Date
  body: ReadableStream<Uint8Array>
  arrayBuffer: () => Promise<ArrayBuffer>
}

/**
 * The files of a Worker: those of its content, which `findAsset` finds, and uploads in a bucket. Without a
 * bucket nothing can be uploaded.
 */
export function createMediaBucket(
  findAsset: (path: string) => Promise<MediaFile | undefined>,
  bucket: Bucket | undefined,
): MediaStore {
  return {
    async find(path) {
      for (const spelling of spellings(path)) {
        const asset = await findAsset(spelling)
        if (asset) return asset
        const found = await bucket?.head(spelling)
        if (found) return measured(bucket!, spelling, { size: found.size, type: mediaTypeOf(path) })
      }
      return undefined
    },

    async put(path, bytes, isDryRun) {
      if (!bucket) {
        throw new DomainError(
          'not-here',
          'This Worker has no place for files. Bind an R2 bucket as MEDIA in wrangler.toml.',
        )
      }
      let before: StoredFile | null = null
      for (const spelling of spellings(path)) {
        if (await findAsset(spelling)) {
          throw new DomainError(
            'conflict',
            'The content folder has a file of this name. Use another name.',
          )
        }
        before ??= await bucket.get(spelling)
      }
      if (!before && isDryRun) return 'created'
      if (!before) {
        const onlyIf = new Headers({ 'If-None-Match': '*' })
        const httpMetadata = { contentType: mediaTypeOf(path) }
        if (await bucket.put(path, bytes, { onlyIf, httpMetadata })) return 'created'
      }
      const there = before ?? (await bucket.get(path))
      const kept = new Uint8Array((await there?.arrayBuffer()) ?? [])
      const isSame = kept.length === bytes.length && kept.every((byte, at) => byte === bytes[at])
      if (isSame) return 'unchanged'
      throw new DomainError(
        'conflict',
        'There is another file of this name, and files never change. Use another name.',
      )
    },
  }
}

function measured(bucket: Bucket, key: string, file: MediaFile): Promise<MediaFile> {
  return withMeasures(file, async () => {
    const range = new Headers({ Range: `bytes=0-${Math.min(file.size, beginningOfPicture) - 1}` })
    const kept = await bucket.get(key, { range })
    return new Uint8Array((await kept?.arrayBuffer()) ?? [])
  })
}

/** Answers a request for a file in a bucket, or for a part of it; undefined when it is not there. */
export async function answerFromBucket(
  bucket: Bucket,
  path: string,
  headers: Headers,
): Promise<Response | undefined> {
  const range = headers.get('range')
  if (range !== null) return answerPart(bucket, path, range)
  const found = await bucket.get(path)
  return found ? answer(path, found, found.size) : undefined
}

/** R2 answers a range that asks for no byte with all of them, and says of others in several ways what it gave. */
async function answerPart(
  bucket: Bucket,
  path: string,
  range: string,
): Promise<Response | undefined> {
  const file = await bucket.head(path)
  if (!file) return undefined
  const part = partOf(range, file.size)
  if (!part) return withoutPart(path, file.size)
  const found = await bucket.get(path, { range: part })
  if (!found) return undefined
  const { offset, length } = part
  return answer(path, found, length, `bytes ${offset}-${offset + length - 1}/${file.size}`)
}

/** The bytes of so many that a range asks for; undefined for none. */
function partOf(range: string, size: number): Part | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  const offset = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size)
  return offset < end ? { offset, length: end - offset } : undefined
}

function answer(path: string, file: StoredFile, length: number, range?: string): Response {
  const headers = {
    'Content-Type': mediaTypeOf(path),
    'Content-Length': String(length),
    ETag: file.httpEtag,
    'Last-Modified': file.uploaded.toUTCString(),
    ...(range !== undefined && { 'Content-Range': range }),
  }
  return new Response(file.body, { status: range === undefined ? 200 : 206, headers })
}

/** The answer to a range that asks for no byte of a file (RFC 9110 section 15.5.17). */
function withoutPart(path: string, size: number): Response {
  const headers = {
    'Content-Type': contentTypeOf(path) ?? mediaTypeOf(path),
    'Content-Range': `bytes */${size}`,
    'Accept-Ranges': 'bytes',
  }
  return new Response(null, { status: 416, headers })
}
