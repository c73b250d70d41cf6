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

/** Why no front matter was found: where a line `---` is missing, or what is there in its place. */
export function explainNoFields(text: string): { line: number; message: string } {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const first = lines.findIndex((line) => line.trim() !== '')
  if (!text.includes('\n') && lines.length > 2) {
    return {
      line: 1,
      message: 'The lines of this file end as on very old Macs. Save it with line ends LF.',
    }
  }
  if (!isLikeHyphens(lines[first] ?? '')) {
    const message =
      'The file does not begin with its fields. Write a line ---, the fields, and a line ---.'
    return { line: 1, message }
  }
  if (first > 0 || !isHyphens(lines[0]!)) {
    const message = 'The first line is to be three hyphens and nothing else. Write --- there.'
    return { line: first > 0 ? 1 : first + 1, message }
  }
  const end = lines.findIndex((line, index) => index > 0 && line.trim() !== '' && !isOfFields(line))
  if (isLikeHyphens(lines[end] ?? '')) {
    const message =
      'The line below the fields is to be three hyphens and nothing else. Write --- there.'
    return { line: end + 1, message }
  }
  const message =
    'The line --- below the fields is missing. Write it between the fields and the text.'
  return { line: end === -1 ? lines.length : end + 1, message }
}

/** Whether a line may belong to front matter: a field, an item, a continued value or a comment. */
function isOfFields(line: string): boolean {
  return /^(?:\s|#|- |[\p{L}_-]+ *:)/u.test(line) && !isLikeHyphens(line)
}

function isHyphens(line: string): boolean {
  return /^---[ \t]*$/.test(line)
}

/** Whether a line looks like three hyphens: dashes, more of them, or with spaces before them. */
function isLikeHyphens(line: string): boolean {
  return /^\s*[-\u2010-\u2015\u2212_]+\s*$/.test(line) && line.trim() !== '-'
}
