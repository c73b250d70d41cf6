import { isRestOfDate } from './day-and-month.ts'

/** What a numbered list in Markdown comes to. */
export type NumberedList = {
  /** Characters of the source that belong to it; none where there is no list. */
  length: number
  /** Numbers that its items have by what is written, where they do not count on by themselves. */
  values: (number | undefined)[]
}

const marker = /^( {0,3})(\d{1,9})([.)])(?:[ \t]+(.*))?$/

/** As marked and CommonMark have it, no number beside 1 begins a list in the middle of a paragraph. */
export const beginsInParagraph = /^ {0,3}1[.)][ \t]/

/** Whether a line begins with a number that is no item's: `24. tammikuuta`, `1. maj`, `2024. aasta`. */
export function isDateLine(line: string, language: string): boolean {
  const { 2: number, 3: sign, 4: rest = '' } = marker.exec(line) ?? []
  if (number === undefined || sign !== '.') return false
  return number.length > 3 || isRestOfDate(rest, language)
}

/**
 * Where the numbered list ends that a source begins with. Markdown makes a list of every number with a dot and
 * counts on from the first; dates and ordinals are to stay what they are, and numbers as they are written.
 */
export function findNumberedList(source: string, language: string): NumberedList {
  const lines = linesOf(source)
  const { value: first } = lines.next()
  const [, indent = '', number = '', sign] = marker.exec(first?.text ?? '') ?? []
  if (!first || sign === undefined || isDateLine(first.text, language)) return none
  const numbers = [Number(number)]
  let isAfterBlank = false
  let isMore = false
  for (const { text, from } of lines) {
    const item = marker.exec(text)
    if (text.trim() === '') {
      isAfterBlank = true
    } else if (item && item[3] === sign && item[1]!.length < indent.length + 3) {
      const next = Number(item[2])
      if (isDateLine(text, language)) return list(numbers, from, isMore)
      if (isAfterBlank && !counts(numbers, next)) return list(numbers, from, isMore)
      numbers.push(next)
      isAfterBlank = false
    } else if (isAfterBlank) {
      // What is indented belongs to the item before.
      if (!/^(?: {2}|\t)/.test(text)) break
      isMore = true
      isAfterBlank = false
    }
  }
  return list(numbers, source.length, isMore)
}

const none: NumberedList = { length: 0, values: [] }

/** `50. vuosipäivä`: a number that stands alone begins a sentence. With more than a sentence, it is an item. */
function list(numbers: number[], length: number, isMore: boolean): NumberedList {
  if (numbers.length === 1 && numbers[0] !== 1 && !isMore) return none
  const isSame = numbers.every((number) => number === numbers[0])
  const values = numbers.map((number, at) => {
    return isSame || at === 0 || number === numbers[at - 1]! + 1 ? undefined : number
  })
  return { length, values }
}

/** One more than the last, or 1 for all, which leaves the counting to Markdown. */
function counts(numbers: number[], next: number): boolean {
  return next === numbers.at(-1)! + 1 || (next < 2 && numbers.every((number) => number === next))
}

function* linesOf(source: string): Generator<{ text: string; from: number }> {
  for (let from = 0; from < source.length;) {
    const end = source.indexOf('\n', from)
    const to = end === -1 ? source.length : end
    yield { text: source.slice(from, to), from }
    from = to + 1
  }
}
