import { DomainError } from '../domain/errors.ts'
import { allReleases } from '../domain/feed-query.ts'
import { keyAt, secondOf } from '../domain/key.ts'
import type { Listed, ReleaseStore } from '../domain/release-store.ts'
import { inLanguage } from '../domain/site.ts'
import type { TopicExpression } from '../domain/topic-expression.ts'
import {
  renderNewsSitemap,
  renderSitemap,
  renderSitemapIndex,
  type SitemapPage,
} from '../feeds/sitemap.ts'
import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { documentPolicy, ofWholeState, pathOf } from './question.ts'
import { countOf, otherTerms } from './vocabulary.ts'

type Store = Pick<ReleaseStore, 'parts' | 'list' | 'places' | 'load' | 'countByTopic'>

/** What a sitemap document is of. Parts are counted from 1. */
export type SitemapTarget =
  | { of: 'index' }
  | { of: 'news' }
  | { of: 'topics' | 'releases'; part: number }

/** Search engines take 50,000 addresses, but so large a document costs an isolate its memory. */
const mostInPart = 2000
/** Google News takes no older ones, and no more. In seconds. */
const newsworthy = 2 * 86_400
const mostNews = 1000

/** The list of what search engines may show, or a part of it. */
export function sitemapMeaning(target: SitemapTarget, current: Current, store: Store): Meaning {
  const address = current.addresses.sitemap(target.of, 'part' in target ? target.part : 1)
  return {
    key: address,
    address,
    subject: { kind: 'document', path: pathOf(address) },
    renderedAs: 'xml',
    contentType: 'application/xml; charset=utf-8',
    headers: () => ({ 'content-security-policy': documentPolicy }),
    ...ofWholeState(current, () => sitemapDocument(target, current, store)),
  }
}

/**
 * Writes a sitemap. All times are those of the releases, so that a store that is rebuilt from content says
 * the same, and search engines go on believing them. Throws `not-found` for a part that is not there.
 */
async function sitemapDocument(
  target: SitemapTarget,
  current: Current,
  store: Store,
): Promise<string> {
  if (target.of === 'index') return indexDocument(current, store)
  if (target.of === 'news') return newsDocument(current, store)
  const pages =
    target.of === 'topics'
      ? inParts(await topicPages(current, store))[target.part - 1]
      : await releasePages(target.part, current, store)
  if (!pages) throw new DomainError('not-found', 'The sitemap has no such part.')
  return renderSitemap(pages)
}

async function indexDocument(current: Current, store: Store): Promise<string> {
  const { addresses } = current
  const topics = inParts(await topicPages(current, store)).map((pages, index) => ({
    address: addresses.sitemap('topics', index + 1),
    modified: pages.reduce((latest, { modified }) => Math.max(latest, modified), -Infinity),
  }))
  const releases = (await store.parts(current, mostInPart)).map(({ last }, index) => ({
    address: addresses.sitemap('releases', index + 1),
    modified: secondOf(last),
  }))
  return renderSitemapIndex([...topics, ...releases])
}

/** The page of everything and those of terms, in each language that has releases on them. */
async function topicPages(current: Current, store: Store): Promise<SitemapPage[]> {
  const { site, vocabulary, retired, addresses } = current
  const counts = await store.countByTopic(current)
  const pagesOf = (topics: TopicExpression, newest: (language: string) => number | undefined) => {
    const versions = site.languages
      .filter((language) => newest(language) !== undefined)
      .map((language) => ({
        language,
        address: addresses.page({ ...allReleases(language), topics }),
      }))
    return versions.map(({ language, address }) => ({
      address,
      modified: newest(language)!,
      versions,
    }))
  }
  const newestOfAll = new Map<string, number | undefined>()
  for (const language of site.languages) {
    const everything = allReleases(language)
    const [[newest] = []] = await store.places(everything, current, [{ by: 'key', limit: 1 }])
    newestOfAll.set(language, newest && secondOf(newest.key))
  }
  const topics = [...vocabulary.topics.keys()].filter((slug) => !retired.ended.has(slug))
  return [
    ...pagesOf([], (language) => newestOfAll.get(language)),
    ...[...topics, ...otherTerms(current, counts)].flatMap((term) =>
      pagesOf(
        [{ with: [term], without: [] }],
        (language) => countOf(term, language, counts).newest,
      ),
    ),
  ]
}

async function releasePages(
  part: number,
  current: Current,
  store: Store,
): Promise<SitemapPage[] | undefined> {
  const { addresses } = current
  const found = (await store.parts(current, mostInPart))[part - 1]
  if (!found) return undefined
  const versionOf = ({ slug }: Listed) => {
    return (language: string) => ({ language, address: addresses.release({ slug, language }) })
  }
  return (await store.list(current, found.first, mostInPart)).map((release) => ({
    address: addresses.release(release),
    modified: release.updated,
    versions: release.languages.map(versionOf(release)),
  }))
}

/** Releases of the last two days before the newest one: the clock would change a document by itself. */
async function newsDocument(current: Current, store: Store): Promise<string> {
  const { site, addresses, horizon } = current
  const query = allReleases('all')
  const [places = []] = await store.places(query, current, [
    { by: 'key', from: keyAt(horizon - newsworthy), limit: mostNews },
  ])
  const releases = await store.load(
    places.map(({ key }) => key),
    current,
  )
  const ours = releases.filter(({ url }) => url === undefined)
  return renderNewsSitemap(
    ours.map((release) => ({
      address: addresses.release(release),
      title: release.title,
      language: release.language,
      publication: inLanguage(site.title, release.language, site),
      published: release.published,
    })),
  )
}

function inParts(pages: SitemapPage[]): SitemapPage[][] {
  return Array.from({ length: Math.ceil(pages.length / mostInPart) }, (_, index) =>
    pages.slice(index * mostInPart, (index + 1) * mostInPart),
  )
}
