// What a name in an address or a file may be. Everything that reads one asks here, so that all understand it
// alike.

/** Slugs of releases, topics and publishers. A release may not have one of more than 200 characters. */
export const slugPattern = /^[a-z0-9][a-z0-9_-]*$/
export const longestSlug = 200

/** Language tags in the one spelling that they have here, in lower case. */
export const languagePattern = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/
export const longestLanguage = 35

/** The slug in an address, whose case does not matter. */
export function readSlug(text: string): string | undefined {
  const slug = text.toLowerCase()
  return slugPattern.test(slug) ? slug : undefined
}

/** The release that the name of a file tells. Whether the slug and the language exist is not checked. */
export type FileName = { slug: string; language: string }

/** What the name of a Markdown file says of the release in it: `2024/ministers-meet.en.md`. */
export function readFileName(path: string): FileName | undefined {
  const [, slug, language] = /(?:^|\/)([^/.][^/]*?)\.([^./]+)\.md$/.exec(path) ?? []
  return slug && language ? { slug, language } : undefined
}

/** The file that a release is in, below its folder. */
export function formatFileName({ slug, language }: FileName): string {
  return `${slug}.${language}.md`
}

/**
 * Whether a path can be a file that releases attach or show: `media/2024/agenda.pdf`. No folder, nothing that
 * is hidden, nothing above.
 */
export function isMediaPath(path: string): boolean {
  const [folder, ...names] = path.split('/')
  const isName = (name: string) => name !== '' && !name.startsWith('.') && !name.includes('\0')
  return folder === 'media' && names.length > 0 && names.every(isName)
}

/**
 * Takes a source apart: a file, or `file#slug.language` for a line of JSONL. Names of folders may contain any
 * character.
 */
export function readSource(source: string): { file: string; inLines?: string } {
  const end = source.indexOf('.jsonl#') + '.jsonl'.length
  if (end < '.jsonl'.length) return { file: source }
  return { file: source.slice(0, end), inLines: source.slice(end + 1) }
}

/**
 * A link from one file to another as editors and code hosts understand it, with the part that it leads to,
 * such as `#contacts`. Undefined for everything else.
 */
export function readFileLink(address: string): (FileName & { part: string }) | undefined {
  const [, path = '', part = ''] = /^([^?#]*)(?:\?[^#]*)?(#.*)?$/.exec(address.trim()) ?? []
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(path)) return undefined
  const name = readFileName(decoded(path))
  const slug = name && readSlug(name.slug)
  const language = name?.language.toLowerCase()
  if (!slug || !language || !languagePattern.test(language)) return undefined
  return { slug, language, part }
}

/** Decodes percent-encoding. What is not UTF-8 stays as it is. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
