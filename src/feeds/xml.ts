/** An attribute that is undefined is left out. */
export type Attributes = Record<string, string | number | undefined>

/** Writes an element. Children are XML already; use `text` for text. Without children it is empty. */
export function element(name: string, attributes: Attributes = {}, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(String(value))}"`)
    .join('')
  return children.length > 0
    ? `<${name}${written}>${children.join('')}</${name}>`
    : `<${name}${written}/>`
}

/** Writes an element that holds text. */
export function textElement(name: string, content: string, attributes: Attributes = {}): string {
  return element(name, attributes, escape(content))
}

/** What every XML document of ours begins with. */
export const declaration = '<?xml version="1.0" encoding="utf-8"?>\n'

/** XML 1.0 section 2.4. Text is free of forbidden characters since it was read. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
