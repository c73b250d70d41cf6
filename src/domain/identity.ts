import { digestOf } from './digest.ts'

/**
 * A name-based UUID, version 5 (RFC 9562 section 5.5), as `urn:uuid:…`. The same namespace and
 * name give the same identity on every machine, for ever (C-01).
 */
export function identity(namespace: string, name: string): string {
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g)!, (hex) =>
    Number.parseInt(hex, 16),
  )
  const text = new TextEncoder().encode(name)
  const input = new Uint8Array(space.length + text.length)
  input.set(space)
  input.set(text, space.length)
  const bytes = digestOf('SHA-1', input).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return `urn:uuid:${toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

/** A short fingerprint of a text: 32 hexadecimal digits of its SHA-256. */
export function fingerprint(text: string): string {
  return toHex(digestOf('SHA-256', text).subarray(0, 16))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The slug and the language of an address as one text, which no other release has. */
export function keyOf({ slug, language }: { slug: string; language: string }): string {
  return `${slug}.${language}`
}
