/**
 * What a document is written in, as far as its first bytes tell: by its byte order mark, else by
 * `Content-Type`, else by its XML declaration, else UTF-8 (RFC 7303 section 3, XML 1.0 appendix F).
 */
export function encodingOf(start: Uint8Array, contentType = ''): string {
  const served = withoutWide(byLabel(/charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1]))
  const declared = byDeclaration(start)
  // What servers say of every file of theirs unless somebody sets it: who wrote the document knows better.
  const isDefault = served === 'windows-1252'
  return byMark(start) ?? (isDefault ? (declared ?? served) : (served ?? declared)) ?? 'utf-8'
}

/**
 * Reads bytes as text in what they are written in. Text that is UTF-8 byte for byte and not merely
 * ASCII is UTF-8, whatever a server says of it: no text in an encoding of one byte a letter looks
 * like that. What is no encoding at all is read as UTF-8 where most of it is, else as Windows-1252.
 */
export function decode(bytes: Uint8Array, contentType = ''): string {
  const start = bytes.subarray(0, 1024)
  const marked = byMark(start)
  const stated = encodingOf(start, contentType)
  const declared = byDeclaration(start)
  const utf8 = marked === undefined ? strictly(bytes, 'utf-8') : undefined
  if (utf8 !== undefined && isUtf8(utf8, stated, declared)) return utf8
  for (const encoding of [stated, declared, 'utf-8']) {
    const text = encoding && strictly(bytes, encoding)
    if (text) return text
  }
  return marked === undefined ? mixed(bytes, stated) : new TextDecoder(marked).decode(bytes)
}

function strictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Of several bytes a letter: what is written in these may be UTF-8 by chance. */
const ofSeveralBytes = /^(gb|big5|shift_jis|euc-|iso-2022)/

function isUtf8(text: string, stated: string, declared: string | undefined): boolean {
  // oxlint-disable-next-line no-control-regex -- zeros show that a letter has two bytes
  if (/\0/.test(text) || !/[^\x01-\x7f]/.test(text)) return false
  return declared === 'utf-8' || !ofSeveralBytes.test(declared ?? stated)
}

/** Single bytes of another encoding among UTF-8, or a text that ends within a letter. */
function mixed(bytes: Uint8Array, stated: string): string {
  const text = new TextDecoder('utf-8').decode(bytes)
  const lost = text.match(/\ufffd/g)?.length ?? 0
  const read = text.match(/(?!\ufffd)\P{ASCII}/gu)?.length ?? 0
  if (read > lost) return text
  return new TextDecoder(stated === 'utf-8' ? 'windows-1252' : stated).decode(bytes)
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
  const label = /^(?:ï»¿)?\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']/i.exec(declaration)?.[1]
  return withoutWide(byLabel(label))
}

/** Without a mark, whoever can read the first letters as ASCII knows that UTF-16 is wrong. */
function withoutWide(encoding: string | undefined): string | undefined {
  return encoding?.startsWith('utf-16') ? undefined : encoding
}

function byLabel(label: string | undefined): string | undefined {
  if (!label) return undefined
  try {
    return new TextDecoder(label.trim().replace(/^utf_?8.*$/i, 'utf-8')).encoding
  } catch {
    return undefined
  }
}
