import anyAscii from 'any-ascii'
import { comparableText } from '../domain/text.ts'

/** Characters of a slug that is made of a text: longer ones make addresses that mail programs break. */
export const longestMadeSlug = 80

/** Letters for which slugs have always had something else than the library writes. */
const written = new Map(Object.entries({ ŋ: 'n', ə: 'a', є: 'ye', ї: 'yi', й: 'y', џ: 'dz' }))

/**
 * A text as a part of an address: a–z, digits and hyphens, whole words, at most `longest` characters.
 * Answers undefined when most of its letters are of other scripts than Latin, Greek and Cyrillic: in
 * a–z they would be without vowels, as Arabic, or read in the wrong language, as Japanese.
 */
export function slugOf(text: string, longest = longestMadeSlug): string | undefined {
  const latin = comparableText(text)
    .replace(/['’ʼ]/g, '')
    .replace(/\P{ASCII}/gu, (letter) => written.get(letter) ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/gu, inLatin)
  const lost =
    latin.match(/[\p{L}\p{N}]/gu)?.filter((letter) => !/[a-z0-9]/.test(letter)).length ?? 0
  const slug = latin.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
  if (!slug || lost > slug.length / 2) return undefined
  if (slug.length <= longest) return slug
  const cut = slug.slice(0, longest + 1)
  return cut.slice(0, cut.lastIndexOf('-') > longest / 2 ? cut.lastIndexOf('-') : longest)
}

/** A letter in a–z, without signs for letters that are silent. */
function inLatin(letter: string): string {
  return anyAscii(letter)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}
