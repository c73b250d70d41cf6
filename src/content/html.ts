import { defaultTreeAdapter as tree, html, serialize } from 'parse5'
import { FilterXSS } from 'xss'
import { storedOrigin } from '../domain/addresses.ts'
import { mostElementsEver } from '../domain/limits.ts'
import { decoded } from '../domain/names.ts'
import { cleanText } from '../domain/text.ts'
import { addressesOf, isPlaceholder, setSource } from './html-addresses.ts'
import {
  attributeOf,
  deepest,
  type Element,
  type Fragment,
  isBlock,
  isEmpty,
  type Node,
  type ParentNode,
  parse,
  textOf,
  tooDeep,
} from './html-tree.ts'

/** Elements and attributes that every reader's own sanitiser lets through (C-09). */
const allowed: Record<string, string[]> = {
  ...Object.fromEntries(
    (
      'p br hr h1 h2 h3 h4 h5 h6 ul dl dt dd pre code em strong b i u s sub sup ' +
      'figure figcaption table caption thead tbody tfoot tr cite'
    )
      .split(' ')
      .map((name) => [name, ['lang', 'dir']]),
  ),
  a: ['href', 'title', 'lang', 'dir'],
  abbr: ['title', 'lang', 'dir'],
  bdi: ['lang', 'dir'],
  bdo: ['lang', 'dir'],
  blockquote: ['cite', 'lang', 'dir'],
  img: ['src', 'alt', 'width', 'height'],
  li: ['value', 'lang', 'dir'],
  ol: ['start', 'type', 'reversed', 'lang', 'dir'],
  q: ['cite', 'lang', 'dir'],
  td: ['align', 'colspan', 'rowspan', 'lang', 'dir'],
  th: ['align', 'colspan', 'rowspan', 'lang', 'dir'],
  span: ['lang', 'dir'],
  time: ['datetime', 'lang', 'dir'],
}

/** Elements that are removed with their content. All others that are not allowed only lose their tags. */
const removed = new Set(
  (
    'script style head title meta link base applet param svg math canvas template noscript ' +
    'input button select textarea option datalist source track map area dialog'
  ).split(' '),
)

/** Elements that readers know by another name. Text that is struck out must not look valid. */
const renamed = new Map([
  ['del', 's'],
  ['strike', 's'],
  ['ins', 'u'],
])

/** Those of them whose text was written for readers: the author must be told that it is left out. */
const written = new Set(['applet', 'svg', 'math', 'canvas', 'dialog', 'textarea', 'select'])

/** Frames, films and sound, which become a link to what they showed. */
const embedded = new Set(['iframe', 'video', 'audio', 'embed', 'object'])

/** Blocks that readers do not know, which become paragraphs. */
const blocks = new Set(
  'div section article main header footer aside nav center address fieldset details summary hgroup form'.split(
    ' ',
  ),
)

const addresses = new Set(['href', 'src', 'cite'])

/** What some attributes may be: numbered lists must show the number that was written, and tables stay as they were. */
const values = new Map([
  ['align', /^(left|right|center)$/],
  ['start', /^[+-]?\d{1,9}$/],
  ['value', /^[+-]?\d{1,9}$/],
  ['type', /^[1aAiI]$/],
])

const mostRounds = 8

const filter = new FilterXSS({
  whiteList: allowed,
  stripIgnoreTag: true,
  stripIgnoreTagBody: [...removed],
  // The tree has no comments. What looks like one is text in an attribute.
  allowCommentTag: true,
})

/** What to make of an address in HTML: an absolute address, or undefined to leave it out. */
export type ResolveAddress = (address: string, use: 'link' | 'image') => string | undefined

/** `leftOut`: elements that were removed although their text was written for readers. */
type Cleaning = { resolve: ResolveAddress; leftOut: Set<string> }

/**
 * Publisher HTML made safe and complete in itself: parsed as browsers do, reduced to what every
 * reader shows, every address resolved, and written from the tree again (S-01, C-09, C-10). Also
 * answers its plain text, one line per block, and the elements with text that are left out.
 *
 * Throws DomainError `invalid` when elements are nested deeper than 200, or are more than `most`.
 */
export function cleanHtml(
  source: string,
  resolve: ResolveAddress,
  most = mostElementsEver,
): { html: string; text: string; leftOut: string[] } {
  const cleaning: Cleaning = { resolve, leftOut: new Set() }
  let before = cleanText(source)
  let fragment = cleanTree(before, cleaning, most)
  let cleaned = serialize(fragment)
  // Most Markdown that was made HTML differs in quotes alone, which need not be read again.
  if (cleaned === withPlainQuotes(before)) before = cleaned
  // Removing elements can leave others where HTML does not allow them, such as a list in bold text. What a
  // browser would make of that is written.
  for (let round = 0; round < mostRounds && cleaned !== before; round++) {
    before = cleaned
    fragment = cleanTree(before, cleaning, most)
    cleaned = serialize(fragment)
  }
  const text = textOf(fragment.childNodes)
    .replace(/\t[ \t]*| [ \t]+/g, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim()
  const safe = filter.process(cleaned)
  return { html: cleanText(safe).trim(), text, leftOut: [...cleaning.leftOut] }
}

/** HTML with the quotes in text as the serializer writes them. Those in attributes would no longer be the same. */
function withPlainQuotes(source: string): string {
  return source.replaceAll('&#39;', "'").replaceAll('&quot;', '"')
}

/**
 * HTML with other addresses of links, images and films, and otherwise as it was. `rewrite` is told
 * each address and whether it is that of an image; what it answers takes its place.
 *
 * Throws DomainError `invalid` when elements are nested deeper than 200.
 */
export function rewriteAddresses(
  source: string,
  rewrite: (address: string, isImage: boolean) => string,
): string {
  const fragment = parse(source, mostElementsEver)
  rewriteBelow(fragment, rewrite, 0)
  return serialize(fragment)
}

function rewriteBelow(
  parent: ParentNode,
  rewrite: (address: string, isImage: boolean) => string,
  depth: number,
) {
  if (depth > deepest) throw tooDeep()
  for (const node of parent.childNodes) {
    if (!tree.isElementNode(node)) continue
    if (node.tagName === 'img') setSource(node)
    for (const attribute of node.attrs) {
      if (!addresses.has(attribute.name)) continue
      attribute.value = rewrite(attribute.value.trim(), node.tagName === 'img')
    }
    rewriteBelow(node, rewrite, depth + 1)
  }
}

function cleanTree(source: string, cleaning: Cleaning, most: number): Fragment {
  const fragment = parse(source, most)
  cleanChildren(fragment, cleaning, 0)
  return fragment
}

function cleanChildren(parent: ParentNode, cleaning: Cleaning, depth: number) {
  if (depth > deepest) throw tooDeep()
  parent.childNodes = parent.childNodes.flatMap((node) => cleanNode(node, cleaning, depth))
  // Text is escaped or not by its parent, which may have been <xmp>.
  for (const child of parent.childNodes) child.parentNode = parent
}

function cleanNode(node: Node, cleaning: Cleaning, depth: number): Node[] {
  if (tree.isTextNode(node)) {
    node.value = cleanText(node.value)
    return [node]
  }
  if (!tree.isElementNode(node)) return []
  if (node.tagName === 'input') return checkbox(node)
  if (removed.has(node.tagName)) {
    if (written.has(node.tagName) && textOf([node]).trim()) cleaning.leftOut.add(node.tagName)
    return []
  }
  if (embedded.has(node.tagName)) return linkTo(node, cleaning, depth)
  if (node.tagName === 'img') setSource(node)
  node.tagName = renamed.get(node.tagName) ?? node.tagName
  cleanChildren(node, cleaning, depth + 1)
  if (blocks.has(node.tagName)) return inLanguageOf(node, inParagraphs(node.childNodes))
  if (!Object.hasOwn(allowed, node.tagName)) {
    if (node.childNodes.some(isBlock)) return inLanguageOf(node, node.childNodes)
    node.tagName = 'span'
  }
  node.attrs = node.attrs.flatMap((attribute) => cleanAttribute(node, attribute, cleaning))
  const has = (name: string) => node.attrs.some((attribute) => attribute.name === name)
  if (node.tagName === 'img') return has('src') ? [node] : []
  if (node.tagName === 'a' && !has('href')) return node.childNodes
  if (node.tagName === 'span' && node.attrs.length === 0) return node.childNodes
  if (node.tagName === 'p' && isEmpty(node)) return []
  if (node.tagName === 'pre') dropFirstNewline(node)
  return [node]
}

/** An element that loses its tags passes its language and direction on to its children. */
function inLanguageOf({ attrs }: Element, nodes: Node[]): Node[] {
  const inherited = attrs.filter(({ name }) => name === 'dir' || name === 'lang')
  for (const node of inherited.length > 0 ? nodes : []) {
    if (!tree.isElementNode(node)) continue
    const { tagName } = node
    const missing = inherited.filter(({ name }) => {
      return allowed[tagName]?.includes(name) && attributeOf(node, name) === undefined
    })
    node.attrs.push(...missing.map((attribute) => ({ ...attribute })))
  }
  return nodes
}

/** A parser drops the newline after `<pre>`, and each further round would drop another. */
function dropFirstNewline(node: Element) {
  const [first] = node.childNodes
  if (first && tree.isTextNode(first)) first.value = first.value.replace(/^\n+/, '')
}

function cleanAttribute(
  node: Element,
  { name, value }: Element['attrs'][number],
  { resolve }: Cleaning,
): Element['attrs'] {
  if (!allowed[node.tagName]!.includes(name)) return []
  if (values.get(name)?.test(value.trim()) === false) return []
  if (!addresses.has(name)) return [{ name, value: cleanText(value) }]
  const address = resolve(cleanText(value), name === 'src' ? 'image' : 'link')
  return address ? [{ name, value: address }] : []
}

/** The check box of a task list. Other form fields are left out. */
function checkbox({ attrs }: Element): Node[] {
  if (!attrs.some(({ name, value }) => name === 'type' && value === 'checkbox')) return []
  const box = tree.createDocumentFragment()
  tree.insertText(box, attrs.some(({ name }) => name === 'checked') ? '☑' : '☐')
  return box.childNodes
}

/** A link to what an element showed. An object is replaced by its fallback content, if it has any. */
function linkTo(node: Element, cleaning: Cleaning, depth: number): Node[] {
  const from = addressesOf(node)
  if (node.tagName === 'object') {
    cleanChildren(node, cleaning, depth + 1)
    const fallback = inParagraphs(node.childNodes)
    if (fallback.length > 0) return fallback
  }
  const real = from.filter((address) => !isPlaceholder(address))
  const address = real.map((one) => cleaning.resolve(one, 'image')).find((one) => one !== undefined)
  if (address === undefined) return []
  const link = tree.createElement('a', html.NS.HTML, [{ name: 'href', value: address }])
  tree.insertText(link, nameOf(address))
  return inParagraphs([link])
}

/** The text of a link: of a file of ours its name, because its stored address is no public one. */
function nameOf(address: string): string {
  if (!address.startsWith(`${storedOrigin}/`)) return address
  return (
    decoded(address.replace(/[?#].*$/s, ''))
      .split('/')
      .at(-1) || address
  )
}

/** Wraps text and inline elements in `p`, and leaves blocks among them as they are. */
function inParagraphs(nodes: Node[]): Node[] {
  const result: Node[] = []
  let paragraph: Element | undefined
  for (const node of nodes) {
    if (isBlock(node)) {
      paragraph = undefined
      result.push(node)
      continue
    }
    if (!paragraph) {
      paragraph = tree.createElement('p', html.NS.HTML, [])
      result.push(paragraph)
    }
    tree.appendChild(paragraph, node)
  }
  return result.filter(
    (node) => !(tree.isElementNode(node) && node.tagName === 'p' && isEmpty(node)),
  )
}
