import { html, raw } from 'hono/html'
import { type FeedQuery, textLanguage } from '../../domain/feed-query.ts'
import { isShownAsPicture } from '../../domain/media-types.ts'
import { inLanguage, type Labels, publisherOf } from '../../domain/site.ts'
import { formatUtc } from '../../domain/time.ts'
import type { NotedChange } from '../../domain/release.ts'
import type { Entry, File, Translation } from '../../feeds/feed.ts'
import { titleOf } from '../../feeds/question-in-words.ts'
import type { Current } from '../answers/state.ts'
import { localeOf } from './language.ts'
import { termQuery } from './topics.ts'
import type { Html } from './view.ts'

/** For what search engines are to forget. */
export const notToBeIndexed: Html = html`<meta name="robots" content="noindex">\n`

/** Metadata of the page of a release for search engines and social networks: the end of its head. */
export function releaseMetadata(entry: Entry, current: Current): Html {
  const { release, language, image, categories } = entry
  // A withdrawn release is to be forgotten, not shared.
  if (release.withdrawn) return notToBeIndexed
  const others = entry.translations.map((version) => version.language)
  const tags = categories.map(({ label }) => property('article:tag', label))
  return html`${describe({ ...entry, description: release.lead, type: 'article' }, language, others, current)}${property('article:published_time', formatUtc(entry.published))}${property('article:modified_time', formatUtc(entry.updated))}${tags}${image ? picture(image.url, image.alt) : ''}<script type="application/ld+json">${raw(escapeData(newsArticle(entry, current)))}</script>
`
}

/** Metadata of the page of a question. */
export function questionMetadata(query: FeedQuery, current: Current): Html {
  const { site, addresses } = current
  const language = textLanguage(query, site)
  const others = site.languages.filter((other) => other !== language)
  const title = titleOf(query, current)
  const name = inLanguage(site.title, language, site)
  const about = inLanguage(site.description, language, site)
  // If all pages had the same description, it would tell search engines nothing.
  const description = title === name || !about ? about || title : `${title}. ${about}`
  const logo = site.logo ? picture(addresses.media(site.logo), undefined) : ''
  // Search engines must not index an endless number of searches.
  const robots = query.words.length > 0 ? notToBeIndexed : ''
  return html`${robots}${describe({ title, description, url: addresses.page(query), type: 'website' }, language, others, current)}${logo}`
}

type PageDescription = {
  title: string
  description: string
  url: string
  type: 'article' | 'website'
}

function describe(
  { title, description, url, type }: PageDescription,
  language: string,
  others: string[],
  { site }: Current,
): Html {
  const alternates = others.map((other) => property('og:locale:alternate', localeOf(other)))
  return html`<meta name="description" content="${description}">
${property('og:type', type)}${property('og:title', title)}${property('og:description', description)}${property('og:url', url)}${property('og:site_name', inLanguage(site.title, language, site))}${property('og:locale', localeOf(language))}${alternates}`
}

function picture(url: string, alt: string | undefined): Html {
  return html`${property('og:image', url)}${alt ? property('og:image:alt', alt) : ''}`
}

function property(name: string, content: string): Html {
  return html`<meta property="${name}" content="${content}">\n`
}

/** A release as schema.org has it. There is no type of its own for press releases. */
function newsArticle(entry: Entry, current: Current): object {
  const { release, url, language, title, categories, files } = entry
  const { site, addresses } = current
  const { event } = release
  const { corrects } = entry.correctionLinks
  const issuer = organisation(release.publisher, language, current)
  return withoutNothing({
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    '@id': url,
    url,
    mainEntityOfPage: url,
    identifier: entry.id,
    headline: title,
    description: release.lead,
    inLanguage: language,
    datePublished: formatUtc(entry.published),
    dateModified: formatUtc(entry.updated),
    author: issuer,
    publisher: withoutNothing({
      ...issuer,
      logo: site.logo && { '@type': 'ImageObject', url: addresses.media(site.logo) },
    }),
    isAccessibleForFree: true,
    image: listOf(files.filter(({ type }) => isShownAsPicture(type)).map(imageObject)),
    associatedMedia: listOf(files.filter(({ type }) => !isShownAsPicture(type)).map(mediaObject)),
    keywords: release.topics.length > 0 ? categories.map(({ label }) => label) : undefined,
    about: listOf(release.topics.map((slug) => subject(slug, language, current))),
    contentLocation: event?.place && { '@type': 'Place', name: event.place },
    temporalCoverage: event && [event.start, event.end].filter(Boolean).join('/'),
    correction: listOf(release.changes.filter(isCorrection).map(correctionComment)),
    isBasedOn: corrects?.url,
    workTranslation: listOf(entry.translations.map(translatedArticle)),
    license: site.license,
    copyrightNotice: site.rights && inLanguage(site.rights, language, site),
  })
}

function imageObject({ url, alt, credit }: File) {
  return withoutNothing({ '@type': 'ImageObject', url, caption: alt, creditText: credit })
}

function mediaObject({ url, title, type, size }: File) {
  return {
    '@type': 'MediaObject',
    contentUrl: url,
    name: title,
    encodingFormat: type,
    contentSize: String(size),
  }
}

function isCorrection({ kind }: NotedChange): boolean {
  return kind === 'correction'
}

function correctionComment({ at, note }: NotedChange) {
  return { '@type': 'CorrectionComment', datePublished: formatUtc(at), text: note }
}

function translatedArticle({ url, language, title }: Translation) {
  return { '@type': 'NewsArticle', '@id': url, url, inLanguage: language, headline: title }
}

function organisation(publisher: string, language: string, { site }: Current) {
  const { name, url, email } = publisherOf(publisher, site)
  return withoutNothing({
    '@type': 'Organization',
    name: inLanguage(name, language, site),
    url,
    email,
  })
}

/** A topic, with the concepts of other vocabularies that mean the same. */
function subject(slug: string, language: string, { site, vocabulary, addresses }: Current) {
  const topic = vocabulary.topics.get(vocabulary.resolve(slug)?.slug ?? slug)
  const label: Labels = topic?.label ?? {}
  return withoutNothing({
    '@type': 'Thing',
    name: inLanguage(label, language, site) || slug,
    url: addresses.page(termQuery(slug, language)),
    sameAs: listOf(topic?.exactMatch ?? []),
  })
}

function listOf<T>(all: T[]): T[] | undefined {
  return all.length > 0 ? all : undefined
}

function withoutNothing(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

/** A text must not end the `script` element. These escapes are valid JSON. */
function escapeData(data: object): string {
  return JSON.stringify(data)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('>', String.raw`\u003e`)
    .replaceAll('&', String.raw`\u0026`)
}
