import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../clock.ts'
import {
  copyDatabase,
  verifyDatabase,
  isDamagedDatabase,
  removeDatabase,
  replaceDatabase,
} from '../store/backup.ts'
import { setAside } from '../store/database-file.ts'
import { upgrading } from '../upgrading.ts'
import { backUp, databaseName, databaseOf, mediaName, onWorkers } from './backup.ts'
import { allOrNothing } from './interruption.ts'
import { NotDone } from '../domain/tool.ts'
import { type Context, explain, type Register } from './program.ts'

/** `restore`: a backup in the place of the database, while the service runs. */
export const registerRestore: Register = (program, context) => {
  const command = program
    .command('restore')
    .description('Put a backup into the place of the database while the service runs (Node only).')
    .argument('<folder>', 'what backup made, or a database file')
    .action(async (folder: string) => restore(folder, context))
  explain(
    command,
    ['restore /var/backups/tiedote/2026-12-01'],
    `What is replaced is kept as a backup beside the database, a damaged one as it is. Readers notice that everything may have changed,\nand nothing else. The content folder has the last word: what it says is brought in again within half a\nminute. ${onWorkers}`,
  )
}

async function restore(folder: string, { terminal, environment }: Context) {
  const live = databaseOf(environment)
  if (!existsSync(folder)) throw new NotDone(`There is no ${folder}.`)
  const isFolder = statSync(folder).isDirectory()
  const source = isFolder ? join(folder, databaseName) : folder
  const { releases } = verifyDatabase(source)
  const candidate = `${live}.restoring-${process.pid}`
  mkdirSync(dirname(live), { recursive: true })
  const isDamaged = existsSync(live) && isDamagedDatabase(live)
  const kept = existsSync(live) && !isDamaged ? await keep(live) : undefined
  if (kept) terminal.say(`What is there now is kept in ${kept}.`)
  const undo = () => removeDatabase(candidate)
  await allOrNothing(undo, async () => {
    await copyDatabase(source, candidate)
    if (isFolder) restoreMedia(join(folder, mediaName), join(dirname(live), mediaName))
    // Nothing can be written into it. A service that has it open takes up the new file.
    if (isDamaged) terminal.say(`What is there now is damaged. It is kept as ${setAside(live)}.`)
    await replaceDatabase(candidate, live, systemClock, upgrading)
    undo()
  })
  terminal.say(`${live} holds the ${releases} releases of ${folder} again.`)
}

async function keep(live: string): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const folder = join(dirname(live), `replaced-${stamp}`)
  try {
    await backUp(live, folder)
    return folder
  } catch (error) {
    throw new NotDone(
      `The database that is there cannot be kept, so nothing was replaced: ${(error as Error).message}`,
    )
  }
}

/** Brings files back one by one, each whole. Others stay: without a release that speaks of them they are not public. */
function restoreMedia(from: string, to: string) {
  if (!existsSync(from)) return
  const entries = readdirSync(from, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const target = join(to, path.slice(from.length))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(path, `${target}.restoring`)
    renameSync(`${target}.restoring`, target)
  }
}
