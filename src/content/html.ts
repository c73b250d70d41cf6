import {
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter as tree,
  html,
  parseFragment,
  serialize,
} from 'parse5'
import { FilterXSS } from 'xss'
import { storedOrigin } from '../domain/addresses.ts'
import { DomainError } from '../domain/errors.ts'
import { inWords, mostElementsEver } from '../domain/limits.ts'
import { decoded } from '../domain/names.ts'
import { cleanText } from '../domain/text.ts'
import { inline } from './inline.ts'

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

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
  td: ['colspan', 'rowspan', 'lang', 'dir'],
  th: ['colspan', 'rowspan', 'lang', 'dir'],
  span: ['lang', 'dir'],
  time: ['datetime', 'lang', 'dir'],
}

/** Removed with all they hold; everything else that is not allowed only loses its tags. */
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

/** Of those, the ones whose text was written for readers: that it is left out must be told. */
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

/** What numbers of lists may be: the number that is written is the one that comes out. */
const numbering = new Map([
  ['start', /^[+-]?\d{1,9}$/],
  ['value', /^[+-]?\d{1,9}$/],
  ['type', /^[1aAiI]$/],
])

const deepest = 200
/** Elements that may be open while they are parsed: not all of them hold each other in the end. */
const deepestOpen = 10 * deepest
const mostRounds = 8

const filter = new FilterXSS({
  whiteList: allowed,
  stripIgnoreTag: true,
  stripIgnoreTagBody: [...removed],
  // The tree has no comments. What looks like one stands in an attribute, and is text.
  allowCommentTag: true,
})

/** Where programs that load pictures late keep the address, before the one that is shown meanwhile. */
const lateAddresses = [
  'data-src',
  'data-lazy-src',
  'data-original',
  'data-lazy',
  'data-srcset',
  'data-lazy-srcset',
]

/** What to make of an address in HTML: an absolute address, or undefined to leave it out. */
export type ResolveAddress = (address: string, use: 'link' | 'image') => string | undefined

/** What cleaning goes by, and what it finds. */
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
  // Taking elements out can leave others where HTML does not allow them, such as a list in bold
  // text. What a browser would then make of it is what must be written.
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
  const visit = (parent: DefaultTreeAdapterTypes.ParentNode, depth: number) => {
    if (depth > deepest) throw tooDeep()
    for (const node of parent.childNodes) {
      if (!tree.isElementNode(node)) continue
      if (node.tagName === 'img') setSource(node)
      for (const attribute of node.attrs) {
        if (!addresses.has(attribute.name)) continue
        attribute.value = rewrite(attribute.value.trim(), node.tagName === 'img')
      }
      visit(node, depth + 1)
    }
  }
  visit(fragment, 0)
  return serialize(fragment)
}

function tooDeep(): DomainError {
  return new DomainError(
    'invalid',
    `The HTML is nested deeper than ${deepest} elements. Write it more plainly.`,
  )
}

function cleanTree(
  source: string,
  cleaning: Cleaning,
  most: number,
): DefaultTreeAdapterTypes.DocumentFragment {
  const fragment = parse(source, most)
  cleanChildren(fragment, cleaning, 0)
  return fragment
}

/**
 * As browsers parse what stands in a `div`. Open elements and those that are made are counted while it is at
 * work, because it takes minutes for a hundred thousand, and a look at the tags cannot tell: a stray end tag
 * closes nothing, and what is never closed is made anew in every paragraph.
 */
function parse(source: string, most: number): DefaultTreeAdapterTypes.DocumentFragment {
  let made = 0
  let open = 0
  const counting: typeof tree = {
    ...tree,
    createElement(name, namespace, attributes) {
      if (++made > most) throw tooMany(most)
      return tree.createElement(name, namespace, attributes)
    },
    onItemPush() {
      if (++open > deepestOpen) throw tooDeep()
    },
    onItemPop() {
      open--
    },
    // Those of another <html> would be compared with all before, and nothing shows them.
    adoptAttributes() {},
  }
  const context = tree.createElement('div', html.NS.HTML, [])
  return parseFragment(context, source, { treeAdapter: counting })
}

function tooMany(most: number): DomainError {
  return new DomainError(
    'invalid',
    `The text has more than ${inWords(most)} elements, such as paragraphs, links and cells. Attach it as a file instead.`,
  )
}

function cleanChildren(
  parent: DefaultTreeAdapterTypes.ParentNode,
  cleaning: Cleaning,
  depth: number,
) {
  if (depth > deepest) throw tooDeep()
  parent.childNodes = parent.childNodes.flatMap((node) => cleanNode(node, cleaning, depth))
  // Whether text is escaped when written depends on its parent, and <xmp> may have been that.
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

/** What loses its tags leaves its language and direction to what stood in it. */
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

function attributeOf(node: Node | undefined, name: string): string | undefined {
  if (!node || !tree.isElementNode(node)) return undefined
  return node.attrs.find((attribute) => attribute.name === name)?.value
}

/**
 * Gives a picture the address of what is shown in the end, where the page would put it there later. What it
 * shows by itself stays, unless that is a stand-in or its class says so.
 */
function setSource(picture: Element) {
  const shown = attributeOf(picture, 'src')?.trim()
  const isLate = /\blazy/i.test(attributeOf(picture, 'class') ?? '')
  const isReal = shown && !isStandInPicture(shown) && !isLate
  const found = addressesOf(picture)
  const real = isReal ? shown : (found.find((one) => !isStandInPicture(one)) ?? shown)
  // What was there for later is not looked at again.
  picture.attrs = picture.attrs.filter(({ name }) => !lateAddresses.includes(name))
  if (!real || real === shown || isStandIn(real)) return
  const others = picture.attrs.filter(({ name }) => name !== 'src')
  picture.attrs = [{ name: 'src', value: real }, ...others]
}

/** All addresses of an element that shows something, the best first. */
function addressesOf(node: Element): string[] {
  const late = lateAddresses.map((name) => [name, attributeOf(node, name)] as const)
  const own = [
    ...late,
    ['src', attributeOf(node, 'src')],
    ['srcset', attributeOf(node, 'srcset')],
  ] as const
  const around = node.parentNode
  const siblings = around ? around.childNodes.filter((one) => one !== node) : []
  const isInPicture = around !== null && tree.isElementNode(around) && around.tagName === 'picture'
  const sources = (isInPicture ? siblings : node.childNodes)
    .filter((one): one is Element => tree.isElementNode(one) && one.tagName === 'source')
    .flatMap(addressesOf)
  return [
    ...own.flatMap(([name, value]) => (value?.trim() ? firstAddress(name, value.trim()) : [])),
    ...(node.tagName === 'object' ? [attributeOf(node, 'data')?.trim() ?? ''] : []),
    ...sources,
    ...(node.tagName === 'img' ? addressesForNoScript(node) : []),
  ].filter((address) => address !== '')
}

function firstAddress(name: string, value: string): string {
  return name.endsWith('srcset') ? largestOf(value) : value
}

/** Of `a.jpg 480w, b.jpg 800w` or `a.jpg, b.jpg 2x` the largest. */
function largestOf(srcset: string): string {
  const candidates = Array.from(srcset.matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g))
  const largest = candidates.toSorted((a, b) => Number(b[2] ?? 1) - Number(a[2] ?? 1))[0]
  return largest?.[1] ?? ''
}

/** Of the picture that stands behind one for those without JavaScript, whose HTML is text to the parser. */
function addressesForNoScript(picture: Element): string[] {
  const siblings = picture.parentNode?.childNodes ?? []
  const next = siblings
    .slice(siblings.indexOf(picture) + 1)
    .find((one) => !tree.isTextNode(one) || one.value.trim())
  if (!next || !tree.isElementNode(next) || next.tagName !== 'noscript') return []
  const text = next.childNodes.map((one) => (tree.isTextNode(one) ? one.value : '')).join('')
  const instead = parse(text, mostElementsEver).childNodes.find((one) => {
    return tree.isElementNode(one) && one.tagName === 'img'
  })
  return [attributeOf(instead, 'src') ?? '']
}

/** What a page shows until it has loaded something. */
function isStandIn(address: string): boolean {
  return /^(?:data|about|blob|javascript):/i.test(address)
}

/** The same, or the name of what many pages show until the picture is there. */
function isStandInPicture(address: string): boolean {
  const standIn =
    /(?:^|\/)[\w-]*(?:blank|placeholder|spacer|transparent|pixel|1x1|loading|loader|lazy)[\w-]*\.\w{3,4}(?:[?#]|$)/i
  return isStandIn(address) || standIn.test(address)
}

/** A parser drops the newline after `<pre>`, and so would the next one with the next. */
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
  if (numbering.get(name)?.test(value.trim()) === false) return []
  if (!addresses.has(name)) return [{ name, value: cleanText(value) }]
  const address = resolve(cleanText(value), name === 'src' ? 'image' : 'link')
  return address ? [{ name, value: address }] : []
}

/** The box of a task list. Other fields of forms are left out. */
function checkbox({ attrs }: Element): Node[] {
  if (!attrs.some(({ name, value }) => name === 'type' && value === 'checkbox')) return []
  const box = tree.createDocumentFragment()
  tree.insertText(box, attrs.some(({ name }) => name === 'checked') ? '☑' : '☐')
  return box.childNodes
}

/** A link to what an element showed; of an object, what it holds for those who cannot see it. */
function linkTo(node: Element, cleaning: Cleaning, depth: number): Node[] {
  const from = addressesOf(node)
  if (node.tagName === 'object') {
    cleanChildren(node, cleaning, depth + 1)
    const inner = inParagraphs(node.childNodes)
    if (inner.length > 0) return inner
  }
  const real = from.filter((address) => !isStandIn(address))
  const address = real.map((one) => cleaning.resolve(one, 'image')).find((one) => one !== undefined)
  if (address === undefined) return []
  const link = tree.createElement('a', html.NS.HTML, [{ name: 'href', value: address }])
  tree.insertText(link, nameOf(address))
  return inParagraphs([link])
}

/** Of a file of ours its name, because the text has no other origin when it is read. */
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

function isBlock(node: Node): boolean {
  return tree.isElementNode(node) && !inline.has(node.tagName)
}

function isEmpty(node: Element): boolean {
  return node.childNodes.every((child) => {
    if (tree.isTextNode(child)) return !child.value.trim()
    return (
      tree.isElementNode(child) &&
      (child.tagName === 'br' || (child.tagName !== 'img' && isEmpty(child)))
    )
  })
}

function textOf(nodes: Node[]): string {
  return nodes
    .map((node) => {
      if (tree.isTextNode(node)) return node.value.replace(/[^\S ]\s*| \s+/g, ' ')
      if (!tree.isElementNode(node)) return ''
      if (node.tagName === 'br') return '\n'
      const text = textOf(node.childNodes)
      return isBlock(node) ? `\n${text}\n` : text
    })
    .join('')
}
