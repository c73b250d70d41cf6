import {
  brotliCompress,
  brotliDecompress,
  constants,
  gunzip,
  gzip,
  zstdCompress,
  zstdDecompress,
} from 'node:zlib'
import { promisify } from 'node:util'
import { cacheSizes, createRemembered } from '../../domain/remembered.ts'

/** Content codings that we write, the smallest first. */
export const codings = ['br', 'zstd', 'gzip'] as const

export type Coding = (typeof codings)[number]

const compressors: Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  zstd: (bytes) =>
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 6 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 6 }),
}

const decompressors: Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
  gzip: promisify(gunzip),
}

/** Writes bytes in a content coding. Node and workerd give the same through `node:zlib`. */
export async function compress(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  // What comes back may be a small part of a large buffer, which would be kept with it.
  return new Uint8Array(await compressors[coding](bytes))
}

/** Bytes as they were before they were written in a coding. */
export async function decompress(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  return new Uint8Array(await decompressors[coding](bytes))
}

/** Clients send few different headers, and each of them with every request. */
const chosen = createRemembered<{ coding: Coding | undefined }>(cacheSizes.headers)

/**
 * The coding to answer in (RFC 9110 section 12.5.3): the one the client likes best, among equals
 * the smallest; none when it names none of ours (H-23). An answer is never refused for its coding.
 */
export function chooseCoding(acceptEncoding: string | undefined): Coding | undefined {
  if (!acceptEncoding) return undefined
  const known = chosen.get(acceptEncoding)
  if (known) return known.coding
  const coding = readCodings(acceptEncoding)
  chosen.set(acceptEncoding, { coding })
  return coding
}

function readCodings(acceptEncoding: string): Coding | undefined {
  const weights = new Map<string, number>()
  for (const part of acceptEncoding.slice(0, 1000).toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    const value = weight === undefined ? 1 : Number(weight)
    if (name) weights.set(name === 'x-gzip' ? 'gzip' : name, value >= 0 && value <= 1 ? value : 0)
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0
  const best = codings.toSorted((a, b) => weightOf(b) - weightOf(a))[0]!
  const identity = weights.get('identity') ?? 0
  return weightOf(best) > 0 && weightOf(best) >= identity ? best : undefined
}
