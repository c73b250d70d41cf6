import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { NotDone } from '../domain/tool.ts'
import { readVersion } from '../version.ts'
import type { Terminal } from './terminal.ts'

export type { Command }

/** What a command works with. */
export type Context = {
  terminal: Terminal
  /** The settings, as the server reads them. */
  environment: Record<string, string | undefined>
}

/** A command adds itself to the program. Each has a file of its own, named after it. */
export type Register = (program: Command, context: Context) => void

/** Runs the command that the arguments name. Answers the exit code; whatever went wrong is told. */
export async function run(commands: Register[], args: string[], context: Context): Promise<number> {
  const { terminal } = context
  const program = new Command('npm run tiedote --')
    .version(readVersion())
    .description('What a press office does with Tiedote beside writing releases.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.tell(text.trimEnd()),
      outputError: (text, write) => write(asSentence(text)),
    })
    .helpCommand(false)
  for (const register of commands) register(program, context)
  explain(program, ['check', 'new --help'])
  try {
    if (args.length === 0) program.help({ error: true })
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has told it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { message } = error as Error
    terminal.tell(message)
    return error instanceof NotDone ? error.exitCode : 1
  }
}

/** Adds to a command's help how it is used and how it ends. */
export function explain(command: Command, examples: string[], more = ''): Command {
  const lines = [
    ...(more ? ['', more] : []),
    '',
    'Examples:',
    ...examples.map((example) => `  npm run tiedote -- ${example}`),
    '',
    'Exit codes: 0 fine, 1 a problem was found or something was not done, 2 used wrongly,',
    '130 interrupted.',
  ]
  return command.addHelpText('after', lines.join('\n'))
}

/** Reads an option that is a number from 1 on. */
export function positiveNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number from 1 on.')
}

/** Reads an option that is a port; 0 for one that is free. */
export function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('Write a number from 0 to 65535.')
}

/** Reads an option that is one of some words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text)
    if (found !== undefined) return found
    throw new InvalidArgumentError(`Write one of ${words.join(', ')}.`)
  }
}

/** Reads an option that is a list, parted by commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

/** `error: unknown option '--x'` as people write. */
function asSentence(text: string): string {
  const told = text.replace(/^error: /, '').trimEnd()
  return `${told[0]?.toUpperCase()}${told.slice(1)}${/[.?)]$/.test(told) ? '' : '.'}`
}
