import type { FeedQuery } from './feed-query.ts'
import { formatTopicExpression } from './topic-expression.ts'
import type { Site } from './site.ts'

/**
 * In stored HTML our own addresses begin with this, and the public origin takes its place when a
 * document is made, so that moving the service needs no rewriting. RFC 2606 keeps `.invalid` free.
 */
export const storedOrigin = 'https://tiedote.invalid'

/**
 * Looked for instead of the whole: texts have few colons and many letters h, so this is found or ruled out
 * sooner.
 */
const traceOfOrigin = storedOrigin.slice('https'.length)

/** Every public address of the service, absolute. The only place where their shape is known. */
export type Addresses = ReturnType<typeof createAddresses>

export function createAddresses(baseUrl: string, site: Site, hasHub = false) {
  const prefix = (language: string) => (language === site.languages[0] ? '' : `/${language}`)
  const path = ({ language, topics, withdrawn }: FeedQuery) => {
    if (withdrawn) return `${prefix(language)}/withdrawals`
    if (topics.length > 0) return `${prefix(language)}/topics/${formatTopicExpression(topics)}`
    return `${prefix(language)}/feed`
  }
  const pageOf = ({ slug, language }: { slug: string; language: string }) =>
    `${baseUrl}${prefix(language)}/releases/${slug}`

  return {
    /** Where to subscribe to pushes (WebSub), if feeds are to announce it. */
    hub: hasHub ? `${baseUrl}/hub` : undefined,
    home: (language: string) => `${baseUrl}${prefix(language)}/`,
    /** The page that shows what the feed holds. */
    page: (query: FeedQuery) =>
      query.topics.length > 0 || query.withdrawn
        ? `${baseUrl}${path(query)}${question(query)}`
        : `${baseUrl}${prefix(query.language)}/${question(query)}`,
    /** The page of what a question finds in a month such as `2024-01`; long ones go on on further pages. */
    month: (query: FeedQuery, month: string, page = 1) => {
      const words = question(query)
      const further = page > 1 ? `&page=${page}` : ''
      const start =
        query.topics.length > 0 || query.withdrawn ? path(query) : `${prefix(query.language)}/`
      return `${baseUrl}${start}${words ? `${words}&` : '?'}month=${month}${further}`
    },
    /** Where the form that makes a question sends its answers. */
    form: (language: string) => `${baseUrl}${prefix(language)}/topics`,
    /** The feed in a format, whose name ends the address. */
    feed: (query: FeedQuery, format: string) =>
      `${baseUrl}${path(query)}.${format}${question(query)}`,
    /** The same address for the program that a person has for calendars: it is to subscribe, not to download. */
    webcal: (query: FeedQuery, format: string) =>
      `${baseUrl.replace(/^https?:/, 'webcal:')}${path(query)}.${format}${question(query)}`,
    /** An archive of the feed, by the interval it is of. */
    archive: (query: FeedQuery, interval: string, format: string) =>
      `${baseUrl}${path(query)}/archive/${interval}.${format}${question(query)}`,
    /** Where a release lives: our page of it, or one of the office's own. */
    release: ({ url, ...release }: { slug: string; language: string; url?: string | undefined }) =>
      url ?? pageOf(release),
    /** Our page of a release, wherever it lives. */
    releasePage: pageOf,
    /** The same release for programs: the item that JSON feeds have of it. */
    releaseItem: (release: { slug: string; language: string }) => `${pageOf(release)}.json`,
    /** A release before its time, or a version of it, for those who were given the secret. */
    preview: (secret: string, language?: string) =>
      `${baseUrl}/preview/${secret}${language === undefined ? '' : `/${language}`}`,
    media: (file: string) => `${baseUrl}/${file.split('/').map(encodeURIComponent).join('/')}`,
    /** Names the vocabulary itself, as a category scheme. */
    scheme: () => `${baseUrl}/topics`,
    vocabulary: (language: string) => `${baseUrl}${prefix(language)}/topics.json`,
    /** Every topic feed as OPML, or those of some topics: slugs, sorted. */
    opml: (language: string, topics: string[] = []) =>
      `${baseUrl}${prefix(language)}/feeds.opml${topics.length > 0 ? `?topics=${topics.join(',')}` : ''}`,
    /** The list of what search engines may show, or one of its parts, counted from 1. */
    sitemap: (of: 'index' | 'news' | 'topics' | 'releases', part = 1) =>
      `${baseUrl}/${{ index: 'sitemap', news: 'news-sitemap', topics: `sitemap-topics-${part}`, releases: `sitemap-releases-${part}` }[of]}.xml`,
    /** Where the members of `_tiedote` in JSON Feed are explained. */
    extension: () => `${baseUrl}/developers#json-feed`,
    /** The page for whoever programs. */
    developers: () => `${baseUrl}/developers`,
    publish: (html: string) =>
      html.includes(traceOfOrigin) ? html.replaceAll(storedOrigin, baseUrl) : html,
  }
}

function question({ words }: FeedQuery): string {
  if (words.length === 0) return ''
  return `?q=${words.map(encodeURIComponent).join('+').replaceAll('%20', '+')}`
}
