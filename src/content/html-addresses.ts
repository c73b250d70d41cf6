import { defaultTreeAdapter as tree } from 'parse5'
import { mostElementsEver } from '../domain/limits.ts'
import { attributeOf, type Element, parse } from './html-tree.ts'

/** Attributes in which scripts for late loading keep the real address, the best first. */
const lateAddresses = [
  'data-src',
  'data-lazy-src',
  'data-original',
  'data-lazy',
  'data-srcset',
  'data-lazy-srcset',
]

/**
 * Gives a picture that a script loads late the address that the script would give it. Another picture keeps
 * its `src`, unless that is a placeholder.
 */
export function setSource(picture: Element) {
  const shown = attributeOf(picture, 'src')?.trim()
  const isLate = /\blazy/i.test(attributeOf(picture, 'class') ?? '')
  const isReal = shown && !isPlaceholderPicture(shown) && !isLate
  const found = addressesOf(picture)
  const real = isReal ? shown : (found.find((one) => !isPlaceholderPicture(one)) ?? shown)
  // So that the next round of cleaning does not look at them again.
  picture.attrs = picture.attrs.filter(({ name }) => !lateAddresses.includes(name))
  if (!real || real === shown || isPlaceholder(real)) return
  const others = picture.attrs.filter(({ name }) => name !== 'src')
  picture.attrs = [{ name: 'src', value: real }, ...others]
}

/** All addresses of what a picture, frame, film or sound shows, the best first. */
export function addressesOf(node: Element): string[] {
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

/** Of the picture in the `noscript` behind one, whose HTML is text to the parser. */
function addressesForNoScript(picture: Element): string[] {
  const siblings = picture.parentNode?.childNodes ?? []
  const next = siblings
    .slice(siblings.indexOf(picture) + 1)
    .find((one) => !tree.isTextNode(one) || one.value.trim())
  if (!next || !tree.isElementNode(next) || next.tagName !== 'noscript') return []
  const text = next.childNodes.map((one) => (tree.isTextNode(one) ? one.value : '')).join('')
  const fallback = parse(text, mostElementsEver).childNodes.find((one) => {
    return tree.isElementNode(one) && one.tagName === 'img'
  })
  return [attributeOf(fallback, 'src') ?? '']
}

/** Whether an address is only what a page shows until a script has loaded the rest. */
export function isPlaceholder(address: string): boolean {
  return /^(?:data|about|blob|javascript):/i.test(address)
}

/** The same, or a file that is named like a placeholder. */
function isPlaceholderPicture(address: string): boolean {
  const placeholder =
    /(?:^|\/)[\w-]*(?:blank|placeholder|spacer|transparent|pixel|1x1|loading|loader|lazy)[\w-]*\.\w{3,4}(?:[?#]|$)/i
  return isPlaceholder(address) || placeholder.test(address)
}
