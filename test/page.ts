// A page as a browser without scripts takes it: parsed, its links followed, its forms sent.
import { type DefaultTreeAdapterMap, defaultTreeAdapter as tree, parse } from 'parse5'
import { expect } from 'vitest'

type Node = DefaultTreeAdapterMap['node']
export type Element = DefaultTreeAdapterMap['element']

/** Parses a page, which must have no mistake that the HTML standard knows. */
export function readPage(text: string) {
  const errors: string[] = []
  const document = parse(text, {
    onParseError: ({ code, startLine }) => errors.push(`${code} in line ${startLine}`),
  })
  expect(errors).toEqual([])
  const elements = descendants(document)
  return {
    elements,
    all: (name: string) => elements.filter(({ tagName }) => tagName === name),
    one(name: string): Element {
      const found = elements.filter(({ tagName }) => tagName === name)
      expect(found, name).toHaveLength(1)
      return found[0]!
    },
    /** Texts of elements of a class. */
    ofClass: (name: string) =>
      elements.filter((one) => attribute(one, 'class')?.split(' ').includes(name)),
    /** Address of the link with this text. */
    link(words: string): string | undefined {
      const found = elements.find((one) => one.tagName === 'a' && textOf(one) === words)
      return found && attribute(found, 'href')
    },
  }
}

export type Page = ReturnType<typeof readPage>

export function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value
}

export function textOf(element: Element): string {
  return element.childNodes
    .map((node) =>
      tree.isTextNode(node) ? node.value : tree.isElementNode(node) ? textOf(node) : '',
    )
    .join('')
    .replace(/\s+/g, ' ')
    .trim()
}

/**
 * The address that a browser asks for when somebody ticks, chooses and writes in a form and sends it:
 * `change` maps names to the values that are ticked, chosen or written there; other fields stay.
 */
export function send(form: Element, change: Record<string, string[]>): string {
  expect(attribute(form, 'method') ?? 'get').toBe('get')
  const fields = descendants(form).flatMap((field): [string, string][] => {
    const name = attribute(field, 'name')
    if (!name) return []
    const value = attribute(field, 'value') ?? ''
    const has = (state: string) => attribute(field, state) !== undefined
    if (field.tagName === 'select') {
      const options = descendants(field).filter(({ tagName }) => tagName === 'option')
      const chosen = options.find((one) => attribute(one, 'selected') !== undefined) ?? options[0]!
      return [[name, change[name]?.[0] ?? attribute(chosen, 'value')!]]
    }
    if (/^(checkbox|radio)$/.test(attribute(field, 'type') ?? '')) {
      const isOn = change[name]?.includes(value) ?? has('checked')
      return isOn ? [[name, value]] : []
    }
    return [[name, change[name]?.[0] ?? value]]
  })
  return `${attribute(form, 'action')}?${String(new URLSearchParams(fields))}`
}

function descendants(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes : []
  return children.flatMap((child) => {
    return tree.isElementNode(child) ? [child, ...descendants(child)] : []
  })
}
