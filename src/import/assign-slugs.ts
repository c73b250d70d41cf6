import { slugOf } from '../content/slug.ts'
import { formatUtc } from '../domain/time.ts'
import type { ReadEntry } from './read-entry.ts'
import type { ImportedRelease, Settled } from './settle.ts'
import { decoded, freeSlug, slugInAddress } from './slugs.ts'

/** Addresses that are taken: `slug/language`, with the identity of the release there. */
export type TakenAddresses = Map<string, string>

/**
 * Gives every release its slug: the one it has already, else that of its address or its title. Other
 * languages of the same text share it; other texts never do, in whatever language.
 */
export function assignSlugs(
  settled: Settled[],
  taken: TakenAddresses,
  imported: Map<string, ImportedRelease>,
): Map<string, string> {
  const slugs = new Map<string, string>()
  const links = Map.groupBy(settled, ({ entry }) => entry.link)
  const used = new Set([...taken.keys()].map((address) => address.split('/')[0]!))
  const groups = versionGroups(settled).toSorted((a, b) => inOrder(a[0]!, b[0]!))
  for (const group of groups) {
    const before = group.map(({ id }) => imported.get(id)?.slug).find((slug) => slug !== undefined)
    const isFree = (slug: string) =>
      group.every(({ id, language }) => (taken.get(`${slug}/${language}`) ?? id) === id)
    const first = group[0]!
    const slug =
      before && isFree(before)
        ? before
        : freeSlug(wantedSlug(first, links.get(first.entry.link)!.length > 1), (candidate) =>
            used.has(candidate),
          )
    used.add(slug)
    for (const { id, language } of group) {
      const own = imported.get(id)?.slug ?? slug
      slugs.set(id, own)
      taken.set(`${own}/${language}`, id)
      used.add(own)
    }
  }
  return slugs
}

function inOrder(one: Settled, other: Settled): number {
  return one.published - other.published || (one.id < other.id ? -1 : 1)
}

/** An address that several have names none of them. */
function wantedSlug({ entry, title, published }: Settled, isShared: boolean): string {
  return (
    (entry.slug && slugOf(decoded(entry.slug))) ||
    (entry.link && !isShared && slugInAddress(entry.link)) ||
    slugOf(title) ||
    `release-${formatUtc(published).slice(0, 10)}`
  )
}

/**
 * Releases that are one text in several languages, each group in order of time: those that name each
 * other, and those whose addresses differ in the language alone. Two in the same language never are.
 */
function versionGroups(settled: Settled[]): Settled[][] {
  const byLink = new Map(settled.flatMap((one) => (one.entry.link ? [[one.entry.link, one]] : [])))
  const byPath = Map.groupBy(
    settled,
    ({ entry, language, id }) => pathWithoutLanguage(entry, language) ?? id,
  )
  const groupOf = new Map<Settled, Set<Settled>>(settled.map((one) => [one, new Set([one])]))
  const join = (one: Settled, other: Settled) => {
    const group = groupOf.get(one)!
    const more = groupOf.get(other)!
    const languages = new Set(Array.from(group, ({ language }) => language))
    if (group === more || [...more].some(({ language }) => languages.has(language))) return
    for (const member of more) {
      group.add(member)
      groupOf.set(member, group)
    }
  }
  for (const one of settled) {
    for (const link of one.entry.translations) {
      const other = byLink.get(link)
      if (other) join(one, other)
    }
  }
  for (const group of Map.groupBy(settled, ({ entry }) => entry.translationGroup)) {
    const [name, [first, ...others]] = group
    if (name !== undefined) for (const other of others) join(first!, other)
  }
  for (const [first, ...others] of byPath.values()) for (const other of others) join(first!, other)
  return Array.from(new Set(groupOf.values()), (group) => [...group].toSorted(inOrder))
}

/** `https://x.example/fi/a-b` and `/sv/a-b` are the same place. */
function pathWithoutLanguage({ link }: ReadEntry, language: string): string | undefined {
  if (!link || !slugInAddress(link)) return undefined
  const { host, pathname, search } = new URL(link)
  const tags = [language, language.split('-')[0]!]
  const parts = pathname.split('/').filter((part) => !tags.includes(part.toLowerCase()))
  return `${host}${parts.join('/')}${search}`
}
