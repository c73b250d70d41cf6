import { formatUtc } from '../domain/time.ts'
import { declaration, element, textElement } from './xml.ts'

/** A page with its versions in other languages. Seconds since 1970. */
export type SitemapPage = {
  address: string
  /** When what it shows last changed in a way that matters. */
  modified: number
  /** All language versions, this one among them, by language. */
  versions: { language: string; address: string }[]
}

/** A release as Google News asks for it. */
export type NewsPage = {
  address: string
  title: string
  language: string
  /** Name of the publication. */
  publication: string
  published: number
}

const namespace = 'http://www.sitemaps.org/schemas/sitemap/0.9'

/** The list of the parts of a sitemap (sitemaps.org). */
export function renderSitemapIndex(parts: { address: string; modified: number }[]): string {
  const entries = parts.map(({ address, modified }) =>
    line('sitemap', textElement('loc', address), lastModified(modified)),
  )
  return whole('sitemapindex', { xmlns: namespace }, entries)
}

/** A part: pages, each with its versions in other languages. */
export function renderSitemap(pages: SitemapPage[]): string {
  const entries = pages.map(({ address, modified, versions }) => {
    const links = versions.length > 1 ? versions : []
    return line(
      'url',
      textElement('loc', address),
      lastModified(modified),
      ...links.map(({ language, address }) =>
        element('xhtml:link', { rel: 'alternate', hreflang: language, href: address }),
      ),
    )
  })
  return whole(
    'urlset',
    { xmlns: namespace, 'xmlns:xhtml': 'http://www.w3.org/1999/xhtml' },
    entries,
  )
}

/** The newest releases (Google News). */
export function renderNewsSitemap(pages: NewsPage[]): string {
  const entries = pages.map(({ address, title, language, publication, published }) =>
    line(
      'url',
      textElement('loc', address),
      element(
        'news:news',
        {},
        element(
          'news:publication',
          {},
          textElement('news:name', publication),
          textElement('news:language', newsLanguage(language)),
        ),
        textElement('news:publication_date', formatUtc(published)),
        textElement('news:title', title),
      ),
    ),
  )
  return whole(
    'urlset',
    { xmlns: namespace, 'xmlns:news': 'http://www.google.com/schemas/sitemap-news/0.9' },
    entries,
  )
}

/** Google takes two or three letters, except for Chinese, of which it knows two ways to write it. */
function newsLanguage(language: string): string {
  if (/^zh-(hant|tw|hk|mo)\b/.test(language)) return 'zh-tw'
  return /^zh-(hans|cn|sg)\b/.test(language) ? 'zh-cn' : language.split('-')[0]!
}

function lastModified(seconds: number): string {
  return textElement('lastmod', formatUtc(seconds))
}

function line(name: string, ...children: string[]): string {
  return `${element(name, {}, ...children)}\n`
}

function whole(name: string, attributes: Record<string, string>, entries: string[]): string {
  return `${declaration}${element(name, attributes, '\n', ...entries)}\n`
}
