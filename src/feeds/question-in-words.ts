import { type FeedQuery, textLanguage } from '../domain/feed-query.ts'
import { inLanguage, publisherOf, type Site } from '../domain/site.ts'
import { kindIn, partTerm, type SortOfTerm, type Term } from '../domain/term.ts'
import type { Vocabulary } from '../domain/topic.ts'
import { type Group, partExpression, type TopicExpression } from '../domain/topic-expression.ts'
import { textsOf } from './languages.ts'
import type { Wording } from './languages/texts.ts'

/** Where the names of terms come from. */
type Names = { site: Site; vocabulary: Vocabulary }

/** What words are chosen by. */
type Speech = Names & { language: string; wording: Wording }

/** The question in words before the name of the site: “Migration and EU – Ministry: releases” (C-19). */
export function titleOf(query: FeedQuery, names: Names): string {
  const name = inLanguage(names.site.title, textLanguage(query, names.site), names.site)
  const words = describeQuery(query, names)
  return words ? `${words} – ${name}` : name
}

/** The question alone: “Speeches on migration, by Customs”. Empty when it asks for everything. */
export function describeQuery(query: FeedQuery, names: Names): string {
  const { site } = names
  const language = textLanguage(query, site)
  const wording = textsOf(language).documents
  const isSearchAlone = query.topics.length === 0 && !query.withdrawn
  const search = isSearchAlone ? wording.releasesFor : wording.searchFor
  const parts = [
    query.withdrawn ? wording.withdrawals : '',
    describeExpression(query.topics, { ...names, language, wording }),
    query.words.length > 0 ? search(query.words.join(' ')) : '',
    query.language === 'all' && site.languages.length > 1 ? wording.allLanguages : '',
  ].filter(Boolean)
  return capitalised(parts.join(', '))
}

/** A text as a title begins. */
export function capitalised(text: string): string {
  return text.replace(/^\(*./su, (start) => start.toUpperCase())
}

/** What a term names, in words: “migration”, “Customs”, “speeches”. */
export function labelOf(term: Term, language: string, { site, vocabulary }: Names): string {
  const { sort, name } = partTerm(term)
  if (sort === 'publisher') return inLanguage(publisherOf(name, site).name, language, site)
  const kind = kindIn(term)
  if (kind) return textsOf(language).documents.kindsInPlural[kind]
  const topic = vocabulary.topics.get(vocabulary.resolve(term)?.slug ?? term)
  return topic ? inLanguage(topic.label, language, site) : term
}

function describeExpression(expression: TopicExpression, speech: Speech): string {
  if (expression.length === 0) return ''
  const whole = partExpression(expression)
  if (whole) return describeParts(whole, speech)
  return expression
    .map((group) => describeParts(partExpression([group])!, speech))
    .join(`, ${speech.wording.or} `)
}

/** What is asked of topics, of publishers and of kinds: all of it must be true. */
function describeParts(
  { topic, publisher, kind }: Record<SortOfTerm, TopicExpression>,
  speech: Speech,
): string {
  const { wording } = speech
  const topics = describeTopics(topic, speech)
  const kinds = anyOf(kind, speech, describeKinds)
  const what = asksFor(kind) ? joinSubject(kinds, topics, asksFor(topic), wording) : topics
  const others = asksFor(kind) || kinds === '' ? [] : [kinds]
  if (isPlain(publisher) && topics === '') {
    const names = anyOf(publisher, speech, nameAll)
    return [wording.publishedBy(what || wording.releases, names), ...others].join(', ')
  }
  return [what || wording.releases, ...others, describePublishers(publisher, speech)]
    .filter(Boolean)
    .join(', ')
}

/** “speeches on migration”, “speeches without EU”, “speeches”. */
function joinSubject(kinds: string, topics: string, isOnTopics: boolean, wording: Wording): string {
  if (topics === '') return kinds
  return isOnTopics ? wording.about(kinds, topics) : `${kinds} ${topics}`
}

/** The topics that every group excludes are named once, after all of them: “(crime or EU) without ports”. */
function describeTopics(topic: TopicExpression, speech: Speech): string {
  const unwanted = withoutInAll(topic)
  if (!unwanted) return anyOf(topic, speech, describeGroup)
  const wanted = topic.map((group) => ({ ...group, without: [] }))
  const without = describeGroup({ with: [], without: unwanted }, speech)
  return `(${anyOf(wanted, speech, describeGroup)}) ${without}`
}

function withoutInAll([first, ...others]: TopicExpression): Term[] | undefined {
  if (!first || others.length === 0 || first.without.length === 0) return undefined
  const isShared = [first, ...others].every((group) => {
    return group.with.length > 0 && group.without.join() === first.without.join()
  })
  return isShared ? first.without : undefined
}

function describeGroup(group: Group, speech: Speech): string {
  const { and, without } = speech.wording
  const unwanted = group.without.map((term) => `${without} ${label(term, speech)}`)
  return [nameAll(group, speech), unwanted.join(` ${and} `)].filter(Boolean).join(' ')
}

function describeKinds(group: Group, speech: Speech): string {
  const { and, withoutKinds } = speech.wording
  const unwanted = group.without.map((term) => withoutKinds[kindIn(term)!])
  return [nameAll(group, speech), unwanted.join(` ${and} `)].filter(Boolean).join(' ')
}

function describePublishers(publisher: TopicExpression, speech: Speech): string {
  const { by, notBy, or } = speech.wording
  if (isPlain(publisher)) {
    return by(anyOf(publisher, speech, nameAll))
  }
  return anyOf(publisher, speech, (group) => {
    const unwanted = group.without.map((term) => label(term, speech)).join(` ${or} `)
    const wanted = group.with.length > 0 ? [by(nameAll(group, speech))] : []
    return [...wanted, ...(unwanted ? [notBy(unwanted)] : [])].join(', ')
  })
}

function nameAll(group: Group, speech: Speech): string {
  return group.with.map((term) => label(term, speech)).join(` ${speech.wording.and} `)
}

function label(term: Term, speech: Speech): string {
  return labelOf(term, speech.language, speech)
}

function anyOf(
  groups: Group[],
  speech: Speech,
  describe: (group: Group, speech: Speech) => string,
): string {
  // “and” binds tighter than “or”, which not everybody would say of words.
  const described = groups.map((group) => {
    const isOneTerm = group.with.length + group.without.length === 1
    const words = describe(group, speech)
    return groups.length === 1 || isOneTerm ? words : `(${words})`
  })
  return described.join(` ${speech.wording.or} `)
}

/** Whether each alternative asks for something, and leaves nothing out. */
function isPlain(groups: TopicExpression): boolean {
  return asksFor(groups) && groups.every((group) => group.without.length === 0)
}

/** Whether each alternative asks for something, and does not only leave something out. */
function asksFor(groups: TopicExpression): boolean {
  return groups.length > 0 && groups.every((group) => group.with.length > 0)
}
