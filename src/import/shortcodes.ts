import { escapeMarkup } from '../domain/text.ts'

/** The picture of an attachment's number, if it is in the export. */
export type FindFile = (number: string) => string | undefined

type Options = {
  findFile: FindFile
  /** Told the name of each that shows nothing here, such as a form. */
  lose?: (name: string) => void
}

type Tag = {
  name: string
  attributes: string
  isClosing: boolean
  isSelfClosing: boolean
  start: number
  end: number
}

/** Shortcodes that a name alone makes certain, beside those with an underscore in it. */
const bare = new Set(
  'audio caption clear clearfix divider embed gallery hr playlist separator spacer toc video'.split(
    ' ',
  ),
)

/**
 * Text of WordPress without shortcodes, nested as they may be: what they enclose, and of what they say
 * themselves the titles, texts, links and pictures. Other words in brackets stay, such as [sic].
 */
export function reduceShortcodes(content: string, options: Options): string {
  const tags = tagsIn(content)
  const partners = pair(tags)
  const certain = tags.filter((tag) => partners.has(tag) || isCertain(tag))
  return reduce(content, certain, { partners, ...options }).replace(
    /\[(\[\/?[a-z][^[\]]*\])\]/gi,
    '$1',
  )
}

const opening = /\[(\/?)([a-z][\w-]*)(?=[\s=\]/])/giy

function tagsIn(content: string): Tag[] {
  const tags: Tag[] = []
  for (let start = content.indexOf('['); start >= 0; start = content.indexOf('[', start + 1)) {
    opening.lastIndex = start
    const [all, closing, name] = opening.exec(content) ?? []
    const end = all && endOfTag(content, start + all.length)
    if (!all || !name || !end) continue
    // Two brackets on both sides are how WordPress writes one.
    if (content[start - 1] === '[' && content[end] === ']') continue
    const attributes = content.slice(start + all.length, end - 1).trim()
    // An address without quotes may end so, too.
    const isSelfClosing = /(^|["'\s])\/$/.test(attributes)
    tags.push({
      name: name.toLowerCase(),
      attributes: isSelfClosing ? attributes.slice(0, -1) : attributes,
      isClosing: closing === '/',
      isSelfClosing,
      start,
      end,
    })
    start = end - 1
  }
  return tags
}

/** Behind the bracket that closes a tag. One in the value of an attribute does not, and no tag holds another. */
function endOfTag(content: string, from: number): number | undefined {
  for (let at = from; at < content.length; at++) {
    const sign = content[at]!
    if (sign === ']') return at + 1
    if (sign === '[') return undefined
    const isValue = (sign === '"' || sign === "'") && /=\s*$/.test(content.slice(at - 5, at))
    const end = isValue ? content.indexOf(sign, at + 1) : -1
    if (end > 0) at = end
  }
  return undefined
}

/** What opens with what closes it, both ways. */
function pair(tags: Tag[]): Map<Tag, Tag> {
  const partners = new Map<Tag, Tag>()
  const open = new Map<string, Tag[]>()
  for (const tag of tags) {
    const same = open.get(tag.name) ?? []
    open.set(tag.name, same)
    if (!tag.isClosing) {
      if (!tag.isSelfClosing) same.push(tag)
      continue
    }
    const opening = same.pop()
    if (!opening) continue
    partners.set(opening, tag)
    partners.set(tag, opening)
  }
  return partners
}

function isCertain({ name, attributes }: Tag): boolean {
  const hasValue = /[\w-]\s*=\s*["'\w]/.test(attributes)
  const hasAddress = /^[\s=]*https?:\/\/\S+\s*$/.test(attributes)
  return name.includes('_') || bare.has(name) || hasValue || hasAddress
}

/** On the same line, and no other shortcode. */
const textBefore = /(?:[^\s>\]]|<(?:a|b|em|i|span|strong|sub|sup|u)\b[^<>]*>)[^\S\n]*$/i
const textBehind = /^[^\S\n]*(?:[^\s<[]|<\/(?:a|b|em|i|span|strong|sub|sup|u)>)/i

/** What is open at a place in the text, and what became of the text in it so far. */
type OpenShortcode = { tag?: Tag; text: string }

function reduce(
  content: string,
  tags: Tag[],
  { partners, ...options }: Options & { partners: Map<Tag, Tag> },
): string {
  const stack: OpenShortcode[] = [{ text: '' }]
  const open = new Set<Tag>()
  let at = 0
  const add = (text: string) => void (stack.at(-1)!.text += text)
  const close = () => {
    const { tag, text } = stack.pop()!
    open.delete(tag!)
    return { tag: tag!, text }
  }
  for (const tag of tags) {
    add(content.slice(at, tag.start))
    at = tag.end
    const partner = partners.get(tag)
    if (!tag.isClosing && partner) {
      stack.push({ tag, text: '' })
      open.add(tag)
    } else if (!tag.isClosing) {
      add(placed(show(tag, undefined, options), content, tag.start, tag.end))
    } else if (partner && open.has(partner)) {
      // What was opened within and is closed only behind it encloses nothing.
      while (stack.at(-1)!.tag !== partner) add(close().text)
      const { text } = close()
      add(placed(show(partner, text, options), content, partner.start, tag.end))
    }
  }
  add(content.slice(at))
  while (stack.length > 1) add(close().text)
  return stack[0]!.text
}

/** Within a line of text it is a part of that, and else a block. */
function placed(shown: string, content: string, start: number, end: number): string {
  const isInline =
    textBefore.test(content.slice(Math.max(0, start - 100), start)) ||
    textBehind.test(content.slice(end, end + 100))
  return isInline && !/<(h\d|p|figure)\b|\n\n/.test(shown) ? shown : `\n\n${shown}\n\n`
}

/** What only makes room or draws a line. */
const silent =
  /(^|[_-])(clear|clearfix|divider|empty_space|gap|hr|icon|line|separator|space|spacer|toc)$/

/** What a shortcode shows, as HTML. */
function show(tag: Tag, inner: string | undefined, { findFile, lose }: Options): string {
  const { name } = tag
  const attributes = readAttributes(tag.attributes)
  if (name.endsWith('_raw_js')) return lost(name, lose)
  if (name.endsWith('_raw_html')) return decoded(inner ?? '')
  if (/^(wp_)?caption$/.test(name)) return inner === undefined ? '' : figure(attributes, inner)
  const pictures = picturesOf(tag, attributes, findFile)
  const link = linkOf(attributes, inner) ?? filmOf(tag, attributes)
  const isShown = pictures.some(
    (picture) => link && picture.includes(`"${escapeMarkup(link.url)}"`),
  )
  const parts = [
    ...textsOf(attributes, { inner, link }),
    ...pictures,
    ...(link && !isShown ? [`<a href="${escapeMarkup(link.url)}">${link.label}</a>`] : []),
    ...(inner && inner !== link?.label ? [inner] : []),
    ...(inner ? texts(attributes, /^(author|cite|source)$/, 'p') : []),
  ]
  if (parts.length === 0 && inner === undefined && !bare.has(name) && !silent.test(name)) {
    return lost(name, lose)
  }
  return parts.length === 1 ? parts[0]! : parts.map((part) => `\n\n${part}\n\n`).join('')
}

function lost(name: string, lose: Options['lose']): string {
  lose?.(name)
  return ''
}

function figure(attributes: Map<string, string>, inner: string): string {
  const picture = /(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*<\/a>)?/i.exec(inner)?.[0] ?? ''
  const caption = attributes.get('caption') ?? inner.replace(picture, '').trim()
  return `<figure>${picture}${caption && `<figcaption>${caption}</figcaption>`}</figure>`
}

/** WPBakery keeps HTML in an encoding of its own. */
function decoded(inner: string): string {
  try {
    const text = Buffer.from(inner.replace(/<[^>]*>|\s/g, ''), 'base64').toString('utf8')
    return decodeURIComponent(text).replace(/<script\b[^]*?<\/script>/gi, '')
  } catch {
    return inner
  }
}

/** What builders write for brackets and quotes, which would end a shortcode. */
const stands: [RegExp, string][] = [
  [/`{`|%91|&#0*91;/g, '['],
  [/`}`|%93|&#0*93;/g, ']'],
  [/``|%22/g, '"'],
]

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  const rest = text.replace(
    /(?<=^|\s)([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g,
    (_, name: string, double?: string, single?: string, plain?: string) => {
      const value = (double ?? single ?? plain ?? '').trim()
      const key = name.toLowerCase()
      if (!attributes.has(key) && value) attributes.set(key, value)
      return ' '
    },
  )
  const address = /https?:\/\/[^\s"'\]]+/.exec(rest)?.[0]
  if (address) attributes.set('src', attributes.get('src') ?? address)
  return attributes
}

function written(value: string): string {
  const plain = stands.reduce((text, [pattern, sign]) => text.replace(pattern, sign), value)
  // What is typed into a title is text, unless an editor made tags of it.
  return /<\w/.test(plain) ? plain : plain.replace(/&(?!#?\w+;)/g, '&amp;').replaceAll('<', '&lt;')
}

/** Texts that a page shows: of what encloses something also its title, as of a tab or a fold. */
function textsOf(
  attributes: Map<string, string>,
  { inner, link }: { inner: string | undefined; link: Link | undefined },
): string[] {
  const headings = inner === undefined ? /^heading$/ : /^(heading|title|subtitle|subhead|tab\d+)$/
  const found = [...texts(attributes, headings, 'h3'), ...texts(attributes, /^(text|quote)$/, 'p')]
  return found.filter((text) => !link || !text.includes(`>${link.label}<`))
}

function texts(attributes: Map<string, string>, names: RegExp, element: string): string[] {
  return [...attributes].flatMap(([name, text]) => {
    const isShown = names.test(name) && /\p{L}/u.test(text) && !isCode(text)
    return isShown ? [`<${element}>${written(text)}</${element}>`] : []
  })
}

/** Styles and settings are one word in small letters. */
function isCode(text: string): boolean {
  return /^[a-z0-9]+([_-][a-z0-9]+)*$/.test(text)
}

const ofPictures =
  'image images ids include image_id img_id img attachment attachment_id gallery_ids photo logo'.split(
    ' ',
  )

/** By their addresses, else by their numbers. */
function picturesOf({ name }: Tag, attributes: Map<string, string>, findFile: FindFile): string[] {
  const valuesOf = (names: string[]) => names.flatMap((one) => attributes.get(one) ?? [])
  const byAddress = valuesOf([
    ...ofPictures,
    'src',
    'image_src',
    'image_url',
    'url',
    'link',
  ]).filter((value) => isAddress(value) && /\.(jpe?g|png|gif|webp|svg|avif)([?#]|$)/i.test(value))
  const ofNumbers = /(image|img)$/.test(name) ? [...ofPictures, 'id'] : ofPictures
  const numbers = valuesOf(ofNumbers).flatMap((value) => {
    return /^\d+(\|\w+)?(\s*,\s*\d+)*$/.test(value) ? value.match(/(?<![\w|])\d+/g)! : []
  })
  const found =
    byAddress.length > 0 ? byAddress : numbers.flatMap((number) => findFile(number) ?? [])
  const alt = escapeMarkup(attributes.get('alt') ?? '')
  return Array.from(new Set(found), (url) => `<p><img src="${escapeMarkup(url)}" alt="${alt}"></p>`)
}

type Link = { url: string; label: string }

/** Characters of a text that is a link as a whole. */
const longestLabel = 100

const ofLinks =
  'src link url href button_url button_link link_url url_new btn_link video video_url mp4 m4v webm ogv mp3 m4a ogg wav flv file pdf'.split(
    ' ',
  )

/** Where a button, a film or a frame leads. */
function linkOf(attributes: Map<string, string>, inner: string | undefined): Link | undefined {
  const values = ofLinks.flatMap((name) => attributes.get(name) ?? [])
  const given = values.map(fromBuilder).find(({ url }) => isAddress(url))
  // `[embed]https://…[/embed]`
  const enclosed = /^\s*(https?:\/\/[^\s<>"]+)\s*$/.exec(inner ?? '')?.[1]
  const url = given?.url ?? enclosed
  if (!url) return undefined
  const own = ['button_text', 'btn_text', 'link_text', 'label', 'text', 'title'].flatMap(
    (name) => attributes.get(name) ?? [],
  )[0]
  const isShort =
    inner &&
    inner.length <= longestLabel &&
    !enclosed &&
    !/<(?!\/?(b|i|em|strong|span)\b)/i.test(inner) &&
    !/\n\s*\n/.test(inner)
  if (isShort) return { url, label: inner }
  const label = own ?? given?.title ?? url
  return { url, label: label === url ? escapeMarkup(url) : written(label) }
}

/** Films of which a shortcode names only the number. */
function filmOf(tag: Tag, attributes: Map<string, string>): Link | undefined {
  const site = /youtube|vimeo/.exec(tag.name)?.[0]
  const id = attributes.get('id') ?? tag.attributes.replace(/^[\s=]+|\s+$/g, '')
  if (!site || !/^[\w-]+$/.test(id)) return undefined
  const url = site === 'vimeo' ? `https://vimeo.com/${id}` : `https://www.youtube.com/watch?v=${id}`
  return { url, label: url }
}

/** `url:https%3A%2F%2Fx.example%2F|title:Read|target:%20_blank`, as WPBakery writes a link. */
function fromBuilder(value: string): { url: string; title?: string } {
  const parts = new Map(
    value.split('|').map((part): [string, string] => {
      const [name = '', ...rest] = part.split(':')
      return [name, rest.join(':')]
    }),
  )
  const url = parts.get('url')
  // Enfold names first of what kind a link is.
  if (!url) return { url: value.replace(/^manually,/, '') }
  try {
    const title = decodeURIComponent(parts.get('title') ?? '').trim()
    return { url: decodeURIComponent(url).trim(), ...(title && { title }) }
  } catch {
    return { url: value }
  }
}

function isAddress(value: string): boolean {
  return /^(https?:)?\/\/[^\s"<>]+$|^\/[^\s"<>/][^\s"<>]*$|^(mailto|tel):\S+$/i.test(value)
}
