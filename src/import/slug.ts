/** Letters that are not a letter and a mark (NFKD takes those apart), as they are written in a–z. */
const letters: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
  ŋ: 'n',
  ə: 'a',
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
  є: 'ye',
  і: 'i',
  ґ: 'g',
  ђ: 'dj',
  ј: 'j',
  љ: 'lj',
  њ: 'nj',
  ћ: 'c',
  џ: 'dz',
  ѕ: 'dz',
  α: 'a',
  β: 'v',
  γ: 'g',
  δ: 'd',
  ε: 'e',
  ζ: 'z',
  η: 'i',
  θ: 'th',
  ι: 'i',
  κ: 'k',
  λ: 'l',
  μ: 'm',
  ν: 'n',
  ξ: 'x',
  ο: 'o',
  π: 'p',
  ρ: 'r',
  σ: 's',
  ς: 's',
  τ: 't',
  υ: 'y',
  φ: 'f',
  χ: 'ch',
  ψ: 'ps',
  ω: 'o',
}

/**
 * A text as a part of an address: a–z, digits and hyphens, whole words, at most `longest` characters.
 * Answers undefined when most of its letters have no such form, as in Chinese or Arabic.
 */
export function slugOf(text: string, longest = 80): string | undefined {
  const plain = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}|['’ʼ]/gu, '')
  const latin = plain.replace(/\P{ASCII}/gu, (letter) => letters[letter] ?? letter)
  const lost =
    latin.match(/\P{ASCII}/gu)?.filter((letter) => /[\p{L}\p{N}]/u.test(letter)).length ?? 0
  const slug = latin.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
  if (!slug || lost > slug.length / 2) return undefined
  if (slug.length <= longest) return slug
  const cut = slug.slice(0, longest + 1)
  return cut.slice(0, cut.lastIndexOf('-') > longest / 2 ? cut.lastIndexOf('-') : longest)
}

/** The last part of an address, where it is words and no number, digest or name of a program. */
export function slugInAddress(address: string): string | undefined {
  const last = new URL(address).pathname.split('/').findLast((part) => part !== '')
  if (!last) return undefined
  const slug = slugOf(decoded(last).replace(/\.[a-z]{2,5}$/i, ''))
  const words = slug?.split('-').filter((word) => /^[a-z]{2,}$/.test(word)) ?? []
  return words.length >= 2 ? slug : undefined
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The first of `slug`, `slug-2`, `slug-3` … that is free, as long as an address may be. */
export function freeSlug(slug: string, isTaken: (slug: string) => boolean, longest = 80): string {
  for (let number = 1; ; number++) {
    const end = number === 1 ? '' : `-${number}`
    const candidate = `${slug.slice(0, longest - end.length).replace(/-$/, '')}${end}`
    if (!isTaken(candidate)) return candidate
  }
}
