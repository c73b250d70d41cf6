import { comparableText } from '../domain/text.ts'

/** Letters that do not come apart into a Latin one and a mark, and how they are commonly written. */
const letters = new Map(
  `æ ae, ø o, œ oe, ß ss, ł l, đ d, ð d, þ th, ı i, ŋ n, ħ h,
   а a, б b, в v, г g, д d, е e, ж zh, з z, и i, й y, к k, л l, м m, н n, о o, п p, р r, с s, т t,
   у u, ф f, х kh, ц ts, ч ch, ш sh, щ shch, ы y, э e, ю yu, я ya,
   є ye, і i, ї yi, ґ g, ј j, љ lj, њ nj, ћ c, ђ dj, џ dz, ў u,
   α a, β v, γ g, δ d, ε e, ζ z, η i, θ th, ι i, κ k, λ l, μ m, ν n, ξ x, ο o, π p, ρ r, σ s, ς s,
   τ t, υ y, φ f, χ ch, ψ ps, ω o`
    .split(/,\s*/)
    .map((pair) => pair.split(' ') as [string, string]),
)

/** Characters of a slug: longer ones make addresses that mail programs break. */
const longest = 80

/**
 * The slug of a title: Latin letters, digits and hyphens, at most eighty, cut between words. Empty
 * when the title has no letter that can be written in Latin.
 */
export function slugOf(title: string): string {
  const latin = Array.from(comparableText(title), inLatin).join('')
  const words = latin.replace(/['’ъь]/g, '').match(/[a-z0-9]+/g) ?? []
  let slug = ''
  for (const word of words) {
    const longer = slug ? `${slug}-${word}` : word.slice(0, longest)
    if (longer.length > longest) break
    slug = longer
  }
  return slug
}

function inLatin(character: string): string {
  const whole = letters.get(character)
  if (whole !== undefined) return whole
  const plain = character.normalize('NFKD').replace(/\p{M}/gu, '')
  return letters.get(plain) ?? plain
}
