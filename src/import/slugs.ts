import { longestMadeSlug, slugOf } from '../content/slug.ts'

/** The last part of an address, where it is words and no number, digest or name of a program. */
export function slugInAddress(address: string): string | undefined {
  const last = new URL(address).pathname.split('/').findLast((part) => part !== '')
  if (!last) return undefined
  const slug = slugOf(decoded(last).replace(/\.[a-z]{2,5}$/i, ''))
  const words = slug?.split('-').filter((word) => /^[a-z]{2,}$/.test(word)) ?? []
  return words.length >= 2 ? slug : undefined
}

/** A part of an address as people read it. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The first of `slug`, `slug-2`, `slug-3` … that is free, as long as an address may be. */
export function freeSlug(
  slug: string,
  isTaken: (slug: string) => boolean,
  longest = longestMadeSlug,
): string {
  for (let number = 1; ; number++) {
    const end = number === 1 ? '' : `-${number}`
    const candidate = `${slug.slice(0, longest - end.length).replace(/-$/, '')}${end}`
    if (!isTaken(candidate)) return candidate
  }
}
