import { createHash, hash } from 'node:crypto'

/**
 * A name-based UUID, version 5 (RFC 9562 section 5.5), as `urn:uuid:…`. The same namespace and
 * name give the same identity on every machine, for ever (C-01).
 */
export async function identity(namespace: string, name: string): Promise<string> {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex')
  const bytes = createHash('sha1').update(space).update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const digits = bytes.toString('hex')
  return `urn:uuid:${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

/**
 * A short fingerprint of a text: 32 hexadecimal digits of its SHA-256. Not by Web Crypto, which takes
 * eight times as long for a text of a few kilobytes.
 */
export async function fingerprint(text: string): Promise<string> {
  return hash('sha256', text, 'hex').slice(0, 32)
}
