import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Fetch } from '../platforms.ts'

/** An answer as a reader gets it from its HTTP library: decoded. */
export type Answer = { status: number; headers: Headers; body: string }

const decoders: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/** Asks with exactly these headers. Rejects when the answer is in a coding that was not asked for. */
export async function ask(
  fetch: Fetch,
  address: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(address, { headers })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const coding = response.headers.get('content-encoding')
  const listed = (headers['Accept-Encoding'] ?? '').split(',').map((one) => one.trim())
  if (coding && bytes.length > 0 && !listed.includes(coding)) {
    throw new Error(`The answer is in ${coding}, which was not asked for.`)
  }
  const decoded = coding && isCoded(response, bytes) ? decoders[coding]!(bytes) : bytes
  return {
    status: response.status,
    headers: response.headers,
    body: new TextDecoder().decode(decoded),
  }
}

/** The client that speaks to workerd decodes by itself and leaves the headers as they came. */
function isCoded({ headers }: Response, bytes: Uint8Array): boolean {
  const length = headers.get('content-length')
  return bytes.length > 0 && (length === null || Number(length) === bytes.length)
}

/** Seconds of `max-age`, read as Miniflux and NetNewsWire do: split at commas, by prefix (H-18). */
export function maxAgeOf({ headers }: Answer): number | undefined {
  const directives = (headers.get('cache-control') ?? '').split(',').map((one) => one.trim())
  const found = directives.find((one) => one.startsWith('max-age='))
  return found === undefined ? undefined : Number(found.slice('max-age='.length))
}

/** Seconds of `Retry-After`, where it is a number. */
export function retryAfterOf(answer: Answer | undefined): number | undefined {
  const value = answer?.headers.get('retry-after') ?? ''
  return /^\d+$/.test(value) ? Number(value) : undefined
}
