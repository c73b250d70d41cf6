import { isRestOfDate } from './day-and-month.ts'

/** A numbered list in Markdown. */
export type NumberedList = {
  /** Characters of the source that belong to it; 0 if it is no list. */
  length: number
  /** Written numbers of items; undefined where counting on gives the same. */
  values: (number | undefined)[]
}

const marker = /^( {0,3})(\d{1,9})([.)])(?:[ \t]+(.*))?$/

/** As in CommonMark, only 1 begins a list in the middle of a paragraph. */
export const beginsInParagraph = /^ {0,3}1[.)][ \t]/

/** Whether a line begins with a number that is no item's: `24. tammikuuta`, `1. maj`, `2024. aasta`. */
export function isDateLine(line: string, language: string): boolean {
  const { 2: number, 3: sign, 4: rest = '' } = marker.exec(line) ?? []
  if (number === undefined || sign !== '.') return false
  return number.length > 3 || isRestOfDate(rest, language)
}

/**
 * Finds the end of the numbered list that a source begins with. Markdown makes a list of every number with a
 * dot and counts on from the first. Dates and ordinals must stay text, and items must keep their written
 * numbers.
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

/**
 * A list, unless it is a single number that begins a sentence: `50. vuosipäivä`. With more than a sentence, it
 * is an item.
 */
function list(numbers: number[], length: number, isMore: boolean): NumberedList {
  if (numbers.length === 1 && numbers[0] !== 1 && !isMore) return none
  const isSame = numbers.every((number) => number === numbers[0])
  const values = numbers.map((number, at) => {
    return isSame || at === 0 || number === numbers[at - 1]! + 1 ? undefined : number
  })
  return { length, values }
}

/** Whether numbers count up, or are all 1, which leaves the counting to Markdown. */
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
