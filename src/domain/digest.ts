import { createHash } from 'node:crypto'

/**
 * A digest of a text as UTF-8, or of bytes. Web Crypto is not used for it: on Node that hands each text to another
 * thread, which takes longer than the digest.
 */
export function digestOf(algorithm: 'SHA-1' | 'SHA-256', content: string | Uint8Array): Uint8Array {
  return createHash(algorithm.replace('-', '')).update(content).digest()
}
