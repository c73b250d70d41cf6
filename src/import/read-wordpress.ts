import { inLanguage, languagesIn } from './language-blocks.ts'
import {
  type LeftOut,
  NotImported,
  type ReadCategory,
  type ReadEntry,
  type ReadFeed,
  webAddress,
} from './read-entry.ts'
import { reduceShortcodes } from './shortcodes.ts'
import { type Post, WordPressParser } from './wordpress-parser.ts'
import { wordpressHtml } from './wordpress-text.ts'

/** Whether a text begins as an export of WordPress does (WXR). */
export function isWordPressExport(start: string): boolean {
  return /xmlns:wp\s*=\s*["']https?:\/\/wordpress\.org\/export\/|<wp:wxr_version/i.test(start)
}

type Options = {
  /** Types of posts to take: `post` are what a feed has. */
  types: string[]
}

/** What WordPress itself keeps beside posts, and what no site shows as a page. */
const internal =
  /^(attachment|nav_menu_item|revision|custom_css|customize_changeset|oembed_cache|user_request|wp_\w+)$/

/** What an export has come to so far. */
type Collected = {
  channel: Map<string, string>
  categories: ReadCategory[]
  posts: Post[]
  /** Addresses of attachments by their numbers. */
  files: Map<string, string>
  /** Addresses of attachments by the post they belong to. */
  filesOf: Map<string, string[]>
  /** Texts that posts share, by their numbers. */
  blocks: Map<string, string>
  leftOut: LeftOut[]
  /** How many posts were not asked for, by the reason. */
  passedOver: Map<string, number>
}

/**
 * Reads an export of WordPress as it comes, so that it may be larger than any feed. Posts that are
 * not public, or only with a password, are left out. Throws NotImported when it cannot be read.
 */
export async function readWordPress(
  chunks: AsyncIterable<string> | Iterable<string>,
  { types }: Options,
): Promise<ReadFeed> {
  const collected: Collected = {
    channel: new Map(),
    categories: [],
    posts: [],
    files: new Map(),
    filesOf: new Map(),
    blocks: new Map(),
    leftOut: [],
    passedOver: new Map(),
  }
  const { channel, categories, posts, leftOut } = collected
  const parser = new WordPressParser({
    channel(name, text) {
      if (!channel.has(name)) channel.set(name, text)
    },
    category({ cat_name: name, category_nicename: slug, category_parent: parent }) {
      if (name && slug) categories.push({ name, slug, ...(parent && { parent }) })
    },
    post: (post) => collectPost(post, collected, types),
  })
  for await (const chunk of chunks) parser.write(chunk)
  const problem = parser.end()
  if (problem && posts.length === 0) {
    throw new NotImported(`This WordPress export cannot be read (${problem}).`)
  }
  if (problem) leftOut.push({ what: 'What stands after a mistake in the export', reason: problem })
  return feedOf(collected)
}

/** Attachments and shared texts are kept for the posts, which may come before them. */
function collectPost(
  post: Post,
  { posts, files, filesOf, blocks, leftOut, passedOver }: Collected,
  types: string[],
) {
  const field = (name: string) => post.fields.get(name) ?? ''
  const type = field('wp:post_type') || 'post'
  const address = type === 'attachment' && webAddress(field('wp:attachment_url'))
  if (address) {
    files.set(field('wp:post_id'), address)
    const parent = field('wp:post_parent')
    if (parent && parent !== '0') filesOf.set(parent, [...(filesOf.get(parent) ?? []), address])
    return
  }
  if (type === 'wp_block') blocks.set(field('wp:post_id'), field('content:encoded'))
  if (post.isDamaged) {
    const reason = 'It is damaged: an element in it is not closed, or closed twice.'
    leftOut.push({ what: field('title') || 'A post without a title', reason })
    return
  }
  const reason = whyPassedOver(post, type, types)
  if (reason) passedOver.set(reason, (passedOver.get(reason) ?? 0) + 1)
  else posts.push(post)
}

/** The feed of an export that was read to its end. */
function feedOf({
  channel,
  categories,
  posts,
  files,
  filesOf,
  blocks,
  leftOut,
  passedOver,
}: Collected): ReadFeed {
  /** Titles of the posts that had it, by the name of a shortcode or block. */
  const lost = new Map<string, Set<string>>()
  const lose = (name: string, title: string) => {
    lost.set(name, (lost.get(name) ?? new Set()).add(title))
  }
  /** Numbers of attachments that are not in the export. */
  const missing = new Set<string>()
  const findFile = (number: string) => {
    if (!files.has(number)) missing.add(number)
    return files.get(number)
  }
  const written = posts.flatMap((post) => inLanguages(post, channel.get('language') ?? ''))
  const entries = written.map((post) => toEntry(post, { findFile, filesOf, blocks, lose }))
  const counted = Array.from(passedOver, ([reason, count]) => {
    return { what: `${count} of the export`, reason }
  })
  const isUnasked = ({ reason }: LeftOut) => reason.startsWith('of the type')
  return {
    format: 'wordpress',
    title: channel.get('title'),
    description: channel.get('description'),
    language: channel.get('language'),
    home: webAddress(channel.get('link')),
    isPagedByWordPress: false,
    categories,
    entries,
    leftOut: [...leftOut, ...missingPictures(missing.size), ...counted.filter(isUnasked)],
    told: [
      ...counted.filter((one) => !isUnasked(one)).map(({ what, reason }) => `${what}: ${reason}`),
      ...(lost.size > 0 ? [lostInWords(lost)] : []),
    ],
  }
}

function missingPictures(count: number): LeftOut[] {
  if (count === 0) return []
  const reason = 'the export names only their numbers. Export all content, and not posts alone.'
  return [{ what: `${count} pictures`, reason }]
}

function lostInWords(lost: Map<string, Set<string>>): string {
  const names = Array.from(lost, ([name, titles]) => {
    const [title, ...others] = titles
    return `${name} (${title}${others.length > 0 ? ` and ${others.length} more` : ''})`
  })
  return `What plugins make when a page is shown is in no export, and not in the texts: ${names.join(', ')}.`
}

function whyPassedOver({ fields }: Post, type: string, types: string[]): string | undefined {
  if (!types.includes(type)) {
    if (internal.test(type)) return `${type}, which is no post.`
    return type === 'page'
      ? 'a page. Give --pages to take pages, too.'
      : `of the type ${type}. Give --type ${type} if these are releases.`
  }
  const status = fields.get('wp:status')
  if (status && status !== 'publish') return `not public: its status is ${status}.`
  if (fields.get('wp:post_password')) return 'not public: it has a password.'
  return undefined
}

/** Of a post that holds its text in several languages, one for each. The first keeps identity and address. */
function inLanguages(post: Post, usual: string): Post[] {
  const texts = ['content:encoded', 'title', 'excerpt:encoded']
  const found = languagesIn(texts.map((name) => post.fields.get(name) ?? '').join(' '))
  const isUsual = (language: string) => language.slice(0, 2) === usual.slice(0, 2).toLowerCase()
  const languages = found.toSorted((a, b) => Number(isUsual(b)) - Number(isUsual(a)))
  const versions = languages.flatMap((language): Post[] => {
    const fields = new Map(post.fields)
    for (const name of texts) fields.set(name, inLanguage(fields.get(name) ?? '', language).trim())
    const hasText = fields.get('content:encoded') || !post.fields.get('content:encoded')
    const marks = new Map([...post.marks, ['language', language]])
    return hasText && fields.get('title') ? [{ ...post, fields, marks }] : []
  })
  for (const { fields, marks } of versions.slice(1)) {
    fields.set('guid', `${fields.get('guid')}#${marks.get('language')}`)
    fields.set('base', fields.get('link') ?? '')
    fields.delete('link')
  }
  return versions.length > 0 ? versions : [post]
}

type Export = {
  /** The address of an attachment, by its number. */
  findFile: (number: string) => string | undefined
  filesOf: Map<string, string[]>
  blocks: Map<string, string>
  /** Told what shows nothing here, and in which post. */
  lose: (name: string, title: string) => void
}

function toEntry(
  { fields, categories, marks, meta }: Post,
  { findFile, filesOf, blocks, lose }: Export,
): ReadEntry {
  const field = (name: string) => fields.get(name)?.trim() || undefined
  const html = wordpressHtml(fields.get('content:encoded') ?? '', {
    findFile,
    findBlock: (number) => blocks.get(number),
    lose: (name) => lose(name, field('title') ?? 'without a title'),
  })
  const line = (name: string) =>
    reduceShortcodes(field(name) ?? '', { findFile }).trim() || undefined
  const thumbnail = meta.get('_thumbnail_id')
  const featured = thumbnail ? findFile(thumbnail) : undefined
  const offered = [
    ...(featured ? [featured] : []),
    ...(filesOf.get(field('wp:post_id') ?? '') ?? []),
  ]
  // A text shows pictures in other sizes: `port-300x200.jpg` is `port.jpg`.
  const isShown = (url: string) => html.includes(url.replace(/\.\w+$/, ''))
  const excerpt = line('excerpt:encoded')
  const title = line('title')
  const link = webAddress(field('link'))
  const slug = field('wp:post_name')
  return {
    id: field('guid'),
    link,
    slug,
    title: title ? { value: title, html: true } : undefined,
    summary: excerpt ? { value: excerpt, html: true } : undefined,
    body: html ? { value: html, html: true } : undefined,
    base: link ?? webAddress(field('base')),
    published: [
      ...[field('wp:post_date_gmt')].flatMap((time) => (time ? [`${time}Z`] : [])),
      ...[field('wp:post_date'), field('pubDate')].flatMap((time) => time ?? []),
    ],
    // WordPress counts every touch as a modification, and its feed never told of them.
    updated: [],
    language: marks.get('language') ?? meta.get('_wpml_import_language_code'),
    translationGroup: translationGroup({ marks, meta }, field('wp:post_id')),
    categories,
    files: [...new Set(offered)].filter((url) => !isShown(url)).map((url) => ({ url })),
    people: [],
    translations: [],
  }
}

/** A name that the versions of a post share, as Polylang and WPML keep it. */
function translationGroup(
  { marks, meta }: Pick<Post, 'marks' | 'meta'>,
  number: string | undefined,
) {
  const byPolylang = marks.get('post_translations')
  const byWpml = meta.get('_wpml_import_translation_group')
  // Of WPML's copies: the number of the post that they were made of.
  const original = meta.get('_icl_lang_duplicate_of') ?? number
  return byPolylang ?? (byWpml ? `wpml ${byWpml}` : original && `post ${original}`)
}
