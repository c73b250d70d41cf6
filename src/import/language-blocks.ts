/** Where the text of a language begins, or ends: as qTranslate and WPGlobus write it. */
const mark =
  /\[:([a-z]{2}(?:[-_][a-z]{2})?)?\]|<!--:([a-z]{2}(?:[-_][a-z]{2})?)?-->|\{:([a-z]{2}(?:[-_][a-z]{2})?)?\}/gi

/** The languages that parts of a text are in, as they come. */
export function languagesIn(text: string): string[] {
  const found = Array.from(text.matchAll(mark), ([, ...names]) =>
    names.find(Boolean)?.toLowerCase(),
  )
  return [...new Set(found.filter((name) => name !== undefined))]
}

/** What of a text is in a language: what stands in its blocks, and outside of all. */
export function inLanguage(text: string, language: string): string {
  let result = ''
  let at = 0
  let current: string | undefined
  for (const match of text.matchAll(mark)) {
    if (current === undefined || current === language) result += text.slice(at, match.index)
    current = match.slice(1).find(Boolean)?.toLowerCase()
    at = match.index + match[0].length
  }
  if (current === undefined || current === language) result += text.slice(at)
  return result
}
