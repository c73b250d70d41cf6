import { slugOf } from '../content/slug.ts'
import type { Labels } from '../domain/site.ts'
import { fold } from '../domain/text.ts'
import type { Vocabulary } from '../domain/topic.ts'
import type { ReadCategory } from './read-entry.ts'
import { freeSlug } from './slugs.ts'
import { plainLine } from './text.ts'

/** A topic for `topics.yaml`, and how many releases it or a narrower one has. */
export type ProposedTopic = {
  slug: string
  label: Labels
  aliases: string[]
  broader?: string
  count: number
}

export type Proposal = {
  /** The most frequent first. */
  topics: ProposedTopic[]
  /** Names that are too rare to be a topic, with counts. */
  rare: { name: string; count: number }[]
  /** The topics of a release with these categories. */
  slugsOf: (categories: string[]) => string[]
}

type Options = {
  vocabulary: Vocabulary
  hierarchy: ReadCategory[]
  languages: string[]
  /** Releases that a topic must have. */
  least: number
}

/** A category in all its spellings. */
type Group = {
  key: string
  count: number
  /** How often each spelling was met in each language. */
  spellings: Map<string, Map<string, number>>
  parent?: string
  nicename?: string
}

const longestTopicSlug = 60
/** Names beyond this are no topics but sentences. */
const longestName = 100

/**
 * Proposes a vocabulary from the categories that releases have. Categories that differ in capitals,
 * accents or the plural are one topic; what the vocabulary knows already is that.
 */
export function proposeTopics(
  releases: { language: string; categories: string[] }[],
  { vocabulary, hierarchy, languages, least }: Options,
): Proposal {
  const split = createSplitter(releases.map(({ categories }) => categories))
  const known = knownKeys(vocabulary)
  const knownSlug = (name: string) => vocabulary.resolve(name)?.slug ?? known.get(keyOf(name))
  const groups = new Map<string, Group>()
  for (const { language, categories } of releases) {
    const unknown = split(categories).filter((name) => !knownSlug(name))
    countCategories(unknown, language, groups)
  }
  addHierarchy(hierarchy, groups)
  const totals = new Map([...groups.keys()].map((key) => [key, totalOf(key, groups)]))
  const isTopic = ({ key, spellings }: Group) => totals.get(key)! >= least && spellings.size > 0
  const chosen = [...groups.values()].filter(isTopic).toSorted((a, b) => {
    return totals.get(b.key)! - totals.get(a.key)! || (a.key < b.key ? -1 : 1)
  })
  const taken = new TakenNames(vocabulary)
  const slugs = slugsFor(chosen, taken)
  const topics = chosen.map((group): ProposedTopic => {
    const slug = slugs.get(group.key)!
    const label = labelOf(group.spellings, languages)
    const broader = group.parent && (slugs.get(group.parent) ?? known.get(group.parent))
    return {
      slug,
      label,
      aliases: aliasesOf(group, [slug, ...Object.values(label)], taken),
      ...(broader && { broader }),
      count: totals.get(group.key)!,
    }
  })
  return {
    topics,
    rare: [...groups.values()]
      .filter((group) => group.count > 0 && !slugs.has(group.key))
      .map(({ spellings, count }) => ({ name: mostFrequent(spellings)!, count })),
    slugsOf(categories) {
      const found = split(categories).map((name) => knownSlug(name) ?? slugs.get(keyOf(name)))
      return [...new Set(found.filter((slug) => slug !== undefined))]
    },
  }
}

/** Names that a topic has already, of the vocabulary or proposed. */
class TakenNames {
  readonly #vocabulary: Vocabulary
  readonly #names = new Set<string>()

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
  }

  has(name: string): boolean {
    return this.#names.has(fold(name)) || this.#vocabulary.resolve(name) !== undefined
  }

  add(name: string) {
    this.#names.add(fold(name))
  }
}

function groupOf(name: string, groups: Map<string, Group>): Group {
  const key = keyOf(name)
  const group = groups.get(key) ?? { key, count: 0, spellings: new Map() }
  groups.set(key, group)
  return group
}

/** Counts the categories of one release. */
function countCategories(names: string[], language: string, groups: Map<string, Group>) {
  const met = new Set<Group>()
  for (const name of names) {
    const group = groupOf(name, groups)
    const spelling = group.spellings.get(name) ?? new Map<string, number>()
    group.spellings.set(name, spelling)
    spelling.set(language, (spelling.get(language) ?? 0) + 1)
    if (!met.has(group)) group.count++
    met.add(group)
  }
}

/** The slugs of topics, by their keys: of the name, else as the earlier system wrote it in addresses. */
function slugsFor(chosen: Group[], taken: TakenNames): Map<string, string> {
  const slugs = new Map<string, string>()
  for (const { key, spellings, nicename } of chosen) {
    const name = mostFrequent(spellings)!
    const wanted =
      slugOf(name, longestTopicSlug) ?? slugOf(nicename ?? '', longestTopicSlug) ?? 'topic'
    const slug = freeSlug(wanted, (candidate) => taken.has(candidate), longestTopicSlug)
    taken.add(slug)
    slugs.set(key, slug)
  }
  return slugs
}

/** Spellings that are none of the topic's own names, and no other topic's. */
function aliasesOf({ spellings }: Group, ownNames: string[], taken: TakenNames): string[] {
  const own = new Set(ownNames.map(fold))
  return [...spellings.keys()].toSorted().filter((name) => {
    if (own.has(fold(name)) || taken.has(name)) return false
    own.add(fold(name))
    taken.add(name)
    return true
  })
}

/** Takes lists apart that somebody wrote into one category, and leaves out what is no topic. */
function createSplitter(all: string[][]): (categories: string[]) => string[] {
  const single = new Set<string>()
  for (const categories of all) {
    for (const name of categories) if (!/[,;]/.test(name)) single.add(keyOf(name))
  }
  const isList = (name: string, isAlone: boolean) => {
    const parts = name.split(/[,;]/).map((part) => part.trim())
    if (parts.length < 2 || parts.some((part) => !part)) return parts.length > 1
    if (parts.every((part) => single.has(keyOf(part)))) return true
    // “Alcohol, tobacco and firearms” is one topic.
    const isEnumeration = /(^| )(and|or|und|oder|et|ou|y|e|och|eller|ja|sekä|&) /i.test(
      parts.at(-1)!,
    )
    return isAlone && !isEnumeration && parts.every((part) => part.split(/\s+/).length <= 3)
  }
  return (categories) => {
    const names = categories.flatMap((category) => {
      const name = plainLine({ value: category, html: true })
      return isList(name, categories.length === 1) ? name.split(/[,;]/) : [name]
    })
    return [...new Set(names.map((name) => name.trim()))].filter(isTopicName)
  }
}

function isTopicName(name: string): boolean {
  const isAddress = /^[a-z][a-z+.-]*:\/\//i.test(name)
  // What WordPress calls the lack of a category.
  return (
    name.length <= longestName &&
    !isAddress &&
    fold(name) !== '' &&
    !/^uncategori[sz]ed$/i.test(name)
  )
}

/** The same for names that differ in capitals, accents or the plural. */
function keyOf(name: string): string {
  return fold(name)
    .replace(/([a-z]{3})ies$/, '$1y')
    .replace(/([a-z]{2}(?:ss|sh|ch|x))es$/, '$1')
    .replace(/([a-z]{2}[a-rt-z])s$/, (word, stem: string) =>
      /(?:u|i|new)s$/.test(word) ? word : stem,
    )
}

function knownKeys(vocabulary: Vocabulary): Map<string, string> {
  const keys = new Map<string, string>()
  for (const { slug, label, aliases } of vocabulary.topics.values()) {
    for (const name of [slug, ...aliases, ...Object.values(label)]) {
      if (!keys.has(keyOf(name))) keys.set(keyOf(name), slug)
    }
  }
  return keys
}

function addHierarchy(hierarchy: ReadCategory[], all: Map<string, Group>) {
  const names = new Map(
    hierarchy.map(({ slug, name }) => [slug, plainLine({ value: name, html: true })]),
  )
  for (const { slug, parent } of hierarchy) {
    const group = groupOf(names.get(slug)!, all)
    group.nicename ??= slug
    const above = parent === undefined ? undefined : names.get(parent)
    if (above === undefined) continue
    const upper = groupOf(above, all)
    if (upper.key !== group.key) group.parent ??= upper.key
    // It may have no release of its own.
    if (upper.spellings.size === 0) upper.spellings.set(above, new Map())
  }
  const groups = new Map(
    hierarchy
      .map(({ name }) => groupOf(plainLine({ value: name, html: true }), all))
      .map((group) => [group.key, group]),
  )
  for (const group of groups.values()) if (goesRound(group, groups)) delete group.parent
}

function goesRound(start: Group, groups: Map<string, Group>): boolean {
  const seen = new Set<string>()
  for (
    let at: Group | undefined = start;
    at?.parent && !seen.has(at.key);
    at = groups.get(at.parent)
  ) {
    seen.add(at.key)
    if (at.parent === start.key) return true
  }
  return false
}

/** Releases of a category and of those below it. */
function totalOf(key: string, groups: Map<string, Group>): number {
  const below = [...groups.values()].filter(({ parent }) => parent === key)
  return below.reduce((sum, { key }) => sum + totalOf(key, groups), groups.get(key)!.count)
}

function mostFrequent(
  spellings: Group['spellings'],
  countIn: (counts: Map<string, number>) => number = (counts) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0),
): string | undefined {
  const names = [...spellings].map(([name, counts]) => ({ name, count: countIn(counts) }))
  names.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
  return names[0]?.name
}

/** A label in every language in which the category was met, and in the default one. */
function labelOf(spellings: Group['spellings'], languages: string[]): Labels {
  const label: Labels = { [languages[0]!]: mostFrequent(spellings)! }
  for (const language of languages) {
    const inLanguage = new Map([...spellings].filter(([, counts]) => counts.has(language)))
    const name = mostFrequent(inLanguage, (counts) => counts.get(language) ?? 0)
    if (name) label[language] = name
  }
  return label
}

/** `topics.yaml` with more topics at its end. What stands there stays as it is. */
export function withTopics(before: string, topics: ProposedTopic[]): string {
  if (topics.length === 0) return before
  const start = /^\s*\{\s*\}\s*$/.test(before) ? '' : before.trimEnd()
  const entries = topics.map(({ slug, label, aliases, broader, count }) => {
    const lines = [
      `${/^\d+$/.test(slug) ? JSON.stringify(slug) : slug}: # ${count} ${count === 1 ? 'release' : 'releases'}`,
      `  label: { ${Object.entries(label)
        .map(([language, text]) => `${language}: ${JSON.stringify(text)}`)
        .join(', ')} }`,
      ...(aliases.length > 0
        ? [`  aliases: [${aliases.map((alias) => JSON.stringify(alias)).join(', ')}]`]
        : []),
      ...(broader ? [`  broader: ${broader}`] : []),
    ]
    return lines.join('\n')
  })
  return `${[...(start ? [start] : []), ...entries].join('\n')}\n`
}
