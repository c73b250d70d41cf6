import { SaxesParser } from 'saxes'

/** An element of an XML document. Names are local; `space` is the namespace. */
export type Element = {
  name: string
  space: string
  attributes: Record<string, string>
  children: Element[]
  /** What stands in it as text, without that of its children. */
  text: string
}

/** Reads an XML document. Throws an Error that says where it is not well-formed. */
export function readXml(text: string): Element {
  const top: Element = { name: '', space: '', attributes: {}, children: [], text: '' }
  const open = [top]
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    const values = Object.values(attributes).map(({ local, value }) => [local, value] as const)
    const element = {
      name: local,
      space: uri,
      attributes: Object.fromEntries(values),
      children: [],
      text: '',
    }
    open.at(-1)!.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  const add = (more: string) => void (open.at(-1)!.text += more)
  parser.on('text', add)
  parser.on('cdata', add)
  parser.write(text).close()
  return top.children[0]!
}
