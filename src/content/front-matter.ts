import { parseYaml, type YamlSource } from './yaml.ts'

/** A Markdown file taken apart. */
export type FrontMatter = { fields: YamlSource; body: string; bodyLine: number }

/**
 * Splits a Markdown file into its YAML front matter and its body. Answers undefined when the file
 * does not begin with a block between two lines `---`.
 */
export function splitFrontMatter(text: string): FrontMatter | undefined {
  const match = /^\ufeff?---[ \t]*\r?\n([^]*?\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text)
  if (!match) return undefined
  const bodyLine = match[0].split('\n').length
  return { fields: parseYaml(match[1] ?? '', 2), body: text.slice(match[0].length), bodyLine }
}
