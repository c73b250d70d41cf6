/** A text, and what it was written in. `isGuess`: nobody said so, or what was said is wrong. */
export type Decoded = { text: string; encoding: string; isGuess: boolean }

/**
 * What a document is written in, by its byte order mark, else by `Content-Type`, else by its XML
 * declaration, else UTF-8 (RFC 7303 section 3, XML 1.0 appendix F).
 */
export function encodingOf(start: Uint8Array, contentType = ''): string {
  return (
    byMark(start) ??
    byLabel(/charset=["']?([^"';\s]+)/i.exec(contentType)?.[1]) ??
    byDeclaration(start) ??
    'utf-8'
  )
}

/** Reads bytes as text in what they are written in. What is no valid UTF-8 is taken for Windows-1252. */
export function decode(bytes: Uint8Array, contentType = ''): Decoded {
  const stated = encodingOf(bytes.subarray(0, 1024), contentType)
  const candidates = [stated, byDeclaration(bytes.subarray(0, 1024)), 'utf-8']
  for (const encoding of candidates) {
    if (!encoding) continue
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
      return { text, encoding, isGuess: encoding !== stated }
    } catch {
      // The next one may be right.
    }
  }
  const encoding = stated === 'utf-8' ? 'windows-1252' : stated
  return { text: new TextDecoder(encoding).decode(bytes), encoding, isGuess: true }
}

function byMark([first, second, third, fourth]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0x00 && second === 0x3c && third === 0x00) return 'utf-16be'
  if (first === 0x3c && second === 0x00 && third !== 0x00 && fourth === 0x00) return 'utf-16le'
  return undefined
}

function byDeclaration(start: Uint8Array): string | undefined {
  const declaration = new TextDecoder('latin1').decode(start)
  const label = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']/i.exec(declaration)?.[1]
  const encoding = byLabel(label)
  // Whoever can read the declaration as ASCII knows that this is wrong.
  return encoding?.startsWith('utf-16') ? undefined : encoding
}

function byLabel(label: string | undefined): string | undefined {
  if (!label) return undefined
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}
