import { existsSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { wordsOf } from '../content/words.ts'
import { describeMending } from '../domain/clock.ts'
import { formatUtc } from '../domain/time.ts'
import { mendClock } from '../store/mend-clock.ts'
import { openStore } from '../store/open-store.ts'
import { upgrading } from '../upgrading.ts'
import { databaseOf } from './backup.ts'
import { NotDone } from '../domain/tool.ts'
import { type Context, explain, type Register } from './program.ts'

/** `mend-clock`: a database goes on that was written while the clock was ahead. */
export const registerMendClock: Register = (program, context) => {
  const command = program
    .command('mend-clock')
    .description('Publish again after the clock was ahead and is right, while the service runs.')
    .option('--yes', 'the clock is right now: ask nothing')
    .action(async (options: { yes?: boolean }) => mend(options, context))
  explain(
    command,
    ['mend-clock', 'mend-clock --yes'],
    `What was dated while the clock was ahead is dated now, in its order. Nothing that is public is hidden, and\nreleases still to come keep their times. Look first that the clock is right: dates set back to a wrong time\ncannot be told from right ones. On Workers send POST /api/mend-clock; deploy/README.md says how.`,
  )
}

async function mend({ yes = false }: { yes?: boolean }, { terminal, environment }: Context) {
  const path = databaseOf(environment)
  if (!existsSync(path)) throw new NotDone(`There is no ${path}.`)
  const told = `The clock of this machine says ${formatUtc(systemClock.now())}.`
  if (!yes && !terminal.canAsk) {
    throw new NotDone(`${told} If that is right, run it with --yes.`, 2)
  }
  if (!yes && !(await terminal.confirm(`${told} Is that right?`))) {
    throw new NotDone(
      'Nothing was done. Mend the clock first: what waits is then published by itself.',
    )
  }
  const database = await openStore(path, { mayBeMadeAnew: false, upgrading })
  try {
    if (database.readOnly) throw new NotDone(`${path} can only be read. Allow writing it.`)
    const now = systemClock.now()
    const mended = await mendClock(database, now, wordsOf)
    for (const sentence of describeMending(mended, now)) terminal.say(sentence)
  } finally {
    database.close()
  }
}
