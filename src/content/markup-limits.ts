import {
  formatCount,
  longWord,
  mostAttributes,
  mostAttributesTogether,
  mostCells,
  mostDefinitions,
  mostDelimiters,
  mostDelimitersInAParagraph,
  mostDelimitersInARow,
  mostLooksIntoWords,
  mostNested,
  mostNestedTogether,
  mostParagraphLines,
  mostTags,
  mostTextLines,
} from '../domain/limits.ts'

/** What to change in HTML that would take too long to parse; undefined for nothing. */
export function htmlBeyondLimits(source: string): string | undefined {
  let tags = 0
  let attributes = 0
  let looked = 0
  for (const { 0: tag, index } of source.matchAll(/<(?:\/?[a-z][^\s/>]*|!)/gi)) {
    if (++tags > mostTags) {
      return `The HTML has more than ${formatCount(mostTags)} tags. Write it more plainly, or attach it as a file.`
    }
    if (tag === '<!') continue
    const from = index + tag.length
    const { count, end } = countAttributes(source, from)
    if (count > mostAttributes) {
      return `An element of the HTML has more than ${mostAttributes} attributes. Write it more plainly.`
    }
    attributes += count
    if (attributes > mostAttributesTogether) {
      return `The HTML has more than ${formatCount(mostAttributesTogether)} attributes. Write it more plainly.`
    }
    // A tag that ends is read once.
    looked += end - from
    if (looked > 2 * source.length) {
      return 'The HTML has tags that do not end. End each with >, and write &lt; for <.'
    }
  }
  return undefined
}

/** As browsers see them (HTML section 13.2.5.32 onward): a name, and perhaps a value in quotes or without. */
const attribute = /[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"?|'[^']*'?|[^\s"'>][^\s>]*)?)?/y

/**
 * The number of attributes of a tag whose name ends at an offset, counted until there are too many, and where
 * they end.
 */
function countAttributes(source: string, from: number): { count: number; end: number } {
  let count = 0
  let end = from
  attribute.lastIndex = from
  while (count <= mostAttributes && attribute.test(source)) {
    count++
    end = attribute.lastIndex
  }
  return { count, end }
}

/** What to change in Markdown that would take too long to parse; undefined for nothing. */
export function markdownBeyondLimits(source: string): string | undefined {
  const run = /([*_[])\1{500,}/.exec(source)
  if (run) {
    return `More than ${mostDelimitersInARow} ${run[1]} stand in a row. Remove them.`
  }
  let looks = 0
  for (const { 0: word } of source.matchAll(longWords)) looks += word.length ** 2
  if (looks > mostLooksIntoWords) {
    return `Words longer than ${longWord} characters are too long, or too many. Separate them with spaces, or attach them as a file.`
  }
  const definitions = source.split(']:', mostDefinitions + 2).length - 1
  if (definitions > mostDefinitions) {
    return `More than ${formatCount(mostDefinitions)} addresses of links are defined apart from them, with ]:. Write them where they belong.`
  }
  return linesBeyondLimits(source.split('\n', mostTextLines + 1))
}

// A word that is not long enough is looked at from its beginning alone.
const longWords = new RegExp(`(?<![!-~])[!-~]{${longWord + 1},}`, 'g')

/** A paragraph, list or table: lines without an empty one between them. */
type Block = { lines: number; delimiters: number; columns: number }

function linesBeyondLimits(lines: string[]): string | undefined {
  if (lines.length > mostTextLines) {
    return `The text has more than ${formatCount(mostTextLines)} lines. Attach it as a file instead.`
  }
  let block: Block = { lines: 0, delimiters: 0, columns: 0 }
  let delimiters = 0
  let cells = 0
  let levels = 0
  for (const line of lines) {
    const { 0: markers } = containers.exec(line)!
    const nested = levelsOf(markers)
    levels += nested
    if (levels > mostNestedTogether) {
      return `The lines of lists and quotations have more than ${formatCount(mostNestedTogether)} levels together. Write it more plainly.`
    }
    if (nested > mostNested) {
      return `Lists and quotations are nested deeper than ${mostNested} levels. Write it more plainly.`
    }
    const rest = line.slice(markers.length)
    // As in Markdown: only these characters make an empty line. An item without text does not.
    if (/^[ \t>\r]*$/.test(line)) {
      block = { lines: 0, delimiters: 0, columns: 0 }
      continue
    }
    const found = countDelimiters(rest)
    delimiters += found
    block.lines++
    block.delimiters += found
    if (/^[\s|:-]+$/.test(rest)) block.columns = Math.max(block.columns, rest.split('|').length)
    cells += block.columns
    if (block.lines > mostParagraphLines) {
      return `More than ${formatCount(mostParagraphLines)} lines follow each other without an empty line. Separate paragraphs with empty lines.`
    }
    if (block.delimiters > mostDelimitersInAParagraph || delimiters > mostDelimiters) {
      return `More than ${formatCount(mostDelimitersInAParagraph)} characters of markup (* _ ~ [ ] < \`) stand in one paragraph, or ${formatCount(mostDelimiters)} in all. Write it more plainly.`
    }
    if (cells > mostCells) {
      return `The tables have more than ${formatCount(mostCells)} cells. Attach them as a file instead.`
    }
  }
  return undefined
}

/** What begins a line of a list or quotation. A marker is followed by a space, and may follow another. */
const containers = /^(?:[ \t]+|>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*/

/** Levels that markers may open: one for each marker, and one for two columns before it. */
function levelsOf(markers: string): number {
  const signs = markers.replace(/[\s\d]/g, '').length
  if (signs === 0) return 0
  const columns = markers.replace(/\S/g, '').replaceAll('\t', '    ').length
  return signs + Math.floor(columns / 2)
}

const delimiter = /[*_~[\]<`]/g

function countDelimiters(text: string): number {
  return text.match(delimiter)?.length ?? 0
}
