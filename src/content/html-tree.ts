import {
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter as tree,
  html,
  parseFragment,
} from 'parse5'
import { DomainError } from '../domain/errors.ts'
import { formatCount } from '../domain/limits.ts'
import { inline } from './inline.ts'

export type Fragment = DefaultTreeAdapterTypes.DocumentFragment
export type ParentNode = DefaultTreeAdapterTypes.ParentNode
export type Node = DefaultTreeAdapterTypes.ChildNode
export type Element = DefaultTreeAdapterTypes.Element

/** Elements that may hold each other. */
export const deepest = 200
/** Elements that may be open while a text is parsed: not all of them hold each other in the end. */
const deepestOpen = 10 * deepest

/**
 * Parses HTML as browsers parse the content of a `div`. Elements are counted while the parser is at work,
 * because a hundred thousand take minutes. Counting the tags of the text before would not do: a stray end tag
 * closes nothing, and the parser makes an element that is never closed again in every paragraph.
 *
 * Throws DomainError `invalid` when there are more than `most` elements, or too many open ones.
 */
export function parse(source: string, most: number): Fragment {
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
    // The attributes of a second <html> would be compared with all before, and nothing shows them.
    adoptAttributes() {},
  }
  const context = tree.createElement('div', html.NS.HTML, [])
  return parseFragment(context, source, { treeAdapter: counting })
}

export function tooDeep(): DomainError {
  return new DomainError(
    'invalid',
    `The HTML is nested deeper than ${deepest} elements. Write it more plainly.`,
  )
}

function tooMany(most: number): DomainError {
  return new DomainError(
    'invalid',
    `The text has more than ${formatCount(most)} elements, such as paragraphs, links and cells. Attach it as a file instead.`,
  )
}

export function attributeOf(node: Node | undefined, name: string): string | undefined {
  if (!node || !tree.isElementNode(node)) return undefined
  return node.attrs.find((attribute) => attribute.name === name)?.value
}

export function isBlock(node: Node): boolean {
  return tree.isElementNode(node) && !inline.has(node.tagName)
}

export function isEmpty(node: Element): boolean {
  return node.childNodes.every((child) => {
    if (tree.isTextNode(child)) return !child.value.trim()
    return (
      tree.isElementNode(child) &&
      (child.tagName === 'br' || (child.tagName !== 'img' && isEmpty(child)))
    )
  })
}

/** Plain text as a browser shows it: a line for each block. */
export function textOf(nodes: Node[]): string {
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
