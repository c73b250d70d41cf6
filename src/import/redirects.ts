import { createAddresses } from '../domain/addresses.ts'
import type { Site } from '../domain/site.ts'
import type { Settled } from './settle.ts'

/** The file of a content folder that says where pages are that stood elsewhere. */
export const redirectsFile = 'redirects.map'

const explanation = [
  '# Old addresses of releases, and where they are now: for nginx, in the `map` of $host$request_uri',
  '# (see "Moving here from another feed" in the README). Imports add to it.',
]

type Options = {
  slugs: Map<string, string>
  site: Site
  /** Addresses of several releases that came one after the other, . */
  shared: Set<string>
}

/**
 * Lines for a `map` of nginx, from the addresses that releases had to their pages here. What stood
 * there before stays. An address that several have, or of a whole site, is none of a release.
 */
export function redirectsFor(
  before: string,
  entries: Settled[],
  { slugs, site, shared }: Options,
): string {
  const addresses = createAddresses('', site)
  const isShared = (from: string) => shared.has(from.slice(1, -1))
  const lines = new Map(linesOf(before).filter(([from]) => !isShared(from)))
  const moves = entries.flatMap((settled) => {
    const slug = slugs.get(settled.id)
    if (slug === undefined) return []
    const to = addresses.release({ slug, language: settled.language })
    return addressesOf(settled).map((from) => ({ from, to }))
  })
  for (const [from, [move, ...others]] of Map.groupBy(moves, ({ from }) => from)) {
    if (others.length === 0 && !isShared(from)) lines.set(from, `${from} ${move!.to};`)
  }
  if (lines.size === 0) return before
  const sorted = [...lines].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return [...explanation, ...sorted.map(([, line]) => line), ''].join('\n')
}

function linesOf(text: string): [string, string][] {
  const lines = text.split('\n').filter((line) => line.trim() && !line.startsWith('#'))
  return lines.map((line) => [line.split(' ', 1)[0]!, line])
}

/** Its page, and the number that WordPress answers too. */
function addressesOf({ entry, id }: Settled): string[] {
  const isShort = /^https?:\/\/[^/]+\/(?:[\w-]+\/)*\?p(?:age_id)?=\d+$/.test(id)
  const found = [entry.link, isShort ? id : undefined].flatMap((address) => {
    if (!address) return []
    const { hostname, pathname, search } = new URL(address)
    return pathname === '/' && !search ? [] : [inQuotes(`${hostname}${pathname}${search}`)]
  })
  return [...new Set(found)]
}

/** As nginx reads it, to which semicolons and braces mean something. */
function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, (sign) => encodeURIComponent(sign))}"`
}
