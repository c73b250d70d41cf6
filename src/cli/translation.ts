import { placeholders } from '../domain/placeholders.ts'

/** Fields that are the same in every language, or nearly so. */
const shared = [
  'published',
  'draft',
  'topics',
  'publisher',
  'kind',
  'contacts',
  'attachments',
  'event',
  'formerly',
]

/** Those in which something has to be translated all the same. */
const partlyTranslated: Record<string, string> = {
  contacts: 'role and for',
  attachments: 'title and alt',
  event: 'place',
}

/**
 * A file for a translation of a release, with what need not be translated filled in as it stands in the original;
 * undefined if the original has no fields. `title` is as YAML writes it.
 */
export function translationOf(original: string, title: string): string | undefined {
  const text = original.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  const fields = /^---[ \t]*\n([^]*?)\n---[ \t]*(?:\n|$)/.exec(text)?.[1]
  if (fields === undefined) return undefined
  const blocks = new Map(blocksOf(fields))
  const copied = shared.flatMap((name) => {
    const block = blocks.get(name)
    if (block === undefined) return []
    const translate = partlyTranslated[name]
    return [...(translate ? [`# Translate ${translate}.`] : []), block]
  })
  const lines = [`title: ${title}`, `# lead: ${placeholders.lead}`, ...copied]
  return `---\n${lines.join('\n')}\n---\n\n${placeholders.text}\n`
}

/** The fields of front matter, each with all lines that belong to it, as they are written. */
function blocksOf(fields: string): [name: string, block: string][] {
  const blocks: [string, string][] = []
  for (const line of fields.split('\n')) {
    const name = /^([a-zA-Z]+):/.exec(line)?.[1]
    const last = blocks.at(-1)
    if (name !== undefined) blocks.push([name, line])
    // Comments belong to what stands below them, which may not be copied.
    else if (last && !line.startsWith('#') && line.trim() !== '') last[1] += `\n${line}`
  }
  return blocks
}
