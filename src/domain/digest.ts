type Algorithm = 'SHA-1' | 'SHA-256'
type Digest = (
  algorithm: Algorithm,
  bytes: Uint8Array<ArrayBuffer>,
) => Uint8Array | Promise<Uint8Array>

/** Web Crypto is in every runtime. It hands each text to another thread, which takes longer than the digest. */
let chosen: Digest = async (algorithm, bytes) =>
  new Uint8Array(await crypto.subtle.digest(algorithm, bytes))

/** Has another function make the same digests in this thread: one that does not wait for another thread. */
export function makeDigestsWith(digest: Digest): void {
  chosen = digest
}

/** A digest of a text as UTF-8, or of bytes. */
export async function digestOf(
  algorithm: Algorithm,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  return chosen(algorithm, bytes)
}
