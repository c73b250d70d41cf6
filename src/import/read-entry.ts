import { NotDone } from '../domain/tool.ts'

/** A text as it stood in a feed: HTML, or plain. */
export type Text = { value: string; html: boolean }

/** A file that a feed offers beside a text. */
export type OfferedFile = { url: string; title?: string; type?: string }

/** An entry of a feed or an export, in our own words. Addresses are whole ones. */
export type ReadEntry = {
  /** Identity, as it stood there. */
  id?: string | undefined
  link?: string | undefined
  /** The part of the address that the earlier system was told to use. */
  slug?: string | undefined
  title?: Text | undefined
  summary?: Text | undefined
  body?: Text | undefined
  /** What addresses in the texts are relative to. */
  base?: string | undefined
  /** Times as they are written, the best first. */
  published: string[]
  updated: string[]
  language?: string | undefined
  categories: string[]
  files: OfferedFile[]
  people: { name?: string | undefined; email: string }[]
  /** Addresses of the same text in other languages. */
  translations: string[]
  /** A name that the same text has in all languages. */
  translationGroup?: string | undefined
}

/** A category of the earlier system, as part of another one. */
export type ReadCategory = { name: string; slug: string; parent?: string }

/** Something that is not imported, and why. */
export type LeftOut = { what: string; reason: string }

/** A document of a feed, or a whole export. */
export type ReadFeed = {
  format: 'rss' | 'atom' | 'json' | 'wordpress'
  title?: string | undefined
  description?: string | undefined
  language?: string | undefined
  /** The page that the feed belongs to. */
  home?: string | undefined
  /** The feed's own address, as it says. */
  self?: string | undefined
  /** Where older entries are. */
  older?: string | undefined
  /** Older entries are at `?paged=2`, as in every feed that WordPress makes. */
  isPagedByWordPress: boolean
  categories: ReadCategory[]
  entries: ReadEntry[]
  leftOut: LeftOut[]
  /** Sentences about what is not taken because nobody asked for it. */
  told?: string[]
}

/** Why something cannot be imported at all: a sentence for whoever asked. */
export class NotImported extends NotDone {}

/** An address made whole; undefined for what is no address on the web, such as `file:`. */
export function webAddress(address: string | undefined, base?: string): string | undefined {
  const text = address?.trim()
  if (!text || !URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}
