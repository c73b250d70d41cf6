import addCompletion from '@bomb.sh/tab/commander'
import { explain, type Register } from './program.ts'

/** The name under which the shell knows the program. */
const name = 'tiedote'

/** `complete`: what a shell needs to complete commands and options. Registered last: it looks at all the others. */
export const registerComplete: Register = (program) => {
  const usual = program.name()
  program.name(name)
  addCompletion(program)
  program.name(usual)
  const command = program.commands.find((one) => one.name() === 'complete')!
  explain(
    command.description('Write what bash, zsh or fish needs to complete commands and options.'),
    ['complete bash'],
    `Commands are completed of a program on the PATH: run \`npm install -g .\` in the checkout once, and then
tiedote complete bash > ~/.local/share/bash-completion/completions/tiedote
tiedote complete zsh > …/_tiedote, in a folder of $fpath.`,
  )
}
