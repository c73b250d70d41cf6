/** A piece of a written telephone number. `address` is there if it can be dialled. */
export type TelephonePart = { text: string; address?: string }

/** Between groups of digits. A slash with spaces around it stands between two numbers. */
const gap = String.raw`(?:[\s.\-‑–—\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,3}|/)`
const country = String.raw`(?:\(?\+\s?\(?\d{1,3}\)?${gap}?)?`
const area = String.raw`(?:\(\d{1,6}\)${gap}?)?`
const number = new RegExp(`${country}${area}\\d+(?:${gap}\\d+)*`, 'g')

/** Words for extensions, also in the languages of neighbouring countries. */
const extension =
  /[\s,;(]*(?:ext(?:ension|n)?|x|#|ankn(?:ytning)?|alanumero|alanro|durchwahl|dw|lokal|poste|interno|klapka)[.:=]{0,2}\s*(\d{1,7})(?![\p{L}\d])/iuy

/**
 * The telephone numbers in a text, as addresses to dial (RFC 3966), among the words around them. There is no
 * address where it is not clear which number a person would dial: letters, two numbers run together, a range.
 */
export function telephoneParts(written: string): TelephonePart[] {
  const parts: TelephonePart[] = []
  let done = 0
  for (const { 0: found, index } of written.matchAll(number)) {
    if (index < done) continue
    let end = index + found.length
    extension.lastIndex = end
    const further = extension.exec(written)?.[1]
    const isWhole = found === written.trim()
    const digits = isAlone(written, index, further ? undefined : end) && dialled(found, isWhole)
    if (!digits) continue
    if (further) end = extension.lastIndex
    if (index > done) parts.push({ text: written.slice(done, index) })
    const address = `tel:${digits}${further ? `;ext=${further}` : ''}`
    parts.push({ text: written.slice(index, end), address })
    done = end
  }
  if (done < written.length) parts.push({ text: written.slice(done) })
  return parts
}

/** Whether digits are no part of a word, of a code such as `*100#` or of an amount. */
function isAlone(written: string, from: number, to: number | undefined): boolean {
  if (/[\p{L}\p{N}*#@,]$/u.test(written.slice(0, from).replace(/[-‑]$/, ''))) return false
  return to === undefined || !/^[-‑]?[\p{L}\p{N}*#@]|^\s?[%€$£]|^,\d/u.test(written.slice(to))
}

/** Country codes where the 0 at the beginning is also dialled from abroad. */
const withZero = new Set(['39', '225', '229', '241', '242', '378', '379'])

/** The fewest digits of a number among words. Shorter ones, such as emergency numbers, must stand alone. */
const fewest = 6
/** The most digits: by ITU-T E.164, and as countries use them. */
const most = { abroad: 15, within: 13 }

/** `+358 (0)295 421 600` is +358295421600. */
function dialled(found: string, isWhole: boolean): string | undefined {
  if (isTimeOrDate(found) || isRange(found)) return undefined
  const plain = found.replace(/^\(?\+\s?\(?(\d{1,3})\)/, '+$1 ').replace(/^00(?=[1-9])/, '+')
  const [, code, trunk] = /^\+(\d{1,3})[^\d(]*(\(0|(?<=\D)0)?/.exec(plain) ?? []
  const isAbroad = plain.startsWith('+')
  const hasTrunk = code !== undefined && trunk !== undefined && !withZero.has(code)
  const rest = hasTrunk ? plain.replace(/^(\+\d{1,3}[^\d(]*\(?)0/, '$1') : plain
  const digits = rest.replace(/\D/g, '')
  if (digits.length > (isAbroad ? most.abroad : most.within)) return undefined
  const isLikely = isAbroad || /^\(?0/.test(plain) || digits.length > fewest
  if (!isWhole && (digits.length < fewest || !isLikely)) return undefined
  return isAbroad ? `+${digits}` : digits
}

function isTimeOrDate(found: string): boolean {
  return (
    /^\d{1,2}(?:[.:]\d{2})?\s?[-–—]\s?\d{1,2}(?:[.:]\d{2})?$/.test(found) ||
    /^\d{1,2}\.\s?\d{1,2}\.\s?\d{4}$/.test(found)
  )
}

/** `421 600–609`, or `421 600/601`: several numbers, or none. */
function isRange(found: string): boolean {
  const [, before = ''] = /^(.*\d)\s?[–—/]\s?\d/.exec(found) ?? []
  return before.replace(/^\(?\+\s?\(?\d{1,3}\)?/, '').replace(/\D/g, '').length > 5
}
