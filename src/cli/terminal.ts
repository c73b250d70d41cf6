import { styleText } from 'node:util'
import * as clack from '@clack/prompts'
import { NotDone, type Output, type Progress } from '../domain/tool.ts'

/** An answer that can be chosen. */
export type Choice = { value: string; label: string; hint?: string }

/** How good or bad something is. */
export type Mark = 'ok' | 'warning' | 'wrong'

/** Where a command speaks with people. Programs get plain lines without control characters. */
export type Terminal = Output & {
  /** Whether somebody is there to answer. */
  canAsk: boolean
  /** A mark of the same width for all, in colour where that is seen. */
  mark(mark: Mark): string
  ask(question: string, options?: AskOptions): Promise<string>
  choose(question: string, choices: Choice[], first?: string): Promise<string>
  chooseSeveral(question: string, choices: Choice[], options?: SeveralOptions): Promise<string[]>
  confirm(question: string): Promise<boolean>
}

type AskOptions = {
  /** Taken when nothing is written. */
  initial?: string
  /** Says in a sentence what is wrong with an answer. */
  check?: (answer: string) => string | undefined
}

type SeveralOptions = {
  /** Whether at least one has to be chosen. */
  isNeeded?: boolean
  /** Those that are chosen unless somebody says otherwise. */
  ticked?: string[]
}

/** Choices that are seen at once. */
const longList = 12
/** Milliseconds between two plain lines about the same work. */
const between = 5000

const colours = { ok: 'green', warning: 'yellow', wrong: 'red' } as const

/** The terminal of this process. */
export function createTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    canAsk: stdin.isTTY && stdout.isTTY,
    say: (text) => void stdout.write(`${text}\n`),
    tell: (text) => void stderr.write(`${text}\n`),
    mark: (mark) => styleText(colours[mark], mark.padEnd('warning'.length), { stream: stdout }),
    async ask(question, { initial, check } = {}) {
      const options = {
        message: question,
        ...(initial !== undefined && { initialValue: initial }),
        ...(check && { validate: (answer: string | undefined) => check(answer ?? '') }),
      }
      return answered(await clack.text(options))
    },
    async choose(question, choices, first) {
      const options = { message: question, options: choices, ...(first && { initialValue: first }) }
      return answered(await clack.select(options))
    },
    async chooseSeveral(question, choices, { isNeeded = false, ticked = [] } = {}) {
      // One way for all lists, also those in which typing is not needed: Tab ticks, Enter ends.
      const options = {
        message: question,
        options: choices,
        required: isNeeded,
        initialValues: ticked,
        maxItems: longList,
      }
      return answered(await clack.autocompleteMultiselect(options))
    },
    async confirm(question) {
      return answered(await clack.confirm({ message: question, initialValue: false }))
    },
    progress: (what, total) =>
      stderr.isTTY ? bar(what, total) : plainProgress(what, total, (text) => stderr.write(text)),
  }
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!clack.isCancel(answer)) return answer as Exclude<T, symbol>
  throw new NotDone('Nothing was done.', 130)
}

function bar(what: string, total: number): Progress {
  const shown = clack.progress({ max: total, output: process.stderr })
  let done = 0
  let isOver = false
  // The library ends the process by itself on Ctrl+C, as if all were well.
  const interrupted = (code: number) => {
    if (!isOver && code === 0) process.exitCode = 130
  }
  process.on('exit', interrupted)
  shown.start(what)
  return {
    step(count = 1) {
      done += count
      shown.advance(count, `${what}: ${done} of ${total}`)
    },
    end() {
      if (isOver) return
      isOver = true
      process.off('exit', interrupted)
      shown.stop(`${what}: ${done}`)
    },
  }
}

function plainProgress(what: string, total: number, write: (text: string) => void): Progress {
  let done = 0
  let told = Date.now()
  return {
    step(count = 1) {
      done += count
      if (Date.now() - told < between) return
      told = Date.now()
      write(`${what}: ${done} of ${total}\n`)
    },
    end() {},
  }
}

/** Rows as text in columns. The first row is their heading; columns of numbers stand to the right. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isNumeric = widths.map((_, column) =>
    rows.slice(1).every((row) => /^[\d,.]*( KB)?$/.test(row[column]!)),
  )
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    ),
  )
  return lines.map((line) => line.join('  ').trimEnd()).join('\n')
}
