import * as v from 'valibot'
import { beyondBounds } from './bounds.ts'
import { topicBounds } from './limits.ts'
import { fold } from './text.ts'
import { createNearest } from './nearest.ts'
import { cacheSizes, createRemembered, sizeOfText } from './remembered.ts'
import {
  filledLine,
  type Labels,
  labelsSchema,
  type Retirement,
  retirementSchema,
  slug,
  webAddress,
  writeRetirementDown,
} from './site.ts'
import { type Advice, checkWritten, type Problem } from './problem.ts'

/** A term of the controlled vocabulary. */
export type Topic = {
  slug: string
  label: Labels
  description?: Labels | undefined
  aliases: string[]
  /** Slug of the topic this one is part of. */
  broader?: string | undefined
  /** Identifiers of the same concept elsewhere: IPTC Media Topics, EuroVoc, YSO. */
  exactMatch: string[]
  closeMatch: string[]
  retired?: Retirement | undefined
}

/** What `topics.yaml` holds, checked. It is plain JSON, so the store can keep it. */
export type VocabularySource = { topics: Topic[]; renamed: Record<string, string> }

/** The vocabulary, ready to be asked. */
export type Vocabulary = {
  topics: ReadonlyMap<string, Topic>
  /** The topic that a word means: its slug, an old slug, an alias or a label in any language. */
  resolve(word: string): { slug: string; renamed: boolean } | undefined
  /** Slugs of topics that have a name of these folded words and no others, in any order. */
  named(words: string[]): string[]
  /** Slugs of topics with names like this word, nearest first. */
  nearest(word: string): string[]
  /** The topic's own slug and those of all broader topics. */
  withBroader(slug: string): string[]
  narrower(slug: string): Topic[]
}

/** The longest word for which similar names are searched. */
const longestWord = 200

const topicSlug = v.pipe(
  slug,
  v.maxLength(60, 'This is too long for an address. Write at most 60 characters.'),
)

/** One entry of `topics.yaml` as it may be written. Times without an offset are those of `timezone`. */
export function topicSchema(languages: string[], timezone: string) {
  const labels = labelsSchema(languages)
  const renamed = v.strictObject({ renamed: topicSlug })
  const topic = v.strictObject({
    label: labels,
    description: v.optional(labels),
    aliases: v.optional(v.array(filledLine), []),
    broader: v.optional(topicSlug),
    exactMatch: v.optional(v.array(webAddress), []),
    closeMatch: v.optional(v.array(webAddress), []),
    retired: v.optional(retirementSchema(topicSlug, languages, timezone)),
  })
  return { key: topicSlug, renamed, topic }
}

/**
 * Reads topics: an entry of `topics.yaml`, or a request to the API. A new one has to keep within all limits.
 * For one that an earlier version accepted, a later limit is only a warning.
 */
export function createTopicReader(
  languages: string[],
  timezone: string,
  { isNew = false }: { isNew?: boolean } = {},
) {
  const { key, renamed, topic } = topicSchema(languages, timezone)
  return function readTopic(
    name: string,
    written: unknown,
  ): { written?: WrittenTopic; problems: Problem[] } {
    const beyond = beyondBounds(written, topicBounds)
    if (isNew && beyond.length > 0) return { problems: beyond }
    const tolerated = beyond.map((problem): Problem => ({ ...problem, warning: true }))
    const slug = checkWritten(key, name, topicAdvice)
    const wrongName = 'problems' in slug ? slug.problems : []
    const isRenamed = typeof written === 'object' && written !== null && 'renamed' in written
    const checked = isRenamed
      ? checkWritten(renamed, written, topicAdvice)
      : checkWritten(topic, written, topicAdvice)
    if ('problems' in checked)
      return { problems: [...wrongName, ...checked.problems, ...tolerated] }
    const { output } = checked
    return {
      written: 'renamed' in output ? output : { slug: name, ...output },
      problems: [...wrongName, ...tolerated],
    }
  }
}

/** A topic, or the slug of the one that took its place. */
export type WrittenTopic = Topic | { renamed: string }

/** A topic as it is written, so that reading it again gives the same. Its slug stands beside it. */
export function writeTopicDown({ retired, ...topic }: Partial<Topic>): Record<string, unknown> {
  delete topic.slug
  if (!retired) return topic
  return { ...topic, retired: writeRetirementDown(retired) }
}

const topicAdvice: Advice = {
  label: 'Write a label per language: { en: migration, fi: muuttoliike }.',
  description: 'Write a sentence per language, or leave it out.',
  aliases: 'Write a list of other names: [organized-crime].',
  broader: 'Write the slug of one topic.',
  exactMatch: 'Write a list of web addresses.',
  closeMatch: 'Write a list of web addresses.',
  renamed: 'Write the slug of the topic that took its place.',
  retired: 'Write a date such as 2026-11-01, or { at: 2026-11-01, replacedBy: [customs] }.',
  at: 'Write a date and time such as 2026-11-01T09:00.',
  until: 'Write a date and time such as 2027-11-01T09:00, or leave it out.',
  replacedBy: 'Write a list of topics, or leave it out.',
  note: 'Write a sentence per language, or leave it out.',
}

/**
 * What is wrong between topics: broader topics that are missing or go round, names used twice, renames
 * that lead nowhere.
 */
export function checkVocabulary(source: VocabularySource): Problem[] {
  const { topics, renamed } = followRenames(source)
  const bySlug = new Map(topics.map((topic) => [topic.slug, topic]))
  const inCircles = topicsInCircles(topics, bySlug)
  const suggest = createAdviser([...bySlug.keys()])
  const names: Names = new Map()
  for (const { slug } of topics) names.set(slug, slug)
  const problems: Problem[] = []
  for (const topic of topics) {
    const { slug, broader } = topic
    if (broader && !bySlug.has(broader)) {
      problems.push({
        field: `${slug}.broader`,
        message: `"${broader}" is not a topic. ${suggest(broader)}`,
      })
    } else if (inCircles.has(slug)) {
      problems.push({
        field: `${slug}.broader`,
        message: 'This topic is broader than itself, by way of others. Remove one "broader".',
      })
    }
    problems.push(
      ...doubledAliases(topic, names, renamed),
      ...wrongSuccessors(topic, bySlug, suggest),
      ...awkwardLabels(topic),
    )
  }
  for (const [old, end] of Object.entries(renamed)) learnName(names, fold(old), end)
  // After all aliases, because aliases take precedence.
  for (const topic of topics) problems.push(...doubledNames(topic, names))
  for (const [old, now] of Object.entries(source.renamed)) {
    if (bySlug.has(old)) {
      problems.push({
        field: old,
        message: 'This is a topic and a renamed one. Remove one of the two.',
      })
    }
    const end = renamed[old]!
    if (bySlug.has(end)) continue
    if (!Object.hasOwn(renamed, now)) {
      const message = `"${now}" is not a topic. ${suggest(now)}`
      problems.push({ field: `${old}.renamed`, message })
    } else if (Object.hasOwn(renamed, end)) {
      const message = 'This name leads back to itself, by way of others. Write the slug of a topic.'
      problems.push({ field: `${old}.renamed`, message })
    }
  }
  return problems
}

/** The same vocabulary in which every old name leads to the present topic, also after several renames. */
function followRenames({ topics, renamed }: VocabularySource): VocabularySource {
  if (Object.keys(renamed).length === 0) return { topics, renamed }
  const slugs = new Set(topics.map(({ slug }) => slug))
  const ends = endsOf(renamed, slugs)
  const follow = (slug: string) => {
    const end = slugs.has(slug) ? undefined : ends.get(slug)
    return end !== undefined && slugs.has(end) ? end : slug
  }
  return {
    topics: topics.map((topic): Topic => {
      const { broader, retired } = topic
      if (broader === undefined && !retired) return topic
      return {
        ...topic,
        ...(broader !== undefined && { broader: follow(broader) }),
        ...(retired && {
          retired: { ...retired, replacedBy: [...new Set(retired.replacedBy.map(follow))] },
        }),
      }
    }),
    renamed: Object.fromEntries(ends),
  }
}

/** The present topic of each old name. Every name is followed once, also in a long chain. */
function endsOf(renamed: Record<string, string>, slugs: Set<string>): Map<string, string> {
  const next = new Map(Object.entries(renamed))
  const ends = new Map<string, string>()
  for (const old of next.keys()) {
    const path = new Set<string>()
    let at = old
    while ((at === old || !slugs.has(at)) && next.has(at) && !ends.has(at) && !path.has(at)) {
      path.add(at)
      at = next.get(at)!
    }
    for (const name of path) ends.set(name, ends.get(at) ?? at)
  }
  return ends
}

/** Slugs of topics by their names as these are compared. */
type Names = Map<string, string>

function doubledAliases(
  { slug, aliases }: Topic,
  names: Names,
  renamed: Record<string, string>,
): Problem[] {
  return aliases.flatMap((alias): Problem[] => {
    const name = fold(alias)
    const owner = names.get(name) ?? (Object.hasOwn(renamed, name) ? name : undefined)
    learnName(names, name, slug)
    if (!owner || owner === slug) return []
    const message = `"${alias}" already means ${owner}. Remove it from one of the two.`
    return [{ field: `${slug}.aliases`, message }]
  })
}

/** Slugs and labels that are also names of another topic: whoever writes one gets the other. */
function doubledNames({ slug, label }: Topic, names: Names): Problem[] {
  const written = [
    { field: slug, text: slug },
    ...Object.entries(label).map(([language, text]) => ({
      field: `${slug}.label.${language}`,
      text,
    })),
  ]
  return written.flatMap(({ field, text }): Problem[] => {
    const name = fold(text)
    learnName(names, name, slug)
    const owner = names.get(name)
    if (!name || owner === slug) return []
    const message = `"${text}" is a name of ${owner} already; capitals, accents and signs make no difference. Write another one.`
    return [{ field, message, warning: true, tolerated: true }]
  })
}

/** The first that has a name keeps it. */
function learnName(names: Names, name: string, slug: string) {
  if (name && !names.has(name)) names.set(name, slug)
}

function wrongSuccessors(
  { slug, retired }: Topic,
  bySlug: Map<string, Topic>,
  suggest: (word: string) => string,
): Problem[] {
  return (retired?.replacedBy ?? []).flatMap((successor): Problem[] => {
    const field = `${slug}.retired.replacedBy`
    const found = bySlug.get(successor)
    if (!found) {
      const message = `"${successor}" is not a topic. ${suggest(successor)}`
      return [{ field, message }]
    }
    if (!found.retired) return []
    const message = `"${successor}" is retired as well. Write a topic that goes on.`
    return [{ field, message }]
  })
}

/** C-12: some readers split labels at commas, rename numbers and cut at 250 characters. */
function awkwardLabels({ slug, label }: Topic): Problem[] {
  return Object.entries(label).flatMap(([language, text]): Problem[] => {
    const field = `${slug}.label.${language}`
    if (text.includes(',')) {
      const message = `Some readers split "${text}" at the comma. Write it without a comma.`
      return [{ field, message, warning: true }]
    }
    if (/^\d+$/.test(text) || text.length > 250) {
      const message = 'Some readers change such a label. Write words, at most 250 characters.'
      return [{ field, message, warning: true }]
    }
    return []
  })
}

/** Slugs of topics that are broader than themselves. The path up from each is followed once. */
function topicsInCircles(topics: Topic[], bySlug: Map<string, Topic>): Set<string> {
  const inCircles = new Set<string>()
  const seen = new Set<string>()
  for (const topic of topics) {
    const path: string[] = []
    let current: Topic | undefined = topic
    while (current && !seen.has(current.slug)) {
      seen.add(current.slug)
      path.push(current.slug)
      current = current.broader ? bySlug.get(current.broader) : undefined
    }
    const start = current ? path.indexOf(current.slug) : -1
    if (start !== -1) for (const slug of path.slice(start)) inCircles.add(slug)
  }
  return inCircles
}

/** The topics of the content folder, which take precedence, and those that came through the API. */
export function joinVocabularies(
  content: VocabularySource,
  published: VocabularySource,
): VocabularySource {
  const slugs = new Set(content.topics.map(({ slug }) => slug))
  const isTaken = (slug: string) => Object.hasOwn(content.renamed, slug) || slugs.has(slug)
  const renamed = Object.entries(published.renamed).filter(([slug]) => !isTaken(slug))
  return {
    topics: [...content.topics, ...published.topics.filter(({ slug }) => !isTaken(slug))],
    renamed: { ...content.renamed, ...Object.fromEntries(renamed) },
  }
}

/** With a topic in the place of the one of this slug, in the order of slugs. */
export function withTopic(
  { topics, renamed }: VocabularySource,
  slug: string,
  written: WrittenTopic,
): VocabularySource {
  const others = topics.filter((topic) => topic.slug !== slug)
  const { [slug]: _, ...names } = renamed
  if ('renamed' in written)
    return { topics: others, renamed: { ...names, [slug]: written.renamed } }
  const inOrder = [...others, written].toSorted((a, b) => (a.slug < b.slug ? -1 : 1))
  return { topics: inOrder, renamed: names }
}

export function createVocabulary(source: VocabularySource): Vocabulary {
  const { topics, renamed } = followRenames(source)
  const bySlug = new Map(topics.map((topic) => [topic.slug, topic]))
  const byName = new Map<string, string>()
  // Later names never displace earlier ones: a slug wins over an alias, an alias over a label.
  const learn = (name: string, slug: string) => learnName(byName, name, slug)
  for (const { slug } of topics) learn(slug, slug)
  for (const { slug } of topics) learn(fold(slug), slug)
  const moved = new Map(Object.entries(renamed).map(([old, now]) => [fold(old), now]))
  for (const { slug, aliases } of topics) for (const alias of aliases) learn(fold(alias), slug)
  for (const { slug, label } of topics) {
    for (const text of Object.values(label)) learn(fold(text), slug)
  }

  // Made for the first search.
  let byWords: Map<string, string[]> | undefined
  // Made for the first unknown topic: most processes never need it.
  let nearestNames: ReturnType<typeof createNearest> | undefined
  const suggested = createRemembered(cacheSizes.suggestions, sizeOfTexts)

  const resolve: Vocabulary['resolve'] = (word) => {
    const name = bySlug.has(word) ? word : fold(word)
    const now = moved.get(name)
    if (now) return { slug: now, renamed: true }
    const slug = byName.get(name)
    return slug ? { slug, renamed: false } : undefined
  }
  const withBroader: Vocabulary['withBroader'] = (slug) => {
    const all: string[] = []
    for (let at: string | undefined = slug; at && !all.includes(at); at = bySlug.get(at)?.broader) {
      all.push(at)
    }
    return all
  }
  return {
    topics: bySlug,
    resolve,
    named(words) {
      byWords ??= slugsByWords([...byName, ...moved])
      return byWords.get(inAnyOrder(words)) ?? []
    },
    nearest(word) {
      const name = fold(word.slice(0, longestWord))
      const known = suggested.get(name)
      if (known) return known
      nearestNames ??= createNearest([...byName.keys()])
      const found = nearestNames(name, 12).map((one) => byName.get(one)!)
      const slugs = [...new Set(found)].slice(0, 3)
      suggested.set(name, slugs)
      return slugs
    },
    withBroader,
    narrower: (slug) => topics.filter((topic) => topic.broader === slug),
  }
}

/** The slugs that folded names lead to, by the words of the names. */
function slugsByWords(names: (readonly [string, string])[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [name, slug] of names) {
    const words = inAnyOrder(name.split('-'))
    const slugs = found.get(words) ?? []
    if (!slugs.includes(slug)) found.set(words, [...slugs, slug])
  }
  return found
}

function inAnyOrder(words: string[]): string {
  return [...new Set(words)].toSorted().join(' ')
}

/**
 * Returns a function that says what to write instead of an unknown slug, for the first mistakes of a
 * vocabulary.
 */
function createAdviser(slugs: string[]): (word: string) => string {
  const nearest = createNearest(slugs)
  let times = 0
  return (word) => advise(times++ < mostAdvised ? nearest(word) : [])
}

/** Mistakes in a vocabulary that are told with what to write instead. */
const mostAdvised = 50

function sizeOfTexts(texts: string[]): number {
  return texts.reduce((sum, text) => sum + sizeOfText(text), 50)
}

function advise(similar: string[]): string {
  return similar.length > 0
    ? `Write ${similar.join(' or ')}, or add it.`
    : 'Add it, or remove this.'
}
