import { slugOf } from '../content/slug.ts'
import type { ReadFeed } from './read-entry.ts'
import { plainLine } from './text.ts'

/** A language tag as this service writes it (RFC 5646); undefined for what is none. */
export function languageTag(text: string | undefined): string | undefined {
  const tag = text?.trim().toLowerCase().replaceAll('_', '-')
  const isTag = tag && tag.length <= 35 && /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/.test(tag)
  return isTag && !['all', 'api', 'hub', 'und'].includes(tag) ? tag : undefined
}

/** The language of a site that is meant by a tag: `en-US` is `en` where nothing else is near. */
export function nearestLanguage(tag: string, languages: string[]): string {
  if (languages.includes(tag)) return tag
  const base = tag.split('-')[0]!
  const near = languages.filter((language) => language.split('-')[0] === base)
  return near.includes(base) ? base : near.length === 1 ? near[0]! : tag
}

/** The languages of feeds, that of the feed itself first. Regions count where they make a difference. */
export function languagesOf(feeds: ReadFeed[]): string[] {
  const found = new Set<string>()
  for (const feed of feeds) {
    const first = languageTag(feed.language)
    if (first) found.add(nearestLanguage(first, [...found]))
    for (const entry of feed.entries) {
      const tag = languageTag(entry.language)
      if (tag) found.add(nearestLanguage(tag, [...found]))
    }
  }
  return [...found]
}

type Options = { id: string; languages: string[]; timezone: string }

/** `site.yaml` for a new folder, from what a feed says of itself. */
export function siteFile(feed: ReadFeed, { id, languages, timezone }: Options): string {
  const title = plain(feed.title) || (feed.home ? new URL(feed.home).host : 'Releases')
  const description = plain(feed.description)
  const inDefault = (text: string) => `{ ${languages[0]}: ${JSON.stringify(text)} }`
  return [
    '# The press office as a whole. Look through it before you publish.',
    '',
    '# The namespace of every identity. Never change it: readers would see every release as new.',
    `id: ${id}`,
    `title: ${inDefault(title)}`,
    ...(description ? [`description: ${inDefault(description)}`] : []),
    '# The first is the default.',
    `languages: [${languages.map((language) => JSON.stringify(language)).join(', ')}]`,
    `timezone: ${timezone}`,
    '# The first is the publisher of every release that names none.',
    'publishers:',
    `  ${JSON.stringify(slugOf(title, 60) ?? 'press-office')}:`,
    `    name: ${inDefault(title)}`,
    ...(feed.home ? [`    url: ${JSON.stringify(feed.home)}`] : []),
    '',
  ].join('\n')
}

function plain(text: string | undefined): string {
  return text ? plainLine({ value: text, html: true }) : ''
}
