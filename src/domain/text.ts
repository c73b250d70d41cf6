/** The characters of the bytes 80–9F in windows-1252, which careless conversions leave as C1 controls. */
const windows1252 = new Map(
  Array.from('€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ', (character, index) => [
    String.fromCharCode(0x80 + index),
    character,
  ]),
)

// oxlint-disable-next-line no-control-regex -- control characters are what this removes
const unwelcome = /[\0-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/g

/** Everything that may need cleaning. Nearly every text has none of it, and is searched only once. */
const suspicious = new RegExp(`[\\r\\ud800-\\udfff]|${unwelcome.source}`)

/**
 * Text that every format can carry: line ends as LF, mis-decoded windows-1252 repaired, and the
 * characters that XML 1.0 section 2.2 forbids (controls, U+FFFE, U+FFFF) or that are half a
 * character (lone surrogates) removed. Requirement X-02.
 */
export function cleanText(text: string): string {
  if (!suspicious.test(text)) return text
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\x80-\x9f]/g, (control) => windows1252.get(control) ?? control)
    .replace(/\p{Surrogate}/gu, '')
    .replace(unwelcome, '')
}

/** Clean text on a single line, as titles and names are (C-11). */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/[\s\u2028\u2029]+/g, (space) => (/^\u00a0+$/.test(space) ? space : ' '))
    .trim()
}

/** The beginning of a text: whole words, at most `limit` characters (code points), then “…”. */
export function beginning(text: string, limit: number): string {
  const characters = Array.from(text)
  if (characters.length <= limit) return text
  const cut = characters.slice(0, limit).join('')
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > cut.length / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\s,;:–-]+$/, '')}…`
}

/**
 * A word or label in the form in which it is compared and written in addresses: lower case, without
 * diacritics, words joined by hyphens. “Järjestäytynyt rikollisuus” becomes “jarjestaytynyt-rikollisuus”.
 */
export function fold(text: string): string {
  const plain = withoutDiacritics(text)
  return plain
    .replace(isPlain.test(plain) ? /[^a-z0-9]+/g : /[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^-|-$/g, '')
}

/** Words of letters and digits. ASCII stands first, because looking up a property takes longer. */
const wordsInText = /(?:[a-z0-9]+|[\p{L}\p{N}\p{M}])+/gu

/**
 * The words of a text for the search: lower case, without diacritics. Scripts that write no spaces are taken
 * character by character, so that a part of a sentence can be found.
 */
export function searchWords(text: string): string[] {
  return withoutDiacritics(text).match(wordsInText) ?? []
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

/** Search words in the form of the index: separate characters where their script writes no spaces. */
export function searchTokens(words: string): string {
  return words.replace(unspaced, ' $& ').trim()
}

/**
 * Marks stems in the index, so that no word is taken for one: a character for private use, which is in no word
 * of a text or a search.
 */
export const stemMark = '\u{e001}'

/** The stems of a folded word in a language, folded and without the mark. None where it has none. */
export type StemsOf = (word: string, language: string) => string[]

/**
 * Invisible characters that do not distinguish words (Unicode Default_Ignorable_Code_Point): soft hyphens,
 * joiners, marks of direction, variation selectors.
 */
const ignorable = /\p{Default_Ignorable_Code_Point}+/gu

/**
 * Text in the form in which words are compared: lower case, one spelling for each letter, nothing invisible.
 */
export function comparableText(text: string): string {
  if (isPlain.test(text)) return text.toLowerCase()
  return text.replace(ignorable, '').normalize('NFKC').toLowerCase()
}

/** Most names have no other letters, and a vocabulary has thousands of them. */
const isPlain = /^[ -~]*$/

function withoutDiacritics(text: string): string {
  if (isPlain.test(text)) return text.toLowerCase()
  return text
    .replace(ignorable, '')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .normalize('NFKC')
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeOf = (character: string) => escapes[character]!

/** Text as source of HTML or XML (XML 1.0 section 2.4), for text nodes and quoted attributes. */
export function escapeMarkup(text: string): string {
  // Most texts are short and have nothing to escape, which a test tells soonest.
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, escapeOf) : text
}

/** The same for text nodes alone, where quotes stand as they are. */
export function escapeText(text: string): string {
  return /[&<>]/.test(text) ? text.replace(/[&<>]/g, escapeOf) : text
}

/** Whether a text is a mail address, as far as a link to it can be made. */
export function isMailAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text)
}
