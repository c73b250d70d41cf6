import { Marked, Tokenizer, type Tokens } from 'marked'
import { isElement } from './elements.ts'
import { beginsInParagraph, findNumberedList, isDateLine } from './numbered-lists.ts'

/**
 * Markdown (GitHub's flavour) as HTML, not yet safe: it goes through `cleanHtml` next. The language says which
 * words are months.
 */
export function markdownToHtml(markdown: string, language: string): string {
  let marked = readers.get(language)
  if (!marked) readers.set(language, (marked = createMarked(language)))
  return marked.parse(markdown, { async: false })
}

const readers = new Map<string, Marked>()

/** An item, with its written number where counting on does not lead to it. */
type Item = Tokens.ListItem & { value?: number | undefined }

/**
 * Some characters are markup in Markdown and never in a press release. These stay text: the number of a date,
 * the star in `Lehrer*innen`, the tilde in `9~11`, brackets around a word.
 */
function createMarked(language: string): Marked {
  const marked = new Marked({ gfm: true })
  const plain = Tokenizer.prototype
  return marked.use({
    tokenizer: {
      list(source) {
        if (!/^ {0,3}\d/.test(source)) return false
        const { length, values } = findNumberedList(source, language)
        if (length === 0) return undefined
        const list = plain.list.call(this, source.slice(0, length))
        list?.items.forEach((item: Item, at) => (item.value = values[at]))
        return list
      },
      paragraph(source) {
        const { paragraph } = this.rules.block
        let end = paragraph.exec(source)?.[0].length ?? 0
        for (;;) {
          const rest = source.slice(end + 1)
          const isBroken = source[end] === '\n' && beginsInParagraph.test(rest)
          if (!isBroken || !isDateLine(rest.split('\n', 1)[0]!, language)) break
          end += 1 + paragraph.exec(rest)![0].length
        }
        if (end === 0) return undefined
        const text = source.slice(0, end).replace(/\n$/, '')
        return {
          type: 'paragraph',
          raw: source.slice(0, end),
          text,
          tokens: this.lexer.inline(text),
        }
      },
      html(source) {
        return isTypedBracket(source.replace(/^ {1,3}/, '')) ? undefined : false
      },
      tag(source) {
        if (!isTypedBracket(source)) return false
        const { inLink, inRawBlock } = this.lexer.state
        return { type: 'html', raw: '<', text: '&lt;', block: false, inLink, inRawBlock }
      },
      link(source) {
        const [raw = '', picture, label, address] = spacedLink.exec(source) ?? []
        if (address === undefined || plain.link.call(this, source)) return false
        const token = plain.link.call(this, `${picture}[${label}](<${address}>)`)
        return token && { ...token, raw }
      },
      emStrong(source, _, before) {
        return isPlainStar(source, before) ? undefined : false
      },
      del(source) {
        return source.startsWith('~~') ? false : undefined
      },
      // The library looks at each character for what may begin there.
      inlineText(source) {
        if (mayHoldMarkup.test(source)) return false
        return { type: 'text', raw: source, text: source, escaped: this.lexer.state.inRawBlock }
      },
    },
    renderer: {
      listitem(item: Item) {
        if (item.value === undefined) return false
        return `<li value="${item.value}">${this.parser.parse(item.tokens)}</li>\n`
      },
    },
  })
}

/** What markup, a bare address, a line break or a numeric reference has, and most sentences have not. */
const mayHoldMarkup = /[\\`*_~<[:@]|www| {2}\n|&#/i

/** Scripts with spaces between words. In other scripts a star within a word must be markup. */
const spaced = String.raw`[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]`
const letterBefore = new RegExp(`${spaced}$`, 'u')
const starAndLetter = new RegExp(`^\\*${spaced}`, 'u')

/** A star that marks a note or means times: `(*)`, `*) Estimate`, `*.pdf`, `5*3`. */
const starOfNote = /^\*(?:[)\]}:;,]|\.\p{L})/u

function isPlainStar(source: string, before = ''): boolean {
  return starOfNote.test(source) || (starAndLetter.test(source) && letterBefore.test(before))
}

/** A link to a file with a space in its name, which Markdown wants to have in angle brackets. */
const spacedLink =
  /^(!?)\[([^[\]]*)\]\(([^()<>"\n]* [^()<>"\n]*\.[a-z0-9]{2,5}(?:[?#][^\s()]*)?)\)/i

const tag = /^<\/?([a-z][a-z0-9]*)((?:\s[^<>]*)?)\/?>/i
const attribute = /[^\s"'<>/=]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+)/g
/** Boolean attributes. */
const switches = new Set(
  'allowfullscreen async autoplay checked compact controls defer disabled download hidden loop muted nowrap open reversed'.split(
    ' ',
  ),
)

/** Whether brackets are text and not an element of HTML: `<name>`, `a <b and c> d`. */
function isTypedBracket(source: string): boolean {
  const [, name, rest = ''] = tag.exec(source) ?? []
  if (name === undefined) return false
  const bare = rest.replace(attribute, ' ').match(/[^\s/]+/g) ?? []
  return !isElement(name) || bare.some((word) => !switches.has(word.toLowerCase()))
}

/**
 * Labels of `[label]: address` that nothing refers to: such a line shows nothing. Comments in this form, which
 * have no address, are left out.
 */
export function labelsWithoutUse(markdown: string): string[] {
  if (!markdown.includes(']:')) return []
  const inOrder = Array.from(markdown.matchAll(/\[([^[\]]+)\]/g), ([, label]) => plainLabel(label!))
  const counts = Map.groupBy(inOrder, (label) => label)
  const definitions = markdown.matchAll(
    /^ {0,3}\[([^[\]\n]+)\]:[ \t]*(?!#|<>)\S+(?:[ \t]+["'(].*)?$/gm,
  )
  const defined = Array.from(definitions, ([, label]) => label!)
  return defined.filter((label) => counts.get(plainLabel(label))?.length === 1)
}

function plainLabel(label: string): string {
  return label.trim().toLowerCase().replace(/\s+/g, ' ')
}

/** Cells that nothing shows, because their row has more cells than the first row of the table. */
export function cellsWithoutColumn(markdown: string): string[] {
  const leftOut: string[] = []
  let columns = 0
  let isCode = false
  let above: string[] = []
  for (const line of markdown.includes('|') ? markdown.split('\n') : []) {
    const isFence = /^[ >]*(?:```|~~~)/.test(line)
    if (isFence) isCode = !isCode
    if (isCode || isFence || !line.includes('|')) {
      columns = 0
      above = []
      continue
    }
    const cells = cellsOf(line)
    const further = cells.slice(columns).join(' | ').trim()
    if (columns > 0 && further) leftOut.push(further)
    const isBelowHeader = columns === 0 && cells.every((cell) => /^:?-+:?$/.test(cell))
    if (isBelowHeader && cells.length === above.length) columns = cells.length
    above = cells
  }
  return leftOut
}

/** A vertical bar that separates no cells is written `\\|`. */
function cellsOf(row: string): string[] {
  const cells = row.replace(/^[\s>]*/, '').split(/(?<!\\)\|/)
  if (cells[0]!.trim() === '') cells.shift()
  if (cells.at(-1)?.trim() === '') cells.pop()
  return cells.map((cell) => cell.trim())
}
