// Runs commands in this process, with a terminal that remembers what it was told.
import { type Register, run } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

/** What a person sees of a command. */
export type Outcome = { code: number; output: string; errors: string }

/**
 * Runs a command as `npm run tiedote` does. `answers` are those of a person who is asked, in order;
 * without them nobody is there.
 */
export async function runCommand(
  command: Register,
  args: string[],
  { environment = {}, answers }: { environment?: Record<string, string>; answers?: unknown[] } = {},
): Promise<Outcome> {
  const said: string[] = []
  const told: string[] = []
  const left = [...(answers ?? [])]
  const answer = async (question: string) => {
    if (left.length === 0) throw new Error(`Nobody answers "${question}"`)
    return left.shift() as never
  }
  const terminal: Terminal = {
    canAsk: answers !== undefined,
    say: (text) => void said.push(text),
    tell: (text) => void told.push(text),
    mark: (mark) => mark,
    async ask(question, { initial, check } = {}) {
      const given: string = await answer(question)
      const text = given === '' ? (initial ?? '') : given
      const wrong = check?.(text)
      if (wrong) throw new Error(`"${text}" is refused: ${wrong}`)
      return text
    },
    choose: answer,
    chooseSeveral: answer,
    confirm: answer,
    progress: () => ({ step() {}, end() {} }),
  }
  const code = await run([command], args, { terminal, environment })
  // Whoever hears of the end of another process does so in a later turn. A service asks once in a turn whether others wrote.
  await new Promise((resolve) => setImmediate(resolve))
  return { code, output: said.join('\n'), errors: told.join('\n') }
}
